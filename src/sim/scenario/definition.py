"""What defines a run but its trials and its seed: a case, a horizon, parameters and dated events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeVar

from sim.case.case import Case
from sim.parameter.parameter_set import ParameterSet
from sim.parameter.posterior import Posterior
from sim.scenario.events import Event
from sim.scenario.ineffective.changes import Laid, ineffective_changes
from sim.scenario.ineffective.course import Course
from sim.scenario.ineffective.events import ineffective_events
from sim.scenario.ineffective.finding import Ineffective
from sim.vocabulary.dates import Quarter

#: A scenario, in functions that return one of the kind that they are given.
S = TypeVar("S", bound="Definition")


@dataclass(frozen=True, eq=False, repr=False)
class Definition:
    """The data of a scenario, of which `sim.Scenario` makes others.

    Parameters
    ----------
    name : str
        Its label in datasets: the stem of the file, or as given to `override`.
    title, story : str
        One line; one paragraph.
    evidence : tuple of str
        Ids of what the story rests on.
    case : Case
        Who is in it.
    start, end : Quarter
        First and last quarter.
    parameters : ParameterSet
        All numbers, with every change applied.
    events : tuple of Event
        In order of date; on the same date, the base's first.
    variant : tuple of (str, str)
        Structural variants, as name and option.
    look_at : tuple of str
        Variables that show what the scenario is about.
    overrides : tuple of (str, str)
        Parameters changed along the chain of `extends`, as key and text.
    extends : str or None
        The scenario it is written against.
    posterior : Posterior or None
        Where some of the numbers are drawn from together, if they are.
    root : str
        The file at the base of the chain, which extends nothing.
    base : Definition or None
        What it changes; for a combination, what its parts share. None where it extends nothing.
    laid : tuple of Laid
        The changes of parameters along the chain.
    noted : tuple of Ineffective
        What was seen to have no effect when it was laid over others.
    """

    name: str
    title: str
    story: str
    evidence: tuple[str, ...]
    case: Case
    start: Quarter
    end: Quarter
    parameters: ParameterSet
    events: tuple[Event, ...]
    variant: tuple[tuple[str, str], ...]
    look_at: tuple[str, ...]
    overrides: tuple[tuple[str, str], ...]
    extends: str | None
    posterior: Posterior | None = None
    root: str = ""
    base: Self | None = None
    laid: tuple[Laid, ...] = ()
    noted: tuple[Ineffective, ...] = ()

    @property
    def n_steps(self) -> int:
        """Number of quarters."""
        return self.end.ordinal - self.start.ordinal + 1

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that can change a number; names and stories do not count."""
        content = [
            self.case.digest,
            str(self.start),
            str(self.end),
            self.parameters.digest(),
            [[str(event.at), event.what, event.fields] for event in self.events],
            sorted(self.variant),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @cached_property
    def course(self) -> Course:
        """The parameters over the quarters, as events leave them."""
        return Course(self.case, self.parameters, self.events, self.start, self.n_steps)

    @cached_property
    def lost_changes(self) -> tuple[Ineffective, ...]:
        """The changes of parameters, along the chain of `extends`, that cannot have an effect."""
        found = (each for laid in self.laid for each in ineffective_changes(self.course, laid))
        return (*self.noted, *found)

    @cached_property
    def ineffective(self) -> tuple[Ineffective, ...]:
        """What the scenario changes without effect, and why: parameters, then events."""
        return (*self.lost_changes, *ineffective_events(self.course, self.root))

    def line(self) -> Iterator[Self]:
        """Yield it, its base, the base's base.

        Returns
        -------
        iterator of Scenario
        """
        yield self
        if self.base is not None:
            yield from self.base.line()
