"""Security grants: selected, noted, handed over."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twins.chance import duration, normal, whole_quarters


@dataclass
class Grant:
    """A grant under way, US$ m; handed over only when a date is known."""

    money: float
    notes_at: int
    handover_at: int | None = None


def start(w):
    w.programme_growth = 1.0
    w.under_way = []
    w.grants = [0.0, w.noted_at_start / w.exchange_rate, 0.0]


def step(w):
    documented_selected, documented_noted, documented_delivered = (
        amount / w.exchange_rate for amount in w.documented_grants
    )
    selected, noted, delivered = w.grants

    awarded = documented_selected
    if w.donor_quarter == 1:
        w.programme_growth *= 1 + w.osa_budget_growth
        relative = w.osa_budget * w.programme_growth / w.reference_budget
        scale = max(0.0, 1 + w.budget_response * (relative - 1))
        capacity = max(0.0, 1 - (selected + noted) / w.absorptive_capacity)
        bonus = 1 + w.repeat_bonus if delivered > 0 else 1.0
        if w.selection_shock < w.selection_probability * bonus * scale * capacity:
            billion = w.smallest_grant + (w.largest_grant - w.smallest_grant) * w.grant_size_shock
            awarded += billion * scale * 1000 / w.exchange_rate
    wait = duration(4 * w.longest_note_wait * w.note_shock)
    if awarded:
        w.under_way.append(Grant(awarded, w.step + wait))

    lag = whole_quarters(w.handover_median * math.exp(w.handover_spread * normal(w.handover_shock)))
    now_noted = 0.0
    for grant in w.under_way:
        if grant.notes_at == w.step:
            grant.handover_at = w.step + lag
            now_noted += grant.money
    if documented_noted:
        w.under_way.append(Grant(documented_noted, w.step, w.step + lag))
    documented_handover = min(documented_delivered, noted)
    dated = [grant for grant in w.under_way if grant.handover_at is not None]
    with_a_date = sum(grant.money for grant in dated)
    taken = max(0.0, documented_handover - (noted + now_noted + documented_noted - with_a_date))
    for grant in dated:
        grant.money *= 1 - taken / with_a_date if taken else 1.0
    handed_over = documented_handover + sum(grant.money for grant in dated if grant.handover_at == w.step)
    w.under_way = [grant for grant in w.under_way if grant.handover_at != w.step]

    w.grants = [
        selected + awarded - now_noted,
        noted + now_noted + documented_noted - handed_over,
        delivered + handed_over,
    ]
    w.grant_deliveries = handed_over
    w.grant_notes = float(now_noted + documented_noted > 1e-9)
    w.grant_handover = float(handed_over > 1e-9)
    w.aid = [
        sum(w.channel_share[j][channel] * w.partner_aid[j] * w.aid_kept[j] for j in w.partners) / 4
        for channel in range(len(w.is_grant_channel))
    ]
    for channel, carries in enumerate(w.is_grant_channel):
        if carries:
            w.aid[channel] += handed_over
