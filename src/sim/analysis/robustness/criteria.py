"""Criteria of robustness: what a policy is worth when it is not known which future comes.

Each takes the outcomes of policies in futures, and says what is best on its own scale. Where two definitions
are in use, the formula in `CRITERIA` says which is taken here: regrets and trade-offs are differences, never
ratios, so that they do not depend on where zero lies (McPhail and others 2018 compare most of them).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.vocabulary.axes import Array

#: How pessimistic Hurwicz's criterion is, which regret counts, which part is the tail, what a standard
#: deviation costs: what analysts usually take.
PESSIMISM, PERCENTILE, TAIL, AVERSION = 0.75, 90.0, 0.1, 1.0


def worst(values: Array, maximise: bool = True) -> Array:
    """Return the worst of each policy: what maximin makes as good as it can be; shape (..., policy)."""
    found: Array = values.min(axis=-1) if maximise else values.max(axis=-1)
    return found


def best(values: Array, maximise: bool = True) -> Array:
    """Return the best of each policy, which maximax looks at."""
    return worst(values, not maximise)


def hurwicz(values: Array, maximise: bool = True, pessimism: float = PESSIMISM) -> Array:
    """Return the worst and the best of each policy, weighted."""
    found: Array = pessimism * worst(values, maximise) + (1.0 - pessimism) * best(values, maximise)
    return found


def laplace(values: Array, maximise: bool = True) -> Array:
    """Return the mean of each policy: all states equally likely."""
    mean: Array = values.mean(axis=-1)
    return mean


def regret(values: Array, maximise: bool = True) -> Array:
    """Return by how much each policy is behind the best of them, state by state; 0 or more.

    Parameters
    ----------
    values : ndarray, shape (..., policy, state)
        A policy that is not a number in a state is no best there.
    maximise : bool
        Whether more is better.

    Returns
    -------
    ndarray, shape (..., policy, state)
    """
    good = _good(values, maximise)
    known = np.where(np.isnan(good), -np.inf, good)
    lost: Array = known.max(axis=-2, keepdims=True) - good
    return lost


def largest_regret(values: Array, maximise: bool = True) -> Array:
    """Return the largest regret of each policy."""
    largest: Array = regret(values, maximise).max(axis=-1)
    return largest


def percentile_regret(values: Array, maximise: bool = True, percentile: float = PERCENTILE) -> Array:
    """Return a percentile of the regrets of each policy, by linear interpolation."""
    found: Array = np.percentile(regret(values, maximise), percentile, axis=-1)
    return found


def mean_variance(values: Array, maximise: bool = True, aversion: float = AVERSION) -> Array:
    """Return the mean, made worse by a multiple of the standard deviation (0 of a single state)."""
    spread = values.std(axis=-1, ddof=1) if values.shape[-1] > 1 else np.zeros(values.shape[:-1])
    found: Array = values.mean(axis=-1) + (-aversion if maximise else aversion) * spread
    return found


def skew(values: Array, maximise: bool = True) -> Array:
    """Return how far the middle lies towards the good end: -1 to 1, 0 where there is no spread."""
    low, middle, high = np.quantile(_good(values, maximise), (0.1, 0.5, 0.9), axis=-1)
    return _quotient(middle - (low + high) / 2.0, (high - low) / 2.0, 0.0)


def peakedness(values: Array, maximise: bool = True) -> Array:
    """Return how wide the tails are for the width of the middle; infinite where half of it is one value."""
    tenth, quarter, three, ninth = np.quantile(values, (0.1, 0.25, 0.75, 0.9), axis=-1)
    return _quotient(ninth - tenth, three - quarter, np.inf)


def domain(values: Array, maximise: bool = True, mark: float = 0.0) -> Array:
    """Return the share of states in which a policy is at a mark or better."""
    is_met = values >= mark if maximise else values <= mark
    share: Array = np.where(np.isnan(values).any(axis=-1), np.nan, is_met.mean(axis=-1))
    return share


def conditional_value_at_risk(values: Array, maximise: bool = True, tail: float = TAIL) -> Array:
    """Return the mean of the worst part of the states; one that is partly in it counts by that part."""
    count = values.shape[-1]
    good = np.sort(_good(values, maximise), axis=-1)
    weights = np.clip(tail * count - np.arange(count), 0.0, 1.0)
    weights = weights / weights.sum()
    # A state of no weight counts for nothing, also where it is infinite.
    inside = weights > 0.0
    mean: Array = (good[..., inside] * weights[inside]).sum(axis=-1)
    is_known = ~np.isnan(values).any(axis=-1)
    return np.where(is_known, mean if maximise else -mean, np.nan)


@dataclass(frozen=True)
class Criterion:
    """One criterion.

    Parameters
    ----------
    name, text : str
        A word; what it is called.
    formula : str
        What is computed of v, the values of a policy, if more is better.
    function : callable
        ``function(values, maximise, **settings)`` of values of shape (..., policy, state).
    is_goodness : bool
        Whether more of the criterion is better, whichever way the values go.
    is_loss : bool
        Whether less of it is.
    is_of_trials : bool
        Whether every trial is a state; else each future is, with its mean over the trials.
    settings : tuple of str
        Names of what it takes beside.
    """

    name: str
    text: str
    formula: str
    function: Callable[..., Array]
    is_goodness: bool = False
    is_loss: bool = False
    is_of_trials: bool = False
    settings: tuple[str, ...] = ()

    def more_is_better(self, maximise: bool) -> bool:
        """Whether more of the criterion is better."""
        return self.is_goodness or (maximise and not self.is_loss)

    def said(self, settings: dict[str, Any], maximise: bool = True) -> str:
        """Return the formula with its settings."""
        text = self.formula
        if not maximise:
            text = text.translate({ord("↓"): "max", ord("↑"): "min", ord("∓"): "+", ord("≽"): "≤"})
        else:
            text = text.translate({ord("↓"): "min", ord("↑"): "max", ord("∓"): "−", ord("≽"): "≥"})
        shown = {name: f"{settings[name]:g}" for name in self.settings}
        rest = {"rest": f"{1.0 - settings['pessimism']:g}"} if "pessimism" in self.settings else {}
        return text.format(**shown, **rest)


#: The criteria in their order. In formulas, ↓ stands for the worst of the futures and ↑ for the best.
CRITERIA = (
    Criterion("maximin", "Maximin", "↓ over futures of mean v", worst),
    Criterion("maximax", "Maximax", "↑ over futures of mean v", best),
    Criterion("hurwicz", "Hurwicz", "{pessimism} ↓ + {rest} ↑ of mean v", hurwicz, settings=("pessimism",)),
    Criterion("laplace", "Laplace", "mean over futures of mean v", laplace),
    Criterion(
        "minimax_regret",
        "Minimax regret",
        "max over futures of |best policy's mean v − mean v|",
        largest_regret,
        is_loss=True,
    ),
    Criterion(
        "percentile_regret",
        "Percentile regret",
        "{percentile} % quantile over futures of |best policy's mean v − mean v|",
        percentile_regret,
        is_loss=True,
        settings=("percentile",),
    ),
    Criterion(
        "mean_variance",
        "Mean-variance",
        "mean v ∓ {aversion} × standard deviation of v, over futures and trials",
        mean_variance,
        is_of_trials=True,
        settings=("aversion",),
    ),
    Criterion(
        "skew",
        "Skew",
        "(q50 − (q10 + q90) / 2) / ((q90 − q10) / 2) over futures and trials, q10 the bad end",
        skew,
        is_goodness=True,
        is_of_trials=True,
    ),
    Criterion(
        "peakedness",
        "Peakedness",
        "(q90 − q10) / (q75 − q25) over futures and trials",
        peakedness,
        is_goodness=True,
        is_of_trials=True,
    ),
    Criterion(
        "domain",
        "Domain criterion",
        "share of futures and trials with v ≽ {mark}",
        domain,
        is_goodness=True,
        is_of_trials=True,
        settings=("mark",),
    ),
    Criterion(
        "conditional_value_at_risk",
        "Conditional value at risk",
        "mean v of the worst {tail} of futures and trials",
        conditional_value_at_risk,
        is_of_trials=True,
        settings=("tail",),
    ),
)


def ranks(goodness: Array) -> Array:
    """Return the probability of each rank, those that are equal sharing theirs.

    Parameters
    ----------
    goodness : ndarray, shape (..., policy)
        More is better; what is not a number has no rank, and is behind all that have.

    Returns
    -------
    ndarray, shape (..., policy, rank)
        Two that share the first place have each half of the first and half of the second.
    """
    one, other = goodness[..., :, None], goodness[..., None, :]
    is_known = ~np.isnan(one)
    ahead = (other > one).sum(axis=-1)
    level = np.where(is_known[..., 0], (other == one).sum(axis=-1), 1)
    place = np.arange(goodness.shape[-1])
    among = (place >= ahead[..., None]) & (place < (ahead + level)[..., None])
    return np.where(is_known, among / level[..., None], 0.0)


def _good(values: Array, maximise: bool) -> Array:
    return values if maximise else -values


def _quotient(above: Array, below: Array, otherwise: float) -> Array:
    """Return a quotient; where both are 0, 0."""
    above, below = np.asarray(above, float), np.asarray(below, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = above / below
    known = np.where(below == 0.0, np.where(above == 0.0, 0.0, otherwise), found)
    return np.where(np.isnan(above) | np.isnan(below), np.nan, known)
