"""The engine: a block of trials, quarter by quarter, as arrays. No files, no labels.

Trials are the last axis of every array; only time is looped. What a block computes for a trial does
not depend on which other trials are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.design import plan as design
from sim.design.plan import Plan
from sim.engine.compiled import machine_code as machine
from sim.engine.trust import Strip, Trust
from sim.model import schedule as model
from sim.model.schedule import PREVIOUS, Schedule, Stage
from sim.scenario.timeline import PrescribedValue
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import WrongType
from sim.vocabulary.variables import GLOSSARY, PRESCRIBED_STATES, with_role

#: Trials advanced together: large enough that NumPy's overhead is small, small enough for the cache.
BLOCK = 1024

#: Trials advanced together by machine code: their numbers should stay in the cache of one core.
STRIP = 256

#: The same where blocks are no larger: few trials in less time, many in more.
SHORT_STRIP = 128

if TYPE_CHECKING:
    from sim.engine.compiled.runner import Runner

#: States, each with the name of its value in the quarter before.
_STATES = {v.name: v.name + PREVIOUS for v in with_role("state")}

#: Shocks that are drawn once, for the orders open at the start.
_OF_OPEN_ORDERS = tuple(v.name for v in with_role("shock") if "open" in v.dims)


class Block:
    """Trials `first_trial` to `first_trial + n_trials` of a plan.

    Parameters
    ----------
    plan : Plan
        What is run.
    first_trial, n_trials : int
        Which trials.
    schedule : Schedule, optional
        What happens at the start and in each quarter: the model, or the model with other rules.
    runner : Runner, optional
        Runs stages as machine code, with the same bits; see `sim.engine.compiled`.
    drawn, shocks : dict of str to ndarray, optional
        The trials' parameters and shocks, where they are drawn already.

    Attributes
    ----------
    values : dict of str to ndarray
        Every variable by its glossary name, shape (*dims, trial), and every parameter by its local name.
    step : int
        Quarters advanced so far.
    """

    def __init__(
        self,
        plan: Plan,
        first_trial: int,
        n_trials: int,
        schedule: Schedule = model.USUAL,
        runner: Runner | None = None,
        drawn: dict[str, Array] | None = None,
        shocks: dict[str, Array] | None = None,
    ) -> None:
        self.plan = plan
        self._runner: Runner | None = None
        self.schedule = schedule
        self.n_trials = n_trials
        self.step = 0
        self._drawn = design.draw_parameters(plan, first_trial, n_trials) if drawn is None else drawn
        self._shocks = design.draw_shocks(plan, first_trial, n_trials) if shocks is None else dict(shocks)
        self._changed: frozenset[str] = frozenset()
        self.values: dict[str, Any] = {**plan.constants, **self._drawn, "n_steps": plan.n_steps}
        for name in _OF_OPEN_ORDERS:
            self.values[name] = self._shocks.pop(name)[0]
        self._set_date()
        self._set_shocks()
        for name, value in plan.scenario.case.held.items():
            self.values[name] = np.repeat(value[..., None], n_trials, axis=-1)
        if runner is not None:
            self._runner = runner
            runner.begin(self.values, self._shocks, plan)
            runner.take(PRESCRIBED_STATES)
        self._remember(PRESCRIBED_STATES)
        for stage in schedule.start:
            self.run_stage(stage)
            self._remember(stage.writes)

    def advance(self) -> None:
        """Run one quarter."""
        self._set_date()
        prescribed = self.plan.prescribed[self.step]
        self._prescribe(prescribed)
        self._remember({each.name for each in prescribed})
        runner, is_quiet = self._runner, self.plan.is_quiet[self.step]
        if runner is not None:
            runner.turn(is_quiet)
        if runner is None or not (is_quiet and runner.repeat()):
            self._set_shocks()
            self._run_stages([each for each in prescribed if each.is_held])
            if runner is not None and is_quiet:
                runner.learn()
        if runner is None:
            self._remember(_STATES)
        self.step += 1

    def _run_stages(self, held: list[PrescribedValue]) -> None:
        for stage in self.schedule.quarter:
            if not stage.is_standing or self._changed.intersection(stage.reads):
                self.run_stage(stage)
                self._prescribe([each for each in held if each.name in stage.writes])

    def run_stage(self, stage: Stage) -> None:
        """Call a stage with what it reads and keep what it writes."""
        values = self.values
        if self._runner is not None and self._runner.run(stage):
            return
        update = stage.function(**{name: values[name] for name in stage.reads})
        if stage.replaces is not None:
            _check_update(stage, update, values)
        for name in stage.writes:
            values[name] = getattr(update, name)
        if self._runner is not None:
            self._runner.take(stage.writes)

    def _prescribe(self, prescribed: Iterable[PrescribedValue]) -> None:
        """Put what events say of states into their arrays, or into those of the quarter before."""
        for each in prescribed:
            if self._runner is None:
                # A copy: the array may be shared with the quarter before, or with a mechanism's input.
                self.values[each.name] = np.array(self.values[each.name])
            each.apply(self.values[each.name])

    def _remember(self, names: Iterable[str]) -> None:
        values = self.values
        for name in names:
            if name in _STATES and name in values:
                values[_STATES[name]] = values[name]

    def _set_date(self) -> None:
        """Put the clock and the scenario's values of the coming quarter in place."""
        plan, step, values = self.plan, self.step, self.values
        values |= plan.dated[step]
        self._changed = plan.changed[step]
        for name in self._changed:
            values[name] = plan.changes[name].at(step, self._drawn[name])
        if self._changed and self._runner is not None:
            self._runner.changed(self._changed)

    def _set_shocks(self) -> None:
        """Put the shocks of the coming quarter in place; machine code finds those of all quarters itself."""
        for name, shock in self._shocks.items():
            self.values[name] = shock[self.step]


