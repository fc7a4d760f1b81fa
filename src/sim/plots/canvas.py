"""One panel: the caller's own axes, or a figure of its own with title and footer."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.plots import style
from sim.vocabulary import arguments

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist

_HEAD, _LINE = 0.42, 0.125
_WIDE = 135


def canvas(
    ax: Any,
    title: Any,
    usual_title: str,
    found: xr.Dataset,
    *,
    height: float,
    left: float = 0.12,
    right: float = 0.02,
    bottom: float = 0.45,
    notes: Sequence[str] = (),
) -> Axes:
    """Return axes to draw on.

    Parameters
    ----------
    ax : Axes or None
        The caller's, or None for a figure of its own, with title and footer.
    title, usual_title : str or None, str
        What the caller wants as title, and what it is otherwise.
    found : xarray.Dataset
        What is drawn; its manifest goes into the footer.
    height, bottom : float
        Of the panel, and below it for its own labels, in inches.
    left, right : float
        Margins, in parts of the width.
    notes : sequence of str
        Before the footer's own lines.
    """
    title = usual_title if title is None else arguments.text(title, "title")
    if ax is not None:
        arguments.instance(ax, Axes, "ax", "an Axes", "Give one of matplotlib's, or leave it out.")
        ax.set_title(title)
        return ax  # type: ignore[no-any-return]
    lines = [line for note in notes for line in textwrap.wrap(note, _WIDE)] + style.footer(found)
    foot = bottom + _LINE * (len(lines) + 1)
    whole = _HEAD + height + foot
    figure = Figure(figsize=(style.WIDTH, whole))
    style.inscribe(figure, title, lines)
    return figure.add_axes((left, foot / whole, 1 - left - right, height / whole))


def legend(axis: Axes, handles: Sequence[Artist], place: Any = "lower right", **more: Any) -> None:
    """Add a legend."""
    for handle in handles:
        handle.set_label(style.legible(str(handle.get_label())))
    axis.legend(handles=list(handles), loc=place, **more)
