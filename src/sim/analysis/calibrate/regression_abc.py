"""Approximate Bayesian computation: what simulated trials near the record say about the parameters.

Everything happens in normal scores of the priors, so that the prior is a standard normal in each parameter
and nothing can leave its bounds. Four steps, each a plain function of arrays:

    emulate     each statistic as a quadratic of the parameters; what is left over is noise
    cut         history matching: drop parameters from which the record is more than `cut` s.d. away
    project     summarise the statistics by linear predictions of the parameters (Fearnhead and Prangle 2012)
    adjust      keep the nearest trials, weigh them by nearness (Epanechnikov), and take out by local linear
                regression what their distance from the record explains (Beaumont et al. 2002)

References: doi 10.1111/j.1467-9868.2011.01010.x; doi 10.1093/genetics/162.4.2025; history matching: Vernon
et al. (2010), doi 10.1214/10-BA524.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.vocabulary.axes import Array, BoolArray

#: Part of a statistic's variance that a ridge adds to the diagonal of normal equations.
_RIDGE = 1e-6

#: Least noise of a statistic, so that one that never varies can be compared with the record.
_LEAST_NOISE = 1e-9


@dataclass(frozen=True)
class Emulator:
    """Each statistic as a quadratic of normal scores, without products of two.

    Parameters
    ----------
    coefficients : ndarray, shape (1 + 2 element, statistic)
    residual : ndarray, shape (statistic,)
        Standard deviation of what is left over: noise of the shocks, and what a quadratic misses.
    explained : ndarray, shape (statistic,)
        Part of the variance that the parameters explain.
    """

    coefficients: Array
    residual: Array
    explained: Array

    def predict(self, scores: Array) -> Array:
        """Return the expected statistics, shape (statistic, trial)."""
        predicted: Array = self.coefficients.T @ _features(scores)
        return predicted

    def implausibility(self, scores: Array, observed: Array) -> Array:
        """Return how many standard deviations the record is away, shape (statistic, trial)."""
        distance: Array = np.abs(observed[:, None] - self.predict(scores)) / self.residual[:, None]
        return distance


@dataclass(frozen=True)
class Projection:
    """Linear predictions of the parameters by the statistics.

    Parameters
    ----------
    mean, scale : ndarray, shape (statistic,)
    directions : ndarray, shape (summary, statistic)
        Canonical directions, those that predict most first, times their canonical correlation: the distance
        between two summaries is that between the predicted parameters.
    correlations : ndarray, shape (summary,)
        Between a direction of the statistics and the one of the parameters that it predicts.
    """

    mean: Array
    scale: Array
    directions: Array
    correlations: Array

    def summarise(self, statistics: Array) -> Array:
        """Return summaries, shape (summary, trial)."""
        centred = (statistics - self.mean[:, None]) / self.scale[:, None]
        summaries: Array = self.directions @ centred
        return summaries


@dataclass(frozen=True)
class Sample:
    """Weighted draws from an approximate posterior.

    Parameters
    ----------
    scores : ndarray, shape (element, particle)
        Normal scores of the priors, adjusted.
    weights : ndarray, shape (particle,)
        Sum to one.
    tolerance : float
        Distance of the farthest trial kept, in prior standard deviations of the predicted parameters.
    """

    scores: Array
    weights: Array
    tolerance: float

    @property
    def effective_size(self) -> float:
        """Kish's effective sample size."""
        return float(1.0 / (self.weights**2).sum())

    def mean(self) -> Array:
        """Return the weighted mean, shape (element,)."""
        mean: Array = self.scores @ self.weights
        return mean

    def spread(self) -> Array:
        """Return the weighted standard deviation, shape (element,)."""
        spread: Array = np.sqrt(((self.scores - self.mean()[:, None]) ** 2) @ self.weights)
        return spread

    def reweighted(self, importance: Array) -> Sample:
        """Return the posterior under another prior.

        Parameters
        ----------
        importance : ndarray, shape (particle,)
            Density of the other prior over that of this one, at the adjusted scores.
        """
        weights = self.weights * importance
        return Sample(self.scores, weights / weights.sum(), self.tolerance)

    def draw(self, count: int, random: np.random.Generator) -> Array:
        """Return equally likely draws by systematic resampling, in random order, shape (element, count)."""
        points = (np.arange(count) + random.random()) / count
        chosen = np.minimum(np.searchsorted(np.cumsum(self.weights), points), len(self.weights) - 1)
        drawn: Array = self.scores[:, random.permutation(chosen)]
        return drawn


