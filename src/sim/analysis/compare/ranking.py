"""Who is first: suppliers, or scenarios, ranked trial by trial at the end of each year.

In each trial the largest has rank 1. Equal values share the mean of the ranks that they take up, and divide
the chance of each of these places among them, so that chances add up to 1 over places and over what is
ranked. Scenarios are ranked within a trial, under the same random draws (common random numbers).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.analysis.compare import notation
from sim.analysis.compare.measure import Measure, check_numbers, display_name
from sim.analysis.compare.notation import VARIABLE
from sim.analysis.compare.paired import groups_of, variance_of_mean
from sim.analysis.compare.shares import among
from sim.analysis.compare.summary import check_years, listed_years, year_ends
from sim.numerics.elementary import Z95
from sim.runs.dataset import checked, complete_trials, manifest, scenario_of
from sim.runs.form import COMMON, check_variable
from sim.vocabulary import arguments
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.errors import Contradiction, InputError, WrongType
from sim.vocabulary.variables import GLOSSARY, within_sentence

if TYPE_CHECKING:
    import xarray as xr

_QUANTILES = (0.05, 0.95)

#: A quantile of ranks is one of them, not a number between two.
_THAT_OCCURS: Literal["inverted_cdf"] = "inverted_cdf"

#: The label that stands for all of the axis that is ranked.
_EACH = "*"

_FORM = re.compile(VARIABLE + r"(?P<when>)", flags=re.ASCII)


def ranking(
    runs: xr.Dataset,
    variable: str = "supplier_share",
    where: Mapping[str, str] | None = None,
    *,
    total: Iterable[str] = (),
    years: Iterable[int] | None = None,
    smallest_first: bool = False,
) -> xr.Dataset:
    """Return the rank of each label of a variable over the years, or of each scenario.

    The axis that is neither chosen nor summed is ranked, in each scenario; where there is none, the scenarios
    are. The supplier that stands for all others is not ranked.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    variable : str
        Its name.
    where : mapping, optional
        Label chosen on each of its axes, such as ``{"supplier": "other"}``, but for the one that is ranked.
    total : iterable of str, optional
        Axes summed over.
    years : iterable of int, optional
        Each is read at the end of its last quarter; all by default.
    smallest_first : bool
        Whether the smallest has rank 1, instead of the largest.

    Returns
    -------
    xarray.Dataset
        Dims scenario, year and the axis ranked: `rank`, the mean over trials, with its 95 % Monte Carlo
        interval (`rank_low`, `rank_high`) and where 90 of 100 trials lie (`rank_q05`, `rank_q95`); `p_first`,
        the chance of rank 1, with its interval (`p_first_low`, `p_first_high`, Wilson); and `p_place`, the
        chance of each place, with the dim place.

    Raises
    ------
    InputError
        If the result lacks the variable, a label or a year, or there is nothing to rank.

    Examples
    --------
    >>> found = sim.ranking(runs, "supplier_share")
    >>> found.p_first.sel(scenario="baseline", year=2035).to_series().sort_values()
    """
    import xarray as xr

    measure = Measure.of(variable, where, total)
    runs = complete_trials(checked(runs, *COMMON))
    is_reversed = arguments.truth(smallest_first, "smallest_first")
    quarters = [str(each) for each in runs["quarter"].values]
    wanted = check_years(year_ends(quarters) if years is None else listed_years(years), quarters)
    at_ends = runs.isel(time=[quarters.index(f"{year}-Q{QUARTERS}") for year in wanted])
    axis = _ranked_axis(at_ends, measure)
    names, left_out = _ranked(at_ends, axis)
    if axis == "scenario":
        values = measure.take(at_ends).values.astype(float)[None]
    else:
        part = at_ends[[measure.variable]].load()
        each = [replace(measure, where=(*measure.where, (axis, name))).take(part).values for name in names]
        values = np.stack(each, axis=1).astype(float)
    check_numbers(values, variable)
    # Now (scenario, label, year, trial), of which the first is of length one where scenarios are ranked.
    found = _statistics(values if is_reversed else -values, groups_of(runs))
    dims = ("scenario", axis, "year") if axis != "scenario" else (axis, "year")
    found = {name: array if axis != "scenario" else array[0] for name, array in found.items()}
    coordinates = {
        name: value.sel({axis: names})
        for name, value in at_ends.coords.items()
        if axis in value.dims and set(value.dims) <= {axis}
    }
    if axis != "scenario":
        coordinates |= {name: value for name, value in at_ends.coords.items() if value.dims == ("scenario",)}
    about = {"variable": measure.variable, "unit": measure.unit, "text": measure.text(runs), "axis": axis}
    order = {"smallest_first": int(is_reversed), "left_out": left_out, "title": "ranks"}
    return xr.Dataset(
        {name: (dims, array) for name, array in found.items() if name != "p_place"}
        | {"p_place": ((*dims, "place"), found["p_place"])},
        {**coordinates, "year": list(wanted), "place": np.arange(1, len(names) + 1)},
        {**runs.attrs, **about, **order},
    )


def asked(text: str) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Return the variable, labels and sums that a text such as ``relation[north, *]`` names.

    A star stands for the axis that is ranked; it may be left out where there is one axis.

    Raises
    ------
    InputError
        With an example.
    """
    found = _FORM.fullmatch(arguments.text(text, "by"))
    if found is None:
        raise WrongType("", "by", "cannot be read", 'Such as "supplier_share" or "hhi".', text)
    variable, dims = (
        found["variable"],
        GLOSSARY[found["variable"]].dims if found["variable"] in GLOSSARY else (),
    )
    if found["labels"] is None and len(dims) == 1:
        return variable, {}, ()
    labels = [each.strip() for each in (found["labels"] or "").split(",") if each.strip()]
    if len(dims) > 1 and len(labels) != len(dims):
        problem = f"{variable} has {len(dims)} axes, and {len(labels)} are named"
        form = ", ".join((*dims[:-1], _EACH))
        raise WrongType(
            "", "by", problem, f"Write {variable}[{form}], with * for the axis that is ranked.", text
        )
    by_axis = dict(zip(dims, notation.labels_of(found, "by"), strict=True))
    where = {axis: label for axis, label in by_axis.items() if label not in (notation.TOTAL, _EACH)}
    return variable, where, tuple(axis for axis, label in by_axis.items() if label == notation.TOTAL)


