"""What if: a case, a horizon, changed parameters and dated events, as one immutable value."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from sim.case import case as cases
from sim.case.case import Case
from sim.parameter import posterior, variants
from sim.parameter.elements import Element
from sim.parameter.parameter_set import Change, ParameterSet
from sim.parameter.posterior import Posterior
from sim.scenario import event_checks, events
from sim.scenario import files as scenario_files
from sim.scenario.events import Event, Target
from sim.scenario.files import Layer, shipped
from sim.sources import table as evidence
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, MissingField, MissingFile, UnknownName, nearest, quoted
from sim.vocabulary.variables import GLOSSARY

__all__ = ["Difference", "Event", "Quarter", "Scenario", "Target", "diff", "load", "shipped"]


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

        Examples
        --------
        >>> base.override({"grants.selection_probability": 0.5}, name="more grants")  # doctest: +SKIP
        """
        changes, variant = dict(changes or {}), dict(variant or {})
        parameters = variants.apply(self.parameters, variant, "")
        parameters = parameters.replace(changes, source="", place="")
        said = dict(self.overrides) | {key: quoted(change) for key, change in changes.items()}
        return dataclasses.replace(
            self,
            name=name or f"{self.name} with other {', '.join([*changes, *variant])}",
            title=name or self.title,
            parameters=parameters,
            events=event_checks.check(self.events, self.case, parameters),
            variant=tuple((dict(self.variant) | variant).items()),
            overrides=tuple(said.items()),
            extends=self.name,
        )

    def with_posterior(self, path: str | Path, name: str | None = None) -> Scenario:
        """Return a scenario that draws from the rows of a posterior file what the file speaks of.

        Raises
        ------
        InputError
            If a column is no parameter of the case, or a value is outside its bounds.
        """
        found = posterior.read(path, self.parameters)
        return dataclasses.replace(
            self,
            name=name or f"{self.name} with {Path(path).name}",
            parameters=found.apply(self.parameters),
            posterior=found,
            extends=self.name,
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
    """
    layers = scenario_files.chain(scenario_files.find(name_or_path))
    last = layers[-1]
    chosen = _case(layers, case)
    start, end = _horizon(layers)
    parameters = ParameterSet.load(chosen)
    overrides: dict[str, str] = {}
    learned: Posterior | None = None
    for layer in layers:
        _check_names(layer)
        parameters = variants.apply(parameters, layer.table.variant, layer.file)
        if layer.table.posterior is not None:
            learned = scenario_files.posterior_of(layer, parameters)
            parameters = learned.apply(parameters)
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
    return Scenario(
        name=last.path.stem,
        title=last.table.title,
        story=last.table.story.strip(),
        evidence=last.table.evidence,
        case=chosen,
        start=start,
        end=end,
        parameters=parameters,
        events=event_checks.check(read, chosen, parameters),
        variant=tuple({k: v for layer in layers for k, v in layer.table.variant.items()}.items()),
        look_at=last.table.look_at,
        overrides=tuple(overrides.items()),
        extends=last.table.extends,
        posterior=learned,
    )


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
    if case is not None:
        return cases.load(case)
    name, layer = _last(layers, "case")
    if scenario_files.is_path(name):
        folder = layer.path.parent / name
        if not folder.exists():
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
    """One thing in which two scenarios differ; "" where one of them lacks it."""

    key: str
    a: str
    b: str
    unit: str
    kind: Literal["parameter", "event", "horizon", "case", "variant"]

    def __str__(self) -> str:
        if self.kind == "event":
            return f"+ {self.b}" if self.b else f"- {self.a}"
        return f"{self.key}: {self.a or 'none'} -> {self.b or 'none'} {self.unit}".rstrip()


def diff(a: Scenario, b: Scenario) -> list[Difference]:
    """Return everything in which two scenarios differ, except their names and stories."""
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
        one, other = a.parameters.get(key), b.parameters.get(key)
        if _content(one) != _content(other):
            unit = other.unit if other else one.unit if one else ""
            found.append(Difference(key, _text(one, other), _text(other, one), unit, "parameter"))
    events_a, events_b = Counter(e.text() for e in a.events), Counter(e.text() for e in b.events)
    found += [Difference(text, text, "", "", "event") for text in (events_a - events_b).elements()]
    found += [Difference(text, "", text, "", "event") for text in (events_b - events_a).elements()]
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
