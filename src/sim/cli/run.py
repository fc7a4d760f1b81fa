"""Commands that run scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from sim.cli import options
from sim.cli.results import DATA, with_trials
from sim.cli.resume import finish, is_data
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from sim.analysis.compare.summary import Row
    from sim.runs.experiment import Experiment, Kept
    from sim.scenario.scenario import Scenario

#: What a comparison writes into its folder.
TABLE, PAGE, DIFFERENCES, FIGURES = "table.csv", "table.md", "differences.csv", "figures"


@click.command()
@options.scenarios
@options.trials
@options.seed
@options.reference
@options.keep("Variables to record.  [default: the main ones]")
@options.quarters
@options.end
@options.out("PATH", "Where to write the data set (a .zarr folder); without it, only the table is shown.")
@click.option("--summary", is_flag=True, help="Keep quantiles and moments of each number instead of trials.")
@click.option(
    "--until",
    metavar="GOAL",
    help='Add trials until a 95 % interval is this narrow: "supplier_share[NAME]@2035 p50 +-0.002"; '
    "--trials is then the most, by default a million.",
)
@options.sampling
@options.replicates
@options.antithetic
@options.engine
@options.workers
@options.years
@options.force
@options.as_json
def run(
    names: tuple[str, ...],
    trials: int,
    seed: int,
    reference: str | None,
    keep: tuple[str, ...] | None,
    quarters: str | None,
    end: str | None,
    out: Path | None,
    summary: bool,
    until: str | None,
    sampling: str,
    replicates: int,
    antithetic: bool,
    engine: str,
    workers: int | None,
    years: tuple[int, ...] | None,
    force: bool,
    as_json: bool,
) -> None:
    """Run scenarios and show where they end; with --out, write the data set as blocks finish.

    A run that was stopped goes on with sim resume PATH.
    """
    from contextlib import nullcontext

    from sim.cli.resume import writing_to
    from sim.design.sampling import Sampling
    from sim.runs.experiment import Experiment, Kept

    chosen = _loaded(names, end)
    _reference(chosen, reference)
    _check_years(chosen[0], years, quarters)
    target = _with_suffix(out) if out is not None else None
    is_default = click.get_current_context().get_parameter_source("trials") is ParameterSource.DEFAULT
    drawn = Sampling(sampling, replicates, antithetic)
    experiment = Experiment(chosen, None if is_default else trials, seed, sampling=drawn, until=until)
    kept = Kept("all" if keep == ("all",) else keep, quarters, summary)
    with writing_to(target, force=force) if target else nullcontext():
        runs = _simulate(experiment, kept, engine, workers, target, is_replacing=force)
    rows = [] if summary else _summary(runs, chosen, years, reference, keep or ())
    report(runs, rows, [target] if target else [], as_json)
    finish(runs)


@click.command()
@options.scenarios
@options.trials
@options.seed
@options.reference
@options.keep(
    "Variables to record besides those that the table and the figures need.  [default: most of the main ones]"
)
@options.end
@options.out("DIR", "Folder for data set, tables and figures; without it, only the table is shown.")
@options.figures
@options.sampling
@options.replicates
@options.antithetic
@options.engine
@options.workers
@options.years
@options.force
@options.dark
@options.as_json
def compare(
    names: tuple[str, ...],
    trials: int,
    seed: int,
    reference: str | None,
    keep: tuple[str, ...] | None,
    end: str | None,
    out: Path | None,
    figures: str,
    sampling: str,
    replicates: int,
    antithetic: bool,
    engine: str,
    workers: int | None,
    years: tuple[int, ...] | None,
    force: bool,
    as_json: bool,
) -> None:
    """Run scenarios and compare them trial by trial.

    All scenarios have the same random draws (common random numbers), so that trial k differs only by what
    they assume. In place of scenarios one finished run can be named, which is compared and not run again.

    Writes into DIR: runs.zarr (the data set), table.csv and table.md (levels and paired differences in some
    years), differences.csv (paired differences at every year's end) and figures/ (PNG and SVG).

    An existing DIR is refused. With --force it is replaced if it holds nothing but an earlier comparison.
    """
    from sim.design.sampling import Sampling
    from sim.files.staging import staged
    from sim.runs.experiment import Experiment, Kept
    from sim.vocabulary.errors import InputError

    stored = _stored(names)
    chosen = _loaded(names, end) if stored is None else stored[1]
    if len(chosen) < 2:
        raise InputError(
            "", "scenarios", "nothing to compare", "Name at least two scenarios, or use sim run."
        )
    reference = _reference(chosen, reference)

    def runs_of() -> xr.Dataset:
        if stored is not None:
            return stored[0]
        _check_years(chosen[0], years)
        drawn = Sampling(sampling, replicates, antithetic)
        experiment = Experiment(chosen, trials, seed, sampling=drawn)
        return _simulate(experiment, Kept(_kept(chosen, keep)), engine, workers)

    if out is None:
        runs = runs_of()
        report(runs, _summary(runs, chosen, years, reference), [], as_json)
        finish(runs)
        return
    with staged(out, force=force, is_ours=_is_comparison) as place:
        runs = runs_of()
        rows = _summary(runs, chosen, years, reference)
        files, fault = _write(place, runs, rows, chosen, reference, figures)
    report(runs, rows, [out / file.relative_to(place) for file in files], as_json)
    finish(runs, fault)


#: Options of `compare` that say how something is run.
_OF_RUNNING = ("trials", "seed", "keep", "end", "sampling", "replicates", "antithetic", "engine", "workers")


def _stored(names: tuple[str, ...]) -> tuple[xr.Dataset, list[Scenario]] | None:
    """Return the run that is named in place of scenarios, if one is, and its scenarios."""
    from sim.runs.dataset import scenarios_of
    from sim.vocabulary import arguments
    from sim.vocabulary.errors import InputError

    if len(names) != 1 or not (path := arguments.path(names[0], "scenario")).is_dir():
        return None
    source = click.get_current_context().get_parameter_source
    for option in _OF_RUNNING:
        if source(option) is not ParameterSource.DEFAULT:
            problem = f"{path} is a finished run, which has its own"
            raise InputError("", f"--{option}", problem, "Leave it out, or name scenarios.")
    runs = with_trials(path)
    return runs, list(scenarios_of(runs).values())


def _loaded(names: Sequence[str], end: str | None) -> list[Scenario]:
    """Return scenarios, until an earlier or a later end if there is one."""
    from sim.scenario import loading

    loaded = [loading.load(name) for name in names]
    return loaded if end is None else [each.with_horizon(end, each.name, title=each.title) for each in loaded]


def _reference(chosen: Sequence[Scenario], reference: str | None) -> str:
    """Return the name of the scenario to compare with, refused before a long run where there is none."""
    from sim.vocabulary.errors import UnknownName, nearest

    known = [each.name for each in chosen]
    if reference is not None and reference not in known:
        raise UnknownName(
            "", "--reference", "not among the scenarios: {value}", nearest(reference, known), reference
        )
    return reference or known[0]


def _simulate(
    experiment: Experiment,
    kept: Kept,
    engine: str,
    workers: int | None,
    out: Path | None = None,
    *,
    is_replacing: bool = False,
) -> xr.Dataset:
    """Run with a bar that shows how far it is, and before it what it will take."""
    from sim.cli.terminal import progress, write_needs
    from sim.runs import run as running
    from sim.runs.experiment import Execution

    execution = Execution(workers=workers, announce=write_needs, engine=engine)
    batch = running.prepare(experiment, kept, execution)
    with progress(batch.spec.most * len(batch.scenarios), batch.spec.block) as advance:
        batch = replace(batch, execution=replace(execution, progress=advance))
        return running.start(batch, out, is_replacing=is_replacing)


def _kept(chosen: Sequence[Scenario], keep: tuple[str, ...] | None) -> tuple[str, ...] | str:
    """Return what a comparison records.

    By default that is all but the stocks by supplier and category, which fill the memory.
    """
    from sim.runs.dataset import DEFAULT_KEEP
    from sim.vocabulary.variables import GLOSSARY

    if keep == ("all",):
        return "all"
    needed = ("supplier_share", "hhi", "effective_suppliers", "capability", "grants", "order_book")
    looked_at = [name for each in chosen for name in each.look_at if GLOSSARY[name].recorded != "never"]
    light = tuple(name for name in DEFAULT_KEEP if not {"supplier", "category"} <= set(GLOSSARY[name].dims))
    return tuple(dict.fromkeys((*needed, *looked_at, *(light if keep is None else keep))))


def _check_years(scenario: Scenario, years: tuple[int, ...] | None, quarters: str | None = None) -> None:
    """Refuse years of which nothing is kept before a long run, not after it."""
    from sim.analysis.compare.summary import check_years
    from sim.runs.quarters import steps

    kept = steps(quarters, scenario.start, scenario.n_steps)
    if years is not None:
        check_years(years, [str(scenario.start + step) for step in kept])


def _summary(
    runs: xr.Dataset,
    chosen: Sequence[Scenario],
    years: tuple[int, ...] | None,
    reference: str | None,
    keep: Sequence[str] = (),
) -> list[Row]:
    """Return the rows of the table; none where no trial is left, or no last quarter of a year is kept."""
    from sim.analysis.compare.measure import standard_measures
    from sim.analysis.compare.summary import summarise, year_ends
    from sim.runs.dataset import completeness

    if not completeness(runs).any() or not year_ends([str(each) for each in runs["quarter"].values]):
        return []
    look_at = dict.fromkeys([*(name for each in chosen for name in each.look_at), *keep])
    return summarise(runs, standard_measures(runs, look_at), years, reference)


def _write(
    place: Path,
    runs: xr.Dataset,
    rows: Sequence[Row],
    chosen: Sequence[Scenario],
    reference: str,
    figures: str,
) -> tuple[list[Path], str]:
    """Write everything of a comparison into a new folder.

    Return the files in the order to be named, and what went wrong in drawing.
    """
    from sim.analysis.compare import history, summary
    from sim.analysis.compare import tables as summary_tables
    from sim.analysis.compare.measure import standard_measures
    from sim.cli.drawing import draw
    from sim.runs import saved

    place.mkdir()
    files = [saved.save(runs, place / DATA)]
    if not rows:  # every trial failed: there are the data, and what they say of it
        return files, ""
    files.append(summary_tables.write_csv(summary_tables.records(rows), place / TABLE))
    (place / PAGE).write_text(summary_tables.markdown(rows), encoding="utf-8")
    look_at = dict.fromkeys(name for each in chosen for name in each.look_at)
    gaps = summary.differences(runs, standard_measures(runs, look_at), reference)
    files += [
        place / PAGE,
        summary_tables.write_csv(summary_tables.difference_records(gaps), place / DIFFERENCES),
    ]
    if figures == "none":
        return files, ""
    (place / FIGURES).mkdir()

    def gallery() -> Iterator[tuple[str, Figure]]:
        from sim import plots  # within: where it cannot be had, the data are there

        past = history.dataset(chosen[0].case, chosen[0].start)
        yield from plots.gallery(runs, past, reference, figures)

    drawn, fault = draw(gallery(), place / FIGURES)
    return files + drawn, fault


def report(
    runs: xr.Dataset,
    rows: Sequence[Row],
    files: Sequence[Path],
    as_json: bool,
    about: Sequence[tuple[str, str]] = (),
) -> None:
    """Say the answers, show what was run and the table, and name the files."""
    from sim.analysis.compare import tables as summary_tables
    from sim.analysis.compare.sentences import answers
    from sim.cli.terminal import fits, say, write_fields, write_json, write_table
    from sim.runs import dataset as results

    said = answers(rows) if rows else []
    if as_json:
        table: list[dict[str, Any]] = summary_tables.records(rows)
        made, named = results.manifest(runs), [str(file) for file in files]
        write_json({"manifest": made, "answers": said, "table": table, "files": named})
        return
    say(*said, after=True)
    if about:
        write_fields(about)
    is_paired = any(row.difference for row in rows)
    columns = summary_tables.COLUMNS if is_paired else summary_tables.COLUMNS[: summary_tables.LEVELS]
    right = [name for name in columns if name != "Scenario"]
    for heading, lines in summary_tables.grids(rows):
        shown = [line[: len(columns)] for line in lines]
        if is_paired and not fits([columns, *shown]):
            narrow = summary_tables.NARROW
            write_table(narrow, map(summary_tables.narrowed, shown), heading, [narrow[0], *narrow[2:]])
        else:
            write_table(columns, shown, heading, right)
    say(summary_tables.about(rows))
    if files:
        click.echo("\nWritten:")
    for file in files:
        click.echo(printable(f"  {file}"))


def _with_suffix(out: Path) -> Path:
    from sim.files.records import from_here
    from sim.files.staging import target_of
    from sim.vocabulary.errors import InputError

    target = target_of(out)
    if target.suffix not in ("", ".zarr"):
        raise InputError(
            str(out), "", "a data set is a .zarr folder", f"Write --out {out.with_suffix('.zarr')}."
        )
    return from_here(target.with_suffix(".zarr"))


def _is_comparison(path: Path) -> bool:
    """Whether a folder holds an earlier comparison and nothing else."""
    ours = {DATA, TABLE, PAGE, DIFFERENCES, FIGURES}
    if not path.is_dir() or not is_data(path / DATA) or {each.name for each in path.iterdir()} - ours:
        return False
    figures = path / FIGURES
    return not figures.exists() or all(each.suffix in (".png", ".svg") for each in figures.iterdir())
