"""The command that says how large a lever must be."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli import options
from sim.cli.program import FAILED
from sim.vocabulary import amounts
from sim.vocabulary.arguments import GRID


def _pair(_: click.Context, __: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """Split two numbers at the comma."""
    if value is None:
        return None
    try:
        return tuple(float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(f"{value[:40]!r} is not two numbers; write 0,1") from None


@click.command()
@click.argument("event")
@click.option("--lever", required=True, metavar="NAME", help="A parameter, or an element of one.")
@options.base("Scenario in which the lever is moved.")
@click.option("--at", metavar="2027-Q1", help="From when on it has its value.  [default: the second quarter]")
@click.option("--between", callback=_pair, metavar="LOW,HIGH", help="What is tried.  [default: its bounds]")
@click.option(
    "--probability",
    type=options.NUMBER,
    default=0.5,
    show_default=True,
    metavar="P",
    help="How likely the event is to be.",
)
@click.option(
    "--grid",
    type=options.count(2),
    default=GRID,
    show_default=True,
    metavar="N",
    help="Values tried first, evenly apart; more of them show a response that turns.",
)
@options.trials
@options.seed
@options.engine
@options.workers
@options.out("DIR", "A new folder for the figure and answer.json.")
@options.dark
@options.as_json
def threshold(
    event: str,
    lever: str,
    scenario: str,
    at: str | None,
    between: tuple[float, ...] | None,
    probability: float,
    grid: int,
    trials: int,
    seed: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show how large a lever must be for an event to be as likely as asked.

    EVENT is a number beyond a mark, such as 'hhi@2035 < 0.4'. By bisection on the same trials; the interval
    is by order statistics of the thresholds of trials. Where the response is not monotone there is no
    threshold: it is said, --out has the picture, and the exit code is 1.
    """
    from sim import plots
    from sim.analysis.discovery import threshold as analysis
    from sim.cli import findings
    from sim.cli.terminal import say, write_table
    from sim.runs.trials import Execution

    findings.check(out)
    found = analysis.threshold(
        event,
        lever,
        scenario,
        at=at,
        between=between,
        probability=probability,
        grid=grid,
        trials=trials,
        seed=seed,
        execution=Execution(workers=workers, engine=engine),
    )
    tried = findings.records(found, ["p", "p_low", "p_high"])
    record = {
        "answers": [analysis.answer(found)],
        **{name: findings.plain(found[name].item()) for name in ("value", "low", "high", "is_monotone")},
        "against": findings.plain(found["against"].values),
        **{
            name: found.attrs[name]
            for name in ("event", "lever", "unit", "probability", "turned", "trials", "seed")
        },
        "tried": tried,
    }

    def show() -> None:
        say(*record["answers"])
        rows = [
            tuple(amounts.number(each[name], 4) for name in ("lever", "p", "p_low", "p_high"))
            for each in tried
        ]
        headings = (lever, "Share of trials", "95 % from", "to")
        write_table(headings, rows, right=headings)
        if found.attrs["turned"] >= 0.005:
            turned = amounts.percent(found.attrs["turned"])
            say(f"In {turned} of the trials the event comes and goes more than once.")

    findings.write(record, [("response", lambda: plots.response(found))], out, as_json, show)
    if not record["is_monotone"]:
        raise SystemExit(FAILED)
