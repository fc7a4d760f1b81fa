"""What a calibration compares: statistics of windows of the record, and the same of simulated trials.

The case's calibration.toml names the windows, each a scenario moved to the window's start, and the last year
that may be read. One function takes the statistics from recorded and from simulated deliveries and orders:

    by window     shares of deliveries of some suppliers, their HHI, root of the volume, root of the number of
                  orders, the first supplier's part of the orders
    over windows  coefficient of variation and lag-1 correlation of yearly deliveries, variance over mean of
                  yearly orders; in each category root of the number of orders, mean log size with the
                  missiles and engines that come with orders (0 if none)

Roots make the spread of a count or volume nearly the same everywhere. Windows may overlap; statistics over
windows take each year from the last window that has begun. Simulated shares and volumes get a revision error,
drawn by trial, so that a later release of the register would count as the same record.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from sim.case import register
from sim.case.case import Case
from sim.files.records import Number, Record, Texts, When, check, shown, standing_in, toml_if_any
from sim.importers import rates
from sim.numerics.elementary import normal_quantile
from sim.numerics.special import normal_cdf
from sim.numerics.streams import Streams
from sim.parameter.elements import Element
from sim.runs import trials as loop
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario import loading
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.errors import (
    Contradiction,
    MissingField,
    MissingFile,
    OutsideHorizon,
    UnknownName,
    nearest,
)

FILE = "calibration.toml"

Positive = Annotated[Number, Field(gt=0)]

#: Below this nothing was delivered, TIV m.
_NOTHING = 1e-9

#: An order counts as at least this, TIV m, so that its log is finite; the register's own rounding is 0.01.
_LEAST_SIZE = 0.1


class WindowTable(Record):
    """A window of the record and the scenario that it is run with."""

    scenario: str
    start: When
    end: When
    changes: dict[str, float] = Field(default_factory=dict)


class Revision(Record):
    """Standard deviations of revisions of the register."""

    share: Positive
    log_volume: Positive
    evidence: Texts = ()
    assumption: str | None = None


class ParametersTable(Record):
    """Which parameters are calibrated."""

    calibrated: Texts


class TargetsTable(Record):
    """What a calibration.toml may say."""

    last_year: int
    suppliers: Texts
    windows: list[WindowTable]
    revision: Revision
    parameters: ParametersTable
    priors: dict[str, Any] = Field(default_factory=dict)
    checks: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Targets:
    """Windows, statistics and parameters of a calibration.

    Parameters
    ----------
    file : str
        The calibration.toml.
    table : TargetsTable
        What it says.
    case : Case
    windows : tuple of Scenario
        In order of their start.
    elements : tuple of Element
        What is calibrated: uncertain, and the same in all windows.
    """

    file: str
    table: TargetsTable
    case: Case
    windows: tuple[Scenario, ...]
    elements: tuple[Element, ...]

    def names(self) -> tuple[str, ...]:
        """Return the names of the statistics, in order."""
        names = []
        for window in self.windows:
            label = f"{window.start.year}-{window.end.year % 100:02d}"
            kinds = [*(f"share {name}" for name in self.table.suppliers), "HHI", "root volume", "root orders"]
            names += [f"{label} {kind}" for kind in (*kinds, f"order share {self.table.suppliers[0]}")]
        names += ["yearly volume: variation", "yearly volume: lag-1", "yearly orders: variance/mean"]
        names += [f"root orders: {name}" for name in self._categories()]
        return (*names, *(f"log size: {name}" for name in self._categories()))

    def _categories(self) -> tuple[str, ...]:
        return tuple(name for name, each in self.case.record.categories.items() if each.in_register)

    def recorded(self) -> Array:
        """Return the statistics on record, shape (statistic,)."""
        all_deals, all_deliveries = register.read(self.case)
        last = self.table.last_year
        deals = [deal for deal in all_deals if deal.year <= last and deal.is_platform]
        deliveries = [each for each in all_deliveries if each.year <= last]
        since = min(window.start.year for window in self.windows)
        extra = rates.extra([deal for deal in all_deals if since <= deal.year <= last])
        found = []
        for window in self.windows:
            found.append(_empty(self.case, window, 1))
            delivered, ordered, sizes = found[-1]
            first = window.start.year
            for each in deliveries:
                if first <= each.year <= window.end.year:
                    delivered[each.year - first, each.supplier] += each.tiv
            for deal in deals:
                if first <= deal.year <= window.end.year:
                    ordered[deal.year - first, deal.supplier, deal.category] += 1
                    sizes[deal.year - first, deal.category] += np.log(max(deal.tiv * extra, _LEAST_SIZE))
        statistics: Array = self._statistics(found)[:, 0]
        return statistics

    def simulated(
        self,
        first_trial: int,
        n_trials: int,
        seed: int,
        windows: Sequence[Scenario] | None = None,
        execution: Execution = USUAL_EXECUTION,
    ) -> Array:
        """Return the statistics of trials, shape (statistic, trial); revisions are drawn by trial too.

        Parameters
        ----------
        first_trial, n_trials, seed : int
        windows : sequence of Scenario, optional
            The windows with other parameters; by default with their priors.
        execution : Execution, optional
            Workers, engine, and progress in trials of all windows.
        """
        by_window = loop.reduce(
            windows or self.windows, _Years, n_trials, seed, first_trial=first_trial, execution=execution
        )
        found = [
            tuple(np.concatenate(each, axis=-1) for each in zip(*blocks, strict=True)) for blocks in by_window
        ]
        return self._statistics(
            [
                (self._revised(delivered, first_trial, seed, number), *orders)
                for number, (delivered, *orders) in enumerate(found)
            ]
        )

    def _revised(self, delivered: Array, first_trial: int, seed: int, number: int) -> Array:
        """Move the first supplier's share, and the volume, by a revision."""
        u = Streams(seed).uniform("calibration:revision", first_trial, delivered.shape[-1], 2, number)[0]
        share, volume = normal_quantile(u) * np.array(
            [[self.table.revision.share], [self.table.revision.log_volume]]
        )
        leader = self.case.suppliers.index(self.table.suppliers[0])
        by_supplier = delivered.sum(axis=0)
        whole = np.maximum(by_supplier.sum(axis=0), _NOTHING)
        before = by_supplier[leader] / whole
        after = np.clip(before + share, 0.0, 1.0)
        # A share of nothing or of all is not revised: there is nothing to take from, or to give to.
        is_mixed = (before > _NOTHING) & (before < 1.0 - _NOTHING)
        factor = np.ones_like(by_supplier)
        factor[:] = np.where(is_mixed, (1.0 - after) / np.where(is_mixed, 1.0 - before, 1.0), 1.0)
        factor[leader] = np.where(is_mixed, after / np.where(is_mixed, before, 1.0), 1.0)
        revised: Array = delivered * factor * np.exp(volume)
        return revised

    def _statistics(self, windows: Sequence[Sequence[Array]]) -> Array:
        wanted = [self.case.suppliers.index(name) for name in self.table.suppliers]
        rows: list[Array] = []
        for delivered, ordered, _ in windows:
            by_supplier = delivered.sum(axis=0)
            volume = by_supplier.sum(axis=0)
            share = by_supplier / np.maximum(volume, _NOTHING)
            count = ordered.sum(axis=(0, 1, 2))
            first = ordered[:, wanted[0]].sum(axis=(0, 1)) / np.maximum(count, 1.0)
            rows += [*share[wanted], (share**2).sum(axis=0), np.sqrt(volume), np.sqrt(count), first]
        volume, orders, sizes = self._by_year(windows)
        centred, mean = volume - volume.mean(axis=0), np.maximum(volume.mean(axis=0), _NOTHING)
        total = np.maximum((centred**2).sum(axis=0), _NOTHING)
        yearly = orders.sum(axis=1)
        rows += [
            volume.std(axis=0, ddof=1) / mean,
            (centred[1:] * centred[:-1]).sum(axis=0) / total,
            yearly.var(axis=0, ddof=1) / np.maximum(yearly.mean(axis=0), 1.0 / len(yearly)),
        ]
        in_register = [self.case.categories.index(name) for name in self._categories()]
        count = orders.sum(axis=0)[in_register]
        return np.stack([*rows, *np.sqrt(count), *(sizes.sum(axis=0)[in_register] / np.maximum(count, 1.0))])

    def _by_year(self, windows: Sequence[Sequence[Array]]) -> tuple[Array, Array, Array]:
        """Return yearly volume, and orders and sums of log sizes by category.

        Each year is that of the last window that has begun.
        """
        volume, orders, logs = [], [], []
        starts = [window.start.year for window in self.windows]
        for number, (delivered, ordered, sizes) in enumerate(windows):
            later = starts[number + 1] if number + 1 < len(starts) else starts[number] + len(delivered)
            years = min(len(delivered), later - starts[number])
            volume.append(delivered[:years].sum(axis=1))
            orders.append(ordered[:years].sum(axis=1))
            logs.append(sizes[:years])
        return np.concatenate(volume), np.concatenate(orders), np.concatenate(logs)

    def normal_scores(
        self, first_trial: int, n_trials: int, seed: int, windows: Sequence[Scenario] | None = None
    ) -> Array:
        """Return the calibrated elements as normal scores of their priors, shape (element, trial)."""
        first = (windows or self.windows)[0]
        drawn = loop.parameters(first, n_trials, seed, first_trial)
        parameters = first.parameters
        scores = []
        for element in self.elements:
            name = f"{element.mechanism}.{element.name}"
            keys = [each.key for each in parameters.elements(name)]
            values = drawn[element.name].reshape(len(keys), n_trials)[keys.index(element.key)]
            scores.append(to_normal(element, values))
        return np.stack(scores)


