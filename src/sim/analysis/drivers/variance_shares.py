"""Sobol indices from Saltelli's blocks: which part of a variance each input, or group of inputs, explains.

    first  V(E(Y | X_i)) / V(Y): what fixing the input would take away, on average (a closed index of a group)
    total  E(V(Y | X_~i)) / V(Y): what would be left if all but the input were fixed; it has all interactions

With Y of two independent samples (A and B) and of A with the input from B (AB): first by Saltelli and others
(2010), total by Jansen (1999). Intervals by the bootstrap over base samples; every statistic is a ratio of
sums over samples, so that all resamples are one product of matrices, whatever the number of dates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.runs import free_memory
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, OutOfBounds, WrongType

#: Resamples of the bootstrap, and the quantiles that are the ends of a 95 % interval.
RESAMPLES = 1000
_ENDS = (0.025, 0.975)

_NAMES = tuple(f"{name}{end}" for name in ("first", "total", "interactions") for end in ("", "_low", "_high"))


@dataclass(frozen=True)
class Shares:
    """Sobol indices with their 95 % bootstrap intervals; not a number where nothing varies.

    Parameters
    ----------
    first, first_low, first_high, total, total_low, total_high : ndarray, shape (input, ...)
    interactions, interactions_low, interactions_high : ndarray, shape (...)
        One less the sum of the first indices.
    mean, variance : ndarray, shape (...)
    samples : ndarray of int, shape (...)
        Base samples of which all numbers are finite; the others are left out.
    """

    first: Array
    first_low: Array
    first_high: Array
    total: Array
    total_low: Array
    total_high: Array
    interactions: Array
    interactions_low: Array
    interactions_high: Array
    mean: Array
    variance: Array
    samples: Array


def from_blocks(a: Array, b: Array, ab: Array, resamples: int = RESAMPLES, seed: int = SEED) -> Shares:
    """Return the indices of inputs.

    Parameters
    ----------
    a, b : ndarray, shape (sample, ...)
        Outcomes of two independent samples.
    ab : ndarray, shape (input, sample, ...)
        Outcomes of the first sample with one input, or group of inputs, from the second.
    resamples, seed : int
        Of the bootstrap, behind the intervals.
    """
    a, b, ab = (np.asarray(each, dtype=float) for each in (a, b, ab))
    resamples, seed = arguments.whole(resamples, "resamples"), arguments.seed(seed)
    if a.shape != b.shape or ab.shape[1:] != a.shape:
        remedy = f"Give as many numbers for each input as of a and b: {a.shape}."
        raise WrongType("", "ab", f"has the shape {ab.shape}", remedy)
    shape, count = a.shape[1:], len(a)
    a, b, ab = a.reshape(count, -1), b.reshape(count, -1), ab.reshape(len(ab), count, -1)
    is_known = np.isfinite(a) & np.isfinite(b) & np.isfinite(ab).all(axis=0)
    weights = with_sample(count, resamples, seed)
    centre = np.where(is_known, a, 0.0).sum(axis=0) / np.maximum(is_known.sum(axis=0), 1)
    a, b = (np.where(is_known, each - centre, 0.0) for each in (a, b))
    known = weights @ is_known
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (weights @ (a + b)) / (2 * known)
        variance = (weights @ (a**2 + b**2)) / (2 * known) - mean**2
        varies = (np.ptp(a, axis=0) > 0) | (np.ptp(b, axis=0) > 0) | (np.abs(a - b).max(axis=0) > 0)
        divisor = np.where(varies & (variance > 0), variance, np.nan)
        first, total = [], []
        remaining = np.ones_like(divisor)
        for raw in ab:
            each = np.where(is_known, raw - centre, 0.0)
            covariance = (weights @ (b * (each - a))) / known - mean * (weights @ (each - a)) / known
            one = covariance / divisor
            first.append(with_ends(one))
            total.append(with_ends((weights @ (a - each) ** 2) / (2 * known) / divisor))
            remaining = remaining - one
    rest = with_ends(np.where(np.isnan(divisor), np.nan, remaining))
    firsts, totals = (np.stack(each, axis=1).reshape(3, len(ab), *shape) for each in (first, total))
    numbers = dict(zip(_NAMES, (*firsts, *totals, *(each.reshape(shape) for each in rest)), strict=True))
    return Shares(
        **numbers,
        mean=np.where(known[0] > 0, mean[0] + centre, np.nan).reshape(shape),
        variance=np.where(known[0] > 0, np.where(varies, variance[0], 0.0), np.nan).reshape(shape),
        samples=is_known.sum(axis=0).reshape(shape),
    )


def of_function(
    function: Callable[[Array], Array],
    draw: Callable[[np.random.Generator, int], Array],
    groups: Sequence[Sequence[int]] | None = None,
    samples: int = 1024,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Shares:
    """Return the indices of the inputs of a function.

    Parameters
    ----------
    function : callable
        Takes inputs, shape (sample, input), and returns outcomes, shape (sample, ...).
    draw : callable
        ``draw(generator, n)`` returns a sample of the inputs, shape (n, input); groups must be independent of
        each other.
    groups : sequence of sequence of int, optional
        Columns that belong together; by default each is alone.
    samples, resamples, seed : int
        Base samples, resamples of the bootstrap; the seed of both.
    """
    generator = np.random.default_rng(arguments.seed(seed))
    samples = arguments.whole(samples, "samples", 2)
    both = np.asarray(draw(generator, 2 * samples), dtype=float)
    a, b = both[:samples], both[samples:]
    columns = columns_of(groups, a.shape[1])
    ab = np.repeat(a[None], len(columns), axis=0)
    for block, group in zip(ab, columns, strict=True):
        block[:, group] = b[:, group]
    outcomes = np.stack([np.asarray(function(each), dtype=float) for each in (a, b, *ab)])
    return from_blocks(outcomes[0], outcomes[1], outcomes[2:], resamples, seed)


def columns_of(groups: Sequence[Sequence[int]] | None, count: int) -> list[list[int]]:
    """Return the columns of each input: each alone, or as groups say.

    Raises
    ------
    InputError
        If a group is empty, or a column is in two, or is none.
    """
    if groups is None:
        return [[k] for k in range(count)]
    remedy = "Give lists of columns, such as [[0], [1, 2]]."
    found = [
        [arguments.whole(k, "groups", 0, count - 1) for k in arguments.names(each, "groups", remedy)]
        for each in arguments.names(groups, "groups", remedy)
    ]
    named = [k for each in found for k in each]
    if not all(found) or not found:
        raise WrongType("", "groups", "an empty group", remedy)
    if len(set(named)) < len(named):
        raise Contradiction("", "groups", "a column is named twice", "Name it once.")
    return found


def resampled(count: int, resamples: int, seed: int) -> Array:
    """Return how often each sample is in each resample, shape (resample, sample)."""
    generator = np.random.default_rng(seed)
    found = np.zeros((resamples, count))
    for row in found:
        row += np.bincount(generator.integers(count, size=count), minlength=count)
    return found


def with_sample(count: int, resamples: int, seed: int) -> Array:
    """Return the same with the sample itself, each once, in the first row."""
    found = np.empty((1 + resamples, count))
    found[0] = 1.0
    found[1:] = resampled(count, resamples, seed)
    return found


def check_room(samples: int, resamples: int) -> None:
    """Refuse a bootstrap whose counts, twice over, are more than the memory has room for: before a run.

    Raises
    ------
    OutOfBounds
    """
    size, free = 2 * np.dtype(float).itemsize * samples * (1 + resamples), free_memory.of_machine()
    if size > free:
        problem = f"{resamples:,} resamples of {samples:,} samples take {size >> 20:,} MiB of memory"
        remedy = f"{free >> 20:,} MiB are free: give fewer trials or resamples."
        raise OutOfBounds("", "resamples", problem, remedy)


def with_ends(values: Array) -> Array:
    """Return the estimate and the ends of its interval, shape (3, ...), from it and its resamples."""
    if len(values) < 2:
        return np.stack([values[0], np.full_like(values[0], np.nan), np.full_like(values[0], np.nan)])
    resampled = np.sort(values[1:], axis=0)  # what is not a number comes last
    known = np.isfinite(resampled).sum(axis=0)
    ends = []
    for share in _ENDS:
        place = np.maximum(np.round(share * (known - 1)).astype(int), 0)
        ends.append(np.take_along_axis(resampled, place[None], axis=0)[0])
    return np.stack([values[0], *ends])
