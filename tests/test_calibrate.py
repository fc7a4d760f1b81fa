"""Calibration of the shipped case: what it reads, what it compares, and what it leaves behind."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import sim
from sim.analysis.calibrate import checks as calibration_checks
from sim.analysis.calibrate import files as calibration_files
from sim.analysis.calibrate import targets as calibration_targets
from sim.analysis.calibrate import waves as calibrate
from sim.analysis.calibrate.targets import Targets, TargetsTable, from_normal, to_normal
from sim.analysis.validate import patterns
from sim.case import case
from sim.case.case import Case
from sim.cli import sim as program
from sim.files.records import read_toml
from sim.scenario import files as scenario_files
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError, MissingFile, OutsideHorizon, UnknownName


@pytest.fixture(scope="module")
def targets() -> Targets:
    return calibration_targets.load(sim.load("baseline"))


@pytest.fixture(scope="module")
def first(targets: Targets) -> Targets:
    """The first window alone, to save time."""
    table = changed(targets)
    return calibration_targets.of_table(
        calibration_targets.check(TargetsTable, table | {"windows": table["windows"][:1]}, ""), targets.case
    )


@pytest.fixture(scope="module")
def small(first: Targets) -> calibrate.Calibration:
    return calibrate.run(first, trials=300, seed=2, waves=2)


def value(targets: Targets, name: str) -> float:
    return float(targets.recorded()[targets.names().index(name)])


def changed(targets: Targets, **fields: object) -> dict[str, Any]:
    return read_toml(targets.case.folder / calibration_targets.FILE) | fields


def refused(targets: Targets, **fields: object) -> InputError:
    with pytest.raises(InputError) as caught:
        table = calibration_targets.check(TargetsTable, changed(targets, **fields), "calibration.toml")
        calibration_targets.of_table(table, targets.case, "calibration.toml")
    assert "\n" not in str(caught.value)
    return caught.value


def test_targets_on_record(targets: Targets) -> None:
    assert len(targets.names()) == len(targets.recorded()) == 37
    # Own sums over data/deliveries.csv and data/deals.csv.
    assert value(targets, "2011-15 share china") == pytest.approx(0.765, abs=0.005)
    assert value(targets, "2014-18 share china") == pytest.approx(0.682, abs=0.005)
    assert value(targets, "2011-15 root volume") == pytest.approx(1812.48**0.5)
    assert value(targets, "2011-15 root orders") == pytest.approx(32**0.5)
    assert value(targets, "root orders: armour") == pytest.approx(12**0.5)
    assert value(targets, "root orders: uav") == value(targets, "log size: uav") == 0


def test_a_window_after_the_last_year_is_refused(targets: Targets) -> None:
    window = {"scenario": "origin_2018", "start": "2019-Q1", "end": "2023-Q4"}
    error = refused(targets, windows=[window])
    assert isinstance(error, OutsideHorizon)
    assert str(error).startswith('calibration.toml: windows[1].end = "2023-Q4": after last_year.')
    assert targets.table.last_year == 2018
    assert max(each.end for each in targets.windows) == Quarter(2018, 4)


def without_later_years(folder: Path, last: int) -> Case:
    """Return the case with everything after a year changed or, where that year did not know it, left out."""
    shutil.copytree(case.find("bangladesh"), folder)

    def rewrite(name: str, change: object) -> None:
        path = folder / "data" / name
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert callable(change)
        kept = [row for row in map(change, rows) if row is not None]
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows(kept)

    def deal(row: dict[str, str]) -> dict[str, str] | None:
        if int(row["order_year"]) > last:
            return row | {"supplier": "India", "tiv_total_order": "999"}
        years = [year for year in row["delivery_years"].split("; ") if year]
        if any(int(year) > last for year in years):
            row["delivery_years"] = "; ".join(year for year in years if int(year) <= last)
            row["tiv_delivered"] = ""
        return row

    def delivery(row: dict[str, str]) -> dict[str, str] | None:
        return None if int(row["year"]) > last else row

    def window(row: dict[str, str]) -> dict[str, str] | None:
        return row | {"deals": "1"} if int(row["window"][-4:]) > last else row

    def votes(row: dict[str, str]) -> dict[str, str] | None:
        return row | {"ideal_point_fp": "3"} if int(row["year"]) > last and row["country"] != "China" else row

    for name, change in (
        ("deals.csv", deal),
        ("deliveries.csv", delivery),
        ("world_orders.csv", window),
        ("ideal_points.csv", votes),
    ):
        rewrite(name, change)
    return case.load(folder)


def test_nothing_after_the_last_year_is_read(targets: Targets, tmp_path: Path) -> None:
    other = calibration_targets.load(without_later_years(tmp_path / "bangladesh", 2018))
    assert other.case.digest != targets.case.digest
    assert np.array_equal(other.recorded(), targets.recorded())
    last = replace(targets, windows=targets.windows[-1:]), replace(other, windows=other.windows[-1:])
    assert np.array_equal(*(each.simulated(0, 9, 5) for each in last))
    # The same with an earlier year does change something, so the comparison can fail.
    earlier = calibration_targets.load(without_later_years(tmp_path / "earlier", 2016))
    assert not np.array_equal(earlier.recorded(), targets.recorded())


def test_trials_are_keyed(first: Targets) -> None:
    whole, part = first.simulated(0, 12, 3), first.simulated(7, 5, 3)
    assert np.array_equal(whole[:, 7:], part)
    assert np.isfinite(whole).all()


def test_revisions_move_shares_and_volumes_by_their_spread(targets: Targets) -> None:
    trials = 4000
    delivered = np.ones((5, len(targets.case.suppliers), trials))
    revised = targets._revised(delivered, 0, 1, 0)
    leader = targets.case.suppliers.index("china")
    share = revised[:, leader].sum(axis=0) / revised.sum(axis=(0, 1))
    assert share.std() == pytest.approx(0.016, rel=0.05)
    assert np.log(revised.sum(axis=(0, 1))).std() == pytest.approx(0.03, rel=0.05)
    alone = np.zeros_like(delivered)
    alone[:, leader] = 1.0
    again = targets._revised(alone, 0, 1, 0)
    assert (again.sum(axis=(0, 1)) > 0).all() and not np.delete(again, leader, axis=1).any()


def test_normal_scores_stay_within_bounds_and_come_back(targets: Targets) -> None:
    scores = np.array([-9.0, -1.0, 0.0, 2.0, 9.0])
    for element in targets.elements:
        values = from_normal(element, scores)
        low, high = element.bounds
        assert (low <= values).all() and (values <= high).all() and (np.diff(values) >= 0).all()
        assert to_normal(element, values[1:4]) == pytest.approx(scores[1:4], abs=1e-6)


def test_scores_of_trials_are_standard_normal(targets: Targets) -> None:
    scores = targets.normal_scores(0, 2000, 1)
    assert scores.shape == (len(targets.elements), 2000)
    assert np.abs(scores.mean(axis=1)).max() < 4.5 / 2000**0.5
    assert np.abs(scores.std(axis=1) - 1).max() < 0.1


def test_a_calibration_is_the_same_each_time(first: Targets, small: calibrate.Calibration) -> None:
    again = calibrate.run(first, trials=300, seed=2, waves=2)
    assert np.array_equal(again.sample.scores, small.sample.scores)
    assert all(np.array_equal(again.columns(9)[key], values) for key, values in small.columns(9).items())
    other = calibrate.run(first, trials=300, seed=3, waves=1)
    assert not np.array_equal(other.waves[0].scores, small.waves[0].scores)


def test_waves_come_nearer_and_say_so(small: calibrate.Calibration) -> None:
    one, second = small.waves
    assert one.proposal is None and second.proposal is not None
    assert 0 < one.plausible <= 1
    assert 1 <= second.sample.effective_size <= len(second.sample.weights)
    # The second wave's parameters are those of the proposal, not of the prior.
    chosen = second.proposal.chosen
    assert len(chosen) and np.abs(second.proposal.mean).max() > 0.5
    assert np.corrcoef(second.scores[chosen].mean(axis=1), second.proposal.mean)[0, 1] > 0.9


def test_the_folder_of_a_calibration(small: calibrate.Calibration, tmp_path: Path) -> None:
    columns = {small.learned[0].key: np.array([0.4, 0.5]), small.learned[1].key: np.array([0.1, 0.2])}
    checks, predicted = calibration_checks.check_predictions(small, columns, 40)
    # The first wave is cut; what is shown as the prior is not.
    assert small.waves[0].statistics.shape[1] < 300
    before = small.targets.simulated(0, 300, small.seed)
    assert [each.prior_mean for each in checks] == pytest.approx(before.mean(axis=1))
    verdicts, ranks = calibration_checks.check_ranks(small, simulated=50, draws=9)
    assert ranks.shape == (len(small.learned), 50) and ranks.min() >= 0 and ranks.max() <= 9
    calibration_files.write(tmp_path, small, columns, checks, verdicts)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == 2 and manifest["rows"] == 2 and manifest["last_year"] == 2018
    assert [each["end"] for each in manifest["windows"]] == ["2010-Q4"]
    assert len(manifest["informed"]) + len(manifest["not_informed"]) == len(small.learned)
    assert any("Trade Register" in each for each in manifest["data"])
    learned = sim.load("baseline").with_posterior(tmp_path / "posterior.csv")
    assert learned.posterior is not None and list(learned.posterior.columns) == list(columns)
    tree = calibration_files.for_arviz(small, columns, predicted)
    assert set(tree["posterior"].data_vars) == set(columns)
    assert tree["observed_data"]["statistics"].sizes["statistic"] == 25


@pytest.mark.parametrize(
    ("fields", "error", "says"),
    [
        ({"suppliers": ["chine"]}, UnknownName, "Did you mean china?"),
        (
            {"parameters": {"calibrated": ["demand.dispersio"]}},
            UnknownName,
            "Did you mean demand.dispersion?",
        ),
        ({"windows": []}, InputError, "windows"),
        ({"suppliers": ["china", "china"]}, InputError, "suppliers: named twice"),
        ({"parameters": {"calibrated": []}}, InputError, "parameters.calibrated: names no parameter"),
        ({"parameters": {"calibrated": ["grants.osa_budget"]}}, InputError, "not as uncertain"),
        ({"priors": {"demand.cautoin": 1}}, UnknownName, "priors.demand.cautoin: no such parameter"),
        (
            {"windows": [{"scenario": "nope", "start": "2006-Q1", "end": "2010-Q4"}]},
            UnknownName,
            "windows[1].scenario: no such scenario",
        ),
    ],
)
def test_mistakes_are_one_line(
    targets: Targets, fields: dict[str, object], error: type[InputError], says: str
) -> None:
    found = refused(targets, **fields)
    assert isinstance(found, error) and says in str(found)


def test_a_case_without_targets_is_one_line() -> None:
    toy = case.load(Path(__file__).parent / "cases" / "archipelago")
    with pytest.raises(MissingFile, match=r"calibration\.toml: no such file"):
        calibration_targets.load(toy)


@pytest.mark.long
def test_the_command_writes_and_shows(
    first: Targets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration_targets, "load", lambda _: first)
    kept_out = patterns.Result("P1", "Share: 2016-20", "share", 0.7, 0.6, 0.01, 0.5, 0.8, "", "pass", ())
    monkeypatch.setattr(patterns, "report", lambda *_, only, **__: [kept_out] if "P1" in only else [])
    out = str(tmp_path / "learned")
    shown = CliRunner().invoke(
        program,
        ["calibrate", "--trials", "6000", "--rows", "20", "--simulated", "50", "--out", out, "--arviz"],
    )
    assert shown.exit_code in (0, 1), shown.output
    for text in (
        "Not informed: keeps its prior",
        "Simulation-based calibration",
        "Kept out",
        "2006-10 share china",
    ):
        assert text in shown.output
    assert sorted(path.name for path in Path(out).iterdir()) == [
        "manifest.json",
        "posterior.csv",
        "posterior.zarr",
    ]
    with xr.open_datatree(Path(out) / "posterior.zarr", engine="zarr", consolidated=False) as tree:
        assert tree["posterior"].sizes["draw"] == 20
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.util, "find_spec", lambda _: None)
        missing = CliRunner().invoke(program, ["calibrate", "--arviz", "--out", f"{out}2"])
    assert missing.exit_code == 2 and "pip install 'hedgesim[calibrate]'" in missing.stderr
    again = CliRunner().invoke(program, ["calibrate", "--trials", "500", "--out", out])
    assert again.exit_code == 2 and "already exists" in again.stderr


@pytest.mark.long
def test_where_nothing_is_learned_there_is_no_posterior(
    first: Targets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration_targets, "load", lambda _: first)
    monkeypatch.setattr(calibrate.Learned, "is_informed", False)
    out = tmp_path / "learned"
    asked = ["calibrate", "--trials", "500", "--simulated", "50", "--out", str(out), "--arviz"]
    shown = CliRunner().invoke(program, asked)
    assert shown.exit_code == 1, shown.output
    assert shown.stderr.endswith("Run more trials.\n")
    assert [path.name for path in out.iterdir()] == ["manifest.json"]
    assert CliRunner().invoke(program, [*asked, "--force"]).exit_code == 1


SHIPPED = scenario_files.directory() / "posteriors" / "2018"


def test_the_shipped_posterior_is_that_of_the_present_priors(targets: Targets) -> None:
    manifest = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["last_year"] == 2018
    assert all(each["end"] <= "2018-Q4" for each in manifest["windows"])
    now = {element.key: calibration_targets.describe(element) for element in targets.elements}
    listed = manifest["informed"] + manifest["not_informed"]
    assert {each["key"]: each["prior"] for each in listed} == now, "run sim calibrate anew"
    recorded = dict(zip(targets.names(), targets.recorded(), strict=True))
    assert manifest["targets"] == pytest.approx(recorded, abs=1e-4)


def test_the_shipped_scenario_draws_from_it() -> None:
    calibrated, baseline = sim.load("calibrated"), sim.load("baseline")
    manifest = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))
    assert calibrated.posterior is not None
    assert list(calibrated.posterior.columns) == [each["key"] for each in manifest["informed"]]
    assert calibrated.posterior.n_rows == manifest["rows"] <= 1000
    assert (SHIPPED / "posterior.csv").stat().st_size < 300_000
    assert calibrated.digest != baseline.digest
    for key, element in baseline.parameters.items():
        is_learned = key in calibrated.posterior.columns
        assert (calibrated.parameters[key].distribution == element.distribution) != is_learned
