"""Trials that fail are set apart, recorded, can be looked at again; what fails everywhere keeps its trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import plans
import sim
import soak
from sim.design import plan as design
from sim.engine.block import BLOCK
from sim.model.mechanisms import measures
from sim.plots import style
from sim.runs import batch as work
from sim.runs import blocks, free_memory, resources
from sim.runs.dataset import ENGINE_VARIABLE
from sim.runs.store import Store
from sim.vocabulary.errors import InputError, WrongType

SEED = 5
WHAT: dict[str, Any] = {"trials": 20, "seed": SEED, "block": 8, "workers": 1, "keep": ["hhi", "government"]}
SCENARIO = plans.scenario("archipelago", n_steps=3, name="base")
FAILING = 13

#: Trials of a run that is interrupted, far more than it can do until then.
TRIALS = 1_000_000


def failing(*trials: int, how: str = "raises") -> dict[str, Any]:
    """Return a rule that fails in some trials, known by a parameter, in the third quarter."""
    plan = design.plan(SCENARIO, SEED)
    marks = [float(design.draw_parameters(plan, trial, 1)["mixing_cost"][0]) for trial in trials]

    def step(**read: Any) -> measures.Update:
        update = measures.step(**read)
        is_hit = np.isin(read["mixing_cost"], marks) & (read["step"] == 2)
        if how == "raises" and is_hit.any():
            raise ZeroDivisionError("a trial too far")
        if how == "dies" and is_hit.any():
            os._exit(1)
        update.hhi[is_hit] = {"is infinite": np.inf, "overflows": 1e39}.get(how, 0.5)
        return update

    step.__signature__ = __import__("inspect").signature(measures.step)  # type: ignore[attr-defined]
    return {"measures.step": step}


def toy(folder: Path) -> Path:
    """Write a scenario file of the toy case."""
    file = folder / "toy.toml"
    case = Path(__file__).parent / "cases" / "archipelago"
    file.write_text(f'title = "Toy"\ncase = "{case}"\nstart = "2020-Q1"\nend = "2020-Q2"\n')
    return file


def fail_with(how: str) -> str:
    return "ZeroDivisionError: a trial too far" if how == "raises" else "hhi is not finite in 2020-Q3"


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    """The run of which no trial fails."""
    return sim.run(SCENARIO, **WHAT, rules=failing(how="passes"))


@pytest.mark.parametrize("how", ["raises", "is infinite", pytest.param("overflows", marks=pytest.mark.long)])
def test_a_failed_trial_is_set_apart_and_the_rest_is_as_ever(
    how: str, whole: xr.Dataset, tmp_path: Path
) -> None:
    rules = failing(FAILING, how=how)
    for runs in (
        sim.run(SCENARIO, **WHAT, rules=rules),
        sim.run(SCENARIO, **WHAT, rules=rules, out=tmp_path / "runs.zarr"),
    ):
        [recorded] = sim.manifest(runs)["failures"]
        assert recorded == {"scenario": "base", "trial": FAILING, "problem": fail_with(how)}
        others = runs.trial != FAILING
        for name in ("hhi", "government"):
            assert np.isnan(runs[name].sel(trial=FAILING)).all()
            assert (
                runs[name][..., others].to_numpy().tobytes() == whole[name][..., others].to_numpy().tobytes()
            )


def test_a_trial_that_a_rule_only_changes_does_not_fail() -> None:
    harmless = failing(FAILING, how="passes")
    assert sim.manifest(sim.run(SCENARIO, **WHAT, rules=harmless))["failures"] == []


def test_a_failure_is_recorded_with_all_that_it_takes_to_see_it_again(tmp_path: Path) -> None:
    out, rules = tmp_path / "runs.zarr", failing(FAILING)
    sim.run(SCENARIO, **WHAT, rules=rules, out=out)
    [recorded] = Store.open(out).failures()
    assert (recorded["scenario"], recorded["trial"], recorded["seed"]) == ("base", FAILING, SEED)
    assert recorded["parameters"] == blocks.parameters(design.plan(SCENARIO, SEED), FAILING)
    world = sim.replay(out, rules=rules)
    assert (world.trial, world.plan.scenario.digest) == (FAILING, SCENARIO.digest)
    assert world.first_problem() == "ZeroDivisionError: a trial too far"
    assert str(world.date) == "2020-Q3"
    other = sim.replay(out, trial=3, rules=rules)
    assert other.first_problem() is None
    with pytest.raises(InputError, match="Choose from 0 to 19"):
        sim.replay(out, trial=20, rules=rules)
    with pytest.raises(InputError, match="was run with the rules"):
        sim.replay(out)
    with pytest.raises(InputError, match=r'not in the run: "bas"\. Did you mean base'):
        sim.replay(out, 3, "bas", rules=rules)


def test_the_scenario_of_a_replay_is_that_in_which_the_trial_failed(tmp_path: Path) -> None:
    calm = plans.scenario("archipelago", changes={"measures.mixing_cost": 0.0}, n_steps=3, name="calm")
    out, rules = tmp_path / "runs.zarr", failing(FAILING)
    sim.run([calm, SCENARIO], **WHAT, rules=rules, out=out)
    named = {trial: sim.replay(out, trial, rules=rules).plan.scenario.name for trial in (FAILING, 3)}
    assert named == {FAILING: "base", 3: "calm"}
    assert sim.replay(out, FAILING, "calm", rules=rules).plan.scenario.name == "calm"


def test_a_replayed_trial_is_that_of_the_store(tmp_path: Path) -> None:
    out = tmp_path / "runs.zarr"
    runs = sim.run(SCENARIO, **WHAT, out=out, sampling="latin_hypercube", first_trial=0)
    world = sim.replay(out, trial=9)
    assert world.first_problem() is None
    for name in ("hhi", "government"):
        np.testing.assert_array_equal(world.results()[name][..., 0], runs[name].sel(trial=9))
    with pytest.raises(InputError, match="no trial failed"):
        sim.replay(out)


def test_comparisons_leave_failed_trials_out() -> None:
    other = SCENARIO.override({"demand.caution": 0.3}, name="other")
    runs = sim.run([SCENARIO, other], **WHAT, rules=failing(FAILING))
    found = sim.compare(runs)
    assert np.isfinite(found["hhi"].sel(statistic="mean")).all()
    rest = runs.drop_sel(trial=FAILING)
    mean = (rest["hhi"].sel(scenario="other").astype(float) - rest["hhi"].sel(scenario="base")).mean("trial")
    np.testing.assert_allclose(found["hhi"].sel(statistic="mean", scenario="other"), mean)
    assert style.footer(runs)[0].startswith("n = 19 of 20 trials per scenario")


def test_what_fails_everywhere_keeps_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MOST_FAILURES", 4)
    with pytest.raises(ZeroDivisionError, match="a trial too far"):
        sim.run(SCENARIO, **WHAT | {"trials": 5}, rules=failing(*range(5)))


def test_a_rule_that_returns_nonsense_is_refused_at_once() -> None:
    with pytest.raises(WrongType, match=r"rules\.measures\.step"):
        sim.run(SCENARIO, **WHAT, rules={"measures.step": lambda **_: None})


def test_a_worker_that_dies_is_one_line_and_the_rest_can_be_run(tmp_path: Path) -> None:
    out = tmp_path / "runs.zarr"
    with pytest.raises(InputError, match="a worker process ended before its work was done"):
        sim.run(SCENARIO, **WHAT | {"workers": 2}, rules=failing(FAILING, how="dies"), out=out)


def _listen_to_interrupts() -> None:
    """A shell's background jobs ignore interrupts, and so would a child of tests that run as one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_stops_cleanly_and_can_be_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "runs.zarr"
    what = ["--trials", str(TRIALS), "--workers", "2", "--keep", "hhi", "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(Path(sim.__file__).parents[1]), ENGINE_VARIABLE: "numpy"}
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", "run", str(toy(tmp_path)), *what],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_listen_to_interrupts,
    )
    while not soak.blocks_written(out):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    begun = time.monotonic()
    shown, said = process.communicate()
    print(f"stopped after {time.monotonic() - begun:.2f} s")
    assert (process.returncode, shown) == (130, "")
    takes, interrupted = said.splitlines()
    assert takes.startswith("This takes about ")
    assert interrupted == f"Interrupted. To go on: sim resume {out}."
    assert 0 < len(Store.open(out).ledger.entries()) < TRIALS / BLOCK
    with Store.open(out).lock():
        pass


