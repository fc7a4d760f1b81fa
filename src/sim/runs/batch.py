"""One run, checked, and its blocks on their way through an executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, cached_property
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
from sim.runs.blocks import Finished, Form, Ran, Task
from sim.runs.engines import Engines
from sim.runs.experiment import USUAL_EXECUTION, Execution
from sim.runs.precision import StoppingRule
from sim.runs.progress import showing
from sim.runs.spec import Spec
from sim.runs.store import Store
from sim.scenario import record as scenario_record
from sim.scenario.scenario import Scenario
from sim.vocabulary.arguments import MOST_TRIALS
from sim.vocabulary.errors import Contradiction, OutOfBounds

if TYPE_CHECKING:
    import xarray as xr

#: Trials from which a few of them are run beforehand, to say how much disk all take; and how many.
WORTH_A_PILOT, PILOT = 32_768, 64

#: Scenario, block, first trial, number of trials.
Job = tuple[int, int, int, int]


def check_numbers(last: int, n_blocks: int) -> None:
    """Refuse trials up to a number that there is not."""
    if last > MOST_TRIALS:
        problem = f"{last:,} trials, in {n_blocks:,} blocks, are more than can be numbered"
        raise OutOfBounds("", "trials", problem, f"Give fewer: there are {MOST_TRIALS:,}.")


@dataclass(frozen=True)
class Batch:
    """Scenarios, what of them is run, by which schedule and how, and what has run it."""

    scenarios: list[Scenario]
    spec: Spec
    schedule: Schedule
    execution: Execution
    engines: Engines

    @classmethod
    def of(cls, store: Store, rules: Rules | None, execution: Execution = USUAL_EXECUTION) -> Batch:
        """Return what a store is a run of; its engine and its blocks stay as they are.

        Raises
        ------
        InputError
            If the rules are others, or a scenario is no longer what it was.
        """
        file = shown(store.path)
        schedule = USUAL.replace(rules)
        if schedule.rules != store.spec.rules:
            made, given = (
                ", ".join(each.values()) or "of the model" for each in (store.spec.rules, schedule.rules)
            )
            problem = f"was run with the rules {made}, not {given}"
            remedy = f'In Python: sim.resume("{file}", rules={{...}}).'
            raise Contradiction(file, "rules", problem, remedy if store.spec.rules else "Leave rules out.")
        scenarios = [scenario_record.restore(each, file) for each in store.spec.scenarios]
        return cls(scenarios, store.spec, schedule, execution, Engines(store.spec.engine))

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
    def n_blocks(self) -> int:
        """Number of blocks, of all scenarios."""
        return len(self.scenarios) * -(-self.spec.trials // self.spec.block)

    def jobs(self, skip: Callable[[int], int] = lambda _: 0) -> Iterator[Job]:
        """Yield the jobs one by one, since there may be more of them than fit into memory.

        Parameters
        ----------
        skip : callable, optional
            Scenario -> how many of its first blocks are left out.
        """
        spec = self.spec
        for scenario in range(len(self.scenarios)):
            for start in range(skip(scenario) * spec.block, spec.trials, spec.block):
                count = min(spec.block, spec.trials - start)
                yield scenario, start // spec.block, spec.first_trial + start, count

    def form(self, is_stored: bool) -> Form:
        """Return the form in which blocks come back."""
        return "summary" if self.spec.is_summary else "chunks" if is_stored else "arrays"

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a variable in the result, without trials."""
        own = results.shape(self.scenarios[0].case, name)
        return (len(self.scenarios), len(self.steps), *own)

    def check(self, done: int, path: Path | None) -> None:
        """Refuse what cannot fit into memory, or on the disk of a path; say what the batch takes.

        `done` is the number of trials that are there already, of all scenarios.
        """
        check_numbers(self.spec.first_trial + self.spec.most, self.n_blocks)
        needs = self.needs(self.form(path is not None), done)
        needs = needs if path is not None else replace(needs, disk=0)
        needs.check(path)
        if self.execution.announce is not None:
            self.execution.announce(needs)

    def needs(self, form: Form, done: int = 0) -> resources.Needs:
        """Return what the batch takes beyond the trials that are there already."""
        spec = self.spec
        size, executor = self._size(self.n_blocks), self.execution.executor
        numbers = sum(int(np.prod(self.shape(name)[1:])) for name in spec.keep)
        is_local = executor is None and size > 1
        return resources.needs(
            scenarios=len(self.scenarios),
            trials=spec.trials,
            block=spec.block,
            numbers=numbers,
            form=form,
            workers=size if is_local else 0,
            quarters=self.scenarios[0].n_steps,
            ahead=min(self.n_blocks, pool.AHEAD * size) if is_local or executor else 1,
            done=done,
            on_disk=self._bytes_on_disk if form == "chunks" and spec.trials >= WORTH_A_PILOT else None,
        )

    def _size(self, n_jobs: int) -> int:
        """Return how many of so many blocks run at a time."""
        one = min(self.spec.block, self.spec.trials) * (self.steps[-1] + 1)
        return self.execution.size(n_jobs, n_jobs * one)

    @cached_property
    def _bytes_on_disk(self) -> float:
        """Bytes that a trial takes on disk, by a few trials of the first scenario."""
        plan = design.plan(self.scenarios[0], self.spec.seed, self.sampling)
        task = Task(plan, self.schedule, self.spec.keep, self.steps, "chunks", self.spec.block)
        return blocks.bytes_on_disk(task, self.spec.first_trial, PILOT)

    def work(self, jobs: Iterable[Job], n_jobs: int, form: Form) -> Iterator[tuple[int, int, Finished]]:
        """Yield scenario, block and what came of it, for each job in order."""
        # As it is now: a store may go on where the compiler is missing, or switched off.
        is_compiled = self.spec.engine == results.COMPILED and results.may_compile()

        @cache
        def packed(scenario: int) -> bytes:
            plan = design.plan(self.scenarios[scenario], self.spec.seed, self.sampling)
            task = Task(plan, self.schedule, self.spec.keep, self.steps, form, self.spec.block, is_compiled)
            return task.pack()

        sent: deque[Job] = deque()  # those on their way: few, however many there are

        def calls() -> Iterator[tuple[bytes, int, int]]:
            for job in jobs:
                sent.append(job)
                yield packed(job[0]), job[2], job[3]

        spec, size = self.spec, self._size(n_jobs)
        total = min(n_jobs * spec.block, spec.trials * len(self.scenarios))
        with (
            showing(self.execution.progress, total) as progress,
            closing(pool.in_order(blocks.run, calls(), self.execution.executor, size)) as finished,
        ):
            for done in finished:
                scenario, block, _, count = sent.popleft()
                self.engines.add(done.ran)
                yield scenario, block, done
                if progress is not None:
                    progress(count)
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

    def attributes(
        self, failures: Sequence[Mapping[str, Any]], ran: Ran | None = None, **more: Any
    ) -> dict[str, str]:
        """Return the attributes of the result; `ran` says what has run it, if not this batch alone."""
        spec = self.spec
        return results.attributes(
            self.scenarios,
            spec.trials,
            spec.first_trial,
            spec.seed,
            spec.rules,
            failures,
            self.sampling,
            **self.engines.about(ran),
            **more,
        )
