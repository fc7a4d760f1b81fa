"""The lasting part of a supplier's attractiveness."""

from __future__ import annotations

import math


def step(w):
    w.standing_utility = [[_utility(w, s, c) for c in w.categories] for s in w.suppliers]


def _utility(w, s, c):
    return (
        w.market_weight * math.log(w.world_order_share[s][c])
        - w.ideal_point_weight * w.ideal_point_distance[s]
        - w.distance_weight * math.log(w.distance[s])
        - w.price_elasticity * math.log(w.price_factor[s])
        - w.lead_time_weight * (w.lead_time_factor[s] * math.exp(w.lead_time_location[c]) - 0.5)
        + w.pair_effect[s]
        + w.pool_weight * w.is_pool[s]
        + w.niche[s][c]
    )