@pytest.mark.parametrize(
    ("need", "said"), [({"memory": 2**60}, "of memory, and"), ({"disk": 2**60}, "of disk, and")]
)
def test_what_cannot_fit_is_refused_before_it_starts(need: dict[str, int], said: str, tmp_path: Path) -> None:
    needs = resources.Needs(**{"memory": 1, "disk": 1} | need)
    with pytest.raises(InputError, match=said):
        needs.check(tmp_path / "deep" / "runs.zarr")
    resources.Needs(memory=2**20, disk=2**20).check(tmp_path / "deep" / "runs.zarr")


def test_a_run_that_cannot_fit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_memory, "of_machine", lambda: 2**30)
    what = {**WHAT, "trials": 10**9, "quarters": "2020-Q3"}
    for out in (None, tmp_path / "runs.zarr"):
        with pytest.raises(InputError, match="eep fewer variables"):
            sim.run(SCENARIO, **what, out=out)
    assert list(tmp_path.iterdir()) == []


def test_needs_grow_with_trials_only_in_memory() -> None:
    def needs(trials: int, form: Any) -> resources.Needs:
        return resources.needs(
            scenarios=2,
            trials=trials,
            block=1024,
            numbers=100,
            form=form,
            workers=2,
            ahead=6,
        )

    few, many = needs(10**4, "chunks"), needs(10**6, "chunks")
    assert many.memory - few.memory == resources.LEDGER_LINE * (many.blocks - few.blocks)
    assert needs(10**6, "chunks").disk == 2 * 10**6 * 100 * 4
    assert needs(10**6, "arrays").memory - needs(10**4, "arrays").memory == 2 * (10**6 - 10**4) * 400
    assert needs(10**6, "arrays").disk == 0


def test_a_run_says_what_it_takes_before_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "WORTH_A_PILOT", 1500)
    said: list[resources.Needs] = []
    what: dict[str, Any] = {**WHAT, "trials": 1500, "block": 500, "announce": said.append}
    what["keep"] = ["border_pressure", "commitments"]
    sim.run(SCENARIO, **what)
    assert str(said[-1]).endswith(" MiB of memory, in 3 blocks")
    for name, is_summary in (("trials", False), ("summary", True)):
        out = tmp_path / f"{name}.zarr"
        sim.run(SCENARIO, **what, summary=is_summary, out=out)
        written = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        assert said[-1].is_upper_bound == is_summary
        if is_summary:
            assert said[-1].disk > 0
        else:
            chunks = sum(path.stat().st_size for path in out.glob("*/c/0/**/*") if path.is_file())
            assert said[-1].disk == pytest.approx(chunks, rel=0.25)
            assert written > chunks
    sim.resume(tmp_path / "trials.zarr", announce=said.append)
    assert said[-1].disk == 0, "all is there"
    sim.extend(tmp_path / "trials.zarr", 3000, announce=said.append)
    assert said[-1].disk == pytest.approx(chunks, rel=0.25), "as much again"
