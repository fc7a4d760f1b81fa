"""Growth at the new fiscal year, and a cut in the middle of some."""

from __future__ import annotations

import math

from twins.chance import normal


def start(w):
    w.military_budget = w.initial_military_budget
    w.budget_cut = 0.0


def step(w):
    if w.fiscal_quarter == 1:
        growth = w.budget_growth + w.budget_volatility * normal(w.growth_shock)
        growth -= sum(w.trade_leverage[j] for j in w.partners if w.posture[j] < 0)
        w.military_budget *= math.exp(growth)
        w.budget_cut = 0.0
    elif w.fiscal_quarter == 3:
        w.budget_cut = 0.0
        if w.cut_shock < w.cut_probability:
            w.budget_cut = w.smallest_cut + (w.largest_cut - w.smallest_cut) * w.cut_size_shock
