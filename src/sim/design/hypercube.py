"""Latin hypercubes whose columns are computed, not kept.

A column is a permutation of the strata, and a place within each. The permutation is a keyed one of the
numbers themselves (a Feistel network on a table of about as many rows as columns; what falls into the cells
left over is sent on until it does not), so any block of samples is computed alone: no process holds a column.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Philox

from sim.numerics.streams import Streams, key
from sim.vocabulary.axes import Array

#: Rounds of the network: three for rows, three for columns.
_ROUNDS = 6

#: Samples up to which a permutation is made by sorting: a network of few cells would not reach all of them.
_FEW = 256

#: Odd constants that mix bits (those of SplitMix64).
_MIXERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_HALF_WORD = np.uint64(32)


def uniforms(streams: Streams, name: str, samples: int, first: int, size: int) -> Array:
    """Return part of a column; columns are independent, so another parameter moves none.

    Parameters
    ----------
    streams : Streams
        The random numbers of the run.
    name : str
        The column.
    samples : int
        Samples of the hypercube; each has a stratum of its own among as many.
    first, size : int
        Which samples; all below `samples`.

    Returns
    -------
    ndarray, shape (size,)
        In [0, 1]; rounding may reach 1.
    """
    number = np.arange(first, first + size, dtype=np.uint64)
    stratum = permuted(number, samples, key(streams.seed, f"strata:{name}"))
    place: Array = streams.uniform(f"hypercube:{name}", first, size)[0, 0]
    return (stratum + place) / samples


def permuted(number: Array, count: int, key: Array) -> Array:
    """Return where a keyed permutation of 0 to `count` - 1 sends some of them.

    Parameters
    ----------
    number : ndarray of uint64
        All below `count`.
    count : int
        Less than 2^32.
    key : ndarray of uint64, shape (2,)
    """
    if count <= _FEW:
        order = np.argsort(Philox(key=key).random_raw(count), kind="stable")
        return order.astype(np.uint64)[number]
    rows = np.uint64(math.isqrt(count - 1) + 1)
    columns = np.uint64(-(-count // int(rows)))
    words = Philox(key=key).random_raw(_ROUNDS)

    def network(x: Array) -> Array:
        row, column = divmod(x, columns)
        for place in range(0, _ROUNDS, 2):
            row = _moved(row, column ^ words[place], rows)
            column = _moved(column, row ^ words[place + 1], columns)
        return row * columns + column

    result = network(number)
    while (is_outside := result >= count).any():
        result[is_outside] = network(result[is_outside])
    return result


def _moved(place: Array, by: Array, size: np.uint64) -> Array:
    """Return places moved round a circle of some size, by a hash of `by`."""
    mixed = by * _MIXERS[0]
    mixed ^= mixed >> _HALF_WORD
    mixed *= _MIXERS[1]
    mixed >>= _HALF_WORD
    mixed *= size
    mixed >>= _HALF_WORD
    mixed += place
    mixed -= size * (mixed >= size)
    return mixed