def to_normal(element: Element, values: Array) -> Array:
    """Return values of an element as standard normal scores of its prior."""
    assert element.distribution is not None
    low, high = element.distribution.cdf(np.array(element.bounds))
    u = (element.distribution.cdf(values) - low) / (high - low)
    return normal_quantile(np.clip(u, 1e-12, 1.0 - 1e-12))


def from_normal(element: Element, scores: Array) -> Array:
    """Return the values that standard normal scores of the prior stand for; always within the bounds."""
    assert element.distribution is not None
    return element.distribution.quantile(normal_cdf(scores), element.bounds)


def load(scenario_or_case: Scenario | Case) -> Targets:
    """Read what a case is calibrated on.

    Raises
    ------
    InputError
        If the case has no calibration.toml, a window reaches beyond its last year, or a name is unknown.
    """
    case = scenario_or_case.case if isinstance(scenario_or_case, Scenario) else scenario_or_case
    file, found = shown(case.folder / FILE), table(case)
    if found is None:
        raise MissingFile(file, "", "no such file", "Write one, as the shipped case does.")
    return of_table(found, case, file)


def table(case: Case) -> TargetsTable | None:
    """Return what a case's file says, its shape checked; None if there is no such file."""
    path = case.folder / FILE
    said = toml_if_any(path)
    return None if said is None else check(TargetsTable, said, shown(path))


