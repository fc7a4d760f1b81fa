"""Robustness of policies: known answers, honest intervals, a case's file, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import plans
import sim
from sim.analysis.compare import question
from sim.analysis.robustness import criteria, policies
from sim.analysis.robustness.robustness import answers, value_text
from sim.case import case as cases
from sim.case.case import POLICIES
from sim.cli import sim as program
from sim.scenario.scenario import Scenario
from sim.vocabulary import errors

TOY = Path(__file__).parent / "cases" / "archipelago"

#: The example of the tests of RAPID (C. McPhail): two policies in three futures, more is better.
RAPID = np.array([[0.99, 1.0, 0.5], [0.69, 0.6, 0.6]])

DECLARED = """
measure = "military_budget@2021"
aim = "maximise"
futures = ["./calm.toml"]

[policies.money]
title = "Spend"
by = "aldara"
source = "Invented."
levels.more = { what = "half more", set = { "economy.initial_military_budget" = 1500 } }
levels.less = { what = "half", set = { "economy.initial_military_budget" = 500 } }

[policies.loans]
title = "Lend"
by = "borveil"
evidence = ["jp_finance_offer"]
levels.soft.what = "soft credit"
levels.soft.events = [{ at = "2020-Q3", what = "set", name = "attraction.finance_offer.borveil", to = 0.9 }]
"""


def judged(values: Any, aim: str = "maximise", **settings: Any) -> xr.Dataset:
    values = np.asarray(values, float)
    dims = ("policy", "future", "trial")[: values.ndim]
    return sim.robustness(xr.Dataset({"outcome": (dims, values)}), aim, **settings)


def row(found: xr.Dataset, criterion: str, variable: str = "value") -> list[float]:
    return found[variable].sel(criterion=criterion).values.tolist()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Return a scenario of the toy case with policies."""
    folder = tmp_path_factory.mktemp("policies")
    shutil.copytree(TOY, folder / "islands")
    text = 'title = "Calm"\nstory = "Calm."\ncase = "./islands"\nstart = "2020-Q1"\nend = "2021-Q4"\n'
    (folder / "calm.toml").write_text(text, encoding="utf-8")
    there = (folder / "calm.toml").as_posix()
    declared = DECLARED.replace("./calm.toml", there)
    (folder / "islands" / POLICIES).write_text(declared, encoding="utf-8")
    return sim.load(folder / "calm.toml")


def test_the_published_example() -> None:
    found = judged(RAPID)
    expected = {
        "maximin": [0.5, 0.6],
        "maximax": [1.0, 0.69],
        "laplace": [0.83, 0.63],
        "hurwicz": [0.625, 0.6225],
        "minimax_regret": [0.1, 0.4],
        "percentile_regret": [0.08, 0.38],  # between 0 and .1, and between .3 and .4
    }
    for name, values in expected.items():
        assert row(found, name) == pytest.approx(values), name
    first = {name: [1.0, 2.0] for name in expected} | {"maximin": [2.0, 1.0]}
    assert {name: row(found, name, "rank") for name in expected} == first
    assert row(found, "minimax_regret", "behind") == pytest.approx([0.0, 0.3])
    assert np.isnan(found["low"]).all() and np.isnan(found["p_first"]).all()  # no trials, no error


def test_less_is_better_is_the_mirror_of_more_is_better() -> None:
    draw = np.random.default_rng(1)
    values = draw.normal(size=(4, 3, 50))
    more, less = judged(values, mark=0.1, resamples=40), judged(-values, "minimise", mark=-0.1, resamples=40)
    assert (more["rank"] == less["rank"]).all()
    assert np.allclose(more["p_rank"], less["p_rank"]) and np.allclose(more["behind"], less["behind"])
    for name in ("maximin", "maximax", "hurwicz", "laplace", "mean_variance", "conditional_value_at_risk"):
        assert row(more, name) == pytest.approx([-each for each in row(less, name)]), name
    for name in ("minimax_regret", "percentile_regret", "skew", "peakedness", "domain"):
        assert row(more, name) == pytest.approx(row(less, name)), name
    assert str(less["formula"].sel(criterion="maximin").values) == "max over futures of mean v"


