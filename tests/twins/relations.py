"""How every pair of states gets on, and the goodwill that aid leaves."""

from __future__ import annotations

import math
from itertools import combinations

from twins.chance import normal


def start(w):
    w.mean_relation = [list(row) for row in w.relation]
    w.mean_relation_at_start = list(w.relation[0])
    w.goodwill = [aid / (aid + w.aid_half) for aid in w.partner_aid]


def _between(relation, one, other):
    """The relation of two of the five, in either order; none with oneself."""
    if one == other:
        return 0.0
    return relation[min(one, other)][max(one, other) - 1]


def _deeds(w, j):
    """What the recipient and a partner did for and against one another, a year."""
    cooperation = w.agreement_warmth * w.agreement_rung[j] / 5
    cooperation += w.courting_warmth * max(0.0, w.posture[j])
    cooperation += w.gratitude * w.goodwill[j]
    if w.is_grant_donor[j]:
        cooperation += w.relief_warmth * w.disaster_need
    friction = sum(w.incident_friction * w.border_pressure[f] for f in w.fronts if w.front_neighbour[f][j])
    if w.posture[j] < 0:
        friction += w.pressing_friction
    friction += w.suspicion * w.alarm[j]
    return cooperation - friction


def _closer(w, j, k):
    return w.alignment_between[1 + j][k] - w.alignment_between_at_start[1 + j][k]


def step(w):
    for j in w.partners:
        usual = w.mean_relation_at_start[j]
        mean = w.mean_kept * w.mean_relation[0][j] + (1 - w.mean_kept) * usual + w.relation_jump[j]
        w.mean_relation[0][j] = min(1.0, max(-1.0, mean))
    old = w.relation
    new = [list(row) for row in old]
    everyone = range(1 + len(w.partners))
    for one, other, shock in (
        (*pair, shock) for pair, shock in zip(combinations(everyone, 2), w.relation_shock, strict=True)
    ):
        r = _between(old, one, other)
        thirds = [_between(old, one, k) * _between(old, k, other) for k in everyone if k not in (one, other)]
        change = w.relation_return * (w.mean_relation[one][other - 1] - r)
        if thirds:
            change += w.balance_strength * sum(thirds) / len(thirds) * (1 - r**2)
        if one == 0:
            change += _deeds(w, other - 1)
        else:
            closer = _closer(w, one - 1, other - 1) + _closer(w, other - 1, one - 1)
            change += w.bond_warmth * closer / 2
        r += change / 4 + w.relation_volatility * math.sqrt(0.25) * normal(shock)
        if one == 0:
            r += w.relation_jump[other - 1]
            if w.is_grant_donor[other - 1]:
                r += w.grant_warmth * (w.grant_notes + w.grant_handover)
        r = min(1.0, max(-1.0, r))
        new[one][other - 1] = r
        if one > 0:
            new[other][one - 1] = r
    w.relation = new
    for j in w.partners:
        aid = w.partner_aid[j] * w.aid_kept[j]
        w.goodwill[j] = w.goodwill_kept * w.goodwill[j] + (1 - w.goodwill_kept) * aid / (aid + w.aid_half)
        if w.is_grant_donor[j] and w.grant_handover:
            w.goodwill[j] += w.grant_salience * (1 - w.goodwill[j])
