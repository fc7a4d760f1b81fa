"""How much the recipient's ties with others alarm each partner.

    closeness_r = A_r + orders (o_r - o_r0) + agreements (rung_r - rung_r0) / 5 + notice_r       at least zero
    gained_j    = sum_s rho_js (o_s - o_s0)                  over the suppliers that are no partners
    alarm_j     = sum_r h_jr closeness_r + orders gained_j + loss max(0, o_j0 - o_j)             at least zero
    notice'     = kept notice + grant [a security grant was handed over]                         for its donor

A is the recipient's alignment, o a supplier's share of its orders of five years, the index 0 the start of the
run, h_jr = max(0, -r_jr) hostility between partners, rho_js the rivalry of a partner with a supplier outside
(evidence: in_suspicion_pk, bd_hedge_beijing_view, foip_sensitivity, string_of_pearls, osa_counter_china,
x_us_art). Orders and agreements count from the start, so that the documented alignments say alone how
alarmed partners are then. Leaves out: ties that a partner does not see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import total
from sim.vocabulary.axes import RECIPIENT, TOP_RUNG, Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    alarm: Array  # partner
    outside_gain: Array  # partner; share of orders
    grant_notice: Array
    grants_seen: Array  # US$ m


@dataclass(frozen=True)
class Start:
    """The first values."""

    order_share_at_start: Array
    grant_notice: Array
    grants_seen: Array


def start(*, order_share: Array) -> Start:
    """Remember the start; no grant has been noticed."""
    nothing = np.zeros(order_share.shape[-1])
    return Start(
        order_share_at_start=np.array(order_share),
        grant_notice=nothing,
        grants_seen=np.array(nothing),
    )


def step(
    *,
    relation_prev: Array,
    alignment_prev: Array,
    agreement_rung_prev: Array,
    order_share_prev: Array,
    order_share_at_start_prev: Array,
    rung_at_start_prev: Array,
    grants_prev: Array,
    grants_seen_prev: Array,
    grant_notice_prev: Array,
    notice_kept: Array,
    is_grant_donor: Array,
    outside_rivalry: Array,
    alarm_orders: Array,
    alarm_agreements: Array,
    loss_alarm: Array,
    grant_alarm: Array,
) -> Update:
    """Look at what the quarter before has left."""
    n_partners = len(alignment_prev)
    handed_over = grants_prev[-1]
    notice = notice_kept * grant_notice_prev + grant_alarm * (handed_over > grants_seen_prev)
    gain = order_share_prev - order_share_at_start_prev
    closeness = np.maximum(
        0.0,
        alignment_prev
        + alarm_orders * gain[:n_partners]
        + alarm_agreements * (agreement_rung_prev - rung_at_start_prev) / TOP_RUNG
        + notice * is_grant_donor[:n_partners, None],
    )
    hostility = np.maximum(0.0, -relation_prev[RECIPIENT + 1 :])
    outside_gain = total(outside_rivalry[:, n_partners:] * gain[n_partners:], axis=1)
    alarm = (
        total(hostility * closeness, axis=1)
        + alarm_orders * outside_gain
        + loss_alarm * np.maximum(0.0, -gain[:n_partners])
    )
    return Update(
        alarm=np.maximum(0.0, alarm),
        outside_gain=outside_gain,
        grant_notice=notice,
        grants_seen=handed_over,
    )
