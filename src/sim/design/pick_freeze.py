"""Designs in which a trial has some of its draws from elsewhere: pick-freeze, and levels of a prior.

Trials come in rows of `size`: trial = row * size + k. What is not spoken of is drawn as trial k of a plain
run, so a row in which nothing is, is that run, and rows are paired with each other trial by trial. Since a
draw is keyed, taking one stream from another trial moves no other, whatever the distribution: categories, and
columns of a posterior (which share a stream), need nothing of their own.

Saltelli's blocks are rows: in the first nothing is taken from elsewhere (A), in the second everything (B), in
each further one a group of streams (AB).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.design.sampling import Sampling
from sim.numerics.streams import Streams
from sim.vocabulary.axes import Array

#: Rows before those of the groups: nothing taken from elsewhere, and everything.
OWN, OTHER = 0, 1
FIRST_GROUP = 2


@dataclass(frozen=True)
class Rows(Sampling):
    """Trials in rows of `size`, paired from row to row: what the designs of this module have in common."""

    size: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether trials are independent of each other."""
        return False

    def offset(self, name: str, row: int) -> int:
        """Return how many trials further on a stream is read in a row: none, or as many as a row has."""
        return 0

    def level(self, name: str, row: int, first: int, count: int) -> Array | None:
        """Return the uniforms at which a parameter's stream stands in a row, if it is not drawn."""
        return None

    def parameter(self, streams: Streams, key: str, first_trial: int, n_trials: int) -> Array:
        """Return the uniforms of one uncertain parameter, shape (trial,)."""
        draw = super().parameter
        pieces = [
            (piece, self.level(key, piece[0], *piece[1:])) for piece in self._pieces(first_trial, n_trials)
        ]
        if all(level is not None for _, level in pieces):
            return np.concatenate([level for _, level in pieces if level is not None])
        found = self._taken(key, first_trial, n_trials, lambda first, count: draw(streams, key, first, count))
        place = 0
        for (_, _, count), level in pieces:
            if level is not None:
                found[place : place + count] = level
            place += count
        return found

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
        return self._taken(
            name, first_trial, n_trials, lambda first, count: draw(streams, name, first, count, *when)
        )

    def _taken(self, name: str, first_trial: int, n_trials: int, draw: Callable[[int, int], Array]) -> Array:
        """Return what `draw` gives of consecutive trials, each row read where its offset says."""
        pieces = [
            (self.offset(name, row) + k, count) for row, k, count in self._pieces(first_trial, n_trials)
        ]
        if n_trials <= 2 * self.size:
            return np.concatenate([draw(*piece) for piece in pieces], axis=-1)
        # Short rows: what they have is drawn once, since a stream is drawn in granules.
        numbers = np.concatenate([np.arange(first, first + count) for first, count in pieces])
        return draw(0, 2 * self.size)[..., numbers]

    def _pieces(self, first_trial: int, n_trials: int) -> Iterator[tuple[int, int, int]]:
        """Yield row, first number in the row, and count, for consecutive trials."""
        last = first_trial + n_trials
        for row in range(first_trial // self.size, -(-last // self.size)):
            low, high = max(first_trial, row * self.size), min(last, (row + 1) * self.size)
            yield row, low - row * self.size, high - low


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


@dataclass(frozen=True)
class AtLevels(Rows):
    """In each row some parameters stand at one probability of their priors; all else is as in a plain run.

    Parameters
    ----------
    size : int
        Trials of a row.
    levels : tuple of mapping
        Stream -> probability, for each row.
    """

    levels: tuple[Mapping[str, float], ...] = ()

    @property
    def trials(self) -> int:
        """Trials in all."""
        return self.size * len(self.levels)

    def level(self, name: str, row: int, first: int, count: int) -> Array | None:
        """Return the uniforms at which a parameter's stream stands in a row, if it is not drawn."""
        level = self.levels[row].get(name)
        return None if level is None else np.full(count, level)


@dataclass(frozen=True)
class Trajectories(Rows):
    """Morris's trajectories: from row to row, one input moves from where it was to another level.

    In the first row nothing has moved. The last row has the first's parameters and other shocks.

    Parameters
    ----------
    size : int
        Trajectories.
    steps : int
        Inputs.
    levels : mapping
        Stream -> turn at which it moves, probability before and after; each shape (trajectory,).
    """

    steps: int = 0
    levels: Mapping[str, tuple[Array, Array, Array]] = field(default_factory=dict)

    @property
    def trials(self) -> int:
        """Trials in all."""
        return self.size * (self.steps + 2)

    def offset(self, name: str, row: int) -> int:
        """Return how many trials further on a stream is read in a row: in the last, what has no level."""
        return self.size if row > self.steps else 0

    def level(self, name: str, row: int, first: int, count: int) -> Array | None:
        """Return the uniforms at which a parameter's stream stands in a row, if it is not drawn."""
        if name not in self.levels:
            return None
        turn, before, after = (each[first : first + count] for each in self.levels[name])
        return np.where((turn < row) & (row <= self.steps), after, before)
