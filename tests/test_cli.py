"""The command line: what it writes, what it says, and with which code it leaves."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner, Result

import sim as library
from sim import plots
from sim.cli import environment, sim, streams
from sim.design.plan import Plan
from sim.engine import block as engine
from sim.runs import dataset as results
from sim.runs import run as running
from sim.runs import saved, store

TOY = Path(__file__).parent / "cases" / "archipelago"

CALM = f"""
title = "Calm"
story = "Nothing happens."
case = "{TOY}"
start = "2020-Q1"
end = "2021-Q4"
look_at = ["border_pressure"]
"""
CALMER = """
title = "Calmer"
extends = "calm.toml"
[set]
"economy.budget_volatility" = 0.01
[[events]]
at = "2021-Q1"
what = "scale"
name = "economy.budget_growth"
by = 0.5
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two scenarios of the toy case."""
    monkeypatch.chdir(tmp_path)
    Path("calm.toml").write_text(CALM, encoding="utf-8")
    Path("calmer.toml").write_text(CALMER, encoding="utf-8")
    return tmp_path


@pytest.fixture
def one_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a comparison draw one figure only, to save time."""
    everything = plots.gallery
    monkeypatch.setattr(plots, "gallery", lambda *arguments: islice(everything(*arguments), 1))


def call(*arguments: str) -> Result:
    return CliRunner().invoke(sim, arguments)


def refused(*arguments: str) -> str:
    """Return the one line of a call that must be refused; what it takes may have been said before."""
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if not line.startswith("This takes about ")]
    assert len(lines) == 1, lines
    assert "Traceback" not in result.stderr
    return lines[0]


def python(*arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(library.__file__).parents[1]), **options}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment
    )


# ---------------------------------------------------------------- running


def test_run_saves_a_data_set_and_shows_where_it_ends(folder: Path) -> None:
    result = call(
        "run", "calm.toml", "--trials", "4", "--seed", "3", "--keep", "hhi,orders", "--out", "a/b.zarr"
    )
    assert result.exit_code == 0, result.output
    runs = library.open("a/b.zarr")
    assert set(runs.data_vars) == {"hhi", "orders"}
    assert runs.sizes["trial"] == 4
    assert library.manifest(runs)["seed"] == 3
    assert "Supplier concentration" in result.output
    assert "a/b.zarr" in result.output
    assert list(folder.glob("**/.*partial*")) == []


def test_run_without_out_writes_nothing(folder: Path) -> None:
    result = call("run", "calm.toml", "--trials", "2", "--json")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    assert content["files"] == []
    assert content["manifest"]["trials"] == 2
    assert {row["quarter"] for row in content["table"]} == {"2021-Q4"}
    assert sorted(path.name for path in folder.iterdir()) == ["calm.toml", "calmer.toml"]


def test_a_data_set_gets_its_suffix(folder: Path) -> None:
    assert call("run", "calm.toml", "--trials", "2", "--out", "plain").exit_code == 0
    assert (folder / "plain.zarr").is_dir()
    assert "a data set is a .zarr folder" in refused("run", "calm.toml", "--out", "runs.csv")


