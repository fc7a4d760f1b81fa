"""Stored runs on the command line, and trials as a long table."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner

import plans
import sim
from sim import plots
from sim.cli import sim as program
from sim.scenario import record as scenario_record
from sim.vocabulary import errors

YEARS = [2020, 2021]


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    one, other = (plans.scenario("archipelago", n_steps=8, name=name) for name in ("one", "other"))
    keep = ["supplier_share", "hhi", "relation", "capability"]
    return sim.run([one, other], trials=6, keep=keep, workers=1)


@pytest.fixture(scope="module")
def path(runs: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(sim.save(runs, tmp_path_factory.mktemp("stored") / "runs.zarr"))


def call(*arguments: str) -> str:
    result = CliRunner().invoke(program, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def drawn(runs: xr.Dataset) -> Iterator[str]:
    """Yield the names of the figures of a result, as they are drawn: only as far as one is looked for."""
    return (name for name, _ in plots.gallery(runs))


def test_a_long_table_has_every_number_once(runs: xr.Dataset) -> None:
    table = sim.long_table(runs, years=YEARS)
    cells = sum(runs[name].isel(time=[3, 7]).size for name in runs.data_vars)
    assert len(table) == cells
    assert list(table.columns) == ["scenario", "quarter", "trial", "variable", "label", "value"]
    actor, partner = (str(runs[dim].values[1]) for dim in ("actor", "partner"))
    row = table.query(
        "scenario == 'other' and quarter == '2021-Q4' and trial == 3 and variable == 'relation' "
        f"and label == '{actor}.{partner}'"
    )
    cell = runs["relation"].sel(scenario="other", actor=actor, partner=partner, trial=3).isel(time=7)
    assert row["value"].tolist() == [float(cell)]
    assert set(table.query("variable == 'hhi'")["label"]) == {""}
    by_trial = table.query("variable == 'hhi' and quarter == '2021-Q4' and scenario == 'one'")
    assert by_trial["value"].tolist() == runs["hhi"].sel(scenario="one").isel(time=7).values.tolist()


def test_a_table_that_does_not_fit_is_refused(runs: xr.Dataset) -> None:
    with pytest.raises(sim.InputError, match="would make 12 rows, more than 11"):
        sim.long_table(runs, ["hhi"], most=11)
    with pytest.raises(sim.InputError, match="hhi"):
        sim.long_table(runs, ["hhy"])
    with pytest.raises(sim.InputError, match="2020 to 2021"):
        sim.long_table(runs, years=[2030])


def test_a_stored_run_is_shown_with_its_answers(path: str) -> None:
    shown = " ".join(call("show", path).split())
    assert "one (one), other (other)" in shown and "6, seed 1" in shown
    assert "the same in “other” and “one” in every trial" in shown
    table = json.loads(call("show", path, "--json", "--years", "2021", "--reference", "other"))
    assert table["answers"] and {row["reference"] for row in table["table"]} == {None, "other"}


def test_only_the_variables_asked_for_are_shown_and_the_answer_is_about_the_first(
    path: str, runs: xr.Dataset
) -> None:
    shown = json.loads(call("show", path, "--variables", "relation,hhi", "--json"))
    pairs = runs.sizes["actor"] * runs.sizes["partner"]
    measures = list(dict.fromkeys(each["measure"] for each in shown["table"]))
    assert [each.split(".")[0] for each in measures] == ["relation"] * pairs + ["hhi"]
    assert "relation between two states" in shown["answers"][0]
    refused = CliRunner().invoke(program, ["show", path, "--variables", "relatoin"])
    assert refused.exit_code == 2 and "relation" in refused.stderr


def test_a_stored_run_is_compared_as_if_it_were_run_now(path: str, tmp_path: Path) -> None:
    assert "the same in “other” and “one” in every trial" in " ".join(call("compare", path).split())
    table = json.loads(call("compare", path, "--out", str(tmp_path / "out"), "--figures", "none", "--json"))
    assert table["answers"] == json.loads(call("show", path, "--json"))["answers"]
    assert {each.name for each in (tmp_path / "out").iterdir()} >= {
        "runs.zarr",
        "table.csv",
        "differences.csv",
    }
    refused = CliRunner().invoke(program, ["compare", path, "--trials", "9"])
    assert refused.exit_code == 2 and "--trials: " in refused.stderr and "finished run" in refused.stderr


def test_a_store_lists_what_it_holds_in_one_order(path: str) -> None:
    opened = [list(map(str, sim.open(path).variables)) for _ in range(3)]
    assert opened == [opened[0]] * 3
    names = list(map(str, sim.open(path).data_vars))
    assert names == sorted(names)


def test_a_table_is_written_whole(path: str, runs: xr.Dataset, tmp_path: Path) -> None:
    out = tmp_path / "trials.csv"
    call("table", path, "--variables", "hhi", "--out", str(out))
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 12 and float(rows[0]["value"]) == pytest.approx(float(runs["hhi"][0, -1, 0]))
    assert len(pd.read_csv(out)) == 12
    assert "12 rows" in call("table", path, "--variables", "hhi")
    refused = CliRunner().invoke(program, ["table", path, "--out", str(tmp_path / "trials.xls")])
    assert refused.exit_code == 2 and ".csv or a .parquet" in refused.stderr


def test_figures_of_a_stored_run_are_drawn(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = plots.gallery
    monkeypatch.setattr(plots, "gallery", lambda *arguments: islice(everything(*arguments), 1))
    said = call("plot", path, "--out", str(tmp_path / "figures"))
    assert "supplier_share" in said
    assert {each.suffix for each in (tmp_path / "figures").iterdir()} == {".png", ".svg"}


def test_figures_of_the_variables_asked_for_are_drawn_and_of_what_the_scenarios_look_at(
    path: str, tmp_path: Path
) -> None:
    call("plot", path, "--out", str(tmp_path / "asked"), "--variables", "hhi")
    names = {each.stem for each in (tmp_path / "asked").iterdir()}
    assert names == {"hhi", "hhi.difference"}
    refused = CliRunner().invoke(program, ["plot", path, "--out", str(tmp_path / "no"), "--variables", "hhy"])
    assert refused.exit_code == 2 and "hhi" in refused.stderr and not (tmp_path / "no").exists()
    base = plans.scenario("archipelago", n_steps=4, name="base")
    other = replace(base, name="other", look_at=("autonomy",))
    watched = sim.run([base, other], trials=2, keep=["supplier_share", "autonomy"], workers=1)
    assert "autonomy.difference" in drawn(watched)
    assert "autonomy" in drawn(watched.sel(scenario=["other"]))
    assert "autonomy" not in drawn(watched.sel(scenario=["base"]))


@pytest.mark.parametrize(
    "error",
    [
        errors.Contradiction("", "scenarios.one", "the case has changed since", "Run it anew."),
        pytest.param(
            errors.MissingFile("scenarios.one", "", "the case is gone", "Give its folder."),
            marks=pytest.mark.long,
        ),
    ],
)
def test_what_was_run_with_another_case_is_read_all_the_same(
    error: sim.InputError, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: object) -> None:
        raise error

    everything = plots.gallery
    monkeypatch.setattr(plots, "gallery", lambda *arguments: islice(everything(*arguments), 1))
    shown = call("show", path)
    monkeypatch.setattr(scenario_record, "restore", changed)
    with pytest.raises(type(error), match="the case"):
        sim.scenarios_of(sim.open(path))
    assert call("show", path) == shown and call("table", path, "--years", "2021")
    figures = CliRunner().invoke(
        program, ["plot", path, "--out", str(tmp_path / "figures"), "--figures", "main"]
    )
    assert figures.exit_code == 0 and figures.stderr.startswith("Without the record: scenarios.one: the case")


def test_a_picture_says_which_case_and_scenarios_it_shows(runs: xr.Dataset) -> None:
    made = sim.manifest(runs)
    one, other = (each["digest"][:8] for each in made["scenarios"].values())
    case = f"case {made['case_digest'][:8]}"
    said = "\n".join(text.get_text() for text in plots.overlay(runs, "hhi").figure.texts)
    assert f"{case}; scenarios {one}, {other}" in said.replace("\n", " ")
    alone = plots.overlay(runs.sel(scenario=["other"]), "hhi").figure
    assert f"{case}; scenario {other}" in " ".join(text.get_text().replace("\n", " ") for text in alone.texts)


def test_the_record_is_drawn_whenever_a_run_is_plotted(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []
    monkeypatch.setattr(plots, "gallery", lambda _, history, *__: given.append(history) or iter(()))
    CliRunner().invoke(program, ["plot", path, "--out", str(tmp_path / "figures")])  # refused: nothing drawn
    assert "supplier_share" in given[0]


def test_a_summary_is_shown_by_what_it_keeps(tmp_path: Path) -> None:
    base = plans.scenario("archipelago", n_steps=4)
    sim.run(base, trials=8, keep=["hhi"], summary=True, out=tmp_path / "s.zarr", workers=1)
    assert "statistics" in call("show", str(tmp_path / "s.zarr"))
    refused = CliRunner().invoke(program, ["table", str(tmp_path / "s.zarr")])
    assert refused.exit_code == 2 and "trial" in refused.stderr
