"""Commercial memory: experience with a supplier decays, and each order renews it.

    e' = (1 - decay)^dt e (1 - cancelled_s b_s) + orders placed that will not lapse;   quarters since the last

b is the part of the orders of the last years that is still on the book: an order that ends without a
delivery is no good experience (x_in_loc). A security grant that is handed over makes its donor known in what
it consists of, as part of an order would (jp_on_supplier_list, osa_reduce_single_supplier).

Memory fades faster than metal rusts (evidence: x_supplier_memory; the likelihood is flat from 0.12 to
0.35 a year). Counts orders, so that categories without a volume are remembered too; the quarters since the
last order are since one that the register would cover, as in the estimate. Leaves out: training abroad.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.lists import left_of, scatter
from sim.vocabulary.axes import Array, BoolArray, IntArray

#: Volumes below this are what rounding leaves of zero, TIV m.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    order_count: Array  # supplier
    experience: Array  # supplier, category; orders
    quarters_since_order: Array  # supplier


@dataclass(frozen=True)
class Start:
    """The first values."""

    experience: Array
    quarters_since_order: Array


def start(*, ordered_cohorts: Array, last_order_age: Array, experience_fading: Array) -> Start:
    """Remember the recorded orders, year by year."""
    return Start(
        experience=left_of(ordered_cohorts, 1.0 - experience_fading),
        quarters_since_order=np.repeat(last_order_age[:, None], experience_fading.size, axis=1),
    )


def step(
    *,
    contract_trial: IntArray,
    contract_supplier: IntArray,
    contract_category: IntArray,
    contract_lapses: BoolArray,
    cancellation: Array,
    order_book_prev: Array,
    ordered_in_window_prev: Array,
    in_register: Array,
    grant_handover: Array,
    is_grant_donor: Array,
    grant_basket: Array,
    experience_prev: Array,
    quarters_since_order_prev: Array,
    experience_kept: Array,
    grant_familiarity: Array,
) -> Update:
    """Let memory fade by a quarter and add the quarter's orders."""
    order_count = np.zeros(quarters_since_order_prev.shape)
    scatter(order_count, (contract_supplier, contract_trial), in_register[contract_category])
    on_book = np.minimum(1.0, order_book_prev / np.maximum(ordered_in_window_prev, _NOTHING))
    experience = experience_kept * experience_prev
    experience *= (1.0 - cancellation * on_book)[:, None]
    for donor in np.flatnonzero(is_grant_donor):
        experience[donor] += grant_basket[:, None] * (grant_familiarity * grant_handover)
    scatter(experience, (contract_supplier, contract_category, contract_trial), 1.0 - contract_lapses)
    return Update(
        order_count=order_count,
        experience=experience,
        quarters_since_order=np.where(order_count > 0, 0.0, quarters_since_order_prev + 1.0),
    )
