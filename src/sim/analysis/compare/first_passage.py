"""When for the first time: the year in which a variable first crosses a mark, trial by trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare.measure import Measure, check_numbers, largest_supplier
from sim.runs.dataset import checked, complete_trials
from sim.runs.form import COMMON
from sim.vocabulary import arguments
from sim.vocabulary.axes import QUARTERS
from sim.vocabulary.errors import Contradiction

if TYPE_CHECKING:
    import xarray as xr

#: A supplier that holds less than this is no majority any more.
_HALF = 0.5
#: The rung of a joint project or technology transfer.
_JOINT_PROJECT = 4.0


def first_passage(
    runs: xr.Dataset,
    variable: str,
    where: Mapping[str, str] | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
) -> xr.DataArray:
    """Return the time at which a variable is first above, or below, a mark.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    variable : str
        Its name.
    where : mapping, optional
        Label on each of its axes.
    above, below : float
        The mark; one of the two.

    Returns
    -------
    xarray.DataArray, dims scenario, trial
        Calendar years, such as 2031.25 for the end of the first quarter of 2031; NaN where it never happens.
        Trials that failed or are missing in any scenario are left out.
        The share of trials in which it happens is ``result.notnull().mean("trial")``.

    Raises
    ------
    InputError
        If there is no such variable or label, or not exactly one mark.

    Examples
    --------
    >>> sim.first_passage(runs, "hhi", below=0.3)
    """
    import xarray as xr

    if (above is None) == (below is None):
        raise Contradiction("", "above, below", "give one of the two", "Such as below=0.5.")
    values = Measure.of(variable, where).take(checked(runs, *COMMON))
    check_numbers(values.values, variable)
    if above is not None:
        is_past = values.values > arguments.number(above, "above")
    else:
        is_past = values.values < arguments.number(below, "below")
    start = runs["time"].dt
    ends = (start.year + start.quarter / QUARTERS).values
    first = np.where(is_past.any(axis=1), ends[is_past.argmax(axis=1)], np.nan)
    coordinates = {name: values[name] for name in ("scenario", "trial")}
    return xr.DataArray(first, coordinates, ("scenario", "trial"), attrs={"units": "year"})


def passages(runs: xr.Dataset) -> xr.Dataset:
    """Return the first passages that the model is about, as far as a result has what they need.

    The year in which the largest supplier first falls below one half of deliveries, in which each
    supplier first wins a competitive order, and in which a joint project or technology transfer is
    first agreed with each partner.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.

    Returns
    -------
    xarray.Dataset
        Calendar years, as of `first_passage`: `majority_lost` (scenario, trial), `first_order` (supplier,
        scenario, trial) and `joint_project` (partner, scenario, trial).

    Raises
    ------
    InputError
        If this is no result of a run.

    Examples
    --------
    >>> sim.passages(runs).majority_lost.sel(scenario="baseline")
    """
    import xarray as xr

    checked(runs, *COMMON)
    found: dict[str, xr.DataArray] = {}
    largest = largest_supplier(runs)
    if largest is not None:
        found["majority_lost"] = first_passage(runs, "supplier_share", {"supplier": largest}, below=_HALF)
    for name, variable, axis, mark in (
        ("first_order", "order_count", "supplier", 0.0),
        ("joint_project", "agreement_rung", "partner", _JOINT_PROJECT - _HALF),
    ):
        if variable in runs and axis in runs[variable].dims:
            labels = [str(label) for label in runs[axis].values]
            parts = np.stack(
                [first_passage(runs, variable, {axis: label}, above=mark).values for label in labels]
            )
            coordinates = {
                axis: labels,
                "scenario": runs["scenario"],
                "trial": complete_trials(runs)["trial"],
            }
            found[name] = xr.DataArray(
                parts, coordinates, (axis, "scenario", "trial"), attrs={"units": "year"}
            )
    return xr.Dataset(found)
