"""Yearly rates and half-lives, in a quarter."""

from __future__ import annotations

import math


def step(w):
    w.stock_loss = 1 - (1 - w.stock_wear) ** 0.25
    w.experience_kept = (1 - w.experience_fading) ** 0.25
    w.need_kept = 0.5 ** (0.25 / w.need_half_life)
    w.wave_kept = 0.5 ** (0.25 / w.wave_half_life)
    w.disaster_chance = 1 - math.exp(-w.disaster_rate / 4)
    w.irregular_exit_chance = 1 - math.exp(-w.irregular_exit_rate / 4)
    w.goodwill_kept = 0.5 ** (0.25 / w.goodwill_half_life)
    w.notice_kept = 0.5 ** (0.25 / w.notice_half_life)
    w.crisis_end_chance = [1 - math.exp(-rate / 4) for rate in w.calm_rate]
