"""Directions of effect: every row that asserts a sign is tried, or says why it cannot be."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import sim
from sim.analysis.validate import direction_files, directions
from sim.analysis.validate.arms import UNCHANGED
from sim.analysis.validate.direction_files import directed, read
from sim.analysis.validate.effect import Effect
from sim.cli import sim as program
from sim.design import plan as design
from sim.engine import block as engine
from sim.runs.trials import Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import errors

#: Cheap rows, one of each kind: a raised parameter, a contrast of two arms, a grant, an event, no effect.
FEW = (
    "jp_total_assist",
    "agreement_signed",
    "osa_yen_575m",
    "mm_spillover",
    "x_leader_lockin",
    "bd_forces_goal_2030",
)


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return sim.load("baseline")


@pytest.fixture(scope="module")
def shipped(baseline: Scenario) -> direction_files.Directions:
    found = read(baseline)
    assert found is not None
    return found


@pytest.fixture
def cut(baseline: Scenario, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Have a part of the shipped file in its place, which ends earlier: all of it takes long."""
    table = tomllib.loads((baseline.case.folder / direction_files.FILE).read_text(encoding="utf-8"))
    kept = {name: table["experiments"][name] for name in ("bd_hedger", "agreement_signed", "jp_total_assist")}
    arms = {each[key] for each in kept.values() for key in ("arm", "against") if key in each}
    table |= {"end": "2028-Q4", "experiments": kept, "arms": {name: table["arms"][name] for name in arms}}
    monkeypatch.setattr(direction_files, "toml_if_any", lambda path: table)
    return table


@pytest.fixture
def written(baseline: Scenario, cut: dict[str, Any]) -> Any:
    """Return a function that reads a changed copy of the file."""

    def reading(change: Any) -> direction_files.Directions | None:
        change(cut)
        return read(baseline)

    return reading


def test_every_row_with_a_direction_is_tried_or_says_why_not(shipped: direction_files.Directions) -> None:
    tried = {each.row for each in shipped.experiments if each.id == each.row}
    assert sorted([*tried, *shipped.cannot]) == sorted(directed())
    assert len(tried) >= 30
    assert all(len(reason.split()) > 5 for reason in shipped.cannot.values())


def test_every_arm_is_used(shipped: direction_files.Directions) -> None:
    used = {name for each in shipped.experiments for name in (each.arm, each.against)}
    assert used == set(shipped.arms)


def test_an_arm_adds_its_changes_and_nothing_else(shipped: direction_files.Directions) -> None:
    base = shipped.arms[UNCHANGED]
    for name, arm in shipped.arms.items():
        assert (arm.start, arm.end, arm.case, arm.variant) == (base.start, base.end, base.case, base.variant)
        assert set(base.events) <= set(arm.events)
        assert (arm.digest == base.digest) == (name == UNCHANGED)


@pytest.mark.parametrize(
    ("sign", "low", "high", "tolerance", "verdict"),
    [
        (1, 0.1, 0.2, None, "shown"),
        (1, -0.1, 0.2, None, "unclear"),
        (1, -0.2, -0.1, None, "missed"),
        (-1, -0.2, -0.1, None, "shown"),
        (-1, 0.1, 0.2, None, "missed"),
        (-1, -0.2, 0.0, None, "unclear"),
        (1, 0.0, 0.0, None, "unclear"),
        (0, -0.1, 0.1, 0.2, "shown"),
        (0, -0.1, 0.3, 0.2, "unclear"),
        (0, 0.3, 0.4, 0.2, "missed"),
        (0, -0.4, -0.3, 0.2, "missed"),
    ],
)
def test_a_verdict_follows_the_interval(
    sign: int, low: float, high: float, tolerance: float | None, verdict: str
) -> None:
    assert directions.verdict(sign, low, high, tolerance) == verdict


def test_an_effect_is_summed_over_labels_and_averaged_over_time() -> None:
    recorded = np.arange(4 * 3 * 2.0).reshape(4, 3, 2)
    effect = Effect("orders", (), ((0, 2),), 1, 2, "")
    assert effect.take(recorded).tolist() == [22.0, 24.0]


@pytest.mark.usefixtures("cut")
def test_figures_are_those_of_paired_runs(baseline: Scenario) -> None:
    arms = read(baseline).arms  # type: ignore[union-attr]
    (result,) = directions.report(baseline, 40, 5, ["agreement_signed"]).results
    category = baseline.case.categories.index("maritime_patrol")
    runs = [
        engine.run_block(design.plan(arms[name], 5), 0, 40, ("export_approval",))["export_approval"]
        for name in ("transfer_agreement", "no_transfer_agreement")
    ]
    since = 4 * (2027 - baseline.start.year)
    difference = (runs[0] - runs[1])[since:, category].mean(axis=0)
    margin = 1.96 * difference.std(ddof=1) / np.sqrt(40)
    assert result.mean == pytest.approx(difference.mean())
    assert (result.low, result.high) == pytest.approx(
        (difference.mean() - margin, difference.mean() + margin), rel=1e-3
    )
    assert result.standard == pytest.approx(runs[1][since:, category].mean())


@pytest.mark.long
def test_a_few_signs_are_shown_by_few_trials(baseline: Scenario) -> None:
    results = directions.report(baseline, 100, 1, FEW).results
    assert {each.id: each.verdict for each in results} == dict.fromkeys(FEW, "shown")


