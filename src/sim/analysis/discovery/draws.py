"""The parameters that the trials of a finished run had: drawn again, since draws are keyed by trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.drivers import inputs
from sim.design.sampling import restore
from sim.parameter.elements import Element
from sim.runs import dataset
from sim.runs.dataset import checked, complete_trials, manifest
from sim.runs.form import check_trials
from sim.scenario.loading import loaded
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, InputError

if TYPE_CHECKING:
    import xarray as xr

#: The unit of parameters that are one of a few words, as numbers.
_LABEL = "label"


@dataclass(frozen=True)
class Draws:
    """What was uncertain in a run, trial by trial.

    Parameters
    ----------
    scenarios : tuple of Scenario
        In the order of the run.
    trials : ndarray, shape (trial,)
        Numbers of the trials that are complete.
    columns : dict of str to ndarray, shape (scenario, trial)
        By key of the element: numbers, texts where they are labels. Constant where a scenario is certain.
    elements : dict of str to list of Element
        The same elements as each scenario has them.
    """

    scenarios: tuple[Scenario, ...]
    trials: Array
    columns: dict[str, Array]
    elements: dict[str, list[Element]]


def of(runs: xr.Dataset, scenarios: Any = None, seed: int | None = None) -> tuple[xr.Dataset, Draws]:
    """Return the complete trials of a run, and what its parameters were.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    scenarios : scenario or sequence of them, optional
        Those that were run, where they are not known by name: made in Python, or files of your own.

    Raises
    ------
    InputError
        If it is no run, or a scenario is not what it was when it was run.
    """
    made = manifest(runs)
    runs = complete_trials(checked(runs, "scenario", "time", "trial"))
    chosen = scenarios_of(runs, scenarios)
    trials = runs["trial"].values
    check_trials(made, trials)
    first, count = int(trials.min()), int(trials.max() - trials.min()) + 1
    sampling = restore(made["sampling"])
    drawn = [
        inputs.drawn([scenario], count, made["seed"] if seed is None else seed, first, sampling)
        for scenario in chosen
    ]
    keys = dict.fromkeys(key for each in drawn for key in each)
    columns: dict[str, Array] = {}
    for key in keys:
        rows = [
            each[key][trials - first] if key in each else np.full(len(trials), scenario.parameters[key].value)
            for each, scenario in zip(drawn, chosen, strict=True)
        ]
        values = np.stack(rows)
        is_label = chosen[0].parameters[key].unit == _LABEL
        columns[key] = np.char.mod("%g", values) if is_label else values
    elements = {key: [each.parameters[key] for each in chosen] for key in keys}
    return runs, Draws(tuple(chosen), trials, columns, elements)


def scenarios_of(runs: xr.Dataset, given: Any = None) -> list[Scenario]:
    """Return the scenarios of a run as they were run: those that it carries, or those given.

    Raises
    ------
    InputError
        If one is not among those given, or the case has changed since.
    """
    if given is None:
        return list(dataset.scenarios_of(runs).values())
    about, own = manifest(runs)["scenarios"], {each.digest: each for each in loaded(given)}
    names = [str(each) for each in runs["scenario"].values]
    for name in names:
        if about[name]["digest"] not in own:
            remedy = "Give the scenarios that were run, or leave them out: the run carries its own."
            raise Contradiction("", "scenarios", "{value} is not among them as it was run", remedy, name)
    return [own[about[name]["digest"]] for name in names]


def names_of(given: Any, draws: Draws) -> Sequence[str]:
    """Return the keys of the parameters that are looked at: those named, or below a name; all by default."""
    from sim.vocabulary import arguments
    from sim.vocabulary.errors import UnknownName, nearest

    if given is None:
        return list(draws.columns)
    remedy = 'Give names of parameters, such as ["demand.caution"].'
    found: dict[str, None] = {}
    for name in arguments.texts(given, "parameters", remedy):
        below = [key for key in draws.columns if key == name or key.startswith(f"{name}.")]
        if not below:
            known = nearest(name, draws.columns, "uncertain parameters")
            raise UnknownName("", "parameters", "not uncertain in the run: {value}", known, name)
        found |= dict.fromkeys(below)
    if not found:
        raise InputError("", "parameters", "names no parameter", remedy)
    return list(found)
