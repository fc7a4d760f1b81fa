"""Relations between all pairs return to their mean, pull towards balance, and answer to deeds.

    r' = r + [kappa (mean - r) + gamma mean_k(r_ik r_kj) (1 - r^2)] dt + sigma sqrt(dt) e
           + dt (cooperation - friction)                                    kept in [-1, 1]

with the recipient:  cooperation = agreements rung / 5 + courting max(0, e) + gratitude g_j
                                   + relief need [j is the donor]
                     friction    = incidents pressure from j's side + pressing [e < 0]
                                   + suspicion alarm_j
among partners:      cooperation = bonds (mean of A_jk and A_kj, less that at the start)

and a government's change adds its jump, to the mean as well: mean' = kept mean + (1 - kept) mean0 + jump,
with mean0 that of the start, so that no government's quarrel is the mean for ever.
A security grant warms by the event, at the exchange of notes and at the handover, and not by its dollars.
Goodwill: g' = kept g + (1 - kept) aid / (aid + half), and a handover closes a part of what is left to earn; a
partner that presses holds part of its aid back.

Balance is weak in the data, so gamma = 0 is always one of the variants (evidence: x_balance_weak,
in_suspicion_pk, in_bd_deterioration, jp_on_supplier_list, exch_visits_general, jp_covid_support). Leaves
out: memory of wars beyond the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.numerics.elementary import normal_quantile, total
from sim.vocabulary.axes import QUARTER, RECIPIENT, TOP_RUNG, Array, IntArray


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    relation: Array  # actor, partner
    mean_relation: Array  # actor, partner
    goodwill: Array  # partner


@dataclass(frozen=True)
class Start:
    """The first values."""

    mean_relation: Array
    mean_relation_at_start: Array  # partner
    goodwill: Array


def start(*, relation: Array, partner_aid: Array, aid_half: Array) -> Start:
    """Take the documented relations as what they return to, and goodwill as if aid had long been as it is."""
    return Start(
        mean_relation=np.array(relation),
        mean_relation_at_start=np.array(relation[RECIPIENT]),
        goodwill=partner_aid / (partner_aid + aid_half),
    )


@lru_cache
def _pairs(n: int) -> tuple[IntArray, IntArray]:
    """Return pairs once each: the upper triangle, in row order."""
    return np.triu_indices(n, 1)


def step(
    *,
    relation_prev: Array,
    mean_relation_prev: Array,
    mean_relation_at_start_prev: Array,
    goodwill_prev: Array,
    relation_jump: Array,
    mean_kept: Array,
    agreement_rung: Array,
    posture: Array,
    alarm: Array,
    alignment_between: Array,
    alignment_between_at_start_prev: Array,
    border_pressure: Array,
    disaster_need: Array,
    aid_kept: Array,
    grant_notes: Array,
    grant_handover: Array,
    front_neighbour: Array,
    is_grant_donor: Array,
    relation_shock: Array,
    relation_return: Array,
    relation_volatility: Array,
    balance_strength: Array,
    agreement_warmth: Array,
    courting_warmth: Array,
    gratitude: Array,
    relief_warmth: Array,
    grant_warmth: Array,
    grant_salience: Array,
    incident_friction: Array,
    pressing_friction: Array,
    suspicion: Array,
    bond_warmth: Array,
    goodwill_kept: Array,
    partner_aid: Array,
    aid_half: Array,
) -> Update:
    """Move every pair, and the goodwill that aid has left."""
    n_actors, n_partners = relation_prev.shape[:2]
    full = np.zeros((n_actors, n_actors, relation_prev.shape[-1]))
    full[:, 1:] = relation_prev
    full[1:, RECIPIENT] = relation_prev[RECIPIENT]
    one, other = _pairs(n_actors)
    r = full[one, other]
    usual = np.array(mean_relation_prev)
    of_government = mean_kept * usual[RECIPIENT] + (1.0 - mean_kept) * mean_relation_at_start_prev
    usual[RECIPIENT] = np.minimum(1.0, np.maximum(-1.0, of_government + relation_jump))
    mean = usual[one, other - 1]
    third = total(full[one] * full[other], axis=1) / max(1, n_actors - 2)
    change = relation_return * (mean - r) + balance_strength * third * (1.0 - r * r)

    donor = is_grant_donor[:n_partners, None]
    pressure_from = total(front_neighbour[:, :, None] * border_pressure[:, None])
    cooperation = (
        agreement_warmth * agreement_rung / TOP_RUNG
        + courting_warmth * np.maximum(0.0, posture)
        + gratitude * goodwill_prev
        + relief_warmth * disaster_need * donor
    )
    friction = incident_friction * pressure_from + pressing_friction * (posture < 0) + suspicion * alarm
    # The recipient's pairs come first in row order.
    change[:n_partners] += cooperation - friction
    closer = (alignment_between - alignment_between_at_start_prev)[RECIPIENT + 1 :]
    j, k = _pairs(n_partners)
    change[n_partners:] += bond_warmth * (closer[j, k] + closer[k, j]) / 2.0
    shocked = relation_volatility * np.sqrt(QUARTER) * normal_quantile(relation_shock)
    r = r + change * QUARTER + shocked
    r[:n_partners] += relation_jump + grant_warmth * donor * (grant_notes + grant_handover)
    full[one, other] = np.minimum(1.0, np.maximum(-1.0, r))
    full[other, one] = full[one, other]

    aid = partner_aid * aid_kept
    goodwill = goodwill_kept * goodwill_prev + (1.0 - goodwill_kept) * aid / (aid + aid_half)
    goodwill = goodwill + grant_salience * donor * grant_handover * (1.0 - goodwill)
    return Update(relation=full[:, 1:], mean_relation=usual, goodwill=goodwill)
