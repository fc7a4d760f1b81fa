"""The order book: what is ordered and not yet delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.plots import given
from sim.plots.composition_chart import composition
from sim.plots.fan_chart import fan
from sim.plots.shown import Drawn, Place
from sim.runs.dataset import scenario_of

if TYPE_CHECKING:
    import xarray as xr


def order_book(
    runs: xr.Dataset,
    scenario: str | None = None,
    *,
    history: xr.Dataset | None = None,
    reference: str | None = None,
    ax: Place = None,
    title: str | None = None,
) -> Drawn:
    """Draw the order book: its median and bands by scenario, or its mean by supplier for one scenario.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    scenario : str, optional
        Name of the scenario to stack by supplier; by default all scenarios are drawn as fans.
    history : xarray.Dataset, optional
        From `sim.history`; of the order book there is none, so nothing is added.
    reference : str, optional
        Scenario whose median is shown in every panel; the first by default.
    ax : Axes, sequence of Axes, Figure or SubFigure, optional
        As in `sim.plots.fan`.
    title : str, optional
        As of `sim.plots.fan` and `sim.plots.composition`.

    Returns
    -------
    Axes or Panels
        As of `sim.plots.fan`.
    """
    if scenario is None:
        given.check(runs, history=history)
        return fan(runs, "order_book", total=("supplier",), reference=reference, ax=ax, title=title)
    given.check(runs, title)
    scenario = scenario_of(runs, scenario, "scenario")
    scenario_of(runs, reference, "reference")
    return composition(runs, scenario, variable="order_book", history=history, ax=ax, title=title)
