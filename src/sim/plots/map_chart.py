"""Where the arms come from: countries shaded by their share of deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.patches import Patch, PathPatch

from sim.analysis.compare.measure import display_name
from sim.analysis.compare.paired import groups_of, variance_of_mean
from sim.analysis.compare.summary import check_years, year_ends
from sim.numerics.elementary import Z95
from sim.plots import given, outlines, panels, style, themes
from sim.plots.shown import Place
from sim.runs.dataset import checked, scenario_of
from sim.vocabulary import amounts, arguments
from sim.vocabulary.errors import InputError
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_VARIABLE = "supplier_share"

#: Degrees between which the map is drawn: all land that is inhabited.
_SOUTH, _NORTH, _WEST, _EAST = -56.0, 78.0, -160.0, 182.0

#: The lightest shade, as a part of the way from the paper to the full colour: it stands out from land.
_LEAST = 0.12


#: Where the recipient's name stands, in points from its capital.
_BELOW = -40

_REMEDY = "Give what sim.history returns."


@style.styled
def supplier_map(
    runs: xr.Dataset,
    scenario: str | None = None,
    *,
    history: xr.Dataset,
    year: int | None = None,
    ax: Place = None,
    title: str | None = None,
) -> Axes:
    """Draw a map of the suppliers, darker for a larger mean share of deliveries, and outline the recipient.

    A supplier is the country of its name, or in which its capital lies; where the outlines, which are coarse,
    have none for sure, its capital is a dot. Suppliers without a capital stand in the legend alone.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, with ``"supplier_share"``.
    scenario : str, optional
        The first by default.
    history : xarray.Dataset
        From `sim.history`: it knows where the capitals of the case are.
    year : int, optional
        At whose end; by default the last that ends within the result.
    ax, title
        As in `sim.plots.fan`.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    given.check(runs, title)
    checked(history, "year", "supplier", name="history", remedy=_REMEDY)
    if "latitude" not in history or "longitude" not in history:
        raise InputError("", "history", "does not say where the suppliers are", _REMEDY)
    scenario = scenario_of(runs, scenario)
    quarters = [str(each) for each in runs["quarter"].values]
    ends = year_ends(quarters)
    if year is None and not ends:
        raise InputError("", "runs", "no year ends within the result", "Keep the fourth quarter of one.")
    (year,) = check_years([ends[-1] if year is None else arguments.whole(year, "year")], quarters)
    shares = given.array(runs, _VARIABLE).sel(scenario=scenario).isel(time=quarters.index(f"{year}-Q4"))
    values = shares.transpose("supplier", "trial").values
    means, margins = values.mean(axis=1), Z95 * np.sqrt(variance_of_mean(values, groups_of(runs)))
    names = [str(each) for each in runs["supplier"].values]
    shade = _shade(float(means.max()))
    order = [int(k) for k in np.argsort(-means, kind="stable")]
    places = _places(history)
    handles = [
        Patch(
            facecolor=shade(means[k]) if names[k] in places else "none",
            edgecolor=themes.now().note,
            linewidth=0.4,
            label=f"{display_name(runs, 'supplier', names[k])} {amounts.with_error(means[k], margins[k])}",
        )
        for k in order
    ]
    usual = f"{GLOSSARY[_VARIABLE].label}, end of {year}, {display_name(runs, 'scenario', scenario)}"
    notes = [
        "Means over trials with their 95 % Monte Carlo intervals. Thick: the recipient. "
        "Borders as they are held (Natural Earth), without judgement."
    ]
    drawn = panels.panels(ax, 1, title or usual, runs, handles=handles, notes=notes)
    (axis,) = panels.listed(drawn)
    axis.add_artist(_patch(outlines.land(), themes.now().grid, linewidth=0))
    for k in reversed(order):
        if names[k] in places:
            look = {"facecolor": shade(means[k]), "edgecolor": themes.now().note, "linewidth": 0.4}
            _draw(axis, display_name(runs, "supplier", names[k]), places[names[k]], **look)
    _outline_recipient(axis, history)
    _frame(axis)
    return axis


def _places(history: xr.Dataset) -> dict[str, tuple[float, float]]:
    """Return degrees north and east of the suppliers' capitals, as far as they have one."""
    north, east = history["latitude"].values, history["longitude"].values
    names = [str(each) for each in history["supplier"].values]
    return {name: (float(a), float(b)) for name, a, b in zip(names, north, east, strict=True) if a == a}


def _outline_recipient(axis: Axes, history: xr.Dataset) -> None:
    """Draw the recipient, thick and with its name below."""
    place = history.attrs.get("recipient_place")
    if not place:
        return
    name, ink = str(history.attrs.get("recipient", "")), themes.now().ink
    _draw(axis, name, (place[0], place[1]), facecolor=themes.now().paper, edgecolor=ink, linewidth=1.0)
    x, y = (float(each) for each in outlines.project(place[1], place[0]))
    line = {"arrowstyle": "-", "linewidth": 0.6, "color": ink, "shrinkB": 2}
    axis.annotate(
        name, (x, y), (0, _BELOW), textcoords="offset points", ha="center", va="top", size=7, arrowprops=line
    )


def _shade(most: float) -> Any:
    """Return a function from a share to its colour."""
    norm, scale = Normalize(0.0, most or 1.0), style.shades().reversed()
    return lambda share: scale(_LEAST + (1.0 - _LEAST) * float(norm(share)))


def _draw(axis: Axes, name: str, place: tuple[float, float], **look: Any) -> None:
    """Draw the country of a capital, or a dot."""
    country = outlines.country(name, *place)
    if country is not None:
        axis.add_artist(_patch(country, **look))
        return
    x, y = outlines.project(place[1], place[0])
    colours = {"color": look["facecolor"], "mec": look["edgecolor"], "mew": look["linewidth"]}
    axis.plot(x, y, "o", markersize=6, **colours)


def _patch(outline: outlines.Outline, facecolor: Any, **look: Any) -> PathPatch:
    """Return an outline, to be added as an artist: as a patch, its every line is looked at for limits."""
    return PathPatch(outline.drawn(), facecolor=facecolor, **look)


def _frame(axis: Axes) -> None:
    """Show the inhabited part of the world, without axes."""
    axis.set_xlim(*(float(outlines.project(east, 0.0)[0]) for east in (_WEST, _EAST)))
    axis.set_ylim(*(float(outlines.project(0.0, north)[1]) for north in (_SOUTH, _NORTH)))
    axis.set_aspect("equal", adjustable="box")
    axis.set_axis_off()
