"""What draws the recipient to each supplier in an opening."""

from __future__ import annotations

import math


def start(w):
    w.finance_at_start, w.political_cost_at_start = list(w.finance_terms), list(w.political_cost)
    w.technology_at_start = [list(row) for row in w.technology_terms]
    w.alignment_at_start = list(w.alignment)
    w.goodwill_at_start = list(w.goodwill)
    w.fleet_share_at_start = [[_fleet_share(w, s, c) for c in w.categories] for s in w.suppliers]
    w.aversion_at_start = [_aversion(w, s, w.commitment_doubt) for s in w.suppliers]


def _fleet_share(w, s, c):
    return w.stock[s][c] / w.category_stock[c] if w.category_stock[c] > 0 else 0.0


def worth(w, s, c):
    """What it is worth to be fully known: less for a supplier that is large on the world's market anyway."""
    market = math.log(w.world_order_share[s][c] / w.usual_market_share)
    return max(0.0, w.experience_weight + (w.known_market_weight - w.market_weight) * market)


def _concentration(w, s):
    # An order concentrates by the supplier's own share, and less by that of the rest of its camp.
    return w.installed_share[s] + w.camp_correlation * (w.camp_share[s] - w.installed_share[s])


def _aversion(w, s, doubt):
    weight = w.concentration_weight * (1 + w.doubt_weight * doubt)
    return weight * max(0.0, _concentration(w, s) - w.concentration_threshold)


def utilities(w, c):
    """The utility of every supplier in an opening of category `c`."""
    found = []
    for s in w.suppliers:
        v = w.standing_utility[s][c]
        # Nobody knows the pool of other suppliers, or relies on it.
        if not w.is_pool[s]:
            v += w.installed_weight * w.installed_share[s]
            v += worth(w, s, c) * w.experience[s][c] / (w.experience[s][c] + w.experience_scale)
            if w.quarters_since_order[s] <= 4 * w.recent_window:
                v += w.recent_weight
            v += w.fleet_aversion * w.mixing_cost * (_fleet_share(w, s, c) - w.fleet_share_at_start[s][c])
        v += w.finance_weight * (w.finance_terms[s] - w.finance_at_start[s])
        v += w.technology_weight * (w.technology_terms[s][c] - w.technology_at_start[s][c])
        if s in w.partners:
            v += w.alignment_draw * (w.alignment[s] - w.alignment_at_start[s])
            v += w.agreement_draw * (w.agreement_rung[s] - w.rung_at_start[s]) / 5
            v += w.goodwill_draw * (w.goodwill[s] - w.goodwill_at_start[s])
        # What concentration cost at the start is in the estimated odds.
        v -= _aversion(w, s, w.doubt_a_quarter_ago) - w.aversion_at_start[s]
        v -= w.political_cost[s] - w.political_cost_at_start[s] + w.coercion[s]
        if s in w.partners and w.relation[0][s] < 0:
            v += w.hostility_weight * w.relation[0][s]
        v -= w.urgency * sum(w.border_pressure) * w.lead_time_factor[s]
        found.append(v)
    return found


def step(w):
    for deal in w.deals:
        deal.utility = utilities(w, deal.category)
