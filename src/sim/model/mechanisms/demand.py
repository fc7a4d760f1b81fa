"""How many procurement openings arise in a quarter, and in which category.

    o_c  = deals_c (1 + odds of deferral + odds of making it at home)
    w_c  = o_c (1 + gap_tilt gap_c) (1 + sum_f pressure_tilt_fc pressure_f) (1 + relief_tilt_c need)
           scaled so that sum w = sum o, within the register and outside it
    x'   = k x + s sqrt(1 - k^2) e,   e ~ N(0, 1),   k = 0.5^(dt / half-life)
    mean = dt modernisation (M / M0)^response min(1, headroom / caution) exp(x' - s^2 / 2) sum_c o_c
    N    ~ negative binomial(mean, variance/mean = 1 + dispersion);   P(category = c) = w_c / sum w

`deals_c` is the recorded rate of platform orders; deferral and domestic production are openings that end
without one, so openings are more frequent than orders. The rate comes in waves x about its mean, which it
returns to; what recent orders say of the wave at the start, and how surely, is a parameter. The tilts move
the mix, not the total: a recipient short of money does not buy more because it lacks more; one whose budget M
grows does. What the register covers and what it does not (relief, peacekeeping, cyber) are bought beside each
other. The gap is to a target stock, a multiple of the stock at the start (evidence: x_deal_rate,
x_demand_waves, bd_forces_goal_2030, bd_security_priorities, bd_maritime_threats, unpko_training,
bd_budget_constraint). Leaves out: programmes planned as a series, and waves of their own in single
categories.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.choice import drawn
from sim.numerics.elementary import exp, log, normal_quantile, running_total, total
from sim.numerics.lists import found, pick
from sim.vocabulary.axes import QUARTER, SLOTS, Array, IntArray

#: A target below this is none, TIV m.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    demand_wave: Array  # log rate, from its mean
    deal_count: Array
    deal_trial: IntArray  # deal
    deal_slot: IntArray  # deal
    deal_category: IntArray  # deal


@dataclass(frozen=True)
class Start:
    """The first values."""

    target_stock: Array  # category
    demand_wave: Array


def start(*, category_stock: Array, target_ratio: Array, wave_at_start: Array) -> Start:
    """Set the target stock of the modernisation plan, from the stock at the start, and the wave."""
    return Start(target_stock=target_ratio * category_stock, demand_wave=wave_at_start)


@dataclass(frozen=True)
class Probe:
    """One opening in each category of each trial."""

    deal_trial: IntArray
    deal_category: IntArray


def one_of_each(*, deals_per_year: Array) -> Probe:
    """Return a list of openings, one in each category of each trial."""
    category, trial = (index.ravel() for index in np.indices(deals_per_year.shape))
    return Probe(deal_trial=trial, deal_category=category)


def category_weights(
    *,
    in_register: Array,
    category_stock_prev: Array,
    target_stock_prev: Array,
    border_pressure: Array,
    disaster_need: Array,
    deals_per_year: Array,
    deferral_odds: Array,
    domestic_odds: Array,
    gap_tilt: Array,
    pressure_tilt: Array,
    relief_tilt: Array,
) -> tuple[Array, Array]:
    """Return openings per year by category, and the weights of the mix."""
    openings = deals_per_year * (1.0 + deferral_odds + domestic_odds)
    gap = np.maximum(0.0, target_stock_prev - category_stock_prev) / np.maximum(target_stock_prev, _NOTHING)
    pressed = total(pressure_tilt * border_pressure[:, None])
    tilted = openings * (1.0 + gap_tilt * gap) * (1.0 + pressed) * (1.0 + relief_tilt * disaster_need)
    weights = np.zeros(tilted.shape)
    for member in (in_register[:, None], 1.0 - in_register[:, None]):
        weights += member * tilted * (total(member * openings) / np.maximum(total(member * tilted), _NOTHING))
    return openings, weights


def count(mean: Array, dispersion: Array, shock: Array) -> Array:
    """Return negative binomial counts by inverse CDF, at most SLOTS."""
    size = mean / dispersion
    probability = exp(-size * log(1.0 + dispersion))
    factor = dispersion / (1.0 + dispersion)
    chances = [probability]
    for k in range(SLOTS - 1):
        chances.append(chances[-1] * factor * (size + k) / (k + 1))
    return total(shock > running_total(np.stack(chances)))


def step(
    *,
    in_register: Array,
    military_budget: Array,
    initial_military_budget: Array,
    money_response: Array,
    category_stock_prev: Array,
    target_stock_prev: Array,
    headroom: Array,
    border_pressure: Array,
    disaster_need: Array,
    demand_wave_prev: Array,
    wave_kept: Array,
    wave_shock: Array,
    demand_shock: Array,
    category_shock: Array,
    deals_per_year: Array,
    dispersion: Array,
    wave_spread: Array,
    modernisation: Array,
    caution: Array,
    deferral_odds: Array,
    domestic_odds: Array,
    gap_tilt: Array,
    pressure_tilt: Array,
    relief_tilt: Array,
) -> Update:
    """Draw the openings of the quarter."""
    openings, weights = category_weights(
        in_register=in_register,
        category_stock_prev=category_stock_prev,
        target_stock_prev=target_stock_prev,
        border_pressure=border_pressure,
        disaster_need=disaster_need,
        deals_per_year=deals_per_year,
        deferral_odds=deferral_odds,
        domestic_odds=domestic_odds,
        gap_tilt=gap_tilt,
        pressure_tilt=pressure_tilt,
        relief_tilt=relief_tilt,
    )
    means = exp(money_response * log(military_budget / initial_military_budget))
    swing = wave_spread * np.sqrt(1.0 - wave_kept * wave_kept) * normal_quantile(wave_shock)
    wave = wave_kept * demand_wave_prev + swing
    pace = exp(wave - 0.5 * wave_spread * wave_spread)
    mean = QUARTER * modernisation * means * np.minimum(1.0, headroom / caution) * pace * total(openings)
    deal_count = count(mean, dispersion, demand_shock)

    slot, trial = found(np.arange(SLOTS)[:, None] < deal_count)
    category, _ = drawn(pick(weights, trial), pick(category_shock, trial, slot))
    return Update(
        demand_wave=wave, deal_count=deal_count, deal_trial=trial, deal_slot=slot, deal_category=category
    )
