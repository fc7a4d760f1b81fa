"""Partners deepen, hold or pull back their alignment with each other."""

from __future__ import annotations

from twins.attention import common_rivals
from twins.chance import choose, odds

STEPS = (-1, 0, 1)


def _worth(w, j, k):
    """What a step of one partner towards another is worth."""
    row = w.alignment_between[1 + j]
    found = w.common_rival_weight * common_rivals(w, j, k)
    found += w.bond_closeness * w.relation[1 + j][k]
    found += w.reply_weight * w.attention_between[1 + k][j]
    found -= w.own_autonomy_weight[j] * row[k]
    return found - w.bond_crowding * (row[k] - sum(row) / max(1, len(row) - 1))


def start(w):
    rows = [[max(0.0, w.relation[1 + j][k]) for k in w.partners] for j in w.partners]
    w.alignment_between = [list(w.alignment), *rows]
    w.alignment_between_at_start = [list(row) for row in w.alignment_between]
    worth = [[_worth(w, j, k) for k in w.partners] for j in w.partners]
    w.bond_worth_at_start = [[0.0 for _ in w.partners], *worth]


def step(w):
    w.bond_step_taken = [[0.0 for _ in w.partners] for _ in (None, *w.partners)]
    if w.calendar_quarter == 1:
        for j in w.partners:
            for k in w.partners:
                if j != k:
                    worth = _worth(w, j, k) - w.bond_worth_at_start[1 + j][k]
                    worth += w.pole_weight * w.pole_pull[j] * w.pole_pull[k]
                    weights = odds(w, [w.rationality * (d * worth - w.bond_effort * abs(d)) for d in STEPS])
                    d = STEPS[choose(weights, w.partner_alignment_shock[1 + j][k])]
                    w.bond_step_taken[1 + j][k] = float(d)
    rows = [
        [
            min(1.0, max(0.0, w.alignment_between[1 + j][k] + w.bond_step_taken[1 + j][k] * w.bond_step))
            for k in w.partners
        ]
        for j in w.partners
    ]
    w.alignment_between = [list(w.alignment), *rows]
