"""Running scenarios, in memory or on disk, in one process or many: the numbers are the same.

The trials of a scenario are cut into blocks. A block depends on its plan and its trials alone, so it does not
matter where it is run, when, or how often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import blocks, design, engine, pool, results, scenario_record
from sim import quarters as calendar
from sim.blocks import Finished, Form, Task
from sim.dates import Quarter
from sim.errors import Contradiction, InputError
from sim.model import USUAL, Rules, Schedule
from sim.records import shown
from sim.results import check_count
from sim.scenario import Scenario, load
from sim.store import Spec, Store, code_digest, version

if TYPE_CHECKING:
    import xarray as xr

#: Called with the number of trials just finished.
Progress = Callable[[int], None]


def run(
    scenarios: Scenario | str | Sequence[Scenario | str],
    *,
    trials: int = 1000,
    seed: int = 0,
    keep: Iterable[str] | str | None = None,
    quarters: str | Iterable[str | Quarter] | None = None,
    first_trial: int = 0,
    block: int = engine.BLOCK,
    rules: Rules | None = None,
    out: str | Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run scenarios over the same trials, with the same luck.

    Parameters
    ----------
    scenarios : Scenario, str or sequence of them
        What to run; names and paths are loaded. They must share case, start and end.
    trials : int
        Number of trials; each draws its parameters once and its shocks every quarter.
    seed : int
        Same seed, same trial, same luck: trial k of two scenarios differs only by what they assume.
    keep : iterable of str, or "all", optional
        Glossary variables to record; the default is every variable marked "always".
    quarters : str or iterable of str, optional
        Quarters to record, such as ``"2025-Q4::4"``: every fourth from there on. All by default.
    first_trial : int
        Number of the first trial.
    block : int
        Trials advanced together; changes speed and memory, never a number.
    rules : mapping of str to callable, optional
        Stages to replace, such as ``{"posture.step": mine}``: a function that takes keywords as the stage
        does, or fewer, and returns the same dataclass.
    out : path, optional
        Write a zarr store here, block by block, and return it opened lazily. A run that is stopped goes
        on with `resume`.
    executor : concurrent.futures.Executor, optional
        Where blocks are run; it stays the caller's.
    workers : int, optional
        Local processes, 1 for none; with an executor, how many blocks it runs at a time. By default every
        core if there is enough to do.
    progress : callable, optional
        Called with the number of trials finished since the last call.

    Returns
    -------
    xarray.Dataset
        Dims scenario, time, ..., trial; float32. Trials that failed are not a number, and the manifest
        names them.

    Raises
    ------
    InputError
        If a name is unknown, the scenarios do not fit together, or `out` cannot be written.
    """
    chosen = _scenarios(scenarios)
    check_count(trials, "trials", 1)
    check_count(first_trial, "first_trial", 0)
    check_count(block, "block", 1)
    first = chosen[0]
    steps = calendar.steps(quarters, first.start, first.n_steps)
    schedule = USUAL.replace(rules or {})
    spec = Spec(
        scenarios=tuple(scenario_record.content(each) for each in chosen) if out is not None else (),
        seed=seed,
        first_trial=first_trial,
        trials=trials,
        block=block,
        keep=results.kept_names(keep),
        quarters=tuple(str(first.start + step) for step in steps),
        rules=schedule.rules,
        is_summary=False,
        version=version(),
        code=code_digest() if out is not None else "",
    )
    batch = _Batch(chosen, spec, schedule)
    how = _How(executor, workers, progress)
    if out is None:
        return _in_memory(batch, how)
    target = Path(out)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise InputError(shown(target), "", "already exists", _remedy_for(target))
    store = Store.create(target, spec, batch.template())
    with store.lock():
        _complete(store, batch, how)
    return results.open_result(target)


