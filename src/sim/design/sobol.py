"""Scrambled Sobol points, computed from their numbers alone.

A coordinate of point k is the exclusive or of direction numbers, one for each bit of the Gray code of k. So
any block of points costs the same wherever it begins, nothing is remembered between calls but constants, and
threads cannot disturb each other. Scrambling is a random linear matrix (Matousek 1998) and a digital shift,
drawn for each dimension from a key of its own. Direction numbers are those of Joe and Kuo (2008); see
data/NOTICE.md.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.random import Philox

from sim.files import tables
from sim.numerics.streams import key
from sim.vocabulary.axes import Array

_FILE = Path(__file__).parent / "data" / "direction_numbers.csv"

#: Binary digits of a coordinate. Half a unit more, so that none is zero, still fits into a float64.
_BITS = 52

#: Dimensions that a process remembers.
_MOST_KEPT = 8192


def most_dimensions() -> int:
    """Return how many dimensions the points can have."""
    return len(_initial_numbers())


def uniforms(seed: int, name: str, dimension: int, first: int, size: int) -> Array:
    """Return one coordinate of consecutive points, in (0, 1).

    Parameters
    ----------
    seed, name : int, str
        What the scrambling is drawn from.
    dimension : int
        Which of the sequence's dimensions, counted from zero.
    first, size : int
        Which points.

    Returns
    -------
    ndarray, shape (size,)
    """
    scrambled, shift = _scrambled(seed, name, dimension)
    return (points(scrambled, first, size) ^ shift) * 2.0**-_BITS + 2.0 ** -(_BITS + 1)


def points(direction_numbers: Array, first: int, size: int) -> Array:
    """Return consecutive points as whole numbers of 52 bits, shape (size,)."""
    number = np.arange(first, first + size, dtype=np.uint64)
    gray = number ^ (number >> np.uint64(1))
    result = np.zeros(size, dtype=np.uint64)
    for bit in range((first + size).bit_length()):
        result ^= ((gray >> np.uint64(bit)) & np.uint64(1)) * direction_numbers[bit]
    return result


@lru_cache(maxsize=1)
def _initial_numbers() -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return polynomial and initial direction numbers by dimension; the first needs none."""
    rows = tables.read(_FILE, ("polynomial", "initial"))
    return (
        (1, ()),
        *((int(row.text("polynomial")), tuple(map(int, row.text("initial").split()))) for row in rows),
    )


def direction_numbers(dimension: int) -> Array:
    """Return the direction numbers of a dimension, shape (52,), before scrambling."""
    polynomial, initial = _initial_numbers()[dimension]
    degree = len(initial)
    found = [number << (_BITS - 1 - place) for place, number in enumerate(initial)]
    for place in range(degree, _BITS):
        oldest = found[place - degree] if degree else 1 << (_BITS - 1 - place)
        number = oldest ^ (oldest >> degree if degree else 0)
        for back in range(1, degree):
            if polynomial >> (degree - back) & 1:
                number ^= found[place - back]
        found.append(number)
    return np.array(found, dtype=np.uint64)


@lru_cache(maxsize=_MOST_KEPT)
def _scrambled(seed: int, name: str, dimension: int) -> tuple[Array, np.uint64]:
    """Return the scrambled direction numbers of a dimension, not to be written to, and the shift."""
    words = Philox(key=key(seed, f"sobol:{name}")).random_raw(_BITS + 1) >> np.uint64(64 - _BITS)
    plain = direction_numbers(dimension)
    scrambled = np.zeros_like(plain)
    for place in range(_BITS):
        # A digit moves itself, and the digits below it at random.
        own = 1 << (_BITS - 1 - place)
        moves = np.uint64(own | (int(words[place]) & (own - 1)))
        scrambled ^= ((plain >> np.uint64(_BITS - 1 - place)) & np.uint64(1)) * moves
    scrambled.setflags(write=False)
    return scrambled, words[_BITS]
