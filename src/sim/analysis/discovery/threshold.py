"""How large a lever must be for an event to be as likely as asked, by bisection on common random numbers.

Every value of the lever is tried on the same trials; `sim.analysis.discovery.crossing` has the method.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import ceil, isfinite, log2
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.compare import notation, question, shares
from sim.analysis.discovery.crossing import TOLERANCE, crossing
from sim.runs.dataset import checked
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario import given
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import GRID, SEED, TRIALS
from sim.vocabulary.axes import Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    Contradiction,
    IneffectiveChange,
    MissingField,
    OutOfBounds,
    WrongType,
)

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr


#: More values on a grid than anybody can look at: each is a run.
_MOST_VALUES = 1001


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
        In which it is tried; a name or path is loaded.
    at : str or Quarter, optional
        From when on the lever has its value, by an event. By default from the second quarter on: what is so
        from the start is in the estimated odds already, and changes nothing.
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
        `value` with its 95 % interval (`low`, `high`), in the unit of the lever: NaN where the range
        does not hold them, or where the response goes up and down (`is_monotone`; `against` are two values
        between which it does). By value tried, dim lever: `p`, `p_low`, `p_high`. Attributes: `turned`, the
        share of trials in which the event comes and goes more than once along the grid.

    Raises
    ------
    InputError
        If there is no such lever, date or event, or the bounds are infinite and no range is given.

    Examples
    --------
    >>> found = sim.threshold(
    ...     "hhi@2035 < 0.4", "availability.share_limit", at="2027-Q1", between=[0.2, 1], trials=64
    ... )
    >>> sim.plots.response(found)
    """
    import xarray as xr

    asked, base = question.read(event, "event", with_mark=True), one(scenario)
    question.check(asked, base, "event")
    name = arguments.text(lever, "lever")
    elements = [base.parameters[key] for key in base.parameters.match(name, "", "lever")]
    low, high = _range(between, elements[0].bounds, name)
    chance = arguments.share(probability, "probability")
    grid, width = arguments.whole(grid, "grid", 2, _MOST_VALUES), arguments.share(tolerance, "tolerance")
    trials, seed = arguments.whole(trials, "trials", 1), arguments.seed(seed)
    arguments.instance(execution, Execution, "execution", "an Execution", "Give a sim.runs.trials.Execution.")
    since = base.start + 1 if at is None else given.quarter(at, "at")
    notation.step_of(since, base, "at")
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
