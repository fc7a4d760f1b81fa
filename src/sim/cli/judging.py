"""Commands that hold the model against the record."""

from __future__ import annotations

import click

from sim.cli import options

#: Exit code of a command that ran and found something wanting.
MISSED = 1


@click.command()
@options.base
@options.trials
@options.seed
@options.as_json
def patterns(scenario: str, trials: int, seed: int, as_json: bool) -> None:
    """Report which patterns of the record the model shows.

    A miss is a result, not an error: it is shown, and the exit code is 1.
    """
    from dataclasses import asdict

    from sim import scenario as scenarios
    from sim.analysis.patterns import report
    from sim.cli.terminal import write_json, write_table

    results = report(scenarios.load(scenario), trials, seed)
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
        raise SystemExit(MISSED)
