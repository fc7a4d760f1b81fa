"""What the events of a scenario must not say together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.parameter.parameter_set import ParameterSet
from sim.scenario.events import Event
from sim.vocabulary.errors import Contradiction, OutOfBounds

if TYPE_CHECKING:
    from sim.case.case import Case

#: Verbs that fix a value, and the field that says to what.
FIXES = {"set": "to", "ramp": "to", "hold": "to", "sign": "rung", "lapse": "rung"}


def check(events: Iterable[Event], case: Case, parameters: ParameterSet) -> tuple[Event, ...]:
    """Return the events in order of date if they can all hold, else raise.

    Raises
    ------
    Contradiction
        If two events fix the same thing in the same quarter to different values, or an agreement
        lapses to a rung that it is not above.
    OutOfBounds
        If an event scales a central value beyond its bounds.
    """
    ordered = tuple(sorted(events, key=lambda event: event.at))
    _check_overlaps(ordered)
    _check_lapses(ordered, case)
    _check_scales(ordered, parameters)
    return ordered


def _quarters(event: Event) -> range:
    """Return the ordinals of the quarters in which the event alone says what the value is."""
    length = event["for_quarters"] if event.what in ("hold", "ramp") else 1
    return range(event.at.ordinal, event.at.ordinal + length)


def _check_overlaps(events: tuple[Event, ...]) -> None:
    """Refuse two values for one thing in one quarter."""
    said: dict[tuple[str, int], Event] = {}
    for event in events:
        if event.what not in FIXES or event.target is None:
            continue
        for key in event.target.elements:
            for quarter in _quarters(event):
                other = said.setdefault((key, quarter), event)
                if _fixed(other) != _fixed(event):
                    field = FIXES[event.what]
                    problem = (
                        f"contradicts {other.where}, which fixes {key} "
                        f"by {other.what} to {_fixed(other)[0]:g} at that time"
                    )
                    remedy = "Remove one of the two, or move it."
                    raise Contradiction(event.file, f"{event.place}.{field}", problem, remedy, event[field])


def contradicted(event: Event, others: Iterable[Event]) -> list[Event]:
    """Return those of other events that fix what an event fixes, in one of its quarters, otherwise."""
    if event.what not in FIXES or event.target is None:
        return []
    when, what = set(_quarters(event)), set(event.target.elements)
    return [
        other
        for other in others
        if other.what in FIXES
        and other.target is not None
        and what & set(other.target.elements)
        and when & set(_quarters(other))
        and _fixed(other) != _fixed(event)
    ]


def _fixed(event: Event) -> tuple[float, int]:
    """Return what the event fixes a value to, so that equal fixes are no contradiction."""
    return event[FIXES[event.what]], event["for_quarters"] if event.what == "ramp" else 0


def _check_lapses(events: tuple[Event, ...], case: Case) -> None:
    """Refuse a lapse to a rung at or above the one reached by then."""
    partners = case.axis("partner")
    rungs = {
        f"agreement_rung.{partner}": float(rung)
        for partner, rung in zip(partners, case.held["agreement_rung"], strict=True)
    }
    for event in events:
        for key in event.target.elements if event.target else ():
            if key not in rungs:
                continue
            if event.what == "lapse" and event["rung"] >= rungs[key]:
                problem = f"not a fall: {key} is at {rungs[key]:g} by {event.at}"
                remedy = "Give a lower rung, or sign the agreement first."
                raise Contradiction(event.file, f"{event.place}.rung", problem, remedy, event["rung"])
            if event.what == "sign":
                rungs[key] = max(rungs[key], event["rung"])
            elif event.what in ("set", "lapse"):
                rungs[key] = event[FIXES[event.what]]


def _check_scales(events: tuple[Event, ...], parameters: ParameterSet) -> None:
    """Refuse a multiplication that takes a central value out of its bounds."""
    values: dict[str, float] = {}
    for event in events:
        if event.target is None or event.target.kind == "state":
            continue
        for key in event.target.elements:
            element = parameters[key]
            value = values.get(key, element.value)
            if event.what == "scale":
                scaled = value * event["by"]
                low, high = element.bounds
                if not low <= scaled <= high:
                    problem = f"takes {key} from {value:g} to {scaled:g}, outside the bounds"
                    remedy = f"Keep the product between {low:g} and {high:g} ({element.unit})."
                    raise OutOfBounds(event.file, f"{event.place}.by", problem, remedy, event["by"])
                if event["for_quarters"] is None:
                    values[key] = scaled
            elif event.what in ("set", "ramp"):
                values[key] = event["to"]
