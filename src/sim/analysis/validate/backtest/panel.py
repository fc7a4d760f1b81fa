"""Back-tests of many importers at many origins, kept so that two versions of the model can be compared.

Every importer at every origin is a case made from its register as known then (`origins.from_register`),
forecast by the model and by every baseline, and scored. What is stored of each number is not the score but
what it follows from, the distances of `distances`, so that pools of forecasts are scored without running
anything again. Runs trials.

Importers and origins are done side by side, each on the common loop over trials. Nothing is estimated on
the importers of the panel; what was estimated on importers in general, those of the panel among them, is
named in `origins.LATER`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.validate.backtest import (
    base_rates,
    baselines,
    card,
    distances,
    forecast,
    origins,
    outcome,
    stacking,
)
from sim.analysis.validate.backtest.distances import Distances
from sim.analysis.validate.backtest.forecast import Forecast
from sim.analysis.validate.backtest.origins import Origin
from sim.analysis.validate.backtest.outcome import Outcome
from sim.analysis.validate.backtest.panel_form import COMPOSITION, ORDER, SHARE, WINDOW_YEARS
from sim.analysis.validate.backtest.targets import LOGARITHMS, Window, events
from sim.case import register
from sim.importers import registers
from sim.importers.categories import identifier
from sim.importers.registers import Register
from sim.runs import pool
from sim.runs.dataset import AUTO
from sim.runs.experiment import USUAL_EXECUTION, Execution, Progress
from sim.runs.progress import showing
from sim.runs.spec import code_digest, version
from sim.vocabulary import arguments
from sim.vocabulary.arguments import FIRST_YEAR, LAST_YEAR, SEED, TRIALS_OF_CELL
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.errors import DuplicateKey, InputError, MissingField, OutOfBounds, OutsideHorizon

if TYPE_CHECKING:
    import xarray as xr

#: The forecasts of a panel, in order; a pool of them is added by `stacking`.
SOURCES = ("model", "no_change", "pooled_law", "bootstrap", "last_poisson", "order_book", "base_rate")

#: What is stored of each number, with its dims.
_DISTANCES = {
    "to_record": ("row", "source"),
    "between": ("row", "source", "other"),
    "below": ("row", "source"),
    "upto": ("row", "source"),
    "quantiles": ("row", "source", "level"),
}

#: Of a row that has samples, and of one that has a chance.
_NO_CHANCE = np.full(len(SOURCES), np.nan)
_NO_SAMPLES = distances.of_numbers([None] * len(SOURCES), 0.0)


@dataclass(frozen=True)
class _Job:
    """One importer at one origin; `rates` are base rates by last year of the window."""

    whole: Register
    year: int
    years: int
    length: int
    trials: int
    seed: int
    engine: str
    rates: Mapping[int, dict[str, Array]]


@dataclass(frozen=True)
class _Row:
    """One number, event or order: forecast by every source, and what happened."""

    ahead: int
    target: str
    part: str
    value: float
    chance: Array
    distances: Distances


@dataclass(frozen=True)
class _Cell:
    """What is scored of one importer at one origin, or the reason why nothing is."""

    recipient: str
    origin: int
    rows: tuple[_Row, ...] = ()
    problem: str = ""


def panel(
    registers: Sequence[Register],
    years: Sequence[int],
    trials: int = TRIALS_OF_CELL,
    seed: int = SEED,
    length: int = WINDOW_YEARS,
    command: str = "",
    execution: Execution = USUAL_EXECUTION,
) -> xr.Dataset:
    """Test every importer at every origin that its register reaches.

    Parameters
    ----------
    registers : sequence of Register
        One per importer.
    years : sequence of int
        Origins. Those that an importer's register does not reach are left out and named.
    trials, seed : int
        Of each importer and origin.
    length : int
        How far ahead, in years: up to five, one window; more, a multiple of five, as many windows of five.
    command : str
        What made it.
    execution : Execution, optional
        Workers, engine and progress.

    Returns
    -------
    xarray.Dataset
        Dims row, source, other (source again) and level. A row is one number of one importer, origin and
        window, with coordinates ``importer``, ``origin``, ``ahead``, ``target`` and ``part``. See
        `distances.Distances` for its variables; ``chance`` is that of what happened, for events and orders.

    Raises
    ------
    InputError
        If no origin of any importer can be scored.
    """
    years, trials, seed, length = _checked(years, trials, seed, length)
    window = min(length, WINDOW_YEARS)
    if not registers:
        raise MissingField("", "files", "there is none", "Give a register.")
    courses = [each for whole in registers for each in base_rates.courses(whole, window, length)]
    ahead = range(window, length + 1, window)
    jobs = [
        _Job(
            whole,
            int(year),
            length,
            window,
            trials,
            seed,
            execution.engine,
            {last: base_rates.known(courses, whole.recipient, int(year), last) for last in ahead},
        )
        for whole in registers
        for year in years
    ]
    work = trials * length * QUARTERS * len(jobs)
    size = execution.size(len(jobs), work)
    found = []
    with (
        showing(execution.progress, trials * len(jobs)) as progress,
        closing(pool.in_order(_run, ((job,) for job in jobs), execution.executor, size)) as finished,
    ):
        for cell in finished:
            found.append(cell)
            if progress is not None:
                progress(trials)
    if not any(cell.rows for cell in found):
        remedy = "Choose other origins, or fewer years."
        raise OutsideHorizon("", "origins", f"none can be scored: {found[0].problem}", remedy)
    about = {
        "trials": trials,
        "seed": seed,
        "years": length,
        "window": window,
        "registers": {whole.recipient: whole.vintage for whole in registers},
        "left_out": [[cell.recipient, cell.origin, cell.problem] for cell in found if cell.problem],
        "known_later": list(origins.LATER),
        "command": command,
    }
    return stacking.add(_dataset(found, about))


def _checked(
    years: Sequence[int], trials: int, seed: int, length: int
) -> tuple[Sequence[int], int, int, int]:
    """Return the numbers of a panel, or refuse them."""
    trials, seed = arguments.whole(trials, "trials", 1), arguments.seed(seed)
    length = arguments.whole(length, "years", 1)
    if length % min(length, WINDOW_YEARS):
        remedy = f"Give up to {WINDOW_YEARS}, or a multiple of it."
        raise OutOfBounds("", "years", "not a number of whole windows", remedy, length)
    if not years:
        raise MissingField("", "origins", "there is none", "Give years, such as [2000, 2010].")
    return years, trials, seed, length


def of_files(
    files: str | Path | Sequence[str | Path],
    origins: Sequence[int],
    years: int = WINDOW_YEARS,
    trials: int = TRIALS_OF_CELL,
    seed: int = SEED,
    *,
    with_shipped: bool = False,
    workers: int | None = None,
    engine: str = AUTO,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Test every importer of some registers at every origin, as `sim backtest --panel` does.

    Parameters
    ----------
    files : path or sequence of paths
        Registers in any of the forms that `sim backtest --deals` takes, of one recipient or several.
    origins : sequence of int
        First years of windows.
    years : int
        How far ahead: up to five, one window; more, a multiple of five.
    trials, seed : int
        Of each importer and origin.
    with_shipped : bool
        Whether the register of the shipped case is added.
    workers, engine, executor, progress
        As for `sim.run`.

    Returns
    -------
    xarray.Dataset
        See `panel`; `sim.save` stores it, `sim.compare_panels` compares it with another.

    Raises
    ------
    InputError
        If a file cannot be read, or no origin of any importer can be scored.

    Examples
    --------
    >>> panel = sim.backtest_panel([], [2012, 2014, 2016], trials=16, with_shipped=True)
    >>> sim.plots.pit(panel, "leader_share")
    """
    execution = Execution(executor, workers, progress, engine=engine)
    when = "Give years, such as [2000, 2010]."
    first_years = [
        arguments.whole(year, "origins", FIRST_YEAR, LAST_YEAR)
        for year in arguments.names(origins, "origins", when)
    ]
    numbers = _checked(first_years, trials, seed, years)
    return panel(read(files, with_shipped), *numbers, "", execution)


