"""Distances between predictive samples and the record, from which every score of a pool of forecasts follows.

    CRPS(F, y) = E|X - y| - E|X - X'| / 2,      X, X' ~ F, independent

For a linear pool of forecasts, sum_k w_k F_k, the first term is linear in the weights and the second a
quadratic form of the distances E|X_k - X_l|. So a panel that holds both can be scored under any weights.
The energy score is the same with the Euclidean norm (Gneiting and Raftery 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.vocabulary.axes import Array

#: Samples of a composition whose distances are measured: their number is squared.
_MOST = 250

#: Quantiles of a forecast that are kept.
LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Distances:
    """Forecasts of one number or composition, and what happened; NaN for a forecast that says nothing of it.

    Parameters
    ----------
    to_record : ndarray, shape (source,)
        Mean distance of the samples to the record.
    between : ndarray, shape (source, source)
        Mean distance of two samples, of the same forecast or of two.
    below, upto : ndarray, shape (source,)
        Part of the samples below the record, and not above it.
    quantiles : ndarray, shape (source, level)
        At `LEVELS`.
    """

    to_record: Array
    between: Array
    below: Array
    upto: Array
    quantiles: Array


def of_numbers(samples: Sequence[Array | None], value: float) -> Distances:
    """Return the distances of a number.

    Parameters
    ----------
    samples : sequence of ndarray, shape (sample,), or None
        By source; their numbers may differ.
    value : float
        What happened.
    """
    found = _nothing(len(samples))
    said = [index for index, each in enumerate(samples) if each is not None and each.size]
    if not said:
        return found
    ordered = [np.sort(np.asarray(samples[index], dtype=float)) for index in said]
    points = np.unique(np.concatenate([*ordered, [value]]))
    gaps = np.diff(points)
    # Distribution functions between neighbouring points: E|X - Y| is the integral of F (1 - G) + G (1 - F).
    below = np.array([np.searchsorted(each, points[:-1], side="right") / each.size for each in ordered])
    step = (points[:-1] >= value).astype(float)
    found.to_record[said] = np.abs(below - step) @ gaps
    mass = below @ gaps
    found.between[np.ix_(said, said)] = mass[:, None] + mass - 2.0 * (below * gaps) @ below.T
    found.below[said] = [np.searchsorted(each, value, side="left") / each.size for each in ordered]
    found.upto[said] = [np.searchsorted(each, value, side="right") / each.size for each in ordered]
    found.quantiles[said] = [np.quantile(each, LEVELS) for each in ordered]
    return found


def of_compositions(samples: Sequence[Array | None], value: Array) -> Distances:
    """Return the distances of a composition, from at most so many samples of each source.

    Parameters
    ----------
    samples : sequence of ndarray, shape (part, sample), or None
    value : ndarray, shape (part,)
    """
    from scipy.spatial.distance import cdist

    found = _nothing(len(samples))
    points = {index: each.T[:_MOST] for index, each in enumerate(samples) if each is not None}
    for one, first in points.items():
        found.to_record[one] = cdist(first, value[None]).mean()
        for other, second in points.items():
            if other >= one:
                found.between[one, other] = found.between[other, one] = cdist(first, second).mean()
    return found


def _nothing(sources: int) -> Distances:
    row = np.full((3, sources), np.nan)
    shape = sources, len(LEVELS)
    return Distances(row[0], np.full((sources, sources), np.nan), row[1], row[2], np.full(shape, np.nan))
