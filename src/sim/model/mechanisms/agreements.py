"""Agreements are climbed rung by rung, after talks that take years; a break brings them down.

    talks run while both want them:  r_0j > wish, posture >= maintain, no pause,
        rung < min(5, base + slope A_j), and for the top rung orders remembered from j >= some
    each of two stages ends at rate
        2 / (mean (1 + slowdown rung))
        * exp(relation r_0j + courting (e_j - 1) + goodwill g_j + will A_j + leaning_j - attention (p - p0))
    a rung is reached when the second stage ends;  below the breaking point it falls at a rate

Hedging sets a ceiling, so that a ladder can stall; border pressure p, measured from the start, takes
attention. Co-production, the top rung, needs a joint project, which is the rung below, and something bought
before. What rungs contain is read where it acts: training in `measures`, approval in `export_control`,
technology in `terms` and `industry`, co-production in `supplier_choice`.

Two exponential stages make the time to a rung Gamma with shape 2. The one record of talks from beginning to
end is of 33 months (evidence: x_jp_neg_times, negotiation_start, agreement_signed, agreement_next_steps,
agreement_anticipated_2025, pk_no_agreement, pk_building_blocks, small_state_limit, mm_jp_secondary,
x_bd_gov). An offer without a deal is the usual state. Leaves out: one pact that makes another likelier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import exp, total, total_of
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
    rung_at_start: Array  # partner
    pressure_at_start: Array


def start(*, agreement_rung: Array, border_pressure: Array) -> Start:
    """Begin with talks at their first stage; remember rungs and border pressure as they are."""
    return Start(
        negotiation_stage=np.zeros(agreement_rung.shape),
        rung_at_start=np.array(agreement_rung),
        pressure_at_start=total(border_pressure),
    )


def step(
    *,
    agreement_rung_prev: Array,
    negotiation_stage_prev: Array,
    negotiation_pause: Array,
    relation_prev: Array,
    alignment_prev: Array,
    goodwill_prev: Array,
    experience_prev: Array,
    pressure_at_start_prev: Array,
    border_pressure: Array,
    leaning: Array,
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
    leaning_speed: Array,
    talks_attention: Array,
    ceiling_base: Array,
    ceiling_slope: Array,
    coproduction_orders: Array,
    breaking_point: Array,
    breaking_rate: Array,
) -> Update:
    """Let talks advance, and agreements lapse."""
    relation = relation_prev[RECIPIENT]
    is_on = (relation > wish_threshold) & (posture >= 1.0) & (agreement_rung_prev < TOP_RUNG)
    is_on &= negotiation_pause <= 0.0
    is_on &= agreement_rung_prev < ceiling_base + ceiling_slope * alignment_prev
    bought = total(experience_prev[: len(relation)], axis=1)
    is_on &= (agreement_rung_prev < TOP_RUNG - 1) | (bought >= coproduction_orders)
    distraction = talks_attention * (total(border_pressure) - pressure_at_start_prev)
    terms = {
        "relation": relation_speed * relation,
        "courting": courting_speed * (posture - 1.0),
        "goodwill": goodwill_speed * goodwill_prev,
        "will": will_speed * alignment_prev,
        "leaning": leaning_speed * leaning,
        "border": np.broadcast_to(-distraction, relation.shape),
    }
    usual = negotiation_mean * (1.0 + rung_slowdown * agreement_rung_prev)
    rate = 2.0 / usual * exp(total_of(terms.values()))
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