@pytest.mark.usefixtures("one_figure")
def test_compare_does_the_main_job(folder: Path) -> None:
    result = call(
        "compare", "calm.toml", "calmer.toml", "--trials", "6", "--out", "out", "--keep", "spending"
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "differences.csv",
        "figures",
        "runs.zarr",
        "table.csv",
        "table.md",
    ]
    with Path("out/table.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["scenario"] for row in rows} == {"calm", "calmer"}
    assert {row["reference"] for row in rows} == {"", "calm"}
    with Path("out/differences.csv").open(newline="") as lines:
        assert {row["quarter"] for row in csv.DictReader(lines)} == {"2020-Q4", "2021-Q4"}
    assert {path.suffix for path in Path("out/figures").iterdir()} == {".png", ".svg"}
    runs = library.open("out/runs.zarr")
    assert {"supplier_share", "border_pressure", "spending"} <= set(runs.data_vars)
    assert "stock" not in runs
    written = result.stdout.partition("Written:")[2].split()
    assert all(Path(name).exists() for name in written)
    assert {"out/runs.zarr", "out/table.csv", "out/table.md", "out/differences.csv"} <= set(written)
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("one_figure")
@pytest.mark.long  # tests/test_same_bits.py says so of the numbers
def test_the_same_comparison_gives_the_same_tables(folder: Path) -> None:
    for name in ("one", "two"):
        asked = ["compare", "calm.toml", "calmer.toml", "--trials", "5", "--keep", "hhi", "--out", name]
        assert call(*asked).exit_code == 0
    for file in ("table.csv", "differences.csv", "table.md", "figures/supplier_share.borveil.svg"):
        assert Path("one", file).read_bytes() == Path("two", file).read_bytes()


def test_a_reference_and_years_can_be_chosen(folder: Path) -> None:
    arguments = ["compare", "calm.toml", "calmer.toml", "--trials", "3", "--json", "--years", "2020"]
    content = json.loads(call(*arguments, "--reference", "calmer").stdout)
    assert {row["reference"] for row in content["table"] if row["scenario"] == "calm"} == {"calmer"}
    assert {row["quarter"] for row in content["table"]} == {"2020-Q4"}


def test_a_run_and_a_comparison_take_the_same_options(folder: Path) -> None:
    asked = ["calm.toml", "calmer.toml", "--trials", "4", "--reference", "calmer"]
    asked += ["--sampling", "latin_hypercube", "--replicates", "2", "--json"]
    run, compared = (json.loads(call(command, *asked).stdout) for command in ("run", "compare"))
    assert run["manifest"]["sampling"] == compared["manifest"]["sampling"]
    assert compared["manifest"]["sampling"]["method"] == "latin_hypercube"
    assert run["answers"] == compared["answers"] and "“Calmer”" in run["answers"][0]
    assert "Did you mean calm" in refused("run", "calm.toml", "calmer.toml", "--reference", "calme")


def test_an_earlier_result_is_replaced_only_when_asked_and_only_if_it_is_one(folder: Path) -> None:
    arguments = ["compare", "calm.toml", "calmer.toml", "--trials", "2", "--keep", "hhi", "--figures", "none"]
    arguments += ["--out", "out"]
    Path("out").mkdir()
    assert call(*arguments).exit_code == 0, "an empty folder may be filled"
    assert "already exists" in refused(*arguments)
    assert call(*arguments, "--seed", "9", "--force").exit_code == 0
    assert library.manifest(library.open("out/runs.zarr"))["seed"] == 9
    Path("out/notes.txt").write_text("mine", encoding="utf-8")
    assert "holds other files too" in refused(*arguments, "--force")
    assert Path("out/notes.txt").read_text(encoding="utf-8") == "mine"
    Path("precious").mkdir()
    Path("precious/thesis.txt").write_text("mine", encoding="utf-8")
    assert "not a result" in refused(*arguments[:-1], "precious", "--force")


def test_a_run_that_fails_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(saved, "save", fail)
    result = call("compare", "calm.toml", "calmer.toml", "--trials", "2", "--out", "deep/out")
    assert isinstance(result.exception, ZeroDivisionError), "our own mistakes keep their trace"
    assert sorted(path.name for path in folder.iterdir()) == ["calm.toml", "calmer.toml"]


def test_a_full_disk_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "replace", fail)
        assert "no space left" in refused("run", "calm.toml", "--trials", "2", "--out", "out.zarr")
    assert not Path("out.zarr").exists()
    monkeypatch.setattr(saved, "save", fail)
    assert "no space left" in refused("compare", "calm.toml", "calmer.toml", "--trials", "2", "--out", "out")
    assert sorted(path.name for path in folder.iterdir()) == ["calm.toml", "calmer.toml"]


