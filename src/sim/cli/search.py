"""The command that searches for policies."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli import options
from sim.cli.robustness import futures, policies
from sim.vocabulary import amounts


@click.command()
@policies
@click.option("--by", metavar="STATE", help="Only policies of this state.")
@futures
@click.option("--maximise", multiple=True, metavar="TEXT", help="More of this, such as hhi@2035; repeatable.")
@click.option("--minimise", multiple=True, metavar="TEXT", help="Less of this; repeatable.")
@click.option(
    "--together", type=options.count(1), metavar="N", help="The most policies combined.  [default: all]"
)
@click.option(
    "--trials",
    type=options.count(2),
    default=256,
    show_default=True,
    metavar="N",
    help="Trials of the first round; each later one has twice as many.",
)
@click.option(
    "--rounds",
    type=options.Whole(1, 16),
    default=3,
    show_default=True,
    metavar="N",
    help="Rounds of screening.",
)
@options.seed
@options.engine
@options.workers
@options.out("DIR", "A new folder for the figure and answer.json.")
@options.dark
@options.as_json
def search(
    policies: tuple[str, ...],
    by: str | None,
    futures: tuple[str, ...] | None,
    maximise: tuple[str, ...],
    minimise: tuple[str, ...],
    together: int | None,
    trials: int,
    rounds: int,
    seed: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Search the combinations of policies for those that no other dominates.

    All are screened on the same trials; what is dominated with a probability above 0.95 is dropped, the
    rest meet twice as many, and those left are confirmed on fresh trials: how much better the search
    made its winner look is shown.
    """
    from sim import plots
    from sim.analysis.robustness import policy_search as analysis
    from sim.cli import findings
    from sim.cli.terminal import say, write_table
    from sim.runs.trials import Execution

    findings.check(out)
    asked = [*maximise, *minimise]
    aims = ["maximise"] * len(maximise) + ["minimise"] * len(minimise)
    found = analysis.search(
        policies or None,
        futures,
        asked or None,
        aims or None,
        by=by,
        together=together,
        trials=trials,
        rounds=rounds,
        seed=seed,
        execution=Execution(workers=workers, engine=engine),
    )
    left = found.isel(policy=(found["dropped"] == 0).values)
    table = findings.records(left, ["searched", "searched_error", "fresh", "fresh_low", "fresh_high"])
    chances = {
        str(name): float(p) for name, p in zip(left["policy"].values, left["p_front"].values, strict=True)
    }
    record = {
        "answers": analysis.answers(found),
        "hypervolume": found.attrs["hypervolume"],
        "hypervolume_searched": found.attrs["hypervolume_searched"],
        "screened": found.sizes["policy"],
        "p_front": chances,
        "left": table,
    }

    def show() -> None:
        say(*record["answers"])
        rows = [
            (
                each["policy"],
                each["objective"],
                amounts.with_error(each["searched"], each["searched_error"]),
                amounts.with_interval(*(each[name] for name in ("fresh", "fresh_low", "fresh_high"))),
                amounts.percent(chances[each["policy"]]),
            )
            for each in sorted(table, key=lambda each: -chances[each["policy"]])[:_SHOWN]
        ]
        headings = ("Policy", "Objective", "In the search ± s.e.", "On fresh trials (95 %)", "In the front")
        write_table(headings, rows, right=("In the front",))

    findings.write(record, [("search", lambda: plots.search(found))], out, as_json, show)


#: Lines of the table.
_SHOWN = 40
