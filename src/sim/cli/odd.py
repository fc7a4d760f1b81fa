"""The command that describes the model."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli import options


@click.command()
@options.base("Scenario that is described.")
@options.out("FILE", "Write the page here instead of to standard output.")
@options.as_json
def odd(scenario: str, out: Path | None, as_json: bool) -> None:
    """Describe the model by the ODD protocol, as Markdown.

    The page docs/odd.md is made by: sim odd --out docs/odd.md
    """
    from sim.analysis.describe.odd import describe
    from sim.cli.terminal import write_json, write_page
    from sim.scenario import loading

    text = describe(loading.load(scenario))
    if out is not None or not as_json:
        write_page(text, out)
    if as_json:
        write_json({"scenario": scenario, "text": text}, [out] if out else [])
