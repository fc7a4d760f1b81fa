"""What happened, labelled: in memory, and as it is saved.

A result is an `xarray.Dataset` with dims scenario, time, the variable's own, and trial; every variable
carries its unit, and the attributes carry a manifest that says how to run it again.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from sim.case.case import Case
from sim.design.sampling import INDEPENDENT, Sampling, content
from sim.engine.block import can_compile
from sim.runs.form import check_axes, is_manifest
from sim.scenario import record as scenario_record
from sim.scenario.loading import load
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, InputError, SimWarning, UnknownName, WrongType, nearest
from sim.vocabulary.printing import printable
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr

T = TypeVar("T")

#: What a run keeps unless stated otherwise.
DEFAULT_KEEP = tuple(v.name for v in GLOSSARY.values() if v.recorded == "always")

#: Version of the layout of a saved result, and of a run on disk.
FORMAT = 2

#: Engines by name. Both give the same bits; `AUTO` takes machine code where there are enough trials for it.
AUTO, NUMPY, COMPILED = ENGINES = ("auto", "numpy", "compiled")

#: "numpy" keeps every run in NumPy, whatever it asks for; another engine is taken where none is asked for.
ENGINE_VARIABLE = "HEDGESIM_ENGINE"

#: Trials, over all scenarios, from which machine code saves more time than it takes to find or make.
WORTH_COMPILING = 4096

#: Trials whose time NumPy needs for a scenario however few are run: what is done once for each quarter.
LEAST_TRIALS = 128

_A_RESULT = "Give what sim.run returns."

_PACKAGES = ("numpy", "scipy", "xarray", "zarr")


def label(
    scenarios: Sequence[Scenario],
    kept: Mapping[str, Any],
    first_trial: int,
    seed: int,
    rules: Mapping[str, str] | None = None,
    steps: Sequence[int] | None = None,
    failures: Sequence[Mapping[str, Any]] = (),
    sampling: Sampling = INDEPENDENT,
    engine: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Label recorded arrays of shape (scenario, time, ..., trial) with dims, units and a manifest.

    `steps` are the quarters recorded, counted from the start; by default all up to the last recorded. Where
    the sampling distinguishes samples from replicates, both stand along the trials. `engine` is what the
    manifest says of what ran.
    """
    import xarray as xr

    n_steps, n_trials = (next(iter(kept.values())).shape[axis] for axis in (1, -1))
    dims = {name: ("scenario", "time", *GLOSSARY[name].dims, "trial") for name in kept}
    axes = coordinates(scenarios, kept, range(n_steps) if steps is None else steps)
    variables = {name: (dims[name], values, describe(name)) for name, values in kept.items()}
    trial = np.arange(first_trial, first_trial + n_trials)
    axes |= {"trial": trial} | {name: ("trial", each) for name, each in sampling.numbers(trial).items()}
    more = {} if engine is None else engine
    about = attributes(scenarios, n_trials, first_trial, seed, rules or {}, failures, sampling, **more)
    return xr.Dataset(variables, axes, about)


def coordinates(scenarios: Sequence[Scenario], names: Iterable[str], steps: Iterable[int]) -> dict[str, Any]:
    """Return the coordinates of a result, without the trials."""
    first = scenarios[0]
    case = first.case
    quarters = [first.start + step for step in steps]
    axes = dict.fromkeys(dim for name in names for dim in GLOSSARY[name].dims)
    found: dict[str, Any] = {
        "scenario": [scenario.name for scenario in scenarios],
        "scenario_title": ("scenario", [scenario.title for scenario in scenarios]),
        "time": np.array([f"{q.year}-{3 * q.quarter - 2:02d}-01" for q in quarters], dtype="datetime64[ns]"),
        "quarter": ("time", [str(quarter) for quarter in quarters]),
    }
    for axis in axes:
        labels = case.axis(axis)
        found[axis] = list(labels)
        found[f"{axis}_name"] = (axis, [case.display(axis, name) for name in labels])
    return found


