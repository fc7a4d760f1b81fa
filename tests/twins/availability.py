"""Who is in the running, and with what weight."""

from __future__ import annotations

import math


def weights(w, c, utilities):
    """The weight of every supplier in an opening of category `c`."""
    inattention = min(1.0, sum(w.attention_loss[f] * w.border_pressure[f] for f in w.fronts))
    found = []
    for s in w.suppliers:
        weight = math.exp(utilities[s])
        if not w.catalogue[s][c]:
            weight *= w.catalogue_floor * w.in_register[c]
        if w.is_export_controlled[s]:
            weight *= w.export_approval[c]
        if w.quarters_since_order[s] > 4 * w.recent_window:
            weight *= 1 - inattention
        if w.supplier_share[s] > w.share_limit:
            weight *= 1 - w.mandate_compliance
        found.append(weight)
    return found


def step(w):
    for deal in w.deals:
        deal.weight = weights(w, deal.category, deal.utility)
