"""What there is to write a future with: scenarios, parameters, variables, and evidence to cite."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.parameter.elements import Element
from sim.scenario import files
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.sources import table
from sim.sources.table import Evidence
from sim.vocabulary import arguments
from sim.vocabulary.errors import UnknownName, nearest
from sim.vocabulary.listing import Listing
from sim.vocabulary.variables import GLOSSARY, Variable


@dataclass(frozen=True)
class Summary:
    """What a shipped scenario says of itself.

    Parameters
    ----------
    name, title, story : str
        Its name, one line, one paragraph.
    extends : str or None
        What it is written against.
    evidence, look_at : tuple of str
        Ids of what it rests on; variables that show what it is about.
    """

    name: str
    title: str
    extends: str | None
    story: str
    evidence: tuple[str, ...]
    look_at: tuple[str, ...]


def scenarios() -> Listing[Summary]:
    """Return what the shipped scenarios say of themselves; `sim.load` loads one.

    Returns
    -------
    Listing of Summary
        A list that prints as a table.

    Examples
    --------
    >>> for each in sim.scenarios():
    ...     print(each.name, each.title)
    """
    rows = []
    for name in files.shipped():
        said = files.read(name).table
        extends = ", ".join(said.extends) or None
        rows.append(Summary(name, said.title, extends, said.story.strip(), said.evidence, said.look_at))
    return Listing(
        rows,
        {
            "Name": lambda row: row.name,
            "Extends": lambda row: row.extends or "",
            "Title": lambda row: row.title,
        },
    )


def variables() -> Listing[Variable]:
    """Return the variables that a run can keep, with axes, unit and what they are.

    Those recorded "always" are kept unless `keep` names others; those "asked" if it names them.

    Returns
    -------
    Listing of Variable
        A list that prints as a table.

    Examples
    --------
    >>> for each in sim.variables():
    ...     print(each.name, each.unit, each.label)
    """
    rows = [each for each in GLOSSARY.values() if each.recorded != "never"]
    return Listing(
        rows,
        {
            "Name": lambda row: row.name,
            "Axes": lambda row: " ".join(row.dims),
            "Unit": lambda row: row.unit,
            "Description": lambda row: row.label,
        },
    )


def evidence(id: str | None = None, topic: str | None = None) -> Listing[Evidence]:
    """Return the rows of evidence: all, one by its id, or those whose topic contains a text.

    Parameters
    ----------
    id : str, optional
        Such as ``"x_deal_size"``.
    topic : str, optional
        A part of the topic, such as ``"grant"``.

    Returns
    -------
    Listing of Evidence
        A list that prints as a table.

    Raises
    ------
    UnknownName
        With the nearest id or topic.

    Examples
    --------
    >>> for row in sim.evidence(topic="aid"):
    ...     print(row.id, row.claim)
    """
    rows = list(table.load().values())
    if id is not None:
        [known] = table.check([arguments.text(id, "id")], "", "id")
        rows = [table.load()[known]]
    if topic is not None:
        wanted = arguments.text(topic, "topic").casefold()
        rows = [row for row in rows if wanted in row.topic.casefold()]
    if not rows:
        topics = sorted({row.topic for row in table.load().values()})
        remedy = nearest(topic or "", topics, "topics")
        raise UnknownName("", "topic", "no such topic: {value}", remedy, topic)
    return Listing(rows, {"Id": lambda row: row.id, "Claim": lambda row: row.claim})


def parameters(name: str | None = None, scenario: Scenario | str | Path = "baseline") -> Listing[Element]:
    """Return the numbers of a scenario, each with its unit, bounds and what it rests on.

    Parameters
    ----------
    name : str, optional
        Only those whose key, or name without the mechanism, begins so.
    scenario : Scenario, str or path
        Whose numbers.

    Returns
    -------
    Listing of Element
        A list that prints as a table.

    Raises
    ------
    UnknownName
        With the nearest parameter.

    Examples
    --------
    >>> for each in sim.parameters("demand"):
    ...     print(each.key, each.text(), each.unit)
    """
    known = one(scenario).parameters
    wanted = "" if name is None else arguments.text(name, "name")
    rows = [each for each in known.values() if each.key.startswith(wanted) or each.name.startswith(wanted)]
    if not rows:
        names = [*known.names(), *(each.split(".")[1] for each in known.names())]
        raise UnknownName("", "", "no such parameter: {value}", nearest(wanted, names, "parameters"), wanted)
    return Listing(
        rows,
        {
            "Parameter": lambda row: row.key,
            "Value": lambda row: row.text(),
            "Unit": lambda row: row.unit,
            "Description": lambda row: row.description,
        },
    )
