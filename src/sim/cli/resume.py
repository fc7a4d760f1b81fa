"""Commands that take up a stored run: go on, add trials, look at a trial again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options
from sim.cli.program import FAILED, Interrupted
from sim.vocabulary import amounts
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    import xarray as xr

_store = click.argument("out", type=options.PATH)


@click.command()
@_store
@options.workers
@options.as_json
def resume(out: Path, workers: int | None, as_json: bool) -> None:
    """Go on with a run that was stopped.

    Only blocks that are missing or damaged are run; the result is that of a run that was never stopped.
    """
    _go_on(out, None, workers, as_json)


@click.command()
@_store
@click.option("--trials", type=options.count(1), required=True, metavar="N", help="Trials in all.")
@options.workers
@options.as_json
def extend(out: Path, trials: int, workers: int | None, as_json: bool) -> None:
    """Add trials to a run, up to N in all; equals one run of N."""
    _go_on(out, trials, workers, as_json)


@click.command()
@_store
@click.option("--trial", type=options.TRIAL, metavar="K", help="Which.  [default: the first to fail]")
@click.option("--scenario", metavar="NAME", help="Of which scenario.  [default: that of the failure]")
@options.as_json
def replay(out: Path, trial: int | None, scenario: str | None, as_json: bool) -> None:
    """Run a trial of a stored run again as a Mesa world, and say where it fails.

    Leaves with 1 if it fails.
    """
    from sim.abm.replay import failure, of_store
    from sim.cli.terminal import write_fields, write_json
    from sim.runs.store import Store

    store = Store.open(out)
    world = of_store(store, trial, scenario)
    recorded = failure(store, world)
    problem = world.first_problem()
    fields: dict[str, Any] = {
        "scenario": world.plan.scenario.name,
        "trial": world.trial,
        "seed": world.plan.seed,
        "recorded": recorded["problem"] if recorded else None,
        "now": problem,
        "quarter": str(world.date),
        "parameters": (recorded or {}).get("parameters") or world.uncertain(),
    }
    if as_json:
        write_json(fields)
    else:
        numbers = [(key, f"{value:.6g}") for key, value in fields.pop("parameters").items()]
        fields["now"] = problem or "runs to the end"
        write_fields([(name, "" if value is None else str(value)) for name, value in fields.items()])
        write_fields(numbers)
    if problem:
        click.get_current_context().exit(FAILED)


def finish(runs: xr.Dataset, fault: str = "") -> None:
    """Say which trials failed, whether a precision was reached, and what could not be drawn.

    Leaves with 1 if one was not as asked.
    """
    from sim.cli.drawing import say
    from sim.runs.dataset import manifest

    made = manifest(runs)
    failures, precision = made["failures"], made.get("precision")
    if failures:
        first = failures[0]
        many = f"{len(failures):,} trials failed and are left out, the first"
        where = f"{first['scenario']}, trial {first['trial']}: {first['problem']}"
        click.echo(f"{many if len(failures) > 1 else '1 trial failed and is left out'}: {where}", err=True)
    if precision:
        width = precision["half_width"]
        reached = "no interval yet" if width is None else f"±{amounts.number(width)}"
        outcome = "reached" if precision["is_reached"] else "not reached"
        click.echo(
            f"{precision['until']}: {outcome}, {reached} with {precision['trials']:,} trials", err=True
        )
    say(fault)
    if failures or fault or (precision and not precision["is_reached"]):
        click.get_current_context().exit(FAILED)


@contextlib.contextmanager
def writing_to(target: Path, *, force: bool) -> Iterator[None]:
    """Let a run write to a path; with `force`, an earlier result there may be replaced.

    An interrupt says how to go on.
    """
    from sim.files.staging import check_free, recover

    recover(target)
    check_free(target, force, is_data)
    with _interruptible(target, is_new=True):
        yield


def is_data(path: Path) -> bool:
    """Whether a path holds a result, finished or not."""
    return (path / "zarr.json").is_file() or (path / "run" / "zarr.json").is_file()


def _go_on(out: Path, trials: int | None, workers: int | None, as_json: bool) -> None:
    from sim.cli.terminal import progress, write_json, write_needs
    from sim.runs import dataset as results
    from sim.runs import run as running
    from sim.runs.experiment import Execution
    from sim.runs.store import Store

    spec = Store.open(out).spec
    total = (trials or spec.trials) * len(spec.scenarios)
    with progress(total, spec.block) as advance, _interruptible(out, is_new=False):
        runs = running.go_on(out, trials, None, Execution(None, workers, advance, write_needs))
    made = results.manifest(runs)
    if as_json:
        write_json({"manifest": made}, [out])
    else:
        names = ", ".join(map(str, runs["scenario"].values))
        click.echo(printable(f"{out}: {made['trials']:,} trials of {names}"))
    finish(runs)


@contextlib.contextmanager
def _interruptible(out: Path, *, is_new: bool) -> Iterator[None]:
    """Say how to go on after an interrupt; a new run may not have begun to replace what was there."""
    from sim.files.records import shown

    earlier = out.stat().st_ino if is_new and out.exists() else None
    try:
        yield
    except KeyboardInterrupt:
        is_begun = (out / "run" / "zarr.json").is_file() and out.stat().st_ino != earlier
        how = f"To go on: sim resume {shown(out)}" if is_begun else "Nothing was written."
        raise Interrupted(f"Interrupted. {how}") from None
