"""Each partner decides, once a year and for each other partner, to deepen, hold or pull back its alignment.

    MU_jk = rivals sum_r h_jr h_kr + closeness r_jk + reply a_kj - autonomy_j A_jk
          - crowding (A_jk - mean_k A_jk)
    U(d)  = d (MU_jk - MU_jk0 + pole pull_j pull_k) - effort |d|,             d = -1, 0, 1
    P(d) proportional to exp(lambda U(d))
    A_jk' = A_jk + d step, between 0 and 1

a_kj is the attention that k pays to j (`attention`); pull says how near a partner is to the power outside
that the camps are about, so two that are near it, or far from it, have that in common. The documents say how
partners get on and not how far they align, so the start is what their relation has above zero, and is at
rest but for that power. The recipient's row is its own alignment (evidence: in_jp_crucial, in_jp_2plus2,
in_jp_exercises, in_pillar_quad, jp_us_cn_balance, x_trilateral). Leaves out: what partners could do to each
other for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.choice import choose
from sim.numerics.elementary import total, total_of
from sim.vocabulary.axes import NEW_YEAR, RECIPIENT, Array

#: Pull back, hold, deepen.
STEPS = (-1.0, 0.0, 1.0)


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    alignment_between: Array  # actor, partner
    bond_step_taken: Array  # actor, partner; -1, 0 or 1
    bond_terms: dict[str, Array]  # name -> (option, partner, partner, trial); empty where nothing was decided


@dataclass(frozen=True)
class Start:
    """The first values."""

    alignment_between: Array
    alignment_between_at_start: Array
    bond_worth_at_start: Array


def start(
    *,
    relation: Array,
    alignment: Array,
    attention_between: Array,
    common_rival_weight: Array,
    bond_closeness: Array,
    reply_weight: Array,
    own_autonomy_weight: Array,
    bond_crowding: Array,
) -> Start:
    """Read alignments off the relations, and take what they are worth as given."""
    bond = np.zeros(relation.shape)
    bond[RECIPIENT] = alignment
    bond[RECIPIENT + 1 :] = np.maximum(0.0, relation[RECIPIENT + 1 :])
    parts = _parts(
        relation,
        bond,
        attention_between,
        common_rival_weight,
        bond_closeness,
        reply_weight,
        own_autonomy_weight,
        bond_crowding,
    )
    worth = np.zeros(relation.shape)
    worth[RECIPIENT + 1 :] = total_of(parts.values())
    return Start(alignment_between=bond, alignment_between_at_start=np.array(bond), bond_worth_at_start=worth)


def _parts(
    relation: Array,
    alignment_between: Array,
    attention_between: Array,
    common_rival_weight: Array,
    bond_closeness: Array,
    reply_weight: Array,
    own_autonomy_weight: Array,
    bond_crowding: Array,
) -> dict[str, Array]:
    """Return the parts of MU by name, each by partner and partner."""
    between, bond = relation[RECIPIENT + 1 :], alignment_between[RECIPIENT + 1 :]
    hostility = np.maximum(0.0, -between)
    common = sum(each[:, None] * each for each in hostility)
    mean = total(bond, axis=1) / max(1, len(bond) - 1)
    return {
        "common rivals": common_rival_weight * common,
        "closeness": bond_closeness * between,
        "attention": reply_weight * np.moveaxis(attention_between[RECIPIENT + 1 :], 1, 0),
        "autonomy": -own_autonomy_weight[:, None] * bond,
        "balance": -bond_crowding * (bond - mean[:, None]),
    }


def step(
    *,
    calendar_quarter: int,
    relation_prev: Array,
    alignment: Array,
    alignment_between_prev: Array,
    bond_worth_at_start_prev: Array,
    attention_between: Array,
    partner_alignment_shock: Array,
    common_rival_weight: Array,
    bond_closeness: Array,
    reply_weight: Array,
    pole_weight: Array,
    pole_pull: Array,
    own_autonomy_weight: Array,
    bond_crowding: Array,
    bond_effort: Array,
    bond_step: Array,
    rationality: Array,
    decision_rule: Array,
    aspiration: Array,
    error_rate: Array,
) -> Update:
    """In the first quarter of a year, weigh the steps and take one for each pair of partners."""
    taken = np.zeros(alignment_between_prev.shape)
    if calendar_quarter != NEW_YEAR:
        kept = np.array(alignment_between_prev)
        kept[RECIPIENT] = alignment
        return Update(kept, taken, {})

    steps = np.array(STEPS)[:, None, None, None]
    marginal = _parts(
        relation_prev,
        alignment_between_prev,
        attention_between,
        common_rival_weight,
        bond_closeness,
        reply_weight,
        own_autonomy_weight,
        bond_crowding,
    )
    marginal["the power outside"] = pole_weight * (pole_pull[:, None] * pole_pull)
    marginal["as at the start"] = -bond_worth_at_start_prev[RECIPIENT + 1 :]
    terms = {name: steps * part for name, part in marginal.items()}
    terms["effort"] = -np.abs(steps) * np.broadcast_to(bond_effort, alignment_between_prev[1:].shape)
    utility = rationality * total_of(terms.values())
    index, _ = choose(
        utility, partner_alignment_shock[RECIPIENT + 1 :], decision_rule, aspiration, error_rate
    )
    # Nobody aligns with itself.
    taken[RECIPIENT + 1 :] = np.where(np.eye(len(alignment))[:, :, None] > 0, 0.0, np.array(STEPS)[index])
    return Update(after(taken, alignment, alignment_between_prev, bond_step), taken, terms)


def after(taken: Array, alignment: Array, alignment_between_prev: Array, bond_step: Array) -> Array:
    """Return the alignments that the steps lead to; the recipient's row is its own."""
    moved: Array = np.minimum(1.0, np.maximum(0.0, alignment_between_prev + taken * bond_step))
    moved[RECIPIENT] = alignment
    return moved
