"""Domestic industry learns from technology that comes with orders, and from what it makes itself.

    d' = d + (1 - d) (transfer T orders + practice home orders + joint dt sum_j T_jc / n_j) (1 + boost zone)

per category, between 0 and 1; T is the technology transfer on offer with the order, zone the Defence
Economic Zone (evidence: pk_tot_effect, def_econ_zone, bd_industry_strong, bd_industry_gaps,
jp_reg_obstacle: end-use control lowers T). Partners at the rung of joint projects teach without an order, by
what they offer: one project at a time, in one of the n_j categories that they make (cat_future_rd,
agreement_next_steps). Leaves out: loss of skill, exports.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import total
from sim.numerics.lists import scatter
from sim.vocabulary.axes import DOMESTIC, JOINT_PROJECT, QUARTER, Array, IntArray


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    domestic_capability: Array  # category; index


def start(*, initial_domestic_capability: Array) -> Update:
    """Begin at today's capability."""
    return Update(domestic_capability=initial_domestic_capability)


def step(
    *,
    deal_trial: IntArray,
    deal_category: IntArray,
    deal_supplier: IntArray,
    domestic_capability_prev: Array,
    technology_terms: Array,
    agreement_rung: Array,
    catalogue: Array,
    transfer_learning: Array,
    practice_learning: Array,
    joint_learning: Array,
    economic_zone: Array,
    zone_boost: Array,
) -> Update:
    """Learn from the quarter's deals."""
    is_import, is_home = deal_supplier >= 0, deal_supplier == DOMESTIC
    supplier, category, trial = deal_supplier[is_import], deal_category[is_import], deal_trial[is_import]
    lesson = np.zeros(domestic_capability_prev.shape)
    gained = transfer_learning[trial] * technology_terms[supplier, category, trial]
    scatter(lesson, (category, trial), gained)
    scatter(lesson, (deal_category[is_home], deal_trial[is_home]), practice_learning[deal_trial[is_home]])
    n_partners = len(agreement_rung)
    projects = (agreement_rung >= JOINT_PROJECT) / np.maximum(1.0, total(catalogue[:n_partners].T))[:, None]
    lesson += joint_learning * QUARTER * total(technology_terms[:n_partners] * projects[:, None])
    lesson = np.minimum(1.0, lesson * (1.0 + zone_boost * economic_zone))
    return Update(domestic_capability=domestic_capability_prev + (1.0 - domestic_capability_prev) * lesson)
