"""From a scenario to arrays: which trials are run.

A `Plan` holds all that is the same for every trial; `draw_parameters` and `draw_shocks` add what
differs from trial to trial. Events become numbers by date in `sim.scenario.timeline`.

The structure of the model may differ from trial to trial too (`StructuralChoice`): structural variants are
other numbers for some parameters, and which of them a trial has is one more draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from sim.case import register
from sim.design.sampling import INDEPENDENT, Sampling
from sim.numerics.streams import GRANULE, Streams
from sim.parameter import distributions
from sim.parameter.elements import Element
from sim.scenario import timeline
from sim.scenario.scenario import Scenario
from sim.scenario.timeline import Change, PrescribedValue
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import QUARTERS, SLOTS, Array
from sim.vocabulary.variables import with_role

#: Small blocks of which the drawn parameters are kept, in case that another scenario has the same.
_BLOCKS_KEPT = 8

#: The shocks of a block are kept too, up to so many quarters of trials, of so many blocks: some 10 MiB each.
_QUARTERS_KEPT, _SHOCKS_KEPT = 2**13, 2


@dataclass(frozen=True)
class StructuralChoice:
    """A question of structure that is open, so that each trial draws one of its answers, equally likely.

    Parameters
    ----------
    name : str
        The structural variant.
    options : tuple of tuple of Element
        For each option, the parameters that it sets; none for what the scenario has anyway.
    """

    name: str
    options: tuple[tuple[Element, ...], ...]

    @property
    def stream(self) -> str:
        """What its draws are named after."""
        return f"structure:{self.name}"


@dataclass(frozen=True)
class Plan:
    """A scenario as arrays, and the seed of its random draws.

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
    structure : tuple of StructuralChoice
        What of the structure is drawn; by default nothing, it is the scenario's.
    """

    scenario: Scenario
    seed: int
    n_steps: int
    constants: dict[str, Array]
    prescribed: list[list[PrescribedValue]]
    pulses: dict[str, list[Array]]
    changes: dict[str, Change]
    sampling: Sampling = INDEPENDENT
    structure: tuple[StructuralChoice, ...] = ()

    def __post_init__(self) -> None:
        """Make the arrays read-only: threads, and Mesa worlds of one scenario, share a plan."""
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
    def dated(self) -> tuple[dict[str, Any], ...]:
        """The clock, and what events bring, by step."""
        case = self.scenario.case
        begins = {"fiscal_quarter": case.fiscal_year_start, "donor_quarter": case.donor_fiscal_year_start}
        quarters = [(self.scenario.start + step).quarter for step in range(self.n_steps)]
        return tuple(
            {
                "step": step,
                "calendar_quarter": quarter,
                **{name: (quarter - first) % QUARTERS + 1 for name, first in begins.items()},
                **{name: pulse[step] for name, pulse in self.pulses.items()},
            }
            for step, quarter in enumerate(quarters)
        )

    @cached_property
    def is_quiet(self) -> tuple[bool, ...]:
        """Whether no event falls into a quarter, by step."""
        pulses = self.pulses.values()
        return tuple(
            not (self.prescribed[step] or self.changed[step] or any(pulse[step].any() for pulse in pulses))
            for step in range(self.n_steps)
        )


def plan(
    scenario: Scenario,
    seed: int = SEED,
    sampling: Sampling = INDEPENDENT,
    structure: tuple[StructuralChoice, ...] = (),
) -> Plan:
    """Turn a scenario into arrays."""
    seed = arguments.seed(seed)
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
        "open_size": known.open_size,
        "open_age": known.open_age,
        "open_arriving": known.open_arriving,
        "open_has_started": known.open_has_started,
    }
    laid = timeline.of(scenario.events, case, scenario.parameters, scenario.start, n_steps)
    return Plan(
        scenario, seed, n_steps, constants, laid.prescribed, laid.pulses, laid.changes, sampling, structure
    )


def draw_parameters(
    plan: Plan, first_trial: int, n_trials: int, streams: Streams | None = None
) -> dict[str, Array]:
    """Return every parameter by its local name, shape (*dims, trial).

    An uncertain element has a stream of its own, named after its key, so that a change of one
    parameter moves no other; elements of a posterior share one, so that they come from one row.
    Certain parameters are views that take no memory.
    """
    parameters, streams = plan.scenario.parameters, streams or Streams(plan.seed)
    values = _draw_uncertain(plan, first_trial, n_trials, streams)
    for choice in plan.structure:
        _draw_structure(plan, choice, values, first_trial, n_trials, streams)
    drawn = {}
    for fullname in parameters.names():
        value = parameters.array(fullname)
        result = np.broadcast_to(value[..., None], (*value.shape, n_trials))
        elements = parameters.elements(fullname)
        if any(each.key in values for each in elements):
            result = np.array(result)
            for row, each in zip(result.reshape(-1, n_trials), elements, strict=True):
                if each.key in values:
                    row[:] = values[each.key]
        drawn[fullname.split(".")[1]] = result
    return drawn


def _draw_uncertain(plan: Plan, first_trial: int, n_trials: int, streams: Streams) -> dict[str, Array]:
    """Return the values of uncertain elements by key; what was drawn before of a small block is kept.

    Scenarios that are run over the same trials share most of their parameters.
    """
    uncertain = [each for each in plan.scenario.parameters.values() if each.distribution is not None]
    sampling, source = plan.sampling, type(streams).__name__
    is_kept = n_trials <= GRANULE and type(sampling) is Sampling
    kept = _kept(source, streams.seed, sampling, first_trial, n_trials) if is_kept else {}
    # All that a draw depends on.
    named = [(each.stream, each.distribution, each.bounds) for each in uncertain]
    found = {each: row for each in named if (row := kept.get(each)) is not None}
    new = [each for each in dict.fromkeys(named) if each not in found]
    rows = np.empty((len(new), n_trials))
    distributions.quantiles(
        [shape for _, shape, _ in new if shape is not None],
        [bounds for *_, bounds in new],
        lambda k: sampling.parameter(streams, new[k][0], first_trial, n_trials),
        rows,
    )
    rows.setflags(write=False)
    found |= zip(new, rows, strict=True)
    kept.clear()
    kept |= found
    return {each.key: found[name] for each, name in zip(uncertain, named, strict=True)}


@lru_cache(_BLOCKS_KEPT)
def _kept(source: str, seed: int, sampling: Sampling, first_trial: int, n_trials: int) -> dict[Any, Array]:
    """Return the room for what was drawn last of some trials: stream, distribution and bounds -> values."""
    return {}


def _draw_structure(
    plan: Plan,
    choice: StructuralChoice,
    values: dict[str, Array],
    first_trial: int,
    n_trials: int,
    streams: Streams,
) -> None:
    """Put what the option of each trial sets in the place of what the scenario has, by key of the element."""

    def uniforms(stream: str) -> Array:
        return plan.sampling.parameter(streams, stream, first_trial, n_trials)

    chosen = np.floor(uniforms(choice.stream) * len(choice.options))
    for number, elements in enumerate(choice.options):
        for each in elements:
            own = values.get(each.key, plan.scenario.parameters[each.key].value)
            shape = each.distribution
            other = each.value if shape is None else shape.quantile(uniforms(each.stream), each.bounds)
            values[each.key] = np.where(chosen == number, other, own)


def draw_shocks(
    plan: Plan, first_trial: int, n_trials: int, streams: Streams | None = None, n_steps: int | None = None
) -> dict[str, Array]:
    """Return every shock, shape (time, *dims, trial), of all quarters or of the first `n_steps`.

    What was drawn last for few trials is kept: scenarios run over the same trials share their shocks.
    """
    case, streams = plan.scenario.case, streams or Streams(plan.seed)
    n_actors = case.size("actor")
    sizes = {
        "slot": SLOTS,
        "front": case.size("front"),
        "actor": n_actors,
        "partner": case.size("partner"),
        "pair": n_actors * (n_actors - 1) // 2,
        "open": len(plan.constants["open_tiv"]),
    }
    n_quarters = plan.n_steps if n_steps is None else n_steps
    shapes = {
        # Orders open at the start are drawn once.
        each.name: (1 if "open" in each.dims else n_quarters, *(sizes[dim] for dim in each.dims), n_trials)
        for each in with_role("shock")
    }
    first_quarter, sampling = plan.scenario.start.ordinal, plan.sampling
    is_kept = n_trials * n_quarters <= _QUARTERS_KEPT and type(sampling) is Sampling
    source = type(streams).__name__
    kept = _kept_shocks(source, streams.seed, sampling, first_trial, first_quarter) if is_kept else {}
    shocks = {name: found for name, shape in shapes.items() if (found := kept.get((name, shape))) is not None}
    for name, (n, *dims, _) in shapes.items():
        if name not in shocks:
            u = sampling.shocks(streams, name, first_trial, n_trials, math.prod(dims), first_quarter, n)
            shocks[name] = u.reshape(shapes[name])
            shocks[name].setflags(write=False)
    kept.clear()
    kept |= {(name, shapes[name]): shock for name, shock in shocks.items()}
    return shocks


@lru_cache(_SHOCKS_KEPT)
def _kept_shocks(
    source: str, seed: int, sampling: Sampling, first_trial: int, first_quarter: int
) -> dict[Any, Array]:
    """Return the room for the shocks that were drawn last: name and shape -> uniforms."""
    return {}
