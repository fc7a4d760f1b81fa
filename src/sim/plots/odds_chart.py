"""The odds of several experts side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.discovery.odds import answers
from sim.plots import own_axes, style, themes

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_ROW = 0.26


@style.styled
def experts(found: xr.Dataset, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw the mean of each expert and scenario with its 95 % interval, and how many trials carry it.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.odds`.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        Instead of the usual one.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    found = own_axes.known(found, "expert", "scenario", name="found", made_by="sim.odds")
    about = found.attrs
    n_experts, n_scenarios = found.sizes["expert"], found.sizes["scenario"]
    notes = [
        f"The same {about['trials_used']:,} trials, weighted by each expert's odds; bars: 95 % intervals. "
        f"At the right: how many equal trials they are worth; fewer than {about['least']} are not drawn.",
        *style.footer(found),
    ]
    what = f"Chance of {about['ask']}" if about["is_event"] else about["text"]
    height = _ROW * n_experts * (n_scenarios + 0.5) + 0.5
    axis = own_axes.axes(ax, title, what, height, notes, said=lambda: " ".join(answers(found)))
    rows, labels = [], []
    colours = themes.palette(themes.now().scenarios, n_scenarios)
    for k in range(n_experts):
        for j in range(n_scenarios):
            each = found.isel(expert=k, scenario=j)
            row = k * (n_scenarios + 0.5) + j
            colour = colours[j]
            if not bool(each["is_refused"]):
                axis.plot([float(each["low"]), float(each["high"])], [row, row], color=colour, linewidth=2.0)
                axis.plot(float(each["mean"]), row, "o", color=colour, markersize=4)
            said = f"{float(each['effective']):,.0f}" + (" refused" if bool(each["is_refused"]) else "")
            axis.text(1.01, row, said, transform=axis.get_yaxis_transform(), size=6.5, va="center")
        rows.append(k * (n_scenarios + 0.5) + (n_scenarios - 1) / 2)
        labels.append(style.in_lines(str(found["expert_title"].values[k]), 30))
    axis.set_yticks(rows, labels)
    axis.set_ylim(rows[-1] + n_scenarios / 2 + 0.2, -0.7)
    axis.grid(visible=True, axis="x")
    axis.grid(visible=False, axis="y")
    axis.set_xlabel("Share of trials" if about["is_event"] else f"{about['text']} ({about['unit']})")
    if n_scenarios > 1:
        for j in range(n_scenarios):
            label = style.legible(str(found["scenario_title"].values[j]))
            axis.plot(np.nan, np.nan, "o-", color=colours[j], label=label)
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18 if n_experts > 2 else -0.3), ncols=2)
    return axis
