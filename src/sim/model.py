"""The quarter as one visible tuple, and the check that it is wired soundly.

A stage is a function of a mechanism. It reads its keywords and writes the fields of what it returns.
Names that are not in the glossary are parameters.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sim.mechanisms import (
    attraction,
    availability,
    border_pressure,
    budget,
    contracts,
    deliveries,
    demand,
    disasters,
    economy,
    experience,
    export_control,
    grants,
    industry,
    measures,
    payments,
    rates,
    standing,
    supplier_choice,
)
from sim.variables import GLOSSARY, Role, with_role

PREVIOUS = "_prev"

#: Roles that are there before the first stage of a quarter.
GIVEN: tuple[Role, ...] = ("case", "register", "clock", "held", "pulse", "ledger", "shock")


@dataclass(frozen=True)
class Stage:
    """One function of a mechanism, with what it reads and writes."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """Mechanism and function."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The keywords of the function."""
        return tuple(inspect.signature(self.function).parameters)

    @cached_property
    def writes(self) -> tuple[str, ...]:
        """The fields of what it returns."""
        returned = typing.get_type_hints(self.function)["return"]
        return tuple(field.name for field in dataclasses.fields(returned))

    @cached_property
    def is_standing(self) -> bool:
        """Whether it reads only data and parameters, so that it need run only when one changes."""
        variables = [GLOSSARY[base_name(name)] for name in self.reads if base_name(name) in GLOSSARY]
        return all(variable.role == "case" for variable in variables)


#: The quarter.
SCHEDULE = tuple(
    Stage(function)
    for function in (
        rates.step,
        border_pressure.step,
        economy.step,
        disasters.step,
        budget.step,
        export_control.step,
        standing.step,
        demand.step,
        attraction.step,
        availability.step,
        supplier_choice.step,
        contracts.step,
        payments.step,
        grants.step,
        deliveries.step,
        experience.step,
        industry.step,
        measures.step,
    )
)

#: What happens once, before the first quarter; the last stages measure how attractive importing is then.
START = tuple(
    Stage(function)
    for function in (
        border_pressure.start,
        economy.start,
        disasters.start,
        grants.start,
        deliveries.start,
        payments.start,
        experience.start,
        industry.start,
        measures.start,
        demand.start,
        demand.one_of_each,
        export_control.step,
        rates.step,
        standing.step,
        attraction.step,
        availability.step,
        supplier_choice.start,
    )
)


class WiringError(Exception):
    """The schedule does not hold together."""


def base_name(name: str) -> str:
    """Return the variable that a keyword is about."""
    return name.removesuffix(PREVIOUS)


def parameters_read(stages: tuple[Stage, ...] = (*START, *SCHEDULE)) -> tuple[str, ...]:
    """Return the parameters that the stages read, each once, in order."""
    return tuple(
        dict.fromkeys(name for stage in stages for name in stage.reads if base_name(name) not in GLOSSARY)
    )


def check(stages: tuple[Stage, ...], start: tuple[Stage, ...]) -> None:
    """Check that each variable has one writer, is written before it is read, and has a first value.

    Raises
    ------
    WiringError
        Naming the stage and the variable.
    """
    given = {variable.name for variable in with_role(*GIVEN)}
    states = {variable.name for variable in with_role("state")}
    begun = {name for stage in start for name in stage.writes}
    writer: dict[str, str] = {}
    for stage in stages:
        for name in stage.reads:
            base = base_name(name)
            if base not in GLOSSARY:
                continue
            if name.endswith(PREVIOUS):
                if base not in states:
                    raise WiringError(f"{stage.name} reads {name}, but {base} is not a state")
                if base not in begun:
                    raise WiringError(f"{stage.name} reads {name}, but nothing gives {base} a first value")
            elif name not in given and name not in writer:
                raise WiringError(f"{stage.name} reads {name} before it is written")
        for name in stage.writes:
            if name not in GLOSSARY or name in given:
                raise WiringError(f"{stage.name} writes {name}, which is not its to write")
            if name in writer:
                raise WiringError(f"{stage.name} and {writer[name]} both write {name}")
            writer[name] = stage.name
    orphans = (states - begun) | (states | {v.name for v in with_role("flow", "deal")}) - set(writer) - begun
    if orphans:
        raise WiringError(f"nothing writes {', '.join(sorted(orphans))}")


check(SCHEDULE, START)
