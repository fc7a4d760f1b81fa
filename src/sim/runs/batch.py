"""What a batch is made of, and its blocks on their way through an executor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.design import plan as design
from sim.design import sampling
from sim.design.sampling import Sampling
from sim.files.records import shown
from sim.model.schedule import USUAL, Rules, Schedule
from sim.runs import blocks, pool, precision, quarters, resources
from sim.runs import dataset as results
from sim.runs.blocks import Finished, Form, Task
from sim.runs.engines import Engines
from sim.runs.precision import StoppingRule
from sim.runs.store import Spec, Store
from sim.scenario import record as scenario_record
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.errors import Contradiction

if TYPE_CHECKING:
    import xarray as xr

#: Called with the number of trials just finished.
Progress = Callable[[int], None]

#: Called with what a run takes, before it starts.
Announce = Callable[[resources.Needs], None]

#: Trials from which a few of them are run beforehand, to say how much disk all take; and how many.
WORTH_A_PILOT, PILOT = 32_768, 64

#: Scenario, block, first trial, number of trials.
Job = tuple[int, int, int, int]


@dataclass(frozen=True)
class Execution:
    """How trials are run, and who is informed; see `sim.runs.run.run`."""

    executor: Executor | None = None
    workers: int | None = None
    progress: Progress | None = None
    announce: Announce | None = None
    engine: str = results.AUTO

    def size(self, n_jobs: int, work: int) -> int:
        """Return how many jobs run at a time, given their number and their trials times quarters."""
        if self.workers is not None:
            return arguments.whole(self.workers, "workers", 1)
        if self.executor is not None:
            return pool.size_of(self.executor)
        return 1 if n_jobs < 2 or work < pool.ENOUGH_WORK else min(n_jobs, pool.usable_cores())


@dataclass(frozen=True)
class Batch:
    """Scenarios, what of them is run, by which schedule, and what has run it."""

    scenarios: list[Scenario]
    spec: Spec
    schedule: Schedule
    engines: Engines

    @classmethod
    def of(cls, store: Store, rules: Rules | None) -> Batch:
        """Return what a store is a run of.

        Raises
        ------
        InputError
            If the rules are others, or a scenario is no longer what it was.
        """
        file = shown(store.path)
        schedule = USUAL.replace(rules or {})
        if schedule.rules != store.spec.rules:
            made, given = (
                ", ".join(each.values()) or "of the model" for each in (store.spec.rules, schedule.rules)
            )
            problem = f"was run with the rules {made}, not {given}"
            remedy = f'In Python: sim.resume("{file}", rules={{...}}).'
            raise Contradiction(file, "rules", problem, remedy if store.spec.rules else "Leave rules out.")
        scenarios = [scenario_record.restore(each, file) for each in store.spec.scenarios]
        return cls(scenarios, store.spec, schedule, Engines(store.spec.engine))

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """Quarters recorded, counted from the start."""
        first = self.scenarios[0]
        return quarters.steps(self.spec.quarters, first.start, first.n_steps)

    @cached_property
    def sampling(self) -> Sampling:
        """Where the uniforms of a trial come from."""
        return sampling.restore(self.spec.sampling)

    @cached_property
    def stopping_rule(self) -> StoppingRule | None:
        """The precision at which the batch ends."""
        spec = self.spec
        if spec.until is None:
            return None
        if not self.sampling.is_plain or self.sampling.share_shocks:
            problem = "rests on independent trials, and the sampling makes them depend on each other"
            raise Contradiction("", "until", problem, "Leave one of the two out.")
        return precision.read(spec.until, self.scenarios[0], spec.keep, spec.quarters)

    @property
    def jobs(self) -> list[Job]:
        """Scenario, block, first trial and number of trials of every block."""
        spec = self.spec
        return [
            (scenario, start // spec.block, spec.first_trial + start, min(spec.block, spec.trials - start))
            for scenario in range(len(self.scenarios))
            for start in range(0, spec.trials, spec.block)
        ]

    def form(self, is_stored: bool) -> Form:
        """Return the form in which blocks come back."""
        return "summary" if self.spec.is_summary else "chunks" if is_stored else "arrays"

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a variable in the result, without trials."""
        own = results.shape(self.scenarios[0].case, name)
        return (len(self.scenarios), len(self.steps), *own)

    def check(self, execution: Execution, done: int, path: Path | None) -> None:
        """Refuse what cannot fit into memory, or on the disk of a path; say what the batch takes.

        `done` is the number of trials that are there already, of all scenarios.
        """
        needs = self.needs(self.form(path is not None), execution, done)
        needs = needs if path is not None else replace(needs, disk=0)
        needs.check(path)
        if execution.announce is not None:
            execution.announce(needs)

    def needs(self, form: Form, execution: Execution, done: int = 0) -> resources.Needs:
        """Return what the batch takes beyond the trials that are there already."""
        spec, n_steps = self.spec, self.scenarios[0].n_steps
        n_jobs = len(self.scenarios) * -(-spec.trials // spec.block)
        size = execution.size(n_jobs, spec.trials * len(self.scenarios) * n_steps)
        numbers = sum(int(np.prod(self.shape(name)[1:])) for name in spec.keep)
        is_local = execution.executor is None and size > 1
        return resources.needs(
            scenarios=len(self.scenarios),
            trials=spec.trials,
            block=spec.block,
            numbers=numbers,
            form=form,
            workers=size if is_local else 0,
            ahead=min(n_jobs, pool.AHEAD * size) if is_local or execution.executor else 1,
            done=done,
            on_disk=self._bytes_on_disk if form == "chunks" and spec.trials >= WORTH_A_PILOT else None,
        )

    @cached_property
    def _bytes_on_disk(self) -> float:
        """Bytes that a trial takes on disk, by a few trials of the first scenario."""
        plan = design.plan(self.scenarios[0], self.spec.seed, self.sampling)
        task = Task(plan, self.schedule, self.spec.keep, self.steps, "chunks", self.spec.block)
        return blocks.bytes_on_disk(task, self.spec.first_trial, PILOT)

    def work(
        self, jobs: Sequence[Job], form: Form, execution: Execution
    ) -> Iterator[tuple[int, int, Finished]]:
        """Yield scenario, block and what came of it, for each job in order."""
        packed: dict[int, bytes] = {}
        # As it is now: a store may go on where the compiler is missing, or switched off.
        is_compiled = self.spec.engine == results.COMPILED and results.may_compile()
        for scenario in sorted({job[0] for job in jobs}):
            plan = design.plan(self.scenarios[scenario], self.spec.seed, self.sampling)
            task = Task(plan, self.schedule, self.spec.keep, self.steps, form, self.spec.block, is_compiled)
            packed[scenario] = task.pack()
        trials = sum(job[3] for job in jobs)
        size = execution.size(len(jobs), trials * self.scenarios[0].n_steps)
        calls = ((packed[scenario], first, count) for scenario, _, first, count in jobs)
        with closing(pool.in_order(blocks.run, calls, execution.executor, size)) as finished:
            for (scenario, block, _, count), done in zip(jobs, finished, strict=True):
                self.engines.add(done.engine)
                yield scenario, block, done
                if execution.progress is not None:
                    execution.progress(count)
        self.engines.end()

    def label(self, kept: Mapping[str, Any], failures: Sequence[Mapping[str, Any]]) -> xr.Dataset:
        """Return recorded arrays as a dataset."""
        spec = self.spec
        return results.label(
            self.scenarios,
            kept,
            spec.first_trial,
            spec.seed,
            spec.rules,
            self.steps,
            failures,
            self.sampling,
            self.engines.about(),
        )

    def template(self) -> xr.Dataset:
        """Return the result with one trial, values not a number."""
        empty = {name: np.full((*self.shape(name), 1), np.nan, np.float32) for name in self.spec.keep}
        return self.label(empty, ()).assign_attrs(self.attributes(()))

    def attributes(self, failures: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, str]:
        """Return the attributes of the result."""
        spec = self.spec
        return results.attributes(
            self.scenarios,
            spec.trials,
            spec.first_trial,
            spec.seed,
            spec.rules,
            failures,
            self.sampling,
            **self.engines.about(),
            **more,
        )
