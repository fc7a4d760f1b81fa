"""Many scenarios on one axis, each named where its line ends; and when each passes a mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare.first_passage import first_passage
from sim.analysis.compare.measure import display_name
from sim.plots import given, own_axes, style, themes
from sim.runs.dataset import scenario_of
from sim.vocabulary.axes import Array
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

#: Scenarios up to which the band of the middle half of trials is drawn.
_MOST_BANDS = 3

_HEIGHT = 3.4
#: Of a label, in parts of the axis.
_LABEL_GAP = 0.045
_MIDDLE = (0.25, 0.5, 0.75)


@style.styled
def overlay(
    runs: xr.Dataset,
    variable: str,
    sel: Mapping[str, str] | None = None,
    *,
    total: Iterable[str] = (),
    reference: str | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the medians of all scenarios on one axis, each with its name at the end.

    No colour is used twice: the reference is black, the six that end farthest from it have colours, and any
    others are grey. With up to three scenarios the middle half of trials is shown as a band.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    variable : str
    sel, total
        Label chosen on each of its axes, and axes summed over.
    reference : str, optional
        The first by default.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        By default the variable in words.
    """
    given.check(runs, title)
    measure = given.measure(variable, sel, total)
    values = measure.take(runs)
    reference = scenario_of(runs, reference, "reference")
    names = [str(each) for each in runs["scenario"].values]
    quantiles = {name: np.quantile(values.sel(scenario=name).values, _MIDDLE, axis=-1) for name in names}
    notes = ["Medians over trials." + _about_band(names), *style.footer(runs)]
    axis = own_axes.axes(ax, title, measure.text(runs), _HEIGHT, notes)
    times, ends = style.ends_of_quarters(runs), {name: each[1][-1] for name, each in quantiles.items()}
    colours = _colours(ends, reference)
    for name in sorted(names, key=lambda each: colours[each] != themes.now().rest):
        if len(names) <= _MOST_BANDS:
            band = quantiles[name]
            axis.fill_between(times, band[0], band[2], color=colours[name], alpha=0.18, linewidth=0)
        axis.plot(times, quantiles[name][1], color=colours[name], linewidth=1.6)
    style.label_values([axis], GLOSSARY[variable].label, measure.unit)
    _name_ends(axis, times[-1], ends, {name: display_name(runs, "scenario", name) for name in names}, colours)
    return axis


@style.styled
def passage_curves(
    runs: xr.Dataset,
    variable: str,
    where: Mapping[str, str] | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
    reference: str | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the share of trials in which a variable has crossed a mark by then, in every scenario.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    variable, where, above, below
        As for `sim.first_passage`.
    reference, ax, title
        As for `overlay`.
    """
    given.check(runs, title)
    measure = given.measure(variable, where, ())
    when = first_passage(runs, variable, where, above=above, below=below)
    reference = scenario_of(runs, reference, "reference")
    names = [str(each) for each in runs["scenario"].values]
    times = style.ends_of_quarters(runs)
    curves = {
        name: (when.sel(scenario=name).values[None, :] <= times[:, None]).mean(axis=1) for name in names
    }
    mark = f"above {above:g}" if above is not None else f"below {below:g}"
    notes = ["Share of trials that have been there at least once by then.", *style.footer(runs)]
    usual = f"{measure.text(runs)}: first {mark} {measure.unit}"
    axis = own_axes.axes(ax, title, usual, _HEIGHT, notes)
    ends = {name: float(each[-1]) for name, each in curves.items()}
    colours = _colours(ends, reference)
    for name in sorted(names, key=lambda each: colours[each] != themes.now().rest):
        axis.step(times, curves[name], where="post", color=colours[name], linewidth=1.6)
    axis.set_ylim(0, 1)
    axis.set_ylabel("Share of trials")
    _name_ends(axis, times[-1], ends, {name: display_name(runs, "scenario", name) for name in names}, colours)
    return axis


def _about_band(names: Sequence[str]) -> str:
    return " Bands: the middle half of trials." if len(names) <= _MOST_BANDS else ""


def _colours(ends: Mapping[str, float], reference: str) -> dict[str, str]:
    """Return a colour for each scenario, none twice but grey."""
    others = sorted(
        (name for name in ends if name != reference), key=lambda n: -abs(ends[n] - ends[reference])
    )
    found = dict.fromkeys(others, themes.now().rest)
    found.update(zip(others, themes.now().scenarios, strict=False))
    return {reference: themes.now().ink, **found}


def _name_ends(
    axis: Axes, last: float, ends: Mapping[str, float], titles: Mapping[str, str], colours: Mapping[str, str]
) -> None:
    """Write each name beside the end of its line, apart from the next."""
    axis.set_xlabel("Year")
    axis.margins(x=0.0)
    low, high = axis.get_ylim()
    order = sorted(ends, key=lambda name: ends[name])
    for name, place in zip(
        order, _apart(np.array([(ends[n] - low) / (high - low) for n in order])), strict=True
    ):
        colour = themes.now().readable(colours[name])
        axis.annotate(
            style.legible(titles[name]),
            (last, ends[name]),
            (1.03, place),
            textcoords="axes fraction",
            va="center",
            size=7,
            color=colour,
            arrowprops={
                "arrowstyle": "-",
                "color": colours[name],
                "linewidth": 0.7,
                "relpos": (0.0, 0.5),
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )


def _apart(places: Array) -> Array:
    """Return places in ascending order moved so that no two are nearer than a label is high."""
    gap = min(_LABEL_GAP, 1.0 / max(1, len(places) - 1)) if len(places) > 1 else _LABEL_GAP
    found = np.array(places)
    for k in range(1, len(found)):
        found[k] = max(found[k], found[k - 1] + gap)
    if len(found) and found[-1] > 1.0:
        found[-1] = 1.0
        for k in range(len(found) - 2, -1, -1):
            found[k] = min(found[k], found[k + 1] - gap)
    return found
