"""What a register says, at a date, of how often, how much and with what money its recipient buys.

    rate_c   = N/T (n_c + w m_c) / (N + w)             orders of the last T years, world's mix m, weight w
    size_c   = exp mean log size, drawn to the recipient's mean by w orders, that to the general size by w,
               net of what suppliers add to the size of their orders
    factor_s = exp what a supplier adds, drawn to the others (`sim.importers.sizes`)
    price    = procurement money of a year / volume ordered or delivered in a year, the larger

Sizes are raised by what comes with platforms under entries of its own (missiles, engines). Own
calculation from the register as known before the date; errors are those of counts with the model's
dispersion and of means. The results are parameter changes, and replace numbers estimated on later years.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.case import register
from sim.case.case import Case
from sim.case.register import Deal
from sim.files import tables
from sim.files.records import read_toml
from sim.importers import sizes
from sim.importers.method import choices
from sim.importers.sizes import SizeEffects
from sim.numerics.elementary import exp, log
from sim.parameter import files as parameter_files
from sim.parameter import pooled
from sim.parameter.parameter_set import ParameterSet
from sim.vocabulary.axes import Array

#: Errors of a log below this are none.
_SURE = 1e-6

#: Parameter or element -> number or table, as `sim.scenario.scenario.Scenario.override` takes them.
Changes = dict[str, dict[str, Any]]


def known(case: Case, year: int, parameters: ParameterSet) -> Changes:
    """Return rates, sizes and prices as known before the beginning of a year.

    Parameters
    ----------
    case : Case
    year : int
        The year in which a run starts.
    parameters : ParameterSet
        Those of the run: the dispersion of counts, the general size, the budget.

    Returns
    -------
    dict
        Element -> table with value and distribution.
    """
    method = choices()
    deals = remembered(case, year)
    in_register = [
        index for index, name in enumerate(case.categories) if case.record.categories[name].in_register
    ]
    changes: Changes = {}
    for name, (rate, spread) in _rates(case, deals, year, in_register, parameters).items():
        changes[f"demand.deals_per_year.{name}"] = _lognormal(rate, spread)
    effects = supplier_effects(case, deals)
    for name, (median, error, spread) in _sizes(case, deals, in_register, effects.effect).items():
        changes[f"contracts.size_median.{name}"] = _lognormal(median, error)
        changes[f"contracts.size_spread.{name}"] = {"value": spread}
    for name, effect, error in zip(case.suppliers, effects.effect, effects.effect_error, strict=True):
        factor = float(exp(np.asarray(effect)))
        changes[f"contracts.size_factor.{name}"] = (
            _lognormal(factor, float(error)) if error > _SURE else {"value": factor}
        )
    volume = yearly_volume(case, deals, year)
    money = _central(parameters, "economy.initial_military_budget") * _central(
        parameters, "budget.procurement_share"
    )
    for name in case.categories:
        changes[f"contracts.price_level.{name}"] = _lognormal(money / volume, method["price_spread"])
    return {key: _within(parameters[key].bounds, change) for key, change in changes.items()}


def as_pooled() -> Changes:
    """Return the choice of supplier as all importers show it: a case's own estimate knows later orders."""
    weights = {"standing.pair_effect": (0.0, pooled.known().pair_spread), **pooled.weights()}
    return {
        name: {"value": mean, "distribution": {"normal": [mean, spread]}}
        for name, (mean, spread) in weights.items()
    }


def _within(bounds: tuple[float, float], change: dict[str, Any]) -> dict[str, Any]:
    """Return a change with its value moved into the bounds of the parameter."""
    value = min(max(change["value"], bounds[0]), bounds[1])
    if "distribution" not in change:
        return {"value": value}
    return _lognormal(value, change["distribution"]["lognormal"][1])


def remembered(case: Case, year: int) -> list[Deal]:
    """Return the deals of the years that count, before the beginning of a year."""
    first = year - choices()["remembered_years"]
    return [deal for deal in register.read(case)[0] if first <= deal.year < year]


def counted_years(case: Case, year: int) -> float:
    """Return over how many years orders are counted: fewer than usual where the register is younger."""
    return min(choices()["rate_years"], year - case.record.deal_register.first_year)


def yearly_volume(case: Case, deals: list[Deal], year: int) -> float:
    """Return what was ordered or delivered in a year of the last ones, whichever is more, TIV m."""
    years = counted_years(case, year)
    ordered = math.fsum(deal.tiv for deal in deals if deal.year >= year - years) / years
    delivered = math.fsum(d.tiv for d in register.read(case)[1] if year - years <= d.year < year) / years
    return max(ordered, delivered, min((deal.tiv for deal in deals if deal.tiv > 0), default=1.0))


