"""How an option is chosen from utilities: quantal response and the other decision rules."""

from __future__ import annotations

import numpy as np

from sim.numerics.elementary import count, exp, greatest, running_total, total
from sim.vocabulary.axes import Array, IntArray

#: Decision rules, by name in a scenario's variant and by number in the parameter `decision_rule`.
LOGIT, SATISFICING, BEST_RESPONSE = 0, 1, 2


def by_rule(weight: Array, rule: Array, aspiration: Array, error_rate: Array) -> Array:
    """Return the weights of options under each trial's decision rule.

    Parameters
    ----------
    weight : ndarray, shape (option, ...)
        Logit weights exp(U), zero for what is not available.
    rule : ndarray, shape (...)
        Logit keeps the weights; satisficing takes any option within `aspiration` logits of the best with the
        same chance; best response takes the best, but any available one with chance `error_rate`.
    aspiration, error_rate : ndarray, shape (...)

    Returns
    -------
    ndarray, shape (option, ...)
    """
    if not rule.any():
        return weight
    best = greatest(weight)
    enough = (weight >= best * exp(-aspiration)) & (weight > 0)
    is_best = (weight == best) & (weight > 0)
    some = (weight > 0) / np.maximum(1.0, total(weight > 0))
    response = (1.0 - error_rate) * is_best / np.maximum(1.0, total(is_best)) + error_rate * some
    return np.where(rule == LOGIT, weight, np.where(rule == SATISFICING, enough.astype(float), response))


def choose(
    utility: Array, shock: Array, rule: Array, aspiration: Array, error_rate: Array
) -> tuple[IntArray, Array]:
    """Return the chosen option and the probabilities of all, by quantal response or another decision rule.

    Parameters
    ----------
    utility : ndarray, shape (option, ...)
        In logits.
    shock : ndarray, shape (...)
        Uniform.
    rule, aspiration, error_rate : ndarray
        See `by_rule`.
    """
    weight = by_rule(exp(utility - greatest(utility)), rule, aspiration, error_rate)
    index, whole = drawn(weight, shock)
    return index, weight / whole


def drawn(weight: Array, shock: Array) -> tuple[IntArray, Array]:
    """Return the option that a uniform number draws in proportion to weights, and the sum of the weights.

    Parameters
    ----------
    weight : ndarray, shape (option, ...)
    shock : ndarray, shape (...)
        Uniform.
    """
    cumulative = running_total(weight)
    is_beyond = shock * cumulative[-1] >= cumulative
    return np.minimum(count(is_beyond), len(weight) - 1), cumulative[-1]
