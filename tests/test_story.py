"""Stories of trials: every number is the dataset's, the same trial gives the same text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.cli import sim as program

TRIAL, N_STEPS = 3, 12


@pytest.fixture(scope="module")
def base() -> sim.Scenario:
    return plans.scenario("archipelago", n_steps=N_STEPS, name="base")


@pytest.fixture(scope="module")
def busy() -> sim.Scenario:
    return plans.scenario("archipelago", plans.busy("archipelago"), n_steps=21, name="busy")


@pytest.mark.parametrize("which", ["base", "busy"])
def test_numbers_are_those_of_the_dataset(which: str, request: pytest.FixtureRequest) -> None:
    scenario = request.getfixturevalue(which)
    told = sim.story(scenario, trial=TRIAL)
    runs = sim.run(scenario, trials=1, first_trial=TRIAL, keep="all").isel(scenario=0, trial=0)
    orders = dict.fromkeys(range(scenario.n_steps), 0.0)
    for line in told.sentences:
        step = line.at.ordinal - scenario.start.ordinal
        if line.kind == "year":
            share = runs["supplier_share"].isel(time=step)
            leader = scenario.case.display("supplier", str(share.idxmax("supplier").values))
            total = float(runs["capability"].isel(time=step).sum())
            assert f"{leader} has {float(share.max()) * 100:.0f} % of" in line.text
            assert f"concentration is {float(runs['hhi'].isel(time=step)):.2f}," in line.text
            assert f"capability {total:,.0f} TIV m" in line.text
            assert f"autonomy {float(runs['autonomy'].isel(time=step)):.2f}." in line.text
        if line.kind == "order" and (found := re.search(r", ([\d,]+) TIV m", line.text)):
            orders[step] += float(found.group(1).replace(",", ""))
    recorded = runs["orders"].sum("supplier").values
    for step, volume in orders.items():
        assert abs(volume - recorded[step]) <= 0.5 * sum(
            each.kind == "order" and each.at.ordinal - scenario.start.ordinal == step
            for each in told.sentences
        )
    changes = sum(each.kind == "government" for each in told.sentences)
    assert changes == runs["government"].values[-1] - runs["government"].values[0]
    postures = sum(each.kind == "posture" for each in told.sentences)
    assert postures == np.count_nonzero(np.diff(runs["posture"].transpose("time", "partner").values, axis=0))


def test_the_same_trial_gives_the_same_text(base: sim.Scenario) -> None:
    runs = sim.run(base, trials=TRIAL + 1, keep=["hhi"])
    assert str(sim.story(runs, trial=TRIAL)) == str(sim.story(base, trial=TRIAL))


def test_a_contrast_tells_where_two_scenarios_part(base: sim.Scenario) -> None:
    event = {
        "at": str(base.start + 6),
        "what": "sign",
        "partner": base.case.partners[0],
        "rung": 5,
    }
    other = plans.scenario("archipelago", [event], n_steps=N_STEPS, name="other")
    found = sim.contrast(base, other, trial=TRIAL)
    assert found.parted == base.start + 6
    text = str(found)
    assert f"They part in {base.start + 6}" in text and "[other] Agreements with" in text
    before = [line for line in found.one.sentences if line.at < found.parted]
    assert before == [line for line in found.other.sentences if line.at < found.parted]
    assert "They do not part" in str(sim.contrast(base, base, trial=TRIAL))
    with pytest.raises(sim.InputError, match="same case"):
        sim.contrast(base, "baseline", trial=TRIAL)


def test_trials_are_picked_by_rule(base: sim.Scenario) -> None:
    runs = sim.run(base, trials=40, first_trial=100)
    found = sim.picks(runs)
    worth = runs["payoff"].isel(scenario=0, actor=0).mean("time").values
    assert found["best"] == 100 + worth.argmax() and found["worst"] == 100 + worth.argmin()
    last = runs.isel(scenario=0, time=-1)
    leader = runs["supplier_share"].isel(scenario=0, time=0).mean("trial").idxmax("supplier").values
    ends = [last["supplier_share"].sel(supplier=leader), last["hhi"], last["capability"].sum("domain")]
    ends = np.array([*ends, last["autonomy"], last["military_budget"]], dtype=float)
    apart = (ends - np.median(ends, axis=1, keepdims=True)) / ends.std(axis=1, keepdims=True)
    distance = (apart**2).sum(axis=0)
    assert found["typical"] == 100 + distance.argmin() and found["surprising"] == 100 + distance.argmax()
    with pytest.raises(sim.InputError, match="payoff"):
        sim.picks(sim.run(base, trials=2, keep=["supplier_share", "hhi", "capability", "autonomy"]))


@pytest.mark.long
def test_the_command_tells_a_trial_and_a_contrast(base: sim.Scenario, tmp_path: Path) -> None:
    call = CliRunner().invoke
    names = [base.name, "other"]
    for name in names:
        case = base.case.folder
        text = f'title = "{name}"\ncase = "{case}"\nstart = "{base.start}"\nend = "{base.end}"\n'
        (tmp_path / f"{name}.toml").write_text(text)
    one, other = (str(tmp_path / f"{name}.toml") for name in names)
    told = call(program, ["story", one, "--trial", "3"]).output
    assert told.split() == str(sim.story(sim.load(one), trial=3)).split()
    assert max(map(len, told.splitlines())) <= 80
    both = json.loads(call(program, ["story", one, other, "--trial", "3", "--json"]).output)
    assert [each["scenario"] for each in both] == names
    assert {"at", "kind", "text"} == set(both[0]["sentences"][0])
    assert "trial" in call(program, ["story", "baseline", "--trials", "8"]).output.splitlines()[0]


def test_a_scenario_made_in_python_says_what_it_adds(base: sim.Scenario) -> None:
    made = base.with_events([{"at": str(base.start + 6), "what": "replace_government"}], name="made")
    said = [line.text for line in sim.story(made, trial=TRIAL).sentences if line.kind == "scenario"]
    assert len(said) == 1 and "replace_government" in said[0]
