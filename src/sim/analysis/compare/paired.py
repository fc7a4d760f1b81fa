"""Paired comparison: the same trial with the same random draws (common random numbers), in two scenarios.

The difference is taken trial by trial, so what both scenarios share cancels. Its mean has a Monte Carlo
interval; its spread over trials says how differently the scenarios can part. Trials that share a sample of
the parameters, or shocks, count as one observation of the mean (cluster-robust variance; with two groupings
that of Cameron, Gelbach and Miller 2011). An even spread of the parameters is not credited: the interval is
then wider than it need be.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.design.sampling import restore
from sim.numerics.elementary import Z95
from sim.runs.dataset import checked, complete_trials, manifest
from sim.runs.form import check_axes, check_variable
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError, UnknownName, WrongType, nearest

if TYPE_CHECKING:
    import xarray as xr

#: What `compare` reports of the paired differences, in order.
STATISTICS = (
    "mean",
    "mean_low",
    "mean_high",
    "median",
    "q05",
    "q25",
    "q75",
    "q95",
    "p_greater",
    "p_less",
    "p_equal",
    "variance_ratio",
)

_QUANTILES = (0.5, 0.05, 0.25, 0.75, 0.95)


def compare(
    runs: xr.Dataset, reference: str | None = None, variables: Iterable[str] | str | None = None
) -> xr.Dataset:
    """Return the paired differences of every scenario to a reference.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, with at least two scenarios.
    reference : str, optional
        Name of the scenario to compare with; the first by default.
    variables : str or iterable of str, optional
        Which variables; all by default.

    Returns
    -------
    xarray.Dataset
        The variables with dims scenario (without the reference), statistic, time, ...: the mean of the
        differences and its 95 % Monte Carlo interval (`mean_low`, `mean_high`); median and quantiles of
        the differences; the share of trials in which the scenario is above, below or equal to the
        reference; and the variance of the unpaired over that of the paired difference.

    Raises
    ------
    InputError
        If there is nothing to compare, or a scenario or variable is not in the result.

    Examples
    --------
    >>> d = sim.compare(runs, reference="baseline")
    >>> d.hhi.sel(statistic=["mean", "mean_low", "mean_high"]).isel(time=-1)
    """
    import xarray as xr

    manifest(runs)  # refuses what is no result
    runs = complete_trials(checked(runs, "time", "trial"))
    reference, others = split(runs, reference)
    names = chosen(runs, variables)
    base = runs.sel(scenario=reference)
    groups = groups_of(runs)
    result: dict[str, Any] = {}
    for name in names:
        standard = base[name].transpose("time", ..., "trial")
        parts = [
            statistics_of(
                runs[name].sel(scenario=other).transpose(*standard.dims).values, standard.values, groups
            )
            for other in others
        ]
        dims = ("scenario", "statistic", *standard.dims[:-1])
        result[name] = (dims, np.stack(parts), {**runs[name].attrs})
    coordinates = {
        name: value
        for name, value in runs.coords.items()
        if "trial" not in value.dims and "scenario" not in value.dims
    }
    attributes = {**runs.attrs, "title": f"paired differences to {reference}", "reference": reference}
    return xr.Dataset(result, {**coordinates, "scenario": others, "statistic": list(STATISTICS)}, attributes)


def chosen(runs: xr.Dataset, variables: Iterable[str] | str | None) -> tuple[str, ...]:
    """Return the variables of a result that are named, by default all; each has a number for each trial."""
    known = [str(name) for name in runs.data_vars]
    remedy = 'Give names of variables, such as ["hhi"].'
    names = tuple(known) if variables is None else arguments.texts(variables, "variables", remedy)
    if not names:
        raise WrongType("", "variables", "no variable to compare", remedy)
    for name in names:
        if name not in known:
            raise UnknownName("", "variables", "not in the result: {value}", nearest(name, known), name)
        check_variable(runs, name)
    return names


def split(runs: xr.Dataset, reference: str | None) -> tuple[str, list[str]]:
    """Return the reference, the first scenario if none is named, and the other scenarios."""
    if "scenario" not in runs.dims:
        problem = "there is one scenario in the result, and nothing to compare it with"
        raise InputError("", "runs", problem, 'Keep the dimension: runs.sel(scenario=["a", "b"]).')
    check_axes(runs, ["scenario"], "runs")
    names = [str(name) for name in runs["scenario"].values]
    reference = names[0] if reference is None else arguments.text(reference, "reference")
    if reference not in names:
        remedy = nearest(reference, names)
        raise UnknownName("", "reference", "no such scenario in the result: {value}", remedy, reference)
    others = [name for name in names if name != reference]
    if not others:
        raise InputError("", "reference", "nothing to compare", "Run at least two scenarios.")
    return reference, others


def _variance(x: Any) -> Any:
    """Return the variance over the last axis, without bias; that of one entry is not known."""
    return x.var(axis=-1, ddof=1) if x.shape[-1] > 1 else np.full(x.shape[:-1], np.nan)


def groups_of(runs: xr.Dataset) -> list[Any]:
    """Return the groups of trials that are not independent."""
    recorded = manifest(runs).get("sampling") if "manifest" in runs.attrs else None
    return restore(recorded).groups(runs["trial"].values) if recorded else []


def variance_of_mean(difference: Any, groups: list[Any]) -> Any:
    """Return the variance of the mean over the last axis."""
    count = difference.shape[-1]
    alone = _variance(difference) / count
    if not groups:
        return alone
    deviation = difference - difference.mean(axis=-1, keepdims=True)
    grouped = []
    for group in groups:
        order = np.argsort(group, kind="stable")
        _, starts = np.unique(group[order], return_index=True)
        sums = np.add.reduceat(deviation[..., order], starts, axis=-1)
        n = len(starts)
        grouped.append(
            (sums**2).sum(axis=-1) * n / (n - 1) / count**2 if n > 1 else np.full_like(alone, np.nan)
        )
    if len(groups) == 1:
        return grouped[0]
    return np.max([*grouped, sum(grouped) - alone], axis=0)


def statistics_of(values: Any, standard: Any, groups: list[Any]) -> Any:
    """Return the statistics of values - standard over the last axis, stacked first in their order."""
    values, standard = values.astype(float), standard.astype(float)
    difference = values - standard
    mean = difference.mean(axis=-1)
    variance = _variance(difference)
    margin = Z95 * np.sqrt(variance_of_mean(difference, groups))
    unpaired = _variance(values) + _variance(standard)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where nothing differs in any trial the ratio has no meaning.
        ratio = np.where(variance > 0, unpaired / variance, np.nan)
    sides = difference > 0, difference < 0, difference == 0
    return np.stack(
        [
            mean,
            mean - margin,
            mean + margin,
            *np.quantile(difference, _QUANTILES, axis=-1),
            *(np.where(np.isnan(mean), np.nan, each.mean(axis=-1)) for each in sides),
            ratio,
        ]
    )
