"""Disasters strike at random; the need for relief they leave fades.

    strike with a fixed chance;   need' = max(need * kept, strike)

The need raises demand for relief and peacekeeping equipment (evidence: cat_hadr, osa_scope).
Leaves out: season, size and place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.vocabulary.axes import Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    disaster: Array  # 0 or 1
    disaster_need: Array  # index, 0 to 1


@dataclass(frozen=True)
class Start:
    """The first values."""

    disaster_need: Array


def start(*, disaster_rate: Array) -> Start:
    """Begin without need."""
    return Start(disaster_need=np.zeros(disaster_rate.shape))


def step(
    *, disaster_need_prev: Array, disaster_shock: Array, disaster_chance: Array, need_kept: Array
) -> Update:
    """Draw this quarter's disaster and let older need fade."""
    disaster = (disaster_shock < disaster_chance).astype(float)
    return Update(disaster=disaster, disaster_need=np.maximum(disaster_need_prev * need_kept, disaster))
