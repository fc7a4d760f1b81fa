"""To and from other programs: what goes over; with the real packages where they are installed."""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import plans
import sim
from sim.design import plan as design
from sim.exchange import packages
from sim.vocabulary.errors import InputError

BASE = plans.scenario("archipelago", n_steps=4)
OTHER = plans.scenario("archipelago", changes={"demand.caution": 0.4}, n_steps=4, name="other")
LAST = str(BASE.end)


def has(distribution: str, least: int = 0) -> bool:
    """Whether a package is installed, of a version that will do."""
    try:
        return int(metadata.version(distribution).partition(".")[0]) >= least
    except metadata.PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return sim.run([BASE, OTHER], trials=6, first_trial=3, keep=["hhi", "supplier_share"], workers=1)


def test_experiments_are_what_trials_drew(runs: xr.Dataset) -> None:
    experiments, outcomes = sim.exchange.to_ema(runs)
    drawn = design.draw_parameters(design.plan(BASE), 3, 6)
    one = experiments[experiments["policy"] == BASE.name]
    assert np.array_equal(one["demand.caution"], drawn["caution"])
    assert one["scenario"].tolist() == list(range(3, 9)) and len(experiments) == 12
    assert (experiments.loc[experiments["policy"] == "other", "demand.caution"] == 0.4).all()
    assert outcomes["hhi"].shape == (12, 4)
    supplier = BASE.case.suppliers[1]
    expected = runs["supplier_share"].sel(scenario="other", supplier=supplier, trial=5)
    assert np.array_equal(outcomes[f"supplier_share.{supplier}"][6 + 2], expected.values)


def test_points_are_run_as_they_are_given() -> None:
    drawn = {key: values for key, values in _drawn(BASE, 5).items() if key != "demand.caution"}
    given = {"demand.caution": [0.1, 0.2, 0.3, 0.4, 0.5]}
    found = sim.exchange.outcomes_at(BASE, given, ["hhi", f"military_budget@{LAST}"], workers=1)
    assert found["hhi"].shape == (5, 4) and found[f"military_budget@{LAST}"].shape == (5,)
    # Point k is trial k of a run in which the parameter is certain.
    for k in (0, 4):
        certain = BASE.override({"demand.caution": given["demand.caution"][k]})
        run = sim.run(certain, trials=1, first_trial=k, keep=["hhi", "military_budget"], workers=1)
        assert found["hhi"][k] == pytest.approx(run["hhi"].values[0, :, 0], rel=1e-6)
    # All that is uncertain, given by value or by probability, is the run itself.
    whole = sim.run(BASE, trials=5, keep="hhi", workers=1)["hhi"].values[0, :, :].T
    everything = {"demand.caution": _drawn(BASE, 5)["demand.caution"], **drawn}
    again = sim.exchange.outcomes_at(BASE, pd.DataFrame(everything), "hhi", workers=1)
    assert again["hhi"] == pytest.approx(whole, rel=1e-6)


def _drawn(scenario: sim.Scenario, trials: int) -> dict[str, np.ndarray]:
    from sim.analysis.drivers import inputs

    return inputs.drawn([scenario], trials, 1)


def test_probabilities_are_those_of_the_priors() -> None:
    problem = sim.exchange.salib_problem(BASE)
    assert problem["num_vars"] == len(problem["names"]) == len(_drawn(BASE, 1))
    prior = BASE.parameters["demand.caution"]
    assert prior.distribution is not None
    u = np.array([0.0, 0.25, 1.0])
    value = prior.distribution.quantile(np.clip(u, 1e-12, 1 - 1e-12), prior.bounds)
    by_value, by_probability = (
        sim.exchange.outcomes_at(BASE, {"demand.caution": x}, "hhi", are_probabilities=how, workers=1)["hhi"]
        for x, how in ((value, False), (u, True))
    )
    assert by_probability == pytest.approx(by_value, rel=1e-5)
    grouped = sim.exchange.salib_problem(BASE, "mechanism")
    assert set(grouped["groups"]) == {name.split(".")[0] for name in grouped["names"]}


def test_replicates_are_averaged_and_shocks_are_shared() -> None:
    twice = {"demand.caution": [0.3, 0.3]}
    found = sim.exchange.outcomes_at(BASE, twice, f"hhi@{LAST}", replicates=3, workers=1)
    assert found[f"hhi@{LAST}"][0] != found[f"hhi@{LAST}"][1]  # other draws, also of the other parameters
    whole = {key: np.repeat(values, 2) for key, values in _drawn(BASE, 1).items()}
    same = sim.exchange.outcomes_at(BASE, whole, f"hhi@{LAST}", replicates=3, share_shocks=True, workers=1)
    assert same[f"hhi@{LAST}"][0] == same[f"hhi@{LAST}"][1]


