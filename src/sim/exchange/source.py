"""The scenarios that a run is of, and what its trials drew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.explore import inputs
from sim.design import sampling
from sim.runs.dataset import manifest
from sim.scenario.scenario import Scenario, load
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction

if TYPE_CHECKING:
    import xarray as xr


def scenarios_of(runs: xr.Dataset, given: Any = None) -> list[Scenario]:
    """Return the scenarios of a run, in its order: those given, or those that load by their names.

    Raises
    ------
    Contradiction
        If one is not what was run.
    """
    made = manifest(runs)["scenarios"]
    listed = [given] if isinstance(given, Scenario) else given
    remedy = "Give the scenarios that were run: scenarios=[...]."
    known: dict[str, Scenario] = {}
    for each in [] if listed is None else arguments.names(listed, "scenarios", remedy):
        arguments.instance(each, Scenario, "scenarios", "a scenario", remedy)
        known[each.name] = each
    found = []
    for name in (str(each) for each in np.atleast_1d(runs["scenario"].values)):
        one = known[name] if name in known else load(name)
        if one.digest != made[name]["digest"]:
            raise Contradiction("", "scenarios", f"what is called {name} is not what was run", remedy)
        found.append(one)
    return found


def drawn_in(runs: xr.Dataset, scenarios: list[Scenario]) -> dict[str, Array]:
    """Return what the trials of a run drew of each uncertain element, by key, shape (trial,)."""
    made = manifest(runs)
    how = sampling.restore(made["sampling"])
    trials = runs["trial"].values
    first, last = int(trials.min()), int(trials.max())
    found = inputs.drawn(scenarios, last + 1 - first, made["seed"], first, how)
    return {key: values[trials - first] for key, values in found.items()}