def _rates(
    case: Case, deals: list[Deal], year: int, in_register: list[int], parameters: ParameterSet
) -> dict[str, tuple[float, float]]:
    """Return orders per year and their relative error by category."""
    method, dispersion = choices(), _central(parameters, "demand.dispersion")
    years = counted_years(case, year)
    counts = np.zeros(case.size("category"))
    for deal in deals:
        if deal.is_platform and deal.year >= year - years:
            counts[deal.category] += 1
    weight, mix = method["mix_weight"], _world_mix(case, year, in_register)
    # Half an order more than was seen: a rate of zero would be certain.
    in_all = (math.fsum(counts) + 0.5) / years
    credited = counts + weight * mix
    rates = {}
    for index in in_register:
        share = credited[index] / (math.fsum(counts) + weight)
        spread = math.sqrt((1.0 + dispersion) / max(credited[index], 1e-9))
        rates[case.categories[index]] = (
            float(in_all * share),
            float(min(spread, method["largest_rate_spread"])),
        )
    return rates


def _world_mix(case: Case, year: int, in_register: list[int]) -> Array:
    """Return the share of each category in the world's orders of the last window before a year."""
    rows = tables.read(case.folder / case.record.world_orders.file, ("window", "category", "world_deals"))
    latest = max((row.text("window") for row in rows if row.window("window")[1] < year), default="")
    world: Mapping[str, float] = {
        row.text("category"): row.number_in("world_deals") for row in rows if row.text("window") == latest
    }
    pooled = [case.record.categories[name].world_orders for name in case.categories]
    sharers = {name: sum(name in pool for i, pool in enumerate(pooled) if i in in_register) for name in world}
    mix = np.zeros(case.size("category"))
    for index in in_register:
        mix[index] = math.fsum(world[name] / sharers[name] for name in pooled[index] if name in world)
    in_all = math.fsum(mix)
    return mix / in_all if in_all else mix


def supplier_effects(case: Case, deals: list[Deal]) -> SizeEffects:
    """Return what each supplier adds to the log size of its platform orders."""
    sized = [deal for deal in deals if deal.is_platform and deal.tiv > 0]
    return sizes.estimate(
        log(np.array([deal.tiv for deal in sized])),
        np.array([deal.category for deal in sized], dtype=np.int64),
        np.array([deal.supplier for deal in sized], dtype=np.int64),
        case.size("category"),
        case.size("supplier"),
    )


def _sizes(
    case: Case, deals: list[Deal], in_register: list[int], effect: Array
) -> dict[str, tuple[float, float, float]]:
    """Return median size, its relative error and the log spread of sizes, by category."""
    weight = choices()["size_weight"]
    general, general_spread = (
        float(log(np.asarray(general_value("contracts", "size_median")))),
        general_value("contracts", "size_spread"),
    )
    sized = [
        (deal.category, float(log(np.asarray(deal.tiv))) - float(effect[deal.supplier]))
        for deal in deals
        if deal.is_platform and deal.tiv > 0
    ]
    own = (math.fsum(size for _, size in sized) + weight * general) / (len(sized) + weight)
    platforms = math.fsum(deal.tiv for deal in deals if deal.is_platform)
    extra = math.fsum(deal.tiv for deal in deals) / platforms if platforms > 0 else 1.0
    found = {}
    for index in in_register:
        here = [size for category, size in sized if category == index]
        n = len(here)
        mean = (math.fsum(here) + weight * own) / (n + weight)
        squares = (
            math.fsum((size - mean) * (size - mean) for size in here)
            + weight * general_spread * general_spread
        )
        spread = math.sqrt(squares / (n + weight))
        found[case.categories[index]] = (
            float(exp(np.asarray(mean))) * extra,
            spread / math.sqrt(n + weight),
            spread,
        )
    return found


def general_value(mechanism: str, name: str) -> float:
    """Return the value of a parameter before any case says otherwise."""
    path = parameter_files.DIRECTORY / f"{mechanism}.toml"
    return float(read_toml(path)[name]["value"])


def _lognormal(median: float, spread: float) -> dict[str, Any]:
    return {"value": median, "distribution": {"lognormal": [median, spread]}}


def _central(parameters: ParameterSet, name: str) -> float:
    return float(parameters.array(name).ravel()[0])
