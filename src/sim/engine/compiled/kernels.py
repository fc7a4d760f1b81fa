"""Stages of the quarter as compiled functions, and which stages have one.

A kernel is made for what a stage is called with: shapes, which parameters are the same for all trials, the
data of the case, the quarter of the year, and the answers to its decisions. Each is made once in a process.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sim.engine.compiled import machine_code as machine
from sim.engine.compiled.graph import FLOAT, INTEGER, TRUTH, Axis, Memory, NotTraceable, Trace, ask
from sim.engine.compiled.lowering import LANES, Kernel
from sim.engine.compiled.primitives import bound
from sim.engine.compiled.traced import Ledger, Table, Traced, converted
from sim.model.schedule import Stage, base_name
from sim.vocabulary.variables import GLOSSARY

_KINDS = {"float64": FLOAT, "int64": INTEGER, "bool": TRUTH}
#: Axes that are lists: the first part of the names of their variables.
LISTS = ("deal", "contract")

Values = dict[str, Any]


@cache
def role_of(name: str) -> str:
    """Return the role of what a stage reads: that of a variable, or parameter."""
    base = base_name(name)
    return GLOSSARY[base].role if base in GLOSSARY else "parameter"


@cache
def list_of(name: str) -> str | None:
    """Return the list that a variable is of: deals or contracts."""
    prefix = name.split("_")[0]
    return prefix if role_of(name) == "deal" and prefix in LISTS else None


@dataclass(frozen=True)
class Output:
    """What a stage writes under one name."""

    name: str
    shape: tuple[int, ...]
    kind: str
    axis: Axis


class Compiled:
    """A kernel of a stage, with what is needed to call it."""

    def __init__(self, stage: Stage, trace: Trace, n_trials: int, unread: frozenset[str]) -> None:
        self.trace, values = trace, trace.values
        self.trials = trace.axis("trial")
        self.lists: dict[str, Axis] = {}
        arguments = {name: self._argument(name, values[name], n_trials) for name in stage.reads}
        update = bound(stage.function, trace)(**arguments)
        self.outputs: list[Output] = []
        self.memories: list[Memory] = []
        for name in stage.writes:
            if name not in unread:
                self._output(name, getattr(update, name))
        name = stage.name.replace(".", "_")
        self.kernel = Kernel(name, trace, self.trials, n_trials, len(self.memories))
        self.call = machine.function(self.kernel.text, name)
        self.inputs = [memory.source for memory in self.kernel.places.inputs]
        trace.nodes, trace.effects, trace.values = {}, [], {}

    def _argument(self, name: str, value: Any, n_trials: int) -> Any:
        trace, role = self.trace, role_of(name)
        if name == "step":
            return Traced(trace, trace.node("step", (), None, INTEGER, None), None)
        if role == "clock":
            return value
        if role in ("case", "register"):
            return np.asarray(value).view(Table)
        value = np.asarray(value)
        if role == "pulse" and not value.size:
            return value
        if value.dtype.name not in _KINDS:
            raise NotTraceable(f"{name} is of type {value.dtype}")
        axis = self._axis(name, value, n_trials)
        is_shared = role == "pulse" or value.strides[-1] == 0
        n_rows = value.size if role == "pulse" else int(np.prod(value.shape[:-1], dtype=int))
        kind, is_dated = _KINDS[value.dtype.name], role == "shock"
        memory = Memory(kind, n_rows, None if is_shared else axis, source=name, is_dated=is_dated)
        trace.inputs[name] = memory
        if role == "ledger":
            return Ledger(trace, memory, value.shape[:-1])
        cells = np.empty(n_rows, dtype=object)
        cells[:] = [trace.load(memory, row) for row in range(n_rows)]
        shape = value.shape if axis is None else (*value.shape[:-1], 1)
        return Traced(trace, cells.reshape(shape), axis)

    def _axis(self, name: str, value: Any, n_trials: int) -> Axis | None:
        if role_of(name) == "pulse":
            return None
        of_list = list_of(name)
        if of_list is None:
            if value.shape[-1] != n_trials:
                raise NotTraceable(f"{name} has no entry for each trial")
            return self.trials
        if of_list not in self.lists:
            self.lists[of_list] = self.trace.axis(of_list)
        return self.lists[of_list]

    def _output(self, name: str, value: Any) -> None:
        """Note that the kernel writes a variable; named terms are for explanations, which use NumPy."""
        if isinstance(value, dict):
            return
        if not isinstance(value, Traced) or value.axis is None:
            raise NotTraceable(f"{name} is not computed for each trial")
        of_list = list_of(name)
        if of_list is not None and self.lists.setdefault(of_list, value.axis) is not value.axis:
            raise NotTraceable(f"{name} has not the length of its list")
        cells, number = value.flat, len(self.memories)
        memory = _whole(cells, value.axis)
        if memory is None:
            kind = value.kind
            cells = tuple(converted(self.trace, cell, kind) for cell in cells)
            memory = Memory(kind, len(cells), value.axis)
            self.trace.effect("store", value.axis, memory, *cells)
        memory.output = number
        self.memories.append(memory)
        self.outputs.append(Output(name, value.cells.shape[:-1], memory.kind, value.axis))


def _whole(cells: tuple[Any, ...], axis: Axis) -> Memory | None:
    """Return the kernel's own memory of which these are all the rows, if so."""
    first = cells[0]
    if first.op != "load":
        return None
    memory: Memory = first.detail[0]
    is_whole = (
        not memory.source
        and memory.output is None
        and memory.axis is axis
        and memory.n_rows == len(cells)
        and all(c.op == "load" and c.detail == (memory, k, memory.version) for k, c in enumerate(cells))
    )
    return memory if is_whole else None


