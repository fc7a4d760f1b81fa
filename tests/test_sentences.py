"""Answers in sentences: every number is that of the table."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from sim.analysis.compare.sentences import across, answers, sentence, together
from sim.analysis.compare.summary import Difference, Row
from sim.cli.terminal import say
from sim.vocabulary import amounts

GAP = Difference("b", -0.0231, -0.0271, -0.0191, -0.02, -0.1, -0.05, 0.0, 0.05, 0.3, 0.641, 0.059, 3.0)
BASE = Row("x", "Share of deliveries", "share", True, "2035-Q4", "b", "Base", 800, 0.6, 0.6, 0.1, 0.9, None)
ROW = replace(BASE, scenario="a", title="Other", difference=GAP)


def test_a_clear_difference_is_said_with_its_interval() -> None:
    said = sentence(ROW, "Base")
    assert said == (
        "At the end of 2035, Share of deliveries: lower in “Other” than in “Base” in 64 of 100 trials, "
        "by 2.3 points on average (1.9 to 2.7)."
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
        ({"p_less": 0.7}, 30, "in 21 of 30 trials, by 2.3 points"),
        ({"p_equal": 1.0}, 800, "the same in “Other” and “Base” in every trial"),
    ],
)
def test_what_is_not_clear_is_not_claimed(changes: dict[str, float], trials: int, expected: str) -> None:
    said = sentence(replace(ROW, trials=trials, difference=replace(GAP, **changes)), "Base")
    assert expected in said and "nan" not in said


def test_what_trials_do_not_tell_has_its_unit_too() -> None:
    unclear = replace(GAP, mean_low=-0.002, mean_high=0.003)
    ends = {
        "share": "(−0.20 to 0.30 points).",
        "index": "(−0.0020 to 0.0030).",
        "TIV m": "(−0.0020 to 0.0030 TIV m).",
    }
    for unit, end in ends.items():
        assert sentence(replace(ROW, unit=unit, difference=unclear), "Base").endswith(end)


def test_other_units_are_named() -> None:
    said = sentence(replace(ROW, unit="TIV m", text="Orders"), "Base")
    assert "by 0.023 TIV m on average (0.019 to 0.027)" in said


def test_there_is_an_answer_for_each_scenario_but_the_reference() -> None:
    early = [replace(BASE, quarter="2030-Q4"), replace(ROW, quarter="2030-Q4")]
    third = replace(ROW, scenario="c", title="Third")
    other = replace(ROW, measure="y", text="Else")
    said = answers([*early, BASE, ROW, third, other])
    assert len(said) == 2 and "“Other” than in “Base”" in said[0] and "“Third”" in said[1]
    (alone,) = answers([replace(BASE, error=0.02)])
    assert alone == (
        "At the end of 2035, Share of deliveries: 0.60 (0.56 to 0.64) on average in “Base”, and from 0.10 to "
        "0.90 in 90 of 100 trials."
    )
    assert answers([BASE])[0].endswith("0.6 in “Base”; a single trial has no error.")


def test_numbers_have_the_digits_that_their_error_leaves() -> None:
    assert [amounts.number(each) for each in (1234567.8, 0.25, -0.01234, 0.0, 999.96)] == [
        *("1,234,568", "0.25", "−0.0123", "0", "1,000")
    ]
    assert amounts.number(12.0, is_signed=True) == "+12" and amounts.number(float("nan")) == "–"
    assert amounts.number(1.5e-9) == "1.5e−09"
    for given, shown in {
        (-1.0612, 0.038): "−1.06 ± 0.04",
        (12345.6, 789.0): "12,346 ± 789",
        (0.0865, 0.0552): "0.09 ± 0.06",
        (0.1600, 0.0069): "0.160 ± 0.007",
        (0.1234, 0.012): "0.123 ± 0.012",
        (1234.0, 0.5): "1,234.0 ± 0.5",
        (3.2, 0.0): "3.20 ± 0.00",
        (3.2, float("nan")): "3.2 ± ?",
    }.items():
        assert amounts.with_error(*given) == shown
    assert amounts.with_interval(2.31, 1.91, 2.71) == "2.3 (1.9 to 2.7)"
    assert amounts.with_interval(-17.46, -28.5, -6.39, is_signed=True) == "−17 (−28 to −6)"
    assert amounts.with_interval(1.0, float("nan"), 2.0) == "1 (– to 2)"
    assert amounts.fixed(-0.0001, 2, is_signed=True) == "0.00"


def test_sentences_are_broken_between_words(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    words = "attraction.installed_weight is " * 9 + "x" * 100
    say(words, "short", after=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-4:] == ["x" * 100, "", "short", ""] and max(map(len, lines[:-4])) <= 80
    assert " ".join(lines[:-3]) == words
    monkeypatch.setenv("COLUMNS", "40")
    say("2030-Q1  an order of eleven words that will not fit, and more", indent=9)
    assert capsys.readouterr().out.splitlines() == [
        *("2030-Q1  an order of eleven words that", "         will not fit, and more")
    ]


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        (
            [("A", -0.02, -0.03, -0.01), ("B", 0.1, 0.05, 0.15), ("C", 0.5, -0.1, 1.1)],
            "X: on average higher than in “Base” in 1 of 3 scenarios, lower in 1, unclear in 1; "
            "the farthest, “B”, is higher by 10 points (5 to 15).",
        ),
        (
            [("A", -0.02, -0.03, -0.01), ("B", -0.01, -0.02, -0.005)],
            "X: on average lower than in “Base” in 2 of 2 scenarios; the farthest, “A”, is lower by 2.0 "
            "points (1.0 to 3.0).",
        ),
        (
            [("A", 0.0, 0.0, 0.0), ("B", math.nan, math.nan, math.nan)],
            "X: on average surely higher or lower than in “Base” in none of 2 scenarios.",
        ),
    ],
)
def test_many_scenarios_are_counted_and_the_farthest_is_named(
    gaps: list[tuple[str, float, float, float]], said: str
) -> None:
    assert across("X", "Base", gaps, "share") == said


def test_one_sentence_speaks_of_however_many_scenarios_there_are() -> None:
    assert together([BASE]) == answers([BASE])[0]
    assert together([BASE, ROW]) == sentence(ROW, "Base")
    third = replace(ROW, scenario="c", title="Third")
    assert together([BASE, ROW, third]).startswith(
        "At the end of 2035, Share of deliveries: on average lower than in “Base” in 2 of 2 scenarios;"
    )
