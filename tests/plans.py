"""Scenarios and plans for tests of the engine, made in memory from the shipped case and the toy case."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.case import case
from sim.case.case import Case
from sim.design import plan as design
from sim.parameter.parameter_set import ParameterSet
from sim.scenario import event_checks
from sim.scenario import events as event_files
from sim.scenario.scenario import Scenario
from sim.vocabulary.dates import Quarter

#: case -> first and last quarter
HORIZONS = {"bangladesh": ("2024-Q1", "2040-Q4"), "archipelago": ("2020-Q1", "2031-Q4")}

CASES = tuple(HORIZONS)


@cache
def load_case(name: str) -> Case:
    """Return a shipped case, or one of the tests' own."""
    own = Path(__file__).parent / "cases" / name
    return case.load(str(own) if own.exists() else name)


@cache
def _parameters(name: str) -> ParameterSet:
    return ParameterSet.load(load_case(name))


def scenario(
    of_case: str = "bangladesh",
    events: Iterable[Mapping[str, Any]] = (),
    changes: Mapping[str, Any] | None = None,
    n_steps: int | None = None,
    name: str = "test",
) -> Scenario:
    """Return a scenario of a case with these events and other numbers."""
    start, end = (Quarter.parse(text) for text in HORIZONS[of_case])
    if n_steps is not None:
        end = start + (n_steps - 1)
    chosen, parameters = load_case(of_case), _parameters(of_case)
    if changes:
        parameters = parameters.replace(changes, "test")
    read = [
        event_files.read(table, "test", "events", case=chosen, parameters=parameters, start=start, end=end)
        for table in events
    ]
    return Scenario(
        name=name,
        title=name,
        story="",
        evidence=(),
        case=chosen,
        start=start,
        end=end,
        parameters=parameters,
        events=event_checks.check(read, chosen, parameters),
        variant=(),
        look_at=(),
        overrides=(),
        extends=None,
    )


def plan(*args: Any, seed: int = 1, **kwargs: Any) -> design.Plan:
    """Return the plan of such a scenario."""
    return design.plan(scenario(*args, **kwargs), seed)


def busy(of_case: str) -> list[dict[str, Any]]:
    """Return events that use every verb, for either case."""
    chosen = load_case(of_case)
    first = Quarter.parse(HORIZONS[of_case][0])
    front, partner, rival = chosen.fronts[0], chosen.partners[0], chosen.partners[1]
    supplier, category = chosen.suppliers[1], chosen.categories[0]

    def at(step: int) -> str:
        return str(first + step)

    return [
        {"at": at(0), "what": "scale", "name": "border_pressure.intensity", "by": 1.5, "for_quarters": 9},
        {"at": at(3), "what": "set", "name": f"relation.{chosen.recipient}.{rival}", "to": -0.6},
        {"at": at(4), "what": "ramp", "name": "grants.osa_budget", "to": 40, "for_quarters": 6},
        {"at": at(5), "what": "hold", "name": "supplier_choice.import_nest", "to": 0.9, "for_quarters": 4},
        {"at": at(6), "what": "sign", "partner": partner, "rung": 4},
        {"at": at(7), "what": "hold", "name": f"posture.{rival}", "to": 3, "for_quarters": 3},
        {"at": at(8), "what": "order", "supplier": supplier, "category": category, "tiv": 120, "value": 400}
        | {"delay_quarters": 0, "instalments": 5},
        {"at": at(8), "what": "order", "supplier": partner, "category": category, "tiv": 30, "value": 90}
        | {"delay_quarters": 60},
        {"at": at(10), "what": "cancel", "supplier": supplier, "share": 0.4},
        {"at": at(11), "what": "set", "name": "export_regime", "to": chosen.size("regime") - 1},
        {"at": at(12), "what": "grant", "amount": 300, "state": "selected"},
        {"at": at(12), "what": "grant", "amount": 450, "state": "noted"},
        {"at": at(13), "what": "grant", "amount": 450, "state": "delivered"},
        {"at": at(14), "what": "scale", "name": f"border_pressure.crisis_rate.{front}", "by": 4},
        {"at": at(15), "what": "set", "name": "availability.share_limit", "to": 0.3},
        {"at": at(16), "what": "lapse", "partner": partner, "rung": 1},
        {"at": at(18), "what": "set", "name": "deliveries.stock_wear", "to": 0.1},
        {"at": at(19), "what": "cancel", "supplier": partner},
        {"at": at(20), "what": "set", "name": "industry.economic_zone", "to": 1},
        {"at": at(2), "what": "hold", "name": f"relation.{partner}.{rival}", "to": 0.9, "for_quarters": 3},
        {"at": at(4), "what": "set", "name": f"alignment.{partner}", "to": 0.95},
        {"at": at(9), "what": "replace_government"},
        {"at": at(12), "what": "hold", "name": f"alignment.{rival}", "to": 0.1, "for_quarters": 6},
        {"at": at(15), "what": "set", "name": f"posture.{partner}", "to": -1},
        {"at": at(16), "what": "hold", "name": f"agreement_rung.{rival}", "to": 2, "for_quarters": 4},
        {"at": at(17), "what": "set", "name": f"relation.{partner}.{rival}", "to": -1},
    ]


def usual(names: Iterable[str], few: Collection[str]) -> list[Any]:
    """Return names for a test to be run with: a few in every run of the suite, the others marked long."""
    return [name if name in few else pytest.param(name, marks=pytest.mark.long) for name in names]


def last_quarter(of_case: str, n_steps: int) -> str:
    """Return the last quarter of a run that is so long."""
    return str(Quarter.parse(HORIZONS[of_case][0]) + (n_steps - 1))


def finite(bounds: tuple[float, float]) -> tuple[float, float]:
    """Return hard bounds, with a large number for one that is not there."""
    large = 1e6
    low, high = (min(max(bound, -large), large) for bound in bounds)
    return low, high


def wide(of_case: str, prior: str) -> dict[str, dict[str, Any]]:
    """Return changes that draw every parameter from all that its hard bounds allow.

    "bounds" draws evenly between the bounds, "corners" only the bounds themselves.
    """
    changes: dict[str, dict[str, Any]] = {}
    for key, element in _parameters(of_case).items():
        low, high = finite(element.bounds)
        if element.unit == "label" and prior != "corners":
            changes[key] = {"value": low, "choice": [float(each) for each in range(int(low), int(high) + 1)]}
            continue
        is_switch = element.unit == "0/1"
        shape = "choice" if is_switch or prior == "corners" else "uniform"
        changes[key] = {"value": low, shape: [low, high]}
    return changes
