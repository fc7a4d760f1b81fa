"""Governments come and go."""

from __future__ import annotations

import math

from twins.chance import normal, rounded


def start(w):
    w.government = 0.0
    w.quarters_to_election = rounded(4 * w.years_to_election)
    w.leaning = list(w.leaning_at_start)
    w.negotiation_pause = 0.0


def _drawn(w, j, own_shock):
    """A standard normal number for a partner; those of one government go together."""
    rho = w.camp_loading[j]
    return rho * normal(w.government_shock) + math.sqrt(1 - rho**2) * normal(own_shock[j])


def step(w):
    w.quarters_to_election -= 1
    is_documented = w.documented_change[0] > 0
    is_election = w.quarters_to_election <= 0
    falls = w.exit_shock < w.irregular_exit_chance
    is_changed = is_documented or falls or (is_election and w.election_shock < w.turnover_probability)
    if is_election or is_documented:
        w.quarters_to_election = rounded(4 * w.election_interval)

    w.relation_jump = [0.0 for _ in w.partners]
    w.mean_kept = 1.0 if is_documented or not is_changed else w.relation_carry
    w.cancellation = [share[0] for share in w.documented_cancellation]
    if not is_changed:
        w.negotiation_pause = max(0.0, w.negotiation_pause - 1)
        return
    w.government += 1
    pause = w.shortest_pause + (w.longest_pause - w.shortest_pause) * w.pause_shock
    w.negotiation_pause = rounded(4 * pause)
    for j in w.partners:
        w.leaning[j] = w.leaning_spread * _drawn(w, j, w.leaning_shock)
        if not is_documented:
            w.relation_jump[j] = w.relation_jump_spread * _drawn(w, j, w.jump_shock)
        if w.relation[0][j] < w.strained_below and w.break_shock[j] < w.break_probability:
            w.cancellation[j] = 1.0
