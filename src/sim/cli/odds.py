"""The command that reads a run with another expert's odds."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli import options
from sim.cli.program import FAILED
from sim.cli.results import with_scenarios
from sim.cli.stored import store
from sim.vocabulary import amounts


@click.command()
@store
@click.option("--ask", required=True, metavar="TEXT", help="Such as hhi@2035, or 'hhi@2035 > 0.5'.")
@click.option(
    "--prior",
    "priors",
    type=options.PATH,
    multiple=True,
    required=True,
    metavar="FILE",
    help="An expert's distributions, as a .toml file with title and [set]; repeatable.",
)
@click.option(
    "--least",
    type=options.count(1),
    default=100,
    show_default=True,
    metavar="N",
    help="Effective trials below which nothing is said.",
)
@options.out("DIR", "A new folder for the figure and answer.json.")
@options.dark
@options.as_json
def odds(path: Path, ask: str, priors: tuple[Path, ...], least: int, out: Path | None, as_json: bool) -> None:
    """Show what finished trials say under another expert's prior.

    The trials of STORE are weighted, none is run. How many equal trials they are then worth is shown; where
    these are few it is refused, and the exit code is 1.
    """
    from sim import plots
    from sim.analysis.discovery import odds as analysis
    from sim.cli import findings
    from sim.cli.terminal import say, write_table
    from sim.vocabulary.errors import Contradiction

    findings.check(out)
    names = [each.stem for each in priors]
    for name in names:
        if names.count(name) > 1:
            raise Contradiction("", "--prior", "two files are called {value}", "Rename one.", name)
    runs, scenarios = with_scenarios(path)
    found = analysis.odds(runs, ask, dict(zip(names, priors, strict=True)), scenarios=scenarios, least=least)
    table = findings.records(found, [*_FIELDS, "is_refused"])
    record = {"answers": analysis.answers(found), "ask": found.attrs["ask"], "table": table}

    def show() -> None:
        say(*record["answers"])
        rows = [
            (
                each["expert"],
                each["scenario"],
                *("–" if each[name] is None else amounts.number(each[name]) for name in _FIELDS[:6]),
                f"{each['effective']:,.0f}",
            )
            for each in table
        ]
        headings = ("Expert", "Scenario", "Mean", "from", "to", "5 %", "50 %", "95 %", "Worth, trials")
        write_table(headings, rows, right=headings[2:])

    findings.write(record, [("odds", lambda: plots.experts(found))], out, as_json, show)
    if bool(found["is_refused"].any()):
        raise SystemExit(FAILED)


_FIELDS = (
    "mean",
    "low",
    "high",
    "q05",
    "q50",
    "q95",
    "shift",
    "shift_low",
    "shift_high",
    "effective",
    "beyond",
)