def emulate(scores: Array, statistics: Array) -> Emulator:
    """Fit each statistic as a quadratic of the scores.

    Parameters
    ----------
    scores : ndarray, shape (element, trial)
    statistics : ndarray, shape (statistic, trial)
    """
    features = _features(scores)
    normal = features @ features.T
    normal[np.diag_indices_from(normal)] *= 1.0 + _RIDGE
    coefficients = np.linalg.solve(normal, features @ statistics.T)
    left = statistics - coefficients.T @ features
    freedom = max(1, statistics.shape[1] - len(features))
    residual = np.sqrt((left**2).sum(axis=1) / freedom)
    explained = 1.0 - residual**2 / np.maximum(statistics.var(axis=1, ddof=1), np.finfo(float).tiny)
    return Emulator(coefficients, np.maximum(residual, _LEAST_NOISE), explained)


def _features(scores: Array) -> Array:
    return np.concatenate([np.ones((1, scores.shape[1])), scores, scores**2 - 1.0])


def is_plausible(implausibility: Array, cut: float) -> BoolArray:
    """Return which trials no statistic rules out, by its second largest implausibility.

    One statistic in thirty is beyond two standard deviations by chance; the second largest rarely is.
    """
    ordered = np.sort(implausibility, axis=0)
    plausible: BoolArray = ordered[-min(2, len(ordered))] <= cut
    return plausible


def project(scores: Array, statistics: Array, least: float) -> Projection:
    """Find what in the statistics predicts the parameters.

    Parameters
    ----------
    scores : ndarray, shape (element, trial)
    statistics : ndarray, shape (statistic, trial)
    least : float
        Least canonical correlation of a direction that is kept.
    """
    n_trials = scores.shape[1]
    mean, scale = statistics.mean(axis=1), statistics.std(axis=1)
    scale = np.where(scale > 0, scale, 1.0)
    centred = (statistics - mean[:, None]) / scale[:, None]
    covariance = centred @ centred.T / n_trials
    values, vectors = np.linalg.eigh(covariance)
    whitening = (vectors / np.sqrt(np.maximum(values, _RIDGE))) @ vectors.T
    away = scores - scores.mean(axis=1, keepdims=True)
    away = away / away.std(axis=1, keepdims=True)
    _, correlations, directions = np.linalg.svd(
        away @ (whitening @ centred).T / n_trials, full_matrices=False
    )
    kept = np.flatnonzero(correlations >= least)
    kept = kept if len(kept) else np.array([0])
    weighted = correlations[kept, None] * (directions[kept] @ whitening)
    return Projection(mean, scale, weighted, correlations[kept])


def adjust(scores: Array, summaries: Array, observed: Array, count: int) -> Sample:
    """Keep the trials nearest to the record and correct them for their distance.

    Parameters
    ----------
    scores : ndarray, shape (element, trial)
    summaries : ndarray, shape (summary, trial)
    observed : ndarray, shape (summary,)
    count : int
        Trials kept.
    """
    gap = summaries - observed[:, None]
    distance = np.sqrt((gap**2).sum(axis=0))
    count = min(count, len(distance))
    near = np.argpartition(distance, count - 1)[:count]
    near = near[np.argsort(distance[near], kind="stable")]
    tolerance = float(distance[near[-1]])
    weights = np.maximum(1.0 - (distance[near] / max(tolerance, np.finfo(float).tiny)) ** 2, 0.0)
    weights = weights / weights.sum() if weights.sum() > 0 else np.full(count, 1.0 / count)
    design = np.concatenate([np.ones((1, count)), gap[:, near]])
    normal = (design * weights) @ design.T
    normal[np.diag_indices_from(normal)] += _RIDGE * np.trace(normal) / len(normal)
    slopes = np.linalg.solve(normal, (design * weights) @ scores[:, near].T)
    adjusted = scores[:, near] - slopes[1:].T @ gap[:, near]
    return Sample(adjusted, weights, tolerance)
