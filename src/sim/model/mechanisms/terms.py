"""A posture sets the terms: what it offers in finance and technology, and what pressing does.

    F_s = F0_s scale(e);   T_sc = T0_sc scale(e) (1 - control_s) open_s;   coercion_s = cost [e = press]
    open_s = 1 + opening (rung_j - rung0_j) / 5             for partners
    withheld_s = withholding [e = press]    part of the deliveries due that waits a quarter
    usable_s   = 1 - spares [e = press]     part of the stock from s that can be used
    aid kept_s = 1 - aid cut [e = press]

The offers at "maintain" are parameters; other levels scale them (evidence: jp_finance_offer, pk_offer,
x_in_loc, agreement_procedures, switch_cost_high). End-use control takes part of the technology
(jp_reg_obstacle, no_binding); it rises with the rung of the agreement (agreement_next_steps, cat_future_rd).
Suppliers that are no partners keep their offers. Leaves out: discounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.vocabulary.axes import TOP_RUNG, Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    finance_terms: Array  # supplier
    technology_terms: Array  # supplier, category
    coercion: Array  # supplier; logits
    withheld: Array  # supplier; share of what is due
    usable_share: Array  # supplier; share of the stock
    aid_kept: Array  # partner; share


def step(
    *,
    posture: Array,
    agreement_rung_prev: Array,
    rung_at_start_prev: Array,
    is_export_controlled: Array,
    is_grant_donor: Array,
    finance_offer: Array,
    technology_offer: Array,
    end_use_control: Array,
    press_scale: Array,
    passive_scale: Array,
    court_scale: Array,
    hard_scale: Array,
    coercion_cost: Array,
    rung_opening: Array,
    withholding: Array,
    spares_cut: Array,
    aid_cut: Array,
    grants_compete: Array,
) -> Update:
    """Scale the offers of the partners by their postures."""
    n_partners = len(posture)
    scale = np.ones_like(finance_offer)
    # Levels -1, 0, 1, 2, 3: the offers are those of level 1.
    courted = np.where(posture == 2, court_scale, hard_scale)
    usual = np.where(posture == 0, passive_scale, np.where(posture == 1, 1.0, courted))
    scale[:n_partners] = np.where(posture < 0, press_scale, usual)
    coercion, withheld, usable = np.zeros(scale.shape), np.zeros(scale.shape), np.ones_like(scale)
    coercion[:n_partners] = coercion_cost * (posture < 0)
    opened = np.ones_like(finance_offer)
    climbed = (agreement_rung_prev - rung_at_start_prev) / TOP_RUNG
    opened[:n_partners] = np.maximum(0.0, 1.0 + rung_opening * climbed)
    withheld[:n_partners] = withholding * (posture < 0)
    usable[:n_partners] = 1.0 - spares_cut * (posture < 0)
    control = 1.0 - end_use_control * is_export_controlled[:, None]
    # Under the variant in which grants compete, the donor's equipment is offered as a gift.
    gift = grants_compete * is_grant_donor[:, None]
    return Update(
        finance_terms=np.minimum(1.0, finance_offer * scale + gift),
        technology_terms=np.minimum(1.0, technology_offer * (scale * opened * control)[:, None]),
        coercion=coercion,
        withheld=withheld,
        usable_share=usable,
        aid_kept=1.0 - aid_cut * (posture < 0),
    )
