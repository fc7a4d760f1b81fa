"""What a panel of back-tests says: scores, coverage and calibration by target, and which of two is better.

score       CRPS of numbers, energy score of compositions, Brier score of events, minus the log of the
chance of the supplier of an order; lower is better
interval    of a mean difference, from the sums over importers: origins of one importer are no
independent trials of a model (sandwich estimate, Student's t with importers - 1 degrees)
coverage    part of the records in the central part of their forecasts, ties by the part of them that is
            (`sim.analysis.validate.backtest.calibration`)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.validate.backtest.calibration import BINS, INTERVALS, MEASURES, coverage, histogram
from sim.analysis.validate.backtest.panel_form import KEY, ORDER, SHARE, checked_panel
from sim.analysis.validate.backtest.targets import EVENTS, LABELS
from sim.vocabulary import amounts, arguments
from sim.vocabulary.axes import Array, BoolArray
from sim.vocabulary.errors import Contradiction, UnknownName, nearest

if TYPE_CHECKING:
    import xarray as xr

#: Bins of the chance of an event in a reliability table.
CHANCE_BINS = 5

#: Targets that the answer in a sentence is about.
HEADLINES = ("leader_share", "log_tiv")

#: What is said of coverage.
_CALIBRATION = tuple(f"{name}_{100 * width:.0f}" for name in MEASURES for width in INTERVALS)
_COMPARED = tuple(f"{name}_{which}" for name in MEASURES for which in ("before", "after"))

#: The central interval whose coverage has an interval of its own.
_USUAL = 0.9

#: Two records of one number differ by less than this.
_SAME = 1e-6


def scores(panel: xr.Dataset) -> Array:
    """Return the score of every row and source, shape (row, source); NaN where a source says nothing."""
    score: Array = panel["to_record"].values - np.einsum("rkk->rk", panel["between"].values) / 2.0
    chance, value = panel["chance"].values, panel["value"].values
    is_event, is_order = np.isin(panel["target"], list(EVENTS)), panel["target"].values == ORDER
    score[is_event] = (chance - value[:, None])[is_event] ** 2
    score[is_order] = -np.log(chance[is_order])
    return score


def table(panel: xr.Dataset) -> xr.Dataset:
    """Return what a panel says of each target.

    Returns
    -------
    xarray.Dataset
        Dims ahead, target, source and bin: ``score``; ``advantage`` with its 95 % interval, the source's
        score less the model's, above zero where the model is better; ``coverage_50`` and ``coverage_90``,
        of a right forecast 0.5 and 0.9, and the 95 % interval of the latter; ``held_50`` and ``held_90``,
        what intervals hold with both their ends; ``pit``, the part of the records in each tenth of the
        forecast; ``rows`` and ``importers``.
    """
    import xarray as xr

    panel = checked_panel(panel)
    score, names = scores(panel), _targets(panel)
    sources, ahead = list(panel["source"].values), sorted(set(panel["ahead"].values))
    model = sources.index("model")
    shape = len(ahead), len(names), len(sources)
    kept = (
        "score",
        "advantage",
        "advantage_low",
        "advantage_high",
        *_CALIBRATION,
        "coverage_90_low",
        "coverage_90_high",
    )
    found = {name: np.full(shape, np.nan) for name in kept}
    found |= {name: np.zeros(shape) for name in ("rows", "importers")}
    pit = np.full((*shape, BINS), np.nan)
    for i, j, is_here in _groups(panel, ahead, names):
        importer = panel["importer"].values[is_here]
        for k in range(len(sources)):
            its = score[is_here, k]
            said = np.isfinite(its)
            if not said.any():
                continue
            found["score"][i, j, k] = its[said].mean()
            found["rows"][i, j, k], found["importers"][i, j, k] = said.sum(), len(set(importer[said]))
            gap = clustered(its - score[is_here, model], importer)
            for name, value in zip(("advantage", "advantage_low", "advantage_high"), gap, strict=True):
                found[name][i, j, k] = value
            below, upto = (panel[name].values[is_here, k] for name in ("below", "upto"))
            says = _says(names[j], below, upto)
            if says.any():
                for width in INTERVALS:
                    for name, measure in MEASURES.items():
                        parts = measure(below[says], upto[says], width)
                        found[f"{name}_{100 * width:.0f}"][i, j, k] = parts.mean()
                parts = coverage(below[says], upto[says], _USUAL)
                _, *ends = np.clip(clustered(parts, importer[says]), 0.0, 1.0)
                found["coverage_90_low"][i, j, k], found["coverage_90_high"][i, j, k] = ends
                pit[i, j, k] = histogram(below[says], upto[says])
    dims = ("ahead", "target", "source")
    arrays: dict[str, Any] = {name: (dims, values) for name, values in found.items()}
    return xr.Dataset(
        {**arrays, "pit": ((*dims, "bin"), pit)},
        {"ahead": ahead, "target": names, "source": sources, "bin": (np.arange(BINS) + 0.5) / BINS},
        panel.attrs,
    )


def _targets(panel: xr.Dataset) -> list[str]:
    return [str(name) for name in dict.fromkeys(panel["target"].values)]


def _groups(panel: xr.Dataset, ahead: list[Any], names: list[str]) -> Iterator[tuple[int, int, BoolArray]]:
    """Yield the rows of each window and target that has any."""
    for i, years in enumerate(ahead):
        for j, name in enumerate(names):
            is_here = (panel["ahead"].values == years) & (panel["target"].values == name)
            if is_here.any():
                yield i, j, is_here


def _says(target: str, below: Array, upto: Array) -> BoolArray:
    """Return which rows say something of coverage: not a supplier sure to sell nothing that sold nothing."""
    says: BoolArray = np.isfinite(below)
    return says & (upto - below < 1.0) if target == SHARE else says


def clustered(gaps: Array, cluster: Array, level: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of some differences and its interval, clustered; NaN ends with a single cluster.

    Parameters
    ----------
    gaps : ndarray, shape (row,)
        NaN where there is none.
    cluster : ndarray, shape (row,)
    level : float
    """
    from scipy.special import stdtrit  # the quantile of Student's t, without all of scipy.stats

    there = np.isfinite(gaps)
    gaps, cluster = gaps[there], cluster[there]
    if not gaps.size:
        return np.nan, np.nan, np.nan
    mean = float(gaps.mean())
    _, which = np.unique(cluster, return_inverse=True)
    sums = np.bincount(which, weights=gaps - mean)
    n = len(sums)
    if n < 2:
        return mean, np.nan, np.nan
    error = float(np.sqrt(n / (n - 1) * (sums**2).sum())) / gaps.size
    reach = float(stdtrit(n - 1, (1.0 + level) / 2.0)) * error
    return mean, mean - reach, mean + reach


