"""Money: contracts are committed when signed and paid in yearly parts over their term.

    term    = payment years + stretch (F_s - F0_s), in whole years
    due     = sum over contracts of value / term, each year of the term; what is made at home at once
    paid    = min(due + arrears, unspent + procurement budget)
    unspent'     = unspent + procurement budget - paid - returned
    commitments' = commitments + signed - paid - released

Money not spent by the end of the fiscal year is returned to the treasury. A contract that lapses, or that is
cancelled, releases what has not been paid. Always: money in = paid + returned + unspent, and signed = paid +
released + outstanding (evidence: x_j10 for the length of a term, jp_finance_offer, bd_budget_constraint).
Leaves out: interest, exchange rates, down payments. A contract that will lapse is not paid before it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.durations import whole
from sim.numerics.elementary import total
from sim.numerics.lists import enter_in_parts, pick, scatter, withdraw
from sim.vocabulary.axes import NEW_YEAR, QUARTERS, Array, BoolArray, IntArray


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    spending: Array  # US$ m
    signed: Array  # US$ m
    released: Array  # US$ m
    returned: Array  # US$ m
    unspent: Array  # US$ m
    arrears: Array  # US$ m
    commitments: Array  # US$ m


@dataclass(frozen=True)
class Start:
    """The first values."""

    payment_ledger: Array
    release_ledger: Array
    unspent: Array
    arrears: Array
    commitments: Array


def start(
    *,
    delivery_ledger: Array,
    open_supplier: IntArray,
    open_category: IntArray,
    open_tiv: Array,
    price_level: Array,
    price_factor: Array,
    payment_years: Array,
    unpaid_share: Array,
) -> Start:
    """Commit what is still to be paid on the orders open at the start."""
    n_due, n_suppliers, _, n_trials = delivery_ledger.shape
    payment_ledger = np.zeros((n_due, n_suppliers, n_trials))
    price = price_level[open_category] * price_factor[open_supplier]
    value = open_tiv[:, None] * price * unpaid_share
    supplier = np.repeat(open_supplier, n_trials)
    trial = np.tile(np.arange(n_trials), len(open_supplier))
    enter_in_parts(payment_ledger, 0, QUARTERS, (supplier, trial), value.ravel(), _term(payment_years)[trial])
    return Start(
        payment_ledger=payment_ledger,
        release_ledger=np.zeros(payment_ledger.shape),
        unspent=np.zeros(n_trials),
        arrears=np.zeros(n_trials),
        commitments=total(total(payment_ledger)),
    )


def _term(payment_years: Array) -> IntArray:
    return whole(payment_years + 0.5, least=1)


def step(
    *,
    step: int,
    fiscal_quarter: int,
    contract_trial: IntArray,
    contract_supplier: IntArray,
    contract_value: Array,
    contract_delay: IntArray,
    contract_lapses: BoolArray,
    cancellation: Array,
    payment_ledger: Array,
    release_ledger: Array,
    procurement_budget: Array,
    unspent_prev: Array,
    arrears_prev: Array,
    commitments_prev: Array,
    payment_years: Array,
    finance_terms: Array,
    finance_at_start_prev: Array,
    finance_stretch: Array,
    home_value: Array,
) -> Update:
    """Enter the quarter's contracts, release what ends, pay what is due."""
    released = total(release_ledger[step])
    release_ledger[step] = 0.0
    ended = [withdraw(ledger, step, cancellation) for ledger in (payment_ledger, release_ledger)]
    released = total(np.concatenate([released[None], *ended]))

    # Yearly parts, from this quarter on; those beyond the run stay outstanding.
    will_pay = ~contract_lapses
    paying = contract_supplier[will_pay], contract_trial[will_pay]
    years = payment_years + finance_stretch * (finance_terms - finance_at_start_prev)
    term = _term(pick(years, contract_trial, contract_supplier))
    enter_in_parts(payment_ledger, step, QUARTERS, paying, contract_value[will_pay], term[will_pay])
    lapse = np.minimum(step + contract_delay, len(release_ledger) - 1)
    ending = lapse[contract_lapses], contract_supplier[contract_lapses], contract_trial[contract_lapses]
    scatter(release_ledger, ending, contract_value[contract_lapses])

    signed = np.zeros(unspent_prev.shape)
    scatter(signed, (contract_trial,), contract_value)
    signed += home_value
    due = total(payment_ledger[step]) + arrears_prev + home_value
    payment_ledger[step] = 0.0
    returned = unspent_prev if fiscal_quarter == NEW_YEAR else np.zeros(unspent_prev.shape)
    cash = unspent_prev - returned + procurement_budget
    spending = np.minimum(due, cash)
    return Update(
        spending=spending,
        signed=signed,
        released=released,
        returned=returned,
        unspent=cash - spending,
        arrears=due - spending,
        commitments=commitments_prev + signed - spending - released,
    )
