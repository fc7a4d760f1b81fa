"""Scenarios by name, path or text; several as one; in what two of them differ."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.case.case import Case
from sim.parameter.parameter_set import Change
from sim.scenario import combining, difference, given, overlay, resolving
from sim.scenario import files as scenario_files
from sim.scenario.combining import Settled
from sim.scenario.difference import Difference
from sim.scenario.ineffective import finding
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError, WrongType


def load(name_or_path: str | Path, case: Case | str | None = None) -> Scenario:
    """Return a scenario by its name, if it is shipped, by the path of its file, or from its text.

    Parameters
    ----------
    name_or_path : str or path
        Such as ``"baseline"`` or ``"mine/wetter.toml"``; or the text of a scenario file, known by its line
        breaks and named after its title.
    case : Case or str, optional
        Used instead of the one that the files name.

    Returns
    -------
    Scenario

    Raises
    ------
    InputError
        One line that names the file in which the mistake stands, and the remedy.

    Warns
    -----
    IneffectiveChange
        For each change or event that cannot have an effect.

    Examples
    --------
    >>> base = sim.load("baseline")
    >>> sim.load("mine/wetter.toml").case.name
    """
    made = resolving.resolve(scenario_files.read(_named(name_or_path)), Scenario, case)
    finding.warn(made.ineffective)
    return made


def one(given: Any, name: str = "scenario") -> Scenario:
    """Return a scenario given as such, by name or by path."""
    if not isinstance(given, Scenario | str | os.PathLike):
        remedy = 'Give a scenario, a name such as "baseline", or a path.'
        raise WrongType("", name, f"{arguments.shown(given)} is not a scenario", remedy)
    return given if isinstance(given, Scenario) else load(_named(given))


def loaded(given: Any) -> list[Scenario]:
    """Return scenarios given as such, by name or by path, alone or in a sequence."""
    remedy = 'Give scenarios, names such as "baseline", or paths.'
    is_one = isinstance(given, Scenario | str | os.PathLike)
    listed = (given,) if is_one else arguments.names(given, "scenarios", remedy)
    if not listed:
        raise InputError("", "scenarios", "an empty list", "Name at least one scenario.")
    return [one(each, "scenarios") for each in listed]


def combine(
    *scenarios: Scenario | str | Path,
    name: str | None = None,
    title: str | None = None,
    story: str | None = None,
    evidence: Iterable[str] | None = None,
    look_at: Iterable[str] | None = None,
    changes: Mapping[str, Change] | None = None,
    events: Iterable[Mapping[str, Any]] = (),
    drop: Iterable[str] = (),
) -> Scenario:
    """Return several scenarios as one: what each changes against the base that they share.

    ``extends = ["a", "b"]`` in a scenario file means the same. What they change alike counts once; the order
    in which they are named does not matter.

    Parameters
    ----------
    *scenarios : Scenario, str or path
        Two or more; names and paths are loaded.
    name : str, optional
        By default their names, joined by " + ".
    title, story : str, optional
        By default those of all of them.
    evidence, look_at : list of str, optional
        By default those of all of them.
    changes, events, drop : optional
        As of `Scenario.override` and `Scenario.with_events`: laid over all of them, and where they conflict
        these say which holds.

    Returns
    -------
    Scenario
        Its base is what they share.

    Warns
    -----
    IneffectiveChange
        If one of them changes nothing, or what it changes can have no effect beside the others.

    Raises
    ------
    Contradiction
        If they share no base; if two of them change an element to different values, or one cell at
        overlapping times. It names both places and how to say which holds.

    Examples
    --------
    >>> sim.combine("fiscal_squeeze", "government_turnover", name="both")
    """
    name, title = arguments.text_if_given(name, "name"), arguments.text_if_given(title, "title")
    parts = [one(each, "scenarios") for each in scenarios]
    if len(parts) < 2:
        raise InputError("", "combine", "one scenario is no combination", "Give two or more.")
    changes = dict(arguments.table({} if changes is None else changes, "changes"))
    tables, dropped = given.tables(events), given.texts(drop, "drop")
    replaced = [str(each["replace"]) for each in tables if isinstance(each, Mapping) and "replace" in each]
    elements = [each for key in changes for each in parts[0].parameters.match(key, "", "")]
    under = combining.merged(parts, Settled(elements, {*dropped, *replaced}), "", "combine")
    made = overlay.laid(under, changes=changes, tables=tables, drop=dropped)
    stories = "\n\n".join(dict.fromkeys(each.story for each in parts if each.story))
    titles = "; ".join(dict.fromkeys(each.title for each in parts))
    made = overlay.described(
        made,
        name or " + ".join(each.name for each in parts),
        title or name or titles,
        stories if story is None else story,
        under.evidence if evidence is None else evidence,
    )
    look_at = under.look_at if look_at is None else given.texts(look_at, "look_at")
    return overlay.checked(dataclasses.replace(made, look_at=look_at), parts)


def diff(a: Scenario | str | Path, b: Scenario | str | Path) -> list[Difference]:
    """Return everything in which two scenarios differ, except their names and stories.

    Parameters
    ----------
    a, b : Scenario, str or path
        Names and paths are loaded.

    Returns
    -------
    list of Difference
        Each with `key`, `a`, `b` and `unit`, and a `note` where it has no effect; prints as a line.

    Raises
    ------
    InputError
        If one of them cannot be loaded.

    Examples
    --------
    >>> for each in sim.diff("baseline", "fiscal_squeeze"):
    ...     print(each)
    """
    return difference.between(one(a, "a"), one(b, "b"))


def _named(name_or_path: Any) -> str | Path:
    """Return a name as it is and any path as a Path; refuse what is neither."""
    is_text = isinstance(name_or_path, str) and scenario_files.is_text(name_or_path)
    if is_text or (isinstance(name_or_path, str) and not scenario_files.is_path(name_or_path)):
        return str(name_or_path)
    return arguments.path(name_or_path, "scenario", 'Give a name, such as "baseline", or a path.')
