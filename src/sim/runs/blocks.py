"""The work of one block, wherever it is done: run it, set failed trials apart, encode what is kept.

A task is what all blocks of one scenario share; it travels as bytes, so that any executor can send it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np

from sim.design import plan as design
from sim.design.plan import Plan
from sim.engine import block as engine
from sim.engine.compiled import machine_code as machine
from sim.engine.trust import Trust
from sim.model.schedule import Schedule
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import SimError
from sim.vocabulary.variables import GLOSSARY

#: Trials of one block that may raise before the block is given up: what fails everywhere is a mistake in
#: a rule or in the model, and its own trace says more than a list of trials.
MOST_FAILURES = 16

#: Level of Zstandard: three times faster than the default, files a tenth larger.
LEVEL = 1

#: Bytes back to which Zstandard looks at that level for what it has seen before.
WINDOW = 2**19

#: Tasks that a process keeps unpacked.
_TASKS = 8

Form = Literal["arrays", "chunks", "summary"]

#: Called after each quarter of a block.
Between = Callable[[], None]


@dataclass(frozen=True)
class Task:
    """What all blocks of one scenario share.

    Parameters
    ----------
    plan, schedule : Plan, Schedule
        What is run.
    keep : tuple of str
        Glossary names to record.
    steps : tuple of int
        Quarters to record, counted from the start.
    form : {"arrays", "chunks", "summary"}
        What comes back: float32 arrays, encoded chunks of a store, or a `sim.runs.counts.Summary`.
    block : int
        Trials of a full block; the length of a chunk.
    is_compiled : bool
        Whether machine code runs it, where it can; the numbers are the same.
    """

    plan: Plan
    schedule: Schedule
    keep: tuple[str, ...]
    steps: tuple[int, ...]
    form: Form
    block: int
    is_compiled: bool = False

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape in which a variable is kept, without trials."""
        case = self.plan.scenario.case
        return (len(self.steps), *(case.size(dim) for dim in GLOSSARY[name].dims))

    def pack(self) -> bytes:
        """Return the task as bytes; rules may be functions of a script or notebook."""
        import cloudpickle

        packed: bytes = cloudpickle.dumps(self)
        return packed


class Failure(NamedTuple):
    """A trial that raised, or whose numbers are not finite; its values are kept as not a number.

    `parameters` is empty beyond the first `MOST_FAILURES` of a block.
    """

    scenario: str
    trial: int
    seed: int
    problem: str
    parameters: dict[str, float]


class Ran(NamedTuple):
    """What ran a block, or several.

    Parameters
    ----------
    blocks : int
        How many.
    compiled : int
        Of how many machine code was asked for and could be relied on.
    repeated : int
        Of how many trials were run again in NumPy.
    remarks : tuple of str
        What the user should know of it, as lines.
    """

    blocks: int = 1
    compiled: int = 0
    repeated: int = 0
    remarks: tuple[str, ...] = ()

    def plus(self, other: Ran) -> Ran:
        """Return what ran these blocks and others; each remark once."""
        return Ran(
            self.blocks + other.blocks,
            self.compiled + other.compiled,
            self.repeated + other.repeated,
            tuple(dict.fromkeys((*self.remarks, *other.remarks))),
        )


#: Of no block.
NOTHING_RAN = Ran(0)


class Finished(NamedTuple):
    """What comes back from a block."""

    first_trial: int
    n_trials: int
    kept: Any
    failures: tuple[Failure, ...]
    ran: Ran


def run(packed: bytes, first_trial: int, n_trials: int) -> Finished:
    """Run the trials of a packed task."""
    return run_task(_unpack(packed), first_trial, n_trials, trust_in(packed))


def run_task(
    task: Task, first_trial: int, n_trials: int, trust: Trust, between: Between | None = None
) -> Finished:
    """Run trials of a task, by machine code as far as that is trusted.

    `between` is called after each quarter; a `SimError` that it raises ends the run.
    """
    values = {name: np.full((*task.shape(name), n_trials), np.nan, np.float32) for name in task.keep}
    raised, used = _fill(task, first_trial, values, trust, between)
    problems = _not_finite(task, values) | raised
    for position in problems:
        for array in values.values():
            array[..., position] = np.nan
    # Where many fail, the parameters of the first say enough; those of others follow from their trial.
    failures = tuple(
        Failure(
            task.plan.scenario.name,
            first_trial + position,
            task.plan.seed,
            problem,
            parameters(task.plan, first_trial + position) if number < MOST_FAILURES else {},
        )
        for number, (position, problem) in enumerate(sorted(problems.items()))
    )
    return Finished(first_trial, n_trials, _in_form(task, values), failures, used)


