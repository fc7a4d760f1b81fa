"""Named random streams: a draw depends on seed, stream name, trial and quarter alone.

Each stream is a counter-based generator (Philox 4x64) whose key is a hash of the seed and the
stream's name. Its counter is set by the granule of trials and by the calendar quarter. So adding a
stream, a scenario, a worker, a trial or a block size moves no other number, and two scenarios share
the draws of a trial quarter by quarter, whatever their horizons.

Draws are uniforms; distributions are reached by inverse CDF, so that one number is one draw.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.random import Generator, Philox

from sim.vocabulary.axes import Array

#: Trials that share one generator. Part of the definition of every draw.
GRANULE = 512

WORDS_PER_COUNTER = 4

#: What is drawn instead of zero.
SMALLEST = 2.0**-54


def key(seed: int, name: str) -> Array:
    """Return the key of a stream: two words, from a hash of the seed and the name."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return np.frombuffer(digest, dtype="<u8", count=2)


class Streams:
    """The random numbers of one seed.

    Parameters
    ----------
    seed : int
        Any integer; runs with the same seed have the same draws.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._bits = Philox(0)
        self._generator = Generator(self._bits)
        self._template = self._bits.state

    def _set(self, name: str, granule: int, counter: int) -> None:
        # Setting the state costs a fifth of constructing a Philox, which asks for system entropy.
        self._bits.state = {
            **self._template,
            "state": {
                "counter": np.array([0, 0, 0, granule], dtype=np.uint64),
                "key": key(self.seed, name),
            },
            "buffer_pos": WORDS_PER_COUNTER,
        }
        if counter:
            self._bits.advance(counter)

    def uniform(
        self,
        name: str,
        first_trial: int,
        n_trials: int,
        width: int = 1,
        first_quarter: int = 0,
        n_quarters: int = 1,
    ) -> Array:
        """Return uniforms in (0, 1).

        Parameters
        ----------
        name : str
            The stream.
        first_trial, n_trials : int
            Which trials.
        width : int
            Draws per trial and quarter.
        first_quarter, n_quarters : int
            Which calendar quarters (`sim.vocabulary.dates.Quarter.ordinal`).

        Returns
        -------
        ndarray, shape (n_quarters, width, n_trials)
        """
        result = np.empty((n_quarters, width, n_trials))
        last_trial = first_trial + n_trials
        for granule in range(first_trial // GRANULE, -(-last_trial // GRANULE)):
            self._set(name, granule, first_quarter * width * GRANULE // WORDS_PER_COUNTER)
            draws = self._generator.random((n_quarters, width, GRANULE))
            start = granule * GRANULE
            low, high = max(start, first_trial), min(start + GRANULE, last_trial)
            here = result[..., low - first_trial : high - first_trial]
            np.maximum(draws[..., low - start : high - start], SMALLEST, out=here)
        return result