def read(files: str | Path | Sequence[str | Path], with_shipped: bool = False) -> list[Register]:
    """Return the registers of all recipients of some files, each recipient once.

    Raises
    ------
    InputError
        If a file cannot be read, or two have the same recipient.
    """
    remedy = "Give a path or a list of paths."
    paths = [files] if isinstance(files, str | Path) else arguments.names(files, "files", remedy)
    found = [each for path in paths for each in registers.read_all(arguments.path(path, "files"))]
    if arguments.truth(with_shipped, "with_shipped"):
        found.append(card.shipped_register())
    names = [identifier(each.recipient) for each in found]
    twice = next((each for each, name in zip(found, names, strict=True) if names.count(name) > 1), None)
    if twice is not None:
        message, remedy = f"{twice.recipient} is in two of them", "Leave one out."
        raise DuplicateKey("", "registers", message, remedy)
    return found


def _run(job: _Job) -> _Cell:
    """Forecast, and only then look at what happened."""
    recipient = identifier(job.whole.recipient)
    rest = job.whole.last_year + 1 - job.year
    years = min(job.years, rest - rest % job.length)
    try:
        outcome.check_window(job.year, max(years, job.length), job.whole.last_year)
        with origins.from_register(job.whole, job.year, years) as origin:
            return _Cell(recipient, job.year, tuple(_rows(origin, job)))
    except InputError as error:
        return _Cell(recipient, job.year, problem=str(error))


