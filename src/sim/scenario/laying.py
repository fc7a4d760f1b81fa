"""Events laid over those of the scenario extended: added, put in the place of inherited ones, or dropped.

An event is called by its id or, without one, by its label: date, verb and what it is about, such as
``2027-Q1 set posture.NAME``. A label stands for every inherited event that is called so. What replaces an
event takes over its name, so that it can be replaced again, and comes after the inherited events of its date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.files.records import key_path
from sim.scenario.events import Event
from sim.vocabulary.errors import DuplicateKey, UnknownName, nearest


def lay(
    inherited: Sequence[Event], own: Sequence[Event], drop: Iterable[str] = (), file: str = ""
) -> tuple[Event, ...]:
    """Return inherited and own events in order of date; on the same date, the inherited first.

    Parameters
    ----------
    inherited, own : sequence of Event
        Of the scenario extended, and of the one that extends it.
    drop : iterable of str
        Labels of inherited events that are left out.
    file : str
        The file that drops them, for errors.

    Raises
    ------
    UnknownName
        If no inherited event is called so; the remedy names the nearest.
    DuplicateKey
        If an id is given twice.
    """
    labels = [event.label for event in inherited]
    gone = {_known(label, labels, file, key_path("drop", n)) for n, label in enumerate(drop, 1)}
    gone |= {_known(e.replaces, labels, e.file, f"{e.place}.replace") for e in own if e.replaces}
    kept = [event for event in inherited if event.label not in gone]
    named = {event.label: event for event in kept}
    for event in own:
        other = named.setdefault(event.id, event) if event.id else event
        if other is not event and not (event.replaces and other.replaces == event.replaces):
            more = f', or write replace = "{event.id}" to stand in its place' if other in kept else ""
            problem = f"names {other.where} already"
            remedy = f"Choose another{more}."
            raise DuplicateKey(event.file, f"{event.place}.id", problem, remedy, event.id)
    return tuple(sorted([*kept, *own], key=lambda event: event.at))


def _known(label: str, labels: Sequence[str], file: str, place: str) -> str:
    """Return a label if an inherited event is called so."""
    if label not in labels:
        raise UnknownName(file, place, "no such inherited event", nearest(label, labels, "events"), label)
    return label