def test_shapes_by_hand() -> None:
    ladder = np.arange(11.0)[None]  # q10 1, q25 2.5, q50 5, q75 7.5, q90 9
    assert criteria.skew(ladder) == pytest.approx([0.0])
    assert criteria.peakedness(ladder) == pytest.approx([8.0 / 5.0])
    assert criteria.domain(ladder, mark=8.0) == pytest.approx([3 / 11])
    assert criteria.domain(ladder, False, mark=8.0) == pytest.approx([9 / 11])
    # A quarter of four states is one of them; three eighths are one and a half.
    four = np.array([[4.0, 1.0, 2.0, 3.0]])
    assert criteria.conditional_value_at_risk(four, tail=0.25) == pytest.approx([1.0])
    assert criteria.conditional_value_at_risk(four, tail=0.375) == pytest.approx([(1.0 + 0.5 * 2.0) / 1.5])
    assert criteria.conditional_value_at_risk(four, False, tail=0.25) == pytest.approx([4.0])
    assert criteria.conditional_value_at_risk(four, tail=1.0) == pytest.approx([2.5])
    assert criteria.mean_variance(four, aversion=2.0) == pytest.approx([2.5 - 2.0 * np.std(four, ddof=1)])
    assert criteria.mean_variance(four, False) == pytest.approx([2.5 + np.std(four, ddof=1)])
    constant = np.full((1, 5), 3.0)
    assert criteria.skew(constant) == criteria.peakedness(constant) == [0.0]
    assert criteria.skew(np.array([[0.0, 9.0, 10.0]]))[0] > 0 > criteria.skew(np.array([[0.0, 1.0, 10.0]]))[0]


def test_those_that_are_level_share_their_ranks_and_their_chances() -> None:
    values = np.random.default_rng(2).normal(size=(2, 2, 30))
    found = judged(np.concatenate([values, values[:1]]), criteria="laplace", resamples=200)
    one, two, three = row(found, "laplace", "p_first")
    assert one == three and one + two + three == pytest.approx(1.0)
    assert found["p_rank"].sum("place").values == pytest.approx(np.ones((1, 3)))
    assert criteria.ranks(np.array([1.0, 2.0, 2.0]))[:, 0].tolist() == [0.0, 0.5, 0.5]


def test_one_policy_is_first_and_regrets_nothing() -> None:
    found = judged(RAPID[:1, :, None] + np.arange(3.0), resamples=5, mark=0.0)
    assert (found["p_first"] == 1).all() and (found["rank"] == 1).all() and (found["behind"] == 0).all()
    assert row(found, "minimax_regret") == [0.0]


def test_what_is_not_a_number_is_never_first_and_spoils_no_other() -> None:
    values = np.concatenate([RAPID, [[np.nan, 5.0, 5.0]]])[..., None] + np.zeros(4)
    found = judged(values, resamples=5, mark=0.6)
    assert np.isnan(found["value"].values[:, 2]).all() and np.isnan(found["rank"].values[:, 2]).all()
    assert (found["p_rank"].values[:, 2] == 0).all()
    assert row(found, "maximin")[:2] == [0.5, 0.6] and row(found, "maximin", "rank")[:2] == [2.0, 1.0]
    # What it comes to in the futures that are known is a best that others can regret.
    assert row(found, "minimax_regret")[:2] == pytest.approx([4.5, 4.4])
    assert (found["p_first"].values[:, :2].sum(axis=1) == 1).all()


def test_a_difference_is_as_sure_as_pairing_makes_it() -> None:
    # Two policies that differ by .1 in every trial, whatever the trial brings.
    shared = np.random.default_rng(3).normal(size=(1, 3, 200))
    found = judged(np.concatenate([shared, shared + 0.1]), criteria=["laplace", "maximin"], resamples=100)
    assert row(found, "laplace", "p_first") == [0.0, 1.0]
    ends = [row(found, "laplace", each)[0] for each in ("behind_low", "behind", "behind_high")]
    assert ends == pytest.approx([0.1] * 3)
    width = np.ptp([row(found, "laplace", each)[0] for each in ("low", "high")])
    assert width == pytest.approx(2 * 1.96 * shared.mean(axis=1).std() / np.sqrt(200), rel=0.25)


@pytest.mark.long
def test_an_interval_of_paired_futures_covers_as_often_as_it_says() -> None:
    # Futures share their trials here; drawn apart in each, intervals would be too narrow by a factor of 1.7.
    draw, covered = np.random.default_rng(4), 0
    for k in range(60):
        common = draw.normal(size=(1, 1, 40)) + np.zeros((1, 3, 1))
        found = judged(common, criteria="laplace", resamples=60, seed=k)
        covered += row(found, "laplace", "low")[0] <= 0.0 <= row(found, "laplace", "high")[0]
    assert covered >= 50


