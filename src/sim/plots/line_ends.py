"""Names of lines, written where they end, and their colours: none for two lines but grey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sim.plots import style, themes
from sim.vocabulary.axes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Between two names, in parts of the axis, and how far to the right of it they stand.
_GAP, _PLACE = 0.045, 1.03

#: As high as a name is, in inches.
_LETTERS = 0.13


def colours(ends: Mapping[str, float], reference: str) -> dict[str, str]:
    """Return the ink for the reference, a colour for those that end farthest from it, grey for the others."""
    others = sorted(
        (name for name in ends if name != reference), key=lambda n: -abs(ends[n] - ends[reference])
    )
    found = dict.fromkeys(others, themes.now().rest)
    found.update(zip(others, themes.now().scenarios, strict=False))
    return {reference: themes.now().ink, **found}


def layer(colour: str) -> int:
    """Return the order in which scenarios are drawn: grey ones first, the reference last."""
    return {themes.now().rest: 0, themes.now().ink: 2}.get(colour, 1)


def name(
    axis: Axes,
    ends: Mapping[str, tuple[float, float]],
    titles: Mapping[str, str],
    colours: Mapping[str, str],
) -> None:
    """Write each name to the right of the axes, apart from the next, with a line to the end of its own."""
    low, high = axis.get_ylim()
    heights = {each: (end - low) / (high - low) for each, (_, end) in ends.items()}
    order = sorted(heights, key=lambda each: heights[each])  # upwards, whichever way the axis goes
    inches = axis.get_window_extent().height / axis.figure.get_dpi()
    places = _apart(np.array([heights[each] for each in order]), max(_GAP, _LETTERS / inches))
    for each, place in zip(order, places, strict=True):
        arrow = {"arrowstyle": "-", "color": colours[each], "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
        axis.annotate(
            style.legible(titles[each]),
            ends[each],
            (_PLACE, place),
            textcoords="axes fraction",
            va="center",
            size=7,
            color=themes.now().readable(colours[each]),
            arrowprops={**arrow, "relpos": (0.0, 0.5)},
        )


def _apart(places: Array, gap: float) -> Array:
    """Return places in ascending order moved as little as keeps each so far from the next, within 0 and 1."""
    from scipy.optimize import isotonic_regression

    gap = min(gap, 1.0 / max(1, len(places) - 1))
    steps = gap * np.arange(len(places))
    # Without the gaps the places need only not descend: of all such, these are the nearest.
    found: Array = np.clip(isotonic_regression(places - steps).x, 0.0, 1.0 - steps[-1]) + steps
    return found
