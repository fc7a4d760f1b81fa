"""What draws the recipient to each supplier, for each opening of the quarter, term by term.

    V_s = V0_s + beta_S S + beta_C C + beta_R R + theta_F F + theta_T T
          - theta_H (1 + doubt) H - X - haste lead

V0 is the standing part; S the supplier's share of the installed stock; C its share of the remembered
orders of the category; R one if it had any order in the last years; F and T finance and technology
transfer on offer; H the concentration that an order adds, correlated within camps, which weighs more
while partners' postures are unsteady; X the political cost, which a bad relation and pressing raise;
haste the border pressure under the reading that urgency favours fast suppliers (zero under the other).

Evidence: x_choice_logit, x_supplier_memory, cn_lockin_cause, switch_cost_high, jp_integration_gap,
bd_nonalign_diversify_norm, jp_finance_offer, pk_offer, no_binding, mm_jp_secondary. Leaves out: bargaining,
and deals tied to one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import total
from sim.numerics.lists import pick
from sim.vocabulary.axes import QUARTERS, RECIPIENT, Array, IntArray


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    supplier_terms: dict[
        str, Array
    ]  # name -> (supplier, trial): the terms that are the same for all categories
    deal_terms: dict[str, Array]  # name -> (supplier, deal): the rest
    deal_utility: Array  # supplier, deal; logits


def step(
    *,
    deal_trial: IntArray,
    deal_category: IntArray,
    standing_utility: Array,
    installed_share_prev: Array,
    camp_share_prev: Array,
    experience_prev: Array,
    quarters_since_order_prev: Array,
    border_pressure: Array,
    relation_prev: Array,
    commitment_doubt_prev: Array,
    doubt_weight: Array,
    coercion: Array,
    installed_weight: Array,
    experience_weight: Array,
    recent_weight: Array,
    recent_window: Array,
    finance_weight: Array,
    technology_weight: Array,
    concentration_weight: Array,
    camp_correlation: Array,
    political_cost: Array,
    hostility_weight: Array,
    urgency: Array,
    lead_time_factor: Array,
    finance_terms: Array,
    technology_terms: Array,
) -> Update:
    """Return V for each supplier and deal."""
    is_recent = quarters_since_order_prev <= recent_window * QUARTERS
    concentration = installed_share_prev + camp_correlation * (camp_share_prev - installed_share_prev)
    cost = political_cost + coercion
    cost[: relation_prev.shape[1]] += hostility_weight * np.maximum(0.0, -relation_prev[RECIPIENT])
    # A portfolio is a hedge against partners whose commitment is in doubt.
    aversion = concentration_weight * (1.0 + doubt_weight * commitment_doubt_prev)
    haste = urgency * total(border_pressure)
    terms = {
        "installed base": installed_weight * installed_share_prev,
        "recent order": recent_weight * is_recent,
        "finance": finance_weight * finance_terms,
        "concentration": -aversion * concentration,
        "politics": -cost,
        "urgency": -haste * lead_time_factor,
    }

    memory = pick(experience_prev, deal_trial, deal_category)
    remembered = memory / np.maximum(total(memory), np.finfo(float).tiny)
    by_deal = {
        "standing": pick(standing_utility, deal_trial, deal_category),
        "experience": pick(experience_weight, deal_trial) * remembered,
        "technology": pick(technology_weight, deal_trial) * pick(technology_terms, deal_trial, deal_category),
    }
    utility = pick(sum(terms.values()), deal_trial)
    for term in by_deal.values():
        utility += term
    return Update(supplier_terms=terms, deal_terms=by_deal, deal_utility=utility)
