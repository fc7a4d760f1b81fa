"""Between three partners: how the recipient's alignment is divided among them, as a path in a triangle.

Where all that is drawn lies close together, the figure shows that part of the triangle, with its place in the
whole beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from sim.analysis.compare.measure import display_name
from sim.plots import given, line_ends, own_axes, style, themes
from sim.runs.dataset import scenario_of
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

#: Corners: above, below to the left, below to the right. All sides are one long.
_CORNERS = np.array([[0.5, np.sqrt(0.75)], [0.0, 0.0], [1.0, 0.0]])

#: Scenarios up to which the trials' last places are drawn; lines of the grid, as parts.
_MOST_CLOUDS, _GRID = 3, (0.25, 0.5, 0.75)

_HEIGHT = 4.0

#: Height of the triangle; up to which part of it the occupied one is shown alone, and the space around that.
_TALL, _SMALL, _AROUND = float(_CORNERS[0, 1]), 0.5, 0.08

#: Width of such a part to its height; steps of its grid, and how many of them it has at most.
_WIDE, _STEPS, _MOST_STEPS = 1.2, (0.01, 0.02, 0.05, 0.1), 5

#: Where the whole stands beside a part: left, low, width and height as parts of the axes.
_BESIDE = (1.05, 0.0, 0.3, 0.33)

#: Left, right, low and high end of what is shown.
Window = tuple[float, float, float, float]


@style.styled
def alignment_triangle(
    runs: xr.Dataset,
    partners: Iterable[str] | None = None,
    *,
    reference: str | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how the recipient's alignment with three partners is divided among them, over time.

    A point is nearer to a corner the larger that partner's part of the alignment with the three. A line is
    the mean over trials in a scenario, a ring its first quarter, a dot its last. No colour is used twice: the
    reference is black, the six that end farthest from it have colours, and any others are grey. With up to
    three scenarios the last quarter of each trial is shown as a small point. Where everything lies in a small
    part of the triangle, that part is shown, with a grid of its own and its place in the whole.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, with ``"alignment"``.
    partners : iterable of str, optional
        Three of them, the one above first; the first three by default.
    reference : str, optional
        The first scenario by default.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        By default what is divided.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    given.check(runs, title)
    alignment = given.array(runs, "alignment")
    known = [str(each) for each in alignment["partner"].values]
    three = _three(partners, known)
    reference = scenario_of(runs, reference, "reference")
    names = [str(each) for each in runs["scenario"].values]
    parts = alignment.sel(partner=three).transpose("scenario", "time", "trial", "partner").values
    whole = parts.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        places = np.where(whole > 0.0, parts / whole, np.nan) @ _CORNERS
    paths = {name: np.nanmean(places[k], axis=1) for k, name in enumerate(names)}
    end_of = paths[reference][-1]
    colours = line_ends.colours(
        {n: float(np.hypot(*(path[-1] - end_of))) for n, path in paths.items()}, reference
    )
    with_clouds = len(names) <= _MOST_CLOUDS
    window = _occupied([places[:, -1] if with_clouds else places[:0], *paths.values()])
    notes = [
        "Parts of the alignment with the three; means over trials. Ring: first quarter; dot: last."
        + (" Small: the last quarter of each trial." if with_clouds else "")
        + (" Shown: the frame in the small triangle." if window else ""),
        *style.footer(runs),
    ]
    axis = own_axes.axes(ax, title, "Alignment among three partners", _HEIGHT, notes)
    corners = [display_name(runs, "partner", each) for each in three]
    if window:
        _draw_part(axis, corners, window)
    else:
        _draw_triangle(axis, corners)
    for k, name in sorted(enumerate(names), key=lambda each: line_ends.layer(colours[each[1]])):
        colour, path = colours[name], paths[name]
        if with_clouds:
            axis.plot(*places[k, -1].T, ".", color=colour, alpha=0.35, markersize=3, mec="none", zorder=1.8)
        axis.plot(*path.T, color=colour, linewidth=1.4, zorder=2.5)
        axis.plot(*path[0], "o", color=themes.now().paper, mec=colour, markersize=5, zorder=2.6)
        axis.plot(*path[-1], "o", color=colour, markersize=4, zorder=2.7)
    handles = _named(runs, colours)
    # Beside a triangle there is room; beside a part of it stands the whole, below the legend.
    axis.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02 if window else 0.68, 1.0), fontsize=7)
    return axis


def _three(partners: Iterable[str] | None, known: Sequence[str]) -> list[str]:
    """Return three partners, checked."""
    remedy = f"Give three of {', '.join(known)}."
    named = known[: len(_CORNERS)] if partners is None else arguments.names(partners, "partners", remedy)
    chosen = [arguments.chosen(each, "partners", known) for each in named]
    if len(set(chosen)) != len(_CORNERS) or len(chosen) != len(_CORNERS):
        raise InputError("", "partners", f"{len(set(chosen))} for the three corners of a triangle", remedy)
    return chosen


def _named(runs: xr.Dataset, colours: Mapping[str, str]) -> list[Artist]:
    """Return the legend: each scenario with a colour of its own, and how many have none."""
    own = {name: colour for name, colour in colours.items() if colour != themes.now().rest}
    entries = [(style.legible(display_name(runs, "scenario", name)), colour) for name, colour in own.items()]
    if len(own) < len(colours):
        entries.append((f"{len(colours) - len(own)} others", themes.now().rest))
    return [Line2D([], [], color=colour, marker="o", markersize=4, label=label) for label, colour in entries]


def _occupied(points: Sequence[Array]) -> Window | None:
    """Return the part of the triangle that holds all points, if it is a small one."""
    every = np.concatenate([each.reshape(-1, 2) for each in points])
    (left, low), (right, high) = np.nanmin(every, axis=0), np.nanmax(every, axis=0)
    tall = max(high - low, (right - left) / _WIDE)
    if not 0.0 < tall < _SMALL * _TALL:
        return None
    half = (0.5 + _AROUND) * tall
    across, up = float(left + right) / 2, float(low + high) / 2
    return across - _WIDE * half, across + _WIDE * half, up - half, up + half


def _draw_part(axis: Axes, names: Sequence[str], window: Window) -> None:
    """Draw a part of the triangle, with the parts of each partner at an edge, and the whole beside it."""
    left, right, low, high = window
    step = next((each for each in _STEPS if (high - low) / _TALL <= _MOST_STEPS * each), _STEPS[-1])
    parts = [k * step for k in range(1, round(1 / step))]
    _draw_grid(axis, parts)
    axis.set_axis_on()
    axis.grid(False)
    axis.spines[["top", "right"]].set_visible(True)
    axis.set_xlim(left, right)
    axis.set_ylim(low, high)
    axis.set_aspect("equal", adjustable="box")
    # A line of equal parts ends at the edge where its partner's parts stand.
    at_low, at_high = (min(max(each / _TALL, 0.0), 1.0) for each in (low, high))
    upwards = {part: part * _TALL for part in parts}
    to_the_right = {part: part + at_low / 2 for part in parts if part + at_low <= 1.0}
    to_the_left = {part: 1.0 - part - at_high / 2 for part in parts if part + at_high <= 1.0}
    top = axis.secondary_xaxis("top")
    for edge, marks, ends in (
        (axis.yaxis, upwards, (low, high)),
        (axis.xaxis, to_the_right, (left, right)),
        (top.xaxis, to_the_left, (left, right)),
    ):
        seen = {part: place for part, place in marks.items() if ends[0] <= place <= ends[1]}
        edge.set_ticks(list(seen.values()), [f"{part:.2f}" for part in seen])
        edge.set_tick_params(labelsize=7)
    above, leftward, rightward = names
    axis.set_ylabel(f"{above} →")
    axis.set_xlabel(f"{rightward} →")
    top.set_xlabel(f"← {leftward}")
    whole = axis.inset_axes(_BESIDE)
    _draw_triangle(whole, names, 6)
    frame = Rectangle((left, low), right - left, high - low, fill=False, ec=themes.now().ink, linewidth=0.9)
    whole.add_patch(frame)


def _draw_grid(axis: Axes, parts: Iterable[float]) -> None:
    """Draw the sides, and the lines on which a partner has these parts."""
    axis.plot(*_CORNERS[[0, 1, 2, 0]].T, color=themes.now().note, linewidth=0.8, zorder=1.5)
    for part in parts:
        for corner in range(len(_CORNERS)):
            others = np.delete(_CORNERS, corner, axis=0)
            line: Array = part * _CORNERS[corner] + (1.0 - part) * others
            axis.plot(*line.T, color=themes.now().grid, linewidth=0.5, zorder=1.2)


def _draw_triangle(axis: Axes, names: Sequence[str], size: float = 8) -> None:
    """Draw the whole triangle with the names of the corners, and the parts of the first if there is room."""
    is_large = size > 6
    _draw_grid(axis, _GRID if is_large else ())
    for part in _GRID if is_large else ():
        x, y = part * _CORNERS[0] + (1.0 - part) * _CORNERS[1]
        axis.text(x - 0.02, y, f"{part:g}", size=6, ha="right", va="center", color=themes.now().note)
    for (x, y), text, (up, level) in zip(
        _CORNERS, names, ((0.02, "bottom"), (-0.02, "top"), (-0.02, "top")), strict=True
    ):
        axis.text(x, y + up, text, ha="center", va=level, size=size)
    axis.set_xlim(-0.12, 1.12)
    axis.set_ylim(-0.1, _TALL + 0.08)
    axis.set_aspect("equal", adjustable="box")
    axis.set_axis_off()
