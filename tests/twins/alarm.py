"""How much the recipient's ties with others alarm each partner."""

from __future__ import annotations

from twins.posture import hostility


def start(w):
    w.order_share_at_start = list(w.order_share)
    w.grant_notice = w.grants_seen = 0.0


def _gain(w, s):
    return w.order_share[s] - w.order_share_at_start[s]


def _closeness(w, r):
    """How close the recipient looks to a partner."""
    found = w.alignment[r] + w.alarm_orders * _gain(w, r)
    found += w.alarm_agreements * (w.agreement_rung[r] - w.rung_at_start[r]) / 5
    if w.is_grant_donor[r]:
        found += w.grant_notice
    return max(0.0, found)


def step(w):
    delivered = w.grants[2]
    w.grant_notice = w.notice_kept * w.grant_notice
    if delivered > w.grants_seen:
        w.grant_notice += w.grant_alarm
    w.grants_seen = delivered
    w.alarm, w.outside_gain = [], []
    for j in w.partners:
        gained = sum(w.outside_rivalry[j][s] * _gain(w, s) for s in w.suppliers if s not in w.partners)
        found = sum(hostility(w, j, r) * _closeness(w, r) for r in w.partners if r != j)
        found += w.alarm_orders * gained + w.loss_alarm * max(0.0, -_gain(w, j))
        w.outside_gain.append(gained)
        w.alarm.append(max(0.0, found))
