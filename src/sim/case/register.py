"""The deal register: what had been ordered and delivered when a run begins.

The order book, the stock and the memory of past orders all come from here. Only what was known at
the end of the year before the start is used, so that a run from an earlier date can be scored.

Three rules bring the register to the model's terms. Names of suppliers and items are mapped by the
case. A deal that the register calls complete, with its last delivery before the start, is complete.
Every other delivery goes to the deals for the same item whose delivery years name its year, or
else to any of them, those ordered first being served first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Protocol

import numpy as np

from sim.case.case import Case
from sim.files import tables
from sim.files.records import shown
from sim.files.tables import Row
from sim.numerics.elementary import total
from sim.vocabulary.axes import QUARTERS, WINDOW, Array, BoolArray, IntArray
from sim.vocabulary.errors import DuplicateKey, OutsideHorizon, UnknownName, nearest

#: `quarters_since_order` of a supplier that never had an order: ten thousand years.
NEVER = 40_000.0

#: Volumes below this are rounding, TIV m.
_NOTHING = 1e-9

#: An order or a delivery happens, on average, in the middle of its year.
_MID_YEAR = 0.5

#: Cases whose registers are kept once they are read.
_CASES = 8


class Date(Protocol):
    """A quarter of the calendar, such as `sim.vocabulary.dates.Quarter`."""

    @property
    def year(self) -> int:
        """Calendar year."""

    @property
    def quarter(self) -> int:
        """1 to 4."""


@dataclass(frozen=True)
class Deal:
    """One row of the deals table; supplier and category are indices into the case's axes."""

    supplier: int
    category: int
    year: int
    tiv: float
    is_platform: bool
    item: str
    kind: str
    delivery_years: tuple[int, ...]
    is_complete: bool


@dataclass(frozen=True)
class Delivery:
    """One row of the deliveries table; `kind` is the register's own category."""

    supplier: int
    category: int
    year: int
    tiv: float
    item: str
    kind: str


@dataclass(frozen=True)
class RegisterState:
    """The register as known at the start.

    Parameters
    ----------
    years : ndarray of int
        Consecutive years, from the register's first to the one before the start.
    delivered : ndarray, [year, supplier, category]
        TIV m delivered.
    ordered : ndarray, [year, supplier, category]
        Number of platform orders.
    delivery_history, order_history : ndarray, [lag, supplier]
        TIV m by quarter over the rolling window, oldest first; a quarter has a fourth of its year.
    quarters_since_order : ndarray, [supplier]
        Since the last platform order, or `NEVER`.
    open_supplier, open_category : ndarray of int
        Indices of the orders not yet delivered in full, in order of age.
    open_tiv : ndarray
        What remains of them, TIV m.
    open_size : ndarray
        Their whole volumes, TIV m.
    open_age : ndarray
        Years since the order.
    open_arriving : ndarray
        Years since the first delivery; zero where there was none.
    open_has_started : ndarray of bool
        Whether part of it has been delivered.
    open_label : tuple of str
        The items.
    """

    years: IntArray
    delivered: Array
    ordered: Array
    delivery_history: Array
    order_history: Array
    quarters_since_order: Array
    open_supplier: IntArray
    open_category: IntArray
    open_tiv: Array
    open_size: Array
    open_age: Array
    open_arriving: Array
    open_has_started: BoolArray
    open_label: tuple[str, ...]


def initial(case: Case, start: Date) -> RegisterState:
    """Return the register as known at the end of the year before `start`; nobody changes its arrays."""
    return _initial(case, start.year, start.quarter)


