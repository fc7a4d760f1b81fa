"""Which suppliers are in the running for an opening, and with what weight.

    w_s = max(catalogue_s, floor) approval_s (1 - attention pressure [s is new])
          (1 - compliance [share_s > limit]) exp(V_s)

A supplier should make the category: what it makes is not wholly known, so that one that is not listed for a
category of the register keeps a small weight (x_choice_importers). Under an export regime it must be let
sell it. Border pressure takes attention from suppliers without a recent order (evidence: mm_jp_secondary). A
mandate to diversify holds back suppliers above a limit (bd_diversify_002, osa_reduce_single_supplier).
Leaves out: embargoes by others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import exp, total
from sim.numerics.lists import pick
from sim.vocabulary.axes import QUARTERS, Array, IntArray


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    deal_weight: Array  # supplier, deal


def step(
    *,
    deal_trial: IntArray,
    deal_category: IntArray,
    deal_utility: Array,
    catalogue: Array,
    catalogue_floor: Array,
    in_register: Array,
    is_export_controlled: Array,
    export_approval: Array,
    quarters_since_order_prev: Array,
    recent_window: Array,
    supplier_share_prev: Array,
    border_pressure: Array,
    attention_loss: Array,
    share_limit: Array,
    mandate_compliance: Array,
) -> Update:
    """Return the weight of each supplier in each deal."""
    controlled = is_export_controlled[:, None]
    approval = 1.0 - controlled + controlled * pick(export_approval, deal_trial, deal_category)
    is_new = quarters_since_order_prev > recent_window * QUARTERS
    unnoticed = np.minimum(1.0, total(attention_loss * border_pressure)) * is_new
    held_back = mandate_compliance * (supplier_share_prev > share_limit)
    openness = pick((1.0 - unnoticed) * (1.0 - held_back), deal_trial)
    unlisted = pick(in_register[:, None] * catalogue_floor, deal_trial, deal_category)
    listed = np.maximum(catalogue[:, deal_category], unlisted)
    return Update(deal_weight=listed * approval * openness * exp(deal_utility))
