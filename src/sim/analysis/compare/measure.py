"""One number per scenario, quarter and trial: a variable, for some labels, summed over some axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.compare.paired import chosen
from sim.runs.dataset import complete_trials
from sim.runs.form import COMMON, check_variable
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, UnknownName, nearest
from sim.vocabulary.variables import GLOSSARY, within_sentence

if TYPE_CHECKING:
    import xarray as xr

    from sim.case.case import Case


@dataclass(frozen=True)
class Measure:
    """What is looked at.

    Parameters
    ----------
    variable : str
        Glossary name.
    where : tuple of (str, str)
        Label chosen on each axis, such as ``(("supplier", "other"),)``.
    total : tuple of str
        Axes summed over.
    is_headline : bool
        Whether it belongs in a short table.
    """

    variable: str
    where: tuple[tuple[str, str], ...] = ()
    total: tuple[str, ...] = ()
    is_headline: bool = True

    @classmethod
    def of(cls, variable: Any, where: Any = None, total: Any = (), name: str = "where") -> Measure:
        """Return what is looked at from arguments of a user's; `name` is that of the labels."""
        remedy = 'Give names of axes, such as ["supplier"].'
        labels = arguments.labels(where, name)
        axes = arguments.texts(total, "total", remedy)
        return cls(arguments.text(variable, "variable"), tuple(labels.items()), axes)

    @property
    def key(self) -> str:
        """Name for files and tables, such as ``supplier_share.other`` or ``capability.total``."""
        return ".".join([self.variable, *(label for _, label in self.where), *["total"] * bool(self.total)])

    @property
    def unit(self) -> str:
        """Unit, from the glossary."""
        return GLOSSARY[self.variable].unit

    def text(self, runs: xr.Dataset) -> str:
        """Return it in words, such as ``Other: share of arms deliveries``."""
        return self._words([display_name(runs, dim, each) for dim, each in self.where])

    def text_in(self, case: Case) -> str:
        """Return it in words, as `text` does, where there is no result yet."""
        return self._words([case.display(dim, each) for dim, each in self.where])

    def _words(self, names: Sequence[str]) -> str:
        label = GLOSSARY[self.variable].label + (", total" if self.total else "")
        return f"{', '.join(names)}: {within_sentence(label)}" if names else label

    def take(self, runs: xr.Dataset) -> xr.DataArray:
        """Return its values, dims scenario, time, trial.

        Raises
        ------
        InputError
            If the result lacks the variable, a label, or an axis is neither chosen nor summed.
        """
        if self.variable in runs.data_vars:
            check_variable(runs, self.variable)
        return take(runs, self.variable, dict(self.where), self.total).transpose(*COMMON)


def take(
    data: xr.Dataset, variable: str, where: Mapping[str, str] | None = None, total: Iterable[str] = ()
) -> xr.DataArray:
    """Return a variable for some labels, summed over some axes, in double precision.

    The axes scenario, time, trial and year are left as they are; every other must be chosen or summed. Trials
    that failed or are missing in any scenario are left out.
    """
    where, total = dict(where or {}), tuple(total)
    if variable not in data.data_vars:
        remedy = nearest(variable, [str(name) for name in data.data_vars], "variables") + " See --keep."
        raise UnknownName("", "variable", "not in the result: {value}", remedy, variable)
    array = complete_trials(data[[variable]])[variable]
    for dim, label in where.items():
        if dim not in array.dims:
            remedy = nearest(dim, [str(each) for each in array.dims], "axes")
            raise UnknownName("", variable, "has no axis {value}", remedy, dim)
        labels = [str(each) for each in array[dim].values]
        if label not in labels:
            raise UnknownName(
                "", f"{variable}.{dim}", "no such label: {value}", nearest(label, labels, "labels"), label
            )
        array = array.isel({dim: labels.index(label)}, drop=True)
    for dim in total:
        if dim not in array.dims:
            remedy = nearest(dim, [str(each) for each in array.dims], "axes")
            raise UnknownName("", variable, "has no axis {value} to sum over", remedy, dim)
    for dim in map(str, array.dims):
        if dim not in (*COMMON, "year", *total):
            remedy = (
                f"Choose one of its labels or sum over it: {', '.join(str(v) for v in array[dim].values)}."
            )
            raise InputError("", variable, f"has the axis {dim}", remedy)
    return array.astype(float).sum(total, keep_attrs=True)


