"""A search on arrays: screen all, drop what is dominated, double the trials, confirm on fresh ones.

All policies meet the same trials. After each round a policy goes if another dominates it (is as good in every
objective and better in one) in more than 95 of 100 resamples; those that are left meet as many trials again.
The winner of a search looks better than it is, because it was chosen for it: those left at the end are run on
trials that none of them has met, and the difference is the optimism of the winner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.robustness.pareto import dominates, front, signed
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array

#: Trials of the first round, rounds, resamples, and the chance from which a policy counts as dominated.
TRIALS_OF_SCREEN, ROUNDS, RESAMPLES, SURE = 256, 3, 200, 0.95

#: Gives policies, by number, some trials: first trial and how many -> shape (policy, objective, trial).
Evaluate = Callable[[Sequence[int], int, int], Array]


@dataclass(frozen=True)
class Winner:
    """The best of a search in one objective, and how it does on fresh trials.

    Parameters
    ----------
    policy : int
        Its number; the first of those that are level.
    searched, fresh : float
        Its mean on the trials of the search and on fresh ones.
    optimism, error : float
        By how much the search made it look better than it is, and the standard error.
    """

    policy: int
    searched: float
    fresh: float
    optimism: float
    error: float


def winner(searched: Array, fresh: Array, maximise: bool = True) -> Winner:
    """Return the best of a search, and the optimism that comes of having chosen it.

    Parameters
    ----------
    searched, fresh : ndarray, shape (policy, trial)
        Different trials.
    maximise : bool
        Whether more is better.
    """
    means = searched.mean(axis=1) * (1.0 if maximise else -1.0)
    best = int(np.where(np.isnan(means), -np.inf, means).argmax())
    first, second = float(searched[best].mean()), float(fresh[best].mean())
    error = math.sqrt(_variance_of_mean(searched[best]) + _variance_of_mean(fresh[best]))
    return Winner(best, first, second, (first - second) * (1.0 if maximise else -1.0), error)


def _variance_of_mean(values: Array) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else np.nan


@dataclass(frozen=True)
class Race:
    """How a search went.

    Parameters
    ----------
    left : tuple of int
        Policies that were not dropped.
    dropped : ndarray of int, shape (policy,)
        The round after which each was dropped, counted from 1; 0 for those left.
    means, errors : ndarray, shape (policy, objective)
        On all trials of the search that each met.
    searched, fresh : ndarray, shape (policy left, objective, trial)
        What those left came to, in the search and on fresh trials.
    trials : int
        Trials that those left met in the search.
    """

    left: tuple[int, ...]
    dropped: Array
    means: Array
    errors: Array
    searched: Array
    fresh: Array
    trials: int


def race(
    evaluate: Evaluate,
    policies: int,
    maximise: Sequence[bool],
    trials: int = TRIALS_OF_SCREEN,
    rounds: int = ROUNDS,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> Race:
    """Search: screen, drop what is dominated, double, confirm.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(numbers, first_trial, trials)`` of policies, shape (policy, objective, trial); trial k is
        the same for all of them.
    policies : int
        How many there are.
    maximise : sequence of bool
        Whether more is better, by objective.
    trials : int
        Of the first round; there are twice as many after each.
    rounds, seed, resamples : int
        How often; of the resamples, and how many.
    """
    left = list(range(policies))
    dropped = np.zeros(policies, int)
    means = np.full((policies, len(maximise)), np.nan)
    errors = means.copy()
    values = np.asarray(evaluate(left, 0, trials), float)
    draw = np.random.default_rng(seed)
    for turn in range(1, rounds + 1):
        means[left] = values.mean(axis=-1)
        errors[left] = values.std(axis=-1, ddof=1) / math.sqrt(values.shape[-1])
        is_left = ~dominated(values, maximise, draw, resamples)
        dropped[[k for k, stays in zip(left, is_left, strict=True) if not stays]] = turn
        left = [k for k, stays in zip(left, is_left, strict=True) if stays]
        values = values[is_left]
        if turn < rounds and len(left) > 1:
            done = values.shape[-1]
            more = np.asarray(evaluate(left, done, done), float)
            values = np.concatenate([values, more], axis=-1)
        elif len(left) == 1:
            break
    done = values.shape[-1]
    fresh = np.asarray(evaluate(left, done, done), float)
    return Race(tuple(left), dropped, means, errors, values, fresh, done)


def dominated(
    values: Array, maximise: Sequence[bool], draw: np.random.Generator, resamples: int = RESAMPLES
) -> Array:
    """Return which policies another dominates in more than `SURE` of the resamples of the trials.

    Parameters
    ----------
    values : ndarray, shape (policy, objective, trial)
    maximise : sequence of bool
    draw : Generator
    resamples : int

    Returns
    -------
    ndarray of bool, shape (policy,)
    """
    again = resampled(values, maximise, draw, resamples)
    found = np.zeros(len(values), bool)
    for k in np.flatnonzero(front(values.mean(axis=-1), maximise)):
        found |= dominates(again[:, k : k + 1], again).mean(axis=0) > SURE
    return found


def resampled(values: Array, maximise: Sequence[bool], draw: np.random.Generator, resamples: int) -> Array:
    """Return means of resampled trials, the same for all policies; more is better."""
    count = values.shape[-1]
    weights = draw.multinomial(count, np.full(count, 1.0 / count), size=resamples) / count
    again = np.einsum("pot,rt->rpo", values, weights)
    return signed(again, maximise)
