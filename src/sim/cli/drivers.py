"""The commands that say what drives a number, where its spread comes from, and what is worth knowing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import findings, options
from sim.vocabulary import amounts

if TYPE_CHECKING:
    import xarray as xr

#: Defaults of the functions that the commands call; a test compares.
SAMPLES, MEASURE, SHOWN, TRIALS_OF_WORTH, SAMPLES_OF_WORTH = 1024, "hhi", 12, 2048, 256

METHODS = ("sobol", "morris", "pawn", "tornado", "shapley")
GROUPINGS = ("mechanism", "parameter", "element", "source")


def _groups(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, list[str]] | None:
    """Read NAME=a,b."""
    found: dict[str, list[str]] = {}
    for each in given:
        name, sign, listed = each.partition("=")
        members = [part.strip() for part in listed.split(",") if part.strip()]
        if not (sign and name.strip() and members):
            raise click.BadParameter(f"{each!r} names no group; write NAME=a,b")
        if name.strip() in found:
            raise click.BadParameter(f"{name.strip()!r} is named twice; write all of it at once")
        found[name.strip()] = members
    return found or None


argument = click.argument("scenario", default="baseline", shell_complete=options.complete_scenario)
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
top = click.option(
    "--top", type=options.count(1), default=SHOWN, show_default=True, metavar="N", help="Inputs shown."
)
figures = options.out("DIR", "A new folder for the figures and the numbers as JSON.")


@click.command()
@argument
@measure
@against
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="sobol",
    show_default=True,
    help="Sobol indices; elementary effects; distances between distributions; bars from low to high; Shapley "
    "effects.",
)
@click.option(
    "--groups",
    type=click.Choice(GROUPINGS),
    help="What counts as one input.  [default: mechanism; of morris and tornado, parameter]",
)
@click.option(
    "--group",
    "named",
    multiple=True,
    callback=_groups,
    metavar="NAME=a,b",
    help="Name an input and what is in it; several times for several. The rest is one more.",
)
@click.option("--structure", is_flag=True, help="Draw the structural variants too (sobol, shapley).")
@click.option(
    "--trials",
    type=options.count(2),
    metavar="N",
    help="Base samples; of morris trajectories, of tornado trials on each side.  "
    "[default: 1024; of morris 64, pawn 2048, tornado 64, shapley 512]",
)
@options.seed
@top
@options.engine
@options.workers
@figures
@options.dark
@options.as_json
def sensitivity(
    scenario: str,
    measure: str,
    against: str | None,
    method: str,
    groups: str | None,
    named: dict[str, list[str]] | None,
    structure: bool,
    trials: int | None,
    seed: int,
    top: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show which inputs drive a number: parameters and shocks, at the last quarter looked at.

    Sobol indices: first is the share of the variance that an input explains alone; total its share with all
    interactions.
    """
    from sim.vocabulary.errors import Contradiction

    if named is not None and groups is not None:
        raise Contradiction("", "group", "given beside --groups", "Leave one of the two out.")
    given: dict[str, Any] = {}
    if named is not None or groups is not None:
        given["groups"] = groups if named is None else named
    if structure:
        given["structure"] = True
    if trials is not None:
        given["trials"] = trials
    if method == "pawn" and "groups" in given:
        raise Contradiction("", "groups", "pawn looks at each element alone", "Leave it out.")
    if method == "shapley" and groups is not None:
        raise Contradiction("", "groups", "shapley takes few groups", "Name them, each by --group NAME=a,b.")
    if structure and method not in ("sobol", "shapley"):
        remedy = "Leave it out, or use --method sobol."
        raise Contradiction("", "structure", f"{method} does not draw the structure", remedy)
    given |= {"against": against, "seed": seed, "engine": engine, "workers": workers}
    _studies()[method](scenario, measure, given, top, out, as_json)


def _studies() -> dict[str, Callable[..., None]]:
    """Return what runs and reports each method."""
    from sim import plots
    from sim.analysis.drivers import morris, pawn, sensitivity, shapley, tornado

    known: dict[str, tuple[Any, Any, str, tuple[str, ...], Any]] = {
        "morris": (morris.morris, morris.answer, "mu_star", ("mu_star*", "sigma"), plots.morris),
        "pawn": (pawn.pawn, pawn.answer, "median", ("median*", "maximum*"), plots.pawn),
        "tornado": (tornado.tornado, tornado.answer, "", ("low", "high", "difference*"), plots.tornado),
        "shapley": (shapley.shapley, shapley.answer, "effect", ("effect*",), plots.shapley),
    }

    def sobol(scenario: str, measure: str, given: dict[str, Any], *how: Any) -> None:
        _report_shares(partial(sensitivity.sensitivity, scenario, measure, **given), *how)

    def other(
        name: str,
        scenario: str,
        measure: str,
        given: dict[str, Any],
        top: int,
        out: Path | None,
        as_json: bool,
    ) -> None:
        function, answer, by, columns, drawing = known[name]

        def rows(found: xr.Dataset) -> list[tuple[str, ...]]:
            names = sensitivity.ranked(found, by) if by else [str(each) for each in found["input"].values]
            here = found.isel(time=-1)
            return [(each, *_cells(here.sel(input=each), columns)) for each in names[:top]]

        def drawn(found: xr.Dataset) -> Iterable[findings.Drawn]:
            how = {} if name == "shapley" else {"most": top}
            yield name, partial(drawing, found, **how)

        headings = ("Input", *(each.rstrip("*") for each in columns))
        study = partial(function, scenario, measure, **given)
        report(study, answer, headings, rows, drawn, out, as_json)

    return {"sobol": sobol, **{name: partial(other, name) for name in known}}


