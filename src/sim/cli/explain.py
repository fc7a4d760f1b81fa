"""The command that answers why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli import options
from sim.vocabulary import amounts

if TYPE_CHECKING:
    from sim.analysis.explain.explanation import Decision, Explanation


@click.command()
@click.argument("scenario", shell_complete=options.complete_scenario)
@click.option("--trial", type=options.TRIAL, default=0, show_default=True, metavar="K", help="Which trial.")
@click.option(
    "--at",
    required=True,
    metavar="2029-Q3",
    help="Which quarter; postures are decided in the first of a year.",
)
@options.seed
@options.out("DIR", "Write a figure of each decision here.")
@options.dark
@options.as_json
def explain(scenario: str, trial: int, at: str, seed: int, out: Path | None, as_json: bool) -> None:
    """Show the decisions of one trial in one quarter, and what would have changed them."""
    from dataclasses import asdict

    from sim.analysis.explain.decisions import explain as explain_trial
    from sim.cli.terminal import say, write_json, write_table
    from sim.files.staging import staged

    found = explain_trial(scenario, trial=trial, at=at, seed=seed)
    if as_json:
        write_json([asdict(each) | {"utility": each.utility, "flip": each.flip} for each in found])
    else:
        rows = []
        for each in found:
            other = each.rejected
            rows.append(
                (
                    each.kind,
                    found.labels.get(each.actor, each.actor),
                    found.labels.get(each.subject, each.subject),
                    _option(found, each, each.chosen),
                    "" if other is None else _option(found, each, other),
                    each.flip,
                    str(each.since or ""),
                )
            )
        say(_answer(found))
        title = f"{found.scenario}, trial {found.trial}, seed {found.seed}, {found.at}"
        write_table(
            (
                *("Decision", "Who", "On", "Choice", "Best rejected"),
                *("What would have flipped it", "What a year changed"),
            ),
            rows,
            title,
        )
    if out is not None:
        from sim import plots
        from sim.cli.drawing import draw, failed
        from sim.plots.shown import whole_figure

        with staged(out, force=None) as folder:
            folder.mkdir(exist_ok=True)
            figures = (
                (
                    f"{each.kind}.{each.actor}.{each.subject}.{number}",
                    whole_figure(plots.decision(found, number)),
                )
                for number, each in enumerate(found)
            )
            _, fault = draw(figures, folder)
        failed(fault)


def _name(found: Explanation, label: str) -> str:
    return found.labels.get(label, label)


def _option(found: Explanation, decision: Decision, k: int) -> str:
    """Return an option and its probability."""
    return f"{_name(found, decision.options[k])} ({amounts.percent(decision.probability[k])})"


def _answer(found: Explanation) -> str:
    """Return how many decisions there were, and which was closest."""
    about = f"Trial {found.trial} of {found.scenario} in {found.at}"
    weighed = [(each, other) for each in found if (other := each.rejected) is not None]
    if not weighed:
        return f"{about}: nothing was decided between several options."
    closest, other = min(
        weighed, key=lambda each: abs(each[0].probability[each[0].chosen] - each[0].probability[each[1]])
    )
    taken, left = (_option(found, closest, k) for k in (closest.chosen, other))
    who, on = _name(found, closest.actor), _name(found, closest.subject)
    many = f"{len(found)} decisions" if len(found) > 1 else "one decision"
    return f"{about}: {many}; the closest was {closest.kind} of {who} on {on}: {taken} rather than {left}."
