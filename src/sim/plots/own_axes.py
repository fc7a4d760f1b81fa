"""Axes for figures that may stand alone or be a part of a user's own: given, or made in the style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes

from sim.plots.panels import frame
from sim.plots.shown import with_picture
from sim.vocabulary import arguments

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist


def axes(
    ax: Any,
    title: Any,
    usual: str,
    height: float,
    notes: Sequence[str] = (),
    handles: Sequence[Artist] = (),
    said: Callable[[], str] | None = None,
) -> Axes:
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
        Of what is made, without title, legend and notes, in inches.
    notes : sequence of str
        What the reader has to know, below what is made.
    handles : sequence of Artist
        Entries of a legend, between the axes and the notes, or within a user's own axes.
    said : callable, optional
        Returns the answer in a sentence, which titles what is made instead of the usual title; or "".

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
        if handles:
            given.legend(handles=list(handles), loc="best", fontsize=6.5)
        return given
    heading = (said() if said and title is None else "") or name
    return with_picture(frame(height, heading, notes, handles).subplots())  # type: ignore[no-any-return]


def known(found: Any, *dims: str, name: str, made_by: str) -> xr.Dataset:
    """Refuse what is not the result of a function."""
    from sim.runs.dataset import checked

    return checked(found, *dims, name=name, remedy=f"Give what {made_by} returns.")