def test_too_little_memory_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(running, "start", fail)
    assert "fewer --trials" in refused("run", "calm.toml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_line(folder: Path) -> None:
    Path("locked").mkdir(mode=0o500)
    assert "cannot be written" in refused("run", "calm.toml", "--out", "locked/out.zarr")


def test_a_file_in_the_way_is_one_line(folder: Path) -> None:
    Path("file").write_text("", encoding="utf-8")
    said = call("run", "calm.toml", "--out", "file/out.zarr").stderr.splitlines()
    assert said == ["file/out.zarr: cannot be written: not a directory. Choose another path."]
    assert "already exists" in refused("compare", "calm.toml", "calmer.toml", "--out", "file")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "calm.toml"], "at least two scenarios"),
        (["compare", "calm.toml", "calm.toml"], "two scenarios are called calm"),
        (["compare", "calm.toml", "calmer.toml", "--reference", "calme"], "Did you mean calm"),
        (["compare", "calm.toml", "calmer.toml", "--years", "1999"], "Choose from 2020 to 2021"),
        (["compare", "calm.toml", "calmer.toml", "--years", "soon"], "not a list of years"),
        (["run", "calm.toml", "--keep", "hhy"], "Did you mean hhi"),
        (["run", "calm.toml", "--keep", ","], "no name given"),
        (["run", "calm.toml", "--trials", "0"], "--trials"),
        (["run", "calm.toml", "--trials", "many"], "--trials"),
        (["run", "calm.toml", "--seed", "-1"], "--seed"),
        (["run", "calm.toml", "--sede", "1"], "No such option"),
        (["run"], "Missing argument"),
        (["run", "nowhere.toml"], "no such file"),
        (["run", "baselin"], "Did you mean baseline"),
        (["rnu"], "No such command"),
        (["diff", "baseline"], "Missing argument"),
        (["evidence", "nobody_said"], "no such evidence"),
        (["evidence", "--topic", "cookery"], "no such topic"),
        (["parameters", "demand.cautoin"], "Did you mean demand.caution"),
        (["trace", "supplier_shar"], "Did you mean supplier_share"),
        (["scenarios", "baselin"], "Did you mean baseline"),
        (["check", "nowhere.toml"], "no such file"),
    ],
)
def test_bad_input_is_one_line_and_code_2(folder: Path, arguments: list[str], said: str) -> None:
    assert said in refused(*arguments)
    assert sorted(path.name for path in folder.iterdir()) == ["calm.toml", "calmer.toml"]


def test_a_run_can_be_extended_resumed_and_replayed(folder: Path) -> None:
    assert call("run", "calm.toml", "--trials", "3", "--keep", "hhi", "--out", "a.zarr").exit_code == 0
    extended = call("extend", "a.zarr", "--trials", "5")
    assert (extended.exit_code, extended.stdout) == (0, "a.zarr: 5 trials of calm\n")
    assert library.open("a.zarr").sizes["trial"] == 5
    Path("a.zarr/hhi/c/0/0/0").write_bytes(b"")
    assert call("resume", "a.zarr").exit_code == 0
    assert library.open("a.zarr")["hhi"].notnull().all()
    replayed = call("replay", "a.zarr", "--trial", "4")
    assert replayed.exit_code == 0
    assert "runs to the end" in replayed.stdout
    shown = json.loads(call("replay", "a.zarr", "--trial", "4", "--json").stdout)
    assert (shown["trial"], shown["now"], shown["quarter"]) == (4, None, "2021-Q4")
    assert shown["parameters"]
    assert "no trial failed" in refused("replay", "a.zarr")
    assert "no run here" in refused("resume", "nowhere.zarr")
    assert "least 5" in refused("extend", "a.zarr", "--trials", "4")


def test_a_run_with_a_failed_trial_leaves_with_1(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = engine.record_block

    def fail(plan: Plan, first_trial: int, into: dict[str, np.ndarray], *rest: Any, **more: Any) -> None:
        if first_trial <= 2 < first_trial + into["hhi"].shape[-1]:
            raise FloatingPointError("too hot")
        usual(plan, first_trial, into, *rest, **more)

    monkeypatch.setattr(engine, "record_block", fail)
    result = call("run", "calm.toml", "--trials", "4", "--keep", "hhi", "--out", "a.zarr")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "1 trial failed and is left out: calm, trial 2: FloatingPointError: too hot"
    ]
    assert "3 trials per scenario" in result.stdout


