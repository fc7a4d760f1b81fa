"""Commands that help to write a scenario: a file to begin with, the format, and what can be kept."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sim.cli import options
from sim.vocabulary.printing import printable


@click.command()
@click.argument("file", type=options.PATH)
@click.option("--title", help="One line.")
@click.option("--extends", callback=options.names, metavar="a,b", help="Scenarios, by name or path.")
@click.option("--story", help="One paragraph: what happens, why, and what there is to see.")
@click.option("--evidence", callback=options.names, metavar="ID,ID", help="Rows that the story rests on.")
@click.option("--look-at", callback=options.names, metavar="a,b", help="Variables to look at.")
@click.option("--yes", is_flag=True, help="Ask nothing: what is not given is as proposed.")
@click.option("--force", is_flag=True, help="Replace a scenario file that is there.")
@options.as_json
def new_scenario(
    file: Path,
    title: str | None,
    extends: tuple[str, ...] | None,
    story: str | None,
    evidence: tuple[str, ...] | None,
    look_at: tuple[str, ...] | None,
    yes: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write a scenario file to begin with.

    Asks for what the options do not give. The FILE is sound as it is; sim check says what is still to be
    written. Verbs and keys: docs/scenario-format.md.
    """
    from sim.cli.terminal import write_json
    from sim.files import staging
    from sim.scenario import drafting, files, loading, writing

    def ask(question: str, proposed: str) -> str:
        if yes:
            return proposed
        try:
            return click.prompt(question, default=proposed, show_default=bool(proposed), err=as_json)
        except click.Abort as stopped:
            if not isinstance(stopped.__context__, EOFError):
                raise
            click.echo("", err=True)  # the question has begun the line
            raise click.UsageError("there is nobody to ask; add --yes, or what is not given") from None

    def ask_names(question: str, proposed: str) -> tuple[str, ...]:
        return tuple(name.strip() for name in ask(question, proposed).split(",") if name.strip())

    # What the options say is refused before anything is asked.
    bases = loading.loaded(extends) if extends is not None else []
    staging.target_of(file)
    target = file if file.suffix else file.with_suffix(".toml")
    if title is None:
        title = ask("Title", target.stem.replace("_", " ").capitalize())
    if extends is None:
        extends = ask_names("Extends", "baseline")
        bases = loading.loaded(extends)
    if story is None:
        story = ask("Story", "")
    if evidence is None:
        evidence = ask_names("Evidence, as ids (sim evidence lists them)", "")
    if look_at is None:
        proposed = dict.fromkeys(name for base in bases for name in base.look_at)
        look_at = ask_names("Variables to look at (sim variables lists them)", ",".join(proposed))
    middle = str(bases[0].start + bases[0].n_steps // 2)

    def text(named: list[str]) -> str:
        return drafting.draft(title, named, story, evidence, look_at, middle)

    is_path = files.is_path
    # Checked as seen from here, written as seen from where the file will stand.
    loading.load(text([Path(name).resolve().as_posix() if is_path(name) else name for name in extends]))
    here = os.path.realpath(target.parent)
    named = [os.path.relpath(Path(name).resolve(), here) if is_path(name) else name for name in extends]
    writing.save(text(named), target, force)
    if as_json:
        write_json({"name": target.stem, "title": title, "extends": list(extends)}, [target])
    else:
        click.echo(printable(f"{target}: written. Next: sim check {target}"))


@click.command()
@options.as_json
def schema(as_json: bool) -> None:
    """Write the JSON schema of scenario files, with --json or without it.

    Editors that know TOML use it to complete keys and to mark mistakes.
    """
    from sim.cli.terminal import write_json
    from sim.scenario.schema import schema

    write_json(schema())


@click.command()
@options.as_json
def variables(as_json: bool) -> None:
    """List the variables that a run can keep.

    Shows axes, unit and meaning; those marked * are kept unless --keep names others.
    """
    from dataclasses import asdict

    from sim.cli.terminal import write_json, write_table
    from sim.scenario import catalogue

    found = catalogue.variables()
    if as_json:
        write_json([asdict(each) for each in found])
        return
    rows = [
        (
            f"{each.name}{' *' if each.recorded == 'always' else ''}",
            " ".join(each.dims),
            each.unit,
            each.label,
        )
        for each in found
    ]
    write_table(("Variable", "Axes", "Unit", "Description"), rows, narrow=True)
