"""What draws the recipient to each supplier in an opening."""

from __future__ import annotations


def utilities(w, c):
    """The utility of every supplier in an opening of category `c`."""
    remembered = sum(w.experience[s][c] for s in w.suppliers)
    found = []
    for s in w.suppliers:
        v = w.standing_utility[s][c]
        v += w.installed_weight * w.installed_share[s]
        if remembered > 0:
            v += w.experience_weight * w.experience[s][c] / remembered
        if w.quarters_since_order[s] <= 4 * w.recent_window:
            v += w.recent_weight
        v += w.finance_weight * w.finance_terms[s]
        v += w.technology_weight * w.technology_terms[s][c]
        # An order concentrates by the supplier's own share, and less by that of the rest of its camp.
        rest_of_camp = w.camp_share[s] - w.installed_share[s]
        aversion = w.concentration_weight * (1 + w.doubt_weight * w.doubt_a_quarter_ago)
        v -= aversion * (w.installed_share[s] + w.camp_correlation * rest_of_camp)
        v -= w.political_cost[s] + w.coercion[s]
        if s in w.partners and w.relation[0][s] < 0:
            v += w.hostility_weight * w.relation[0][s]
        v -= w.urgency * sum(w.border_pressure) * w.lead_time_factor[s]
        found.append(v)
    return found


def step(w):
    for deal in w.deals:
        deal.utility = utilities(w, deal.category)
