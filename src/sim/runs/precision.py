"""Running until a number is known well enough: ``"hhi@2035 p50 ±0.002"``.

Variable, labels of its axes, year (its last quarter) or quarter, statistic (mean, median, p05, p97.5), and
half the width of its 95 % interval. A quantile's interval runs between two values of the sample, whatever the
distribution (their ranks are binomial); a mean's rests on the normal distribution.

Trials are added in rounds; how many there are in the next follows from the numbers of the last, so a run that
was stopped and taken up again ends with the same trials.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.numerics.elementary import Z95
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError, UnknownName, WrongType, nearest
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr

#: Trials of the first round, and how many times as many the next may have.
FIRST, GROWTH = 2048, 4

#: Trials at which a run gives up unless stated otherwise.
MOST = 1_000_000

#: What is added to the trials that the last round's interval asks for.
_RESERVE = 1.05

_CONFIDENCE = 0.95

_FORM = re.compile(
    r"\s*(?P<variable>\w+)\s*(?:\[(?P<labels>[^\]]+)\])?\s*@\s*(?P<when>\d{4}(?:-Q[1-4])?)"
    r"\s+(?P<statistic>mean|median|p\d+(?:\.\d+)?)\s*(?:±|\+/?-)\s*(?P<half>(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?)\s*",
    flags=re.ASCII,
)
_EXAMPLE = 'Such as "hhi@2035 p50 ±0.002".'


@dataclass(frozen=True)
class StoppingRule:
    """A statistic, and half the width that its interval should have.

    Parameters
    ----------
    variable, labels : str, tuple of str
        What is looked at.
    quarter : Quarter
        When.
    share : float or None
        Which quantile; None for the mean.
    half_width : float
        In the variable's unit.
    """

    variable: str
    labels: tuple[str, ...]
    quarter: Quarter
    share: float | None
    half_width: float

    def values(self, runs: xr.Dataset) -> Array:
        """Return what is looked at, shape (scenario, trial); trials that failed are left out."""
        from sim.runs.dataset import completeness

        at = [str(each) for each in runs["quarter"].values].index(str(self.quarter))
        picked = runs[self.variable].isel(time=at, trial=completeness(runs))
        by_axis = dict(zip(GLOSSARY[self.variable].dims, self.labels, strict=True))
        values: Array = picked.sel(by_axis).transpose("scenario", "trial").values
        return values

    def reached(self, runs: xr.Dataset) -> float:
        """Return half the width of the interval, the widest among the scenarios."""
        return max(half_width(values, self.share) for values in self.values(runs))


def half_width(values: Array, share: float | None) -> float:
    """Return half the width of the 95 % interval of a quantile, or of the mean where `share` is None."""
    n = values.size
    if n < 2:
        return math.inf
    if share is None:
        return float(Z95 * values.astype(float).std(ddof=1) / math.sqrt(n))
    from scipy.stats import binom

    tail = (1 - _CONFIDENCE) / 2
    low, high = int(binom.ppf(tail, n, share)) - 1, int(binom.ppf(1 - tail, n, share))
    if low < 0 or high >= n:
        return math.inf
    ends = np.partition(values, (low, high))[[low, high]].astype(float)
    return float(ends[1] - ends[0]) / 2


def read(text: str, scenario: Scenario, keep: tuple[str, ...], quarters: tuple[str, ...]) -> StoppingRule:
    """Return the stopping rule that a text states.

    Raises
    ------
    InputError
        If it cannot be read, or asks for what the run does not keep.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise WrongType("", "until", "cannot be read", _EXAMPLE, text)
    name, when, statistic = found["variable"], found["when"], found["statistic"]
    if name not in keep:
        raise UnknownName("", "until", "{value} is not kept", nearest(name, keep, "variables"), name)
    try:
        quarter = Quarter.parse(when if "Q" in when else f"{when}-Q{QUARTERS}")
    except ValueError as error:
        raise WrongType("", "until", str(error), value=text) from None
    if str(quarter) not in quarters:
        remedy = f"Choose among {quarters[0]} to {quarters[-1]}."
        raise InputError("", "until", f"{quarter} is not kept", remedy)
    given = [label.strip() for label in (found["labels"] or "").split(",") if label.strip()]
    dims = GLOSSARY[name].dims
    if len(given) != len(dims):
        wanted = f"{name}[{', '.join(dims)}]" if dims else name
        raise WrongType("", "until", f"{name} needs {len(dims)} labels", f"Write {wanted}@...", text)
    for dim, label in zip(dims, given, strict=True):
        known = scenario.case.axis(dim)
        if label not in known:
            raise UnknownName("", "until", f"no such {dim}: {{value}}", nearest(label, known, dim), label)
    share = {"mean": None, "median": 0.5}.get(statistic, -1.0)
    share = float(statistic[1:]) / 100 if share == -1.0 else share
    half = float(found["half"])
    if half <= 0 or (share is not None and not 0 < share < 1):
        raise WrongType(
            "",
            "until",
            "the half width is not above 0, or the percentile not between 0 and 100",
            _EXAMPLE,
            text,
        )
    return StoppingRule(name, tuple(given), quarter, share, half)


def next_trials(done: int, reached: float, stopping_rule: StoppingRule, block: int, most: int) -> int:
    """Return how many trials, in all, the next round ends with: whole blocks, as far as they go."""
    ratio = reached / stopping_rule.half_width
    wanted = GROWTH * done if ratio > GROWTH else min(GROWTH * done, _RESERVE * done * ratio**2)
    return min(most, max(done + 1, math.ceil(wanted)) + -max(done + 1, math.ceil(wanted)) % block)


def first_trials(block: int, most: int) -> int:
    """Return the trials of the first round."""
    return min(most, FIRST + -FIRST % block)


def assessment(stopping_rule: StoppingRule, text: str, runs: xr.Dataset) -> dict[str, Any]:
    """Return what a manifest says about the precision that was reached."""
    reached = stopping_rule.reached(runs)
    return {
        "until": text,
        "half_width": reached if math.isfinite(reached) else None,
        "is_reached": reached <= stopping_rule.half_width,
        "trials": int(runs.sizes["trial"]),
    }
