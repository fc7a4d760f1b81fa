"""The order book becomes stock."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twins.chance import normal, whole_quarters


@dataclass
class Consignment:
    """Volume on the order book, due to arrive or to lapse."""

    at: int
    supplier: int
    category: int
    tiv: float
    lapses: bool


def _parts(supplier, category, tiv, first, number):
    return [Consignment(first + k, supplier, category, tiv / number, lapses=False) for k in range(number)]


def _book(w):
    return [sum((item.tiv for item in w.book if item.supplier == s), 0.0) for s in w.suppliers]


def start(w):
    w.stock = [[0.0 for _ in w.categories] for _ in w.suppliers]
    for age, cohort in enumerate(reversed(w.delivered_cohorts)):
        for s in w.suppliers:
            for c in w.categories:
                w.stock[s][c] += cohort[s][c] * (1 - w.stock_wear) ** age

    for c in w.categories:
        sellers = [w.world_order_share[s][c] * w.catalogue[s][c] for s in w.suppliers]
        for s in w.suppliers:
            if sum(sellers) > 0:
                w.stock[s][c] += w.kit_at_start[c] * sellers[s] / sum(sellers)
    w.home_stock = list(w.home_stock_at_start)

    w.book = []
    for i, tiv in enumerate(w.open_tiv):
        s, c = w.open_supplier[i], w.open_category[i]
        larger = math.log(max(w.open_size[i], 1e-9) / (w.size_level * w.size_median[c]))
        first = 0 if w.open_has_started[i] else _wait(w, s, c, larger, w.open_age[i], w.open_shock[i])
        w.book += _parts(s, c, tiv, first, _rest(w, larger, w.open_arriving[i], w.open_length_shock[i]))
    w.order_book = _book(w)


def _longer_than(least, location, spread, u):
    """A duration with a lognormal distribution, given that it is longer; None if that is beyond reach."""
    deviation = (math.log(max(least, 1e-9)) - location) / max(spread, 1e-9)
    not_longer = math.erfc(-deviation / math.sqrt(2)) / 2
    u = not_longer + (1 - not_longer) * u
    return None if u >= 1 else math.exp(location + spread * normal(u))


def _wait(w, s, c, larger, age, u):
    """Quarters still to wait, given that nothing has come for `age` years."""
    location, factor = w.lead_time_location[c] + w.lead_time_growth * larger, w.lead_time_factor[s]
    years = _longer_than((age + 0.5) / factor, location, w.lead_time_spread[c], u)
    return 0 if years is None else whole_quarters(years * factor - 0.5 - age, least=0)


def _rest(w, larger, arriving, u):
    """Quarters over which the rest arrives, of an order that has been arriving for some years."""
    location = w.delivery_growth * larger - w.delivery_variation**2 / 2
    times = _longer_than(arriving / w.delivery_spread, location, w.delivery_variation, u)
    years = 0.0 if times is None else times * w.delivery_spread
    return whole_quarters(min(w.longest_delivery, years) - arriving)


def step(w):
    w.book_a_quarter_ago = list(w.order_book)
    w.home_stock = [w.home_stock[c] * (1 - w.stock_loss) + w.home_orders[c] for c in w.categories]
    w.cancellations = [0.0 for _ in w.suppliers]
    still = []
    for item in w.book:
        ended = item.tiv if item.lapses and item.at == w.step else item.tiv * w.cancellation[item.supplier]
        w.cancellations[item.supplier] += ended
        item.tiv -= ended
        if not (item.lapses and item.at == w.step):
            still.append(item)
    w.book = still

    w.orders = [0.0 for _ in w.suppliers]
    for order in w.contracts:
        s, c, first = order.supplier, order.category, w.step + order.delay
        w.orders[s] += order.tiv
        if order.lapses:
            w.book.append(Consignment(first, s, c, order.tiv, lapses=True))
        else:
            w.book += _parts(s, c, order.tiv, first, order.instalments)

    w.deliveries = [0.0 for _ in w.suppliers]
    w.granted = [0.0 for _ in w.suppliers]
    w.retired = [[w.stock[s][c] * w.stock_loss for c in w.categories] for s in w.suppliers]
    for s in w.suppliers:
        for c in w.categories:
            w.stock[s][c] -= w.retired[s][c]
            if w.is_grant_donor[s]:
                gift = w.grant_deliveries * w.grant_capability * w.grant_basket[c]
                w.stock[s][c] += gift
                if w.in_register[c]:
                    w.granted[s] += gift
                    w.deliveries[s] += gift
    for order in w.contracts:
        if not order.lapses:
            w.stock[order.supplier][order.category] += order.kit
    waiting = [
        Consignment(
            w.step + 1, item.supplier, item.category, item.tiv * w.withheld[item.supplier], lapses=False
        )
        for item in w.book
        if item.at == w.step and not item.lapses and w.withheld[item.supplier] > 0
    ]
    for item in w.book:
        if item.at == w.step and not item.lapses:
            item.tiv *= 1 - w.withheld[item.supplier]
            w.stock[item.supplier][item.category] += item.tiv
            w.deliveries[item.supplier] += item.tiv
    w.book = [item for item in w.book if item.at != w.step or item.lapses] + waiting
    w.order_book = _book(w)
