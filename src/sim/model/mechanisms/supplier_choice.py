"""From whom: one draw among the suppliers, domestic production and deferral.

    P(s)     proportional to  (W / W0)^lambda w_s / W,                W = sum_s w_s
    P(home)  proportional to  odds_home (1 + domestic capability) + odds_joint [made with a partner]
    P(off)   proportional to  odds_off

W0 is W as it was at the start, so the odds of not importing are those of the start, and move with what is on
offer; lambda below one makes the suppliers a nest of their own. What a partner of the top rung makes is made
with it at home too. Exp(V) is in the weights w (evidence: x_choice_logit, x_two_stage, bd_industry_strong,
bd_industry_gaps, agreement_next_steps, pk_building_blocks). Leaves out: shared orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.choice import by_rule
from sim.numerics.elementary import exp, log, total
from sim.numerics.lists import pick
from sim.vocabulary.axes import DEFERRAL, DOMESTIC, TOP_RUNG, Array, IntArray


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    deal_options: Array  # supplier, then domestic production and deferral; deal
    deal_supplier: IntArray  # deal


@dataclass(frozen=True)
class Start:
    """The first values."""

    reference_value: Array  # category; W0


def start(*, deal_weight: Array, deals_per_year: Array) -> Start:
    """Measure W0, given the weights of one opening in each category of each trial, in that order."""
    return Start(reference_value=total(deal_weight).reshape(deals_per_year.shape))


def step(
    *,
    deal_trial: IntArray,
    deal_slot: IntArray,
    deal_category: IntArray,
    deal_weight: Array,
    choice_shock: Array,
    reference_value_prev: Array,
    domestic_capability_prev: Array,
    agreement_rung: Array,
    catalogue: Array,
    import_nest: Array,
    decision_rule: Array,
    aspiration: Array,
    error_rate: Array,
    deferral_odds: Array,
    domestic_odds: Array,
    coproduction_odds: Array,
) -> Update:
    """Choose for each deal of the quarter."""
    tiny = np.finfo(float).tiny
    value = np.maximum(total(deal_weight), tiny)
    reference = pick(reference_value_prev, deal_trial, deal_category)
    change = log(value) - log(np.maximum(reference, tiny))
    # What nobody sold at the start has nothing to be compared with: importing it keeps the odds of the start.
    attraction = np.where(reference > tiny, exp(pick(import_nest, deal_trial) * change), 1.0)
    together = catalogue[: len(agreement_rung), :, None] * (agreement_rung >= TOP_RUNG)[:, None]
    jointly = coproduction_odds * np.minimum(1.0, total(together))
    home = pick(domestic_odds * (1.0 + domestic_capability_prev) + jointly, deal_trial, deal_category)
    deferral = pick(deferral_odds, deal_trial)
    options = np.concatenate([deal_weight * (attraction / value), home[None], deferral[None]])
    rule = (pick(each, deal_trial) for each in (decision_rule, aspiration, error_rate))
    options = by_rule(options, *rule)

    cumulative = np.cumsum(options, axis=0)
    is_beyond = pick(choice_shock, deal_trial, deal_slot) * cumulative[-1] >= cumulative
    choice = np.minimum(np.count_nonzero(is_beyond, axis=0), len(options) - 1)
    n_suppliers = len(deal_weight)
    home_or_off = np.where(choice == n_suppliers, DOMESTIC, DEFERRAL)
    return Update(deal_options=options, deal_supplier=np.where(choice < n_suppliers, choice, home_or_off))
