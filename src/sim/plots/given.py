"""What a figure is asked to draw, checked before anything is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.analysis.compare.measure import Measure
from sim.runs.dataset import checked, complete_trials
from sim.runs.form import COMMON, check_variable
from sim.vocabulary import arguments
from sim.vocabulary.errors import UnknownName, WrongType, nearest
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr


def check(runs: Any, title: Any = None, history: Any = None, years_before: Any = 0) -> None:
    """Refuse what is no result, title, history or number of years."""
    checked(runs, *COMMON)
    if title is not None:
        arguments.text(title, "title")
    if history is not None:
        checked(history, "year", name="history", remedy="Give what sim.history returns.")
    arguments.whole(years_before, "years_before")


def measure(variable: Any, sel: Any, total: Any) -> Measure:
    """Return what is drawn; it needs the unit and the label of the glossary."""
    made = Measure.of(variable, sel, total, "sel")
    if made.variable not in GLOSSARY:
        remedy = nearest(made.variable, GLOSSARY, "variables")
        raise UnknownName("", "variable", "not in the glossary: {value}", remedy, made.variable)
    return made


def by_supplier(runs: Any, variable: Any) -> str:
    """Return the name of a variable of a result that has the axis supplier and no other."""
    made = measure(variable, None, ["supplier"])
    made.take(runs)
    return made.variable


def array(runs: xr.Dataset, variable: str) -> xr.DataArray:
    """Return a variable of a result that a figure needs, on all its axes and without trials that failed."""
    if variable not in runs:
        problem, remedy = "not in the result, and drawn here: {value}", f"Run with keep=[{variable!r}, ...]."
        raise UnknownName("", "runs", problem, remedy, variable)
    check_variable(runs, variable)
    lost = next((axis for axis in GLOSSARY[variable].dims if axis not in runs[variable].dims), None)
    if lost is not None:
        problem = f"has no axis {lost}, along which it is drawn"
        raise WrongType("", f"runs.{variable}", problem, f"A part that keeps it: .sel({lost}=[...]).")
    return complete_trials(runs[[variable]])[variable].astype(float)
