"""Who is first over the years: the mean rank of each, and how often it is first in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare import ranking as ranks
from sim.analysis.compare.measure import display_name
from sim.plots import given, line_ends, own_axes, style, themes
from sim.plots.composition_chart import supplier_colours
from sim.runs.dataset import scenario_of
from sim.vocabulary import amounts, arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

#: Labels that are shown; of scenarios all are. Of more than these, only those in colour have a bar.
MOST = 8

#: Height of a row and of what is around them, in inches, and rows for which there is always room.
_ROW, _AROUND, _FEWEST = 0.22, 1.3, 6

#: Between the bars at the right, as a part of the years shown.
_APART = 0.012


@style.styled
def ranking(
    runs: xr.Dataset,
    variable: str = "supplier_share",
    sel: Mapping[str, str] | None = None,
    *,
    total: Iterable[str] = (),
    scenario: str | None = None,
    years: Iterable[int] | None = None,
    smallest_first: bool = False,
    most: int = MOST,
    reference: str | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the mean rank of suppliers, or of other labels, over the years; or of all scenarios.

    At the right the ranks in 90 of 100 trials of the last year, and beside each name the share of trials in
    which it is first then.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    variable : str
        What is ranked by; with ``"supplier_share"``, the suppliers are ranked.
    sel, total
        Label chosen on each of its axes, and axes summed over, but for the one that is ranked; the scenarios
        are ranked where none is left.
    scenario : str, optional
        In which scenario labels are ranked; the first by default.
    years : iterable of int, optional
        All by default.
    smallest_first : bool
        Whether the smallest has rank 1, instead of the largest.
    most : int
        Labels shown: those that come nearest to the top in any year.
    reference : str, optional
        Where scenarios are ranked, which of them is black; the first by default.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        By default what is ranked by, in words.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    given.check(runs, title)
    most = arguments.whole(most, "most", 1)
    if scenario is not None:
        scenario_of(runs, scenario)
    found = ranks.ranking(runs, variable, sel, total=total, years=years, smallest_first=smallest_first)
    axis_name, usual = str(found.attrs["axis"]), f"{found.attrs['text']}: rank"
    if axis_name == "scenario":
        if scenario is not None:
            raise Contradiction("", "scenario", "the scenarios are ranked, in all of them", "Leave it out.")
        reference, most = scenario_of(runs, reference, "reference"), found.sizes["scenario"]
    else:
        if reference is not None:
            problem = f"labels of {axis_name} are ranked, and none is a reference"
            raise Contradiction("", "reference", problem, "Leave it out.")
        scenario = scenario_of(runs, scenario)
        usual = f"{usual} in {display_name(runs, 'scenario', scenario)}"
    sentence = partial(ranks.answer, found, scenario)
    if scenario is not None:
        found = found.sel(scenario=scenario)
    best = np.argsort(found["rank"].min("year").values, kind="stable")[:most]
    shown = found.isel({axis_name: np.sort(best)}).transpose(axis_name, "year", ...)
    names = [str(each) for each in shown[axis_name].values]
    ends = dict(zip(names, (float(each) for each in shown["rank"].values[:, -1]), strict=True))
    colours = _colours(runs, axis_name, ends, reference)
    rows = max(np.ceil(float(shown["rank_q95"].isel(year=-1).max())), np.ceil(float(shown["rank"].max())))
    left_out = found.sizes[axis_name] - len(names)
    last_year, is_few = int(shown["year"].values[-1]), len(names) <= MOST
    notes = [_about(found.attrs, last_year, is_few, left_out), *style.footer(runs)]
    axis = own_axes.axes(
        ax, title, usual, _ROW * max(rows, len(names), _FEWEST) + _AROUND, notes, said=sentence
    )
    times = shown["year"].values + 1.0
    for name in sorted(names, key=lambda each: line_ends.layer(colours[each])):
        axis.plot(times, shown["rank"].sel({axis_name: name}), color=colours[name], linewidth=1.8)
    last = _bars(axis, shown.isel(year=-1), times, ends, colours)
    axis.set_ylim(rows + 0.5, 0.5)
    axis.set_yticks(range(1, int(rows) + 1))
    axis.set_ylabel("Rank, mean over trials")
    style.label_years(axis)
    axis.set_xlim(times[0], max(last.values()) + _apart(times))
    axis.set_xticks([each for each in axis.get_xticks() if times[0] <= each <= times[-1]])
    firsts = shown["p_first"].values[:, -1]
    titles = {
        name: f"{display_name(runs, axis_name, name)}  {amounts.percent(chance)}"
        for name, chance in zip(names, firsts, strict=True)
    }
    line_ends.name(axis, {name: (last[name], ends[name]) for name in names}, titles, colours)
    return axis


def _bars(
    axis: Axes,
    end: xr.Dataset,
    times: Array,
    ends: Mapping[str, float],
    colours: Mapping[str, str],
) -> dict[str, float]:
    """Draw the ranks of most trials beside the ends of the lines; return where each bar stands."""
    apart, rest = _apart(times), themes.now().rest
    order = sorted(ends, key=lambda name: ends[name])
    barred = [name for name in order if len(ends) <= MOST or colours[name] != rest]
    places = {name: times[-1] + apart * (k + 1) for k, name in enumerate(barred)}
    labels = [str(each) for each in end[str(end.attrs["axis"])].values]
    for name, place in places.items():
        k = labels.index(name)
        low, high = (float(end[each].values[k]) for each in ("rank_q05", "rank_q95"))
        axis.plot([times[-1], place], [ends[name]] * 2, color=colours[name], linewidth=0.7)
        axis.plot([place, place], [low, high], color=colours[name], linewidth=1.4)
        axis.plot(place, ends[name], "o", color=colours[name], markersize=3.5)
    return dict.fromkeys(ends, times[-1]) | places


def _apart(times: Array) -> float:
    """Return how far the bars stand from each other, in years."""
    return float(_APART * max(1.0, times[-1] - times[0]))


def _colours(
    runs: xr.Dataset, axis: str, ends: Mapping[str, float], reference: str | None
) -> Mapping[str, str]:
    """Return colours none of which stands for two, but for grey."""
    if axis == "scenario" and reference is not None:
        return line_ends.colours(ends, reference)
    known = (
        supplier_colours(runs)
        if axis == "supplier"
        else dict(zip(ends, themes.now().suppliers, strict=False))
    )
    return {name: known.get(name, themes.now().rest) for name in ends}


def _about(about: Mapping[str, object], year: int, is_few: bool, left_out: int) -> str:
    word = "smallest" if about["smallest_first"] else "largest"
    bars = "Bars" if is_few else "Bars, of those in colour"
    others = f" Not shown: {left_out} that never come as near to the top." if left_out else ""
    return (
        f"The {word} of a trial has rank 1; equal ones share the mean of their ranks. {bars}: ranks in 90 of"
        f" 100 trials at the end of {year}. Beside a name: share of trials in which it is first then.{others}"
    )
