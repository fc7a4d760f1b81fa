"""The size, value and timetable of what was signed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twins.chance import duration, normal, whole_quarters


@dataclass
class Contract:
    """An order. Quarters count from now; `lapses` says that the delay ends in nothing."""

    supplier: int
    category: int
    tiv: float
    value: float
    delay: int
    instalments: int
    lapses: bool


def step(w):
    signed = [deal for deal in w.deals if deal.supplier >= 0]
    w.contracts = [_contract(w, deal, len(signed)) for deal in signed]
    for supplier, category, tiv, value, delay, instalments in w.documented_contracts:
        when = duration(delay), duration(instalments, least=1)
        w.contracts.append(Contract(int(supplier), int(category), tiv, value, *when, lapses=False))


def _contract(w, deal, n_signed):
    s, c = deal.supplier, deal.category
    tiv = w.size_median[c] * math.exp(w.size_spread[c] * normal(w.size_shock[deal.slot]))
    price = w.price_level[c] * w.price_factor[s]
    part_of_room = max(0.0, w.commitment_cap - w.commitments) / n_signed
    value = min(tiv * price, part_of_room)
    lead = math.exp(w.lead_time_location[c] + w.lead_time_spread[c] * normal(w.delay_shock[deal.slot]))
    return Contract(
        supplier=s,
        category=c,
        tiv=value / price if w.in_register[c] else 0.0,
        value=value,
        delay=whole_quarters(lead * w.lead_time_factor[s] - 0.5),
        instalments=whole_quarters(w.delivery_spread),
        lapses=w.lapse_shock[deal.slot] < w.lapse_probability,
    )