@lru_cache(maxsize=_CASES)
def _initial(case: Case, year: int, quarter: int) -> RegisterState:
    """Return the same, worked out once."""
    all_deals, all_deliveries = read(case)
    years = _years(case, year)
    deals = [deal for deal in all_deals if deal.year < year]
    deliveries = [delivery for delivery in all_deliveries if delivery.year < year]
    now = year + (quarter - 1) / QUARTERS
    shape = len(years), case.size("supplier"), case.size("category")
    delivered, ordered, ordered_tiv = np.zeros(shape), np.zeros(shape), np.zeros(shape[:2])
    since = np.full(shape[1], NEVER)
    for delivery in deliveries:
        delivered[delivery.year - years[0], delivery.supplier, delivery.category] += delivery.tiv
    for deal in deals:
        ordered_tiv[deal.year - years[0], deal.supplier] += deal.tiv
        if deal.is_platform:
            ordered[deal.year - years[0], deal.supplier, deal.category] += 1
            since[deal.supplier] = min(since[deal.supplier], (now - deal.year - _MID_YEAR) * QUARTERS)
    book = [
        (deal, deal.tiv - arrived)
        for deal, arrived in _arrived(deals, deliveries, year)
        if deal.tiv - arrived > _NOTHING
    ]
    return RegisterState(
        years=years,
        delivered=delivered,
        ordered=ordered,
        delivery_history=_by_quarter(total(np.moveaxis(delivered, 2, 0))),
        order_history=_by_quarter(ordered_tiv),
        quarters_since_order=since,
        open_supplier=np.array([deal.supplier for deal, _ in book], dtype=np.int64),
        open_category=np.array([deal.category for deal, _ in book], dtype=np.int64),
        open_tiv=np.array([left for _, left in book], dtype=float),
        open_size=np.array([deal.tiv for deal, _ in book], dtype=float),
        open_age=np.array([now - deal.year - _MID_YEAR for deal, _ in book], dtype=float),
        open_arriving=np.array([_arriving(deal, left, now) for deal, left in book], dtype=float),
        open_has_started=np.array([_has_started(deal, left) for deal, left in book], dtype=bool),
        open_label=tuple(deal.item for deal, _ in book),
    )


def _has_started(deal: Deal, left: float) -> bool:
    return left < deal.tiv - _NOTHING


def _arriving(deal: Deal, left: float, now: float) -> float:
    """Return for how many years an order has been arriving, by the first year that the register names."""
    if not _has_started(deal, left):
        return 0.0
    begun = [year for year in deal.delivery_years if year + _MID_YEAR < now]
    return now - min(begun, default=deal.year) - _MID_YEAR


def history(case: Case, start: Date) -> tuple[IntArray, Array]:
    """Return the years before `start` and the TIV m delivered in them, [year, supplier]."""
    state = initial(case, start)
    return state.years, total(np.moveaxis(state.delivered, 2, 0))


def world_order_share(case: Case, start: Date) -> Array:
    """Return each supplier's share of the world's orders before `start`, [supplier, category]."""
    return case.constants_at(start.year)["world_order_share"]


@lru_cache(maxsize=_CASES)
def read(case: Case) -> tuple[tuple[Deal, ...], tuple[Delivery, ...]]:
    """Return the register's deals, by order year, and its deliveries, by year.

    Raises
    ------
    InputError
        With file, row, column and remedy, for a row that cannot be read.
    """
    files, becomes = case.record.deal_register, _categories(case)
    columns = ("supplier", "designation", "description", "category")
    deal_columns = (*columns, "order_year", "delivery_years", "tiv_total_order", "tiv_delivered")
    delivery_columns = (*columns, "year", "tiv")
    deals = [_deal(case, row, becomes) for row in tables.read(case.folder / files.deals, deal_columns)]
    deliveries = [
        _delivery(case, row, becomes) for row in tables.read(case.folder / files.deliveries, delivery_columns)
    ]
    by_year = attrgetter("year")
    return tuple(sorted(deals, key=by_year)), tuple(sorted(deliveries, key=by_year))


def _deal(case: Case, row: Row, becomes: dict[tuple[str, str], int]) -> Deal:
    files, tiv, delivered = case.record.deal_register, row.volume("tiv_total_order"), "tiv_delivered"
    return Deal(
        supplier=_supplier(case, row),
        category=_category(row, becomes),
        year=row.year("order_year", files.first_year, files.last_year),
        tiv=tiv,
        is_platform=row.text("category") not in files.not_platforms,
        item=row.text("designation"),
        kind=row.text("category"),
        delivery_years=row.years("delivery_years"),
        is_complete=bool(row.cells[delivered]) and row.volume(delivered) >= tiv - _NOTHING,
    )


