"""Which changes of parameters have no effect: masked by events, unused, or as it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.parameter.elements import Element
from sim.parameter.parameter_set import ParameterSet
from sim.scenario.ineffective.course import Course
from sim.scenario.ineffective.finding import SO_ALREADY, Ineffective, named


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
        Whether they are those of a file that extends nothing: it may state what is so already.
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


def ineffective_changes(course: Course, laid: Laid) -> list[Ineffective]:
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
        unused = course.unused(name, own)
        effects = [_effect(course, key, layers_of[each], before[each]) for each in own]
        is_same, is_as_it_was, is_covered = map(all, zip(*effects, strict=True))
        if not (unused or is_same):
            continue
        for each in own:
            layers_of[each] = [layer for layer in layers_of[each] if layer[0] != key]
        remedy = "Leave it out."
        if unused:
            why, remedy = unused
        elif is_covered:
            why = "each of its elements is changed by a more specific key"
        elif is_as_it_was and laid.is_root:
            continue
        elif is_as_it_was:
            why = SO_ALREADY
        else:
            why, remedy = _masked(course, fullname, own)
        where = f"{file}: {place}.{key}" if file else ""
        found.append(Ineffective(key, where, why, remedy))
    return found[::-1]


def _effect(
    course: Course, key: str, layers: Sequence[tuple[str, Element]], before: Element
) -> tuple[bool, bool, bool]:
    """Return whether a change leaves an element as the model reads it, as it was, and to another change."""
    fullname = f"{before.mechanism}.{before.name}"
    change, steps = course.change(fullname), course.steps(before.name)
    rest = [element for other, element in layers if other != key]
    without, after = rest[-1] if rest else before, layers[-1][1]
    is_same = course.signal(without, change).is_same(course.signal(after, change), steps)
    return is_same, _source(without) == _source(after), layers[-1][0] != key


def overruled_by_posterior(
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


def note_if_unread(a: Course, b: Course, key: str) -> str:
    """Say so if the model reads one element the same in two scenarios that give it other numbers; else ""."""
    element = b.parameters[key]
    fullname, name = f"{element.mechanism}.{element.name}", element.name
    if (a.start, a.n_steps, a.case.digest) != (b.start, b.n_steps, b.case.digest):
        return ""
    one, other = (course.signal(course.parameters[key], course.change(fullname)) for course in (a, b))
    unused = a.unused(name, [key]) and b.unused(name, [key])
    if not (unused or one.is_same(other, b.steps(name))):
        return ""
    if not unused and _source(a.parameters[key]) == _source(element):
        return "no effect: only the central value differs, and the model draws"
    why = unused[0] if unused else _masked(b, fullname, [key])[0]
    return f"no effect: {why}"


def _masked(course: Course, fullname: str, keys: Iterable[str]) -> tuple[str, str]:
    """Say which events are in the way of a changed parameter, and what works instead."""
    name, wanted = fullname.split(".")[1], set(keys)
    over = [e for e in course.events_on(fullname) if e.target and wanted & set(e.target.elements)]
    when = course.when(name)
    why = f"events decide it whenever it is read, {named(over)}" + (f"; {when}" if when else "")
    return why, course.instead(fullname, over)


def _source(element: Element) -> object:
    """Return what decides the numbers of an element: the central value only where nothing is drawn."""
    shape = element.distribution
    return element.value if shape is None else (shape.kind, shape.numbers, element.stream)
