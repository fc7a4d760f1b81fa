"""Panels of back-tests: scores from distances, pools learned on the past alone, and two versions compared."""

from __future__ import annotations

import csv
import dataclasses
import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tomli_w
import xarray as xr
from click.testing import CliRunner
from scipy.stats import poisson
from scoringrules import crps_ensemble, es_ensemble

import sim
from sim.analysis.validate.backtest import (
    base_rates,
    calibration,
    card,
    distances,
    forecast,
    frozen,
    panel,
    panel_form,
    panel_scores,
    stacking,
)
from sim.analysis.validate.backtest.panel import SOURCES
from sim.cli import sim as program
from sim.importers import registers
from sim.runs.trials import Execution
from sim.vocabulary.errors import Contradiction, InputError, OutOfBounds, OutsideHorizon
from test_backtest import LONG
from test_registers import as_deals

TRIALS = 16
ALONE = Execution(workers=1, engine="numpy")


def two_importers(folder: Path) -> Path:
    """Write a register of two importers, of which one buys what the other does, four times as large."""
    header, *rows = as_deals(LONG).splitlines()
    larger = []
    for row in rows:
        cells = row.replace("Utopia", "Arcadia").split(",")
        cells[8:10] = [str(4.0 * float(cell)) for cell in cells[8:10]]
        larger.append(",".join(cells))
    path = folder / "two.csv"
    path.write_text("\n".join([header, *rows, *larger]) + "\n")
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_importers(tmp_path_factory.mktemp("panel"))


@pytest.fixture(scope="module")
def made(file: Path) -> xr.Dataset:
    return panel.panel(registers.read_all(file), [1990, 2006], TRIALS, length=5, execution=ALONE)


def rows_of(made: xr.Dataset, **where: Any) -> np.ndarray:
    chosen = np.ones(made.sizes["row"], dtype=bool)
    for name, value in where.items():
        chosen &= made[name].values == value
    return chosen


def test_scores_follow_from_distances() -> None:
    random = np.random.default_rng(1)
    samples = [random.normal(size=70), np.round(random.normal(size=40)), None, np.array([2.0])]
    value = 1.0
    its = distances.of_numbers(samples, value)
    for k, each in enumerate(samples):
        if each is None:
            assert np.isnan([its.to_record[k], its.below[k], *its.between[k], *its.quantiles[k]]).all()
            continue
        assert its.to_record[k] - its.between[k, k] / 2 == pytest.approx(crps_ensemble(value, each))
        assert its.below[k] == np.mean(each < value) and its.upto[k] == np.mean(each <= value)
        for j, other in enumerate(samples):
            if other is not None:
                assert its.between[k, j] == pytest.approx(np.abs(each[:, None] - other).mean())
    shares = [random.dirichlet((1, 2, 3), 30).T, random.dirichlet((3, 2, 1), 20).T]
    record = np.array([0.5, 0.2, 0.3])
    its = distances.of_compositions([*shares, None], record)
    for k, each in enumerate(shares):
        exact = es_ensemble(record, np.ascontiguousarray(each.T))
        assert its.to_record[k] - its.between[k, k] / 2 == pytest.approx(exact)


def test_a_panel_scores_as_a_back_test_does(made: xr.Dataset, file: Path) -> None:
    (test,) = card.of_register(registers.read(file, "Arcadia"), (2006,), TRIALS, execution=ALONE)
    score = panel_scores.scores(made)
    names = {"leader_share": ("leader_share", ""), "total_tiv": ("total_tiv", ""), "n_deals": ("n_deals", "")}
    names |= {f"tiv.{2006 + k}": ("annual_tiv", str(k + 1)) for k in range(5)}
    for source in ("model", "bootstrap", "order_book"):
        by_target = {each.target: each for each in test.of(source)}
        for name, (target, part) in names.items():
            (row,) = np.flatnonzero(rows_of(made, importer="arcadia", target=target, part=part))
            column = list(made["source"].values).index(source)
            assert score[row, column] == pytest.approx(by_target[name].crps), (source, name)
            assert made["value"].values[row] == pytest.approx(by_target[name].value)
    orders = rows_of(made, importer="arcadia", target="supplier_of_order")
    assert orders.sum() == test.n_deals_scored == 7
    for column, source in enumerate(("model", "no_change")):
        assert score[orders, column].mean() == pytest.approx(test.log_score[source])
    whole = rows_of(made, importer="arcadia", target="composition")
    assert score[whole, 0] == pytest.approx(test.energy["model"])