def shape(case: Case, name: str) -> tuple[int, ...]:
    """Return the lengths of a variable's own axes."""
    return tuple(case.size(dim) for dim in GLOSSARY[name].dims)


def describe(name: str) -> dict[str, str]:
    """Return the attributes of a variable."""
    return {"units": GLOSSARY[name].unit, "long_name": GLOSSARY[name].label}


def attributes(
    scenarios: Sequence[Scenario],
    trials: int,
    first_trial: int,
    seed: int,
    rules: Mapping[str, str],
    failures: Sequence[Mapping[str, Any]],
    sampling: Sampling = INDEPENDENT,
    **more: Any,
) -> dict[str, str]:
    """Return the attributes of a result, its manifest among them; `more` goes into the manifest."""
    made = _manifest(scenarios, trials, first_trial, seed, rules) | more
    if made["engine"] == COMPILED and can_compile():
        made["packages"]["llvmlite"] = _version("llvmlite")
    made["sampling"] = content(sampling)
    made["failures"] = [
        {field: each[field] for field in ("scenario", "trial", "problem")} for each in failures
    ]
    made["missing"] = []
    records = [scenario_record.content(scenario) for scenario in scenarios]
    return {
        "title": "hedgesim run",
        "manifest": json.dumps(made, ensure_ascii=False),
        "scenarios": json.dumps(records, ensure_ascii=False),
    }


def manifest(runs: xr.Dataset) -> dict[str, Any]:
    """Return how a result was made: versions, seed, digests, overrides, command; and what it lacks.

    `failures` are the trials that failed; `missing` are those that are not there, in runs of them (scenario,
    first trial, trials), because the run was stopped or its file is lost or damaged.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, or opened.

    Returns
    -------
    dict
        Fit for JSON.

    Raises
    ------
    InputError
        If it is no result of a run.

    Examples
    --------
    >>> sim.manifest(runs)["scenarios"]["baseline"]["digest"]
    """
    attributes = getattr(runs, "attrs", None)
    if not isinstance(attributes, Mapping) or "manifest" not in attributes:
        problem = "not a result of sim.run, or one without its manifest"
        raise WrongType("", "runs", f"{arguments.shown(runs)} is {problem}", _A_RESULT)
    found: dict[str, Any] = _read(attributes["manifest"])
    if not is_manifest(found):
        problem = "its manifest is not as sim.run has written it"
        raise WrongType("", "runs.attrs.manifest", problem, _A_RESULT)
    return found


def scenarios_of(runs: xr.Dataset) -> dict[str, Scenario]:
    """Return the scenarios of a result by name, as they were run.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, or opened.

    Returns
    -------
    dict of str to Scenario

    Raises
    ------
    InputError
        If this is no result of a run, or the case or the general parameters have changed since.

    Examples
    --------
    >>> print(sim.scenarios_of(runs)["fiscal_squeeze"])
    """
    made = manifest(runs).get("scenarios", {})
    if "scenarios" in runs.attrs:
        return _of_records(runs, scenario_record.restore)
    found = {name: load(name) for name in _names(runs)}  # a result of an earlier version
    for name, scenario in found.items():
        if scenario.digest != made[name]["digest"]:
            problem = f"what loads as {name} now is not what was run"
            raise Contradiction("", "scenario", problem, "Give the scenario itself, or run it anew.")
    return found


def looked_at(runs: xr.Dataset) -> tuple[str, ...]:
    """Return what the scenarios of a result ask to be looked at, as far as it was kept.

    They say so themselves: their case may have changed since.
    """
    asked = _of_records(runs, lambda record: tuple(record["look_at"])) if "scenarios" in runs.attrs else {}
    return tuple(dict.fromkeys(name for names in asked.values() for name in names if name in runs))