def _ranked_axis(runs: xr.Dataset, measure: Measure) -> str:
    """Return the axis that is neither chosen nor summed, or scenario."""
    if measure.variable not in runs or measure.variable not in GLOSSARY:
        return "scenario"  # whatever is wrong is said when it is taken
    check_variable(runs, measure.variable)
    used = {*COMMON, *dict(measure.where), *measure.total}
    free = [str(each) for each in runs[measure.variable].dims if each not in used]
    if len(free) > 1:
        problem = f"has the axes {', '.join(free)}, of which one is ranked"
        raise InputError("", measure.variable, problem, "Choose a label on the others, or sum over them.")
    return free[0] if free else "scenario"


def _ranked(runs: xr.Dataset, axis: str) -> tuple[list[str], str]:
    """Return the labels to rank, and the one that is left out or ""."""
    names = [str(each) for each in runs[axis].values]
    residual = manifest(runs).get("residual_supplier", "") if axis == "supplier" else ""
    residual = residual if residual in names else ""
    names = [each for each in names if each != residual]
    if len(names) < 2:
        problem = f"one {axis} alone has no rank" if names else f"no {axis} to rank"
        raise InputError("", "runs", problem, "Rank the labels of a variable, or run several scenarios.")
    return names, residual


def _statistics(values: Array, groups: list[Array]) -> dict[str, Array]:
    """Return what is known of the ranks of values (scenario, label, year, trial), the smallest first."""
    # One year of one scenario at a time: the ranks of all would need several times the memory.
    found = [[_of_one(each[:, year], groups) for year in range(each.shape[1])] for each in values]
    names = list(found[0][0])
    return {
        name: np.stack([np.stack([row[name] for row in rows], axis=1) for rows in found]) for name in names
    }


