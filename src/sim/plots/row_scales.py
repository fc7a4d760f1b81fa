"""Scales of rows of panels: small values are enlarged by a factor that a panel can say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Factors by which a row is enlarged, times powers of ten.
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Scale:
    """Limits of a row's axis, and how many times it is enlarged beside the widest."""

    low: float
    high: float
    factor: int = 1


def shared(ranges: Sequence[tuple[float, float]], room: float) -> Scale:
    """Return the scale that shows all of these ranges, with room above and below as a part of the whole."""
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    return _around(low, high, high - low, room)


def by_row(ranges: Sequence[tuple[float, float]], columns: int, room: float) -> list[Scale]:
    """Return a scale for each panel, the same for all in a row.

    Parameters
    ----------
    ranges : sequence of (float, float)
        Lowest and highest value of each panel, in order.
    columns : int
        Panels in a row.
    room : float
        Above and below the values, as a part of the range of the widest row.
    """
    rows = [ranges[first : first + columns] for first in range(0, len(ranges), columns)]
    ends = [(min(low for low, _ in row), max(high for _, high in row)) for row in rows]
    widest = max(high - low for low, high in ends)
    found: list[Scale] = []
    factor = 1
    for row, (low, high) in zip(rows, ends, strict=True):
        # A row without any range has the scale of the one above.
        factor = _factor(widest / (high - low)) if high > low else factor
        found += [_around(low, high, widest / factor, room, factor)] * len(row)
    return found


def _factor(most: float) -> int:
    """Return the largest round factor that is not more than this."""
    power: int = 10 ** math.floor(math.log10(most))
    return power * max(step for step in _STEPS if step * power <= most)


def _around(low: float, high: float, span: float, room: float, factor: int = 1) -> Scale:
    middle, half = (low + high) / 2, (0.5 + room) * (span or 1.0)
    return Scale(middle - half, middle + half, factor)
