"""The recipient deepens, holds or pulls back its alignment with each partner."""

from __future__ import annotations

from twins.chance import choose, odds
from twins.posture import hostility

STEPS = (-1, 0, 1)


def marginal_utility(w, j):
    """What a step closer to a partner is worth."""
    technology = sum(w.technology_terms[j]) / len(w.technology_terms[j])
    found = w.benefit_weight * (w.finance_terms[j] + technology)
    for r in w.partners:
        pressure = sum(w.border_pressure[f] for f in w.fronts if w.front_neighbour[f][r])
        found += w.security_weight * pressure * hostility(w, j, r)
        anger = w.supplier_share[r] * (2 if w.posture[r] < 0 else 1)
        found -= w.retaliation_weight * hostility(w, r, j) * anger
    found += w.goodwill_weight * w.goodwill[j]
    found += w.closeness_weight * w.relation[0][j]
    found += w.courtship_weight * max(0.0, w.posture[j])
    found += w.leaning[j]
    climbed = (w.agreement_rung[j] - w.rung_at_start[j]) / 5
    found -= w.autonomy_weight * max(0.0, w.alignment[j] + w.rung_burden * climbed)
    found -= w.crowding_weight * (w.alignment[j] - sum(w.alignment) / len(w.alignment))
    return found


def step(w):
    w.alignment_step_taken = [0.0 for _ in w.partners]
    w.alignment_probability = [[0.0 for _ in w.partners] for _ in STEPS]
    if w.calendar_quarter != 1:
        return
    moved = []
    for j in w.partners:
        worth = marginal_utility(w, j)
        weights = odds(w, [w.rationality * (d * worth - w.alignment_effort * abs(d)) for d in STEPS])
        for option in range(len(STEPS)):
            w.alignment_probability[option][j] = weights[option] / sum(weights)
        d = STEPS[choose(weights, w.alignment_shock[j])]
        w.alignment_step_taken[j] = float(d)
        moved.append(min(1.0, max(0.0, w.alignment[j] + d * w.alignment_step)))
    w.alignment = moved
