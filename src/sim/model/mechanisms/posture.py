"""Each partner decides, once a year, how hard to court or press the recipient.

    U_j(e)  = drive_j e - cost_j (e^2 + 2 load_j e) / room_j + inertia [e = last year's]
                                                             e = 0 passive ... 3 court hard
    U_j(-1) = press_j alarm_j (1 - r_0j) / 2 - press_cost_j + inertia [...]     press

    drive_j = interest_j (1 - I_j)            what is still to be won
            + incumbency I_j                  what is there to defend
            + rivalry max(0, sum_r h_jr I_r + w gained_j)   what rivals hold, and gained outside
            + cause sum_k (A_jk - A_jk0) sum_r h_kr I_r     what rivals of those one aligns with hold
            + vacancy sum_r h_jr max(0, -r_0r)   room that an estranged rival leaves
            + company sum_k max(0, r_jk) r_0k    the recipient's standing with one's friends
            + warmth r_0j - constraint_j (1 - regime / top)
    P(e) proportional to exp(lambda U(e))
    D' = m D + (1 - m) mean_j min(1, |e_j - last year's|)    doubt about commitments

I is influence, a mean of the partner's share of deliveries and of the recipient's alignment A, with weights
w and 1 - w; `alarm` says what alarms a partner, and what its rivals outside have gained, `attention` what
load other partners are to its purse, `partner_alignment` how far partners align (A_jk); h_jr = max(0, -r_jr)
is hostility between partners, r_0j the recipient's relation with j. The constraint binds the supplier under
export control (evidence: osa_counter_china, string_of_pearls, jp_sea_lane_motive, in_bd_affects_jp,
cn_fills_vacuum, bd_hedge_beijing_view, in_suspicion_pk, pk_motive, pk_strategic_pressure, const_limits,
in_make_in_india). Leaves out: bargaining between partners, and domestic politics of the partners.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.choice import choose
from sim.numerics.elementary import total, total_of
from sim.vocabulary.axes import NEW_YEAR, RECIPIENT, Array

#: The levels of a posture, from pressing to courting hard.
LEVELS = (-1.0, 0.0, 1.0, 2.0, 3.0)

#: The term that stands for all that drives a partner to court; its parts are in `drive_terms`.
DRIVE = "drive"


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    posture: Array  # partner; level
    posture_terms: dict[str, Array]  # name -> (level, partner, trial); empty where nothing was decided
    posture_probability: Array  # level, partner; zero where nothing was decided
    commitment_doubt: Array  # how much postures have moved lately


@dataclass(frozen=True)
class Motives:
    """What courting and pressing are worth, whether a level is chosen or not."""

    drive_terms: dict[str, Array]  # name -> (partner, trial)
    courting_drive: Array  # partner; a level of courting, before its cost
    pressing_value: Array  # partner


@dataclass(frozen=True)
class Start:
    """The first values."""

    commitment_doubt: Array


def start(*, doubt_at_start: Array) -> Start:
    """Begin with the doubt that the record suggests."""
    return Start(commitment_doubt=doubt_at_start)


def motives(
    *,
    relation_prev: Array,
    alignment_prev: Array,
    alignment_between_prev: Array,
    alignment_between_at_start_prev: Array,
    supplier_share_prev: Array,
    export_regime_prev: Array,
    is_export_controlled: Array,
    regime_permits: Array,
    alarm: Array,
    outside_gain: Array,
    interest: Array,
    incumbency_weight: Array,
    rivalry_weight: Array,
    common_cause_weight: Array,
    vacancy_weight: Array,
    company_weight: Array,
    warmth_weight: Array,
    home_constraint: Array,
    press_weight: Array,
    press_cost: Array,
    share_in_influence: Array,
) -> Motives:
    """Say what a level of courting, and pressing, are worth as the world stands."""
    to_recipient, between = relation_prev[RECIPIENT], relation_prev[RECIPIENT + 1 :]
    n_partners = len(to_recipient)
    hostility, friendship = np.maximum(0.0, -between), np.maximum(0.0, between)
    influence = (
        share_in_influence * supplier_share_prev[:n_partners] + (1.0 - share_in_influence) * alignment_prev
    )
    bound = is_export_controlled[:n_partners, None] * (
        1.0 - export_regime_prev / max(1, len(regime_permits) - 1)
    )

    def over_others(weight: Array, of: Array) -> Array:
        """Sum weight_jr of_r over the other partners r."""
        return total(weight * of, axis=1)

    by_partners = over_others(hostility, influence)
    held = np.maximum(0.0, by_partners + share_in_influence * outside_gain)
    closer = (alignment_between_prev - alignment_between_at_start_prev)[RECIPIENT + 1 :]
    terms = {
        "what is to be won": interest * (1.0 - influence),
        "what is to be defended": incumbency_weight * influence,
        "what rivals hold": rivalry_weight * held,
        "common cause": common_cause_weight * over_others(closer, by_partners),
        "room left by rivals": vacancy_weight * over_others(hostility, np.maximum(0.0, -to_recipient)),
        "standing with friends": company_weight * over_others(friendship, to_recipient),
        "warmth": warmth_weight * to_recipient,
        "constraint at home": -home_constraint * bound,
    }
    return Motives(
        drive_terms=terms,
        courting_drive=total_of(terms.values()),
        pressing_value=press_weight * alarm * (1.0 - to_recipient) / 2.0 - press_cost,
    )


def step(
    *,
    calendar_quarter: int,
    posture_prev: Array,
    commitment_doubt_prev: Array,
    courting_drive: Array,
    pressing_value: Array,
    purse_load: Array,
    posture_shock: Array,
    courtship_cost: Array,
    fiscal_room: Array,
    posture_inertia: Array,
    doubt_memory: Array,
    rationality: Array,
    decision_rule: Array,
    aspiration: Array,
    error_rate: Array,
) -> Update:
    """In the first quarter of a year, weigh the levels and choose one."""
    levels = np.array(LEVELS)[:, None, None]
    if calendar_quarter != NEW_YEAR:
        nothing = np.zeros((len(LEVELS), *posture_prev.shape))
        return Update(posture_prev, {}, nothing, commitment_doubt_prev)

    courting = np.maximum(0.0, levels)
    terms = {
        DRIVE: courting * courting_drive,
        "cost": -courting * courting * (courtship_cost / fiscal_room),
        "one purse": -courting * (2.0 * purse_load * courtship_cost / fiscal_room),
        "alarm": (levels < 0) * pressing_value,
        "inertia": (levels == posture_prev) * posture_inertia,
    }
    utility = rationality * total_of(terms.values())
    index, probability = choose(utility, posture_shock, decision_rule, aspiration, error_rate)
    posture = np.array(LEVELS)[index]
    doubt = doubt_after(posture, posture_prev, commitment_doubt_prev, doubt_memory)
    return Update(posture, terms, probability, doubt)


def doubt_after(
    posture: Array, posture_prev: Array, commitment_doubt_prev: Array, doubt_memory: Array
) -> Array:
    """Return what a year leaves of the doubt, and the share of partners whose posture moved adds to it."""
    moved = total(np.minimum(1.0, np.abs(posture - posture_prev))) / len(posture)
    return doubt_memory * commitment_doubt_prev + (1.0 - doubt_memory) * moved
