"""Commands that read and show: scenarios, parameters, evidence, and what is wrong with a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options
from sim.cli.program import FAILED
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    from sim.scenario.events import Event
    from sim.scenario.scenario import Scenario
    from sim.sources.table import Evidence

#: Units of the numbers in events that are not about a parameter's or a variable's value.
UNITS_OF_VERBS = {
    "scale": "ratio",
    "sign": "rung",
    "lapse": "rung",
    "order": "TIV m, US$ m",
    "cancel": "share",
}


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@options.as_json
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Check scenario files and case folders.

    Says in one line what is wrong with each, and what of it can have no effect. A FILE is a scenario
    (a path or a shipped name) or the folder of a case. Exit code 1 if one is wrong.
    """
    from sim.cli.terminal import write_json
    from sim.vocabulary.errors import SimError

    found: list[dict[str, Any]] = []
    for file in files:
        kind = _kind(file)
        each: dict[str, Any] = {"file": file, "kind": kind, "is_sound": True, "notes": []}
        try:
            each["message"], each["notes"] = _checked(file, kind)
        except SimError as error:
            each |= {"is_sound": False, "message": str(error)}
        found.append(each)
    if as_json:
        write_json(found)
    for each in [] if as_json else found:
        if each["is_sound"]:
            click.echo(printable(f"{each['file']}: sound; {each['message']}"))
            for note in each["notes"]:
                click.echo(printable(f"Warning: {note}"))
        else:
            click.echo(printable(each["message"]), err=True)
    if not all(each["is_sound"] for each in found):
        context.exit(FAILED)


@click.command()
@click.argument("a", metavar="A", shell_complete=options.complete_scenario)
@click.argument("b", metavar="B", shell_complete=options.complete_scenario)
@options.as_json
def diff(a: str, b: str, as_json: bool) -> None:
    """Show what two scenarios assume differently."""
    from dataclasses import asdict, replace

    from sim.cli.terminal import say, write_json, write_table
    from sim.scenario import loading

    one, other = loading.load(a), loading.load(b)
    found = loading.diff(one, other)
    units = {event.text(): _unit(event, each) for each in (one, other) for event in each.events}
    found = [replace(each, unit=units[each.key]) if each.kind == "event" else each for each in found]
    if as_json:
        write_json([asdict(each) for each in found])
    elif not found:
        click.echo(f"{one.name} and {other.name} assume the same.")
    else:
        rows = [
            ("event", each.key, "yes" if each.a else "–", "yes" if each.b else "–", each.unit, each.note)
            if each.kind == "event"
            else (each.kind, each.key, each.a or "–", each.b or "–", each.unit, each.note)
            for each in found
        ]
        headings = ("Kind", "What", one.name, other.name, "Unit", "Effect")
        say(f"“{one.title}” and “{other.title}” assume {len(found)} things differently.")
        n_columns = len(headings) if any(each.note for each in found) else len(headings) - 1
        write_table(headings[:n_columns], [row[:n_columns] for row in rows])


@click.command()
@click.argument("name", required=False, shell_complete=options.complete_scenario)
@options.as_json
def scenarios(name: str | None, as_json: bool) -> None:
    """List the shipped scenarios, or show one.

    Shows its story, what it changes and what it rests on.
    """
    from dataclasses import asdict

    from sim.cli.terminal import write_fields, write_json, write_table
    from sim.scenario import catalogue, loading

    if name is None:
        listed = catalogue.scenarios()
        if as_json:
            write_json([asdict(each) for each in listed])
        else:
            write_table(
                ("Name", "Title", "Extends"), [(each.name, each.title, each.extends or "") for each in listed]
            )
        return
    shown = loading.load(name)
    content: dict[str, Any] = {
        "name": shown.name,
        "title": shown.title,
        "case": shown.case.title,
        "horizon": f"{shown.start} to {shown.end}",
        "extends": shown.extends,
        "story": shown.story,
        "changes": [f"{key} = {text}" for key, text in shown.overrides],
        "events": [event.text() for event in shown.events],
        "look_at": list(shown.look_at),
        "evidence": list(shown.evidence),
        "digest": shown.digest,
    }
    if as_json:
        write_json(content)
        return
    content["story"] = " ".join(shown.story.split())
    texts = {
        key: "\n".join(value) if isinstance(value, list) else value or "" for key, value in content.items()
    }
    texts |= {key: ", ".join(content[key]) for key in ("look_at", "evidence")}
    write_fields((key.replace("_", " ").capitalize(), text) for key, text in texts.items())


