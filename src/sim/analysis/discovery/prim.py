"""The patient rule induction method (PRIM): boxes that hold much of what is looked for, on plain arrays.

    score of a peel = gain in density / cases peeled off

From all cases, the peel with the best score is taken again and again, each a small part of what is left at
one end of one variable, or one category (Friedman and Fisher 1999; Bryant and Lempert 2010). A limit lies
half-way between the two values that it divides. Of equal scores the one that leaves more variables alone is
taken, then the first. There is no pasting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf

import numpy as np

from sim.vocabulary.arguments import MASS, PEEL
from sim.vocabulary.axes import Array


@dataclass(frozen=True)
class Limit:
    """What a box allows of one variable: from low to high, or some categories."""

    low: float = -inf
    high: float = inf
    among: frozenset[str] | None = None

    def holds(self, values: Array) -> Array:
        """Return which values it allows."""
        if self.among is not None:
            return np.isin(values, sorted(self.among))
        if not self.sides:
            return np.ones(len(values), bool)
        return (values >= self.low) & (values <= self.high)

    @property
    def sides(self) -> tuple[str, ...]:
        """The ends at which it limits."""
        if self.among is not None:
            return ("among",)
        return (*["low"] * (self.low > -inf), *["high"] * (self.high < inf))

    def without(self, side: str) -> Limit:
        """Return it without the limit at one end."""
        return Limit(
            -inf if side == "low" else self.low,
            inf if side == "high" else self.high,
            None if side == "among" else self.among,
        )


#: The variables that a box limits.
Box = Mapping[str, Limit]


@dataclass(frozen=True)
class Fit:
    """How a box does on some cases.

    Parameters
    ----------
    coverage : float
        Part of the cases of interest that it holds.
    density : float
        Part of what it holds that is of interest.
    mass : float
        Part of all cases that it holds.
    found, held, wanted, cases : int
        The counts: of interest inside, inside, of interest, all.
    """

    coverage: float
    density: float
    mass: float
    found: int
    held: int
    wanted: int
    cases: int


def inside(box: Box, columns: Mapping[str, Array]) -> Array:
    """Return which cases are in a box, shape (case,)."""
    held = np.ones(len(next(iter(columns.values()))), bool)
    for name, limit in box.items():
        held &= limit.holds(columns[name])
    return held


def fit(box: Box, columns: Mapping[str, Array], is_wanted: Array) -> Fit:
    """Return coverage, density and mass of a box on some cases; not a number where there are none."""
    held = inside(box, columns)
    return _fit(int((held & is_wanted).sum()), int(held.sum()), is_wanted)


def _fit(found: int, many: int, is_wanted: Array) -> Fit:
    wanted, cases = int(is_wanted.sum()), len(is_wanted)
    return Fit(
        found / wanted if wanted else np.nan,
        found / many if many else np.nan,
        many / cases if cases else np.nan,
        found,
        many,
        wanted,
        cases,
    )


def trajectory(
    columns: Mapping[str, Array], is_wanted: Array, peel: float = PEEL, mass: float = MASS
) -> list[Box]:
    """Return the boxes of the peeling, from all cases to the smallest.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (case,)
        Numbers, or texts for categories.
    is_wanted : ndarray of bool, shape (case,)
        Which cases are of interest.
    peel : float
        Part of the cases in the box that a peel takes off a number.
    mass : float
        The least part of all cases that a box holds.
    """
    return [box for box, _ in _peeled(columns, np.asarray(is_wanted, bool), peel, mass)]


def _peeled(
    columns: Mapping[str, Array], is_wanted: Array, peel: float, mass: float
) -> list[tuple[Box, Fit]]:
    """Return the boxes of the peeling, and how they do on its cases."""
    peeling = _Peeling(columns, is_wanted)
    boxes: list[tuple[Box, Fit]] = [({}, peeling.fit())]
    while True:
        box = boxes[-1][0]
        count, density = peeling.count, peeling.density
        best: tuple[tuple[float, int], str, Limit] | None = None
        for name, limit, left, wanted in peeling.candidates(box, peel):
            score = (wanted / left - density) / (count - left)
            made = len(box) + (name not in box)
            if best is None or (score, -made) > best[0]:
                best, smallest = ((score, -made), name, limit), left
        if best is None or best[0][0] <= 0.0 or smallest < mass * len(is_wanted):
            return boxes
        peeling.confine(best[1], best[2])
        boxes.append(({**box, best[1]: best[2]}, peeling.fit()))


class _Peeling:
    """The cases in a box, for every number sorted once: what is left of them stays sorted."""

    def __init__(self, columns: Mapping[str, Array], is_wanted: Array) -> None:
        self.columns = {name: np.asarray(values) for name, values in columns.items()}
        self.is_wanted = is_wanted
        self.held = np.ones(len(is_wanted), bool)
        self.numbers = [name for name, values in self.columns.items() if values.dtype.kind not in "OUS"]
        self.codes = {
            name: np.unique(values, return_inverse=True)
            for name, values in self.columns.items()
            if values.dtype.kind in "OUS"
        }
        table = np.array([self.columns[name] for name in self.numbers], float)
        if np.isnan(table).any():
            raise ValueError("columns that are not numbers cannot be divided")
        self.table = table.reshape(len(self.numbers), len(is_wanted))
        self.order = np.argsort(self.table, axis=1, kind="stable")

    @property
    def count(self) -> int:
        """Cases in the box."""
        return int(self.held.sum())

    @property
    def density(self) -> float:
        """Part of them that is of interest."""
        return float(self.is_wanted[self.held].mean()) if self.held.any() else 0.0

    def fit(self) -> Fit:
        """Return how the box does."""
        return _fit(int((self.held & self.is_wanted).sum()), self.count, self.is_wanted)

    def confine(self, name: str, limit: Limit) -> None:
        """Leave out the cases beyond a limit."""
        self.held = self.held & limit.holds(self.columns[name])
        kept = self.held[self.order]
        self.order = self.order[kept].reshape(len(self.numbers), -1)

    def candidates(self, box: Box, peel: float) -> Iterator[tuple[str, Limit, int, int]]:
        """Yield what may be peeled off: the variable, its limit then, cases left, and those of interest."""
        count = self.count
        ordered = np.take_along_axis(self.table, self.order, axis=1)
        upto = np.cumsum(self.is_wanted[self.order], axis=1)
        row = {name: k for k, name in enumerate(self.numbers)}
        for name in self.columns:
            limit = box.get(name, Limit())
            if name not in row:
                yield from self._categories(name)
                continue
            k = row[name]
            for share in (1.0 - peel, peel):
                place = _divide(ordered[k], share)
                if place is None:
                    continue
                at, wanted = float(ordered[k, place - 1] + ordered[k, place]) / 2.0, int(upto[k, place - 1])
                if share > 0.5:
                    yield name, Limit(limit.low, at), place, wanted
                else:
                    yield name, Limit(at, limit.high), count - place, int(upto[k, -1]) - wanted

    def _categories(self, name: str) -> Iterator[tuple[str, Limit, int, int]]:
        labels, codes = self.codes[name]
        there = np.bincount(codes[self.held], minlength=len(labels))
        wanted = np.bincount(codes[self.held & self.is_wanted], minlength=len(labels))
        known = np.flatnonzero(there)
        for gone in known if len(known) > 1 else ():
            among = frozenset(str(labels[each]) for each in known if each != gone)
            yield name, Limit(among=among), int(there.sum() - there[gone]), int(wanted.sum() - wanted[gone])


def _divide(ordered: Array, share: float) -> int | None:
    """Return how many of sorted values lie below a limit near a quantile; None if they are all alike."""
    position = (len(ordered) - 1) * share
    below, above = floor(position), ceil(position)
    if ordered[below] == ordered[above]:
        # Step over equal values, away from the end that is peeled.
        if share > 0.5:
            above = int(np.searchsorted(ordered, ordered[above], side="left"))
        else:
            above = int(np.searchsorted(ordered, ordered[below], side="right"))
    return above if 0 < above < len(ordered) else None


def quasi_p(box: Box, columns: Mapping[str, Array], is_wanted: Array) -> dict[tuple[str, str], float]:
    """Return how likely as many cases of interest were if a limit did nothing, by variable and end.

    One-sided binomial test, its probability the density of the box without the limit (Bryant and Lempert
    2010). It was chosen for being small, so it is small too often: `frequencies` is the better guide.
    """
    from scipy.stats import binom

    here = fit(box, columns, is_wanted)
    found = {}
    for name, limit in box.items():
        for side in limit.sides:
            wider = fit({**box, name: limit.without(side)}, columns, is_wanted)
            found[name, side] = float(binom.sf(here.found - 1, here.held, wider.density))
    return found


def frequencies(
    box: Box,
    columns: Mapping[str, Array],
    is_wanted: Array,
    resamples: int,
    seed: int,
    peel: float = PEEL,
    mass: float = MASS,
    groups: Array | None = None,
) -> dict[tuple[str, str], float]:
    """Return how often each end of each variable is limited in resamples, where any is.

    In each resample the peeling is done anew, and the box is looked at that is nearest in coverage and
    density.

    Parameters
    ----------
    box : Box
        What is to be reproduced.
    columns, is_wanted, peel, mass
        As for `trajectory`.
    resamples, seed : int
        How many, with replacement.
    groups : ndarray of int, shape (case,), optional
        Cases that are drawn together, such as those of one trial in several scenarios.
    """
    is_wanted = np.asarray(is_wanted, bool)
    goal, draw = fit(box, columns, is_wanted), np.random.default_rng(seed)
    members = _members(groups, len(is_wanted))
    counts: dict[tuple[str, str], int] = {}
    for _ in range(resamples):
        picked = np.concatenate([members[k] for k in draw.integers(0, len(members), len(members))])
        some = {name: values[picked] for name, values in columns.items()}
        boxes = _peeled(some, is_wanted[picked], peel, mass)
        near, _ = min(boxes, key=lambda each: _distance(each[1], goal))
        for name, limit in near.items():
            for side in limit.sides:
                counts[name, side] = counts.get((name, side), 0) + 1
    return {key: count / resamples for key, count in counts.items()}


def pruned(box: Box, often: Mapping[tuple[str, str], float], least: float = 0.5) -> Box:
    """Return a box without the limits that are found in less than a share of resamples."""
    kept = {}
    for name, limit in box.items():
        for side in limit.sides:
            if often.get((name, side), 0.0) < least:
                limit = limit.without(side)
        if limit.sides:
            kept[name] = limit
    return kept


def _members(groups: Array | None, cases: int) -> Sequence[Array]:
    """Return the cases of each group."""
    if groups is None:
        return [np.array([k]) for k in range(cases)]
    order = np.argsort(groups, kind="stable")
    _, starts = np.unique(groups[order], return_index=True)
    return np.split(order, starts[1:])


def _distance(one: Fit, other: Fit) -> float:
    gap = (one.coverage - other.coverage) ** 2 + (one.density - other.density) ** 2
    return inf if np.isnan(gap) else float(gap)
