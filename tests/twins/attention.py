"""How hard partners court each other, out of one purse."""

from __future__ import annotations

from twins.chance import choose, odds
from twins.posture import hostility

LEVELS = (0, 1, 2, 3)


def common_rivals(w, j, k):
    """How hostile two partners are to the same others."""
    return sum(hostility(w, j, r) * hostility(w, k, r) for r in w.partners)


def _drive(w, j, k):
    return w.attention_security * common_rivals(w, j, k) + w.attention_closeness * w.relation[1 + j][k]


def _copy(rows):
    return [list(row) for row in rows]


def start(w):
    nobody = [0.0 for _ in w.partners]
    rows = [[float((3 * max(0.0, w.relation[1 + j][k]) + 0.5) // 1) for k in w.partners] for j in w.partners]
    w.attention_between = [list(nobody), *rows]
    w.attention_at_start = _copy(w.attention_between)
    w.attention_drive_at_start = [list(nobody), *([_drive(w, j, k) for k in w.partners] for j in w.partners)]
    w.courting_at_start = [max(0.0, level) for level in w.posture]


def _more(w, j, k):
    return w.attention_between[1 + j][k] - w.attention_at_start[1 + j][k]


def _utility(w, j, k, level):
    extra = level - w.attention_at_start[1 + j][k]
    rest = sum(_more(w, j, other) for other in w.partners if other != k)
    rest += max(0.0, w.posture[j]) - w.courting_at_start[j]
    cost = w.courtship_cost[j] * (extra**2 + 2 * w.purse_weight * extra * rest) / w.fiscal_room[j]
    inertia = w.posture_inertia if level == w.attention_between[1 + j][k] else 0.0
    drive = _drive(w, j, k) - w.attention_drive_at_start[1 + j][k] + w.attention_interest[1 + j][k]
    return extra * drive - cost + inertia


def step(w):
    if w.calendar_quarter == 1:
        chosen = _copy(w.attention_between)
        for j in w.partners:
            for k in w.partners:
                if j != k:
                    weights = odds(w, [w.rationality * _utility(w, j, k, level) for level in LEVELS])
                    chosen[1 + j][k] = float(LEVELS[choose(weights, w.attention_shock[1 + j][k])])
        w.attention_between = chosen
    spent = [sum(_more(w, j, k) for k in w.partners) for j in w.partners]
    w.purse_load = [max(-0.5, w.purse_weight * each) for each in spent]
