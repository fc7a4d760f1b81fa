"""What chance does: one uniform number, one outcome."""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()


def normal(u: float) -> float:
    """Return the standard normal quantile."""
    return _NORMAL.inv_cdf(u)


def choose(weights: list[float], u: float) -> int:
    """Return the option in whose part of the line from 0 to 1 the number falls."""
    point = u * sum(weights)
    reached = 0.0
    for option, weight in enumerate(weights):
        reached += weight
        if point < reached:
            return option
    return len(weights) - 1


def rounded(number: float) -> float:
    """Round to the nearest whole number, halves up."""
    return (number + 0.5) // 1


def by_rule(w, weights: list[float]) -> list[float]:
    """Return the weights under the decision rule of the trial: 0 logit, 1 satisficing, 2 best response."""
    best = max(weights)
    there = [weight > 0 for weight in weights]
    if w.decision_rule == 0:
        return weights
    if w.decision_rule == 1:
        enough = best * math.exp(-w.aspiration)
        return [1.0 if weight > 0 and weight >= enough else 0.0 for weight in weights]
    ways = max(1, weights.count(best))
    right = [(1 - w.error_rate) / ways if weight == best and best > 0 else 0.0 for weight in weights]
    return [
        part + w.error_rate * is_there / max(1, sum(there))
        for part, is_there in zip(right, there, strict=True)
    ]


def odds(w, utilities: list[float]) -> list[float]:
    """Return the weights of options with these utilities; the best has weight one under the logit."""
    best = max(utilities)
    return by_rule(w, [math.exp(max(-700.0, utility - best)) for utility in utilities])


def duration(number: float, least: int = 0) -> int:
    """Return the whole part of a duration, no shorter than `least` and no longer than a thousand years."""
    return int(max(least, min(4000, number // 1)))


def whole_quarters(years: float, least: int = 1) -> int:
    """Round years to quarters, halves up."""
    return duration(4 * years + 0.5, least)
