"""Boxes of scenario discovery: coverage against density, and the limits of one box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.discovery.discovery import answer
from sim.plots import own_axes, style, themes
from sim.vocabulary import amounts
from sim.vocabulary.amounts import number as in_digits

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_ROW = 0.3

#: Letters to a line of the name of a parameter.
_LETTERS = 34


def _known(found: xr.Dataset) -> xr.Dataset:
    return own_axes.known(found, "box", "parameter", "side", name="found", made_by="sim.discover")


@style.styled
def trade_off(found: xr.Dataset, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw coverage against density along the peeling, on trials of the search and on those held out.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.discover`.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        Instead of the usual one.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    found = _known(found)
    event = str(found.attrs.get("event", "the event"))
    notes = [
        "Coverage: part of the trials with the event that the box holds. Density: part of the box with it. "
        "Numbers: how many parameters a box limits. Bars: 95 % intervals of the box that is looked at.",
        *style.footer(found),
    ]
    axis = own_axes.axes(ax, title, f"Boxes for {event}", 3.0, notes, said=lambda: answer(found))
    kinds = (("_search", "Trials of the search", themes.now().rest), ("", "Trials held out", None))
    for suffix, label, colour in kinds:
        chosen = colour or themes.now().scenarios[0]
        axis.plot(
            found[f"coverage{suffix}"],
            found[f"density{suffix}"],
            "o",
            markersize=3,
            color=chosen,
            label=label,
        )
    at = found.sel(box=found.attrs["box"])
    x, y = float(at["coverage"]), float(at["density"])
    ends = [
        [[value - float(at[f"{name}_low"])], [float(at[f"{name}_high"]) - value]]
        for name, value in (("coverage", x), ("density", y))
    ]
    axis.errorbar(
        [x],
        [y],
        xerr=np.abs(ends[0]),
        yerr=np.abs(ends[1]),
        color=themes.now().scenarios[1],
        marker="o",
        label="The box looked at",
        linewidth=1.2,
    )
    last = -1
    for k, count in enumerate(found["n_limits"].values):
        if count != last:
            place = float(found["coverage"][k]), float(found["density"][k])
            axis.annotate(str(int(count)), place, size=6, xytext=(2, 3), textcoords="offset points")
        last = count
    axis.set_xlabel("Coverage")
    axis.set_ylabel("Density")
    axis.set_xlim(0, 1.03)
    axis.set_ylim(0, 1.03)
    axis.legend(loc="lower left")
    return axis


@style.styled
def box_limits(found: xr.Dataset, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw what the box that is looked at allows of each parameter, within what was drawn.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.discover`.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        Instead of the usual one.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    found = _known(found)
    at = found.sel(box=found.attrs["box"])
    is_limited = (at["low"] > -np.inf) | (at["high"] < np.inf) | (at["among"] != "")
    names = [str(each) for each in found["parameter"].values[is_limited.values]]
    event = str(found.attrs.get("event", "the event"))
    notes = [
        "Grey: what was drawn in the trials. In brackets: the share of resamples with a limit at that end, "
        "and the quasi-p value, which is too small since the limit was chosen.",
        *style.footer(found),
    ]
    height = _ROW * max(1, len(names)) + 0.5
    axis = own_axes.axes(ax, title, f"The box for {event}", height, notes, said=lambda: answer(found))
    for row, name in enumerate(names):
        each = at.sel(parameter=name)
        axis.plot([0, 1], [row, row], color=themes.now().rest, linewidth=6)
        if each["among"].item():
            said = _said(each, "among", "")
            categories = " or ".join(str(each["among"].item()).splitlines())
            axis.text(0.5, row, f"{categories} {said}", ha="center", va="center", size=6.5)
            continue
        least, most = float(each["least"]), float(each["most"])
        low, high = max(float(each["low"]), least), min(float(each["high"]), most)
        width = (most - least) or 1.0
        ends = (low - least) / width, (high - least) / width
        axis.plot(ends, [row, row], color=themes.now().scenarios[0], linewidth=6)
        for side, place, align in (("low", ends[0], "left"), ("high", ends[1], "right")):
            value = float(each[side])
            if np.isfinite(value):
                axis.text(
                    place,
                    row - 0.28,
                    _said(each, side, in_digits(value)),
                    ha=align,
                    va="center",
                    size=6,
                )
        for value, place, align in ((least, -0.01, "right"), (most, 1.01, "left")):
            axis.text(place, row, in_digits(value), ha=align, va="center", size=6)
    axis.set_yticks(range(len(names)), [_in_lines(name) for name in names], size=6.5)
    axis.tick_params(axis="y", pad=36, length=0)
    axis.set_ylim(max(1, len(names)) - 0.4, -0.6)
    axis.set_xlim(-0.02, 1.02)
    axis.set_xticks([])
    axis.grid(visible=False)
    for spine in axis.spines.values():
        spine.set_visible(False)
    if not names:
        axis.text(0.5, 0.0, "no parameter is limited", ha="center", va="center")
    return axis


def _in_lines(name: str) -> str:
    """Return the name of a parameter in lines, which end at its dots."""
    return style.in_lines(name.replace(".", ". "), _LETTERS).replace(". ", ".")


def _said(each: xr.Dataset, side: str, value: str) -> str:
    often, quasi = (float(each[name].sel(side=side)) for name in ("frequency", "quasi_p"))
    parts = [
        amounts.percent(often) if np.isfinite(often) else "",
        f"p {quasi:.1g}" if np.isfinite(quasi) else "",
    ]
    return f"{value} ({', '.join(part for part in parts if part)})".strip()
