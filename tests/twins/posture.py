"""How hard each partner courts or presses."""

from __future__ import annotations

from twins.chance import choose, odds

LEVELS = (-1, 0, 1, 2, 3)


def influence(w, j):
    """A partner's influence on the recipient."""
    share = w.share_in_influence
    return share * w.supplier_share[j] + (1 - share) * w.alignment[j]


def hostility(w, j, r):
    """How hostile two partners are, from 0 to 1."""
    return max(0.0, -w.relation[1 + j][r])


def start(w):
    w.commitment_doubt = w.doubt_a_quarter_ago = w.doubt_at_start


def drive(w, j):
    """What moves a partner to court."""
    others = [r for r in w.partners if r != j]
    found = w.interest[j] * (1 - influence(w, j)) + w.incumbency_weight * influence(w, j)
    for r in others:
        found += w.vacancy_weight * hostility(w, j, r) * max(0.0, -w.relation[0][r])
        found += w.company_weight * max(0.0, w.relation[1 + j][r]) * w.relation[0][r]
    held = sum(hostility(w, j, r) * influence(w, r) for r in others)
    found += w.rivalry_weight * max(0.0, held + w.share_in_influence * w.outside_gain[j])
    for k in others:
        closer = w.alignment_between[1 + j][k] - w.alignment_between_at_start[1 + j][k]
        theirs = sum(hostility(w, k, r) * influence(w, r) for r in w.partners)
        found += w.common_cause_weight * closer * theirs
    found += w.warmth_weight * w.relation[0][j]
    if w.is_export_controlled[j]:
        top = max(1, len(w.regime_permits) - 1)
        found -= w.home_constraint * (1 - w.export_regime / top)
    return found


def pressing(w, j):
    """What pressing is worth to a partner."""
    return w.press_weight[j] * w.alarm[j] * (1 - w.relation[0][j]) / 2 - w.press_cost[j]


def utility(w, j, level):
    """What a level is worth to a partner."""
    inertia = w.posture_inertia if level == w.posture[j] else 0.0
    return worth(w, j, level, drive(w, j), pressing(w, j)) + inertia


def worth(w, j, level, drive, pressing):
    """What a level is worth to a partner, whatever it did last year."""
    if level < 0:
        return pressing
    cost = w.courtship_cost[j] * (level**2 + 2 * w.purse_load[j] * level) / w.fiscal_room[j]
    return drive * level - cost


def step(w):
    w.doubt_a_quarter_ago = w.commitment_doubt
    w.posture_probability = [[0.0 for _ in w.partners] for _ in LEVELS]
    w.courting_drive = [drive(w, j) for j in w.partners]
    w.pressing_value = [pressing(w, j) for j in w.partners]
    if w.calendar_quarter != 1:
        return
    chosen = []
    for j in w.partners:
        weights = odds(w, [w.rationality * utility(w, j, level) for level in LEVELS])
        for level in range(len(LEVELS)):
            w.posture_probability[level][j] = weights[level] / sum(weights)
        chosen.append(float(LEVELS[choose(weights, w.posture_shock[j])]))
    moved = sum(min(1.0, abs(chosen[j] - w.posture[j])) for j in w.partners) / len(w.partners)
    w.commitment_doubt = w.doubt_memory * w.commitment_doubt + (1 - w.doubt_memory) * moved
    w.posture = chosen