def _delivery(case: Case, row: Row, becomes: dict[tuple[str, str], int]) -> Delivery:
    files = case.record.deal_register
    return Delivery(
        supplier=_supplier(case, row),
        category=_category(row, becomes),
        year=row.year("year", files.first_year, files.last_year),
        tiv=row.volume("tiv"),
        item=row.text("designation"),
        kind=row.text("category"),
    )


def _years(case: Case, start_year: int) -> IntArray:
    files = case.record.deal_register
    if not files.first_year < start_year <= files.last_year + 1:
        file = shown(case.folder / files.deals)
        remedy = f"Start in {files.first_year + 1} to {files.last_year + 1}."
        message = f"the register covers {files.first_year}-{files.last_year} and cannot start {{value}}"
        raise OutsideHorizon(file, "", message, remedy, start_year)
    return np.arange(files.first_year, start_year)


def _by_quarter(yearly: Array) -> Array:
    """Spread [year, supplier] over the quarters of the window; years before the register are empty."""
    years = WINDOW // QUARTERS
    padded = np.concatenate([np.zeros((years, yearly.shape[1])), yearly])[-years:]
    return np.repeat(padded / QUARTERS, QUARTERS, axis=0)


def _arrived(deals: list[Deal], deliveries: list[Delivery], start_year: int) -> Iterator[tuple[Deal, float]]:
    """Yield each deal with what had been delivered on it; see the module's rules."""
    arrived = [0.0] * len(deals)
    same_item: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for position, deal in enumerate(deals):
        same_item[deal.supplier, deal.item, deal.kind].append(position)
    for delivery in deliveries:
        candidates = same_item[delivery.supplier, delivery.item, delivery.kind]
        named = [position for position in candidates if delivery.year in deals[position].delivery_years]
        left = delivery.tiv
        for position in (*named, *candidates):
            if deals[position].year <= delivery.year:
                part = min(left, deals[position].tiv - arrived[position])
                arrived[position] += part
                left -= part
    for position, deal in enumerate(deals):
        is_over = deal.is_complete and all(year < start_year for year in deal.delivery_years)
        yield deal, deal.tiv if is_over else arrived[position]


def _supplier(case: Case, row: Row) -> int:
    """Return the index of the supplier that goes by this name in the register."""
    name = row.text("supplier")
    for supplier, state in case.record.states.items():
        if name in state.register_names and supplier != case.recipient:
            return case.suppliers.index(supplier)
    if case.record.residual_supplier is not None:
        return case.suppliers.index(case.record.residual_supplier)
    spellings = [spelling for state in case.record.states.values() for spelling in state.register_names]
    remedy = f"{nearest(name, spellings, 'suppliers')} Or name a residual_supplier in case.toml."
    raise UnknownName(row.file, row.place("supplier"), "no such supplier: {value}", remedy, name)


def _category(row: Row, becomes: dict[tuple[str, str], int]) -> int:
    """Return the index of the category that an item of this description belongs to."""
    kind, description = row.text("category"), row.text("description")
    if (kind, description) not in becomes:
        kinds = {other for other, _ in becomes}
        column, name = ("category", kind) if kind not in kinds else ("description", description)
        known = kinds if column == "category" else {other for group, other in becomes if group == kind}
        remedy = f"{nearest(name, sorted(known))} A new one goes into the table of categories."
        raise UnknownName(
            row.file, row.place(column), "not in the table of categories: {value}", remedy, name
        )
    return becomes[kind, description]


def _categories(case: Case) -> dict[tuple[str, str], int]:
    """Return the table of categories: the register's category and description -> ours."""
    becomes: dict[tuple[str, str], int] = {}
    columns = ("category", "description", "becomes", "reason")
    for row in tables.read(case.folder / case.record.deal_register.categories, columns):
        key, name = (row.text("category"), row.text("description")), row.text("becomes")
        row.text("reason")
        if name not in case.categories:
            remedy = nearest(name, case.categories, "categories")
            raise UnknownName(row.file, row.place("becomes"), "no such category: {value}", remedy, name)
        if key in becomes:
            message = f"{key[0]}, {key[1]} given twice"
            raise DuplicateKey(row.file, row.place("description"), message, "Keep one row.")
        becomes[key] = case.categories.index(name)
    return becomes
