"""Simulation-based calibration: truths are drawn, their simulated data inverted, and ranks must be even.

If a posterior is right on average over the prior, the rank of the true value among draws from its own
posterior is uniform (Talts et al. 2018, arXiv 1804.06788). Ranks that pile up at both ends say that the
posterior is too narrow, those in the middle that it is too wide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.vocabulary.axes import Array, IntArray

#: Ranks are put into this many bins for the chi-square.
BINS = 10


@dataclass(frozen=True)
class Verdict:
    """Whether the ranks of one parameter are even.

    Parameters
    ----------
    name : str
    chi_square, p_value : float
        Of ranks in `BINS` equal bins.
    ks_distance, band : float
        Largest distance of the ranks' distribution function from the diagonal, and what 95 % of uniform
        samples of the size stay within (Kolmogorov).
    spread : float
        Standard deviation of the ranks over that of a uniform: above one the posterior is too narrow.
    """

    name: str
    chi_square: float
    p_value: float
    ks_distance: float
    band: float
    spread: float


def ranks(invert: Callable[[int, int], Array], truths: Array, draws: int) -> IntArray:
    """Return the ranks of simulated truths.

    Parameters
    ----------
    invert : callable
        Takes the number of a simulated truth and a number of draws; returns draws from its posterior, shape
        (element, draws).
    truths : ndarray, shape (element, simulated)
    draws : int
        Per posterior; ranks run from 0 to this.

    Returns
    -------
    ndarray of int, shape (element, simulated)
    """
    found = [
        (invert(number, draws) < truths[:, number][:, None]).sum(axis=1) for number in range(truths.shape[1])
    ]
    return np.array(found).T


def judge(found: IntArray, draws: int, names: tuple[str, ...]) -> list[Verdict]:
    """Test the ranks of each parameter for evenness."""
    from scipy import stats

    verdicts = []
    edges = np.linspace(0, draws + 1, BINS + 1)
    share = np.diff(np.ceil(edges)) / (draws + 1)
    band = stats.kstwo.ppf(0.95, found.shape[1])
    for name, row in zip(names, found, strict=True):
        counts = np.histogram(row, bins=np.ceil(edges))[0]
        chi_square, p_value = stats.chisquare(counts, share * len(row))
        # Ranks are whole numbers: the middle of a step keeps the test from leaning to one side.
        uniform = (row + 0.5) / (draws + 1)
        ks_distance = stats.kstest(uniform, "uniform").statistic
        spread = uniform.std() * np.sqrt(12.0)
        verdicts.append(
            Verdict(name, float(chi_square), float(p_value), float(ks_distance), float(band), float(spread))
        )
    return verdicts
