"""Lists of deals and ledgers of what is due: entries picked, added and taken out by index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sim.numerics.elementary import total
from sim.vocabulary.axes import Array, BoolArray, IntArray

#: Parts of entries that are written out at a time: memory does not grow with their number.
_PARTS_AT_ONCE = 2**20


def pick(x: Array, trial: IntArray, category: IntArray | None = None) -> Array:
    """Return the entries of x, shape (..., [category,] trial), that belong to a list of deals.

    Parameters
    ----------
    x : ndarray, shape (..., trial) or, where `category` is given, (..., category, trial)
    trial, category : ndarray of int, shape (deal,)

    Returns
    -------
    ndarray, shape (..., deal)
    """
    if category is not None:
        trial = category * x.shape[-1] + trial
        x = x.reshape(*x.shape[:-2], -1)
    picked: Array = x.take(trial, axis=-1)
    return picked


def found(mask: BoolArray) -> tuple[IntArray, ...]:
    """Return the indices of entries for which something holds, in order: `numpy.nonzero`, in less time."""
    return np.unravel_index(mask.reshape(-1).nonzero()[0], mask.shape)


def scatter(target: Array, index: tuple[IntArray, ...], values: Array | float) -> None:
    """Add values to the entries of target with this index, in the order of the list, in place."""
    if not index[0].size:
        return
    if not target.flags.c_contiguous:
        raise ValueError("the target is not contiguous: a copy would be written to, and lost")
    flat = np.ravel_multi_index(index, target.shape)
    np.add.at(target.reshape(-1), flat, values)


def in_turn(
    decide: Callable[..., tuple[Any, ...]], turn: IntArray, memories: Sequence[Array], lists: Sequence[Array]
) -> tuple[Array, ...]:
    """Decide entries of a list one after another: those of turn 0, then those of turn 1, and so on.

    Parameters
    ----------
    decide : callable
        Takes parts of the lists, and returns arrays with an entry for each of theirs. It may first read the
        memories and then add to them with `scatter`, so that entries of later turns know.
    turn : ndarray of int, shape (entry,)
        From 0. Entries of one trial have different turns, in the order of the list.
    memories : sequence of ndarray
        What it adds to.
    lists : sequence of ndarray, shape (..., entry)

    Returns
    -------
    tuple of ndarray, shape (..., entry)
    """
    last = int(np.max(turn, initial=0))
    if last == 0:
        return decide(*lists)
    # Entries of a turn side by side, so that parts of the lists are views.
    order = None if np.all(turn[1:] >= turn[:-1]) else np.argsort(turn, kind="stable")
    if order is not None:
        turn, lists = turn[order], [each[..., order] for each in lists]
    ends = np.searchsorted(turn, np.arange(last + 2)).tolist()
    parts = [decide(*(each[..., low:high] for each in lists)) for low, high in pairwise(ends)]
    whole = tuple(np.concatenate(each, axis=-1) for each in zip(*parts, strict=True))
    if order is None:
        return whole
    back = np.argsort(order)
    return tuple(each[..., back] for each in whole)


def enter_in_parts(
    ledger: Array,
    first: IntArray | int,
    every: int,
    where: tuple[IntArray, ...],
    amount: Array,
    parts: IntArray,
) -> None:
    """Enter amounts in equal parts into a ledger, in place; parts beyond its end go into its last quarter.

    Parameters
    ----------
    ledger : ndarray, shape (due, ..., trial)
    first : ndarray of int, shape (entry,), or int
        Quarter of the first part.
    every : int
        Quarters from one part to the next.
    where : tuple of ndarray of int, shape (entry,)
        Indices along the axes of the ledger after the first.
    amount : ndarray, shape (entry,)
    parts : ndarray of int, shape (entry,)
    """
    if not parts.size:
        return
    part, begins = amount / parts, first + np.zeros(len(parts), dtype=int)
    at_once = max(1, _PARTS_AT_ONCE // max(1, int(parts.max())))
    for start in range(0, len(parts), at_once):
        times = parts[start : start + at_once]
        number = np.arange(start, start + len(times)).repeat(times)
        # Parts are numbered through: what comes before an entry's own is taken from where it begins.
        origin = begins[start : start + at_once] - every * (times.cumsum() - times)
        due = np.minimum(origin.repeat(times) + every * np.arange(len(number)), len(ledger) - 1)
        scatter(ledger, (due, *(each[number] for each in where)), part[number])


def left_of(cohorts: Array, kept: Array) -> Array:
    """Return what is left of yearly cohorts, of which a share is kept from year to year.

    Parameters
    ----------
    cohorts : ndarray, shape (year, row, column)
        Zero nearly everywhere: only what any year has is computed.
    kept : ndarray, shape (trial,)

    Returns
    -------
    ndarray, shape (row, column, trial)
    """
    row, column = np.nonzero(np.any(cohorts, axis=0))
    left = np.zeros((len(row), len(kept)))
    for cohort in cohorts[:, row, column]:
        left *= kept
        left += cohort[:, None]
    whole = np.zeros((*cohorts.shape[1:], len(kept)))
    whole[row, column] = left
    return whole


def withdraw(ledger: Array, since: int, share: Array) -> Array:
    """Take a share of all entries of a ledger from a quarter on, in place; return how much that was.

    Parameters
    ----------
    ledger : ndarray, shape (due, supplier, ..., trial)
    since : int
    share : ndarray, shape (supplier, trial)
        Zero nearly everywhere: only what it touches is computed.

    Returns
    -------
    ndarray, shape (supplier, trial)
    """
    taken = np.zeros(share.shape)
    supplier, trial = found(share != 0.0)
    if supplier.size:
        rest = ledger.reshape(len(ledger), len(share), -1, ledger.shape[-1])[since:]
        # The indices around the slice put the entries first: entry, due, the axes between.
        held = rest[:, supplier, :, trial]
        entry, due, between = found(held != 0.0)
        ended = held[entry, due, between] * share[supplier, trial][entry]
        rest[due, supplier[entry], between, trial[entry]] -= ended
        by_entry = np.zeros((held.shape[-1], len(held)))
        scatter(by_entry, (between, entry), ended)
        taken[supplier, trial] = total(by_entry)
    return taken


def postpone(ledger: Array, quarter: int, share: Array) -> None:
    """Move a share of what is due in a quarter to the next one, in place.

    Parameters
    ----------
    ledger : ndarray, shape (due, supplier, ..., trial)
    quarter : int
        Not the last.
    share : ndarray, shape (supplier, trial)
        Zero nearly everywhere: only what it touches is computed.
    """
    supplier, trial = found(share != 0.0)
    if supplier.size:
        due, later = (each.reshape(len(share), -1, share.shape[-1]) for each in ledger[quarter : quarter + 2])
        # The indices around the slice put the entries first: entry, the axes between.
        waiting = due[supplier, :, trial] * share[supplier, trial][:, None]
        due[supplier, :, trial] -= waiting
        later[supplier, :, trial] += waiting
