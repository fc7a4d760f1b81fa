"""From whom: a supplier, home, or nobody for now."""

from __future__ import annotations

import math

from sim.vocabulary.axes import DEFERRAL, DOMESTIC
from twins import attraction, availability
from twins.chance import by_rule, choose, normal


def start(w):
    w.reference_value = []
    for c in w.categories:
        w.reference_value.append(sum(availability.weights(w, c, attraction.utilities(w, c))))


def pull(w, deal, n_suppliers):
    """What the size of an order adds to each supplier's utility."""
    z = normal(w.size_shock[deal.slot])
    usual = sum(share**2 for share in w.installed_share)
    return [w.size_pull * z * (w.installed_share[s] - usual) for s in range(n_suppliers)]


def odds(w, c, weights):
    """The weight of every supplier, of domestic production, and of deferral."""
    whole = sum(weights)
    home = w.domestic_odds[c] * (1 + w.domestic_capability[c])
    if any(w.agreement_rung[j] == 5 and w.catalogue[j][c] for j in range(len(w.agreement_rung))):
        home += w.coproduction_odds
    if whole == 0:
        return [0.0 for _ in weights] + [home, w.deferral_odds]
    # What nobody sold at the start: the odds of importing stay those of the start.
    reference = w.reference_value[c]
    importing = (whole / reference) ** w.import_nest if reference > 0 else 1.0
    return [importing * weight / whole for weight in weights] + [home, w.deferral_odds]


def news(w, c, bought):
    """What the quarter's purchases so far, as (supplier, category), add to each supplier's utility."""
    memory = [w.experience[s][c] for s in range(len(w.experience))]
    more = [m + sum(each == (s, c) for each in bought) for s, m in enumerate(memory)]
    added = []
    for s in range(len(memory)):
        if w.is_pool[s]:
            added.append(0.0)
            continue
        before, now = (each / (each + w.experience_scale) for each in (memory[s], more[s]))
        was_recent = w.quarters_since_order[s] <= 4 * w.recent_window
        is_recent = any(supplier == s and w.in_register[category] for supplier, category in bought)
        becomes = w.recent_weight if is_recent and not was_recent else 0.0
        added.append(becomes + attraction.worth(w, s, c) * (now - before))
    return added


def step(w):
    bought = []
    for deal in w.deals:
        deal.news = news(w, deal.category, bought)
        deal.pull = pull(w, deal, len(deal.weight))
        weight = [
            each * math.exp(new + more)
            for each, new, more in zip(deal.weight, deal.news, deal.pull, strict=True)
        ]
        option = choose(by_rule(w, odds(w, deal.category, weight)), w.choice_shock[deal.slot])
        n = len(weight)
        deal.supplier = option if option < n else DOMESTIC if option == n else DEFERRAL
        if option < n:
            bought.append((option, deal.category))
