"""What stands in for `sim.numerics` while a mechanism is traced.

Elementary functions are traced as they are written; only what works on lists and ledgers is replaced.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from sim.engine.compiled.graph import FLOAT, INTEGER, Memory, Node, NotTraceable, Trace
from sim.engine.compiled.numpy_stand_ins import Numpy
from sim.engine.compiled.traced import Ledger, Traced, converted, mapped, taken
from sim.numerics import durations, elementary, lists


def bound(function: Callable[..., Any], trace: Trace) -> Callable[..., Any]:
    """Return a function of a mechanism as it is, but with stand-ins for NumPy and `sim.numerics`."""
    rebound: Callable[..., Any] = _Binder(trace).bound(function)
    return rebound


class _Binder:
    """Rebinds the globals of functions, those of the modules that they come from included."""

    def __init__(self, trace: Trace) -> None:
        self._numpy = Numpy(trace)
        self._globals: dict[int, dict[str, Any]] = {}

    def bound(self, function: Any) -> Any:
        """Return a copy of a function that sees the stand-ins."""
        known = function.__globals__
        if id(known) not in self._globals:
            seen = self._globals[id(known)] = dict(known)
            for name, value in known.items():
                if value is np:
                    seen[name] = self._numpy
                elif isinstance(value, types.FunctionType):
                    seen[name] = self._function(value, known)
        copy = types.FunctionType(
            function.__code__, self._globals[id(known)], function.__name__, function.__defaults__
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        return copy

    def _function(self, value: Any, known: dict[str, Any]) -> Any:
        if value in _REPLACED:
            return _REPLACED[value]
        is_near = value.__globals__ is known or value.__module__.startswith("sim.numerics.")
        return self.bound(value) if is_near and not value.__closure__ else value


def _pick(x: Traced, trial: Traced, category: Traced | None = None) -> Traced:
    return taken(x, trial, category)


def _scatter(target: Any, index: tuple[Any, ...], values: Any) -> None:
    trace: Trace = target.trace
    memory = target.memory if isinstance(target, Ledger) else _own(target)
    (position,) = index[-1].flat
    row = _flat_row(index[:-1], target.shape[:-1])
    value = values if isinstance(values, Traced) else Traced(trace, trace.constant(float(values)), None)
    (amount,) = value.flat
    rows = () if row is None else (row,)
    trace.effect("scatter", position.axis, memory, position, converted(trace, amount, FLOAT), *rows)
    memory.version += 1
    if isinstance(target, Traced):
        _reload(target, memory)


def _in_turn(decide: Any, turn: Traced, memories: Any, lists: Any) -> Any:
    # A loop over a list takes one entry after another: what one adds in it, the next one finds.
    trace = turn.trace
    for target in memories:
        memory = trace.copy(target.flat, target.axis)
        memory.is_changeable = True
        _reload(target, memory)
    with trace.in_turn():
        return decide(*lists)


def _flat_row(index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Return the number of a row, from its indices."""
    if not index:
        return None
    row = index[0]
    for length, each in zip(shape[1:], index[1:], strict=True):
        row = row * length + each
    if isinstance(row, Traced):
        (node,) = row.flat
        return node
    raise NotTraceable("a known row of a scatter")


def _own(target: Traced) -> Memory:
    """Return memory that holds what an array holds, and that may be changed."""
    cells = target.flat
    first = cells[0]
    if first.op == "load" and not first.detail[0].source:
        memory: Memory = first.detail[0]
        if (
            memory.n_rows == len(cells)
            and (memory.version > 0 or memory.is_changeable)
            and all(
                cell.op == "load" and cell.detail == (memory, k, memory.version)
                for k, cell in enumerate(cells)
            )
        ):
            return memory
    if target.axis is None:
        raise NotTraceable("adding to what is the same for all")
    return target.trace.copy(cells, target.axis)


def _reload(target: Traced, memory: Memory) -> None:
    loads = np.empty(memory.n_rows, dtype=object)
    loads[:] = [target.trace.load(memory, k) for k in range(memory.n_rows)]
    target.cells[...] = loads.reshape(target.cells.shape)


