"""What drives a number: known answers, and pick-freeze on the model, bit for bit in each engine."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import plans
import sim
from sim.analysis.drivers import information, inputs, variance_shares, worth
from sim.design import plan as design
from sim.design.pick_freeze import AtLevels, PickFreeze
from sim.engine import block as engine
from sim.engine.trust import have_same_bits
from sim.numerics.streams import Streams
from sim.parameter import variants

#: Of a number with a known answer, how many standard errors it may be off; seeds are fixed.
MOST_ERRORS = 3.5


def ishigami(x: np.ndarray, a: float = 7.0, b: float = 0.1) -> np.ndarray:
    """The function of Ishigami and Homma (1990), of three numbers uniform between -pi and pi."""
    return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])


def angles(generator: np.random.Generator, n: int) -> np.ndarray:
    return generator.uniform(-np.pi, np.pi, (n, 3))


def is_near(found: np.ndarray, low: np.ndarray, high: np.ndarray, known: object) -> bool:
    """Whether a known answer is within a few standard errors, taken from the 95 % interval."""
    error = (high - low) / (2 * 1.96)
    return bool(np.all(np.abs(found - np.asarray(known)) <= MOST_ERRORS * error))


def test_sobol_indices_of_ishigami() -> None:
    found = variance_shares.of_function(ishigami, angles, samples=2**14, resamples=200)
    assert is_near(found.first, found.first_low, found.first_high, [0.313905, 0.442411, 0.0])
    assert is_near(found.total, found.total_low, found.total_high, [0.557589, 0.442411, 0.243684])
    assert np.max(found.total_high - found.total_low) < 0.05
    assert found.variance == pytest.approx(13.8446, rel=0.02)


def test_a_closed_group_has_the_interactions_within_it() -> None:
    found = variance_shares.of_function(ishigami, angles, [[0, 2], [1]], samples=2**13, resamples=200)
    assert is_near(found.first, found.first_low, found.first_high, [0.557589, 0.442411])
    assert is_near(found.total, found.total_low, found.total_high, [0.557589, 0.442411])


def test_scipy_gives_the_same_indices() -> None:
    generator = np.random.default_rng(4)
    n, both = 256, angles(np.random.default_rng(3), 512)
    a, b = both[:n], both[n:]
    ab = np.stack([np.where(np.arange(3) == k, b, a) for k in range(3)])
    y = [ishigami(each) for each in (a, b)]
    found = variance_shares.from_blocks(*y, np.stack([ishigami(each) for each in ab]), 2)
    known = stats.sobol_indices(
        func={"f_A": y[0][None], "f_B": y[1][None], "f_AB": np.stack([ishigami(e) for e in ab])[:, None]},
        n=n,
        dists=None,
        rng=generator,
    )
    assert found.first == pytest.approx(np.ravel(known.first_order), abs=1e-12)
    assert found.total == pytest.approx(np.ravel(known.total_order), abs=1e-12)


def test_streams_that_interact() -> None:
    def outcome(x: np.ndarray) -> np.ndarray:
        u, v, w = x.T
        return u + 2 * v + 0.5 * w + 1.5 * u * w

    found = variance_shares.of_function(
        outcome, lambda g, n: g.standard_normal((n, 3)), samples=2**14, resamples=200
    )
    variance = 1 + 4 + 0.25 + 2.25
    first, total = np.array([1, 4, 0.25]) / variance, np.array([3.25, 4, 2.5]) / variance
    assert is_near(found.first, found.first_low, found.first_high, first)
    assert is_near(found.total, found.total_low, found.total_high, total)
    assert is_near(found.interactions, found.interactions_low, found.interactions_high, 2.25 / variance)


def test_indices_of_what_does_not_vary_and_of_what_is_not_finite() -> None:
    a, b = np.random.default_rng(1).standard_normal((2, 400, 2))
    a[:, 1] = b[:, 1] = 0.1
    ab = b[None].copy()
    found = variance_shares.from_blocks(a, b, ab, 100)
    assert found.first[0, 0] == pytest.approx(1, abs=0.15) and found.total[0, 0] == pytest.approx(1, abs=0.15)
    assert np.isnan(found.first[0, 1]) and np.isnan(found.total_low[0, 1]) and found.variance[1] == 0
    with_holes = a.copy()
    with_holes[::4, 0] = np.nan
    part = variance_shares.from_blocks(with_holes, b, ab, 100)
    kept = np.arange(400) % 4 > 0
    alone = variance_shares.from_blocks(a[kept], b[kept], ab[:, kept], 100)
    assert part.samples.tolist() == [300, 400]
    assert part.first[0, 0] == pytest.approx(alone.first[0, 0])
    assert part.total[0, 0] == pytest.approx(alone.total[0, 0])


# ------------------------------------------------------------------ on the model

BASE = plans.scenario("archipelago", n_steps=12)
SHORT = plans.scenario("archipelago", n_steps=8)


@pytest.mark.parametrize(
    "is_compiled", [pytest.param(False, marks=pytest.mark.long), True], ids=["numpy", "compiled"]
)
def test_a_stream_is_taken_from_another_trial(is_compiled: bool) -> None:
    if is_compiled and not engine.can_compile():
        pytest.skip("llvmlite is not installed")
    n = 40  # not a divisor of a strip, and rows begin within one
    taken = (frozenset({"growth_shock", "open_shock"}), frozenset({"demand.caution"}))
    whole = replace(design.plan(BASE), sampling=PickFreeze(size=n, taken=taken))
    recorded = engine.run_block(whole, 0, 4 * n, ["hhi", "military_budget"], is_compiled=is_compiled)
    plain = engine.run_block(design.plan(BASE), 0, 2 * n, ["hhi", "military_budget"], is_compiled=is_compiled)
    for name, values in plain.items():
        assert have_same_bits(recorded[name][..., : 2 * n], values)
    shocks, parameters = design.draw_shocks(whole, 0, 4 * n), design.draw_parameters(whole, 0, 4 * n)
    own_shocks = design.draw_shocks(design.plan(BASE), 0, 2 * n)
    own = design.draw_parameters(design.plan(BASE), 0, 2 * n)
    for name, values in shocks.items():
        expected = own_shocks[name][..., n:] if name in taken[0] else own_shocks[name][..., :n]
        assert np.array_equal(values[..., 2 * n : 3 * n], expected), name
    for name, values in parameters.items():
        expected = own[name][..., n:] if name == "caution" else own[name][..., :n]
        assert np.array_equal(values[..., 3 * n :], expected), name
    budget = recorded["military_budget"]
    assert np.any(budget[..., 2 * n : 3 * n] != budget[..., :n])


def test_a_block_is_the_same_wherever_it_begins() -> None:
    sampling = PickFreeze(size=7, taken=(frozenset({"growth_shock"}),))
    whole = replace(design.plan(BASE), sampling=sampling)
    together, *apart = (
        engine.run_block(whole, first, count, ["military_budget"])["military_budget"]
        for first, count in ((0, 21), (0, 5), (5, 16))
    )
    assert have_same_bits(together, np.concatenate(apart, axis=-1))


@cache
def run_alone(
    trial: int, picked: tuple[tuple[str, str], ...], names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Return one trial of the model with these structural variants; both engines are held to it."""
    return engine.run_block(design.plan(SHORT.override(variant=dict(picked))), trial, 1, names)


