"""Arguments are checked where they enter, and text stays text."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

import sim
from sim.abm.world import World
from sim.analysis.calibrate import waves
from sim.analysis.drivers import structure
from sim.analysis.validate import directions, pattern_files, patterns
from sim.analysis.validate.backtest import card
from sim.cli import options
from sim.cli import sim as program
from sim.plots import save, settings, style
from sim.plots.style import legible
from sim.vocabulary.arguments import SEED, TRIALS, TRIALS_OF_ORIGIN, TRIALS_OF_WAVE
from sim.vocabulary.errors import MissingGlyphs

TOY = Path(__file__).parent / "cases" / "archipelago"

FEW: dict[str, Any] = {"trials": 2, "keep": "hhi", "engine": "numpy", "workers": 1}


def toy(file: Path) -> str:
    """Write a short scenario of the toy case, and return its path."""
    file.write_text(f'title = "Toy"\ncase = "{TOY}"\nstart = "2020-Q1"\nend = "2020-Q4"\n')
    return str(file)


@pytest.mark.parametrize("seed", [1.0, np.True_, None, "1", -1, 2**63])
def test_what_is_no_seed_is_refused_everywhere(seed: Any) -> None:
    base = sim.load("baseline")
    for door in (
        lambda: sim.run(base, seed=seed, **FEW),
        lambda: World(base, seed=seed),
        lambda: patterns.report(base, 10, seed),
        lambda: directions.report(base, 10, seed),
        lambda: card.of_case((2015,), 10, seed),
    ):
        with pytest.raises(sim.InputError, match=r"^seed: .* (whole number|out of range)"):
            door()
    if seed is not None:
        with pytest.raises(sim.InputError, match=r"^seed: "):
            sim.explain(base, trial=0, at="2024-Q1", seed=seed)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("trials", 0), ("trials", 1e5), ("trials", "5"), ("trials", True), ("first_trial", -1), ("block", 0),
        ("keep", {"hhi": 1}), ("keep", 5), ("keep", []), ("keep", ["hhi", 3]), ("quarters", 5), ("engine", 5),
        ("engine", "fast"), ("sampling", 5), ("rules", "x"), ("rules", {"posture.step": 3}), ("until", 5),
        ("until", "hhi@2035 mean +-."), ("workers", 0), ("workers", 1.0), ("out", 5),
    ],
)  # fmt: skip
def test_arguments_of_a_run_are_refused_in_one_line(argument: str, value: Any) -> None:
    with pytest.raises(sim.InputError) as caught:
        sim.run("baseline", **{**FEW, argument: value})
    assert str(caught.value).startswith(argument) and "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [5, None, {"a": 1}, pd.DataFrame({"a": [1]}), ["baseline", 3], b"baseline"])
def test_what_is_no_scenario_is_refused(given: Any) -> None:
    with pytest.raises(sim.InputError, match=r"^scenarios?: "):
        sim.run(given, **FEW)
    with pytest.raises(sim.InputError, match=r"^scenario: "):
        sim.load(given)


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    short = toy(tmp_path / "toy.toml")
    runs = sim.run(short, **{**FEW, "trials": np.int64(2), "seed": np.uint32(3)}, first_trial=np.int8(1))
    assert sim.manifest(runs)["seed"] == 3 and runs.identical(
        sim.run(short, **FEW, seed=3, first_trial=1).assign_attrs(runs.attrs)
    )
    base = sim.load("baseline")
    same = base.override({"demand.caution": np.float64(0.25)}).digest
    assert same == base.override({"demand.caution": np.float32(0.25)}).digest
    assert len(sim.factorial(base, {"demand.caution": np.linspace(0.1, 0.3, 3)})) == 3


def test_a_table_is_a_table_and_a_path_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame({"demand.caution": [0.1, 0.2]})
    assert len(sim.design_table("baseline", table)) == 2
    with pytest.raises(sim.InputError, match="two columns are called"):
        sim.design_table("baseline", pd.concat([table, table], axis=1))
    with pytest.raises(sim.InputError, match=r"is a table of rows.*sim\.design_table"):
        sim.load("baseline").override(table)  # type: ignore[arg-type]
    assert (
        len({each.name for each in sim.factorial("baseline", {"demand.caution": [0.1234567, 0.1234568]})})
        == 2
    )
    toy(tmp_path / "mine.toml")
    monkeypatch.setenv("HOME", str(tmp_path))
    runs = sim.run([Path("~/mine.toml"), toy(tmp_path / "other.toml")], **FEW, out="~/runs.zarr")
    assert (tmp_path / "runs.zarr").is_dir()
    assert list(sim.open("~/runs.zarr").scenario.values) == list(runs.scenario.values)
    assert CliRunner().invoke(program, ["check", "~/mine.toml"]).exit_code == 0


def test_every_door_has_the_same_defaults() -> None:
    for door in (
        sim.run,
        World,
        patterns.report,
        directions.report,
        structure.report,
        waves.run,
        card.of_case,
    ):
        keywords = inspect.signature(door).parameters
        assert keywords["seed"].default == SEED, door
        if "trials" in keywords and door is not sim.run:
            usual = {waves.run: TRIALS_OF_WAVE, card.of_case: TRIALS_OF_ORIGIN}.get(door, TRIALS)
            assert keywords["trials"].default == usual, door
    for name, command in program.commands.items():
        for option in command.params:
            if option.name == "seed":
                assert option.default == SEED, name
            if option.name == "trials" and name in ("search", "spread", "worth"):  # not trials per scenario
                function = inspect.signature(getattr(sim, name)).parameters
                assert option.default == function["trials"].default, name
            elif option.name == "trials" and name not in ("backtest", "calibrate", "extend", "sensitivity"):
                assert option.default == TRIALS, name
    assert options.TRIALS == TRIALS


@pytest.mark.parametrize("text", ["Credit of US$$ 2bn", "$1.5bn and $0.5bn", "a_{b}^c $x", "[red]a[/red]"])
def test_text_in_figures_is_as_written(text: str, tmp_path: Path) -> None:
    with settings.context():
        figure = Figure()
        style.inscribe(figure, text, [text])
        axis = figure.subplots()
        style.panel_title(axis, text)
        axis.set_xlabel(text)
    _, svg = save(figure, tmp_path / "figure")
    assert svg.read_text().count(f">{text}<") == 6  # four in the picture, two in what it is called


def test_a_legend_shows_a_label_with_an_underscore() -> None:
    assert legible("_mine").strip() == "_mine" and legible("mine") == "mine"


def test_fonts_of_the_user_stand_in_and_one_warning_is_given(tmp_path: Path) -> None:
    name = "DejaVu Serif"  # comes with matplotlib, and is none of its defaults for text without serifs
    with matplotlib.rc_context({"font.sans-serif": [name, "Not There"]}), settings.context():
        assert matplotlib.rcParams["font.family"] == [settings.FONT, name]
    with settings.context():
        figure = Figure()
        figure.text(0, 0, "日本の提案")
    with pytest.warns(MissingGlyphs) as caught:
        save(figure, tmp_path / "figure")
    assert len(caught) == 1


def test_a_drawing_error_costs_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sim import plots

    def fails(*_: Any) -> Any:
        raise ValueError("no such\nglyph")
        yield

    monkeypatch.setattr(plots, "gallery", fails)
    files = [toy(tmp_path / f"{name}.toml") for name in ("one", "other")]
    arguments = ["compare", *files, "--trials", "3", "--engine", "numpy", "--out"]
    result = CliRunner().invoke(program, [*arguments, str(tmp_path / "a")])
    assert result.exit_code == 1 and "ValueError: no such glyph" in result.stderr.splitlines()[-1]
    assert sim.open(tmp_path / "a" / "runs.zarr").sizes["trial"] == 3
    assert (tmp_path / "a" / "table.csv").is_file()


@pytest.mark.parametrize("letter", ["\\u001b[31m", "\\u0007", "\\u009b", "\\u202e", "\\u2028"])
def test_what_steers_a_terminal_is_refused(letter: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'title = "A{letter}"\nextends = "baseline"\n')
    with pytest.raises(sim.InputError, match="title: holds the control character U"):
        sim.load(file)
    with pytest.raises(sim.InputError, match="control character"):
        sim.load("baseline").override({"demand.caution": 0.2}, name=letter.encode().decode("unicode_escape"))


def test_a_hostile_name_does_not_reach_the_terminal(tmp_path: Path) -> None:
    result = CliRunner().invoke(program, ["check", str(tmp_path / "\x1b[31mred.toml")])
    assert result.exit_code == 2 and "\x1b" not in result.output


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"title = 0x{'F' * 4000}\n", "more than 64 bits"),
        (
            "title = 't'\nextends = 'baseline'\n[set]\n'grants.osa_budget' = { value = 1, unit = ['a'] }\n",
            "unit",
        ),
        (f"title = 't'\n[set]\n{'a.' * 3000}b = 1\n", "nested"),
    ],
)
def test_strange_files_are_one_line(text: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    result = CliRunner().invoke(program, ["check", str(file)])
    assert result.exit_code == 1 and problem in result.stderr and len(result.stderr.splitlines()) == 1


GOOD = """
[P1]
title = "Share"
evidence = []
statistic = "talks"
targets = [{ label = "l", value = 1, unit = "", rule = "near", tolerance = 0.1, partner = "japan", rung = 3 }]
"""
CERTAIN = '"talks"\ntargets = [{', '"certainty"\ntargets = [{ at = "2027-Q1",'


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("title", "titel", "P1.titel: no such key. Did you mean title"),
        ("value = 1", "value = '1'", r"P1.targets\[1\].value = .*not a number"),
        ("tolerance = 0.1, ", "", r"targets\[1\].tolerance: must be given"),
        (", rung = 3", "", "rung: must be given"),
        ('"japan"', '"japn"', "no such name: .*Did you mean japan"),
        ('"talks"', '"talk"', "no such statistic"),
        ('"near"', '"nearly"', r"targets\[1\].rule"),
        ("[]", '["nope"]', "no such evidence"),
        ("[P1]", "[P1", "not valid TOML"),
        ("rung = 3", "rung = 3, year = -1", r"targets\[1\].year = -1: must be greater"),
        (
            'value = 1, unit = "", rule = "near"',
            'value = 0, unit = "", rule = "sign"',
            "value: has no sign: 0",
        ),
        ('"talks"', '"lumpiness"', "P1.targets: 1 of them do not fit .*in this order: coefficient of var"),
        ("targets = [{", "targets = [] # [{", "P1.targets: 0 of them"),
        (CERTAIN[0], f"{CERTAIN[1]} variable = 'hhi',", r"targets\[1\]: changes nothing"),
        (CERTAIN[0], f"{CERTAIN[1]} variable = 'orders', postures = {{ japan = 1 }},", "variable: has axes"),
    ],
)
def test_patterns_are_read_strictly(old: str, new: str, problem: str, tmp_path: Path) -> None:
    file, case = tmp_path / "patterns.toml", sim.load("baseline").case
    file.write_text(GOOD)
    assert pattern_files.read(replace(case, folder=tmp_path))["P1"]["targets"][0]["rung"] == 3
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(sim.InputError, match=problem) as caught:
        pattern_files.read(replace(case, folder=tmp_path))
    assert str(caught.value).startswith(str(file))


def test_a_pattern_outside_the_run_names_its_file(tmp_path: Path) -> None:
    world, file = sim.load("baseline"), tmp_path / "patterns.toml"
    file.write_text(GOOD.replace(CERTAIN[0], f"{CERTAIN[1]} variable = 'hhi', postures = {{ japan = 1 }},"))
    ended = replace(world.with_horizon("2026-Q4"), case=replace(world.case, folder=tmp_path))
    with pytest.raises(sim.InputError, match=r"patterns\.toml: P1\.targets.*outside the horizon"):
        patterns.report(ended, trials=2)
