"""Stand-ins for arrays that note what is done with them.

A `Traced` holds one node for each entry of the leading axes; its last axis is written as one entry, so that
NumPy itself does the indexing and broadcasting of leading axes. A `Ledger` is memory changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from sim.engine.compiled.graph import FLOAT, INTEGER, TRUTH, Axis, Memory, Node, NotTraceable, Trace

_PROMOTED = {TRUTH: 0, INTEGER: 1, FLOAT: 2}
_COMPARISONS = {
    np.less: "lt",
    np.less_equal: "le",
    np.greater: "gt",
    np.greater_equal: "ge",
    np.equal: "eq",
    np.not_equal: "ne",
}
_ARITHMETIC = {
    np.add: "add",
    np.subtract: "sub",
    np.multiply: "mul",
    np.maximum: "max",
    np.minimum: "min",
    np.remainder: "rem",
}
_LOGIC = {np.bitwise_and: "and", np.bitwise_or: "or", np.logical_and: "and", np.logical_or: "or"}
_ONE = {np.floor: "floor", np.sqrt: "sqrt"}


#: Functions of NumPy as `stand_ins` writes them.
FUNCTIONS: dict[Any, Callable[..., Any]] = {}


class SymbolicLength(int):
    """The length of an axis that is not known: a number that knows its axis."""

    axis: Axis

    def __new__(cls, axis: Axis) -> SymbolicLength:
        """Return a length; its value has no meaning but differs between axes."""
        made = super().__new__(cls, 1_000_003 + axis.number)
        made.axis = axis
        return made


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of nodes.

    Parameters
    ----------
    trace : Trace
    cells : ndarray of Node
        Shape (*leading axes, 1), or (*leading axes) where `axis` is None.
    axis : Axis or None
        What the last axis runs over.
    """

    def __init__(self, trace: Trace, cells: Any, axis: Axis | None) -> None:
        self.trace, self.axis = trace, axis
        if not isinstance(cells, np.ndarray):
            held = np.empty((), dtype=object)
            held[()] = cells
            cells = held
        self.cells: Any = cells

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes; that of the last is a `SymbolicLength`."""
        shape: tuple[int, ...] = self.cells.shape
        return shape if self.axis is None else (*shape[:-1], SymbolicLength(self.axis))

    @property
    def size(self) -> int:
        """Length of an array of one axis."""
        if len(self.shape) != 1:
            raise NotTraceable("size of an array of more axes than one")
        return self.shape[0]

    @property
    def flat(self) -> tuple[Node, ...]:
        """The nodes in order."""
        return tuple(self.cells.ravel())

    @property
    def kind(self) -> str:
        """Kind of number."""
        return max((cell.kind for cell in self.flat), key=_PROMOTED.__getitem__, default=FLOAT)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Traced]:
        return (self[k] for k in range(len(self.cells)))

    def __bool__(self) -> bool:
        raise NotTraceable("a decision that depends on what was computed")

    __index__ = __int__ = __float__ = __array__ = __bool__

    def any(self) -> bool:
        """Whether any entry holds: the answer is part of what a kernel is made for."""
        return self.trace.holds(self.flat)

    def astype(self, dtype: Any) -> Traced:
        """Convert to another kind of number."""
        if dtype is np.int32:
            return mapped(self.trace, lambda t, x: t.compute("small", INTEGER, x), self)
        kind = {float: FLOAT, int: INTEGER}[dtype]
        return mapped(self.trace, lambda t, x: converted(t, x, kind), self)

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if not any(isinstance(each, Traced) for each in keys):
            return Traced(self.trace, self.cells[key], self.axis)
        return picked(self, keys)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.cells[key] = lifted(self.trace, value)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if method != "__call__" or options:
            raise NotTraceable(f"{ufunc.__name__}.{method}")
        result = _ufunc(self.trace, ufunc, inputs)
        if out is None:
            return result
        if not isinstance(out[0], Traced):
            raise NotTraceable("changing a known array in place")
        out[0].cells[...] = result.cells
        out[0].axis = out[0].axis or result.axis
        return out[0]

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function not in FUNCTIONS:
            raise NotTraceable(f"numpy.{function.__name__}")
        return FUNCTIONS[function](*args, **options)


class Ledger:
    """Memory of shape (due, *leading axes, trial) that is changed in place."""

    def __init__(self, trace: Trace, memory: Memory, shape: tuple[int, ...]) -> None:
        self.trace, self.memory = trace, memory
        self.shape = (*shape, SymbolicLength(memory.axis)) if memory.axis else shape

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def width(self) -> int:
        """Rows of one quarter."""
        return int(np.prod(self.shape[1:-1], dtype=int))

    def __getitem__(self, key: Any) -> Traced:
        first = self._first(key)
        cells = []
        for k in range(self.width):
            node = self.trace.node(
                "read", (first,), (self.memory, k, len(self.trace.effects)), FLOAT, self.memory.axis
            )
            cells.append(node)
        self.trace.effect("read", self.memory.axis, self.memory, *cells)
        held = np.empty(len(cells), dtype=object)
        held[:] = cells
        return Traced(self.trace, held.reshape(*self.shape[1:-1], 1), self.memory.axis)

    def __setitem__(self, key: Any, value: Any) -> None:
        cells = np.broadcast_to(lifted(self.trace, value), (*self.shape[1:-1], 1))
        first = self._first(key)
        self.trace.effect("write", self.memory.axis, self.memory, first, *cells.ravel())

    def _first(self, key: Any) -> Node:
        """Return the number of the first row of a quarter."""
        if not (isinstance(key, Traced) and key.axis is None and key.cells.shape == ()):
            raise NotTraceable("a ledger by other than one quarter")
        width = self.trace.constant(self.width)
        return self.trace.compute("mul", INTEGER, key.cells[()], width)


def converted(trace: Trace, node: Node, kind: str) -> Node:
    """Return a node as another kind of number."""
    return node if node.kind == kind else trace.compute(f"to {kind}", kind, node)


def lifted(trace: Trace, value: Any) -> Any:
    """Return the cells of anything that stands for an array."""
    if isinstance(value, Traced):
        return value.cells
    if isinstance(value, np.ndarray):
        made = np.empty(value.shape, dtype=object)
        made.ravel()[:] = [trace.constant(each) for each in value.ravel().tolist()]
        return made
    return np.array(trace.constant(value), dtype=object)


def last_axis(*values: Any) -> Axis | None:
    """Return what the last axis of the result of an operation runs over."""
    axes = {value.axis for value in values if isinstance(value, Traced)} - {None}
    if len(axes) > 1:
        raise NotTraceable("arrays of different axes in one operation")
    return axes.pop() if axes else None


def mapped(trace: Trace, function: Callable[..., Node], *values: Any) -> Traced:
    """Apply a function of nodes to arrays, entry by entry."""
    cells = [lifted(trace, value) for value in values]
    made = np.frompyfunc(lambda *nodes: function(trace, *nodes), len(cells), 1)(*cells)
    return Traced(trace, made, last_axis(*values))


def _arithmetic(op: str) -> Callable[..., Node]:
    def apply(trace: Trace, *nodes: Node) -> Node:
        kind = max((node.kind for node in nodes), key=_PROMOTED.__getitem__)
        if kind == TRUTH:
            kind = INTEGER
        if op == "rem" and kind == FLOAT:
            raise NotTraceable("a remainder of numbers that are not whole")
        return trace.compute(op, kind, *(converted(trace, node, kind) for node in nodes))

    return apply


def _in_floats(op: str) -> Callable[..., Node]:
    return lambda trace, *nodes: trace.compute(op, FLOAT, *(converted(trace, x, FLOAT) for x in nodes))


def _comparison(op: str) -> Callable[..., Node]:
    def apply(trace: Trace, *nodes: Node) -> Node:
        kind = max((node.kind for node in nodes), key=_PROMOTED.__getitem__)
        kind = INTEGER if kind == TRUTH else kind
        return trace.compute(op, TRUTH, *(converted(trace, node, kind) for node in nodes))

    return apply


def _logic(op: str) -> Callable[..., Node]:
    def apply(trace: Trace, *nodes: Node) -> Node:
        if any(node.kind != TRUTH for node in nodes):
            raise NotTraceable("logic on numbers")
        return trace.compute(op, TRUTH, *nodes)

    return apply


def chosen(trace: Trace, condition: Node, one: Node, other: Node) -> Node:
    """Return one or the other."""
    kind = max(one.kind, other.kind, key=_PROMOTED.__getitem__)
    return trace.compute(
        "select", kind, condition, converted(trace, one, kind), converted(trace, other, kind)
    )


def _ufunc(trace: Trace, ufunc: Any, inputs: Sequence[Any]) -> Any:
    if ufunc in _COMPARISONS:
        return mapped(trace, _comparison(_COMPARISONS[ufunc]), *inputs)
    if ufunc in _ARITHMETIC:
        return mapped(trace, _arithmetic(_ARITHMETIC[ufunc]), *inputs)
    if ufunc in _LOGIC:
        return mapped(trace, _logic(_LOGIC[ufunc]), *inputs)
    if ufunc is np.true_divide:
        return mapped(trace, _in_floats("div"), *inputs)
    if ufunc in _ONE:
        return mapped(trace, _in_floats(_ONE[ufunc]), *inputs)
    if ufunc in (np.negative, np.absolute):
        return mapped(trace, _arithmetic("neg" if ufunc is np.negative else "abs"), *inputs)
    if ufunc in (np.invert, np.logical_not):
        return mapped(trace, _logic("not"), *inputs)
    if ufunc is np.ldexp:
        return mapped(trace, lambda t, x, k: t.compute("ldexp", FLOAT, x, k), *inputs)
    if ufunc is np.frexp:
        return (
            mapped(trace, lambda t, x: t.compute("mantissa", FLOAT, x), *inputs),
            mapped(trace, lambda t, x: t.compute("exponent", INTEGER, x), *inputs),
        )
    raise NotTraceable(f"numpy.{ufunc.__name__}")


def trace_of(*values: Any) -> Trace:
    """Return the trace that arrays belong to."""
    return next(value.trace for value in values if isinstance(value, Traced | Ledger))


# ---------------------------------------------------------------------- indexing by what was computed


def picked(x: Traced, keys: tuple[Any, ...]) -> Traced:
    """Return entries of an array by traced indices, one for each of its axes or for the last only."""
    trace, (*lead, last) = x.trace, keys
    if last.kind == TRUTH:
        if lead or last.flat[0].axis is None:
            raise NotTraceable("a selection by what is the same for all")
        return selected(x, last)
    if not lead or all(isinstance(each, slice) and each == slice(None) for each in lead):
        return taken(x, last, None)
    if not all(isinstance(each, Traced) for each in lead) or len(keys) != len(x.shape):
        raise NotTraceable("an index that mixes known and computed")
    row = lead[0]
    for length, each in zip(x.shape[1:-1], lead[1:], strict=True):
        row = row * length + each
    cells = Traced(trace, x.cells.reshape(-1, 1), x.axis)
    result: Traced = taken(cells[None], last, row)[0]
    return result


def taken(x: Traced, position: Traced, row: Traced | None) -> Traced:
    """Return the entries of x at positions of its last axis; where given, `row` indexes the axis before."""
    trace, axis = x.trace, position.axis
    (place,) = position.flat
    if x.axis is None:
        raise NotTraceable("an index into an array without an axis")
    if row is None:
        made = [_at(trace, x.axis, (cell,), None, place) for cell in x.flat]
        lead = x.cells.shape[:-1]
    else:
        (further,) = row.flat
        lead = x.cells.shape[:-2]
        groups = x.cells.reshape(-1, x.cells.shape[-2])
        made = [_at(trace, x.axis, tuple(group), further, place) for group in groups]
    cells = np.empty(len(made), dtype=object)
    cells[:] = made
    return Traced(trace, cells.reshape(*lead, 1), axis)


def _at(trace: Trace, axis: Axis, cells: tuple[Node, ...], row: Node | None, position: Node) -> Node:
    """Return the entry of one cell, or of that of several which `row` says, at a position."""
    if all(cell is cells[0] for cell in cells) and cells[0].axis is None:
        return cells[0]
    memory, first = trace.addressed(cells, axis)
    return trace.fetch(memory, first, row, position)


def selected(x: Traced, mask: Traced) -> Traced:
    """Return the entries of a list for which something holds."""
    axis = x.trace.selection(mask.flat[0])
    (position,) = x.trace.positions(axis)
    if x.axis is not mask.axis:
        raise NotTraceable("a selection by another list")
    return taken(x, Traced(x.trace, row_of(position), axis), None)


def row_of(*nodes: Node) -> Any:
    """Return nodes as cells of arrays of one number for each trial or entry."""
    cells = np.empty((len(nodes), 1), dtype=object)
    cells[:, 0] = nodes
    return cells[0] if len(nodes) == 1 else cells


class Table(np.ndarray):
    """A known array that may be indexed, on its last axis, by what was computed."""

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if not any(isinstance(each, Traced) for each in keys):
            return super().__getitem__(key)
        *lead, index = keys
        if len(keys) != self.ndim or any(each != slice(None) for each in lead):
            raise NotTraceable("a table indexed on other than its last axis")
        rows = [tuple(row.tolist()) for row in np.asarray(self).reshape(-1, self.shape[-1])]
        made = [_looked_up(row, index) for row in rows]
        cells = np.stack([each.cells for each in made]).reshape(*self.shape[:-1], *index.cells.shape)
        return Traced(index.trace, cells, index.axis)


def _looked_up(row: tuple[Any, ...], index: Traced) -> Traced:
    return mapped(index.trace, lambda t, k: t.node("table", (k,), row, _kind(row), k.axis), index)


def _kind(row: Sequence[Any]) -> str:
    return {bool: TRUTH, int: INTEGER, float: FLOAT}[type(row[0])]
