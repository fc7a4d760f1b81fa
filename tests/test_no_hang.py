"""What is no regular file is not waited for; what cannot be is refused before anything is run."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from matplotlib.figure import Figure

import plans
import sim
from sim import cli
from sim.cli import drawing
from sim.cli import sim as program
from sim.files import staging
from sim.files.records import read_toml
from sim.importers import registers, waves
from sim.vocabulary.errors import InputError


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hang") / "runs.zarr"
    world = plans.scenario("archipelago", n_steps=2, name="toy")
    sim.run(world, trials=4, keep="hhi", engine="numpy", workers=1, out=path)
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
@pytest.mark.parametrize(
    "name", ["digests/zarr.json", "run/ledger.jsonl", "zarr.json", "hhi/zarr.json", "time/c/0"]
)
def test_a_pipe_in_the_place_of_metadata_is_one_line(stored: Path, name: str) -> None:
    file, aside = stored / name, stored.parent / "aside"
    file.rename(aside)
    os.mkfifo(file)
    try:
        with pytest.raises(InputError, match=r"no regular file|is not what was written"):
            sim.open(stored).compute()
    finally:
        file.unlink()
        aside.rename(file)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no devices here")
def test_a_device_without_end_is_one_line() -> None:
    for read in (
        lambda: registers.read(Path("/dev/zero")),
        lambda: read_toml("/dev/zero"),
    ):
        with pytest.raises(InputError, match="is no regular file"):
            read()


def test_a_file_is_no_result(tmp_path: Path) -> None:
    file = tmp_path / "some.txt"
    file.write_text("text", encoding="utf-8")
    with pytest.raises(InputError, match="no result here"):
        sim.open(file)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["robustness", "--policy", "china_coercion", "--mark", "nan"], "mark: nan is not a finite number"),
        (["threshold", "hhi@2035 > 0.1", "--lever", "x", "--probability", "inf"], "probability: inf is not"),
        (["sensitivity", "--group", "a=economy", "--group", "a=demand"], "'a' is named twice"),
    ],
)
def test_a_number_that_is_none_is_refused_before_the_run(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(program, arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (
        2,
        "",
        1,
    ) and said in result.stderr


def test_what_is_without_end_is_behind_by_nothing(tmp_path: Path) -> None:
    values = np.array([[[1.0, 1, 1, 1, 9]], [[0, 1, 2, 3, 4]]])
    data = xr.Dataset(
        {"outcome": (("policy", "future", "trial"), values)}, {"policy": ["one", "two"], "future": ["f"]}
    )
    found = sim.robustness(data, criteria="peakedness", resamples=0)
    assert found["value"].values[0, 0] == np.inf and found["behind"].values.tolist() == [[0.0, np.inf]]


def test_more_orders_than_any_rate_explains_are_refused() -> None:
    """The grid of rates ends: beyond it nothing is likely, and the rate was not a number."""
    assert np.isfinite(waves.known([250] * 5).mean)
    with pytest.raises(InputError, match="3,000 orders of one recipient in a year are beyond a rate of"):
        waves.known([3, 3000])


def test_a_large_design_names_its_scenarios_once() -> None:
    rows = [{"demand.caution": 0.1}, {"demand.caution": 0.2}, {"demand.caution": 0.1}]
    with pytest.raises(InputError, match=r"caution=0\.1 stands in it twice"):
        sim.design_table("baseline", rows)


def test_figures_that_cannot_be_made_at_all_cost_no_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise ValueError("no such backend")

    monkeypatch.setattr(sim.plots, "gallery", broken)
    world, out = plans.scenario("archipelago", n_steps=4, name="toy"), tmp_path / "out"
    runs = sim.run(
        [world, world.override({"demand.caution": 0.9}, name="b")],
        trials=4,
        keep="hhi",
        engine="numpy",
        workers=1,
    )
    out.mkdir()
    run = sys.modules["sim.cli.run"]
    _, fault = run._write(out / "data", runs, run._summary(runs, [world], None, "toy"), [world], "toy", "all")
    assert "no such backend" in fault and sim.open(out / "data" / run.DATA).equals(runs)


def test_a_program_that_is_asked_to_end_ends_as_by_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    monkeypatch.setattr(cli.streams, "prepare", lambda: None)
    monkeypatch.setattr(program, "main", lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        with pytest.raises(KeyboardInterrupt):
            cli.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert os.environ["MPLBACKEND"] == "agg"


def test_a_full_disk_names_what_the_user_has_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught, staging.staged(tmp_path / "out", force=None) as place:
        raise InputError(
            str(place / "runs.zarr"), "", "cannot be written: no space left", "Choose another path."
        )
    assert str(caught.value) == f"{tmp_path / 'out'}: cannot be written: no space left. Choose another --out."


def test_a_figure_that_a_full_disk_refuses_is_named_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> object:
        raise InputError(str(tmp_path / "hidden"), "", "cannot be written: no space left", "Choose another.")

    monkeypatch.setattr(sim.plots, "save", full)
    files, fault = drawing.draw([("bars", Figure())], tmp_path)
    assert (files, fault) == ([], "bars could not be drawn, cannot be written: no space left")


@pytest.mark.parametrize("study", [sim.sensitivity, sim.shapley, sim.pawn])
def test_a_bootstrap_that_cannot_fit_is_refused_before_the_run(study: Any) -> None:
    with pytest.raises(InputError, match=r"resamples.* MiB are free"):
        study("baseline", "hhi@2035", trials=2**31, resamples=90_000)