def test_sentences_say_how_sure() -> None:
    found = judged(RAPID[..., None] + np.zeros(2), criteria=["maximin", "laplace"], resamples=4)
    assert answers(found.assign_coords(policy=["bold", "safe"])) == [
        "“safe” is first by 1 of 2 criteria: Maximin (in 100 % of resamples).",
        "“bold” is first by 1 of 2 criteria: Laplace (in 100 % of resamples).",
        "Outcome: 0.83 (0.83 to 0.83) on average over the futures with “bold”.",
    ]


def test_amounts_and_regrets_are_said_in_words() -> None:
    """What is never behind has no regret, and a gain is against doing nothing."""
    values = np.array([[[0.5, 0.7], [0.4, 0.6]], [[0.2, 0.4], [0.1, 0.5]]])
    few = ["maximin", "laplace", "minimax_regret"]
    found = judged(values, "minimise", criteria=few, resamples=50)
    found = found.assign_coords(policy=["unchanged", "open"])
    said = answers(found)
    assert said[0].startswith("“open” is first by ") and ", each in 100 % of resamples: " in said[0]
    assert said[-2] == (
        "Outcome: 0.3 (0.15 to 0.45) on average over the futures with “open”, "
        "0.25 (0.2 to 0.3) less than with no change."
    )
    assert said[-1] == "“open” is never beaten in any future."
    assert (
        value_text("minimax_regret", 0.0, 0.0, 0.2) == "none: never beaten in any future; up to 0.2 at 95 %"
    )
    assert value_text("laplace", -1.0, -2.0, 0.0) == "−1 (−2 to 0)"
    behind = judged(RAPID[..., None] + np.zeros(2), resamples=4).assign_coords(policy=["bold", "safe"])
    assert answers(behind)[-1] == (
        "“bold” is behind the best by 0.1 (0.1 to 0.1) at most, whichever future comes."
    )


def test_a_case_says_what_its_actors_could_do(calm: Scenario) -> None:
    found = sim.policy_outcomes(futures=calm, trials=3)
    names = ["unchanged", "money.more", "money.less", "loans.soft"]
    assert found["policy"].values.tolist() == names and found.attrs["measure"] == "military_budget@2021"
    usual, more, less, loans = found["outcome"].sel(future="calm").values
    # The same trials: a budget in proportion to the first stays in proportion.
    assert more / usual == pytest.approx(1.5 * np.ones(3)) and less / usual == pytest.approx(0.5 * np.ones(3))
    assert (loans == usual).all()
    first = sim.robustness(found, resamples=10)["p_first"].sel(policy="money.more")
    assert (first.sel(criterion="maximin") == 1).all()
    assert sim.policy_outcomes(case=calm, trials=3).equals(found)
    one = sim.policy_outcomes(["loans", "money.less"], calm, "hhi@2020-Q4", trials=2, first_trial=1)
    assert one["policy"].values.tolist() == ["unchanged", "loans.soft", "money.less"]
    same = sim.run(calm, trials=2, first_trial=1, keep="hhi")["hhi"].sel(time="2020-10-01")
    assert one["outcome"].sel(policy="unchanged").values == pytest.approx(same.values)


def test_policies_are_no_part_of_what_a_run_is_known_by(calm: Scenario) -> None:
    assert calm.case.digest == cases.load(TOY).digest
    assert (calm.case.folder / POLICIES).is_file()
    (calm.case.folder / "other.toml").touch()
    assert cases.load(calm.case.folder).digest != calm.case.digest
    (calm.case.folder / "other.toml").unlink()


@pytest.mark.long
def test_a_scenario_is_a_policy_by_what_it_changes(calm: Scenario) -> None:
    rich = calm.override({"economy.initial_military_budget": 2000.0}, name="rich")
    later = calm.override({"demand.caution": 0.3}, name="careful")
    found = sim.policy_outcomes(rich, [calm, later], trials=2)["outcome"].sel(policy=["unchanged", "rich"])
    assert (found.sel(policy="rich") / found.sel(policy="unchanged")).values == pytest.approx(
        2 * np.ones((2, 2))
    )


