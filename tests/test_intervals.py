"""Intervals where it is hard: nearly certain, never seen, options alike; and questions without an answer."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

import plans
import sim
from sim.analysis.compare import shares
from sim.analysis.discovery import box_scenarios, crossing, discovery, odds, prim, signposts
from sim.analysis.discovery.prim import Limit
from sim.analysis.drivers import information, pawn, shapley
from sim.analysis.drivers import variance_shares as indices
from sim.cli.discover import _files
from sim.vocabulary.errors import InputError

MONEY = "economy.initial_military_budget"


def coverage(
    interval: Callable[[np.random.Generator], tuple[float, float]], truth: float, times: int
) -> float:
    ends = np.array([interval(np.random.default_rng(k)) for k in range(times)])
    return float(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean())


@pytest.mark.parametrize("is_paired", [False, True])
@pytest.mark.parametrize(("apart", "many"), [(1.0, 40), (3.0, 10), (3.0, 40)])
def test_few_trials_that_are_told_apart_are_not_certain(apart: float, many: int, is_paired: bool) -> None:
    def interval(draw: np.random.Generator) -> tuple[float, float]:
        first, second = draw.normal(apart, 1.0, many), draw.normal(0.0, 1.0, many)
        if is_paired:
            return tuple(map(float, signposts.paired_auc(first, second)[1:]))
        both = np.concatenate([first, second]), np.repeat([True, False], many)
        return tuple(map(float, signposts.auc(*both)[1:]))

    assert coverage(interval, norm.cdf(apart / math.sqrt(2)), 150) >= 0.9
    middle, low, high = signposts.auc(np.arange(20.0), np.arange(20) >= 10)
    assert (middle, high) == (1.0, 1.0) and 0.8 < low < 0.95


@pytest.mark.parametrize(("mark", "mean", "sd"), [(2.0, 0.0, 0.7), (4.0, 0.5, 1.0), (4.0, 0.3, 0.7)])
def test_what_happened_in_few_trials_or_in_none_may_happen(mark: float, mean: float, sd: float) -> None:
    def interval(draw: np.random.Generator) -> tuple[float, float]:
        x = draw.normal(size=300)
        weights = norm.pdf(x, mean, sd) / norm.pdf(x)
        return odds.chance((x + draw.normal(size=300) > mark).astype(float), weights)[1:]

    assert coverage(interval, norm.sf((mark - mean) / math.hypot(sd, 1.0)), 150) >= 0.88
    weights = np.random.default_rng(1).random(200) + 0.5
    assert odds.chance(np.zeros(200), np.ones(200)) == pytest.approx((0.0, 0.0, 0.0188), abs=1e-4)
    never = odds._said(np.zeros(200), weights, is_event=True)
    assert never["shift"] == 0.0 and never["shift_low"] < -0.01 and never["shift_high"] > 0.01
    same = odds._said(np.zeros(200), np.ones(200), is_event=True)
    assert same["shift_low"] == same["shift_high"] == 0.0
    assert shares.wilson([0.0, 1.0], 42)[0][0] == 0.0 and shares.wilson([0.0, 1.0], 42)[1][1] == 1.0


def test_two_options_that_are_as_good_are_worth_telling_apart() -> None:
    """The interval of a least of means: percentiles of the least alone cover in three of four studies."""

    def interval(draw: np.random.Generator) -> tuple[float, float]:
        found = information.perfect(draw.normal(size=200), resamples=100, seed=int(draw.integers(1000)))
        return found.low, found.high

    assert coverage(interval, 1 / math.sqrt(2 * math.pi), 150) >= 0.87


@pytest.fixture(scope="module")
def toy() -> sim.Scenario:
    base = plans.scenario("archipelago", n_steps=4, name="toy")
    certain = {key: each.value for key, each in base.parameters.items() if each.distribution is not None}
    changes = {**certain, MONEY: {"value": 1000.0, "uniform": [500.0, 1500.0]}}
    return plans.scenario("archipelago", n_steps=4, name="toy", changes=changes)


def run(*scenarios: sim.Scenario) -> xr.Dataset:
    return sim.run(list(scenarios), trials=60, keep="military_budget", engine="numpy", workers=1)


def test_a_category_may_be_called_anything(toy: sim.Scenario) -> None:
    rich = toy.override({MONEY: 1500.0}, name="rich; richer")
    runs = run(toy, rich)
    found = sim.discover(runs, "military_budget@2020 > 1450", resamples=4)
    assert discovery.box_of(found)["scenario"].among == {"rich; richer"}
    assert [each.name for each in sim.box_scenarios(found, runs)] == ["rich; richer"]
    assert "rich; richer" in [
        each.get_text().rpartition(" (")[0] for each in sim.plots.box_limits(found).texts
    ]
    assert _files(["a b", "a_b", "ä", "a;b", "x" * 300]) == [
        "a_b.toml",
        "a_b_2.toml",
        "ä.toml",
        "a_b_3.toml",
        f"{'x' * 60}.toml",
    ]


@pytest.mark.parametrize(
    ("value", "is_in"),
    [
        (4000.0, False),
        (700.0, True),
        ({"uniform": [3000.0, 4000.0]}, False),
        ({"choice": [3000.0, 4000.0]}, False),
        ({"choice": [700.0, 4000.0]}, True),
        ({"normal": [4000.0, 100.0]}, True),  # hardly, but it has no end
    ],
)
def test_a_scenario_without_a_value_in_the_box_is_left_out(
    toy: sim.Scenario, value: object, is_in: bool
) -> None:
    other = toy.override({MONEY: value}, name="other").parameters[MONEY]
    limit = Limit(high=1000.0)
    assert box_scenarios._reaches(other, limit) == is_in
    if is_in:
        cut = box_scenarios._confined(other, limit) if other.distribution else other
        assert cut.value <= 1000.0


def test_whether_a_hole_is_beyond_a_mark_is_not_known(toy: sim.Scenario) -> None:
    runs = run(toy)
    runs["military_budget"] = runs["military_budget"].where(runs["trial"] != 3)
    event, prior = "military_budget@2020 > 1000", {"ann": {MONEY: {"uniform": [600.0, 1500.0]}}}
    for ask in (
        lambda: sim.discover(runs, event),
        lambda: sim.signposts(runs, event=event),
        lambda: sim.odds(runs, event, prior, least=5),
    ):
        with pytest.raises(InputError, match="is not a finite number in every trial"):
            ask()


def test_a_mark_is_said_as_it_was_asked_for(toy: sim.Scenario) -> None:
    found = sim.discover(run(toy), "military_budget@2020 > 1000.12345", resamples=0)
    assert found.attrs["event"] == "military_budget@2020 > 1000.12345"


def test_a_bisection_ends_where_no_number_lies_between() -> None:
    found = crossing.crossing(
        lambda values: [np.arange(9) < 9 * x for x in values], 0.0, 1.0, tolerance=1e-300
    )
    assert found.value == pytest.approx(4 / 9)


def test_columns_that_cannot_be_are_one_line() -> None:
    sample = np.random.default_rng(1).random((30, 3))
    outcome = sample.sum(axis=1)

    def draw(generator: np.random.Generator, n: int) -> np.ndarray:
        return generator.random((n, 3))

    def total(x: np.ndarray) -> np.ndarray:
        return x.sum(axis=1)

    for groups in ([], [[0], []], [[0], [3]], [[0, 1], [1]], [[0.5]]):
        for wrong in (
            lambda given=groups: indices.of_function(total, draw, given, samples=8),
            lambda given=groups: shapley.of_function(total, draw, groups=given, samples=8),
            lambda given=groups: shapley.of_sample(sample, outcome, given),
        ):
            with pytest.raises(InputError, match="groups"):
                wrong()
    with pytest.raises(InputError, match="is in no group"):
        shapley.of_function(total, draw, groups=[[0], [1]], samples=8)
    for neighbours, said in ((31, "too few"), (1, "out of range")):
        with pytest.raises(InputError, match=said):
            shapley.of_sample(sample, outcome, neighbours=neighbours)
    with pytest.raises(InputError, match="weights"):
        pawn.of_sample(sample, outcome, slices=5, weights=sample)


def test_a_box_is_found_among_what_does_not_matter() -> None:
    """A box in three of nine variables, one of ten trials turned at random."""
    draw = np.random.default_rng(4)
    columns = {f"x{k}": draw.random(4000) for k in range(9)}
    planted = {"x1": Limit(low=0.4), "x4": Limit(high=0.5), "x7": Limit(low=0.2, high=0.7)}
    is_wanted = prim.inside(planted, columns) ^ (draw.random(4000) < 0.1)
    boxes = prim.trajectory(columns, is_wanted)
    fits = [prim.fit(each, columns, is_wanted) for each in boxes]
    best = boxes[int(np.argmax([2 * f.coverage * f.density / (f.coverage + f.density) for f in fits]))]
    kept = prim.pruned(best, prim.frequencies(best, columns, is_wanted, 5, 1))
    assert set(kept) == set(planted)
    for name, limit in planted.items():
        for side in limit.sides:
            assert getattr(kept[name], side) == pytest.approx(getattr(limit, side), abs=0.06)
