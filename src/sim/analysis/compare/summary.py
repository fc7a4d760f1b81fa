"""The table: where scenarios stand at the end of some years, and how they differ trial by trial."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.analysis.compare.measure import Measure, check_numbers, standard_measures
from sim.analysis.compare.paired import compare, groups_of, statistics_of, variance_of_mean
from sim.runs.dataset import complete_trials
from sim.vocabulary import arguments
from sim.vocabulary.axes import QUARTERS
from sim.vocabulary.errors import InputError, OutsideHorizon

if TYPE_CHECKING:
    import xarray as xr

    from sim.scenario.scenario import Scenario

_LOW, _HIGH = 0.05, 0.95


@dataclass(frozen=True)
class Difference:
    """Paired differences of a measure to the reference; see `sim.analysis.compare.paired.compare`."""

    reference: str
    mean: float
    mean_low: float
    mean_high: float
    median: float
    q05: float
    q25: float
    q75: float
    q95: float
    p_greater: float
    p_less: float
    p_equal: float
    variance_ratio: float


@dataclass(frozen=True)
class Row:
    """A measure in one scenario at the end of one year.

    Parameters
    ----------
    measure, text, unit : str
        Its key, and what it is in words and in which unit.
    is_headline : bool
        Whether it belongs in a short table.
    quarter : str
        Such as ``2030-Q4``.
    scenario, title : str
        Name and title of the scenario.
    trials : int
        Number of trials.
    mean, median, q05, q95 : float
        Over the trials.
    difference : Difference or None
        None for the reference, and where there is none.
    error : float
        Monte Carlo standard error of the mean; not a number where there is one trial.
    """

    measure: str
    text: str
    unit: str
    is_headline: bool
    quarter: str
    scenario: str
    title: str
    trials: int
    mean: float
    median: float
    q05: float
    q95: float
    difference: Difference | None
    error: float = math.nan

    @property
    def year(self) -> int:
        """Calendar year."""
        return int(self.quarter[:4])


def default_years(first: int, last: int) -> tuple[int, ...]:
    """Return the full decades after the first year, and the last year.

    >>> default_years(2024, 2040)
    (2030, 2040)
    >>> default_years(2020, 2026)
    (2026,)
    """
    decades = range(-(-(first + 1) // 10) * 10, last, 10)
    return (*decades, last)


def listed_years(given: Any) -> tuple[int, ...]:
    """Return years that a user has given; raise `InputError` for what is no list of them."""
    remedy = "Such as [2030, 2040]."
    listed = tuple(arguments.whole(each, "years") for each in arguments.names(given, "years", remedy))
    if not listed:
        raise InputError("", "years", "names none", "Name at least one.")
    return listed


def check_years(years: Iterable[int], quarters: Sequence[str]) -> tuple[int, ...]:
    """Return the years in order if the last quarter of each is among `quarters`."""
    chosen, ends = tuple(sorted(set(years))), year_ends(quarters)
    if not ends:
        raise OutsideHorizon("", "years", "the run contains no last quarter of a year", "Run it longer.")
    for year in chosen:
        if year not in ends:
            remedy = f"Choose from {ends[0]} to {ends[-1]}, as far as their last quarters are kept."
            raise OutsideHorizon("", "years", "its last quarter is outside the run", remedy, year)
    return chosen


def year_ends(quarters: Sequence[str]) -> tuple[int, ...]:
    """Return the years whose last quarter is among `quarters`."""
    return tuple(int(each[:4]) for each in quarters if each.endswith(f"Q{QUARTERS}"))


def summarise(
    runs: xr.Dataset,
    measures: Iterable[Measure] | None = None,
    years: Iterable[int] | None = None,
    reference: str | None = None,
) -> list[Row]:
    """Return levels and paired differences by measure, year and scenario.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    measures : iterable of Measure, optional
        By default `standard_measures`.
    years : iterable of int, optional
        Each is read at the end of its last quarter; by default the full decades and the last year.
    reference : str, optional
        Scenario to compare with; the first by default.

    Returns
    -------
    list of Row
        In order of measure, year, scenario.
    """
    import xarray as xr

    chosen = standard_measures(runs) if measures is None else tuple(measures)
    if not chosen:
        return []
    runs = complete_trials(runs)
    quarters = [str(each) for each in runs["quarter"].values]
    ends = year_ends(quarters)
    if years is None and ends:
        wanted = tuple(year for year in default_years(int(quarters[0][:4]), ends[-1]) if year in ends)
    else:
        wanted = check_years(years or (), quarters)
    picked = runs.isel(time=[quarters.index(f"{year}-Q{QUARTERS}") for year in wanted])
    values = xr.Dataset(
        {measure.key: measure.take(picked).drop_attrs(deep=False) for measure in chosen}, attrs=runs.attrs
    ).load()
    for measure in chosen:
        check_numbers(values[measure.key].values, measure.key)
    names = [str(name) for name in runs["scenario"].values]
    paired = compare(values, reference) if len(names) > 1 else None
    titles = (
        [str(each) for each in runs["scenario_title"].values] if "scenario_title" in runs.coords else names
    )
    rows: list[Row] = []
    groups = groups_of(runs)
    for measure in chosen:
        array, text = values[measure.key].transpose("time", "scenario", "trial").values, measure.text(runs)
        differences_of = _by_scenario(paired, measure.key)
        for at, year in enumerate(wanted):
            for position, name in enumerate(names):
                rows.append(
                    Row(
                        measure.key,
                        text,
                        measure.unit,
                        measure.is_headline,
                        f"{year}-Q{QUARTERS}",
                        name,
                        titles[position],
                        array.shape[-1],
                        *_level(array[at, position]),
                        _difference(paired, differences_of.get(name), at),
                        math.sqrt(variance_of_mean(array[at, position], groups)),
                    )
                )
    return rows


def row_of(
    measure: Measure, text: str, quarter: str, scenario: Scenario, values: Any, standard: Any, reference: str
) -> Row:
    """Return the row of one quarter from the trials of a scenario and of its reference.

    Parameters
    ----------
    measure : Measure
    text : str
        The measure in words.
    quarter : str
    scenario : Scenario
    values, standard : ndarray, shape (trial,)
        In the scenario and the reference, paired by trial.
    reference : str
        Name of the reference.
    """
    found = map(float, statistics_of(values, standard, []))
    gap = Difference(reference, *found)
    about = (measure.key, text, measure.unit, measure.is_headline, quarter, scenario.name, scenario.title)
    return Row(*about, len(values), *_level(values), gap)


def differences(
    runs: xr.Dataset, measures: Iterable[Measure] | None = None, reference: str | None = None
) -> list[Row]:
    """Return the rows of `summarise` that have a difference, at every year's end."""
    ends = year_ends([str(each) for each in runs["quarter"].values])
    return [row for row in summarise(runs, measures, ends, reference) if row.difference is not None]


def _level(values: Any) -> tuple[float, float, float, float]:
    import numpy as np

    low, middle, high = np.quantile(values, (_LOW, 0.5, _HIGH))
    return float(values.mean()), float(middle), float(low), float(high)


def _by_scenario(paired: xr.Dataset | None, key: str) -> dict[str, Any]:
    """Return the statistics of the paired differences by scenario, each of shape (statistic, time)."""
    if paired is None:
        return {}
    array = paired[key].transpose("scenario", "statistic", "time")
    return dict(zip(map(str, paired["scenario"].values), array.values, strict=True))


def _difference(paired: xr.Dataset | None, statistics: Any, at: int) -> Difference | None:
    if paired is None or statistics is None:
        return None
    return Difference(paired.attrs["reference"], *map(float, statistics[:, at]))


def decimals(rows: Iterable[Row]) -> int:
    """Return the decimals that suit the largest level among the rows: about three figures."""
    largest = max((abs(value) for row in rows for value in (row.median, row.q05, row.q95)), default=0.0)
    return 3 if largest < 2 else max(0, 2 - math.floor(math.log10(largest)))
