"""Many scenarios on one axis, each named where its line ends; and when each passes a mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare import sentences
from sim.analysis.compare.first_passage import first_passage
from sim.analysis.compare.measure import display_name
from sim.analysis.compare.paired import groups_of
from sim.analysis.compare.shares import among
from sim.plots import given, line_ends, own_axes, said, style
from sim.runs.dataset import complete_trials, scenario_of
from sim.vocabulary.axes import Array
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

#: Scenarios up to which the band of the middle half of trials is drawn.
_MOST_BANDS = 3

_HEIGHT = 3.4
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
        By default the answer with its error; into your own axes the variable in words.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    given.check(runs, title)
    measure = given.measure(variable, sel, total)
    values = measure.take(runs)
    reference = scenario_of(runs, reference, "reference")
    names = [str(each) for each in runs["scenario"].values]
    quantiles = {name: np.quantile(values.sel(scenario=name).values, _MIDDLE, axis=-1) for name in names}
    notes = ["Medians over trials." + _about_band(names), *style.footer(runs)]
    sentence = partial(said.of, runs, measure, reference)
    axis = own_axes.axes(ax, title, measure.text(runs), _HEIGHT, notes, said=sentence)
    times, ends = style.ends_of_quarters(runs), {name: each[1][-1] for name, each in quantiles.items()}
    colours = line_ends.colours(ends, reference)
    for name in sorted(names, key=lambda each: line_ends.layer(colours[each])):
        if len(names) <= _MOST_BANDS:
            band = quantiles[name]
            axis.fill_between(times, band[0], band[2], color=colours[name], alpha=0.18, linewidth=0)
        axis.plot(times, quantiles[name][1], color=colours[name], linewidth=1.6)
    style.label_values([axis], GLOSSARY[variable].label, measure.unit)
    _name_ends(axis, times[-1], ends, runs, colours)
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

    Returns
    -------
    Axes
        Where it is drawn.
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
    unit = "" if measure.unit == "index" else f" {measure.unit}"
    usual = f"{measure.text(runs)}: first {mark}{unit}"
    about = f"By the end of {runs['quarter'].values[-1]}, {measure.text(runs)}: {mark}{unit} at least once"
    sentence = partial(_reached, runs, about, reference, when.values <= times[-1])
    axis = own_axes.axes(ax, title, usual, _HEIGHT, notes, said=sentence)
    ends = {name: float(each[-1]) for name, each in curves.items()}
    colours = line_ends.colours(ends, reference)
    for name in sorted(names, key=lambda each: line_ends.layer(colours[each])):
        axis.step(times, curves[name], where="post", color=colours[name], linewidth=1.6)
    axis.set_ylim(0, 1)
    axis.set_ylabel("Share of trials")
    _name_ends(axis, times[-1], ends, runs, colours)
    return axis


def _reached(runs: xr.Dataset, about: str, reference: str, came: Array) -> str:
    """Return in how many trials a mark was crossed; `came` is (scenario, trial)."""
    names = [str(each) for each in runs["scenario"].values]
    intervals = zip(*among(came.astype(float), groups_of(complete_trials(runs))), strict=True)
    shares = {
        name: (display_name(runs, "scenario", name), *each)
        for name, each in zip(names, intervals, strict=True)
    }
    return sentences.reached(about, [shares.pop(reference), *shares.values()])


def _about_band(names: Sequence[str]) -> str:
    return " Bands: the middle half of trials." if len(names) <= _MOST_BANDS else ""


def _name_ends(
    axis: Axes, last: float, ends: Mapping[str, float], runs: xr.Dataset, colours: Mapping[str, str]
) -> None:
    """Write each scenario beside the end of its line in the last quarter."""
    style.label_years(axis)
    axis.margins(x=0.0)
    titles = {name: display_name(runs, "scenario", name) for name in ends}
    line_ends.name(axis, {name: (last, end) for name, end in ends.items()}, titles, colours)
