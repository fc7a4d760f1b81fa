"""The constants of a case as arrays: who sells what, how near they are, what a regime permits.

Market presence and UN votes are read as known at the beginning of a year, so that a run from an
earlier date sees nothing later.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.case.file import FILE
from sim.case.schema import Capital, CaseFile
from sim.files import tables
from sim.files.records import shown
from sim.numerics import angles
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import DuplicateKey, MissingField, OutsideHorizon, UnknownName, nearest

#: Mean radius of the Earth, km (International Union of Geodesy and Geophysics).
_EARTH_RADIUS = 6371.0


def build(record: CaseFile, folder: Path, year: int) -> dict[str, NDArray[Any]]:
    """Return every glossary variable with role "case", as known at the beginning of `year`."""
    suppliers, categories = record.suppliers, tuple(record.categories)
    states = [record.states[name] for name in suppliers]
    camps, donor = tuple(record.camps), record.grants.donor if record.grants else None
    basket = record.grants.basket if record.grants else {}
    constants: dict[str, NDArray[Any]] = {
        "world_order_share": world_order_share(record, folder, year),
        "ideal_point_distance": ideal_point_distance(record, folder, year),
        "distance": capital_distance(record),
        "catalogue": np.array([_flags(s.catalogue.categories, categories) for s in states if s.catalogue]),
        "is_export_controlled": np.array([float(s.is_export_controlled) for s in states]),
        "regime_permits": np.array([_flags(r.permits, categories) for r in record.regimes.values()]),
        "regime_reviews": np.array([_flags(r.reviews, categories) for r in record.regimes.values()]),
        "is_grant_donor": _flags([donor] if donor else [], suppliers),
        "is_pool": _flags([record.residual_supplier] if record.residual_supplier else [], suppliers),
        "grant_basket": np.array([float(basket.get(name, 0.0)) for name in categories]),
        "in_register": np.array([float(c.in_register) for c in record.categories.values()]),
        "domain_members": np.array([_flags(d.categories, categories) for d in record.domains.values()]),
        "camp": np.array([camps.index(s.camp) for s in states if s.camp], dtype=np.int64),
        "camp_sign": np.array([float(record.camps[s.camp].sign) for s in states if s.camp]),
        "is_grant_channel": np.array([float(c.carries_grants) for c in record.channels.values()]),
        "front_neighbour": np.array(
            [_flags([f.neighbour] if f.neighbour else [], record.partners) for f in record.fronts.values()]
        ),
    }
    for array in constants.values():
        array.setflags(write=False)
    return constants


def _flags(chosen: Iterable[str], names: Iterable[str]) -> Array:
    chosen = tuple(chosen)
    return np.array([float(name in chosen) for name in names])


def capital_distance(record: CaseFile) -> Array:
    """Return the great-circle distance from the recipient's capital to each supplier's, in km."""
    home = record.states[record.recipient].capital
    distances = []
    for name in record.suppliers:
        state = record.states[name]
        given = state.distance.km if state.distance else _great_circle(home, state.capital)  # type: ignore[arg-type]
        distances.append(float(given))
    return np.array(distances)


def _great_circle(a: Capital, b: Capital) -> float:
    return _EARTH_RADIUS * angles.between(a.latitude, a.longitude, b.latitude, b.longitude)


def world_order_share(record: CaseFile, folder: Path, year: int) -> Array:
    """Return each supplier's share of the world's orders by category, in the last window before `year`.

    Categories of the table are pooled by number of orders. The residual supplier has what the
    others leave. A supplier without an order is credited with the case's floor.
    """
    orders, world = _world_orders(folder / record.world_orders.file, year)
    residual, floor = record.residual_supplier, record.world_orders.floor
    shares = np.zeros((len(record.suppliers), len(record.categories)))
    for column, (name, category) in enumerate(record.categories.items()):
        for pooled in category.world_orders:
            if pooled not in world:
                place, remedy = f"categories.{name}.world_orders", nearest(pooled, world, "categories")
                file = shown(folder / FILE)
                raise UnknownName(file, place, "not in the table: {value}", remedy, pooled)
        total = math.fsum(world[pooled] for pooled in category.world_orders)
        counts = {
            supplier: math.fsum(
                orders.get((pooled, spelling), 0.0)
                for pooled in category.world_orders
                for spelling in record.states[supplier].register_names
            )
            for supplier in record.suppliers
        }
        if residual is not None:
            named = math.fsum(count for supplier, count in counts.items() if supplier != residual)
            counts[residual] = total - named
        shares[:, column] = [max(count, floor) / total for count in counts.values()]
    return shares


def _world_orders(path: Path, year: int) -> tuple[dict[tuple[str, str], float], dict[str, float]]:
    """Return orders by category and supplier, and by category, in the last window before `year`."""
    rows = tables.read(path, ("window", "category", "supplier", "deals", "world_deals"))
    last = {row.text("window"): row.window("window")[1] for row in rows}
    past = [window for window in last if last[window] < year]
    if not past:
        remedy = f"Start after {min(last.values(), default=year)}, or add an earlier window."
        raise OutsideHorizon(shown(path), "", f"no window ends before {year}", remedy)
    latest = max(past, key=lambda window: last[window])
    orders: dict[tuple[str, str], float] = {}
    world: dict[str, float] = {}
    for row in rows:
        if row.text("window") == latest:
            category, supplier = row.text("category"), row.text("supplier")
            if (category, supplier) in orders:
                message = f"{latest}, {category}, {supplier} given twice"
                raise DuplicateKey(row.file, row.place("supplier"), message, "Keep one row.")
            orders[category, supplier] = row.number_in("deals", 0)
            world[category] = row.number_in("world_deals", 1)
    return orders, world


def ideal_point_distance(record: CaseFile, folder: Path, year: int) -> Array:
    """Return each supplier's mean distance to the recipient in UN votes over the last years before `year`.

    Zero for all where the case has no table of votes.
    """
    if record.ideal_points is None:
        return np.zeros(len(record.suppliers))
    path = folder / record.ideal_points.file
    first = year - record.ideal_points.years
    points: dict[str, dict[int, float]] = defaultdict(dict)
    for row in tables.read(path, ("year", "country", "ideal_point_fp")):
        when = row.year("year")
        if first <= when < year:
            points[row.text("country")][when] = row.number_in("ideal_point_fp")
    home = points[record.states[record.recipient].votes_as or ""]

    def measured(supplier: str) -> float:
        country = record.states[supplier].votes_as or ""
        gaps = [abs(point - home[when]) for when, point in points[country].items() if when in home]
        if not gaps:
            remedy = "Correct votes_as in case.toml, or give votes_like instead."
            raise MissingField(shown(path), country, f"no votes in {first}-{year - 1}", remedy)
        return math.fsum(gaps) / len(gaps)

    distances = []
    for name in record.suppliers:
        like = record.states[name].votes_like
        sample = [measured(other) for other in (like.states if like else (name,))]
        distances.append(math.fsum(sample) / len(sample))
    return np.array(distances)
