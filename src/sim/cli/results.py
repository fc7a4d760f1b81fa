"""Results on disk, as commands name them: a store, or the folder that a comparison has written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from sim.scenario.scenario import Scenario

#: The data set in the folder of a comparison.
DATA = "runs.zarr"


def opened(path: Path) -> xr.Dataset:
    """Return a stored result; of a comparison's folder, that of its data set."""
    from sim.runs.saved import open_result

    return open_result(within(path, DATA))


def with_trials(path: Path) -> xr.Dataset:
    """Return a stored result that holds trials; a summary or a comparison is refused."""
    from sim.files.records import shown
    from sim.vocabulary.errors import InputError

    runs = opened(path)
    if "trial" not in runs.dims:
        remedy = "Use sim show, or run it without --summary."
        raise InputError(shown(within(path, DATA)), "", "is a summary, without trials", remedy)
    return runs


def with_scenarios(path: Path) -> tuple[xr.Dataset, list[Scenario] | None]:
    """Return a stored result and, where it is a run, its scenarios as they were run."""
    from sim.files.records import shown
    from sim.runs.spec import is_run, read_spec
    from sim.scenario import record

    runs, inner = with_trials(path), within(path, DATA)
    if not is_run(inner):
        return runs, None
    kept = read_spec(inner, is_to_go_on=False).scenarios
    return runs, [record.restore(each, shown(inner)) for each in kept]


def within(path: Path, name: str) -> Path:
    """Return the result of a folder that holds one under this name beside other files; else the path."""
    from sim.files.records import readable

    with readable(path):
        return path / name if (path / name).is_dir() else path
