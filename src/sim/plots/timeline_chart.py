"""One row for each label over time: rungs of the ladder, alignment, postures, shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.compare.measure import display_name
from sim.plots import given, own_axes, style
from sim.runs.dataset import complete_trials, scenario_of
from sim.runs.form import COMMON
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_ROW = 0.3


@style.styled
def timeline(
    runs: xr.Dataset,
    variable: str = "agreement_rung",
    scenario: str | None = None,
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the mean over trials of a variable with one axis, a row for each label, darker for more.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    variable : str
        With one axis of its own, such as ``"agreement_rung"``, ``"alignment"`` or ``"supplier_share"``.
    scenario : str, optional
        The first by default.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        By default the variable in words, and the scenario.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    given.check(runs, title)
    variable = arguments.text(variable, "variable")
    known = given.measure(variable, None, ())
    own = [str(each) for each in runs[variable].dims if each not in COMMON] if variable in runs else []
    if len(own) != 1:
        remedy = "Give one that the result has, with one axis, such as agreement_rung or alignment."
        raise InputError("", "variable", "has not one axis of its own: {value}", remedy, variable)
    scenario = scenario_of(runs, scenario)
    values = complete_trials(runs[[variable]])[variable].sel(scenario=scenario).astype(float).mean("trial")
    rows = values.transpose(own[0], "time").values
    labels = [display_name(runs, own[0], str(each)) for each in runs[own[0]].values]
    usual = f"{GLOSSARY[variable].label}, {display_name(runs, 'scenario', scenario)}"
    notes = ["Means over trials; the number at the end is that of the last quarter.", *style.footer(runs)]
    axis = own_axes.axes(ax, title, usual, _ROW * len(labels) + 0.9, notes)
    times = style.ends_of_quarters(runs)
    drawn = axis.imshow(
        rows,
        aspect="auto",
        cmap=style.shades().reversed(),
        extent=(times[0] - 0.25, times[-1], len(labels) - 0.5, -0.5),
        interpolation="nearest",
    )
    axis.set_yticks(range(len(labels)), labels)
    axis.grid(visible=False)
    style.label_years(axis)
    for row, value in enumerate(rows[:, -1]):
        axis.annotate(f"{value:.2f}", (1.01, row), xycoords=("axes fraction", "data"), va="center", size=7)
    bar = axis.figure.colorbar(drawn, ax=axis, fraction=0.035, pad=0.08)
    bar.set_label(known.unit)
    return axis
