"""The command that says what to watch."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli import options
from sim.cli.results import with_trials
from sim.cli.stored import store, variables
from sim.vocabulary import amounts


@click.command()
@store
@click.option("--between", callback=options.names, metavar="a,b", help="Two scenarios of the run.")
@click.option("--event", metavar="TEXT", help="Or an event, such as 'hhi@2035 > 0.5'.")
@click.option(
    "--of", metavar="NAME", help="The scenario in which the event is looked at.  [default: the first]"
)
@variables
@click.option(
    "--level",
    type=options.NUMBER,
    default=0.75,
    show_default=True,
    metavar="AUC",
    help="From which on something is worth watching.",
)
@click.option("--top", type=options.count(1), default=10, show_default=True, metavar="N", help="Rows shown.")
@options.seed
@options.out("DIR", "A new folder for the figure and answer.json.")
@options.dark
@options.as_json
def signposts(
    path: Path,
    between: tuple[str, ...] | None,
    event: str | None,
    of: str | None,
    variables: tuple[str, ...] | None,
    level: float,
    top: int,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show what to watch: which observable tells two futures apart, or an event, and how early.

    STORE is a finished run with the quarters of interest. Give --between or --event.
    """
    from sim import plots
    from sim.analysis.discovery import signposts as analysis
    from sim.cli import findings
    from sim.cli.terminal import say, write_table

    findings.check(out)
    runs = with_trials(path)
    found = analysis.signposts(
        runs, between=between, event=event, scenario=of, variables=variables, level=level, seed=seed
    )
    shown = found.isel(measure=slice(0, top))
    last = shown.isel(time=-1)
    rows = [
        {
            "measure": str(each["measure"].item()),
            "text": str(each["text"].item()),
            "lead": findings.plain(each["lead"].item()),
            **{
                name: findings.plain(each[name].item())
                for name in ("auc", "auc_low", "auc_high", "threshold", "sensitivity", "specificity")
            },
        }
        for each in (last.isel(measure=k) for k in range(last.sizes["measure"]))
    ]
    curves = findings.records(shown, ["auc", "auc_low", "auc_high"])
    record = {
        "answers": [analysis.answer(found)],
        "about": found.attrs["about"],
        "level": level,
        "at_the_end": rows,
        "curves": [{name: each[name] for name in _CURVE} for each in curves],
    }

    def show() -> None:
        say(*record["answers"])
        lines = [
            (
                each["text"],
                "–" if each["lead"] is None else f"{each['lead']:g}",
                f"{each['auc']:.2f} ({each['auc_low']:.2f} to {each['auc_high']:.2f})",
                amounts.number(each["threshold"]),
                f"{each['sensitivity']:.2f}, {each['specificity']:.2f}",
            )
            for each in rows
        ]
        headings = (
            "Observable",
            "Lead, years",
            "AUC at the end (95 %)",
            "Threshold",
            "Right, of either kind",
        )
        write_table(headings, lines, right=("Lead, years", "Threshold"))

    findings.write(record, [("signposts", lambda: plots.signposts(found))], out, as_json, show)


_CURVE = ("measure", "quarter", "auc", "auc_low", "auc_high")
