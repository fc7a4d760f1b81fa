"""Agreements are climbed rung by rung, after talks that take years; a break brings them down.

    talks run while both want them:  r_0j > wish, posture >= maintain, rung < 5, no pause
    each of two stages ends at rate
        2 / (mean (1 + slowdown rung)) * exp(relation r_0j + courting (e_j - 1) + goodwill g_j + will A_j)
    a rung is reached when the second stage ends;  below the breaking point it falls at a rate

Two exponential stages make the time to a rung Gamma with shape 2, as on record: eleven months to almost three
years (evidence: x_jp_neg_times, negotiation_start, agreement_signed, agreement_anticipated_2025,
pk_no_agreement, pk_building_blocks). An offer without a deal is the usual state. Leaves out: what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import exp, total
from sim.vocabulary.axes import QUARTER, RECIPIENT, TOP_RUNG, Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    agreement_rung: Array  # partner
    negotiation_stage: Array  # partner; 0 or 1
    negotiation_chance: Array  # partner; chance that the stage ends this quarter
    negotiation_terms: dict[str, Array]  # name -> (partner, trial): what hastens the talks, in log rate


@dataclass(frozen=True)
class Start:
    """The first values."""

    negotiation_stage: Array


def start(*, agreement_rung: Array) -> Start:
    """Begin with talks at their first stage."""
    return Start(negotiation_stage=np.zeros_like(agreement_rung))


def step(
    *,
    agreement_rung_prev: Array,
    negotiation_stage_prev: Array,
    negotiation_pause: Array,
    relation_prev: Array,
    alignment_prev: Array,
    goodwill_prev: Array,
    posture: Array,
    negotiation_shock: Array,
    lapse_of_agreement_shock: Array,
    negotiation_mean: Array,
    rung_slowdown: Array,
    wish_threshold: Array,
    relation_speed: Array,
    courting_speed: Array,
    goodwill_speed: Array,
    will_speed: Array,
    breaking_point: Array,
    breaking_rate: Array,
) -> Update:
    """Let talks advance, and agreements lapse."""
    relation = relation_prev[RECIPIENT]
    is_on = (relation > wish_threshold) & (posture >= 1.0) & (agreement_rung_prev < TOP_RUNG)
    is_on &= negotiation_pause <= 0.0
    terms = {
        "relation": relation_speed * relation,
        "courting": courting_speed * (posture - 1.0),
        "goodwill": goodwill_speed * goodwill_prev,
        "will": will_speed * alignment_prev,
    }
    usual = negotiation_mean * (1.0 + rung_slowdown * agreement_rung_prev)
    rate = 2.0 / usual * exp(total(np.stack(list(terms.values()))))
    chance = is_on * (1.0 - exp(-QUARTER * rate))
    advances = negotiation_shock < chance
    is_signed = advances & (negotiation_stage_prev > 0)
    is_broken = (relation < breaking_point) & (agreement_rung_prev > 0)
    is_broken &= lapse_of_agreement_shock < 1.0 - exp(-QUARTER * breaking_rate)
    rung = np.where(is_broken, agreement_rung_prev - 1.0, agreement_rung_prev + is_signed)
    stage = np.where(is_signed | is_broken, 0.0, np.maximum(negotiation_stage_prev, advances))
    return Update(
        agreement_rung=rung, negotiation_stage=stage, negotiation_chance=chance, negotiation_terms=terms
    )
