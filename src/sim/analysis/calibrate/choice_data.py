"""Recorded choices of supplier as data for a logit: who was chosen, among whom, and what drew the buyer.

The covariates are those of `sim.model.mechanisms.attraction` and `standing`, as known at the beginning of the
order year, so that the coefficient of a column is the parameter of its name:

    V = installed_weight S + experience_weight k + recent_weight R
        + market_weight (ln m - k ln(m / m0)) + known_market_weight k ln(m / m0)
        + ideal_point_weight (-d) + distance_weight (-ln km) + pool_weight pool - elasticity ln p
    k = E / (E + e)

Two sources: the register of a case (one recipient), or a table of the deals of any recipients. Terms that
no register records (finance and technology on offer, prices, politics) have no column here. What a case
assumes of prices p is taken as it is, so that pair effects are what is left beside it: left out, they would
contain it, and the model would count it twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sim.case import register
from sim.case.case import Case
from sim.files import tables
from sim.model.mechanisms import attraction, experience
from sim.parameter.parameter_set import ParameterSet
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import QUARTERS, Array, BoolArray, IntArray
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, MissingField

#: The parameters that choices on record can inform, in the order of the columns.
TERMS = (
    "attraction.installed_weight",
    "attraction.experience_weight",
    "attraction.recent_weight",
    "standing.market_weight",
    "attraction.known_market_weight",
    "standing.ideal_point_weight",
    "standing.distance_weight",
    "standing.pool_weight",
)

#: Terms of the utility without a column, and why.
WITHOUT_DATA = {
    "attraction.finance_weight, technology_weight": "offers that were turned down are in no register",
    "attraction.concentration_weight, camp_correlation": "nearly collinear with the installed share",
    "attraction.political_cost, hostility_weight": "relations are not on record by year",
    "standing.price_elasticity, lead_time_weight": "prices and offered delivery times are not published",
    "standing.niche": "outside the register",
}

#: Years in a window of the world's orders, where it is counted from the table of deals itself.
_WINDOW = 5

#: Numbers that are kept for a table, by recipient, supplier, category and year: 2 GiB.
_LARGEST_TABLE = 2**28

#: Bounds of the table of pairs: ideal points lie within a few units, and no two places are farther apart.
_LARGEST_VOTES, _LARGEST_KM = 100.0, 20_040.0

#: The parameters that columns follow from.
_NUMBERS = (
    "experience.experience_fading",
    "deliveries.stock_wear",
    "attraction.experience_scale",
    "attraction.recent_window",
    "attraction.usual_market_share",
)

_COLUMNS = ("recipient", "supplier", "category", "order_year", "tiv_total_order", "delivery_years")


@dataclass(frozen=True)
class Choices:
    """Choices among suppliers.

    Parameters
    ----------
    terms : tuple of str
        Names of the columns: parameters of the model.
    suppliers : tuple of str
        Names of the options.
    covariates : ndarray, shape (choice, supplier, term)
        Values of the columns; anything where a supplier is not available.
    available : ndarray of bool, shape (choice, supplier)
        Who was in the running.
    chosen : ndarray of int, shape (choice,)
        Who was chosen.
    year : ndarray of int, shape (choice,)
        Of the order.
    cluster : ndarray of int, shape (choice,)
        Choices that may share an error.
    clustered_by : str
        What a cluster is: a recipient or a year.
    dropped : int
        Orders left out because the supplier was not in the running by the case's own lists.
    offset : ndarray, shape (supplier,), or float
        What the case assumes of each supplier's utility beside the columns.
    """

    terms: tuple[str, ...]
    suppliers: tuple[str, ...]
    covariates: Array
    available: BoolArray
    chosen: IntArray
    year: IntArray
    cluster: IntArray
    clustered_by: str
    dropped: int = 0
    offset: Array | float = 0.0

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return len(np.unique(self.cluster))


def of_case(scenario: Scenario, first_year: int | None = None, last_year: int | None = None) -> Choices:
    """Return the platform orders on a case's register as choices.

    Parameters
    ----------
    scenario : Scenario
        Whose case, and whose decay of experience, wear of stock and recent window.
    first_year, last_year : int, optional
        Order years; by default all for which the world's orders were known, up to the register's last.
    """
    case = scenario.case
    platforms = [deal for deal in register.read(case)[0] if deal.is_platform]
    first = max(first_year or 0, 1 + _first_window_end(case.folder / case.record.world_orders.file))
    last = min(last_year or case.record.deal_register.last_year, case.record.deal_register.last_year)
    covariates, available, chosen, years = [], [], [], []
    for year in range(first, last + 1):
        deals = [deal for deal in platforms if deal.year == year]
        if not deals:
            continue
        known, sells = situation(case, scenario.parameters, year)
        covariates += [known[:, deal.category] for deal in deals]
        available += [sells[:, deal.category] for deal in deals]
        chosen += [deal.supplier for deal in deals]
        years += [year] * len(deals)
    found = Choices(
        terms=TERMS,
        suppliers=case.suppliers,
        covariates=np.array(covariates).reshape(-1, len(case.suppliers), len(TERMS)),
        available=np.array(available, dtype=bool).reshape(-1, len(case.suppliers)),
        chosen=np.array(chosen, dtype=np.int64),
        year=np.array(years, dtype=np.int64),
        cluster=np.array(years, dtype=np.int64),
        clustered_by="year",
        offset=_assumed(scenario.parameters),
    )
    return _in_the_running(found, f"the register of {case.name}, {first}-{last}")


def _assumed(parameters: ParameterSet) -> Array:
    """Return what a case assumes that prices do to each supplier's utility."""
    elasticity, price = (
        parameters.array(f"standing.{name}") for name in ("price_elasticity", "price_factor")
    )
    return -elasticity * np.log(price)


