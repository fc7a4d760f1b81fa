"""The part of a supplier's attractiveness that no decision in the model changes.

    V0 = beta_m ln m - beta_d d - beta_km ln km - eta ln p - theta_L lead + mu + niche + theta_P pool
    lead = factor exp(location of the category) - 1/2

m is the supplier's share of the world's orders in the category, d the UN ideal-point distance, km the
distance, p the relative price, lead the median delivery time in years, mu what pairs of states keep between
them, pool one for the pool of other suppliers, which is more than one seller, niche what a supplier is
known for in a category that no register counts (evidence: x_choice_logit, x_choice_dyad,
x_choice_importers, x_price_elasticity, cat_hadr, cat_pko, cat_cyber). Reads only data and parameters, so it
is computed again only when an event changes one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.numerics.elementary import exp, log
from sim.vocabulary.axes import Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    standing_utility: Array  # supplier, category; logits


def step(
    *,
    world_order_share: Array,
    ideal_point_distance: Array,
    distance: Array,
    market_weight: Array,
    ideal_point_weight: Array,
    distance_weight: Array,
    price_elasticity: Array,
    price_factor: Array,
    lead_time_weight: Array,
    lead_time_factor: Array,
    lead_time_location: Array,
    pair_effect: Array,
    niche: Array,
    is_pool: Array,
    pool_weight: Array,
) -> Update:
    """Sum the standing terms."""
    by_supplier = (
        pair_effect
        + pool_weight * is_pool[:, None]
        - ideal_point_weight * ideal_point_distance[:, None]
        - distance_weight * log(distance)[:, None]
        - price_elasticity * log(price_factor)
    )
    lead_time = lead_time_factor[:, None] * exp(lead_time_location) - 0.5
    market = market_weight * log(world_order_share)[:, :, None]
    return Update(standing_utility=market + by_supplier[:, None] + niche - lead_time_weight * lead_time)
