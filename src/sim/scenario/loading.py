"""Scenarios by name, path or text; several as one; in what two of them differ."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.case import case as cases
from sim.case.case import Case
from sim.files.records import readable
from sim.parameter.parameter_set import Change, ParameterSet
from sim.scenario import combining, difference, effects, event_checks, given, overlay
from sim.scenario import files as scenario_files
from sim.scenario.combining import Settled
from sim.scenario.difference import Difference
from sim.scenario.files import Layer
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.vocabulary import arguments
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError, MissingField, MissingFile, UnknownName, WrongType, nearest


def load(name_or_path: str | Path, case: Case | str | None = None) -> Scenario:
    """Return a scenario by its name, if it is shipped, by the path of its file, or from its text.

    Parameters
    ----------
    name_or_path : str or path
        Such as ``"baseline"`` or ``"mine/wetter.toml"``; or the text of a scenario file, known by its line
        breaks and named after its title.
    case : Case or str, optional
        Used instead of the one that the files name.

    Raises
    ------
    InputError
        One line that names the file in which the mistake stands, and the remedy.

    Warns
    -----
    IneffectiveChange
        For each change or event that cannot have an effect.
    """
    top = scenario_files.read(_named(name_or_path))
    chosen = _case(top, case)
    horizon = _said_last(top, "start")[0], _said_last(top, "end")[0]
    made = _resolved(top, chosen, ParameterSet.load(chosen), horizon)
    made = dataclasses.replace(made, events=event_checks.check(made.events, chosen, made.parameters))
    effects.warn(made.ineffective)
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
    >>> sim.combine("fiscal_squeeze", "government_turnover", name="both")  # doctest: +SKIP
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
    """
    return difference.between(one(a, "a"), one(b, "b"))


def _named(name_or_path: Any) -> str | Path:
    """Return a name as it is and any path as a Path; refuse what is neither."""
    is_text = isinstance(name_or_path, str) and scenario_files.is_text(name_or_path)
    if is_text or (isinstance(name_or_path, str) and not scenario_files.is_path(name_or_path)):
        return str(name_or_path)
    return arguments.path(name_or_path, "scenario", 'Give a name, such as "baseline", or a path.')


def _resolved(layer: Layer, case: Case, usual: ParameterSet, horizon: tuple[Quarter, Quarter]) -> Scenario:
    """Return the scenario of a file, its events not yet checked against each other.

    `horizon` is that of a file that extends nothing and does not say its own.
    """
    _check_names(layer)
    parents = [_resolved(each, case, usual, horizon) for each in layer.parents]
    if not parents:
        under = _bare(case, usual, horizon, layer.file)
    elif len(parents) == 1:
        under = dataclasses.replace(parents[0], base=parents[0])
    else:
        under = combining.merged(parents, _settled(layer, usual), layer.file, "extends")
    start, end = _horizon(layer, under)
    learned = None
    if layer.table.posterior is not None:
        learned = scenario_files.posterior_of(layer, under.parameters)
    made = overlay.laid(
        dataclasses.replace(under, start=start, end=end),
        file=layer.file,
        place="set",
        is_root=not parents,
        variant=layer.table.variant,
        learned=learned,
        changes=layer.changes,
        tables=layer.table.events,
        drop=layer.table.drop,
    )
    return dataclasses.replace(
        made,
        name=layer.name,
        title=layer.table.title,
        story=layer.table.story.strip(),
        evidence=layer.table.evidence,
        look_at=layer.table.look_at,
        extends=", ".join(layer.table.extends) or None,
    )


def _bare(case: Case, usual: ParameterSet, horizon: tuple[Quarter, Quarter], root: str) -> Scenario:
    """Return a case as it is, without a scenario."""
    return Scenario(
        name=case.name,
        title="",
        story="",
        evidence=(),
        case=case,
        start=horizon[0],
        end=horizon[1],
        parameters=usual,
        events=(),
        variant=(),
        look_at=(),
        overrides=(),
        extends=None,
        root=root,
    )


def _settled(layer: Layer, usual: ParameterSet) -> Settled:
    """Return in what the scenarios that a file extends may differ, since it says itself which holds."""
    table = layer.table
    replaced = [each["replace"] for each in table.events if isinstance(each, Mapping) and "replace" in each]
    fields = [field for field in ("start", "end", "posterior") if getattr(table, field) is not None]
    matched = [usual.match(key, layer.file, f"set.{key}") for key in layer.changes]
    elements = {each for keys in matched for each in keys}
    return Settled(elements, {*table.drop, *map(str, replaced)}, {*table.variant, *fields})


def _said_last(top: Layer, field: str) -> tuple[Any, Layer]:
    """Return what the last file of the chain to speak says about a field, and that file."""
    for layer in top.line():
        if getattr(layer.table, field) is not None:
            return getattr(layer.table, field), layer
    example = {"case": '"./my_case"', "start": '"2024-Q1"', "end": '"2040-Q4"'}[field]
    remedy = f'Add {field} = {example}, or extends = "baseline".'
    raise MissingField(top.line()[-1].file, field, "must be given", remedy)


def _case(top: Layer, case: Case | str | None) -> Case:
    """Return the case given, or the one that the files name, relative to the file that names it."""
    if isinstance(case, Case):
        return case
    if isinstance(case, str) and not scenario_files.is_path(case):
        return cases.load(case)
    if case is not None:
        return cases.load(arguments.path(case, "case", "Give a name of a case, or the path of its folder."))
    name, layer = _said_last(top, "case")
    if scenario_files.is_path(name):
        folder = layer.path.parent / name
        with readable(layer.file, "case"):
            is_there = folder.exists()
        if not is_there:
            raise MissingFile(layer.file, "case", "no such folder", "Check the path.", name)
        return cases.load(folder)
    if name not in cases.shipped():
        remedy = nearest(name, cases.shipped(), "cases") + " The path of a folder has a / in it."
        raise UnknownName(layer.file, "case", "no such case: {value}", remedy, name)
    return cases.load(name)


def _horizon(layer: Layer, under: Scenario) -> tuple[Quarter, Quarter]:
    """Return the horizon of a file: what it says itself, else that of what it extends."""
    table = layer.table
    return given.in_order(layer.file, table.start, table.end, under)


def _check_names(layer: Layer) -> None:
    """Check the evidence and the variables that a file names."""
    evidence.check(layer.table.evidence, layer.file, "evidence")
    given.check_variables(layer.table.look_at, layer.file)
