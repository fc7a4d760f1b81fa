"""Forest: one measure, every scenario, the mean paired difference with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare.measure import display_name
from sim.analysis.compare.sentences import across
from sim.plots import own_axes, style, themes
from sim.runs.dataset import checked, manifest
from sim.vocabulary import arguments

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_ROW, _FOOT, _LETTERS = 0.24, 0.5, 28


@style.styled
def forest(
    effects: xr.Dataset,
    measure: str,
    *,
    in_deviations: bool = False,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the mean difference of every scenario to the reference, with its 95 % interval, sorted by size.

    Parameters
    ----------
    effects : xarray.Dataset
        From `sim.effects`.
    measure : str
        Its key, such as ``"hhi"`` or ``"supplier_share.other"``.
    in_deviations : bool
        In standard deviations over the trials of the reference instead of the measure's unit.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        Instead of the measure in words.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    checked(effects, "scenario", "measure", name="effects", remedy="Give what sim.effects returns.")
    known = [str(each) for each in effects["measure"].values]
    measure, in_deviations = (
        arguments.chosen(measure, "measure", known),
        arguments.truth(in_deviations, "in_deviations"),
    )
    one = effects.sel(measure=measure)
    name = "size" if in_deviations else "mean"
    middle, low, high = (one[each].values for each in (name, f"{name}_low", f"{name}_high"))
    order = np.argsort(middle, kind="stable")
    names = [display_name(effects, "scenario", str(effects["scenario"].values[k])) for k in order]
    labels = [style.in_lines(each, _LETTERS) for each in names]
    notes = [
        "Mean over the quarters from the first in which the two differ; bars: 95 % Monte Carlo intervals,"
        " grey where they hold zero.",
        *style.footer(effects),
    ]
    height = _ROW * (len(order) + 1) + _FOOT
    axis = own_axes.axes(ax, title, str(one["text"].values), height, notes, said=lambda: _said(one))
    rows = np.arange(len(order))
    axis.axvline(0, color=themes.now().ink, linewidth=0.8)
    clear = (low[order] > 0) | (high[order] < 0)
    for row, k, is_clear in zip(rows, order, clear, strict=True):
        colour = themes.now().scenarios[0] if is_clear else themes.now().rest
        axis.plot([low[k], high[k]], [row, row], color=colour, linewidth=2.0)
        axis.plot(middle[k], row, "o", color=colour, markersize=4)
    axis.set_yticks(rows, labels)
    axis.set_ylim(-0.7, len(order) - 0.3)
    axis.grid(visible=True, axis="x")
    axis.grid(visible=False, axis="y")
    unit = "standard deviations of the reference" if in_deviations else str(one["unit"].values)
    axis.set_xlabel(f"Mean difference to {_of_reference(effects)} ({unit})")
    return axis


def _said(one: xr.Dataset) -> str:
    """Return how many scenarios surely differ from the reference, and the farthest."""
    numbers = (one[name].values.tolist() for name in ("mean", "mean_low", "mean_high"))
    titles = [display_name(one, "scenario", str(each)) for each in one["scenario"].values]
    gaps = list(zip(titles, *numbers, strict=True))
    return across(str(one["text"].values), _of_reference(one), gaps, str(one["unit"].values))


def _of_reference(effects: xr.Dataset) -> str:
    """Return the reference's title, or its name where no title is known."""
    titles = manifest(effects)["scenarios"].get(effects.attrs["reference"], {})
    return str(titles.get("title", effects.attrs["reference"]))
