"""Changes that can have no effect: which, why, and what would have one.

Exact, not a guess: what is said to have no effect can be left out without moving a bit of a run. A parameter
counts at the steps at which the model reads it (`sim.scenario.when_read`), as events have left it by then; a
prescribed state counts as what it is at the beginning of a quarter and, where it is held, at its end. Two
events of one file and one date that say the same, such as a signature and a hold, document one fact and are
left alone.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.case import register
from sim.parameter.elements import Element
from sim.parameter.parameter_set import ParameterSet
from sim.scenario import timeline, when_read
from sim.scenario.event_checks import FIXES
from sim.scenario.events import HELD_BOUNDS, Event
from sim.scenario.timeline import Change, PrescribedValue
from sim.vocabulary.axes import QUARTERS, Array, BoolArray
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import IneffectiveChange

if TYPE_CHECKING:
    from sim.case.case import Case

#: Events that are named in a line; the rest are counted.
_SHOWN = 4

_SO_ALREADY = "it is so already"


@dataclass(frozen=True)
class Ineffective:
    """A change without effect, or, with `is_partial`, with less than it says.

    Parameters
    ----------
    key : str
        What was changed: the key of a parameter, or an event in words.
    place : str
        Where that stands: file and place; "" for one made by hand.
    why, remedy : str
        What is in its way and when; what would work.
    is_partial : bool
        Whether it still does something.
    """

    key: str
    place: str
    why: str
    remedy: str
    is_partial: bool = False

    @property
    def said(self) -> str:
        """What is the matter and why."""
        return f"{'only in part' if self.is_partial else 'no effect'}: {self.why}"

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.place, self.key) if part)
        return f"{head}: {self.said}. {self.remedy}"


def after_the_end(event: Event, end: Quarter) -> Ineffective:
    """Say that an inherited event comes after the end and is left out."""
    place = ": ".join(part for part in (event.file, event.place) if part)
    return Ineffective(
        event.label, place, f"it comes after the end, {end}", "Choose a later end, or drop it."
    )


@dataclass(frozen=True)
class Laid:
    """Changes of parameters as they were laid over others.

    Parameters
    ----------
    before : ParameterSet
        The parameters without them.
    changes : mapping
        As for `ParameterSet.replace`.
    file, place : str
        The file and the table in which they stand; "" for those made by hand.
    is_root : bool
        Whether they state a world, rather than change one: then what is so already may be said.
    """

    before: ParameterSet
    changes: Mapping[str, Any]
    file: str = ""
    place: str = ""
    is_root: bool = False

    def without(self, keys: Iterable[str]) -> Laid:
        """Return the changes that are not made anew."""
        left = {key: change for key, change in self.changes.items() if key not in set(keys)}
        return dataclasses.replace(self, changes=left)


@dataclass(frozen=True)
class _Signal:
    """An element as the model finds it, by step: one value, or a scaled and shifted draw."""

    is_fixed: BoolArray
    value: Array
    scale: Array
    shift: Array
    source: object

    def is_same(self, other: _Signal, steps: BoolArray) -> bool:
        """Whether the model reads the same in both at these steps."""
        as_values = self.is_fixed & other.is_fixed & (self.value == other.value)
        as_draws = ~self.is_fixed & ~other.is_fixed & (self.scale == other.scale)
        as_draws &= (self.shift == other.shift) & (self.source == other.source)
        return bool(np.all((as_values | as_draws)[steps]))


class Course:
    """The parameters of a scenario over its quarters, as events leave them.

    Parameters
    ----------
    case, parameters, events, start, n_steps
        Those of the scenario.
    """

    def __init__(
        self, case: Case, parameters: ParameterSet, events: Iterable[Event], start: Quarter, n_steps: int
    ) -> None:
        self.case, self.parameters, self.start, self.n_steps = case, parameters, start, n_steps
        self.events = tuple(events)
        self._changes: dict[str, Change] = {}

    def events_on(self, fullname: str) -> tuple[Event, ...]:
        """Return the events that change a parameter."""
        return tuple(e for e in self.events if e.target is not None and e.target.variable == fullname)

    def change(self, fullname: str) -> Change:
        """Return what all events make of a parameter."""
        if fullname not in self._changes:
            self._changes[fullname] = self.change_by(self.events_on(fullname), fullname)
        return self._changes[fullname]

    def change_by(self, events: Iterable[Event], fullname: str) -> Change:
        """Return what some events make of a parameter."""
        return timeline.change_by(events, self.parameters, fullname, self.start, self.n_steps)

    def signal(self, element: Element, change: Change) -> _Signal:
        """Return an element by step under a change."""
        name = f"{element.mechanism}.{element.name}"
        index: Any = (slice(None), *self._index(element, name))
        scale, shift = change.scale[index], change.shift[index]
        shape, (low, high) = element.distribution, element.bounds
        ends = (element.value,) * 2
        if shape is not None:
            ends = max(low, shape.support[0]), min(high, shape.support[1])
        with np.errstate(invalid="ignore"):
            values = [np.clip(np.where(scale == 0.0, shift, scale * end + shift), low, high) for end in ends]
        source = shape and (shape.kind, shape.numbers, element.stream)
        return _Signal(values[0] == values[1], values[0], scale, shift, source)

    def _index(self, element: Element, fullname: str) -> tuple[int, ...]:
        axes = self.parameters.parameter(fullname).labels
        return tuple(axis.index(label) for axis, label in zip(axes, element.labels, strict=True))

    def steps(self, name: str) -> BoolArray:
        """Return at which steps a parameter is read; the first values are made at the first."""
        steps = np.arange(self.n_steps)
        if name in when_read.AT_START:
            return np.asarray(steps == 0)
        for (clock, quarter), names in when_read.IN_QUARTER.items():
            if name in names:
                return np.asarray(
                    (self.start.ordinal + steps - self._begins(clock)) % QUARTERS + 1 == quarter
                )
        return np.ones(self.n_steps, dtype=bool)

    def _begins(self, clock: str) -> int:
        """Return the ordinal of a first quarter of a clock's year, give or take years."""
        begins = {"fiscal": self.case.fiscal_year_start, "donor": self.case.donor_fiscal_year_start}
        return begins.get(clock, 1) - 1

    def when(self, name: str) -> str:
        """Say when a parameter is read, where that is not in every quarter."""
        if name in when_read.AT_START:
            return f"the model reads it at the start only, {self.start}"
        for (clock, quarter), names in when_read.IN_QUARTER.items():
            if name in names:
                which = "the first" if quarter == 1 else "a later"
                return (
                    f"the model reads it in {which} quarter of {when_read.CLOCKS[clock]} only, "
                    f"Q{(self._begins(clock) + quarter - 1) % QUARTERS + 1}"
                )
        return ""

    def unused(self, name: str) -> tuple[str, str] | None:
        """Say why nothing depends on a parameter here, and what would make it count; else None."""
        if name in when_read.OF_DONOR and self.case.donor is None:
            return f"case {self.case.name} has no grant donor", "Give the case one."
        if name in when_read.OF_CONTROL and not np.any(self.case.constants["is_export_controlled"]):
            return f"no supplier of case {self.case.name} is under export control", "Put one under it."
        if name not in when_read.SWITCHES:
            return None
        switch, is_on = when_read.SWITCHES[name]
        fullname = self.parameters.local(switch)
        change, steps = self.change(fullname), self.steps(switch)
        for element in self.parameters.elements(fullname):
            signal = self.signal(element, change)
            if not np.all(signal.is_fixed[steps]) or any(map(is_on, map(float, signal.value[steps]))):
                return None
        values = sorted({f"{value:g}" for value in signal.value[steps]})
        return (
            f"the model does not use it while {fullname} is {' or '.join(values)}",
            f"Change {fullname} as well.",
        )

    def next_read(self, name: str, after: Quarter) -> Quarter | None:
        """Return the first quarter after `after` in which a parameter is read."""
        steps = np.flatnonzero(self.steps(name)) + self.start.ordinal
        later = steps[steps > after.ordinal]
        return Quarter.from_ordinal(int(later[0])) if later.size else None


