"""Money for procurement, what the borders take from it, and what may be committed.

    procurement = M dt share (1 - sum_f crowding_f pressure_f) (1 - 2 cut in the second half-year)
    cap         = ceiling (years of procurement money) (1 + lift max_s(F_s - F0_s))
    headroom    = 1 - commitments / cap, between 0 and 1; none where there is no cap

A mid-year cut of a part of the year's money falls on its second half, hence the factor two. Border
pressure takes money from modernisation (evidence: mm_crowdout; sign from the documents, size assumed);
a full order book shuts out new deals (bd_budget_constraint); the best finance on offer, beyond that of the
start, lets more be owed (jp_finance_offer, x_j10). Leaves out: supplementary budgets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import greatest, total
from sim.vocabulary.axes import QUARTER, Array

#: A cap below this is none, US$ m.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    procurement_budget: Array  # US$ m in the quarter
    commitment_cap: Array  # US$ m
    headroom: Array  # share


def step(
    *,
    military_budget: Array,
    budget_cut: Array,
    border_pressure: Array,
    commitments_prev: Array,
    procurement_share: Array,
    crowding_out: Array,
    commitment_ceiling: Array,
    finance_terms: Array,
    finance_at_start_prev: Array,
    finance_lift: Array,
) -> Update:
    """Split the budget and measure what is still free to commit."""
    diverted = np.minimum(1.0, total(crowding_out * border_pressure))
    in_a_year = military_budget * procurement_share * (1.0 - diverted)
    best = greatest(finance_terms - finance_at_start_prev)
    cap = commitment_ceiling * in_a_year * (1.0 + finance_lift * np.maximum(0.0, best))
    free = 1.0 - commitments_prev / np.maximum(cap, _NOTHING)
    return Update(
        procurement_budget=in_a_year * QUARTER * (1.0 - 2.0 * budget_cut),
        commitment_cap=cap,
        headroom=np.where(cap > _NOTHING, np.minimum(1.0, np.maximum(0.0, free)), 0.0),
    )
