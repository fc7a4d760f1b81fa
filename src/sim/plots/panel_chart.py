"""How many importers' forecasts fared: calibration of one target over a panel of back-tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.plots import own_axes, style, themes
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


@style.styled
def pit(
    panel: xr.Dataset,
    target: str = "leader_share",
    *,
    source: str = "model",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw in which tenths of their forecasts the records fell: flat if the spread of forecasts is right.

    Parameters
    ----------
    panel : xarray.Dataset
        From `sim.backtest_panel`.
    target : str
        Such as ``"log_tiv"`` or ``"leader_share"``.
    source : str
        Whose forecast: ``"model"``, ``"stacked"`` or a baseline.
    ax : Axes, optional
        Where to draw; by default a figure of its own (``ax.figure``).
    title : str, optional
        Instead of the usual one.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    from sim.analysis.validate.backtest import panel_form, panel_scores
    from sim.analysis.validate.backtest.targets import EVENTS, LABELS

    panel = panel_form.checked_panel(
        own_axes.known(panel, "row", "source", name="panel", made_by="sim.backtest_panel")
    )
    targets = panel["target"].values
    target = arguments.chosen(target, "target", [str(name) for name in dict.fromkeys(targets)])
    source = arguments.chosen(source, "source", [str(name) for name in panel["source"].values])
    here = panel_scores.table(panel.isel(row=targets == target)).sel(target=target, source=source)
    here = here.isel(ahead=np.flatnonzero(np.isfinite(here["coverage_90"].values)))
    if not here.sizes["ahead"]:
        raise InputError("", "target", "has no distribution to hold the record against", "Take another.")
    about = panel_form.about(panel)
    notes = [
        f"{int(here['importers'].max())} importers, {about['trials']:,} trials each, seed {about['seed']}. "
        "Dashed: what a calibrated forecast has. Own calculations from registers as known at each origin."
    ]
    what = LABELS.get(target) or EVENTS[target]
    usual = f"{what[:1].upper()}{what[1:]}, by {source.replace('_', ' ')}"
    axis = own_axes.axes(ax, title, usual, 2.4, notes)
    bins, n_windows = here.sizes["bin"], here.sizes["ahead"]
    width = 1.0 / bins / n_windows
    colours = themes.palette(themes.now().suppliers, n_windows)
    for index in range(n_windows):
        one = here.isel(ahead=index)
        years = int(one["ahead"])
        label = f"{years - about['window'] + 1} to {years} years ahead (n = {int(one['rows']):,})"
        colour = colours[index]
        left = np.arange(bins) / bins + index * width
        axis.bar(
            left,
            one["pit"].values,
            width,
            align="edge",
            color=colour,
            edgecolor=themes.now().paper,
            label=label,
        )
    axis.axhline(1.0 / bins, color=themes.now().ink, linewidth=0.8, linestyle=(0, (4, 2)))
    axis.set_xlim(0, 1)
    axis.set_xlabel("Tenth of the forecast in which the record fell (PIT)")
    axis.set_ylabel("Share of records")
    axis.legend(loc="upper left")
    return axis
