"""Running scenarios and holding what happened, labelled.

A result is an `xarray.Dataset` with dims scenario, time, the variable's own, and trial; every variable
carries its unit, and the attributes carry a manifest that says how to run it again.
"""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import design
from sim.engine import BLOCK, can_compile, run_block
from sim.errors import InputError, MissingFile, UnknownName, WrongType, nearest
from sim.model import USUAL, Rules
from sim.scenario import Scenario, load
from sim.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr

#: What a run keeps unless it is told otherwise.
DEFAULT_KEEP = tuple(v.name for v in GLOSSARY.values() if v.recorded == "always")

#: Version of the layout of a saved result.
FORMAT = 1

#: Engines by name. Both give the same bits; `AUTO` takes machine code where there are enough trials for it.
AUTO, NUMPY, COMPILED = ENGINES = ("auto", "numpy", "compiled")

#: Trials, over all scenarios, from which machine code saves more time than it takes to find or make.
WORTH_COMPILING = 4096

#: Called with the number of trials just finished.
Progress = Callable[[int], None]

_PACKAGES = ("numpy", "scipy", "xarray", "zarr")


def run(
    scenarios: Scenario | str | Sequence[Scenario | str],
    *,
    trials: int = 1000,
    seed: int = 0,
    keep: Iterable[str] | str | None = None,
    first_trial: int = 0,
    block: int = BLOCK,
    rules: Rules | None = None,
    engine: str = AUTO,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run scenarios over the same trials, with the same luck.

    Parameters
    ----------
    scenarios : Scenario, str or sequence of them
        What to run; names and paths are loaded. They must share case, start and end.
    trials : int
        Number of trials; each draws its parameters once and its shocks every quarter.
    seed : int
        Same seed, same trial, same luck: trial k of two scenarios differs only by what they assume.
    keep : iterable of str, or "all", optional
        Glossary variables to record; the default is every variable marked "always".
    first_trial : int
        Number of the first trial.
    block : int
        Trials advanced together; changes speed and memory, never a number.
    rules : mapping of str to callable, optional
        Stages to replace, such as ``{"posture.step": mine}``: a function that takes keywords as the stage
        does, or fewer, and returns the same dataclass.
    engine : {"auto", "numpy", "compiled"}
        What runs it. The numbers are the same; "compiled" needs ``pip install hedgesim[fast]``, and "auto"
        takes it, where it is installed, for large runs without rules.
    progress : callable, optional
        Called with the number of trials finished since the last call.

    Returns
    -------
    xarray.Dataset
        Dims scenario, time, ..., trial; float32.

    Raises
    ------
    InputError
        If a name is unknown or the scenarios do not fit together.
    """
    chosen = _scenarios(scenarios)
    names = kept_names(keep)
    check_count(trials, "trials", 1)
    check_count(first_trial, "first_trial", 0)
    check_count(block, "block", 1)
    schedule = USUAL.replace(rules or {})
    is_compiled = _is_compiled(engine, trials * len(chosen), rules)
    plans = [design.plan(scenario, seed) for scenario in chosen]
    kept: dict[str, Any] = {}
    for position, plan in enumerate(plans):
        for start in range(0, trials, block):
            count = min(block, trials - start)
            recorded = run_block(plan, first_trial + start, count, names, schedule, is_compiled)
            for name, values in recorded.items():
                if name not in kept:
                    kept[name] = np.empty((len(plans), *values.shape[:-1], trials), dtype=np.float32)
                kept[name][position, ..., start : start + count] = values
            if progress is not None:
                progress(count)
    return label(chosen, kept, first_trial, seed, schedule.rules, COMPILED if is_compiled else NUMPY)


def label(
    scenarios: Sequence[Scenario],
    kept: Mapping[str, Any],
    first_trial: int,
    seed: int,
    rules: Mapping[str, str] | None = None,
    engine: str = NUMPY,
) -> xr.Dataset:
    """Label recorded arrays of shape (scenario, time, ..., trial) with dims, units and a manifest."""
    import xarray as xr

    first = scenarios[0]
    case = first.case
    _, n_steps, *_, n_trials = next(iter(kept.values())).shape
    quarters = [first.start + step for step in range(n_steps)]
    dims = {name: ("scenario", "time", *GLOSSARY[name].dims, "trial") for name in kept}
    axes = dict.fromkeys(dim for name in kept for dim in GLOSSARY[name].dims)
    coordinates: dict[str, Any] = {
        "scenario": [scenario.name for scenario in scenarios],
        "scenario_title": ("scenario", [scenario.title for scenario in scenarios]),
        "time": np.array([f"{q.year}-{3 * q.quarter - 2:02d}-01" for q in quarters], dtype="datetime64[ns]"),
        "quarter": ("time", [str(quarter) for quarter in quarters]),
        "trial": np.arange(first_trial, first_trial + n_trials),
    }
    for axis in axes:
        labels = case.axis(axis)
        coordinates[axis] = list(labels)
        coordinates[f"{axis}_name"] = (axis, [case.display(axis, name) for name in labels])
    variables = {
        name: (dims[name], values, {"units": GLOSSARY[name].unit, "long_name": GLOSSARY[name].label})
        for name, values in kept.items()
    }
    manifest = json.dumps(
        _manifest(scenarios, n_trials, first_trial, seed, rules or {}, engine), ensure_ascii=False
    )
    return xr.Dataset(variables, coordinates, {"title": "hedgesim run", "manifest": manifest})


def manifest(runs: xr.Dataset) -> dict[str, Any]:
    """Return how a result was made: versions, seed, digests, overrides, command."""
    found: dict[str, Any] = json.loads(runs.attrs["manifest"])
    return found


def save(runs: xr.Dataset, path: str | Path) -> Path:
    """Write a result to a zarr store, replacing nothing.

    Raises
    ------
    InputError
        If the path exists.
    """
    target = Path(path)
    if target.exists():
        raise InputError(str(target), "", "already exists", "Choose another path or remove it first.")
    chunks = {"scenario": 1, "trial": min(10_000, runs.sizes["trial"])}
    encoding = {
        name: {"chunks": tuple(chunks.get(str(dim), size) for dim, size in array.sizes.items())}
        for name, array in runs.data_vars.items()
    }
    # Texts of any length: those of fixed length have no stable form in zarr's third version.
    texts = {name: array.astype(object) for name, array in runs.coords.items() if array.dtype.kind == "U"}
    runs.assign_coords(texts).to_zarr(target, mode="w-", encoding=encoding, consolidated=False, zarr_format=3)
    return target


def open_result(path: str | Path) -> xr.Dataset:
    """Open a saved result lazily."""
    import xarray as xr

    target = Path(path)
    if not (target / "zarr.json").is_file():
        raise MissingFile(str(target), "", "no result here", "Give the .zarr folder that a run has written.")
    opened: xr.Dataset = xr.open_zarr(target, consolidated=False)
    return opened


def _scenarios(given: Scenario | str | Sequence[Scenario | str]) -> list[Scenario]:
    listed = [given] if isinstance(given, Scenario | str) else list(given)
    scenarios = [load(each) if isinstance(each, str) else each for each in listed]
    if not scenarios:
        raise InputError("", "scenarios", "nothing to run", "Name at least one scenario.")
    first = scenarios[0]
    for other in scenarios[1:]:
        if (other.case, other.start, other.end) != (first.case, first.start, first.end):
            problem = f"{other.name} and {first.name} differ in case, start or end"
            raise InputError(
                "", "scenarios", problem, "Run them apart; a paired comparison needs the same quarters."
            )
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                "", "scenarios", f"two scenarios are called {name}", "Rename one: override(..., name=...)."
            )
    return scenarios


def kept_names(keep: Iterable[str] | str | None) -> tuple[str, ...]:
    """Return what `keep` stands for; raise `UnknownName` for what cannot be kept."""
    recordable = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")
    if keep is None:
        return DEFAULT_KEEP
    if keep == "all":
        return recordable
    names = tuple(dict.fromkeys([keep] if isinstance(keep, str) else keep))
    for name in names:
        if name not in recordable:
            raise UnknownName(
                "", "keep", "no such variable to keep: {value}", nearest(name, recordable), name
            )
    return names


def check_count(value: Any, name: str, least: int) -> None:
    """Raise `WrongType` unless an argument is a whole number of at least so much."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise WrongType(
            "", name, f"not a whole number of at least {least}", f"Give {name} as a number.", value
        )


