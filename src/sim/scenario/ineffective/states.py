"""Why an event that prescribes a state has no effect: the state is so already, or other events decide it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.scenario import timeline
from sim.scenario.events import HELD_BOUNDS, Event
from sim.scenario.ineffective.course import Course
from sim.scenario.ineffective.finding import SO_ALREADY, named
from sim.scenario.timeline import PrescribedValue

#: A state at the beginning of a quarter is cut to a range by what events say of it.
_Range = tuple[float, float]

#: What events say of states, by cell and step.
_Cells = dict[tuple[str, tuple[int, ...], int], list[PrescribedValue]]


def of_state(
    course: Course, event: Event, kept: Sequence[Event], rest: Sequence[Event]
) -> tuple[str, str] | None:
    """Say why such an event has no effect among those kept, and what would have one; None if it has."""
    assert event.target is not None
    state = _relative(event.target.variable)
    one, other = (
        _prescribed(
            course, (each for each in some if each.target and _relative(each.target.variable) == state)
        )
        for some in (kept, rest)
    )
    own = _prescribed(course, [event])
    for name, index, step in own:
        low, high = HELD_BOUNDS.get(_relative(name), (0, course.case.size("regime") - 1))
        was = _known(course, other, name, index, step)
        for is_held in (False, True):
            ranges = [
                _range(values.get((name, index, step), []), (low, high), is_held) for values in (one, other)
            ]
            if was is not None and not is_held:
                ranges = [(min(max(was, a), b),) * 2 for a, b in ranges]
            if ranges[0] != ranges[1]:
                return None
    over = [
        each
        for each in rest
        if each.target and each.target.variable == event.target.variable and _overlaps(each, event)
    ]
    if over:
        return (
            f"other events decide the value then, {named(over)}",
            "Change those events, or the quarter.",
        )
    return SO_ALREADY, "Leave it out."


def _relative(name: str) -> str:
    """Return the state that a state is the mean of, or the state itself."""
    return name.removeprefix("mean_")


def _overlaps(other: Event, event: Event) -> bool:
    """Whether an event speaks of the same cells in a quarter of the other."""
    assert other.target is not None and event.target is not None
    spans = [
        (each.at.ordinal, each.at.ordinal + (each["for_quarters"] if each.what == "hold" else 1))
        for each in (other, event)
    ]
    is_then = spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]
    return is_then and bool(set(other.target.elements) & set(event.target.elements))


def _prescribed(course: Course, events: Iterable[Event]) -> _Cells:
    """Return what events say of states, by cell and step."""
    cells: _Cells = {}
    for step, values in enumerate(timeline.prescribed_by(events, course.start, course.n_steps)):
        for each in values:
            cells.setdefault((each.name, each.index, step), []).append(each)
    return cells


def _known(course: Course, cells: _Cells, name: str, index: tuple[int, ...], step: int) -> float | None:
    """Return the value of a cell before a quarter, where it is the same in every trial."""
    if name == "mean_relation":  # moved by events alone
        sets = [
            values[-1].value for key, values in cells.items() if key[:2] == (name, index) and key[2] < step
        ]
        return sets[-1] if sets else float(course.case.held["relation"][index])
    if step == 0:
        return float(course.case.held[name][index])
    held = [each.value for each in cells.get((name, index, step - 1), []) if each.is_held]
    return held[-1] if held else None


def _range(values: Iterable[PrescribedValue], domain: _Range, is_held: bool) -> _Range:
    """Return the range to which a state is cut by what is said of it, in its order."""
    low, high = map(float, domain)
    for each in values:
        if is_held and not each.is_held:
            continue
        if each.verb == "sign":
            low, high = max(low, each.value), max(high, each.value)
        elif each.verb == "lapse":
            low, high = min(low, each.value), min(high, each.value)
        else:
            low = high = each.value
    return low, high
