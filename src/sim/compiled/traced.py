"""Stand-ins for arrays that note what is done with them, and for NumPy as mechanisms use it.

A `Traced` holds one node for each entry of the leading axes; its last axis is written as one entry, so that
NumPy itself does the indexing and broadcasting of leading axes. A `Ledger` is memory that is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from sim.compiled.graph import FLOAT, INTEGER, TRUTH, Axis, Memory, Node, NotTraceable, Trace

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


class Length(int):
    """The length of an axis that is not known: a number that knows its axis."""

    axis: Axis

    def __new__(cls, axis: Axis) -> Length:
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
        """Lengths of the axes; that of the last is a `Length`."""
        shape: tuple[int, ...] = self.cells.shape
        return shape if self.axis is None else (*shape[:-1], Length(self.axis))

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

    __index__ = __int__ = __float__ = __array__ = __bool__  # type: ignore[assignment]

    def astype(self, dtype: Any) -> Traced:
        """Convert to another kind of number."""
        if dtype is np.int32:
            return _map(self.trace, lambda t, x: t.compute("small", INTEGER, x), self)
        kind = {float: FLOAT, int: INTEGER}[dtype]
        return _map(self.trace, lambda t, x: converted(t, x, kind), self)

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
        if function not in _FUNCTIONS:
            raise NotTraceable(f"numpy.{function.__name__}")
        return _FUNCTIONS[function](*args, **options)


class Ledger:
    """Memory of shape (due, *leading axes, trial) that is changed in place."""

    def __init__(self, trace: Trace, memory: Memory, shape: tuple[int, ...]) -> None:
        self.trace, self.memory = trace, memory
        self.shape = (*shape, Length(memory.axis)) if memory.axis else shape

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


def _map(trace: Trace, function: Callable[..., Node], *values: Any) -> Traced:
    """Apply a function of nodes to arrays, entry by entry."""
    cells = [lifted(trace, value) for value in values]
    made = np.frompyfunc(lambda *nodes: function(trace, *nodes), len(cells), 1)(*cells)
    return Traced(trace, made, last_axis(*values))


def _arithmetic(op: str) -> Callable[..., Node]:
    def apply(trace: Trace, *nodes: Node) -> Node:
        kind = max((node.kind for node in nodes), key=_PROMOTED.__getitem__)
        if kind == TRUTH:
            kind = INTEGER
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


def _select(trace: Trace, condition: Node, one: Node, other: Node) -> Node:
    kind = max(one.kind, other.kind, key=_PROMOTED.__getitem__)
    return trace.compute(
        "select", kind, condition, converted(trace, one, kind), converted(trace, other, kind)
    )


def _ufunc(trace: Trace, ufunc: Any, inputs: Sequence[Any]) -> Any:
    if ufunc in _COMPARISONS:
        return _map(trace, _comparison(_COMPARISONS[ufunc]), *inputs)
    if ufunc in _ARITHMETIC:
        return _map(trace, _arithmetic(_ARITHMETIC[ufunc]), *inputs)
    if ufunc in _LOGIC:
        return _map(trace, _logic(_LOGIC[ufunc]), *inputs)
    if ufunc is np.true_divide:
        return _map(trace, _in_floats("div"), *inputs)
    if ufunc in _ONE:
        return _map(trace, _in_floats(_ONE[ufunc]), *inputs)
    if ufunc in (np.negative, np.absolute):
        return _map(trace, _arithmetic("neg" if ufunc is np.negative else "abs"), *inputs)
    if ufunc in (np.invert, np.logical_not):
        return _map(trace, _logic("not"), *inputs)
    if ufunc is np.ldexp:
        return _map(trace, lambda t, x, k: t.compute("ldexp", FLOAT, x, k), *inputs)
    if ufunc is np.frexp:
        return (
            _map(trace, lambda t, x: t.compute("mantissa", FLOAT, x), *inputs),
            _map(trace, lambda t, x: t.compute("exponent", INTEGER, x), *inputs),
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
    return taken(cells[None], last, row)[0]


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
    return taken(x, Traced(x.trace, _row(position), axis), None)


def _row(*nodes: Node) -> Any:
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
        rows = np.asarray(self).reshape(-1, self.shape[-1])
        made = [
            _map(
                index.trace,
                lambda t, k, row=tuple(row.tolist()): t.node("table", (k,), row, _kind(row), k.axis),
                index,
            )
            for row in rows
        ]
        cells = np.stack([each.cells for each in made]).reshape(*self.shape[:-1], *index.cells.shape)
        return Traced(index.trace, cells, index.axis)


def _kind(row: Sequence[Any]) -> str:
    return {bool: TRUTH, int: INTEGER, float: FLOAT}[type(row[0])]


# ---------------------------------------------------------------------- functions of NumPy


def _where(condition: Any, one: Any, other: Any) -> Traced:
    return _map(trace_of(condition, one, other), _select, condition, one, other)


def _stack(arrays: Sequence[Any], axis: int = 0) -> Traced:
    return _joined(np.stack, arrays, axis)


def _concatenate(arrays: Sequence[Any], axis: int = 0) -> Traced:
    listed = [each for each in arrays if isinstance(each, Traced)]
    if listed[0].cells.ndim == 1:
        # Lists can only be joined with what is empty.
        if len(listed) != 1 or any(np.size(each) for each in arrays if each is not listed[0]):
            raise NotTraceable("joining lists")
        return listed[0]
    return _joined(np.concatenate, arrays, axis)


def _joined(function: Any, arrays: Sequence[Any], axis: int) -> Traced:
    if axis != 0:
        raise NotTraceable("joining along another axis than the first")
    trace = trace_of(*arrays)
    return Traced(trace, function([lifted(trace, each) for each in arrays]), last_axis(*arrays))


def _broadcast_to(x: Any, shape: tuple[int, ...]) -> Traced:
    axis = shape[-1].axis if isinstance(shape[-1], Length) else None
    trace = trace_of(x)
    cells = np.broadcast_to(lifted(trace, x), tuple(1 if isinstance(n, Length) else n for n in shape))
    return Traced(trace, cells, axis)


def _broadcast_arrays(*arrays: Any) -> list[Traced]:
    trace, axis = trace_of(*arrays), last_axis(*arrays)
    cells = np.broadcast_arrays(*(lifted(trace, each) for each in arrays))
    return [Traced(trace, each, axis) for each in cells]


def _like(x: Traced, value: Any) -> Traced:
    cells = np.full(x.cells.shape, x.trace.constant(value), dtype=object)
    return Traced(x.trace, cells, x.axis)


def _cumulated(x: Traced, axis: int) -> Traced:
    rows = [x[0]]
    for row in list(x)[1:]:
        rows.append(rows[-1] + row)
    return _stack(rows)


def _reduced(function: Any) -> Callable[..., Traced]:
    def reduce(x: Traced, axis: int) -> Traced:
        if axis != 0:
            raise NotTraceable("reducing another axis than the first")
        result = x[0]
        for row in list(x)[1:]:
            result = function(result, row)
        return result

    return reduce


def _count(x: Traced, axis: int) -> Traced:
    return _reduced(np.add)(x.astype(int), axis)


def _choices(conditions: Sequence[Any], values: Sequence[Any], default: Any) -> Any:
    for condition, value in zip(conditions[::-1], values[::-1], strict=True):
        default = _where(condition, value, default)
    return default


def _found(x: Traced) -> tuple[Traced, Traced]:
    if x.axis is None or x.cells.ndim != 2:
        raise NotTraceable("nonzero of other than rows")
    axis = x.trace.found(x.flat, x.axis)
    row, entry = (Traced(x.trace, _row(node), axis) for node in x.trace.positions(axis))
    return row, entry


def _any(x: Traced) -> bool:
    return x.trace.holds(x.flat)


def _max_of(x: Traced, axis: int) -> Traced:
    return _reduced(np.maximum)(x, axis)


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.any: _any,
    np.broadcast_arrays: _broadcast_arrays,
    np.broadcast_to: _broadcast_to,
    np.concatenate: _concatenate,
    np.count_nonzero: _count,
    np.cumsum: _cumulated,
    np.full_like: _like,
    np.max: _max_of,
    np.moveaxis: lambda x, one, other: Traced(x.trace, np.moveaxis(x.cells, one, other), x.axis),
    np.nonzero: _found,
    np.ones_like: lambda x: _like(x, 1.0),
    np.select: _choices,
    np.stack: _stack,
    np.where: _where,
    np.zeros_like: lambda x: _like(x, 0.0),
}


class Numpy:
    """NumPy as traced mechanisms see it: what makes arrays makes stand-ins where lengths are not known."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def array(self, x: Any, dtype: Any = None) -> Any:
        """Copy an array."""
        if not isinstance(x, Traced):
            return np.array(x, dtype).view(Table)
        copy = Traced(x.trace, np.array(x.cells), x.axis)
        return copy if dtype is None else copy.astype(dtype)

    def zeros(self, shape: Any, dtype: Any = float) -> Any:
        """Return zeros."""
        shape = shape if isinstance(shape, tuple) else (shape,)
        if not isinstance(shape[-1], Length):
            return np.zeros(shape, dtype)
        cells = np.full((*shape[:-1], 1), self._trace.constant(dtype(0)), dtype=object)
        return Traced(self._trace, cells, shape[-1].axis)

    def arange(self, stop: Any) -> Any:
        """Return 0, 1, 2, ..."""
        if not isinstance(stop, Length):
            return np.arange(stop).view(Table)
        return Traced(
            self._trace, _row(self._trace.node("position", (), None, INTEGER, stop.axis)), stop.axis
        )

    def broadcast_to(self, x: Any, shape: Any) -> Any:
        """Repeat along axes."""
        if isinstance(x, np.ndarray) and isinstance(shape[-1], Length):
            x = Traced(self._trace, lifted(self._trace, x), None)
        return np.broadcast_to(x, shape)

    def tile(self, x: Any, times: int) -> Any:
        """Repeat a list; traced, only no times."""
        if isinstance(x, Traced):
            if times:
                raise NotTraceable("numpy.tile")
            return np.zeros(0)
        return np.tile(x, times)

    def repeat(self, x: Any, times: Any, axis: int) -> Any:
        """Repeat entries; traced, only of what is empty."""
        if isinstance(times, Length):
            if x.size:
                raise NotTraceable("numpy.repeat")
            return x
        return np.repeat(x, times, axis)