def test_points_that_cannot_be_run_are_one_line() -> None:
    for points, said in (
        ({"demand.cation": [0.1]}, "demand.caution"),
        ({"demand.caution": [0.1], "demand.deferral_odds": [0.1, 0.2]}, "columns of"),
        ({"demand.caution": [99.0]}, "outside the bounds"),
        ({"demand.caution": ["x"]}, "no list of numbers"),
        ({}, "columns of"),
        (3, "no table"),
    ):
        with pytest.raises(InputError, match=said):
            sim.exchange.outcomes_at(BASE, points, "hhi")


def test_a_data_tree_has_draws_and_outcomes(runs: xr.Dataset) -> None:
    tree = sim.exchange.to_datatree(runs)
    assert tree["prior"].sizes == {"chain": 1, "draw": 6}
    assert np.array_equal(
        tree["prior"]["demand.caution"].values[0], design.draw_parameters(design.plan(BASE), 3, 6)["caution"]
    )
    assert tree["prior_predictive"]["hhi"].dims[:2] == ("chain", "draw")


def test_a_missing_package_is_one_line() -> None:
    with pytest.raises(InputError, match=r"pip install 'hedgesim\[ema\]'"):
        packages.needed("no_such_module", "no-such-package", "ema")
    with pytest.raises(InputError, match="too old"):
        packages.needed("numpy", "numpy", "ema", 99)


def test_a_long_table_of_pandas(runs: xr.Dataset) -> None:
    assert sim.exchange.to_pandas(runs, ["hhi"]).equals(sim.long_table(runs, ["hhi"]))


@pytest.mark.skipif(find_spec("polars") is None, reason="polars is not installed")
def test_a_long_table_of_polars(runs: xr.Dataset) -> None:
    found, known = sim.exchange.to_polars(runs), sim.long_table(runs)
    assert found.columns == list(known.columns) and found.height == len(known)
    assert found["value"].to_list() == known["value"].tolist()


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_a_long_table_of_arrow(runs: xr.Dataset) -> None:
    found, known = sim.exchange.to_arrow(runs), sim.long_table(runs)
    assert found.column_names == list(known.columns)
    assert found["label"].to_pylist() == known["label"].tolist()


@pytest.mark.skipif(find_spec("SALib") is None, reason="SALib is not installed")
def test_salib_samples_and_analyses() -> None:
    from SALib.analyze import sobol
    from SALib.sample import sobol as sampler

    problem = sim.exchange.salib_problem(BASE, "mechanism")
    sample = sampler.sample(problem, 4, calc_second_order=False)
    points = dict(zip(problem["names"], sample.T, strict=True))
    found = sim.exchange.outcomes_at(
        BASE, points, f"hhi@{LAST}", are_probabilities=True, share_shocks=True, workers=1
    )
    analysed = sobol.analyze(problem, found[f"hhi@{LAST}"], calc_second_order=False)
    assert len(analysed["ST"]) == len(set(problem["groups"])) and np.isfinite(analysed["ST"]).all()


@pytest.mark.skipif(not has("ema_workbench", 3), reason="EMA workbench 3, which needs Python 3.12")
def test_the_workbench_runs_everything_at_once(runs: xr.Dataset) -> None:
    measures = ["hhi", f"military_budget@{LAST}"]
    model = sim.exchange.ema_model([BASE, OTHER], measures, ["demand.deferral_odds"])
    with sim.exchange.ema_evaluator(model, [BASE, OTHER], workers=1) as evaluator:
        experiments, outcomes = evaluator.perform_experiments(scenarios=4, policies=2)
    assert len(experiments) == 8 and outcomes["hhi"].shape == (8, 4)
    name = str(experiments["scenario_name"][0])
    points = {"demand.deferral_odds": experiments["demand_deferral_odds"][:4].astype(float)}
    scenario = {each.name: each for each in (BASE, OTHER)}[name]
    own = sim.exchange.outcomes_at(scenario, points, measures, workers=1)
    assert np.array_equal(outcomes["hhi"][:4], own["hhi"])
    from ema_workbench.analysis import feature_scoring

    table, found = sim.exchange.to_ema(runs)
    kept = table[["demand.deferral_odds", "policy"]]
    is_high = found["hhi"][:, -1] > np.median(found["hhi"][:, -1])
    scores = feature_scoring.get_ex_feature_scores(kept, is_high, nr_trees=5)[0]
    assert len(scores) == 2


@pytest.mark.skipif(not has("arviz_base", 1), reason="ArviZ 1, which needs Python 3.12")
def test_arviz_reads_the_tree(runs: xr.Dataset) -> None:
    import arviz_base

    stacked = arviz_base.extract(sim.exchange.to_datatree(runs), group="prior")
    assert stacked.sizes["sample"] == 6
