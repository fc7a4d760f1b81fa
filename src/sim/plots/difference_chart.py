"""Fans of paired differences: how a scenario parts from the reference, trial by trial.

Where some futures part much less from the reference than others do, the panels are in order of size, and a
row of small differences is enlarged: by a factor that its panels state, so that no scale changes in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D

from sim.analysis.compare.measure import display_name
from sim.analysis.compare.paired import split
from sim.plots import given, panels, row_scales, said, style, themes
from sim.plots.fan_chart import QUANTILES, band_handles, draw_bands
from sim.plots.shown import Drawn, Place
from sim.vocabulary import amounts
from sim.vocabulary.axes import Array

if TYPE_CHECKING:
    import xarray as xr

#: Room for the shares in the corners, above and below the differences, as a part of their range.
_ROOM = 0.15


@style.styled
def difference_fan(
    runs: xr.Dataset,
    variable: str,
    reference: str | None = None,
    sel: Mapping[str, str] | None = None,
    *,
    total: Iterable[str] = (),
    ax: Place = None,
    title: str | None = None,
) -> Drawn:
    """Draw the paired differences to the reference: mean, median, 50 % and 90 % bands, a panel for each.

    With several rows of panels, rows of smaller differences are enlarged, as they say, and all are in order
    of size; a figure of its own names the futures in which no trial differs instead of drawing them. Axes
    that are given one by one have the order of the scenarios and one scale.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, with at least two scenarios.
    variable : str
        Its name.
    reference : str, optional
        Scenario subtracted from every other; the first by default.
    sel, total, ax, title
        As in `sim.plots.fan`.

    Returns
    -------
    Axes or Panels
        As of `sim.plots.fan`.
    """
    given.check(runs, title)
    measure = given.measure(variable, sel, total)
    reference, others = split(runs, reference)
    names = [str(name) for name in runs["scenario"].values]
    values = measure.take(runs)
    of_reference = display_name(runs, "scenario", reference)
    times = np.concatenate([[style.start_of(runs)], style.ends_of_quarters(runs)])
    gaps = {name: _gaps(values, name, reference) for name in others}
    notes = [
        "Each trial has the same random draws in both scenarios. At the right: the share of trials above, and"
        " the share below, the reference in the last quarter; the others are equal to it."
    ]
    if ax is None and panels.columns(len(others)) < len(others):
        differing = [name for name in others if gaps[name].any()] or others
        equal = [display_name(runs, "scenario", name) for name in others if name not in differing]
        others = differing
        notes += [f"No trial differs from the reference in: {', '.join(equal)}."] if equal else []
    bands = {name: np.quantile(gaps[name], QUANTILES, axis=1) for name in others}
    means = {name: gaps[name].mean(axis=1) for name in others}
    ranges = {name: _range(bands[name], means[name]) for name in others}
    scales = dict.fromkeys(others, row_scales.shared(list(ranges.values()), _ROOM))
    by_size = sorted(others, key=lambda name: ranges[name][0] - ranges[name][1])
    in_rows = row_scales.by_row([ranges[name] for name in by_size], panels.columns(len(others)), _ROOM)
    is_ours = ax is None or isinstance(ax, Axes | FigureBase)  # else the rows are not known
    is_enlarged = is_ours and any(each.factor > 1 for each in in_rows)
    if is_enlarged:
        others, scales = by_size, dict(zip(by_size, in_rows, strict=True))
        notes.append("In order of size. × in a panel: how many times its row is enlarged beside the widest.")
    handles = [*band_handles(what="of differences"), Line2D([], [], label="Mean", **_mean())]
    heading = title or f"{measure.text(runs)}, difference to {of_reference}"
    if title is None and ax is None:
        heading = said.of(runs, measure, reference) or heading
    is_titled = ax is None or len(others) > 1
    if title is None and not is_titled:  # the only panel has one title, which says which scenario it is
        heading = f"{heading}: {display_name(runs, 'scenario', others[0])}"
    drawn = panels.panels(
        ax, len(others), heading, runs, handles=handles, notes=notes, has_rows_apart=is_enlarged
    )
    axes, colours = panels.listed(drawn), style.scenario_colours(names)
    for axis, name in zip(axes, others, strict=True):
        axis.axhline(0, color=themes.now().ink, linewidth=0.8, zorder=1.5)
        draw_bands(axis, times, bands[name], colours[name])
        axis.plot(times, means[name], **_mean())
        axis.margins(x=0.01)
        axis.set_ylim(scales[name].low, scales[name].high)
        _say(axis, gaps[name], scales[name].factor)
    if is_titled:
        panels.entitle(axes, [display_name(runs, "scenario", name) for name in others])
    style.label_values(axes, "Difference", measure.unit)
    return drawn


def _gaps(values: xr.DataArray, name: str, reference: str) -> Array:
    """Return the differences (time, trial); nothing differs before the first quarter."""
    gap = (values.sel(scenario=name) - values.sel(scenario=reference)).transpose("time", "trial").values
    return np.vstack([np.zeros((1, gap.shape[1])), gap])


def _say(axis: Axes, gaps: Array, factor: int) -> None:
    """Write in the corners how many trials are above and below the reference, and a scale that is larger."""
    last = gaps[-1]
    place: dict[str, Any] = {"transform": axis.transAxes, "size": 7}
    axis.text(0.99, 0.98, f"{amounts.percent((last > 0).mean())} above", ha="right", va="top", **place)
    axis.text(0.99, 0.02, f"{amounts.percent((last < 0).mean())} below", ha="right", va="bottom", **place)
    if factor > 1:
        axis.text(0.015, 0.98, f"× {factor:,}", ha="left", va="top", weight="bold", **place)
    if not gaps.any():
        axis.text(0.015, 0.02, "no trial differs", ha="left", va="bottom", **place)


def _mean() -> dict[str, Any]:
    return {"color": themes.now().ink, "linewidth": 1.1, "linestyle": (0, (1, 1))}


def _range(bands: Array, mean: Array) -> tuple[float, float]:
    """Return the lowest and the highest of what is drawn."""
    return float(min(bands.min(), mean.min())), float(max(bands.max(), mean.max()))
