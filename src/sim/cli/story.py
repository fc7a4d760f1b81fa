"""The command that tells one trial."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from sim.cli import options

#: Where a sentence begins, after its quarter.
_AFTER_DATE = 9


@click.command()
@click.argument("scenario", shell_complete=options.complete_scenario)
@click.argument("other", required=False, shell_complete=options.complete_scenario)
@click.option("--trial", type=options.TRIAL, metavar="K", help="Which trial.  [default: the picked one]")
@click.option(
    "--pick",
    type=click.Choice(["typical", "best", "worst", "surprising"]),
    default="typical",
    show_default=True,
    help="Which of --trials trials, where none is named.",
)
@options.trials
@options.seed
@options.out("FILE", "Write the story here instead of to standard output.")
@options.as_json
def story(
    scenario: str,
    other: str | None,
    trial: int | None,
    pick: str,
    trials: int,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Tell one trial in dated sentences; with OTHER, where two scenarios part, with the same random draws.

    Typical is the trial that ends nearest to the medians, surprising the farthest; best and worst are by the
    recipient's payoff. Same scenario, trial and seed, same text.
    """
    from sim.analysis.explain import story as stories
    from sim.analysis.explain.picks import NEEDED, picks
    from sim.cli.terminal import say, write_json, write_page
    from sim.runs.run import run
    from sim.scenario import loading
    from sim.vocabulary.printing import printable

    chosen = loading.load(scenario)
    if trial is None:
        trial = picks(run(chosen, trials=trials, seed=seed, keep=NEEDED))[pick]
    if other is None:
        found: Any = stories.story(chosen, trial=trial, seed=seed)
        both = [found]
    else:
        found = stories.contrast(chosen, loading.load(other), trial=trial, seed=seed)
        both = [found.one, found.other]
    if out is not None:
        write_page(printable(f"{found}\n", allowed="\n"), out)
    elif not as_json:
        for line in str(found).splitlines():
            say(line, indent=_AFTER_DATE)
    if as_json:
        write_json([asdict(each) | {"sentences": [_plain(line) for line in each.sentences]} for each in both])


def _plain(line: Any) -> dict[str, str]:
    return {"at": str(line.at), "kind": line.kind, "text": line.text}