def _names(runs: xr.Dataset) -> list[str]:
    """Return the names of the scenarios that a result holds, each of which was run."""
    made = manifest(runs).get("scenarios", {})
    if "scenario" not in runs.coords:
        return list(made)
    names = [str(name) for name in np.atleast_1d(runs["scenario"].values)]
    for name in names:
        if name not in made:
            remedy = "Keep the names that were run; a scenario_title can be any."
            raise UnknownName("", "runs.scenario", "{value} is not what was run", remedy, name)
    return names


def _of_records(runs: xr.Dataset, read: Callable[[dict[str, Any]], T]) -> dict[str, T]:
    """Return what is read off the record of each scenario of a result, by name."""
    names, given = _names(runs), _read(runs.attrs["scenarios"])
    try:
        records = {each["name"]: each for each in given}
        return {name: read(records[name]) for name in names}
    except (KeyError, TypeError):
        problem = "its scenarios are not as sim.run has written them"
        raise WrongType("", "runs.attrs.scenarios", problem, _A_RESULT) from None


def _read(text: Any) -> Any:
    """Return what an attribute says, or None where it is no JSON."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def checked(runs: xr.Dataset, *dims: str, name: str = "runs", remedy: str = _A_RESULT) -> xr.Dataset:
    """Return an argument that is a dataset with such dims.

    Raises
    ------
    InputError
        If it is none, one of the dims was chosen from or averaged over, or its labels are not those of a
        result: out of order, twice the same, or lost.
    """
    import xarray as xr

    arguments.instance(runs, xr.Dataset, name, "a result", remedy)
    lost = next((dim for dim in dims if dim not in runs.dims), None)
    if lost is not None:
        remedy = f"{remedy} A part that keeps it: .sel({lost}=[...]); a summary has no trials."
        raise WrongType("", name, f"has no dimension {lost}", remedy)
    check_axes(runs, dims, name)
    return runs


def scenario_of(runs: xr.Dataset, name: str | None, place: str = "scenario") -> str:
    """Return the name of a scenario of a result; by default the first."""
    names = [str(each) for each in runs["scenario"].values]
    chosen = names[0] if name is None else arguments.text(name, place)
    if chosen not in names:
        remedy = nearest(chosen, names, "scenarios")
        raise UnknownName("", place, "no such scenario in the result: {value}", remedy, chosen)
    return chosen


def kept_names(keep: Iterable[str] | str | None) -> tuple[str, ...]:
    """Return what `keep` stands for; raise `UnknownName` for what cannot be kept."""
    recordable = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")
    if keep is None:
        return DEFAULT_KEEP
    if isinstance(keep, str) and keep == "all":
        return recordable
    remedy = 'Give names of variables, such as ["hhi"], or "all".'
    names = tuple(dict.fromkeys(arguments.texts(keep, "keep", remedy)))
    if not names:
        raise WrongType("", "keep", "no variable to keep", remedy)
    for name in names:
        if name not in recordable:
            raise UnknownName(
                "", "keep", "no such variable to keep: {value}", nearest(name, recordable), name
            )
    return names


def complete_trials(runs: xr.Dataset) -> xr.Dataset:
    """Return a result without the trials that failed or are missing in any of its scenarios.

    Raises
    ------
    InputError
        If no trial is left.
    """
    is_complete = completeness(runs)
    if is_complete.all():
        return runs
    if not is_complete.any():
        problem = "every trial failed or is missing in one of its scenarios"
        raise InputError("", "result", problem, "What is missing is run by sim resume; see sim.manifest.")
    return runs.isel(trial=is_complete)


def completeness(runs: xr.Dataset) -> Array:
    """Return, trial by trial, whether a result has it in all of its scenarios."""
    trial = runs["trial"].values if "trial" in runs.dims else np.zeros(1, int)
    made = manifest(runs) if "manifest" in runs.attrs and "trial" in runs.dims else {}
    names = set(map(str, np.atleast_1d(runs["scenario"].values))) if "scenario" in runs.coords else set()
    # Where a scenario has another name than it was run under, it may be any.
    may_be_any = not names or not names <= set(made.get("scenarios", ()))
    is_complete = np.ones(len(trial), bool)
    for each in made.get("failures", ()):
        if may_be_any or each["scenario"] in names:
            is_complete &= trial != each["trial"]
    for each in made.get("missing", ()):
        if may_be_any or each["scenario"] in names:
            first = each["first_trial"]
            is_complete &= (trial < first) | (trial >= first + each["trials"])
    return is_complete


def counted(runs: xr.Dataset) -> str:
    """Return how many trials a result has in all of its scenarios, such as ``300 of 400`` where some lack."""
    is_complete = completeness(runs)
    many = f"{is_complete.sum():,}"
    return many if is_complete.all() else f"{many} of {len(is_complete):,}"


def _manifest(
    scenarios: Sequence[Scenario], trials: int, first_trial: int, seed: int, rules: Mapping[str, str]
) -> dict[str, Any]:
    case = scenarios[0].case
    return {
        "format": FORMAT,
        "software": "hedgesim",
        "version": _version("hedgesim"),
        "engine": NUMPY,
        "seed": seed,
        "trials": trials,
        "first_trial": first_trial,
        "rules": dict(rules),
        "case": case.name,
        "case_digest": case.digest,
        "sources": list(case.sources),
        "partners": list(case.partners),
        "residual_supplier": case.record.residual_supplier or "",
        "scenarios": {
            scenario.name: {
                "title": scenario.title,
                "digest": scenario.digest,
                "start": str(scenario.start),
                "end": str(scenario.end),
                "overrides": dict(scenario.overrides),
                **({"posterior": scenario.posterior.summary()} if scenario.posterior else {}),
            }
            for scenario in scenarios
        },
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "command": command(),
    }


@cache
def _version(name: str) -> str:
    """Return the version of an installed library, looked up once."""
    return metadata.version(name)


def chosen_engine(engine: str, trials: int, has_rules: bool) -> str:
    """Return the engine that runs so many trials, of all scenarios.

    Raises
    ------
    InputError
        If there is no such engine, or it cannot do what is asked.
    """
    engine = arguments.chosen(engine, "engine", ENGINES)
    switch = os.environ.get(ENGINE_VARIABLE) or AUTO
    if switch not in ENGINES:
        remedy = nearest(switch, ENGINES, "engines")
        raise UnknownName("", ENGINE_VARIABLE, "no such engine: {value}", remedy, switch)
    if switch == NUMPY and engine == COMPILED:
        line = f"{ENGINE_VARIABLE}=numpy: NumPy runs, although the compiled engine was asked for."
        warnings.warn(line, SimWarning, stacklevel=2)
    if switch == NUMPY:
        return NUMPY
    engine = switch if engine == AUTO and not has_rules else engine
    if engine == AUTO:
        is_worth = trials >= WORTH_COMPILING and not has_rules and can_compile()
        return COMPILED if is_worth else NUMPY
    if engine == COMPILED and has_rules:
        raise InputError("", "engine", "rules run in NumPy", "Leave out rules, or engine.")
    if engine == COMPILED and not can_compile():
        remedy = "Install it: pip install 'hedgesim[fast]'; or leave out engine."
        raise InputError("", "engine", "the compiled engine needs llvmlite, which is not installed", remedy)
    return engine


def may_compile() -> bool:
    """Whether machine code may run here: it can be made, and is not switched off."""
    return os.environ.get(ENGINE_VARIABLE, AUTO) != NUMPY and can_compile()


def command() -> str:
    """Return the command line where there is one; a notebook's or a server's says nothing about the run."""
    program = Path(sys.argv[0])
    is_ours = program.name == "sim" or program.parent.name == "sim"
    return printable(shlex.join(["sim", *sys.argv[1:]])) if is_ours else ""
