"""A scenario with something laid over it: variants, a posterior, changes, events; then named and checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from sim.files.records import key_path
from sim.parameter import variants
from sim.parameter.parameter_set import Change
from sim.parameter.posterior import Posterior
from sim.scenario import event_checks, events, given, laying
from sim.scenario.definition import Definition, S
from sim.scenario.ineffective import finding
from sim.scenario.ineffective.changes import Laid, overruled_by_posterior
from sim.scenario.ineffective.finding import Ineffective
from sim.sources import table as evidence
from sim.vocabulary import arguments
from sim.vocabulary.errors import WrongType, quoted
from sim.vocabulary.printing import unprintable


def laid(
    under: S,
    *,
    file: str = "",
    place: str = "",
    is_root: bool = False,
    variant: Mapping[str, str] | None = None,
    learned: Posterior | None = None,
    changes: Mapping[str, Change] | None = None,
    tables: Iterable[Any] = (),
    drop: Iterable[str] = (),
) -> S:
    """Return a scenario with variants, a posterior, changes and events laid over it, in this order.

    Events are not checked against each other.
    """
    variant, changes = variant or {}, changes or {}
    before = variants.apply(under.parameters, variant, file)
    noted = [*under.noted, *_default_options(under.variant, variant, file)]
    if learned is not None:
        noted += overruled_by_posterior(dict(under.overrides), before, learned.columns, learned.file)
        before = learned.apply(before)
    parameters = before.replace(changes, file, place)
    laid = [each.without(changes) for each in under.laid]
    laid += [Laid(before, changes, file, place, is_root)] if changes else []
    for event in under.events:
        latest = max(under.end, event.at)  # what comes after the end is left out below
        events.check_date(event.at, under.start, latest, event.file, f"{event.place}.at")
    own = [
        events.read(
            table,
            file,
            key_path("events", number),
            case=under.case,
            parameters=parameters,
            start=under.start,
            end=under.end,
        )
        for number, table in enumerate(tables, 1)
    ]
    laid_events = laying.lay(under.events, own, drop, file)
    kept = tuple(event for event in laid_events if event.at <= under.end)
    noted += [finding.after_the_end(event, under.end) for event in laid_events if event.at > under.end]
    said = dict(under.overrides) | {key: quoted(change) for key, change in changes.items()}
    return dataclasses.replace(
        under,
        parameters=parameters,
        events=kept,
        variant=tuple((dict(under.variant) | dict(variant)).items()),
        overrides=tuple(said.items()),
        posterior=learned or under.posterior,
        laid=tuple(laid),
        noted=tuple(noted),
    )


def _default_options(
    before: Iterable[tuple[str, str]], chosen: Mapping[str, str], file: str
) -> list[Ineffective]:
    """Return options of structural variants that change nothing."""
    known, found = variants.known(), []
    for name, option in chosen.items():
        if known[name].options[option]:
            continue
        earlier = dict(before).get(name, option)
        is_other = bool(known[name].options[earlier])
        why = (
            f"the option changes no number, and does not undo {earlier}" if is_other else "it is the default"
        )
        remedy = f"Start from a scenario without {name} = {earlier}." if is_other else "Leave it out."
        found.append(Ineffective(f"{name} = {option}", f"{file}: variant" if file else "", why, remedy))
    return found


def described(made: S, name: str, title: str | None, story: str, cited: Iterable[str]) -> S:
    """Return a scenario with a name, a title, a story and evidence, each checked."""
    name = arguments.text(name, "name")
    title = arguments.text(title or name, "title")
    fault = unprintable(story, allowed="\n\t") if isinstance(story, str) else "no text"
    if fault:
        raise WrongType("", "story", f"holds {fault}", "Give a text in quotation marks.")
    cited = evidence.check(given.texts(cited, "evidence"), "", "evidence")
    return dataclasses.replace(made, name=name, title=title, story=story.strip(), evidence=cited)


def checked(made: S, parts: Iterable[Definition]) -> S:
    """Return a scenario made in Python, checked; say what has no effect in it that had one in its parts."""
    given.check_variables(made.look_at, "")
    checked = event_checks.check(made.events, made.case, made.parameters)
    made = dataclasses.replace(made, events=checked)
    before = {str(each) for part in parts for each in part.ineffective}
    finding.warn(each for each in made.ineffective if str(each) not in before)
    return made
