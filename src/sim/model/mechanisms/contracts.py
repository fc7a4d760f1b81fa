"""How much and when: the size, value and timetable of each deal that was signed.

    TIV      = level median_c factor_s factor_sc exp(s.d._c e),   value = TIV price (1 + escalation)^t
               cut to an equal part of what may be committed, times 1 + lift (F_s - F0_s)
    l        = log(TIV wanted / (level median_c))
    delay    = exp(mu_c + growth l + sigma_c e) factor_s - 1/2 years to the first delivery
    length   = spread exp(growth' l + sigma' e - sigma'^2 / 2) years from it to the last, at most the longest
    home     = level median_c exp(s.d._c e) d_c,  at the same price, where domestic production wins
    lapses   with a fixed probability, when the first delivery would have been due

Sizes are volumes of capability (TIV), values constant dollars; a price per TIV by category and supplier links
the two accounts, and rises from one generation of equipment to the next. Size belongs to supplier, category,
and both together, and all sizes of a trial share a level that is not known for sure. The larger an order is,
the later it begins to arrive and the longer that takes. Finance F on offer, beyond that of the start, lets a
contract go beyond its part of the room. What home industry makes is as much as its capability d allows.
Categories outside the register are sized the same way; their volume counts for capability and in no account
of TIV. Documented contracts, from a scenario's events, join the list in every trial (evidence: x_deal_size,
x_size_spread, x_lead_time, x_lead_size, x_delivery_length, bd_budget_constraint, x_in_loc, x_j10,
jp_finance_offer, bd_industry_strong). Leaves out: options, upgrades and resale, and pauses of a delivery.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.durations import whole
from sim.numerics.elementary import exp, log, normal_quantiles
from sim.numerics.lists import pick, scatter
from sim.vocabulary.axes import DOMESTIC, QUARTER, QUARTERS, Array, BoolArray, IntArray


@dataclass(frozen=True)
class Update:
    """What the mechanism writes; one entry per contract."""

    contract_trial: IntArray
    contract_supplier: IntArray
    contract_category: IntArray
    contract_tiv: Array
    contract_kit: Array  # volume outside the register, TIV m at its price
    contract_value: Array
    contract_delay: IntArray  # quarters
    contract_instalments: IntArray  # quarters
    contract_lapses: BoolArray
    home_orders: Array  # category; TIV m
    home_value: Array  # US$ m


def step(
    *,
    step: int,
    deal_trial: IntArray,
    deal_slot: IntArray,
    deal_category: IntArray,
    deal_supplier: IntArray,
    documented_contracts: Array,
    size_shock: Array,
    delay_shock: Array,
    length_shock: Array,
    lapse_shock: Array,
    commitment_cap: Array,
    commitments_prev: Array,
    in_register: Array,
    size_level: Array,
    size_median: Array,
    size_factor: Array,
    size_specialty: Array,
    size_spread: Array,
    price_level: Array,
    price_factor: Array,
    cost_escalation: Array,
    finance_terms: Array,
    finance_at_start_prev: Array,
    finance_lift: Array,
    domestic_capability_prev: Array,
    lead_time_location: Array,
    lead_time_spread: Array,
    lead_time_factor: Array,
    lead_time_growth: Array,
    delivery_spread: Array,
    delivery_growth: Array,
    delivery_variation: Array,
    longest_delivery: Array,
    lapse_probability: Array,
) -> Update:
    """Write the contracts of the quarter."""
    is_import = deal_supplier >= 0
    trial, slot = deal_trial[is_import], deal_slot[is_import]
    category, supplier = deal_category[is_import], deal_supplier[is_import]
    is_home = deal_supplier == DOMESTIC
    home_trial, home_slot, home_category = deal_trial[is_home], deal_slot[is_home], deal_category[is_home]

    room = np.maximum(0.0, commitment_cap - commitments_prev)
    sharing = np.zeros(room.shape)
    scatter(sharing, (trial,), 1.0)
    level = pick(size_level, trial) * pick(size_median, trial, category)
    by_supplier = pick(size_factor, trial, supplier) * size_specialty[supplier, category, trial]
    of_size, of_delay, of_length, of_size_at_home = normal_quantiles(
        *(pick(shock, trial, slot) for shock in (size_shock, delay_shock, length_shock)),
        pick(size_shock, home_trial, home_slot),
    )
    swing = pick(size_spread, trial, category) * of_size
    relative = by_supplier * exp(swing)
    wanted = level * relative
    dearer = exp(cost_escalation * (QUARTER * step))
    price = pick(price_level, trial, category) * pick(price_factor, trial, supplier) * dearer[trial]
    better = pick(finance_terms, trial, supplier) - pick(finance_at_start_prev, trial, supplier)
    lift = np.maximum(0.0, 1.0 + pick(finance_lift, trial) * better)
    value = np.minimum(wanted * price, room[trial] / sharing[trial] * lift)
    volume = value / price

    made = (
        pick(size_level, home_trial)
        * pick(size_median, home_trial, home_category)
        * pick(domestic_capability_prev, home_trial, home_category)
        * exp(pick(size_spread, home_trial, home_category) * of_size_at_home)
    )
    cost = pick(price_level, home_trial, home_category) * dearer[home_trial]
    home_value = np.zeros(room.shape)
    scatter(home_value, (home_trial,), np.minimum(made * cost, room[home_trial]))
    home_orders = np.zeros(domestic_capability_prev.shape)
    scatter(home_orders, (home_category, home_trial), np.minimum(made, room[home_trial] / cost))

    sway = pick(lead_time_spread, trial, category) * of_delay
    larger = log(by_supplier) + swing
    sway = sway + pick(lead_time_growth, trial) * larger
    years = (
        exp(pick(lead_time_location, trial, category) + sway) * pick(lead_time_factor, trial, supplier) - 0.5
    )
    delay = whole(QUARTERS * years + 0.5, least=1)
    variation = pick(delivery_variation, trial)
    slack = variation * of_length - 0.5 * variation * variation
    length = pick(delivery_spread, trial) * exp(pick(delivery_growth, trial) * larger + slack)
    instalments = whole(QUARTERS * np.minimum(pick(longest_delivery, trial), length) + 0.5, least=1)

    # Each documented contract (a row: supplier, category, tiv, value, delay, instalments) in every trial.
    n_trials, n_documented = room.size, len(documented_contracts)
    rows = np.repeat(documented_contracts, n_trials, axis=0)

    def joined(drawn: Array, documented: Array) -> Array:
        return np.concatenate([drawn, documented]) if len(documented) else drawn

    return Update(
        contract_trial=joined(trial, np.tile(np.arange(n_trials), n_documented)),
        contract_supplier=joined(supplier, rows[:, 0].astype(int)),
        contract_category=joined(category, rows[:, 1].astype(int)),
        contract_tiv=joined(volume * in_register[category], rows[:, 2]),
        contract_kit=joined(volume * (1.0 - in_register[category]), 0.0 * rows[:, 2]),
        contract_value=joined(value, rows[:, 3]),
        contract_delay=joined(delay, whole(rows[:, 4])),
        contract_instalments=joined(instalments, whole(rows[:, 5], least=1)),
        contract_lapses=joined(
            pick(lapse_shock, trial, slot) < lapse_probability[trial], np.zeros(len(rows), dtype=bool)
        ),
        home_orders=home_orders,
        home_value=home_value,
    )
