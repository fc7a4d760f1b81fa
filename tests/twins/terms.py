"""What each supplier offers, and what pressing costs."""

from __future__ import annotations


def _scale(w, s):
    if s not in w.partners:
        return 1.0
    return {
        -1: w.press_scale,
        0: w.passive_scale,
        1: 1.0,
        2: w.court_scale,
        3: w.hard_scale,
    }[int(w.posture[s])]


def step(w):
    w.finance_terms, w.technology_terms, w.coercion, w.withheld, w.usable_share = [], [], [], [], []
    w.aid_kept = [1 - w.aid_cut if level < 0 else 1.0 for level in w.posture]
    for s in w.suppliers:
        gift = w.grants_compete if w.is_grant_donor[s] else 0.0
        let_go = 1 - w.end_use_control if w.is_export_controlled[s] else 1.0
        w.finance_terms.append(min(1.0, w.finance_offer[s] * _scale(w, s) + gift))
        if s in w.partners:
            let_go *= max(0.0, 1 + w.rung_opening * (w.agreement_rung[s] - w.rung_at_start[s]) / 5)
        w.technology_terms.append(
            [min(1.0, w.technology_offer[s][c] * _scale(w, s) * let_go) for c in w.categories]
        )
        presses = s in w.partners and w.posture[s] < 0
        w.coercion.append(w.coercion_cost if presses else 0.0)
        w.withheld.append(w.withholding if presses else 0.0)
        w.usable_share.append(1 - w.spares_cut if presses else 1.0)