def test_a_run_keeps_what_is_asked(folder: Path) -> None:
    kept = [
        "--keep",
        "hhi",
        "--quarters",
        "2020-Q4::4",
        "--sampling",
        "sobol",
        "--replicates",
        "2",
        "--antithetic",
    ]
    assert call("run", "calm.toml", "--trials", "4", *kept, "--out", "a.zarr").exit_code == 0
    runs = library.open("a.zarr")
    assert runs["quarter"].values.tolist() == ["2020-Q4", "2021-Q4"]
    shown = library.manifest(runs)["sampling"]
    assert (shown["method"], shown["replicates"], shown["antithetic"]) == ("sobol", 2, True)
    assert call("run", "calm.toml", "--trials", "4", "--summary", "--out", "b.zarr").exit_code == 0
    assert "median" in library.open("b.zarr")["statistic"].values
    assert "outside the horizon" in refused("run", "calm.toml", "--quarters", "2031-Q1:")
    assert "sobol" in refused("run", "calm.toml", "--sampling", "sobl")


@pytest.mark.parametrize(
    "command",
    [pytest.param(["run", "calm.toml"], marks=pytest.mark.long), ["compare", "calm.toml", "calmer.toml"]],
)
def test_the_engine_is_chosen_and_said(
    command: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "can_compile", lambda: False)
    said = refused(*command, "--trials", "2", "--engine", "compiled")
    assert "needs llvmlite, which is not installed" in said
    assert "pip install 'hedgesim[fast]'" in said
    assert "numpy" in refused(*command, "--engine", "nump")
    asked: list[str] = []

    def chosen(engine: str, *_: object) -> str:
        asked.append(engine)
        return results.NUMPY

    monkeypatch.setattr(results, "chosen_engine", chosen)
    for each in results.ENGINES:
        shown = json.loads(call(*command, "--trials", "2", "--engine", each, "--json").stdout)
        assert shown["manifest"]["engine"] == results.NUMPY
    assert set(asked) == set(results.ENGINES)


def test_a_run_until_it_is_precise_says_what_it_reached(folder: Path) -> None:
    near = call(
        "run", "calm.toml", "--keep", "hhi", "--until", "hhi@2020-Q1 mean +-0.5", "--quarters", "2020-Q1"
    )
    assert near.exit_code == 0
    assert "with 2,048 trials" in near.stderr
    far = call("run", "calm.toml", "--trials", "9", "--keep", "hhi", "--until", "hhi@2021 mean +-1e-9")
    assert far.exit_code == 1
    assert "not reached" in far.stderr


def test_an_earlier_run_is_replaced_only_when_asked(folder: Path) -> None:
    arguments = ["run", "calm.toml", "--trials", "2", "--keep", "hhi", "--out", "a.zarr"]
    assert call(*arguments).exit_code == 0
    assert "already exists" in refused(*arguments)
    assert "no such variable" in refused(*arguments[:-3], "hhy", "--out", "a.zarr", "--force")
    assert library.manifest(library.open("a.zarr"))["seed"] == 1, "what is refused replaces nothing"
    assert call(*arguments, "--seed", "9", "--force").exit_code == 0
    assert library.manifest(library.open("a.zarr"))["seed"] == 9
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


# ---------------------------------------------------------------- reading


def test_check_says_what_is_wrong_and_leaves_with_1(folder: Path) -> None:
    Path("broken.toml").write_text(CALMER.replace("budget_growth", "budget_grwth"), encoding="utf-8")
    result = call("check", "calm.toml", "broken.toml", "baseline", str(TOY))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "broken.toml: events[1].name" in result.stderr
    assert "Did you mean economy.budget_growth" in result.stderr
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["calm.toml", "baseline", str(TOY)]
    assert call("check", "calm.toml").exit_code == 0
    content = json.loads(call("check", "broken.toml", "calm.toml", "--json").stdout)
    assert [each["is_sound"] for each in content] == [False, True]