def of_table(table: TargetsTable, case: Case, file: str = FILE) -> Targets:
    """Check a table and load its windows; see `load`."""
    windows = tuple(_window(each, case, table, file, number) for number, each in enumerate(table.windows, 1))
    starts = [window.start for window in windows]
    if not windows or starts != sorted(starts):
        raise Contradiction(file, "windows", "not in order of their start", "Sort them.")
    for name in table.suppliers:
        if table.suppliers.count(name) > 1:
            raise Contradiction(file, "suppliers", "named twice: {value}", "Name each once.", name)
        if name not in case.suppliers:
            remedy = nearest(name, case.suppliers, "suppliers")
            raise UnknownName(file, "suppliers", "no such supplier: {value}", remedy, name)
    return Targets(file, table, case, windows, _calibrated(table, windows, file))


def _window(table: WindowTable, case: Case, targets: TargetsTable, file: str, number: int) -> Scenario:
    """Load a scenario and move it, with what its events prescribe, to the start of the window."""
    place = f"windows[{number}]"
    if table.end.year > targets.last_year:
        remedy = f"End it in {targets.last_year}: later years are kept for scoring."
        raise OutsideHorizon(file, f"{place}.end", "after last_year", remedy, str(table.end))
    whole_years = table.start.quarter == 1 and table.end.quarter == QUARTERS
    if not whole_years or table.end <= table.start:
        raise Contradiction(file, place, "not whole years", "Begin with Q1 and end with Q4.")
    with standing_in(file, f"{place}.scenario"):
        loaded = loading.load(table.scenario, case)
    later = table.start.ordinal - loaded.start.ordinal
    moved = tuple(dataclasses.replace(event, at=event.at + later) for event in loaded.events)
    kept = tuple(event for event in moved if event.at <= table.end)
    for changes, where in ((targets.priors, "priors"), (table.changes, f"{place}.changes")):
        loaded.parameters.replace(changes, file, where)
    changed = loaded.override(
        {**targets.priors, **table.changes}, f"{table.scenario} from {table.start.year}"
    )
    return dataclasses.replace(changed, start=table.start, end=table.end, events=kept)


