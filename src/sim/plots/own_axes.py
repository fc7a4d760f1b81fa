"""Axes for figures that may stand alone or be a part of a user's own: given, or made in the style."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes

from sim.plots import style
from sim.plots.shown import Shown, with_picture
from sim.vocabulary import arguments

if TYPE_CHECKING:
    import xarray as xr

#: Height of the title and of a line of notes, in inches, and letters of a line.
_HEAD, _LINE, _LETTERS = 0.3, 0.125, 135


def axes(ax: Any, title: Any, usual: str, height: float, notes: Sequence[str] = ()) -> Axes:
    """Return the axes to draw into, with their title.

    Parameters
    ----------
    ax : Axes or None
        A user's own, which get the title and no notes; else a figure of the page's width is made.
    title : str or None
        Instead of the usual one.
    usual : str
        What the figure is called otherwise.
    height : float
        Of what is made, without title and notes, in inches.
    notes : sequence of str
        What the reader has to know, below what is made.

    Raises
    ------
    InputError
        If they are no axes, or no title.
    """
    name = usual if title is None else arguments.text(title, "title")
    if ax is not None:
        arguments.instance(ax, Axes, "ax", "axes of matplotlib", "Give them, or leave the argument out.")
        given: Axes = ax
        given.set_title(name)
        return given
    lines = [line for note in notes for line in textwrap.wrap(note, _LETTERS)]
    foot = _LINE * (len(lines) + 0.7)
    whole = height + _HEAD + foot
    figure = Shown(figsize=(style.WIDTH, whole), layout="constrained")
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, foot / whole, 1, 1 - (foot + _HEAD) / whole), w_pad=0.06, h_pad=0.06)
    style.inscribe(figure, name, lines)
    return with_picture(figure.subplots())  # type: ignore[no-any-return]


def known(found: Any, *dims: str, name: str, made_by: str) -> xr.Dataset:
    """Refuse what is not the result of a function."""
    from sim.runs.dataset import checked

    return checked(found, *dims, name=name, remedy=f"Give what {made_by} returns.")
