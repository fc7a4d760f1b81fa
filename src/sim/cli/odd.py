"""The command that describes the model."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli import options


@click.command()
@options.base
@options.out("FILE", "Write the page here instead of to standard output.")
def odd(scenario: str, out: Path | None) -> None:
    """Describe the model by the ODD protocol, as Markdown.

    The page docs/odd.md is made by: sim odd --out docs/odd.md
    """
    from sim.analysis.describe.odd import describe
    from sim.files.records import reason
    from sim.scenario import scenario as scenarios
    from sim.vocabulary.errors import InputError

    text = describe(scenarios.load(scenario))
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        problem = f"cannot be written: {reason(error)}"
        raise InputError(str(out), "", problem, "Choose another --out.") from None
