"""Who supplies: the mean composition over time, as a stack, with what is recorded before the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch

from sim.analysis.compare.measure import Measure, display_name
from sim.plots import given, panels, said, style, themes
from sim.plots.fan_chart import YEARS_BEFORE
from sim.plots.shown import Drawn, Place
from sim.runs.dataset import complete_trials, manifest, scenario_of
from sim.vocabulary.axes import Array
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

#: Suppliers shown by name; the others are summed.
SHOWN = len(themes.LIGHT.suppliers)

REST = "All others"


@style.styled
def composition(
    runs: xr.Dataset,
    scenario: str | None = None,
    *,
    variable: str = "supplier_share",
    history: xr.Dataset | None = None,
    ax: Place = None,
    title: str | None = None,
    years_before: int = YEARS_BEFORE,
) -> Drawn:
    """Draw the mean over trials of a variable by supplier, stacked.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    scenario : str, optional
        Its name; by default a panel for each.
    variable : str
        One with the axis supplier and no other.
    history, ax, years_before
        As in `sim.plots.fan`.
    title : str, optional
        By default how much the largest supplier has, with its error, or how that differs between scenarios;
        into your own axes the variable in words.

    Returns
    -------
    Axes or Panels
        As of `sim.plots.fan`.
    """
    given.check(runs, title, history, years_before)
    variable = given.by_supplier(runs, variable)
    names = [str(name) for name in runs["scenario"].values]
    if scenario is not None:
        names = [scenario_of(runs, scenario, "scenario")]
    past, years = _past(runs, history, variable, years_before)
    means = (
        complete_trials(runs[[variable]])[variable]
        .mean("trial")
        .transpose("scenario", "time", "supplier")
        .astype(float)
    )
    stacks = {name: np.vstack([past, means.sel(scenario=name).values]) for name in names}
    times = np.concatenate([years, style.ends_of_quarters(runs)])
    unit, label = GLOSSARY[variable].unit, GLOSSARY[variable].label
    colours = supplier_colours(runs)
    before = "Left of the dashed line: recorded, by year. Right of it: means over trials, by quarter."
    drawn = panels.panels(
        ax,
        len(names),
        title or (_answer(runs, variable, next(iter(colours)), names) if ax is None else "") or label,
        runs,
        handles=supplier_handles(runs, colours),
        has_history=bool(len(years)),
        notes=[before if len(years) else "Means over trials."],
        is_beside=True,
    )
    axes = panels.listed(drawn)
    for axis, name in zip(axes, names, strict=True):
        draw_stack(axis, times, stacks[name], [str(each) for each in runs["supplier"].values], colours)
        if len(years):
            style.mark_start(axis, style.start_of(runs))
    if len(names) > 1:
        titles = [display_name(runs, "scenario", name) for name in names]
        panels.entitle(axes, titles, is_beside=True)
    panels.limit(axes, 0, 1 if unit == "share" else None)
    style.label_values(axes, label, unit)
    return drawn


def _answer(runs: xr.Dataset, variable: str, supplier: str, names: list[str]) -> str:
    return said.of(runs.sel(scenario=names), Measure(variable, (("supplier", supplier),)), names[0])


def supplier_colours(runs: xr.Dataset) -> dict[str, str]:
    """Return colours for the suppliers that matter most in a result, the most important first.

    They are ranked by their mean share of deliveries over all scenarios, so that all figures of a result
    agree. The case's partners are always shown; the supplier that stands for all others is not.
    """
    about = manifest(runs)
    partners: list[str] = about.get("partners", [])
    residual = about.get("residual_supplier", "")
    known = next((name for name in ("supplier_share", "deliveries", "order_book") if name in runs), None)
    suppliers = [str(each) for each in runs["supplier"].values]
    if known is not None:
        weight = complete_trials(runs[[known]])[known].mean(["scenario", "time", "trial"]).values
        suppliers = [suppliers[position] for position in np.argsort(-weight, kind="stable")]
    others = [each for each in suppliers if each not in partners and each != residual]
    featured = {*partners, *others[: SHOWN - len(partners)]}
    return dict(zip((each for each in suppliers if each in featured), themes.now().suppliers, strict=False))


def draw_stack(axis: Axes, times: Array, stack: Array, suppliers: list[str], colours: dict[str, str]) -> None:
    """Stack the columns of `stack` (time, supplier), those without a colour as one."""
    named = [stack[:, suppliers.index(each)] for each in colours]
    rest = np.maximum(stack.sum(axis=1) - np.sum(named, axis=0), 0.0)
    palette = [*colours.values(), themes.now().rest]
    axis.stackplot(times, *named, rest, colors=palette, edgecolor=themes.now().paper, linewidth=0.35)
    axis.set_xlim(times[0], times[-1])
    axis.grid(False)


def supplier_handles(runs: xr.Dataset, colours: dict[str, str]) -> list[Artist]:
    """Return the legend's entries in the order of the stack, the topmost first."""
    entries = [(display_name(runs, "supplier", name), colour) for name, colour in colours.items()]
    if len(colours) < runs.sizes["supplier"]:
        entries.append((REST, themes.now().rest))
    return [Patch(color=colour, linewidth=0, label=name) for name, colour in reversed(entries)]


def _past(
    runs: xr.Dataset, history: xr.Dataset | None, variable: str, years_before: int
) -> tuple[Array, Array]:
    """Return what is recorded before the start (year, supplier) and the ends of the years."""
    if history is None or variable not in history:
        return np.empty((0, runs.sizes["supplier"])), np.empty(0)
    past = history[variable].sel(supplier=runs["supplier"].values).transpose("year", "supplier").values
    years = history["year"].values + 1.0
    is_shown = np.isfinite(past).all(axis=1) & (years >= style.start_of(runs) - years_before)
    return past[is_shown], years[is_shown]
