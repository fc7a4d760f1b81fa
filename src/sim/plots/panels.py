"""Places to draw into: a figure of its own in the style, or a user's own axes, figure or part of a figure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from sim.plots import style
from sim.plots.shown import Drawn, Panels, Shown, with_picture
from sim.vocabulary import arguments
from sim.vocabulary.errors import WrongType

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.gridspec import GridSpecBase

#: Height of the title, of the first line of a legend and of each further one, in inches.
_HEAD, _LEGEND, _MORE = 0.3, 0.22, 0.17

#: Of a longer title: letters to a line, the height of each further line, in inches, and lines that further
#: sentences may fill.
_TITLE_LETTERS, _TITLE_LINE, _TITLE_LINES = 76, 0.17, 3

#: Between two sentences.
_SENTENCES = re.compile(r"(?<=\.) (?=[A-Z“])")

#: Width of a legend beside the panels.
_BESIDE = 1.35

#: Height of a panel by the number of columns; many rows are lower, so that the figure fits a page.
_HEIGHTS, _SMALL = {1: 3.0, 2: 2.5}, 2.2
_ROWS, _LOW = 4, 1.6

#: Letters of a panel's title to an inch of the panel, before it is laid out.
_TO_AN_INCH = 17.5

#: Above a user's own axes that are divided: room for the panels' titles, in points.
_ABOVE = 20

#: Which panels share their axis of values: all, or those in a row.
_Share = Literal["row"] | bool

_REMEDY = "Give axes, as many of them as there are panels, a figure or a SubFigure."


def panels(
    ax: Any,
    count: int,
    title: str,
    runs: xr.Dataset,
    *,
    handles: Sequence[Artist],
    has_history: bool = False,
    notes: Sequence[str] = (),
    is_beside: bool = False,
    has_rows_apart: bool = False,
) -> Drawn:
    """Return `count` panels that share their axes, with title and legend: axes for one, panels for several.

    Parameters
    ----------
    ax : Axes, sequence of Axes, FigureBase or None
        A user's own: axes are divided where there are several panels, and get the title and the legend. By
        default a figure of its own is made, with a footer.
    count : int
        Number of panels.
    title : str
        What is shown, in a few words.
    runs : xarray.Dataset
        The result shown; its manifest goes into the footer.
    handles : sequence of Artist
        Entries of the legend.
    has_history : bool
        Whether recorded data are shown.
    notes : sequence of str
        What the reader has to know, before the footer's own lines.
    is_beside : bool
        Whether the legend stands to the right of the panels instead of below them.
    has_rows_apart : bool
        Whether each row has an axis of values of its own.

    Raises
    ------
    InputError
        If `ax` is none of these, or holds another number of axes.
    """
    many, rows = columns(count), math.ceil(count / columns(count))
    share: _Share = "row" if has_rows_apart else True
    for handle in handles:
        handle.set_label(style.legible(str(handle.get_label())))
    if ax is None:
        height = rows * (_LOW if rows > _ROWS else _HEIGHTS.get(many, _SMALL)) + 0.2
        made = frame(height, title, [*notes, *style.footer(runs, has_history)], handles, is_beside=is_beside)
        axes = _divided(made, rows, many, count, share)
        return with_picture(axes[0]) if count == 1 else Panels.of(axes)
    axes = _given(ax, rows, many, count, title, share)
    if is_beside:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0}
    else:
        place = {"loc": "best"}
    axes[min(many, count) - 1].legend(handles=list(handles), fontsize=6.5, **place)
    return axes[0] if count == 1 else Panels.of(axes)


def columns(count: int) -> int:
    """Return how many panels of a figure stand in a row."""
    return count if count <= 3 else 2 if count == 4 else 3


def frame(
    height: float,
    title: str,
    notes: Iterable[str],
    handles: Sequence[Artist] = (),
    *,
    is_beside: bool = False,
) -> Shown:
    """Return a figure of the page's width with a title, a legend and a footer, and room for axes.

    Parameters
    ----------
    height : float
        Of the room, in inches.
    title : str
    notes : iterable of str
        For the footer, a line or more each.
    handles : sequence of Artist
        Entries of the legend; none without them.
    is_beside : bool
        Whether the legend stands to the right of the room instead of below it.
    """
    lines = [line for note in notes for line in style.wrapped(note, style.LETTERS)]
    columns = 1 if is_beside or not handles else _columns(handles)
    legend = _LEGEND + _MORE * (math.ceil(len(handles) / columns) - 1) if handles and not is_beside else 0.0
    right = _BESIDE / style.WIDTH if is_beside else 0.0
    foot = style.LINE * (len(lines) + 0.7)
    heading = _heading(title)
    head = _HEAD + _TITLE_LINE * heading.count("\n")
    whole = height + head + foot + legend
    figure = Shown(figsize=(style.WIDTH, whole), layout="constrained")
    bottom = (foot + legend) / whole
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, bottom, 1 - right, 1 - bottom - head / whole), w_pad=0.06, h_pad=0.06)
    style.inscribe(figure, heading, lines, title)
    if handles:
        figure.legend(
            handles=list(handles),
            loc="upper left" if is_beside else "lower left",
            bbox_to_anchor=(1 - right, 1 - head / whole) if is_beside else (style.LEFT, foot / whole),
            ncols=columns,
            borderaxespad=0.4 if is_beside else 0.0,
            borderpad=0.0,
            handlelength=1.1 if is_beside else 1.8,
            handleheight=1.1 if is_beside else 0.7,
        )
    return figure


def _heading(title: str) -> str:
    """Return a title in lines; of several sentences those that do not fill more than a few, at least one."""
    kept, *more = _SENTENCES.split(title)
    for sentence in more:
        if len(style.wrapped(f"{kept} {sentence}", _TITLE_LETTERS)) > _TITLE_LINES:
            break
        kept = f"{kept} {sentence}"
    return style.in_lines(kept, _TITLE_LETTERS) if len(kept) > _TITLE_LETTERS else kept


def listed(drawn: Drawn) -> list[Axes]:
    """Return the axes of a figure as a list."""
    return [drawn] if isinstance(drawn, Axes) else list(drawn)


def entitle(axes: Sequence[Axes], titles: Sequence[str], *, is_beside: bool = False) -> None:
    """Give each panel its title, on as many lines as its width takes."""
    for axis, text in zip(axes, titles, strict=True):
        figure: Any = axis.figure
        inches = axis.get_position().width * figure.bbox.width / figure.get_dpi()
        room = 1.0 - _BESIDE / style.WIDTH if is_beside else 1.0
        style.panel_title(axis, text, max(8, int(_TO_AN_INCH * inches * room)))


def limit(axes: Sequence[Axes], low: float | None = None, high: float | None = None) -> None:
    """Set the limits of all panels: to the widest of theirs where none is given."""
    ends = [axis.get_ylim() for axis in axes]
    low = min(end[0] for end in ends) if low is None else low
    high = max(end[1] for end in ends) if high is None else high
    for axis in axes:
        axis.set_ylim(low, high)


def _given(ax: Any, rows: int, columns: int, count: int, title: str, share: _Share) -> list[Axes]:
    """Return panels within what a user has given."""
    if isinstance(ax, FigureBase):
        ax.suptitle(title, x=style.LEFT, ha="left", size=10, weight="bold")
        return _divided(ax, rows, columns, count, share)
    if isinstance(ax, Axes):
        ax.set_title(title, pad=_ABOVE if count > 1 else None)
        return [ax] if count == 1 else _within(ax, rows, columns, count, share)
    many = list(ax.flat) if isinstance(ax, np.ndarray) else list(ax) if isinstance(ax, list | tuple) else []
    if not many or not all(isinstance(each, Axes) for each in many):
        raise WrongType("", "ax", f"{arguments.shown(ax)} is no place to draw into", _REMEDY)
    if len(many) != count:
        raise WrongType("", "ax", f"has {len(many)} axes, for a figure of {count} panels", _REMEDY)
    return many


def _divided(figure: FigureBase, rows: int, columns: int, count: int, share: _Share) -> list[Axes]:
    """Return the first panels of a grid in a figure."""
    grid = figure.subplots(rows, columns, sharex=True, sharey=share, squeeze=False)
    return _first(list(grid.flat), columns, count)


def _within(ax: Axes, rows: int, columns: int, count: int, share: _Share) -> list[Axes]:
    """Return the first panels of a grid in the place of axes, which keep their title and nothing else."""
    figure = ax.figure
    place = ax.get_subplotspec()
    if place is None:
        box = ax.get_position()
        edges = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        grid: GridSpecBase = figure.add_gridspec(rows, columns, **edges)
    else:
        grid = place.subgridspec(rows, columns)
    ax.axis("off")
    return _first(list(grid.subplots(sharex=True, sharey=share, squeeze=False).flat), columns, count)


def _first(grid: list[Axes], columns: int, count: int) -> list[Axes]:
    for unused in grid[count:]:
        unused.remove()
    for axis in grid[max(0, count - columns) : count]:
        # A panel with nothing below it carries its own years.
        axis.tick_params(labelbottom=True)
    for axis in grid[columns * ((count - 1) // columns) : count]:
        style.label_years(axis)
    return grid[:count]


def _columns(handles: Sequence[Artist]) -> int:
    """Return how many entries of a legend fit beside each other under the panels."""
    widest = max(len(str(handle.get_label())) for handle in handles)
    room = int(style.WIDTH / (0.45 + 0.062 * widest))
    together = sum(0.5 + 0.062 * len(str(handle.get_label())) for handle in handles)
    return len(handles) if together < style.WIDTH else max(1, min(room, math.ceil(len(handles) / 2)))
