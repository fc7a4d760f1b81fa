"""What the quarter was worth to each actor: indices for comparing futures, not money.

    recipient:  capability C / C0 + autonomy a + security (1 - mean pressure) - strain commitments / cap
                - pressed n                                n partners press
    partner j:  top (interest_j I_j + sum_r h_jr (1 - I_r)) + margin share_j        what it holds
                + U_j(e_j)                                                          what its posture is worth

with the influence I and hostility h of `posture`, and its utility U_j of the level in force, without
inertia: what a partner is said to gain is what it chooses by. What it holds, and what its rivals do not, is
worth as much as courting for it was at the top level: nobody loses by what it has won (evidence:
agreement_jp_industry, osa_counter_china, pk_motive, bd_autonomy_gain, x_in_loc). Weights are judgements; a
report compares changes, not levels across actors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import total
from sim.vocabulary.axes import LEVELS, RECIPIENT, Array

#: The hardest courting.
_TOP = float(LEVELS.index("court hard") - LEVELS.index("passive"))

#: A cap below this is none, US$ m.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    payoff: Array  # actor


@dataclass(frozen=True)
class Start:
    """The first values."""

    capability_at_start: Array


def start(*, category_stock: Array) -> Start:
    """Remember the stock at the start."""
    return Start(capability_at_start=total(category_stock))


def step(
    *,
    capability_at_start_prev: Array,
    capability: Array,
    autonomy: Array,
    border_pressure: Array,
    commitments: Array,
    commitment_cap: Array,
    supplier_share: Array,
    alignment: Array,
    relation: Array,
    posture: Array,
    courting_drive: Array,
    pressing_value: Array,
    purse_load: Array,
    share_in_influence: Array,
    interest: Array,
    courtship_cost: Array,
    fiscal_room: Array,
    capability_value: Array,
    autonomy_value: Array,
    security_value: Array,
    strain_value: Array,
    pressed_value: Array,
    margin_value: Array,
) -> Update:
    """Add up what each actor cares for."""
    n_partners = len(posture)
    strain = np.minimum(1.0, commitments / np.maximum(commitment_cap, _NOTHING))
    own = (
        capability_value * total(capability) / np.maximum(capability_at_start_prev, 1.0)
        + autonomy_value * autonomy
        + security_value * (1.0 - total(border_pressure) / len(border_pressure))
        - strain_value * strain
        - pressed_value * total(posture < 0)
    )
    share = supplier_share[:n_partners]
    influence = share_in_influence * share + (1.0 - share_in_influence) * alignment
    hostility = np.maximum(0.0, -relation[RECIPIENT + 1 :])
    courting = np.maximum(0.0, posture)
    theirs = (
        _TOP * (interest * influence + total(hostility * (1.0 - influence), axis=1))
        + margin_value * share
        + courting_drive * courting
        - courtship_cost * courting * (courting + 2.0 * purse_load) / fiscal_room
        + pressing_value * (posture < 0)
    )
    return Update(payoff=np.concatenate([own[None], theirs]))
