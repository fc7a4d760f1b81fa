"""How many openings, and in which categories."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sim.vocabulary.axes import SLOTS
from twins.chance import choose, normal


@dataclass
class Deal:
    """An opening, and what became of it."""

    slot: int
    category: int
    utility: list[float] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    news: list[float] = field(default_factory=list)
    pull: list[float] = field(default_factory=list)
    supplier: int | None = None


def start(w):
    w.target_stock = [w.target_ratio[c] * w.category_stock[c] for c in w.categories]
    w.demand_wave = w.wave_at_start


def openings(w, c):
    """Openings a year in a category, as at the start."""
    return w.deals_per_year[c] * (1 + w.deferral_odds + w.domestic_odds[c])


def weight(w, c):
    """Weight of a category in the mix."""
    target = w.target_stock[c]
    # The floor stands for no target at all.
    gap = max(0.0, target - w.category_stock[c]) / max(target, 1e-9)
    pressed = sum(w.pressure_tilt[f][c] * w.border_pressure[f] for f in w.fronts)
    return openings(w, c) * (1 + w.gap_tilt * gap) * (1 + pressed) * (1 + w.relief_tilt[c] * w.disaster_need)


def count(mean, dispersion, shock):
    """Number with a negative binomial distribution: the first n with P(N <= n) >= shock, at most SLOTS."""
    if mean == 0:
        return 0
    size = mean / dispersion
    log_p, log_q = -math.log(1 + dispersion), math.log(dispersion) - math.log(1 + dispersion)
    at_most = 0.0
    for n in range(SLOTS):
        ways = math.lgamma(size + n) - math.lgamma(size) - math.lgamma(n + 1)
        at_most += math.exp(ways + size * log_p + n * log_q)
        if shock <= at_most:
            return n
    return SLOTS


def mix_of(w):
    """The weights of all categories: tilts move the mix within the register, and outside it."""
    mix = [0.0 for _ in w.categories]
    for inside in (0, 1):
        group = [c for c in w.categories if w.in_register[c] == inside]
        tilted = sum(weight(w, c) for c in group)
        for c in group:
            mix[c] = weight(w, c) * sum(openings(w, d) for d in group) / tilted if tilted > 0 else 0.0
    return mix


def step(w):
    in_a_year = sum(openings(w, c) for c in w.categories)
    means = (w.military_budget / w.initial_military_budget) ** w.money_response
    fresh = w.wave_spread * math.sqrt(1 - w.wave_kept**2) * normal(w.wave_shock)
    w.demand_wave = w.wave_kept * w.demand_wave + fresh
    pace = math.exp(w.demand_wave - w.wave_spread**2 / 2)
    mean = w.modernisation * means * min(1.0, w.headroom / w.caution) * pace * in_a_year / 4
    w.deal_count = float(count(mean, w.dispersion, w.demand_shock))
    mix = mix_of(w)
    w.deals = [Deal(slot, choose(mix, w.category_shock[slot])) for slot in range(int(w.deal_count))]
