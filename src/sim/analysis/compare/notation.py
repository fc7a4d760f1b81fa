"""The notation for a number of a trial, ``supplier_share[x]@2035``, and how such numbers are read off trials.

Variable, a label of each of its axes (``total`` sums over an axis), and, after @, a year (its last quarter)
or a quarter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from sim.analysis.compare.measure import Measure
from sim.case.case import Case
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import OutsideHorizon, UnknownName, WrongType, nearest
from sim.vocabulary.variables import GLOSSARY

#: The label that stands for the sum over an axis.
TOTAL = "total"

#: Parts of a regular expression: what is looked at, and when.
VARIABLE = r"\s*(?P<variable>\w+)\s*(?:\[(?P<labels>[^\]]*)\])?\s*"
WHEN = r"@\s*(?P<when>\d{4}(?:-Q[1-4])?)\s*"


def labels_of(found: re.Match[str], name: str) -> tuple[str, ...]:
    """Return the labels of a text that was matched.

    Parameters
    ----------
    found : re.Match
        With the groups of `VARIABLE` and `WHEN`.
    name : str
        How errors call it.

    Raises
    ------
    InputError
        If there is no such variable, or it has more or fewer axes.
    """
    variable, when = found["variable"], f"@{found['when']}" if found["when"] else ""
    known = [each.name for each in GLOSSARY.values() if each.recorded != "never"]
    if variable not in known:
        remedy = nearest(variable, known, "variables")
        raise UnknownName("", name, "no such variable: {value}", remedy, variable)
    dims = GLOSSARY[variable].dims
    labels = tuple(each.strip() for each in (found["labels"] or "").split(",") if each.strip())
    if len(labels) != len(dims):
        form = f"{variable}[{', '.join(dims)}]" if dims else variable
        remedy = f"Write {form}{when}{', with total to sum over an axis' if dims else ''}."
        problem = f"{variable} has {len(dims)} axes, and {len(labels)} are named"
        raise WrongType("", name, problem, remedy, found.string)
    return labels


def quarter_of(found: re.Match[str], name: str) -> Quarter:
    """Return the quarter of a text that was matched; of a year, the last."""
    when = found["when"] if "Q" in found["when"] else f"{found['when']}-Q{QUARTERS}"
    try:
        return Quarter.parse(when)
    except ValueError as error:
        raise WrongType("", name, str(error), value=found.string) from None


def check_labels(variable: str, labels: Sequence[str], case: Case, name: str) -> None:
    """Refuse a label that a case does not have."""
    for axis, label in zip(GLOSSARY[variable].dims, labels, strict=True):
        known = [*case.axis(axis), TOTAL]
        if label not in known:
            raise UnknownName("", name, f"no such {axis}: {{value}}", nearest(label, known, "labels"), label)


def step_of(quarter: Quarter, scenario: Scenario, name: str) -> int:
    """Return the step of a quarter, counted from the start of a scenario; refuse one outside its horizon."""
    if not scenario.start <= quarter <= scenario.end:
        remedy = f"Choose one within {scenario.start} to {scenario.end}."
        raise OutsideHorizon("", name, f"{quarter} is outside the horizon", remedy)
    return quarter.ordinal - scenario.start.ordinal


def measure_of(variable: str, labels: Sequence[str]) -> Measure:
    """Return what is looked at."""
    by_axis = tuple(zip(GLOSSARY[variable].dims, labels, strict=True))
    where = tuple(pair for pair in by_axis if pair[1] != TOTAL)
    return Measure(variable, where, tuple(axis for axis, label in by_axis if label == TOTAL))


class Asked(Protocol):
    """Numbers that are asked for."""

    @property
    def variable(self) -> str:
        """Glossary name."""

    @property
    def labels(self) -> tuple[str, ...]:
        """A label or `TOTAL` for each of its axes."""

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """When."""


class Series:
    """The numbers that are asked for, each by quarter: a reduction of `sim.runs.trials.reduce`."""

    def __init__(self, asked: Sequence[Asked], scenario: Scenario, n_trials: int) -> None:
        self.reads: Sequence[str] = tuple(dict.fromkeys(each.variable for each in asked))
        begins = scenario.start.ordinal
        self._asked = [
            (
                each.variable,
                _index(each, scenario.case),
                {quarter.ordinal - begins: row for row, quarter in enumerate(each.quarters)},
                np.empty((len(each.quarters), n_trials)),
            )
            for each in asked
        ]

    def add(self, step: int, trials: slice, values: Mapping[str, Array]) -> None:
        """Take the numbers of a quarter."""
        for name, index, row, into in self._asked:
            if step in row:
                here = values[name][index]
                into[row[step], trials] = here.sum(axis=tuple(range(here.ndim - 1)))

    def result(self) -> list[Array]:
        """Return the numbers, each of shape (time, trial)."""
        return [into for *_, into in self._asked]


def _index(asked: Asked, case: Case) -> tuple[Any, ...]:
    """Return where the numbers stand in the array of their variable."""
    return tuple(
        slice(None) if label == TOTAL else case.axis(axis).index(label)
        for axis, label in zip(GLOSSARY[asked.variable].dims, asked.labels, strict=True)
    )
