"""Commands that hold the model against the record."""

from __future__ import annotations

import click

from sim.cli import options
from sim.cli.program import FAILED


@click.command()
@options.base
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

    from sim.analysis.validate.patterns import report
    from sim.cli.terminal import write_json, write_table
    from sim.runs.trials import Execution
    from sim.scenario import scenario as scenarios

    execution = Execution(workers=workers, engine=engine)
    results = report(scenarios.load(scenario), trials, seed, execution=execution)
    if as_json:
        write_json([asdict(result) for result in results])
    else:
        rows = [
            (
                result.pattern,
                result.label,
                f"{result.recorded:g}",
                f"{result.mean:.3g} ± {result.standard_error:.1g}",
                f"{result.low:.3g} to {result.high:.3g}",
                result.rule,
                result.verdict,
            )
            for result in results
        ]
        write_table(("Id", "Pattern", "Record", "Model ± s.e.", "Range", "Rule", "Verdict"), rows)
    if any(result.verdict == "miss" for result in results):
        raise SystemExit(FAILED)


@click.command()
@options.base
@options.trials
@options.seed
@click.option(
    "--id", "ids", multiple=True, metavar="ROW", help="Only this row of the evidence; can be repeated."
)
@options.engine
@options.workers
@options.as_json
def directions(
    scenario: str,
    trials: int,
    seed: int,
    ids: tuple[str, ...],
    engine: str,
    workers: int | None,
    as_json: bool,
) -> None:
    """Test the signs of effects that the evidence asserts.

    A paired experiment for each, with its 95 % interval, or the reason why the model cannot show it.
    A miss is a result, not an error: it is shown, and the exit code is 1.
    """
    from dataclasses import asdict

    from sim.analysis.validate.directions import n_runs, report
    from sim.cli.terminal import progress, write_json, write_table
    from sim.runs.trials import Execution
    from sim.scenario import scenario as scenarios

    chosen, wanted = scenarios.load(scenario), ids or None
    with progress(trials * n_runs(chosen, wanted)) as done:
        found = report(chosen, trials, seed, wanted, Execution(None, workers, done, engine=engine))
    if as_json:
        write_json(asdict(found))
    else:
        rows = [
            (
                result.id,
                result.cause,
                f"{result.effect} ({result.when})",
                f"{result.sign:+d}".replace("+0", "0"),
                f"{result.standard:.3g}",
                f"{result.mean:+.2g}",
                f"{result.low:+.2g} to {result.high:+.2g}",
                result.verdict,
            )
            for result in found.results
        ]
        if rows:
            headings = ("Row", "Cause", "Effect", "Sign", "Without", "Change", "95 % interval", "Verdict")
            write_table(headings, rows, right=("Sign", "Without", "Change"))
        if found.excluded:
            left = [(each.id, each.direction, each.reason) for each in found.excluded]
            write_table(("Row", "Direction", "Why the model cannot show it"), left)
        verdicts = [result.verdict for result in found.results]
        counts = [f"{verdicts.count(name)} {name}" for name in ("shown", "unclear", "missed")]
        click.echo(f"{', '.join(counts)}; {len(found.excluded)} without an experiment.")
    if any(result.verdict == "missed" for result in found.results):
        raise SystemExit(FAILED)


@click.command()
@click.argument("names", metavar="[SCENARIO]...", nargs=-1)
@options.trials
@options.seed
@options.as_json
def robustness(names: tuple[str, ...], trials: int, seed: int, as_json: bool) -> None:
    """Show which conclusions depend on the structure of the model.

    Runs every scenario (the baseline and all shipped ones of its case and horizon, if none is named) under
    every structural variant, and compares the sign of its mean paired difference to the first.
    """
    from collections import Counter
    from dataclasses import asdict

    from sim.analysis.explore.structure import report, structural_variants
    from sim.cli.terminal import progress, write_json, write_table
    from sim.scenario import scenario as scenarios
    from sim.scenario.family import family

    base = scenarios.load("baseline")
    loaded = [scenarios.load(name) for name in names] or [base, *family(base)]
    with progress(len(structural_variants()) * len(loaded) * trials) as advance:
        found = report(loaded, trials, seed, advance)
    if as_json:
        write_json([asdict(each) for each in found])
        return
    rows = []
    for variant in dict.fromkeys(each.variant for each in found):
        here = [each for each in found if each.variant == variant]
        count = Counter(each.verdict for each in here)
        flips = [f"{each.scenario}: {each.measure}" for each in here if each.verdict == "flipped"]
        kinds = ("kept", "lost", "new", "flipped", "none")
        rows.append((variant, *(str(count[kind]) for kind in kinds), "; ".join(flips)))
    write_table(("Variant", "Kept", "Lost", "New", "Flipped", "None", "Which flip"), rows)
