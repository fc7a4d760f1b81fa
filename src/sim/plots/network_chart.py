"""Who stands how to whom: actors as nodes, relations as edges, a panel for each year."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from sim.analysis.compare.measure import display_name
from sim.analysis.compare.summary import check_years, year_ends
from sim.plots import given, panels, style, themes
from sim.plots.shown import Drawn, Place
from sim.runs.dataset import scenario_of
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

#: Years shown unless others are asked for.
_YEARS = 6

#: Width of an edge: without a relation, and what a relation of one adds. The same of the size of a node.
_THIN, _WIDE, _SMALL, _LARGE = 0.3, 4.5, 4.0, 16.0

#: Between a node and its name, in points.
_GAP = 3.0

#: A name stands above or below a node that is so far from the middle, in radii; else beside it.
_FLAT = 0.5

#: Limits of a panel; below there is room for a name and a number.
_X, _Y = (-1.75, 1.75), (-1.55, 1.4)


@style.styled
def network(
    runs: xr.Dataset,
    scenario: str | None = None,
    *,
    years: Iterable[int] | None = None,
    ax: Place = None,
    title: str | None = None,
) -> Drawn:
    """Draw the mean relations between all actors at the ends of years, and the recipient's alignment.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, with ``"relation"``; with ``"alignment"`` too, a node is larger the nearer the
        recipient stands to it.
    scenario : str, optional
        The first by default.
    years : iterable of int, optional
        By default up to six, evenly from the first to the last whose last quarter is in the result.
    ax : Axes, sequence of Axes, Figure or SubFigure, optional
        As in `sim.plots.fan`.
    title : str, optional
        By default the variable in words, and the scenario.

    Returns
    -------
    Axes or Panels
        A panel for each year.
    """
    given.check(runs, title)
    scenario = scenario_of(runs, scenario)
    quarters = [str(each) for each in runs["quarter"].values]
    ends = year_ends(quarters)
    if years is None:
        shown = np.unique(np.linspace(0, len(ends) - 1, min(_YEARS, len(ends))).round().astype(int))
        years = [ends[k] for k in shown]
    asked = arguments.names(years, "years", "Give years, such as [2030, 2040].")
    chosen = check_years([arguments.whole(each, "years") for each in asked], quarters)
    if not chosen:
        raise InputError("", "years", "none to draw", "Give years, such as [2030, 2040].")
    relation = given.array(runs, "relation").sel(scenario=scenario).mean("trial")
    alignment = None
    if "alignment" in runs:
        alignment = given.array(runs, "alignment").sel(scenario=scenario).mean("trial")
    notes = ["Means over trials at the end of the year. Thicker: farther from zero."]
    if alignment is not None:
        notes[0] += " At a name: the recipient's alignment with it, from 0 to 1; larger nodes: more."
    heading = f"Relations, {display_name(runs, 'scenario', scenario)}"
    drawn = panels.panels(ax, len(chosen), title or heading, runs, handles=_handles(), notes=notes)
    places = _places(runs)
    for axis, year in zip(panels.listed(drawn), chosen, strict=True):
        at = quarters.index(f"{year}-Q4")
        near = {} if alignment is None else alignment.isel(time=at).to_series().to_dict()
        _draw(axis, runs, _pairs(relation.isel(time=at)), {str(k): float(v) for k, v in near.items()}, places)
        axis.set_title(str(year) if len(chosen) > 1 or ax is None else axis.get_title(loc="left"))
    return drawn


def _places(runs: xr.Dataset) -> dict[str, Array]:
    """Return where the actors stand: evenly on a circle, from the top."""
    actors = [str(each) for each in runs["actor"].values]
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(actors)) / len(actors)
    return {each: np.array([np.cos(a), np.sin(a)]) for each, a in zip(actors, angles, strict=True)}


def _pairs(relation: xr.DataArray) -> dict[tuple[str, str], float]:
    """Return the relation of every two actors: of two partners the mean of both directions."""
    found: dict[tuple[str, str], float] = {}
    actors, partners = ([str(each) for each in relation[dim].values] for dim in ("actor", "partner"))
    for one, other in combinations(actors, 2):
        both = [(a, b) for a, b in ((one, other), (other, one)) if b in partners]
        found[one, other] = float(np.mean([relation.sel(actor=a, partner=b) for a, b in both]))
    return found


def _draw(
    axis: Axes,
    runs: xr.Dataset,
    pairs: Mapping[tuple[str, str], float],
    alignment: Mapping[str, float],
    places: Mapping[str, Array],
) -> None:
    """Draw one network."""
    for (one, other), value in sorted(pairs.items(), key=lambda each: abs(each[1])):
        axis.plot(*np.array([places[one], places[other]]).T, zorder=2, **_edge(value))
    ink, paper = themes.now().ink, themes.now().paper
    for name, place in places.items():
        size = _SMALL + _LARGE * alignment.get(name, 0.25)
        is_partner = name in alignment or name in [str(each) for each in runs["partner"].values]
        axis.plot(*place, "o", markersize=size, color=ink if not is_partner else paper, mec=ink, zorder=3)
        text = display_name(runs, "actor", name)
        if name in alignment:
            text += f"\n{alignment[name]:.2f}"
        _name(axis, text, place, size / 2 + _GAP)
    axis.set_xlim(*_X)
    axis.set_ylim(*_Y)
    axis.set_aspect("equal", adjustable="box")
    axis.set_axis_off()


def _name(axis: Axes, text: str, place: Array, away: float) -> None:
    """Write a name on the outer side of a node, so many points from its middle: no edge passes there."""
    x, y = (float(each) for each in place)
    if abs(y) > _FLAT:
        shift, level, side = (0.0, math.copysign(away, y)), "bottom" if y > 0 else "top", "center"
    else:
        shift, level, side = (math.copysign(away, x), 0.0), "center", "left" if x > 0 else "right"
    axis.annotate(
        text, (x, y), shift, textcoords="offset points", ha=side, va=level, size=7, annotation_clip=False
    )


def _edge(value: float) -> dict[str, Any]:
    """Return how a relation is drawn: hostile ones are dashed too, for those who see no colours."""
    colour = themes.now().scenarios[0 if value >= 0 else 1]
    dashes = {} if value >= 0 else {"linestyle": (0, (1.3, 0.6))}
    return {"color": colour, "linewidth": _THIN + _WIDE * abs(value), "solid_capstyle": "butt", **dashes}


def _handles() -> list[Artist]:
    named = {1.0: "+1 (friends)", 0.3: "+0.3", -0.3: "−0.3", -1.0: "−1 (enemies)"}
    return [Line2D([], [], label=label, **_edge(value)) for value, label in named.items()]
