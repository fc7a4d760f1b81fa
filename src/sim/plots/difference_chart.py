"""Fans of paired differences: how a scenario parts from the reference, trial by trial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from sim.analysis.compare.measure import display_name
from sim.analysis.compare.paired import split
from sim.plots import given, panels, style, themes
from sim.plots.fan_chart import QUANTILES, band_handles, draw_bands
from sim.plots.shown import Drawn, Place

if TYPE_CHECKING:
    import xarray as xr


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
    """Draw the paired differences to the reference: mean, median, 50 % and 90 % bands.

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
    note = (
        "Each trial has the same random draws in both scenarios. At the right: the share of trials above, and"
        " the share below, the reference in the last quarter; the others are equal to it."
    )
    mean: dict[str, Any] = {"color": themes.now().ink, "linewidth": 1.1, "linestyle": (0, (1, 1))}
    handles = [*band_handles(what="of differences"), Line2D([], [], label="Mean", **mean)]
    heading = title or f"{measure.text(runs)}, difference to {of_reference}"
    is_titled = ax is None or len(others) > 1
    if title is None and not is_titled:  # the only panel has one title, which says which scenario it is
        heading = f"{heading}: {display_name(runs, 'scenario', others[0])}"
    drawn = panels.panels(ax, len(others), heading, runs, handles=handles, notes=[note])
    axes, colours = panels.listed(drawn), style.scenario_colours(names)
    times = np.concatenate([[style.start_of(runs)], style.ends_of_quarters(runs)])
    for axis, name in zip(axes, others, strict=True):
        gap = (values.sel(scenario=name) - values.sel(scenario=reference)).transpose("time", "trial").values
        # Nothing differs before the first quarter.
        gap = np.vstack([np.zeros((1, gap.shape[1])), gap])
        axis.axhline(0, color=themes.now().ink, linewidth=0.8, zorder=1.5)
        draw_bands(axis, times, np.quantile(gap, QUANTILES, axis=1), colours[name])
        axis.plot(times, gap.mean(axis=1), **mean)
        above, below = 100 * (gap[-1] > 0).mean(), 100 * (gap[-1] < 0).mean()
        for text, height, side in (
            (f"{above:.0f} % above", 0.98, "top"),
            (f"{below:.0f} % below", 0.02, "bottom"),
        ):
            axis.text(0.99, height, text, transform=axis.transAxes, ha="right", va=side, size=7)
        axis.margins(x=0.01)
    if is_titled:
        panels.entitle(axes, [display_name(runs, "scenario", name) for name in others])
    # Room above and below for the shares in the corners.
    panels.limit(axes)
    low, high = axes[0].get_ylim()
    panels.limit(axes, low - 0.1 * (high - low), high + 0.1 * (high - low))
    style.label_values(axes, "Difference", measure.unit)
    return drawn
