"""Where a response crosses a probability, by bisection on the same trials.

    P(event | lever = x) = share of trials whose own threshold is at most x

Where more of the lever never undoes the event, each trial has a threshold of its own; the answer is a
quantile of these, and its interval runs between two of them whose ranks are binomial, whatever their
distribution. Both are found by bisection on how many trials have crossed, without knowing whose. Before that,
the response is seen on a grid: where it both rises and falls beyond chance there is no threshold, and none is
given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from sim.vocabulary.arguments import GRID
from sim.vocabulary.axes import Array

#: At what part of the range the bisection ends.
TOLERANCE = 1e-3

_CONFIDENCE = 0.95

#: Standard errors from which a step against the trend is no accident, for the pairs of a grid together.
_AGAINST = 3.5

#: Returns whether the event happens in each trial, for each of some values of the lever: shape (value,
#: trial).
Respond = Callable[[Sequence[float]], Array]


@dataclass(frozen=True)
class Crossing:
    """Where a response crosses a probability.

    Parameters
    ----------
    value, low, high : float
        The threshold and its 95 % interval; not a number where it is not between the ends of the range.
    values, met : ndarray, shape (value,), (value, trial)
        Every value that was tried, in order, and in which trials the event happened.
    trend : int
        1 where more of the lever makes the event more likely, -1 where less, 0 where neither.
    against : tuple of float or None
        Two values between which the response goes against its trend; then there is no threshold.
    turned : float
        Share of the trials in which the event comes and goes more than once along the grid.
    """

    value: float
    low: float
    high: float
    values: Array
    met: Array
    trend: int
    against: tuple[float, float] | None
    turned: float


def ranks(trials: int, probability: float) -> tuple[int, int, int]:
    """Return how many trials have crossed at the quantile and at the ends of its 95 % interval.

    Returns
    -------
    low, middle, high : int
        Counted from 1; low is 0, or high more than `trials`, where so few trials have no such end.
    """
    from scipy.stats import binom

    tail = (1 - _CONFIDENCE) / 2
    low, high = (int(binom.ppf(each, trials, probability)) for each in (tail, 1 - tail))
    return low, max(1, ceil(probability * trials - 1e-9)), high + 1


def quantile(thresholds: Array, probability: float = 0.5) -> tuple[float, float, float]:
    """Return a quantile of thresholds, one per trial, and its 95 % interval by order statistics.

    Parameters
    ----------
    thresholds : ndarray, shape (trial,)
        Infinite where a trial never crosses.
    probability : float
        Which quantile.

    Returns
    -------
    value, low, high : float
        The ends are infinite where there are too few trials for them.
    """
    ordered = np.sort(np.asarray(thresholds, float))
    low, middle, high = ranks(len(ordered), probability)
    ends = (
        -inf if low < 1 else float(ordered[low - 1]),
        inf if high > len(ordered) else float(ordered[high - 1]),
    )
    return float(ordered[middle - 1]), *ends


def crossing(
    respond: Respond,
    low: float,
    high: float,
    probability: float = 0.5,
    grid: int = GRID,
    tolerance: float = TOLERANCE,
) -> Crossing:
    """Return where a response crosses a probability.

    Parameters
    ----------
    respond : callable
        Whether the event happens in each trial, for each of some values; the same trials every time.
    low, high : float
        The range of the lever.
    probability : float
        Between 0 and 1.
    grid : int
        Values on which the response is first seen, two or more.
    tolerance : float
        Part of the range at which the bisection ends.
    """
    steps = np.linspace(0.0, 1.0, grid)
    met = np.asarray(respond([low + each * (high - low) for each in steps]), bool)
    trend = int(np.sign(int(met[-1].sum()) - int(met[0].sum())))
    pair = _against(met, trend)
    tried = dict(zip((float(each) for each in steps), met, strict=True))
    turned = float((np.abs(np.diff(met.astype(int), axis=0)).sum(axis=0) > 1).mean())
    found = [np.nan] * 3
    if pair is None and trend != 0:
        wanted = ranks(met.shape[1], probability)
        found = _bisect(respond, low, high, tried, wanted, trend, tolerance)
    ordered = sorted(tried)
    values = np.array([low + each * (high - low) for each in ordered])
    ends = (found[0], found[2]) if trend >= 0 else (found[2], found[0])
    return Crossing(
        found[1],
        *ends,
        values,
        np.stack([tried[each] for each in ordered]),
        trend,
        None if pair is None else (low + steps[pair[0]] * (high - low), low + steps[pair[1]] * (high - low)),
        turned,
    )


def _bisect(
    respond: Respond,
    low: float,
    high: float,
    tried: dict[float, Array],
    wanted: Sequence[int],
    trend: int,
    tolerance: float,
) -> list[float]:
    """Return the lever at which so many trials have crossed, for three numbers; add what is tried.

    The middle of the last bracket for the second number. Of the first and the last it is the outer end, so
    that a steep response has an interval as wide as the bisection was fine, and not of no width.
    """

    def bracket(count: int) -> tuple[float, float] | None:
        """Return the neighbours between which the count is passed, in the direction of the trend."""
        along = sorted(tried)[::trend]
        short = [each for each in along if int(tried[each].sum()) < count]
        if count < 1 or not short or short[-1] == along[-1]:
            return None
        return short[-1], along[along.index(short[-1]) + 1]

    while True:
        brackets = [bracket(count) for count in wanted]
        wide = [each for each in brackets if each is not None and abs(each[1] - each[0]) > tolerance]
        if not wide:
            break
        middles = sorted({(each[0] + each[1]) / 2 for each in wide} - tried.keys())
        if not middles:
            break  # no number lies between
        answers = np.asarray(respond([low + each * (high - low) for each in middles]), bool)
        tried |= dict(zip(middles, answers, strict=True))
    taken = ((1.0, 0.0), (0.5, 0.5), (0.0, 1.0))
    return [
        np.nan if each is None else low + (one * each[0] + other * each[1]) * (high - low)
        for each, (one, other) in zip(brackets, taken, strict=True)
    ]


def _against(met: Array, trend: int) -> tuple[int, int] | None:
    """Return the two values between which the response goes most clearly against its trend, if any does."""
    worst, pair = _AGAINST, None
    for first in range(len(met)):
        for later in range(first + 1, len(met)):
            gained, lost = (met[later] & ~met[first]).sum(), (met[first] & ~met[later]).sum()
            if gained + lost == 0:
                continue
            step = float(gained - lost) / float(np.sqrt(gained + lost))
            # Without a trend a step either way is one too many: what went up came down again.
            against = abs(step) if trend == 0 else -trend * step
            if against > worst:
                worst, pair = against, (first, later)
    return pair
