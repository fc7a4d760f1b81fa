"""Durations as whole numbers: none is an undefined integer, whatever it was computed from."""

from __future__ import annotations

import numpy as np

from sim.vocabulary.axes import Array, IntArray

#: A thousand years of quarters, beyond the end of every run: what is due later never comes.
LONGEST = 4000


def whole(duration: Array, least: int = 0) -> IntArray:
    """Round durations down to whole numbers from `least` to `LONGEST`.

    Parameters
    ----------
    duration : ndarray
        In any unit; infinite ones are the shortest or the longest.
    least : int

    Returns
    -------
    ndarray of int, of the same shape

    Raises
    ------
    FloatingPointError
        If a duration is not a number: the trial it belongs to has failed.
    """
    if np.isnan(duration).any():
        raise FloatingPointError("a duration is not a number")
    limited: IntArray = np.minimum(np.maximum(np.floor(duration), least), LONGEST).astype(int)
    return limited
