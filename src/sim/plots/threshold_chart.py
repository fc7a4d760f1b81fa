"""A response to a lever, and where it crosses a probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.discovery.threshold import answer
from sim.plots import own_axes, style, themes
from sim.vocabulary.amounts import number as in_digits

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


@style.styled
def response(found: xr.Dataset, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw how likely an event is by the value of a lever, and the threshold with its interval.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.threshold`.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        Instead of the usual one.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    found = own_axes.known(found, "lever", "end", name="found", made_by="sim.threshold")
    about = found.attrs
    is_monotone = bool(found["is_monotone"])
    shown = (
        "Orange: the threshold and its 95 % interval, by order statistics of the thresholds of trials."
        if is_monotone
        else "Grey: where the response goes against its trend, beyond chance; there is no threshold."
    )
    notes = [
        f"Every value on the same trials. Band: 95 % interval of the share. {shown}",
        f"n = {about['trials']:,} trials per value, seed {about['seed']}, scenario {about['scenario']}.",
    ]
    usual = f"Chance of {about['event']}"
    axis = own_axes.axes(ax, title, usual, 2.8, notes, said=lambda: answer(found))
    values, colour = found["lever"].values, themes.now().scenarios
    axis.fill_between(values, found["p_low"], found["p_high"], color=colour[0], alpha=0.25, linewidth=0)
    axis.plot(values, found["p"], "o-", color=colour[0], markersize=3, linewidth=1.2)
    axis.axhline(about["probability"], color=themes.now().rest, linewidth=0.8, linestyle=(0, (4, 2)))
    middle, low, high = (float(found[name]) for name in ("value", "low", "high"))
    if np.isfinite(middle):
        ends = (low if np.isfinite(low) else values[0], high if np.isfinite(high) else values[-1])
        axis.axvspan(*ends, color=colour[1], alpha=0.25, linewidth=0)
        axis.axvline(middle, color=colour[1], linewidth=1.2)
        unit = f" {about['unit']}" if about["unit"] else ""
        axis.annotate(
            f"{in_digits(middle)}{unit}",
            (middle, 1.0),
            xytext=(3, -8),
            textcoords="offset points",
            size=7,
        )
    if not is_monotone:
        axis.axvspan(*(float(each) for each in found["against"].values), color=themes.now().rest, alpha=0.35)
    axis.set_ylim(0, 1)
    axis.set_ylabel("Share of trials")
    axis.set_xlabel(
        f"{about['lever']} ({about['unit']})" + (f", from {about['since']}" if about["since"] else "")
    )
    return axis
