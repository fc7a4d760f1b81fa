"""Which shipped scenarios can be compared with one."""

from __future__ import annotations

from sim.scenario.files import shipped
from sim.scenario.loading import load
from sim.scenario.scenario import Scenario


def family(first: Scenario) -> list[Scenario]:
    """Return the other shipped scenarios of the same case, horizon and source of parameters."""
    # What differs in the source of its parameters is no future to compare.
    others = (load(name) for name in shipped() if name != first.name)
    return [each for each in others if _kind(each) == _kind(first)]


def _kind(scenario: Scenario) -> tuple[object, ...]:
    return scenario.case, scenario.start, scenario.end, scenario.posterior
