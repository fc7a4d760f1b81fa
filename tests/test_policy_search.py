"""Search for policies: known volumes and fronts, the optimism of a winner, and what a race keeps."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.analysis.robustness.pareto import front, hypervolume
from sim.analysis.robustness.policies import NOTHING, Policy
from sim.analysis.robustness.policy_search import answers, combinations
from sim.analysis.robustness.race import race, winner
from sim.case.case import POLICIES
from sim.cli import sim as program
from sim.vocabulary import errors
from test_robustness import DECLARED, TOY


def test_the_known_volume() -> None:
    x = np.linspace(0.0, 1.0, 20_001)
    zdt1 = np.stack([x, 1.0 - np.sqrt(x)], axis=1)
    assert hypervolume(zdt1, (1.1, 1.1)) == pytest.approx(0.876667, abs=5e-5)
    assert hypervolume(-zdt1, (-1.1, -1.1), [True, True]) == pytest.approx(0.876667, abs=5e-5)
    assert hypervolume([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], (1, 1, 1)) == pytest.approx(0.5)
    assert hypervolume([[0.25]], (1.0,)) == 0.75
    assert hypervolume([], (1, 1)) == hypervolume([[2.0, 0.0]], (1, 1)) == 0.0
    assert hypervolume([[0.5, 0.5]] * 3 + [[0.6, 0.6]], (1, 1)) == pytest.approx(0.25)


def test_a_front_keeps_what_is_alike() -> None:
    points = np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 0.0], [0.5, 0.5], [np.nan, 9.0]])
    assert front(points, [True, True]).tolist() == [True, True, True, False, False]
    assert front(points, [False, False]).tolist() == [False, False, True, True, False]
    assert front(points[:1], [True, True]).tolist() == [True]


def test_the_optimism_of_the_best_of_forty_equal_policies() -> None:
    # The largest of 40 standard normals is 2.16 on average, and a mean of 400 has a standard error of .05.
    draw = np.random.default_rng(1)
    found = [winner(*draw.normal(size=(2, 40, 400))) for _ in range(150)]
    assert np.mean([each.searched for each in found]) == pytest.approx(0.108, abs=0.006)
    assert np.mean([each.fresh for each in found]) == pytest.approx(0.0, abs=0.013)
    assert np.mean([each.optimism for each in found]) == pytest.approx(0.108, abs=0.015)
    assert found[0].error == pytest.approx(np.sqrt(2 / 400), rel=0.15)
    less = winner(np.array([[3.0, 3.0], [1.0, 1.0]]), np.array([[3.0, 3.0], [2.0, 2.0]]), maximise=False)
    assert (less.policy, less.searched, less.fresh, less.optimism) == (1, 1.0, 2.0, 1.0)


def test_a_race_drops_what_is_worse_and_keeps_the_best() -> None:
    asked: list[tuple[int, int, int]] = []

    def evaluate(numbers: Sequence[int], first: int, trials: int) -> np.ndarray:
        asked.append((len(numbers), first, trials))
        noise = np.random.default_rng(first).normal(size=(1, 1, trials))
        return np.array(numbers, float)[:, None, None] / 10 + noise * np.ones((len(numbers), 1, 1))

    found = race(evaluate, 12, [True], trials=64, rounds=3)
    assert found.left == (11,) and (found.dropped[:11] == 1).all()  # paired: what is shared cancels
    assert asked == [(12, 0, 64), (1, 64, 64)] and found.fresh.shape == (1, 1, 64)

    def apart(numbers: Sequence[int], first: int, trials: int) -> np.ndarray:
        draws = [np.random.default_rng([k, first]).normal(size=(2, trials)) for k in numbers]
        return np.array(draws) + np.array([[0.3, 0.0] if k < 2 else [0.0, 0.0] for k in numbers])[..., None]

    two = race(apart, 8, [True, False], trials=128, rounds=2)
    assert two.trials == 256 and {0, 1} & set(two.left) and len(two.left) >= 2


def test_combinations_choose_a_level_or_none() -> None:
    levels = [[Policy("a.1", "A"), Policy("a.2", "A")], [Policy("b.1", "B")]]
    names = [each.name for each in combinations(levels)]
    assert names == ["unchanged", "b.1", "a.1", "a.1 + b.1", "a.2", "a.2 + b.1"]
    assert len(combinations(levels, together=1)) == 4 and combinations(levels)[0] == NOTHING
    with pytest.raises(errors.OutOfBounds, match="more than 3 combinations"):
        combinations(levels, 3)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> sim.Scenario:
    folder = tmp_path_factory.mktemp("search")
    shutil.copytree(TOY, folder / "islands")
    text = 'title = "Calm"\nstory = "Calm."\ncase = "./islands"\nstart = "2020-Q1"\nend = "2020-Q4"\n'
    (folder / "calm.toml").write_text(text, encoding="utf-8")
    declared = DECLARED.replace("./calm.toml", (folder / "calm.toml").as_posix()).replace("2021", "2020")
    (folder / "islands" / POLICIES).write_text(declared, encoding="utf-8")
    return sim.load(folder / "calm.toml")


def test_a_search_of_the_model(calm: sim.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sim.search(case=calm, trials=4, rounds=1)
    assert found.sizes["policy"] == 6 and found["objective"].values.tolist() == ["military_budget@2020"]
    # Loans do not move the budget: both ways of spending more stay.
    left = found["policy"].values[found["dropped"].values == 0].tolist()
    assert left == ["money.more", "money.more + loans.soft"] and (found["is_front"].values.sum()) == 2
    assert found["winner"].values.tolist() == ["money.more"]
    first, more = found["searched"].sel(policy=["unchanged", "money.more"]).values[:, 0]
    assert more == pytest.approx(1.5 * first)
    said = answers(found)
    assert said[0].startswith("Of 6 policies 2 are left after 4 trials") and "look better by" in said[1]
    drawn = sim.plots.search(found, title="Search")
    assert drawn.get_title() == "" and sim.plots.search(found, ax=drawn) is drawn
    monkeypatch.chdir(tmp_path)
    calm.write("calm.toml")
    asked = ["search", "--futures", "calm.toml", "--policy", "money", "--trials", "2", "--rounds", "1"]
    asked += ["--minimise", "military_budget@2020-Q2", "--json"]
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["left"][0]["policy"] == "money.less"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"policies": "nope"}, "no such policy"),
        ({"by": "cindral"}, "has no policies"),
        ({"measures": ["hhi@2020", "hhi@2020"]}, "one is named twice"),
        ({"measures": "hhi@2020", "aims": ["minimise", "maximise"]}, "2 aims for 1 measures"),
        ({"most": 2}, "more than 2 combinations"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    calm: sim.Scenario, arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(errors.InputError, match=said):
        sim.search(case=calm, trials=2, **arguments)


def test_a_case_without_policies_is_one_line() -> None:
    with pytest.raises(errors.InputError, match="declares none"):
        sim.search(futures=plans.scenario("archipelago", n_steps=2))
