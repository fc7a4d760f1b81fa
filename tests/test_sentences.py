"""Answers in sentences: every number is that of the table."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sim.analysis.compare.sentences import answers, sentence
from sim.analysis.compare.summary import Difference, Row

GAP = Difference("b", -0.0231, -0.0271, -0.0191, -0.02, -0.1, -0.05, 0.0, 0.05, 0.3, 0.641, 0.059, 3.0)
BASE = Row("x", "Share of deliveries", "share", True, "2035-Q4", "b", "Base", 800, 0.6, 0.6, 0.1, 0.9, None)
ROW = replace(BASE, scenario="a", title="Other", difference=GAP)


def test_a_clear_difference_is_said_with_its_interval() -> None:
    said = sentence(ROW, "Base")
    assert said == (
        "At the end of 2035, Share of deliveries: lower in “Other” than in “Base” in 64 of 100 trials, "
        "by 2.31 points on average (1.91 to 2.71)."
    )


@pytest.mark.parametrize(
    ("changes", "trials", "expected"),
    [
        (
            {"mean": 0.02, "mean_low": 0.01, "mean_high": 0.03},
            800,
            "higher in “Other” than in “Base” in 30 of",
        ),
        ({"mean_high": 0.001}, 800, "800 trials do not tell whether it is higher or lower on average"),
        ({"mean_low": math.nan, "mean_high": math.nan}, 1, "a single trial does not tell"),
        ({"p_equal": 1.0}, 800, "the same in “Other” and “Base” in every trial"),
    ],
)
def test_what_is_not_clear_is_not_claimed(changes: dict[str, float], trials: int, expected: str) -> None:
    said = sentence(replace(ROW, trials=trials, difference=replace(GAP, **changes)), "Base")
    assert expected in said and "nan" not in said


def test_what_trials_do_not_tell_has_its_unit_too() -> None:
    unclear = replace(GAP, mean_low=-0.002, mean_high=0.003)
    ends = {
        "share": "(−0.2 to 0.3 points).",
        "index": "(−0.002 to 0.003).",
        "TIV m": "(−0.002 to 0.003 TIV m).",
    }
    for unit, end in ends.items():
        assert sentence(replace(ROW, unit=unit, difference=unclear), "Base").endswith(end)


def test_other_units_are_named() -> None:
    said = sentence(replace(ROW, unit="TIV m", text="Orders"), "Base")
    assert "by 0.0231 TIV m on average (0.0191 to 0.0271)" in said


def test_there_is_an_answer_for_each_scenario_but_the_reference() -> None:
    early = [replace(BASE, quarter="2030-Q4"), replace(ROW, quarter="2030-Q4")]
    third = replace(ROW, scenario="c", title="Third")
    other = replace(ROW, measure="y", text="Else")
    said = answers([*early, BASE, ROW, third, other])
    assert len(said) == 2 and "“Other” than in “Base”" in said[0] and "“Third”" in said[1]
    assert answers([BASE]) == []
