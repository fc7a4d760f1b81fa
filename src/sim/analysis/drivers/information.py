"""What it is worth to know before choosing: expected values of perfect and of partial perfect information.

    EVPI   = E(max_d Y_d) - max_d E(Y_d)
    EVPPI  = E(max_d E(Y_d | X)) - max_d E(Y_d)

The conditional mean is a regression of the payoffs on the input (Strong, Oakley and Brennan 2014): a natural
cubic spline on its normal scores, or the mean of each value where there are few. A regression finds
something in noise too: the floor is what shuffled inputs give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.drivers.variance_shares import resampled
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, WrongType

#: Quantiles of the knots of a spline; values up to which an input has a mean for each.
_KNOTS, _FEW = (0.05, 0.275, 0.5, 0.725, 0.95), 6

#: Resamples of the bootstrap; shuffled inputs behind the floor, and the quantile of theirs that it is.
RESAMPLES, DUMMIES, _FLOOR = 200, 40, 0.95
_ENDS = (0.025, 0.975)


@dataclass(frozen=True)
class Value:
    """An expected value of information, in the unit of the payoffs, with its 95 % bootstrap interval.

    `explained` is the part of the variance of the payoffs (of the difference to the first) that the
    regression explains; `floor` is what one in twenty shuffled inputs exceeds. For perfect information they
    are 1 and 0.
    """

    value: float
    low: float
    high: float
    explained: float = 1.0
    floor: float = 0.0


def perfect(
    payoffs: Array, weights: Array | None = None, resamples: int = RESAMPLES, seed: int = SEED
) -> Value:
    """Return the expected value of knowing everything before choosing.

    Parameters
    ----------
    payoffs : ndarray, shape (trial, option) or (trial,)
        More is better; one column is the difference of two options: choosing it, or nothing. Trials in which
        one is not finite are left out.
    weights : ndarray, shape (trial,), optional
        How much each trial counts.
    resamples, seed : int
        Of the bootstrap, behind the intervals.
    """
    payoffs, _, weight = _checked(payoffs, None, weights)
    counts = _counts(weight, resamples, seed)
    return Value(*_with_ends(_gain(counts, payoffs[None], payoffs)))


def partial(
    payoffs: Array,
    known: Array,
    weights: Array | None = None,
    resamples: int = RESAMPLES,
    dummies: int = DUMMIES,
    seed: int = SEED,
) -> Value:
    """Return the expected value of knowing one input, or several together, before choosing.

    Parameters
    ----------
    payoffs, weights, resamples, seed
        As for `perfect`.
    known : ndarray, shape (trial,) or (trial, input)
        The values of the input in each trial. Of several, the regression adds their splines and the products
        of pairs.
    dummies : int
        Shuffled inputs behind the floor; without, it is not a number.
    """
    payoffs, columns, weight = _checked(payoffs, known, weights)
    counts = _counts(weight, resamples, seed)
    values, explained = _regressed(payoffs, columns, counts)
    generator = np.random.default_rng(arguments.seed(seed))
    shuffled = [
        _regressed(payoffs, columns[generator.permutation(len(columns))], counts[:1])[0].min()
        for _ in range(arguments.whole(dummies, "dummies", 0))
    ]
    return Value(*_with_ends(values), explained, float(np.quantile(shuffled, _FLOOR)) if dummies else np.nan)


def of_shuffled(payoffs: Array, count: int, seed: int = SEED) -> Array:
    """Return what knowing numbers that say nothing seems to be worth, shape (count,): the floor of a ranking.

    Of many parameters some exceed what one in twenty shuffled ones does; few exceed the largest of as many.
    """
    generator = np.random.default_rng(arguments.seed(seed))
    numbers = generator.standard_normal((count, len(payoffs)))
    return np.array([partial(payoffs, each, resamples=0, dummies=0).value for each in numbers])


def _checked(payoffs: Array, known: Array | None, weights: Array | None) -> tuple[Array, Array, Array]:
    """Return payoffs (trial, option), inputs (trial, input) and weights of the trials that are finite."""
    payoffs = np.asarray(payoffs, dtype=float)
    if payoffs.ndim == 1:
        payoffs = np.stack([np.zeros_like(payoffs), payoffs], axis=1)
    if payoffs.ndim != 2 or payoffs.shape[1] < 2:
        raise WrongType("", "payoffs", f"has the shape {payoffs.shape}", "Give (trial, option), or (trial,).")
    columns = np.zeros((len(payoffs), 1)) if known is None else np.asarray(known, dtype=float)
    columns = columns[:, None] if columns.ndim == 1 else columns
    weight = np.ones(len(payoffs)) if weights is None else np.asarray(weights, dtype=float)
    if len(columns) != len(payoffs) or weight.shape != (len(payoffs),):
        problem = f"{len(payoffs)} trials, and {len(columns)} of the input, {len(weight)} of the weights"
        raise WrongType("", "payoffs", problem, "Give one number per trial.")
    is_known = np.isfinite(payoffs).all(axis=1) & np.isfinite(columns).all(axis=1) & (weight > 0)
    if is_known.sum() < 2:
        raise InputError("", "payoffs", "fewer than two trials are finite", "Give more trials.")
    return payoffs[is_known], columns[is_known], weight[is_known]


def _counts(weight: Array, resamples: int, seed: int) -> Array:
    """Return the weight of each trial, in the sample and in each resample, shape (1 + resample, trial)."""
    seed, resamples = arguments.seed(seed), arguments.whole(resamples, "resamples", 0)
    return np.vstack([weight, weight * resampled(len(weight), resamples, seed)])


def _regressed(payoffs: Array, columns: Array, counts: Array) -> tuple[Array, float]:
    """Return the value against each option for each row of counts, and the explained part of the variance."""
    base = _basis(columns)
    count, terms = base.shape
    products = (base[:, :, None] * base[:, None, :]).reshape(count, -1)
    # What is too little to tell terms apart, in a resample, is decided by a touch of ridge.
    ridge = 1e-9 * np.eye(terms)
    total = counts.sum(axis=1)[:, None, None]
    normal = (counts @ products).reshape(-1, terms, terms) / total + ridge
    moments = (base[:, :, None] * payoffs[:, None, :]).reshape(count, -1)
    right = (counts @ moments).reshape(-1, terms, payoffs.shape[1]) / total
    fitted = base @ np.linalg.solve(normal, right)
    apart = payoffs - payoffs[:, :1]
    middle = np.average(apart, axis=0, weights=counts[0])
    spread = np.average((apart - middle) ** 2, axis=0, weights=counts[0])
    own = fitted[0] - fitted[0][:, :1]
    left = np.average((apart - own) ** 2, axis=0, weights=counts[0])
    explained = 1.0 - left.sum() / spread.sum() if spread.sum() > 0 else 0.0
    return _gain(counts, fitted, payoffs), float(explained)


def _gain(counts: Array, conditional: Array, payoffs: Array) -> Array:
    """Return E(max of conditional means) - E of each option; conditional (1 or row of counts, trial, option).

    The value of knowing is the least of them. Each is a mean, and its resamples spread as it does; those of
    the least do not where two options are about as good, since it is another option's in every other one.
    """
    total = counts.sum(axis=1)
    informed = (counts * conditional.max(axis=2)).sum(axis=1) / total
    return np.asarray(np.maximum(informed[:, None] - counts @ payoffs / total[:, None], 0.0))


def _with_ends(values: Array) -> tuple[float, float, float]:
    """Return the least of the values (1 + resample, option) over the options, and the least of their ends."""
    ends = np.quantile(values[1:], _ENDS, axis=0).min(axis=1) if len(values) > 1 else (np.nan, np.nan)
    return float(values[0].min()), float(ends[0]), float(ends[1])


def _basis(columns: Array) -> Array:
    """Return the regressors, shape (trial, term): a constant, splines, products of pairs."""
    parts: list[Array] = [np.ones((len(columns), 1))]
    scaled = [_scores(column) for column in columns.T if np.ptp(column) > 0]
    parts += [_spline(each) for each in scaled]
    parts += [(one * other)[:, None] for k, one in enumerate(scaled) for other in scaled[:k]]
    return np.concatenate(parts, axis=1)


def _scores(column: Array) -> Array:
    """Return normal scores, by which what is far out in one prior has no more weight than in another."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    found: Array = ndtri((rankdata(column) - 0.5) / len(column))
    return found


def _spline(x: Array) -> Array:
    """Return the terms of a natural cubic spline beside the constant, or one for each of a few values."""
    values = np.unique(x)
    if len(values) <= _FEW:
        return np.asarray(x[:, None] == values[1:], dtype=float)
    knots = np.unique(np.quantile(x, _KNOTS))
    if len(knots) < 3:
        return x[:, None]
    *inner, before, last = knots

    def cubed(knot: float) -> Array:
        return np.maximum(x - knot, 0.0) ** 3

    terms = [
        cubed(knot)
        - cubed(before) * (last - knot) / (last - before)
        + cubed(last) * (before - knot) / (last - before)
        for knot in inner
    ]
    found: Array = np.stack([x, *(each / (last - knots[0]) ** 2 for each in terms)], axis=1)
    return found
