"""The command that learns parameters from the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli import options
from sim.cli.program import FAILED
from sim.vocabulary import amounts
from sim.vocabulary.arguments import TRIALS_OF_WAVE
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.analysis.calibrate.checks import Check
    from sim.analysis.calibrate.rank_checks import Verdict
    from sim.analysis.calibrate.waves import Calibration
    from sim.analysis.validate.patterns import Result
    from sim.runs.trials import Execution
    from sim.scenario.scenario import Scenario

#: Chance of calling ranks uneven, over all elements, when none is.
SIGNIFICANCE = 0.05

#: Trials in which the record is looked for after calibration.
PREDICTED_TRIALS = 5000

#: Trials of the patterns that are looked at before and after.
PATTERN_TRIALS = 1000


@click.command()
@options.base("Scenario whose parameters are learned.")
@click.option(
    "--trials",
    type=options.count(500),
    default=TRIALS_OF_WAVE,
    show_default=True,
    metavar="N",
    help="Trials of each window in each wave.",
)
@options.seed
@click.option(
    "--rows",
    type=options.count(2),
    default=500,
    show_default=True,
    metavar="N",
    help="Rows of the posterior.",
)
@click.option(
    "--simulated",
    type=options.count(50),
    default=300,
    show_default=True,
    metavar="N",
    help="Simulated truths that the inversion is tested on (simulation-based calibration).",
)
@options.engine
@options.workers
@options.out("DIR", "Folder for posterior.csv and manifest.json; without it, only the tables are shown.")
@click.option("--arviz", "with_arviz", is_flag=True, help="Also write posterior.zarr, a data tree for ArviZ.")
@options.force
@options.as_json
def calibrate(
    scenario: str,
    trials: int,
    seed: int,
    rows: int,
    simulated: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    with_arviz: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Learn parameters from the record, up to the last year that the case allows.

    Approximate Bayesian computation against the windows and statistics of the case's calibration.toml. Shows
    what was learned, and what the record cannot inform; tests the inversion on simulated truths; looks for
    the record among trials of the posterior; and shows, before and after, the patterns that were kept out.

    A scenario uses the result as its source of parameters: posterior = "DIR/posterior.csv".

    Exit code 1 if the ranks of a parameter's simulated truths are not even, or no parameter is informed.
    """
    from contextlib import nullcontext

    from sim.analysis.calibrate import checks as calibration_checks
    from sim.analysis.calibrate import files as calibration_files
    from sim.analysis.calibrate import sentences
    from sim.analysis.calibrate import targets as calibration_targets
    from sim.analysis.calibrate import waves as method
    from sim.cli.terminal import progress, say, write_json
    from sim.files.staging import staged
    from sim.runs.trials import Execution
    from sim.scenario import loading
    from sim.vocabulary.errors import Contradiction

    chosen = loading.load(scenario)
    targets = calibration_targets.load(chosen)
    if with_arviz and out is None:
        raise Contradiction("", "--arviz", "nowhere to write to", "Add --out DIR.")
    if with_arviz:
        calibration_files.check_arviz()
    later = min(trials, PREDICTED_TRIALS)
    with staged(out, force=force, is_ours=_is_calibration) if out else nullcontext() as place:
        with progress((method.WAVES * trials + later) * len(targets.windows)) as advance:
            execution = Execution(None, workers, advance, engine=engine)
            found = method.run(targets, trials, seed, execution=execution)
            columns = found.columns(rows)
            checks, predicted = calibration_checks.check_predictions(found, columns, later, execution)
        verdicts, _ = calibration_checks.check_ranks(found, simulated)
        written = []
        if out and place:
            place.mkdir()
            made = calibration_files.write(place, found, columns, checks, verdicts)
            written = [out / each.name for each in made]
            if with_arviz and columns:
                tree = calibration_files.for_arviz(found, columns, predicted)
                tree.to_zarr(place / calibration_files.DATA, consolidated=False)
    if as_json:
        write_json(calibration_files.manifest(found, columns, checks, verdicts), written)
    else:
        say(sentences.of_calibration(found))
        _show_waves(found)
        _show_learned(found, verdicts)
        _show_predictions(checks)
        if out is not None and columns:
            after = chosen.with_posterior(out / calibration_files.ROWS)
            _show_patterns(chosen, after, found, seed, Execution(workers=workers, engine=engine))
        if written:
            click.echo(printable(f"Written: {', '.join(map(str, written))}"))
    if not columns:
        click.echo("No parameter is informed, so there is no posterior. Run more trials.", err=True)
    if _uneven(verdicts) or not columns:
        raise SystemExit(FAILED)


