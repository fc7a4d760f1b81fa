"""The loop over trials of analyses: the same numbers in every engine, block and number of processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.analysis.calibrate import targets as calibration_targets
from sim.analysis.validate import directions, patterns
from sim.analysis.validate.backtest import forecast, origins
from sim.cli import sim as program
from sim.design import plan as design
from sim.engine import block as engine
from sim.runs import trials
from sim.runs.trials import Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import Array

ANALYSES = (
    "calibrate/targets",
    "calibrate/waves",
    "calibrate/checks",
    "validate/arms",
    "validate/directions",
    "validate/potency",
    "validate/pattern_statistics",
    "validate/backtest/forecast",
    "validate/backtest/card",
)

#: Trials of an analysis and of a block: two blocks, with three strips of machine code.
TRIALS, BLOCK = 100, 70

compiled = pytest.mark.skipif(not engine.can_compile(), reason="llvmlite is not installed")


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return sim.load("baseline")


def forecast_numbers(_: Scenario, execution: Execution) -> list[Array]:
    said = forecast.simulate(origins.shipped(2018, 3), TRIALS, 3, execution)
    return [said.window.delivered, said.window.ordered, np.asarray(said.chance)]


def calibration_numbers(baseline: Scenario, execution: Execution) -> list[Array]:
    targets = calibration_targets.load(baseline)
    return [targets.simulated(5, TRIALS, 2, execution=execution)]


def direction_numbers(baseline: Scenario, execution: Execution) -> list[Array]:
    results = directions.report(baseline, TRIALS, 5, ["agreement_signed"], execution).results
    return [np.array([(each.standard, each.mean, each.low) for each in results])]


def pattern_numbers(baseline: Scenario, execution: Execution) -> list[Array]:
    results = patterns.report(baseline, TRIALS, 3, only=("P3",), execution=execution)
    return [np.array([(each.mean, each.low, each.high) for each in results])]


NUMBERS = (forecast_numbers, calibration_numbers, direction_numbers, pattern_numbers)


@cache
def in_one_block(numbers: Callable[[Scenario, Execution], list[Array]]) -> list[Array]:
    """Return the numbers of an analysis as NumPy computes them, all trials together."""
    return numbers(sim.load("baseline"), Execution(engine="numpy"))


@pytest.mark.parametrize(
    ("numbers", "execution"),
    [
        (forecast_numbers, Execution(engine="numpy")),
        *(pytest.param(each, Execution(engine="numpy"), marks=pytest.mark.long) for each in NUMBERS[1:]),
        *(pytest.param(each, Execution(engine="compiled"), marks=pytest.mark.long) for each in NUMBERS),
    ],
    ids=lambda each: getattr(each, "engine", None) or each.__name__,
)
def test_no_number_depends_on_how_it_is_run(
    baseline: Scenario,
    monkeypatch: pytest.MonkeyPatch,
    numbers: Callable[[Scenario, Execution], list[Array]],
    execution: Execution,
) -> None:
    if execution.engine == "compiled" and not engine.can_compile():
        pytest.skip("llvmlite is not installed")
    whole = in_one_block(numbers)
    assert all(each.size for each in whole)
    with ThreadPoolExecutor(2) as executor:
        apart = numbers(baseline, Execution(executor, engine=execution.engine, block=BLOCK))
    for one, other in zip(whole, apart, strict=True):
        np.testing.assert_array_equal(one, other)


class Contracts:
    """What a list is reduced to: its entries by trial, and the sum of what they bring."""

    reads = ("contract_trial", "contract_tiv", "hhi")

    def __init__(self, scenario: Scenario, n_trials: int) -> None:
        self.found = np.zeros((3, n_trials))

    def add(self, step: int, trials: slice, values: Mapping[str, Array]) -> None:
        np.add.at(self.found[0, trials], values["contract_trial"], 1.0)
        np.add.at(self.found[1, trials], values["contract_trial"], values["contract_tiv"])
        self.found[2, trials] += values["hhi"]

    def result(self) -> Array:
        return self.found


@compiled
@pytest.mark.parametrize(
    "n_trials", [pytest.param(3, marks=pytest.mark.long), pytest.param(64, marks=pytest.mark.long), 75]
)
def test_lists_end_with_the_trials_asked_for(n_trials: int) -> None:
    """Machine code runs whole strips: what it computes for trials that nobody asked for is not seen."""
    assert engine.STRIP == 64
    # A case and a length for which other tests make machine code too.
    toy = plans.scenario("archipelago")
    block = engine.Block(design.plan(toy, 4), 6, n_trials)
    expected = Contracts(toy, n_trials)
    for step in range(12):
        block.advance()
        expected.add(step, slice(0, n_trials), block.values)
    for name in ("numpy", "compiled"):
        ((found,),) = trials.reduce(
            [toy], Contracts, n_trials, 4, first_trial=6, n_steps=12, execution=Execution(engine=name)
        )
        np.testing.assert_array_equal(found, expected.result())
    assert expected.result()[0].sum() > 0


def test_variables_are_those_of_a_run_in_double_precision() -> None:
    small = plans.scenario("archipelago", n_steps=8)
    recorded = trials.record(small, ("hhi", "grants"), 5, 2)
    runs = sim.run(small, trials=5, seed=2, keep=["hhi", "grants"])
    for name, values in recorded.items():
        assert values.dtype == float
        np.testing.assert_array_equal(values.astype(np.float32), runs[name].values[0])
    taken = trials.record(small, ("hhi",), 5, 2, take=lambda each: {"last": each["hhi"][-1]})
    np.testing.assert_array_equal(taken["last"], recorded["hhi"][-1])


def test_processes_give_the_same_numbers_and_report_their_progress(baseline: Scenario) -> None:
    counted: list[int] = []
    execution = Execution(None, 2, counted.append, block=4)
    apart = trials.reduce([baseline, baseline], Contracts, 10, 1, n_steps=8, execution=execution)
    here = trials.reduce([baseline], Contracts, 10, 1, n_steps=8)
    (expected,) = here
    for blocks in apart:
        np.testing.assert_array_equal(np.concatenate(blocks, axis=-1), np.concatenate(expected, axis=-1))
    assert counted == [4, 4, 2] * 2


def test_engine_and_workers_are_chosen_as_for_a_run(
    baseline: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def stop(function: object, jobs: Any, executor: object, workers: int) -> Any:
        seen.append((trials._unpack(next(jobs)[0]).is_compiled, workers))
        raise KeyboardInterrupt

    monkeypatch.setattr(trials.pool, "in_order", stop)
    monkeypatch.setattr(trials.pool, "ENOUGH_WORK", 250_000)
    monkeypatch.setattr(trials.pool, "usable_cores", lambda: 2)
    for count, scenarios in ((1000, 1), (3000, 2), (3000, 1)):
        with pytest.raises(KeyboardInterrupt):
            list(trials.reduce([baseline] * scenarios, Contracts, count, 1))
    is_large = engine.can_compile()
    assert seen == [(False, 1), (is_large, 2), (False, 1 if 3000 * baseline.n_steps < 250_000 else 2)]


@pytest.mark.parametrize(
    "command",
    [
        ["backtest", "--origin", "2015"],
        ["calibrate"],
        ["directions"],
        ["patterns"],
        ["forecast", "baseline", "--window", "2025-2029", "--out", "f"],
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize(
    ("option", "problem"),
    [(["--workers", "0"], "--workers"), (["--engine", "fast"], "--engine")],
    ids=["workers", "engine"],
)
def test_commands_take_workers_and_engine(
    command: list[str], option: list[str], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(program, [*command, *option])
    assert shown.exit_code == 2 and problem in shown.output
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_a_command_hands_on_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Execution] = []
    usual = trials.reduce

    def noted(*args: Any, **kwargs: Any) -> Any:
        given.append(kwargs["execution"])
        return usual(*args, **kwargs)

    monkeypatch.setattr(trials, "reduce", noted)
    options = ["--trials", "20", "--workers", "1", "--engine", "numpy"]
    for command in (["backtest", "--origin", "2018"], ["directions", "--id", "agreement_signed"]):
        assert CliRunner().invoke(program, [*command, *options]).exit_code in (0, 1)
    assert {(each.workers, each.engine) for each in given} == {(1, "numpy")}


@pytest.mark.parametrize("name", ANALYSES)
def test_analyses_leave_blocks_to_the_loop(name: str) -> None:
    text = (Path(directions.__file__).parents[1] / f"{name}.py").read_text(encoding="utf-8")
    assert "sim.engine" not in text and "sim.design.plan" not in text and "design import plan" not in text
