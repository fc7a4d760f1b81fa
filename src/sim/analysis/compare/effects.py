"""What a scenario moves, and by how much: paired differences in standard deviations of the reference.

    size = mean difference / standard deviation over the trials of the reference

The number of a trial is its mean over the quarters from the first in which the scenario differs in any. In
standard deviations measures of different units can be ranked; the natural unit stands beside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.compare.measure import Measure, display_name, label_combinations
from sim.analysis.compare.paired import chosen, groups_of, split, variance_of_mean
from sim.numerics.elementary import Z95
from sim.runs.dataset import checked, complete_trials, manifest
from sim.runs.form import COMMON
from sim.vocabulary import amounts
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import UnknownName, nearest
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr

    from sim.scenario.scenario import Scenario

#: Units that are not said behind a number.
UNSAID = ("index", "count")

#: What is reported of an effect, in order.
STATISTICS = ("level", "mean", "mean_low", "mean_high", "size", "size_low", "size_high", "moved")


def effects(
    runs: xr.Dataset, reference: str | None = None, variables: Iterable[str] | str | None = None
) -> xr.Dataset:
    """Return how far each scenario moves each measure from where the reference has it.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, with at least two scenarios and all quarters of interest.
    reference : str, optional
        Name of the scenario to compare with; the first by default.
    variables : str or iterable of str, optional
        Which variables, each for every label; all by default.

    Returns
    -------
    xarray.Dataset
        Dims scenario (without the reference), measure; a measure is a variable for one label, such as
        ``supplier_share.other``, with its `unit` and `text` as coordinates. `level` is the mean in the
        reference; `mean` that of the paired differences, with its 95 % Monte Carlo interval (`mean_low`,
        `mean_high`), in the unit of the measure; `size` the same in standard deviations over the trials of
        the reference, its interval by the delta method, so that the error of that deviation is in it; `moved`
        the share of trials that differ at all. `size` is NaN where the reference does not vary.
        The coordinate `since` is the first quarter that is looked at, by scenario.

    Raises
    ------
    InputError
        If there is nothing to compare, or a variable is not in the result.

    Examples
    --------
    >>> found = sim.effects(runs, reference="baseline")
    >>> sim.plots.forest(found, "hhi")
    """
    import xarray as xr

    manifest(runs)  # refuses what is no result
    runs = complete_trials(checked(runs, "time", "trial"))
    reference, others = split(runs, reference)
    names = chosen(runs, variables)
    for name in names:
        if name not in GLOSSARY:
            problem, remedy = "not in the glossary, which has units: {value}", nearest(name, GLOSSARY)
            raise UnknownName("", "variables", problem, remedy, name)
    groups = groups_of(runs)
    measures = [Measure(name, where) for name in names for where in label_combinations(runs, name)]
    since = {other: _first_difference(runs, reference, other, names) for other in others}
    cells = np.full((len(STATISTICS), len(others), len(measures)), np.nan)
    held = runs[[]]
    for k, measure in enumerate(measures):
        if measure.variable not in held:
            # One variable at a time: a stored run may be larger than memory, and slow to read again.
            held = runs[[measure.variable]].compute()
        values = held[measure.variable].sel(dict(measure.where)).transpose(*COMMON).astype(float)
        standard = values.sel(scenario=reference).values
        for i, other in enumerate(others):
            when = slice(since[other], None)
            cells[:, i, k] = _statistics(
                values.sel(scenario=other).values[when].mean(axis=0), standard[when].mean(axis=0), groups
            )
    coordinates = {
        "scenario": others,
        "scenario_title": ("scenario", [display_name(runs, "scenario", each) for each in others]),
        "measure": [each.key for each in measures],
        "unit": ("measure", [each.unit for each in measures]),
        "text": ("measure", [each.text(runs) for each in measures]),
        "since": ("scenario", [str(runs["quarter"].values[at]) for at in since.values()]),
    }
    found = {name: (("scenario", "measure"), cells[k]) for k, name in enumerate(STATISTICS)}
    return xr.Dataset(
        found, coordinates, {**runs.attrs, "title": f"effects against {reference}", "reference": reference}
    )


@dataclass(frozen=True)
class Effect:
    """One measure that a scenario moves; see `effects`."""

    measure: str
    text: str
    unit: str
    level: float
    mean: float
    mean_low: float
    mean_high: float
    size: float
    size_low: float
    size_high: float
    moved: float


def ranked(found: xr.Dataset, scenario: str, leave_out: Collection[str] = ()) -> list[Effect]:
    """Return the effects of a scenario, the largest in standard deviations first.

    Parameters
    ----------
    found : xarray.Dataset
        From `effects`.
    scenario : str
    leave_out : collection of str
        Measures that are no finding, such as those that the scenario sets itself (`prescribed`).
    """
    one = found.sel(scenario=scenario)
    cells = {name: one[name].values for name in ("measure", "text", "unit", *STATISTICS)}
    rows = [Effect(**{name: _plain(cells[name][k]) for name in cells}) for k in range(one.sizes["measure"])]
    kept = [each for each in rows if each.measure not in leave_out]
    return sorted(kept, key=lambda each: (isnan(each.size), -abs(each.size)))


def answer(found: xr.Dataset, scenario: str, leave_out: Collection[str] = ()) -> str:
    """Return what a scenario moves most, in a sentence with its error.

    Parameters
    ----------
    found : xarray.Dataset
        From `effects`.
    scenario : str
    leave_out : collection of str
        As for `ranked`.
    """
    title, reference = display_name(found, "scenario", scenario), found.attrs["reference"]
    rows = ranked(found, scenario, leave_out)
    same = sum(each.moved == 0.0 for each in rows)
    if same == len(rows):
        return f"“{title}” moves none of {len(rows)} measures in any trial."
    most = rows[0]
    by = amounts.with_error(most.mean, most.mean_high - most.mean, is_signed=True)
    deviations = (
        f", {amounts.with_interval(most.size, most.size_low, most.size_high, is_signed=True)} standard "
        f"deviations of {reference}"
        if isfinite(most.size)
        else ""
    )
    is_clear = most.mean_low > 0.0 or most.mean_high < 0.0
    doubt = "" if is_clear else ", which so few trials do not tell from zero"
    unit = "" if most.unit in UNSAID else f" {most.unit}"
    since = found["since"].sel(scenario=scenario).item()
    return (
        f"“{title}” moves {most.text} most, by {by}{unit} on average from {since} on{deviations}{doubt}; "
        f"{same} of {len(rows)} measures are the same in every trial."
    )


def prescribed(scenario: Scenario, base: Scenario) -> set[str]:
    """Return the measures that a scenario sets by its own events."""
    own = [event for event in scenario.events if event not in base.events]
    cells = {
        key
        for event in own
        if event.target is not None and event.target.kind == "state"
        for key in event.target.elements
    }
    return cells | {"government" for event in own if event.what == "replace_government"}


def in_deviations(difference: Array, level: Array, groups: Sequence[Any] = ()) -> tuple[float, float]:
    """Return a mean paired difference in standard deviations of a level, and its standard error.

    The error is that of the quotient, by the delta method: the standard deviation is estimated from the same
    trials, and its own error and its correlation with the mean difference are in it.

    Parameters
    ----------
    difference, level : ndarray, shape (trial,)
        Paired by trial; the level must vary.
    groups : sequence of ndarray, optional
        Of trials that are not independent; see `sim.analysis.compare.paired.groups_of`.

    Returns
    -------
    estimate, standard error : float
    """
    spread, centred = float(level.std(ddof=1)), level - level.mean()
    estimate = float(difference.mean()) / spread
    # What each trial adds to the quotient, to first order: by way of the mean, and of the variance.
    influence = difference / spread - 0.5 * estimate * (centred / spread) ** 2
    return estimate, float(np.sqrt(variance_of_mean(influence, list(groups))))


def _plain(cell: Any) -> Any:
    """Return a cell as a number or text of Python."""
    return float(cell) if isinstance(cell, np.floating) else str(cell)


def _first_difference(runs: xr.Dataset, reference: str, other: str, names: Iterable[str]) -> int:
    """Return the first quarter in which two scenarios differ in any trial, or the first of all."""
    first = runs.sizes["time"]
    for name in names:
        values = runs[name].transpose("scenario", "time", ...)
        differs = (values.sel(scenario=other) != values.sel(scenario=reference)).values
        at = np.flatnonzero(differs.reshape(len(differs), -1).any(axis=1))
        first = min([first, *at[:1].tolist()])
    return first if first < runs.sizes["time"] else 0


def _statistics(values: Array, standard: Array, groups: list[Any]) -> list[Any]:
    """Return the statistics in their order, of one number per trial in both scenarios."""
    difference = values - standard
    mean, count = float(difference.mean()), len(difference)
    margin = Z95 * float(np.sqrt(variance_of_mean(difference, groups)))
    estimate = error = float("nan")
    if count > 1 and standard.std() > 0.0:
        estimate, error = in_deviations(difference, standard, groups)
    return [
        float(standard.mean()),
        mean,
        mean - margin,
        mean + margin,
        estimate,
        estimate - Z95 * error,
        estimate + Z95 * error,
        float((difference != 0.0).mean()),
    ]
