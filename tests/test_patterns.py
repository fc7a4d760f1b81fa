"""The report on patterns: judged by its rules, on samples whose answer is known, and run for real."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import plans
import sim
from sim.analysis.validate import pattern_statistics, patterns
from sim.runs.trials import Execution
from sim.vocabulary.errors import OutsideHorizon

RECORD = {"title": "A pattern", "evidence": ["x_lumpiness"]}


def judged(sample: Any, **target: Any) -> patterns.Result:
    return patterns._judge(
        "P0", RECORD, {"label": "it", "unit": "ratio", **target}, np.asarray(sample, float)
    )


def test_a_record_within_the_trials_passes() -> None:
    result = judged(np.arange(101), value=50, rule="within 90 %")
    assert (result.low, result.high, result.mean, result.verdict) == (5, 95, 50, "pass")
    assert result.standard_error == pytest.approx(np.arange(101).std(ddof=1) / np.sqrt(101))


@pytest.mark.parametrize("value", [4.9, 95.1])
def test_a_record_in_the_tails_is_a_miss(value: float) -> None:
    assert judged(np.arange(101), value=value, rule="within 90 %").verdict == "miss"


@pytest.mark.parametrize(("value", "verdict"), [(10.4, "pass"), (10.6, "miss"), (9.4, "miss")])
def test_nearness_is_of_the_mean(value: float, verdict: str) -> None:
    assert judged([9, 10, 11], value=value, rule="near", tolerance=0.5).verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(0.2, "open"), (0.6, "miss")])
def test_a_bracket_can_be_missed_but_not_passed(value: float, verdict: str) -> None:
    assert judged([0.0, 0.5], value=value, rule="bracket").verdict == verdict


def test_years_are_sums_of_quarters() -> None:
    assert pattern_statistics._yearly(np.arange(9.0)).tolist() == [6.0, 22.0]


def test_the_leader_is_that_of_the_start_and_the_scenario_long_enough() -> None:
    base = plans.scenario("archipelago", n_steps=8)
    trials = pattern_statistics.Trials(4, 1, Execution(workers=1))
    (sample,) = pattern_statistics.STATISTICS["leader_later"](base, [{"ahead": 2}], trials)
    share = sim.run(base, trials=4, keep="supplier_share", workers=1)["supplier_share"]
    leader = int(sim.history(base)["supplier_share"].isel(year=-1).values.argmax())
    last = share.isel(scenario=0, supplier=leader, time=-1).values
    assert sample == pytest.approx(pattern_statistics.resampled(last, np.mean), abs=1e-6)
    with pytest.raises(OutsideHorizon, match="before 3 years"):
        pattern_statistics.STATISTICS["leader_later"](base, [{"ahead": 3}], trials)


@pytest.mark.long
def test_every_target_of_the_case_is_reported() -> None:
    results = patterns.report(sim.load("baseline"), trials=8, seed=3)
    expected = {
        "P1": 3,
        "P2": 3,
        "P3": 3,
        "P4": 3,
        "P5": 1,
        "P6": 1,
        "P7": 1,
        "P8": 1,
        "P9": 2,
        "P10": 4,
        "P12": 2,
        "P13": 2,
    }
    assert Counter(result.pattern for result in results) == expected
    for result in results:
        assert result.low <= result.high and np.isfinite([result.mean, result.standard_error]).all()
        assert result.evidence and result.verdict in ("pass", "miss", "open")


@pytest.mark.parametrize(
    ("sample", "value", "verdict"),
    [([1.0, 2.0, 3.0], 1, "pass"), ([-1.0, 1.0], 1, "miss"), ([-3.0, -2.0], -1, "pass")],
)
def test_a_sign_needs_its_whole_interval(sample: list[float], value: float, verdict: str) -> None:
    assert judged(sample, value=value, rule="sign").verdict == verdict


@pytest.mark.parametrize(("sample", "verdict"), [([0.4, 0.7], "pass"), ([0.4, 0.5], "miss")])
def test_at_least_is_of_the_mean(sample: list[float], verdict: str) -> None:
    assert judged(sample, value=0.5, rule="at least").verdict == verdict
