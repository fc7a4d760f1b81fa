"""What follows from decisions, whoever took them.

A rule of your own can take the place of a stage: ``sim.run(..., rules={"posture.step": mine})``. It takes
keywords as the stage does, or fewer, arrays with the trials last, and returns the stage's update. The
functions here complete an update from the decision alone::

    def mine(*, relation_prev, **read):
        return rules.postures(np.where(relation_prev[0] > 0, 2.0, -1.0), **read)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.model.mechanisms import alignment, attention, partner_alignment, posture
from sim.vocabulary.axes import NEW_YEAR, Array
from sim.vocabulary.errors import OutOfBounds


def postures(
    level: Array,
    /,
    *,
    calendar_quarter: int,
    posture_prev: Array,
    commitment_doubt_prev: Array,
    doubt_memory: Array,
    **_others: Any,
) -> posture.Update:
    """Return what `posture.step` writes where the partners take these postures, and no terms.

    Parameters
    ----------
    level : ndarray, shape (partner, trial), or one that broadcasts to it
        From -1, pressing, over 0, passive, to 3, courting hard.
    calendar_quarter, posture_prev, commitment_doubt_prev, doubt_memory
        As `posture.step` reads them. Doubt fades once a year, and rises whenever a posture moves.
    """
    taken = _within("posture.step", level, posture_prev.shape, posture.LEVELS)
    is_taken_up = (calendar_quarter == NEW_YEAR) | (taken != posture_prev).any(axis=0)
    doubt = posture.doubt_after(taken, posture_prev, commitment_doubt_prev, doubt_memory)
    return posture.Update(
        posture=taken,
        posture_terms={},
        posture_probability=np.zeros((len(posture.LEVELS), *posture_prev.shape)),
        commitment_doubt=np.where(is_taken_up, doubt, commitment_doubt_prev),
    )


def alignments(
    step: Array, /, *, alignment_prev: Array, alignment_step: Array, **_others: Any
) -> alignment.Update:
    """Return what `alignment.step` writes where the recipient takes these steps, and no terms.

    Parameters
    ----------
    step : ndarray, shape (partner, trial), or one that broadcasts to it
        -1 to pull back, 0 to hold, 1 to deepen.
    alignment_prev, alignment_step
        As `alignment.step` reads them.
    """
    taken = _within("alignment.step", step, alignment_prev.shape, alignment.STEPS)
    return alignment.Update(
        alignment=alignment.after(taken, alignment_prev, alignment_step),
        alignment_step_taken=taken,
        alignment_terms={},
        alignment_probability=np.zeros((len(alignment.STEPS), *alignment_prev.shape)),
    )


def attentions(
    level: Array,
    /,
    *,
    attention_between_prev: Array,
    attention_at_start_prev: Array,
    purse_weight: Array,
    **_others: Any,
) -> attention.Update:
    """Return what `attention.step` writes where the partners court each other so hard, and no terms.

    Parameters
    ----------
    level : ndarray, shape (actor, partner, trial), or one that broadcasts to it
        From 0, passive, to 3, courting hard. The recipient's row and the diagonal should be zero.
    attention_between_prev, attention_at_start_prev, purse_weight
        As `attention.step` reads them.
    """
    taken = _within("attention.step", level, attention_between_prev.shape, attention.LEVELS)
    return attention.Update(
        attention_between=taken,
        attention_terms={},
        purse_load=attention.load_of(taken, attention_at_start_prev, purse_weight),
    )


def bonds(
    step: Array, /, *, alignment: Array, alignment_between_prev: Array, bond_step: Array, **_others: Any
) -> partner_alignment.Update:
    """Return what `partner_alignment.step` writes where the partners take these steps, and no terms.

    Parameters
    ----------
    step : ndarray, shape (actor, partner, trial), or one that broadcasts to it
        -1 to pull back, 0 to hold, 1 to deepen. The recipient's row and the diagonal should be zero.
    alignment, alignment_between_prev, bond_step
        As `partner_alignment.step` reads them.
    """
    taken = _within("partner_alignment.step", step, alignment_between_prev.shape, partner_alignment.STEPS)
    return partner_alignment.Update(
        alignment_between=partner_alignment.after(taken, alignment, alignment_between_prev, bond_step),
        bond_step_taken=taken,
        bond_terms={},
    )


def _within(stage: str, values: Array, shape: tuple[int, ...], known: tuple[float, ...]) -> Array:
    """Return decisions as an array of their own; what is beyond the known ones is refused."""
    taken = np.array(np.broadcast_to(values, shape), dtype=float)
    outside = taken[~((min(known) <= taken) & (taken <= max(known)))]
    if outside.size:
        remedy = f"Decide between {min(known):g} and {max(known):g}."
        raise OutOfBounds("", f"rules.{stage}", "decided {value}", remedy, float(outside[0]))
    return taken