def _of_one(values: Array, groups: list[Array]) -> dict[str, Array]:
    """Return the statistics of values (label, trial), each of shape (label); `p_place` is (label, place)."""
    first, last = ranks(values)
    rank, part = (first + last) / 2.0, 1.0 / (last - first + 1.0)
    margin = Z95 * np.sqrt(variance_of_mean(rank, groups))
    mean, (low, high) = rank.mean(axis=-1), np.quantile(rank, _QUANTILES, axis=-1, method=_THAT_OCCURS)
    p_first, p_low, p_high = among(np.where(first == 1, part, 0.0), groups)
    return {
        "rank": mean,
        "rank_low": mean - margin,
        "rank_high": mean + margin,
        "rank_q05": low,
        "rank_q95": high,
        "p_first": p_first,
        "p_first_low": p_low,
        "p_first_high": p_high,
        "p_place": _places(first, last, part),
    }


def _places(first: Array, last: Array, part: Array) -> Array:
    """Return the chance of each place (label, place), of which equal values have a part each."""
    n_labels, n_trials = first.shape
    edges = [
        np.bincount(each, weight, n_labels + 1) - np.bincount(after, weight, n_labels + 1)
        for each, after, weight in zip(first - 1, last, part, strict=True)
    ]
    chance: Array = np.cumsum(edges, axis=1)[:, :n_labels] / n_trials
    return np.maximum(chance, 0.0)  # what rounding leaves below


def ranks(values: Array) -> tuple[Array, Array]:
    """Return the first and the last rank that each of some values takes up, the smallest first.

    Parameters
    ----------
    values : ndarray, shape (label, trial)

    Returns
    -------
    first, last : ndarray, shape (label, trial)
        They differ where values are equal: of three that lead, 1 and 3.
    """
    below, up_to = ([op(values, each).sum(axis=0) for each in values] for op in (np.less, np.less_equal))
    return np.array(below) + 1, np.array(up_to)


def answer(found: xr.Dataset, scenario: str | None = None) -> str:
    """Return who is first at the end of the last year, in a sentence with its error.

    Parameters
    ----------
    found : xarray.Dataset
        From `ranking`.
    scenario : str, optional
        Where labels are ranked, of which scenario; the first by default.
    """
    checked(found, "year", "place", name="found", remedy="Give what sim.ranking returns.")
    axis, about = str(found.attrs["axis"]), found.attrs
    text, where = within_sentence(about["text"]), ""
    if axis == "scenario" and scenario is not None:
        raise Contradiction("", "scenario", "the scenarios are ranked, in all of them", "Leave it out.")
    if axis != "scenario":
        name = scenario_of(found, scenario)
        where = f" in “{display_name(found, 'scenario', name)}”"
        found = found.sel(scenario=name)
    last = found.isel(year=-1)
    order = np.argsort(-last["p_first"].values, kind="stable")
    first, second = (_called(found, axis, int(k)) for k in order[:2])
    names = ("p_first", "p_first_low", "p_first_high")
    chance, low, high = (f"{100 * float(last[name].values[order[0]]):.0f}" for name in names)
    word = "smallest" if about["smallest_first"] else "largest"
    then = f"{second} in {100 * float(last['p_first'].values[order[1]]):.0f}"
    return (
        f"At the end of {int(last['year'])}, {text}: {word} {first}{where} in {chance} of 100 trials "
        f"({low} to {high}), then {then}."
    )


def _called(found: xr.Dataset, axis: str, k: int) -> str:
    name = display_name(found, axis, str(found[axis].values[k]))
    return f"in “{name}”" if axis == "scenario" else f"for {name}"
