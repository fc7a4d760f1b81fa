"""The loop over trials of analyses: what they read of each quarter, and nothing on disk.

An analysis says what it keeps, as the names of variables (`record`) or as a `Reduction` of what goes by
(`reduce`). Blocks go the way of `sim.run`: to local processes where there is enough to do, and to machine
code where there are trials enough for it. No number depends on either.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from sim.design import plan as design
from sim.design.plan import Plan, StructuralChoice
from sim.design.sampling import INDEPENDENT, Sampling
from sim.engine import block as engine
from sim.runs import blocks, pool
from sim.runs import dataset as results
from sim.runs.batch import check_numbers
from sim.runs.blocks import Ran
from sim.runs.engines import Engines
from sim.runs.experiment import USUAL_EXECUTION, Execution
from sim.runs.progress import showing
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import Array

__all__ = ["USUAL_EXECUTION", "Execution", "Recorded", "Reduction", "parameters", "record", "reduce"]

Result = TypeVar("Result")
Kept = TypeVar("Kept", covariant=True)

#: What is taken of the recorded variables of a block.
Take = Callable[[Mapping[str, Array]], dict[str, Array]]

#: Tasks that a process keeps unpacked.
_TASKS = 8


class Reduction(Protocol[Kept]):
    """What is kept of one block: made before its first quarter from the scenario and the number of trials."""

    @property
    def reads(self) -> Sequence[str]:
        """Glossary names of what it is shown."""

    def add(self, step: int, trials: slice, values: Mapping[str, Array]) -> None:
        """Take what it wants from a quarter; see `sim.engine.block.reduce_block`."""

    def result(self) -> Kept:
        """Return what was kept, after the last quarter."""


@dataclass(frozen=True)
class _Task(Generic[Result]):
    """What all blocks of one scenario share."""

    plan: Plan
    reduction: Callable[[Scenario, int], Reduction[Result]]
    is_compiled: bool
    n_steps: int | None
    strip: int


def reduce(
    scenarios: Sequence[Scenario],
    reduction: Callable[[Scenario, int], Reduction[Result]],
    trials: int,
    seed: int,
    *,
    first_trial: int = 0,
    n_steps: int | None = None,
    sampling: Sampling = INDEPENDENT,
    structure: tuple[StructuralChoice, ...] = (),
    execution: Execution = USUAL_EXECUTION,
) -> Iterator[list[Result]]:
    """Run trials of scenarios and yield, scenario by scenario, what was kept of its blocks, in order.

    Parameters
    ----------
    scenarios : sequence of Scenario
        What is run, each over the same trials.
    reduction : callable
        ``reduction(scenario, n_trials)`` makes the `Reduction` of a block: a class of a module, or a partial.
    trials, seed, first_trial : int
        As for `sim.run`.
    n_steps : int, optional
        Quarters to run; by default all.
    sampling, structure : Sampling, tuple of StructuralChoice, optional
        How parameters and shocks are drawn, and what of the structure is; see `sim.design`.
    execution : Execution, optional
        Executor, workers, engine, block and progress, which counts the trials of every scenario.
    """
    name = execution.for_study(len(scenarios), trials).engine
    block = execution.block
    n_blocks = len(scenarios) * -(-trials // block)
    check_numbers(first_trial + trials, n_blocks)
    quarters = sum(each.n_steps if n_steps is None else n_steps for each in scenarios)
    size = execution.size(n_blocks, max(trials, results.LEAST_TRIALS) * quarters)
    strip = engine.strip_of(min(block, trials))
    sent: deque[tuple[int, int]] = deque()  # those on their way: few, however many there are

    def calls() -> Iterator[tuple[bytes, int, int]]:
        for scenario in scenarios:
            plan = design.plan(scenario, seed, sampling, structure)
            packed = _pack(_Task(plan, reduction, name == results.COMPILED, n_steps, strip))
            for start in range(first_trial, first_trial + trials, block):
                count = min(block, first_trial + trials - start)
                sent.append((start, count))
                yield packed, start, count

    engines = Engines(name)
    with (
        showing(execution.progress, trials * len(scenarios)) as progress,
        closing(pool.in_order(_run, calls(), execution.executor, size)) as finished,
    ):
        kept: list[Result] = []
        for done, used in finished:
            start, count = sent.popleft()
            kept.append(done)
            engines.add(used)
            if progress is not None:
                progress(count)
            if start + count == first_trial + trials:
                yield kept
                kept = []
    engines.end()


def record(
    scenario: Scenario,
    keep: Sequence[str],
    trials: int,
    seed: int,
    *,
    take: Take | None = None,
    execution: Execution = USUAL_EXECUTION,
) -> dict[str, Array]:
    """Run trials of a scenario and return variables by name, shape (time, *dims, trial), in double precision.

    Parameters
    ----------
    keep : sequence of str
        Glossary names.
    take : callable, optional
        What is wanted of the variables of a block, as arrays by name, trials last; by default all.
    scenario, trials, seed, execution
        As for `reduce`.
    """
    (parts,) = reduce([scenario], partial(Recorded, tuple(keep), take), trials, seed, execution=execution)
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def parameters(scenario: Scenario, trials: int, seed: int, first_trial: int = 0) -> dict[str, Array]:
    """Return the parameters of trials by local name, shape (*dims, trial), without running them."""
    return design.draw_parameters(design.plan(scenario, seed), first_trial, trials)


class Recorded:
    """Every quarter of some variables, and what is taken of them: the reduction of `record`."""

    def __init__(self, keep: Sequence[str], take: Take | None, scenario: Scenario, n_trials: int) -> None:
        self.reads, self.take = keep, take
        self.values = {
            name: np.empty((scenario.n_steps, *results.shape(scenario.case, name), n_trials)) for name in keep
        }

    def add(self, step: int, trials: slice, values: Mapping[str, Array]) -> None:
        """Copy a quarter."""
        for name, array in self.values.items():
            array[step, ..., trials] = values[name]

    def result(self) -> dict[str, Array]:
        """Return the variables by name, or what is taken of them."""
        return self.values if self.take is None else self.take(self.values)


def _run(packed: bytes, first_trial: int, n_trials: int) -> tuple[Any, Ran]:
    """Run a block and return what is kept of it, and what ran it."""
    task = _unpack(packed)
    kept = task.reduction(task.plan.scenario, n_trials)
    is_compiled = task.is_compiled and engine.can_compile()
    trust = blocks.trust_in(packed, only_new=True)
    repeated = engine.reduce_block(
        task.plan, first_trial, n_trials, kept.reads, kept.add, task.n_steps, is_compiled, trust, task.strip
    )
    return kept.result(), blocks.used_by(trust, repeated) if is_compiled else Ran()


def _pack(task: _Task[Any]) -> bytes:
    import cloudpickle

    packed: bytes = cloudpickle.dumps(task)
    return packed


@lru_cache(maxsize=_TASKS)
def _unpack(packed: bytes) -> _Task[Any]:
    import cloudpickle

    task: _Task[Any] = cloudpickle.loads(packed)
    return task
