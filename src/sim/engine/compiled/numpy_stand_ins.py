"""Stand-ins for functions of NumPy, and for NumPy itself as traced mechanisms see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sim.engine.compiled.graph import INTEGER, NotTraceable, Trace
from sim.engine.compiled.traced import (
    FUNCTIONS,
    SymbolicLength,
    Table,
    Traced,
    chosen,
    last_axis,
    lifted,
    mapped,
    row_of,
    trace_of,
)


def _where(condition: Any, one: Any, other: Any) -> Traced:
    return mapped(trace_of(condition, one, other), chosen, condition, one, other)


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
    axis = shape[-1].axis if isinstance(shape[-1], SymbolicLength) else None
    trace = trace_of(x)
    cells = np.broadcast_to(lifted(trace, x), tuple(1 if isinstance(n, SymbolicLength) else n for n in shape))
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
        result: Traced = x[0]
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
    row, entry = (Traced(x.trace, row_of(node), axis) for node in x.trace.positions(axis))
    return row, entry


def _max_of(x: Traced, axis: int) -> Traced:
    return _reduced(np.maximum)(x, axis)


FUNCTIONS |= {
    np.any: Traced.any,
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
        if not isinstance(shape[-1], SymbolicLength):
            return np.zeros(shape, dtype)
        cells = np.full((*shape[:-1], 1), self._trace.constant(dtype(0)), dtype=object)
        return Traced(self._trace, cells, shape[-1].axis)

    def arange(self, stop: Any) -> Any:
        """Return 0, 1, 2, ..."""
        if not isinstance(stop, SymbolicLength):
            return np.arange(stop).view(Table)
        return Traced(
            self._trace, row_of(self._trace.node("position", (), None, INTEGER, stop.axis)), stop.axis
        )

    def broadcast_to(self, x: Any, shape: Any) -> Any:
        """Repeat along axes."""
        if isinstance(x, np.ndarray) and isinstance(shape[-1], SymbolicLength):
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
        if isinstance(times, SymbolicLength):
            if x.size:
                raise NotTraceable("numpy.repeat")
            return x
        return np.repeat(x, times, axis)