def compare(before: xr.Dataset, after: xr.Dataset, source: str = "model") -> xr.Dataset:
    """Return which of two panels forecasts better, and what, on the rows that both have.

    Parameters
    ----------
    before, after : xarray.Dataset
        As `panel` returns them: two versions of the model, the same registers.
    source : str
        Whose scores are compared.

    Returns
    -------
    xarray.Dataset
        Dims ahead and target: ``before`` and ``after``, mean scores; ``difference``, after less before, with
        its 95 % interval clustered by importer (``low``, ``high``), below zero where the second is better;
        coverage of 90 % intervals in both, and what they hold with both their ends; ``rows`` and
        ``importers`` compared; ``left_out``, rows that one of the two lacks.

    Raises
    ------
    InputError
        If they have no row in common, were scored against different records, or lack the source.

    Examples
    --------
    >>> before = sim.backtest_panel([], [2012, 2014], trials=16, with_shipped=True)
    >>> after = sim.backtest_panel([], [2012, 2014], trials=32, with_shipped=True)
    >>> sim.compare_panels(before, after).difference
    """
    import xarray as xr

    before, after = checked_panel(before, "before"), checked_panel(after, "after")
    columns = [_column(panel, source) for panel in (before, after)]
    keys = [_keys(panel) for panel in (before, after)]
    shared = [key for key in keys[0] if key in keys[1]]
    if not shared:
        raise Contradiction("", "panels", "no number is in both", "Compare panels of the same registers.")
    rows = [np.array([its[key] for key in shared]) for its in keys]
    one, other = before["value"].values[rows[0]], after["value"].values[rows[1]]
    differ = ~(np.isclose(one, other, rtol=_SAME, atol=_SAME) | (np.isnan(one) & np.isnan(other)))
    if differ.any():
        key = shared[int(differ.argmax())]
        message = f"scored against different records, as of {key[0]} at {key[1]}: {key[3]}"
        remedy = "Make both from the same files and for as many years."
        raise Contradiction("", "panels", message, remedy)
    parts = [
        (scores(panel)[its, k], panel["below"].values[its, k], panel["upto"].values[its, k])
        for panel, its, k in zip((before, after), rows, columns, strict=True)
    ]
    first = before.isel(row=rows[0])
    names, ahead = _targets(first), sorted(set(first["ahead"].values))
    kept = ("before", "after", "difference", "low", "high", *_COMPARED)
    found = {name: np.full((len(ahead), len(names)), np.nan) for name in kept}
    found |= {name: np.zeros((len(ahead), len(names))) for name in ("rows", "importers", "left_out")}
    for i, j, is_here in _groups(first, ahead, names):
        both = is_here & np.isfinite(parts[0][0]) & np.isfinite(parts[1][0])
        if not both.any():
            continue
        importer = first["importer"].values[both]
        gap = clustered((parts[1][0] - parts[0][0])[both], importer)
        here = [sum(key[2:4] == (ahead[i], names[j]) for key in its) for its in keys]
        values = {
            "before": parts[0][0][both].mean(),
            "after": parts[1][0][both].mean(),
            **dict(zip(("difference", "low", "high"), gap, strict=True)),
            "rows": both.sum(),
            "importers": len(set(importer)),
            "left_out": sum(here) - 2 * both.sum(),
        }
        for name, (_, below, upto) in zip(("before", "after"), parts, strict=True):
            says = both & _says(names[j], below, upto)
            if says.any():
                for measure, of in MEASURES.items():
                    values[f"{measure}_{name}"] = of(below[says], upto[says], _USUAL).mean()
        for name, value in values.items():
            found[name][i, j] = value
    arrays: Mapping[str, Any] = {name: (("ahead", "target"), values) for name, values in found.items()}
    attrs = {"before": before.attrs["panel"], "after": after.attrs["panel"], "source": source}
    return xr.Dataset(arrays, {"ahead": ahead, "target": names}, attrs)