def _rows(origin: Origin, job: _Job) -> Iterator[_Row]:
    execution = Execution(workers=1, engine=job.engine)
    said = forecast.in_windows(origin, job.length, job.trials, job.seed, execution)
    past = _past(origin, job.length)
    for index, model in enumerate(said):
        ahead = (index + 1) * job.length
        was = outcome.of_register(replace(origin, years=ahead), job.whole)
        record = _last(was.window, job.length)
        rates = base_rates.samples(job.rates[ahead], past)
        rules = baselines.all_of(replace(origin, years=job.length), job.trials, job.seed, index)
        everyone = [model, *rules]
        yield from _of_numbers(everyone, rates, record, ahead)
        yield from _of_events(everyone, rates, record, ahead, past["total_tiv"])
        if index == 0:
            yield from _of_orders(everyone, was, ahead)


def _past(origin: Origin, length: int) -> dict[str, float]:
    """Return volume and orders in the window before the origin."""
    state = register.initial(origin.scenario.case, origin.scenario.start)
    return {
        "total_tiv": float(state.delivered[-length:].sum()),
        "n_deals": float(state.ordered[-length:].sum()),
    }


def _last(window: Window, length: int) -> Window:
    """Return the last years of a window."""
    return replace(window, delivered=window.delivered[-length:], ordered=window.ordered[-length:])


def _of_numbers(
    everyone: Sequence[Forecast], rates: Mapping[str, Array], record: Window, ahead: int
) -> Iterator[_Row]:
    """Score numbers, every supplier's share, and all shares together."""
    general = {(name, ""): values for name, values in rates.items()}
    general |= {(LOGARITHMS[name], ""): np.log1p(rates[name]) for name in LOGARITHMS if name in rates}
    numbers = [*(each.window.numbers() for each in everyone), general]
    for (target, part), values in record.numbers().items():
        samples, value = [each.get((target, part)) for each in numbers], float(values[0])
        yield _Row(ahead, target, part, value, _NO_CHANCE, distances.of_numbers(samples, value))
    shares, composition = [each.window.shares for each in everyone], record.shares[:, 0]
    for supplier, name in enumerate(everyone[0].suppliers):
        samples, value = [*(each[supplier] for each in shares), None], float(composition[supplier])
        yield _Row(ahead, SHARE, name, value, _NO_CHANCE, distances.of_numbers(samples, value))
    its = distances.of_compositions([*shares, None], composition)
    yield _Row(ahead, COMPOSITION, "", np.nan, _NO_CHANCE, its)


def _of_events(
    everyone: Sequence[Forecast], rates: Mapping[str, Array], record: Window, ahead: int, before: float
) -> Iterator[_Row]:
    said = [*(each.window.events(before) for each in everyone), events(rates, before)]
    for target, did in record.events(before).items():
        chance = np.array([each[target].mean() if target in each else np.nan for each in said])
        yield _Row(ahead, target, "", float(did[0]), chance, _NO_SAMPLES)


def _of_orders(everyone: Sequence[Forecast], was: Outcome, ahead: int) -> Iterator[_Row]:
    """Score the chances given to the supplier of each order: the model's, and past shares as no change."""
    for number, (supplier, category) in enumerate(was.choices):
        chance = np.full(len(SOURCES), np.nan)
        for source, each in enumerate(everyone[:2]):
            if each.chance is not None:
                chance[source] = each.chance[supplier, category]
        yield _Row(ahead, ORDER, str(number + 1), 1.0, chance, _NO_SAMPLES)


def _dataset(cells: Sequence[_Cell], about: Mapping[str, Any]) -> xr.Dataset:
    import xarray as xr

    rows = [(cell, row) for cell in cells for row in cell.rows]
    along, by_source = ("row",), ("row", "source")
    arrays = {
        "value": (along, np.array([row.value for _, row in rows])),
        "chance": (by_source, np.array([row.chance for _, row in rows])),
    }
    for name, dims in _DISTANCES.items():
        arrays[name] = (dims, np.array([getattr(row.distances, name) for _, row in rows]))
    labels = {
        "importer": [cell.recipient for cell, _ in rows],
        "origin": [cell.origin for cell, _ in rows],
        **{name: [getattr(row, name) for _, row in rows] for name in ("ahead", "target", "part")},
    }
    coords = {name: (along, np.array(values)) for name, values in labels.items()}
    return xr.Dataset(
        arrays,
        {**coords, "source": list(SOURCES), "other": list(SOURCES), "level": list(distances.LEVELS)},
        {"panel": json.dumps({"version": version(), "code": code_digest(), **about}, ensure_ascii=False)},
    )
