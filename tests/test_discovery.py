"""Scenario discovery: a published box, boxes that are known, honest coverage and density."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner

import plans
import sim
import sim.runs.trials
from sim.analysis.discovery import box_scenarios, discovery, draws, prim, tree
from sim.analysis.discovery.prim import Limit
from sim.cli import sim as program
from sim.vocabulary import errors

pytestmark = pytest.mark.filterwarnings("ignore::sim.vocabulary.errors.IneffectiveChange")

CASES = Path(__file__).parent / "bryant_lempert" / "cases.csv"

#: What decides in the toy run: the budget of each quarter is in proportion to the first.
MONEY, IDLE = "economy.initial_military_budget", "economy.budget_growth"
UNCERTAIN = {
    MONEY: {"value": 1000.0, "uniform": [500.0, 1500.0]},
    IDLE: {"value": 0.0, "uniform": [-0.01, 0.01]},
    "demand.caution": {"value": 0.5, "normal": [0.5, 0.1]},
}


@pytest.fixture(scope="module")
def bryant_lempert() -> tuple[dict[str, np.ndarray], np.ndarray]:
    table = pd.read_csv(CASES)
    wanted = table.pop("of interest").values.astype(bool)
    return {name: table[name].values for name in table}, wanted


@pytest.fixture(scope="module")
def world() -> sim.Scenario:
    base = plans.scenario("archipelago", n_steps=4, name="toy")
    certain = {key: each.value for key, each in base.parameters.items() if each.distribution is not None}
    return plans.scenario("archipelago", n_steps=4, name="toy", changes={**certain, **UNCERTAIN})


@pytest.fixture(scope="module")
def runs(world: sim.Scenario) -> xr.Dataset:
    return sim.run(world, trials=400, keep=["military_budget"], engine="numpy", workers=1)


@pytest.fixture(scope="module")
def found(runs: xr.Dataset, world: sim.Scenario) -> xr.Dataset:
    return sim.discover(runs, "military_budget@2020 > 1200", scenarios=world, resamples=10)


def test_the_published_box(bryant_lempert: tuple[dict[str, np.ndarray], np.ndarray]) -> None:
    columns, wanted = bryant_lempert
    assert (len(wanted), wanted.sum()) == (882, 89)
    boxes = prim.trajectory(columns, wanted)
    assert len(boxes) == 28  # all cases, and 27 peels
    fit = prim.fit(boxes[21], columns, wanted)
    assert [fit.coverage, fit.density, fit.mass] == pytest.approx([0.752809, 0.770115, 0.098639], abs=5e-7)
    assert (fit.found, fit.held) == (67, 87)
    limits = {name: (limit.low, limit.high) for name, limit in boxes[21].items()}
    inf = float("inf")
    assert limits == {
        "Demand elasticity": pytest.approx((-0.422, inf)),
        "Total biomass": pytest.approx((-inf, 755.8)),
        "Biomass backstop price": pytest.approx((150.05, inf)),
        "Cellulosic cost": pytest.approx((72.65, inf)),
    }
    quasi = prim.quasi_p(boxes[21], columns, wanted)
    assert quasi["Demand elasticity", "low"] == pytest.approx(1.184930e-16, rel=1e-5)
    assert quasi["Cellulosic cost", "low"] == pytest.approx(0.157413, rel=1e-5)
    often = prim.frequencies(boxes[21], columns, wanted, 20, 1)
    assert often["Total biomass", "high"] == often["Demand elasticity", "low"] == 1.0
    assert often.get(("Feedstock distribution", "low"), 0.0) < 0.5


def test_a_box_that_is_known_is_found_with_its_categories() -> None:
    draw = np.random.default_rng(1)
    columns = {"x": draw.random(2000), "y": draw.random(2000), "idle": draw.random(2000)}
    columns["kind"] = draw.choice(np.array(["a", "b", "c"]), 2000)
    wanted = (columns["x"] > 0.6) & (columns["y"] < 0.5) & (columns["kind"] != "b")
    boxes = prim.trajectory(columns, wanted)
    fits = [prim.fit(each, columns, wanted) for each in boxes]
    best = max(range(len(boxes)), key=lambda k: fits[k].coverage * fits[k].density)
    assert set(boxes[best]) == {"x", "y", "kind"} and boxes[best]["kind"].among == {"a", "c"}
    assert boxes[best]["x"].low == pytest.approx(0.6, abs=0.03)
    assert boxes[best]["y"].high == pytest.approx(0.5, abs=0.05)
    often = prim.frequencies(boxes[best], columns, wanted, 5, 1)
    assert often["x", "low"] == often["y", "high"] == often["kind", "among"] == 1.0
    assert prim.pruned({**boxes[best], "idle": Limit(0.1, 0.9)}, often) == boxes[best]


def test_what_holds_nothing_or_everything_is_not_peeled() -> None:
    columns = {"x": np.arange(20.0), "same": np.ones(20)}
    for wanted in (np.zeros(20, bool), np.ones(20, bool)):
        assert prim.trajectory(columns, wanted) == [{}]
    nothing = prim.fit({"x": Limit(low=99.0)}, columns, np.ones(20, bool))
    assert (nothing.coverage, nothing.held) == (0.0, 0) and np.isnan(nothing.density)
    with pytest.raises(ValueError, match="not numbers"):
        prim.trajectory({"x": np.array([1.0, np.nan])}, np.array([True, False]))


def test_equal_values_stay_together() -> None:
    columns = {"x": np.repeat([0.0, 1.0, 2.0], [50, 30, 20])}
    boxes = prim.trajectory(columns, columns["x"] == 2.0)
    assert [each.get("x") for each in boxes] == [None, Limit(low=0.5), Limit(low=1.5)]


def test_a_run_says_what_decides(found: xr.Dataset, runs: xr.Dataset, world: sim.Scenario) -> None:
    limits = discovery.box_of(found)
    assert set(limits) == {MONEY} and limits[MONEY].high == float("inf")
    # Growth is shocked besides, so the limit is not quite the mark; peels are a tenth of what is left.
    assert limits[MONEY].low == pytest.approx(1200.0, rel=0.05)
    _, drawn = draws.of(runs, world)
    assert list(drawn.columns) == sorted(UNCERTAIN, key=list(world.parameters).index)
    again = sim.runs.trials.parameters(world, 400, 1)["initial_military_budget"]
    assert (drawn.columns[MONEY][0] == again).all()
    at = found.sel(box=found.attrs["box"])
    assert float(at["coverage"]) > 0.9 and float(at["density"]) > 0.8
    assert float(at["coverage_low"]) < float(at["coverage"]) <= float(at["coverage_high"])
    assert float(at["frequency"].sel(parameter=MONEY, side="low")) == 1.0
    said = discovery.answer(found)
    assert said.startswith(f"Where {MONEY} is at least") and "200 trials that were not used" in said


def test_where_there_is_nothing_the_trials_held_out_say_so() -> None:
    # Pure noise: on the trials of the search the box looks good, on the others it is as dense as all trials.
    draw = np.random.default_rng(5)
    columns = {f"x{k}": draw.random(600) for k in range(20)}
    wanted = draw.random(600) < 0.3
    search, rest = ({name: values[k::2] for name, values in columns.items()} for k in (0, 1))
    box = prim.trajectory(search, wanted[::2])[12]
    assert prim.fit(box, search, wanted[::2]).density > 0.5
    assert prim.fit(box, rest, wanted[1::2]).density < 0.4
    often = prim.frequencies(box, search, wanted[::2], 10, 1)
    assert len(prim.pruned(box, often)) < len(box) / 2


def test_a_box_is_a_scenario_that_runs(
    found: xr.Dataset, runs: xr.Dataset, world: sim.Scenario, tmp_path: Path
) -> None:
    [made] = sim.box_scenarios(found, runs, scenarios=world)
    low = discovery.box_of(found)[MONEY].low
    assert made.parameters[MONEY].distribution.numbers == pytest.approx((low, 1500.0))
    again = sim.load(made.write(tmp_path / "box.toml"))
    assert again.digest == made.digest
    event = sim.run(again, trials=100, keep="military_budget")["military_budget"].isel(time=3) > 1200
    assert float(event.mean()) > 0.8
    # A bell curve is cut off: as many values, all within, with the mean of what is left.
    box = found.copy()
    both = xr.concat([box.isel(parameter=[0]), box.isel(parameter=[0])], "parameter")
    both = both.assign_coords(parameter=[MONEY, "demand.caution"])
    both["low"].loc[{"parameter": "demand.caution"}] = 0.55
    [cut] = sim.box_scenarios(both, runs, box=1, scenarios=world)
    values = np.array(cut.parameters["demand.caution"].distribution.numbers)
    assert len(values) == box_scenarios.VALUES and values.min() > 0.55
    assert values.mean() == pytest.approx(0.5 + 0.1 * 0.352 / 0.3085, abs=0.005)


def test_scenarios_of_a_run_are_a_category(world: sim.Scenario) -> None:
    rich = world.override({MONEY: 1500.0}, name="rich")
    two = sim.run([world, rich], trials=60, keep="military_budget", engine="numpy", workers=1)
    found = sim.discover(two, "military_budget@2020 > 1450", scenarios=[world, rich], resamples=4)
    assert discovery.box_of(found)["scenario"].among == {"rich"}
    made = sim.box_scenarios(found, two, scenarios=[world, rich])
    assert [each.name for each in made] == ["rich"]


@pytest.mark.parametrize(
    ("event", "arguments", "said"),
    [
        ("military_budget@2020", {}, "cannot be read"),
        ("military_budget@2020 > 9e9", {}, "is met in 0 % of the trials"),
        ("military_budget@2020 > 1200", {"parameters": "nope"}, "not uncertain in the run"),
        ("military_budget@2020 > 1200", {"parameters": []}, "names no parameter"),
        ("military_budget@2020 > 1200", {"box": 999}, "out of range"),
        ("military_budget@2021 > 1200", {}, "not in the result"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    runs: xr.Dataset, world: sim.Scenario, event: str, arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(errors.InputError, match=said):
        sim.discover(runs, event, scenarios=world, resamples=2, **arguments)


def test_a_run_carries_its_scenarios_and_others_are_one_line(runs: xr.Dataset, world: sim.Scenario) -> None:
    event = "military_budget@2020 > 1200"
    assert sim.discover(runs, event, resamples=2).identical(
        sim.discover(runs, event, scenarios=world, resamples=2)
    )
    other = world.override({"demand.caution": 0.123}, name=world.name)
    with pytest.raises(errors.InputError, match="is not among them as it was run"):
        sim.discover(runs, event, scenarios=other, resamples=2)


@pytest.mark.skipif(find_spec("sklearn") is None, reason="scikit-learn is an extra")
def test_a_tree_finds_the_same(runs: xr.Dataset, world: sim.Scenario) -> None:
    grown = tree.classification_tree(runs, "military_budget@2020 > 1200", scenarios=world)
    assert str(grown["parameter"].values[0]) == MONEY and float(grown["importance"][0]) > 0.9
    assert float(grown["density"][0]) > 0.9 and MONEY in str(grown["rule"].values[0])
    kinds = {"kind": np.array(["a", "b"] * 20), "x": np.arange(40.0)}
    boxes, added = tree.leaves(kinds, kinds["kind"] == "b")
    assert boxes[0] == {"kind": Limit(among=frozenset("b"))} and added["kind"] == 1.0


@pytest.mark.skipif(find_spec("sklearn") is not None, reason="scikit-learn is there")
def test_a_tree_without_scikit_learn_is_one_line(runs: xr.Dataset, world: sim.Scenario) -> None:
    with pytest.raises(errors.InputError, match=r"pip install 'hedgesim\[discover\]'"):
        tree.classification_tree(runs, "military_budget@2020 > 1200", scenarios=world)


def test_the_command_writes_a_box_that_runs(world: sim.Scenario, tmp_path: Path) -> None:
    stored, out = tmp_path / "runs.zarr", tmp_path / "found"
    sim.run(world, trials=120, keep="military_budget", engine="numpy", workers=1, out=stored)
    asked = ["discover", str(stored), "--event", "military_budget@2020 > 1200", "--resamples", "4"]
    result = CliRunner().invoke(program, [*asked, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Where ") and f"{MONEY} is at least" in " ".join(result.output.split())
    assert {each.name for each in out.glob("*.*g")} == {
        f"{name}.{suffix}" for name in ("box", "trade_off") for suffix in ("png", "svg")
    }
    limits = json.loads((out / "answer.json").read_text("utf-8"))["limits"]
    assert MONEY in [each["parameter"] for each in limits]
    assert sim.load(out / "toy_in_the_box.toml").parameters[MONEY].value > 1000.0


def test_figures_show_what_was_found(found: xr.Dataset) -> None:
    limits = sim.plots.box_limits(found)
    assert [each.get_text() for each in limits.get_yticklabels()] == [MONEY]
    drawn = sim.plots.trade_off(found, title="Boxes")
    assert len(drawn.texts) >= 2 and sim.plots.trade_off(found, ax=drawn) is drawn
    assert limits.figure.get_label() == discovery.answer(found)
