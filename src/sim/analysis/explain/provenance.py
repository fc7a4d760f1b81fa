"""Where a number comes from: the mechanism that writes it, the parameters that go in, and who said so."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from sim.model import schedule as model
from sim.model.schedule import Stage
from sim.parameter.elements import Element
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.sources.table import Evidence
from sim.vocabulary import arguments
from sim.vocabulary.docstrings import docstring
from sim.vocabulary.errors import UnknownName, nearest
from sim.vocabulary.variables import GLOSSARY, PRESCRIBED_STATES

#: What a variable without a mechanism comes from, by its role.
ORIGINS = {
    "case": "the case: its case.toml and tables",
    "register": "the case's deal register, as known at the start",
    "clock": "the calendar",
    "pulse": "scenario events",
    "shock": "the random stream of the same name",
    "ledger": "changed in place by the mechanism it belongs to",
}


@dataclass(frozen=True)
class Number:
    """A number with its reasons.

    Parameters
    ----------
    key, description, unit : str
        Name, meaning, unit.
    value : str
        Central value and distribution in words.
    evidence : tuple of str
        Ids of what it rests on.
    assumption : str or None
        Why this number, where no evidence settles it.
    file : str
        The file that gave it.
    """

    key: str
    description: str
    unit: str
    value: str
    evidence: tuple[str, ...]
    assumption: str | None
    file: str


@dataclass(frozen=True)
class Trace:
    """The trail behind a variable or a parameter.

    Parameters
    ----------
    name, kind, text, unit : str
        What it is; kind is ``variable`` or ``parameter``.
    origin : str
        What writes it: stages, or a source without a mechanism.
    theory : tuple of str
        First line of each mechanism concerned.
    reads : tuple of str
        Variables that go into it.
    read_by : tuple of str
        Stages that it goes into.
    writes : tuple of str
        What those stages write.
    numbers : tuple of Number
        Parameters that go into it, or the elements of the parameter.
    events : tuple of str
        Events of the scenario that change it or one of its numbers.
    evidence : tuple of Evidence
        All rows cited, by the numbers and by the mechanisms.
    """

    name: str
    kind: str
    text: str
    unit: str
    origin: str
    theory: tuple[str, ...]
    reads: tuple[str, ...]
    read_by: tuple[str, ...]
    writes: tuple[str, ...]
    numbers: tuple[Number, ...]
    events: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    def __str__(self) -> str:
        """Return the trail as text: what it is, where it comes from and goes, its numbers and sources."""
        said = [
            (self.kind, f"{self.name} ({self.unit}): {self.text}"),
            ("from", self.origin),
            ("reads", ", ".join(self.reads)),
            ("read by", ", ".join(self.read_by)),
            *(("number", f"{each.key} = {each.value} {each.unit}") for each in self.numbers),
            *(("event", each) for each in self.events),
            *(("evidence", f"{each.id}: {each.claim}") for each in self.evidence),
        ]
        return "\n".join(f"{heading:<10}{text}" for heading, text in said if text)


def trace(name: str, scenario: Scenario | str | Path = "baseline") -> Trace:
    """Return the trail behind a name.

    Parameters
    ----------
    name : str
        A variable, a parameter (``attraction.finance_weight``, ``finance_weight``, or one element of it), or
        the file of a figure, whose name begins with its variable.
    scenario : Scenario, str or path
        The scenario whose numbers are shown.

    Returns
    -------
    Trace
        Prints as a tree.

    Raises
    ------
    UnknownName
        With the nearest name.

    Examples
    --------
    >>> print(sim.trace("hhi"))
    """
    scenario = one(scenario)
    wanted = PurePath(arguments.text(name, "name")).name.removesuffix(".png").removesuffix(".svg")
    parameters = scenario.parameters
    first, _, rest = wanted.partition(".")
    if wanted in GLOSSARY:
        return _of_variable(wanted, scenario)
    # A local name, with or without labels, stands for the parameter with its mechanism.
    local = {fullname.split(".")[1]: fullname for fullname in parameters.names()}
    key = ".".join(filter(None, [local[first], rest])) if first in local else wanted
    if ".".join(key.split(".")[:2]) in parameters.names():
        return _of_parameter(key, scenario)
    if first in GLOSSARY:
        return _of_variable(first, scenario)
    known = [*GLOSSARY, *parameters.names(), *local]
    raise UnknownName("", "", "no such variable or parameter: {value}", nearest(wanted, known), wanted)


def stages() -> tuple[Stage, ...]:
    """Return the stages of a quarter and those before the first, each once."""
    return tuple({stage.name: stage for stage in (*model.SCHEDULE, *model.START)}.values())


def _of_variable(name: str, scenario: Scenario) -> Trace:
    variable = GLOSSARY[name]
    writers = [stage for stage in stages() if name in stage.writes]
    readers = [stage for stage in stages() if name in map(model.base_name, stage.reads)]
    inputs = list(dict.fromkeys(each for stage in writers for each in stage.reads))
    fullnames = [scenario.parameters.local(each) for each in inputs if model.base_name(each) not in GLOSSARY]
    numbers = [_number(e) for fullname in fullnames for e in scenario.parameters.elements(fullname)]
    if name in PRESCRIBED_STATES:
        numbers += _held(name, scenario)
    origin = ", ".join(stage.name for stage in writers) or ORIGINS.get(variable.role, "")
    return Trace(
        name=name,
        kind="variable",
        text=variable.label + (f", by {' and '.join(variable.dims)}" if variable.dims else ""),
        unit=variable.unit,
        origin=origin,
        theory=_theory(writers or readers),
        reads=tuple(each for each in inputs if model.base_name(each) in GLOSSARY),
        read_by=tuple(stage.name for stage in readers),
        writes=(),
        numbers=tuple(numbers),
        events=_events(scenario, [name, *fullnames]),
        evidence=_cited(numbers, writers),
    )


def _of_parameter(key: str, scenario: Scenario) -> Trace:
    parameters = scenario.parameters
    elements = [parameters[each] for each in parameters.match(key, "", "")]
    parameter = parameters.parameter(".".join(key.split(".")[:2]))
    readers = [stage for stage in stages() if parameter.name in stage.reads]
    numbers = [_number(element) for element in elements]
    return Trace(
        name=key,
        kind="parameter",
        text=parameter.description + (f" By {' and '.join(parameter.dims)}." if parameter.dims else ""),
        unit=parameter.unit,
        origin=", ".join(dict.fromkeys(number.file for number in numbers)),
        theory=_theory(readers),
        reads=(),
        read_by=tuple(stage.name for stage in readers),
        writes=tuple(dict.fromkeys(name for stage in readers for name in stage.writes)),
        numbers=tuple(numbers),
        events=_events(scenario, [parameter.fullname]),
        evidence=_cited(numbers, []),
    )


def _number(element: Element) -> Number:
    return Number(
        element.key,
        element.description,
        element.unit,
        element.text(),
        element.evidence,
        element.assumption,
        element.file,
    )


def _held(name: str, scenario: Scenario) -> list[Number]:
    """Return the documented starting values of a held variable."""
    variable = GLOSSARY[name]
    return [
        Number(
            ".".join((name, *labels)),
            variable.label,
            variable.unit,
            f"{entry.value:g}",
            entry.evidence,
            entry.assumption or entry.source,
            f"{scenario.case.name}/case.toml",
        )
        for labels, entry in _entries(getattr(scenario.case.record.held, name))
    ]


def _entries(given: Any, labels: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(given, dict):
        yield labels, given
        return
    for label, inner in given.items():
        yield from _entries(inner, (*labels, label))


def _theory(of: Iterable[Stage]) -> tuple[str, ...]:
    """Return the first line of the docstring of each mechanism."""
    modules = dict.fromkeys(inspect.getmodule(stage.function) for stage in of)
    return tuple(
        f"{module.__name__.rpartition('.')[2]}: {docstring(module).partition(chr(10))[0]}"
        for module in modules
        if module is not None
    )


def _cited(numbers: Iterable[Number], of: Iterable[Stage]) -> tuple[Evidence, ...]:
    """Return the rows cited by numbers, then by the docstrings of mechanisms."""
    table = evidence.load()
    modules = dict.fromkeys(inspect.getmodule(stage.function) for stage in of)
    texts = [docstring(module) for module in modules if module is not None]
    ids = [each for number in numbers for each in number.evidence]
    ids += [word for text in texts for word in re.findall(r"\w+", text)]
    return tuple(table[each] for each in dict.fromkeys(ids) if each in table)


def _events(scenario: Scenario, names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(e.text() for e in scenario.events if e.target is not None and e.target.variable in wanted)