def _keys(panel: xr.Dataset) -> dict[tuple[Any, ...], int]:
    columns = [panel[name].values.tolist() for name in KEY]
    return {key: index for index, key in enumerate(zip(*columns, strict=True))}


def verdict(low: float | None, high: float | None) -> str:
    """Return which of two versions is better, given the interval of the difference of their scores."""
    if low is None or high is None or not np.isfinite([low, high]).all():
        return "no interval"
    return "after" if high < 0.0 else "before" if low > 0.0 else "open"


def sentences(found: xr.Dataset) -> list[str]:
    """Return the answer of `compare`: what is worse in the second, what is better, and what is open."""
    said = []
    for ahead in found["ahead"].values:
        here = found.sel(ahead=ahead)
        by_verdict: dict[str, list[str]] = {}
        for target in (name for name in found["target"].values if here["rows"].sel(target=name)):
            its = here.sel(target=target)
            middle, low, high = (float(its[name]) for name in ("difference", "low", "high"))
            which = verdict(low, high)
            if its["before"] == its["after"] and low == high:
                which = "same"
            is_clear = which in ("before", "after")
            gap = amounts.with_interval(middle, low, high, is_signed=True)
            by_verdict.setdefault(which, []).append(f"{target} {gap}" if is_clear else str(target))
        words = {
            "before": "worse after",
            "after": "better after",
            "open": "not clear of zero",
            "no interval": "a single importer, so no interval",
            "same": "the same",
        }
        said += [
            f"To {ahead} years, {words[w]}: {', '.join(by_verdict[w])}." for w in words if w in by_verdict
        ]
    lost = int(found["left_out"].sum())
    if lost:
        said.append(f"{lost} numbers that only one of the two has are left out.")
    return said


