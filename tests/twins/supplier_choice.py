"""From whom: a supplier, home, or nobody for now."""

from __future__ import annotations

from sim.axes import DEFERRED, DOMESTIC
from twins import attraction, availability
from twins.chance import choose


def start(w):
    w.reference_value = []
    for c in w.categories:
        w.reference_value.append(sum(availability.weights(w, c, attraction.utilities(w, c))))


def odds(w, c, weights):
    """The weight of every supplier, of home production, and of putting off."""
    whole = sum(weights)
    home = w.domestic_odds[c] * (1 + w.domestic_capability[c])
    if whole == 0:
        return [0.0 for _ in weights] + [home, w.deferral_odds]
    if w.reference_value[c] == 0:
        # Infinitely better than at the start: an import.
        return [weight / whole for weight in weights] + [0.0, 0.0]
    importing = (whole / w.reference_value[c]) ** w.import_nest
    return [importing * weight / whole for weight in weights] + [home, w.deferral_odds]


def step(w):
    for deal in w.deals:
        option = choose(odds(w, deal.category, deal.weight), w.choice_shock[deal.slot])
        n = len(deal.weight)
        deal.supplier = option if option < n else DOMESTIC if option == n else DEFERRED
