"""Priors of the choice of supplier: what the orders of all importers say, and how far importers differ."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np

from sim.files.records import Record, Texts, check, read_toml
from sim.vocabulary.axes import Array

FILE = Path(__file__).parent.parent / "data" / "pooled_choice.toml"


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


def weights() -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation of each weight for one importer."""
    return {
        name: (each.mean, math.sqrt(each.error * each.error + each.between * each.between))
        for name, each in known().weights.items()
    }


def priors(terms: tuple[str, ...]) -> tuple[Array, Array]:
    """Return mean and standard deviation of each term for one importer, shape (term,) each.

    A term that is no weight of the pooled estimate is a pair effect.
    """
    pair = 0.0, known().pair_spread
    mean, spread = np.array([weights().get(term, pair) for term in terms]).T
    return mean, spread
