"""Talks in two stages, rung by rung."""

from __future__ import annotations

import math

from sim.vocabulary.axes import TOP_RUNG


def start(w):
    w.negotiation_stage = [0.0 for _ in w.partners]
    w.rung_at_start = list(w.agreement_rung)
    w.pressure_at_start = sum(w.border_pressure)


def _rate(w, j):
    """Stages ended in a year, while talks run."""
    haste = w.relation_speed * w.relation[0][j] + w.courting_speed * (w.posture[j] - 1)
    haste += w.goodwill_speed * w.goodwill[j] + w.will_speed * w.alignment[j]
    haste += w.leaning_speed * w.leaning[j]
    haste -= w.talks_attention * (sum(w.border_pressure) - w.pressure_at_start)
    usual = w.negotiation_mean * (1 + w.rung_slowdown * w.agreement_rung[j])
    return 2 / usual * math.exp(haste)


def step(w):
    w.negotiation_chance = [0.0 for _ in w.partners]
    for j in w.partners:
        relation, rung = w.relation[0][j], w.agreement_rung[j]
        wanted = relation > w.wish_threshold and w.posture[j] >= 1
        possible = rung < min(TOP_RUNG, w.ceiling_base + w.ceiling_slope * w.alignment[j])
        if rung == TOP_RUNG - 1:
            possible = possible and sum(w.experience[j]) >= w.coproduction_orders
        if wanted and possible and w.negotiation_pause == 0:
            w.negotiation_chance[j] = 1 - math.exp(-_rate(w, j) / 4)
        advances = w.negotiation_shock[j] < w.negotiation_chance[j]
        falls = w.lapse_of_agreement_shock[j] < 1 - math.exp(-w.breaking_rate / 4)
        if relation < w.breaking_point and rung > 0 and falls:
            w.agreement_rung[j] -= 1
            w.negotiation_stage[j] = 0.0
        elif advances and w.negotiation_stage[j] == 1:
            w.agreement_rung[j] += 1
            w.negotiation_stage[j] = 0.0
        elif advances:
            w.negotiation_stage[j] = 1.0
