"""What if: a case, a horizon, changed parameters and dated events, as one immutable value."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from sim.case import case as cases
from sim.case.case import Case
from sim.files.records import readable
from sim.parameter import posterior, variants
from sim.parameter.elements import Element
from sim.parameter.parameter_set import Change, ParameterSet
from sim.parameter.posterior import Posterior
from sim.scenario import effects, event_checks, events
from sim.scenario import files as scenario_files
from sim.scenario.effects import Course, Ineffective
from sim.scenario.events import Event, Target
from sim.scenario.files import Layer, shipped
from sim.sources import table as evidence
from sim.vocabulary import arguments
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    Contradiction,
    InputError,
    MissingField,
    MissingFile,
    UnknownName,
    WrongType,
    nearest,
    quoted,
)
from sim.vocabulary.variables import GLOSSARY

__all__ = [
    "Difference",
    "Event",
    "Ineffective",
    "Quarter",
    "Scenario",
    "Target",
    "diff",
    "load",
    "loaded",
    "one",
    "shipped",
]


@dataclass(frozen=True, eq=False)
class Scenario:
    """Everything that defines a run but its trials and its seed.

    Parameters
    ----------
    name : str
        Its label in datasets: the stem of the file, or as given to `override`.
    title, story : str
        One line; one paragraph.
    evidence : tuple of str
        Ids of what the story rests on.
    case : Case
        Who is in it.
    start, end : Quarter
        First and last quarter.
    parameters : ParameterSet
        All numbers, with every change applied.
    events : tuple of Event
        In order of date; on the same date, the base's first.
    variant : tuple of (str, str)
        Structural variants, as name and option.
    look_at : tuple of str
        Variables that show what the scenario is about.
    overrides : tuple of (str, str)
        Parameters changed along the chain of `extends`, as key and text.
    extends : str or None
        The scenario it is written against.
    posterior : Posterior or None
        Where some of the numbers are drawn from together, if they are.
    lost_changes : tuple of Ineffective
        Changes of parameters, along the chain of `extends`, that cannot have an effect.
    root : str
        The file at the base of the chain: it states a world, where the others change it.
    """

    name: str
    title: str
    story: str
    evidence: tuple[str, ...]
    case: Case
    start: Quarter
    end: Quarter
    parameters: ParameterSet
    events: tuple[Event, ...]
    variant: tuple[tuple[str, str], ...]
    look_at: tuple[str, ...]
    overrides: tuple[tuple[str, str], ...]
    extends: str | None
    posterior: Posterior | None = None
    lost_changes: tuple[Ineffective, ...] = ()
    root: str = ""

    @property
    def n_steps(self) -> int:
        """Number of quarters."""
        return self.end.ordinal - self.start.ordinal + 1

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that can change a number; names and stories do not count."""
        content = [
            self.case.digest,
            str(self.start),
            str(self.end),
            self.parameters.digest(),
            [[str(event.at), event.what, event.fields] for event in self.events],
            sorted(self.variant),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @cached_property
    def course(self) -> Course:
        """The parameters over the quarters, as events leave them."""
        return Course(self.case, self.parameters, self.events, self.start, self.n_steps)

    @cached_property
    def ineffective(self) -> tuple[Ineffective, ...]:
        """What the scenario changes without effect, and why: parameters, then events."""
        return (*self.lost_changes, *effects.of_events(self.course, self.root))

    def override(
        self,
        changes: Mapping[str, Change] | None = None,
        name: str | None = None,
        variant: Mapping[str, str] | None = None,
    ) -> Scenario:
        """Return a scenario with other numbers, or another structure.

        Parameters
        ----------
        changes : mapping, optional
            Parameter or element -> number, or table with value, distribution and unit.
        name : str, optional
            By default the name of this one and the keys that were changed.
        variant : mapping, optional
            Structural variant -> option; see `sim.parameter.variants`.

        Warns
        -----
        IneffectiveChange
            If a change cannot have an effect: what is in its way, when, and what would work.

        Raises
        ------
        InputError
            If there is no such parameter, or a value is none or out of bounds.

        Examples
        --------
        >>> base.override({"grants.selection_probability": 0.5}, name="more grants")  # doctest: +SKIP
        """
        is_given = changes is not None
        changes = dict(arguments.table({} if changes is None else changes, "changes"))
        variant = dict(arguments.table({} if variant is None else variant, "variant"))
        for key, option in variant.items():
            arguments.text(option, f"variant.{key}")
        name = None if name is None else arguments.text(name, "name")
        before = variants.apply(self.parameters, variant, "")
        parameters = before.replace(changes, source="", place="")
        said = dict(self.overrides) | {key: quoted(change) for key, change in changes.items()}
        made = dataclasses.replace(
            self,
            name=name or f"{self.name} with other {', '.join([*changes, *variant])}",
            title=name or self.title,
            parameters=parameters,
            events=event_checks.check(self.events, self.case, parameters),
            variant=tuple((dict(self.variant) | variant).items()),
            overrides=tuple(said.items()),
            extends=self.name,
        )
        lost = effects.of_changes(made.course, before, changes)
        lost += _default_options(self.variant, variant, "")
        if is_given and not changes and not variant:
            remedy = "Name a parameter and its value, or leave the argument out."
            lost.append(Ineffective("override({})", "", "nothing is changed", remedy))
        effects.warn(lost)
        return dataclasses.replace(made, lost_changes=(*self._still_lost(changes), *lost))

    def _still_lost(self, changes: Mapping[str, Change]) -> tuple[Ineffective, ...]:
        """Return the changes without effect that are not made anew."""
        return tuple(each for each in self.lost_changes if each.key not in changes)

    def with_posterior(self, path: str | Path, name: str | None = None) -> Scenario:
        """Return a scenario that draws from the rows of a posterior file what the file speaks of.

        Raises
        ------
        InputError
            If a column is no parameter of the case, or a value is outside its bounds.

        Warns
        -----
        IneffectiveChange
            If something that was overridden before is now drawn from the file.
        """
        path = arguments.path(path, "path")
        name = None if name is None else arguments.text(name, "name")
        found = posterior.read(path, self.parameters)
        lost = effects.of_posterior(dict(self.overrides), self.parameters, found.columns, found.file)
        effects.warn(lost)
        return dataclasses.replace(
            self,
            name=name or f"{self.name} with {path.name}",
            parameters=found.apply(self.parameters),
            posterior=found,
            extends=self.name,
            lost_changes=(*self.lost_changes, *lost),
        )


def load(name_or_path: str | Path, case: Case | str | None = None) -> Scenario:
    """Return a scenario by its name, if it is shipped, or by the path of its file.

    Parameters
    ----------
    name_or_path : str or path
        Such as ``"baseline"`` or ``"mine/wetter.toml"``.
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
    name_or_path = _named(name_or_path)
    layers = scenario_files.chain(scenario_files.find(name_or_path))
    last = layers[-1]
    chosen = _case(layers, case)
    start, end = _horizon(layers)
    parameters = ParameterSet.load(chosen)
    overrides: dict[str, str] = {}
    learned: Posterior | None = None
    lost: list[Ineffective] = []
    options: dict[str, str] = {}
    before: list[ParameterSet] = []
    for layer in layers:
        _check_names(layer)
        parameters = variants.apply(parameters, layer.table.variant, layer.file)
        lost += _default_options(options.items(), layer.table.variant, layer.file)
        options |= layer.table.variant
        if layer.table.posterior is not None:
            learned = scenario_files.posterior_of(layer, parameters)
            lost += effects.of_posterior(overrides, parameters, learned.columns, learned.file)
            parameters = learned.apply(parameters)
        before.append(parameters)
        parameters = parameters.replace(layer.changes, layer.file)
        overrides |= {key: quoted(change) for key, change in layer.changes.items()}
    read = [
        events.read(
            table,
            layer.file,
            f"events[{number}]",
            case=chosen,
            parameters=parameters,
            start=start,
            end=end,
        )
        for layer in layers
        for number, table in enumerate(layer.table.events, 1)
    ]
    made = Scenario(
        name=last.path.stem,
        title=last.table.title,
        story=last.table.story.strip(),
        evidence=last.table.evidence,
        case=chosen,
        start=start,
        end=end,
        parameters=parameters,
        events=event_checks.check(read, chosen, parameters),
        variant=tuple(options.items()),
        look_at=last.table.look_at,
        overrides=tuple(overrides.items()),
        extends=last.table.extends,
        posterior=learned,
        root=layers[0].file,
    )
    for layer, under in zip(layers, before, strict=True):
        lost += effects.of_changes(
            made.course, under, layer.changes, layer.file, "set", is_root=layer is layers[0]
        )
    made = dataclasses.replace(made, lost_changes=tuple(lost))
    effects.warn(made.ineffective)
    return made


def loaded(given: Any) -> list[Scenario]:
    """Return scenarios given as such, by name or by path, alone or in a sequence."""
    remedy = 'Give scenarios, names such as "baseline", or paths.'
    is_one = isinstance(given, Scenario | str | os.PathLike)
    listed = (given,) if is_one else arguments.names(given, "scenarios", remedy)
    if not listed:
        raise InputError("", "scenarios", "an empty list", "Name at least one scenario.")
    return [one(each, "scenarios") for each in listed]


def one(given: Any, name: str = "scenario") -> Scenario:
    """Return a scenario given as such, by name or by path."""
    if not isinstance(given, Scenario | str | os.PathLike):
        remedy = 'Give a scenario, a name such as "baseline", or a path.'
        raise WrongType("", name, f"{arguments.shown(given)} is not a scenario", remedy)
    return given if isinstance(given, Scenario) else load(_named(given))


def _named(name_or_path: Any) -> str | Path:
    """Return a name as it is and any path as a Path; refuse what is neither."""
    if isinstance(name_or_path, str) and not scenario_files.is_path(name_or_path):
        return name_or_path
    return arguments.path(name_or_path, "scenario", 'Give a name, such as "baseline", or a path.')


def _default_options(
    before: Iterable[tuple[str, str]], chosen: Mapping[str, str], file: str
) -> list[Ineffective]:
    """Return options of structural variants that change nothing."""
    known, found = variants.known(), []
    for name, option in chosen.items():
        if known[name].options[option]:
            continue
        earlier = dict(before).get(name, option)
        is_other = bool(known[name].options[earlier])
        why = (
            f"the option changes no number, and does not undo {earlier}" if is_other else "it is the default"
        )
        remedy = f"Start from a scenario without {name} = {earlier}." if is_other else "Leave it out."
        found.append(Ineffective(f"{name} = {option}", f"{file}: variant" if file else "", why, remedy))
    return found


def _last(layers: tuple[Layer, ...], field: str) -> tuple[Any, Layer]:
    """Return what the last file of the chain to speak says about a field, and that file."""
    for layer in reversed(layers):
        if getattr(layer.table, field) is not None:
            return getattr(layer.table, field), layer
    example = {"case": '"./my_case"', "start": '"2024-Q1"', "end": '"2040-Q4"'}[field]
    remedy = f'Add {field} = {example}, or extends = "baseline".'
    raise MissingField(layers[0].file, field, "must be given", remedy)


def _case(layers: tuple[Layer, ...], case: Case | str | None) -> Case:
    """Return the case given, or the one that the files name, relative to the file that names it."""
    if isinstance(case, Case):
        return case
    if isinstance(case, str) and not scenario_files.is_path(case):
        return cases.load(case)
    if case is not None:
        return cases.load(arguments.path(case, "case", "Give a name of a case, or the path of its folder."))
    name, layer = _last(layers, "case")
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


def _horizon(layers: tuple[Layer, ...]) -> tuple[Quarter, Quarter]:
    (start, _), (end, layer) = _last(layers, "start"), _last(layers, "end")
    if start >= end:
        problem = f"not after the start, {start}"
        raise Contradiction(layer.file, "end", problem, "Choose a later end or an earlier start.", str(end))
    return start, end


def _check_names(layer: Layer) -> None:
    """Check the evidence and the variables that a file names."""
    evidence.check(layer.table.evidence, layer.file, "evidence")
    for name in layer.table.look_at:
        if name not in GLOSSARY:
            remedy = nearest(name, GLOSSARY, "variables")
            raise UnknownName(layer.file, "look_at", "no such variable: {value}", remedy, name)


@dataclass(frozen=True)
class Difference:
    """One thing in which two scenarios differ; "" where one of them lacks it.

    The note says so where the difference has no effect, and why.
    """

    key: str
    a: str
    b: str
    unit: str
    kind: Literal["parameter", "event", "horizon", "case", "variant"]
    note: str = ""

    def __str__(self) -> str:
        if self.kind == "event":
            text = f"+ {self.b}" if self.b else f"- {self.a}"
        else:
            text = f"{self.key}: {self.a or 'none'} -> {self.b or 'none'} {self.unit}".rstrip()
        return f"{text} ({self.note})" if self.note else text


def diff(a: Scenario | str | Path, b: Scenario | str | Path) -> list[Difference]:
    """Return everything in which two scenarios differ, except their names and stories.

    Parameters
    ----------
    a, b : Scenario, str or path
        Names and paths are loaded.
    """
    a, b = one(a, "a"), one(b, "b")
    found: list[Difference] = []
    if a.case.digest != b.case.digest:
        found.append(Difference("case", a.case.name, b.case.name, "", "case"))
    found += [
        Difference(key, str(getattr(a, key)), str(getattr(b, key)), "", "horizon")
        for key in ("start", "end")
        if getattr(a, key) != getattr(b, key)
    ]
    options_a, options_b = dict(a.variant), dict(b.variant)
    found += [
        Difference(name, options_a.get(name, ""), options_b.get(name, ""), "", "variant")
        for name in dict.fromkeys([*options_a, *options_b])
        if options_a.get(name) != options_b.get(name)
    ]
    for key in dict.fromkeys([*a.parameters, *b.parameters]):
        old, new = a.parameters.get(key), b.parameters.get(key)
        if _content(old) != _content(new):
            unit = new.unit if new else old.unit if old else ""
            note = effects.unread(a.course, b.course, key) if old and new else ""
            found.append(Difference(key, _text(old, new), _text(new, old), unit, "parameter", note))
    events_a, events_b = Counter(e.text() for e in a.events), Counter(e.text() for e in b.events)
    lost_a, lost_b = ({each.key: each.said for each in scenario.ineffective} for scenario in (a, b))
    for text in (events_a - events_b).elements():
        found.append(Difference(text, text, "", "", "event", lost_a.get(text, "")))
    for text in (events_b - events_a).elements():
        found.append(Difference(text, "", text, "", "event", lost_b.get(text, "")))
    return found


def _content(element: Element | None) -> object:
    return element and (element.value, element.distribution, element.bounds, element.unit)


def _text(element: Element | None, other: Element | None) -> str:
    """Return the element in words, with its bounds where the other's differ."""
    if element is None:
        return ""
    low, high = element.bounds
    has_same_bounds = other is None or other.bounds == element.bounds
    return element.text() + ("" if has_same_bounds else f" within {low:g} to {high:g}")
