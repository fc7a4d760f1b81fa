"""Which events have no effect, or only in part: alone, behind others, or together with others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from sim.case import register
from sim.scenario.event_checks import FIXES
from sim.scenario.events import Event
from sim.scenario.ineffective.course import Course, last_quarter
from sim.scenario.ineffective.finding import SO_ALREADY, Ineffective, named, place_of
from sim.scenario.ineffective.states import of_state


def ineffective_events(course: Course, root: str = "") -> list[Ineffective]:
    """Return which events of a scenario have no effect, or only in part, in order of date.

    Parameters
    ----------
    course : Course
        The scenario.
    root : str
        The file at the base of the chain: it may state what is so already.
    """
    kept = list(course.events)
    found: list[Ineffective] = []
    for event in reversed(course.events):
        rest = [each for each in kept if each is not event]
        reason = _reason(course, event, kept, rest)
        if reason is None:
            found += _shortfalls(course, event, kept)
        elif not _is_said_twice(event, kept) and (
            reason[0] != SO_ALREADY or not event.file or event.file != root
        ):
            found.append(Ineffective(event.text(), place_of(event), *reason))
            kept = rest
    return [*found[::-1], *_undone(course, kept, root)]


def _undone(course: Course, kept: Sequence[Event], root: str) -> Iterator[Ineffective]:
    """Yield events that each have an effect and together have none, such as up by two and down by half."""
    by_parameter: dict[str, list[Event]] = {}
    for event in kept:
        if event.target and event.target.kind != "state" and (not event.file or event.file != root):
            by_parameter.setdefault(event.target.variable, []).append(event)
    for fullname, events in by_parameter.items():
        first = 0
        for last in range(1, len(events)):
            for span in (events[n : last + 1] for n in range(first, last)):
                rest = [each for each in kept if not any(each is other for other in span)]
                if _is_read_alike(course, span, kept, rest):
                    why = f"with {named(span[:-1])} it leaves {fullname} as it was"
                    yield Ineffective(span[-1].text(), place_of(span[-1]), why, "Leave them out.")
                    first = last + 1
                    break


def _is_read_alike(
    course: Course, events: Sequence[Event], some: Iterable[Event], others: Iterable[Event]
) -> bool:
    """Whether the model reads the parameter of some events the same under either list of events."""
    targets = [event.target for event in events if event.target]
    fullname = targets[0].variable
    one, other = (
        course.change_by(
            (each for each in events_ if each.target and each.target.variable == fullname), fullname
        )
        for events_ in (some, others)
    )
    steps = course.steps(fullname.split(".")[1])
    keys = dict.fromkeys(key for target in targets for key in target.elements)
    elements = [course.parameters[key] for key in keys]
    return all(course.signal(each, one).is_same(course.signal(each, other), steps) for each in elements)


def _is_said_twice(event: Event, events: Iterable[Event]) -> bool:
    """Whether another event of the same file and date fixes the same to the same value."""
    if event.target is None or event.what not in FIXES:
        return False
    return any(
        other is not event
        and (other.file, other.at) == (event.file, event.at)
        and other.target is not None
        and other.what in FIXES
        and other.what != event.what
        and set(event.target.elements) <= set(other.target.elements)
        and other[FIXES[other.what]] == event[FIXES[event.what]]
        for other in events
    )


def _reason(
    course: Course, event: Event, kept: Sequence[Event], rest: Sequence[Event]
) -> tuple[str, str] | None:
    """Say why an event has no effect among those kept, and what would have one; None if it has."""
    if event.target is None:
        return _of_pulse(course, event, rest)
    if event.target.kind == "state":
        return of_state(course, event, kept, rest)
    return _of_parameter(course, event, kept, rest)


def _of_parameter(
    course: Course, event: Event, kept: Sequence[Event], rest: Sequence[Event]
) -> tuple[str, str] | None:
    assert event.target is not None
    fullname = event.target.variable
    name = fullname.split(".")[1]
    unused = course.unused(name, event.target.elements)
    if unused is not None:
        return unused
    if not _is_read_alike(course, [event], kept, rest):
        return None
    steps = course.steps(name)
    begins = event.at.ordinal - course.start.ordinal
    is_for_good = event.what in ("set", "ramp") or event["for_quarters"] is None
    if not np.any(steps[begins:] if is_for_good else steps[begins : begins + event["for_quarters"]]):
        first = course.next_read(name, event.at)
        remedy = "Leave it out." if first is None else f"Let it reach {first}."
        return "it falls into no quarter that counts; " + course.when(name), remedy
    over = [each for each in rest if is_later(each, event, kept)]
    if over:
        return f"later events decide the value, {named(over)}", course.instead(fullname, over)
    return SO_ALREADY, "Leave it out."


def is_later(other: Event, event: Event, order: Sequence[Event]) -> bool:
    """Whether another event comes after this one and speaks of the same."""
    if other.target is None or event.target is None or other.target.variable != event.target.variable:
        return False
    is_after = order.index(other) > order.index(event)
    return is_after and bool(set(other.target.elements) & set(event.target.elements))


def _of_pulse(course: Course, event: Event, rest: Sequence[Event]) -> tuple[str, str] | None:
    same = [each for each in rest if (each.at, each.what) == (event.at, event.what)]
    if event.what == "replace_government" and same:
        return f"the government changes then already, {named(same)}", "Leave it out."
    if event.what != "cancel":
        return None
    supplier = event["supplier"]
    whole = [each for each in same if each["supplier"] == supplier and each["share"] == 1.0]
    if whole:
        return f"everything is cancelled then already, {named(whole)}", "Leave it out."
    position = course.case.axis("supplier").index(supplier)
    is_open = position in register.initial(course.case, course.start).open_supplier
    is_ordered = any(
        each.what == "order" and each["supplier"] == supplier and each.at < event.at for each in rest
    )
    can_sell = event.at != course.start and np.any(course.case.constants["catalogue"][position])
    if is_open or is_ordered or can_sell:
        return None
    return f"there is no order with {supplier} by then", "Choose a later quarter, or another supplier."


def _shortfalls(course: Course, event: Event, kept: Sequence[Event]) -> Iterator[Ineffective]:
    """Yield what an event says and does only in part: a ramp cut by the horizon, a product by bounds."""
    last = course.start + (course.n_steps - 1)
    if event.what == "ramp" and last_quarter(event).ordinal > last.ordinal:
        within = last.ordinal - event.at.ordinal + 1
        why = f"the run ends at {last}, after {within} of its {event['for_quarters']} quarters"
        remedy = f"Give for_quarters = {within} or less to reach the value."
        yield Ineffective(event.text(), place_of(event), why, remedy, is_partial=True)
    if event.what != "scale" or event.target is None:
        return
    fullname = event.target.variable
    with_it = course.change(fullname)
    if any(each.what == "scale" and is_later(each, event, kept) for each in kept):
        return  # said of the last one
    for key in event.target.elements:
        element = course.parameters[key]
        low, high = element.bounds
        index: Any = (slice(None), *course.index(element, fullname))
        value = with_it.scale[index] * element.value + with_it.shift[index]
        is_out = ((value < low) | (value > high)) & course.steps(fullname.split(".")[1])
        if np.any(is_out):
            step = int(np.flatnonzero(is_out)[0])
            bound = high if value[step] > high else low
            why = f"at {course.start + step} {key} would be {value[step]:g} and is clipped at {bound:g}"
            remedy = "Let the factors together keep it within its bounds."
            yield Ineffective(event.text(), place_of(event), why, remedy, is_partial=True)
            return
