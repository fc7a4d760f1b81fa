"""What is measured."""

from __future__ import annotations

from sim.vocabulary.axes import WINDOW


def _shares(amounts):
    whole = sum(amounts)
    return [amount / whole if whole > 1e-9 else 0.0 for amount in amounts]


def _take_stock(w):
    w.category_stock = [sum(w.stock[s][c] for s in w.suppliers) + w.home_stock[c] for c in w.categories]
    counted = [c for c in w.categories if w.in_register[c]]
    w.installed_share = _shares([sum(w.stock[s][c] for c in counted) for s in w.suppliers])
    w.camp_share = [
        sum(w.installed_share[r] for r in w.suppliers if w.camp[r] == w.camp[s]) for s in w.suppliers
    ]


def _look_back(w):
    """Add up five years, afresh."""
    w.delivered_in_window = [sum(quarter[s] for quarter in w.delivery_history) for s in w.suppliers]
    w.ordered_in_window = [sum(quarter[s] for quarter in w.order_history) for s in w.suppliers]
    w.supplier_share = _shares(w.delivered_in_window)
    w.order_share = _shares(w.ordered_in_window)


def start(w):
    w.delivery_history = [list(quarter) for quarter in w.recent_deliveries]
    w.order_history = [list(quarter) for quarter in w.recent_orders]
    _take_stock(w)
    _look_back(w)


def step(w):
    w.delivery_history = [*w.delivery_history, list(w.deliveries)][-WINDOW:]
    w.order_history = [*w.order_history, list(w.orders)][-WINDOW:]
    _take_stock(w)
    _look_back(w)
    share = w.supplier_share
    w.hhi = sum(part**2 for part in share)
    w.effective_suppliers = 1 / w.hhi if w.hhi > 0 else 0.0
    w.dependence = max(share)
    exercised = sum(min(w.agreement_rung[j], 2) - min(w.rung_at_start[j], 2) for j in w.partners)
    exercised /= 2 * len(w.partners)
    w.capability = []
    for members in w.domain_members:
        usable = sum(_usable(w, c) for c in w.categories if members[c])
        w.capability.append(w.training * (1 + w.exercise_gain * exercised) * usable)
    one_side = sum(share[s] for s in w.suppliers if w.camp_sign[s] > 0)
    other_side = sum(share[s] for s in w.suppliers if w.camp_sign[s] < 0)
    w.tilt = one_side - other_side
    w.ambiguity = 1 - abs(w.tilt)
    w.opposite_measures = 2 * min(one_side, other_side)
    home = sum(w.domestic_capability) / len(w.domestic_capability)
    bound = sum(w.agreement_rung[j] - w.rung_at_start[j] for j in w.partners) / (5 * len(w.partners))
    w.autonomy = min(1.0, max(0.0, 1 - w.dependence * (1 - home) - w.rung_binding * bound))


def _usable(w, c):
    held = w.category_stock[c]
    if held == 0:
        return 0.0
    same = sum((w.stock[s][c] / held) ** 2 for s in w.suppliers) + (w.home_stock[c] / held) ** 2
    usable = sum(w.stock[s][c] * w.usable_share[s] for s in w.suppliers) + w.home_stock[c]
    return usable * (1 - w.mixing_cost * (1 - same))
