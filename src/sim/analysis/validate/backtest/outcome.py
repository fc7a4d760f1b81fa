"""What happened in a window, in the terms of a forecast. Read only after the forecast is registered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.validate.backtest.forecast import before
from sim.analysis.validate.backtest.origins import Origin
from sim.analysis.validate.backtest.targets import Window
from sim.case import register
from sim.case.case import Case
from sim.importers import categories
from sim.importers.registers import Register
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import OutsideHorizon


@dataclass(frozen=True)
class Outcome:
    """The record of a window.

    Parameters
    ----------
    window : Window
        With one sample.
    choices : ndarray of int, shape (order, 2)
        Supplier and category of each platform order.
    """

    window: Window
    choices: Array


#: What happened: year, supplier, TIV m of each delivery; year, supplier, category of each platform order.
Rows = tuple[list[tuple[int, int, float]], list[tuple[int, int, int]]]


def of_case(origin: Origin) -> Outcome:
    """Return the outcome from the register of a shipped case."""
    case = origin.scenario.case
    deals, deliveries = register.read(case)
    check_window(origin.year, origin.years, case.record.deal_register.last_year)
    rows = (
        [(each.year, each.supplier, each.tiv) for each in deliveries],
        [(each.year, each.supplier, each.category) for each in deals if each.is_platform],
    )
    return _outcome(origin, rows)


def of_register(origin: Origin, whole: Register) -> Outcome:
    """Return the outcome from the whole register, given an origin whose case knows only its beginning."""
    case = origin.scenario.case
    check_window(origin.year, origin.years, whole.last_year)
    deliveries = [
        (year, _supplier(case, name), tiv) for (name, year), tiv in sorted(whole.deliveries().items())
    ]
    orders = [
        (
            deal.year,
            _supplier(case, deal.supplier),
            case.categories.index(categories.becomes(deal.kind, deal.description)),
        )
        for deal in whole.deals
        if deal.kind not in case.record.deal_register.not_platforms
    ]
    return _outcome(origin, (deliveries, orders))


def _supplier(case: Case, name: str) -> int:
    known = categories.identifier(name)
    pool = case.record.residual_supplier or case.suppliers[-1]
    return case.suppliers.index(known if known in case.suppliers else pool)


def check_window(origin: int, years: int, last_year: int) -> None:
    """Refuse a window that goes beyond the last year of a register."""
    if origin + years - 1 > last_year:
        remedy = f"Choose an origin up to {last_year - years + 1}, or give fewer --years."
        raise OutsideHorizon("", "origin", f"the register ends with {last_year}", remedy, origin)


def _outcome(origin: Origin, rows: Rows) -> Outcome:
    case = origin.scenario.case
    delivered, ordered = np.zeros((2, origin.years, case.size("supplier"), 1))
    choices = []
    for year, supplier, tiv in rows[0]:
        if 0 <= year - origin.year < origin.years:
            delivered[year - origin.year, supplier, 0] += tiv
    for year, supplier, category in rows[1]:
        if 0 <= year - origin.year < origin.years:
            ordered[year - origin.year, supplier, 0] += 1
            choices.append((supplier, category))
    window = Window(delivered, ordered, *before(origin.scenario))
    return Outcome(window, np.array(choices, dtype=int).reshape(-1, 2))
