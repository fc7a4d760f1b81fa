"""Points that no other dominates, and the volume that they cover."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.vocabulary.axes import Array


def front(points: Array, maximise: Sequence[bool]) -> Array:
    """Return which points no other dominates; those that are alike stay together.

    Parameters
    ----------
    points : ndarray, shape (point, objective)
        A point that is not a number somewhere is never in the front.
    maximise : sequence of bool, one for each objective
        Whether more of it is better.

    Returns
    -------
    ndarray of bool, shape (point,)
    """
    good = signed(points, maximise)
    known = np.asarray(~np.isnan(good).any(axis=1))
    is_front: Array = known.copy()
    for k in np.flatnonzero(known):
        is_front[k] = not bool((known & dominates(good, good[k])).any())
    return is_front


def dominates(one_side: Array, other: Array) -> Array:
    """Return whether points are as good in every objective and better in one; more is better."""
    found = (one_side >= other).all(axis=-1) & (one_side > other).any(axis=-1)
    return np.asarray(found)


def hypervolume(points: Array, reference: Sequence[float], maximise: Sequence[bool] | None = None) -> float:
    """Return the volume between points and a reference that they are better than.

    Parameters
    ----------
    points : ndarray, shape (point, objective)
        What is not better than the reference in every objective adds nothing.
    reference : sequence of float
        One number for each objective.
    maximise : sequence of bool, optional
        Whether more is better; less is, by default.
    """
    table = np.asarray(points, float).reshape(-1, len(reference))
    sides = np.where([False] * len(reference) if maximise is None else list(maximise), -1.0, 1.0)
    below = (np.asarray(reference, float) - table) * sides
    inside = below[(below > 0.0).all(axis=1)]
    return _volume(inside) if len(inside) else 0.0


def _volume(sizes: Array) -> float:
    """Return the volume of the union of boxes from the origin, by slices along the last axis."""
    if sizes.shape[1] == 1:
        return float(sizes.max())
    ordered = sizes[np.argsort(-sizes[:, -1], kind="stable")]
    depth = ordered[:, -1] - np.append(ordered[1:, -1], 0.0)
    if sizes.shape[1] == 2:
        return float((np.maximum.accumulate(ordered[:, 0]) * depth).sum())
    return float(sum(_volume(ordered[: k + 1, :-1]) * each for k, each in enumerate(depth) if each > 0.0))


def signed(values: Array, maximise: Sequence[bool]) -> Array:
    """Return values of which more is better in every objective."""
    return np.asarray(values, float) * np.where(list(maximise), 1.0, -1.0)
