"""Distributions of runs too large to keep: exact counts, mean, spread and ends, and quantiles within 0.2 %.

A value is counted under its leading bits: float32 has sign, exponent and 23 bits of fraction, of which nine
are kept. So a quantile is the exact one rounded towards zero by less than 2**-9 of itself, whatever the
shape, and whole numbers up to 1024 are exact. Counts of blocks add up, so quantiles do not depend on how
trials were cut into blocks or in which order these came; moments are summed in the order of the blocks.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.vocabulary.axes import Array

#: Bits of the fraction that are not kept, of 23; nine are.
DROPPED = 14

#: Greatest relative error of a quantile.
RELATIVE_ERROR = 2.0**-9

_QUANTILES = {
    "q01": 0.01,
    "q05": 0.05,
    "q10": 0.1,
    "q25": 0.25,
    "median": 0.5,
    "q75": 0.75,
    "q90": 0.9,
    "q95": 0.95,
    "q99": 0.99,
}

#: What a summary shows, in order.
STATISTICS = ("count", "mean", "sd", "min", *_QUANTILES, "max")

_LOW_BITS = np.int64(2**32)


@dataclass
class Counted:
    """What is known of one variable, cell by cell.

    Parameters
    ----------
    shape : tuple of int
        Of the cells.
    key, times : ndarray
        Cell and leading bits in one number, in order; how often it was seen.
    count, mean, square, low, high : ndarray, one entry per cell
        Values seen; their mean, sum of squared deviations, least and greatest.
    """

    shape: tuple[int, ...]
    key: Array
    times: Array
    count: Array
    mean: Array
    square: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, values: Array) -> Counted:
        """Count values of shape (*cells, trial); trials that are not a number are left out."""
        cells = values.reshape(math.prod(values.shape[:-1]), values.shape[-1])
        cells = cells[:, ~np.isnan(cells[0])]
        exact, count = cells.astype(float), np.full(len(cells), cells.shape[1])
        mean = exact.mean(axis=1) if cells.size else np.zeros(len(cells))
        key, times = np.unique(
            np.arange(len(cells))[:, None] * _LOW_BITS + _leading(cells), return_counts=True
        )
        return cls(
            values.shape[:-1],
            key,
            times,
            count,
            mean,
            ((exact - mean[:, None]) ** 2).sum(axis=1),
            cells.min(axis=1, initial=np.inf),
            cells.max(axis=1, initial=-np.inf),
        )

    def merge(self, others: Iterable[Counted]) -> Counted:
        """Return what is known of these values and, one after another, of the others."""
        parts = [self, *others]
        count, mean, square = self.count, self.mean, self.square
        for other in parts[1:]:
            total = np.maximum(count + other.count, 1)
            step = other.mean - mean
            square = square + other.square + step**2 * (count * other.count / total)
            mean = mean + step * (other.count / total)
            count = count + other.count
        key, place = np.unique(np.concatenate([each.key for each in parts]), return_inverse=True)
        times = np.zeros(len(key), dtype=np.int64)
        np.add.at(times, place, np.concatenate([each.times for each in parts]))
        low = np.minimum.reduce([each.low for each in parts])
        high = np.maximum.reduce([each.high for each in parts])
        return Counted(self.shape, key, times, count, mean, square, low, high)

    def quantile(self, probability: float) -> Array:
        """Return, per cell, the least value that is not below this share of the values."""
        upto = np.cumsum(self.times)
        before = np.concatenate([[0], np.cumsum(self.count)[:-1]])
        rank = before + np.clip(np.ceil(probability * self.count), 1, None)
        found = np.full(len(self.count), np.nan)
        has_any = self.count > 0
        position = np.searchsorted(upto, rank[has_any])
        found[has_any] = _value(self.key[position])
        clipped: Array = np.clip(found, self.low, self.high)
        return clipped

    def statistics(self) -> Array:
        """Return `STATISTICS`, shape (statistic, *cells)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.sqrt(self.square / (self.count - 1))
            known = {
                "count": self.count,
                "mean": np.where(self.count, self.mean, np.nan),
                "sd": np.where(self.count > 1, spread, np.nan),
                "min": np.where(self.count, self.low, np.nan),
                "max": np.where(self.count, self.high, np.nan),
            } | {name: self.quantile(share) for name, share in _QUANTILES.items()}
        return np.stack([known[name] for name in STATISTICS]).reshape(len(STATISTICS), *self.shape)


@dataclass
class Summary:
    """What is known of every variable that is kept.

    Parameters
    ----------
    variables : dict of str to Counted
    waiting : list of Summary
        Later blocks that have not been merged yet, so that merging costs little however many there are.
    """

    variables: dict[str, Counted]
    waiting: list[Summary]

    @classmethod
    def of(cls, values: Mapping[str, Array]) -> Summary:
        """Summarise arrays of shape (*cells, trial)."""
        return cls({name: Counted.of(array) for name, array in values.items()}, [])

    def add(self, other: Summary) -> None:
        """Add the next block."""
        self.waiting.append(other)
        if sum(each.size for each in self.waiting) > self.size:
            self.settle()

    def with_last(self, other: Summary | None) -> Summary:
        """Return the summary with a last block, which is not added to this one."""
        self.settle()
        return Summary(dict(self.variables), [] if other is None else [other])

    def settle(self) -> None:
        """Merge what is waiting."""
        waiting, self.waiting = self.waiting, []
        if waiting:
            self.variables = {
                name: counted.merge(each.variables[name] for each in waiting)
                for name, counted in self.variables.items()
            }

    @property
    def size(self) -> int:
        """Number of entries, without those that wait."""
        return sum(len(each.key) for each in self.variables.values())

    def statistics(self) -> dict[str, Array]:
        """Return `STATISTICS` by variable, shape (statistic, *cells)."""
        self.settle()
        return {name: counted.statistics() for name, counted in self.variables.items()}

    def dump(self) -> bytes:
        """Return the summary as bytes."""
        self.settle()
        file = io.BytesIO()
        arrays = {
            f"{name}.{field}": np.asarray(value)
            for name, counted in self.variables.items()
            for field, value in vars(counted).items()
        }
        np.savez(file, **arrays)  # type: ignore[arg-type]
        return file.getvalue()

    @classmethod
    def load(cls, content: bytes) -> Summary:
        """Return the summary that `dump` wrote."""
        fields: dict[str, dict[str, Any]] = {}
        with np.load(io.BytesIO(content)) as arrays:
            for key in arrays.files:
                name, field = key.split(".")
                fields.setdefault(name, {})[field] = arrays[key]
        for each in fields.values():
            each["shape"] = tuple(int(length) for length in each["shape"])
        return cls({name: Counted(**each) for name, each in fields.items()}, [])


def _leading(values: Array) -> Array:
    """Return the leading bits of float32 values as whole numbers in the order of the values, from 0 on."""
    bits = (values + np.float32(0)).view(np.int32)  # makes one zero of two
    ordered = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return (ordered >> DROPPED).astype(np.int64) + (1 << (31 - DROPPED))


def _value(key: Array) -> Array:
    """Return the value nearest zero of those counted under a key."""
    ordered = ((key % _LOW_BITS) - (1 << (31 - DROPPED))) << DROPPED
    ordered = np.where(ordered < 0, ordered | ((1 << DROPPED) - 1), ordered).astype(np.int64)
    bits = (ordered ^ ((ordered >> 31) & 0x7FFFFFFF)).astype(np.int32)
    return bits.view(np.float32).astype(float)
