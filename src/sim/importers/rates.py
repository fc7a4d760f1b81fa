"""What a register says, at a date, of how often, how much and with what money its recipient buys.

    rate_c   = lambda (n_c + w m_c) / (N + w)    orders of the last years, world's mix m, weight w
    its median     rate_c exp((e^2 - e_c^2) / 2),   e_c: its error;   e^2 = sum (rate_c e_c)^2 / lambda^2
    lambda   = orders a year in the long run, and the wave at the start (`sim.importers.waves`)
    sizes    = by category, supplier and both, and how sure the level is (`sim.importers.sizes`)
    price    = procurement money of a year / volume ordered or delivered in a year, the larger

Doubt about the mix leaves the total where it is: the mean of a lognormal is above its median, the more so the
less is known. Sizes are raised by what comes with platforms under entries of its own (missiles, engines). Own
calculation from the register as known before the date; errors are those of counts with the model's
dispersion and of means. The results are parameter changes, and replace numbers estimated on later years.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from sim.case import register
from sim.case.case import Case
from sim.case.register import Deal
from sim.files import tables
from sim.files.records import read_toml
from sim.importers import sizes, waves
from sim.importers.method import by_category, choices, estimate, estimates
from sim.importers.sizes import SizeEffects
from sim.importers.waves import Wave
from sim.numerics.elementary import exp, log, total
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
        Those of the run: the budget, and bounds.

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
    wave = waves.known(orders_by_year(case, year), growth(parameters))
    yearly = _rates(case, deals, year, in_register, wave.mean)
    counted = _variance_in_all(yearly.values())
    changes = _waves(wave, counted)
    for name, (rate, error) in yearly.items():
        median = rate * _exp(0.5 * (counted - error * error))
        changes[f"demand.deals_per_year.{name}"] = _lognormal(median, error)
    effects = supplier_effects(case, deals)
    changes["contracts.size_level"] = _lognormal(1.0, effects.level_error)
    for index in in_register:
        name, median = case.categories[index], _exp(effects.mean[index]) * extra(deals)
        changes[f"contracts.size_median.{name}"] = _lognormal(median, float(effects.mean_error[index]))
        changes[f"contracts.size_spread.{name}"] = {"value": float(effects.spread[index])}
    for i, supplier in enumerate(case.suppliers):
        error = float(effects.effect_error[i])
        changes[f"contracts.size_factor.{supplier}"] = _lognormal(_exp(effects.effect[i]), error)
        for index in in_register:
            if effects.specialty[i, index]:
                key = f"contracts.size_specialty.{supplier}.{case.categories[index]}"
                changes[key] = {"value": _exp(effects.specialty[i, index])}
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
    (kind, numbers), *_ = change.get("distribution", {"": ()}).items()
    return _lognormal(value, numbers[1]) if kind == "lognormal" else {**change, "value": value}


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


def orders_by_year(case: Case, year: int) -> list[int]:
    """Return the number of platform orders in each year from the first with one, to before a year."""
    method = choices()
    placed = [deal.year for deal in register.read(case)[0] if deal.is_platform and deal.year < year]
    first = max(min(placed, default=year), year - int(method["wave_years"]))
    counted = Counter(placed)
    return [counted[each] for each in range(first, year)]


def growth(parameters: ParameterSet) -> float:
    """Return what the log of the rate of orders gains in a year with the budget."""
    return _central(parameters, "demand.money_response") * _central(parameters, "economy.budget_growth")


def _variance_in_all(rates: Collection[tuple[float, float]]) -> float:
    """Return what the errors of rates by category make of the log of the rate in all."""
    in_all = math.fsum(rate for rate, _ in rates)
    return math.fsum(rate * error * (rate * error) for rate, error in rates) / (in_all * in_all)


def _waves(wave: Wave, counted: float) -> Changes:
    """Return the wave of an importer, as it stands.

    What the errors of rates by category make of the rate in all is not counted again in its spread.
    """
    unsure = math.sqrt(max(wave.spread * wave.spread - counted, _SURE))
    spread, error = estimate("waves", "spread"), estimates("waves")["spread"].error
    least, most = (estimate("waves", f"{which}_dispersion") for which in ("least", "most"))
    return {
        "demand.wave_spread": _lognormal(spread, error),
        "demand.wave_at_start": {
            "value": wave.at_end,
            "distribution": {"normal": [wave.at_end, unsure]},
        },
        "demand.dispersion": {
            "value": estimate("waves", "dispersion"),
            "distribution": {"uniform": [least, most]},
        },
    }


def _rates(
    case: Case, deals: list[Deal], year: int, in_register: list[int], in_all: float
) -> dict[str, tuple[float, float]]:
    """Return orders per year and their relative error by category, given how many there are in all."""
    method, dispersion = choices(), estimate("waves", "dispersion")
    years = counted_years(case, year)
    counts = np.zeros(case.size("category"))
    for deal in deals:
        if deal.is_platform and deal.year >= year - years:
            counts[deal.category] += 1
    weight, mix = method["mix_weight"], _world_mix(case, year, in_register)
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
    """Return how large platform orders are by category and supplier, as `sim.importers.sizes` estimates."""
    sized = [deal for deal in deals if deal.is_platform and deal.tiv > 0]
    years = np.array([deal.year for deal in sized], dtype=np.int64)
    last = int(np.max(years, initial=0))
    general, within = _general(case)
    return sizes.estimate(
        log(np.array([deal.tiv for deal in sized])),
        np.array([deal.category for deal in sized], dtype=np.int64),
        np.array([deal.supplier for deal in sized], dtype=np.int64),
        (last - years) // int(estimate("sizes", "period_years")),
        np.array([_advantage(case, deal) for deal in sized]),
        np.array(general),
        np.array(within),
        case.size("supplier"),
    )


def _general(case: Case) -> tuple[list[float], list[float]]:
    """Return mean and spread of log sizes over importers, by category."""
    mean, within = by_category("sizes", "mean"), by_category("sizes", "within")
    usual = float(log(np.asarray(general_value("contracts", "size_median"))))
    return (
        [mean.get(name, usual) for name in case.categories],
        [within.get(name, general_value("contracts", "size_spread")) for name in case.categories],
    )


def _advantage(case: Case, deal: Deal) -> float:
    """Return the share of the stock that a supplier had, less that of the average unit of the stock."""
    shares = _stock_shares(case, deal.year)
    return float(shares[deal.supplier] - total(shares * shares))


@lru_cache(maxsize=1024)
def _stock_shares(case: Case, year: int) -> Array:
    """Return each supplier's share of what had been delivered and not worn out before a year."""
    worn = 1.0 - general_value("deliveries", "stock_wear")
    stock = np.zeros(case.size("supplier"))
    for each in register.read(case)[1]:
        if each.year < year:
            stock[each.supplier] += each.tiv * float(exp((year - each.year) * log(np.asarray(worn))))
    in_all = total(stock)
    return stock / in_all if in_all > 0.0 else stock


def extra(deals: list[Deal]) -> float:
    """Return the volume of all entries over that of platforms: missiles and engines come with these."""
    platforms = math.fsum(deal.tiv for deal in deals if deal.is_platform)
    return math.fsum(deal.tiv for deal in deals) / platforms if platforms > 0 else 1.0


def general_value(mechanism: str, name: str) -> float:
    """Return the value of a parameter before any case says otherwise."""
    path = parameter_files.DIRECTORY / f"{mechanism}.toml"
    return float(read_toml(path)[name]["value"])


def _exp(x: float) -> float:
    return float(exp(np.asarray(x)))


def _lognormal(median: float, spread: float) -> dict[str, Any]:
    if spread <= _SURE:
        return {"value": median}
    return {"value": median, "distribution": {"lognormal": [median, spread]}}


def _central(parameters: ParameterSet, name: str) -> float:
    return float(parameters.array(name).ravel()[0])
