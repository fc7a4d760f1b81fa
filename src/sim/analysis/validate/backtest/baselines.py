"""What simple rules would have said, from the same knowledge. Each is a predictive sample like the model's.

    no change      shares, volume and number of orders of the window before
    pooled law     the leader's share by the regression over importers, the rest in proportion; volume
                   and orders of the window before
    bootstrap      orders drawn with replacement from those of the last years, as many as Poisson at
                   their rate
    last Poisson   as many orders as Poisson at the rate of the window before; supplier by its shares of
                   orders, sizes of that window
    order book     what is on the book arrives; what the volume of the window before leaves open goes by
                   shares of the window before

Numbers are drawn with NumPy's generator, seeded by name and seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from sim.analysis.validate.backtest.forecast import Forecast, before
from sim.analysis.validate.backtest.origins import Origin
from sim.analysis.validate.backtest.targets import Window
from sim.case import register
from sim.case.register import Deal, RegisterState
from sim.importers import rates
from sim.importers.method import choices
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import Array


def all_of(origin: Origin, samples: int, seed: int, after: int = 0) -> list[Forecast]:
    """Return the forecast of every baseline, for the window that comes after so many others.

    A rule says the same of every window, since it knows nothing that would change: only its random draws do,
    and of the order book nothing is left after the first.
    """
    scenario = origin.scenario
    state = register.initial(scenario.case, scenario.start)
    deals = [deal for deal in register.read(scenario.case)[0] if deal.year < origin.year]
    rules: dict[str, Callable[[np.random.Generator], tuple[Array, Array]]] = {
        "no_change": lambda generator: _no_change(state, deals, origin),
        "pooled_law": lambda generator: _pooled_law(generator, state, deals, origin, samples),
        "bootstrap": lambda generator: _bootstrap(generator, deals, origin, samples),
        "last_poisson": lambda generator: _last_poisson(generator, deals, origin, samples),
        "order_book": lambda generator: _order_book(state, deals, origin, is_empty=after > 0),
    }
    leader, is_old = before(scenario)
    chance = _chance(deals, scenario, origin)
    found = []
    for name, rule in rules.items():
        text = f"{seed}:{name}:{after}" if after else f"{seed}:{name}"
        key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
        delivered, ordered = rule(np.random.default_rng(key))
        window = Window(delivered, ordered, leader, is_old)
        found.append(Forecast(name, origin.year, scenario.case.suppliers, window, chance))
    return found


def _past(state: RegisterState, years: int) -> Array:
    """Return TIV m by year and supplier in the window before; years before the register are empty."""
    yearly = state.delivered.sum(axis=2)
    return np.concatenate([np.zeros((years, yearly.shape[1])), yearly])[-years:]


def _past_orders(deals: list[Deal], origin: Origin) -> Array:
    """Return the number of platform orders by year and supplier in the window before."""
    counts = np.zeros((origin.years, origin.scenario.case.size("supplier")))
    for deal in deals:
        if deal.is_platform and deal.year >= origin.year - origin.years:
            counts[deal.year - origin.year + origin.years, deal.supplier] += 1
    return counts


def _no_change(state: RegisterState, deals: list[Deal], origin: Origin) -> tuple[Array, Array]:
    # Spread evenly over the years: which of them was heavy says nothing about the next.
    volume = _past(state, origin.years).mean(axis=0)
    orders = _past_orders(deals, origin).mean(axis=0)
    return _even(volume[:, None], origin.years), _even(orders[:, None], origin.years)


def _even(yearly: Array, years: int) -> Array:
    return np.repeat(yearly[None], years, axis=0)


def _pooled_law(
    generator: np.random.Generator, state: RegisterState, deals: list[Deal], origin: Origin, samples: int
) -> tuple[Array, Array]:
    volume, leader = _past(state, origin.years).sum(axis=0), before(origin.scenario)[0]
    total = volume.sum()
    shares = volume / total if total else np.full(len(volume), 1.0 / len(volume))
    law = choices()
    drawn = law["law_constant"] + law["law_slope"] * shares[leader]
    leading = np.clip(drawn + law["law_spread"] * generator.standard_normal(samples), 0.0, 1.0)
    rest = np.delete(shares, leader)
    rest = rest / rest.sum() if rest.sum() else np.full(len(rest), 1.0 / len(rest))
    composition = np.insert(rest[:, None] * (1.0 - leading), leader, leading, axis=0)
    orders = _past_orders(deals, origin).mean(axis=0)
    many = np.repeat(orders[:, None], samples, axis=1)
    return _even(composition * total / origin.years, origin.years), _even(many, origin.years)


def _bootstrap(
    generator: np.random.Generator, deals: list[Deal], origin: Origin, samples: int
) -> tuple[Array, Array]:
    years = rates.counted_years(origin.scenario.case, origin.year)
    pool = [deal for deal in deals if deal.year >= origin.year - years] or deals[-1:]
    return _drawn(generator, pool, len(pool) / years * origin.years, origin, samples)


def _last_poisson(
    generator: np.random.Generator, deals: list[Deal], origin: Origin, samples: int
) -> tuple[Array, Array]:
    last = [deal for deal in deals if deal.year >= origin.year - origin.years] or deals[-1:]
    return _drawn(generator, last, len(last), origin, samples, is_apart=True)


def _drawn(
    generator: np.random.Generator,
    pool: list[Deal],
    mean: float,
    origin: Origin,
    samples: int,
    is_apart: bool = False,
) -> tuple[Array, Array]:
    """Draw orders from a pool; `is_apart` draws size and supplier from different ones."""
    delivered, ordered = np.zeros((2, origin.years, origin.scenario.case.size("supplier"), samples))
    counts = generator.poisson(mean, samples)
    sample = np.repeat(np.arange(samples), counts)
    which = generator.integers(len(pool), size=counts.sum())
    sized = generator.permutation(which) if is_apart else which
    year = generator.integers(origin.years, size=counts.sum())
    supplier = np.array([deal.supplier for deal in pool])[which]
    tiv = np.array([deal.tiv for deal in pool])[sized]
    platform = np.array([float(deal.is_platform) for deal in pool])[which]
    np.add.at(delivered, (year, supplier, sample), tiv)
    np.add.at(ordered, (year, supplier, sample), platform)
    return delivered, ordered


def _order_book(
    state: RegisterState, deals: list[Deal], origin: Origin, is_empty: bool
) -> tuple[Array, Array]:
    past = _past(state, origin.years).sum(axis=0)
    book = np.bincount(state.open_supplier, weights=state.open_tiv, minlength=len(past))
    book = np.zeros_like(past) if is_empty else book
    left = max(0.0, past.sum() - book.sum())
    shares = past / past.sum() if past.sum() else np.zeros_like(past)
    orders = _past_orders(deals, origin).mean(axis=0)
    volume = (book + left * shares) / origin.years
    return _even(volume[:, None], origin.years), _even(orders[:, None], origin.years)


def _chance(deals: list[Deal], scenario: Scenario, origin: Origin) -> Array:
    """Return each supplier's share of the orders of the last years, the same for all categories."""
    case = scenario.case
    counts = np.full(case.size("supplier"), 0.5)
    for deal in deals:
        if deal.is_platform and deal.year >= origin.year - choices()["rate_years"]:
            counts[deal.supplier] += 1
    return np.repeat((counts / counts.sum())[:, None], case.size("category"), axis=1)
