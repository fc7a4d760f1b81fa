"""Designs in which a trial has some of its draws from elsewhere: pick-freeze, and levels of a prior.

Trials come in rows of `size`: trial = row * size + k. What is not spoken of is drawn as trial k of a plain
run, so the first row is that run, and rows are paired with each other trial by trial. Since a draw is keyed,
taking one stream from another trial moves no other, whatever the distribution: categories, and columns of a
posterior (which share a stream), need nothing of their own.

Saltelli's blocks are rows: in the first nothing is taken from elsewhere (A), in the second everything (B), in
each further one a group of streams (AB).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.design.sampling import Sampling
from sim.numerics.streams import Streams
from sim.vocabulary.axes import Array

#: Rows before those of the groups: nothing taken from elsewhere, and everything.
OWN, OTHER = 0, 1
FIRST_GROUP = 2


@dataclass(frozen=True)
class Rows(Sampling):
    """Trials in rows of `size`, paired from row to row; see `PickFreeze` and `AtLevels`."""

    size: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether trials are independent of each other."""
        return False

    def pieces(self, first_trial: int, n_trials: int) -> Iterator[tuple[int, int, int]]:
        """Yield row, first number in the row, and count, for consecutive trials."""
        last = first_trial + n_trials
        for row in range(first_trial // self.size, -(-last // self.size)):
            low, high = max(first_trial, row * self.size), min(last, (row + 1) * self.size)
            yield row, low - row * self.size, high - low

    def joined(self, first_trial: int, n_trials: int, draw: Callable[[int, int, int], Array]) -> Array:
        """Return what `draw` returns of each piece, side by side."""
        return np.concatenate([draw(*piece) for piece in self.pieces(first_trial, n_trials)], axis=-1)


@dataclass(frozen=True)
class PickFreeze(Rows):
    """Saltelli's blocks: in each further row, the streams of a group are those of trial k + size.

    Parameters
    ----------
    size : int
        Base samples.
    taken : tuple of frozenset of str
        Names of streams, of parameters and of shocks, for each further row.
    """

    taken: tuple[frozenset[str], ...] = ()

    @property
    def trials(self) -> int:
        """Trials in all."""
        return self.size * (FIRST_GROUP + len(self.taken))

    def offset(self, name: str, row: int) -> int:
        """Return how many trials further on a stream is read in a row."""
        is_other = row == OTHER or (row >= FIRST_GROUP and name in self.taken[row - FIRST_GROUP])
        return self.size if is_other else 0

    def parameter(self, streams: Streams, key: str, first_trial: int, n_trials: int) -> Array:
        """Return the uniforms of one uncertain parameter, shape (trial,)."""
        draw = super().parameter
        return self.joined(
            first_trial,
            n_trials,
            lambda row, first, count: draw(streams, key, first + self.offset(key, row), count),
        )

    def shocks(
        self,
        streams: Streams,
        name: str,
        first_trial: int,
        n_trials: int,
        width: int,
        first_quarter: int,
        n_quarters: int,
    ) -> Array:
        """Return the uniforms of one shock, shape (quarter, width, trial)."""
        draw, when = super().shocks, (width, first_quarter, n_quarters)
        return self.joined(
            first_trial,
            n_trials,
            lambda row, first, count: draw(streams, name, first + self.offset(name, row), count, *when),
        )


@dataclass(frozen=True)
class AtLevels(Rows):
    """In each row some parameters stand at one probability of their priors; all else is as in a plain run.

    Parameters
    ----------
    size : int
        Trials of a row.
    levels : tuple of dict
        Stream -> probability, for each row.
    """

    levels: tuple[dict[str, float], ...] = ()

    @property
    def trials(self) -> int:
        """Trials in all."""
        return self.size * len(self.levels)

    def parameter(self, streams: Streams, key: str, first_trial: int, n_trials: int) -> Array:
        """Return the uniforms of one uncertain parameter, shape (trial,)."""
        draw = super().parameter

        def piece(row: int, first: int, count: int) -> Array:
            level = self.levels[row].get(key)
            return draw(streams, key, first, count) if level is None else np.full(count, level)

        return self.joined(first_trial, n_trials, piece)

    def shocks(
        self,
        streams: Streams,
        name: str,
        first_trial: int,
        n_trials: int,
        width: int,
        first_quarter: int,
        n_quarters: int,
    ) -> Array:
        """Return the uniforms of one shock, shape (quarter, width, trial)."""
        draw, when = super().shocks, (width, first_quarter, n_quarters)
        return self.joined(
            first_trial, n_trials, lambda _, first, count: draw(streams, name, first, count, *when)
        )
