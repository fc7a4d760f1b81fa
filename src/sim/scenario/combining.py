"""Several scenarios as one: what each changes against the base that they share, laid over it together.

What two of them change alike counts once. What they change otherwise, an element to two values or one cell at
overlapping times, is a conflict, unless the scenario that combines them says which holds. The order in which
they are named does not matter.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim.parameter.elements import Element
from sim.parameter.posterior import Column
from sim.scenario import changes as differences
from sim.scenario.definition import Definition, S
from sim.scenario.event_checks import FIXES
from sim.scenario.events import Event
from sim.scenario.ineffective.changes import Laid
from sim.scenario.ineffective.finding import Ineffective
from sim.vocabulary.arguments import LAST_YEAR
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction

#: The ordinal of a quarter beyond all.
_NEVER = Quarter(LAST_YEAR, 4).ordinal + 1


@dataclass(frozen=True)
class Settled:
    """What the scenario that combines others says itself, so that they may differ in it.

    Parameters
    ----------
    elements : collection of str
        Keys of elements.
    events : collection of str
        Labels of events that it drops or replaces.
    others : collection of str
        Names of structural variants, and of ``start``, ``end`` and ``posterior``.
    """

    elements: Collection[str] = ()
    events: Collection[str] = ()
    others: Collection[str] = ()


def shared_base(scenarios: Sequence[S], file: str, place: str) -> S:
    """Return the nearest scenario that all are written against.

    Raises
    ------
    Contradiction
        If there is none.
    """
    first, *others = scenarios
    for each in first.line():
        if all(any(each.digest == under.digest for under in other.line()) for other in others):
            return each
    roots = [f"{each.name} rests on {list(each.line())[-1].name}" for each in scenarios]
    remedy = "Write them against one base."
    raise Contradiction(file, place, f"they share no base: {', '.join(roots)}", remedy)


def merged(scenarios: Sequence[S], settled: Settled, file: str = "", place: str = "") -> S:
    """Return the shared base with the changes of all; names and stories are left to the caller.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Two or more.
    settled : Settled
        What may differ.
    file, place : str
        Where they are combined, for errors.

    Raises
    ------
    Contradiction
        If they share no base, or set one thing to two values; with both places.
    """
    base = shared_base(scenarios, file, place)
    # In an order of their own, so that events of one date do not follow that in which scenarios are named.
    ordered = sorted(scenarios, key=lambda each: each.digest)
    _check_events(base, scenarios, settled, file, place)
    changed = _elements(base, scenarios, settled, file, place)
    parameters = base.parameters.with_elements(changed.values())
    whole: dict[str, Any] = {
        field: _one(base, scenarios, field, settled, file, place) for field in ("start", "end", "posterior")
    }
    by_hand = {key: each for key, each in changed.items() if each.stream != Column.stream}
    laid = Laid(base.parameters, differences.written(by_hand, base.parameters))
    noted = [each for one in scenarios for each in one.noted]
    noted += [_idle(each, base) for each in scenarios if each.digest == base.digest]
    return dataclasses.replace(
        base,
        **whole,
        parameters=parameters,
        events=_events(base, ordered),
        variant=_variant(base, scenarios, settled, file, place),
        overrides=tuple(dict(pair for each in scenarios for pair in each.overrides).items()),
        evidence=_union(each.evidence for each in scenarios),
        look_at=_union(each.look_at for each in scenarios),
        laid=(*base.laid, laid),
        noted=tuple(dict.fromkeys(noted)),
        base=base,
        extends=", ".join(each.name for each in scenarios),
    )


def _union(lists: Iterator[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(itertools.chain.from_iterable(lists)))


def _idle(scenario: Definition, base: Definition) -> Ineffective:
    return Ineffective(scenario.name, "", f"it changes nothing against {base.name}", "Leave it out.")


def _elements(
    base: Definition, scenarios: Sequence[Definition], settled: Settled, file: str, place: str
) -> dict[str, Element]:
    """Return the elements that any of them changes."""
    found: dict[str, tuple[Element, Definition]] = {}
    for scenario in scenarios:
        for key, element in differences.elements(base.parameters, scenario.parameters).items():
            other, by = found.setdefault(key, (element, scenario))
            if differences.content(other) != differences.content(element) and key not in settled.elements:
                both = " and ".join(
                    f"{each.text()} ({_source(each, one)})"
                    for each, one in ((other, by), (element, scenario))
                )
                remedy = f'Say which holds: "{key}" = ... in [set], or in changes.'
                raise Contradiction(file, place, f"{key} is changed to {both}", remedy)
    return {key: element for key, (element, _) in found.items()}


def _source(element: Element, scenario: Definition) -> str:
    """Say where an element got its value."""
    return f"{scenario.name}, {element.file}" if element.file else scenario.name


def _one(
    base: Definition, scenarios: Sequence[Definition], field: str, settled: Settled, file: str, place: str
) -> object:
    """Return the one value of a field to which any of them changes the base's."""
    usual = getattr(base, field)
    others = [each for each in scenarios if getattr(each, field) != usual]
    values = [getattr(each, field) for each in others]
    if any(value != values[0] for value in values[1:]) and field not in settled.others:
        said = [getattr(value, "file", str(value)) for value in values]
        both = ", ".join(f"{text} in {each.name}" for text, each in zip(said, others, strict=True))
        remedy = f"Say which holds: {field} = ... in a file that extends them."
        raise Contradiction(file, place, f"{field} is {both}", remedy)
    return values[0] if values else usual