def of_changes(course: Course, laid: Laid) -> list[Ineffective]:
    """Return which changes of parameters have no effect in the course of the scenario that holds them."""
    before, changes, file, place = laid.before, laid.changes, laid.file, laid.place
    # Element -> what has been made of it, in the order in which changes are laid over each other.
    layers_of: dict[str, list[tuple[str, Element]]] = {}
    made = before
    for key in sorted(changes, key=lambda name: name.count(".")):
        made = made.replace({key: changes[key]}, file, place)
        for element in before.match(key, file, place):
            layers_of.setdefault(element, []).append((key, made[element]))
    found = []
    for key in sorted(changes, key=lambda name: name.count("."), reverse=True):
        own = before.match(key, file, place)
        fullname = ".".join(key.split(".")[:2])
        name = fullname.split(".")[1]
        change, steps = course.change(fullname), course.steps(name)
        unused = course.unused(name)
        is_same, is_as_it_was, is_covered = [], [], []
        for each in own:
            layers = layers_of[each]
            rest = [element for other, element in layers if other != key]
            after = layers[-1][1]
            without = rest[-1] if rest else before[each]
            one, other = course.signal(without, change), course.signal(after, change)
            is_same.append(one.is_same(other, steps))
            is_as_it_was.append(_source(without) == _source(after))
            is_covered.append(layers[-1][0] != key)
        if not (unused or all(is_same)):
            continue
        for each in own:
            layers_of[each] = [layer for layer in layers_of[each] if layer[0] != key]
        remedy = "Leave it out."
        if unused:
            why, remedy = unused
        elif all(is_covered):
            why = "each of its elements is changed by a more special key"
        elif all(is_as_it_was) and laid.is_root:
            continue
        elif all(is_as_it_was):
            why = _SO_ALREADY
        else:
            why, remedy = _masked(course, fullname, own)
        where = f"{file}: {place}.{key}" if file else ""
        found.append(Ineffective(key, where, why, remedy))
    return found[::-1]


