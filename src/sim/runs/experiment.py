"""The three parts of a run: what is run, what is kept of it, and how it is executed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from sim.design.sampling import Sampling
from sim.engine.block import BLOCK
from sim.model.schedule import Rules
from sim.runs import dataset as results
from sim.runs import pool, resources
from sim.runs.progress import Progress as Progress
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError, WrongType

#: Called with what a run takes, before it starts.
Announce = Callable[[resources.Needs], None]


@dataclass(frozen=True)
class Experiment:
    """What is run: all that a number of a trial depends on. The fields are those of `sim.run`."""

    scenarios: Scenario | str | Sequence[Scenario | str]
    trials: int | None = None
    seed: int = SEED
    first_trial: int = 0
    sampling: Sampling | str | None = None
    rules: Rules | None = None
    until: str | None = None


@dataclass(frozen=True)
class Kept:
    """What is kept of each trial, or of all of them. The fields are those of `sim.run`."""

    keep: Iterable[str] | str | None = None
    quarters: str | Iterable[str | Quarter] | None = None
    summary: bool = False


#: What is kept unless something else is asked for.
ALWAYS_KEPT = Kept()


@dataclass(frozen=True)
class Execution:
    """How trials are run, and who is informed; no number depends on it. The fields are those of `sim.run`."""

    executor: Executor | None = None
    workers: int | None = None
    progress: Progress | None = None
    announce: Announce | None = None
    engine: str = results.AUTO
    block: int = BLOCK

    def __post_init__(self) -> None:
        arguments.whole(self.block, "block", 1)
        if self.workers is not None:
            arguments.whole(self.workers, "workers", 1)
        arguments.chosen(self.engine, "engine", results.ENGINES)
        if self.announce is not None:
            arguments.function(self.announce, "announce")
        if self.progress is not None and not isinstance(self.progress, bool):
            arguments.function(self.progress, "progress")
        is_made = not isinstance(self.executor, type) and callable(getattr(self.executor, "submit", None))
        if self.executor is not None and not is_made:
            remedy = "Give one of concurrent.futures, or leave it out."
            raise WrongType("", "executor", f"{arguments.shown(self.executor)} is not an executor", remedy)

    def for_study(self, scenarios: int, trials: int) -> Execution:
        """Return it with the engine that suits a study of so many scenarios, over however many calls.

        What machine code takes to find or make is spent once for all scenarios of a case. So a study of many
        scenarios and few trials may be worth it, and so may one that runs them one by one.
        """
        weight = scenarios * max(trials, results.LEAST_TRIALS)
        return replace(self, engine=results.chosen_engine(self.engine, weight, has_rules=False))

    def size(self, n_jobs: int, work: int) -> int:
        """Return how many jobs run at a time, given their number and their trials times quarters."""
        if self.workers is not None:
            if self.executor is None and self.workers > 1 and (problem := pool.obstacle()):
                remedy = "Give 1 (--workers 1), or leave it out."
                raise InputError("", "workers", problem, remedy, self.workers)
            return self.workers if self.executor is not None else min(self.workers, max(1, n_jobs))
        if self.executor is not None:
            return pool.size_of(self.executor)
        if n_jobs < 2 or work < pool.ENOUGH_WORK or pool.obstacle():
            return 1
        return min(n_jobs, pool.usable_cores())


#: How trials are run unless something else is asked for.
USUAL_EXECUTION = Execution()
