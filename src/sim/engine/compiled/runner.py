"""Calling compiled stages.

Kernels look into a directory for what they read and write, so nothing has to be handed to them, and a quarter
that no event disturbs is one call after another.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engine.compiled.addresses import Directory, address
from sim.engine.compiled.graph import FLOAT, INTEGER, TRUTH
from sim.engine.compiled.kernels import Compiled, Kernels, circumstances, list_of, role_of
from sim.engine.compiled.places import CAPACITY, FIRST, FLAG, ROOM, STEP
from sim.engine.compiled.uniforms import CompiledStreams
from sim.model.schedule import Schedule, Stage, base_name
from sim.vocabulary.axes import SLOTS, Array

if TYPE_CHECKING:
    from sim.design.plan import Plan

_DTYPES: dict[str, Any] = {FLOAT: np.float64, INTEGER: np.int64, TRUTH: np.bool_}

#: Kernels made in this process, by the number of trials in a block.
_KERNELS: dict[int, Kernels] = {}


class _Prepared:
    """A kernel with its table of arguments: for each, the place of a directory where it is found."""

    def __init__(self, kernel: Compiled, directory: Directory) -> None:
        self.kernel = kernel
        self.lists = [output.name for output in kernel.outputs if list_of(output.name)]
        lowered, axes = kernel.kernel.places, kernel.trace.axes
        self._lengths = np.zeros(len(axes), dtype=np.int64)  # of what the kernel selects for itself
        self._table = np.zeros(lowered.n_arguments, dtype=np.int64)
        for place, name in ((ROOM, "room"), (CAPACITY, "capacity"), (STEP, "step"), (FLAG, "flag")):
            self._table[place] = directory.cell(name)
        for k in range(len(axes)):
            self._table[FIRST + k] = address(self._lengths[k:])
        for name, axis in kernel.lists.items():
            self._table[FIRST + axis.number] = directory.cell(name)
        names = (*kernel.inputs, *(output.name for output in kernel.outputs))
        self._table[lowered.first_memory :] = [directory.cell(name) for name in names]
        self.call, self.address = kernel.call, address(self._table)


class Runner:
    """Runs the stages of one block after another, compiled where they can be.

    Parameters
    ----------
    constants : mapping of str to ndarray
        The data of the case.
    n_trials : int
        In each block; a multiple of LANES.
    keep : tuple of str
        What is recorded.
    schedule : Schedule
        What nothing in it reads, and is not recorded, is not written.
    """

    def __init__(
        self, constants: Mapping[str, Array], n_trials: int, keep: tuple[str, ...], schedule: Schedule
    ) -> None:
        self.kernels = _KERNELS.setdefault(n_trials, Kernels(n_trials))
        self._constants = _digest(constants)
        stages = (*schedule.start, *schedule.quarter)
        reads = tuple(dict.fromkeys(name for stage in stages for name in stage.reads))
        writes = tuple(dict.fromkeys(name for stage in stages for name in stage.writes))
        self._unread = frozenset(writes) - {base_name(name) for name in reads} - set(keep)
        self._parameters = [name for name in reads if role_of(name) == "parameter"]
        self._pulses = [name for name in reads if role_of(name) == "pulse"]
        self._kept_lists = [name for name in keep if list_of(name)]
        self._stages = [stage for stage in schedule.quarter if not stage.is_standing]
        self._compilable = {stage.name for stage in self._stages if stage.replaces is None}
        each_quarter = {name for stage in schedule.quarter for name in stage.writes} - self._unread
        self._turning = {name for name in each_quarter if role_of(name) == "state"}
        names = (*map(base_name, reads), *writes)
        self._directory = Directory(names, sorted(self._turning), n_trials, SLOTS * n_trials)
        self._shared: dict[str, bool] = {}
        self._answers: dict[Any, bool] = {}
        self._prepared: dict[Any, _Prepared | None] = {}
        self._plan: Plan | None = None
        #: What was found for each stage in each quarter of the plan.
        self._found: dict[tuple[str, int, int], _Prepared | None] = {}
        self._quarters: dict[Any, tuple[list[tuple[Callable[[int], None], int]], set[Any]] | None] = {}
        self._met: set[Any] = set()
        self._arrangements: dict[Any, int] = {}

    def begin(self, values: dict[str, Any], shocks: Mapping[str, Array], plan: Plan | None = None) -> None:
        """Begin with a block: what it holds, its uniforms, and the plan it is of."""
        if plan is None or plan is not self._plan:
            self._plan, self._found = plan, {}
        self.values = values
        self._is_beginning = self._was_disturbed = True
        self._met = set()
        values |= self._directory.arrays | values
        self._directory.set("flag", 0)
        self.changed(self._parameters)
        for name, shock in shocks.items():
            self._directory.take(name, shock)

    @property
    def is_flagged(self) -> bool:
        """Whether anything was out of range since the block began: its numbers mean nothing."""
        return self._directory.number("flag") != 0

    @property
    def written(self) -> tuple[str, ...]:
        """What every quarter writes for each trial, ledgers included; lists of deals are not."""
        written = {name for stage in self._stages for name in stage.writes if name in self._directory.arrays}
        ledgers = {name for stage in self._stages for name in stage.reads if role_of(name) == "ledger"}
        return tuple(sorted(written | ledgers))

    def meets_new(self, events: Iterable[tuple[str, ...]]) -> bool:
        """Whether the block has met, up to these events, what this process has not compared with NumPy."""
        self._met.update((self._constants, *each) for each in events)
        return not self._met <= self.kernels.compared

    def has_compared(self) -> None:
        """Take note that all that the block has met had the bits of NumPy."""
        self.kernels.compared |= self._met

    @staticmethod
    def streams(seed: int) -> CompiledStreams:
        """Return where uniforms come from."""
        return CompiledStreams(seed)

    def take(self, names: Iterable[str]) -> None:
        """Take over what NumPy has written: put it where kernels find it."""
        values = self.values
        for name in names:
            if role_of(name) == "ledger":
                values[name] = self._directory.take(name, values[name])
            elif name not in self._unread:
                values[name] = self._directory.copy(name, np.asarray(values[name]), self._is_beginning)

    def turn(self, is_quiet: bool) -> None:
        """Begin with a quarter: what states are becomes what they were."""
        values, directory = self.values, self._directory
        directory.turn()
        directory.set("step", values["step"])
        values |= directory.arrays
        if self._was_disturbed or not is_quiet:
            for name in self._pulses:
                directory.take(name, values[name])
        self._is_beginning, self._was_disturbed = False, not is_quiet

    def changed(self, names: Iterable[str]) -> None:
        """Take note of parameters that have changed, and so of which kernels are the right ones."""
        for name in set(names).intersection(self._parameters):
            value = self.values[name]
            # Whether all trials share one number in memory.
            is_shared = self._shared[name] = value.strides[-1] == 0 and value.shape[-1] > 1
            self._directory.take(name, value[..., 0] if is_shared else value)
        self._answers = self.kernels.answers(self.values, self._answers, frozenset(names))
        # Ledgers are as long as the run.
        arrangement = (self.values["n_steps"], tuple(self._shared.values()), tuple(self._answers.items()))
        self._arrangement = self._arrangements.setdefault(arrangement, len(self._arrangements))

    def run(self, stage: Stage) -> bool:
        """Run a stage; return False, and do nothing, where it has no compiled form."""
        # At the start states are both what is and what was, which kernels do not write.
        if self._is_beginning and self._turning.intersection(stage.writes):
            return False
        prepared = self._find(stage)
        if prepared is None:
            return False
        self._met.add(prepared.kernel)
        prepared.call(prepared.address)
        self.values |= {name: self._directory.list(name) for name in prepared.lists}
        return True

    def repeat(self) -> bool:
        """Run all stages of a quiet quarter, if one like it was learnt."""
        learnt = self._quarters.get(self._kind())
        if learnt is None:
            return False
        calls, kernels = learnt
        self._met |= kernels
        for call, at in calls:
            call(at)
        # Lists differ in length from quarter to quarter; what else is kept stays where it is.
        self.values |= {name: self._directory.list(name) for name in self._kept_lists}
        return True

    def learn(self) -> None:
        """Learn from the quiet quarter that was run stage by stage."""
        kind = self._kind()
        if kind not in self._quarters:
            found = [each for each in map(self._find, self._stages) if each is not None]
            calls = [(each.call, each.address) for each in found]
            is_whole = len(found) == len(self._stages)
            self._quarters[kind] = (calls, {each.kernel for each in found}) if is_whole else None

    def _kind(self) -> tuple[int, ...]:
        """Return what distinguishes one quiet quarter from another."""
        values = self.values
        dates = (values["calendar_quarter"], values["fiscal_quarter"], values["donor_quarter"])
        return (*dates, self._arrangement)

    def _find(self, stage: Stage) -> _Prepared | None:
        """Return the kernel of a stage; for another block of the plan it is the same one."""
        at = (stage.name, self.values["step"], self._arrangement)
        if at not in self._found:
            self._found[at] = self._search(stage)
        return self._found[at]

    def _search(self, stage: Stage) -> _Prepared | None:
        if stage.name not in self._compilable:
            return None
        key = (stage.name, self._arrangement, *circumstances(stage, self.values))
        if key not in self._prepared:
            kernel = self.kernels.of(stage, self.values, self._constants, self._unread)
            self._prepared[key] = None if kernel is None else self._prepare(kernel)
        return self._prepared[key]

    def _prepare(self, kernel: Compiled) -> _Prepared | None:
        """Return a kernel ready to be called, unless it writes numbers of another form than NumPy does."""
        directory = self._directory
        for output in kernel.outputs:
            if not directory.has_room(output.name, output.shape, np.dtype(_DTYPES[output.kind])):
                return None
        self.values |= directory.arrays | self.values
        directory.make_room(kernel.kernel.places.fixed_size, kernel.kernel.places.list_rows)
        return _Prepared(kernel, directory)


_OF_THREAD = threading.local()


def runner(
    constants: Mapping[str, Array], n_trials: int, keep: tuple[str, ...], schedule: Schedule
) -> Runner:
    """Return a runner, the one that this thread had last if it fits: its room is then used again.

    Raises
    ------
    CannotCompile
        If the compiler does not work here.
    """
    CompiledStreams(0)  # the first thing that is compiled
    key = _digest(constants), n_trials, keep, schedule
    if getattr(_OF_THREAD, "key", None) != key:
        _OF_THREAD.key, _OF_THREAD.runner = key, Runner(constants, n_trials, keep, schedule)
    found: Runner = _OF_THREAD.runner
    return found


def _digest(constants: Mapping[str, Array]) -> str:
    digest = hashlib.sha256()
    for name, value in constants.items():
        held = np.ascontiguousarray(value)
        digest.update(f"{name} {held.dtype} {held.shape}".encode())
        digest.update(held.tobytes())
    return digest.hexdigest()