def _source(element: Element) -> object:
    """Return what decides the numbers of an element: the central value only where nothing is drawn."""
    shape = element.distribution
    return element.value if shape is None else (shape.kind, shape.numbers, element.stream)


def _masked(course: Course, fullname: str, keys: Iterable[str]) -> tuple[str, str]:
    """Say which events are in the way of a changed parameter, and what works instead."""
    name, wanted = fullname.split(".")[1], set(keys)
    over = [e for e in course.events_on(fullname) if e.target and wanted & set(e.target.elements)]
    when = course.when(name)
    why = f"events decide it whenever it is read, {_said(over)}" + (f"; {when}" if when else "")
    return why, _instead(course, fullname, over)


def _instead(course: Course, fullname: str, over: Sequence[Event]) -> str:
    """Say which event would work although others are in the way."""
    last = max((_last_quarter(event).ordinal for event in over), default=course.start.ordinal)
    first = course.next_read(fullname.split(".")[1], Quarter.from_ordinal(last))
    if first is None:
        return "Change or remove those events."
    return f'Change those events, or add one that comes later, such as at = "{first}", what = "set".'


def _last_quarter(event: Event) -> Quarter:
    """Return the last quarter of an event that lasts, else its date."""
    lasts = dict(event.fields).get("for_quarters") or 1
    return event.at + (lasts - 1)


def _said(events: Sequence[Event]) -> str:
    """Name events by verb, date and place."""
    named = [f"{each.what} at {each.at} ({each.where})" for each in events[:_SHOWN]]
    more = [f"{len(events) - _SHOWN} more"] if len(events) > _SHOWN else []
    return ", ".join([*named, *more])


def of_events(course: Course, root: str = "") -> list[Ineffective]:
    """Return which events of a scenario have no effect, or only in part, in order of date.

    Parameters
    ----------
    course : Course
        The scenario.
    root : str
        The file that states the world which others change: it may say what is so already.
    """
    kept = list(course.events)
    found: list[Ineffective] = []
    for event in reversed(course.events):
        rest = [each for each in kept if each is not event]
        reason = _reason(course, event, kept, rest)
        if reason is None:
            found += _shortfalls(course, event, kept)
        elif not _is_said_twice(event, kept) and (
            reason[0] != _SO_ALREADY or not event.file or event.file != root
        ):
            found.append(Ineffective(event.text(), _where(event), *reason))
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
                    why = f"with {_said(span[:-1])} it leaves {fullname} as it was"
                    yield Ineffective(span[-1].text(), _where(span[-1]), why, "Leave them out.")
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


def _where(event: Event) -> str:
    return f"{event.file}: {event.place}" if event.file else event.place


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
        return _of_state(course, event, kept, rest)
    return _of_parameter(course, event, kept, rest)


def _of_parameter(
    course: Course, event: Event, kept: Sequence[Event], rest: Sequence[Event]
) -> tuple[str, str] | None:
    assert event.target is not None
    fullname = event.target.variable
    name = fullname.split(".")[1]
    unused = course.unused(name)
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
    over = [each for each in rest if _is_later(each, event, kept)]
    if over:
        return f"later events decide the value, {_said(over)}", _instead(course, fullname, over)
    return _SO_ALREADY, "Leave it out."


