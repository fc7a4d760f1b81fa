"""Distributions: bounds, order, and agreement with scipy's own truncated distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.parameter import distributions
from sim.parameter.distributions import parse
from sim.vocabulary import errors

NUMBER = st.floats(-50, 50).map(lambda x: round(x, 3))
WIDTH = st.floats(0.01, 20).map(lambda x: round(x, 3))
PART = st.floats(0, 1)

Made = tuple[distributions.Distribution, Any, tuple[float, float]]


@st.composite
def shapes(draw: st.DrawFn) -> Made:
    """Draw a shape, the same in scipy, and bounds around its middle."""
    kind = draw(st.sampled_from(["uniform", "normal", "lognormal", "triangular", "beta"]))
    low, width = draw(NUMBER), draw(WIDTH)
    high = low + width
    mode = min(low + width * draw(PART), high)
    if kind == "uniform":
        numbers, twin = [low, low + width], stats.uniform(low, width)
    elif kind == "normal":
        numbers, twin = [low, width], stats.norm(low, width)
    elif kind == "lognormal":
        median, log_sd = draw(WIDTH), draw(st.floats(0.05, 2))
        numbers, twin = [median, log_sd], stats.lognorm(log_sd, scale=median)
    elif kind == "triangular":
        rising = (mode - low) / (high - low)
        numbers, twin = [low, mode, high], stats.triang(rising, low, high - low)
    else:
        a, b = draw(st.floats(0.5, 8)), draw(st.floats(0.5, 8))
        numbers, twin = [a, b, low, low + width], stats.beta(a, b, low, width)
    shape = parse({kind: numbers})
    middle = float(twin.ppf(0.5))
    reach = float(twin.ppf(0.95) - twin.ppf(0.05))
    bounds = (middle - reach * draw(st.floats(0.1, 3)), middle + reach * draw(st.floats(0.1, 3)))
    return shape, twin, bounds


U = np.linspace(0.001, 0.999, 41)


@given(shapes())
def test_quantiles_are_those_of_the_truncated_distribution(made: Made) -> None:
    shape, twin, (low, high) = made
    values = shape.quantile(U, (low, high))
    below, upto = twin.cdf(low), twin.cdf(high)
    wanted = twin.ppf(below + U * (upto - below))
    np.testing.assert_allclose(values, wanted, rtol=1e-6, atol=1e-6 * max(abs(low), abs(high), 1))


@given(shapes())
def test_quantiles_rise_and_stay_within_bounds(made: Made) -> None:
    shape, _, (low, high) = made
    values = shape.quantile(U, (low, high))
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values) >= -1e-9)
    assert np.all((values >= low) & (values <= high))


@given(shapes())
def test_without_bounds_the_plausible_range_is_the_central_ninety_percent(made: Made) -> None:
    shape, twin, _ = made
    assert shape.middle() == pytest.approx(twin.median(), rel=1e-6, abs=1e-6)
    assert shape.plausible() == pytest.approx((twin.ppf(0.05), twin.ppf(0.95)), rel=1e-6, abs=1e-6)


def test_truncation_puts_no_mass_on_a_bound() -> None:
    values = parse({"normal": [0, 1]}).quantile(np.linspace(0.01, 0.99, 99), (0.0, 1.0))
    assert np.unique(values).size == 99
    assert 0 < values.min() < values.max() < 1


def test_choice_gives_each_value_its_part_and_drops_those_out_of_bounds() -> None:
    shape = parse({"choice": [2, 0.5, 1]})
    u = (np.arange(3000) + 0.5) / 3000
    values, counts = np.unique(shape.quantile(u), return_counts=True)
    assert values.tolist() == [0.5, 1, 2]
    assert counts.tolist() == [1000] * 3
    assert set(shape.quantile(u, (0.0, 1.0))) == {0.5, 1.0}


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"uniform": [0, 0.4]}, "uniform, 0 to 0.4"),
        ({"lognormal": [0.15, 0.4]}, "lognormal, median 0.15, log s.d. 0.4"),
        ({"triangular": [0, 1, 3]}, "triangular, low 0, mode 1, high 3"),
        ({"choice": [2, 1]}, "one of 1, 2"),
    ],
)
def test_describe(table: dict[str, Any], text: str) -> None:
    assert parse(table).describe() == text


@pytest.mark.parametrize(
    ("table", "kind", "line"),
    [
        ({"unifrm": [0, 1]}, errors.UnknownName, "d.unifrm: no such distribution. Did you mean uniform?"),
        ({"uniform": [0]}, errors.MissingField, "d.uniform = [0]: 2 numbers are wanted, and 1 given. Write"),
        ({"uniform": [1, 0]}, errors.OutOfBounds, "d.uniform = [1, 0]: the first number must be less"),
        ({"uniform": [0, True]}, errors.WrongType, "d.uniform: true is not a finite number. Write uniform ="),
        ({"normal": [0, "1"]}, errors.WrongType, 'd.normal: "1" is not a finite number'),
        ({"normal": [0, float("inf")]}, errors.WrongType, "d.normal: inf is not a finite number"),
        ({"normal": [0, 0]}, errors.OutOfBounds, "standard deviation must be greater than 0"),
        ({"lognormal": [-1, 1]}, errors.OutOfBounds, "both numbers must be greater than 0"),
        ({"triangular": [0, 2, 1]}, errors.OutOfBounds, "the numbers must rise"),
        ({"beta": [0, 1, 0, 1]}, errors.OutOfBounds, "the two shapes must be greater than 0"),
        ({"choice": [1, 1]}, errors.OutOfBounds, "two different values"),
        (
            {"uniform": 3},
            errors.WrongType,
            "d.uniform = 3: not a list of numbers. Write uniform = [low, high]",
        ),
        ({"uniform": [0, 1], "normal": [0, 1]}, errors.Contradiction, "exactly one distribution"),
        ({}, errors.Contradiction, "exactly one distribution"),
        ("wide", errors.WrongType, 'd = "wide": not a distribution. Write it as { uniform'),
    ],
)
def test_mistakes(table: Any, kind: type[errors.InputError], line: str) -> None:
    with pytest.raises(kind) as caught:
        parse(table, "a.toml", "d")
    assert str(caught.value).startswith("a.toml: d")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
