"""The inversion, on models whose posterior is known."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.calibrate import rank_checks as sbc
from sim.analysis.calibrate import regression_abc as abc
from sim.vocabulary.axes import Array

N, NOISE = 20_000, 0.5


def normal_mean(n: int = N, seed: int = 1, n_data: int = 4) -> tuple[Array, Array]:
    """A standard normal mean, a second parameter that nothing depends on, and means of noisy data."""
    random = np.random.default_rng(seed)
    scores = random.standard_normal((2, n))
    data = scores[0] + NOISE * random.standard_normal((n_data, n))
    return scores, np.stack([data.mean(axis=0), random.standard_normal(n)])


def exact(observed: float, n_data: int = 4) -> tuple[float, float]:
    precision = 1.0 + n_data / NOISE**2
    return observed * (n_data / NOISE**2) / precision, precision**-0.5


def inverted(scores: Array, statistics: Array, observed: Array, count: int = 1000) -> abc.Sample:
    projection = abc.project(scores, statistics, 0.1)
    summary = projection.summarise(observed[:, None])[:, 0]
    return abc.adjust(scores, projection.summarise(statistics), summary, count)


@pytest.mark.parametrize("value", [-0.5, 0.8, 2.0])
def test_a_normal_mean_is_recovered(value: float) -> None:
    sample = inverted(*normal_mean(), np.array([value, 0.0]))
    mean, spread = exact(value)
    assert sample.mean()[0] == pytest.approx(mean, abs=4 * spread / sample.effective_size**0.5)
    assert sample.spread()[0] == pytest.approx(spread, rel=0.1)
    # What nothing depends on keeps its prior.
    assert sample.mean()[1] == pytest.approx(0, abs=4 / sample.effective_size**0.5)
    assert sample.spread()[1] == pytest.approx(1, rel=0.1)


def test_importance_leads_back_to_the_prior() -> None:
    random = np.random.default_rng(2)
    proposed = 0.8 + 0.6 * random.standard_normal(N)
    data = proposed + NOISE / 2 * random.standard_normal(N)
    unweighted = abc.adjust(proposed[None], data[None], np.array([1.0]), 2000)
    at = unweighted.scores[0]
    sample = unweighted.reweighted(np.exp(-0.5 * at**2 + 0.5 * ((at - 0.8) / 0.6) ** 2))
    mean, spread = exact(1.0)
    assert sample.mean()[0] == pytest.approx(mean, abs=4 * spread / sample.effective_size**0.5)
    assert sample.spread()[0] == pytest.approx(spread, rel=0.1)
    assert abs(unweighted.mean()[0] - mean) < abs(1.0 - mean)


def test_regression_corrects_a_wide_tolerance() -> None:
    scores, statistics = normal_mean()
    sample = inverted(scores, statistics, np.array([1.0, 0.0]), count=N // 2)
    mean, spread = exact(1.0)
    assert sample.mean()[0] == pytest.approx(mean, abs=0.02)
    assert sample.spread()[0] == pytest.approx(spread, rel=0.1)
    near = np.argsort(np.abs(statistics[0] - 1.0))[: N // 2]
    assert abs(scores[0, near].mean() - mean) > 0.2  # without it


def test_draws_stand_for_the_weights() -> None:
    sample = abc.Sample(np.array([[0.0, 1.0, 2.0]]), np.array([0.5, 0.25, 0.25]), 1.0)
    drawn = sample.draw(4000, np.random.default_rng(1))[0]
    assert [np.count_nonzero(drawn == value) for value in (0, 1, 2)] == pytest.approx(
        [2000, 1000, 1000], abs=1
    )
    assert np.abs(np.corrcoef(drawn, np.arange(4000))[0, 1]) < 0.06  # rows are in no order
    assert sample.effective_size == pytest.approx(1 / (0.25 + 2 * 0.0625))


def test_the_projection_keeps_what_predicts_and_drops_noise() -> None:
    scores, statistics = normal_mean()
    projection = abc.project(scores, statistics, 0.1)
    assert projection.correlations == pytest.approx([(1 + NOISE**2 / 4) ** -0.5], abs=0.01)
    assert abs(projection.directions[0, 1]) < 0.02


def test_the_emulator_separates_shocks_from_parameters() -> None:
    random = np.random.default_rng(3)
    scores = random.standard_normal((3, N))
    made = 2.0 * scores[0] + 0.5 * scores[1] ** 2 + 0.3 * random.standard_normal(N)
    emulator = abc.emulate(scores, made[None])
    assert emulator.residual[0] == pytest.approx(0.3, rel=0.03)
    assert emulator.explained[0] == pytest.approx(4.5 / 4.59, abs=0.01)
    at = np.array([[1.0], [2.0], [0.0]])
    assert emulator.predict(at)[0] == pytest.approx(4.0, abs=0.05)
    assert emulator.implausibility(at, np.array([4.0 + 0.9]))[0] == pytest.approx(3.0, rel=0.1)


def test_the_cut_lets_one_statistic_go_astray() -> None:
    implausibility = np.array([[9.0, 9.0, 1.0], [1.0, 4.0, 2.9], [0.5, 0.0, 1.0]])
    assert abc.is_plausible(implausibility, 3.0).tolist() == [True, False, True]
    assert abc.is_plausible(implausibility[:1], 3.0).tolist() == [False, False, True]


SIMULATED, DRAWS = 400, 99


def test_statistics_that_never_vary_rule_out_nothing_but_other_values() -> None:
    scores, statistics = normal_mean()
    emulator = abc.emulate(scores, np.concatenate([statistics, np.zeros((2, N))]))
    near, unlike = np.array([0.0, 0.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    point = np.zeros((2, 1))
    assert abc.is_plausible(emulator.implausibility(point, near), 3.0).all()
    assert not abc.is_plausible(emulator.implausibility(point, unlike), 3.0).any()


def verdicts_on(widening: float = 1.0, shift: float = 0.0) -> list[sbc.Verdict]:
    """Ranks under the exact posterior of a normal mean, or one that is too wide, too narrow or beside it."""
    random = np.random.default_rng(4)
    truths = random.standard_normal((1, SIMULATED))
    data = truths[0] + NOISE / 2 * random.standard_normal(SIMULATED)

    def invert(number: int, draws: int) -> Array:
        mean, spread = exact(data[number])
        return mean + shift * spread + widening * spread * random.standard_normal((1, draws))

    return sbc.judge(sbc.ranks(invert, truths, DRAWS), DRAWS, ("mean",))


def test_ranks_are_even_for_the_right_posterior() -> None:
    [verdict] = verdicts_on()
    assert verdict.p_value > 0.01
    assert verdict.ks_distance < 1.2 * verdict.band
    assert verdict.spread == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("widening", "shift"), [(0.6, 0.0), (1.8, 0.0), (1.0, 0.5)])
def test_ranks_are_not_even_for_a_wrong_posterior(widening: float, shift: float) -> None:
    [verdict] = verdicts_on(widening, shift)
    assert verdict.p_value < 1e-4
    if not shift:
        assert (verdict.spread > 1.1) == (widening < 1)


def test_ranks_of_the_inversion_itself_are_even() -> None:
    scores, statistics = normal_mean(6000)
    projection = abc.project(scores, statistics, 0.1)
    summaries = projection.summarise(statistics)
    random = np.random.default_rng(5)

    def invert(number: int, draws: int) -> Array:
        left = np.delete(np.arange(6000), number)
        return abc.adjust(scores[:, left], summaries[:, left], summaries[:, number], 500).draw(draws, random)

    verdicts = sbc.judge(sbc.ranks(invert, scores[:, :SIMULATED], DRAWS), DRAWS, ("mean", "nothing"))
    for verdict in verdicts:
        assert verdict.p_value > 0.01, verdict
        assert verdict.spread == pytest.approx(1, abs=0.1)
