"""Commands that score the model against the record, and make cases from registers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options, panel
from sim.cli.drawing import draw, failed
from sim.vocabulary import amounts
from sim.vocabulary.arguments import TRIALS_OF_CELL, TRIALS_OF_ORIGIN
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.analysis.validate.backtest.card import PairedTest

#: What a back-test writes into its folder.
CARD, SCORES, FORECASTS, FIGURES = "card.json", "scores.csv", "forecasts", "figures"

_deals = click.option(
    "--deals",
    type=options.PATH,
    metavar="FILE",
    help="Register of any importer: a table of deals, or an export of SIPRI's trade register.",
)
_recipient = click.option("--recipient", metavar="NAME", help="Whose deals, if the file has several.")


@click.command()
@_deals
@_recipient
@click.option(
    "--origin",
    "origins",
    type=options.YEAR,
    multiple=True,
    metavar="YEAR",
    help="First year of the window; can be repeated.  [default: 2005, 2010, 2015, 2018]",
)
@click.option(
    "--panel",
    "files",
    type=options.PATH,
    multiple=True,
    metavar="FILE",
    help="Register of many importers, each forecast from its own deals; can be repeated.",
)
@click.option("--with-shipped", is_flag=True, help="Add the shipped case's importer to the panel.")
@click.option(
    "--origins",
    "span",
    callback=panel.origins,
    metavar="FIRST:LAST:STEP",
    help="First years of windows, such as 1995:2018:1.",
)
@click.option(
    "--years",
    "length",
    type=options.Whole(1, 20),
    default=5,
    show_default=True,
    metavar="N",
    help="Length of the window; in a panel more than five are windows of five.",
)
@click.option(
    "--trials",
    type=options.count(10),
    metavar="N",
    help=f"Trials per origin.  [default: {TRIALS_OF_ORIGIN}; {TRIALS_OF_CELL} in a panel]",
)
@options.seed
@options.engine
@options.workers
@options.out("DIR", "Folder for the card, all scores, the registered forecasts and figures.")
@options.force
@options.dark
@options.as_json
def backtest(
    deals: Path | None,
    recipient: str | None,
    origins: tuple[int, ...],
    files: tuple[Path, ...],
    with_shipped: bool,
    span: tuple[int, ...],
    length: int,
    trials: int | None,
    seed: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Forecast from the past, then score against what happened.

    Nothing later than the origin is used. The forecast is registered, with a digest, before the record of the
    window is read. Without --deals the shipped case is tested; with it, any importer; with --panel, many, by
    target, so that sim compare-panels can say which of two versions of the model is better on what.
    """
    from contextlib import nullcontext

    from sim.analysis.validate.backtest import card
    from sim.cli.terminal import progress, write_json
    from sim.files.staging import staged
    from sim.importers import cases, registers
    from sim.runs.dataset import command
    from sim.runs.trials import Execution
    from sim.vocabulary.errors import InputError

    years = tuple(sorted({*origins, *span})) or card.ORIGINS
    if files or with_shipped:
        if deals is not None or recipient is not None:
            raise InputError("", "--panel", "has registers of its own", "Leave out --deals and --recipient.")
        many = TRIALS_OF_CELL if trials is None else trials
        panel.run(files, years, length, many, seed, engine, workers, with_shipped, out, force, as_json)
        return
    trials = TRIALS_OF_ORIGIN if trials is None else trials
    if deals is None and recipient is not None:
        raise InputError("", "--recipient", "there is no register to take it from", "Add --deals FILE.")
    whole = registers.read(deals, recipient) if deals is not None else None
    with nullcontext() if out is None else staged(out, force=force, is_ours=_is_backtest) as place:
        with progress(trials * len(years)) as advance:
            execution = Execution(None, workers, advance, engine=engine)
            given: tuple[Any, ...] = (years, trials, seed, length, command(), execution)
            tests = card.of_case(*given) if whole is None else card.of_register(whole, *given)
        summary = card.summary(tests, seed)
        if whole is not None:
            _say(cases.notes(whole, years[-1]))
        made: list[Path] = []
        fault = ""
        if out is not None and place is not None:
            written, fault = _write(place, tests, summary, trials, seed)
            made = [out / file.relative_to(place) for file in written]
    if as_json:
        write_json(summary, made)
    else:
        _show(tests, summary)
        for file in made:
            click.echo(printable(str(file)))
    failed(fault)