def situation(case: Case, parameters: ParameterSet, year: int) -> tuple[Array, BoolArray]:
    """Return what was known of each supplier at the beginning of a year, and who was in the running.

    Parameters
    ----------
    case : Case
    parameters : ParameterSet
        Whose decay and scale of experience, wear of stock and recent window.
    year : int

    Returns
    -------
    ndarray, shape (supplier, category, term)
        The columns `TERMS`.
    ndarray of bool, shape (supplier, category)
    """
    decay, wear, scale, recent, usual = (float(parameters.array(name)) for name in _NUMBERS)
    known, constants = register.initial(case, Quarter(year, 1)), case.constants_at(year)
    stock = (known.delivered.sum(axis=2) * _kept(wear, known.years, year)[:, None]).sum(axis=0)
    memory = experience.start(
        ordered_cohorts=known.ordered,
        last_order_age=known.quarters_since_order,
        experience_fading=np.array([decay]),
    ).experience[..., 0]
    is_pool = constants["is_pool"]
    # The pool of other suppliers is no single supplier: it has neither experience nor reliability.
    is_actor = 1.0 - is_pool
    by_orders = is_actor[:, None] * attraction.known(memory, np.asarray(scale))
    market = np.log(constants["world_order_share"])
    columns = (
        (is_actor * _share(stock))[:, None],
        by_orders,
        (is_actor * (known.quarters_since_order <= recent * QUARTERS))[:, None],
        market - by_orders * (market - np.log(usual)),
        by_orders * (market - np.log(usual)),
        -constants["ideal_point_distance"][:, None],
        -np.log(constants["distance"])[:, None],
        is_pool[:, None],
    )
    covariates = np.stack([np.broadcast_to(column, memory.shape) for column in columns], axis=2)
    return covariates, constants["catalogue"] * _may_sell(constants, case, year) > 0


def of_table(
    path: Path,
    scenario: Scenario,
    dyads: Path | None = None,
    first_year: int | None = None,
    last_year: int | None = None,
) -> Choices:
    """Return the orders of a table of deals, of one recipient or many, as choices.

    Parameters
    ----------
    path : Path
        A CSV file with the columns of a trade register and `recipient` before them: recipient, supplier,
        category, order_year, tiv_total_order, delivery_years (``2021; 2022``; empty if not delivered).
    scenario : Scenario
        Whose decay of experience, wear of stock, recent window and floor of world orders.
    dyads : Path, optional
        A CSV file with recipient, supplier, ideal_point_distance and distance (km). Without it, the two
        terms are left out.
    first_year, last_year : int, optional
        Order years. The first five years on record only make history.

    Raises
    ------
    InputError
        With file, row, column and remedy.
    """
    rows = tables.read(path, _COLUMNS)
    if not rows:
        raise Contradiction(str(path), "", "a header without deals", "Give the deals under it, a row each.")
    names = {column: sorted({row.text(column) for row in rows}) for column in _COLUMNS[:3]}
    position = {column: {name: i for i, name in enumerate(found)} for column, found in names.items()}
    recipient, supplier, category = (
        np.array([position[column][row.text(column)] for row in rows], dtype=np.int64)
        for column in _COLUMNS[:3]
    )
    year = np.array([row.year("order_year") for row in rows], dtype=np.int64)
    span = range(int(year.min()), int(year.max()) + 1)
    shape = len(names["recipient"]), len(names["supplier"])
    if math.prod((*shape, len(names["category"]), len(span))) > _LARGEST_TABLE:
        message = (
            f"{shape[0]} recipients, {shape[1]} suppliers, {len(names['category'])} categories are too many"
        )
        raise Contradiction(str(path), "", message, "Give broader categories, or fewer recipients.")
    delivered = np.zeros((*shape, len(span) + 1))
    for row, r, s in zip(rows, recipient, supplier, strict=True):
        when, volume = row.years("delivery_years"), row.volume("tiv_total_order")
        for each in when:
            # What arrives after the last order has no choice left to bear on.
            delivered[r, s, min(max(each - span[0], 0), len(span))] += volume / len(when)
    ordered = np.zeros((*shape, len(names["category"]), len(span)))
    np.add.at(ordered, (recipient, supplier, category, year - span[0]), 1.0)
    has_market, between = len(names["recipient"]) > 1, _dyads(dyads, names)
    terms = tuple(
        term
        for term, has in zip(
            TERMS,
            # Who sells is in the table by name: there is no pool.
            (True, True, True, has_market, has_market, between is not None, between is not None, False),
            strict=True,
        )
        if has
    )
    array = scenario.parameters.array
    decay, wear = float(array("experience.experience_fading")), float(array("deliveries.stock_wear"))
    scale, usual = array("attraction.experience_scale"), array("attraction.usual_market_share")
    recent, floor = int(array("attraction.recent_window")), scenario.case.record.world_orders.floor
    # Who ever sold the category to anyone is in the running: a set that does not depend on the choice.
    sells = ordered.sum(axis=(0, 3)) > 0
    wanted = (year >= max(first_year or 0, span[0] + _WINDOW)) & (year <= (last_year or 9999))
    covariates = []
    for r, c, when in zip(recipient[wanted], category[wanted], year[wanted], strict=True):
        now = when - span[0]
        past = np.arange(now)
        stock = (delivered[r, :, :now] * (1.0 - wear) ** (now - 1 - past)).sum(axis=1)
        memory = (ordered[r, :, c, :now] * (1.0 - decay) ** (now - 1 - past)).sum(axis=1)
        is_recent = ordered[r, :, :, max(0, now - recent) : now].sum(axis=(1, 2)) > 0
        by_orders = attraction.known(memory, scale)
        columns = [_share(stock), by_orders, is_recent]
        if has_market:
            market = ordered[:, :, c, now - _WINDOW : now].sum(axis=(0, 2))
            log_share = np.log(np.maximum(market, floor) / max(market.sum(), floor))
            by_market = by_orders * (log_share - np.log(usual))
            columns += [log_share - by_market, by_market]
        if between is not None:
            columns += [-between[r, :, 0], -np.log(between[r, :, 1])]
        covariates.append(np.stack(columns, axis=1))
    is_one = len(names["recipient"]) == 1
    found = Choices(
        terms=terms,
        suppliers=tuple(names["supplier"]),
        covariates=np.array(covariates, dtype=float).reshape(-1, shape[1], len(terms)),
        available=sells[:, category[wanted]].T,
        chosen=supplier[wanted],
        year=year[wanted],
        cluster=year[wanted] if is_one else recipient[wanted],
        clustered_by="year" if is_one else "recipient",
    )
    return _in_the_running(found, str(path))