def answers(found: xr.Dataset, rival: str = "bootstrap") -> list[str]:
    """Return the answer of `table` for each window: headline scores against a rule, and coverage.

    Parameters
    ----------
    found : xarray.Dataset
        From `table`.
    rival : str
        The rule.
    """
    said = []
    for ahead in found["ahead"].values:
        parts, covered = [], []
        for target in HEADLINES:
            if target not in found["target"].values:
                continue
            model, its = (found.sel(ahead=ahead, target=target, source=name) for name in ("model", rival))
            if not its["rows"]:
                continue
            gap, low, high = (float(its[name]) for name in ("advantage", "advantage_low", "advantage_high"))
            word = "better" if low > 0 else "worse" if high < 0 else "not clearly better or worse"
            has_ends = np.isfinite([low, high]).all()
            by = amounts.with_interval(gap, low, high, True) if has_ends else amounts.number(gap, 2, True)
            score = amounts.number(float(model["score"]))
            parts.append(f"{LABELS[target]} {score}, {word} than the {rival}: {by}")
            covered.append(f"{float(model['coverage_90']):.2f}")
        if parts:
            said.append(
                f"To {ahead} years, CRPS of the model: {'; '.join(parts)}. Its 90 % intervals cover "
                f"{' and '.join(covered)} of them."
            )
    return said


def reliability(panel: xr.Dataset, source: str = "model") -> xr.Dataset:
    """Return how often events came about that were given a chance.

    Parameters
    ----------
    panel : xarray.Dataset
    source : str
        Whose chances.

    Returns
    -------
    xarray.Dataset
        Dims ahead, target (the events) and bin (fifths of the chance): ``forecast``, the mean chance;
        ``observed``, how often the event came about; ``rows``, how many.
    """
    import xarray as xr

    panel = checked_panel(panel)
    chances = panel["chance"].values[:, _column(panel, source)]
    ahead = sorted(set(panel["ahead"].values))
    found = np.full((3, len(ahead), len(EVENTS), CHANCE_BINS), np.nan)
    found[2] = 0.0
    for i, j, is_here in _groups(panel, ahead, list(EVENTS)):
        chance, came = chances[is_here], panel["value"].values[is_here]
        which = np.minimum((chance * CHANCE_BINS).astype(int), CHANCE_BINS - 1)
        for k in range(CHANCE_BINS):
            inside = which == k
            if inside.any():
                found[:, i, j, k] = chance[inside].mean(), came[inside].mean(), inside.sum()
    dims = ("ahead", "target", "bin")
    names = ("forecast", "observed", "rows")
    return xr.Dataset(
        {name: (dims, values) for name, values in zip(names, found, strict=True)},
        {"ahead": ahead, "target": list(EVENTS), "bin": (np.arange(CHANCE_BINS) + 0.5) / CHANCE_BINS},
        {**panel.attrs, "source": source},
    )


def _column(panel: xr.Dataset, source: str, place: str = "source") -> int:
    """Return where a forecast stands among the sources of a panel."""
    known = [str(each) for each in panel["source"].values]
    if arguments.text(source, place) not in known:
        remedy = nearest(source, known, "forecasts")
        raise UnknownName("", place, "no such forecast in the panel: {value}", remedy, source)
    return known.index(source)
