"""What a user gives in Python, as a scenario file would have it: texts, tables of events, a horizon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sim.files.records import key_path
from sim.scenario.definition import Definition
from sim.vocabulary import arguments
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, UnknownName, WrongType, nearest
from sim.vocabulary.variables import GLOSSARY

#: What to do about events that are no list of tables.
_LIST = 'Give a list, such as [{"at": "2027-Q1", "what": "replace_government"}].'


def texts(given: Any, name: str) -> tuple[str, ...]:
    """Return a list of texts."""
    remedy = 'Give a list of texts, such as ["hhi"].'
    listed = arguments.names(given, name, remedy)
    return tuple(arguments.text(each, key_path(name, n)) for n, each in enumerate(listed, 1))


def tables(given: Any) -> list[Any]:
    """Return tables of events; NumPy's numbers become Python's."""
    return [
        {key: arguments.plain(item) for key, item in each.items()} if isinstance(each, Mapping) else each
        for each in arguments.names(given, "events", _LIST)
    ]


def quarter(value: Any, place: str) -> Quarter:
    """Return a quarter given as such or as a text."""
    try:
        return Quarter.parse(value)
    except ValueError as error:
        problem, _, remedy = str(error).partition(". ")
        raise WrongType("", place, f"{arguments.shown(value)}: {problem}", remedy) from None


def in_order(
    file: str, start: Quarter | None, end: Quarter | None, under: Definition
) -> tuple[Quarter, Quarter]:
    """Return start and end, where they are not given those of a scenario, if the one is before the other."""
    first, last = start or under.start, end or under.end
    if first >= last and end is None and start is not None:
        problem = f"not before the end, {last}"
        raise Contradiction(file, "start", problem, "Choose an earlier start.", str(first))
    if first >= last:
        problem = f"not after the start, {first}"
        raise Contradiction(file, "end", problem, "Choose a later end or an earlier start.", str(last))
    return first, last


def check_variables(names: Iterable[str], file: str) -> None:
    """Refuse a variable to look at that does not exist."""
    for name in names:
        if name not in GLOSSARY:
            remedy = nearest(name, GLOSSARY, "variables")
            raise UnknownName(file, "look_at", "no such variable: {value}", remedy, name)
