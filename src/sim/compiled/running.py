"""Calling compiled stages: where their arguments are, and room for what they write."""

from __future__ import annotations

import hashlib
import struct
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from sim.axes import SLOTS, Array
from sim.compiled.graph import FLOAT, INTEGER, TRUTH
from sim.compiled.lowering import CAPACITY, FIRST, LANES, ROOM, STEP
from sim.compiled.stages import Compiled, Kernels, Output, circumstances, is_list, role_of
from sim.model import PREVIOUS, Schedule, Stage, base_name

_DTYPES: dict[str, Any] = {FLOAT: np.float64, INTEGER: np.int64, TRUTH: np.bool_}

#: Kernels made in this process, by the number of trials in a block.
_KERNELS: dict[int, Kernels] = {}

#: An array with its address and the bytes from one row to the next.
_Place = tuple[Any, int, int]


class _Prepared:
    """A kernel with its table of arguments; what does not change is already entered."""

    def __init__(self, stage: Stage, kernel: Compiled, runner: Runner) -> None:
        lowered = kernel.kernel
        self.kernel, self.reads = kernel, frozenset(stage.reads)
        self.size, self.list_rows = lowered.fixed_size + 64, 8 * lowered.list_rows
        self.table = np.zeros(lowered.n_arguments, dtype=np.int64)
        self.bytes: Any = memoryview(self.table.view(np.uint8).data)
        self.address = self.table.ctypes.data
        self.lists = [(kernel.sources[name], FIRST + axis.number) for name, axis in kernel.lists.items()]
        self.addresses: list[int] = [0] * (len(kernel.inputs) + len(kernel.outputs_written))
        self.strides = list(self.addresses)
        self.inputs, self.shocks = [], []
        for k, name in enumerate(kernel.inputs):
            if name in runner.shocks:
                start, quarter, self.strides[k] = runner.shocks[name]
                self.shocks.append((k, start, quarter))
            elif role_of(name) == "parameter":
                _, self.addresses[k], self.strides[k] = runner.place(name)
            else:
                self.inputs.append((k, name))
        trials = kernel.trials
        self.outputs = [
            (k, output, None if output.axis is trials or output.axis is None else FIRST + output.axis.number)
            for k, output in enumerate(kernel.outputs_written, start=len(kernel.inputs))
        ]
        self.same = [(output.name, output.same_as) for output in kernel.outputs if output.same_as]
        n, first, second = len(self.addresses), lowered.first_address, lowered.first_stride
        self.pack = struct.Struct(f"={2 * n}q").pack_into
        assert second == first + n
        self.offset = 8 * first


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
        stages = (*schedule.start, *schedule.quarter)
        read = {base_name(name) for stage in stages for name in stage.reads}
        self._unread = frozenset(name for stage in stages for name in stage.writes) - read - set(keep)
        self.kernels = _KERNELS.setdefault(n_trials, Kernels(n_trials))
        self._names = {
            stage.name for stage in schedule.quarter if not stage.is_standing and stage.replaces is None
        }
        self._constants = _digest(constants)
        self._room = np.empty(0, dtype=np.uint8)
        self._capacity = SLOTS * n_trials
        self._buffers: dict[tuple[str, int, int], _Place] = {}
        self._turn: dict[str, int] = {}
        self._prepared: dict[Any, _Prepared | None] = {}

    def begin(self, values: dict[str, Any], shocks: Mapping[str, Array]) -> None:
        """Begin with a block: what it holds, and its luck."""
        self.values = values
        self._prepared = {}
        self._places: dict[int, _Place] = {}
        self._held: list[Array] = []
        #: Shock -> address of the first quarter, bytes to the next quarter, and to the next row.
        self.shocks = {
            name: (shock.ctypes.data, shock.strides[0], shock.strides[-2]) for name, shock in shocks.items()
        }

    def settle(self, states: Iterable[str]) -> None:
        """Give every state an entry for each trial: what was one number for all need not stay so."""
        values = self.values
        for name in states:
            values[name] = values[name + PREVIOUS] = np.ascontiguousarray(values[name])
        self._prepared = {}

    def changed(self, names: set[str]) -> None:
        """Forget what was entered of parameters that have changed."""
        self._prepared = {
            key: prepared
            for key, prepared in self._prepared.items()
            if prepared is not None and prepared.reads.isdisjoint(names)
        }

    def run(self, stage: Stage) -> bool:
        """Run a stage; return False, and do nothing, where it has no compiled form."""
        values = self.values
        if stage.name not in self._names:
            return False
        key = (stage.name, *circumstances(stage, values))
        if key not in self._prepared:
            kernel = self.kernels.of(stage, values, self._constants, self._unread)
            self._prepared[key] = None if kernel is None else _Prepared(stage, kernel, self)
        prepared = self._prepared[key]
        if prepared is None:
            return False
        self._call(prepared)
        return True

    def _call(self, prepared: _Prepared) -> None:
        values, places, table = self.values, self._places, prepared.table
        addresses, strides = prepared.addresses, prepared.strides
        step = values["step"]
        for name, where in prepared.lists:
            length = table[where] = values[name].shape[-1]
            if length > self._capacity:
                self._capacity = -(-length // LANES) * LANES
        for k, start, quarter in prepared.shocks:
            addresses[k] = start + step * quarter
        for k, name in prepared.inputs:
            value = values[name]
            place = places.get(id(value))
            if place is None or place[0] is not value:
                place = self.place(name)
            _, addresses[k], strides[k] = place
        written = []
        for k, output, _ in prepared.outputs:
            place = self._buffer(output)
            written.append(place)
            _, addresses[k], strides[k] = place
        table[ROOM], table[CAPACITY], table[STEP] = self._room_for(prepared), self._capacity, step
        prepared.pack(prepared.bytes, prepared.offset, *addresses, *strides)
        prepared.kernel.call(prepared.address)
        for (_, output, at), place in zip(prepared.outputs, written, strict=True):
            if at is not None:
                part = place[0][..., : table[at]]
                place = part, place[1], place[2]
            values[output.name] = place[0]
            places[id(place[0])] = place
        for name, other in prepared.same:
            values[name] = values[other]

    def _room_for(self, prepared: _Prepared) -> int:
        size = prepared.size + prepared.list_rows * self._capacity
        if self._room.size < size:
            self._room = np.empty(size, dtype=np.uint8)
            self._room_at = -(-self._room.ctypes.data // 64) * 64
        return self._room_at

    def place(self, name: str) -> _Place:
        """Return where an input is."""
        value = self.values[name]
        held = np.asarray(value)
        if held.strides[-1] == 0 and held.shape[-1] > 1:
            held = np.ascontiguousarray(held[..., 0])
            stride = held.itemsize
        else:
            if not (held.flags.c_contiguous or (is_list(name) and _has_rows(held))):
                held = np.ascontiguousarray(held)
            stride = held.itemsize if role_of(name) == "pulse" else held.strides[-2] if held.ndim > 1 else 0
        # What is noted has to live as long as what it stands for.
        self._held.append(held)
        place = self._places[id(value)] = value, held.ctypes.data, stride
        return place

    def _buffer(self, output: Output) -> _Place:
        """Return room to write to: one of two, in turn, for the other holds the quarter before."""
        name = output.name
        length = self._capacity if is_list(name) else self.n_trials
        turn = self._turn[name] = 1 - self._turn.get(name, 0)
        key = (name, turn, length)
        if key not in self._buffers:
            array = np.empty((*output.shape, length), dtype=_DTYPES[output.kind])
            self._buffers[key] = array, array.ctypes.data, array.strides[-2] if array.ndim > 1 else 0
        return self._buffers[key]


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


def _has_rows(x: Array) -> bool:
    """Whether the rows of an array follow one another at one distance, each without gaps."""
    lead = zip(x.strides[:-2], x.strides[1:-1], x.shape[1:-1], strict=True)
    return x.strides[-1] == x.itemsize and all(outer == inner * length for outer, inner, length in lead)


def _digest(constants: Mapping[str, Array]) -> str:
    digest = hashlib.sha256()
    for name, value in constants.items():
        held = np.ascontiguousarray(value)
        digest.update(f"{name} {held.dtype} {held.shape}".encode())
        digest.update(held.tobytes())
    return digest.hexdigest()
