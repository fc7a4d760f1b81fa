"""Panels of back-tests: what `sim backtest --panel` writes, and the command that compares two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options
from sim.vocabulary import amounts
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    import xarray as xr

#: What a panel writes into its folder.
STORE, SCORES, REPORT, WEIGHTS = "panel.zarr", "scores.csv", "report.md", "weights.toml"
FILES = (STORE, SCORES, REPORT, WEIGHTS)


def origins(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, ...]:
    """Read origins such as 1995:2018:1, first, last and step."""
    if value is None:
        return ()
    parts = value.split(":")
    try:
        numbers = [options.YEAR(part) for part in parts[:2]] + [options.count(1)(part) for part in parts[2:]]
    except click.BadParameter:
        numbers = []
    if not numbers or len(parts) > 3 or (len(numbers) > 1 and numbers[0] > numbers[1]):
        raise click.BadParameter(f"{value!r} is no range of years; write 1995:2018:1 (first, last, step)")
    first, last, step = [*numbers, *(numbers[0], 1)[len(numbers) - 1 :]]
    return tuple(range(first, last + 1, step))


def run(
    files: Sequence[Path],
    years: Sequence[int],
    length: int,
    trials: int,
    seed: int,
    engine: str,
    workers: int | None,
    with_shipped: bool,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make a panel, show its table, and write it."""
    from contextlib import nullcontext

    import tomli_w

    from sim.analysis.validate.backtest import panel, panel_scores, stacking
    from sim.cli.terminal import progress, write_json
    from sim.files.staging import staged
    from sim.runs.dataset import command
    from sim.runs.saved import save
    from sim.runs.trials import Execution

    with nullcontext() if out is None else staged(out, force=force, is_ours=_is_panel) as place:
        registers = panel.read(files, with_shipped)
        with progress(trials * len(years) * len(registers)) as advance:
            execution = Execution(None, workers, advance, engine=engine)
            made = panel.panel(registers, years, trials, seed, length, command(), execution)
        found = panel_scores.table(made)
        text = report(made, found)
        if out is not None and place is not None:
            place.mkdir()
            save(made, place / STORE)
            _write_scores(made, place / SCORES)
            (place / REPORT).write_text(text, encoding="utf-8")
            (place / WEIGHTS).write_text(tomli_w.dumps(stacking.latest(made)), encoding="utf-8")
    if as_json:
        write_json(records(found))
    else:
        click.echo(text, nl=False)
    for line in left_out(made):
        click.echo(line, err=True)
    if out is not None and not as_json:
        for name in FILES:
            click.echo(printable(str(out / name)))


def _is_panel(path: Path) -> bool:
    return (path / STORE).is_dir() and {each.name for each in path.iterdir()} <= set(FILES)


def left_out(made: xr.Dataset) -> list[str]:
    """Return which origins could not be scored and why, a line for each reason."""
    from sim.analysis.validate.backtest.panel_form import about

    by_reason: dict[str, list[str]] = {}
    for importer, origin, problem in about(made)["left_out"]:
        reason = problem.partition(": ")[2].partition(". ")[0]
        by_reason.setdefault(reason, []).append(f"{importer} {origin}")
    return [
        f"Left out, {reason}: {len(cells)} ({', '.join(cells[:3])}{', ...' if len(cells) > 3 else ''})."
        for reason, cells in by_reason.items()
    ]


def report(made: xr.Dataset, found: xr.Dataset) -> str:
    """Return what a panel says, as Markdown."""
    from sim.analysis.describe.odd_submodels import table
    from sim.analysis.validate.backtest.panel_form import about
    from sim.analysis.validate.backtest.panel_scores import answers, reliability

    made_as, reliable = about(made), reliability(made)
    importer, origin = made["importer"].values, made["origin"].values
    importers, tested = set(importer), set(zip(importer, origin, strict=True))
    parts = [
        *answers(found),
        f"{len(importers)} importers, {len(tested)} importers and origins, {made_as['trials']:,} trials "
        f"each, seed {made_as['seed']}. Lower scores are better. The second table says by how much the model "
        "is better, with the 95 % interval clustered by importer.",
    ]
    rivals = [str(name) for name in found["source"].values if name != "model"]
    for ahead in found["ahead"].values:
        here = found.sel(ahead=ahead)
        targets = [name for name in found["target"].values if here["rows"].sel(target=name, source="model")]
        names = [name.replace("_", " ") for name in rivals]
        own = {name: here.sel(target=name, source="model") for name in targets}
        others = {name: [here.sel(target=name, source=rival) for rival in rivals] for name in targets}
        given = reliable.sel(ahead=ahead)
        parts += [
            f"## Years {int(ahead) - made_as['window'] + 1} to {ahead}",
            table(
                ("target", "model", *names),
                [(_label(name), *map(_score, (own[name], *others[name]))) for name in targets],
            ),
            table(
                ("target", *(f"less than {name}" for name in names)),
                [(_label(name), *map(_advantage, others[name])) for name in targets],
            ),
            table(
                ("target", *_INTERVALS, "records by tenth of the forecast (PIT), %"),
                [(_label(name), *_calibration(its)) for name, its in own.items() if _has_samples(its)],
            ),
            "Of the events that were given such a chance so many came about:",
            table(
                ("event", *(f"{low} to {low + 20} %" for low in range(0, 100, 20))),
                [
                    (_label(name), *_observed(given.sel(target=name)))
                    for name in given["target"].values
                    if given["rows"].sel(target=name).any()
                ],
            ),
        ]
    return "\n\n".join(parts) + "\n"