def _calibrated(table: TargetsTable, windows: Sequence[Scenario], file: str) -> tuple[Element, ...]:
    outside = {name for name, each in windows[0].case.record.categories.items() if not each.in_register}
    found: dict[str, Element] = {}
    place = "parameters.calibrated"
    for name in table.parameters.calibrated:
        keys = windows[0].parameters.match(name, file, f"parameters.{name}")
        free = {key: windows[0].parameters[key] for key in keys if _is_free(key, windows, outside)}
        if not free:
            remedy = "Give it one prior in [priors], or leave it out."
            raise Contradiction(file, place, "not as uncertain in every window: {value}", remedy, name)
        found |= free
    if not found:
        raise MissingField(file, place, "names no parameter", "Name one or more.")
    return tuple(found.values())


def _is_free(key: str, windows: Sequence[Scenario], outside: set[str]) -> bool:
    """Whether an element has the same prior in every window, and is of the register."""
    first = windows[0].parameters[key]
    shapes = {window.parameters[key].distribution for window in windows}
    return first.distribution is not None and len(shapes) == 1 and not outside.intersection(first.labels)


def _empty(case: Case, window: Scenario, n_trials: int) -> tuple[Array, Array, Array]:
    """Return room for what `_Years` keeps."""
    years, suppliers, categories = window.n_steps // QUARTERS, case.size("supplier"), case.size("category")
    shapes = (years, suppliers), (years, suppliers, categories), (years, categories)
    delivered, ordered, sizes = (np.zeros((*shape, n_trials)) for shape in shapes)
    return delivered, ordered, sizes


class _Years:
    """Trials of a window by year: what was delivered and ordered.

    Attributes
    ----------
    delivered : ndarray, shape (year, supplier, trial)
        TIV m.
    ordered : ndarray, shape (year, supplier, category, trial)
        Number of orders in the register's categories.
    sizes : ndarray, shape (year, category, trial)
        Sum of the log sizes of these.
    """

    reads = ("deliveries", "contract_supplier", "contract_category", "contract_trial", "contract_tiv")

    def __init__(self, window: Scenario, n_trials: int) -> None:
        self.delivered, self.ordered, self.sizes = _empty(window.case, window, n_trials)
        self.in_register = window.case.constants["in_register"] > 0

    def add(self, step: int, trials: slice, values: Mapping[str, Array]) -> None:
        """Add a quarter to its year."""
        year = step // QUARTERS
        self.delivered[year][..., trials] += values["deliveries"]
        counts = self.in_register[values["contract_category"]]
        supplier, category, trial, tiv = (
            values[f"contract_{name}"][counts] for name in ("supplier", "category", "trial", "tiv")
        )
        np.add.at(self.ordered[year][..., trials], (supplier, category, trial), 1.0)
        size = np.log(np.maximum(tiv, _LEAST_SIZE))
        np.add.at(self.sizes[year][..., trials], (category, trial), size)

    def result(self) -> tuple[Array, Array, Array]:
        """Return the three."""
        return self.delivered, self.ordered, self.sizes


def describe(element: Element) -> str:
    """Return the prior of a calibrated element in words."""
    return element.distribution.describe() if element.distribution else ""


def data_vintage(case: Case) -> list[str]:
    """Return the sources of a case, with their releases, as its tables state them."""
    notice = case.folder / "data" / "NOTICE.md"
    lines = notice.read_text(encoding="utf-8").splitlines() if Path(notice).is_file() else []
    return [*case.sources, *(line.split("|")[2].strip() for line in lines if line.startswith("| `deals"))]
