"""What an experiment looks at: one number per trial, read from a table and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.case.case import Case
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    Contradiction,
    InputError,
    MissingField,
    OutsideHorizon,
    UnknownName,
    WrongType,
    nearest,
)
from sim.vocabulary.variables import GLOSSARY

#: Keys of an effect that are not axes.
_READING = ("variable", "from", "at")


@dataclass(frozen=True)
class Effect:
    """What an experiment looks at: one number per trial.

    Parameters
    ----------
    variable : str
        Glossary name.
    labels : tuple of (str, tuple of str)
        Labels summed over, by axis; an axis that is not named is summed over whole.
    index : tuple of tuple of int
        Their positions, for every axis of the variable.
    first, last : int
        Steps of which the mean is taken.
    when : str
        The same in words.
    """

    variable: str
    labels: tuple[tuple[str, tuple[str, ...]], ...]
    index: tuple[tuple[int, ...], ...]
    first: int
    last: int
    when: str

    def take(self, recorded: Array) -> Array:
        """Return the number of each trial, given the variable with shape (time, *dims, trial)."""
        values = recorded[self.first : self.last + 1]
        for positions in self.index:
            values = np.take(values, positions, axis=1).sum(axis=1)
        mean: Array = values.mean(axis=0)
        return mean

    def text(self, case: Case) -> str:
        """Return it in words, such as ``Orders placed in the quarter: Other``."""
        label, names = GLOSSARY[self.variable].label, [self._names(axis, case) for axis, _ in self.labels]
        whole = [axis for axis in GLOSSARY[self.variable].dims if axis not in dict(self.labels)]
        summed = f", summed over {' and '.join(whole)}" if whole else ""
        return label + (f": {' and '.join(names)}" if names else "") + summed

    def _names(self, axis: str, case: Case) -> str:
        """Return the labels of an axis in words; a long list by what is not in it."""
        known, labels = case.axis(axis), dict(self.labels)[axis]
        missing = [label for label in known if label not in labels]
        is_long = 0 < len(missing) < len(labels) / 2
        return ("all but " if is_long else "") + ", ".join(
            case.display(axis, label) for label in (missing if is_long else labels)
        )


def read(table: Mapping[str, Any], base: Scenario, file: str, place: str) -> Effect:
    """Check what an experiment looks at, against glossary, case and horizon.

    Parameters
    ----------
    table : mapping
        A variable, labels by axis, and a year as one of `from` (mean of all quarters from then on) and `at`
        (its last quarter).
    base : Scenario
        Its case and horizon count.
    file, place : str
        Where the table stands, for errors.
    """
    if "variable" not in table:
        raise MissingField(file, f"{place}.variable", "must be given", 'Add variable = "...".')
    name, recordable = table["variable"], [v.name for v in GLOSSARY.values() if v.recorded != "never"]
    if name not in recordable:
        remedy = nearest(str(name), recordable, "variables")
        raise UnknownName(file, f"{place}.variable", "no such variable to look at: {value}", remedy, name)
    dims = GLOSSARY[name].dims
    for key in table:
        if key not in (*_READING, *dims):
            remedy = nearest(key, (*_READING, *dims), "keys")
            raise UnknownName(file, f"{place}.{key}", "no such key or axis", remedy)
    labels = {
        dim: _labels(table[dim], base.case.axis(dim), file, f"{place}.{dim}") for dim in table if dim in dims
    }
    index = [[base.case.axis(dim).index(x) for x in labels.get(dim, base.case.axis(dim))] for dim in dims]
    first, last, when = _when(table, base, file, place)
    return Effect(name, tuple(labels.items()), tuple(map(tuple, index)), first, last, when)


def _labels(given: Any, known: Iterable[str], file: str, place: str) -> tuple[str, ...]:
    labels = tuple(given) if isinstance(given, list) else (given,)
    for label in labels:
        if label not in known:
            raise UnknownName(file, place, "no such label: {value}", nearest(str(label), known), label)
    if not labels or len(set(labels)) < len(labels):
        raise Contradiction(file, place, "names no label, or one twice", "Name each once.")
    return labels


def _when(table: Mapping[str, Any], base: Scenario, file: str, place: str) -> tuple[int, int, str]:
    """Return the first and last step that are read, and the same in words."""
    given = [key for key in ("from", "at") if key in table]
    if len(given) != 1:
        raise InputError(
            file, place, "does not say once when it is read", "Give a year as one of from and at."
        )
    year = table[given[0]]
    if not isinstance(year, int) or isinstance(year, bool):
        raise WrongType(file, f"{place}.{given[0]}", "not a year", "Write it as 2030.", year)
    quarter = Quarter(year, 1 if given[0] == "from" else QUARTERS)
    if not base.start <= quarter <= base.end:
        remedy = f"Choose a year within {base.start} to {base.end}."
        raise OutsideHorizon(file, f"{place}.{given[0]}", "outside the horizon", remedy, year)
    first, end = quarter.ordinal - base.start.ordinal, base.n_steps - 1
    if given[0] == "at":
        return first, first, f"end of {year}"
    return first, end, f"mean {year}-{base.end.year}"
