"""Priors of the choice of supplier: what the orders of all importers say, and how far importers differ."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from sim.files.records import Record, Texts, check, read_toml
from sim.vocabulary.axes import Array

FILE = Path(__file__).parent.parent.parent / "data" / "pooled_choice.toml"


class Weight(Record):
    """A weight of the pooled estimate."""

    mean: float
    error: float
    between: float
    evidence: Texts
    note: str = ""


class Pooled(Record):
    """The pooled estimate."""

    pair_spread: float
    evidence: Texts
    weights: dict[str, Weight]


@cache
def known() -> Pooled:
    """Return the pooled estimate."""
    return check(Pooled, read_toml(FILE), FILE.name)


def priors(terms: tuple[str, ...]) -> tuple[Array, Array]:
    """Return mean and standard deviation of each term for one importer, shape (term,) each.

    A term that is no weight of the pooled estimate is a pair effect.
    """
    pooled = known()
    mean = [pooled.weights[term].mean if term in pooled.weights else 0.0 for term in terms]
    spread = [
        np.hypot(pooled.weights[term].error, pooled.weights[term].between)
        if term in pooled.weights
        else pooled.pair_spread
        for term in terms
    ]
    return np.array(mean), np.array(spread)
