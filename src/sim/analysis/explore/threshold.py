"""How large a lever must be for an event to be as likely as asked, by bisection on common random numbers.

    P(event | lever = x) = share of trials whose own threshold is at most x

Every value of the lever is tried on the same trials. Where more of it never undoes the event, each trial has
a threshold of its own; the answer is a quantile of these, and its interval runs between two of them whose
ranks are binomial, whatever their distribution. Both are found by bisection on how many trials have crossed,
without knowing whose. Before that, the response is seen on a grid: where it both rises and falls beyond
chance there is no threshold, and none is given.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite, log2
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.explore import question, shares
from sim.runs.dataset import checked
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import SEED, TRIALS
from sim.vocabulary.axes import Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    Contradiction,
    IneffectiveChange,
    InputError,
    MissingField,
    OutOfBounds,
    WrongType,
)

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

#: Values on which the response is first seen; at what part of the range the bisection ends.
GRID, TOLERANCE = 9, 1e-3

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
        middles = sorted({(each[0] + each[1]) / 2 for each in wide})
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


def threshold(
    event: str,
    lever: str,
    scenario: Scenario | str | Path = "baseline",
    *,
    at: str | Quarter | None = None,
    between: Sequence[float] | None = None,
    probability: float = 0.5,
    grid: int = GRID,
    tolerance: float = TOLERANCE,
    trials: int = TRIALS,
    seed: int = SEED,
    execution: Execution = USUAL_EXECUTION,
) -> xr.Dataset:
    """Return how large a lever must be for an event to be as likely as asked.

    Parameters
    ----------
    event : str
        Such as ``"hhi@2035 < 0.4"``.
    lever : str
        A parameter or an element of one.
    scenario : scenario, name or path
        In which world.
    at : str or Quarter, optional
        From when on the lever has its value, by an event. By default from the second quarter on: what is so
        from the start is in the odds of the start, and changes them in no way.
    between : pair of float, optional
        The least and the greatest value tried; by default the bounds of the parameter.
    probability : float
        How likely the event is to be.
    grid : int
        Values on which the response is first seen.
    tolerance : float
        Part of the range at which the bisection ends.
    trials, seed, execution
        As for `policy_outcomes`.

    Returns
    -------
    xarray.Dataset
        `value` with its 95 % interval (`low`, `high`), in the unit of the lever: not numbers where the range
        does not hold them, or where the response goes up and down (`is_monotone`; `against` are two values
        between which it does). By value tried, dim lever: `p`, `p_low`, `p_high`. Attributes: `turned`, the
        share of trials in which the event comes and goes more than once along the grid.

    Raises
    ------
    InputError
        If there is no such lever, date or event, or the bounds are infinite and no range is given.
    """
    import xarray as xr

    asked, base = question.read(event, "event", with_mark=True), one(scenario)
    question.check(asked, base, "event")
    name = arguments.text(lever, "lever")
    elements = [base.parameters[key] for key in base.parameters.match(name, "", "lever")]
    low, high = _range(between, elements[0].bounds, name)
    chance = arguments.number(probability, "probability")
    if not 0.0 < chance < 1.0:
        raise OutOfBounds("", "probability", "out of range", "Give a number between 0 and 1.", chance)
    grid = arguments.whole(grid, "grid", 2)
    width = arguments.number(tolerance, "tolerance")
    if not 0.0 < width < 1.0:
        raise OutOfBounds("", "tolerance", "out of range", "Give a number between 0 and 1.", width)
    trials, seed = arguments.whole(trials, "trials", 1), arguments.seed(seed)
    arguments.instance(execution, Execution, "execution", "an Execution", "Give a sim.runs.trials.Execution.")
    since = base.start + 1 if at is None else _quarter(at, base)
    set_to = _Lever(base, name, since)
    # The bisection runs one or a few values at a time.
    execution = execution.for_study(grid + ceil(-log2(width)), trials)
    seen: list[Array] = []

    def respond(values: Sequence[float]) -> Array:
        arms = [set_to(each) for each in values]
        found = question.run(arms, [asked], trials, seed, execution=execution)[:, 0]
        seen.append(found)
        return asked.is_met(found)

    found = crossing(respond, low, high, chance, grid, width)
    share, ends = found.met.mean(axis=1), shares.wilson(found.met.mean(axis=1), trials)
    return xr.Dataset(
        {
            "value": found.value,
            "low": found.low,
            "high": found.high,
            "p": ("lever", share),
            "p_low": ("lever", ends[0]),
            "p_high": ("lever", ends[1]),
            "is_monotone": found.against is None,
            "against": ("end", list(found.against or (np.nan, np.nan))),
        },
        {"lever": found.values},
        {
            "title": "threshold",
            "event": str(asked),
            "text": asked.text(base.case),
            "scenario": base.name,
            "lever": name,
            "lever_text": elements[0].description,
            "unit": elements[0].unit,
            "since": str(since),
            "probability": chance,
            "trend": found.trend,
            "turned": found.turned,
            "moved": float((np.ptp(seen[0], axis=0) > 0.0).mean()),
            "trials": trials,
            "seed": seed,
        },
    )


class _Lever:
    """A scenario with a lever set; what has no effect is said once."""

    def __init__(self, base: Scenario, name: str, since: Quarter) -> None:
        self.base, self.name, self.since = base, name, since
        self.has_warned = False

    def __call__(self, value: float) -> Scenario:
        """Return the scenario with the lever at a value."""
        with warnings.catch_warnings():
            if self.has_warned:
                warnings.simplefilter("ignore", IneffectiveChange)
            self.has_warned = True
            label = f"{self.name} = {value:.8g}"
            event = {"at": str(self.since), "what": "set", "name": self.name, "to": float(value)}
            return self.base.with_events([event], name=label)


def _range(between: Any, bounds: tuple[float, float], lever: str) -> tuple[float, float]:
    if between is None:
        if not all(map(isfinite, bounds)):
            problem = f"{lever} has no bounds on both sides"
            raise MissingField("", "between", problem, "Give the least and the greatest value to try.")
        return bounds
    pair = arguments.names(between, "between", "Give two numbers, such as (0, 1).")
    if len(pair) != 2:
        raise WrongType("", "between", "not two numbers", "Give the least and the greatest value to try.")
    low, high = (arguments.number(each, "between") for each in pair)
    if not low < high:
        raise Contradiction("", "between", "the first is not below the second", "Exchange them.")
    if low < bounds[0] or high > bounds[1]:
        remedy = f"Keep it between {bounds[0]:g} and {bounds[1]:g}."
        raise OutOfBounds("", "between", f"reaches beyond the bounds of {lever}", remedy)
    return low, high


def _quarter(at: Any, base: Scenario) -> Quarter:
    try:
        found = Quarter.parse(at)
    except ValueError as error:
        raise WrongType("", "at", str(error)) from None
    if not base.start <= found <= base.end:
        remedy = f"Choose one within {base.start} to {base.end}."
        raise InputError("", "at", f"{found} is outside the horizon", remedy)
    return found


def answer(found: xr.Dataset) -> str:
    """Return what was found, in a sentence with its error."""
    checked(found, "lever", "end", name="found", remedy="Give what sim.threshold returns.")
    about, chance = found.attrs, 100 * found.attrs["probability"]
    lever, event = about["lever"], about["event"]
    unit = "" if about["unit"] in ("index", "share", "") else f" {about['unit']}"
    p, values = found["p"].values, found["lever"].values
    if not bool(found["is_monotone"]):
        one_end, other = (float(each) for each in found["against"].values)
        at = [100 * float(p[int(np.argmin(np.abs(values - each)))]) for each in (one_end, other)]
        return (
            f"No threshold: the response of {event} to {lever} is not monotone. From {in_digits(one_end)} to "
            f"{in_digits(other)} it goes from {at[0]:.0f} to {at[1]:.0f} of 100 trials, and elsewhere the "
            "other way."
        )
    share = [
        f"{100 * p[k]:.0f} ({100 * float(found['p_low'][k]):.0f} to {100 * float(found['p_high'][k]):.0f})"
        for k in (0, -1)
    ]
    ends = f"from {share[0]} of 100 trials at {in_digits(values[0])} to {share[1]} at {in_digits(values[-1])}"
    if about["moved"] == 0.0:
        return f"No threshold: {lever} moves what {event} asks for in no trial, from {about['since']} on."
    if not isfinite(float(found["value"])):
        return (
            f"No threshold in the range: the chance of {event} does not cross {chance:g} % as {lever} goes "
            f"from {in_digits(values[0])} to {in_digits(values[-1])}{unit}: {ends}."
        )
    side = "at least" if about["trend"] > 0 else "at most"
    low, high = (
        in_digits(float(found[name])) if isfinite(float(found[name])) else "beyond the range"
        for name in ("low", "high")
    )
    value = in_digits(float(found["value"]))
    return (
        f"{event} is as likely as {chance:g} % where {lever} is {side} {value}{unit} "
        f"({low} to {high}); it goes {ends}."
    )