def test_check_reads_every_file_of_a_case(folder: Path) -> None:
    case = Path("islands")
    shutil.copytree(TOY, case)
    for name in ("patterns", "policies", "sliders", "directions", "levers", "calibration"):
        strange = case / f"{name}.toml"
        before = strange.read_bytes() if strange.exists() else b""
        strange.write_text('strange = 1\n[another]\nkey = "text"\n', encoding="utf-8")
        result = call("check", str(case))
        assert result.exit_code == 1, name
        assert result.stderr.startswith(f"{strange}: ") and result.stderr.count("\n") == 1
        strange.unlink()
        for put in (strange.mkdir, lambda path=strange: path.symlink_to("nowhere")):
            put()
            assert call("check", str(case)).stderr.startswith(f"{strange}: "), name
            strange.rmdir() if strange.is_dir() else strange.unlink()
        if before:
            strange.write_bytes(before)
    (case / "pattern.toml").touch()
    result = call("check", str(case))
    assert result.exit_code == 0
    assert "pattern.toml: no effect: nothing reads a file of this name. Did you mean" in result.output


EVENT = '{ at = "2021-Q1", what = "set", name = "demand.caution", to = 0.5 }'
WRONG = EVENT.replace("caution", "cautoin")
SLIDER = '[sliders.a]\ntitle = "A"\nlow = 0\nhigh = {}\nstep = 1\nusual = 0\nevents = [{}]\n'
POLICIES = (
    'measure = "hhi@2022"\naim = "minimise"\nfutures = ["base"]\n[policies.a]\ntitle = "A"\nby = "aldara"\n'
)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("sliders", SLIDER.format(1, WRONG.replace("0.5", '"X"')), "sliders.a.events[1].name"),
        ("sliders", SLIDER.format(1, '{ what = "set", to = "X" }'), "sliders.a.events[1]."),
        ("sliders", SLIDER.format(2, EVENT.replace("0.5", '"X"')), "sliders.a.events[1].to"),
        (
            "policies",
            f'{POLICIES}source = "s"\nlevels.b = {{ what = "w", events = [{WRONG}] }}',
            "policies.a.levels.b.ev",
        ),
        ("directions", f'end = "2024-Q4"\n[arms.a]\nwhat = "w"\nevents = [{WRONG}]', "arms.a.events[1].name"),
        ("directions", 'end = "2024-Q4"\n[arms.a]\nwhat = "w"', "arms.a: changes nothing"),
    ],
)
def test_check_tries_what_the_files_of_a_case_change(folder: Path, name: str, text: str, place: str) -> None:
    case = Path("islands")
    shutil.copytree(TOY, case)
    (case / f"{name}.toml").write_text(text, encoding="utf-8")
    result = call("check", str(case))
    assert result.exit_code == 1 and result.stderr.startswith(f"{case / name}.toml: {place}"), result.stderr


def test_diff_shows_what_differs_with_units(folder: Path) -> None:
    result = call("diff", "calm.toml", "calmer.toml")
    assert result.exit_code == 0
    assert "economy.budget_volatility" in result.stdout
    found = json.loads(call("diff", "calm.toml", "calmer.toml", "--json").stdout)
    assert {each["kind"]: each["unit"] for each in found}["event"] == "ratio"
    assert all(each["unit"] for each in found)
    assert "assume the same" in call("diff", "calm.toml", "calm.toml").stdout


def test_scenarios_are_listed_and_shown(folder: Path) -> None:
    listed = json.loads(call("scenarios", "--json").stdout)
    assert "baseline" in {each["name"] for each in listed}
    assert "baseline" in call("scenarios").stdout
    shown = call("scenarios", "calmer.toml").stdout
    assert "economy.budget_volatility = 0.01" in shown
    assert "2021-Q1 scale" in shown


def test_parameters_are_listed_and_shown() -> None:
    assert "demand.caution" in call("parameters").stdout
    shown = json.loads(call("parameters", "supplier_choice", "--json").stdout)
    assert shown
    assert all(each["key"].startswith("supplier_choice.") and each["unit"] for each in shown)
    assert all(each["evidence"] or each["assumption"] for each in shown)
    assert "attraction.finance_weight" in call("parameters", "finance_weight").stdout


def test_evidence_is_listed_and_shown() -> None:
    assert "cn_share_2019_23" in call("evidence", "--topic", "lock-in").stdout
    shown = call("evidence", "cn_share_2019_23").stdout
    assert "Article on the strategic and defence partnership" in shown
    assert json.loads(call("evidence", "cn_share_2019_23", "--json").stdout)["origin"] == "document"