def display_name(data: xr.Dataset, dim: str, label: str) -> str:
    """Return how a label is written for people."""
    names = f"{dim}_name" if dim != "scenario" else "scenario_title"
    if names not in data.coords:
        return label
    return str(data[names].values[[str(each) for each in data[dim].values].index(label)])


def largest_supplier(runs: xr.Dataset) -> str | None:
    """Return the supplier with the largest share in the first quarter of the first scenario."""
    if "supplier_share" not in runs or "supplier" not in runs["supplier_share"].dims:
        return None
    check_variable(runs, "supplier_share")
    first = complete_trials(runs[["supplier_share"]])["supplier_share"].isel(scenario=0, time=0).mean("trial")
    return str(runs["supplier"].values[int(first.values.argmax())])


def standard_measures(runs: xr.Dataset, look_at: Iterable[str] = ()) -> tuple[Measure, ...]:
    """Return what a table of a result shows, as far as the result has it.

    Concentration on the largest supplier at the start, the number of suppliers, grants delivered and
    capability; then what the scenarios ask to be looked at. Of a variable by supplier, that is the
    largest; of any other, every label. Of a result with nothing of the kind, every label of what it has.
    """
    largest = largest_supplier(runs)
    found = [Measure("supplier_share", (("supplier", largest),))] if largest is not None else []
    found += [
        Measure("hhi"),
        Measure("effective_suppliers"),
        Measure("grants", (("state", "delivered"),)),
        Measure("capability", (), ("domain",)),
    ]
    found = [each for each in found if each.variable in runs]
    if "capability" in runs and "domain" in runs["capability"].dims:
        found += [Measure("capability", (("domain", str(d)),), (), False) for d in runs["domain"].values]
    for name in look_at:
        if name in runs and name not in {each.variable for each in found}:
            found += _each_label(runs, name, largest)
    if any(each.is_headline for each in found):
        return tuple(found)
    kept = [str(name) for name, array in runs.data_vars.items() if {*COMMON} <= {*array.dims}]
    return asked_measures(runs, kept) if kept else ()


def asked_measures(runs: xr.Dataset, variables: Iterable[str]) -> tuple[Measure, ...]:
    """Return every label of each of these variables, that of the largest supplier first."""
    largest = ("supplier", largest_supplier(runs))
    return tuple(
        Measure(name, where)
        for name in chosen(runs, variables)
        for where in sorted(label_combinations(runs, name), key=lambda where: largest not in where)
    )


def label_combinations(
    runs: xr.Dataset, name: str, only: Mapping[str, Sequence[str]] | None = None
) -> list[tuple[tuple[str, str], ...]]:
    """Return every combination of labels of a variable, of some axes only those that are named."""
    combinations: list[tuple[tuple[str, str], ...]] = [()]
    for dim in (str(dim) for dim in runs[name].dims if dim not in COMMON):
        labels = (only or {}).get(dim) or [str(each) for each in runs[dim].values]
        combinations = [(*each, (dim, label)) for each in combinations for label in labels]
    return combinations


def _each_label(runs: xr.Dataset, name: str, largest: str | None, most: int = 2) -> list[Measure]:
    """Return a measure for each combination of labels.

    A long list is no headline, nor is what happened in one quarter.
    """
    combinations = label_combinations(runs, name, {"supplier": [largest]} if largest else {})
    is_headline = len(combinations) <= most and not GLOSSARY[name].label.endswith("the quarter")
    return [Measure(name, where, (), is_headline) for where in combinations]


def check_numbers(values: Array, name: str) -> None:
    """Refuse what is not a number in some trial, as where `Dataset.where` has blanked it."""
    if not np.isfinite(values).all():
        raise InputError("", name, "is not a number in every trial", "Take the trials in which it is.")
