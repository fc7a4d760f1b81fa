"""The command that compares policies over futures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli import options
from sim.vocabulary import amounts

if TYPE_CHECKING:
    import xarray as xr

policies = click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="NAME",
    help="A policy of the case, a level of it (name.level), or a scenario; repeatable.  [default: all]",
)
futures = click.option(
    "--futures", callback=options.names, metavar="a,b", help="Scenarios that may come.  [default: the case's]"
)
measure = click.option(
    "--measure",
    metavar="NAME[LABEL]@YEAR",
    help="By what policies are ranked, such as hhi@2035.  [default: the case's]",
)
aim = click.option(
    "--aim",
    type=click.Choice(["maximise", "minimise"]),
    help="Whether more or less of the measure is better.  [default: the case's]",
)


@click.command()
@click.argument("names", metavar="", nargs=-1)
@policies
@futures
@click.option("--structures", is_flag=True, help="Structural variants of the first future are futures too.")
@measure
@aim
@click.option(
    "--mark",
    type=options.NUMBER,
    metavar="X",
    help="Value to be met, for the domain criterion: the share of trials that meet it.",
)
@click.option(
    "--resamples",
    type=options.count(0),
    default=500,
    show_default=True,
    metavar="N",
    help="Bootstrap resamples, for the intervals.",
)
@options.trials
@options.seed
@options.engine
@options.workers
@options.out("DIR", "A new folder for the map of criteria and answer.json.")
@options.dark
@options.as_json
def robustness(
    names: tuple[str, ...],
    policies: tuple[str, ...],
    futures: tuple[str, ...] | None,
    structures: bool,
    measure: str | None,
    aim: str | None,
    mark: float | None,
    resamples: int,
    trials: int,
    seed: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show which policy holds up when it is not known which future comes.

    Policies (the case's policies.toml, or scenarios) are laid over futures and run on the same trials;
    criteria of robustness rank them, each with the formula used, an interval and the share of resamples in
    which it is first. Conclusions under other structures of the model: sim structure.
    """
    from sim import plots
    from sim.analysis.drivers.structure import variants_of
    from sim.analysis.robustness import policies as declared
    from sim.analysis.robustness import robustness as analysis
    from sim.analysis.robustness.outcomes import policy_outcomes
    from sim.cli import findings
    from sim.cli.terminal import progress
    from sim.runs.trials import Execution
    from sim.vocabulary.errors import InputError

    if names:
        problem = "compares policies over futures and takes no scenarios as such"
        remedy = f"For structural variants: sim structure {' '.join(names)}. For policies: --policy NAME."
        raise InputError("", "sim robustness", problem, remedy)
    findings.check(out)
    loaded = declared.futures_of(futures, declared.case_of(None, futures))
    loaded += variants_of(loaded[0]) if structures else []
    chosen = declared.chosen(policies or None, loaded[0].case)
    with progress(trials * len(loaded) * len(chosen)) as done:
        execution = Execution(None, workers, done, engine=engine)
        outcomes = policy_outcomes(chosen, loaded, measure, trials=trials, seed=seed, execution=execution)
    found = analysis.robustness(outcomes, aim, mark=mark, resamples=resamples, seed=seed)
    record = {
        "answers": analysis.answers(found),
        "measure": found.attrs["measure"],
        "aim": found.attrs["aim"],
        "futures": [each.name for each in loaded],
        "trials": trials,
        "seed": seed,
        "table": findings.records(found, _SHOWN),
    }
    figures = [("robustness", lambda: plots.criteria_map(found))]
    findings.write(record, figures, out, as_json, lambda: _show(found, record["answers"]))


_SHOWN = ("value", "low", "high", "rank", "p_first", "behind", "behind_low", "behind_high")


def _show(found: xr.Dataset, answers: list[str]) -> None:
    """Write the sentences and a table for each criterion's best and what is behind."""
    from sim.analysis.robustness.robustness import value_text
    from sim.cli.terminal import say, write_table

    say(*answers)
    for criterion in found["criterion"].values:
        here = found.sel(criterion=criterion)
        rows = []
        for policy in here["policy"].values[here["rank"].argsort(kind="stable").values]:
            each = here.sel(policy=policy)
            rows.append(
                (
                    f"{float(each['rank']):g}",
                    str(policy),
                    value_text(str(criterion), *(float(each[name]) for name in ("value", "low", "high"))),
                    _behind(each),
                    amounts.percent(float(each["p_first"])),
                )
            )
        headings = ("Rank", "Policy", "Value (95 %)", "Behind the first (95 %)", "First in")
        title = f"{here['criterion_text'].item()}: {here['formula'].item()}; v is {found.attrs['measure']}"
        write_table(headings, rows, title, right=("Rank", "First in"))


def _behind(policy: xr.Dataset) -> str:
    """Return by how much a policy is behind the first; nothing of the first itself."""
    from sim.analysis.robustness.robustness import with_ends

    found = [float(policy[name]) for name in ("behind", "behind_low", "behind_high")]
    return with_ends(*found) if any(found) else ""
