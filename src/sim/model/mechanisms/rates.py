"""Yearly rates and half-lives as what happens in one quarter.

    kept in a quarter = (1 - yearly loss)^dt = 0.5^(dt / half-life);   chance in a quarter = 1 - exp(-rate dt)

Reads only parameters, so it is computed again only when an event changes one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import exp, log
from sim.vocabulary.axes import QUARTER, Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes; all per quarter."""

    stock_loss: Array
    experience_kept: Array
    need_kept: Array
    wave_kept: Array
    disaster_chance: Array
    crisis_end_chance: Array  # front
    irregular_exit_chance: Array
    goodwill_kept: Array
    notice_kept: Array


def step(
    *,
    stock_wear: Array,
    experience_fading: Array,
    need_half_life: Array,
    wave_half_life: Array,
    disaster_rate: Array,
    calm_rate: Array,
    irregular_exit_rate: Array,
    goodwill_half_life: Array,
    notice_half_life: Array,
) -> Update:
    """Convert the rates."""
    half = log(np.full_like(need_half_life, 0.5))
    return Update(
        stock_loss=1.0 - exp(QUARTER * log(1.0 - stock_wear)),
        experience_kept=exp(QUARTER * log(1.0 - experience_fading)),
        need_kept=exp(half * QUARTER / need_half_life),
        wave_kept=exp(half * QUARTER / wave_half_life),
        disaster_chance=1.0 - exp(-QUARTER * disaster_rate),
        crisis_end_chance=1.0 - exp(-QUARTER * calm_rate),
        irregular_exit_chance=1.0 - exp(-QUARTER * irregular_exit_rate),
        goodwill_kept=exp(half * QUARTER / goodwill_half_life),
        notice_kept=exp(half * QUARTER / notice_half_life),
    )
