"""A summary, or a part of a store, where trials are wanted: a line that names it, code 2, nothing written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import plans
import sim
from sim.cli import sim as program


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a summary and a stored run."""
    folder = tmp_path_factory.mktemp("stored")
    base = plans.scenario("archipelago", n_steps=4)
    for summary, name in ((True, "summary.zarr"), (False, "runs.zarr")):
        sim.run(base, trials=4, keep="hhi", workers=1, summary=summary, out=folder / name)
    return folder


@pytest.mark.parametrize(
    "command",
    [
        "compare summary.zarr",
        "table summary.zarr",
        "plot summary.zarr --out made",
        "report summary.zarr --out made.html",
        "ranking summary.zarr --by hhi",
        "signposts summary.zarr --event hhi@2020>0.5",
        "discover summary.zarr --event hhi@2020>0.5",
    ],
)
def test_a_summary_is_refused_by_its_name(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(program, command.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "summary.zarr: is a summary, without trials. Use sim show, or run it without --summary.\n"
    )
    assert {each.name for each in folder.iterdir()} == {"summary.zarr", "runs.zarr"}


def test_no_empty_folder_of_figures_is_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(program, ["plot", "runs.zarr", "--out", str(tmp_path / "made")])
    assert (done.exit_code, done.stderr) == (
        2,
        "runs.zarr: holds nothing that is drawn unasked. Name what to draw: --variables hhi.\n",
    )
    assert not any(tmp_path.iterdir())


def test_a_part_of_a_store_leads_to_the_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(program, ["show", "runs.zarr/hhi"])
    assert (done.exit_code, done.stderr) == (2, "runs.zarr/hhi: is a part of a result. Give runs.zarr.\n")


def test_what_cannot_be_written_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folder / "runs.zarr", "runs.zarr")
    chunk = next(each for each in Path("runs.zarr/hhi/c").rglob("0") if each.is_file())
    chunk.unlink()
    chunk.mkdir()
    done = CliRunner().invoke(program, ["resume", "runs.zarr"])
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].startswith(f"runs.zarr: {chunk.relative_to('runs.zarr')}: cannot be ")