def test_an_origin_that_cannot_be_scored_is_named(made: xr.Dataset, file: Path) -> None:
    left_out = panel_form.about(made)["left_out"]
    assert [each[:2] for each in left_out] == [["arcadia", 1990], ["utopia", 1990]]
    assert set(made["origin"].values) == {2006}
    with pytest.raises(OutsideHorizon, match="none can be scored"):
        panel.panel(registers.read_all(file), [2012], TRIALS, execution=ALONE)
    with pytest.raises(OutOfBounds, match="whole windows"):
        panel.panel(registers.read_all(file), [2006], TRIALS, length=7, execution=ALONE)


def test_base_rates_are_of_other_importers_and_of_the_past(file: Path) -> None:
    whole = registers.read_all(file)
    courses = [each for its in whole for each in base_rates.courses(its, 5, 10)]
    assert {each.ahead for each in courses} == {5, 10}
    # First origin five years after the first order of 1995; deliveries reach to 2013.
    assert sorted(each.known for each in courses if each.recipient == "Utopia" and each.ahead == 5) == list(
        range(2005, 2015)
    )
    past = {"total_tiv": 100.0, "n_deals": 8.0}
    said = base_rates.samples(base_rates.known(courses, "Utopia", 2014, 5), past)
    own = [each for each in courses if each.recipient == "Arcadia" and each.ahead == 5]
    assert said["leader_share"] == pytest.approx([each.values["leader_share"] for each in own])
    assert said["total_tiv"] == pytest.approx([100.0 * each.values["total_tiv"] for each in own])
    assert not base_rates.known(courses, "Utopia", 2010, 5), "too few windows were over"
    # Who bought from whom four times as much has the same shares.
    same = [each for each in courses if each.recipient == "Utopia" and each.ahead == 5]
    assert [each.values["hhi"] for each in own] == pytest.approx([each.values["hhi"] for each in same])


def invented_cell(job: Any, random: np.random.Generator | None = None, spread: float = 1.0) -> panel._Cell:
    """Return one importer's rows at an origin: normal records, and a model with that spread or another."""
    random = random or np.random.default_rng(0)
    rows = []
    for learned, followers in stacking.GROUPS.values():
        for target in (*learned, *followers):
            value = float(random.normal())
            model = spread * random.normal(size=60)
            wide, far = 6.0 * random.normal(size=60), 5.0 + random.normal(size=60)
            samples = [model, far, far, wide, far, np.array([5.0]), None]
            chance = np.array([0.4, 0.1, *[np.nan] * 5])
            is_plain = target not in (*panel_scores.EVENTS, "supplier_of_order")
            its = distances.of_numbers(samples if is_plain else [None] * 7, value)
            said = np.full(7, np.nan) if is_plain else chance
            rows.append(panel._Row(5, target, "", value if is_plain else 1.0, said, its))
    return panel._Cell(job.whole.recipient, job.year, tuple(rows))


@cache
def invented(spread: float = 1.0, origins: range = range(1990, 2004), seed: int = 3) -> xr.Dataset:
    """Return a panel of three importers, with cells as above."""
    random = np.random.default_rng(seed)
    cells = [
        invented_cell(SimpleNamespace(whole=SimpleNamespace(recipient=importer), year=year), random, spread)
        for importer in ("a", "b", "c")
        for year in origins
    ]
    about = {"trials": 60, "seed": seed, "window": 5, "years": 5, "left_out": [], "registers": {}}
    return panel._dataset(cells, about)


@pytest.fixture(scope="module")
def records() -> xr.Dataset:
    return stacking.add(invented())


def test_a_pool_has_the_score_of_its_samples_together() -> None:
    random = np.random.default_rng(2)
    one, other = random.normal(size=50), 2.0 + random.normal(size=50)
    its = distances.of_numbers([one, other], 0.3)
    weights = np.array([0.5, 0.5])
    pooled = weights @ its.to_record - weights @ its.between @ weights / 2
    assert pooled == pytest.approx(crps_ensemble(0.3, np.concatenate([one, other])))
    # With other weights: those of repeated samples.
    weights = np.array([0.75, 0.25])
    pooled = weights @ its.to_record - weights @ its.between @ weights / 2
    assert pooled == pytest.approx(crps_ensemble(0.3, np.concatenate([one, one, one, other])))


