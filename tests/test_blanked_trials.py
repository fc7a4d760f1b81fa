"""Results that a user has made others of: where a trial is blank, or an axis is several, one line says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import plans
import sim
from sim.cli import sim as program
from sim.vocabulary.errors import InputError

SAYS = "is not a number in every trial. Take the trials in which it is."


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    some = [plans.scenario("archipelago", n_steps=4, name=name) for name in ("a", "b")]
    return sim.run(some, trials=4, keep=["hhi", "supplier_share"], engine="numpy", workers=1)


@pytest.mark.parametrize("blank", [np.nan, np.inf])
def test_a_mean_over_what_is_blank_is_not_told(runs: xr.Dataset, blank: float, tmp_path: Path) -> None:
    blanked = runs.where(runs.trial < 3, blank)
    for door in (
        lambda: sim.answers(blanked),
        lambda: sim.answers(blanked.isel(scenario=[0]), "hhi@2020"),
        lambda: sim.ranking(blanked),
        lambda: sim.first_passage(blanked, "hhi", above=0.5),
    ):
        with pytest.raises(InputError, match=SAYS):
            door()
    assert sim.answers(blanked.isel(trial=slice(3)), "hhi@2020")
    sim.save(blanked, tmp_path / "blank.zarr")
    done = CliRunner().invoke(program, ["show", str(tmp_path / "blank.zarr")])
    assert (done.exit_code, done.stdout) == (2, "") and done.stderr.endswith(f"{SAYS}\n")


def test_what_has_no_form_on_disk_is_not_saved(runs: xr.Dataset, tmp_path: Path) -> None:
    stacked = runs.stack(draw=("scenario", "trial"))
    with pytest.raises(InputError, match=r"draw has several levels, .* Give runs\.unstack\(\"draw\"\)\."):
        sim.save(stacked, tmp_path / "stacked.zarr")
    assert not any(tmp_path.iterdir())
    assert sim.save(stacked.unstack("draw"), tmp_path / "stacked.zarr").is_dir()
