"""In what the numbers and events of two scenarios differ, as changes that could be written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sim.parameter.elements import Element
from sim.parameter.parameter_set import Change, ParameterSet
from sim.scenario.events import Event


def content(element: Element) -> object:
    """Return what a change can change in an element."""
    return element.value, element.distribution


def elements(before: ParameterSet, after: ParameterSet) -> dict[str, Element]:
    """Return the elements that differ, as they are after."""
    return {key: each for key, each in after.items() if content(each) != content(before[key])}


def written(changed: Mapping[str, Element], parameters: ParameterSet) -> dict[str, Change]:
    """Return elements as changes; a parameter all of whose elements are alike has one line."""
    changes: dict[str, Change] = {}
    for key, element in changed.items():
        fullname = f"{element.mechanism}.{element.name}"
        own = [changed.get(each.key) for each in parameters.elements(fullname)]
        is_whole = all(each is not None and content(each) == content(element) for each in own)
        changes[fullname if is_whole else key] = (
            element.value if element.distribution is None else table(element)
        )
    return changes


def table(element: Element) -> dict[str, Any]:
    """Return value and distribution of an element as a change."""
    shape = element.distribution
    return {"value": element.value} | ({} if shape is None else {shape.kind: list(shape.numbers)})


def events(before: Sequence[Event], after: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    """Return the events that are there after only, and before only, in their order."""
    return _beyond(after, before), _beyond(before, after)


def _beyond(some: Sequence[Event], others: Sequence[Event]) -> list[Event]:
    left = Counter(map(said, others))
    found = []
    for event in some:
        if left[said(event)] > 0:
            left[said(event)] -= 1
        else:
            found.append(event)
    return found


def said(event: Event) -> tuple[object, ...]:
    """Return what an event says, wherever it stands."""
    return event.at, event.what, event.fields, event.id
