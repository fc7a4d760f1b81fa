"""Which inputs drive a number: indices at a date with their intervals, and shares over time as a stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.analysis.drivers.sensitivity import answer, ranked
from sim.plots import style, themes
from sim.plots.own_axes import axes, known
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

#: Height of a row, of what stands below the rows, and room beside the names, in inches.
_ROW, _BELOW, _BESIDE = 0.21, 0.45, 0.16
_MADE_BY = "sim.sensitivity or sim.spread"

#: Inputs drawn by name unless more are asked for.
SHOWN, STACKED = 12, 8


@style.styled
def sensitivity(
    found: xr.Dataset, *, at: str | None = None, most: int = SHOWN, title: str | None = None, ax: Any = None
) -> Axes:
    """Draw first and total index of each input at a date, with 95 % intervals, the largest total first.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.sensitivity` or `sim.spread`.
    at : str, optional
        A quarter, such as ``"2035-Q4"``; the last by default.
    most : int
        Inputs shown.
    title : str, optional
        Instead of the measure in words.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a figure of its own, the axes' ``figure``.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    known(found, "input", "time", name="found", made_by=_MADE_BY)
    most = arguments.whole(most, "most", 1)
    quarters = [str(each) for each in found["quarter"].values]
    where = len(quarters) - 1 if at is None else quarters.index(arguments.chosen(at, "at", quarters))
    names = ranked(found, "total", where)[:most][::-1]
    here = found.isel(time=where).sel(input=names)
    note = "Shares of the variance: alone (first-order Sobol index), and in all, with its interactions (total"
    note += " index); lines are 95 % bootstrap intervals."
    usual = f"{found.attrs['text']}, {quarters[where]}"
    axis = with_rows(ax, title, usual, found, here, note, lambda: answer(found, where))
    axis.axvline(0, color=themes.now().ink, linewidth=0.8)
    colours = themes.now().scenarios
    dots(axis, here, [("total", colours[0], "in all (total)"), ("first", colours[1], "alone (first)")])
    axis.set_xlabel("Share of the variance")
    return axis


@style.styled
def spread(found: xr.Dataset, *, most: int = STACKED, title: str | None = None, ax: Any = None) -> Axes:
    """Draw over time which share of the variance each input explains alone, as a stack, and interactions.

    Parameters
    ----------
    found : xarray.Dataset
        From `sim.spread` or `sim.sensitivity`, with several quarters.
    most : int
        Inputs drawn by name: those with the largest mean share; the others are one.
    title, ax
        As for `sim.plots.sensitivity`.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    known(found, "input", "time", name="found", made_by=_MADE_BY)
    most = arguments.whole(most, "most", 1)
    if found.sizes["time"] < 2:
        raise InputError(
            "", "found", "has one quarter, and nothing over time to draw", "Leave out @ in measure."
        )
    varies = np.flatnonzero(np.isfinite(found["first"].values).all(axis=0))
    if not len(varies):
        raise InputError("", "found", "the measure does not vary", "Look at another.")
    # What sampling error makes negative is drawn as zero; the rest up to the whole is interaction.
    first = np.clip(found["first"].transpose("input", "time").values[:, varies], 0.0, None)
    first /= np.maximum(1.0, first.sum(axis=0))
    order = np.argsort(-first.mean(axis=1), kind="stable")
    named, others = order[:most], order[most:]
    layers = [first[k] for k in named] + ([first[others].sum(axis=0)] if len(others) else [])
    names = [str(found["input"].values[k]) for k in named] + (["all others"] if len(others) else [])
    layers.append(np.maximum(0.0, 1.0 - first.sum(axis=0)))
    colours = themes.palette(themes.now().suppliers, len(named))
    colours += [themes.now().middle] * bool(len(others)) + [themes.now().rest]
    note = (
        "Share of the variance that each input explains alone (first-order Sobol index, of a group the closed"
    )
    note += " one); interactions are what no input explains alone. Below zero is drawn as zero."
    usual = f"Where the spread comes from. {found.attrs['text']}"
    axis = axes(ax, title, usual, 3.1, notes_of(found, note), said=lambda: answer(found))
    times = style.ends_of_quarters(found)[varies]
    axis.stackplot(times, *layers, colors=colours, edgecolor=themes.now().paper, linewidth=0.3)
    axis.set_xlim(times[0], times[-1])
    axis.set_ylim(0, 1)
    axis.grid(False)
    style.label_years(axis)
    axis.set_ylabel("Share of the variance")
    entries = zip([*names, "interactions"], colours, strict=True)
    handles = [Patch(color=colour, linewidth=0, label=name) for name, colour in reversed(list(entries))]
    legend(axis, handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
    return axis


def notes_of(found: xr.Dataset, note: str) -> list[str]:
    """Return the lines below a figure: what the reader has to know, and where it is from."""
    return [note, *style.footer(found)]


def legend(axis: Axes, handles: Sequence[Artist], **place: Any) -> None:
    """Add a legend: above, or where axes with a title have most room."""
    for handle in handles:
        handle.set_label(style.legible(str(handle.get_label())))
    if not place and not axis.get_title(loc="left"):
        place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": len(handles), "borderpad": 0.0}
    axis.legend(handles=list(handles), **place)


def with_rows(
    ax: Any, title: Any, usual: str, found: xr.Dataset, here: xr.Dataset, note: str, said: Callable[[], str]
) -> Axes:
    """Return axes with room for a row for each input; see `sim.plots.own_axes.axes`."""
    height = _ROW * (here.sizes["input"] + 1) + _BELOW
    axis = axes(ax, title, usual, height, notes_of(found, note), said=said)
    if ax is None:
        # Long names are a little wider at the resolution of a file than where the layout measures them.
        engine: Any = axis.figure.get_layout_engine()
        engine.set(w_pad=_BESIDE)
    return axis


def dots(axis: Axes, here: xr.Dataset, series: Sequence[tuple[str, str, str]]) -> None:
    """Draw numbers with their intervals, a row for each input from below: name, colour, label of each."""
    rows = np.arange(here.sizes["input"])
    offsets = np.linspace(0.13, -0.13, len(series)) if len(series) > 1 else [0.0]
    for (name, colour, _), offset in zip(series, offsets, strict=True):
        low, high = here[f"{name}_low"].values, here[f"{name}_high"].values
        axis.hlines(rows + offset, low, high, color=colour, linewidth=1.6)
        axis.plot(here[name].values, rows + offset, "o", color=colour, markersize=3.5)
    name_rows(axis, here)
    if len(series) > 1:
        legend(axis, [Line2D([], [], marker="o", color=c, label=t, markersize=3.5) for _, c, t in series])


def name_rows(axis: Axes, here: xr.Dataset) -> None:
    """Write the names of the inputs beside their rows."""
    rows = np.arange(here.sizes["input"])
    axis.set_yticks(rows, [str(each) for each in here["input"].values])
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.grid(visible=True, axis="x")
    axis.grid(visible=False, axis="y")
