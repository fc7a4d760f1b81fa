"""A trial of a stored run again, as a Mesa world; above all one that failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.abm.world import World
from sim.files.records import shown
from sim.model.schedule import Rules
from sim.runs.batch import Batch
from sim.runs.store import Store
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError, OutOfBounds, UnknownName, nearest


def replay(
    out: str | Path, trial: int | None = None, scenario: str | None = None, *, rules: Rules | None = None
) -> World:
    """Return the world of a trial of a stored run, before its first quarter.

    Parameters
    ----------
    out : path
        The store.
    trial : int, optional
        By default the first that failed.
    scenario : str, optional
        By default that of the failure, or the first.
    rules : mapping of str to callable, optional
        As they were given to `sim.run`.

    Returns
    -------
    World
        Its `step` runs the first quarter.

    Raises
    ------
    InputError
        If nothing failed and no trial is given, or there is no such trial or scenario.

    Examples
    --------
    >>> world = sim.replay("runs.zarr", trial=3)
    >>> world.step()
    """
    out = arguments.path(out, "out")
    trial = None if trial is None else arguments.trial(trial)
    scenario = arguments.text_if_given(scenario, "scenario")
    return of_store(Store.open(out), trial, scenario, rules=rules)


def of_store(
    store: Store, trial: int | None = None, scenario: str | None = None, *, rules: Rules | None = None
) -> World:
    """Return what `replay` does, from a store that is open."""
    batch, spec, file = Batch.of(store, rules), store.spec, shown(store.path)
    names = [each.name for each in batch.scenarios]
    if scenario is not None and scenario not in names:
        raise UnknownName(file, "scenario", "not in the run: {value}", nearest(scenario, names), scenario)
    failed = [
        each
        for each in store.failures()
        if scenario in (None, each["scenario"]) and trial in (None, each["trial"])
    ]
    if failed:
        trial, scenario = failed[0]["trial"], failed[0]["scenario"]
    if trial is None:
        raise InputError(file, "trial", "no trial failed", "Name the one to replay.")
    last = spec.first_trial + spec.trials - 1
    if not spec.first_trial <= trial <= last:
        remedy = f"Choose from {spec.first_trial} to {last}."
        raise OutOfBounds(file, "trial", "not in the run", remedy, trial)
    chosen = batch.scenarios[names.index(scenario) if scenario else 0]
    return World(chosen, spec.seed, trial, rules=rules, keep=spec.keep, sampling=batch.sampling)


def failure(store: Store, world: World) -> dict[str, Any] | None:
    """Return what the store says of a world's trial, if it failed there."""
    key = world.plan.scenario.name, world.trial
    return next((each for each in store.failures() if (each["scenario"], each["trial"]) == key), None)