def test_weights_go_to_what_was_right(records: xr.Dataset) -> None:
    for group in ("shares", "amounts", "newcomers"):
        weights = stacking.of(records, "stacked", group, 5, 2020)
        assert weights.sum() == pytest.approx(1.0)
        assert weights[0] > 0.9, group
    rules = stacking.of(records, "stacked_rules", "shares", 5, 2020)
    assert rules[SOURCES.index("bootstrap")] > 0.9 and rules[0] == 0.0
    # Of two chances of the same orders the larger one is right, every time.
    assert stacking.of(records, "stacked", "orders", 5, 2020)[:2] == pytest.approx([1.0, 0.0], abs=1e-3)
    chance = np.array([[0.5, 0.1], [0.1, 0.4], [0.2, 0.3]])
    grid = np.linspace(0.0, 1.0, 2001)
    best = grid[np.argmax([np.log(chance @ [w, 1 - w]).sum() for w in grid])]
    assert stacking._most_likely(chance)[0] == pytest.approx(best, abs=2e-3)


def test_the_weights_of_a_grid_are_the_best() -> None:
    its = distances.of_numbers([np.array([0.0, 1.0]), np.array([3.0, 4.0])], 2.0)
    weights = stacking._least(its.to_record, its.between)
    grid = np.linspace(0.0, 1.0, 2001)
    pairs = np.stack([grid, 1.0 - grid], axis=1)
    pooled = pairs @ its.to_record - np.einsum("ij,jk,ik->i", pairs, its.between, pairs) / 2
    assert weights[0] == pytest.approx(grid[pooled.argmin()], abs=1e-3)


def test_weights_know_nothing_of_windows_that_are_not_over(records: xr.Dataset) -> None:
    plain = invented()
    later = plain.copy(deep=True)
    changed = plain["origin"].values + 5 > 2000
    later["to_record"].values[changed] += 100.0 * np.arange(7)[::-1]
    later["chance"].values[changed] = 0.001
    for name in ("stacked", "stacked_rules"):
        for group in stacking.GROUPS:
            one, other = (stacking.of(each, name, group, 5, 2000) for each in (plain, later))
            assert (one == other).all(), (name, group)
    one, other = (stacking.of(each, "stacked", "shares", 5, 2010) for each in (plain, later))
    assert (one != other).any()
    # Until enough windows are over: half and half.
    first = stacking.of(plain, "stacked", "shares", 5, 1995)
    assert first[[0, SOURCES.index("bootstrap")]] == pytest.approx([0.5, 0.5])
    score = panel_scores.table(records)["score"].sel(ahead=5, target="leader_share")
    assert score.sel(source="stacked") < score.sel(source="stacked_rules")


def test_calibration_of_a_right_and_of_a_narrow_forecast(records: xr.Dataset) -> None:
    found = panel_scores.table(records).sel(ahead=5, target="hhi")
    narrow = panel_scores.table(invented(0.2)).sel(ahead=5, target="hhi", source="model")
    assert found["coverage_90"].sel(source="model") == pytest.approx(0.9, abs=0.1)
    assert narrow["coverage_90"] < 0.45
    for its in (found.sel(source="model"), narrow):
        assert float(its["pit"].sum()) == pytest.approx(1.0)
    assert narrow["pit"].values[[0, -1]].sum() > 0.5
    assert calibration.histogram(np.array([0.2, 1.0]), np.array([0.4, 1.0])) == pytest.approx(
        [0, 0, 0.25, 0.25, 0, 0, 0, 0, 0, 0.5]
    )


@pytest.mark.parametrize("mean", [0.3, 2.0, 14.0])
def test_a_right_forecast_of_a_count_has_the_coverage_that_it_says(mean: float) -> None:
    count = np.arange(100)
    chance, upto = poisson.pmf(count, mean), poisson.cdf(count, mean)
    below = np.concatenate([[0.0], upto[:-1]])
    for width in calibration.INTERVALS:
        assert chance @ calibration.coverage(below, upto, width) == pytest.approx(width, abs=1e-9)
        assert chance @ calibration.held(below, upto, width) > width + 0.01
    # Half of the mass at the record lies beyond the middle nine tenths; without mass, in or out.
    span = np.array([0.9, 0.95, 0.951]), np.array([1.0, 0.95, 0.951])
    assert calibration.coverage(*span, 0.9) == pytest.approx([0.5, 1.0, 0.0])
    assert list(calibration.held(*span, 0.9)) == [True, True, False]