#: What is said of central intervals; a right forecast has 0.50 and 0.90 in the first two.
_INTERVALS = ("coverage of 50 %", "coverage of 90 % (95 % interval)", "interval of 90 % holds")


def _label(target: str) -> str:
    from sim.analysis.validate.backtest.targets import EVENTS, LABELS

    return LABELS.get(target) or EVENTS[target]


def _observed(its: xr.Dataset) -> list[str]:
    return [
        f"{amounts.percent(observed)} of {int(rows)}" if rows else ""
        for observed, rows in zip(its["observed"].values, its["rows"].values, strict=True)
    ]


def _score(its: xr.Dataset) -> str:
    return amounts.number(float(its["score"])) if its["rows"] else ""


def _has_samples(its: xr.Dataset) -> bool:
    return bool(its["coverage_90"].notnull())


def _advantage(its: xr.Dataset) -> str:
    if not its["rows"]:
        return ""
    gap, low, high = (float(its[name]) for name in ("advantage", "advantage_low", "advantage_high"))
    return amounts.with_interval(gap, low, high, is_signed=True)


def _calibration(its: xr.Dataset) -> tuple[str, ...]:
    bars = " ".join(f"{100 * part:.0f}" for part in its["pit"].values)
    half, most, low, high, inside = (
        f"{float(its[name]):.2f}"
        for name in ("coverage_50", "coverage_90", "coverage_90_low", "coverage_90_high", "held_90")
    )
    return half, f"{most} ({low} to {high})", inside, bars


def _write_scores(made: xr.Dataset, path: Path) -> None:
    """Write a row per number and forecast."""
    import csv

    from sim.analysis.validate.backtest.calibration import coverage, held
    from sim.analysis.validate.backtest.panel_scores import scores

    keys = ("importer", "origin", "ahead", "target", "part")
    columns = [made[name].values for name in (*keys, "value")]
    quantiles, score = made["quantiles"].values, scores(made)
    below, upto, chance = (made[name].values for name in ("below", "upto", "chance"))
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(
            [
                *keys,
                "value",
                "source",
                "score",
                "q05",
                "q50",
                "q95",
                "pit_low",
                "pit_high",
                "in_90",
                "chance",
                "coverage_90",
            ]
        )
        for row in range(made.sizes["row"]):
            key = [column[row] for column in columns]
            for k, source in enumerate(made["source"].values):
                if score[row, k] == score[row, k]:
                    has = below[row, k] == below[row, k]
                    span = below[row, k], upto[row, k], 0.9
                    inside, covered = (int(held(*span)), f"{float(coverage(*span)):.6g}") if has else ("", "")
                    numbers = [score[row, k], *quantiles[row, k], below[row, k], upto[row, k]]
                    texts = [f"{x:.6g}" if x == x else "" for x in numbers]
                    said = f"{chance[row, k]:.6g}" if chance[row, k] == chance[row, k] else ""
                    writer.writerow([*key, source, *texts, inside, said, covered])


def records(found: xr.Dataset) -> list[dict[str, Any]]:
    """Return the cells of a table as JSON has them; what is not a number is None."""
    frame = found.drop_dims([dim for dim in ("bin",) if dim in found.dims]).to_dataframe().reset_index()
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in frame.to_dict("records")
        if row.get("rows")
    ]


def _plain(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and plain != plain else plain


@click.command("compare-panels")
@click.argument("before", type=options.PATH)
@click.argument("after", type=options.PATH)
@click.option(
    "--source",
    default="model",
    show_default=True,
    metavar="NAME",
    help="Forecast that is compared: the model, the stacked one or a baseline.",
)
@options.as_json
def compare_panels(before: Path, after: Path, source: str, as_json: bool) -> None:
    """Show which of two versions of the model forecasts better, and what.

    BEFORE and AFTER are folders that sim backtest --panel has written, with the same registers. Differences
    are paired by importer, origin and target; intervals are clustered by importer.
    """
    from sim.analysis.validate.backtest import panel_scores
    from sim.cli.terminal import say, write_json, write_table

    found = panel_scores.compare(_open(before), _open(after), source)
    if as_json:
        write_json(records(found))
        return
    say(*panel_scores.sentences(found))
    rows = list(_rows(records(found)))
    right = ("Before", "After", "Difference", "Coverage")
    write_table(("Ahead", "Target", *right, "Better"), rows, right=right)


def _open(path: Path) -> xr.Dataset:
    from sim.cli.results import within
    from sim.runs.saved import open_result

    return open_result(within(path, STORE))


def _rows(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    from sim.analysis.validate.backtest.panel_scores import verdict

    for row in rows:
        low, high = row["low"], row["high"]
        gap = row["difference"]
        change = amounts.number(gap, 2, is_signed=True)
        if low is not None:
            change = amounts.with_interval(gap, low, high, is_signed=True)
        inside = row["coverage_before"], row["coverage_after"]
        yield (
            str(row["ahead"]),
            _label(row["target"]),
            amounts.number(row["before"]),
            amounts.number(row["after"]),
            change,
            "" if None in inside else f"{inside[0]:.2f} to {inside[1]:.2f}",
            verdict(low, high),
        )
