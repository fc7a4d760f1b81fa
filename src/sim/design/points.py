"""A design whose parameters are given point by point, from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.design.sampling import Sampling
from sim.numerics.streams import Streams
from sim.vocabulary.axes import Array


@dataclass(frozen=True)
class AtPoints(Sampling):
    """Some streams of parameters stand at given probabilities of their priors, sample by sample.

    Parameters
    ----------
    levels : mapping
        Stream -> probabilities, shape (sample,); streams without are drawn as ever.
    """

    levels: Mapping[str, Array] = field(default_factory=dict)

    def parameter(self, streams: Streams, key: str, first_trial: int, n_trials: int) -> Array:
        """Return the uniforms of one uncertain parameter, shape (trial,)."""
        if key not in self.levels:
            return super().parameter(streams, key, first_trial, n_trials)
        sample = np.arange(first_trial, first_trial + n_trials) // self.replicates
        return np.asarray(self.levels[key][sample], dtype=float)
