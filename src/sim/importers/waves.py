"""How often an importer orders, and on what wave it is: from its orders by year.

    n_t ~ negative binomial(lambda exp(g (t - T) + x_t - s^2 / 2), variance/mean = 1 + d)
    x'  = k x + s sqrt(1 - k^2) e,   k = 0.5^(1 / half-life);    ln lambda ~ N(ln usual rate, spread^2)

T is the year in which a run starts, and g what orders grow by in a year with the budget: in a run they grow
so too, and a rise on record that is the budget's is no wave. The other numbers are those of all importers
(data/amounts.toml). Mean and wave are found together by a filter on a grid: what is known of (lambda, x) is
moved on a year, and weighed by the chance of the year's orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.importers.method import estimate
from sim.numerics.elementary import exp, log, total
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import OutOfBounds

#: Points of the grid, from so many standard deviations below the mean to as many above.
_POINTS, _REACH = 61, 3.5

#: Digits that are kept.
_DIGITS = 6

#: Series of orders of which the wave is kept: a register is read again for each origin and each case.
_KEPT = 64


@dataclass(frozen=True)
class Wave:
    """What is known of the rate of orders at the end of the last year counted.

    Parameters
    ----------
    mean : float
        Orders a year in the long run, with money as at the start.
    error : float
        Of its logarithm.
    at_end, spread : float
        Mean and standard deviation of the log of the rate now over that mean.
    """

    mean: float
    error: float
    at_end: float
    spread: float


def known(counts: Sequence[float], growth: float = 0.0) -> Wave:
    """Return mean and wave after orders by year, the earliest first.

    Parameters
    ----------
    counts : sequence of float
        The last of them is of the year before the start.
    growth : float
        What the log of the rate gains in a year with the budget.

    Raises
    ------
    OutOfBounds
        If there are so many in a year that no rate on the grid is likely.
    """
    return _known(tuple(counts), growth)


@lru_cache(_KEPT)
def _known(counts: tuple[float, ...], growth: float) -> Wave:
    s, d = estimate("waves", "spread"), estimate("waves", "dispersion")
    kept = exp(log(np.asarray(0.5)) / estimate("waves", "half_life"))
    z = np.linspace(-_REACH, _REACH, _POINTS)
    likely = exp(-0.5 * z * z)
    likely = likely / total(likely)
    step = (z - kept * z[:, None]) / np.sqrt(1.0 - kept * kept)
    moves = exp(-0.5 * step * step)
    moves = moves / total(moves.T)[:, None]
    log_mean = (
        float(log(np.asarray(estimate("waves", "usual_rate")))) + estimate("waves", "between_rates") * z
    )
    rate = exp(log_mean[:, None] + s * z - 0.5 * s * s)
    belief = likely[:, None] * likely
    for before, count in zip(range(len(counts), 0, -1), counts, strict=True):
        then = rate * exp(np.asarray(-growth * before))
        moved = total(belief.T[:, :, None] * moves[:, None, :])
        belief = moved * _chance(then, d, round(count))
        sure = total(belief.reshape(-1))
        if not sure > 0.0:
            problem = f"{count:,.0f} orders of one recipient in a year are beyond a rate of {then.max():,.0f}"
            raise OutOfBounds("", "deals", problem, "Give a row for each contract, not for each item.")
        belief = belief / sure
    mean, error = _moments(belief, np.broadcast_to(log_mean[:, None], belief.shape))
    now, spread = _moments(belief, log_mean[:, None] + s * z)
    found = (float(exp(np.asarray(mean))), error, now - mean, spread)
    return Wave(*(round(each, _DIGITS) for each in found))


def _chance(mean: Array, dispersion: float, count: int) -> Array:
    """Return the negative binomial probability of a count, up to a factor."""
    size = mean / dispersion
    chance = exp(-size * log(np.asarray(1.0 + dispersion)))
    for k in range(count):
        # A scale that is the same everywhere keeps the product within range.
        chance = chance * ((size + k) / (1.0 + k)) * (dispersion / (1.0 + dispersion))
    return chance


def _moments(belief: Array, x: Array) -> tuple[float, float]:
    """Return mean and standard deviation."""
    mean = float(total((belief * x).reshape(-1)))
    return mean, float(np.sqrt(total((belief * (x - mean) * (x - mean)).reshape(-1))))
