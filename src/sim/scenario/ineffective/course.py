"""The parameters of a scenario over its quarters, as events leave them and as the model reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.parameter.elements import Element
from sim.parameter.parameter_set import ParameterSet
from sim.scenario import timeline, when_read
from sim.scenario.events import Event
from sim.scenario.timeline import Change
from sim.vocabulary.axes import QUARTERS, Array, BoolArray
from sim.vocabulary.dates import Quarter

if TYPE_CHECKING:
    from sim.case.case import Case


@dataclass(frozen=True)
class Signal:
    """An element as the model finds it, by step: one value, or a scaled and shifted draw."""

    is_fixed: BoolArray
    value: Array
    scale: Array
    shift: Array
    source: object

    def is_same(self, other: Signal, steps: BoolArray) -> bool:
        """Whether the model reads the same in both at these steps."""
        as_values = self.is_fixed & other.is_fixed & (self.value == other.value)
        as_draws = ~self.is_fixed & ~other.is_fixed & (self.scale == other.scale)
        as_draws &= (self.shift == other.shift) & (self.source == other.source)
        return bool(np.all((as_values | as_draws)[steps]))


class Course:
    """The parameters of a scenario over its quarters, as events leave them.

    Parameters
    ----------
    case, parameters, events, start, n_steps
        Those of the scenario.
    """

    def __init__(
        self, case: Case, parameters: ParameterSet, events: Iterable[Event], start: Quarter, n_steps: int
    ) -> None:
        self.case, self.parameters, self.start, self.n_steps = case, parameters, start, n_steps
        self.events = tuple(events)
        self._changes: dict[str, Change] = {}

    def events_on(self, fullname: str) -> tuple[Event, ...]:
        """Return the events that change a parameter."""
        return tuple(e for e in self.events if e.target is not None and e.target.variable == fullname)

    def change(self, fullname: str) -> Change:
        """Return what all events make of a parameter."""
        if fullname not in self._changes:
            self._changes[fullname] = self.change_by(self.events_on(fullname), fullname)
        return self._changes[fullname]

    def change_by(self, events: Iterable[Event], fullname: str) -> Change:
        """Return what some events make of a parameter."""
        return timeline.change_by(events, self.parameters, fullname, self.start, self.n_steps)

    def signal(self, element: Element, change: Change) -> Signal:
        """Return an element by step under a change."""
        name = f"{element.mechanism}.{element.name}"
        index: Any = (slice(None), *self.index(element, name))
        scale, shift = change.scale[index], change.shift[index]
        shape, (low, high) = element.distribution, element.bounds
        ends = (element.value,) * 2
        if shape is not None:
            ends = max(low, shape.support[0]), min(high, shape.support[1])
        with np.errstate(invalid="ignore"):
            values = [np.clip(np.where(scale == 0.0, shift, scale * end + shift), low, high) for end in ends]
        source = shape and (shape.kind, shape.numbers, element.stream)
        return Signal(values[0] == values[1], values[0], scale, shift, source)

    def index(self, element: Element, fullname: str) -> tuple[int, ...]:
        """Return the place of an element in the array of its parameter."""
        axes = self.parameters.parameter(fullname).labels
        return tuple(axis.index(label) for axis, label in zip(axes, element.labels, strict=True))

    def steps(self, name: str) -> BoolArray:
        """Return at which steps a parameter is read; the first values are made at the first."""
        steps = np.arange(self.n_steps)
        if name in when_read.AT_START:
            return np.asarray(steps == 0)
        for (clock, quarter), names in when_read.IN_QUARTER.items():
            if name in names:
                return np.asarray(
                    (self.start.ordinal + steps - self._begins(clock)) % QUARTERS + 1 == quarter
                )
        return np.ones(self.n_steps, dtype=bool)

    def _begins(self, clock: str) -> int:
        """Return the ordinal of a first quarter of a clock's year, give or take years."""
        begins = {"fiscal": self.case.fiscal_year_start, "donor": self.case.donor_fiscal_year_start}
        return begins.get(clock, 1) - 1

    def when(self, name: str) -> str:
        """Say when a parameter is read, where that is not in every quarter."""
        if name in when_read.AT_START:
            return f"the model reads it at the start only, {self.start}"
        for (clock, quarter), names in when_read.IN_QUARTER.items():
            if name in names:
                which = "the first" if quarter == 1 else "a later"
                return (
                    f"the model reads it in {which} quarter of {when_read.CLOCKS[clock]} only, "
                    f"Q{(self._begins(clock) + quarter - 1) % QUARTERS + 1}"
                )
        return ""

    def unused(self, name: str, keys: Iterable[str]) -> tuple[str, str] | None:
        """Say why nothing depends on these elements here, and what would make them count; else None."""
        if name in when_read.NEVER:
            is_never, why = when_read.NEVER[name]
            about = self.case.recipient, self.case.partners
            if all(is_never(self.parameters[key].labels, *about) for key in keys):
                return why, "Leave it out."
        if name in when_read.OF_DONOR and self.case.donor is None:
            return f"case {self.case.name} has no grant donor", "Give the case one."
        if name in when_read.OF_CONTROL and not np.any(self.case.constants["is_export_controlled"]):
            return f"no supplier of case {self.case.name} is under export control", "Put one under it."
        if name not in when_read.SWITCHES:
            return None
        switch, is_on = when_read.SWITCHES[name]
        fullname = self.parameters.local(switch)
        change, steps = self.change(fullname), self.steps(switch)
        for element in self.parameters.elements(fullname):
            signal = self.signal(element, change)
            if not np.all(signal.is_fixed[steps]) or any(map(is_on, map(float, signal.value[steps]))):
                return None
        values = sorted({f"{value:g}" for value in signal.value[steps]})
        return (
            f"the model does not use it while {fullname} is {' or '.join(values)}",
            f"Change {fullname} as well.",
        )

    def next_read(self, name: str, after: Quarter) -> Quarter | None:
        """Return the first quarter after `after` in which a parameter is read."""
        steps = np.flatnonzero(self.steps(name)) + self.start.ordinal
        later = steps[steps > after.ordinal]
        return Quarter.from_ordinal(int(later[0])) if later.size else None

    def instead(self, fullname: str, over: Iterable[Event]) -> str:
        """Say which event would work although others are in the way."""
        last = max((last_quarter(event).ordinal for event in over), default=self.start.ordinal)
        first = self.next_read(fullname.split(".")[1], Quarter.from_ordinal(last))
        if first is None:
            return "Change or remove those events."
        return f'Change those events, or add one that comes later, such as at = "{first}", what = "set".'


def last_quarter(event: Event) -> Quarter:
    """Return the last quarter of an event that lasts, else its date."""
    lasts = dict(event.fields).get("for_quarters") or 1
    return event.at + (lasts - 1)
