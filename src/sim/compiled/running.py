"""Calling compiled stages: where their arguments are, and room for what they write."""

from __future__ import annotations

import hashlib
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
    """A kernel with its table of arguments, in which all that does not change is already entered."""

    def __init__(self, kernel: Compiled, runner: Runner) -> None:
        self.kernel = kernel
        self.table = np.zeros(kernel.kernel.n_arguments, dtype=np.int64)
        self.address = self.table.ctypes.data
        self.lists = [(kernel.sources[name], FIRST + axis.number) for name, axis in kernel.lists.items()]
        self.inputs = []
        place = FIRST + len(kernel.trace.axes)
        for name in kernel.inputs:
            if role_of(name) == "parameter":
                _, self.table[place], self.table[place + 1] = runner.place(name)
            else:
                self.inputs.append((name, place))
            place += 2
        self.outputs = []
        for output in kernel.outputs:
            self.outputs.append((output, place))
            place += 2 if output.axis is not None else 0


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
        self._names = {stage.name for stage in schedule.quarter if not stage.is_standing and stage.replaces is None}
        self._constants = _digest(constants)
        self._room = np.empty(0, dtype=np.uint8)
        self._capacity = SLOTS * n_trials
        self._buffers: dict[tuple[str, tuple[int, ...]], list[_Place]] = {}

    def begin(self, values: dict[str, Any], shocks: Mapping[str, Array]) -> None:
        """Begin with a block: what it holds, and its luck."""
        self.values = values
        self._prepared: dict[Any, _Prepared | None] = {}
        self._places: dict[str, _Place] = {}
        self._parameters: dict[str, Any] = {}
        self._shocks = {
            name: (shock.ctypes.data, shock.strides[0], shock.strides[-2]) for name, shock in shocks.items()
        }

    def settle(self, states: Iterable[str]) -> None:
        """Give every state an entry for each trial: what was one number for all need not stay so."""
        values = self.values
        for name in states:
            values[name] = values[name + PREVIOUS] = np.ascontiguousarray(values[name])
        self.changed()

    def changed(self) -> None:
        """Forget what was entered: parameters have changed."""
        self._prepared = {}

    def run(self, stage: Stage) -> bool:
        """Run a stage; return False, and do nothing, where it has no compiled form."""
        values = self.values
        if stage.name not in self._names:
            return False
        key = (stage.name, *circumstances(stage, values))
        if key not in self._prepared:
            kernel = self.kernels.of(stage, values, self._constants, self._unread)
            self._prepared[key] = None if kernel is None else _Prepared(kernel, self)
        prepared = self._prepared[key]
        if prepared is None:
            return False
        self._call(prepared)
        return True

    def _call(self, prepared: _Prepared) -> None:
        values, table = self.values, prepared.table
        for name, where in prepared.lists:
            length = table[where] = values[name].shape[-1]
            if length > self._capacity:
                self._capacity = -(-length // LANES) * LANES
        step = values["step"]
        for name, where in prepared.inputs:
            if name in self._shocks:
                start, quarter, row = self._shocks[name]
                table[where], table[where + 1] = start + step * quarter, row
            else:
                _, table[where], table[where + 1] = self.place(name)
        table[ROOM], table[CAPACITY], table[STEP] = self._address_of_room(prepared), self._capacity, step
        written = []
        for output, where in prepared.outputs:
            if output.axis is not None:
                place = self._buffer(output)
                written.append((output, place))
                _, table[where], table[where + 1] = place
            elif output.same_as:
                values[output.name] = values[output.same_as]
        prepared.kernel.call(prepared.address)
        trials = prepared.kernel.trials
        for output, (array, address, stride) in written:
            name = output.name
            if output.axis is not trials and output.axis is not None:
                array = array[..., : table[FIRST + output.axis.number]]
            # What was there is now the value of the quarter before, if it is still known at all.
            if name in self._places:
                self._places[name + PREVIOUS] = self._places[name]
            values[name] = array
            self._places[name] = array, address, stride

    def _address_of_room(self, prepared: _Prepared) -> int:
        kernel = prepared.kernel.kernel
        size = kernel.fixed_size + 8 * kernel.list_rows * self._capacity + 64
        if self._room.size < size:
            self._room = np.empty(size, dtype=np.uint8)
            self._room_at = -(-self._room.ctypes.data // 64) * 64
        return self._room_at

    def place(self, name: str) -> _Place:
        """Return where an input is."""
        value = self.values[name]
        known = self._places.get(name)
        if known is not None and known[0] is value:
            return known
        known = self._places.get(base_name(name))
        if known is not None and known[0] is value:
            return known
        held = np.asarray(value)
        if held.strides and held.strides[-1] == 0 and held.shape[-1] > 1:
            held = np.ascontiguousarray(held[..., 0])
            stride = held.itemsize
        else:
            if not (held.flags.c_contiguous or (is_list(name) and _has_rows(held))):
                held = np.ascontiguousarray(held)
            stride = held.itemsize if role_of(name) == "pulse" else held.strides[-2] if held.ndim > 1 else 0
        if held is not value:
            # What is noted has to live as long as what it stands for.
            self._parameters[name] = held
        self._places[name] = value, held.ctypes.data, stride
        return self._places[name]

    def _buffer(self, output: Output) -> _Place:
        """Return room to write to that holds no value of this quarter or the one before."""
        name = output.name
        length = self._capacity if is_list(name) else self.n_trials
        shape = (*output.shape, length)
        now, before = self.values.get(name), self.values.get(name + PREVIOUS)
        used = (now, before, getattr(now, "base", None), getattr(before, "base", None))
        buffers = self._buffers.setdefault((name, shape), [])
        for place in buffers:
            if not any(place[0] is each for each in used):
                return place
        array = np.empty(shape, dtype=_DTYPES[output.kind])
        buffers.append((array, array.ctypes.data, array.strides[-2] if array.ndim > 1 else 0))
        return buffers[-1]


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