@click.command()
@click.argument("identity", metavar="[ID]", required=False)
@click.option("--topic", help="Only rows whose topic contains this text.")
@options.as_json
def evidence(identity: str | None, topic: str | None, as_json: bool) -> None:
    """List what the numbers rest on, or show one row.

    Shows the claim, the document and the place.
    """
    from dataclasses import asdict

    from sim.cli.terminal import write_fields, write_json, write_table
    from sim.scenario import catalogue

    chosen = catalogue.evidence(identity, topic)
    if identity is not None:
        [row] = chosen
        if as_json:
            write_json(asdict(row) | {"document": row.document})
        else:
            fields = asdict(row) | {"where": place_of(row)}
            write_fields((key.capitalize(), text) for key, text in fields.items())
    elif as_json:
        write_json([asdict(row) for row in chosen])
    else:
        write_table(("Id", "Topic", "Claim"), [(row.id, row.topic, row.claim) for row in chosen])


@click.command()
@click.argument("name", metavar="[NAME]", required=False, shell_complete=options.complete_name)
@options.base("Scenario whose numbers are shown.")
@options.as_json
def parameters(name: str | None, scenario: str, as_json: bool) -> None:
    """List parameters, or show some.

    Shows the numbers of those whose name begins with NAME, and what each rests on.
    """
    from sim.cli.terminal import write_json, write_table
    from sim.scenario import catalogue, loading

    loaded = loading.load(scenario)
    known, elements = loaded.parameters, catalogue.parameters(name, loaded)
    if as_json:
        write_json(
            [
                {
                    "key": e.key,
                    "value": e.value,
                    "distribution": e.distribution.describe() if e.distribution else None,
                    "unit": e.unit,
                    "bounds": [_finite(bound) for bound in e.bounds],
                    "description": e.description,
                    "evidence": e.evidence,
                    "assumption": e.assumption,
                    "file": e.file,
                }
                for e in elements
            ]
        )
    elif name is None:
        rows = []
        for fullname in known.names():
            each = known.parameter(fullname)
            number = known.elements(fullname)[0].text() if not each.dims else f"by {', '.join(each.dims)}"
            rows.append((fullname, number, each.unit, each.description))
        write_table(("Parameter", "Value", "Unit", "Description"), rows)
    else:
        lines = [
            (e.key, e.text(), e.unit, ", ".join(e.evidence) or f"assumed: {e.assumption}") for e in elements
        ]
        write_table(("Parameter", "Value", "Unit", "Rests on"), lines)


def _unit(event: Event, scenario: Scenario) -> str:
    """Return the unit of the number in an event."""
    from sim.vocabulary.variables import GLOSSARY

    if event.what == "grant":  # in the donor's currency
        return scenario.parameters.parameter("grants.exchange_rate").unit.partition("/")[0] + " m"
    if event.what in UNITS_OF_VERBS or event.target is None:
        return UNITS_OF_VERBS.get(event.what, "")
    name = event.target.variable
    return GLOSSARY[name].unit if name in GLOSSARY else scenario.parameters.parameter(name).unit


def place_of(row: Evidence) -> str:
    """Return document and place of a row."""
    if row.document is None:
        return row.where
    return f"{row.document}, {row.where[3:].strip()}"


def _kind(file: str) -> str:
    """Return what a file is meant to be; one that is not there is bad input, not a failed check."""
    from sim.case.file import FILE
    from sim.files.records import readable
    from sim.scenario import files as scenario_files

    with readable(file):
        is_folder = Path(file).is_dir()
    if is_folder or Path(file).name == FILE:
        return "case"
    scenario_files.find(file)
    return "scenario"


def _checked(file: str, kind: str) -> tuple[str, list[str]]:
    """Load a file and all that a run of it would read; say what it contains, and what can have no effect."""
    import warnings

    from sim.case import case, register
    from sim.cli import case_folder
    from sim.design import plan
    from sim.parameter.parameter_set import ParameterSet
    from sim.scenario import drafting, loading
    from sim.vocabulary.dates import Quarter
    from sim.vocabulary.errors import IneffectiveChange

    if kind == "case":
        # Without a separator the name of a folder would be taken for that of a shipped case.
        loaded = case.load(Path(file).resolve())
        parameters = ParameterSet.load(loaded)
        files = loaded.record.deal_register
        year = min(max(loaded.as_of, files.first_year + 1), files.last_year + 1)
        register.initial(loaded, Quarter(year, 1))
        unread = case_folder.check(loaded, parameters)
        return (
            f"{len(loaded.suppliers)} suppliers, {len(loaded.categories)} categories, "
            f"{len(parameters)} parameters",
            unread,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IneffectiveChange)
        read = loading.load(file)
    plan.plan(read)
    under = () if read.base is None else read.base.events
    own = f" ({sum(each not in under for each in read.events)} of its own)" if under else ""
    changed = f"{len(read.overrides)} changed parameters, {len(read.events)} events{own}"
    message = f"{read.start} to {read.end}, {changed}"
    missing = drafting.missing(read)
    message += f"; still to write: {', '.join(missing)}" if missing else ""
    return message, [str(each) for each in read.ineffective]


def _finite(bound: float) -> float | None:
    return bound if abs(bound) != float("inf") else None