def test_a_panel_says_what_its_intervals_cover_and_what_they_hold() -> None:
    # Ten records of a count that is 0 or 1, each as likely as forecast: all within both intervals.
    samples = np.array([0.0] * 7 + [1.0] * 3)
    rows = [
        panel._Row(
            5,
            "n_new_suppliers",
            "",
            value,
            np.full(7, np.nan),
            distances.of_numbers([samples, *[None] * 6], value),
        )
        for value in samples
    ]
    cells = [panel._Cell(importer, 2000 + k, (row,)) for importer in ("a", "b") for k, row in enumerate(rows)]
    about = {"trials": 10, "seed": 1, "window": 5, "years": 5, "left_out": [], "registers": {}}
    made = panel._dataset(cells, about)
    its = panel_scores.table(made).sel(ahead=5, target="n_new_suppliers", source="model")
    assert float(its["coverage_90"]) == pytest.approx(0.9) and float(its["held_90"]) == 1.0
    assert float(its["coverage_50"]) == pytest.approx(0.5) and float(its["held_50"]) == 1.0
    # Both importers are alike, so the interval of their mean is a point.
    assert [float(its[f"coverage_90_{end}"]) for end in ("low", "high")] == pytest.approx([0.9, 0.9])


def test_intervals_are_clustered_by_importer() -> None:
    gaps = np.array([1.0, 3.0, 5.0, np.nan, 7.0])
    mean, low, high = panel_scores.clustered(gaps, np.array(["a", "a", "b", "b", "c"]))
    # Sums of what is left over clusters: -4, 1 and 3; their root mean square with 3/2, over four rows.
    error = np.sqrt(1.5 * (16 + 1 + 9)) / 4
    assert mean == 4.0
    assert high - mean == pytest.approx(4.302653 * error, rel=1e-6)
    assert mean - low == pytest.approx(high - mean)
    # Origins of one importer that say the same are one piece of evidence.
    often = panel_scores.clustered(np.tile([1.0, 3.0], 50), np.tile(["a", "b"], 50))
    assert often == pytest.approx(panel_scores.clustered(np.array([1.0, 3.0]), np.array(["a", "b"])))
    assert np.isnan(panel_scores.clustered(gaps, np.array(["a"] * 5))[1:]).all()


def test_which_of_two_versions_is_better(records: xr.Dataset) -> None:
    worse = stacking.add(invented(8.0))
    found = sim.compare_panels(records, worse)
    its = found.sel(ahead=5, target="hhi")
    score = [float(panel_scores.table(each)["score"].sel(ahead=5, target="hhi", source="model"))
             for each in (records, worse)]  # fmt: skip
    assert float(its["difference"]) == pytest.approx(score[1] - score[0])
    assert its["low"] > 0 and panel_scores.verdict(float(its["low"]), float(its["high"])) == "before"
    assert "worse after: leader_share +" in panel_scores.sentences(found)[0]
    assert panel_scores.sentences(sim.compare_panels(records, records))[0].startswith("To 5 years, the same:")
    part = records.isel(row=records["origin"].values < 2000)
    fewer = sim.compare_panels(part, records)
    assert int(fewer["rows"].sum()) == part.sizes["row"]
    assert "only one of the two has" in panel_scores.sentences(fewer)[-1]
    other = records.copy(deep=True)
    other["value"].values[3] += 1.0
    with pytest.raises(Contradiction, match="different records, as of a at 1990"):
        sim.compare_panels(records, other)
    with pytest.raises(Contradiction, match="no number is in both"):
        sim.compare_panels(records.isel(row=slice(0, 5)), records.isel(row=slice(5, None)))
    with pytest.raises(sim.InputError, match="no such forecast in the panel"):
        sim.compare_panels(records, records, "modl")


