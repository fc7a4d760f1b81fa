"""The military budget grows with the economy and is sometimes cut in mid-year.

    new fiscal year:  ln M' = ln M + growth + volatility e - sum_j trade_j [j presses],   e ~ N(0, 1)
    mid-year:         with probability p a part of the year's money is taken back, U(low, high)

M is in constant dollars. Growth and its spread are those of the recipient's recorded military spending
(evidence: x_milex_growth, x_milex, x_budget); a partner that presses restricts trade
(x_in_loc, bd_hedge_beijing_view). Leaves out: the rest of the public budget, inflation, debt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import exp, normal_quantile, total
from sim.vocabulary.axes import NEW_YEAR, Array

MID_YEAR = 3


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    military_budget: Array  # US$ m/year
    budget_cut: Array  # share of the year's money, 0 until mid-year


def start(*, initial_military_budget: Array) -> Update:
    """Begin at the last recorded budget, uncut."""
    return Update(military_budget=initial_military_budget, budget_cut=np.zeros(initial_military_budget.shape))


def step(
    *,
    military_budget_prev: Array,
    budget_cut_prev: Array,
    posture_prev: Array,
    fiscal_quarter: int,
    growth_shock: Array,
    cut_shock: Array,
    cut_size_shock: Array,
    budget_growth: Array,
    budget_volatility: Array,
    cut_probability: Array,
    smallest_cut: Array,
    largest_cut: Array,
    trade_leverage: Array,
) -> Update:
    """Set the budget at the new year, cut it in mid-year, keep it otherwise."""
    if fiscal_quarter == NEW_YEAR:
        restricted = total(trade_leverage * (posture_prev < 0))
        growth = exp(budget_growth + budget_volatility * normal_quantile(growth_shock) - restricted)
        return Update(
            military_budget=military_budget_prev * growth, budget_cut=np.zeros(budget_cut_prev.shape)
        )
    if fiscal_quarter == MID_YEAR:
        size = smallest_cut + (largest_cut - smallest_cut) * cut_size_shock
        return Update(
            military_budget=military_budget_prev, budget_cut=np.where(cut_shock < cut_probability, size, 0.0)
        )
    return Update(military_budget=military_budget_prev, budget_cut=budget_cut_prev)
