"""Where uniforms come from: designs of the parameters, mirrored trials, shared samples and shared shocks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.stats import qmc

import plans
import sim
from sim.design import hypercube, sampling, sobol
from sim.design import plan as design
from sim.design.sampling import METHODS, Sampling
from sim.numerics import streams
from sim.numerics.streams import Streams
from sim.vocabulary.errors import InputError

SCENARIO = plans.scenario("archipelago", n_steps=3, name="base")
KEYS = [key for key, element in SCENARIO.parameters.items() if element.distribution is not None]
KEY, SEED, TRIALS = KEYS[3], 7, 64


def of(method: str = "independent", **options: Any) -> Sampling:
    return Sampling(method, **options).of([SCENARIO], TRIALS, 0)


def parameter(chosen: Sampling, key: str = KEY, first: int = 0, trials: int = TRIALS) -> Any:
    return chosen.parameter(Streams(SEED), key, first, trials)


def shocks(chosen: Sampling, first: int = 0, trials: int = TRIALS) -> Any:
    return chosen.shocks(Streams(SEED), "demand_shock", first, trials, 2, 8000, 3)


EVERY = [
    of(method, replicates=replicates, antithetic=antithetic, share_shocks=shares)
    for method in METHODS
    for replicates in (1, 3)
    for antithetic, shares in ((False, False), (True, False), (False, True))
]


@pytest.mark.parametrize("chosen", EVERY, ids=repr)
def test_a_trial_has_its_uniforms_in_any_block(chosen: Sampling) -> None:
    whole, drawn = parameter(chosen), shocks(chosen)
    assert ((whole > 0) & (whole < 1)).all()
    assert ((drawn > 0) & (drawn < 1)).all()
    for first, trials in ((0, 5), (5, 1), (31, 33)):
        np.testing.assert_array_equal(parameter(chosen, KEY, first, trials), whole[first : first + trials])
        np.testing.assert_array_equal(shocks(chosen, first, trials), drawn[..., first : first + trials])


@pytest.mark.parametrize("chosen", EVERY, ids=repr)
def test_a_sampling_survives_as_plain_data(chosen: Sampling) -> None:
    assert sampling.restore(sampling.content(chosen)) == chosen


def test_by_default_uniforms_are_those_of_the_streams() -> None:
    expected = Streams(SEED).uniform(f"parameter:{KEY}", 3, 9)[0, 0]
    assert parameter(sampling.INDEPENDENT, KEY, 3, 9).tobytes() == expected.tobytes()
    drawn = Streams(SEED).uniform("demand_shock", 3, 9, 2, 8000, 3)
    assert shocks(sampling.INDEPENDENT, 3, 9).tobytes() == drawn.tobytes()


def test_a_hypercube_has_one_sample_in_each_stratum_of_every_parameter() -> None:
    for key in KEYS[:5]:
        strata = np.floor(parameter(of("latin_hypercube"), key) * TRIALS)
        assert sorted(strata) == list(range(TRIALS))
    assert not np.array_equal(
        parameter(of("latin_hypercube"), KEYS[0]), parameter(of("latin_hypercube"), KEYS[1])
    )


def test_another_parameter_moves_no_column_of_a_hypercube() -> None:
    fewer = SCENARIO.override({KEYS[0]: SCENARIO.parameters[KEYS[0]].value}, name="fewer")
    chosen = Sampling("latin_hypercube").of([fewer], TRIALS, 0)
    assert KEYS[0] not in chosen.keys
    np.testing.assert_array_equal(parameter(chosen), parameter(of("latin_hypercube")))


def test_sobol_points_fill_the_space_better_than_draws() -> None:
    points, draws = (
        np.stack([parameter(of(method), key) for key in KEYS[:4]], axis=1)
        for method in ("sobol", "independent")
    )
    assert qmc.discrepancy(points) < 0.5 * qmc.discrepancy(draws)
    assert sorted(np.floor(points[:, 0] * TRIALS)) == list(range(TRIALS)), "a power of 2 is balanced"


def test_scenarios_of_a_run_stay_paired_whatever_is_uncertain_in_them() -> None:
    fixed = SCENARIO.override({KEYS[0]: SCENARIO.parameters[KEYS[0]].value}, name="fixed")
    for method in METHODS:
        shared = Sampling(method).of([SCENARIO, fixed], TRIALS, 0)
        one, other = (
            design.draw_parameters(design.plan(each, SEED, shared), 0, 20) for each in (SCENARIO, fixed)
        )
        moved = {name for name in one if not np.array_equal(one[name], other[name])}
        assert moved == {KEYS[0].split(".")[1]}


def test_antithetic_trials_mirror_each_other() -> None:
    for drawn in (parameter(of(antithetic=True)), shocks(of(antithetic=True))):
        np.testing.assert_allclose(drawn[..., 0::2] + drawn[..., 1::2], 1.0, rtol=0, atol=2e-16)
    np.testing.assert_array_equal(parameter(of("sobol", antithetic=True)), parameter(of("sobol")))


def test_antithetic_trials_lower_the_variance_of_what_rises_with_its_draws() -> None:
    what: dict[str, Any] = {"trials": 400, "seed": SEED, "keep": "military_budget", "quarters": "2020-Q3"}
    plain = sim.run(SCENARIO, **what)["military_budget"].to_numpy().ravel()
    paired = (
        sim.run(SCENARIO, **what, sampling=Sampling(antithetic=True))["military_budget"].to_numpy().ravel()
    )
    means = (paired[0::2] + paired[1::2]) / 2
    assert means.var() < 0.25 * plain.var(), "two draws at random would leave a half"


def test_trials_of_a_sample_share_parameters_and_not_shocks() -> None:
    chosen = of(replicates=4)
    drawn = parameter(chosen).reshape(-1, 4)
    assert (drawn == drawn[:, :1]).all()
    assert len(np.unique(drawn[:, 0])) == TRIALS // 4
    np.testing.assert_array_equal(shocks(chosen), shocks(sampling.INDEPENDENT))


def test_samples_share_the_same_few_shocks_when_asked() -> None:
    drawn = shocks(of(replicates=4, share_shocks=True))
    np.testing.assert_array_equal(drawn[..., 0:4], drawn[..., 4:8])
    assert all((drawn[..., i] != drawn[..., j]).any() for i, j in pairwise(range(4)))


@pytest.mark.parametrize("method", METHODS)
def test_designs_are_stored_and_extended_where_they_can_be(method: str, tmp_path: Any) -> None:
    what: dict[str, Any] = {"seed": SEED, "keep": "hhi", "block": 8, "sampling": method, "workers": 1}
    sim.run(SCENARIO, trials=12, **what, out=tmp_path / "runs.zarr")
    if method == "latin_hypercube":
        with pytest.raises(InputError, match="has no room for more"):
            sim.extend(tmp_path / "runs.zarr", 20)
        return
    longer, whole = sim.extend(tmp_path / "runs.zarr", 20), sim.run(SCENARIO, trials=20, **what)
    assert longer["hhi"].to_numpy().tobytes() == whole["hhi"].to_numpy().tobytes()


@pytest.mark.parametrize(
    "chosen",
    [Sampling("sobol", 4), pytest.param(Sampling(share_shocks=True, replicates=4), marks=pytest.mark.long)],
    ids=["sobol", "shared shocks"],
)
def test_trials_of_a_design_know_their_sample_and_replicate(chosen: Sampling, tmp_path: Path) -> None:
    others = [SCENARIO, SCENARIO.override({"demand.caution": 0.3}, name="other")]
    what: dict[str, Any] = {"seed": SEED, "keep": "hhi", "sampling": chosen, "first_trial": 3}
    whole = sim.run(others, trials=21, **what)
    trial = np.arange(3, 24)
    np.testing.assert_array_equal(whole["sample"], trial // chosen.replicates)
    np.testing.assert_array_equal(whole["replicate"], trial % chosen.replicates)
    assert whole["sample"].dims == whole["replicate"].dims == ("trial",)
    sim.run(others, trials=9, **what, block=8, out=tmp_path / "runs.zarr")
    longer = sim.extend(tmp_path / "runs.zarr", 21).load()
    saved = sim.open(sim.save(whole, tmp_path / "saved.zarr")).load()
    world = sim.World(SCENARIO, seed=SEED, trial=7, sampling=chosen.of(others, 21, 3))
    world.step()
    for found in (longer, saved):
        xr.testing.assert_identical(found.drop_attrs(), whole.drop_attrs())
    assert world.results()["sample"] == 7 // chosen.replicates
    assert not {"sample", "replicate"} & set(sim.compare(longer).coords)
    assert not {"sample", "replicate"} & set(sim.run(others, trials=9, **what, summary=True).coords)


def test_independent_trials_are_stored_as_ever(tmp_path: Path) -> None:
    for antithetic in (False, True):
        out = tmp_path / f"{antithetic}.zarr"
        what: dict[str, Any] = {"trials": 4, "keep": "hhi", "sampling": Sampling(antithetic=antithetic)}
        sim.run(SCENARIO, **what, out=out)
        assert not (out / "sample").exists()
        assert not (out / "replicate").exists()


def test_variance_splits_into_parameters_and_shocks() -> None:
    what: dict[str, Any] = {"seed": SEED, "keep": "military_budget", "quarters": "2020-Q3"}
    runs = sim.run(SCENARIO, trials=240, **what, sampling=Sampling(replicates=6))
    values = runs["military_budget"].squeeze().astype(float)
    by_sample = values.groupby("sample")
    within = by_sample.var(ddof=1).mean("sample")
    between = by_sample.mean().var("sample", ddof=1) - within / 6
    table = values.to_numpy().reshape(40, 6)
    np.testing.assert_allclose(within, table.var(axis=1, ddof=1).mean())
    np.testing.assert_allclose(between + within / 6, table.mean(axis=1).var(ddof=1))
    assert values.var(ddof=1) == pytest.approx(float(between + within), rel=0.1)


@pytest.mark.long
def test_a_decision_of_a_design_is_explained_with_its_own_draws() -> None:
    base = sim.load("baseline")
    runs = sim.run(base, trials=8, seed=SEED, keep="hhi", sampling="sobol")
    plain, own = (sim.explain(each, trial=3, at="2024-Q1", seed=SEED) for each in (base, runs))
    assert str(plain) != str(own)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "sobl"}, "Did you mean sobol"),
        ({"replicates": 0}, "Give a whole number of at least 1"),
        ({"antithetic": True, "share_shocks": True}, "Choose one"),
    ],
)
def test_samplings_that_make_no_sense_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Sampling(**options)


def test_a_hypercube_may_be_of_any_size_and_is_drawn_in_parts() -> None:
    chosen = Sampling("latin_hypercube").of([SCENARIO], 10**9, 0)
    whole = parameter(chosen, first=10**9 - 2000, trials=2000)
    assert whole[-7:].tobytes() == parameter(chosen, first=10**9 - 7, trials=7).tobytes()
    assert len(np.unique(np.floor(whole * 10**9))) == 2000


@pytest.mark.parametrize("samples", [1, 2, 3, 7, 256, 257, 300, 1021, 1024])
def test_strata_of_a_hypercube_are_a_permutation(samples: int) -> None:
    found = hypercube.permuted(np.arange(samples, dtype=np.uint64), samples, streams.key(SEED, KEY))
    assert sorted(found.tolist()) == list(range(samples))


@pytest.mark.parametrize("samples", [5, 257])
def test_a_sample_of_a_hypercube_falls_into_any_stratum_alike(samples: int) -> None:
    few = np.arange(3, dtype=np.uint64)
    found = np.stack([hypercube.permuted(few, samples, streams.key(seed, KEY)) for seed in range(3000)])
    for place in range(3):
        assert stats.chisquare(np.bincount(found[:, place].astype(int), minlength=samples)).pvalue > 1e-4
    correlation = np.corrcoef(found[:, 0].astype(float), found[:, 1].astype(float))[0, 1]
    assert abs(correlation + 1 / (samples - 1)) < 4 / np.sqrt(3000)


def test_a_trial_beyond_a_hypercube_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="beyond a hypercube of 64 samples"):
        parameter(of("latin_hypercube"), first=TRIALS, trials=1)


def test_more_parameters_than_sobol_points_have_dimensions_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sobol, "most_dimensions", lambda: 3)
    with pytest.raises(InputError, match=r"at most 3 dimensions\. Take latin_hypercube"):
        of("sobol")


def test_direction_numbers_are_those_of_joe_and_kuo() -> None:
    dimensions, size = 500, 256
    found = np.stack([sobol.points(sobol.direction_numbers(k), 0, size) for k in range(dimensions)], axis=1)
    expected = qmc.Sobol(dimensions, scramble=False, bits=52).random(size)
    np.testing.assert_array_equal(found * 2.0**-52, expected)
    assert sobol.most_dimensions() == 2048


#: Uniforms of trials 509 to 511, seed 7, by design: a change of them is named in the changelog.
STORED = {
    "latin_hypercube": ["0x1.32abede7a0e37p-5", "0x1.9a6f6936e634ep-1", "0x1.1c3ba06ee4356p-1"],
    "sobol": ["0x1.83c31bc504b3dp-1", "0x1.a6f19160099e8p-4", "0x1.44b7d10f5b023p-1"],
}


@pytest.mark.parametrize("method", STORED)
def test_uniforms_of_a_design_are_those_stored(method: str) -> None:
    chosen = Sampling(method, samples=1000, keys=("a", "b", "c"))
    assert [each.hex() for each in parameter(chosen, "b", 509, 3).tolist()] == STORED[method]


def test_threads_change_no_uniform() -> None:
    designs = [of(method, replicates=3) for method in METHODS]
    jobs = [(chosen, key, first) for first in range(0, TRIALS, 8) for chosen in designs for key in KEYS[:12]]
    alone = [parameter(chosen, key, first, 8).tobytes() for chosen, key, first in jobs]
    sobol._scrambled.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda job: parameter(job[0], job[1], job[2], 8).tobytes(), jobs))
    assert together == alone


# ---------------------------------------------------------------------- designs of scenarios


def test_a_factorial_has_every_combination_once() -> None:
    levers = {"demand.caution": [0.1, 0.2, 0.3], "attraction.finance_weight": [1.0, 2.0]}
    other = SCENARIO.override({"budget.procurement_share": 0.2}, name="poor")
    made = sim.factorial([SCENARIO, other], levers)
    assert len({each.digest for each in made}) == len({each.name for each in made}) == 12
    assert made[1].name == "base, caution=0.1, finance_weight=2"
    assert made[1].parameters["attraction.finance_weight"].value == 2.0
    assert made[1].parameters["attraction.finance_weight"].distribution is None
    assert made[6].parameters["budget.procurement_share"].value == 0.2


def test_a_table_has_its_rows() -> None:
    rows = [{"demand.caution": 0.1}, {"demand.caution": {"value": 0.2, "uniform": [0.1, 0.3]}}]
    made = sim.design_table(SCENARIO, rows)
    assert [each.name for each in made] == ["base, caution=0.1", "base, caution=value 0.2 uniform 0.1 to 0.3"]
    with pytest.raises(InputError, match="stands in it twice"):
        sim.design_table(SCENARIO, [*rows, rows[0]])
    for single in (0.1, np.array(0.1)):
        with pytest.raises(InputError, match="is not a list"):
            sim.factorial(SCENARIO, {"demand.caution": single})  # type: ignore[dict-item]
    with pytest.raises(InputError, match=r"Did you mean demand\.caution"):
        sim.factorial(SCENARIO, {"demand.cautoin": [0.1]})
