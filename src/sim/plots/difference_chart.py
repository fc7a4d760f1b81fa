"""Fans of paired differences: how a scenario parts from the reference, trial by trial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from sim.analysis.measure import Measure, display_name
from sim.errors import InputError, UnknownName, nearest
from sim.plots import style
from sim.plots.fan_chart import QUANTILES, band_handles, draw_bands

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


@style.styled
def difference_fan(
    runs: xr.Dataset,
    variable: str,
    reference: str | None = None,
    sel: Mapping[str, str] | None = None,
    *,
    total: Iterable[str] = (),
    title: str | None = None,
) -> Figure:
    """Draw the paired differences to the reference: mean, median, 50 % and 90 % bands.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, with at least two scenarios.
    variable : str
        Its name.
    reference : str, optional
        Scenario subtracted from every other; the first by default.
    sel, total, title
        As in `sim.plots.fan`.
    """
    measure = Measure(variable, tuple((sel or {}).items()), tuple(total))
    names = [str(name) for name in runs["scenario"].values]
    reference = names[0] if reference is None else reference
    if reference not in names:
        raise UnknownName("", "reference", "no such scenario in the result: {value}", nearest(reference, names), reference)
    if len(names) < 2:
        raise InputError("", "reference", "nothing to compare", "Run at least two scenarios.")
    values = measure.take(runs)
    others = [name for name in names if name != reference]
    of_reference = display_name(runs, "scenario", reference)
    note = (
        "Each trial has the same luck in both scenarios. The number at the right is the share of trials above, and"
        " the share below, the reference in the last quarter; the others are equal to it."
    )
    figure, axes = style.panels(
        len(others), title or f"{measure.text(runs)}: difference to {of_reference}", runs, "", [note]
    )
    times = np.concatenate([[style.start_of(runs)], style.ends_of_quarters(runs)])
    for axis, name in zip(axes, others, strict=True):
        gap = (values.sel(scenario=name) - values.sel(scenario=reference)).transpose("time", "trial").values
        # Nothing differs before the first quarter.
        gap = np.vstack([np.zeros((1, gap.shape[1])), gap])
        colour = style.SCENARIO_COLOURS[names.index(name) % len(style.SCENARIO_COLOURS)]
        axis.axhline(0, color="black", linewidth=0.8, zorder=1.5)
        draw_bands(axis, times, np.quantile(gap, QUANTILES, axis=1), colour)
        axis.plot(times, gap.mean(axis=1), color="black", linewidth=1.1, linestyle=(0, (1, 1)))
        ends = (f"{(gap[-1] > 0).mean():.0%} above", f"{(gap[-1] < 0).mean():.0%} below")
        for text, height, va in zip(ends, (0.98, 0.02), ("top", "bottom"), strict=True):
            axis.text(0.99, height, text, transform=axis.transAxes, ha="right", va=va, size=7)
        style.panel_title(axis, display_name(runs, "scenario", name), 34 if len(others) > 1 else 80)
        axis.margins(x=0.01)
    _widen(axes[0].get_ylim(), axes)
    unit = measure.unit
    style.label_axes(figure, axes, "Difference", unit)
    handles = [*band_handles(what="of differences"), Line2D([], [], color="black", linewidth=1.1, linestyle=(0, (1, 1)), label="Mean")]
    style.legend_below(figure, handles)
    return figure


def _widen(limits: tuple[float, float], axes: list[object]) -> None:
    """Leave room above and below for the shares in the corners."""
    low, high = limits
    room = 0.08 * (high - low)
    axes[0].set_ylim(low - room, high + room)  # type: ignore[attr-defined]
