"""The command that says which conclusions depend on the structure of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sim.cli import options
from sim.vocabulary import amounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.analysis.drivers.structure import Conclusion

_KINDS = ("kept", "lost", "new", "flipped", "none")


@click.command()
@click.argument("names", metavar="[SCENARIO]...", nargs=-1)
@options.trials
@options.seed
@options.engine
@options.workers
@options.as_json
def structure(
    names: tuple[str, ...], trials: int, seed: int, engine: str, workers: int | None, as_json: bool
) -> None:
    """Show which conclusions depend on the structure of the model.

    Runs every scenario (the baseline and all shipped ones of its case and horizon, if none is named) under
    every structural variant, and compares the sign of its mean paired difference to the first. The
    conclusions that change are named. Policies over futures: sim robustness.
    """
    from collections import Counter
    from dataclasses import asdict

    from sim.analysis.drivers.structure import answers, report, structural_variants
    from sim.cli.terminal import progress, say, write_json, write_table
    from sim.scenario import loading
    from sim.scenario.family import family

    base = loading.load("baseline")
    loaded = [loading.load(name) for name in names] or [base, *family(base)]
    with progress(len(structural_variants()) * len(loaded) * trials) as advance:
        found = report(loaded, trials, seed, advance, workers, engine)
    if as_json:
        write_json([asdict(each) for each in found])
        return
    say(*answers(found, trials))
    write_table(("Conclusion", "Under the default (95 %)", "Changes under"), _changing(found))
    rows = []
    for variant in dict.fromkeys(each.variant for each in found):
        count = Counter(each.verdict for each in found if each.variant == variant)
        rows.append((variant, *(str(count[kind]) for kind in _KINDS)))
    write_table(("Variant", *(kind.capitalize() for kind in _KINDS)), rows, right=("Kept", "Lost", "New"))


def _changing(found: Sequence[Conclusion]) -> list[tuple[str, str, str]]:
    """Return a line for each conclusion that is another under some structure."""
    rows = []
    for key in dict.fromkeys((each.scenario, each.measure) for each in found):
        here = [each for each in found if (each.scenario, each.measure) == key]
        said = [
            f"{kind}: {', '.join(each.variant for each in here if each.verdict == kind)}"
            for kind in ("flipped", "lost", "new")
            if any(each.verdict == kind for each in here)
        ]
        if said:
            mean, low, high = here[0].default
            interval = amounts.with_interval(mean, low, high, is_signed=True)
            rows.append((f"{key[0]}: {key[1]}", interval, "\n".join(said)))
    return rows
