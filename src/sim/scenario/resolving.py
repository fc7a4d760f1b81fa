"""The scenario of a file: what it says, laid over what it extends."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from sim.case import case as cases
from sim.case.case import Case
from sim.files.records import readable
from sim.parameter.parameter_set import ParameterSet
from sim.scenario import combining, event_checks, given, overlay
from sim.scenario import files as scenario_files
from sim.scenario.combining import Settled
from sim.scenario.definition import Definition, S
from sim.scenario.files import Layer
from sim.sources import table as evidence
from sim.vocabulary import arguments
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import MissingField, MissingFile, UnknownName, nearest


def resolve(top: Layer, kind: type[S], case: Case | str | None = None) -> S:
    """Return the scenario of a file that was read, its events checked against each other.

    Parameters
    ----------
    top : Layer
        The file, and those that it extends.
    kind : type
        The class of what is returned.
    case : Case or str, optional
        Used instead of the one that the files name.

    Raises
    ------
    InputError
        The first mistake, with its file and place.
    """
    chosen = _case(top, case)
    bare = kind(
        name=chosen.name,
        title="",
        story="",
        evidence=(),
        case=chosen,
        start=_said_last(top, "start")[0],
        end=_said_last(top, "end")[0],
        parameters=ParameterSet.load(chosen),
        events=(),
        variant=(),
        look_at=(),
        overrides=(),
        extends=None,
    )
    made = _laid_over(bare, top)
    return dataclasses.replace(made, events=event_checks.check(made.events, chosen, made.parameters))


def _laid_over(bare: S, layer: Layer) -> S:
    """Return the scenario of a file, its events not yet checked against each other.

    `bare` is the case as it is, on which the chain of files rests.
    """
    _check_names(layer)
    parents = [_laid_over(bare, each) for each in layer.parents]
    if not parents:
        under = dataclasses.replace(bare, root=layer.file)
    elif len(parents) == 1:
        under = dataclasses.replace(parents[0], base=parents[0])
    else:
        under = combining.merged(parents, _settled(layer, bare.parameters), layer.file, "extends")
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


def _settled(layer: Layer, usual: ParameterSet) -> Settled:
    """Return in what the scenarios that a file extends may differ, since it says itself which holds."""
    table = layer.table
    replaced = [each["replace"] for each in table.events if isinstance(each, Mapping) and "replace" in each]
    fields = [field for field in ("start", "end", "posterior") if getattr(table, field) is not None]
    matched = [usual.match(key, layer.file, f"set.{key}") for key in layer.changes]
    elements = {each for keys in matched for each in keys}
    return Settled(elements, {*table.drop, *map(str, replaced)}, {*table.variant, *fields})


def _said_last(top: Layer, field: str) -> tuple[Any, Layer]:
    """Return the value of a field in the first file of the chain that gives it, and that file."""
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


def _horizon(layer: Layer, under: Definition) -> tuple[Quarter, Quarter]:
    """Return the horizon of a file: what it says itself, else that of what it extends."""
    table = layer.table
    return given.in_order(layer.file, table.start, table.end, under)


def _check_names(layer: Layer) -> None:
    """Check the evidence and the variables that a file names."""
    evidence.check(layer.table.evidence, layer.file, "evidence")
    given.check_variables(layer.table.look_at, layer.file)
