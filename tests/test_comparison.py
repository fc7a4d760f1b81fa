"""Paired comparison on made-up results whose answers are known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.analysis.compare.paired import STATISTICS, compare
from sim.design.sampling import Sampling, content
from sim.vocabulary.errors import InputError, UnknownName
from synthetic import result


def differing_by(differences: np.ndarray, n_steps: int = 4) -> np.ndarray:
    """Return values of two scenarios that differ by `differences`, whatever their common shocks."""
    common = np.random.default_rng(0).normal(5, 100, (n_steps, len(differences)))
    return np.stack([common, common + differences])


def statistics(differences: np.ndarray, **options: str) -> dict[str, float]:
    runs = result({"hhi": differing_by(differences)}, ("base", "other"))
    found = compare(runs, **options)["hhi"].isel(scenario=0, time=-1)
    return {name: float(found.sel(statistic=name)) for name in STATISTICS}


def test_a_known_difference_is_found_exactly() -> None:
    found = statistics(np.full(50, 2.0))
    for name in ("mean", "mean_low", "mean_high", "median", "q05", "q95"):
        assert found[name] == pytest.approx(2.0, abs=1e-9)
    assert (found["p_greater"], found["p_less"], found["p_equal"]) == (1.0, 0.0, 0.0)


def test_ties_count_neither_for_nor_against() -> None:
    found = statistics(np.repeat([0.0, 64.0, -64.0], [50, 30, 20]))
    assert (found["p_greater"], found["p_less"], found["p_equal"]) == (0.3, 0.2, 0.5)
    assert found["median"] == 0.0
    assert found["mean"] == pytest.approx(6.4)


def test_without_common_random_numbers_pairing_gains_nothing() -> None:
    values = np.broadcast_to(np.array([[0.0, 0.0], [2.0, 0.0]])[:, None, :], (2, 4, 2))
    found = compare(result({"hhi": values}, ("base", "other")))["hhi"].sel(statistic="variance_ratio")
    np.testing.assert_array_equal(found, 1.0)


def margin_of_mean(difference: np.ndarray, sampling: Sampling) -> float:
    runs = result({"hhi": differing_by(difference, 1)}, ("base", "other"))
    runs.attrs["manifest"] = json.dumps({"sampling": content(sampling)})
    found = compare(runs)["hhi"].isel(scenario=0, time=0)
    return float(found.sel(statistic="mean_high") - found.sel(statistic="mean"))


def test_trials_of_one_sample_are_one_observation_of_the_mean() -> None:
    of_sample = np.random.default_rng(1).normal(size=40)
    alone = 1.96 * of_sample.std(ddof=1) / np.sqrt(40)
    for sampling in (Sampling(replicates=5), Sampling(replicates=5, share_shocks=True)):
        assert margin_of_mean(np.repeat(of_sample, 5), sampling) == pytest.approx(alone, rel=0.001)


def test_shocks_that_are_shared_make_no_new_observations() -> None:
    of_shocks = np.random.default_rng(1).normal(size=5)
    alone = 1.96 * of_shocks.std(ddof=1) / np.sqrt(5)
    found = margin_of_mean(np.tile(of_shocks, 40), Sampling(replicates=5, share_shocks=True))
    assert found == pytest.approx(alone, rel=0.001)


def test_what_mirrors_exactly_leaves_no_doubt_of_the_mean() -> None:
    half = np.random.default_rng(1).normal(size=30)
    found = margin_of_mean(np.stack([half, -half], axis=1).ravel(), Sampling(antithetic=True))
    assert found == pytest.approx(0.0, abs=1e-9)


def test_scenarios_that_are_the_same_have_no_interval_and_no_ratio() -> None:
    found = statistics(np.zeros(10))
    assert found["mean_low"] == found["mean"] == found["mean_high"] == 0.0
    assert found["p_equal"] == 1.0
    assert np.isnan(found["variance_ratio"])


def test_the_interval_of_the_mean_is_the_textbook_one() -> None:
    differences = np.arange(100.0)
    found = statistics(differences)
    half = 1.959963984540054 * differences.std(ddof=1) / 10
    assert found["mean_high"] - found["mean"] == pytest.approx(half)
    assert found["mean"] - found["mean_low"] == pytest.approx(half)
    assert found["q05"] == pytest.approx(np.quantile(differences, 0.05))


def test_the_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    draws = np.random.default_rng(1).normal(0.3, 1.0, (1, 400, 60))
    runs = result({"hhi": np.concatenate([np.zeros_like(draws), draws])}, ("base", "other"))
    found = compare(runs)["hhi"].isel(scenario=0)
    covered = (found.sel(statistic="mean_low") <= 0.3) & (found.sel(statistic="mean_high") >= 0.3)
    assert 0.91 <= float(covered.mean()) <= 0.98


def test_pairing_takes_out_the_common_shocks() -> None:
    paired = statistics(np.random.default_rng(2).normal(0, 1, 300))
    assert paired["variance_ratio"] > 1000


def test_one_trial_has_a_difference_but_no_interval() -> None:
    found = statistics(np.array([1.5]))
    assert found["mean"] == pytest.approx(1.5)
    assert np.isnan(found["mean_low"])


def test_any_scenario_can_be_the_reference() -> None:
    values = np.stack([np.full((4, 8), level) for level in (1.0, 4.0, 9.0)])
    runs = result({"hhi": values}, ("one", "four", "nine"))
    found = compare(runs, reference="four")
    assert list(found["scenario"].values) == ["one", "nine"]
    assert found.attrs["reference"] == "four"
    means = found["hhi"].sel(statistic="mean").isel(time=0)
    assert list(means.values) == [-3.0, 5.0]


def test_dims_units_and_labels_are_kept() -> None:
    share = np.full((2, 4, 12, 5), 1 / 12)
    found = compare(result({"supplier_share": share}, ("base", "other")))
    assert found["supplier_share"].dims == ("scenario", "statistic", "time", "supplier")
    assert found["supplier_share"].attrs["units"] == "share"
    assert str(found["supplier_name"].values[0]) == "North"


def test_what_cannot_be_compared_is_refused_with_a_remedy() -> None:
    runs = result({"hhi": differing_by(np.zeros(3))}, ("base", "other"))
    with pytest.raises(UnknownName, match="Did you mean base"):
        compare(runs, reference="bse")
    with pytest.raises(UnknownName, match="Did you mean hhi"):
        compare(runs, variables=["hi"])
    with pytest.raises(InputError, match="nothing to compare"):
        compare(runs.isel(scenario=[0]))
