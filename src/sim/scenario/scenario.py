"""What if: a case, a horizon, changed parameters and dated events, as one immutable value."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sim.case import case as cases
from sim.case.case import Case
from sim.files.records import key_path, readable
from sim.parameter import posterior, variants
from sim.parameter.parameter_set import Change, ParameterSet
from sim.parameter.posterior import Posterior
from sim.scenario import combining, effects, event_checks, events, laying, showing, writing
from sim.scenario import difference as differences
from sim.scenario import files as scenario_files
from sim.scenario.combining import Settled
from sim.scenario.difference import Difference
from sim.scenario.effects import Course, Ineffective, Laid
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
from sim.vocabulary.printing import unprintable
from sim.vocabulary.variables import GLOSSARY

__all__ = [
    "Difference",
    "Event",
    "Ineffective",
    "Quarter",
    "Scenario",
    "Target",
    "combine",
    "diff",
    "load",
    "loaded",
    "one",
    "shipped",
]

#: Events that name a scenario for which no name is given; the rest are counted.
_NAMED = 3

#: What to do about events that are no list of tables.
_LIST = 'Give a list, such as [{"at": "2027-Q1", "what": "replace_government"}].'


@dataclass(frozen=True, eq=False, repr=False)
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
    root : str
        The file at the base of the chain: it states a world, where the others change it.
    base : Scenario or None
        What it changes; for a combination, what its parts share. None where it states a world.
    laid : tuple of Laid
        The changes of parameters along the chain.
    noted : tuple of Ineffective
        What was seen to have no effect when it was laid over others.
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
    root: str = ""
    base: Scenario | None = None
    laid: tuple[Laid, ...] = ()
    noted: tuple[Ineffective, ...] = ()

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
    def lost_changes(self) -> tuple[Ineffective, ...]:
        """The changes of parameters, along the chain of `extends`, that cannot have an effect."""
        found = (each for laid in self.laid for each in effects.of_changes(self.course, laid))
        return (*self.noted, *found)

    @cached_property
    def ineffective(self) -> tuple[Ineffective, ...]:
        """What the scenario changes without effect, and why: parameters, then events."""
        return (*self.lost_changes, *effects.of_events(self.course, self.root))

    def override(
        self,
        changes: Mapping[str, Change] | None = None,
        name: str | None = None,
        variant: Mapping[str, str] | None = None,
        *,
        title: str | None = None,
        story: str = "",
        evidence: Iterable[str] = (),
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
        title, story : str, optional
            As in a file; the title is the name by default, or that of this one where no name is given.
        evidence : list of str, optional
            Ids of what the story rests on.

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
        name, title = _text_if_given(name, "name"), _text_if_given(title, "title")
        made = _laid(self, variant=variant, changes=changes)
        if is_given and not changes and not variant:
            remedy = "Name a parameter and its value, or leave the argument out."
            empty = Ineffective("override({})", "", "nothing is changed", remedy)
            made = dataclasses.replace(made, noted=(*made.noted, empty))
        usual = f"{self.name} with other {', '.join([*changes, *variant])}"
        made = _described(made, name or usual, title or name or self.title, story, evidence)
        made = dataclasses.replace(
            made,
            events=event_checks.check(made.events, self.case, made.parameters),
            base=self,
            extends=self.name,
        )
        own = effects.of_changes(made.course, made.laid[-1]) if changes else []
        effects.warn([*made.noted[len(self.noted) :], *own])
        return made

    def with_events(
        self,
        events: Iterable[Mapping[str, Any]] = (),
        name: str | None = None,
        *,
        drop: Iterable[str] = (),
        title: str | None = None,
        story: str = "",
        evidence: Iterable[str] = (),
        look_at: Iterable[str] | None = None,
    ) -> Scenario:
        """Return a scenario with more dated events, or without some.

        Parameters
        ----------
        events : list of mapping
            Tables as in ``[[events]]`` of a scenario file; ``at`` is a text such as "2027-Q1" or a `Quarter`.
            One with ``replace`` stands in the place of the inherited events of that name.
        name : str, optional
            By default the name of this one and those of the events.
        drop : list of str, optional
            Ids of events of this scenario that are left out; without an id, an event is called by date,
            verb and what it is about, such as "2027-Q1 replace_government".
        title, story : str, optional
            As in a file; the title is the name by default.
        evidence : list of str, optional
            Ids of what the story rests on.
        look_at : list of str, optional
            Variables to look at; by default those of this scenario.

        Warns
        -----
        IneffectiveChange
            If something can have no effect: what is in its way, when, and what would work.

        Raises
        ------
        InputError
            The first mistake, with its place, such as ``events[2].at``, and the remedy.

        Examples
        --------
        >>> base.with_events(
        ...     [{"at": "2027-Q1", "what": "scale", "name": "demand.caution", "by": 2}], name="careful"
        ... )  # doctest: +SKIP
        """
        name, title = _text_if_given(name, "name"), _text_if_given(title, "title")
        tables, dropped = _tables(events), _texts(drop, "drop")
        made = _laid(self, tables=tables, drop=dropped)
        added = [event.label for event in made.events if not any(event is other for other in self.events)]
        named = [*added, *(f"no {label}" for label in dropped)]
        named[_NAMED:] = [f"{len(named) - _NAMED} more"] if len(named) > _NAMED else []
        said = ", ".join(named)
        made = _described(made, name or f"{self.name} with {said or 'the same'}", title, story, evidence)
        made = dataclasses.replace(
            made,
            look_at=self.look_at if look_at is None else _texts(look_at, "look_at"),
            base=self,
            extends=self.name,
        )
        if not tables and not dropped:
            remedy = "Name an event, or leave the call out."
            empty = Ineffective("with_events([])", "", "nothing is changed", remedy)
            made = dataclasses.replace(made, noted=(*made.noted, empty))
        return _checked(made, [self])

    def with_horizon(
        self,
        end: Quarter | str | None = None,
        name: str | None = None,
        *,
        start: Quarter | str | None = None,
        title: str | None = None,
    ) -> Scenario:
        """Return a scenario that ends or begins in another quarter; ``end = "2030-Q4"`` of a file.

        Up to its end each trial is the same, bit for bit, however long the run.

        Parameters
        ----------
        end, start : Quarter or str, optional
            Last and first quarter, such as "2030-Q4"; by default those of this one.
        name : str, optional
            By default the name of this one and the quarters given.
        title : str, optional
            By default that of this one, or the name if one is given.

        Warns
        -----
        IneffectiveChange
            For each event after the end, which is left out.

        Raises
        ------
        InputError
            If the end is not after the start, or an event comes before the start.

        Examples
        --------
        >>> sim.run(base.with_horizon("2030-Q4"), trials=1000)  # doctest: +SKIP
        """
        name, title = _text_if_given(name, "name"), _text_if_given(title, "title")
        first, last = _quarter(start, "start"), _quarter(end, "end")
        horizon = _in_order("", first, last, self)
        made = _laid(dataclasses.replace(self, start=horizon[0], end=horizon[1]))
        given = [f"{word} {date}" for word, date in (("from", first), ("to", last)) if date]
        made = _described(
            made,
            name or " ".join([self.name, *given]),
            title or name or self.title,
            self.story,
            self.evidence,
        )
        if horizon == (self.start, self.end):
            empty = Ineffective("with_horizon", "", "start and end are the same", "Give another end.")
            made = dataclasses.replace(made, noted=(*made.noted, empty))
        return _checked(dataclasses.replace(made, base=self, extends=self.name), [self])

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
        made = _laid(self, learned=posterior.read(path, self.parameters))
        effects.warn(made.noted[len(self.noted) :])
        return dataclasses.replace(
            made, name=name or f"{self.name} with {path.name}", base=self, extends=self.name
        )

    def to_toml(self) -> str:
        """Return the text of a scenario file that loads to the same digest, and so to the same bits.

        It extends the nearest shipped scenario that this one is made from, if there is one, and says what is
        other than there. Of the user's files it names a case or a posterior of their own at most, by path.

        Raises
        ------
        InputError
            If a file that it would have to name is gone.
        """
        return writing.text(self)

    def write(self, path: str | Path, force: bool = False) -> Path:
        """Write the text of `to_toml` to a file and return its path.

        Parameters
        ----------
        path : path
            Ends in .toml; its stem is the scenario's name from then on.
        force : bool
            Replace a file that is there.

        Raises
        ------
        InputError
            If it is there already or cannot be written.
        """
        return writing.save(self.to_toml(), path, force)

    def __repr__(self) -> str:
        return showing.line(self)

    def __str__(self) -> str:
        return showing.text(self)

    def _repr_html_(self) -> str:
        return showing.html(self)


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
    made = _laid(
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
    name, title = _text_if_given(name, "name"), _text_if_given(title, "title")
    parts = [one(each, "scenarios") for each in scenarios]
    if len(parts) < 2:
        raise InputError("", "combine", "one scenario is no combination", "Give two or more.")
    changes = dict(arguments.table({} if changes is None else changes, "changes"))
    tables, dropped = _tables(events), _texts(drop, "drop")
    replaced = [str(each["replace"]) for each in tables if isinstance(each, Mapping) and "replace" in each]
    elements = [each for key in changes for each in parts[0].parameters.match(key, "", "")]
    under = combining.merged(parts, Settled(elements, {*dropped, *replaced}), "", "combine")
    made = _laid(under, changes=changes, tables=tables, drop=dropped)
    stories = "\n\n".join(dict.fromkeys(each.story for each in parts if each.story))
    titles = "; ".join(dict.fromkeys(each.title for each in parts))
    made = _described(
        made,
        name or " + ".join(each.name for each in parts),
        title or name or titles,
        stories if story is None else story,
        under.evidence if evidence is None else evidence,
    )
    look_at = under.look_at if look_at is None else _texts(look_at, "look_at")
    return _checked(dataclasses.replace(made, look_at=look_at), parts)


def _settled(layer: Layer, usual: ParameterSet) -> Settled:
    """Return in what the scenarios that a file extends may differ, since it says itself which holds."""
    table = layer.table
    replaced = [each["replace"] for each in table.events if isinstance(each, Mapping) and "replace" in each]
    fields = [field for field in ("start", "end", "posterior") if getattr(table, field) is not None]
    matched = [usual.match(key, layer.file, f"set.{key}") for key in layer.changes]
    elements = {each for keys in matched for each in keys}
    return Settled(elements, {*table.drop, *map(str, replaced)}, {*table.variant, *fields})


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


def _laid(
    under: Scenario,
    *,
    file: str = "",
    place: str = "",
    is_root: bool = False,
    variant: Mapping[str, str] | None = None,
    learned: Posterior | None = None,
    changes: Mapping[str, Change] | None = None,
    tables: Iterable[Any] = (),
    drop: Iterable[str] = (),
) -> Scenario:
    """Return a scenario with variants, a posterior, changes and events laid over it, in this order.

    Events are not checked against each other.
    """
    variant, changes = variant or {}, changes or {}
    before = variants.apply(under.parameters, variant, file)
    noted = [*under.noted, *_default_options(under.variant, variant, file)]
    if learned is not None:
        noted += effects.of_posterior(dict(under.overrides), before, learned.columns, learned.file)
        before = learned.apply(before)
    parameters = before.replace(changes, file, place)
    laid = [each.without(changes) for each in under.laid]
    laid += [Laid(before, changes, file, place, is_root)] if changes else []
    for event in under.events:
        latest = max(under.end, event.at)  # what comes after the end is left out below
        events.check_date(event.at, under.start, latest, event.file, f"{event.place}.at")
    own = [
        events.read(
            table,
            file,
            key_path("events", number),
            case=under.case,
            parameters=parameters,
            start=under.start,
            end=under.end,
        )
        for number, table in enumerate(tables, 1)
    ]
    laid_events = laying.lay(under.events, own, drop, file)
    kept = tuple(event for event in laid_events if event.at <= under.end)
    noted += [effects.after_the_end(event, under.end) for event in laid_events if event.at > under.end]
    said = dict(under.overrides) | {key: quoted(change) for key, change in changes.items()}
    return dataclasses.replace(
        under,
        parameters=parameters,
        events=kept,
        variant=tuple((dict(under.variant) | dict(variant)).items()),
        overrides=tuple(said.items()),
        posterior=learned or under.posterior,
        laid=tuple(laid),
        noted=tuple(noted),
    )


def _quarter(value: Any, place: str) -> Quarter | None:
    """Return a quarter given as such or as a text."""
    try:
        return None if value is None else Quarter.parse(value)
    except ValueError as error:
        problem, _, remedy = str(error).partition(". ")
        raise WrongType("", place, f"{arguments.shown(value)}: {problem}", remedy) from None


def _text_if_given(value: Any, place: str) -> str | None:
    return None if value is None else arguments.text(value, place)


def _described(made: Scenario, name: str, title: str | None, story: str, cited: Iterable[str]) -> Scenario:
    """Return a scenario with a name, a title, a story and evidence, each checked."""
    name = arguments.text(name, "name")
    title = arguments.text(title or name, "title")
    fault = unprintable(story, allowed="\n\t") if isinstance(story, str) else "no text"
    if fault:
        raise WrongType("", "story", f"holds {fault}", "Give a text in quotation marks.")
    cited = evidence.check(_texts(cited, "evidence"), "", "evidence")
    return dataclasses.replace(made, name=name, title=title, story=story.strip(), evidence=cited)


def _checked(made: Scenario, parts: Iterable[Scenario]) -> Scenario:
    """Return a scenario made in Python, checked; say what has no effect in it that had one in its parts."""
    _check_variables(made.look_at, "")
    checked = event_checks.check(made.events, made.case, made.parameters)
    made = dataclasses.replace(made, events=checked)
    before = {str(each) for part in parts for each in part.ineffective}
    effects.warn(each for each in made.ineffective if str(each) not in before)
    return made


def _tables(given: Any) -> list[Any]:
    """Return tables of events; NumPy's numbers become Python's."""
    return [
        {key: item.item() if isinstance(item, np.generic) else item for key, item in each.items()}
        if isinstance(each, Mapping)
        else each
        for each in arguments.names(given, "events", _LIST)
    ]


def _texts(given: Any, name: str) -> tuple[str, ...]:
    """Return a list of texts."""
    remedy = 'Give a list of texts, such as ["hhi"].'
    listed = arguments.names(given, name, remedy)
    return tuple(arguments.text(each, key_path(name, n)) for n, each in enumerate(listed, 1))


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
    is_text = isinstance(name_or_path, str) and scenario_files.is_text(name_or_path)
    if is_text or (isinstance(name_or_path, str) and not scenario_files.is_path(name_or_path)):
        return str(name_or_path)
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
    return _in_order(layer.file, table.start, table.end, under)


def _in_order(
    file: str, start: Quarter | None, end: Quarter | None, under: Scenario
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


def _check_names(layer: Layer) -> None:
    """Check the evidence and the variables that a file names."""
    evidence.check(layer.table.evidence, layer.file, "evidence")
    _check_variables(layer.table.look_at, layer.file)


def _check_variables(names: Iterable[str], file: str) -> None:
    for name in names:
        if name not in GLOSSARY:
            remedy = nearest(name, GLOSSARY, "variables")
            raise UnknownName(file, "look_at", "no such variable: {value}", remedy, name)


def diff(a: Scenario | str | Path, b: Scenario | str | Path) -> list[Difference]:
    """Return everything in which two scenarios differ, except their names and stories.

    Parameters
    ----------
    a, b : Scenario, str or path
        Names and paths are loaded.
    """
    return differences.between(one(a, "a"), one(b, "b"))
