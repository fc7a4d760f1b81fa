"""The figures of a comparison, by file name.

A name begins with the variable it shows, so that ``sim trace`` can show where a figure comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sim.analysis.compare.measure import Measure, asked_measures, largest_supplier, standard_measures
from sim.analysis.compare.summary import year_ends
from sim.plots import given
from sim.plots.composition_chart import composition
from sim.plots.difference_chart import difference_fan
from sim.plots.fan_chart import fan
from sim.plots.order_book_chart import order_book
from sim.plots.ranking_chart import ranking
from sim.plots.shown import whole_figure
from sim.runs.dataset import looked_at, scenario_of
from sim.runs.form import COMMON
from sim.vocabulary import arguments

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


#: Which figures: the first measure, its differences and the composition, or all.
MAIN, ALL = WHICH = ("main", "all")


def gallery(
    runs: xr.Dataset,
    history: xr.Dataset | None = None,
    reference: str | None = None,
    which: str = ALL,
    variables: Iterable[str] | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Yield names and figures, as far as the result has what they show.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    history : xarray.Dataset, optional
        From `sim.history`.
    reference : str, optional
        Scenario to compare with; the first by default.
    which : {"all", "main"}
        All figures, with the differences in what else the scenarios look at; or the first measure, its
        differences and the composition.
    variables : iterable of str, optional
        Only the levels and the differences of these, for each of their labels.

    Yields
    ------
    tuple of str and Figure
        Name and figure.
    """
    given.check(runs, history=history)
    which = arguments.chosen(which, "which", WHICH)
    reference = scenario_of(runs, reference, "reference")
    if variables is not None:
        for measure in asked_measures(runs, variables):
            yield from _levels(runs, measure, history, reference)
            yield from _differences(runs, measure, reference)
        return
    for measure in _measures(runs)[: None if which == ALL else 1]:
        yield from _levels(runs, measure, history, reference)
        yield from _differences(runs, measure, reference)
    if "supplier_share" in runs:
        yield "supplier_share.composition", whole_figure(composition(runs, history=history))
    if which == ALL:
        yield from _rankings(runs, reference)
    if "order_book" in runs and which == ALL:
        yield "order_book.total", whole_figure(order_book(runs, reference=reference))
        yield "order_book.by_supplier", whole_figure(order_book(runs, reference, history=history))
    for measure in _looked_at(runs) if which == ALL else ():
        if runs.sizes["scenario"] > 1:
            yield from _differences(runs, measure, reference)
        else:
            yield from _levels(runs, measure, history, reference)


def _levels(
    runs: xr.Dataset, measure: Measure, history: xr.Dataset | None, reference: str
) -> Iterator[tuple[str, Figure]]:
    sel, total = dict(measure.where), measure.total
    drawn = fan(runs, measure.variable, sel, total=total, history=history, reference=reference)
    yield measure.key, whole_figure(drawn)


def _differences(runs: xr.Dataset, measure: Measure, reference: str) -> Iterator[tuple[str, Figure]]:
    """Yield the differences in a measure, where there are several scenarios."""
    if runs.sizes["scenario"] > 1:
        gaps = difference_fan(runs, measure.variable, reference, dict(measure.where), total=measure.total)
        yield f"{measure.key}.difference", whole_figure(gaps)


def _rankings(runs: xr.Dataset, reference: str) -> Iterator[tuple[str, Figure]]:
    """Yield who is first among the suppliers in the reference, and which of several scenarios is."""
    if not year_ends([str(each) for each in runs["quarter"].values]):
        return
    shares = runs.get("supplier_share")
    if shares is not None and {"supplier"} == {*shares.dims} - {*COMMON}:
        yield "supplier_share.ranking", whole_figure(ranking(runs, scenario=reference))
    if runs.sizes["scenario"] > 2:  # of two, the difference says which is above
        for measure in _measures(runs)[:1]:
            sel = dict(measure.where)
            drawn = ranking(runs, measure.variable, sel, total=measure.total, reference=reference)
            yield f"{measure.key}.ranking", whole_figure(drawn)


def _measures(runs: xr.Dataset) -> list[Measure]:
    """Return what is drawn as a fan of levels and a fan of differences."""
    largest = largest_supplier(runs)
    found = [
        *([Measure("supplier_share", (("supplier", largest),))] if largest is not None else []),
        Measure("effective_suppliers"),
        Measure("capability", (), ("domain",)),
        Measure("grants", (("state", "delivered"),)),
    ]
    return [measure for measure in found if measure.variable in runs]


def _looked_at(runs: xr.Dataset) -> list[Measure]:
    """Return what else the scenarios look at, of few labels; a table of a result shows it too."""
    names, drawn = looked_at(runs), {"hhi", *(each.variable for each in _measures(runs))}
    found = [each for each in standard_measures(runs, names) if each.is_headline]
    return [each for each in found if each.variable in names and each.variable not in drawn]
