"""The size, value and timetable of what was signed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.vocabulary.axes import DOMESTIC
from twins.chance import duration, normal, whole_quarters


@dataclass
class Contract:
    """An order. Quarters count from now; `lapses` says that the delay ends in nothing."""

    supplier: int
    category: int
    tiv: float
    kit: float
    value: float
    delay: int
    instalments: int
    lapses: bool


def step(w):
    signed = [deal for deal in w.deals if deal.supplier >= 0]
    w.contracts = [_contract(w, deal, len(signed)) for deal in signed]
    for supplier, category, tiv, value, delay, instalments in w.documented_contracts:
        when = duration(delay), duration(instalments, least=1)
        fields = int(supplier), int(category), tiv, 0.0, value, *when
        w.contracts.append(Contract(*fields, lapses=False))
    w.home_orders, w.home_value = [0.0 for _ in w.categories], 0.0
    for deal in w.deals:
        if deal.supplier == DOMESTIC:
            c, room = deal.category, max(0.0, w.commitment_cap - w.commitments)
            made = w.domestic_capability[c] * _size(w, deal)
            cost = w.price_level[c] * _dearer(w)
            w.home_value += min(made * cost, room)
            w.home_orders[c] += min(made, room / cost)


def _dearer(w):
    return math.exp(w.cost_escalation * w.step / 4)


def _size(w, deal):
    c = deal.category
    return w.size_level * w.size_median[c] * math.exp(w.size_spread[c] * normal(w.size_shock[deal.slot]))


def _contract(w, deal, n_signed):
    s, c = deal.supplier, deal.category
    tiv = _size(w, deal) * w.size_factor[s] * w.size_specialty[s][c]
    larger = math.log(tiv / (w.size_level * w.size_median[c]))
    price = w.price_level[c] * w.price_factor[s] * _dearer(w)
    lift = max(0.0, 1 + w.finance_lift * (w.finance_terms[s] - w.finance_at_start[s]))
    part_of_room = max(0.0, w.commitment_cap - w.commitments) / n_signed * lift
    value = min(tiv * price, part_of_room)
    location = w.lead_time_location[c] + w.lead_time_growth * larger
    lead = math.exp(location + w.lead_time_spread[c] * normal(w.delay_shock[deal.slot]))
    slack = w.delivery_variation * normal(w.length_shock[deal.slot]) - w.delivery_variation**2 / 2
    length = w.delivery_spread * math.exp(w.delivery_growth * larger + slack)
    return Contract(
        supplier=s,
        category=c,
        tiv=value / price if w.in_register[c] else 0.0,
        kit=0.0 if w.in_register[c] else value / price,
        value=value,
        delay=whole_quarters(lead * w.lead_time_factor[s] - 0.5),
        instalments=whole_quarters(min(w.longest_delivery, length)),
        lapses=w.lapse_shock[deal.slot] < w.lapse_probability,
    )
