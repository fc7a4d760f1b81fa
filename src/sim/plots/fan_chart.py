"""Fans: what is recorded, then the median and the bands of the futures, a panel for each scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.analysis.compare.measure import Measure, display_name, take
from sim.plots import given, panels, said, style, themes
from sim.plots.shown import Drawn, Place
from sim.runs.dataset import scenario_of
from sim.vocabulary.axes import Array
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

#: Quantiles drawn: the 90 % band, the 50 % band and the median.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

#: Years of history shown before the start, unless stated otherwise.
YEARS_BEFORE = 20

_OUTER, _INNER = 0.18, 0.36


@style.styled
def fan(
    runs: xr.Dataset,
    variable: str,
    sel: Mapping[str, str] | None = None,
    *,
    total: Iterable[str] = (),
    history: xr.Dataset | None = None,
    reference: str | None = None,
    ax: Place = None,
    title: str | None = None,
    years_before: int = YEARS_BEFORE,
) -> Drawn:
    """Draw the median and the 50 % and 90 % bands of a variable, a panel for each scenario.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    variable : str
        Its name.
    sel : mapping, optional
        Label chosen on each of its axes, such as ``{"supplier": "other"}``.
    total : iterable of str, optional
        Axes summed over.
    history : xarray.Dataset, optional
        From `sim.history`; its variable of the same name is drawn before the start.
    reference : str, optional
        Scenario whose median is shown in every panel; the first by default.
    ax : Axes, sequence of Axes, Figure or SubFigure, optional
        Where to draw; axes are divided where there are several panels. By default a figure of its own.
    title : str, optional
        By default the answer with its error; into your own axes the variable in words.
    years_before : int
        Years of history shown.

    Returns
    -------
    Axes or Panels
        An array of axes where there are several panels; both have the ``figure``.
    """
    given.check(runs, title, history, years_before)
    measure = given.measure(variable, sel, total)
    values = measure.take(runs)
    names = [str(name) for name in runs["scenario"].values]
    reference = scenario_of(runs, reference, "reference")
    recorded = _recorded(history, measure, style.start_of(runs) - years_before)
    is_paired = len(names) > 1
    drawn = panels.panels(
        ax,
        len(names),
        title or (said.of(runs, measure, reference) if ax is None else "") or measure.text(runs),
        runs,
        handles=_legend(
            recorded is not None, display_name(runs, "scenario", reference) if is_paired else None
        ),
        has_history=recorded is not None,
        notes=["Left of the vertical line: recorded, by year. Right of it: simulated, by quarter."]
        if recorded is not None
        else [],
    )
    axes, colours = panels.listed(drawn), style.scenario_colours(names)
    times = style.ends_of_quarters(runs)
    bands = {
        name: np.quantile(values.sel(scenario=name).transpose("time", "trial").values, QUANTILES, axis=1)
        for name in names
    }
    if recorded is not None:
        # The futures set out from the last recorded value.
        times = np.concatenate([recorded[0][-1:], times])
        first = np.full((len(QUANTILES), 1), recorded[1][-1])
        bands = {name: np.hstack([first, band]) for name, band in bands.items()}
    for axis, name in zip(axes, names, strict=True):
        draw_bands(axis, times, bands[name], colours[name])
        if name != reference:
            axis.plot(times, bands[reference][2], **_reference())
        if recorded is not None:
            axis.plot(*recorded, color=themes.now().ink)
            style.mark_start(axis, style.start_of(runs))
        axis.margins(x=0.01)
    if is_paired:
        panels.entitle(axes, [display_name(runs, "scenario", name) for name in names])
    if measure.unit == "share":
        panels.limit(axes, 0, 1)
    else:
        panels.limit(axes, 0 if min(axis.dataLim.y0 for axis in axes) >= 0 else None)
    style.label_values(axes, GLOSSARY[variable].label, measure.unit)
    return drawn


def draw_bands(axis: Axes, times: Array, bands: Array, colour: str) -> None:
    """Draw the two bands and the median; `bands` has the rows of `QUANTILES`."""
    axis.fill_between(times, bands[0], bands[4], color=colour, alpha=_OUTER, linewidth=0)
    axis.fill_between(times, bands[1], bands[3], color=colour, alpha=_INNER, linewidth=0)
    axis.plot(times, bands[2], color=colour, linewidth=1.8)


def band_handles(what: str = "of trials") -> list[Artist]:
    """Return the legend's entries for the median and the bands."""
    colour = themes.now().middle
    return [
        Line2D([], [], color=colour, linewidth=1.8, label="Median"),
        Patch(color=colour, alpha=_INNER + _OUTER, linewidth=0, label=f"50 % {what}"),
        Patch(color=colour, alpha=_OUTER, linewidth=0, label=f"90 % {what}"),
    ]


def _reference() -> dict[str, Any]:
    return {"color": themes.now().note, "linewidth": 1, "linestyle": (0, (3, 1.5))}


def _legend(has_history: bool, reference: str | None) -> list[Artist]:
    handles: list[Artist] = [Line2D([], [], color=themes.now().ink, label="Recorded")] if has_history else []
    handles += band_handles()
    if reference is not None:
        handles.append(Line2D([], [], label=f"Median of {reference}", **_reference()))
    return handles


def _recorded(history: xr.Dataset | None, measure: Measure, first: float) -> tuple[Array, Array] | None:
    """Return the recorded values as ends of years and values, where there are any."""
    if history is None or measure.variable not in history:
        return None
    array = take(history, measure.variable, dict(measure.where), measure.total)
    times, values = history["year"].values + 1.0, array.values
    is_shown = np.isfinite(values) & (times >= first)
    return (times[is_shown], values[is_shown]) if is_shown.any() else None