def test_reliability_counts_what_came_about(records: xr.Dataset) -> None:
    changed = records.copy(deep=True)
    is_event = changed["target"].values == "top_half"
    changed["value"].values[is_event] = np.arange(is_event.sum()) % 4 == 0
    its = panel_scores.reliability(changed).sel(ahead=5, target="top_half")
    assert list(its["rows"].values) == [0, 0, 42, 0, 0]
    assert float(its["forecast"].isel(bin=2)) == pytest.approx(0.4)
    assert float(its["observed"].isel(bin=2)) == pytest.approx(11 / 42)
    # Their Brier score, by hand.
    score = panel_scores.table(changed)["score"].sel(ahead=5, target="top_half", source="model")
    assert float(score) == pytest.approx((11 * 0.6**2 + 31 * 0.4**2) / 42)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(program, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_a_panel_is_stored_read_and_compared(
    made: xr.Dataset, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "panel", lambda *_: made)
    out = tmp_path / "panel"
    given = ("backtest", "--panel", str(file), "--origins", "1990:2006:16", "--out", str(out))
    code, text, error = run(*given)
    assert code == 0
    assert "share of the leader at the origin" in text and "Years 1 to 5" in text
    assert error.splitlines()[0] == "Left out, no deal of Arcadia is known before it: 1 (arcadia 1990)."
    xr.testing.assert_identical(sim.open(out / "panel.zarr").load(), made)
    with (out / "scores.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["source"] for row in rows} >= {"model", "stacked", "stacked_rules"}
    assert (out / "report.md").read_text() == text[: text.rindex(str(out / "panel.zarr"))]
    weights = stacking.read(out / "weights.toml")
    assert weights == stacking.latest(made) and weights["known_before"] == 2011
    code, text, _ = run("compare-panels", str(out), str(out / "panel.zarr"), "--json")
    assert code == 0 and {row["difference"] for row in json.loads(text)} == {0.0}
    code, text, _ = run("compare-panels", str(out), str(out), "--source", "stacked")
    assert code == 0 and text.startswith("To 5 years, the same:")
    assert run(*given)[0] == 2, "nothing is replaced"
    assert run(*given, "--force", "--json")[0] == 0


def test_bad_input_of_a_panel_is_one_line(file: Path, tmp_path: Path) -> None:
    for more in (
        ("--origins", "2006:1990"),
        ("--origins", "2006", "--deals", str(file)),
        ("--origins", "2006", "--years", "7"),
        ("--origins", "2006", "--panel", str(file)),
        ("--origins", "2015"),
    ):
        out = tmp_path / "panel"
        code, text, error = run("backtest", "--panel", str(file), *more, "--out", str(out))
        assert (code, text, error.count("\n")) == (2, "", 1), (more, error)
        assert not out.exists()
    assert run("compare-panels", str(file), str(file))[0] == 2


def test_a_forecast_states_its_pools_beside_the_model(tmp_path: Path) -> None:
    base = sim.load("baseline")
    plain, spans = (base, [(2022, 2026), (2026, 2030)]), (30, 1, "", ALONE)
    one = frozen.windows(*plain, [2024], *spans)
    groups = {name: {"model": 1.0} for name in ("shares", "newcomers", "orders")}
    rules = {name: {"no_change": 1.0} for name in (*groups, "amounts")}
    weights = {"stacked": {**groups, "amounts": {"model": 0.5, "no_change": 0.5}}, "stacked_rules": rules}
    learned_on = {"importers": ["arcadia"], "origins": [2019], "trials": 8, "seed": 1}
    learned_on |= {"version": "0", "code": "c", "registers": {"Arcadia": "file"}}
    content = {"known_before": 2024, "learned_on": learned_on, "weights": {"5": weights}}
    path = tmp_path / "weights.toml"
    path.write_text(tomli_w.dumps(content))
    both = frozen.windows(*plain, [2024], *spans, stack=stacking.read(path))
    assert {name: both["targets"][name] for name in one["targets"]} == one["targets"]
    assert both["stack"] == content and both["sha256"] != one["sha256"]
    assert "stack" not in one
    said = both["targets"]
    for window in ("2022-2026", "2026-2030"):
        assert said[f"{window}.stacked.hhi"]["mean"] == one["targets"][f"{window}.hhi"]["mean"]
        mean = [said[f"{window}.{name}total_tiv"]["mean"] for name in ("", "stacked_rules.", "stacked.")]
        assert mean[2] == pytest.approx((mean[0] + mean[1]) / 2, rel=1e-4)
    # No change repeats the yearly volume of 2019-23.
    assert said["2026-2030.stacked_rules.total_tiv"]["mean"] == pytest.approx(1248.57, abs=0.01)
    path.write_text(tomli_w.dumps({**content, "known_before": 2025}))
    with pytest.raises(OutsideHorizon, match="learned on windows to 2024"):
        frozen.windows(*plain, [2024], *spans, stack=stacking.read(path))
    for wrong in ({**content, "weights": {}}, {**content, "weights": {"5": {"heap": weights["stacked"]}}}):
        path.write_text(tomli_w.dumps(wrong))
        with pytest.raises(sim.InputError, match=r"weights.toml"):
            stacking.read(path)


WEIGHTS = (Path(__file__).parents[1] / "forecasts" / "2026-weights.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("model = 0.9257", "model = -0.9257", "weights.5.stacked.shares.model = -0.9257: must be greater"),
        ("model = 0.9257", "model = 0.9256", "weights.5.stacked.shares: weights add up to 0.9999, not to 1"),
        ("model = 0.6517", "model = 1e308", "weights.5.stacked.amounts.model"),
        ("order_book = 0.058", "crystal_ball = 0.058", "weights.5.stacked.shares.crystal_ball: no forecast"),
        ("bootstrap = 0.4674", "model = 0.4674", "weights.5.stacked_rules.shares.model: no forecast"),
        ("model = 0.8036", "bootstrap = 0.8036", "weights.5.stacked.orders.bootstrap: no forecast"),
        ("[weights.5.stacked_rules.", "[weights.5.more.", "weights.5.more: no such key"),
        ("[weights.5.", "[weights.05.", 'weights.05: no years ahead of a panel: "05"'),
        ("[weights.5.", '[weights."²".', "weights.²: no years ahead"),
        ("[weights.5.", f"[weights.{'9' * 5000}.", "weights.999"),
        ("seed = 1", "seed = nan", "learned_on.seed"),
        ("known_before = 2023", "known_before = -5", "known_before = -5: must be greater"),
    ],
)
def test_altered_weights_of_a_pool_are_refused(old: str, new: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(WEIGHTS, encoding="utf-8")
    assert stacking.read(path)["known_before"] == 2023
    path.write_text(WEIGHTS.replace(old, new), encoding="utf-8")
    with pytest.raises(sim.InputError) as caught:
        stacking.read(path)
    assert f"{path}: {place}" in str(caught.value)


def test_a_window_of_one_year_says_how_it_is_written() -> None:
    code, _, error = run("forecast", "baseline", "--window", "2024", "--out", "never")
    assert code == 2 and "'2024' is no window; write 2020-2024" in error


def test_quantiles_of_weighted_samples() -> None:
    said = forecast.stated("hhi", np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25, 0.25]))
    assert said["mean"] == 1.75
    assert (said["quantiles"]["0.45"], said["quantiles"]["0.7"], said["quantiles"]["0.9"]) == (1.0, 2.0, 3.0)


