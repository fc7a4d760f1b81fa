"""Names of files that no text can hold: what they name is made under its own name, and a message shows it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import sim
from sim.cli import sim as program
from sim.report import sections
from sim.runs import dataset
from sim.vocabulary.printing import printable

#: As Python gives a byte of a file's name that is no UTF-8; and a name that would end a line.
NAMES = (os.fsdecode(b"odd\xff"), "odd\nname")

TOY = f"""title = "Toy"
case = "{(Path(__file__).parent / "cases" / "archipelago").as_posix()}"
start = "2020-Q1"
end = "2020-Q4"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
@pytest.mark.parametrize("name", NAMES)
def test_a_result_has_the_name_that_was_asked_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path(f"{name}.toml" if "\n" not in name else "toy.toml")  # a text of several lines is a scenario
    file.write_text(TOY)
    given = ["run", str(file), "--trials", "2", "--keep", "hhi", "--workers", "1", "--out", name]
    monkeypatch.setattr(sys, "argv", ["sim", *given])
    done = CliRunner().invoke(program, given)
    assert done.exit_code == 0, done.output
    shown = "odd?" + name[4:]
    assert done.stdout.endswith(f"Written:\n  {shown}.zarr\n")
    assert {each.name for each in tmp_path.iterdir()} == {str(file), f"{name}.zarr"}
    runs = sim.open(f"{name}.zarr")
    assert list(runs["scenario"].values) == [printable(file.stem)]
    assert sim.manifest(runs)["command"] == dataset.command() != ""
    monkeypatch.setattr(sections, "pictures", lambda *_: [])
    pages = sim.write_report(runs, f"{name}.html")
    assert [page.name for page in pages] == [f"{name}.html", f"{name}.zip"]
    assert f"{shown}.zip" in Path(f"{name}.html").read_text("utf-8")