@pytest.mark.filterwarnings("ignore::sim.vocabulary.errors.IneffectiveChange")
@pytest.mark.parametrize(
    "is_compiled", [pytest.param(False, marks=pytest.mark.long), True], ids=["numpy", "compiled"]
)
def test_a_trial_has_the_structure_that_it_draws(is_compiled: bool) -> None:
    if is_compiled and not engine.can_compile():
        pytest.skip("llvmlite is not installed")
    n, names = 64, ("hhi", "military_budget")
    choices = inputs.structural_choices([SHORT])
    mixed = replace(design.plan(SHORT), structure=choices)
    found = engine.run_block(mixed, 0, n, names, is_compiled=is_compiled)
    streams = mixed.sampling
    seen = set()
    drawn = [
        np.floor(streams.parameter(Streams(1), each.stream, 0, n) * len(each.options)) for each in choices
    ]
    for trial in range(8):
        picked = {
            each.name: list(variants.known()[each.name].options)[int(option[trial])]
            for each, option in zip(choices, drawn, strict=True)
        }
        seen |= set(picked.values())
        alone = run_alone(trial, tuple(picked.items()), names)
        for name in names:
            assert have_same_bits(found[name][..., trial : trial + 1].copy(), alone[name])
    assert len(seen) > len(choices)


def test_levels_of_a_prior() -> None:
    sampling = AtLevels(size=6, levels=({"demand.caution": 0.05}, {"demand.caution": 0.95}))
    whole = replace(design.plan(BASE), sampling=sampling)
    drawn = design.draw_parameters(whole, 0, 12)
    prior = BASE.parameters["demand.caution"]
    assert prior.distribution is not None
    low, high = prior.distribution.quantile(np.array([0.05, 0.95]), prior.bounds)
    assert np.all(drawn["caution"][:6] == low) and np.all(drawn["caution"][6:] == high)
    others = [each for each in drawn if each != "caution"]
    assert all(np.array_equal(drawn[each][..., :6], drawn[each][..., 6:]) for each in others)


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    return sim.sensitivity(BASE, "hhi", trials=24, resamples=50, workers=1)


def test_a_study_of_the_model(found: xr.Dataset) -> None:
    plain = sim.run(BASE, trials=48, keep="hhi", workers=1)["hhi"][0]
    assert found["mean"].values == pytest.approx(plain.mean("trial").values, rel=1e-6)
    assert found["variance"].values == pytest.approx(plain.var("trial").values, rel=1e-5)
    assert "shocks" in found["input"].values and len(set(found["kind"].values)) == 2
    total = found["total"].isel(time=-1)
    assert bool((total >= 0).all()) and bool((found["total_low"] <= found["total"]).all())


def test_what_is_worth_knowing_comes_from_two_runs() -> None:
    other = BASE.override({"demand.caution": 0.4}, name="other")
    # Of what is left uncertain, the payoff hangs on two.
    kept = ("demand.deferral_odds", "economy.budget_growth")
    one, two = (
        replace(
            each,
            parameters=each.parameters.with_elements(
                replace(element, distribution=None)
                for element in each.parameters.values()
                if not element.key.startswith(kept)
            ),
        )
        for each in (BASE, other)
    )
    found = sim.worth(one, two, "capability[total]@2022", trials=60, samples=8, most=2, workers=1)
    runs = sim.run([one, two], trials=60, keep="capability", workers=1)["capability"]
    ends = runs.sum("domain").isel(time=-1).values.astype(float)
    payoff = ends[0] - ends[1]
    drawn = inputs.drawn([one, two], 60, 1)
    for key in found["input"].values:
        expected = information.partial(payoff, drawn[str(key)], resamples=0, dummies=0).value
        assert float(found["value"].sel(input=key)[0]) == pytest.approx(expected, rel=1e-3, abs=1e-6)
    assert float(found["mean"][0]) == pytest.approx(payoff.mean(), rel=1e-4, abs=1e-6)
    product = found["total"] * found["ignorance"] * found["value"]
    assert np.array_equal(product.values, found["score"].values, equal_nan=True)
    assert set(found["grade"].values) <= set(worth.GRADES)