@pytest.mark.long  # test_trials has the same of a direction
def test_blocks_change_no_number(baseline: Scenario) -> None:
    whole = directions.report(baseline, 12, 3, ["jp_total_assist"])
    counted: list[int] = []
    execution = Execution(progress=counted.append, block=7)
    assert directions.report(baseline, 12, 3, ["jp_total_assist"], execution) == whole
    assert sum(counted) == 12 * directions.n_runs(baseline, ["jp_total_assist"])


def test_a_case_without_a_file_has_no_directions(tmp_path: Path) -> None:
    toy = Path(__file__).parent / "cases" / "archipelago"
    calm = f'title = "Calm"\nstory = "Calm."\ncase = "{toy}"\nstart = "2020-Q1"\nend = "2021-Q4"\n'
    (tmp_path / "calm.toml").write_text(calm, encoding="utf-8")
    scenario = sim.load(tmp_path / "calm.toml")
    assert directions.report(scenario, 5) == directions.Report((), ())
    assert directions.n_runs(scenario) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t["cannot"].update(bd_hedgr="Why."), "cannot.bd_hedgr: no row of the evidence.*bd_hedger"),
        (
            lambda t: t["experiments"].update({"bd_hedgr/more": t["experiments"]["bd_hedger"]}),
            "bd_hedgr/more: no row.*bd_hedger",
        ),
        (lambda t: t["cannot"].update(x_fiji="Why."), "cannot.x_fiji: no row of the evidence"),
        (lambda t: t["cannot"].update(bd_hedger="Why."), "cannot.bd_hedger: there is an experiment too"),
        (lambda t: t["experiments"]["bd_hedger"].update(arm="dept"), "no such arm.*Did you mean depth"),
        (lambda t: t["experiments"]["bd_hedger"].update(against="depth"), "an arm with itself"),
        (lambda t: t["experiments"]["bd_hedger"].update(sign=0), "tolerance: does not fit the sign"),
        (lambda t: t["experiments"]["bd_hedger"].update(sign=2), "experiments.bd_hedger.sign"),
        (lambda t: t["experiments"]["bd_hedger"].update(why="so"), "bd_hedger.why: no such key"),
        (lambda t: t["experiments"]["bd_hedger"]["effect"].pop("variable"), "effect.variable: must be given"),
        (lambda t: t["experiments"]["bd_hedger"]["effect"].update(variable="hhhi"), "no such variable"),
        (lambda t: t["experiments"]["bd_hedger"]["effect"].update(partner="chin"), "Did you mean china"),
        (lambda t: t["experiments"]["bd_hedger"]["effect"].update(supplier="china"), "no such key or axis"),
        (lambda t: t["experiments"]["bd_hedger"]["effect"].update(partner=["china"] * 2), "or one twice"),
        (
            lambda t: t["experiments"]["bd_hedger"]["effect"].update(at=2030),
            "does not say once when it is read",
        ),
        (lambda t: t["experiments"]["bd_hedger"]["effect"].update({"from": "2030"}), "not a year"),
        (lambda t: t["experiments"]["bd_hedger"]["effect"].update({"from": 2044}), "outside the horizon"),
        (
            lambda t: t["arms"]["depth"]["events"][0].update(to=2),
            "arms.depth.events.1..to.*outside the bounds",
        ),
        (lambda t: t["arms"]["depth"].update(set={"hhi.x": 1}), "arms.depth.set.hhi.x: no such parameter"),
        (lambda t: t["arms"].update(unchanged={"what": "it"}), "arms.unchanged"),
        (lambda t: t.update(end="2023-Q4"), "end.*not after the start"),
    ],
)
def test_mistakes_in_the_file_are_said_in_one_line(written: Any, change: Any, message: str) -> None:
    with pytest.raises(errors.InputError, match=message) as caught:
        written(change)
    assert "directions.toml" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.long
def test_the_command_shows_figures_and_reasons() -> None:
    arguments = ["directions", "--trials", "20", "--id", "jp_total_assist", "--id", "matarbari"]
    shown = CliRunner().invoke(program, arguments)
    assert shown.exit_code == 0
    assert "1 shown, 0 unclear, 0 missed; 1 without an experiment." in " ".join(shown.output.split())
    content = json.loads(CliRunner().invoke(program, [*arguments, "--json"]).output)
    assert [each["id"] for each in content["results"]] == ["jp_total_assist"]
    assert content["results"][0]["verdict"] == "shown" and content["results"][0]["mean"] > 0
    assert content["excluded"][0]["id"] == "matarbari"


@pytest.mark.usefixtures("cut")
def test_the_command_leaves_with_one_after_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directions, "verdict", lambda *_: "missed")
    shown = CliRunner().invoke(program, ["directions", "--trials", "5", "--id", "jp_total_assist"])
    assert shown.exit_code == 1 and "1 missed" in shown.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--id", "matarbar"], "Did you mean matarbari?"), (["--trials", "1"], "at least 2")],
)
def test_the_command_refuses_what_it_cannot_do(arguments: list[str], message: str) -> None:
    shown = CliRunner().invoke(program, ["directions", *arguments])
    assert shown.exit_code == 2 and message in shown.output
