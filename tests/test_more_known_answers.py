"""Answers that are known beyond the textbook's own example: other constants, ties, signs, correlations."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import norm

from sim.analysis.discovery import crossing, prim, signposts
from sim.analysis.discovery.odds import density, effective
from sim.analysis.drivers import information, pawn, shapley
from sim.analysis.drivers import variance_shares as indices
from sim.analysis.robustness import criteria
from sim.parameter.distributions import UNBOUNDED, Normal


def test_ishigami_with_other_constants() -> None:
    a, b = 5.0, 0.05
    found = indices.of_function(
        lambda x: np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0]),
        lambda generator, n: generator.uniform(-math.pi, math.pi, (n, 3)),
        samples=8192,
        resamples=100,
    )
    one, two = 0.5 * (1 + b * math.pi**4 / 5) ** 2, a**2 / 8
    both = b**2 * math.pi**8 * (1 / 18 - 1 / 50)
    variance = one + two + both
    assert found.variance == pytest.approx(variance, rel=0.03)
    assert found.first == pytest.approx(np.array([one, two, 0]) / variance, abs=0.03)
    assert found.total == pytest.approx(np.array([one + both, two, both]) / variance, abs=0.03)


def test_groups_of_a_g_function_of_ten_inputs() -> None:
    weights = np.array([0, 0.5, 1, 2, 4, 9, 99, 99, 99, 99])
    own = 1 / (3 * (1 + weights) ** 2)
    groups = [[0, 1], [2, 3, 4], [5, 6, 7, 8, 9]]
    found = indices.of_function(
        lambda x: np.prod((np.abs(4 * x - 2) + weights) / (1 + weights), axis=1),
        lambda generator, n: generator.random((n, 10)),
        groups,
        samples=8192,
        resamples=100,
    )
    variance = np.prod(1 + own) - 1
    closed = [(np.prod(1 + own[each]) - 1) / variance for each in groups]
    left = [(np.prod(1 + np.delete(own, each)) - 1) / variance for each in groups]
    assert found.first == pytest.approx(closed, abs=0.03)
    assert found.total == pytest.approx(1 - np.array(left), abs=0.03)


SLOPES = np.array([1.0, -2.0, 0.5, 1.0])
COVARIANCE = np.array([[1, 0.5, 0.2, 0], [0.5, 2, -0.3, 0.4], [0.2, -0.3, 1, 0.6], [0, 0.4, 0.6, 1.5]])


def explained(known: tuple[int, ...]) -> float:
    """Return the variance of the linear function that some of its inputs explain."""
    if not known:
        return 0.0
    own = COVARIANCE[:, known].T @ SLOPES
    found: float = own @ np.linalg.solve(COVARIANCE[np.ix_(known, known)], own)
    return found


def given(generator: np.random.Generator, known: list[int], sample: np.ndarray) -> np.ndarray:
    """Draw the other inputs given some."""
    left = [k for k in range(len(SLOPES)) if k not in known]
    slope = COVARIANCE[np.ix_(left, known)] @ np.linalg.inv(COVARIANCE[np.ix_(known, known)])
    rest = COVARIANCE[np.ix_(left, left)] - slope @ COVARIANCE[np.ix_(known, left)]
    found = sample.copy()
    noise = generator.multivariate_normal(np.zeros(len(left)), rest, len(sample))
    found[:, left] = sample[:, known] @ slope.T + noise
    return found


def test_four_correlated_inputs_of_a_linear_function() -> None:
    inputs, variance = range(len(SLOPES)), SLOPES @ COVARIANCE @ SLOPES
    known = [
        sum(
            (explained(tuple(sorted((*u, k)))) - explained(u))
            / (len(inputs) * math.comb(len(inputs) - 1, size))
            for size in inputs
            for u in combinations([j for j in inputs if j != k], size)
        )
        for k in inputs
    ]
    found = shapley.of_function(
        lambda x: x @ SLOPES,
        lambda generator, n: generator.multivariate_normal(np.zeros(4), COVARIANCE, n),
        given,
        samples=10_000,
        resamples=50,
    )
    assert found.effect == pytest.approx(np.array(known) / variance, abs=0.015)
    first = [explained((k,)) / variance for k in inputs]
    total = [1 - explained(tuple(j for j in inputs if j != k)) / variance for k in inputs]
    assert found.first == pytest.approx(first, abs=0.03)
    assert found.total == pytest.approx(total, abs=0.015)


def test_distances_of_a_uniform_outcome() -> None:
    """A slice of a uniform input that is the outcome is as far as the farther of its ends."""
    sample = np.random.default_rng(1).random((8000, 2))
    found = pawn.of_sample(sample, sample[:, 0], resamples=5)
    assert [found.median[0], found.maximum[0]] == pytest.approx([0.7, 0.9], abs=0.01)
    assert found.median[1] < 0.05


def test_what_a_normal_difference_is_worth_knowing() -> None:
    one, two = np.random.default_rng(2).normal(size=(2, 20_000))
    payoff = -0.3 + 0.8 * one + 1.5 * two

    def loss(sd: float) -> float:
        return float(sd * norm.pdf(0.3 / sd) - 0.3 * norm.cdf(-0.3 / sd))

    assert information.perfect(payoff, resamples=2).value == pytest.approx(loss(1.7), abs=0.015)
    for known, sd in ((one, 0.8), (two, 1.5)):
        found = information.partial(payoff, known, resamples=2, dummies=0)
        assert found.value == pytest.approx(loss(sd), abs=0.015)


RESPONSES = 2001
OWN = (np.arange(RESPONSES) + 0.5) / RESPONSES


@pytest.mark.parametrize(
    ("slope", "middle", "probability"), [(10, 0.37, 0.5), (10, 0.37, 0.9), (-8, 0.6, 0.25), (1e5, 1 / 3, 0.5)]
)
def test_thresholds_of_logistic_responses(slope: float, middle: float, probability: float) -> None:
    def respond(values: list[float]) -> list[np.ndarray]:
        return [1 / (1 + np.exp(np.clip(-slope * (x - middle), -700, 700))) > OWN for x in values]

    found = crossing.crossing(respond, 0.0, 1.0, probability)
    known = middle + math.log(probability / (1 - probability)) / slope
    assert found.value == pytest.approx(known, abs=2e-3)
    assert found.low <= known <= found.high
    # A steep response is known as well as the bisection is fine, and no better.
    assert found.high - found.low >= crossing.TOLERANCE / 2


@pytest.mark.parametrize("level", [0.2, 0.5, 1.0])
def test_a_flat_response_has_no_threshold(level: float) -> None:
    found = crossing.crossing(lambda values: [level > OWN for _ in values], 0.0, 1.0)
    assert math.isnan(found.value) and found.trend == 0 and found.against is None


def test_areas_of_normals_at_several_dates_and_of_two_values() -> None:
    apart = np.array([0.0, 0.5, 1.0, 2.0, 4.0])
    draw = np.random.default_rng(3).normal(size=(2, 5, 1500))
    values = np.concatenate([draw[0] + apart[:, None], draw[1]], axis=1)
    found, low, high = signposts.auc(values, np.repeat([True, False], 1500))
    assert found == pytest.approx(norm.cdf(apart / math.sqrt(2)), abs=0.02) and np.all(low <= high)
    two = np.repeat([1.0, 0.0, 1.0, 0.0], [6, 4, 3, 7])  # one in 6 and in 3 of 10: half of ties count
    assert signposts.auc(two, np.repeat([True, False], 10))[0] == pytest.approx(0.65)


@pytest.mark.parametrize(("mean", "sd"), [(0.5, 1.0), (1.0, 1.0), (0.0, 0.5), (0.3, 0.7)])
def test_another_normal_prior_leaves_so_many_trials(mean: float, sd: float) -> None:
    x = norm.ppf((np.arange(50_000) + 0.5) / 50_000)
    weights = density(Normal(mean, sd), x, UNBOUNDED) / density(Normal(0.0, 1.0), x, UNBOUNDED)
    # The second moment of the ratio of two normal densities.
    known = sd * math.sqrt(2 - sd**2) * math.exp(-(mean**2) / (2 - sd**2))
    assert effective(weights) / len(x) == pytest.approx(known, rel=0.03)


def test_a_table_of_pay_offs_with_ties_and_losses() -> None:
    table = np.array([[-10.0, 5, 20], [0, 0, 0], [-10, 5, 20], [5, -5, 10]])
    assert criteria.largest_regret(table).tolist() == [15, 20, 15, 10]
    assert criteria.largest_regret(table, maximise=False).tolist() == [20, 10, 20, 15]
    assert criteria.worst(table).tolist() == [-10, 0, -10, -5]
    assert criteria.hurwicz(table, pessimism=0.6).tolist() == [2, 0, 2, 1]
    assert criteria.domain(table, mark=0.0) == pytest.approx([2 / 3, 1, 2 / 3, 2 / 3])
    assert criteria.ranks(np.array([3.0, 3, 3, 1]))[:, 0] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    tail = np.array([[1.0, 2, 3, 4, 5, 6, 7], [7, 1, 1, 1, 9, 9, 9]])
    found = [criteria.conditional_value_at_risk(tail, more, 0.3).tolist() for more in (True, False)]
    assert found[0] == pytest.approx([(1 + 2 + 0.1 * 3) / 2.1, 1])
    assert found[1] == pytest.approx([(7 + 6 + 0.1 * 5) / 2.1, 9])


def test_a_rotated_region_is_found_as_a_corner_and_chance_as_nothing() -> None:
    draw = np.random.default_rng(5)
    columns = {"x": draw.random(2000), "y": draw.random(2000), "kind": draw.choice(["a", "b", "c"], 2000)}
    is_wanted = columns["x"] + columns["y"] > 1.4
    boxes = prim.trajectory(columns, is_wanted)
    dense = next(box for box in boxes if prim.fit(box, columns, is_wanted).density > 0.9)
    assert {(name, side) for name, limit in dense.items() for side in limit.sides} == {
        ("x", "low"),
        ("y", "low"),
    }
    by_chance = draw.random(2000) < 0.2
    last = prim.trajectory(columns, by_chance)[-1]
    assert min(prim.quasi_p(last, columns, by_chance).values()) > 0.05
