"""The order book becomes stock: what is ordered is delivered, lapses or is cancelled, and stock wears out.

    book'  = book + ordered - delivered - cancelled       withheld (due) waits for the next quarter
    stock' = stock (1 - wear)^dt + delivered + handed over as grants + kit outside the register
    home stock' = home stock (1 - wear)^dt + made at home

Exactly: ordered = delivered + cancelled + still on the book, in TIV. A partner that presses withholds part of
what is due. An order open at the start that has begun to arrive continues from the first quarter, for the
rest of a length drawn from the lengths longer than it has taken; one that has not waits for the rest of a
delay drawn from the delays longer than it has already waited, and then takes any length. Delays and lengths
are those of orders of its size, as in `contracts` (evidence: x_lead_time, x_lead_size, x_delivery_length,
x_order_book_skill, x_in_loc). How long the rest takes is not read off how much has arrived: registers that
spread a delivery evenly over its years say so only because they know its end. Kit outside the register
(relief, peacekeeping, cyber) joins the stock when it is signed, at its price, and is in no account of TIV.
Leaves out: refits and losses. Grants are transfers too and count as deliveries of the donor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.durations import whole
from sim.numerics.elementary import exp, log, normal_quantile, total
from sim.numerics.lists import enter_in_parts, left_of, postpone, scatter, withdraw
from sim.numerics.special import normal_cdf
from sim.vocabulary.axes import QUARTERS, Array, BoolArray, IntArray

#: World orders, volumes and durations below this are none.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    orders: Array  # supplier; TIV m
    deliveries: Array  # supplier; TIV m
    granted: Array  # supplier; TIV m
    cancellations: Array  # supplier; TIV m
    retired: Array  # supplier, category; TIV m
    order_book: Array  # supplier; TIV m
    stock: Array  # supplier, category; TIV m
    home_stock: Array  # category; TIV m


@dataclass(frozen=True)
class Start:
    """The first values."""

    delivery_ledger: Array
    lapse_ledger: Array
    order_book: Array
    stock: Array
    home_stock: Array


def start(
    *,
    n_steps: int,
    delivered_cohorts: Array,
    open_supplier: IntArray,
    open_category: IntArray,
    open_tiv: Array,
    open_size: Array,
    open_age: Array,
    open_arriving: Array,
    open_has_started: BoolArray,
    open_shock: Array,
    open_length_shock: Array,
    stock_wear: Array,
    kit_at_start: Array,
    home_stock_at_start: Array,
    world_order_share: Array,
    catalogue: Array,
    lead_time_location: Array,
    lead_time_spread: Array,
    lead_time_factor: Array,
    lead_time_growth: Array,
    size_level: Array,
    size_median: Array,
    delivery_spread: Array,
    delivery_growth: Array,
    delivery_variation: Array,
    longest_delivery: Array,
) -> Start:
    """Build the stock from what was ever delivered, and the ledger from the open orders."""
    n_suppliers, n_categories = delivered_cohorts.shape[1:]
    n_trials = stock_wear.size
    stock = left_of(delivered_cohorts, 1.0 - stock_wear)
    sellers = world_order_share * catalogue
    stock += (sellers / np.maximum(total(sellers), _NOTHING))[:, :, None] * kit_at_start

    usual = size_level * size_median[open_category]
    larger = log(np.maximum(open_size, _NOTHING)[:, None] / usual)
    location = lead_time_location[open_category] + lead_time_growth * larger
    factor = lead_time_factor[open_supplier]
    years = (
        _longer_than(
            (open_age[:, None] + 0.5) / factor, location, lead_time_spread[open_category], open_shock
        )
        * factor
        - 0.5
    )
    wait = QUARTERS * (years - open_age[:, None]) + 0.5
    delay = whole(np.where(open_has_started[:, None], 0.0, wait))

    location = delivery_growth * larger - 0.5 * delivery_variation * delivery_variation
    taken = open_arriving[:, None] / np.maximum(delivery_spread, _NOTHING)
    length = delivery_spread * _longer_than(taken, location, delivery_variation, open_length_shock)
    parts = whole(QUARTERS * (np.minimum(longest_delivery, length) - open_arriving[:, None]) + 0.5, least=1)

    delivery_ledger = np.zeros((n_steps + 1, n_suppliers, n_categories, n_trials))
    order, trial = (index.ravel() for index in np.indices(delay.shape))
    where = open_supplier[order], open_category[order], trial
    enter_in_parts(delivery_ledger, delay.ravel(), 1, where, open_tiv[order], parts.ravel())
    on_order = np.zeros((n_suppliers, n_categories, n_trials))
    on_order[open_supplier, open_category] = total(delivery_ledger[:, open_supplier, open_category])
    return Start(
        delivery_ledger=delivery_ledger,
        lapse_ledger=np.zeros((n_steps + 1, n_suppliers, n_trials)),
        order_book=total(on_order, axis=1),
        stock=stock,
        home_stock=home_stock_at_start,
    )


def _longer_than(least: Array, location: Array, spread: Array, shock: Array) -> Array:
    """Return durations with a lognormal distribution, of those that are longer than the least."""
    deviation = (log(np.maximum(least, _NOTHING)) - location) / np.maximum(spread, _NOTHING)
    passed = normal_cdf(deviation)
    return exp(location + spread * normal_quantile(passed + (1.0 - passed) * shock))


def step(
    *,
    step: int,
    contract_trial: IntArray,
    contract_supplier: IntArray,
    contract_category: IntArray,
    contract_tiv: Array,
    contract_kit: Array,
    home_orders: Array,
    contract_delay: IntArray,
    contract_instalments: IntArray,
    contract_lapses: BoolArray,
    cancellation: Array,
    withheld: Array,
    grant_deliveries: Array,
    is_grant_donor: Array,
    grant_basket: Array,
    in_register: Array,
    delivery_ledger: Array,
    lapse_ledger: Array,
    stock_prev: Array,
    home_stock_prev: Array,
    order_book_prev: Array,
    stock_loss: Array,
    grant_capability: Array,
) -> Update:
    """Enter the quarter's contracts, take what is due, age the stock."""
    cancelled = np.array(lapse_ledger[step])
    lapse_ledger[step] = 0.0
    cancelled += withdraw(lapse_ledger, step, cancellation)
    cancelled += withdraw(delivery_ledger, step, cancellation)

    arrives = ~contract_lapses
    where = contract_supplier[arrives], contract_category[arrives], contract_trial[arrives]
    first = step + contract_delay[arrives]
    enter_in_parts(delivery_ledger, first, 1, where, contract_tiv[arrives], contract_instalments[arrives])
    lapse = np.minimum(step + contract_delay[contract_lapses], len(lapse_ledger) - 1)
    lost = contract_supplier[contract_lapses], contract_trial[contract_lapses]
    scatter(lapse_ledger, (lapse, *lost), contract_tiv[contract_lapses])

    orders = np.zeros(order_book_prev.shape)
    scatter(orders, (contract_supplier, contract_trial), contract_tiv)
    postpone(delivery_ledger, step, withheld)
    delivered = np.array(delivery_ledger[step])
    delivery_ledger[step] = 0.0
    by_supplier = total(delivered, axis=1)
    # A grant brings volume only in the categories that the register covers.
    basket = grant_basket * in_register
    gift = is_grant_donor[:, None] * grant_deliveries * grant_capability * total(basket)
    retired = stock_prev * stock_loss
    stock = stock_prev - retired
    stock += delivered
    for donor in np.flatnonzero(is_grant_donor):
        stock[donor] += grant_deliveries * grant_capability * grant_basket[:, None]
    scatter(stock, (contract_supplier, contract_category, contract_trial), contract_kit * arrives)
    return Update(
        orders=orders,
        deliveries=by_supplier + gift,
        granted=gift,
        cancellations=cancelled,
        retired=retired,
        order_book=order_book_prev + orders - by_supplier - cancelled,
        stock=stock,
        home_stock=home_stock_prev * (1.0 - stock_loss) + home_orders,
    )
