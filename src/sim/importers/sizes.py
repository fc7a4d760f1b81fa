"""How large orders are: by category, supplier, both together, and the importer's own level.

    ln TIV = m_c + a + p_t + u_s + w_sc + beta sigma_c (S - mean S) + e,     e ~ N(0, sigma_c^2)

m_c is a category's mean (known of all importers up to an error), a the level of the importer, p_t that of
five years, u_s what a supplier adds and w_sc what it adds in the category: all normal, with the standard
deviations between importers (data/amounts.toml). S is the supplier's share of the stock then: large orders go
to the base. Given these, means and errors follow by linear algebra. Where much is known of a supplier it
keeps its own size; where little, it stays near the others. The spread of a category is drawn to that over
importers; what is not known of the level moves all orders together. Tails are lognormal: what is left of
orders has no heavier ones (evidence: x_size_spread, x_size_base).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.importers.method import estimate as number
from sim.vocabulary.axes import Array, IntArray

#: Digits of an effect that are kept.
_DIGITS = 6


@dataclass(frozen=True)
class SizeEffects:
    """An estimate of log sizes.

    Parameters
    ----------
    mean, mean_error : ndarray, shape (category,)
        Mean log TIV of a supplier of the middle, and its error apart from that of the level.
    level_error : float
        What all categories share: error of the level, and how far five years differ.
    effect, effect_error : ndarray, shape (supplier,)
        What a supplier adds, and the error that its sizes in all categories share.
    specialty : ndarray, shape (supplier, category)
        What it adds in a category beyond that.
    spread : ndarray, shape (category,)
        Standard deviation of single orders, with what is not known of specialties.
    """

    mean: Array
    mean_error: Array
    level_error: float
    effect: Array
    effect_error: Array
    specialty: Array
    spread: Array


def estimate(
    log_size: Array,
    category: IntArray,
    supplier: IntArray,
    period: IntArray,
    advantage: Array,
    general: Array,
    within: Array,
    n_suppliers: int,
) -> SizeEffects:
    """Estimate from a list of orders.

    Parameters
    ----------
    log_size : ndarray, shape (order,)
    category, supplier, period : ndarray of int, shape (order,)
        Indices.
    advantage : ndarray, shape (order,)
        The supplier's share of the stock, less the share that the average unit of the stock has.
    general, within : ndarray, shape (category,)
        Mean log size over importers, and spread of single orders.
    n_suppliers : int
    """
    n_categories = len(general)
    n_periods = int(np.max(period, initial=-1)) + 1
    pairs, pair = np.unique(supplier * n_categories + category, return_inverse=True)
    groups = (
        (n_categories, category, number("sizes", "between_categories")),
        (1, np.zeros_like(category), number("sizes", "between_importers")),
        (n_periods, period, number("sizes", "between_periods")),
        (n_suppliers, supplier, number("sizes", "between_suppliers")),
        (len(pairs), pair, number("sizes", "between_specialties")),
    )
    z = np.concatenate([(index[:, None] == np.arange(n)) * 1.0 for n, index, _ in groups], axis=1)
    prior = np.concatenate([np.full(n, sd * sd) for n, _, sd in groups])
    first = np.cumsum([0, *(n for n, _, _ in groups)])
    spread = within[category]
    rest = (log_size - general[category]) / spread - number("sizes", "base_pull") * advantage
    scaled = z / spread[:, None]
    covariance = np.linalg.inv(np.diag(1.0 / prior) + scaled.T @ scaled)
    found = covariance @ (scaled.T @ rest)

    # What is left of each order, freed of how far the order itself has drawn the fit.
    left = (rest - scaled @ found) * spread
    squares = left * left / (1.0 - ((scaled @ covariance) * scaled).sum(axis=1))
    weight = number("sizes", "within_weight")
    own = np.bincount(category, weights=squares, minlength=n_categories) + weight * within * within
    single = own / (np.bincount(category, minlength=n_categories) + weight)

    # Category means with the level: what they share of their errors is the level's.
    of_mean = np.zeros((n_categories, len(prior)))
    of_mean[:, :n_categories] = np.eye(n_categories)
    of_mean[:, first[1]] = 1.0
    together = of_mean @ covariance @ of_mean.T
    apart = together[~np.eye(n_categories, dtype=bool)]
    shared = max(0.0, float(apart.mean())) if apart.size else 0.0
    orders = np.bincount(supplier * n_categories + category, minlength=n_suppliers * n_categories)
    orders = orders.reshape(n_suppliers, n_categories)
    specialty = np.zeros(n_suppliers * n_categories)
    specialty[pairs] = found[first[4] :]
    effect_error, unsure = _supplier_errors(covariance, pairs, orders, first[3], first[4])
    # A category's own suppliers count by their orders, and everybody else as one.
    credited = orders + 1.0 / n_suppliers
    unsure = (credited * unsure).sum(axis=0) / credited.sum(axis=0)
    return SizeEffects(
        # The last digits of an inverse differ between machines; a made case shall not.
        mean=np.round(general + of_mean @ found, _DIGITS),
        mean_error=np.round(np.sqrt(np.maximum(np.diag(together) - shared, 0.0)), _DIGITS),
        level_error=round(float(np.sqrt(shared + np.square(number("sizes", "between_periods")))), _DIGITS),
        effect=np.round(found[first[3] : first[4]], _DIGITS),
        effect_error=np.round(effect_error, _DIGITS),
        specialty=np.round(specialty.reshape(credited.shape), _DIGITS),
        spread=np.round(np.sqrt(single + unsure), _DIGITS),
    )


def _supplier_errors(
    covariance: Array, pairs: IntArray, orders: IntArray, of_suppliers: int, of_pairs: int
) -> tuple[Array, Array]:
    """Return what the sizes of a supplier share of their errors, and the variances that are left.

    Parameters
    ----------
    covariance : ndarray, shape (effect, effect)
        Of the fit.
    pairs : ndarray of int, shape (pair,)
        Supplier and category of the specialties, as one index.
    orders : ndarray of int, shape (supplier, category)
        How many there are.
    of_suppliers, of_pairs : int
        Where the effects of suppliers, and of pairs, begin.

    Returns
    -------
    error : ndarray, shape (supplier,)
    left : ndarray, shape (supplier, category)
    """
    n_suppliers, n_categories = orders.shape
    error, left = np.zeros(n_suppliers), np.zeros(orders.shape)
    for s in range(n_suppliers):
        cells = np.arange(s * n_categories, (s + 1) * n_categories)
        of_cell = (pairs == cells[:, None]) * 1.0
        of_size = np.zeros((n_categories, len(covariance)))
        of_size[:, of_suppliers + s] = 1.0
        of_size[:, of_pairs:] = of_cell
        unseen = (1.0 - of_cell.sum(axis=1)) * np.square(number("sizes", "between_specialties"))
        together = of_size @ covariance @ of_size.T + np.diag(unseen)
        known = orders[s] + 1.0 / n_categories
        pairwise = np.outer(known, known) * (1.0 - np.eye(n_categories))
        in_all, drawn = pairwise.sum(), (pairwise * together).sum()
        common = max(0.0, float(drawn / in_all if in_all else together[0, 0]))
        error[s] = np.sqrt(common)
        left[s] = np.maximum(np.diag(together) - common, 0.0)
    return error, left
