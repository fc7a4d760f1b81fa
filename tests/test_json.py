"""Every command answers in JSON if asked to, and says there which files it has written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.cli import sim as program
from sim.plots import themes
from test_backtest import LONG
from test_registers import as_deals

SCENARIO = "toy.toml"
FEW = ["--trials", "2"]
ALONE = [*FEW, "--workers", "1"]

#: Command that writes files -> what it is called with, and the files that it names.
WRITING: dict[str, tuple[list[str], list[str]]] = {
    "run": ([SCENARIO, *ALONE, "--out", "a.zarr"], ["a.zarr"]),
    "compare": ([SCENARIO, "other.toml", *ALONE, "--figures", "none", "--out", "b"], ["b/runs.zarr"]),
    "resume": (["runs.zarr", "--workers", "1"], ["runs.zarr"]),
    "extend": (["runs.zarr", "--trials", "3", "--workers", "1"], ["runs.zarr"]),
    "table": (["runs.zarr", "--out", "table.csv"], ["table.csv"]),
    "plot": (
        ["runs.zarr", "--dark", "--variables", "effective_suppliers", "--out", "c"],
        ["c/effective_suppliers.png"],
    ),
    "report": (["year.zarr", "--out", "report.html"], ["report.html"]),
    "new-scenario": (["new.toml", "--yes"], ["new.toml"]),
    "new-case": (["--deals", "deals.csv", "--as-of", "2015", "--out", "case"], ["case/case.toml"]),
    "forecast": (
        ["year.toml", "--window", "2020-2020", *FEW, "--out", "d"],
        ["d/forecast.json", "d/forecast.csv"],
    ),
    "odd": (["--out", "odd.md"], ["odd.md"]),
    "threshold": (
        [
            *("hhi@2020-Q2 > 0.5", "--lever", "demand.caution", "--between", "0.1,0.5"),
            *("--scenario", SCENARIO, "--out", "e", *ALONE),
        ],
        ["e/answer.json", "e/response.png"],
    ),
}

#: Commands that write files besides a list of what they found, or nothing but standard output.
SPEAKING: dict[str, list[str]] = {
    "schema": [],
    "variables": [],
    "check": [SCENARIO],
    "diff": [SCENARIO, "other.toml"],
    "table": ["runs.zarr"],
    "odd": [],
    "show": ["year.zarr"],
    "story": [SCENARIO, "--trial", "0", "--out", "story.txt"],
    "explain": [SCENARIO, "--at", "2020-Q1"],
    "effects": ["other.toml", "--scenario", SCENARIO, *ALONE, "--out", "effects.md"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two scenarios of the toy case, two stored runs and a register."""
    folder = tmp_path_factory.mktemp("json")
    case = Path(__file__).parent / "cases" / "archipelago"
    text = f'title = "Toy"\ncase = "{case.as_posix()}"\nstart = "2020-Q1"\nend = "2020-Q2"\n'
    (folder / SCENARIO).write_text(text, encoding="utf-8")
    (folder / "other.toml").write_text(f'{text}[set]\n"demand.caution" = 0.2\n', encoding="utf-8")
    (folder / "year.toml").write_text(text.replace("Q2", "Q4"), encoding="utf-8")
    (folder / "deals.csv").write_text(as_deals(LONG), encoding="utf-8")
    keep = ["hhi", "effective_suppliers"]
    sim.run(
        plans.scenario("archipelago", n_steps=2), trials=2, keep=keep, workers=1, out=folder / "runs.zarr"
    )
    sim.run(
        plans.scenario("archipelago", n_steps=4), trials=2, keep=keep, workers=1, out=folder / "year.zarr"
    )
    return folder


def answer(command: str, arguments: list[str]) -> Any:
    result = CliRunner().invoke(program, [command, *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_every_command_has_the_option() -> None:
    without = [
        name
        for name, command in program.commands.items()
        if not any("--json" in option.opts for option in command.params)
    ]
    assert not without


@pytest.mark.parametrize("command", WRITING)
def test_a_command_names_the_files_that_it_has_written(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    arguments, files = WRITING[command]
    named = answer(command, arguments)["files"]
    assert set(map(Path, files)) <= {
        Path(name).relative_to(folder) if Path(name).is_absolute() else Path(name) for name in named
    }
    assert all(Path(name).exists() for name in named)
    if command == "plot":
        corner = matplotlib.image.imread(named[0])[0, 0, :3]
        assert themes.luminance(tuple(map(float, corner))) == pytest.approx(
            themes.luminance(themes.DARK.paper), abs=0.01
        )


@pytest.mark.filterwarnings("ignore::sim.vocabulary.errors.IneffectiveChange")
@pytest.mark.parametrize("command", SPEAKING)
def test_a_command_speaks_json_and_still_writes(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert answer(command, SPEAKING[command])
    if "--out" in SPEAKING[command]:
        assert Path(SPEAKING[command][SPEAKING[command].index("--out") + 1]).exists()


def test_questions_do_not_stand_between_the_lines_of_an_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(program, ["new-scenario", "asked.toml", "--json"], input="Mine\n\n\n\n\n")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "name": "asked",
        "title": "Mine",
        "extends": ["baseline"],
        "files": ["asked.toml"],
    }
    assert "Title" in result.stderr
