"""What futures have in common until the levers are felt: run once, and gone on from.

With the same parameters and the same events before a quarter, a trial of two futures is the same until then,
bit for bit. So the first trials of a moved lever begin there, and their shocks and parameters are drawn once.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.design.plan import Plan
from sim.engine.block import Block
from sim.runs.blocks import Task
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import SimError

#: Beginnings that are kept, and the trials up to which they are: those that are waited for.
_REMEMBERED, MOST_TRIALS = 4, 256


@dataclass(frozen=True)
class _Beginning:
    """A block before the quarter, and what was recorded of it until then."""

    block: Block
    values: dict[str, Array]


class Beginnings:
    """The beginnings of a few futures, in NumPy.

    Parameters
    ----------
    until : Quarter
        Before it no lever is felt.
    """

    def __init__(self, until: Quarter) -> None:
        self._until = until
        self._kept: OrderedDict[Any, _Beginning] = OrderedDict()

    def record(
        self, task: Task, first_trial: int, n_trials: int, between: Callable[[], None]
    ) -> dict[str, Array] | None:
        """Return what a task keeps of some trials, from the quarter on in which its future parts from others.

        Parameters
        ----------
        task : Task
            Of all quarters.
        first_trial, n_trials : int
            Which trials.
        between : callable
            Called after each quarter; what it raises ends the run.

        Returns
        -------
        dict of str to ndarray, shape (time, *dims, trial), or None
            None where there is no such beginning, or a trial fails: then it has to be run as usual.
        """
        plan = task.plan
        begins = self._until.ordinal - plan.scenario.start.ordinal
        if not 0 < begins < plan.n_steps or first_trial + n_trials > MOST_TRIALS:
            return None
        values = {name: np.empty((*task.shape(name), n_trials), np.float32) for name in task.keep}
        try:
            with np.errstate(all="ignore"):  # what is not finite is found below
                self._run(plan, first_trial, n_trials, begins, values, between)
        except (SimError, MemoryError):
            raise
        except Exception:
            return None
        return values if all(np.isfinite(each.sum(dtype=float)) for each in values.values()) else None

    def _run(
        self,
        plan: Plan,
        first_trial: int,
        n_trials: int,
        begins: int,
        values: dict[str, Array],
        between: Callable[[], None],
    ) -> None:
        key = (first_trial, n_trials, plan.seed, *self._common(plan.scenario))
        found = self._kept.get(key)
        if found is None:
            block = Block(plan, first_trial, n_trials)
        else:
            self._kept.move_to_end(key)
            block = _forked(found.block, plan)
            for name, array in values.items():
                array[:begins] = found.values[name]
        while block.step < plan.n_steps:
            if block.step == begins and found is None:
                so_far = {name: array[:begins].copy() for name, array in values.items()}
                self._kept[key] = _Beginning(_forked(block, plan), so_far)
                while len(self._kept) > _REMEMBERED:
                    self._kept.popitem(last=False)
            block.advance()
            between()
            for name, array in values.items():
                array[block.step - 1] = block.values[name]

    def _common(self, scenario: Scenario) -> tuple[Any, ...]:
        """Return all that can change a number before the quarter."""
        events = tuple((each.at, each.what, each.fields) for each in scenario.events if each.at < self._until)
        known = (scenario.case.digest, scenario.start, scenario.n_steps, scenario.parameters.digest())
        return (*known, tuple(sorted(scenario.variant)), events)


def _forked(block: Block, plan: Plan) -> Block:
    """Return a block that goes on from where one stands with a plan; neither changes the other's arrays."""
    made = copy.copy(block)
    made.plan = plan
    made.values = {
        # Ledgers change in place; constants, and parameters that all trials share, cannot.
        name: value.copy() if isinstance(value, np.ndarray) and value.flags.writeable else value
        for name, value in block.values.items()
    }
    return made