def _in_the_running(found: Choices, source: str) -> Choices:
    """Leave out choices without an alternative or of an unavailable supplier, and columns equal for all."""
    is_choice = found.available.sum(axis=1) > 1
    kept = is_choice & found.available[np.arange(len(found)), found.chosen]
    if not kept.any():
        raise Contradiction(source, "", "no choices to estimate from", "Give other years or another table.")
    own = found.covariates[np.arange(len(found)), found.chosen][:, None]
    differs = ((found.covariates != own) & found.available[..., None])[kept].any(axis=(0, 1))
    return replace(
        found,
        terms=tuple(term for term, has in zip(found.terms, differs, strict=True) if has),
        covariates=found.covariates[kept][..., differs],
        available=found.available[kept],
        chosen=found.chosen[kept],
        year=found.year[kept],
        cluster=found.cluster[kept],
        dropped=int(np.count_nonzero(~kept)),
    )


def _share(x: Array) -> Array:
    whole = x.sum()
    return x / whole if whole > 0 else np.zeros_like(x)


def _kept(wear: float, years: IntArray, now: int) -> Array:
    """Return the part of each year's deliveries that is left at the beginning of `now`."""
    kept: Array = (1.0 - wear) ** (now - 1 - years)
    return kept


def _may_sell(constants: dict[str, Array], case: Case, year: int) -> Array:
    """Return whether the export regime of the year lets a supplier sell a category."""
    since = np.array([regime.since for regime in case.record.regimes.values()])
    permits = constants["regime_permits"][np.flatnonzero(since <= year)[-1]] if (since <= year).any() else 1.0
    controlled = constants["is_export_controlled"][:, None]
    allowed: Array = 1.0 - controlled + controlled * permits
    return allowed


def _first_window_end(path: Path) -> int:
    return min(row.window("window")[1] for row in tables.read(path, ("window",)))


def _dyads(path: Path | None, names: dict[str, list[str]]) -> Array | None:
    """Return distance in votes and in km between each recipient and supplier, (recipient, supplier, 2)."""
    if path is None:
        return None
    columns = ("recipient", "supplier", "ideal_point_distance", "distance")
    rows = tables.read(path, columns)
    given = {
        (row.text("recipient"), row.text("supplier")): (
            row.number_in("ideal_point_distance", 0.0, _LARGEST_VOTES),
            row.number_in("distance", 1.0, _LARGEST_KM),
        )
        for row in rows
    }
    between = np.empty((len(names["recipient"]), len(names["supplier"]), 2))
    for r, recipient in enumerate(names["recipient"]):
        for s, supplier in enumerate(names["supplier"]):
            if recipient == supplier:
                between[r, s] = 0.0, 1.0
                continue
            if (recipient, supplier) not in given:
                raise MissingField(
                    str(path), "", f"no row for {recipient} and {supplier}", "Add one for each pair."
                )
            between[r, s] = given[recipient, supplier]
    return between
