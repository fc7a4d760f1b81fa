"""What is measured: shares over five years, concentration, capability, hedging by its parts.

    supplier_share_s = deliveries_s / sum deliveries        over the last five years
    hhi              = sum_s supplier_share_s^2;  effective suppliers = 1 / hhi;  dependence = max share
    capability_d     = training (1 + exercises (x - x0)) sum_{c in d} usable_c
    usable_c         = (sum_s usable_s stock_sc + home_c) (1 - mixing cost (1 - sum_s share_sc^2))
    tilt             = sum_s sign_s supplier_share_s;       ambiguity = 1 - |tilt|
    opposite         = 2 min(share of the one side, share of the other)
    x                = mean_j min(rung_j, 2) / 2: visits, exercises and training with partners
    autonomy         = 1 - dependence (1 - mean domestic capability) - binding mean_j (rung_j - rung0_j) / 5

A five-year flow is what the documents quote (evidence: cn_share_2019_23, x_sipri_bd_windows); lock-in acts
through stock and experience, not through it; the installed share is that of what the register covers. A mixed
fleet costs something to run (switch_cost_high), and a partner that presses keeps part of its stock from use.
Exercises raise readiness (train_interop), and every rung of an agreement binds (small_state_limit). Where
nothing was delivered in five years, shares and concentration are zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import greatest, total
from sim.vocabulary.axes import EXERCISES, TOP_RUNG, WINDOW, Array, IntArray

_TINY = np.finfo(float).tiny

#: Volumes below this are what rounding leaves of zero, TIV m.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    supplier_share: Array  # supplier
    order_share: Array  # supplier
    delivered_in_window: Array  # supplier; TIV m
    ordered_in_window: Array  # supplier; TIV m
    installed_share: Array  # supplier
    camp_share: Array  # supplier; installed share of the supplier's camp
    category_stock: Array  # category; TIV m
    hhi: Array
    effective_suppliers: Array
    dependence: Array
    capability: Array  # domain; TIV m
    tilt: Array
    ambiguity: Array
    opposite_measures: Array
    autonomy: Array


@dataclass(frozen=True)
class Start:
    """The first values."""

    delivery_history: Array
    order_history: Array
    supplier_share: Array
    order_share: Array
    delivered_in_window: Array
    ordered_in_window: Array
    installed_share: Array
    camp_share: Array
    category_stock: Array


def _share(x: Array) -> Array:
    whole = total(x)
    return np.where(whole > _NOTHING, x / np.maximum(whole, _TINY), 0.0)


def _roll(history: Array, step: int, new: Array, in_window: Array) -> Array:
    """Let the oldest of the WINDOW quarters make room for the new one; return the sum over the window."""
    oldest = history[step % WINDOW]
    in_window = np.maximum(0.0, in_window + new - oldest)
    history[step % WINDOW] = new
    return in_window


def _installed(stock: Array, in_register: Array, camp: IntArray) -> tuple[Array, Array]:
    """Return each supplier's share of the stock that the register covers, and that of its camp."""
    installed = _share(total(stock * in_register[:, None], axis=1))
    of_camp = np.zeros(installed.shape)
    for each in set(camp.tolist()):
        members = camp == each
        of_camp[members] = total(installed[members])
    return installed, of_camp


def start(
    *,
    recent_deliveries: Array,
    recent_orders: Array,
    stock: Array,
    home_stock: Array,
    in_register: Array,
    camp: IntArray,
) -> Start:
    """Take the last five recorded years."""
    n_trials = stock.shape[-1]
    delivery_history = np.repeat(recent_deliveries[..., None], n_trials, axis=-1)
    order_history = np.repeat(recent_orders[..., None], n_trials, axis=-1)
    installed, of_camp = _installed(stock, in_register, camp)
    delivered, ordered = total(delivery_history), total(order_history)
    return Start(
        delivery_history=delivery_history,
        order_history=order_history,
        supplier_share=_share(delivered),
        order_share=_share(ordered),
        delivered_in_window=delivered,
        ordered_in_window=ordered,
        category_stock=total(stock) + home_stock,
        installed_share=installed,
        camp_share=of_camp,
    )


def step(
    *,
    step: int,
    deliveries: Array,
    orders: Array,
    stock: Array,
    home_stock: Array,
    in_register: Array,
    domestic_capability: Array,
    agreement_rung: Array,
    rung_at_start_prev: Array,
    usable_share: Array,
    delivery_history: Array,
    order_history: Array,
    delivered_in_window_prev: Array,
    ordered_in_window_prev: Array,
    camp: IntArray,
    camp_sign: Array,
    domain_members: Array,
    mixing_cost: Array,
    training: Array,
    exercise_gain: Array,
    rung_binding: Array,
) -> Update:
    """Roll the windows forward and measure."""
    delivered = _roll(delivery_history, step, deliveries, delivered_in_window_prev)
    ordered = _roll(order_history, step, orders, ordered_in_window_prev)
    share = _share(delivered)
    hhi = total(share * share)
    dependence = greatest(share)

    held = total(stock) + home_stock
    same = (total(stock * stock) + home_stock * home_stock) / np.maximum(held * held, _TINY)
    in_reach = total(stock * usable_share[:, None]) + home_stock
    usable = in_reach * (1.0 - mixing_cost * (1.0 - same))
    most = len(agreement_rung)
    exercised = np.minimum(agreement_rung, EXERCISES) - np.minimum(rung_at_start_prev, EXERCISES)
    readiness = training * (1.0 + exercise_gain * total(exercised) / (EXERCISES * most))
    capability = readiness * np.stack([total(usable[members > 0]) for members in domain_members])

    one_side = total(np.maximum(0.0, camp_sign[:, None]) * share)
    other_side = total(np.maximum(0.0, -camp_sign[:, None]) * share)
    tilt = one_side - other_side
    home = total(domestic_capability) / len(domestic_capability)
    bound = rung_binding * total(agreement_rung - rung_at_start_prev) / (TOP_RUNG * most)
    installed, of_camp = _installed(stock, in_register, camp)
    return Update(
        supplier_share=share,
        order_share=_share(ordered),
        delivered_in_window=delivered,
        ordered_in_window=ordered,
        category_stock=held,
        installed_share=installed,
        camp_share=of_camp,
        hhi=hhi,
        effective_suppliers=np.where(hhi > 0, 1.0 / np.maximum(hhi, _TINY), 0.0),
        dependence=dependence,
        capability=capability,
        tilt=tilt,
        ambiguity=1.0 - np.abs(tilt),
        opposite_measures=2.0 * np.minimum(one_side, other_side),
        autonomy=np.minimum(1.0, np.maximum(0.0, 1.0 - dependence * (1.0 - home) - bound)),
    )
