"""Money for procurement, and what may still be committed."""

from __future__ import annotations


def step(w):
    diverted = min(1.0, sum(w.crowding_out[f] * w.border_pressure[f] for f in w.fronts))
    a_year = w.military_budget * w.procurement_share * (1 - diverted)
    w.procurement_budget = a_year / 4 * (1 - 2 * w.budget_cut)
    best = max(0.0, *(w.finance_terms[s] - w.finance_at_start[s] for s in w.suppliers))
    w.commitment_cap = w.commitment_ceiling * a_year * (1 + w.finance_lift * best)
    if w.commitment_cap > 1e-9:
        w.headroom = min(1.0, max(0.0, 1 - w.commitments / w.commitment_cap))
    else:
        w.headroom = 0.0
