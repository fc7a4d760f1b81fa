"""From a scenario to arrays: which worlds are run.

A `Plan` holds all that is the same for every trial; `draw_parameters` and `draw_shocks` add what
differs from trial to trial. Events become numbers by date: every verb that changes a parameter is
an affine map of the value drawn, so a parameter at a date is ``scale * drawn + shift``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sim.case import register
from sim.design.sampling import INDEPENDENT, Sampling
from sim.numerics.streams import Streams
from sim.scenario.events import Event
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import GRANT_STATES, SLOTS, Array
from sim.vocabulary.variables import with_role

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
class Plan:
    """A scenario as arrays, and the seed of its luck.

    Parameters
    ----------
    scenario : Scenario
        What it was made from.
    seed : int
        See `sim.numerics.streams.Streams`.
    n_steps : int
        Quarters.
    constants : dict
        Glossary variables of the roles case and register.
    prescribed : list of list of PrescribedValue
        What events say of states, by step.
    pulses : dict
        Glossary variables of role pulse: a list with an array per step.
    changes : dict
        Local name of a parameter -> `Change`.
    sampling : Sampling
        Where the uniforms of a trial come from.
    """

    scenario: Scenario
    seed: int
    n_steps: int
    constants: dict[str, Array]
    prescribed: list[list[PrescribedValue]]
    pulses: dict[str, list[Array]]
    changes: dict[str, Change]
    sampling: Sampling = INDEPENDENT

    def __post_init__(self) -> None:
        """Make the arrays read-only: threads, and worlds of one scenario, share a plan."""
        changes = (
            array for each in self.changes.values() for array in (each.scale, each.shift, each.low, each.high)
        )
        pulses = (array for each in self.pulses.values() for array in each)
        for array in (*self.constants.values(), *pulses, *changes):
            array.setflags(write=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the arrays read-only again, which pickling forgets."""
        self.__dict__.update(state)
        self.__post_init__()

    @cached_property
    def changed(self) -> tuple[frozenset[str], ...]:
        """Parameters that differ from the quarter before, by step."""
        return tuple(
            frozenset(name for name, change in self.changes.items() if change.applies(step))
            for step in range(self.n_steps)
        )

    @cached_property
    def is_quiet(self) -> tuple[bool, ...]:
        """Whether no event falls into a quarter, by step."""
        pulses = self.pulses.values()
        return tuple(
            not (self.prescribed[step] or self.changed[step] or any(pulse[step].any() for pulse in pulses))
            for step in range(self.n_steps)
        )


def plan(scenario: Scenario, seed: int = 0, sampling: Sampling = INDEPENDENT) -> Plan:
    """Turn a scenario into arrays."""
    case, n_steps = scenario.case, scenario.n_steps
    known = register.initial(case, scenario.start)
    constants = {
        **case.constants_at(scenario.start.year),
        "delivered_cohorts": known.delivered,
        "ordered_cohorts": known.ordered,
        "recent_deliveries": known.delivery_history,
        "recent_orders": known.order_history,
        "last_order_age": known.quarters_since_order,
        "open_supplier": known.open_supplier,
        "open_category": known.open_category,
        "open_tiv": known.open_tiv,
        "open_age": known.open_age,
        "open_has_started": known.open_has_started,
    }
    prescribed: list[list[PrescribedValue]] = [[] for _ in range(n_steps)]
    pulses: dict[str, list[Array]] = {
        "documented_cancellation": [np.zeros((case.size("supplier"), 1)) for _ in range(n_steps)],
        "documented_change": [np.zeros(1) for _ in range(n_steps)],
        "documented_grants": [np.zeros(len(GRANT_STATES)) for _ in range(n_steps)],
        "documented_contracts": [np.zeros((0, len(CONTRACT_FIELDS))) for _ in range(n_steps)],
    }
    changes: dict[str, Change] = {}
    for event in scenario.events:
        step = event.at.ordinal - scenario.start.ordinal
        if event.target is None:
            _pulse(event, step, case, pulses)
        elif event.target.kind == "state":
            _prescribe(event, step, prescribed)
        else:
            name = event.target.variable.split(".")[1]
            if name not in changes:
                changes[name] = _unchanged(scenario, event.target.variable)
            _change(event, step, changes[name])
    return Plan(scenario, seed, n_steps, constants, prescribed, pulses, changes, sampling)


def _unchanged(scenario: Scenario, fullname: str) -> Change:
    elements = scenario.parameters.elements(fullname)
    shape = scenario.parameters.array(fullname).shape
    low, high = (np.array(bound).reshape(shape) for bound in zip(*(e.bounds for e in elements), strict=True))
    return Change(np.ones((scenario.n_steps, *shape)), np.zeros((scenario.n_steps, *shape)), low, high)


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


def draw_parameters(
    plan: Plan, first_trial: int, n_trials: int, streams: Streams | None = None
) -> dict[str, Array]:
    """Return every parameter by its local name, shape (*dims, trial).

    An uncertain element has a stream of its own, named after its key, so that a change of one
    parameter moves no other; elements of a posterior share one, so that they come from one row.
    Certain parameters are views that take no memory.
    """
    parameters, streams = plan.scenario.parameters, streams or Streams(plan.seed)
    drawn = {}
    for fullname in parameters.names():
        value = parameters.array(fullname)
        result = np.broadcast_to(value[..., None], (*value.shape, n_trials))
        elements = parameters.elements(fullname)
        if any(element.distribution for element in elements):
            result = np.array(result)
            rows = result.reshape(-1, n_trials)
            for row, element in zip(rows, elements, strict=True):
                if element.distribution is not None:
                    u = plan.sampling.parameter(streams, element.stream, first_trial, n_trials)
                    row[:] = element.distribution.quantile(u, element.bounds)
        drawn[fullname.split(".")[1]] = result
    return drawn


def draw_shocks(
    plan: Plan, first_trial: int, n_trials: int, streams: Streams | None = None
) -> dict[str, Array]:
    """Return every shock, shape (time, *dims, trial)."""
    case, streams = plan.scenario.case, streams or Streams(plan.seed)
    n_actors = case.size("actor")
    sizes = {
        "slot": SLOTS,
        "front": case.size("front"),
        "partner": case.size("partner"),
        "pair": n_actors * (n_actors - 1) // 2,
        "open": len(plan.constants["open_tiv"]),
    }
    shocks = {}
    for variable in with_role("shock"):
        # Orders open at the start are drawn once.
        n_quarters = 1 if "open" in variable.dims else plan.n_steps
        width = int(np.prod([sizes[dim] for dim in variable.dims], dtype=int))
        first_quarter = plan.scenario.start.ordinal
        u = plan.sampling.shocks(
            streams, variable.name, first_trial, n_trials, width, first_quarter, n_quarters
        )
        shocks[variable.name] = u if variable.dims else u[:, 0]
    return shocks