def _manifest(
    scenarios: Sequence[Scenario],
    trials: int,
    first_trial: int,
    seed: int,
    rules: Mapping[str, str],
    engine: str,
) -> dict[str, Any]:
    case = scenarios[0].case
    return {
        "format": FORMAT,
        "software": "hedgesim",
        "version": metadata.version("hedgesim"),
        "engine": engine,
        "seed": seed,
        "trials": trials,
        "first_trial": first_trial,
        "rules": dict(rules),
        "case": case.name,
        "case_digest": case.digest,
        "sources": list(case.sources),
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
        "packages": {name: metadata.version(name) for name in _packages(engine)},
        "command": _command(),
    }


def _packages(engine: str) -> tuple[str, ...]:
    return (*_PACKAGES, "llvmlite") if engine == COMPILED else _PACKAGES


def _is_compiled(engine: str, trials: int, rules: Rules | None) -> bool:
    """Return whether machine code runs it; raise `InputError` where it should and cannot."""
    if engine not in ENGINES:
        raise UnknownName(
            "", "engine", "no such engine: {value}", nearest(engine, ENGINES, "engines"), engine
        )
    if engine != COMPILED:
        return engine == AUTO and trials >= WORTH_COMPILING and not rules and can_compile()
    if rules:
        raise InputError("", "engine", "rules run in NumPy", "Leave out rules, or engine.")
    if not can_compile():
        remedy = "Install it: pip install 'hedgesim[fast]'; or leave out engine."
        raise InputError("", "engine", "the compiled engine needs llvmlite, which is not installed", remedy)
    return True


def _command() -> str:
    """Return the command line where there is one; a notebook's or a server's says nothing about the run."""
    program = Path(sys.argv[0])
    is_ours = program.name == "sim" or program.parent.name == "sim"
    return shlex.join(["sim", *sys.argv[1:]]) if is_ours else ""
