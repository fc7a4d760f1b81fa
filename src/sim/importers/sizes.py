"""How large orders are by category and by supplier: one estimate, suppliers shrunk to the pool.

    ln TIV = m_c + u_s + e,      u ~ N(0, sigma_u^2),   e ~ N(0, sigma_e^2)

Categories are fixed, suppliers random: the ratio of the two variances by restricted maximum likelihood, the
effect of a supplier by best linear prediction, so that one with few orders stays near the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from sim.vocabulary.axes import Array, IntArray

#: Range of the log ratio of variances that is searched.
_RANGE = (-8.0, 4.0)

#: Digits of an effect that are kept.
_DIGITS = 6


@dataclass(frozen=True)
class SizeEffects:
    """An estimate of log sizes.

    Parameters
    ----------
    mean, mean_error : ndarray, shape (category,)
        Mean log TIV of a supplier of the middle; NaN in a category without an order.
    effect, effect_error : ndarray, shape (supplier,)
        What a supplier adds to it; zero and the spread between suppliers where it has no order.
    between, within : float
        Standard deviations between suppliers and of single orders.
    residual : ndarray, shape (order,)
        What is left of each order.
    """

    mean: Array
    mean_error: Array
    effect: Array
    effect_error: Array
    between: float
    within: float
    residual: Array


def estimate(
    log_size: Array, category: IntArray, supplier: IntArray, n_categories: int, n_suppliers: int
) -> SizeEffects:
    """Estimate from a list of orders.

    Parameters
    ----------
    log_size : ndarray, shape (order,)
    category, supplier : ndarray of int, shape (order,)
        Indices.
    n_categories, n_suppliers : int
        Lengths of the axes.
    """
    there = np.unique(category)
    x = (category[:, None] == there).astype(float)
    z = (supplier[:, None] == np.arange(n_suppliers)).astype(float)
    n = len(log_size)
    mean, mean_error = np.full(n_categories, np.nan), np.full(n_categories, np.nan)
    if n <= len(there) + 1:
        mean[there] = [log_size[category == each].mean() for each in there]
        return SizeEffects(
            mean, mean_error, np.zeros(n_suppliers), np.zeros(n_suppliers), 0.0, 0.0, np.zeros(n)
        )

    orders = np.bincount(supplier, minlength=n_suppliers).astype(float)

    def weighed(ratio: float, columns: Array) -> Array:
        """Return the inverse of the covariance I + ratio z z' times some columns: z'z is diagonal."""
        shared: Array = z @ ((ratio / (1.0 + ratio * orders))[:, None] * (z.T @ columns))
        return columns - shared

    def solve(log_ratio: float) -> tuple[float, Array, Array, float]:
        """Return minus twice the restricted likelihood, means, their matrix, variance."""
        ratio = float(np.exp(log_ratio))
        weighed_x = weighed(ratio, x)
        normal = x.T @ weighed_x
        means = np.linalg.solve(normal, weighed_x.T @ log_size)
        rest = log_size - x @ means
        freedom = n - len(there)
        variance = float(rest @ weighed(ratio, rest[:, None])[:, 0]) / freedom
        criterion = math.fsum(np.log(1.0 + ratio * orders)) + np.linalg.slogdet(normal)[1]
        return criterion + freedom * np.log(max(variance, 1e-12)), means, normal, variance

    best = minimize_scalar(lambda value: solve(value)[0], bounds=_RANGE, method="bounded")
    _, means, normal, variance = solve(best.x)
    ratio = float(np.exp(best.x))
    rest = log_size - x @ means
    effect = ratio * (z.T @ weighed(ratio, rest[:, None])[:, 0])
    weighed_z = weighed(ratio, z)
    crossed = x.T @ weighed_z
    projected = z.T @ weighed_z - crossed.T @ np.linalg.solve(normal, crossed)
    spread = variance * ratio * (1.0 - ratio * np.diag(projected))
    mean[there] = means
    mean_error[there] = np.sqrt(variance * np.diag(np.linalg.inv(normal)))
    return SizeEffects(
        mean=mean,
        mean_error=mean_error,
        # The last digits of an inverse differ between machines; a made case shall not.
        effect=np.round(effect, _DIGITS),
        effect_error=np.round(np.sqrt(np.maximum(spread, 0.0)), _DIGITS),
        between=float(np.sqrt(variance * ratio)),
        within=float(np.sqrt(variance)),
        residual=rest - z @ effect,
    )