def _cells(one: xr.Dataset, columns: Iterable[str]) -> Iterator[str]:
    """Yield numbers of an input; of those marked with a star, the interval too."""
    for each in columns:
        name = each.rstrip("*")
        yield share(one, name) if each.endswith("*") else amounts.number(float(one[name]))


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
@click.option(
    "--trials",
    type=options.count(2),
    default=SAMPLES,
    show_default=True,
    metavar="N",
    help="Base samples: N trials for each input, and some more.",
)
@options.seed
@top
@options.engine
@options.workers
@figures
@options.dark
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
    from sim.analysis.drivers.sensitivity import spread as study

    how: dict[str, Any] = {"against": against, "structure": structure, "trials": trials, "seed": seed}
    _report_shares(
        partial(study, scenario, measure, engine=engine, workers=workers, **how), top, out, as_json
    )


@click.command()
@click.argument("scenario", shell_complete=options.complete_scenario)
@click.argument("against", shell_complete=options.complete_scenario)
@measure
@click.option("--lower-is-better", is_flag=True, help="Whether less of the measure is better.")
@click.option(
    "--trials",
    type=options.count(2),
    default=TRIALS_OF_WORTH,
    show_default=True,
    metavar="N",
    help="Of both scenarios, behind the values of knowing.",
)
@click.option(
    "--samples",
    type=options.count(2),
    default=SAMPLES_OF_WORTH,
    show_default=True,
    metavar="N",
    help="Base samples behind the total indices.",
)
@options.seed
@top
@options.engine
@options.workers
@figures
@options.dark
@options.as_json
def worth(
    scenario: str,
    against: str,
    measure: str,
    lower_is_better: bool,
    trials: int,
    samples: int,
    seed: int,
    top: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show what is worth knowing before choosing between two scenarios, and what would settle it.

    Ranked by total index x how little is known x expected value of knowing it.
    """
    from sim import plots
    from sim.analysis.drivers.worth import answer
    from sim.analysis.drivers.worth import worth as study

    def rows(found: xr.Dataset) -> list[tuple[str, ...]]:
        here = found.isel(time=-1)
        return [
            (
                f"{one['input'].values}\n{str(one['settled_by'].values).partition('; assumes')[0]}",
                str(one["grade"].values),
                *_cells(one, ("value*", "total*")),
            )
            for one in (here.isel(input=row) for row in range(here.sizes["input"]))
        ]

    def drawn(found: xr.Dataset) -> Iterable[findings.Drawn]:
        yield "worth", partial(plots.worth, found)

    how: dict[str, Any] = {
        "lower_is_better": lower_is_better,
        "most": top,
        "trials": trials,
        "samples": samples,
    }
    task = partial(study, scenario, against, measure, seed=seed, engine=engine, workers=workers, **how)
    headings = ("Parameter, and what would settle it", "Grade", "Value of knowing", "Total index")
    report(task, answer, headings, rows, drawn, out, as_json)


def _report_shares(study: Callable[..., xr.Dataset], top: int, out: Path | None, as_json: bool) -> None:
    """Run a study of shares; write the answer and the table, figures and numbers."""
    from sim import plots
    from sim.analysis.drivers.sensitivity import answer, ranked

    def drawn(found: xr.Dataset) -> Iterable[findings.Drawn]:
        yield "sensitivity", partial(plots.sensitivity, found, most=top)
        if found.sizes["time"] > 1:
            yield "spread", partial(plots.spread, found)

    def rows(found: xr.Dataset) -> list[tuple[str, ...]]:
        here = found.isel(time=-1)
        return [
            (name, str(one["kind"].values), *_cells(one, ("first*", "total*")))
            for name, one in ((name, here.sel(input=name)) for name in ranked(found)[:top])
        ]

    report(study, answer, ("Input", "Kind", "First", "Total"), rows, drawn, out, as_json)


def report(
    study: Callable[..., xr.Dataset],
    answer: Callable[[xr.Dataset], str],
    headings: tuple[str, ...],
    rows: Callable[[xr.Dataset], list[tuple[str, ...]]],
    drawn: Callable[[xr.Dataset], Iterable[findings.Drawn]],
    out: Path | None,
    as_json: bool,
) -> None:
    """Run a study and write its answer in a sentence and its table, or JSON; figures go to a new folder."""
    from sim.cli.terminal import counter, say, write_table

    findings.check(out)
    with counter() as done:
        found = study(progress=done)
    said = [answer(found)]

    def show() -> None:
        say(*said)
        write_table(headings, rows(found), right=headings[2:])

    findings.write({"answers": said, **_content(found)}, drawn(found), out, as_json, show)


def share(one: xr.Dataset, name: str) -> str:
    """Return a number with its interval."""
    middle, low, high = (float(one[each]) for each in (name, f"{name}_low", f"{name}_high"))
    return amounts.with_interval(middle, low, high) if isfinite(middle) else "none"


def _content(found: xr.Dataset) -> dict[str, Any]:
    """Return a dataset as plain data; what is not finite is None."""
    from sim.runs.dataset import manifest

    about = {key: value for key, value in found.attrs.items() if key != "manifest"}
    labels = {str(name): findings.plain(found[name].values) for name in found.coords if name != "time"}
    numbers = {
        str(name): {"dims": list(map(str, each.dims)), "values": findings.plain(each.values)}
        for name, each in found.data_vars.items()
    }
    return {**about, "labels": labels, "numbers": numbers, "manifest": manifest(found)}
