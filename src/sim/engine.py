"""The engine: a block of trials, quarter by quarter, as arrays. No files, no labels.

Trials are the last axis of every array; only time is looped. What a block computes for a trial does
not depend on which other trials are in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from sim import design, model
from sim.axes import QUARTERS, Array
from sim.design import Plan
from sim.model import PREVIOUS, Stage
from sim.variables import GLOSSARY, with_role

#: Trials advanced together: large enough that NumPy's overhead is small, small enough for the cache.
BLOCK = 2048

_STATES = tuple(v.name for v in with_role("state"))
_HELD = tuple(v.name for v in with_role("held"))
_PULSES = tuple(v.name for v in with_role("pulse"))


class Block:
    """Trials `first_trial` to `first_trial + n_trials` of a plan.

    Parameters
    ----------
    plan : Plan
        What is run.
    first_trial, n_trials : int
        Which trials.

    Attributes
    ----------
    values : dict of str to ndarray
        Every variable by its glossary name, shape (*dims, trial), and every parameter by its local name.
    step : int
        Quarters advanced so far.
    """

    def __init__(self, plan: Plan, first_trial: int, n_trials: int) -> None:
        self.plan = plan
        self.n_trials = n_trials
        self.step = 0
        self._drawn = design.draw_parameters(plan, first_trial, n_trials)
        self._shocks = design.draw_shocks(plan, first_trial, n_trials)
        self._changed: set[str] = set()
        self.values: dict[str, Any] = {**plan.constants, **self._drawn, "n_steps": plan.n_steps}
        self.values["open_shock"] = self._shocks.pop("open_shock")[0]
        self._set_date()
        for stage in model.START:
            self._run(stage)
            self._remember(stage.writes)

    def advance(self) -> None:
        """Run one quarter."""
        self._set_date()
        for stage in model.SCHEDULE:
            if not stage.is_standing or self._changed.intersection(stage.reads):
                self._run(stage)
        self._remember(_STATES)
        self.step += 1

    def _run(self, stage: Stage) -> None:
        values = self.values
        update = stage.function(**{name: values[name] for name in stage.reads})
        for name in stage.writes:
            values[name] = getattr(update, name)

    def _remember(self, names: Iterable[str]) -> None:
        for name in names:
            if GLOSSARY[name].role == "state" and name in self.values:
                self.values[name + PREVIOUS] = self.values[name]

    def _set_date(self) -> None:
        """Put the clock, the scenario's values and the shocks of the coming quarter in place."""
        plan, step, values = self.plan, self.step, self.values
        scenario = plan.scenario
        quarter = scenario.start + step
        values["step"] = step
        for name, begins in (
            ("fiscal_quarter", scenario.case.fiscal_year_start),
            ("donor_quarter", scenario.case.donor_fiscal_year_start),
        ):
            values[name] = (quarter.quarter - begins) % QUARTERS + 1
        for name in _HELD:
            value = plan.held[name][step]
            values[name] = np.broadcast_to(value[..., None], (*value.shape, self.n_trials))
        for name in _PULSES:
            values[name] = plan.pulses[name][step]
        for name, shock in self._shocks.items():
            values[name] = shock[step]
        self._changed = {name for name, change in plan.changes.items() if change.applies(step)}
        for name in self._changed:
            values[name] = plan.changes[name].at(step, self._drawn[name])


def run_block(plan: Plan, first_trial: int, n_trials: int, keep: Iterable[str]) -> dict[str, Array]:
    """Run a block of trials over the whole horizon.

    Parameters
    ----------
    plan : Plan
        What is run.
    first_trial, n_trials : int
        Which trials.
    keep : iterable of str
        Glossary names to record.

    Returns
    -------
    dict of str to ndarray, shape (time, *dims, trial)
        Values at the end of each quarter.
    """
    block = Block(plan, first_trial, n_trials)
    keep = tuple(keep)
    recorded: dict[str, Array] = {}
    for step in range(plan.n_steps):
        block.advance()
        for name in keep:
            value = block.values[name]
            if step == 0:
                recorded[name] = np.empty((plan.n_steps, *value.shape))
            recorded[name][step] = value
    return recorded
