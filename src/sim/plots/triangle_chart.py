"""Between three partners: how the recipient's alignment is divided among them, as a path in a triangle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

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
    three scenarios the last quarter of each trial is shown as a small point.

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
    notes = [
        "Parts of the alignment with the three; means over trials. Ring: first quarter; dot: last."
        + (" Small: the last quarter of each trial." if with_clouds else ""),
        *style.footer(runs),
    ]
    axis = own_axes.axes(ax, title, "Alignment among three partners", _HEIGHT, notes)
    _draw_triangle(axis, [display_name(runs, "partner", each) for each in three])
    for k, name in sorted(enumerate(names), key=lambda each: _layer(colours[each[1]])):
        colour, path = colours[name], paths[name]
        if with_clouds:
            axis.plot(*places[k, -1].T, ".", color=colour, alpha=0.35, markersize=3, mec="none", zorder=1.8)
        axis.plot(*path.T, color=colour, linewidth=1.4, zorder=2.5)
        axis.plot(*path[0], "o", color=themes.now().paper, mec=colour, markersize=5, zorder=2.6)
        axis.plot(*path[-1], "o", color=colour, markersize=4, zorder=2.7)
    handles = _named(runs, colours)
    axis.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.68, 1.0), fontsize=7)
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


def _layer(colour: str) -> int:
    """Return the order in which scenarios are drawn: grey ones first, the reference last."""
    return {themes.now().rest: 0, themes.now().ink: 2}.get(colour, 1)


def _draw_triangle(axis: Axes, names: Sequence[str]) -> None:
    """Draw sides, grid and the names of the corners."""
    axis.plot(*_CORNERS[[0, 1, 2, 0]].T, color=themes.now().note, linewidth=0.8, zorder=1.5)
    for corner in range(len(_CORNERS)):
        others = np.delete(_CORNERS, corner, axis=0)
        for part in _GRID:
            line: Array = part * _CORNERS[corner] + (1.0 - part) * others
            axis.plot(*line.T, color=themes.now().grid, linewidth=0.5, zorder=1.2)
            if corner == 0:
                x, y = line[0]
                axis.text(x - 0.02, y, f"{part:g}", size=6, ha="right", va="center", color=themes.now().note)
    for (x, y), text, (up, level) in zip(
        _CORNERS, names, ((0.02, "bottom"), (-0.02, "top"), (-0.02, "top")), strict=True
    ):
        axis.text(x, y + up, text, ha="center", va=level, size=8)
    axis.set_xlim(-0.12, 1.12)
    axis.set_ylim(-0.1, _CORNERS[0, 1] + 0.08)
    axis.set_aspect("equal", adjustable="box")
    axis.set_axis_off()
