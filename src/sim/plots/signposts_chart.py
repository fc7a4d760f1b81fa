"""How well observables tell what is coming, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.discovery.signposts import answer
from sim.plots import own_axes, style, themes
from sim.vocabulary import arguments

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


@style.styled
def signposts(found: xr.Dataset, *, most: int = 5, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw the AUC of the observables that tell earliest and best, with 95 % bands.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.signposts`.
    most : int
        How many observables; there are as many colours as this may be.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        Instead of the usual one.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    found = own_axes.known(found, "measure", "time", name="found", made_by="sim.signposts")
    most = arguments.whole(most, "most", 1, len(themes.now().scenarios))
    about = found.attrs
    notes = [
        "The chance that of two trials, one of each kind, the right one has the larger value (or the "
        "smaller, if that tells better); one half is a coin. Bands: 95 % intervals (DeLong). Dot: from here "
        f"on it tells at {about['level']:g}. The best of {about['measures']} look a bit too good.",
        *style.footer(found),
    ]
    axis = own_axes.axes(ax, title, f"What tells {about['about']}", 3.2, notes, said=lambda: answer(found))
    times = style.ends_of_quarters(found)
    for row, colour in zip(range(min(most, found.sizes["measure"])), themes.now().scenarios, strict=False):
        each = found.isel(measure=row)
        middle, low, high = (each[name].values for name in ("auc", "auc_low", "auc_high"))
        if middle[-1] < 0.5:
            middle, low, high = 1 - middle, 1 - high, 1 - low
        label = style.in_lines(str(each["text"].item()), 32)
        axis.fill_between(times, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.plot(times, middle, color=colour, label=style.legible(label))
        at = int(each["since"])
        if at < len(times):
            axis.plot(times[at], middle[at], "o", color=colour, markersize=4)
    for height in (0.5, float(about["level"])):
        axis.axhline(height, color=themes.now().rest, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1.5)
    axis.set_ylim(min(0.4, axis.get_ylim()[0]), 1.02)
    axis.set_ylabel("AUC")
    style.label_years(axis)
    axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return axis
