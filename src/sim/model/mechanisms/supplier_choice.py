"""From whom: one draw among the suppliers, domestic production and deferral, opening after opening.

    P(s)     proportional to  (W / W0)^lambda w'_s / W,               W = sum_s w'_s
    P(home)  proportional to  odds_home (1 + domestic capability) + odds_joint [made with a partner]
    P(off)   proportional to  odds_off
    w'_s     = w_s exp(beta_R [s has just become recent] + u_s (k'_s - k_s) + beta_Z z (S_s - sum_k S_k^2))

The openings of a quarter are decided one after another: how well a supplier is known, k' = E' / (E' + e),
which is worth u, and "recent" count what the earlier ones have bought, as `attraction` counts it from the
next quarter on. An order whose log size is z standard deviations above that of its category goes more often
to suppliers with a large share S of the installed stock, larger than the average unit of the stock has. W0
is W as it was at the start, so the odds of not importing are those of the start, and move with what is on
offer; lambda below one makes the suppliers a nest of their own. What a partner of the top rung makes is
made with it at home too. Exp(V) is in the weights w (evidence: x_choice_logit, x_choice_importers,
x_size_base, x_two_stage, bd_industry_strong, bd_industry_gaps, agreement_next_steps, pk_building_blocks).
Leaves out: shared orders, and the attention that a first order brings its supplier within the quarter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.choice import by_rule, drawn
from sim.numerics.elementary import exp, log, normal_quantile, total
from sim.numerics.lists import in_turn, pick, scatter
from sim.vocabulary.axes import DEFERRAL, DOMESTIC, QUARTERS, TOP_RUNG, Array, IntArray

_TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    deal_options: Array  # supplier, then domestic production and deferral; deal
    deal_supplier: IntArray  # deal
    deal_news: Array  # supplier, deal; logits, what the quarter's earlier openings have added
    deal_pull: Array  # supplier, deal; logits, what the size of the order adds


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
    size_shock: Array,
    in_register: Array,
    installed_share_prev: Array,
    experience_prev: Array,
    quarters_since_order_prev: Array,
    deal_worth: Array,
    experience_scale: Array,
    recent_weight: Array,
    recent_window: Array,
    size_pull: Array,
    is_pool: Array,
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
    n_suppliers = len(deal_weight)
    together = catalogue[: len(agreement_rung), :, None] * (agreement_rung >= TOP_RUNG)[:, None]
    jointly = coproduction_odds * np.minimum(1.0, total(together))
    home_odds = domestic_odds * (1.0 + domestic_capability_prev) + jointly
    is_actor = 1.0 - is_pool[:, None]
    becomes_recent = is_actor * recent_weight * (quarters_since_order_prev > recent_window * QUARTERS)
    bought, registered = np.zeros(experience_prev.shape), np.zeros(quarters_since_order_prev.shape)

    size = pick(size_pull, deal_trial) * normal_quantile(pick(size_shock, deal_trial, deal_slot))
    usual = total(installed_share_prev * installed_share_prev)
    pull = size * pick(installed_share_prev - usual, deal_trial)
    memory, scale = pick(experience_prev, deal_trial, deal_category), pick(experience_scale, deal_trial)
    reference = pick(reference_value_prev, deal_trial, deal_category)
    home, deferral = pick(home_odds, deal_trial, deal_category), pick(deferral_odds, deal_trial)

    def decide(
        trial: IntArray,
        category: IntArray,
        shock: Array,
        weight: Array,
        pull: Array,
        worth: Array,
        memory: Array,
        scale: Array,
        known: Array,
        recent: Array,
        reference: Array,
        log_reference: Array,
        nest: Array,
        otherwise: Array,
        *rule: Array,
    ) -> tuple[Array, IntArray, Array]:
        """Choose for deals of different trials, knowing what earlier ones of their trials have bought."""
        memory = memory + pick(bought, trial, category)
        news = recent * np.minimum(1.0, pick(registered, trial))
        news = news + worth * (memory / (memory + scale) - known)

        weight = weight * exp(news + pull)
        value = np.maximum(total(weight), _TINY)
        change = log(value) - log_reference
        # What nobody sold at the start cannot be compared: importing it keeps the odds of the start.
        attraction = np.where(reference > _TINY, exp(nest * change), 1.0)
        options = by_rule(np.concatenate([weight * (attraction / value), otherwise]), *rule)

        choice, _ = drawn(options, shock)
        supplier, is_import = np.minimum(choice, n_suppliers - 1), 1.0 * (choice < n_suppliers)
        scatter(bought, (supplier, category, trial), is_import)
        scatter(registered, (supplier, trial), is_import * in_register[category])
        return options, choice, news

    lists = (
        deal_trial,
        deal_category,
        pick(choice_shock, deal_trial, deal_slot),
        deal_weight,
        pull,
        is_actor * deal_worth,
        memory,
        scale,
        memory / (memory + scale),
        pick(becomes_recent, deal_trial),
        reference,
        log(np.maximum(reference, _TINY)),
        pick(import_nest, deal_trial),
        np.stack([home, deferral]),
        *(pick(each, deal_trial) for each in (decision_rule, aspiration, error_rate)),
    )
    options, choice, news = in_turn(decide, deal_slot, (bought, registered), lists)
    home_or_off = np.where(choice == n_suppliers, DOMESTIC, DEFERRAL)
    chosen = np.where(choice < n_suppliers, choice, home_or_off)
    return Update(deal_options=options, deal_supplier=chosen, deal_news=news, deal_pull=pull)