def test_a_later_window_has_new_draws_and_an_empty_book(file: Path) -> None:
    from sim.analysis.validate.backtest import baselines, origins

    with origins.from_register(registers.read(file, "Utopia"), 2006, 5) as origin:
        first, second = ({each.source: each for each in baselines.all_of(origin, 50, 1, k)} for k in (0, 1))
    assert (first["bootstrap"].window.delivered != second["bootstrap"].window.delivered).any()
    assert (first["no_change"].window.delivered == second["no_change"].window.delivered).all()
    assert second["order_book"].window.shares == pytest.approx(second["no_change"].window.shares)


def test_windows_of_one_run_follow_each_other(file: Path) -> None:
    from sim.analysis.validate.backtest import origins

    whole = registers.read(file, "Utopia")
    with origins.from_register(whole, 2003, 2) as origin:
        both = forecast.in_windows(origin, 1, TRIALS, 1, ALONE)
        whole_window = forecast.simulate(origin, TRIALS, 1, ALONE)
    assert [each.origin for each in both] == [2003, 2004]
    together = np.concatenate([each.window.delivered for each in both])
    assert (together == whole_window.window.delivered).all()
    assert dataclasses.replace(both[0], window=whole_window.window).suppliers == whole_window.suppliers


def test_the_histogram_of_a_panel_is_drawn(records: xr.Dataset) -> None:
    axis = sim.plots.pit(records, "log_tiv", source="stacked")
    assert sum(bar.get_height() for bar in axis.patches) == pytest.approx(1.0)
    with pytest.raises(sim.InputError, match="no distribution"):
        sim.plots.pit(records, "top_half")


def test_panels_that_were_joined_or_lack_a_part_are_no_panel(made: xr.Dataset) -> None:
    twice = made.isel(row=np.r_[0, : made.sizes["row"]])
    for wrong, said in ((twice, "has a number twice"), (made.drop_vars("between"), "not a panel")):
        for read in (
            lambda each=wrong: panel_scores.table(each),
            lambda each=wrong: panel_scores.compare(made, each),
        ):
            with pytest.raises(InputError, match=said):
                read()
