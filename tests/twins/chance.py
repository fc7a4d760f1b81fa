"""What chance does: one uniform number, one outcome."""

from __future__ import annotations

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


def whole_quarters(years: float) -> int:
    """Round years to quarters, halves up; at least one."""
    return max(1, int((4 * years + 0.5) // 1))
