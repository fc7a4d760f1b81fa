"""From whom: a supplier, home, or nobody for now."""

from __future__ import annotations

from sim.vocabulary.axes import DEFERRAL, DOMESTIC
from twins import attraction, availability
from twins.chance import by_rule, choose


def start(w):
    w.reference_value = []
    for c in w.categories:
        w.reference_value.append(sum(availability.weights(w, c, attraction.utilities(w, c))))


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


def step(w):
    for deal in w.deals:
        option = choose(by_rule(w, odds(w, deal.category, deal.weight)), w.choice_shock[deal.slot])
        n = len(deal.weight)
        deal.supplier = option if option < n else DOMESTIC if option == n else DEFERRAL
