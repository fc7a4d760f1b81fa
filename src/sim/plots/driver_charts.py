"""Which inputs matter, by other measures: elementary effects, distances, Shapley effects, bars, worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from sim.analysis.drivers.morris import answer as of_morris
from sim.analysis.drivers.pawn import answer as of_pawn
from sim.analysis.drivers.shapley import answer as of_shapley
from sim.analysis.drivers.tornado import answer as of_tornado
from sim.analysis.drivers.worth import answer as of_worth
from sim.plots import style, themes
from sim.plots.own_axes import axes, known
from sim.plots.sensitivity_chart import SHOWN, dots, legend, name_rows, notes_of, with_rows
from sim.vocabulary import amounts, arguments
from sim.vocabulary.errors import WrongType

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

#: Points with a name, and the room for the longest to the right of them.
NAMED, _ROOM = 6, 1.35


def _floor() -> Any:
    return {"color": themes.now().note, "linewidth": 0.9, "linestyle": (0, (4, 2))}


@style.styled
def morris(found: xr.Dataset, *, most: int = NAMED, title: str | None = None, ax: Any = None) -> Axes:
    """Draw sigma against mu* of every input at the last date, those with the largest mu* by name.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.morris`.
    most : int
        Inputs that are named.
    title : str, optional
        Instead of the measure in words.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a figure of its own, the axes' ``figure``.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    here, most = _last(found, "mu_star", "sim.morris"), arguments.whole(most, "most", 1)
    note = "Elementary effects: mean of absolute effects, and standard deviation of effects, by trajectories."
    note += " Right of the dashed line: more than other shocks alone. Near the axis: in proportion."
    axis = axes(ax, title, _title(found), 3.6, notes_of(found, note), said=lambda: of_morris(found))
    star, sigma = here["mu_star"].values, here["sigma"].values
    floor = float(star[-1])
    axis.axvline(floor, **_floor())
    axis.plot(star[:-1], sigma[:-1], "o", color=themes.now().scenarios[0], markersize=3.5)
    for k in np.argsort(-np.nan_to_num(star[:-1]), kind="stable")[:most]:
        axis.annotate(
            str(here["input"].values[k]), (star[k], sigma[k]), (4, 2), textcoords="offset points", size=6.5
        )
    axis.set_xlim(0, _ROOM * float(np.nanmax(star)) or None)
    axis.set_ylim(bottom=0)
    axis.set_xlabel(f"Mean absolute effect, mu* ({found.attrs['unit']})")
    axis.set_ylabel("Standard deviation, sigma")
    return axis


@style.styled
def pawn(found: xr.Dataset, *, most: int = SHOWN, title: str | None = None, ax: Any = None) -> Axes:
    """Draw median and maximum Kolmogorov-Smirnov distance of the inputs at the last date, with intervals.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.pawn`.
    most, title, ax
        As for `sim.plots.sensitivity`.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    here, most = _last(found, "median", "sim.pawn"), arguments.whole(most, "most", 1)
    here = here.isel(input=np.argsort(-here["median"].values, kind="stable")[:most][::-1])
    note = (
        "PAWN: distance between the distribution within a slice of the input and that over all trials; lines"
    )
    note += " are 95 % bootstrap intervals. Dashed: medians of shuffled inputs exceed it one time in twenty."
    axis = with_rows(ax, title, _title(found), found, here, note, lambda: of_pawn(found))
    colours = zip(("median", "maximum"), themes.now().scenarios, strict=False)
    dots(axis, here, [(name, colour, name) for name, colour in colours])
    axis.axvline(float(here["median_floor"]), **_floor())
    axis.set_xlabel("Distance between distributions")
    return axis


