"""Results on disk: `sim.open` and `sim.save`.

Opening looks whether every file is there, at its length; whether it is what was written is seen when it is
read.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.files import staging
from sim.files.records import readable, shown
from sim.runs import zarr_files
from sim.runs.dataset import checked, completeness, manifest
from sim.runs.spec import Spec, is_run, read_spec
from sim.runs.store import Store
from sim.vocabulary.errors import Incomplete, InputError, MissingFile

if TYPE_CHECKING:
    import xarray as xr

#: Trials in a chunk of a result saved from memory.
_CHUNK = 10_000

_ANOTHER_PATH = "Choose another path or remove it first."
_A_COPY = "Take it from a copy, or run it anew."


def save(runs: xr.Dataset | xr.DataArray, path: str | Path) -> Path:
    """Write a result, a part of it, or a comparison to a zarr store, whole or not at all, replacing nothing.

    Parameters
    ----------
    runs : xarray.Dataset or xarray.DataArray
        What is saved.
    path : path
        A new folder, such as ``"runs.zarr"``.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    InputError
        If the path exists or cannot be written, or this is no dataset.

    Examples
    --------
    >>> sim.save(runs, "mine.zarr")
    """
    import xarray as xr

    if isinstance(runs, xr.DataArray):
        runs = runs.to_dataset(name=runs.name or "value")
    runs = checked(runs)
    for name, index in runs.indexes.items():
        if index.nlevels > 1:
            problem = f"{name} has several levels, for which a file has no form"
            raise InputError("", "runs", problem, f'Give runs.unstack("{name}").')
    with staging.staged(path, force=None, remedy=_ANOTHER_PATH) as place:
        files = zarr_files.save(runs, place, max(1, min(_CHUNK, runs.sizes.get("trial", 1))))
        index = zarr_files.index_content(files)
        (place / zarr_files.DIGESTS).mkdir()
        (place / zarr_files.DIGESTS / zarr_files.METADATA).write_bytes(index)
    return staging.located(path)


def open_result(path: str | Path) -> xr.Dataset:
    """Open a saved result, or a run that is stored, lazily.

    Trials that a run lacks, since it was stopped or a file is lost, are NaN; a warning
    (`sim.vocabulary.errors.Incomplete`) says how many, and ``sim.manifest(runs)["missing"]`` which.

    Parameters
    ----------
    path : path
        Written by `sim.save`, or by `sim.run` with `out`.

    Returns
    -------
    xarray.Dataset
        As it was saved; of a run, dims scenario, time, those of each variable, trial.

    Raises
    ------
    InputError
        If there is none, or it is damaged; of a number that is not what was written, when it is read.

    Examples
    --------
    >>> runs = sim.open("runs.zarr")
    >>> runs.hhi.isel(time=-1).mean("trial")
    """
    target = staging.located(path)
    with readable(target):
        staging.recover(target)
        is_there, is_no_folder = is_run(target), target.exists() and not target.is_dir()
    if is_there:
        return open_run(target)
    index = None if is_no_folder else zarr_files.read_index(target, _A_COPY)
    if index is None and (target.parent / zarr_files.DIGESTS).is_dir():
        raise MissingFile(shown(target), "", "is a part of a result", f"Give {shown(target.parent)}.")
    if index is None and (target / zarr_files.METADATA).is_file():
        problem = "has no digests, by which what is read is checked"
        remedy = "To read it unchecked: xarray.open_zarr. An earlier version wrote none; run it anew."
        raise InputError(shown(target), "", problem, remedy)
    if index is None:
        remedy = "Give the .zarr folder that a run has written."
        raise MissingFile(shown(target), "", "no result here", remedy)
    if index.run is not None:
        raise zarr_files.damaged(target, "run/zarr.json", "Put back a copy of it, or run it anew, elsewhere.")
    opened = _opened(target, index.files, _A_COPY)
    if "trial" in opened.dims and "manifest" in opened.attrs:
        failed = {each["trial"] for each in manifest(opened)["failures"]}
        lacking = int((~completeness(opened) & ~np.isin(opened["trial"].values, list(failed))).sum())
        if lacking:
            _warn(f"{shown(target)}: was saved without {lacking:,} of its trials, which the run lacked")
    return opened


def open_run(target: Path, *, is_going_on: bool = False) -> xr.Dataset:
    """Open what there is of a run, and say what it lacks, other than precision while it is going on."""
    spec = read_spec(target, is_to_go_on=False)
    store, name = Store(target, spec), shown(target)
    index = zarr_files.read_index(target, store.remedy)
    if index is None or index.run != spec.digest:
        raise MissingFile(name, "", "the run is not finished", f"Finish it: sim resume {name}")
    if spec.is_summary:
        return _opened(target, index.files, store.remedy)
    there = store.there()
    chunks = {file: each for files in there.values() for file, each in files.items()}
    opened = _opened(target, {**index.files, **chunks}, store.remedy)
    made, fields = manifest(opened), ("scenario", "trial", "problem")
    failures = [{field: each[field] for field in fields} for each in store.failures()]
    is_reached = spec.until is None or "precision" in made or is_going_on
    made |= {"failures": failures, "missing": _missing(spec, there), "trials": spec.trials}
    if made["missing"]:
        lacking = sum(each["trials"] for each in made["missing"])
        scenarios = ", ".join(dict.fromkeys(each["scenario"] for each in made["missing"]))
        of = spec.trials * len(spec.scenarios)
        said = f"{lacking:,} of {of:,} trials are missing, of {scenarios}"
        _warn(f"{name}: {said}. To run them: sim resume {name}")
    elif not is_reached:
        _warn(f"{name}: stopped before {spec.until} was reached. To go on: sim resume {name}")
    return opened.assign_attrs(manifest=json.dumps(made, ensure_ascii=False))


def _opened(target: Path, files: dict[str, str], remedy: str) -> xr.Dataset:
    """Open files that are all there; a run's chunks have been looked for before."""
    import xarray as xr

    lost = next((name for name, each in files.items() if not zarr_files.is_there(target, name, each)), None)
    if lost is not None:
        raise zarr_files.damaged(target, lost, remedy)
    opened: xr.Dataset = xr.open_zarr(zarr_files.Checked(target, files, remedy), consolidated=False)
    # Labels are asked for again and again, and are small. A folder lists its members in any order.
    read = opened.coords.to_dataset().load()
    labels = {name: read[name].variable for name in sorted(map(str, opened.coords))}
    values = {name: opened[name].variable for name in sorted(map(str, opened.data_vars))}
    return xr.Dataset(values, labels, opened.attrs)


def _missing(spec: Spec, there: Collection[tuple[int, int]]) -> list[dict[str, Any]]:
    """Return the trials whose blocks are not there: scenario, first trial and how many, in order."""
    found: list[dict[str, Any]] = []
    for scenario, about in enumerate(spec.scenarios):
        for block, start in enumerate(range(0, spec.trials, spec.block)):
            if (scenario, block) in there:
                continue
            first, trials = spec.first_trial + start, min(spec.block, spec.trials - start)
            last = found[-1] if found else None
            if last and (last["scenario"], last["first_trial"] + last["trials"]) == (about["name"], first):
                last["trials"] += trials
            else:
                found.append({"scenario": about["name"], "first_trial": first, "trials": trials})
    return found


def _warn(text: str) -> None:
    warnings.warn(f"{text}.", Incomplete, stacklevel=4)