def resume(
    out: str | Path,
    *,
    rules: Rules | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run what a store lacks: blocks that were not reached, or are damaged. Other numbers stay as they are.

    Parameters
    ----------
    out : path
        The store of a run that was stopped, by whatever.
    rules : mapping of str to callable, optional
        As they were given to `run`.
    executor, workers, progress
        As for `run`.

    Raises
    ------
    InputError
        If there is no store, it is in use, or it was made by another version, case or rules.
    """
    return extend(out, None, rules=rules, executor=executor, workers=workers, progress=progress)


def extend(
    out: str | Path,
    trials: int | None,
    *,
    rules: Rules | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Add trials to a store, up to `trials` in all; equals one run of so many, bit for bit.

    Parameters are those of `resume`.
    """
    store = Store.open(out)
    with store.lock():
        store = Store.open(out)  # as it is now that nobody else writes
        batch = _Batch.of(store, rules)
        if trials is not None and trials != store.spec.trials:
            check_count(trials, "trials", store.spec.trials)
            store.extend(trials)
        elif not store.spec.is_summary:
            store.fit()
        _complete(
            store, _Batch(batch.scenarios, store.spec, batch.schedule), _How(executor, workers, progress)
        )
    return results.open_result(out)


@dataclass(frozen=True)
class _How:
    """Where a batch is run, and who is told."""

    executor: Executor | None
    workers: int | None
    progress: Progress | None

    def size(self, n_jobs: int, work: int) -> int:
        """Return how many jobs run at a time."""
        if self.workers is not None:
            check_count(self.workers, "workers", 1)
            return self.workers
        if self.executor is not None:
            return pool.size_of(self.executor)
        return 1 if n_jobs < 2 or work < pool.ENOUGH_WORK else min(n_jobs, pool.usable_cores())


@dataclass(frozen=True)
class _Batch:
    """Scenarios, what of them is run, and by which schedule."""

    scenarios: list[Scenario]
    spec: Spec
    schedule: Schedule

    @classmethod
    def of(cls, store: Store, rules: Rules | None) -> _Batch:
        """Return what a store is a run of."""
        file = shown(store.path)
        schedule = USUAL.replace(rules or {})
        if schedule.rules != store.spec.rules:
            given, made = ", ".join(schedule.rules.values()), ", ".join(store.spec.rules.values())
            problem = f"was run with the rules {made or 'of the model'}, not {given or 'of the model'}"
            remedy = f'In Python: sim.resume("{file}", rules={{...}}).' if made else "Leave rules out."
            raise Contradiction(file, "rules", problem, remedy)
        scenarios = [scenario_record.restore(each, file) for each in store.spec.scenarios]
        return cls(scenarios, store.spec, schedule)

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """Quarters recorded, counted from the start."""
        first = self.scenarios[0]
        return calendar.steps(self.spec.quarters, first.start, first.n_steps)

    def work(
        self, jobs: Sequence[tuple[int, int, int, int]], form: Form, how: _How
    ) -> Iterator[tuple[int, int, Finished]]:
        """Yield scenario, block and what came of it, for each job in order."""
        packed: dict[int, bytes] = {}
        for scenario in sorted({job[0] for job in jobs}):
            plan = design.plan(self.scenarios[scenario], self.spec.seed)
            task = Task(plan, self.schedule, self.spec.keep, self.steps, form, self.spec.block)
            packed[scenario] = task.pack()
        trials = sum(job[3] for job in jobs)
        size = how.size(len(jobs), trials * self.scenarios[0].n_steps)
        calls = ((packed[scenario], first, count) for scenario, _, first, count in jobs)
        with closing(pool.in_order(blocks.run, calls, how.executor, size)) as finished:  # type: ignore[type-var]
            for (scenario, block, _, count), done in zip(jobs, finished, strict=True):
                yield scenario, block, done
                if how.progress is not None:
                    how.progress(count)

    @cached_property
    def jobs(self) -> list[tuple[int, int, int, int]]:
        """Scenario, block, first trial and number of trials of every block."""
        spec = self.spec
        return [
            (scenario, start // spec.block, spec.first_trial + start, min(spec.block, spec.trials - start))
            for scenario in range(len(self.scenarios))
            for start in range(0, spec.trials, spec.block)
        ]

    def label(self, kept: Mapping[str, Any], failures: Sequence[Mapping[str, Any]]) -> xr.Dataset:
        """Return recorded arrays as a dataset."""
        spec = self.spec
        return results.label(
            self.scenarios, kept, spec.first_trial, spec.seed, spec.rules, self.steps, failures
        )

    def template(self) -> xr.Dataset:
        """Return the result with one trial, values not a number."""
        case = self.scenarios[0].case
        return self.label(
            {
                name: np.full(
                    (len(self.scenarios), len(self.steps), *results.shape(case, name), 1), np.nan, np.float32
                )
                for name in self.spec.keep
            },
            (),
        )


def _in_memory(batch: _Batch, how: _How) -> xr.Dataset:
    spec, case = batch.spec, batch.scenarios[0].case
    kept = {
        name: np.empty(
            (len(batch.scenarios), len(batch.steps), *results.shape(case, name), spec.trials), np.float32
        )
        for name in spec.keep
    }
    failures: list[dict[str, Any]] = []
    for scenario, block, done in batch.work(batch.jobs, "arrays", how):
        start = block * spec.block
        for name, values in done.kept.items():
            kept[name][scenario, ..., start : start + done.n_trials] = values
        failures += [each._asdict() for each in done.failures]
    return batch.label(kept, failures)


def _complete(store: Store, batch: _Batch, how: _How) -> None:
    """Run the blocks that a store lacks, and write down how it was made."""
    there = store.finished()
    missing = [job for job in batch.jobs if job[:2] not in there]
    for scenario, block, done in batch.work(missing, "chunks", how):
        store.write(scenario, block, done.n_trials, done.kept, done.failures)
    spec = store.spec
    attributes = results.attributes(
        batch.scenarios, spec.trials, spec.first_trial, spec.seed, spec.rules, store.failures()
    )
    store.describe(attributes)


def _remedy_for(target: Path) -> str:
    is_run = (target / "run" / "zarr.json").is_file()
    return (
        f"Go on with it: sim resume {shown(target)}; or choose another path."
        if is_run
        else ("Choose another path or remove it first.")
    )


def _scenarios(given: Scenario | str | Sequence[Scenario | str]) -> list[Scenario]:
    listed = [given] if isinstance(given, Scenario | str) else list(given)
    scenarios = [load(each) if isinstance(each, str) else each for each in listed]
    if not scenarios:
        raise InputError("", "scenarios", "nothing to run", "Name at least one scenario.")
    first = scenarios[0]
    for other in scenarios[1:]:
        if (other.case, other.start, other.end) != (first.case, first.start, first.end):
            problem = f"{other.name} and {first.name} differ in case, start or end"
            raise InputError(
                "", "scenarios", problem, "Run them apart; a paired comparison needs the same quarters."
            )
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                "", "scenarios", f"two scenarios are called {name}", "Rename one: override(..., name=...)."
            )
    return scenarios