@style.styled
def shapley(found: xr.Dataset, *, title: str | None = None, ax: Any = None) -> Axes:
    """Draw the Shapley effects of the inputs at the last date, with intervals.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.shapley`.
    title, ax
        As for `sim.plots.sensitivity`.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    here = _last(found, "effect", "sim.shapley")
    here = here.isel(input=np.argsort(here["effect"].values, kind="stable"))
    note = "Shapley effects: shares of the variance that add up to one, interactions divided; lines are 95 %"
    note += " bootstrap intervals."
    axis = with_rows(ax, title, _title(found), found, here, note, lambda: of_shapley(found))
    dots(axis, here, [("effect", themes.now().scenarios[0], "Shapley effect")])
    axis.set_xlabel("Share of the variance")
    return axis


@style.styled
def tornado(found: xr.Dataset, *, most: int = SHOWN, title: str | None = None, ax: Any = None) -> Axes:
    """Draw how far the mean moves with each input, from its low to its high quantile, the longest bar on top.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.tornado`.
    most, title, ax
        As for `sim.plots.sensitivity`.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    here, most = _last(found, "difference", "sim.tornado"), arguments.whole(most, "most", 1)
    here = here.isel(input=slice(None, most)).isel(input=slice(None, None, -1))
    ends = [amounts.percent(found.attrs[end]) for end in ("low", "high")]
    note = (
        f"Means with one input at its {ends[0]} and at its {ends[1]} quantile, all else as drawn. Lines: 95 %"
    )
    note += " Monte Carlo interval of the paired difference, about the high end."
    axis = with_rows(ax, title, _title(found), found, here, note, lambda: of_tornado(found))
    rows, middle = np.arange(here.sizes["input"]), float(here["mean"])
    for end, colour in (("low", themes.now().scenarios[5]), ("high", themes.now().scenarios[0])):
        axis.barh(rows, here[end].values - middle, left=middle, height=0.62, color=colour)
    axis.hlines(
        rows,
        (here["low"] + here["difference_low"]).values,
        (here["low"] + here["difference_high"]).values,
        color=themes.now().ink,
        linewidth=0.9,
    )
    axis.axvline(middle, color=themes.now().ink, linewidth=0.8)
    name_rows(axis, here)
    axis.set_xlabel(f"Mean ({found.attrs['unit']})")
    colours = (themes.now().scenarios[5], themes.now().scenarios[0])
    sides = zip(colours, ends, strict=True)
    legend(axis, [Line2D([], [], color=c, linewidth=5, label=f"at its {e} quantile") for c, e in sides])
    return axis


@style.styled
def worth(found: xr.Dataset, *, most: int = SHOWN, title: str | None = None, ax: Any = None) -> Axes:
    """Draw what knowing each parameter is worth, by how little is known of it, the largest score on top.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.worth`.
    most, title, ax
        As for `sim.plots.sensitivity`.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    here, most = _last(found, "score", "sim.worth"), arguments.whole(most, "most", 1)
    here = here.isel(input=slice(None, most)).isel(input=slice(None, None, -1))
    note = (
        "Expected value of knowing a parameter before choosing, with its 95 % bootstrap interval; ranked by"
    )
    note += " total index x how little is known x value. Dashed: the most of as many shuffled ones."
    axis = with_rows(ax, title, _title(found), found, here, note, lambda: of_worth(found))
    grades = list(dict.fromkeys(str(each) for each in here["grade"].values))
    colours = dict(zip(grades, themes.now().scenarios, strict=False))
    for row in range(here.sizes["input"]):
        one = here.isel(input=row)
        colour = colours[str(one["grade"].values)]
        axis.hlines(row, float(one["value_low"]), float(one["value_high"]), color=colour, linewidth=1.6)
        axis.plot(float(one["value"]), row, "o", color=colour, markersize=3.5)
    axis.axvline(float(here["floor"]), **_floor())
    name_rows(axis, here)
    axis.set_xlim(left=0)
    axis.set_xlabel(f"Value of knowing ({found.attrs['unit']})")
    legend(axis, [Line2D([], [], marker="o", color=c, label=g, markersize=3.5) for g, c in colours.items()])
    return axis


def _last(found: xr.Dataset, needed: str, source: str) -> xr.Dataset:
    """Return the last date of what a function has returned."""
    known(found, "input", "time", name="found", made_by=source)
    if needed not in found:
        raise WrongType("", "found", f"has no {needed}", f"Give what {source} returns.")
    return found.isel(time=-1)


def _title(found: xr.Dataset) -> str:
    return f"{found.attrs['text']}, {found['quarter'].values[-1]}"
