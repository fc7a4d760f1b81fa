"""Calm and crisis, and clustered violence in both."""

from __future__ import annotations

import math

from twins.chance import normal


def _base(w, front):
    return w.crisis_intensity[front] if w.is_crisis[front] else w.calm_intensity[front]


def start(w):
    w.is_crisis = list(w.is_crisis_at_start)
    w.intensity_deviation = [0.0 for _ in w.fronts]
    w.border_pressure = [min(1.0, _base(w, f) / w.worst_intensity[f]) for f in w.fronts]


def step(w):
    w.incidents = [0.0 for _ in w.fronts]
    for f in w.fronts:
        if w.is_crisis[f]:
            if w.regime_shock[f] < w.crisis_end_chance[f]:
                w.is_crisis[f] = 0.0
        else:
            relation = sum(w.relation[0][p] for p in w.partners if w.front_neighbour[f][p])
            rate = w.crisis_rate[f] * math.exp(-w.relation_sensitivity[f] * relation)
            if w.regime_shock[f] < 1 - math.exp(-rate / 4):
                w.is_crisis[f] = 1.0
        rho, sigma = w.intensity_persistence[f], w.intensity_spread[f]
        z = rho * w.intensity_deviation[f] + math.sqrt(1 - rho**2) * normal(w.intensity_shock[f])
        w.intensity_deviation[f] = z
        intensity = w.intensity[f] * _base(w, f) * math.exp(sigma * z - sigma**2 / 2)
        # A geometric count with this mean: P(more than n) = q^(n + 1), q = mean / (1 + mean).
        mean = intensity / 4
        w.incidents[f] = float(math.log(1 - w.incident_shock[f]) / math.log(mean / (1 + mean)) // 1)
        aim = min(1.0, intensity / w.worst_intensity[f])
        w.border_pressure[f] += w.pressure_smoothing[f] * (aim - w.border_pressure[f])
