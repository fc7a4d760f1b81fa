"""What scenarios move: sizes against their definition, ranking, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import plans
import sim
from sim.analysis.compare.effects import prescribed, ranked
from sim.cli import sim as program

TRIALS, N_STEPS = 64, 24


@pytest.fixture(scope="module")
def base() -> sim.Scenario:
    return plans.scenario("archipelago", n_steps=N_STEPS, name="base")


@pytest.fixture(scope="module")
def sour(base: sim.Scenario) -> sim.Scenario:
    partner = base.case.partners[0]
    event = {
        "at": str(base.start + 4),
        "what": "set",
        "name": f"relation.{base.case.recipient}.{partner}",
        "to": -0.9,
    }
    return plans.scenario("archipelago", [event], n_steps=N_STEPS, name="sour")


@pytest.fixture(scope="module")
def runs(base: sim.Scenario, sour: sim.Scenario) -> xr.Dataset:
    busy = plans.scenario("archipelago", plans.busy("archipelago"), n_steps=N_STEPS, name="busy")
    return sim.run([base, sour, busy], trials=TRIALS, keep=["relation", "hhi", "posture"])


def test_sizes_are_mean_differences_in_deviations_of_the_reference(
    base: sim.Scenario, runs: xr.Dataset
) -> None:
    found = sim.effects(runs)
    assert found["since"].sel(scenario="sour").item() == str(base.start + 4)
    partner = base.case.partners[0]
    key = f"relation.{base.case.recipient}.{partner}"
    cell = runs["relation"].sel(actor=base.case.recipient, partner=partner).isel(time=slice(4, None))
    one, other = (cell.sel(scenario=name).astype(float).mean("time").values for name in ("base", "sour"))
    effect = next(each for each in ranked(found, "sour") if each.measure == key)
    assert effect.mean == pytest.approx((other - one).mean())
    assert effect.level == pytest.approx(one.mean())
    assert effect.size == pytest.approx((other - one).mean() / one.std(ddof=1))
    assert effect.mean_high - effect.mean == pytest.approx(1.96 * (other - one).std(ddof=1) / 8, rel=1e-3)
    assert effect.moved == np.mean(one != other) > 0.9
    assert effect.size < 0 and effect.unit == "index"


def test_what_a_scenario_sets_itself_can_be_left_out(
    base: sim.Scenario, sour: sim.Scenario, runs: xr.Dataset
) -> None:
    own = {f"relation.{base.case.recipient}.{base.case.partners[0]}"}
    assert prescribed(sour, base) == own
    found = sim.effects(runs[["relation", "hhi"]])
    everything, rest = ranked(found, "sour"), ranked(found, "sour", own)
    assert {each.measure for each in everything} - {each.measure for each in rest} == own
    sizes = [abs(each.size) for each in rest if not np.isnan(each.size)]
    assert sizes == sorted(sizes, reverse=True)


def test_equal_scenarios_move_nothing(base: sim.Scenario) -> None:
    same = plans.scenario("archipelago", n_steps=N_STEPS, name="same")
    found = sim.effects(sim.run([base, same], trials=8, keep=["hhi"]))
    assert found["moved"].values.tolist() == [[0.0]] and found["size"].values.tolist() == [[0.0]]


def test_a_forest_shows_every_scenario_with_its_interval(runs: xr.Dataset) -> None:
    found = sim.effects(runs[["hhi"]])
    axis = sim.plots.forest(found, "hhi")
    assert {each.get_text() for each in axis.get_yticklabels()} == {"sour", "busy"}
    means = sorted(found["mean"].sel(measure="hhi").values.tolist())
    drawn = [line.get_xdata()[0] for line in axis.lines if line.get_marker() == "o"]
    assert drawn == pytest.approx(means)
    assert axis.get_xlabel() == "Mean difference to base (index)"
    scaled = sim.plots.forest(found, "hhi", in_deviations=True)
    assert "standard deviations" in scaled.get_xlabel()
    with pytest.raises(sim.InputError, match="hhi"):
        sim.plots.forest(found, "hhy")


def test_what_cannot_be_compared_is_refused(base: sim.Scenario) -> None:
    runs = sim.run([base], trials=2, keep=["hhi"])
    with pytest.raises(sim.InputError, match="nothing to compare"):
        sim.effects(runs)
    same = plans.scenario("archipelago", n_steps=N_STEPS, name="same")
    with pytest.raises(sim.InputError, match="hhi"):
        sim.effects(sim.run([base, same], trials=2, keep=["hhi"]), variables=["hhy"])


@pytest.mark.long
def test_the_command_writes_a_table_json_and_a_page(tmp_path: Path) -> None:
    call = CliRunner().invoke
    few = ["effects", "quad_joined", "--trials", "4", "--keep", "supplier_share,hhi,posture"]
    shown = call(program, few).output
    assert "quad_joined" in shown and "posture.japan" not in shown
    (only,) = json.loads(call(program, [*few, "--json"]).output)
    assert len(only["largest"]) == 3 and only["since"] == "2027-Q1"
    page = tmp_path / "page.md"
    assert call(program, [*few, "--out", str(page)]).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "## Dhaka joins the Quad (`quad_joined`)" in text and "Supplier concentration" in text


def test_trials_that_share_parameters_count_as_in_a_paired_comparison(
    base: sim.Scenario, sour: sim.Scenario
) -> None:
    sampling = sim.Sampling(replicates=4)
    runs = sim.run([base, sour], trials=32, keep=["hhi"], quarters=["2025-Q4"], sampling=sampling)
    compared = sim.compare(runs)["hhi"].sel(scenario="sour").isel(time=0)
    found = sim.effects(runs).sel(scenario="sour", measure="hhi")
    for name in ("mean", "mean_low", "mean_high"):
        assert float(found[name]) == pytest.approx(float(compared.sel(statistic=name)), rel=1e-6)
