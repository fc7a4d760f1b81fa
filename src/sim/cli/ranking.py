"""The command that says who is first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli import options
from sim.cli.results import with_trials
from sim.cli.stored import store
from sim.vocabulary import amounts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What is known of each rank.
_KNOWN = ("rank", "rank_low", "rank_high", "rank_q05", "rank_q95", "p_first", "p_first_low", "p_first_high")


@click.command()
@store
@click.option(
    "--by",
    default="supplier_share",
    show_default=True,
    metavar="TEXT",
    shell_complete=options.complete_variable,
    help="By which variable; where none of its axes is left, scenarios are ranked.",
)
@click.option("--scenario", metavar="NAME", help="Where suppliers are ranked.  [default: in the first]")
@options.years
@click.option("--smallest-first", is_flag=True, help="The smallest has rank 1, not the largest.")
@options.out("DIR", "A new folder for the figure and answer.json.")
@options.dark
@options.as_json
def ranking(
    path: Path,
    by: str,
    scenario: str | None,
    years: tuple[int, ...] | None,
    smallest_first: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Rank the suppliers of a stored run, or its scenarios, over the years.

    Each trial has its own ranks; shown are their mean, where most of them lie, and how often each is first.
    With --by hhi, or --by 'supplier_share[x]', the scenarios are ranked; with --by 'relation[x, *]', what the
    star stands for.
    """
    from sim import plots
    from sim.analysis.compare import ranking as analysis
    from sim.analysis.compare.measure import display_name
    from sim.analysis.compare.summary import default_years
    from sim.cli import findings
    from sim.cli.terminal import say, write_table

    findings.check(out)
    asked = analysis.asked(by)
    runs = with_trials(path)
    found = analysis.ranking(runs, *asked[:2], total=asked[2], years=years, smallest_first=smallest_first)
    said = analysis.answer(found, scenario)
    axis = str(found.attrs["axis"])
    chosen = found if axis == "scenario" else found.sel(scenario=scenario or str(found["scenario"].values[0]))
    record = {
        "answers": [said],
        "by": by,
        "left_out": found.attrs["left_out"],
        "ranks": findings.records(chosen.drop_vars("scenario_title", errors="ignore"), _KNOWN),
    }
    years_of = [int(each) for each in chosen["year"].values]
    listed = (
        [each for each in default_years(years_of[0], years_of[-1]) if each in years_of]
        if years is None
        else years_of
    )

    def show() -> None:
        say(said)
        rows = []
        for year in listed:
            at = chosen.sel(year=year).sortby("rank")
            for k, name in enumerate(map(str, at[axis].values)):
                each = {known: float(at[known].values[k]) for known in _KNOWN}
                chance, low, high = (100 * each[known] for known in _KNOWN[-3:])
                rows.append(
                    (
                        str(year) if k == 0 else "",
                        display_name(found, axis, name),
                        amounts.with_interval(each["rank"], each["rank_low"], each["rank_high"]),
                        f"{each['rank_q05']:g} to {each['rank_q95']:g}",
                        f"{chance:.0f} ({low:.0f} to {high:.0f})",
                    )
                )
        headings = ("Year", axis.capitalize(), "Mean rank (95 %)", "90 of 100", "First, in 100 (95 %)")
        write_table(headings, rows, right=headings[2:])

    def draw() -> Axes:
        return plots.ranking(
            runs,
            *asked[:2],
            total=asked[2],
            scenario=scenario,
            years=years,
            smallest_first=smallest_first,
            title=said,
        )

    findings.write(record, [("ranking", draw)], out, as_json, show)
