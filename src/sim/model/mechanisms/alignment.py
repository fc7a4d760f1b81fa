"""The recipient decides, once a year and for each partner, to deepen, hold or pull back its alignment.

    MU_j = security sum_f pressure_f h(j, neighbour of f) + benefit (F_j + mean_c T_jc) + goodwill g_j
         + closeness r_0j + courtship max(0, e_j) + leaning_j - crowding (A_j - mean A)
         - autonomy max(0, A_j + burden (L_j - L0_j) / 5)
         - retaliation sum_r h_rj D_r (1 + [r presses])
    U(d) = d MU_j - effort |d|,        d = -1, 0, 1;       P(d) proportional to exp(lambda U(d))
    A_j' = A_j + d step, between 0 and 1

L_j is the rung of the agreement, L0_j that of the start. D_r, the dependence on the one who is angered, is
its share of deliveries. Aid has no direct effect: it comes through goodwill and terms (evidence: bd_hedger,
bd_friends_all, bd_balance_cn_us, bd_hedge_beijing_view, foip_sensitivity, small_state_limit, x_aid_votes,
x_ideal_point_speed). Leaves out: alignment as a package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.choice import choose
from sim.numerics.elementary import total, total_of
from sim.vocabulary.axes import NEW_YEAR, RECIPIENT, TOP_RUNG, Array

#: Pull back, hold, deepen.
STEPS = (-1.0, 0.0, 1.0)


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    alignment: Array  # partner
    alignment_step_taken: Array  # partner; -1, 0 or 1
    alignment_terms: dict[str, Array]  # name -> (option, partner, trial); empty where nothing was decided
    alignment_probability: Array  # option, partner; zero where nothing was decided


def step(
    *,
    calendar_quarter: int,
    alignment_prev: Array,
    relation_prev: Array,
    supplier_share_prev: Array,
    goodwill_prev: Array,
    rung_at_start_prev: Array,
    agreement_rung: Array,
    border_pressure: Array,
    leaning: Array,
    posture: Array,
    finance_terms: Array,
    technology_terms: Array,
    front_neighbour: Array,
    alignment_shock: Array,
    security_weight: Array,
    benefit_weight: Array,
    goodwill_weight: Array,
    closeness_weight: Array,
    courtship_weight: Array,
    autonomy_weight: Array,
    rung_burden: Array,
    crowding_weight: Array,
    retaliation_weight: Array,
    alignment_effort: Array,
    alignment_step: Array,
    rationality: Array,
    decision_rule: Array,
    aspiration: Array,
    error_rate: Array,
) -> Update:
    """In the first quarter of a year, weigh the steps and take one with each partner."""
    steps = np.array(STEPS)[:, None, None]
    if calendar_quarter != NEW_YEAR:
        return Update(
            alignment_prev, np.zeros(alignment_prev.shape), {}, np.zeros((len(STEPS), *alignment_prev.shape))
        )

    relation, between = relation_prev[RECIPIENT], relation_prev[RECIPIENT + 1 :]
    n_partners = len(relation)
    hostility = np.maximum(0.0, -between)
    # Pressure from the side of each partner, and dependence on each: what r can do if j is deepened.
    pressure_from = total(front_neighbour[:, :, None] * border_pressure[:, None])
    anger = supplier_share_prev[:n_partners] * (1.0 + (posture < 0))
    climbed = (agreement_rung - rung_at_start_prev) / TOP_RUNG
    bound = np.maximum(0.0, alignment_prev + rung_burden * climbed)
    technology = total(technology_terms[:n_partners], axis=1) / technology_terms.shape[1]
    marginal = {
        "security": security_weight * total(hostility * pressure_from, axis=1),
        "aid and modernisation": benefit_weight * (finance_terms[:n_partners] + technology),
        "goodwill": goodwill_weight * goodwill_prev,
        "closeness": closeness_weight * relation,
        "courtship": courtship_weight * np.maximum(0.0, posture),
        "leaning": leaning,
        "autonomy": -autonomy_weight * bound,
        "balance": -crowding_weight * (alignment_prev - total(alignment_prev) / n_partners),
        "retaliation": -retaliation_weight * total(hostility * anger, axis=1),
    }
    terms = {name: steps * term for name, term in marginal.items()}
    terms["effort"] = -np.abs(steps) * np.broadcast_to(alignment_effort, relation.shape)
    utility = rationality * total_of(terms.values())
    index, probability = choose(utility, alignment_shock, decision_rule, aspiration, error_rate)
    taken = np.array(STEPS)[index]
    return Update(after(taken, alignment_prev, alignment_step), taken, terms, probability)


def after(taken: Array, alignment_prev: Array, alignment_step: Array) -> Array:
    """Return the alignment that a step leads to."""
    moved: Array = np.minimum(1.0, np.maximum(0.0, alignment_prev + taken * alignment_step))
    return moved
