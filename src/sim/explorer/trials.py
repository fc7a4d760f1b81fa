"""Trials of futures, run once and kept: what a fan is made of, quickly first, then more.

A move of a lever is another plan. Its first answer does not wait for machine code to be compared with NumPy:
the trials that refine it begin with that, and where the bits differ, all is run again in NumPy. What a page
goes on to show has been compared.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from sim.analysis.compare.measure import Measure
from sim.case.case import Case
from sim.design import plan as design
from sim.engine.block import SHORT_STRIP
from sim.engine.trust import Trust
from sim.explorer.beginnings import Beginnings
from sim.model.schedule import USUAL
from sim.runs import blocks, pool
from sim.runs.blocks import Task
from sim.runs.dataset import COMPILED, NUMPY
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, SimError
from sim.vocabulary.variables import GLOSSARY

#: Scenarios whose trials are kept.
_REMEMBERED = 16

#: Trials that are run together, by engine. NumPy takes nearly as long for few as for many.
_TOGETHER = {COMPILED: SHORT_STRIP, NUMPY: 512}

#: Trials that are answered before machine code is compared with NumPy.
ON_CREDIT = 256


class Superseded(SimError):
    """The page has asked for something else since."""


@dataclass
class _Future:
    """A scenario's trials so far, by key of the measure, shape (time, trial), and whether code is trusted."""

    task: Task
    trust: Trust = field(default_factory=Trust)
    values: dict[str, Array] = field(default_factory=dict)

    @property
    def n_trials(self) -> int:
        """How many there are."""
        return next((each.shape[1] for each in self.values.values()), 0)


class Trials:
    """The trials of any scenario of a case.

    Parameters
    ----------
    measures : sequence of Measure
        What is kept of a trial.
    seed : int
    engine : {"numpy", "compiled"}
    until : Quarter
        Before it the scenarios have much in common; NumPy runs that once.

    Attributes
    ----------
    engine : str
        What runs them; NumPy from the first time on that machine code is not to be relied on.
    problem : str
        Why it is not, as a line; empty as long as it is.
    """

    def __init__(self, measures: Sequence[Measure], seed: int, engine: str, until: Quarter) -> None:
        self.seed, self.engine, self.problem = seed, engine, ""
        self._measures = tuple(measures)
        self._beginnings = Beginnings(until)
        self._futures: OrderedDict[str, _Future] = OrderedDict()
        self._one_at_a_time = threading.Lock()
        # Threads that stay, since each keeps the room of the machine code that it runs.
        self._workers = pool.usable_cores() if engine == COMPILED else 1
        self._threads = ThreadPoolExecutor(self._workers, "trials")

    def __call__(
        self, scenarios: Sequence[Scenario], measure: str, trials: int, is_wanted: Callable[[], bool]
    ) -> list[Array]:
        """Return the first trials of scenarios, each of shape (time, trial), running what is lacking.

        Parameters
        ----------
        scenarios : sequence of Scenario
        measure : str
            Key of a measure.
        trials : int
        is_wanted : callable
            Asked after every quarter of a few trials.

        Raises
        ------
        Superseded
            If they are not wanted any more.
        InputError
            If trials fail.
        """
        with self._one_at_a_time:
            futures = [self._future(each) for each in scenarios]
            try:
                for future in futures:
                    self._run(future, trials, is_wanted)
            except _Distrust as reason:
                self.engine, self.problem = NUMPY, str(reason)
                self._futures.clear()
                futures = [self._future(each) for each in scenarios]
                for future in futures:
                    self._run(future, trials, is_wanted)
            return [each.values[measure][:, :trials] for each in futures]

    def _future(self, scenario: Scenario) -> _Future:
        found = self._futures.get(scenario.digest)
        if found is None:
            keep = tuple(dict.fromkeys(each.variable for each in self._measures))
            plan = design.plan(scenario, self.seed)
            is_compiled = self.engine == COMPILED
            size = _TOGETHER[self.engine]
            task = Task(plan, USUAL, keep, tuple(range(plan.n_steps)), "arrays", size, is_compiled)
            found = self._futures[scenario.digest] = _Future(task)
        self._futures.move_to_end(scenario.digest)
        while len(self._futures) > _REMEMBERED:
            self._futures.popitem(last=False)
        return found

    def _run(self, future: _Future, trials: int, is_wanted: Callable[[], bool]) -> None:
        """Run what a future lacks of so many trials."""
        first, case = future.n_trials, future.task.plan.scenario.case
        parts = [future.values] if future.values else []

        def go_on() -> None:
            if not is_wanted():
                raise Superseded

        if first < trials and not future.task.is_compiled:
            kept = self._beginnings.record(future.task, first, trials - first, go_on)
            if kept is not None:
                parts.append({each.key: _taken(each, kept, case) for each in self._measures})
                first = trials

        def jobs() -> Iterator[tuple[Task, int, int, Trust, Callable[[], None]]]:
            for start in range(first, trials, future.task.block):
                go_on()
                is_witness = start == max(first, ON_CREDIT) and not future.trust.is_checked
                trust = future.trust if is_witness else Trust(is_checked=True)
                yield future.task, start, min(future.task.block, trials - start), trust, go_on

        try:
            for done in pool.in_order(blocks.run_task, jobs(), self._threads, self._workers):
                if future.task.is_compiled and not done.ran.compiled:
                    raise _Distrust(" ".join(done.ran.remarks))
                if done.failures:
                    problem = f"{len(done.failures)} of {done.n_trials} trials fail with the levers there"
                    raise Contradiction("", "sliders", problem, "Move one back.")
                parts.append({each.key: _taken(each, done.kept, case) for each in self._measures})
        finally:
            for key in parts[0] if parts else ():
                future.values[key] = np.hstack([each[key] for each in parts])


def _taken(measure: Measure, kept: Mapping[str, Array], case: Case) -> Array:
    """Return a measure, shape (time, trial), as `Measure.take` takes it from a labelled result."""
    where, dims = dict(measure.where), GLOSSARY[measure.variable].dims
    at = (case.axis(dim).index(where[dim]) if dim in where else slice(None) for dim in dims)
    values = kept[measure.variable][(slice(None), *at)].astype(float)
    total: Array = values.sum(axis=tuple(range(1, values.ndim - 1)))
    return total


class _Distrust(Exception):
    """Machine code is not to be relied on."""
