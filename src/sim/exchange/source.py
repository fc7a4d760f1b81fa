"""What the trials of a run drew, which a run does not keep: it is drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.analysis.drivers import inputs
from sim.design import sampling
from sim.runs.dataset import manifest
from sim.runs.form import check_trials
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import Array

if TYPE_CHECKING:
    import xarray as xr


def drawn_in(runs: xr.Dataset, scenarios: Sequence[Scenario]) -> dict[str, Array]:
    """Return what the trials of a run drew of each uncertain element, by key, shape (trial,)."""
    made = manifest(runs)
    how = sampling.restore(made["sampling"])
    trials = runs["trial"].values
    check_trials(made, trials)
    first, last = int(trials.min()), int(trials.max())
    found = inputs.drawn(scenarios, last + 1 - first, made["seed"], first, how)
    return {key: values[trials - first] for key, values in found.items()}
