"""Elementary functions: as accurate as the library's, and the same bits in every shape."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from sim.numerics import angles, lists
from sim.numerics import elementary as numerics
from sim.numerics import special as own


def ulps(found: Any, wanted: Any) -> float:
    """Return the largest distance in units of the last place of what is wanted."""
    return float(np.max(np.abs(found - wanted) / np.spacing(np.abs(wanted))))


def by_math(function: Callable[[float], float], x: Any) -> Any:
    return np.array([function(each) for each in x.tolist()])


def test_exp_is_within_two_ulp() -> None:
    rng = np.random.default_rng(1)
    for x in (rng.uniform(-700, 700, 20_000), rng.normal(0, 2, 20_000), rng.normal(0, 1e-8, 5_000)):
        assert ulps(numerics.exp(x), by_math(math.exp, x)) <= 2
    assert numerics.exp(np.zeros(1)) == 1.0


def test_exp_is_limited_not_infinite() -> None:
    x = np.array([-np.inf, -1e300, -701.0, -700.0, 700.0, 701.0, 1e300, np.inf])
    with np.errstate(all="raise"):
        found = numerics.exp(x)
    assert (found[:4] == found[3]).all()
    assert (found[4:] == found[4]).all()
    assert found[3] == pytest.approx(math.exp(-700), rel=1e-14)
    assert found[4] == pytest.approx(math.exp(700), rel=1e-14)


def test_exp_rises() -> None:
    x = np.linspace(-3, 3, 50_001)
    assert (np.diff(numerics.exp(x)) > 0).all()
    near = 1.0 + np.arange(-2000, 2000) * 2.0**-52
    assert (np.diff(numerics.exp(near)) >= 0).all()


def test_log_is_within_two_ulp() -> None:
    rng = np.random.default_rng(2)
    tiny = np.finfo(float).tiny
    for x in (
        10.0 ** rng.uniform(-300, 300, 20_000),
        rng.uniform(0.5, 2.0, 20_000),
        1.0 + rng.uniform(-1e-9, 1e-9, 5_000),
        1.0 - 2.0 ** -np.arange(2.0, 54.0),
        np.array([tiny, tiny / 8, 5e-324, np.finfo(float).max]),
    ):
        x = x[x != 1.0]
        assert ulps(numerics.log(x), by_math(math.log, x)) <= 2
    assert numerics.log(np.ones(1)) == 0.0


@given(st.floats(-600, 600))
def test_log_undoes_exp(x: float) -> None:
    assert numerics.log(numerics.exp(np.array([x])))[0] == pytest.approx(x, rel=1e-15, abs=1e-15)


def test_the_normal_quantile_agrees_with_scipy() -> None:
    rng = np.random.default_rng(3)
    tails = 2.0 ** -np.arange(2.0, 55.0)
    for u in (rng.uniform(0, 1, 50_000), tails, 1.0 - tails[tails > 2.0**-54], np.array([0.075, 0.925, 0.5])):
        np.testing.assert_allclose(numerics.normal_quantile(u), special.ndtri(u), rtol=1e-14, atol=1e-15)


def test_the_normal_quantile_is_odd_and_rises() -> None:
    u = np.arange(1, 4096) / 4096
    found = numerics.normal_quantile(u)
    np.testing.assert_array_equal(found, -numerics.normal_quantile(1.0 - u)[::1])
    assert (np.diff(found) > 0).all()


def test_the_normal_cdf_undoes_the_quantile() -> None:
    u = np.linspace(0.001, 0.999, 999)
    np.testing.assert_allclose(own.normal_cdf(numerics.normal_quantile(u)), u, rtol=1e-13)


def test_the_normal_cdf_agrees_with_the_library() -> None:
    x = np.concatenate([np.linspace(-36.9, 8.0, 20_001), np.random.default_rng(7).normal(0, 1, 20_000)])
    exact = by_math(lambda each: 0.5 * math.erfc(-each * math.sqrt(0.5)), x)
    np.testing.assert_allclose(own.normal_cdf(x)[x > -3], exact[x > -3], rtol=1e-14)
    np.testing.assert_allclose(own.normal_cdf(x), special.ndtr(x), rtol=1e-12)
    assert own.normal_cdf(np.array([-np.inf, -37.0, 0.0, np.inf])).tolist() == [0.0, 0.0, 0.5, 1.0]
    assert (np.diff(own.normal_cdf(np.linspace(-9, 9, 50_001))) >= 0).all()


SHAPES = [(2.0, 5.0), (0.5, 0.5), (1.0, 1.0), (8.0, 0.7), (0.05, 3.0), (40.0, 60.0), (300.0, 2.5)]


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_the_beta_distribution_agrees_with_scipy(a: float, b: float) -> None:
    rng = np.random.default_rng(8)
    small = 10.0 ** rng.uniform(-12, -1, 200)
    u = np.concatenate([rng.random(2000), small, 1.0 - small])
    x = np.concatenate([rng.random(2000), small, [0.0, 1.0]])
    np.testing.assert_allclose(own.beta_cdf(a, b, x), special.betainc(a, b, x), rtol=1e-11, atol=1e-300)
    found, expected = own.beta_quantile(a, b, u), special.betaincinv(a, b, u)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(1.0 - found, 1.0 - expected, rtol=0, atol=1e-13)
    assert (np.diff(own.beta_quantile(a, b, np.linspace(0, 1, 20_001))) >= 0).all()
    assert own.beta_quantile(a, b, np.array([0.0, 1.0])).tolist() == [0.0, 1.0]


def test_sine_cosine_and_arcsine_agree_with_the_library() -> None:
    for degrees in np.random.default_rng(9).uniform(-360, 360, 2000).tolist():
        exact = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        assert angles.sine_and_cosine(degrees) == pytest.approx(exact, rel=1e-12, abs=3e-15)
    assert [angles.sine_and_cosine(90.0 * k)[0] for k in range(-2, 4)] == [0.0, -1.0, 0.0, 1.0, 0.0, -1.0]
    for x in np.random.default_rng(10).random(2000).tolist():
        assert angles.arcsine(x) == pytest.approx(math.asin(x), rel=1e-14)
    assert angles.between(0.0, 0.0, 0.0, 180.0) == pytest.approx(math.pi)
    assert angles.between(90.0, 5.0, -90.0, 70.0) == pytest.approx(math.pi)


@pytest.mark.parametrize(
    "function",
    [
        numerics.exp,
        numerics.log,
        numerics.normal_quantile,
        own.normal_cdf,
    ],
)
def test_bits_do_not_depend_on_the_shape(function: Callable[[Any], Any]) -> None:
    x = np.random.default_rng(4).uniform(0.0, 1.0, (7, 300))
    whole = function(x)
    alone = np.array([[function(x[i, j : j + 1])[0] for j in range(300)] for i in range(7)])
    strided = function(np.asfortranarray(x))
    assert whole.tobytes() == alone.tobytes()
    assert whole.tobytes() == np.ascontiguousarray(strided).tobytes()
    assert function(x[::2, ::3]).tobytes() == whole[::2, ::3].tobytes()


@pytest.mark.parametrize("function", [numerics.exp, numerics.log, numerics.normal_quantile, numerics.total])
def test_arguments_are_left_as_they_were(function: Callable[[Any], Any]) -> None:
    x = np.random.default_rng(5).uniform(0.0, 1.0, (4, 9))
    before = x.copy()
    function(x)
    np.testing.assert_array_equal(x, before)


@given(st.lists(st.lists(st.floats(-1e12, 1e12), min_size=3, max_size=3), min_size=1, max_size=40))
def test_total_adds_one_after_another(rows: list[list[float]]) -> None:
    x = np.array(rows)
    wanted = list(rows[0])
    for row in rows[1:]:
        wanted = [a + b for a, b in zip(wanted, row, strict=True)]
    assert numerics.total(x).tolist() == wanted
    assert numerics.total(x[:, :1]).tolist() == wanted[:1]


def test_total_differs_from_a_pairwise_sum() -> None:
    # Otherwise the test above would say nothing.
    x = np.random.default_rng(6).uniform(0, 1, (1000, 1))
    assert numerics.total(x)[0] != np.sum(x)


@pytest.mark.parametrize("shape", [(9, 11, 40), (9, 11, 2), (9, 11, 1), (1, 3, 4), (40, 1, 1)])
def test_sums_along_every_axis_are_taken_row_by_row(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=shape) * 10.0 ** rng.uniform(-8, 8, shape)
    x[..., 0] = -0.0
    for form in (x, x[::-1], x[..., ::-1], np.asfortranarray(x), np.broadcast_to(x[:1], shape), x > 0.0):
        for axis in range(3):
            rows = numerics.by_rows(form, axis)
            assert numerics.total(form, axis).tobytes() == rows.tobytes()
            assert numerics.total(np.moveaxis(form, axis, 0)).tobytes() == rows.tobytes()


def test_running_totals_and_counts_are_those_of_numpy() -> None:
    rng = np.random.default_rng(8)
    for shape in ((11, 3), (11, 1), (11, 300), (1, 7), (2, 0)):
        x = rng.normal(size=shape)
        assert numerics.running_total(x).tobytes() == np.cumsum(x, axis=0).tobytes()
        assert numerics.count(x > 0.0).tolist() == np.count_nonzero(x > 0.0, axis=0).tolist()
        assert numerics.greatest(x).tolist() == np.max(x, axis=0).tolist()
        assert np.array_equal(lists.found(x > 0.0), np.nonzero(x > 0.0))
        u = rng.uniform(size=shape)
        together = numerics.normal_quantiles(u, x[:0, :0], u[0])
        assert [each.tobytes() for each in together] == [
            numerics.normal_quantile(each).tobytes() for each in (u, x[:0, :0], u[0])
        ]


@pytest.mark.parametrize("function", [numerics.exp, numerics.log, numerics.normal_quantile])
def test_a_large_array_has_the_bits_of_its_parts(function: Callable[[Any], Any]) -> None:
    x = np.random.default_rng(9).uniform(0.0, 1.0, (3, 5, 1001))
    parts = np.array([[function(row) for row in each] for each in x])
    assert function(x).tobytes() == parts.tobytes()


@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 20), st.integers(0, 2**32))
def test_pick_takes_what_belongs_to_each_deal(n_trials: int, n: int, n_deals: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    trial, category = rng.integers(0, n_trials, n_deals), rng.integers(0, n, n_deals)
    deals = list(zip(category, trial, strict=True))
    by_trial, both, three = rng.random(n_trials), rng.random((n, n_trials)), rng.random((3, n, n_trials))
    assert lists.pick(by_trial, trial).tolist() == [by_trial[t] for t in trial]
    assert lists.pick(both, trial, category).tolist() == [both[c, t] for c, t in deals]
    assert lists.pick(both, trial).tolist() == [[row[t] for t in trial] for row in both]
    found = lists.pick(three, trial, category)
    assert found.tolist() == [[plane[c, t] for c, t in deals] for plane in three]
    np.testing.assert_array_equal(
        lists.pick(np.broadcast_to(by_trial, both.shape), trial, category), by_trial[trial]
    )


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 30), st.integers(0, 2**32))
def test_scatter_adds_in_the_order_of_the_list(n: int, n_trials: int, n_items: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    row, trial = rng.integers(0, n, n_items), rng.integers(0, n_trials, n_items)
    values = 10.0 ** rng.uniform(-12, 12, n_items)
    target = rng.random((n, n_trials))
    wanted = target.tolist()
    for r, t, value in zip(row.tolist(), trial.tolist(), values.tolist(), strict=True):
        wanted[r][t] += value
    lists.scatter(target, (row, trial), values)
    assert target.tolist() == wanted
    lists.scatter(target, (row, trial), 0.0)
    assert target.tolist() == wanted


def test_entries_in_turn_know_what_those_before_left() -> None:
    trial, turn = np.array([0, 2, 0, 2, 2]), np.array([0, 0, 1, 1, 2])
    left = np.zeros(3)

    def decide(trial: np.ndarray, amount: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = lists.pick(left, trial)
        lists.scatter(left, (trial,), amount)
        return found, np.stack([amount, 2 * found])

    amounts = np.array([1.0, 10.0, 2.0, 20.0, 40.0])
    found, stacked = lists.in_turn(decide, turn, (left,), (trial, amounts))
    np.testing.assert_array_equal(found, [0, 0, 1, 10, 30])
    np.testing.assert_array_equal(stacked, [amounts, 2 * found])
    np.testing.assert_array_equal(left, [3, 0, 70])
    left[:] = 0
    by_trial = np.array([0, 2, 1, 3, 4])
    found, _ = lists.in_turn(decide, turn[by_trial], (left,), (trial[by_trial], amounts[by_trial]))
    np.testing.assert_array_equal(found, [0, 1, 0, 10, 30])
    nothing = np.zeros(0, dtype=int)
    assert lists.in_turn(decide, nothing, (left,), (nothing, np.zeros(0)))[1].shape == (2, 0)


def test_what_is_left_of_cohorts_is_what_each_year_leaves() -> None:
    cohorts = np.zeros((3, 2, 2))
    cohorts[:, 0, 1] = 8.0, 0.0, 4.0
    left = lists.left_of(cohorts, np.array([0.5, 1.0]))
    assert left.tolist() == [[[0.0, 0.0], [6.0, 12.0]], [[0.0, 0.0], [0.0, 0.0]]]


def test_scatter_refuses_what_lies_outside() -> None:
    with pytest.raises(ValueError, match="invalid entry"):
        lists.scatter(np.zeros((2, 3)), (np.array([0]), np.array([3])), 1.0)