def _check_update(stage: Stage, update: Any, values: Mapping[str, Any]) -> None:
    """Check that a rule returns what the stage it replaces returns, in the same shape."""
    place, expected = f"rules.{stage.name}", stage.update
    if not isinstance(update, expected):
        remedy = f"Return a {expected.__module__}.{expected.__qualname__}."
        raise WrongType("", place, f"returned a {type(update).__name__}", remedy)
    for name in stage.writes:
        is_list = name in GLOSSARY and GLOSSARY[name].role == "deal"
        shape = np.shape(getattr(update, name))
        if not is_list and name in values and shape != np.shape(values[name]):
            remedy = f"Return it with shape {np.shape(values[name])}, the trials last."
            raise WrongType("", place, f"returned {name} with shape {shape}", remedy)


def run_block(
    plan: Plan,
    first_trial: int,
    n_trials: int,
    keep: Iterable[str],
    schedule: Schedule = model.USUAL,
    is_compiled: bool = False,
) -> dict[str, Array]:
    """Run a block of trials over the whole horizon.

    Parameters
    ----------
    plan : Plan
        What is run.
    first_trial, n_trials : int
        Which trials.
    keep : iterable of str
        Glossary names to record.
    schedule : Schedule, optional
        See `Block`.
    is_compiled : bool
        Whether stages run as machine code. The numbers are the same.

    Returns
    -------
    dict of str to ndarray, shape (time, *dims, trial)
        Values at the end of each quarter.
    """
    case = plan.scenario.case
    shapes = {name: tuple(case.size(dim) for dim in GLOSSARY[name].dims) for name in keep}
    recorded = {name: np.empty((plan.n_steps, *shape, n_trials)) for name, shape in shapes.items()}
    record_block(plan, first_trial, recorded, range(plan.n_steps), schedule, is_compiled)
    return recorded


def record_block(
    plan: Plan,
    first_trial: int,
    into: Mapping[str, Array],
    steps: Sequence[int],
    schedule: Schedule = model.USUAL,
    is_compiled: bool = False,
    trust: Trust | None = None,
    strip: int | None = None,
    between: Callable[[], None] | None = None,
) -> int:
    """Run a block of trials and record it in given arrays.

    Parameters
    ----------
    plan, first_trial, schedule, is_compiled
        As for `run_block`.
    into : mapping of str to ndarray, shape (len(steps), *dims, trial)
        Glossary name -> where its values go. What a type of numbers cannot hold becomes infinite.
    steps : sequence of int
        Quarters recorded, counted from the start, in order. None is run after the last of them.
    trust : Trust, optional
        What is known of the machine code of the plan; by default it need not be compared with NumPy.
    strip : int, optional
        Trials that machine code advances together, by default `STRIP`. The numbers are the same.
    between : callable, optional
        Called after each quarter; what it raises ends the run.

    Returns
    -------
    int
        How often NumPy took over from machine code; see `sim.engine.trust`.
    """
    n_trials = next(iter(into.values())).shape[-1]
    trust = Trust(is_checked=True) if trust is None else trust
    row_of = {step: row for row, step in enumerate(steps)}
    n_steps = max(steps) + 1
    repeated = 0
    strips = _strips(plan, first_trial, n_trials, tuple(into), n_steps, schedule, is_compiled, trust, strip)
    for trials, block in strips:
        count = trials.stop - trials.start
        parts = [(name, array[..., trials]) for name, array in into.items()]
        for step in range(n_steps):
            block.advance()
            if between is not None:
                between()
            if step in row_of:
                row, values = row_of[step], block.values
                with np.errstate(over="ignore"):
                    for name, part in parts:
                        part[row] = values[name][..., :count]
        repeated += isinstance(block, Strip) and block.is_repeated
    return repeated


