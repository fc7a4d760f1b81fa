"""What draws the recipient to each supplier, for each opening of the quarter, term by term.

    V_s = V0_s + beta_S S + k w + beta_R R
          + theta_F (F - F0) + theta_T (T - T0)
          + theta_A (A - A0) + theta_L (L - L0) / 5 + theta_G (G - G0)
          + theta_M m (M - M0)
          - (theta_H (1 + doubt) max(0, H - h) - cost at the start) - (X - X0) - Y - haste lead
    k   = E / (E + e),     w = max(0, beta_C + (beta_k - beta_m) ln(m / m0))

V0 is the standing part; S the supplier's share of the installed stock; k how well it is known in the
category by its remembered orders E, of which e make it half known: that it has sold at all counts for most,
and what others sell takes nothing from it. Of a supplier that is not known its share m of the world's
orders counts (beta_m, in V0), of one that is known it counts less (beta_k), so that w is worth less to a
large seller; m0 is a usual share. R is one if it had any order in the last years; F and T finance and
technology transfer on offer; A, L and G the recipient's alignment with a partner, the rung of their
agreement and the goodwill that aid has left; M the supplier's share of the stock of the category, where a
mixed fleet costs m; H the concentration that an order adds, correlated within camps, which counts above a
level h and weighs more while partners' postures are unsteady; X the political cost, Y what a hostile
relation and pressing add to it; haste the border pressure under the variant in which urgency favours fast
suppliers (zero under the other). The pool of other suppliers is nobody who could be known or relied on: of
S, k, R and M it has none.

Terms that no record of choices can identify are measured from the start (F0, T0, ...): there the odds are
those estimated, which already contain what was on offer then. So it is with the aversion to concentration:
its cost at the start is in the odds, and a motive that grows later adds to it.

Evidence: x_choice_logit, x_choice_importers, x_supplier_memory, cn_lockin_cause, switch_cost_high,
jp_integration_gap, bd_nonalign_diversify_norm, jp_finance_offer, jp_fin_solidify_partner,
agreement_jp_industry, sec_coop_2010s, pk_offer, no_binding, mm_jp_secondary. Leaves out: bargaining, and
deals tied to one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import log, total
from sim.numerics.lists import pick
from sim.vocabulary.axes import QUARTERS, RECIPIENT, TOP_RUNG, Array, IntArray

_TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    supplier_terms: dict[
        str, Array
    ]  # name -> (supplier, trial): the terms that are the same for all categories
    deal_terms: dict[str, Array]  # name -> (supplier, deal): the rest
    deal_worth: Array  # supplier, deal; logits, what it is worth to be fully known
    deal_utility: Array  # supplier, deal; logits


@dataclass(frozen=True)
class Start:
    """The first values: what later terms are measured from."""

    finance_at_start: Array  # supplier
    political_cost_at_start: Array  # supplier
    technology_at_start: Array  # supplier, category
    alignment_at_start: Array  # partner
    goodwill_at_start: Array  # partner
    fleet_share_at_start: Array  # supplier, category
    aversion_at_start: Array  # supplier; logits


def start(
    *,
    finance_terms: Array,
    political_cost: Array,
    technology_terms: Array,
    alignment: Array,
    goodwill: Array,
    stock: Array,
    category_stock: Array,
    installed_share: Array,
    camp_share: Array,
    camp_correlation: Array,
    commitment_doubt: Array,
    concentration_weight: Array,
    doubt_weight: Array,
    concentration_threshold: Array,
) -> Start:
    """Remember offers, ties and stocks as they were at the start."""
    return Start(
        finance_at_start=np.array(finance_terms),
        political_cost_at_start=np.array(political_cost),
        technology_at_start=np.array(technology_terms),
        alignment_at_start=np.array(alignment),
        goodwill_at_start=np.array(goodwill),
        fleet_share_at_start=stock / np.maximum(category_stock, _TINY),
        aversion_at_start=_aversion(
            concentration(installed_share, camp_share, camp_correlation),
            commitment_doubt,
            concentration_weight,
            doubt_weight,
            concentration_threshold,
        ),
    )


def concentration(installed_share: Array, camp_share: Array, camp_correlation: Array) -> Array:
    """Return the share of the stock that runs the risks of each supplier, shape (supplier, trial)."""
    mixed: Array = installed_share + camp_correlation * (camp_share - installed_share)
    return mixed


def known(experience: Array, scale: Array) -> Array:
    """Return how well suppliers are known by remembered orders, from 0 to 1, any shape."""
    part: Array = experience / (experience + scale)
    return part


def _aversion(share: Array, doubt: Array, weight: Array, doubt_weight: Array, threshold: Array) -> Array:
    """Return what concentration costs; a portfolio is a hedge against partners in doubt."""
    cost: Array = weight * (1.0 + doubt_weight * doubt) * np.maximum(0.0, share - threshold)
    return cost


def step(
    *,
    deal_trial: IntArray,
    deal_category: IntArray,
    standing_utility: Array,
    installed_share_prev: Array,
    camp_share_prev: Array,
    experience_prev: Array,
    quarters_since_order_prev: Array,
    stock_prev: Array,
    category_stock_prev: Array,
    border_pressure: Array,
    relation_prev: Array,
    alignment: Array,
    agreement_rung: Array,
    goodwill_prev: Array,
    commitment_doubt_prev: Array,
    finance_at_start_prev: Array,
    political_cost_at_start_prev: Array,
    technology_at_start_prev: Array,
    alignment_at_start_prev: Array,
    rung_at_start_prev: Array,
    goodwill_at_start_prev: Array,
    fleet_share_at_start_prev: Array,
    aversion_at_start_prev: Array,
    doubt_weight: Array,
    coercion: Array,
    is_pool: Array,
    world_order_share: Array,
    market_weight: Array,
    known_market_weight: Array,
    usual_market_share: Array,
    installed_weight: Array,
    experience_weight: Array,
    experience_scale: Array,
    recent_weight: Array,
    recent_window: Array,
    finance_weight: Array,
    technology_weight: Array,
    alignment_draw: Array,
    agreement_draw: Array,
    goodwill_draw: Array,
    fleet_aversion: Array,
    mixing_cost: Array,
    concentration_weight: Array,
    concentration_threshold: Array,
    camp_correlation: Array,
    political_cost: Array,
    hostility_weight: Array,
    urgency: Array,
    lead_time_factor: Array,
    finance_terms: Array,
    technology_terms: Array,
) -> Update:
    """Return V for each supplier and deal."""
    n_partners = relation_prev.shape[1]
    is_actor = 1.0 - is_pool[:, None]
    is_recent = is_actor * (quarters_since_order_prev <= recent_window * QUARTERS)
    ties = np.zeros(installed_share_prev.shape)
    ties[:n_partners] = (
        alignment_draw * (alignment - alignment_at_start_prev)
        + agreement_draw * (agreement_rung - rung_at_start_prev) / TOP_RUNG
        + goodwill_draw * (goodwill_prev - goodwill_at_start_prev)
    )
    cost = political_cost - political_cost_at_start_prev + coercion
    cost[:n_partners] += hostility_weight * np.maximum(0.0, -relation_prev[RECIPIENT])
    aversion = _aversion(
        concentration(installed_share_prev, camp_share_prev, camp_correlation),
        commitment_doubt_prev,
        concentration_weight,
        doubt_weight,
        concentration_threshold,
    )
    haste = urgency * total(border_pressure)
    terms = {
        "installed base": installed_weight * is_actor * installed_share_prev,
        "recent order": recent_weight * is_recent,
        "finance": finance_weight * (finance_terms - finance_at_start_prev),
        "ties": ties,
        "concentration": -(aversion - aversion_at_start_prev),
        "politics": -cost,
        "urgency": -haste * lead_time_factor,
    }

    advantage = log(world_order_share)[:, deal_category] - pick(log(usual_market_share), deal_trial)
    by_market = pick(known_market_weight - market_weight, deal_trial) * advantage
    worth = np.maximum(0.0, pick(experience_weight, deal_trial) + by_market)
    memory = is_actor * pick(experience_prev, deal_trial, deal_category)
    fleet = pick(stock_prev, deal_trial, deal_category)
    fleet_share = fleet / np.maximum(pick(category_stock_prev, deal_trial, deal_category), _TINY)
    on_offer, at_start = (
        pick(each, deal_trial, deal_category) for each in (technology_terms, technology_at_start_prev)
    )
    mixing = is_actor * pick(fleet_aversion * mixing_cost, deal_trial)
    by_deal = {
        "standing": pick(standing_utility, deal_trial, deal_category),
        "experience": worth * known(memory, pick(experience_scale, deal_trial)),
        "technology": pick(technology_weight, deal_trial) * (on_offer - at_start),
        "same fleet": mixing * (fleet_share - pick(fleet_share_at_start_prev, deal_trial, deal_category)),
    }
    utility = pick(sum(terms.values()), deal_trial)
    for term in by_deal.values():
        utility += term
    return Update(supplier_terms=terms, deal_terms=by_deal, deal_worth=worth, deal_utility=utility)
