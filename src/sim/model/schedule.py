"""The quarter as one visible tuple, and the check that it is wired soundly.

A stage is a function of a mechanism. It reads its keywords and writes the fields of what it returns.
Names that are not in the glossary are parameters.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sim.model.mechanisms import (
    agreements,
    alarm,
    alignment,
    attention,
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
    export_regime,
    grants,
    industry,
    measures,
    partner_alignment,
    payments,
    payoffs,
    politics,
    posture,
    rates,
    relations,
    standing,
    supplier_choice,
    terms,
)
from sim.vocabulary import arguments
from sim.vocabulary.errors import UnknownName, nearest
from sim.vocabulary.variables import GLOSSARY, PRESCRIBED_STATES, Role, with_role

PREVIOUS = "_prev"

#: Roles that are there before the first stage of a quarter.
GIVEN: tuple[Role, ...] = ("case", "register", "clock", "pulse", "ledger", "shock")


#: Name of a stage -> the function that takes its place.
Rules = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Stage:
    """One function of a mechanism, with what it reads and writes.

    Parameters
    ----------
    function : callable
    replaces : Stage, optional
        The stage in whose place the function stands: it keeps the name and writes the same.
    """

    function: Callable[..., Any]
    replaces: Stage | None = None

    @cached_property
    def name(self) -> str:
        """Mechanism and function."""
        if self.replaces is not None:
            return self.replaces.name
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The keywords of the function; ``**others`` stands for those of the stage it replaces."""
        keywords = inspect.signature(self.function).parameters.values()
        named = [keyword.name for keyword in keywords if keyword.kind is not keyword.VAR_KEYWORD]
        if self.replaces is not None and len(named) < len(keywords):
            named += self.replaces.reads
        return tuple(dict.fromkeys(named))

    @cached_property
    def update(self) -> type:
        """The dataclass that it returns."""
        if self.replaces is not None:
            return self.replaces.update
        returned: type = typing.get_type_hints(self.function)["return"]
        return returned

    @cached_property
    def writes(self) -> tuple[str, ...]:
        """The fields of what it returns."""
        return tuple(field.name for field in dataclasses.fields(self.update))

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
        politics.step,
        disasters.step,
        alarm.step,
        attention.step,
        posture.motives,
        posture.step,
        terms.step,
        budget.step,
        export_regime.step,
        agreements.step,
        export_control.step,
        alignment.step,
        partner_alignment.step,
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
        relations.step,
        payoffs.step,
    )
)

#: What happens once, before the first quarter; the last stages measure how attractive importing is then.
START = tuple(
    Stage(function)
    for function in (
        border_pressure.start,
        economy.start,
        politics.start,
        disasters.start,
        posture.start,
        attention.start,
        partner_alignment.start,
        agreements.start,
        relations.start,
        grants.start,
        deliveries.start,
        payments.start,
        experience.start,
        industry.start,
        measures.start,
        payoffs.start,
        alarm.start,
        demand.start,
        demand.one_of_each,
        export_control.step,
        rates.step,
        terms.step,
        attraction.start,
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
    ledgers = {variable.name for variable in with_role("ledger")}
    begun = set(PRESCRIBED_STATES)
    for stage in start:
        _check_reads(stage, given - ledgers | begun, begun & states)
        begun.update(stage.writes)
    writer: dict[str, str] = {}
    for stage in stages:
        _check_reads(stage, given | set(writer), begun & states)
        for name in stage.writes:
            if name not in GLOSSARY or name in given:
                raise WiringError(f"{stage.name} writes {name}, which is not its to write")
            if name in writer:
                raise WiringError(f"{stage.name} and {writer[name]} both write {name}")
            writer[name] = stage.name
    orphans = (states - begun) | (states | {v.name for v in with_role("flow", "deal")}) - set(writer) - begun
    if orphans:
        raise WiringError(f"nothing writes {', '.join(sorted(orphans))}")


def _check_reads(stage: Stage, there: set[str], begun: set[str]) -> None:
    """Check that what a stage reads is there, now or as a state of the quarter before."""
    for name in stage.reads:
        base = base_name(name)
        if base not in GLOSSARY:
            continue
        if not name.endswith(PREVIOUS):
            if name not in there:
                raise WiringError(f"{stage.name} reads {name} before it is written")
        elif GLOSSARY[base].role != "state":
            raise WiringError(f"{stage.name} reads {name}, but {base} is not a state")
        elif base not in begun:
            raise WiringError(f"{stage.name} reads {name}, but nothing gives {base} a first value")


check(SCHEDULE, START)


@dataclass(frozen=True)
class Schedule:
    """What happens once, before the first quarter, and what happens in each."""

    start: tuple[Stage, ...] = START
    quarter: tuple[Stage, ...] = SCHEDULE

    @property
    def rules(self) -> dict[str, str]:
        """Stages that are replaced, each with the name of the function in its place."""
        replaced = {each.name: each.function for each in self.quarter if each.replaces is not None}
        return {
            name: f"{function.__module__}.{getattr(function, '__qualname__', repr(function))}"
            for name, function in replaced.items()
        }

    def replace(self, rules: Rules | None) -> Schedule:
        """Return the schedule with other functions in the place of some stages, its wiring checked.

        Raises
        ------
        WrongType
            If the rules are no mapping from names to functions.
        UnknownName
            If there is no such stage, or a rule reads what is neither a variable nor a parameter.
        WiringError
            If a rule reads what is not there yet.
        """
        names = [stage.name for stage in self.quarter]
        rules = arguments.table({} if rules is None else rules, "rules")
        for name, rule in rules.items():
            arguments.function(rule, f"rules.{name}")
            if name not in names:
                raise UnknownName("", f"rules.{name}", "no such stage", nearest(name, names, "stages"))
        start, quarter = (
            tuple(Stage(rules[each.name], each) if each.name in rules else each for each in stages)
            for stages in (self.start, self.quarter)
        )
        known = (*GLOSSARY, *parameters_read())
        for stage in (each for each in quarter if each.name in rules):
            for name in stage.reads:
                if base_name(name) not in known:
                    place, message = f"rules.{stage.name}", "reads {value}, which is not there"
                    raise UnknownName("", place, message, nearest(name, known), name)
        check(quarter, start)
        return Schedule(start, quarter)


#: The model as it is.
USUAL = Schedule()
