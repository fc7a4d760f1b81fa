"""Thresholds: quantiles of thresholds that are known, honest intervals, and a refusal where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import plans
import sim
from sim.analysis.discovery.crossing import crossing, quantile, ranks
from sim.analysis.discovery.threshold import answer
from sim.cli import sim as program
from sim.vocabulary import errors

OWN = np.random.default_rng(1).exponential(size=1001)
MONEY = "economy.initial_military_budget"


def rises(values: Sequence[float]) -> np.ndarray:
    return np.array([value >= OWN for value in values])


def test_the_crossing_is_a_quantile_of_the_trials_own_thresholds() -> None:
    for probability in (0.25, 0.5, 0.9):
        value, low, high = quantile(OWN, probability)
        found = crossing(rises, 0.0, 8.0, probability, tolerance=1e-6)
        assert [found.value, found.low, found.high] == pytest.approx([value, low, high], abs=1e-5)
        assert low < value < high and (found.trend, found.against, found.turned) == (1, None, 0.0)
    assert quantile(OWN)[0] == np.median(OWN)


def test_less_of_a_lever_may_be_what_is_needed() -> None:
    found = crossing(lambda values: ~rises(values), 0.0, 8.0, 0.25, tolerance=1e-6)
    expected = -np.array(quantile(-OWN, 0.25))[[0, 2, 1]]
    assert [found.value, found.low, found.high] == pytest.approx(expected, abs=1e-5)
    assert found.trend == -1 and found.low < found.value < found.high


def test_an_interval_covers_as_often_as_it_says() -> None:
    draw, covered = np.random.default_rng(2), 0
    for _ in range(400):
        _, low, high = quantile(draw.exponential(size=40), 0.5)
        covered += low <= np.log(2.0) < high
    assert covered >= 0.95 * 400 - 9
    # By hand: of 10 trials the second and the ninth, which hold the median in 97.9 of 100 samples.
    assert ranks(10, 0.5) == (2, 5, 9)
    assert quantile(np.arange(1.0, 11.0)) == (5.0, 2.0, 9.0)
    assert quantile(np.array([3.0])) == (3.0, -np.inf, np.inf)
    assert quantile(np.array([1.0, 2.0, 2.0, 2.0, np.inf]), 0.5)[0] == 2.0


def test_where_the_response_turns_there_is_no_threshold() -> None:
    def hump(values: Sequence[float]) -> np.ndarray:
        return np.array([(value >= OWN) & (value < OWN + 2.0) for value in values])

    found = crossing(hump, 0.0, 8.0)
    assert found.against is not None and np.isnan([found.value, found.low, found.high]).all()
    assert found.turned > 0.9 and len(found.values) == 9
    # What turns in a few trials, as chance has it, does not.
    noise = np.random.default_rng(3).random((9, 1001)) < 0.01

    def shaken(values: Sequence[float]) -> np.ndarray:
        return rises(values) ^ np.array([noise[int(value) % 9] for value in values])

    assert crossing(shaken, 0.0, 8.0).value == pytest.approx(np.median(OWN), rel=0.05)


def test_what_the_range_does_not_hold_is_not_a_number() -> None:
    short = crossing(rises, 0.0, 0.3)
    assert np.isnan(short.value) and short.against is None
    still = crossing(lambda values: np.zeros((len(values), 50), bool), 0.0, 1.0)
    assert (still.trend, still.against) == (0, None) and np.isnan(still.value)
    edge = crossing(rises, 0.0, float(np.quantile(OWN, 0.505)))
    assert np.isfinite([edge.value, edge.low]).all() and np.isnan(edge.high)


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    scenario = plans.scenario("archipelago", n_steps=2)
    event = "military_budget@2020-Q2 > 1000"
    return sim.threshold(
        event, MONEY, scenario, between=(500, 1500), at="2020-Q1", grid=3, tolerance=0.02, trials=60
    )


def test_a_lever_of_the_model(found: xr.Dataset) -> None:
    # The budget is in proportion to its start: a trial's own threshold is what takes its budget to the mark.
    scenario = plans.scenario("archipelago", n_steps=2, changes={MONEY: 1000.0})
    budget = sim.run(scenario, trials=60, keep="military_budget")["military_budget"].values[0, 1]
    value, low, high = quantile(1e6 / budget.astype(float))
    assert [float(found[name]) for name in ("value", "low", "high")] == pytest.approx(
        [value, low, high], abs=11
    )
    said = answer(found)
    assert said.startswith("military_budget@2020-Q2 > 1000 is as likely as 50 % where") and "at least" in said


def test_a_lever_without_effect_is_said() -> None:
    scenario = plans.scenario("archipelago", n_steps=3)
    same = sim.threshold("military_budget@2020-Q3 > 1000", "demand.caution", scenario, grid=2, trials=4)
    assert same.attrs["moved"] == 0.0 and answer(same).startswith("No threshold: demand.caution moves what")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lever": "nope.nope"}, "no such parameter"),
        ({"between": (2.0, 1.0)}, "the first is not below"),
        ({"between": (-5.0, 1.0)}, "reaches beyond the bounds"),
        ({"at": "2019-Q1"}, "outside the horizon"),
        ({"at": "soon"}, "not a quarter"),
        ({"probability": 1.0}, "out of range"),
        ({"event": "hhi@2020-Q2"}, "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_one_line(changed: dict[str, object], said: str) -> None:
    scenario = plans.scenario("archipelago", n_steps=2)
    usual = {"event": "hhi@2020-Q2 > 0.5", "lever": "demand.caution", "between": None, "trials": 1}
    with pytest.raises(errors.InputError, match=said):
        sim.threshold(scenario=scenario, **{**usual, **changed})


def test_the_command_refuses_with_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plans.scenario("archipelago", n_steps=2).write("toy.toml")
    asked = ["threshold", "military_budget@2020-Q2 > 1000", "--lever", MONEY, "--scenario", "toy.toml"]
    asked += ["--between", "500,1500", "--at", "2020-Q1", "--trials", "2"]

    def instead(respond: Callable[[Sequence[float]], np.ndarray]) -> None:
        """Run two values of the lever, and say that the response was another."""
        made = crossing(respond, 500.0, 1500.0)
        monkeypatch.setattr(
            "sim.analysis.discovery.threshold.crossing", lambda real, *_: (real([500.0, 1500.0]), made)[1]
        )

    instead(lambda values: np.array([value >= 700 + 300 * OWN for value in values]))
    result = CliRunner().invoke(program, [*asked, "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output)["value"] == pytest.approx(700 + 300 * np.median(OWN), abs=1)
    instead(lambda values: np.array([abs(value - 500 - 300 * OWN) < 200 for value in values]))
    result = CliRunner().invoke(program, [*asked, "--out", "found"])
    assert result.exit_code == 1 and "is not monotone" in result.output
    assert Path("found/response.png").is_file()


def test_the_figure_shows_the_crossing(found: xr.Dataset) -> None:
    drawn = sim.plots.response(found, title="Response")
    assert [each.get_text()[:2] for each in drawn.texts] == [f"{float(found['value']):.3g}"[:2]]
    assert sim.plots.response(found, ax=drawn) is drawn and len(drawn.get_title(loc="left")) < 50
    assert sim.plots.response(found).figure.get_label() == answer(found)
