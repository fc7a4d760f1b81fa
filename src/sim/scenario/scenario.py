"""What if: a scenario, and the others that are made from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.parameter import posterior
from sim.parameter.parameter_set import Change
from sim.scenario import event_checks, given, overlay, showing, writing
from sim.scenario.definition import Definition
from sim.scenario.ineffective import finding
from sim.scenario.ineffective.changes import ineffective_changes
from sim.scenario.ineffective.finding import Ineffective
from sim.vocabulary import arguments
from sim.vocabulary.dates import Quarter

#: Events that name a scenario for which no name is given; the rest are counted.
_NAMED = 3


@dataclass(frozen=True, eq=False, repr=False)
class Scenario(Definition):
    """Everything that defines a run but its trials and its seed, as one immutable value.

    `sim.load` makes it from a file, its methods make others from it; printed, it says what it changes against
    its base.

    Attributes
    ----------
    name : str
        Its label in datasets: the stem of the file, or as given to `override`.
    title, story : str
        One line; one paragraph.
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
    posterior : Posterior or None
        Where some of the numbers are drawn from together, if they are.
    base : Scenario or None
        What it changes; for a combination, what its parts share. None where it extends nothing.
    digest : str
        SHA-256 of all that can change a number.
    ineffective : tuple of Ineffective
        What it changes without effect, and why.
    """

    def override(
        self,
        changes: Mapping[str, Change] | None = None,
        name: str | None = None,
        variant: Mapping[str, str] | None = None,
        *,
        title: str | None = None,
        story: str = "",
        evidence: Iterable[str] = (),
    ) -> Scenario:
        """Return a scenario with other numbers, or another structure.

        Parameters
        ----------
        changes : mapping, optional
            Parameter or element -> number, or table with value, distribution and unit.
        name : str, optional
            By default the name of this one and the keys that were changed.
        variant : mapping, optional
            Structural variant -> option; see `sim.parameter.variants`.
        title, story : str, optional
            As in a file; the title is the name by default, or that of this one where no name is given.
        evidence : list of str, optional
            Ids of what the story rests on.

        Returns
        -------
        Scenario

        Warns
        -----
        IneffectiveChange
            If a change cannot have an effect: what is in its way, when, and what would work.

        Raises
        ------
        InputError
            If there is no such parameter, or a value is none or out of bounds.

        Examples
        --------
        >>> base.override({"grants.selection_probability": 0.5}, name="more grants")
        """
        is_given = changes is not None
        changes = dict(arguments.table({} if changes is None else changes, "changes"))
        variant = dict(arguments.table({} if variant is None else variant, "variant"))
        for key, option in variant.items():
            arguments.text(option, f"variant.{key}")
        name, title = arguments.text_if_given(name, "name"), arguments.text_if_given(title, "title")
        made = overlay.laid(self, variant=variant, changes=changes)
        if is_given and not changes and not variant:
            remedy = "Name a parameter and its value, or leave the argument out."
            empty = Ineffective("override({})", "", "nothing is changed", remedy)
            made = dataclasses.replace(made, noted=(*made.noted, empty))
        usual = f"{self.name} with other {', '.join([*changes, *variant])}"
        made = overlay.described(made, name or usual, title or name or self.title, story, evidence)
        made = dataclasses.replace(
            made,
            events=event_checks.check(made.events, self.case, made.parameters),
            base=self,
            extends=self.name,
        )
        own = ineffective_changes(made.course, made.laid[-1]) if changes else []
        finding.warn([*made.noted[len(self.noted) :], *own])
        return made

    def with_events(
        self,
        events: Iterable[Mapping[str, Any]] = (),
        name: str | None = None,
        *,
        drop: Iterable[str] = (),
        title: str | None = None,
        story: str = "",
        evidence: Iterable[str] = (),
        look_at: Iterable[str] | None = None,
    ) -> Scenario:
        """Return a scenario with more dated events, or without some.

        Parameters
        ----------
        events : list of mapping
            Tables as in ``[[events]]`` of a scenario file; ``at`` is a text such as "2027-Q1" or a `Quarter`.
            One with ``replace`` stands in the place of the inherited events of that name.
        name : str, optional
            By default the name of this one and those of the events.
        drop : list of str, optional
            Ids of events of this scenario that are left out; without an id, an event is called by date,
            verb and what it is about, such as "2027-Q1 replace_government".
        title, story : str, optional
            As in a file; the title is the name by default.
        evidence : list of str, optional
            Ids of what the story rests on.
        look_at : list of str, optional
            Variables to look at; by default those of this scenario.

        Returns
        -------
        Scenario

        Warns
        -----
        IneffectiveChange
            If something can have no effect: what is in its way, when, and what would work.

        Raises
        ------
        InputError
            The first mistake, with its place, such as ``events[2].at``, and the remedy.

        Examples
        --------
        >>> base.with_events(
        ...     [{"at": "2027-Q1", "what": "scale", "name": "demand.caution", "by": 2}], name="careful"
        ... )
        """
        name, title = arguments.text_if_given(name, "name"), arguments.text_if_given(title, "title")
        tables, dropped = given.tables(events), given.texts(drop, "drop")
        made = overlay.laid(self, tables=tables, drop=dropped)
        added = [event.label for event in made.events if not any(event is other for other in self.events)]
        named = [*added, *(f"no {label}" for label in dropped)]
        named[_NAMED:] = [f"{len(named) - _NAMED} more"] if len(named) > _NAMED else []
        said = ", ".join(named)
        made = overlay.described(
            made, name or f"{self.name} with {said or 'the same'}", title, story, evidence
        )
        made = dataclasses.replace(
            made,
            look_at=self.look_at if look_at is None else given.texts(look_at, "look_at"),
            base=self,
            extends=self.name,
        )
        if not tables and not dropped:
            remedy = "Name an event, or leave the call out."
            empty = Ineffective("with_events([])", "", "nothing is changed", remedy)
            made = dataclasses.replace(made, noted=(*made.noted, empty))
        return overlay.checked(made, [self])

    def with_horizon(
        self,
        end: Quarter | str | None = None,
        name: str | None = None,
        *,
        start: Quarter | str | None = None,
        title: str | None = None,
    ) -> Scenario:
        """Return a scenario that ends or begins in another quarter; ``end = "2030-Q4"`` of a file.

        Up to its end each trial is the same, bit for bit, however long the run.

        Parameters
        ----------
        end, start : Quarter or str, optional
            Last and first quarter, such as "2030-Q4"; by default those of this one.
        name : str, optional
            By default the name of this one and the quarters given.
        title : str, optional
            By default that of this one, or the name if one is given.

        Returns
        -------
        Scenario

        Warns
        -----
        IneffectiveChange
            For each event after the end, which is left out.

        Raises
        ------
        InputError
            If the end is not after the start, or an event comes before the start.

        Examples
        --------
        >>> sim.run(base.with_horizon("2030-Q4"), trials=100)
        """
        name, title = arguments.text_if_given(name, "name"), arguments.text_if_given(title, "title")
        first = None if start is None else given.quarter(start, "start")
        last = None if end is None else given.quarter(end, "end")
        horizon = given.in_order("", first, last, self)
        made = overlay.laid(dataclasses.replace(self, start=horizon[0], end=horizon[1]))
        dates = [f"{word} {date}" for word, date in (("from", first), ("to", last)) if date]
        made = overlay.described(
            made,
            name or " ".join([self.name, *dates]),
            title or name or self.title,
            self.story,
            self.evidence,
        )
        if horizon == (self.start, self.end):
            empty = Ineffective("with_horizon", "", "start and end are the same", "Give another end.")
            made = dataclasses.replace(made, noted=(*made.noted, empty))
        return overlay.checked(dataclasses.replace(made, base=self, extends=self.name), [self])

    def with_posterior(self, path: str | Path, name: str | None = None) -> Scenario:
        """Return a scenario that draws parameters from the rows of a posterior file.

        Parameters
        ----------
        path : path
            A CSV table with a column per element, such as `sim calibrate --out` writes.
        name : str, optional
            By default the name of this one and that of the file.

        Returns
        -------
        Scenario

        Raises
        ------
        InputError
            If a column is no parameter of the case, or a value is outside its bounds.

        Warns
        -----
        IneffectiveChange
            If something that was overridden before is now drawn from the file.
        """
        path = arguments.path(path, "path")
        name = arguments.text_if_given(name, "name")
        made = overlay.laid(self, learned=posterior.read(path, self.parameters))
        finding.warn(made.noted[len(self.noted) :])
        return dataclasses.replace(
            made, name=name or f"{self.name} with {path.name}", base=self, extends=self.name
        )

    def to_toml(self) -> str:
        """Return the text of a scenario file that loads to the same digest, and so to the same bits.

        It extends the nearest shipped scenario that this one is made from, if there is one, and says what is
        other than there. Of the user's files it names a case or a posterior of their own at most, by path.

        Returns
        -------
        str
            TOML.

        Raises
        ------
        InputError
            If a file that it would have to name is gone.
        """
        return writing.text(self)

    def write(self, path: str | Path, force: bool = False) -> Path:
        """Write the text of `to_toml` to a file and return its path.

        Parameters
        ----------
        path : path
            Ends in .toml; its stem is the scenario's name from then on.
        force : bool
            Replace a file that is there.

        Returns
        -------
        Path
            Absolute.

        Raises
        ------
        InputError
            If it is there already or cannot be written.
        """
        return writing.save(self.to_toml(), path, force)

    def __repr__(self) -> str:
        return showing.line(self)

    def __str__(self) -> str:
        return showing.text(self)

    def _repr_html_(self) -> str:
        return showing.html(self)
