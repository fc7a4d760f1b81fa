"""A search for policies: what was dropped, and the front with its error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.robustness.policy_search import answers
from sim.plots import own_axes, style, themes

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

#: Policies named in the figure.
_NAMED = 8


@style.styled
def search(found: xr.Dataset, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw policies by their first two objectives, or by rank where there is one.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.search`.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        Instead of the usual one.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    found = own_axes.known(found, "policy", "objective", name="found", made_by="sim.search")
    about = found.attrs
    dropped = found["dropped"].values > 0
    is_front = found["is_front"].values
    named = [int(k) for k in np.flatnonzero(is_front)][:_NAMED]
    numbered = "; ".join(f"{n}: {found['policy'].values[k]}" for n, k in enumerate(named, 1))
    notes = [
        "Grey: dropped, on the trials that it met. Blue: left, on fresh trials, with 95 % intervals. Orange: "
        f"in the front. Open: where the search saw those that are left. {numbered}.",
        f"n = {about['trials']:,} trials of the search and as many fresh ones, seed {about['seed']}; "
        f"over {about['futures']}.",
    ]
    axis = own_axes.axes(ax, title, "Search for policies", 3.4, notes, said=lambda: " ".join(answers(found)))
    rank = np.argsort(np.argsort(found["searched"].values[:, 0], kind="stable"), kind="stable") + 1.0
    x = found["searched"].values[:, 0]
    y = found["searched"].values[:, 1] if found.sizes["objective"] > 1 else rank
    axis.plot(x[dropped], y[dropped], ".", color=themes.now().rest, markersize=4)
    axis.plot(x[~dropped], y[~dropped], "o", mfc="none", color=themes.now().rest, markersize=5)
    fresh, low, high = (found[name].values for name in ("fresh", "fresh_low", "fresh_high"))
    for k in np.flatnonzero(~dropped):
        colour = themes.now().scenarios[1 if is_front[k] else 0]
        place = fresh[k, 0], fresh[k, 1] if found.sizes["objective"] > 1 else rank[k]
        axis.plot([low[k, 0], high[k, 0]], [place[1]] * 2, color=colour, linewidth=1.0)
        if found.sizes["objective"] > 1:
            axis.plot([place[0]] * 2, [low[k, 1], high[k, 1]], color=colour, linewidth=1.0)
        axis.plot(*place, "o", color=colour, markersize=4)
        if k in named:
            number = str(named.index(int(k)) + 1)
            axis.annotate(number, place, size=6.5, xytext=(4, 3), textcoords="offset points")
    labels = [
        f"{text} ({unit}), {aim}"
        for text, unit, aim in zip(
            found["text"].values, found["unit"].values, found["aim"].values, strict=True
        )
    ]
    axis.set_xlabel(labels[0])
    axis.set_ylabel(style.in_lines(labels[1], 40) if len(labels) > 1 else "Rank in the search")
    return axis
