"""Commands that read a stored run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options
from sim.cli.results import opened, with_trials
from sim.cli.resume import finish
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    import xarray as xr

#: Rows of a table for the terminal.
_SHOWN = 40

store = click.argument("path", metavar="STORE", type=options.PATH)
variables = options.variables("Which variables.  [default: what the scenarios look at]")


@click.command()
@store
@options.reference
@variables
@options.years
@options.as_json
def show(
    path: Path,
    reference: str | None,
    variables: tuple[str, ...] | None,
    years: tuple[int, ...] | None,
    as_json: bool,
) -> None:
    """Show a stored run: what was run, where it ends and, with several scenarios, how they differ.

    STORE is a .zarr folder, or a folder that sim compare has written. Of a summary, quantiles are shown.
    """
    from sim.analysis.compare.measure import asked_measures, standard_measures
    from sim.analysis.compare.summary import summarise
    from sim.cli.run import report as report_table
    from sim.cli.terminal import write_fields, write_json
    from sim.runs.dataset import manifest

    runs = opened(path)
    made = manifest(runs)
    if "trial" not in runs.dims:
        if as_json:
            write_json({"manifest": made})
        else:
            write_fields([*_about(runs, made), ("statistics", ", ".join(map(str, runs["statistic"].values)))])
        return
    measures = asked_measures(runs, variables) if variables else standard_measures(runs, _look_at(runs))
    rows = summarise(runs, measures, years, reference)
    report_table(runs, rows, [], as_json, _about(runs, made))
    finish(runs)


@click.command()
@store
@variables
@options.years
@options.out("FILE", "Write every row here: .csv, or .parquet where pyarrow is installed.")
@options.as_json
def table(
    path: Path,
    variables: tuple[str, ...] | None,
    years: tuple[int, ...] | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write trials as a long table: scenario, quarter, trial, label, value.

    Without --years the last quarter; without --out the first rows.
    """
    from sim.analysis.compare.long_table import long_table
    from sim.cli.findings import plain
    from sim.cli.terminal import write_json, write_table
    from sim.files.staging import staged
    from sim.runs.dataset import manifest
    from sim.vocabulary.errors import InputError

    runs = with_trials(path)
    manifest(runs)
    frame = long_table(runs, variables or _look_at(runs), years)
    if out is None and as_json:
        first = frame.head(_SHOWN).to_dict("records")
        write_json({"rows": len(frame), "table": [{k: plain(v) for k, v in row.items()} for row in first]})
        return
    if out is None:
        rows = [tuple(map(str, row)) for row in frame.head(_SHOWN).itertuples(index=False)]
        write_table(tuple(frame.columns), rows, f"{len(frame):,} rows", right=("trial", "value"))
        return
    if out.suffix not in (".csv", ".parquet"):
        raise InputError(str(out), "", "a table is a .csv or a .parquet file", "Name it so.")
    with staged(out, force=None) as place:
        if out.suffix == ".csv":
            frame.to_csv(place, index=False)
        else:
            try:
                frame.to_parquet(place, index=False)
            except ImportError:
                remedy = "pip install pyarrow, or write a .csv."
                raise InputError(str(out), "", "needs pyarrow, which is not installed", remedy) from None
    if as_json:
        write_json({"rows": len(frame)}, [out])
    else:
        click.echo(printable(f"{out}: {len(frame):,} rows"))


@click.command()
@store
@options.reference
@click.option("--out", type=options.PATH, required=True, metavar="DIR", help="A new folder for the figures.")
@click.option(
    "--figures",
    type=click.Choice(["main", "all"]),
    default="all",
    show_default=True,
    help="The first measure, its differences and the composition, or all.",
)
@options.variables("Only the levels and the differences of these.  [default: what --figures says]")
@options.dark
@options.as_json
def plot(
    path: Path,
    reference: str | None,
    out: Path,
    figures: str,
    variables: tuple[str, ...] | None,
    as_json: bool,
) -> None:
    """Draw the figures of a stored run, with the record before it where the case is there as it was."""
    from sim import plots
    from sim.analysis.compare import history
    from sim.analysis.compare.paired import chosen, split
    from sim.cli.drawing import draw, failed
    from sim.cli.terminal import name_files
    from sim.files.records import shown
    from sim.files.staging import staged
    from sim.runs.dataset import scenarios_of
    from sim.vocabulary.errors import InputError

    runs = with_trials(path)
    if reference is not None:
        split(runs, reference)  # refused before anything is drawn
    if variables is not None:
        chosen(runs, variables)
    try:
        first = next(iter(scenarios_of(runs).values()))
        past = history.dataset(first.case, first.start)
    except InputError as error:
        past = None
        click.echo(printable(f"Without the record: {error}"), err=True)
    with staged(out, force=None) as place:
        place.mkdir()
        drawn, fault = draw(plots.gallery(runs, past, reference, figures, variables), place)
        if not drawn and not fault:
            problem, names = "holds nothing that is drawn unasked", ",".join(map(str, runs.data_vars))
            raise InputError(shown(path), "", problem, f"Name what to draw: --variables {names}.")
    name_files([out / file.name for file in drawn], as_json)
    failed(fault)


@click.command()
@store
@click.option("--question", metavar="TEXT", help="Title of the page.  [default: what the scenarios ask]")
@options.reference
@options.years
@click.option(
    "--robustness",
    type=options.count(2),
    metavar="N",
    help="Also run the case's policies in these futures, N trials each: which holds up.  [default: not run]",
)
@click.option(
    "--out",
    type=options.PATH,
    default="report.html",
    show_default=True,
    metavar="FILE",
    help="The page; the data go beside it as a .zip.",
)
@options.workers
@options.force
@options.as_json
def report(
    path: Path,
    question: str | None,
    reference: str | None,
    years: tuple[int, ...] | None,
    robustness: int | None,
    out: Path,
    workers: int | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a stored run as one page that can be passed on, with its data beside it.

    The page holds answers, futures, figures, tables, assumptions, evidence, limits and how to repeat it. It
    needs no network, prints well, and the same run gives the same bytes.
    """
    from sim.cli.terminal import name_files
    from sim.report.page import write_report
    from sim.runs.trials import Execution

    runs = with_trials(path)
    written = write_report(
        runs,
        out,
        question=question,
        reference=reference,
        years=years,
        robustness=robustness,
        execution=Execution(workers=workers),
        force=force,
    )
    name_files(written, as_json)


def _look_at(runs: xr.Dataset) -> tuple[str, ...]:
    """Return what the scenarios ask to be looked at, or all there is if they ask for none."""
    from sim.runs.dataset import looked_at

    return looked_at(runs) or tuple(str(each) for each in runs.data_vars)


def _about(runs: xr.Dataset, made: dict[str, Any]) -> list[tuple[str, str]]:
    quarters = [str(each) for each in runs["quarter"].values]
    return [
        ("scenarios", ", ".join(f"{name} ({each['title']})" for name, each in made["scenarios"].items())),
        ("trials", f"{made['trials']:,}, seed {made['seed']}"),
        ("quarters", f"{len(quarters)}, {quarters[0]} to {quarters[-1]}"),
        ("variables", ", ".join(map(str, runs.data_vars))),
        ("made by", f"{made['software']} {made['version']}"),
    ]