def _spans(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> list[tuple[int, int]]:
    """Read windows such as 2020-2024."""
    spans = []
    for value in values:
        ends = value.split("-")
        if len(ends) != 2 or not all(ends):
            raise click.BadParameter(f"{value!r} is no window; write 2020-2024")
        first, last = (options.YEAR(part, parameter, context) for part in ends)
        if first > last:
            raise click.BadParameter(f"{value} ends before it begins; write 2020-2024")
        spans.append((first, last))
    return spans


@click.command()
@click.argument("name", metavar="SCENARIO")
@click.option(
    "--window",
    "spans",
    multiple=True,
    required=True,
    callback=_spans,
    metavar="2020-2024",
    help="Years that are taken together; can be repeated.",
)
@click.option(
    "--year", "years", type=options.YEAR, multiple=True, metavar="YEAR", help="A year alone; can be repeated."
)
@click.option(
    "--stack",
    type=options.PATH,
    metavar="FILE",
    help="weights.toml of a panel: state the model pooled with simple rules too, and the rules alone.",
)
@options.trials
@options.seed
@options.engine
@options.workers
@click.option("--out", type=options.PATH, required=True, metavar="DIR", help="Folder of the forecast.")
@options.as_json
def forecast(
    name: str,
    spans: list[tuple[int, int]],
    years: tuple[int, ...],
    stack: Path | None,
    trials: int,
    seed: int,
    engine: str,
    workers: int | None,
    out: Path,
    as_json: bool,
) -> None:
    """Register a forecast of windows that are not over.

    Writes forecast.json (quantiles of shares, concentration and volume, with digest and command) and
    forecast.csv (the same as a table). An existing folder is never replaced. With --stack the forecast of the
    model stands beside the one in which it is pooled with simple rules, and the one of the rules alone.
    """
    import csv

    from sim.analysis.validate.backtest import forecast as forecasts
    from sim.analysis.validate.backtest import frozen, stacking
    from sim.cli.terminal import progress, save_json, write_json
    from sim.files.staging import staged
    from sim.runs.dataset import command
    from sim.runs.trials import Execution
    from sim.scenario import loading

    weights = None if stack is None else stacking.read(stack)
    with staged(out, force=None) as place:
        with progress(trials) as advance:
            execution = Execution(None, workers, advance, engine=engine)
            found = frozen.windows(
                loading.load(name), spans, years, trials, seed, command(), execution, weights
            )
        place.mkdir()
        save_json(place / "forecast.json", found)
        with (place / "forecast.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(["target", "unit", "mean", *(f"q{level:g}" for level in forecasts.LEVELS)])
            writer.writerows(forecasts.quantile_rows(found["targets"]))
    written = [out / "forecast.json", out / "forecast.csv"]
    if as_json:
        write_json(found, written)
    else:
        click.echo(printable(f"{found['sha256']}  {written[0]}"))


@click.command("new-case")
@click.option(
    "--deals",
    type=options.PATH,
    required=True,
    metavar="FILE",
    help="Register of the importer: a table of deals, or an export of SIPRI's trade register.",
)
@_recipient
@click.option(
    "--as-of", "year", type=options.YEAR, required=True, metavar="YEAR", help="The year in which runs begin."
)
@click.option("--out", type=options.PATH, required=True, metavar="DIR", help="Folder of the new case.")
@options.as_json
def new_case(deals: Path, recipient: str | None, year: int, out: Path, as_json: bool) -> None:
    """Make a case from a register of deals.

    The folder can be run as it is, and holds every number with its reason; docs/new-case.md says what to
    improve first.
    """
    from sim.cli.terminal import write_json
    from sim.files.staging import staged
    from sim.importers import cases, registers

    known = registers.read(deals, recipient).known_before(year)
    with staged(out, force=None) as place:
        made = cases.make(known, year, place)
    if as_json:
        about = {"title": made.title, "suppliers": list(made.suppliers), "partners": list(made.partners)}
        write_json({**about, "notes": list(cases.notes(known, year))}, [out / "case.toml"])
        return
    _say(cases.notes(known, year))
    click.echo(f"{made.title}: {len(made.suppliers)} suppliers, partners {', '.join(made.partners)}.")
    click.echo(printable(str(out / "case.toml")))


def _say(notes: Sequence[str]) -> None:
    """Write what was assumed in reading a register to stderr, a line each."""
    for note in notes:
        click.echo(note, err=True)


def _is_backtest(path: Path) -> bool:
    ours = {CARD, SCORES, FORECASTS, FIGURES}
    return (path / CARD).is_file() and {each.name for each in path.iterdir()} <= ours


def _write(
    place: Path, tests: Sequence[PairedTest], summary: dict[str, Any], trials: int, seed: int
) -> tuple[list[Path], str]:
    """Write the card, the scores, the forecasts and the figures; return the files and a fault in drawing."""
    import csv
    from dataclasses import asdict

    from sim.cli.terminal import save_json

    for folder in (place, place / FORECASTS, place / FIGURES):
        folder.mkdir()
    written = [place / CARD, place / SCORES]
    save_json(written[0], summary)
    rows = [{**asdict(each), "pit": each.pit} for test in tests for each in test.scored]
    with written[1].open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        widths = list(rows[0]["covered"])
        plain = [name for name in rows[0] if name not in ("covered", "coverage", "pit_range")]
        writer.writerow(
            [*plain, *(f"in_{width}" for width in widths), *(f"coverage_{width}" for width in widths)]
        )
        for row in rows:
            inside = [int(row["covered"][width]) for width in widths]
            writer.writerow([*(row[name] for name in plain), *inside, *(row["coverage"][w] for w in widths)])
    for test in tests:
        path = place / FORECASTS / f"{test.recipient}_{test.origin}.json"
        save_json(path, test.registered)
        written.append(path)
    figures = _figures(tests, trials, seed)
    drawn, fault = draw(figures, place / FIGURES)
    return written + drawn, fault


def _figures(tests: Sequence[PairedTest], trials: int, seed: int) -> Iterator[tuple[str, Figure]]:
    """Yield names and figures."""
    from sim.analysis.validate.backtest import card
    from sim.plots import backtest_chart

    yield "leader_share", backtest_chart.leader_fans(tests, trials, seed)
    yield "calibration", backtest_chart.calibration(tests, trials, seed)
    yield "skill", backtest_chart.skill_bars(card.skill(tests, seed), tests, trials, seed)


def _by_group(parts: dict[str, float]) -> str:
    return ", ".join(f"{group} {part:.2f}" for group, part in parts.items())


def _show(tests: Sequence[PairedTest], summary: dict[str, Any]) -> None:
    """Write the card to standard output."""
    from sim.analysis.validate.backtest.card import coverage, crps
    from sim.cli.terminal import say, write_table

    say(*summary["sentences"])
    rows = []
    for test in tests:
        scored = {each.target: each for each in test.of("model")}
        for target in ("leader_share", "top_share", "hhi", "total_tiv", "n_deals", "n_new_suppliers"):
            each = scored[target]
            name = f"{target} ({test.leader})" if target == "leader_share" else target
            rows.append(
                (
                    str(test.origin),
                    name,
                    amounts.number(each.value),
                    amounts.number(each.median),
                    f"{amounts.number(each.low)} to {amounts.number(each.high)}",
                    amounts.number(each.crps),
                    f"{each.pit:.2f}",
                )
            )
    headings = ("Origin", "Target", "Record", "Median", "5 to 95 %", "CRPS", "PIT")
    write_table(headings, rows, right=("Record", "Median", "CRPS", "PIT"))
    model = ("model", f"{summary['crps_leader_share']:.3f}", f"{summary['energy_score']:.3f}", "")
    rivals = [
        (
            name.replace("_", " "),
            f"{score:.3f}",
            f"{summary['energy_score_by_baseline'][name]:.3f}",
            f"{summary['skill'][name]:.2f}",
        )
        for name, score in summary["crps_by_baseline"].items()
    ]
    titles = (
        "Forecast",
        "CRPS, share of the leader at the origin",
        "Energy score",
        "Skill of the model, all shares",
    )
    write_table(titles, [model, *rivals], right=titles[1:])
    largest = crps(tests, "model", "top_share")
    say(
        f"CRPS of the largest share, whoever has it: {largest:.3f}. Coverage of 50 and 90 % intervals over "
        f"all targets: {coverage(tests, '0.5'):.2f}, {coverage(tests, '0.9'):.2f}; of 90 % intervals, "
        + _by_group(summary["coverage_90_by_group"])
        + ". With both their ends these hold "
        + _by_group(summary["held_90_by_group"])
        + "."
    )
    if summary["log_score"] is not None:
        say(
            f"Log score of the supplier of each order: {summary['log_score']:.2f}; "
            f"by past shares {summary['log_score_past_shares']:.2f}."
        )
    for each in summary["registered"]:
        say(f"Registered {each['date']}, origin {each['origin']}: {each['sha256']}")
