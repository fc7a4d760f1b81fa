"""Signposts: an area under the curve that is known, honest intervals, thresholds, lead times."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from scipy.stats import mannwhitneyu

import plans
import sim
from sim.analysis.compare.measure import display_name
from sim.analysis.discovery.signposts import answer, auc, best_threshold, paired_auc
from sim.cli import sim as program
from sim.vocabulary import errors

MONEY = "economy.initial_military_budget"

CALM = plans.scenario(
    "archipelago",
    n_steps=8,
    name="calm",
    changes={MONEY: {"value": 1000.0, "uniform": [980.0, 1020.0]}},
)

pytestmark = pytest.mark.filterwarnings("ignore::sim.vocabulary.errors.IneffectiveChange")


def bivariate(trials: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=trials)
    return x, 0.6 * x + 0.8 * draw.normal(size=trials) > 0


def test_the_known_area() -> None:
    values, is_event = bivariate(40_000, 1)
    middle, low, high = auc(values, is_event)
    assert middle == pytest.approx(0.778934, abs=0.006) and low <= 0.778934 <= high
    assert auc(-values, is_event)[0] == pytest.approx(1.0 - middle)
    u = mannwhitneyu(values[is_event], values[~is_event]).statistic
    assert middle == pytest.approx(u / (is_event.sum() * (~is_event).sum()))


def test_an_interval_covers_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(200):
        _, low, high = auc(*bivariate(120, seed))
        covered += low <= 0.778934 <= high
    assert covered >= 0.95 * 200 - 12


def test_ties_ends_and_many_quarters_at_once() -> None:
    is_first = np.array([True, True, False, False])
    values = np.array([[3, 4, 1, 2], [1, 1, 1, 1], [1, 2, 2, 3], [1, 2, 3, 4]])
    assert auc(values, is_first)[0].tolist() == [1.0, 0.5, 0.125, 0.0]
    assert auc(values, is_first)[2][0] == 1.0
    assert np.isnan(auc(np.array([1.0, 2.0]), np.array([True, False]))[1])


def test_the_same_trials_in_two_futures_count_once() -> None:
    draw = np.random.default_rng(3)
    base = draw.normal(size=400)
    # The second future is the first, shifted: in the world only one of them is seen.
    first, second = base + 0.5, base
    middle, low, high = paired_auc(first, second)
    expected = 0.6382  # of two normals half a standard deviation apart: Phi(.5 / sqrt 2)
    assert low < expected < high and middle == pytest.approx(expected, abs=0.03)
    # What is shared cancels, so this is known better than from as many trials apart.
    apart = auc(np.concatenate([first, second]), np.repeat([True, False], 400))
    assert high - low < 0.5 * (apart[2] - apart[1])
    assert paired_auc(base, base)[0] == pytest.approx(0.5)


def test_a_threshold_divides_best() -> None:
    values = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert best_threshold(values, values >= 3) == (2.5, True)
    assert best_threshold(values, values < 2) == (1.5, False)
    assert best_threshold(np.ones(3), np.array([True, False, True])) == (1.0, True)


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    growth = {"at": "2020-Q4", "what": "set", "name": "economy.budget_growth", "to": 0.3}
    rich = CALM.with_events([growth], "rich")
    return sim.run([CALM, rich], trials=80, keep=["military_budget", "hhi"], engine="numpy", workers=1)


@pytest.fixture(scope="module")
def found(runs: xr.Dataset) -> xr.Dataset:
    return sim.signposts(runs, between=("rich", "calm"))


def test_what_differs_is_told_from_when_it_differs(found: xr.Dataset, runs: xr.Dataset) -> None:
    assert found["measure"].values[0] == "military_budget"
    top = found.sel(measure="military_budget")
    assert (top["auc"][:3] == 0.5).all() and float(top["auc"][-1]) > 0.9
    quarter = str(top["quarter"].values[found.sizes["time"] - 1 - int(4 * float(top["lead"]))])
    assert quarter == str(top["quarter"].values[int(top["since"])])
    budget = runs["military_budget"]
    same = (budget.sel(scenario="rich") == budget.sel(scenario="calm")).all("trial")
    assert quarter > str(runs["quarter"].values[same.values][-1])
    at = top.isel(time=-1)
    middles = [float(budget.isel(time=-1).sel(scenario=each).median()) for each in ("calm", "rich")]
    assert middles[0] < float(at["threshold"]) < middles[1]
    assert float(at["sensitivity"]) > 0.7 < float(at["specificity"])
    said = answer(found)
    titles = [display_name(runs, "scenario", each) for each in ("rich", "calm")]
    assert said.startswith("Watch Military budget: from ") and "“{}” from “{}”".format(*titles) in said


def test_an_event_is_told_before_it_happens(runs: xr.Dataset) -> None:
    event = sim.signposts(runs, event="military_budget@2021 > 1000", variables="military_budget")
    assert event.sizes["time"] == 8 and float(event["auc"][0, -1]) == 1.0
    assert float(event["auc"][0, 0]) > 0.6
    # Every second quarter: the lead is in years of the calendar, not in rows.
    half = sim.signposts(runs.isel(time=[1, 3, 5, 7]), event="military_budget@2021 > 1000", level=0.6)
    top = half.sel(measure="military_budget")
    assert float(top["lead"]) == (3 - int(top["since"])) / 2
    boxed = sim.discover(
        runs.sel(scenario=["calm"]),
        "military_budget@2020-Q1 > 1005",
        scenarios=CALM,
        parameters=MONEY,
        box=1,
        resamples=0,
    )
    inside = sim.signposts(runs.sel(scenario=["calm"]), box=boxed, scenarios=CALM)
    assert float(inside.sel(measure="military_budget")["auc"][0]) != 0.5


def test_where_nothing_tells_it_is_said(runs: xr.Dataset) -> None:
    same = sim.signposts(runs, between=("rich", "calm"), variables="hhi")
    assert np.isnan(same["lead"]).all() and answer(same).startswith("None of 1 observables tells")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "nothing to tell apart"),
        ({"between": ("calm", "rich"), "event": "hhi@2021 > 0"}, "between and event"),
        ({"between": ("calm", "calm")}, "not two scenarios"),
        ({"between": ("calm", "nope")}, "no such scenario"),
        ({"event": "military_budget@2021 > 9e9"}, "one of the two kinds has 0 of 80 trials"),
        ({"between": ("calm", "rich"), "level": 1.0}, "out of range"),
        ({"between": ("calm", "rich"), "scenario": "calm"}, "goes with event or box"),
        ({"event": "hhi@2021 > 0", "scenarios": CALM}, "goes with box"),
    ],
)
def test_what_cannot_be_asked_is_one_line(runs: xr.Dataset, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(errors.InputError, match=said):
        sim.signposts(runs, **arguments)


def test_the_command_and_the_figure(found: xr.Dataset, runs: xr.Dataset, tmp_path: Path) -> None:
    stored = sim.save(runs, tmp_path / "runs.zarr")
    asked = ["signposts", str(stored), "--between", "rich,calm"]
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == 0 and result.output.startswith("Watch Military budget")
    record = json.loads(CliRunner().invoke(program, [*asked, "--json"]).output)
    assert record["at_the_end"][0]["auc"] > 0.9
    drawn = sim.plots.signposts(found, most=1, title="Signposts")
    assert [each.get_text() for each in drawn.get_legend().get_texts()] == ["Military budget"]
    assert sim.plots.signposts(found, ax=drawn) is drawn
    assert sim.plots.signposts(found).figure.get_label() == answer(found)
