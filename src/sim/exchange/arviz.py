"""Draws and outcomes of a run as the DataTree that ArviZ reads: prior, and prior predictive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.exchange.source import drawn_in
from sim.runs.dataset import checked, complete_trials, scenarios_of

if TYPE_CHECKING:
    import xarray as xr


def to_datatree(runs: xr.Dataset) -> xr.DataTree:
    """Return a run as groups ``prior`` (what trials drew of each parameter) and ``prior_predictive``.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.

    Returns
    -------
    xarray.DataTree
        With dims chain (one) and draw (the trials) before those of each variable. Of parameters that differ
        between scenarios, those of the first in which they are uncertain.
    """
    import xarray as xr

    runs = complete_trials(checked(runs, "scenario", "time", "trial"))
    found = list(scenarios_of(runs).values())
    trials = runs["trial"].values
    prior = xr.Dataset(
        {key: (("chain", "draw"), values[None]) for key, values in drawn_in(runs, found).items()},
        {"chain": [0], "draw": trials},
    )
    predictive = runs.rename({"trial": "draw"}).expand_dims(chain=np.array([0]))
    predictive = predictive.transpose("chain", "draw", ...).assign_attrs(runs.attrs)
    return xr.DataTree.from_dict({"prior": prior, "prior_predictive": predictive})