def reduce_block(
    plan: Plan,
    first_trial: int,
    n_trials: int,
    reads: Sequence[str],
    add: Callable[[int, slice, Mapping[str, Array]], None],
    n_steps: int | None = None,
    is_compiled: bool = False,
    trust: Trust | None = None,
    strip: int | None = None,
) -> int:
    """Run a block of trials and show what is read of it, quarter by quarter.

    Parameters
    ----------
    plan, first_trial, n_trials, is_compiled, trust, strip
        As for `run_block` and `record_block`.
    reads : sequence of str
        Glossary names.
    add : callable
        ``add(step, trials, values)`` is called at the end of each quarter, with the quarter counted from the
        start; which trials of the block were advanced together, all of whose quarters come before those of
        the next; and their values by name, shape (*dims, trial) or, of a list, (entry,). Trials named in a
        list count from the beginning of the slice. The arrays are valid during the call.
    n_steps : int, optional
        Quarters to run; by default all of the plan.

    Returns
    -------
    int
        As of `record_block`.
    """
    trust = Trust(is_checked=True) if trust is None else trust
    n_steps = plan.n_steps if n_steps is None else n_steps
    lists = {name: f"{GLOSSARY[name].dims[0]}_trial" for name in reads if GLOSSARY[name].role == "deal"}
    recorded = tuple(dict.fromkeys((*reads, *lists.values())))
    repeated = 0
    for trials, block in _strips(
        plan, first_trial, n_trials, recorded, n_steps, model.USUAL, is_compiled, trust, strip
    ):
        count = trials.stop - trials.start
        for step in range(n_steps):
            block.advance()
            # A strip of machine code may hold more trials than were asked for.
            within = {trial: block.values[trial] < count for trial in lists.values()}
            found = {
                name: block.values[name][..., within[lists[name]] if name in lists else slice(count)]
                for name in reads
            }
            add(step, trials, found)
        repeated += isinstance(block, Strip) and block.is_repeated
    return repeated


def _strips(
    plan: Plan,
    first_trial: int,
    n_trials: int,
    keep: tuple[str, ...],
    n_steps: int,
    schedule: Schedule,
    is_compiled: bool,
    trust: Trust,
    strip: int | None = None,
) -> Iterator[tuple[slice, Block | Strip]]:
    """Yield the trials of a block that are advanced together, and what advances them."""
    # Machine code is made for one number of trials: the last trial fills what is left over of a strip.
    size = (strip or STRIP) if is_compiled else n_trials
    runner = _runner(plan, size, keep, schedule, trust) if is_compiled else None
    streams = None if runner is None else runner.streams(plan.seed)
    drawn = design.draw_parameters(plan, first_trial, n_trials, streams)
    draw_shocks = partial(design.draw_shocks, n_steps=n_steps)
    for start in range(0, n_trials, size):
        first, count = first_trial + start, min(size, n_trials - start)
        block: Block | Strip
        if runner is None or trust.problem:
            own = {name: value[..., start : start + count] for name, value in drawn.items()}
            block = Block(plan, first, count, schedule, drawn=own, shocks=draw_shocks(plan, first, count))
        else:
            own = {name: _filled(value[..., start : start + count], size) for name, value in drawn.items()}
            shocks = draw_shocks(plan, first, count, streams)
            filled = {name: _filled(value, size) for name, value in shocks.items()}
            block = Strip(
                plan,
                count,
                n_steps,
                runner,
                partial(Block, plan, first, size, schedule, runner, own, filled),
                partial(Block, plan, first, schedule=schedule),
                trust,
            )
        yield slice(start, start + count), block


def _filled(values: Array, size: int) -> Array:
    """Return values, shape (..., trial), with the last trial again and again up to `size` trials.

    No trial is run that was not asked for: it might not exist in the design, or might fail.
    """
    count = values.shape[-1]
    if count == size:
        return values
    if values.strides[-1] == 0:  # all trials share one number, and go on to
        return np.broadcast_to(values[..., :1], (*values.shape[:-1], size))
    return values[..., np.minimum(np.arange(size), count - 1)]


def strip_of(block: int) -> int:
    """Return how many trials machine code advances together in blocks of so many."""
    return min(STRIP, SHORT_STRIP) if block <= SHORT_STRIP else STRIP


def can_compile() -> bool:
    """Whether the compiler is installed that `is_compiled` needs."""
    return machine.is_there()


def _runner(
    plan: Plan, n_trials: int, keep: tuple[str, ...], schedule: Schedule, trust: Trust
) -> Runner | None:
    """Return what runs stages as machine code, unless the compiler fails: then that ends the trust in it."""
    # Imported here: most runs need none.
    from sim.engine.compiled import runner as running

    try:
        return running.runner(plan.constants, n_trials, keep, schedule)
    except machine.CannotCompile as error:
        trust.problem = str(error)
        return None
