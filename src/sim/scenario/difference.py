"""In what two scenarios differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from sim.parameter.elements import Element
from sim.scenario.definition import Definition
from sim.scenario.ineffective.changes import note_if_unread


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


def between(a: Definition, b: Definition) -> list[Difference]:
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
        old, new = a.parameters.get(key), b.parameters.get(key)
        if _content(old) != _content(new):
            unit = new.unit if new else old.unit if old else ""
            note = note_if_unread(a.course, b.course, key) if old and new else ""
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