def _is_later(other: Event, event: Event, order: Sequence[Event]) -> bool:
    """Whether another event comes after this one and speaks of the same."""
    if other.target is None or event.target is None or other.target.variable != event.target.variable:
        return False
    is_after = order.index(other) > order.index(event)
    return is_after and bool(set(other.target.elements) & set(event.target.elements))


#: A state at the beginning of a quarter is cut to a range by what events say of it.
_Range = tuple[float, float]


def _of_state(
    course: Course, event: Event, kept: Sequence[Event], rest: Sequence[Event]
) -> tuple[str, str] | None:
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
            f"other events decide the value then, {_said(over)}",
            "Change those events, or the quarter.",
        )
    return _SO_ALREADY, "Leave it out."


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


_Cells = dict[tuple[str, tuple[int, ...], int], list[PrescribedValue]]


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


def _of_pulse(course: Course, event: Event, rest: Sequence[Event]) -> tuple[str, str] | None:
    same = [each for each in rest if (each.at, each.what) == (event.at, event.what)]
    if event.what == "replace_government" and same:
        return f"the government changes then already, {_said(same)}", "Leave it out."
    if event.what != "cancel":
        return None
    supplier = event["supplier"]
    whole = [each for each in same if each["supplier"] == supplier and each["share"] == 1.0]
    if whole:
        return f"everything is cancelled then already, {_said(whole)}", "Leave it out."
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
    if event.what == "ramp" and _last_quarter(event).ordinal > last.ordinal:
        within = last.ordinal - event.at.ordinal + 1
        why = f"the run ends at {last}, after {within} of its {event['for_quarters']} quarters"
        remedy = f"Give for_quarters = {within} or less to reach the value."
        yield Ineffective(event.text(), _where(event), why, remedy, is_partial=True)
    if event.what != "scale" or event.target is None:
        return
    fullname = event.target.variable
    with_it = course.change(fullname)
    if any(each.what == "scale" and _is_later(each, event, kept) for each in kept):
        return  # said of the last one
    for key in event.target.elements:
        element = course.parameters[key]
        low, high = element.bounds
        index: Any = (slice(None), *course._index(element, fullname))
        value = with_it.scale[index] * element.value + with_it.shift[index]
        is_out = ((value < low) | (value > high)) & course.steps(fullname.split(".")[1])
        if np.any(is_out):
            step = int(np.flatnonzero(is_out)[0])
            bound = high if value[step] > high else low
            why = f"at {course.start + step} {key} would be {value[step]:g} and is clipped at {bound:g}"
            remedy = "Let the factors together keep it within its bounds."
            yield Ineffective(event.text(), _where(event), why, remedy, is_partial=True)
            return


def of_posterior(
    overrides: Iterable[str], parameters: ParameterSet, drawn: Iterable[str], file: str
) -> list[Ineffective]:
    """Return which earlier changes are lost because a posterior is laid over them.

    Parameters
    ----------
    overrides : iterable of str
        Keys that were changed before.
    parameters : ParameterSet
        To find their elements.
    drawn : iterable of str
        Elements with a column.
    file : str
        The posterior.
    """
    columns = set(drawn)
    return [
        Ineffective(key, "", f"it is drawn from {file} instead", "Change it after the posterior is laid on.")
        for key in overrides
        if set(parameters.match(key, "", "")) <= columns
    ]


def unread(a: Course, b: Course, key: str) -> str:
    """Say so if the model reads one element the same in two scenarios that give it other numbers; else ""."""
    element = b.parameters[key]
    fullname, name = f"{element.mechanism}.{element.name}", element.name
    if (a.start, a.n_steps, a.case.digest) != (b.start, b.n_steps, b.case.digest):
        return ""
    one, other = (course.signal(course.parameters[key], course.change(fullname)) for course in (a, b))
    unused = a.unused(name) and b.unused(name)
    if not (unused or one.is_same(other, b.steps(name))):
        return ""
    if not unused and _source(a.parameters[key]) == _source(element):
        return "no effect: only the central value differs, and the model draws"
    why = unused[0] if unused else _masked(b, fullname, [key])[0]
    return f"no effect: {why}"


def warn(found: Iterable[Ineffective]) -> None:
    """Give a Python warning for each."""
    for each in found:
        warnings.warn(str(each), IneffectiveChange, stacklevel=3)