def _is_calibration(path: Path) -> bool:
    """Whether a folder holds an earlier calibration and nothing else."""
    from sim.analysis.calibrate.files import DATA, MANIFEST, ROWS

    found = {each.name for each in path.iterdir()} if path.is_dir() else set()
    return MANIFEST in found and not found - {ROWS, MANIFEST, DATA}


def _uneven(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the elements whose ranks are not even, at one in twenty over all of them."""
    return [each for each in verdicts if each.p_value < SIGNIFICANCE / len(verdicts)]


def _show_waves(found: Calibration) -> None:
    from sim.cli.terminal import write_table

    rows = [
        (
            str(number),
            "priors" if wave.proposal is None else f"{len(wave.proposal.chosen)} elements proposed",
            f"{wave.trials}",
            amounts.percent(wave.plausible),
            str(len(wave.projection.correlations)),
            f"{wave.sample.tolerance:.2f}",
            f"{len(wave.sample.weights)}",
            f"{wave.sample.effective_size:.0f}",
        )
        for number, wave in enumerate(found.waves, 1)
    ]
    headings = ("Wave", "From", "Trials", "Plausible", "Summaries", "Tolerance", "Kept", "Effective size")
    write_table(headings, rows, right=headings[2:])


def _show_learned(found: Calibration, verdicts: Sequence[Verdict]) -> None:
    from sim.cli.terminal import say, write_table

    rows = [
        (
            each.key,
            each.prior,
            amounts.with_interval(each.mean, each.low, each.high),
            each.unit,
            amounts.fixed(each.shift, 2, is_signed=True),
            amounts.percent(each.contraction),
            f"{verdict.p_value:.2f}",
        )
        for each, verdict in zip(found.learned, verdicts, strict=True)
        if each.is_informed
    ]
    headings = ("Informed", "Prior", "Posterior, 90 %", "Unit", "Shift", "Learned", "Even ranks")
    write_table(headings, rows, right=("Shift", "Learned", "Even ranks"))
    left = [
        (
            each.key,
            each.prior,
            amounts.fixed(each.shift, 2, is_signed=True),
            amounts.percent(each.contraction),
            f"{each.ks_distance:.3f}",
        )
        for each in found.learned
        if not each.is_informed
    ]
    band = found.learned[0].band
    columns = (
        "Not informed: keeps its prior",
        "Prior",
        "Shift",
        "Learned",
        f"KS distance (by chance: {band:.3f})",
    )
    write_table(columns, left, right=columns[2:])
    uneven = _uneven(verdicts)
    names = ": " + ", ".join(each.name for each in uneven) if uneven else ""
    say(f"Simulation-based calibration: ranks not even for {len(uneven)} of {len(verdicts)} elements{names}.")


def _plain(value: float, *ends: float) -> str:
    """Return a number with two decimals, and its interval."""
    middle, *others = (amounts.fixed(each, 2) for each in (value, *ends))
    return f"{middle} ({' to '.join(others)})" if others else middle


def _show_predictions(checks: Sequence[Check]) -> None:
    from sim.cli.terminal import write_table

    rows = [
        (
            each.name,
            _plain(each.recorded),
            _plain(each.prior_mean, each.prior_low, each.prior_high),
            _plain(each.mean, each.low, each.high),
            amounts.percent(each.percentile),
            "" if each.is_met else "miss",
        )
        for each in checks
    ]
    headings = ("Target", "Record", "Prior, 90 %", "Posterior, 90 %", "Record's place", "")
    write_table(headings, rows, right=("Record", "Record's place"))


def _show_patterns(
    before: Scenario, after: Scenario, found: Calibration, seed: int, execution: Execution
) -> None:
    from sim.analysis.validate import patterns
    from sim.cli.terminal import write_table

    reasons = found.targets.table.checks
    if not reasons:
        return

    def values(scenario: Scenario) -> list[Result]:
        return patterns.report(scenario, PATTERN_TRIALS, seed, only=tuple(reasons), execution=execution)

    rows = [
        (
            one.pattern,
            one.label.rpartition(": ")[2],
            f"{one.recorded:g}",
            f"{amounts.with_interval(one.mean, one.low, one.high)} {one.verdict}",
            f"{amounts.with_interval(other.mean, other.low, other.high)} {other.verdict}",
            reasons[one.pattern],
        )
        for one, other in zip(values(before), values(after), strict=True)
    ]
    write_table(("Kept out", "Pattern", "Record", "Before", "After", "Why it is no target"), rows)
