"""Calling compiled stages: where everything is, and room for what they write.

A runner has a directory: where each variable and parameter is. Kernels look there for what they read and
write, so nothing has to be handed to them, and a quarter that no event disturbs is one call after another.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from sim.axes import SLOTS, Array
from sim.compiled.graph import FLOAT, INTEGER, TRUTH
from sim.compiled.lowering import CAPACITY, FIRST, LANES, ROOM, STEP
from sim.compiled.luck import CompiledStreams
from sim.compiled.stages import LISTS, Compiled, Kernels, Output, circumstances, list_of, role_of
from sim.model import PREVIOUS, Schedule, Stage, base_name

_DTYPES: dict[str, Any] = {FLOAT: np.float64, INTEGER: np.int64, TRUTH: np.bool_}

_WORD = 8
#: Room begins where a line of the processor's cache begins.
_LINE = 64

#: Kernels made in this process, by the number of trials in a block.
_KERNELS: dict[int, Kernels] = {}


class _Prepared:
    """A kernel with its table of arguments: for each, its place in the directory of a runner."""

    def __init__(self, kernel: Compiled, runner: Runner) -> None:
        self.kernel = kernel
        named = [(output.name, list_of(output.name)) for output in kernel.outputs]
        self.lists = [(name, of_list) for name, of_list in named if of_list is not None]
        lowered, axes = kernel.kernel, kernel.trace.axes
        self._lengths = np.zeros(len(axes), dtype=np.int64)  # of what the kernel selects for itself
        self._table = np.zeros(lowered.n_arguments, dtype=np.int64)
        for place, name in ((ROOM, "room"), (CAPACITY, "capacity"), (STEP, "step")):
            self._table[place] = runner.cell(name)
        for k in range(len(axes)):
            self._table[FIRST + k] = _address(self._lengths[k:])
        for name, axis in kernel.lists.items():
            self._table[FIRST + axis.number] = runner.cell(name)
        names = (*kernel.inputs, *(output.name for output in kernel.outputs))
        self._table[lowered.first_memory :] = [runner.cell(name) for name in names]
        self.call, self.address = kernel.call, _address(self._table)


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
        self.n_trials = n_trials
        self.kernels = _KERNELS.setdefault(n_trials, Kernels(n_trials))
        self._constants = _digest(constants)
        stages = (*schedule.start, *schedule.quarter)
        reads = tuple(dict.fromkeys(name for stage in stages for name in stage.reads))
        writes = tuple(dict.fromkeys(name for stage in stages for name in stage.writes))
        self._unread = frozenset(writes) - {base_name(name) for name in reads} - set(keep)
        self._parameters = [name for name in reads if role_of(name) == "parameter"]
        self._pulses = [name for name in reads if role_of(name) == "pulse"]
        self._stages = [
            stage for stage in schedule.quarter if not stage.is_standing and stage.replaces is None
        ]
        self._is_whole = len(self._stages) == sum(not stage.is_standing for stage in schedule.quarter)
        self._compilable = frozenset(stage.name for stage in self._stages)
        #: States written each quarter: there are two of each, that of the quarter and that of the one before.
        each_quarter = {name for stage in schedule.quarter for name in stage.writes} - self._unread
        self._turning = [name for name in writes if name in each_quarter and role_of(name) == "state"]
        cells = ("room", "capacity", "step", *LISTS)
        places = dict.fromkeys(
            (*map(base_name, reads), *writes, *(name + PREVIOUS for name in self._turning))
        )
        self._at = {name: k for k, name in enumerate(cells)}
        self._at |= {name: len(cells) + 2 * k for k, name in enumerate(places)}
        #: For each place: an address, and the bytes from a row to the next. For each cell: a number.
        self._directory = np.zeros(len(cells) + 2 * len(places), dtype=np.int64)
        at = [(self._at[name], self._at[name + PREVIOUS]) for name in self._turning]
        self._now = np.array([(now, now + 1) for now, _ in at], dtype=int)
        self._before = np.array([(before, before + 1) for _, before in at], dtype=int)
        #: Lists; what else is written, which states change from one side to the other every quarter; and what
        #: else there is an address of.
        self._lists: dict[str, Array] = {}
        self._sides: tuple[dict[str, Array], dict[str, Array]] = ({}, {})
        self._side = 0
        self._held: dict[str, Array] = {}
        self._shared: dict[str, bool] = {}
        self._prepared: dict[Any, _Prepared | None] = {}
        self._quarters: dict[Any, list[tuple[Callable[[int], None], int]] | None] = {}
        self._arrangements: dict[Any, int] = {}
        self._fixed_size = self._list_rows = 0
        self._lengthen(SLOTS * n_trials)

    def begin(self, values: dict[str, Any], shocks: Mapping[str, Array]) -> None:
        """Begin with a block: what it holds, and its luck."""
        self.values = values
        self._is_beginning = self._was_disturbed = True
        values |= self._sides[self._side] | values
        self.changed(self._parameters)
        for name, shock in shocks.items():
            self._place(name, shock)

    @staticmethod
    def streams(seed: int) -> CompiledStreams:
        """Return where luck comes from."""
        return CompiledStreams(seed)

    def take(self, names: Iterable[str]) -> None:
        """Take over what NumPy has written: copy it to where kernels find it."""
        for name in names:
            if role_of(name) == "ledger":
                self.values[name] = self._place(name, self.values[name])
            elif name not in self._unread:
                self._copy(name, np.asarray(self.values[name]))

    def turn(self, is_quiet: bool) -> None:
        """Begin with a quarter: what states are becomes what they were."""
        values, directory = self.values, self._directory
        self._side = 1 - self._side
        values |= self._sides[self._side]
        directory[self._now], directory[self._before] = directory[self._before], directory[self._now]
        directory[self._at["step"]] = values["step"]
        if self._was_disturbed or not is_quiet:
            for name in self._pulses:
                self._place(name, values[name])
        self._is_beginning, self._was_disturbed = False, not is_quiet

    def changed(self, names: Iterable[str]) -> None:
        """Take note of parameters that have changed, and so of which kernels are the right ones."""
        for name in set(names).intersection(self._parameters):
            value = self.values[name]
            # Whether all trials share one number in memory.
            is_shared = self._shared[name] = value.strides[-1] == 0 and value.shape[-1] > 1
            self._place(name, value[..., 0] if is_shared else value)
        # Ledgers are as long as the run.
        n_steps, shared = self.values["n_steps"], tuple(self._shared.values())
        arrangement = (n_steps, shared, self.kernels.answers(self.values))
        self._arrangement = self._arrangements.setdefault(arrangement, len(self._arrangements))

    # ------------------------------------------------------------------ running

    def run(self, stage: Stage) -> bool:
        """Run a stage; return False, and do nothing, where it has no compiled form."""
        if stage.name not in self._compilable or (self._is_beginning and self._turning_of(stage)):
            return False
        prepared = self._find(stage)
        if prepared is None:
            return False
        prepared.call(prepared.address)
        for name, of_list in prepared.lists:
            self.values[name] = self._lists[name][..., : int(self._directory[self._at[of_list]])]
        return True

    def _turning_of(self, stage: Stage) -> bool:
        """Whether a stage writes states; at the start they are both what is and what was."""
        return any(name in self._turning for name in stage.writes)

    def repeat(self) -> bool:
        """Run all stages of a quiet quarter, if one like it was learnt."""
        program = self._quarters.get(self._kind())
        if program is None:
            return False
        for call, address in program:
            call(address)
        return True

    def learn(self) -> None:
        """Learn from the quiet quarter that was run stage by stage."""
        kind = self._kind()
        if kind in self._quarters:
            return
        found = [self._find(stage) for stage in self._stages] if self._is_whole else [None]
        program = [(each.call, each.address) for each in found if each is not None]
        self._quarters[kind] = program if len(program) == len(found) else None

    def _kind(self) -> tuple[int, ...]:
        """Return what tells one quiet quarter from another."""
        values = self.values
        dates = (values["calendar_quarter"], values["fiscal_quarter"], values["donor_quarter"])
        return (*dates, self._arrangement)

    def _find(self, stage: Stage) -> _Prepared | None:
        key = (stage.name, self._arrangement, *circumstances(stage, self.values))
        if key not in self._prepared:
            kernel = self.kernels.of(stage, self.values, self._constants, self._unread)
            self._prepared[key] = None if kernel is None else self._prepare(kernel)
        return self._prepared[key]

    def _prepare(self, kernel: Compiled) -> _Prepared | None:
        if not all(map(self._has_room, kernel.outputs)):
            return None
        self._fixed_size = max(self._fixed_size, kernel.kernel.fixed_size)
        self._list_rows = max(self._list_rows, kernel.kernel.list_rows)
        self._make_room()
        return _Prepared(kernel, self)

    # ------------------------------------------------------------------ where everything is

    def cell(self, name: str) -> int:
        """Return the address of a place in the directory."""
        return _address(self._directory) + _WORD * self._at[self._known(name)]

    def _known(self, name: str) -> str:
        """Return the name of a place: a state that no quarter writes is what it was."""
        return name if name in self._at else base_name(name)

    def _enter(self, name: str, held: Array, stride: int) -> None:
        at = self._at[name]
        self._directory[at : at + 2] = _address(held), stride

    def _place(self, name: str, value: Any) -> Array:
        """Enter where an input is, and return it."""
        held = self._held[name] = np.ascontiguousarray(value)
        self._enter(name, held, held.itemsize)
        return held

    def _copy(self, name: str, value: Array) -> None:
        """Copy a variable to its own room; at the start, what it is is also what it was."""
        of_list, side = list_of(name), self._sides[self._side]
        if of_list is not None:
            length = value.shape[-1]
            if length > self._capacity:
                self._lengthen(length)
            self._directory[self._at[of_list]] = length
        self._give_room(name, value.shape[:-1], value.dtype)
        self.values[name] = side[name] if of_list is None else self._lists[name][..., :length]
        self.values[name][...] = value
        if self._is_beginning and name in self._turning:
            side[name + PREVIOUS][...] = value

    def _has_room(self, output: Output) -> bool:
        """Give room to what a kernel writes; return False where it is of another form than NumPy's."""
        name, shape, dtype = output.name, output.shape, np.dtype(_DTYPES[output.kind])
        self._give_room(name, shape, dtype)
        buffer = self._sides[0][name] if list_of(name) is None else self._lists[name]
        return buffer.shape[:-1] == shape and buffer.dtype == dtype

    def _give_room(self, name: str, shape: tuple[int, ...], dtype: Any) -> None:
        if name in self._lists or name in self._sides[0]:
            return
        if list_of(name) is not None:
            self._hold_list(name, np.zeros((*shape, self._capacity), dtype))
            return
        names = (name, name + PREVIOUS) if name in self._turning else (name,)
        buffers = [np.zeros((*shape, self.n_trials), dtype) for _ in names]
        for side, given in zip(self._sides, (buffers, buffers[::-1]), strict=True):
            side |= zip(names, given, strict=True)
        for each in names:
            buffer = self.values[each] = self._sides[self._side][each]
            self._enter(each, buffer, buffer.shape[-1] * buffer.itemsize)

    def _hold_list(self, name: str, held: Array) -> None:
        self._lists[name] = held
        self._enter(name, held, held.shape[-1] * held.itemsize)

    def _lengthen(self, least: int) -> None:
        """Make lists so long, at least."""
        self._capacity = -(-least // LANES) * LANES
        self._directory[self._at["capacity"]] = self._capacity
        for name, held in list(self._lists.items()):
            longer = np.zeros((*held.shape[:-1], self._capacity), held.dtype)
            longer[..., : held.shape[-1]] = held
            self._hold_list(name, longer)
        self._make_room()

    def _make_room(self) -> None:
        """Make room for what kernels keep for themselves while they run."""
        size = self._fixed_size + _WORD * self._list_rows * self._capacity + _LINE
        if size > self._held.setdefault("room", np.empty(0, dtype=np.uint8)).size:
            self._held["room"] = np.empty(size, dtype=np.uint8)
        self._directory[self._at["room"]] = -(-_address(self._held["room"]) // _LINE) * _LINE


_OF_THREAD = threading.local()


def runner(
    constants: Mapping[str, Array], n_trials: int, keep: tuple[str, ...], schedule: Schedule
) -> Runner:
    """Return a runner, the one that this thread had last if it fits: its room is then used again."""
    key = _digest(constants), n_trials, keep, schedule
    if getattr(_OF_THREAD, "key", None) != key:
        _OF_THREAD.key, _OF_THREAD.runner = key, Runner(constants, n_trials, keep, schedule)
    found: Runner = _OF_THREAD.runner
    return found


def _address(array: Array) -> int:
    """Return where an array is."""
    return int(array.ctypes.data)


def _digest(constants: Mapping[str, Array]) -> str:
    digest = hashlib.sha256()
    for name, value in constants.items():
        held = np.ascontiguousarray(value)
        digest.update(f"{name} {held.dtype} {held.shape}".encode())
        digest.update(held.tobytes())
    return digest.hexdigest()
