"""What a mechanism computes, as a graph: nodes that are numbers along an axis, and effects on memory.

A node stands for one number of each trial (or of each entry of a list of deals); leading axes of arrays are
written out, so an array of suppliers is that many nodes. Nodes are equal if and only if they are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.vocabulary.variables import GLOSSARY

#: Kinds of numbers: double, 64-bit integer, truth value.
FLOAT, INTEGER, TRUTH = "f", "i", "b"


class NotTraceable(Exception):
    """A mechanism does what has no compiled form; NumPy runs it."""


@dataclass(eq=False)
class Axis:
    """What the last axis of an array runs over: the trials of the block, or the entries of a list."""

    name: str
    number: int
    parent: Axis | None = None


@dataclass(eq=False)
class Memory:
    """Rows of numbers along an axis: an input, an output, or room of the kernel's own.

    Parameters
    ----------
    kind : str
        Of number.
    n_rows : int
    axis : Axis or None
        None where each row is one number that all trials share.
    source : str
        Name of the input; empty for the kernel's own.
    is_dated : bool
        Whether the rows of each quarter follow those of the quarter before; the first quarter's are given.
    is_changeable : bool
        Whether it was made to be added to.
    """

    kind: str
    n_rows: int
    axis: Axis | None
    source: str = ""
    is_dated: bool = False
    is_changeable: bool = False
    version: int = 0
    output: int | None = None


@dataclass(eq=False, slots=True)
class Node:
    """One number of each trial, or of each entry of a list, or (axis None) of all."""

    op: str
    args: tuple[Node, ...]
    detail: Any
    kind: str
    axis: Axis | None


@dataclass(eq=False)
class Effect:
    """Something done to memory, in its turn: `what` to `memory` with `nodes`, for all entries of `axis`.

    Effects with the same `shared` share a loop, in which each entry of a list finds what those before it did.
    """

    what: str
    axis: Axis | None
    memory: Memory | None
    nodes: tuple[Node, ...]
    detail: Any = None
    shared: int | None = None


@dataclass
class Trace:
    """What has been noted of one call of a stage."""

    values: dict[str, Any]
    nodes: dict[Any, Node] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    axes: list[Axis] = field(default_factory=list)
    inputs: dict[str, Memory] = field(default_factory=dict)
    guards: dict[tuple[str, tuple[int, ...]], bool] = field(default_factory=dict)
    _shared: int | None = None
    _copies: dict[tuple[Node, ...], Memory] = field(default_factory=dict)
    _selections: dict[Node, Axis] = field(default_factory=dict)
    _index: dict[Axis, tuple[Memory, ...]] = field(default_factory=dict)

    def axis(self, name: str, parent: Axis | None = None) -> Axis:
        """Return a new axis."""
        self.axes.append(Axis(name, len(self.axes), parent))
        return self.axes[-1]

    def node(self, op: str, args: tuple[Node, ...], detail: Any, kind: str, axis: Axis | None) -> Node:
        """Return the node with this meaning, the same one each time."""
        key = (op, tuple(map(id, args)), detail, kind, axis)
        if key not in self.nodes:
            self.nodes[key] = Node(op, args, detail, kind, axis)
        return self.nodes[key]

    def constant(self, value: Any) -> Node:
        """Return a number that is known."""
        if isinstance(value, Node):
            return value
        if isinstance(value, bool | np.bool_):
            return self.node("constant", (), bool(value), TRUTH, None)
        if isinstance(value, int | np.integer):
            return self.node("constant", (), int(value), INTEGER, None)
        # By its bits: 0.0 and -0.0 are equal and not the same.
        return self.node("constant", (), float(value).hex(), FLOAT, None)

    def compute(self, op: str, kind: str, *args: Node) -> Node:
        """Return an operation on numbers of one axis."""
        axes = {arg.axis for arg in args} - {None}
        if len(axes) > 1:
            raise NotTraceable("numbers of different axes in one operation")
        return self.node(op, args, None, kind, axes.pop() if axes else None)

    def load(self, memory: Memory, row: int) -> Node:
        """Return a row of memory as it is now."""
        return self.node("load", (), (memory, row, memory.version), memory.kind, memory.axis)

    def fetch(self, memory: Memory, first_row: int, row: Node | None, position: Node) -> Node:
        """Return the entries at a position of a row, or of as many rows further on as `row` says."""
        args = (position,) if row is None else (position, row)
        axes = {arg.axis for arg in args} - {None}
        if len(axes) != 1:
            raise NotTraceable("an entry without an axis")
        return self.node("fetch", args, (memory, first_row, memory.version), memory.kind, axes.pop())

    def effect(
        self, what: str, axis: Axis | None, memory: Memory | None, *nodes: Node, detail: Any = None
    ) -> None:
        """Note an effect."""
        shared = self._shared if what == "scatter" else None
        self.effects.append(Effect(what, axis, memory, nodes, detail, shared))

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Let the entries of a list that are added to memory share one loop."""
        self._shared = len(self.effects)
        yield
        self._shared = None

    def addressed(self, cells: tuple[Node, ...], axis: Axis) -> tuple[Memory, int]:
        """Return memory whose rows, from the one that is also returned, hold these nodes."""
        first = cells[0]
        if first.op == "load":
            memory, row, version = first.detail
            if version == memory.version and all(
                cell.op == "load" and cell.detail == (memory, row + k, version)
                for k, cell in enumerate(cells)
            ):
                return memory, row
        if cells not in self._copies:
            self._copies[cells] = self.copy(cells, axis)
        return self._copies[cells], 0

    def copy(self, cells: tuple[Node, ...], axis: Axis) -> Memory:
        """Return memory of the kernel's own, filled with nodes."""
        memory = Memory(cells[0].kind, len(cells), axis)
        self.effect("store", axis, memory, *cells)
        return memory

    def selection(self, mask: Node) -> Axis:
        """Return the axis of the entries of a list for which something holds."""
        if mask not in self._selections:
            axis = self.axis("selection", mask.axis)
            self._selections[mask] = axis
            index = Memory(INTEGER, 1, axis)
            self._index[axis] = (index,)
            self.effect("select", mask.axis, index, mask, detail=axis)
        return self._selections[mask]

    def positions(self, axis: Axis) -> tuple[Node, ...]:
        """Return the index of each entry of an axis that was made here: where it was found."""
        return tuple(self.load(memory, 0) for memory in self._index[axis])

    def found(self, cells: tuple[Node, ...], axis: Axis) -> Axis:
        """Return the axis of all pairs (row, entry) for which something holds, row by row."""
        made = self.axis("found")
        rows, entries = (Memory(INTEGER, 1, made) for _ in range(2))
        self._index[made] = (rows, entries)
        self.effect("find", axis, self.copy(cells, axis), detail=(made, rows, entries))
        return made

    def holds(self, cells: tuple[Node, ...]) -> bool:
        """Answer whether anything given is non-zero, and note that the answer was used."""
        needed: dict[str, list[int]] = {}
        for cell in cells:
            if cell.op == "constant":
                if float.fromhex(cell.detail) if cell.kind == FLOAT else cell.detail:
                    return True
                continue
            if cell.op not in ("load", "fetch"):
                raise NotTraceable("a decision that depends on what was computed")
            memory, row, _ = cell.detail
            if not memory.source or len(cell.args) > 1 or not _is_given(memory.source):
                raise NotTraceable("a decision that depends on what was computed")
            needed.setdefault(memory.source, []).append(row)
        answer = False
        for name, which in needed.items():
            guard = (name, tuple(which))
            self.guards[guard] = ask(self.values, guard)
            answer |= self.guards[guard]
        return answer


def _is_given(name: str) -> bool:
    """Whether an input is a parameter or comes from an event: what it is, is known before the quarter."""
    return name not in GLOSSARY or GLOSSARY[name].role == "pulse"


def rows(name: str, value: Any) -> Any:
    """Return an input as rows, one for each entry of its leading axes, with an entry per trial or one."""
    value = np.asarray(value)
    if name in GLOSSARY and GLOSSARY[name].role == "pulse":
        return value.reshape(-1, 1)
    if value.strides[-1] == 0:
        value = value[..., :1]
    return value.reshape(-1, value.shape[-1])


def ask(values: dict[str, Any], guard: tuple[str, tuple[int, ...]]) -> bool:
    """Answer whether any entry of some rows of an input is non-zero."""
    name, which = guard
    return bool(np.any(rows(name, values[name])[list(which)]))