class Kernels:
    """The compiled stages of blocks of one size.

    Parameters
    ----------
    n_trials : int
        A multiple of LANES.
    """

    def __init__(self, n_trials: int) -> None:
        if n_trials % LANES:
            raise ValueError(f"{n_trials} trials are no multiple of {LANES}")
        self.n_trials = n_trials
        self._lock = threading.Lock()
        self._made: dict[Any, Compiled | None] = {}
        #: What has had the bits of NumPy in this process: kernels, and kinds of events of a case.
        self.compared: set[Any] = set()
        self._guards: dict[Any, set[Any]] = {}
        #: The decisions of all stages that parameters answer.
        self._asked: set[Any] = set()
        #: Stage -> why NumPy ran it.
        self.reasons: dict[str, str] = {}

    def answers(self, values: Values, known: dict[Any, bool], changed: frozenset[str]) -> dict[Any, bool]:
        """Return what parameters answer to the decisions that have been met so far.

        Parameters
        ----------
        values : dict
        known : dict
            Decision -> answer, before some parameters changed.
        changed : frozenset of str
            These.
        """
        with self._lock:
            asked = sorted(self._asked)
        return {
            guard: ask(values, guard) if guard[0] in changed or guard not in known else known[guard]
            for guard in asked
        }

    def of(
        self, stage: Stage, values: Values, constants: str, unread: frozenset[str] = frozenset()
    ) -> Compiled | None:
        """Return the kernel for what a stage is called with, or None where NumPy has to run it."""
        with self._lock:
            return self._of(stage, values, constants, unread)

    def _of(self, stage: Stage, values: Values, constants: str, unread: frozenset[str]) -> Compiled | None:
        signature = tuple(_signature(name, values[name]) for name in stage.reads)
        unread &= frozenset(stage.writes)
        key = (stage.function, constants, unread, signature)
        guards = self._guards.setdefault(stage.function, set())
        full = (*key, frozenset((guard, ask(values, guard)) for guard in guards))
        if full not in self._made:
            trace = Trace(values)
            made: Compiled | None = None
            try:
                made = Compiled(stage, trace, self.n_trials, unread)
            except NotTraceable as reason:
                self.reasons[stage.name] = str(reason)
            except machine.CannotCompile:
                raise
            except Exception as error:
                raise machine.CannotCompile(f"{stage.name}: {type(error).__name__}: {error}") from error
            # What was asked decides which kernel is the right one, also where there is none.
            guards.update(trace.guards)
            self._asked.update(guard for guard in trace.guards if role_of(guard[0]) == "parameter")
            full = (*key, frozenset((guard, ask(values, guard)) for guard in guards))
            self._made[full] = made
        return self._made[full]


def circumstances(stage: Stage, values: Values) -> tuple[Any, ...]:
    """Return what may differ from quarter to quarter and decides which kernel is the right one."""
    found: list[Any] = []
    for name, role in _varying(stage):
        if role == "clock":
            found.append(values[name])
        else:
            found += [np.shape(values[name]), bool(np.any(values[name]))]
    return tuple(found)


@cache
def _varying(stage: Stage) -> tuple[tuple[str, str], ...]:
    roles = [(name, role_of(name)) for name in stage.reads]
    return tuple(
        (name, role) for name, role in roles if role == "pulse" or (role == "clock" and name != "step")
    )


def _signature(name: str, value: Any) -> Any:
    """Return what a kernel depends on: not the numbers, but their arrangement."""
    role = role_of(name)
    if role == "clock":
        return 0 if name == "step" else value
    if role in ("case", "register"):
        return None
    if role == "pulse":
        return value.shape
    shape = value.shape if list_of(name) is None else value.shape[:-1]
    return shape, value.dtype.char, value.strides[-1] == 0 and value.shape[-1] > 1
