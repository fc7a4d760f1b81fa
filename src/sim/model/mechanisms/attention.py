"""Each partner decides, once a year, how hard to court the other partners, out of one purse.

    U_jk(a) = x (D_jk - D_jk0 + interest_jk) - cost_j (x^2 + 2 purse x rest_jk) / room_j
              + inertia [a = last year's]
    x       = a - a_jk0                                      a = 0 passive ... 3 court hard
    D_jk    = security sum_r h_jr h_kr + closeness r_jk
    rest_jk = what j spends on everybody but k, the recipient among them, less what it spent at the start
    load_j  = purse sum_k (a_jk - a_jk0), at least -1/2      what others leave less room for in `posture`

    P(a) proportional to exp(lambda U(a))

No document says how hard partners court each other, so the level at the start is read off their relation,
three times it to the nearest whole, and is at rest. What goes to one does not go to the other (evidence:
india_oda_top, in_make_in_india, in_jp_crucial, pk_strategic_pressure). Leaves out: pressing among partners,
and what attention costs them in money.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.choice import choose
from sim.numerics.elementary import total, total_of
from sim.vocabulary.axes import NEW_YEAR, RECIPIENT, Array

#: How hard a partner courts another, from passive to courting hard.
LEVELS = (0.0, 1.0, 2.0, 3.0)

#: A lighter purse can at most pay for the first level of courting the recipient.
_LIGHTEST = -0.5


@dataclass(frozen=True)
class Update:
    """What the mechanism writes. The recipient's row is empty: it courts nobody."""

    attention_between: Array  # actor, partner; level
    attention_terms: dict[
        str, Array
    ]  # name -> (level, partner, partner, trial); empty where nothing was decided
    purse_load: Array  # partner; level


@dataclass(frozen=True)
class Start:
    """The first values."""

    attention_between: Array
    attention_at_start: Array
    attention_drive_at_start: Array
    courting_at_start: Array


def start(
    *,
    relation: Array,
    posture: Array,
    attention_security: Array,
    attention_closeness: Array,
) -> Start:
    """Read the levels off the relations, and take what drives them as given."""
    level = np.zeros(relation.shape)
    level[RECIPIENT + 1 :] = np.floor(LEVELS[-1] * np.maximum(0.0, relation[RECIPIENT + 1 :]) + 0.5)
    drive = np.zeros(relation.shape)
    drive[RECIPIENT + 1 :] = _drive(relation, attention_security, attention_closeness)
    return Start(
        attention_between=level,
        attention_at_start=np.array(level),
        attention_drive_at_start=drive,
        courting_at_start=np.maximum(0.0, posture),
    )


def _drive(relation: Array, security: Array, closeness: Array) -> Array:
    """Return D: common rivals and closeness, by partner and partner."""
    between = relation[RECIPIENT + 1 :]
    hostility = np.maximum(0.0, -between)
    common = sum(each[:, None] * each for each in hostility)
    drive: Array = security * common + closeness * between
    return drive


def step(
    *,
    calendar_quarter: int,
    relation_prev: Array,
    posture_prev: Array,
    attention_between_prev: Array,
    attention_at_start_prev: Array,
    attention_drive_at_start_prev: Array,
    courting_at_start_prev: Array,
    attention_shock: Array,
    attention_security: Array,
    attention_closeness: Array,
    attention_interest: Array,
    purse_weight: Array,
    courtship_cost: Array,
    fiscal_room: Array,
    posture_inertia: Array,
    rationality: Array,
    decision_rule: Array,
    aspiration: Array,
    error_rate: Array,
) -> Update:
    """In the first quarter of a year, weigh the levels for each pair of partners."""
    if calendar_quarter != NEW_YEAR:
        load = load_of(attention_between_prev, attention_at_start_prev, purse_weight)
        return Update(attention_between_prev, {}, load)

    last, first = attention_between_prev[RECIPIENT + 1 :], attention_at_start_prev[RECIPIENT + 1 :]
    drive = _drive(relation_prev, attention_security, attention_closeness)
    more = last - first
    spent = total(more, axis=1) + np.maximum(0.0, posture_prev) - courting_at_start_prev
    levels = np.array(LEVELS)[:, None, None, None]
    extra = levels - first
    terms = {
        "drive": extra * (drive - attention_drive_at_start_prev[RECIPIENT + 1 :]),
        "interest": extra * attention_interest[RECIPIENT + 1 :],
        "cost": -extra * extra * (courtship_cost / fiscal_room)[:, None],
        "one purse": -extra
        * (2.0 * purse_weight * (courtship_cost / fiscal_room)[:, None] * (spent[:, None] - more)),
        "inertia": (levels == last) * posture_inertia,
    }
    utility = rationality * total_of(terms.values())
    index, _ = choose(utility, attention_shock[RECIPIENT + 1 :], decision_rule, aspiration, error_rate)
    level = np.zeros(attention_between_prev.shape)
    # Nobody courts itself.
    level[RECIPIENT + 1 :] = np.where(np.eye(len(last))[:, :, None] > 0, 0.0, np.array(LEVELS)[index])
    return Update(level, terms, load_of(level, attention_at_start_prev, purse_weight))


def load_of(attention: Array, attention_at_start: Array, purse_weight: Array) -> Array:
    """Return what attention to other partners, beyond that at the start, takes from each purse."""
    more = (attention - attention_at_start)[RECIPIENT + 1 :]
    load: Array = np.maximum(_LIGHTEST, purse_weight * total(more, axis=1))
    return load
