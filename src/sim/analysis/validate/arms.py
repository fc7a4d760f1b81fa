"""Arms of paired experiments: a scenario with changes on top, run once for all that look at it.

All arms run the same trials with the same random draws.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from pydantic import Field

from sim.analysis.validate.effect import Effect
from sim.files.records import Record, Tables
from sim.runs import trials as loop
from sim.runs.trials import Execution, Reduction
from sim.scenario import event_checks, events
from sim.scenario.ineffective import finding
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import OutsideHorizon

#: The arm in which nothing is changed.
UNCHANGED = "unchanged"


class Arm(Record):
    """What an arm changes: parameters from the start, and dated events; and the same in words."""

    what: str
    set: dict[str, Any] = Field(default_factory=dict)
    events: Tables = ()


def unchanged(scenario: Scenario, end: Quarter, file: str) -> Scenario:
    """Return the arm without changes: the scenario, to the end that a file of experiments gives."""
    if end <= scenario.start:
        raise OutsideHorizon(file, "end", "not after the start", "Choose a later quarter.", str(end))
    kept = tuple(event for event in scenario.events if event.at <= end)
    return dataclasses.replace(scenario, name=UNCHANGED, end=end, events=kept)


def changed(base: Scenario, arm: Arm, name: str, file: str, place: str) -> Scenario:
    """Return a scenario with an arm's changes on top.

    Raises
    ------
    InputError
        One line that names the file, the place below `place`, and what is wrong there.
    """
    parameters = base.parameters.replace(arm.set, file, f"{place}.set")
    added = [
        events.read(
            table,
            file,
            f"{place}.events[{number}]",
            case=base.case,
            parameters=parameters,
            start=base.start,
            end=base.end,
        )
        for number, table in enumerate(arm.events, 1)
    ]
    checked = event_checks.check([*base.events, *added], base.case, parameters)
    return dataclasses.replace(base, name=name, title=arm.what, parameters=parameters, events=checked)


def run(
    arms: Mapping[str, Scenario],
    looked_at: Mapping[str, Mapping[str, Effect]],
    trials: int,
    seed: int,
    execution: Execution,
) -> dict[tuple[str, str], Array]:
    """Run arms and return effects.

    Parameters
    ----------
    arms : mapping of str to Scenario
        By name; those without an effect to look at are not run.
    looked_at : mapping of str to mapping of str to Effect
        Name of an arm -> what is looked at in it, by any name.
    trials, seed, execution
        As for `sim.runs.trials.reduce`.

    Returns
    -------
    dict of (str, str) to ndarray, shape (trial,)
        By names of arm and effect.

    Warns
    -----
    IneffectiveChange
        For each event of an arm that cannot have an effect.
    """
    for name in looked_at:
        finding.warn(each for each in arms[name].ineffective if each not in arms[UNCHANGED].ineffective)
    chosen, reduction = [arms[name] for name in looked_at], partial(_recorded, looked_at)
    values: dict[tuple[str, str], Array] = {}
    results = loop.reduce(chosen, reduction, trials, seed, execution=execution)
    for name, parts in zip(looked_at, results, strict=True):
        values |= {(name, key): np.concatenate([part[key] for part in parts]) for key in looked_at[name]}
    return values


def _recorded(
    looked_at: Mapping[str, Mapping[str, Effect]], arm: Scenario, n_trials: int
) -> Reduction[dict[str, Array]]:
    """Return what is kept of a block of an arm."""
    wanted = looked_at[arm.name]
    keep = tuple(dict.fromkeys(effect.variable for effect in wanted.values()))
    return loop.Recorded(keep, partial(_taken, wanted), arm, n_trials)


def _taken(wanted: Mapping[str, Effect], recorded: Mapping[str, Array]) -> dict[str, Array]:
    """Return each effect, shape (trial,), from the recorded variables of a block."""
    return {key: effect.take(recorded[effect.variable]) for key, effect in wanted.items()}
