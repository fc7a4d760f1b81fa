"""Reading a case's sliders.toml: what the explorer moves, and what a moved slider means as events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from sim.case.case import SLIDERS
from sim.files.records import Number, Record, Tables, Texts, check, key_path, shown, toml_if_any
from sim.scenario.event_checks import contradicted
from sim.scenario.events import Event
from sim.scenario.events import read as read_event
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.vocabulary import arguments
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, MissingField, MissingFile, OutOfBounds, UnknownName, nearest

#: Stands in an event for where a slider is.
HERE = "X"

#: How far from a step a number may be, in steps: what a browser sends is rounded.
_ROUNDING = 1e-6


class _Slider(Record):
    title: str
    by: str = ""
    unit: str = ""
    low: Number
    high: Number
    step: Number
    usual: Number
    evidence: Texts = ()
    source: str = ""
    events: Tables


class _File(Record):
    sliders: dict[str, _Slider] = Field(default_factory=dict)


@dataclass(frozen=True)
class Slider:
    """One lever.

    Parameters
    ----------
    name, title, by, unit : str
        Its name; one line; whose it is; unit.
    low, high, step, usual : float
        Its reach; where nothing is changed.
    evidence, source : tuple of str, str
        What it rests on, and why it reaches so far.
    events : tuple of dict
        Tables as in a scenario file, with `HERE` for where it is.
    """

    name: str
    title: str
    by: str
    unit: str
    low: float
    high: float
    step: float
    usual: float
    evidence: tuple[str, ...]
    source: str
    events: tuple[dict[str, Any], ...]

    def at(self, value: Any) -> list[dict[str, Any]]:
        """Return the events of the slider at a value; none where nothing is changed.

        Raises
        ------
        InputError
            If it is no number, or out of reach.
        """
        number = arguments.number(value, self.name)
        if not self.low <= number <= self.high:
            remedy = f"Keep it between {self.low:g} and {self.high:g} {self.unit}."
            raise OutOfBounds("", self.name, "out of the slider's reach", remedy, value)
        if abs(number - self.usual) < _ROUNDING * self.step:
            return []
        return [
            {key: number if each == HERE else each for key, each in event.items()} for event in self.events
        ]


def read(base: Scenario) -> dict[str, Slider]:
    """Return the sliders of a scenario's case, each of which can be moved to both its ends.

    Raises
    ------
    InputError
        If it declares none, or one does not fit.
    """
    path = base.case.folder / SLIDERS
    file, said = shown(path), toml_if_any(path)
    if said is None:
        raise MissingFile(file, "", "the case declares no sliders", "Write one; see docs/explorer.md.")
    declared = check(_File, said, file, "").sliders
    if not declared:
        raise MissingField(file, "sliders", "must be given", "Write at least one [sliders.NAME].")
    found = {name: _made(name, each, file) for name, each in declared.items()}
    for slider in found.values():
        for end in (slider.low, slider.high):
            for number, event in enumerate(slider.at(end), 1):
                _event(event, base, file, key_path("sliders", slider.name, "events", number))
    return found


def begin(sliders: Mapping[str, Slider]) -> Quarter:
    """Return the first quarter in which one of the sliders is felt."""
    return min(Quarter.parse(str(event["at"])) for each in sliders.values() for event in each.events)


def moved(base: Scenario, sliders: Mapping[str, Slider], values: Mapping[str, Any]) -> Scenario:
    """Return a scenario with sliders where they are; the scenario itself where none is moved.

    What the scenario says of the same thing at the same time gives way to the slider.

    Raises
    ------
    InputError
        If there is no such slider, or it does not go so far.
    """
    for name in values:
        if name not in sliders:
            raise UnknownName(
                "", "sliders", "no such slider: {value}", nearest(name, sliders, "sliders"), name
            )
    chosen = {name: sliders[name] for name in sliders if name in values and sliders[name].at(values[name])}
    if not chosen:
        return base
    tables = [event for name, each in chosen.items() for event in each.at(values[name])]
    given_up = [
        other.label
        for table in tables
        for other in contradicted(_event(table, base, "", "sliders"), base.events)
    ]
    said = [f"{each.title}: {float(values[name]):g} {each.unit}".strip() for name, each in chosen.items()]
    return base.with_events(
        tables,
        drop=list(dict.fromkeys(given_up)),
        name=f"{base.name} moved",
        title=f"{base.title}, moved",
        story=f"{base.title} with other levers. {'; '.join(said)}.",
        evidence=list(dict.fromkeys(id for each in chosen.values() for id in each.evidence)),
    )


def _event(table: Mapping[str, Any], base: Scenario, file: str, place: str) -> Event:
    case, parameters = base.case, base.parameters
    return read_event(table, file, place, case=case, parameters=parameters, start=base.start, end=base.end)


def _made(name: str, said: _Slider, file: str) -> Slider:
    place = f"sliders.{name}"
    if not said.low <= said.usual <= said.high or said.step <= 0 or said.low == said.high:
        remedy = "Give low <= usual <= high, and a step above 0."
        raise Contradiction(file, place, "the reach does not fit", remedy)
    if not any(HERE in event.values() for event in said.events):
        raise MissingField(
            file, f"{place}.events", f'none has "{HERE}"', "Write it where the number belongs."
        )
    return Slider(
        name=name,
        title=said.title,
        by=said.by,
        unit=said.unit,
        low=said.low,
        high=said.high,
        step=said.step,
        usual=said.usual,
        evidence=evidence.check(said.evidence, file, f"{place}.evidence"),
        source=said.source,
        events=tuple(said.events),
    )