@pytest.mark.parametrize(
    ("old", "new", "kind", "said"),
    [
        ('by = "aldara"', 'by = "atlantis"', errors.UnknownName, "policies.money.by: no such state"),
        ('source = "Invented."', "", errors.MissingEvidence, "does not say where it comes from"),
        ('aim = "maximise"', 'aim = "more"', errors.UnknownName, "no such aim"),
        ('"military_budget@2021"', '"hhi"', errors.WrongType, "measure"),
        ('title = "Spend"', 'titel = "Spend"', errors.UnknownName, "policies.money.titel: no such key"),
        (", to = 0.9", ", to = 9", errors.OutOfBounds, "policies.loans.levels.soft.events[1].to"),
        ("levels.soft.events", "levels.hard.events", errors.MissingField, "policies.loans.levels.hard.what"),
        ('"jp_finance_offer"', '"nope"', errors.UnknownName, "policies.loans.evidence"),
        ("[policies.loans]", "[policies.unchanged]", errors.InputError, "not a name"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(
    calm: Scenario, old: str, new: str, kind: type[Exception], said: str
) -> None:
    path = calm.case.folder / POLICIES
    right = path.read_text(encoding="utf-8")
    assert old in right
    try:
        path.write_text(right.replace(old, new), encoding="utf-8")
        with pytest.raises(kind, match=said.replace("[", r"\[")) as caught:
            sim.policy_outcomes(futures=calm, trials=1)
        assert POLICIES in str(caught.value)
    finally:
        path.write_text(right, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hhi", "cannot be read"),
        ("hhi@35", "cannot be read"),
        ("hhi@2035 > 0.3", "cannot be read"),
        ("nope@2020", "no such variable"),
        ("hhi[x]@2020", "hhi has 0 axes, and 1 are named"),
        ("supplier_share@2020", r"Write supplier_share\[supplier\]@2020"),
        ("supplier_share[nope]@2020", "no such supplier"),
        ("hhi@2100", "outside the horizon"),
        ("hhi@1800", "outside the years"),
    ],
)
def test_a_measure_that_cannot_be_is_one_line(text: str, said: str) -> None:
    scenario = plans.scenario("archipelago", n_steps=4)
    with pytest.raises(errors.InputError, match=said):
        sim.policy_outcomes(scenario, scenario, text)


def test_a_number_asked_for_is_that_of_a_run() -> None:
    scenario = plans.scenario("archipelago", n_steps=5)
    asked = ["hhi@2020", "supplier_share[borveil]@2021-Q1", "capability[total]@2020-Q2"]
    read = [question.read(each) for each in asked]
    assert [each.key for each in read] == asked
    found = question.run([scenario], read, 3, 1)[0]
    runs = sim.run(scenario, trials=3, keep=["hhi", "supplier_share", "capability"])
    for each, values in zip(read, found, strict=True):
        assert values == pytest.approx(each.of(runs).values[0], rel=1e-6)
    event = question.read("hhi@2020 ≥ −.5e1", with_mark=True)
    assert (event.side, event.mark, str(event)) == (">=", -5.0, "hhi@2020 >= -5")
    assert event.is_met(np.array([-6.0, -5.0])).tolist() == [False, True]


def test_the_command_answers_first(calm: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    calm.write("calm.toml")
    # As written, the policies' own future is the file that they name.
    asked = ["robustness", "--futures", "calm.toml", "--policy", "money", "--trials", "2", "--resamples", "2"]
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("“Spend: half more” is first by")
    as_json = json.loads(CliRunner().invoke(program, [*asked, "--json"]).output)
    assert len(as_json["table"]) == 10 * 3 and as_json["aim"] == "maximise"


def test_the_command_of_old_says_its_new_name() -> None:
    result = CliRunner().invoke(program, ["robustness", "baseline", "osa_surge"])
    assert result.exit_code == 2 and "sim structure baseline osa_surge" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_map_shows_ranks_and_chances() -> None:
    found = judged(RAPID[..., None] + np.zeros(2), resamples=4).assign_coords(policy=["bold", "safe"])
    drawn = sim.plots.criteria_map(found, title="Map")
    texts = [each.get_text() for each in drawn.texts]
    assert len(texts) == 2 * found.sizes["criterion"] and texts[0] == "2"
    assert [each.get_text() for each in drawn.get_yticklabels()] == ["bold", "safe"]
    assert sim.plots.criteria_map(found, ax=drawn) is drawn


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::sim.vocabulary.errors.IneffectiveChange")
def test_the_shipped_policies_fit_the_shipped_futures() -> None:
    base = sim.load("baseline")
    futures = policies.futures_of(None, base.case)
    made = policies.chosen(None, base.case)
    assert len(futures) >= 8 and {by for each in made for by in each.by} == {"bangladesh", "japan"}
    arms = policies.in_futures(made[:3], futures[:2])
    assert len({arm.digest for row in arms for arm in row}) == 6


@pytest.mark.long
def test_no_shipped_policy_is_without_effect() -> None:
    base = sim.load("baseline")
    for each in policies.chosen(None, base.case)[1:]:
        own = {str(lost) for lost in each.on(base).ineffective} - {str(lost) for lost in base.ineffective}
        assert not own, each.name
