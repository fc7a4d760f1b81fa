"""Known answers of what ranks inputs: elementary effects, distances, Shapley effects, bars, information."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from sim.analysis.drivers import information, morris, pawn, shapley, tornado
from sim.vocabulary.errors import InputError
from test_drivers import angles, is_near, ishigami


def on_cube(u: np.ndarray) -> np.ndarray:
    return ishigami((2 * u - 1) * pi)


def test_elementary_effects_of_ishigami_over_the_whole_grid() -> None:
    found = morris.enumerated(on_cube, 3)
    assert found.mu_star == pytest.approx([7.70405, 7.875, 6.24880], abs=1e-5)
    assert found.sigma == pytest.approx([6.2488, 7.875, 8.8371], abs=1e-4)
    assert found.mu == pytest.approx([7.70405, 0, 0], abs=1e-5)


def test_trajectories_estimate_the_same_and_the_dummy_does_nothing() -> None:
    found = morris.of_function(on_cube, 3, trajectories=2000)
    assert is_near(
        found.mu_star[:3], found.mu_star_low[:3], found.mu_star_high[:3], [7.70405, 7.875, 6.24880]
    )
    assert found.sigma[:3] == pytest.approx([6.2488, 7.875, 8.8371], rel=0.05)
    assert (found.mu_star[3], found.sigma[3]) == (0, 0)


def test_effects_of_a_line_are_its_slopes_at_any_number_of_levels() -> None:
    for levels in (2, 4, 6):
        found = morris.of_function(lambda u: u @ [3.0, -2.0, 0.0], 3, trajectories=5, levels=levels)
        assert found.mu == pytest.approx([3, -2, 0, 0]) and found.sigma == pytest.approx([0] * 4, abs=1e-12)
    noise = np.random.default_rng(1)
    noisy = morris.of_function(lambda u: noise.standard_normal(len(u)), 2, trajectories=400)
    assert np.all(noisy.mu_star[:2] < noisy.mu_star_high[2] * 1.2)
    with pytest.raises(InputError, match="even number"):
        morris.of_function(on_cube, 3, levels=3)


def test_distances_of_ishigami() -> None:
    sample = angles(np.random.default_rng(5), 10_000)
    found = pawn.of_sample(sample, ishigami(sample), resamples=5)
    # In a sample distances are larger than in the limit, by less than the floor.
    known = np.array([0.237, 0.392, 0.081])
    assert np.all(np.abs(found.median - known) < found.median_floor)
    assert found.median_floor < 0.05 and np.all(found.maximum >= found.median)
    assert np.all(found.median_low <= found.median_high)


def test_distances_of_categories_weights_and_holes() -> None:
    generator = np.random.default_rng(2)
    kind = generator.integers(2, size=4000).astype(float)
    sample = np.stack([kind, generator.random(4000)], axis=1)
    outcome = np.where(kind > 0, 1.0, 0.0)  # ties: the distance is 1/2, in both slices
    found = pawn.of_sample(sample, outcome, resamples=0)
    assert found.median[0] == pytest.approx(0.5, abs=0.02) and found.median[1] < 0.1
    # Three times the weight on one kind: a quarter is left to the other, so the distances are 1/4 and 3/4.
    weighted = pawn.of_sample(sample, outcome, weights=1 + 2 * kind, resamples=0)
    assert weighted.maximum[0] == pytest.approx(0.75, abs=0.02)
    holes = np.where(np.arange(4000) % 3, outcome, np.nan)
    part = pawn.of_sample(sample, holes, resamples=0)
    assert part.median[0] == pytest.approx(0.5, abs=0.03)


def linear(x: np.ndarray) -> np.ndarray:
    return x.sum(axis=1)


COVARIANCE = np.array([[1.0, 0, 0], [0, 1, 1], [0, 1, 4]])  # deviations 1, 1, 2; correlation 1/2


def correlated(generator: np.random.Generator, n: int) -> np.ndarray:
    return generator.multivariate_normal(np.zeros(3), COVARIANCE, n)


def given(generator: np.random.Generator, known: list[int], sample: np.ndarray) -> np.ndarray:
    """Draw the other columns of a normal sample given some."""
    left = [k for k in range(3) if k not in known]
    a, b = COVARIANCE[np.ix_(left, known)], COVARIANCE[np.ix_(known, known)]
    slope = a @ np.linalg.inv(b)
    rest = COVARIANCE[np.ix_(left, left)] - slope @ a.T
    found = sample.copy()
    noise = generator.multivariate_normal(np.zeros(len(left)), rest, len(sample))
    found[:, left] = sample[:, known] @ slope.T + noise
    return found


KNOWN_SHAPLEY = [0.125, 0.296875, 0.578125]


def test_shapley_effects_of_correlated_inputs() -> None:
    found = shapley.of_function(linear, correlated, given, samples=20_000, resamples=100)
    assert is_near(found.effect, found.effect_low, found.effect_high, KNOWN_SHAPLEY)
    assert found.effect.sum() == pytest.approx(1) and np.max(found.effect_high - found.effect_low) < 0.05
    assert is_near(found.first, found.first_low, found.first_high, [0.125, 0.5, 0.78125])
    assert is_near(found.total, found.total_low, found.total_high, [0.125, 0.09375, 0.375])
    grouped = shapley.of_function(linear, correlated, groups=[[0], [1, 2]], samples=20_000, resamples=100)
    assert is_near(grouped.effect, grouped.effect_low, grouped.effect_high, [0.125, 0.875])


def test_shapley_effects_of_finished_trials() -> None:
    sample = correlated(np.random.default_rng(3), 10_000)
    assert shapley.of_sample(sample, linear(sample)) == pytest.approx(KNOWN_SHAPLEY, abs=0.03)
    with pytest.raises(InputError, match="7 groups or fewer"):
        shapley.subsets(8)


def test_one_input_has_everything() -> None:
    found = shapley.of_function(
        lambda x: x[:, 0] ** 2, lambda g, n: g.random((n, 1)), samples=50, resamples=5
    )
    assert found.effect == pytest.approx([1])


def test_bars_of_a_line() -> None:
    bars = tornado.of_function(linear, correlated, [-1, -1, -2], [1, 1, 2], trials=100)
    assert bars.difference == pytest.approx([2, 2, 4]) and bars.difference_low == pytest.approx([2, 2, 4])
    low = np.array([[0.0, 0, np.nan, 0]])
    one = tornado.from_outcomes(low, np.array([[1.0, 3, 5, 2]]))
    assert one.difference[0] == pytest.approx(2)
    assert one.difference_high[0] - 2 == pytest.approx(1.959964 * 1 / np.sqrt(3), rel=1e-4)


@pytest.mark.long  # the next test has several options, weights, and nothing known
def test_information_of_a_difference() -> None:
    one, two = np.random.default_rng(4).normal(0, [1, 2], (8000, 2)).T
    payoff = 0.5 + one + two
    everything = information.perfect(payoff)
    assert is_near(*map(np.asarray, (everything.value, everything.low, everything.high)), 0.664271)
    for known, value in ((one, 0.197797), (two, 0.572689)):
        found = information.partial(payoff, known, resamples=20)
        assert is_near(*map(np.asarray, (found.value, found.low, found.high)), value)
        assert found.high - found.low < 0.08 and found.value > found.floor
    assert information.partial(payoff, np.stack([one, two], axis=1), resamples=0).value == pytest.approx(
        everything.value, abs=2e-3
    )


def test_information_on_several_options_weights_and_nothing() -> None:
    generator = np.random.default_rng(6)
    x, kind = generator.standard_normal(4000), generator.integers(3, size=4000)
    payoffs = np.stack([np.zeros(4000), x**2 - 1, np.where(kind == 2, 1.0, -1.0)], axis=1)
    of_kind = information.partial(payoffs, kind, resamples=0).value
    # 1/3 of the time the third option is worth 1, else 0: known, 1/3; not known, nothing.
    assert of_kind == pytest.approx(1 / 3, abs=0.03)
    # E(max(0, x^2 - 1)) = 2 phi(1) is not a line in x: a spline finds most of it.
    of_x = information.partial(payoffs[:, :2], x, resamples=0).value
    assert of_x == pytest.approx(2 * np.exp(-0.5) / np.sqrt(2 * np.pi), abs=0.04)
    twice = information.perfect(payoffs[:2000], np.full(2000, 3.0), resamples=0).value
    assert twice == pytest.approx(information.perfect(payoffs[:2000], resamples=0).value)
    noise = information.partial(x + 0.01, generator.standard_normal(4000), resamples=0)
    assert noise.value < 1.5 * noise.floor and abs(noise.explained) < 0.01
    assert information.partial(np.ones(100), x[:100], resamples=10).value == pytest.approx(0, abs=1e-8)