def _variant(
    base: Definition, scenarios: Sequence[Definition], settled: Settled, file: str, place: str
) -> tuple[tuple[str, str], ...]:
    usual = dict(base.variant)
    found: dict[str, tuple[str, Definition]] = {}
    for scenario in scenarios:
        for name, option in scenario.variant:
            if usual.get(name) == option:
                continue
            other, by = found.setdefault(name, (option, scenario))
            if other != option and name not in settled.others:
                both = f"{other} in {by.name}, {option} in {scenario.name}"
                remedy = "Say which holds in [variant], or give both the same option."
                raise Contradiction(file, place, f"variant {name} is {both}", remedy)
    return tuple((usual | {name: option for name, (option, _) in found.items()}).items())


def _events(base: Definition, scenarios: Sequence[Definition]) -> tuple[Event, ...]:
    """Return the base's events that none drops, and those that any adds, in order of date."""
    kept, added = list(base.events), []
    seen: set[object] = set()
    for scenario in scenarios:
        own, gone = differences.events(base.events, scenario.events)
        out = set(map(differences.said, gone))
        kept = [event for event in kept if differences.said(event) not in out]
        # What several of them say is said once; what one of them says twice is meant.
        added += [event for event in own if differences.said(event) not in seen]
        seen |= set(map(differences.said, own))
    return tuple(sorted([*kept, *added], key=lambda event: event.at))


def _check_events(
    base: Definition, scenarios: Sequence[Definition], settled: Settled, file: str, place: str
) -> None:
    """Refuse two scenarios that change the same at the same time, each in its way."""
    own = [
        (
            each.name,
            [e for e in differences.events(base.events, each.events)[0] if e.label not in settled.events],
        )
        for each in scenarios
    ]
    for (name, some), (other, others) in itertools.combinations(own, 2):
        for one, two in itertools.product(some, others):
            key = _clash(one, two)
            if key is None:
                continue
            both = f"{one.where} ({name}: {one.text()}) and {two.where} ({other}: {two.text()})"
            remedy = (
                f'Say which holds, by an event with replace = "{one.label}".'
                if one.label == two.label
                else f'Leave one out: drop = ["{one.label}"] or drop = ["{two.label}"].'
            )
            raise Contradiction(file, place, f"{both} both change {key}", remedy)


def _clash(one: Event, other: Event) -> str | None:
    """Return what two events, each of another scenario, change in two ways at one time; None if nothing."""
    if differences.said(one) == differences.said(other):
        return None
    if one.id and one.id == other.id:
        return f"the event {one.id}"
    if one.target is None or other.target is None:
        return None
    shared = [key for key in one.target.elements if key in other.target.elements]
    times, others = _span(one), _span(other)
    is_at_once = times[0] < others[1] and others[0] < times[1]
    is_alike = _fixes(one) is not None and _fixes(one) == _fixes(other)
    return shared[0] if shared and is_at_once and not is_alike else None


def _fixes(event: Event) -> float | None:
    """Return the value to which an event fixes what it is about; None if it moves it by degrees."""
    return event[FIXES[event.what]] if event.what in FIXES and event.what != "ramp" else None


def _span(event: Event) -> tuple[int, int]:
    """Return the first quarter in which an event decides a value, and the first in which it no longer does.

    A state that is set goes its own way afterwards; a relation has a new mean, and a parameter stays.
    """
    assert event.target is not None
    begins = event.at.ordinal
    lasts = dict(event.fields).get("for_quarters")
    if lasts is not None and event.what != "ramp":
        return begins, begins + lasts
    is_passing = event.target.kind == "state" and event.target.variable != "relation"
    return begins, begins + 1 if is_passing else _NEVER
