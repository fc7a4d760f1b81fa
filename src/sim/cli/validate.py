"""Commands that hold the model against the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sim.cli import options
from sim.cli.program import FAILED
from sim.vocabulary import amounts

if TYPE_CHECKING:
    from pathlib import Path

    from sim.analysis.validate import directions as directions_of_effect
    from sim.analysis.validate import potency


@click.command()
@options.base("Scenario that is tested.")
@options.trials
@options.seed
@options.engine
@options.workers
@options.as_json
def patterns(scenario: str, trials: int, seed: int, engine: str, workers: int | None, as_json: bool) -> None:
    """Report which patterns of the record the model shows.

    A miss is a result, not an error: it is shown, and the exit code is 1.
    """
    from dataclasses import asdict

    from sim.analysis.validate import sentences
    from sim.analysis.validate.patterns import report
    from sim.cli.terminal import say, write_json, write_table
    from sim.runs.trials import Execution
    from sim.scenario import loading

    execution = Execution(workers=workers, engine=engine)
    results = report(loading.load(scenario), trials, seed, execution=execution)
    if as_json:
        write_json([asdict(result) for result in results])
    else:
        say(*sentences.of_patterns(results))
        rows = [
            (
                result.pattern,
                result.label,
                amounts.number(result.recorded),
                amounts.with_error(result.mean, result.standard_error),
                f"{amounts.number(result.low)} to {amounts.number(result.high)}",
                result.rule,
                result.verdict,
            )
            for result in results
        ]
        write_table(("Id", "Pattern", "Record", "Model ± s.e.", "Range", "Rule", "Verdict"), rows)
    if any(result.verdict == "miss" for result in results):
        raise SystemExit(FAILED)


@click.command()
@options.base("Scenario that is tested.")
@options.trials
@options.seed
@click.option(
    "--id",
    "ids",
    multiple=True,
    metavar="NAME",
    help="Only this row of the evidence, or with --sizes this lever; can be repeated.",
)
@click.option("--sizes", is_flag=True, help="Measure how much each documented lever moves, not only signs.")
@options.out("FILE", "With --sizes: write the table, reasons and doses here, as Markdown.")
@options.engine
@options.workers
@options.as_json
def directions(
    scenario: str,
    trials: int,
    seed: int,
    ids: tuple[str, ...],
    sizes: bool,
    out: Path | None,
    engine: str,
    workers: int | None,
    as_json: bool,
) -> None:
    """Test the signs of effects that the evidence asserts, or measure their sizes.

    A paired experiment for each, with its 95 % interval, or the reason why the model cannot show it. With
    --sizes, each lever of the case at a plausible dose and at its maximum, ranked by the effect in standard
    deviations. A miss is a result, not an error: it is shown, and the exit code is 1; so is an effect that is
    inert for no stated reason, or potent against a stated one.

    The page docs/potency.md is made by: sim directions --sizes --out docs/potency.md
    """
    from dataclasses import asdict

    from sim.analysis.describe import stamp
    from sim.analysis.describe.potency import page
    from sim.analysis.validate import directions as signs
    from sim.analysis.validate import potency
    from sim.cli.terminal import check_page, progress, write_json, write_page
    from sim.runs.trials import Execution
    from sim.scenario import loading

    if out is not None and not sizes:
        raise click.UsageError("--out goes with --sizes")
    chosen, wanted = loading.load(scenario), ids or None
    if out is not None:
        check_page(out)
    runs = (potency if sizes else signs).n_runs(chosen, wanted)
    found: signs.Report | potency.Report
    with progress(trials * runs) as done:
        execution = Execution(None, workers, done, engine=engine)
        if sizes:
            found = potency.report(chosen, trials, seed, wanted, execution)
        else:
            found = signs.report(chosen, trials, seed, wanted, execution)
    if out is not None and isinstance(found, potency.Report):
        command = _command_line(scenario, trials, seed, ids, out)
        write_page(page(found, command, stamp.numbers(chosen)), out)
    if as_json:
        write_json(asdict(found), [out] if out else [])
    elif isinstance(found, potency.Report):
        _write_sizes(found)
    else:
        _write_signs(found)
    if not found.is_as_said:
        raise SystemExit(FAILED)


def _command_line(scenario: str, trials: int, seed: int, ids: tuple[str, ...], out: Path) -> str:
    """Return what makes the page with sizes again."""
    import shlex

    options = ["--scenario", scenario, "--trials", str(trials), "--seed", str(seed)]
    options += [part for name in ids for part in ("--id", name)]
    return shlex.join(["sim", "directions", "--sizes", *options, "--out", out.as_posix()])


def _write_signs(found: directions_of_effect.Report) -> None:
    """Write the verdicts on signs, and what has none."""
    from sim.analysis.validate import sentences
    from sim.cli.terminal import say, write_table

    say(*sentences.of_directions(found))
    rows = [
        (
            result.id,
            result.cause,
            f"{result.effect} ({result.when})",
            f"{result.sign:+d}".replace("+0", "0"),
            amounts.number(result.standard),
            amounts.with_interval(result.mean, result.low, result.high, is_signed=True),
            result.verdict,
        )
        for result in found.results
    ]
    if rows:
        headings = ("Row", "Cause", "Effect", "Sign", "Without", "Change (95 %)", "Verdict")
        write_table(headings, rows, right=("Sign", "Without"))
    if found.excluded:
        left = [(each.id, each.direction, each.reason) for each in found.excluded]
        write_table(("Row", "Direction", "Why the model cannot show it"), left)


def _write_sizes(found: potency.Report) -> None:
    """Write the ranked sizes of levers, and what is inert and why."""
    from sim.analysis.describe import potency as texts
    from sim.analysis.validate import sentences
    from sim.analysis.validate.potency import INERT_BELOW
    from sim.cli.terminal import say, write_table

    say(*sentences.of_sizes(found, INERT_BELOW))
    rows = [
        (
            f"{each.lever}\n{each.effect} ({each.when})",
            f"{texts.in_deviations(each.plausible)}\n{texts.in_unit(each.plausible, each.unit)}",
            f"{texts.in_deviations(each.maximum)}\n{texts.in_unit(each.maximum, each.unit)}",
            amounts.percent(each.maximum.moved),
            each.verdict,
        )
        for each in found.results
    ]
    if rows:
        headings = ("Lever and what it reaches", "Plausible, s.d.", "Maximum, s.d.", "Moved", "Verdict")
        write_table(headings, rows, right=("Moved",))
    said = [(f"{each.lever}\n{each.effect}", each.remark) for each in found.results if each.remark]
    if said:
        write_table(("Lever and what it reaches", "Why it is inert"), said)