@pytest.mark.parametrize("name", ["supplier_share", "out/figures/supplier_share.china.difference.png"])
def test_trace_follows_a_figure_to_its_sources(name: str) -> None:
    shown = call("trace", name).stdout
    assert "measures.step" in shown
    assert "cn_share_2019_23" in shown
    content = json.loads(call("trace", name, "--json").stdout)
    assert content["name"] == "supplier_share"
    assert content["numbers"]
    assert all(number["evidence"] or number["assumption"] for number in content["numbers"])
    assert all(row["claim"] and row["where"] for row in content["evidence"])


@pytest.mark.parametrize("name", ["attraction.finance_weight", "finance_weight"])
def test_trace_follows_a_parameter(name: str) -> None:
    content = json.loads(call("trace", name, "--json").stdout)
    assert content["kind"] == "parameter"
    assert content["read_by"] == ["attraction.step"]
    assert content["unit"]


def test_trace_knows_held_variables_and_elements() -> None:
    held = json.loads(call("trace", "relation", "--json").stdout)
    assert any(number["key"].startswith("relation.bangladesh.") for number in held["numbers"])
    assert held["events"]
    one = json.loads(call("trace", "price_factor.china", "--json").stdout)
    assert [number["key"] for number in one["numbers"]] == ["standing.price_factor.china"]


def test_every_variable_can_be_traced() -> None:
    from sim.analysis.explain.provenance import trace
    from sim.scenario import loading
    from sim.vocabulary.variables import GLOSSARY

    baseline = loading.load("baseline")
    for name in GLOSSARY:
        found = trace(name, baseline)
        assert found.origin, name
        assert found.unit == GLOSSARY[name].unit


def test_help_says_what_each_command_is_for_in_full() -> None:
    said = " ".join(CliRunner().invoke(sim, ["--help"]).output.split())
    for name, command in sim.commands.items():
        assert f"{name} {command.get_short_help_str(limit=1000)}" in said
    assert "..." not in said.partition("Options:")[2]


def test_a_number_out_of_its_bounds_is_refused_by_the_name_of_its_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as left:
        sim.main(["run", "baseline", "--trials", "0"])
    assert left.value.code == 2
    expected = "--trials: 0 is out of range. Give a whole number of at least 1 and at most 4,294,967,296.\n"
    assert capsys.readouterr().err == expected
    assert "x<=" not in CliRunner().invoke(sim, ["run", "--help"]).output


# ---------------------------------------------------------------- as a process


def test_help_is_quick() -> None:
    heavy = ("numpy", "scipy", "xarray", "zarr", "matplotlib", "mesa", "pydantic", "rich", "pandas")
    code = (
        "import sys\n"
        "sys.argv = ['sim', '--help']\n"
        "from sim.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        f"print('LOADED', [name for name in {heavy!r} if name in sys.modules])"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "LOADED []"
    assert "compare" in done.stdout


def test_importing_the_library_is_quick() -> None:
    code = (
        "import sim, sys; print([n for n in ('numpy', 'scipy', 'xarray', 'matplotlib') if n in sys.modules])"
    )
    assert python("-c", code).stdout.strip() == "[]"


@pytest.mark.parametrize("module", ["sim", pytest.param("sim.cli", marks=pytest.mark.long)])
def test_the_module_is_a_program(module: str, folder: Path) -> None:
    done = python("-m", module, "run", "nowhere")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert python("-m", module).stdout.startswith("Usage: sim ")


def test_a_check_that_fails_leaves_with_1(folder: Path) -> None:
    Path("empty.toml").write_text("", encoding="utf-8")
    done = call("check", "empty.toml")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the file is empty" in done.stderr


@pytest.mark.long
def test_a_run_is_quiet_where_there_is_no_terminal(folder: Path) -> None:
    done = python("-m", "sim", "run", "calm.toml", "--trials", "2", "--out", "runs.zarr", "--json")
    assert done.returncode == 0
    (said,) = done.stderr.splitlines()
    assert said.startswith("This takes about "), "no bar, but what a run takes is said everywhere"
    assert json.loads(done.stdout)["files"] == ["runs.zarr"]
    command = library.manifest(library.open("runs.zarr"))["command"]
    assert command == "sim run calm.toml --trials 2 --out runs.zarr --json"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("run ba", {"bad_decade", "baseline"}),
        ("explain us_", {"us_purchase_pressure"}),
        ("run baseline --keep hhi,supplier_sh", {"hhi,supplier_share"}),
        ("ranking --by effective_s", {"effective_suppliers"}),
        ("show runs.zarr --variables hhi,supplier_sh", {"hhi,supplier_share"}),
        ("trace attraction.finance_w", {"attraction.finance_weight"}),
        ("run --sampl", {"--sampling"}),
        ("back", {"backtest"}),
    ],
)
def test_a_shell_completes_names(line: str, offered: set[str]) -> None:
    *words, begun = line.split()
    completion = BashComplete(sim, {}, "sim", "_SIM_COMPLETE")
    assert {each.value for each in completion.get_completions(words, begun)} == offered


