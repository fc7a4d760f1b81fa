"""Shares of trials: their interval."""

from __future__ import annotations

from typing import Any

import numpy as np

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
