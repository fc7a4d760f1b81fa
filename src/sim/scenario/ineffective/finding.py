"""A change without effect, in words; and the words for events that are in the way of others."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.scenario.events import Event
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import IneffectiveChange

#: Events that are named in a line; the rest are counted.
_SHOWN = 4

#: Why a change is none.
SO_ALREADY = "it is so already"


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


def named(events: Sequence[Event]) -> str:
    """Name events by verb, date and place."""
    named = [f"{each.what} at {each.at} ({each.where})" for each in events[:_SHOWN]]
    more = [f"{len(events) - _SHOWN} more"] if len(events) > _SHOWN else []
    return ", ".join([*named, *more])


def place_of(event: Event) -> str:
    """Return the file of an event, if it has one, and its place there."""
    return f"{event.file}: {event.place}" if event.file else event.place


def after_the_end(event: Event, end: Quarter) -> Ineffective:
    """Say that an inherited event comes after the end and is left out."""
    why = f"it comes after the end, {end}"
    return Ineffective(event.label, place_of(event), why, "Choose a later end, or drop it.")


def warn(found: Iterable[Ineffective]) -> None:
    """Give a Python warning for each."""
    for each in found:
        warnings.warn(str(each), IneffectiveChange, stacklevel=3)
