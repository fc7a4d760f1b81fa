"""The commands that say what drives a number, and where its spread comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

#: Defaults of the functions that the commands call; a test compares.
SAMPLES, MEASURE, SHOWN = 1024, "hhi", 12

argument = click.argument("scenario", default="baseline")
measure = click.option(
    "--measure",
    default=MEASURE,
    show_default=True,
    metavar="NAME[LABEL]@YEAR",
    help="What is looked at; total sums over an axis; without @ every quarter.",
)
against = click.option(
    "--against", metavar="SCENARIO", help="Look at the paired difference to this scenario."
)
base_samples = click.option(
    "--trials",
    type=options.count(2),
    default=SAMPLES,
    show_default=True,
    metavar="N",
    help="Base samples: N trials for each input, and some more.",
)
top = click.option(
    "--top", type=options.count(1), default=SHOWN, show_default=True, metavar="N", help="Inputs shown."
)
figures = options.out("DIR", "A new folder for the figures and the numbers as JSON.")


@click.command()
@argument
@measure
@against
@click.option(
    "--groups",
    type=click.Choice(["mechanism", "parameter", "element", "source"]),
    default="mechanism",
    show_default=True,
    help="What counts as one input.",
)
@click.option("--structure", is_flag=True, help="Draw the structural variants too.")
@base_samples
@options.seed
@top
@options.engine
@options.workers
@figures
@options.as_json
def sensitivity(
    scenario: str,
    measure: str,
    against: str | None,
    groups: str,
    structure: bool,
    trials: int,
    seed: int,
    top: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show which inputs drive a number: Sobol indices of parameters and shocks, at the last quarter.

    first is the share of the variance that an input explains alone; total is its share with all interactions.
    """
    from sim.analysis.explore import sensitivity as drivers

    def study(done: Callable[[int], None]) -> xr.Dataset:
        return drivers.sensitivity(
            scenario,
            measure,
            against=against,
            groups=groups,
            structure=structure,
            trials=trials,
            seed=seed,
            workers=workers,
            engine=engine,
            progress=done,
        )

    count = drivers.n_trials(scenario, against, groups, structure, trials)
    _report_shares(study, count, top, out, as_json)


@click.command()
@argument
@measure
@against
@click.option(
    "--structure/--no-structure",
    default=True,
    show_default=True,
    help="Draw the structural variants too, or keep the scenario's.",
)
@base_samples
@options.seed
@top
@options.engine
@options.workers
@figures
@options.as_json
def spread(
    scenario: str,
    measure: str,
    against: str | None,
    structure: bool,
    trials: int,
    seed: int,
    top: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show where the spread of a number comes from: parameters, each mechanism's shocks, structure."""
    from sim.analysis.explore import sensitivity as drivers

    def study(done: Callable[[int], None]) -> xr.Dataset:
        return drivers.spread(
            scenario,
            measure,
            against=against,
            structure=structure,
            trials=trials,
            seed=seed,
            workers=workers,
            engine=engine,
            progress=done,
        )

    count = drivers.n_trials(scenario, against, "source", structure, trials)
    _report_shares(study, count, top, out, as_json)


def _report_shares(
    study: Callable[[Callable[[int], None]], xr.Dataset],
    count: int,
    top: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run a study of shares, write the answer and the table; figures and numbers go to a folder."""
    from sim import plots
    from sim.analysis.explore.sensitivity import answer, ranked

    def drawn(found: xr.Dataset) -> Iterable[tuple[str, Figure]]:
        yield "sensitivity", plots.sensitivity(found, most=top).figure  # type: ignore[misc]
        if found.sizes["time"] > 1:
            yield "spread", plots.spread(found).figure  # type: ignore[misc]

    def rows(found: xr.Dataset) -> list[tuple[str, ...]]:
        here = found.isel(time=-1)
        return [
            (
                name,
                str(here["kind"].sel(input=name).values),
                *(share(here.sel(input=name), each) for each in ("first", "total")),
            )
            for name in ranked(found)[:top]
        ]

    headings = ("Input", "Kind", "First", "Total")
    report(study, count, answer, headings, rows, drawn, out, as_json)


def report(
    study: Callable[[Callable[[int], None]], xr.Dataset],
    count: int,
    answer: Callable[[xr.Dataset], str],
    headings: tuple[str, ...],
    rows: Callable[[xr.Dataset], list[tuple[str, ...]]],
    drawn: Callable[[xr.Dataset], Iterable[tuple[str, Figure]]],
    out: Path | None,
    as_json: bool,
) -> None:
    """Run a study and write its answer in a sentence and its table, or JSON; figures go to a new folder."""
    from sim.cli.drawing import draw, failed
    from sim.cli.terminal import progress, save_json, write_json, write_table
    from sim.files.staging import staged

    fault = ""
    files: list[Path] = []
    with nullcontext() if out is None else staged(out, force=None) as place:
        with progress(count) as done:
            found = study(done)
        content = {"answer": answer(found), **_content(found)}
        if place is not None:
            place.mkdir()
            save_json(place / "numbers.json", content)
            files, fault = draw(drawn(found), place)
    if as_json:
        write_json(content)
    else:
        click.echo(content["answer"])
        write_table(headings, rows(found), right=headings[2:])
        for file in files:
            click.echo(str(Path(str(out)) / file.name))
    failed(fault)


def share(one: xr.Dataset, name: str) -> str:
    """Return a number with its interval."""
    middle, low, high = (float(one[each]) for each in (name, f"{name}_low", f"{name}_high"))
    return f"{middle:.3f} ({low:.3f} to {high:.3f})" if isfinite(middle) else "none"


def _content(found: xr.Dataset) -> dict[str, Any]:
    """Return a dataset as plain data; what is not finite is None."""
    from sim.runs.dataset import manifest

    about = {key: value for key, value in found.attrs.items() if key != "manifest"}
    labels = {str(name): _plain(found[name].values.tolist()) for name in found.coords if name != "time"}
    numbers = {
        str(name): {"dims": list(map(str, each.dims)), "values": _plain(each.values.tolist())}
        for name, each in found.data_vars.items()
    }
    return {**about, "labels": labels, "numbers": numbers, "manifest": manifest(found)}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value
