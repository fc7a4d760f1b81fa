"""Shares of trials: their interval."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.analysis.compare.paired import variance_of_mean
from sim.numerics.elementary import Z95
from sim.vocabulary.axes import Array


def wilson(share: Any, trials: Any) -> tuple[Array, Array]:
    """Return Wilson's 95 % interval of shares of so many trials.

    Parameters
    ----------
    share : float or ndarray
    trials : float or ndarray
        More than 0; may be an effective number.
    """
    share = np.asarray(share, float)
    around = 1 + Z95**2 / trials
    middle = (share + Z95**2 / (2 * trials)) / around
    half = Z95 / around * np.sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    # It holds the share itself, also where rounding has the end of 0 or 1 beside it.
    return np.clip(middle - half, 0.0, share), np.clip(middle + half, share, 1.0)


def among(parts: Array, groups: list[Array]) -> tuple[Array, Array, Array]:
    """Return the mean of parts (label, trial) and Wilson's interval, of as many trials as they are worth."""
    share, trials = parts.mean(axis=-1), np.full(parts.shape[:-1], float(parts.shape[-1]))
    if groups:
        trials = np.full(share.shape, float(min(len(np.unique(each)) for each in groups)))
        alone, grouped = variance_of_mean(parts, []), variance_of_mean(parts, groups)
        np.divide(parts.shape[-1] * alone, grouped, out=trials, where=grouped > 0.0)
    return share, *wilson(share, trials)
