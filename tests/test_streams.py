"""Random streams: a draw depends on seed, name, trial and quarter, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.numerics.streams import GRANULE, Streams

N_TRIALS, WIDTH, N_QUARTERS = 3 * GRANULE, 4, 5
FIRST_QUARTER = 8096
WHOLE = Streams(1).uniform("choice_shock", 0, N_TRIALS, WIDTH, FIRST_QUARTER, N_QUARTERS)


@given(
    first=st.integers(0, N_TRIALS - 1),
    n=st.integers(1, 700),
    quarter=st.integers(0, N_QUARTERS - 1),
    n_quarters=st.integers(1, N_QUARTERS),
)
def test_a_part_has_the_numbers_of_the_whole(first: int, n: int, quarter: int, n_quarters: int) -> None:
    n, n_quarters = min(n, N_TRIALS - first), min(n_quarters, N_QUARTERS - quarter)
    part = Streams(1).uniform("choice_shock", first, n, WIDTH, FIRST_QUARTER + quarter, n_quarters)
    np.testing.assert_array_equal(part, WHOLE[quarter : quarter + n_quarters, :, first : first + n])


def test_what_was_drawn_before_does_not_matter() -> None:
    streams = Streams(1)
    streams.uniform("demand_shock", 0, 10)
    streams.uniform("choice_shock", 512, 10, 3, 17, 2)
    again = streams.uniform("choice_shock", 0, N_TRIALS, WIDTH, FIRST_QUARTER, N_QUARTERS)
    np.testing.assert_array_equal(again, WHOLE)


@pytest.mark.parametrize(
    "other",
    [
        Streams(2).uniform("choice_shock", 0, N_TRIALS, WIDTH, FIRST_QUARTER, N_QUARTERS),
        Streams(1).uniform("size_shock", 0, N_TRIALS, WIDTH, FIRST_QUARTER, N_QUARTERS),
        Streams(1).uniform("choice_shock", N_TRIALS, N_TRIALS, WIDTH, FIRST_QUARTER, N_QUARTERS),
        Streams(1).uniform("choice_shock", 0, N_TRIALS, WIDTH, FIRST_QUARTER + N_QUARTERS, N_QUARTERS),
        WHOLE[:, ::-1],
        WHOLE[::-1],
        np.roll(WHOLE, 1, axis=-1),
        np.roll(WHOLE, GRANULE, axis=-1),
    ],
    ids=["seed", "stream", "trials", "quarters", "width", "order", "neighbour", "granule"],
)
def test_other_keys_give_other_draws(other: np.ndarray) -> None:
    # The middle entry along a reversed axis is itself.
    is_itself = other == WHOLE
    assert is_itself.mean() <= 1 / N_QUARTERS
    one, another = WHOLE[~is_itself], other[~is_itself]
    correlation = np.corrcoef(one, another)[0, 1]
    # A reversed axis has every pair twice, hence the factor.
    assert abs(correlation) < 4 * np.sqrt(2 / one.size)


def test_draws_are_uniform() -> None:
    assert stats.kstest(WHOLE.ravel(), "uniform").pvalue > 1e-3
    for quarter in WHOLE:
        for row in quarter:
            assert stats.kstest(row, "uniform").pvalue > 1e-4
    by_trial = WHOLE.mean(axis=(0, 1))
    assert by_trial.std() == pytest.approx(np.sqrt(1 / 12 / (WIDTH * N_QUARTERS)), rel=0.1)


def test_no_draw_is_zero_or_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert WHOLE.min() > 0.0
    assert WHOLE.max() < 1.0

    class Edges:
        """A generator that draws nothing but zeros."""

        def __init__(self, bits: object) -> None:
            self.bit_generator = bits

        def random(self, shape: tuple[int, ...]) -> np.ndarray:
            return np.zeros(shape)

    monkeypatch.setattr("sim.numerics.streams.Generator", Edges)
    assert (Streams(1).uniform("choice_shock", 0, 10) > 0.0).all()


def test_golden_numbers() -> None:
    # Philox 4x64, keyed by SHA-256 of "seed:stream". A change here changes every result ever published.
    found = [
        Streams(0).uniform("demand_shock", 0, 2)[0, 0].tolist(),
        Streams(20).uniform("choice_shock", 511, 2, 8, 8096, 2)[1, 7].tolist(),
        Streams(-1).uniform("parameter:budget.procurement_share", 5, 1)[0, 0].tolist(),
    ]
    assert found == [
        [0.7034263596857864, 0.0586906927815658],
        [0.637173161444737, 0.01702889910796368],
        [0.4574840014662408],
    ]
