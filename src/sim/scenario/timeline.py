"""Events as numbers by date: what they make of parameters and states, quarter by quarter.

Every verb that changes a parameter is an affine map of the value drawn, so a parameter at a date is
``scale * drawn + shift``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.parameter.parameter_set import ParameterSet
from sim.scenario.events import Event
from sim.vocabulary.axes import GRANT_STATES, Array
from sim.vocabulary.dates import Quarter

if TYPE_CHECKING:
    from sim.case.case import Case

#: Columns of `documented_contracts`.
CONTRACT_FIELDS = ("supplier", "category", "tiv", "value", "delay_quarters", "instalments")


@dataclass(frozen=True)
class Change:
    """What events make of one parameter, by date.

    Parameters
    ----------
    scale, shift : ndarray, shape (time, *dims of the parameter)
        A parameter at a step is ``scale[step] * drawn + shift[step]``.
    low, high : ndarray, shape dims of the parameter
        Hard bounds.
    """

    scale: Array
    shift: Array
    low: Array
    high: Array

    def applies(self, step: int) -> bool:
        """Whether the parameter differs at this step from the step before."""
        if step == 0:
            return bool(np.any(self.scale[0] != 1.0) or np.any(self.shift[0] != 0.0))
        is_same = np.array_equal(self.scale[step], self.scale[step - 1])
        return not (is_same and np.array_equal(self.shift[step], self.shift[step - 1]))

    def at(self, step: int, drawn: Array) -> Array:
        """Return the parameter at a step, shape (*dims, trial)."""
        value = self.scale[step][..., None] * drawn + self.shift[step][..., None]
        clipped: Array = np.clip(value, self.low[..., None], self.high[..., None])
        return clipped


@dataclass(frozen=True)
class PrescribedValue:
    """What an event says of one cell of a state in one quarter.

    Parameters
    ----------
    name, index : str, tuple of int
        The cell.
    verb : {"set", "sign", "lapse"}
        Whether the value is this, at least this, or at most this.
    value : float
    is_held : bool
        Whether the cell also keeps the value to the end of the quarter, whatever the model does.
    """

    name: str
    index: tuple[int, ...]
    verb: str
    value: float
    is_held: bool

    def apply(self, array: Array) -> None:
        """Put the value into an array of the state, shape (*dims, trial)."""
        limits: dict[str, Any] = {"sign": np.maximum, "lapse": np.minimum}
        if self.verb in limits:
            array[self.index] = limits[self.verb](array[self.index], self.value)
        else:
            array[self.index] = self.value


@dataclass(frozen=True)
class Timeline:
    """What the events of a scenario say, by step.

    Parameters
    ----------
    prescribed : list of list of PrescribedValue
        What they say of states.
    pulses : dict
        Glossary variables of role pulse: a list with an array per step.
    changes : dict
        Local name of a parameter -> `Change`.
    """

    prescribed: list[list[PrescribedValue]]
    pulses: dict[str, list[Array]]
    changes: dict[str, Change]


def of(
    events: Iterable[Event], case: Case, parameters: ParameterSet, start: Quarter, n_steps: int
) -> Timeline:
    """Lay events out by date, in their order.

    Parameters
    ----------
    events : iterable of Event
        In order of date.
    case, parameters : Case, ParameterSet
        What they speak about; of the parameters, shapes and bounds count, not the values.
    start, n_steps : Quarter, int
        The horizon.
    """
    pulses: dict[str, list[Array]] = {
        "documented_cancellation": [np.zeros((case.size("supplier"), 1)) for _ in range(n_steps)],
        "documented_change": [np.zeros(1) for _ in range(n_steps)],
        "documented_grants": [np.zeros(len(GRANT_STATES)) for _ in range(n_steps)],
        "documented_contracts": [np.zeros((0, len(CONTRACT_FIELDS))) for _ in range(n_steps)],
    }
    of_parameters: dict[str, list[Event]] = {}
    events = tuple(events)
    for event in events:
        step = event.at.ordinal - start.ordinal
        if event.target is None:
            _pulse(event, step, case, pulses)
        elif event.target.kind != "state":
            of_parameters.setdefault(event.target.variable, []).append(event)
    changes = {
        name.split(".")[1]: change_by(own, parameters, name, start, n_steps)
        for name, own in of_parameters.items()
    }
    return Timeline(prescribed_by(events, start, n_steps), pulses, changes)


def prescribed_by(events: Iterable[Event], start: Quarter, n_steps: int) -> list[list[PrescribedValue]]:
    """Return what events, in order of date, say of states, by step."""
    prescribed: list[list[PrescribedValue]] = [[] for _ in range(n_steps)]
    for event in events:
        if event.target is not None and event.target.kind == "state":
            _prescribe(event, event.at.ordinal - start.ordinal, prescribed)
    return prescribed


def change_by(
    events: Iterable[Event], parameters: ParameterSet, fullname: str, start: Quarter, n_steps: int
) -> Change:
    """Return what the events on a parameter, in order of date, make of it."""
    change = _unchanged(parameters, fullname, n_steps)
    for event in events:
        _change(event, event.at.ordinal - start.ordinal, change)
    return change


def _unchanged(parameters: ParameterSet, fullname: str, n_steps: int) -> Change:
    elements = parameters.elements(fullname)
    shape = parameters.parameter(fullname).shape
    low, high = (np.array(bound).reshape(shape) for bound in zip(*(e.bounds for e in elements), strict=True))
    return Change(np.ones((n_steps, *shape)), np.zeros((n_steps, *shape)), low, high)


def _change(event: Event, step: int, change: Change) -> None:
    """Lay one event over what the earlier ones made of a parameter."""
    assert event.target is not None
    length: Any = dict(event.fields).get("for_quarters")
    until = None if length is None or event.what == "ramp" else step + length
    for index in event.target.index:
        where: Any = (slice(step, until), *index)
        scale, shift = change.scale[where], change.shift[where]
        if event.what == "scale":
            scale *= event["by"]
            shift *= event["by"]
        else:
            # The part of the way that has been gone: all at once, or in equal steps.
            steps = np.arange(1, len(scale) + 1)
            gone = np.minimum(1.0, steps / length) if event.what == "ramp" else np.ones(len(scale))
            scale *= 1.0 - gone
            shift *= 1.0 - gone
            shift += gone * event["to"]


def _prescribe(event: Event, step: int, prescribed: list[list[PrescribedValue]]) -> None:
    """Enter what an event says of a state; a relation that is set is also what it returns to."""
    assert event.target is not None
    name, is_held = event.target.variable, event.what == "hold"
    until = min(step + event["for_quarters"], len(prescribed)) if is_held else step + 1
    verb = event.what if event.what in ("sign", "lapse") else "set"
    value = event["to"] if verb == "set" else event["rung"]
    for index in event.target.index:
        for quarter in range(step, until):
            prescribed[quarter].append(PrescribedValue(name, index, verb, value, is_held))
        if event.what == "set" and name == "relation":
            prescribed[step].append(PrescribedValue("mean_relation", index, verb, value, is_held))


def _pulse(event: Event, step: int, case: Any, pulses: dict[str, list[Array]]) -> None:
    if event.what == "cancel":
        rest = pulses["documented_cancellation"][step][case.axis("supplier").index(event["supplier"])]
        rest += (1.0 - rest) * event["share"]
    elif event.what == "replace_government":
        pulses["documented_change"][step][:] = 1.0
    elif event.what == "grant":
        pulses["documented_grants"][step][GRANT_STATES.index(event["state"])] += event["amount"]
    else:
        row = [
            case.axis(field).index(event[field]) if field in ("supplier", "category") else event[field]
            for field in CONTRACT_FIELDS
        ]
        pulses["documented_contracts"][step] = np.vstack([pulses["documented_contracts"][step], row])
