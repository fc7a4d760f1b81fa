"""Odds of other experts: weights that are known, an honest error, and a refusal where few trials carry it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from scipy import stats

import plans
import sim
import sim.runs.trials
from sim.analysis.discovery.odds import answers, density, effective, weighted, weighted_quantile
from sim.cli import sim as program
from sim.parameter.distributions import UNBOUNDED, Beta, Choice, Lognormal, Normal, Triangular, Uniform
from sim.vocabulary import errors

MONEY, CAUTION = "economy.initial_military_budget", "demand.caution"
CHANGES = {
    MONEY: {"value": 1000.0, "uniform": [500.0, 1500.0]},
    CAUTION: {"value": 0.5, "normal": [0.5, 0.1]},
}
CERTAIN = next(
    each
    for each in plans.scenario("archipelago").parameters.values()
    if each.distribution is None and each.unit == "share" and each.bounds == (0.0, 1.0)
)
WORLD = plans.scenario("archipelago", n_steps=2, name="toy", changes=CHANGES)


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return sim.run(WORLD, trials=600, keep=["military_budget"], engine="numpy", workers=1)


def test_densities_are_those_of_scipy() -> None:
    x = np.linspace(-0.5, 3.0, 40)
    inside = np.where((x >= 0) & (x <= 2), 1.0, 0.0)
    known = {
        Uniform(0.0, 2.0): stats.uniform(0, 2),
        Normal(1.0, 0.7): stats.norm(1, 0.7),
        Lognormal(1.2, 0.4): stats.lognorm(0.4, scale=1.2),
        Triangular(0.0, 0.5, 2.0): stats.triang(0.25, 0, 2),
        Triangular(0.0, 0.0, 2.0): stats.triang(0.0, 0, 2),
        Beta(2.0, 3.0, 0.0, 2.0): stats.beta(2, 3, 0, 2),
    }
    for shape, other in known.items():
        assert density(shape, x, UNBOUNDED) == pytest.approx(other.pdf(x), abs=1e-9), shape
        cut = other.pdf(x) * inside / (other.cdf(2) - other.cdf(0))
        assert density(shape, x, (0.0, 2.0)) == pytest.approx(cut, abs=1e-9), shape
    three = Choice((0.0, 1.0, 5.0))
    assert density(three, np.array([0.0, 2.0, 5.0]), (0.0, 3.0)).tolist() == [0.5, 0.0, 0.0]


def test_a_shifted_bell_curve() -> None:
    # Of n trials from N(0, 1), weighted to N(m, 1): n exp(-m^2) are left, and their mean is m.
    x = np.random.default_rng(1).normal(size=40_000)
    for m in (0.0, 0.5, 1.0):
        weights = density(Normal(m, 1.0), x, UNBOUNDED) / density(Normal(0.0, 1.0), x, UNBOUNDED)
        assert effective(weights) / len(x) == pytest.approx(math.exp(-m * m), rel=0.06)
        mean, error = weighted(x, weights)
        assert abs(mean - m) < 4 * error
        assert weighted_quantile(x, weights, 0.5) == pytest.approx(m, abs=0.06)
    assert effective(np.zeros(3)) == 0.0 and effective(np.ones(7)) == 7.0
    assert weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 0.0, 1.0]), 0.5) == 2.0


def test_the_error_is_honest() -> None:
    draw, covered = np.random.default_rng(2), 0
    for _ in range(300):
        x = draw.normal(size=400)
        mean, error = weighted(x, np.exp(0.5 * x))
        covered += abs(mean - 0.5) <= 1.96 * error
    assert covered >= 0.95 * 300 - 14


def test_half_of_a_uniform_is_half_of_the_trials(runs: xr.Dataset) -> None:
    found = sim.odds(
        runs, "military_budget@2020-Q1", {"poor": {MONEY: {"uniform": [500, 1000]}}}, scenarios=WORLD
    )
    drawn = sim.runs.trials.parameters(WORLD, 600, 1)["initial_military_budget"]
    kept = runs["military_budget"].values[0, 0][drawn <= 1000.0].astype(float)
    poor = found.sel(expert="poor", scenario="toy")
    assert float(poor["effective"]) == pytest.approx(len(kept)) and float(poor["beyond"]) == 0.0
    assert float(poor["mean"]) == pytest.approx(kept.mean())
    error = kept.std() / np.sqrt(len(kept))
    assert float(poor["high"] - poor["mean"]) == pytest.approx(1.96 * error, rel=1e-3)
    assert float(poor["q50"]) == np.sort(kept)[math.ceil(len(kept) / 2) - 1]
    as_run = found.sel(expert="as run", scenario="toy")
    assert float(as_run["effective"]) == 600 and float(as_run["shift"]) == 0.0
    assert float(poor["shift"]) == pytest.approx(float(poor["mean"] - as_run["mean"]))
    assert float(poor["shift_low"]) < float(poor["shift"]) < float(poor["shift_high"]) < 0
    assert answers(found)[0].startswith("poor, toy: military_budget@2020-Q1 is ")


def test_an_event_has_a_chance_and_several_experts_stand_side_by_side(runs: xr.Dataset) -> None:
    priors = {"same": {CAUTION: {"normal": [0.5, 0.1]}}, "rich": {MONEY: {"triangular": [500, 1500, 1500]}}}
    found = sim.odds(runs, "military_budget@2020-Q1 > 1000", priors, scenarios=WORLD)
    chance = found["mean"].sel(scenario="toy").values
    assert chance[1] == pytest.approx(chance[0]) and float(found["effective"].sel(expert="same")[0]) == 600
    assert chance[2] == pytest.approx(0.75, abs=0.08)  # the part of a rising triangle above its middle
    assert "rich, toy: military_budget@2020-Q1 > 1000 has a chance of" in answers(found)[1]


def test_what_few_trials_carry_is_refused(runs: xr.Dataset) -> None:
    far = {"far": {MONEY: {"uniform": [1495, 1500]}}}
    with pytest.raises(errors.InputError, match="600 trials are worth"):
        sim.odds(runs, "military_budget@2020-Q1", far, scenarios=WORLD)
    both = {**far, "near": {MONEY: {"uniform": [500, 1400]}}}
    found = sim.odds(runs, "military_budget@2020-Q1", both, scenarios=WORLD)
    assert found["is_refused"].values[:, 0].tolist() == [False, True, False]
    assert np.isnan(float(found["mean"].sel(expert="far")[0])) and "far, toy: refused" in answers(found)[0]
    with pytest.raises(errors.InputError, match="holds 50 % possible that no trial"):
        sim.odds(
            runs, "military_budget@2020-Q1", {"off": {MONEY: {"uniform": [1000, 2000]}}}, scenarios=WORLD
        )


@pytest.mark.parametrize(
    ("prior", "said"),
    [
        ({}, "names no parameter"),
        ({"nope.nope": {"uniform": [0, 1]}}, "no such parameter"),
        ({MONEY: 1000.0}, "a certain value has no density"),
        ({MONEY: {"choice": [900, 1000]}}, "has no odds against"),
        ({CERTAIN.key: {"uniform": [0.0, 1.0]}}, "is certain in the run"),
        ({CAUTION: {"uniform": [-9, 1]}}, "beyond the bounds"),
    ],
)
def test_a_prior_that_cannot_be_is_one_line(runs: xr.Dataset, prior: dict[str, object], said: str) -> None:
    with pytest.raises(errors.InputError, match=said):
        sim.odds(runs, "military_budget@2020-Q1", {"ann": prior}, scenarios=WORLD)


def test_a_file_and_the_command(runs: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sim.run(WORLD, trials=300, keep=["military_budget"], engine="numpy", workers=1, out="runs.zarr")
    Path("ann.toml").write_text(f'title = "Ann"\n[set]\n"{MONEY}" = {{ uniform = [500, 1000] }}\n', "utf-8")
    Path("bob.toml").write_text(f'title = "Bob"\n[set]\n"{MONEY}" = {{ uniform = [1490, 1500] }}\n', "utf-8")
    asked = ["odds", "runs.zarr", "--ask", "military_budget@2020-Q1", "--prior", "ann.toml"]
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == 0 and result.output.startswith("ann, toy: military_budget@2020-Q1 is")
    as_json = json.loads(CliRunner().invoke(program, [*asked, "--json"]).output)
    assert as_json["table"][1]["expert"] == "ann"
    result = CliRunner().invoke(program, [*asked, "--prior", "bob.toml"])
    assert result.exit_code == 1 and "bob, toy: refused" in result.output
    Path("ann.toml").write_text('titel = "Ann"\n', "utf-8")
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == 2 and result.stderr.startswith("ann.toml: titel: no such key")


def test_the_figure_has_a_row_for_each_expert(runs: xr.Dataset) -> None:
    priors = {"ann": {MONEY: {"uniform": [500, 1000]}}, "bob": {MONEY: {"uniform": [1495, 1500]}}}
    drawn = sim.plots.experts(sim.odds(runs, "military_budget@2020-Q1", priors, scenarios=WORLD))
    assert [each.get_text() for each in drawn.get_yticklabels()] == ["As run", "ann", "bob"]
    assert any("refused" in each.get_text() for each in drawn.texts)
