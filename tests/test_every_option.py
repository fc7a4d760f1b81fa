"""Every option of every command, given numbers and texts of all kinds: refused in one line, or taken."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.cli import sim as program

ODD = ("0", "-1", "0.5", str(10**30), "nan", "", "²", "nope", "x" * 4000)

#: Of these, what the suite tries of an option; the long tests try all. Where a command has the option of
#: another, of the same type and read by the same function, it is one of them, in turn.
FEW = ("-1", "nope", "")

#: What a command needs besides the option, so that nothing else is at fault.
NEEDED = {
    "run": ["toy.toml"],
    "compare": ["toy.toml", "other.toml"],
    "extend": ["runs.zarr", "--trials", "2"],
    "resume": ["runs.zarr"],
    "replay": ["runs.zarr", "--trial", "0"],
    "explain": ["toy.toml", "--at", "2020-Q1"],
    "check": ["toy.toml"],
    "diff": ["toy.toml", "other.toml"],
    "trace": ["hhi"],
    "forecast": ["toy.toml", "--window", "2027-2028", "--out", "made"],
    "new-case": ["--deals", "deals.csv", "--as-of", "2015", "--out", "made"],
    "compare-panels": ["before", "after"],
    "effects": ["toy.toml"],
    "sensitivity": ["toy.toml"],
    "spread": ["toy.toml"],
    "worth": ["toy.toml", "other.toml"],
    "ranking": ["runs.zarr"],
    "show": ["runs.zarr"],
    "table": ["runs.zarr"],
    "plot": ["runs.zarr"],
    "report": ["runs.zarr"],
    "story": ["toy.toml", "--trial", "0"],
    "discover": ["runs.zarr", "--event", "hhi@2020-Q2 > 0.5"],
    "threshold": ["hhi@2020-Q2 > 0.5", "--lever", "demand.caution", "--scenario", "toy.toml"],
    "signposts": ["runs.zarr", "--event", "hhi@2020-Q2 > 0.5"],
    "odds": ["runs.zarr", "--ask", "hhi@2020-Q2", "--prior", "toy.toml"],
    "search": ["--futures", "toy.toml"],
    "structure": ["toy.toml", "other.toml"],
    "robustness": ["--policy", "other.toml", "--futures", "toy.toml", "--measure", "hhi@2020-Q2"],
}

#: Of these, the options that take any text, or a path to be made, or 0 as a seed or the number of a trial:
#: what they take is not tried, since the command would then do its work.
TAKEN = {
    "--seed": {"0"},
    "--trial": {"0"},
    "--out": set(ODD) - {"", "x" * 4000},
    "--topic": set(ODD),
    "--question": set(ODD),
    "--port": {"0"},
    "--token": {"0", str(10**30), "nan", "nope", "x" * 4000},
    "--mark": {"0", "-1", "0.5", str(10**30)},
    "--resamples": {"0"},
    "--probability": {"0.5"},
    "--peel": {"0.5"},
    "--mass": {"0.5"},
}


def options() -> list[tuple[str, click.Option]]:
    return [
        (name, option)
        for name, command in program.commands.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.is_flag
    ]


def in_turn() -> list[Any]:
    """Return command, option and values of what the suite tries, and of the long tests."""
    times: Counter[Any] = Counter()
    found = []
    for command, option in options():
        shared = (option.opts[0], type(option.type), repr(vars(option.type)), option.callback)
        few = FEW if not times[shared] else (FEW[times[shared] % len(FEW)],)
        times[shared] += 1
        found.append(pytest.param(command, option, few, id=f"{command}-{option.name}-few"))
        name = f"{command}-{option.name}-all"
        found.append(pytest.param(command, option, ODD, marks=pytest.mark.long, id=name))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two scenarios of the toy case and a stored run."""
    folder = tmp_path_factory.mktemp("options")
    case = Path(__file__).parent / "cases" / "archipelago"
    text = f'title = "Toy"\ncase = "{case.as_posix()}"\nstart = "2020-Q1"\nend = "2020-Q2"\n'
    for name in ("toy", "other"):
        (folder / f"{name}.toml").write_text(text)
    base = plans.scenario("archipelago", n_steps=2)
    sim.run(base, trials=2, keep="hhi", workers=1, out=folder / "runs.zarr")
    return folder


@pytest.mark.parametrize(("command", "option", "values"), in_turn())
def test_an_option_is_refused_in_one_line(
    command: str,
    option: click.Option,
    values: tuple[str, ...],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    spelled = option.opts[0]
    for value in values:
        if value in TAKEN.get(spelled, ()):
            continue
        result = CliRunner().invoke(program, [command, *NEEDED.get(command, ()), spelled, value])
        said = result.stderr.splitlines()
        assert isinstance(result.exception, SystemExit), (value[:40], result.exception)
        assert (result.exit_code, len(said)) == (2, 1), (value[:40], result.output[:300])
        assert len(said[0]) < 1100 and said[0].endswith((".", "?", "!")), said[0]
    assert {each.name for each in folder.iterdir()} == {"toy.toml", "other.toml", "runs.zarr"}


def test_a_year_without_orders_is_one_line() -> None:
    for asked in (["--to", "1950"], ["--from", "2020", "--to", "2019"], ["--sizes", "--from", "2199"]):
        result = CliRunner().invoke(program, ["estimate", *asked])
        assert result.exit_code == 2 and "to estimate from. Give other years" in result.stderr


def test_a_run_without_the_end_of_a_year_has_no_table(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for name, *scenarios in (("run", "toy.toml"), ("compare", "toy.toml", "other.toml")):
        asked = [name, *scenarios, "--trials", "2", "--keep", "hhi", "--workers", "1"]
        result = CliRunner().invoke(program, asked)
        assert result.exit_code == 0, result.output
        result = CliRunner().invoke(program, [*asked, "--years", "2020"])
        assert result.exit_code == 2 and result.stderr == (
            "years: the run contains no last quarter of a year. Run it longer.\n"
        )


def test_the_table_shows_years_that_are_kept(folder: Path, tmp_path: Path) -> None:
    three_years = tmp_path / "years.toml"
    three_years.write_text((folder / "toy.toml").read_text().replace("2020-Q2", "2022-Q4"))
    asked = ["run", str(three_years), "--trials", "2", "--keep", "hhi", "--quarters", "2020-Q4,2022-Q4"]
    asked += ["--workers", "1", "--json"]
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == 0 and {row["quarter"] for row in json.loads(result.stdout)["table"]} == {
        "2022-Q4"
    }
    result = CliRunner().invoke(program, [*asked, "--years", "2021"])
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
