"""Whether a dataset still has the form of a result, after all that xarray lets people do with one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sim.vocabulary.errors import InputError, WrongType

if TYPE_CHECKING:
    import xarray as xr

#: Dims that every recorded variable has.
COMMON = ("scenario", "time", "trial")

#: NumPy's kinds of numbers and truth values.
_NUMBERS = frozenset("fiub")

#: What the record of a failure, and of trials that are missing, says.
_FAILURE, _MISSING = {"scenario", "trial", "problem"}, {"scenario", "first_trial", "trials"}

_QUARTER = re.compile("[0-9]{4}-Q[1-4]")

_AS_THEY_WERE = "Keep the coordinates that a result comes with."


def is_manifest(found: Any) -> bool:
    """Whether this is a record of how a result was made; it may be of an older version, and say less."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("scenarios", {}), dict)
        and all(isinstance(found.get(field, 0), int) for field in ("seed", "trials", "first_trial"))
        and _is_list(found.get("failures", []), _FAILURE)
        and _is_list(found.get("missing", []), _MISSING)
    )


def _is_list(found: Any, fields: set[str]) -> bool:
    return isinstance(found, list) and all(isinstance(each, dict) and fields <= set(each) for each in found)


def check_axes(runs: xr.Dataset, dims: Iterable[str], name: str) -> None:
    """Refuse a result of which nothing is left, or whose labels no longer say which is which.

    Raises
    ------
    InputError
    """
    for dim in dims:
        if dim not in COMMON:
            continue
        if not runs.sizes[dim]:
            raise InputError("", name, f"has no {dim} left", "Choose at least one.")
        if dim not in runs.indexes:
            raise InputError("", name, f"has lost the labels of its {dim}s", _AS_THEY_WERE)
        labels = runs.indexes[dim]
        if not labels.is_unique:
            twice = labels[labels.duplicated()][0]
            remedy = "Take each once; results of several seeds are not one result."
            raise InputError("", name, f"has two {dim}s of one label, {twice}", remedy)
        _CHECKS[dim](runs, labels, name)


def _check_scenarios(_: xr.Dataset, labels: Any, name: str) -> None:
    if not all(isinstance(each, str) for each in labels):
        raise WrongType("", name, "has scenarios whose labels are no names", _AS_THEY_WERE)


def _check_time(runs: xr.Dataset, labels: Any, name: str) -> None:
    if labels.dtype.kind != "M":
        raise WrongType("", name, "has quarters whose labels are no dates", _AS_THEY_WERE)
    if not labels.is_monotonic_increasing:
        raise InputError("", name, "has quarters out of order", 'Sort them: runs.sortby("time").')
    if "quarter" not in runs.coords or runs["quarter"].dims != ("time",):
        raise InputError("", name, "has lost the coordinate quarter", _AS_THEY_WERE)
    if not all(_QUARTER.fullmatch(str(each)) for each in runs["quarter"].values):
        raise WrongType("", name, "has quarters whose names are none", _AS_THEY_WERE)


def _check_trials(_: xr.Dataset, labels: Any, name: str) -> None:
    if labels.dtype.kind not in "iu" or labels.min() < 0:
        raise WrongType("", name, "has trials whose labels are no numbers of trials", _AS_THEY_WERE)


_CHECKS = {"scenario": _check_scenarios, "time": _check_time, "trial": _check_trials}


def check_variable(runs: xr.Dataset, variable: str, name: str = "runs") -> None:
    """Refuse a variable that has no number for each scenario, quarter and trial, on axes with labels.

    Raises
    ------
    InputError
    """
    array, remedy = runs[variable], "Leave it out; see sim.variables."
    lost = next((dim for dim in COMMON if dim not in array.dims), None)
    if lost is not None:
        raise WrongType("", f"{name}.{variable}", f"has no dimension {lost}", remedy)
    if array.dtype.kind not in _NUMBERS:
        raise WrongType("", f"{name}.{variable}", f"is of {array.dtype}, not of numbers", remedy)
    for dim in (str(dim) for dim in array.dims if dim not in COMMON):
        if dim not in runs.indexes or not all(isinstance(each, str) for each in runs.indexes[dim]):
            raise InputError("", f"{name}.{variable}", f"has an axis {dim} without names", _AS_THEY_WERE)


def check_trials(made: dict[str, Any], trials: Any) -> None:
    """Refuse trials that are not those of the run that a manifest names, so that nothing is drawn for others.

    Raises
    ------
    InputError
    """
    first, last = made["first_trial"], made["first_trial"] + made["trials"] - 1
    strange = trials[(trials < first) | (trials > last)]
    if strange.size:
        problem = f"has the trial {strange[0]}, and its manifest names {first} to {last}"
        raise InputError("", "runs", problem, "Give a run as it was run, or a part of it.")
