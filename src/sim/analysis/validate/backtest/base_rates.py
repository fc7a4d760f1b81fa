"""What importers in general do: how windows came out, on record, so many years after earlier origins.

A forecast of one importer uses the others alone, and of them only windows that were over at its origin. What
has a size, volume and number of orders, is taken as the ratio to that of the window before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.validate.backtest.targets import Window
from sim.files.records import read_toml
from sim.importers.categories import DATA, identifier
from sim.importers.registers import Register
from sim.vocabulary.axes import Array

#: Base rates of fewer windows than this are none.
_FEWEST = 10


@dataclass(frozen=True)
class Course:
    """What followed on an origin of an importer.

    Parameters
    ----------
    recipient : str
    known : int
        The year from whose beginning on it is known.
    ahead : int
        Last year of the window, counted from the origin.
    values : dict of str to float
        Shares, and the ratios of volume and orders to those of the window before.
    """

    recipient: str
    known: int
    ahead: int
    values: dict[str, float]


def courses(register: Register, length: int, ahead: int) -> list[Course]:
    """Return what followed on every origin of a register that has a window before and all windows after it.

    Parameters
    ----------
    register : Register
    length : int
        Years of a window.
    ahead : int
        Last year of the last window, counted from the origin.
    """
    not_platforms = read_toml(DATA / "template.toml")["not_platforms"]
    start, end = register.first_year, register.last_year + 1
    names = sorted({identifier(deal.supplier) for deal in register.deals})
    delivered, ordered = np.zeros((2, end - start, len(names)))
    for (name, year), tiv in register.deliveries().items():
        if start <= year < end:
            delivered[year - start, names.index(identifier(name))] += tiv
    for deal in register.deals:
        if deal.kind not in not_platforms:
            ordered[deal.year - start, names.index(identifier(deal.supplier))] += 1
    found = []
    for origin in range(start + length, end - length + 1):
        past = slice(origin - start - length, origin - start)
        volume = delivered[past].sum(axis=0)
        if not volume.any():
            continue
        leader, is_old = int(volume.argmax()), np.ones(len(names), dtype=bool)
        before = _scalars(delivered[past], ordered[past], leader, is_old)
        for last in range(length, min(ahead, end - origin) + 1, length):
            window = slice(origin - start + last - length, origin - start + last)
            after = _scalars(delivered[window], ordered[window], leader, is_old)
            values = {name: after[name] for name in ("leader_share", "top_share", "hhi")}
            values |= {
                name: after[name] / before[name] for name in ("total_tiv", "n_deals") if before[name] > 0
            }
            found.append(Course(register.recipient, origin + last, last, values))
    return found


def _scalars(delivered: Array, ordered: Array, leader: int, is_old: Array) -> dict[str, float]:
    window = Window(delivered[..., None], ordered[..., None], leader, is_old)
    return {name: float(values[0]) for name, values in window.scalars().items()}


def known(courses: Sequence[Course], recipient: str, year: int, ahead: int) -> dict[str, Array]:
    """Return what followed for other importers, of windows that were over before a year.

    Parameters
    ----------
    courses : sequence of Course
    recipient : str
        Whose own courses are left out.
    year, ahead : int
        Origin and last year of the window.
    """
    found: dict[str, list[float]] = defaultdict(list)
    for each in courses:
        if each.recipient != recipient and each.known <= year and each.ahead == ahead:
            for name, value in each.values.items():
                found[name].append(value)
    return {name: np.array(values) for name, values in found.items() if len(values) >= _FEWEST}


def samples(rates: Mapping[str, Array], before: Mapping[str, float]) -> dict[str, Array]:
    """Return predictive samples of targets, given volume and orders of the window before."""
    return {name: values * before.get(name, 1.0) for name, values in rates.items()}
