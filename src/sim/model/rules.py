"""What follows from decisions, whoever took them.

A rule of one's own can take the place of a stage: ``sim.run(..., rules={"posture.step": mine})``. It takes
keywords as the stage does, or fewer, arrays with the trials last, and returns the stage's update. The
functions here complete an update from the decision alone::

    def mine(*, relation_prev, **read):
        return rules.postures(np.where(relation_prev[0] > 0, 2.0, -1.0), **read)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.model.mechanisms import alignment, posture
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


def _within(stage: str, values: Array, shape: tuple[int, ...], known: tuple[float, ...]) -> Array:
    """Return decisions as an array of their own; what is beyond the known ones is refused."""
    taken = np.array(np.broadcast_to(values, shape), dtype=float)
    outside = taken[~((min(known) <= taken) & (taken <= max(known)))]
    if outside.size:
        remedy = f"Decide between {min(known):g} and {max(known):g}."
        raise OutOfBounds("", f"rules.{stage}", "decided {value}", remedy, float(outside[0]))
    return taken