def bytes_on_disk(task: Task, first_trial: int, n_trials: int) -> float:
    """Return what a trial of full blocks takes on disk, going by a few that are run and encoded.

    A few trials are encoded in pieces of as many quarters as the encoder sees of a full block.
    """
    kept = run(replace(task, form="arrays").pack(), first_trial, n_trials).kept
    size = 0
    for values in kept.values():
        quarters = max(1, WINDOW // (values[0, ..., 0].nbytes * task.block))
        pieces = (values[first : first + quarters] for first in range(0, len(values), quarters))
        size += sum(len(encode(piece, n_trials)) for piece in pieces)
    return size / n_trials


def parameters(plan: Plan, trial: int) -> dict[str, float]:
    """Return the uncertain parameters of a trial, by key."""
    drawn, known = design.draw_parameters(plan, trial, 1), plan.scenario.parameters
    return {
        element.key: float(value)
        for fullname in known.names()
        for element, value in zip(
            known.elements(fullname), drawn[fullname.split(".")[1]].ravel(), strict=True
        )
        if element.distribution is not None
    }


@lru_cache(maxsize=_TASKS)
def _unpack(packed: bytes) -> Task:
    import cloudpickle

    task: Task = cloudpickle.loads(packed)
    return task


@lru_cache(maxsize=_TASKS)
def trust_in(packed: bytes, only_new: bool = False) -> Trust:
    """Return what this process knows of the machine code of a task; `only_new` as of `Trust`."""
    return Trust(only_new=only_new)


def _fill(
    task: Task, first_trial: int, values: dict[str, Array], trust: Trust, between: Between | None
) -> tuple[dict[int, str], Ran]:
    """Run trials into their places; return which of them raise, and what ran them."""
    n_trials = next(iter(values.values())).shape[-1]
    if not (task.is_compiled and engine.can_compile()):
        return _halved(task, first_trial, values, 0, n_trials, between), Ran()
    problems: dict[int, str] = {}
    try:
        strip = engine.strip_of(task.block)
        repeated = engine.record_block(
            task.plan, first_trial, values, task.steps, task.schedule, True, trust, strip, between
        )
    except (SimError, MemoryError):
        raise
    except Exception:
        # A trial fails, in NumPy too, which finds out which one.
        repeated, problems = 1, _halved(task, first_trial, values, 0, n_trials, between)
    return problems, used_by(trust, repeated)


def used_by(trust: Trust, repeated: int) -> Ran:
    """Return what ran a block of which NumPy took over so often."""
    remarks = (trust.problem and f"NumPy runs instead of machine code: {trust.problem}.", machine.refusal())
    is_relied_on = not trust.problem
    return Ran(1, int(is_relied_on), int(is_relied_on and repeated > 0), tuple(filter(None, remarks)))


def _halved(
    task: Task, first_trial: int, values: dict[str, Array], low: int, high: int, between: Between | None
) -> dict[int, str]:
    """Run trials in NumPy; halve what raises until the trials at fault stand alone."""
    try:
        into = {name: array[..., low:high] for name, array in values.items()}
        with np.errstate(all="ignore"):  # what is not finite is found, and said, in `_not_finite`
            engine.record_block(
                task.plan, first_trial + low, into, task.steps, task.schedule, between=between
            )
    except (SimError, MemoryError):
        raise
    except Exception as error:
        if high - low == 1:
            return {low: f"{type(error).__name__}: {error}"}
        middle = (low + high) // 2
        problems = _halved(task, first_trial, values, low, middle, between)
        if len(problems) < MOST_FAILURES:
            problems |= _halved(task, first_trial, values, middle, high, between)
        if len(problems) >= MOST_FAILURES:
            raise
        return problems
    return {}


def _not_finite(task: Task, values: dict[str, Array]) -> dict[int, str]:
    """Return the trials with a number that is not finite, and where the first of them is."""
    problems: dict[int, str] = {}
    for name, array in values.items():
        if np.isfinite(array.sum(dtype=float)):  # one number shows it, for nearly all blocks
            continue
        is_bad: Any = ~np.isfinite(array).all(axis=tuple(range(1, array.ndim - 1)))
        for position in np.flatnonzero(is_bad.any(axis=0)):
            quarter = task.plan.scenario.start + task.steps[int(np.argmax(is_bad[:, position]))]
            problems.setdefault(int(position), f"{name} is not finite in {quarter}")
    return problems


def _in_form(task: Task, values: dict[str, Array]) -> Any:
    if task.form == "chunks":
        return {name: encode(array, task.block) for name, array in values.items()}
    if task.form == "summary":
        from sim.runs.counts import Summary

        return Summary.of(values)
    return values


def encode(values: Array, block: int) -> bytes:
    """Return the bytes of a zarr chunk: little-endian float32 in C order, full length, checked Zstandard."""
    from numcodecs.zstd import Zstd

    chunk = np.full((*values.shape[:-1], block), np.nan, dtype="<f4")
    chunk[..., : values.shape[-1]] = values
    encoded: bytes = Zstd(level=LEVEL, checksum=True).encode(chunk)
    return encoded
