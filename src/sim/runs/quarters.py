"""Which quarters a run keeps: ``"2026-Q4:2040-Q4:4"`` is every fourth from one to the other."""

from __future__ import annotations

import re
from typing import Any

from sim.vocabulary import arguments
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError, OutsideHorizon, WrongType


def steps(quarters: Any, start: Quarter, n_steps: int) -> tuple[int, ...]:
    """Return the steps to keep, counted from the start.

    Parameters
    ----------
    quarters : str or iterable of str, optional
        ``from:to:every``, each of which may be left out, ends included; or quarters by name, in a text
        with commas or one by one. All by default.
    start, n_steps : Quarter, int
        The horizon.

    Examples
    --------
    >>> steps("2025-Q4::4", Quarter(2025, 1), 12)
    (3, 7, 11)
    >>> steps("2025-Q4,2026-Q1", Quarter(2025, 1), 12)
    (3, 4)
    """
    if quarters is None:
        return tuple(range(n_steps))
    if isinstance(quarters, str) and ":" in quarters:
        first, last, every = (*(part.strip() for part in quarters.split(":", 2)), "", "")[:3]
        if every and not re.fullmatch(r"0*[1-9]\d{0,8}", every, flags=re.ASCII):
            problem = "every how many quarters is not a whole number"
            raise WrongType("", "quarters", problem, "Such as 2025-Q4::4.", quarters)
        low = _step(first, start, n_steps) if first else 0
        high = _step(last, start, n_steps) if last else n_steps - 1
        chosen = tuple(range(low, high + 1, int(every or 1)))
    else:
        remedy = 'Such as "2025-Q4::4", or ["2030-Q4"].'
        is_text = isinstance(quarters, str)
        named = quarters.split(",") if is_text else arguments.names(quarters, "quarters", remedy)
        chosen = tuple(sorted({_step(each, start, n_steps) for each in named}))
    if not chosen:
        raise InputError("", "quarters", "no quarter left", "Such as 2025-Q4::4.", str(quarters))
    return chosen


def _step(text: str | Quarter, start: Quarter, n_steps: int) -> int:
    try:
        quarter = Quarter.parse(text.strip() if isinstance(text, str) else text)
    except ValueError as error:
        raise WrongType("", "quarters", str(error), "", text) from None
    step = quarter.ordinal - start.ordinal
    if not 0 <= step < n_steps:
        remedy = f"Choose from {start} to {start + (n_steps - 1)}."
        raise OutsideHorizon("", "quarters", "outside the horizon", remedy, str(quarter))
    return step