def test_a_mistake_shows_its_trace_where_it_is_asked_for() -> None:
    asked = ["explain", "nope.toml", "--at", "2029-Q1"]
    plain = CliRunner().invoke(sim, asked)
    assert plain.exit_code == 2 and len(plain.stderr.splitlines()) == 1
    with pytest.raises(library.InputError, match=r"nope\.toml"):
        CliRunner().invoke(sim, ["--debug", *asked], catch_exceptions=False)
    assert CliRunner().invoke(sim, asked).exit_code == 2


@pytest.mark.parametrize(("figures", "many"), [("main", 3), pytest.param("all", 13, marks=pytest.mark.long)])
def test_figures_are_drawn_as_far_as_they_are_asked_for(folder: Path, figures: str, many: int) -> None:
    asked = ["compare", "calm.toml", "calmer.toml", "--trials", "2", "--out", "out"]
    asked += [*(() if figures == "all" else ("--keep", "hhi")), "--figures", figures]
    assert call(*asked).exit_code == 0
    assert len(list(Path("out").glob("figures/*.png"))) == many
    assert call(*asked[:-1], "none", "--force").exit_code == 0
    assert not list(Path("out").glob("figures/*.png"))


@pytest.mark.parametrize(("encoding", "quote"), [("latin-1", b"?"), ("ascii", "“".encode())])
def test_a_terminal_without_unicode_is_no_error(
    encoding: str, quote: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding))
    streams.prepare()
    with pytest.raises(SystemExit) as left:
        sim.main(["run", "calm.toml", "--trials", "2", "--keep", "hhi"])
    assert left.value.code == 0
    sys.stdout.flush()
    said = sys.stdout.buffer.getvalue()  # type: ignore[attr-defined]
    assert b"on average in " + quote in said, "a question mark; click writes UTF-8 where it finds ASCII"


@pytest.mark.long
def test_a_program_on_a_terminal_without_unicode_is_no_error(folder: Path) -> None:
    done = python("-m", "sim", "run", "calm.toml", "--trials", "2", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("sensitivity", "calm.toml", "--measure", "hhi@9999", "--trials", "4"),
        ("spread", "calm.toml", "--measure", "hhi@0000-Q1", "--trials", "4"),
        ("worth", "calm.toml", "calmer.toml", "--measure", "hhi@0000", "--trials", "4"),
        ("run", "calm.toml", "--trials", "4", "--until", "hhi@0000-Q1 p50 ±0.1"),
    ],
)
def test_a_year_beyond_the_calendar_is_one_line(folder: Path, command: tuple[str, ...]) -> None:
    assert "outside the years that can be simulated. Write 1900 to 2199." in refused(*command)


@pytest.mark.parametrize("date", ["abc", "", "1e9", "9" * 20])
def test_a_date_in_the_environment_that_is_none_is_one_line(
    date: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    result = CliRunner().invoke(sim, ["scenarios"])
    assert result.exit_code == 2 and result.stderr.startswith(f'SOURCE_DATE_EPOCH = "{date}": not a number')
    assert len(result.stderr.splitlines()) == 1
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert CliRunner().invoke(sim, ["scenarios"]).exit_code == 0


def test_what_matplotlib_shows_figures_with_has_no_part_in_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "nope")
    environment.prepare()
    assert os.environ["MPLBACKEND"] == "agg"
