"""The command that says what each scenario moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options
from sim.vocabulary import amounts

if TYPE_CHECKING:
    from sim.analysis.compare.effects import Effect


@click.command()
@click.argument("names", metavar="[SCENARIO...]", nargs=-1, shell_complete=options.complete_scenario)
@options.base("Scenario to compare with.")
@options.trials
@options.seed
@click.option(
    "--top", type=options.count(1), default=3, show_default=True, metavar="N", help="Measures of each."
)
@options.keep("Variables to look at.  [default: those that a run keeps]")
@options.engine
@options.workers
@options.out("FILE", "Write the page here, as Markdown, instead of a table.")
@options.as_json
def effects(
    names: tuple[str, ...],
    scenario: str,
    trials: int,
    seed: int,
    top: int,
    keep: tuple[str, ...] | None,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show what each scenario moves most, in standard deviations of the base.

    Each scenario is compared with the base trial by trial. A measure is a variable for one label; the mean
    of its quarters from the first on in which the two differ. Measures that a scenario sets itself are left
    out. By default all shipped scenarios of the same case and horizon.

    The page docs/scenarios.md is made by: sim effects --out docs/scenarios.md
    """
    import xarray as xr

    from sim.analysis.compare.effects import answer, prescribed, ranked
    from sim.analysis.compare.effects import effects as effects_of
    from sim.analysis.compare.measure import largest_supplier
    from sim.analysis.describe import stamp
    from sim.cli.terminal import check_page, progress, say, write_json, write_page, write_table
    from sim.runs.run import run
    from sim.scenario import loading
    from sim.scenario.family import family

    if out is not None:
        check_page(out)
    base = loading.load(scenario)
    chosen = [loading.load(name) for name in names] or family(base)
    lines: list[Moves] = []
    with progress(trials * (1 + len(chosen))) as done:
        one = partial(run, trials=trials, seed=seed, keep=keep, engine=engine, workers=workers, progress=done)
        standard = one(base)
        for each in chosen:
            runs = xr.concat([standard, one(each)], "scenario", combine_attrs="override")
            found = effects_of(runs)
            its_own = prescribed(each, base)
            everything = ranked(found, each.name, its_own)
            leader = f"supplier_share.{largest_supplier(runs)}"
            lines.append(
                Moves(
                    each.name,
                    each.title,
                    answer(found, each.name, its_own),
                    " ".join(each.story.split()),
                    str(found["since"].values[0]),
                    everything[:top],
                    [its for its in ranked(found, each.name) if its.measure in (leader, "hhi")],
                    [its.measure for its in everything if its.moved == 0.0],
                    len(everything),
                )
            )
    if out is not None:
        write_page(_page(lines, base.name, trials, seed, stamp.numbers(base, *chosen)), out)
    if as_json:
        write_json([each.record() for each in lines])
    elif out is None:
        say(*(each.answer for each in lines))
        write_table(
            ("Scenario", "Measure", "Difference", "In s.d.", "Trials that differ"),
            [row for each in lines for row in each.rows()],
            right=("Difference", "In s.d.", "Trials that differ"),
        )


@dataclass(frozen=True)
class Moves:
    """What one scenario moves."""

    name: str
    title: str
    answer: str
    story: str
    since: str
    largest: list[Effect]
    headline: list[Effect]
    unmoved: list[str]
    measures: int

    @property
    def shown(self) -> list[Effect]:
        """The largest effects and, whatever they are, the headline's; each once."""
        known = {each.measure for each in self.largest}
        return [*self.largest, *(each for each in self.headline if each.measure not in known)]

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it; what is not finite is None."""
        content = asdict(self)
        for key in ("largest", "headline"):
            content[key] = [
                {name: None if isinstance(x, float) and not isfinite(x) else x for name, x in each.items()}
                for each in content[key]
            ]
        return content

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the lines of the table."""
        for k, each in enumerate(self.largest):
            yield (
                self.name if k == 0 else "",
                each.measure,
                _difference(each),
                _size(each),
                amounts.percent(each.moved),
            )

    def paragraph(self) -> str:
        """Return it as Markdown."""
        from sim.analysis.describe.odd_submodels import table

        lines = [(each.text, each.unit, _difference(each), _size(each)) for each in self.shown]
        rows = table(("measure", "unit", "difference", "in s.d."), lines)
        still = f"{len(self.unmoved)} of {self.measures} measures differ in no trial."
        parts = (f"## {self.title} (`{self.name}`)", self.story, f"From {self.since} on:", rows, still)
        return "\n\n".join(parts) + "\n"


def _difference(each: Effect) -> str:
    return amounts.with_error(each.mean, each.mean_high - each.mean, is_signed=True)


def _size(each: Effect) -> str:
    return amounts.with_interval(each.size, each.size_low, each.size_high, is_signed=True)


def _page(lines: Iterable[Moves], base: str, trials: int, seed: int, numbers: str) -> str:
    """Return the page that says what each scenario moves."""
    from sim.analysis.describe import stamp

    heading = f"""# What each scenario moves

Made by `sim effects --trials {trials} --seed {seed} --out docs/scenarios.md`; do not edit.

{stamp.line(numbers)}

Each scenario is compared with `{base}`, trial by trial with common random numbers. A measure is a mean over
the quarters from the first on in which the two differ; shown is its difference in the unit of the measure and
in standard deviations over the trials of `{base}` (s.d.), with 95 % Monte Carlo intervals. First come the
measures that move most, without those that the scenario sets itself; then the share of the largest supplier
and concentration. A difference below a tenth of a standard deviation is hard to see in a figure; where these
two move as little, the story says why.
"""
    return "\n".join([heading, *(each.paragraph() for each in lines)])