def _spread(ledger: Ledger, first: Any, every: int, where: tuple[Any, ...], amount: Any, parts: Any) -> None:
    trace = ledger.trace
    (position,) = where[-1].flat
    row = _flat_row(where[:-1], ledger.shape[1:-1])
    (begin,), (value,), (number,) = first.flat, amount.flat, parts.flat
    part = trace.compute("div", FLOAT, value, converted(trace, number, FLOAT))
    trace.effect(
        "spread", position.axis, ledger.memory, position, row, begin, part, number,
        detail=(every, len(ledger), ledger.width),
    )  # fmt: skip
    ledger.memory.version += 1


def _withdraw(ledger: Ledger, since: Traced, share: Traced) -> Traced:
    trace, axis = ledger.trace, share.axis
    if axis is None or since.axis is not None:
        raise NotTraceable("a withdrawal that is the same for all")
    shares, first = trace.addressed(share.flat, axis)
    taken_out = Memory(FLOAT, len(share.flat), axis)
    trace.effect(
        "withdraw", axis, ledger.memory, since.cells[()],
        detail=(shares, first, taken_out, len(ledger), ledger.width // len(share.flat)),
    )  # fmt: skip
    ledger.memory.version += 1
    result = Traced(trace, np.empty((len(share.flat), 1), dtype=object), axis)
    _reload(result, taken_out)
    return result


def _postpone(ledger: Ledger, quarter: Traced, share: Traced) -> None:
    trace, axis = ledger.trace, share.axis
    if axis is None or quarter.axis is not None:
        raise NotTraceable("a delay that is the same for all")
    shares, first = trace.addressed(share.flat, axis)
    n_rows = len(share.flat)
    trace.effect(
        "postpone", axis, ledger.memory, quarter.cells[()],
        detail=(shares, first, n_rows, len(ledger) - 1, ledger.width // n_rows),
    )  # fmt: skip
    ledger.memory.version += 1


def _normal_quantile(u: Any) -> Any:
    """Both forms for every entry, and then a choice: there is no branch to take."""
    binder = _Binder(u.trace)
    centre, tail = binder.bound(elementary._centre_quantile), binder.bound(elementary._tail_quantile)
    q = u - 0.5
    is_tail: Any = np.abs(q) > elementary._CENTRE_HALF_WIDTH
    result: Any = np.where(is_tail, tail(q, u), centre(q))
    return result


def _normal_quantiles(*uniforms: Any) -> Any:
    return [_normal_quantile(u) for u in uniforms]


def _found(mask: Any) -> Any:
    return np.nonzero(mask)


def _at_once(function: Callable[[Any], Any], x: Any) -> Any:
    return function(x)


def _total(x: Any, axis: int = 0) -> Any:
    if not isinstance(x, Traced):
        return elementary.total(x, axis)
    return _Binder(x.trace).bound(elementary.by_rows)(x, axis)


def _running_total(x: Any) -> Any:
    return np.cumsum(x, axis=0)


def _greatest(x: Any) -> Any:
    return np.max(x, axis=0)


def _count(x: Any) -> Any:
    return np.count_nonzero(x, axis=0)


def _whole(duration: Any, least: int = 0) -> Any:
    if not isinstance(duration, Traced):
        return durations.whole(duration, least)
    limits = (least, durations.LONGEST)

    def apply(trace: Trace, x: Node) -> Node:
        return trace.node("whole", (converted(trace, x, FLOAT),), limits, INTEGER, x.axis)

    return mapped(duration.trace, apply, duration)


_REPLACED: dict[Any, Callable[..., Any]] = {
    lists.found: _found,
    lists.pick: _pick,
    lists.scatter: _scatter,
    lists.in_turn: _in_turn,
    lists.enter_in_parts: _spread,
    lists.withdraw: _withdraw,
    lists.postpone: _postpone,
    durations.whole: _whole,
    elementary.count: _count,
    elementary.greatest: _greatest,
    elementary.in_pieces: _at_once,
    elementary.normal_quantile: _normal_quantile,
    elementary.normal_quantiles: _normal_quantiles,
    elementary.running_total: _running_total,
    elementary.total: _total,
}
