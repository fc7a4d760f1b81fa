"""The compiled engine: the bits of the NumPy engine, whatever processor, threads and what was kept."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plans
import sim
from sim.design import plan as design
from sim.engine import block as engine
from sim.model.mechanisms import demand
from sim.model.schedule import Schedule, Stage
from sim.numerics.elementary import exp, log, normal_quantile
from sim.numerics.streams import GRANULE, Streams
from sim.parameter import variants
from sim.runs import dataset as results
from sim.scenario import scenario
from sim.vocabulary.errors import InputError
from sim.vocabulary.variables import GLOSSARY

pytest.importorskip("llvmlite")

from sim.engine.compiled import machine_code as machine
from sim.engine.compiled import runner as running
from sim.engine.compiled.uniforms import CompiledStreams

RECORDED = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")
SMALL = 64

Values = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep machine code in a folder of the tests', and make it for few trials."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(machine.FOLDER_VARIABLE, str(tmp_path_factory.mktemp("machine-code")))
        patch.setattr(engine, "STRIP", SMALL)
        yield


def forget() -> None:
    """Forget the machine code of this process; what is on disk stays."""
    running._KERNELS.clear()
    running._OF_THREAD.__dict__.clear()
    machine._function.cache_clear()


@pytest.fixture
def forgetful() -> Iterator[None]:
    """Forget before a test and after it."""
    forget()
    yield
    forget()


def both(plan: design.Plan, first: int, n: int, keep: tuple[str, ...] = RECORDED) -> tuple[Values, Values]:
    """Run the same trials with both engines."""
    return engine.run_block(plan, first, n, keep), engine.run_block(plan, first, n, keep, is_compiled=True)


def assert_same(one: Values, other: Values) -> None:
    """Assert that two records are equal bit for bit."""
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name


def digest(recorded: Values) -> str:
    found = hashlib.sha256()
    for name in sorted(recorded):
        found.update(recorded[name].tobytes())
    return found.hexdigest()


# ---------------------------------------------------------------------- the same bits


@pytest.mark.parametrize("name", plans.usual(scenario.shipped(), ("baseline", "calibrated", "origin_2015")))
def test_every_shipped_scenario_has_the_same_bits(name: str) -> None:
    plan = design.plan(sim.load(name), seed=5)
    assert_same(*both(replace(plan, n_steps=min(plan.n_steps, 28)), 0, 24))


OPTIONS = [(name, option) for name, each in variants.known().items() for option in list(each.options)[1:]]


@pytest.mark.long
@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_every_variant_of_the_structure_has_the_same_bits(name: str, option: str) -> None:
    base = plans.scenario(n_steps=12)
    chosen = variants.apply(base.parameters, {name: option}, "test")
    assert_same(*both(design.plan(replace(base, parameters=chosen), seed=5), 0, 24))


@pytest.mark.parametrize("of_case", plans.CASES)
def test_blocks_that_fill_no_strip_have_the_same_bits(of_case: str) -> None:
    plan = plans.plan(of_case, plans.busy(of_case), n_steps=24)
    assert_same(*both(plan, 471, SMALL + 30))


def test_runs_of_other_lengths_have_the_same_bits() -> None:
    for n_steps in (8, 12, 20):
        assert_same(*both(plans.plan("archipelago", n_steps=n_steps), 0, 8, ("stock", "order_book")))


def test_luck_is_that_of_numpy() -> None:
    usual, compiled = Streams(3), CompiledStreams(3)
    for asked in [
        ("a", 0, GRANULE, 3, 8_096, 5),
        ("b", 471, 94, 2, 7, 3),
        ("c", 1022, 5),
        ("d", 10**9 + 1, 1),
    ]:
        assert usual.uniform(*asked).tobytes() == compiled.uniform(*asked).tobytes(), asked


def test_what_is_kept_changes_no_number() -> None:
    plan, names = plans.plan(n_steps=12), ("stock", "hhi", "order_book")
    _, everything = both(plan, 0, 20)
    assert_same(*both(plan, 0, 20, names))
    assert_same(
        {name: everything[name] for name in names}, engine.run_block(plan, 0, 20, names, is_compiled=True)
    )


def test_all_stages_of_an_undisturbed_quarter_are_compiled(forgetful: None) -> None:
    engine.run_block(plans.plan("archipelago", n_steps=8), 0, 8, ("hhi",), is_compiled=True)
    assert running._KERNELS[SMALL].reasons == {}


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_threads_change_no_bit(n_threads: int) -> None:
    plan, size = plans.plan(told=plans.busy("bangladesh"), n_steps=24), 40
    whole = engine.run_block(plan, 0, 7 * size, RECORDED)
    with ThreadPoolExecutor(n_threads) as pool:
        parts = list(
            pool.map(lambda k: engine.run_block(plan, k * size, size, RECORDED, is_compiled=True), range(7))
        )
    assert_same(whole, {name: np.concatenate([part[name] for part in parts], axis=-1) for name in whole})


PROGRAM = """
import plans, test_compiled
from sim import engine
engine.STRIP = test_compiled.SMALL
plan = plans.plan("archipelago", n_steps=10)
for recorded in test_compiled.both(plan, 0, 40):
    print(test_compiled.digest(recorded))
"""


def test_a_processor_without_features_has_the_same_bits(tmp_path: Path) -> None:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    def digests(**more: str) -> list[str]:
        folders = os.pathsep.join([str(Path(sim.__file__).parent.parent), str(Path(__file__).parent)])
        environment = {**os.environ, "PYTHONPATH": folders, machine.FOLDER_VARIABLE: str(tmp_path), **more}
        command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return done.stdout.split()

    generic = {machine.PROCESSOR_VARIABLE: "generic"}
    plan = plans.plan("archipelago", n_steps=10)
    expected = [digest(recorded) for recorded in both(plan, 0, 40)]
    assert digests(**generic) == expected
    features = " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))
    assert digests(**generic, NPY_DISABLE_CPU_FEATURES=features) == expected


@dataclass(frozen=True)
class Update:
    """What the functions of the next test return."""

    powers: Any
    logarithms: Any
    quantiles: Any
    greater: Any
    lesser: Any
    rounded: Any
    divided: Any


def elementary(*, demand_shock: Any, exit_shock: Any, pause_shock: Any) -> Update:
    x, y, u = demand_shock, exit_shock, pause_shock
    return Update(
        powers=exp(np.where(x == x, x, 0.0)),
        logarithms=log(np.abs(x)),
        quantiles=normal_quantile(u),
        greater=np.maximum(x, y),
        lesser=np.minimum(x, y),
        rounded=np.floor(x),
        divided=np.where(x > y, x / y, -x) * (1.0 - u) + np.sqrt(np.abs(x)),
    )


def test_elementary_functions_have_the_same_bits_where_numbers_are_odd() -> None:
    odd = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        5e-324,
        -2.3e-308,
        1e-310,
        1e308,
        -745.0,
        709.9,
        0.5,
        np.inf,
        -np.inf,
        np.nan,
    ]
    x, y = (each.ravel() for each in np.meshgrid(odd, [*odd, 2.5, -3.5]))
    n = 512
    random = np.random.default_rng(0)
    x, y = np.resize(x, n), np.resize(y, n)
    u = np.concatenate([random.uniform(size=n - 4), [2.0**-54, 1e-300, 1.0 - 2.0**-53, 0.5]])
    stage = Stage(elementary)
    given = {"demand_shock": x, "exit_shock": y, "pause_shock": u}
    values: Values = {**given, "step": 0, "n_steps": 1}
    runner = running.Runner({}, n, stage.writes, Schedule((), (stage,)))
    runner.begin(values, {name: x[None] for name, x in given.items()})
    runner.turn(True)
    assert runner.run(stage)
    with np.errstate(all="ignore"):
        expected = elementary(**given)
    for name in stage.writes:
        one, other = values[name], getattr(expected, name)
        np.testing.assert_array_equal(one, other, err_msg=name)
        is_number = ~np.isnan(other)
        np.testing.assert_array_equal(np.signbit(one)[is_number], np.signbit(other)[is_number], err_msg=name)


# ---------------------------------------------------------------------- what is kept on disk


def test_a_changed_mechanism_never_meets_its_old_machine_code(
    forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, names = plans.plan("archipelago", n_steps=8), ("deal_count", "orders")
    before, _ = both(plan, 0, 40, names)
    monkeypatch.setattr(demand, "QUARTER", 0.75)
    forget()
    after, compiled = both(plan, 0, 40, names)
    assert_same(after, compiled)
    assert (after["deal_count"] != before["deal_count"]).any()


def test_damaged_machine_code_is_made_anew(forgetful: None) -> None:
    plan = plans.plan("archipelago", n_steps=4)
    expected, _ = both(plan, 0, 40)
    kept = sorted(machine.folder().glob("*.o"))
    assert kept
    for number, path in enumerate(kept):
        path.write_bytes(path.read_bytes()[:-8] if number % 2 else b"nothing")
    forget()
    assert_same(expected, engine.run_block(plan, 0, 40, RECORDED, is_compiled=True))


def test_where_nothing_can_be_written_nothing_is_kept(
    forgetful: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(machine.FOLDER_VARIABLE, str(tmp_path / "file" / "folder"))
    assert_same(*both(plans.plan("archipelago", n_steps=2), 0, 8, ("hhi", "stock")))


# ---------------------------------------------------------------------- which engine runs


def test_large_runs_are_compiled_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WORTH_COMPILING", 40)
    base = plans.scenario("archipelago", n_steps=4)
    small, large = (sim.run(base, trials=n, keep=["hhi"]) for n in (39, 40))
    chosen = sim.run(base, trials=39, keep=["hhi"], engine="compiled")
    made = [results.manifest(runs) for runs in (small, large, chosen)]
    assert [each["engine"] for each in made] == ["numpy", "compiled", "compiled"]
    assert ["llvmlite" in each["packages"] for each in made] == [False, True, True]
    np.testing.assert_array_equal(small.hhi, chosen.hhi)
    np.testing.assert_array_equal(small.hhi, large.hhi.isel(trial=slice(39)))


def test_rules_run_in_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WORTH_COMPILING", 1)
    base = plans.scenario("archipelago", n_steps=2)
    mine = {"posture.step": lambda **read: sim.rules.postures(1.0, **read)}
    runs = sim.run(base, trials=4, keep=["hhi"], rules=mine)
    assert results.manifest(runs)["engine"] == "numpy"
    with pytest.raises(InputError, match="rules run in NumPy"):
        sim.run(base, trials=4, keep=["hhi"], rules=mine, engine="compiled")


def test_without_the_compiler_numpy_runs_and_a_wish_for_it_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(results, "WORTH_COMPILING", 1)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    base = plans.scenario("archipelago", n_steps=2)
    assert results.manifest(sim.run(base, trials=4, keep=["hhi"]))["engine"] == "numpy"
    with pytest.raises(InputError, match=r"engine: .*needs llvmlite.*hedgesim\[fast\]"):
        sim.run(base, trials=4, keep=["hhi"], engine="compiled")
    with pytest.raises(InputError, match="no such engine"):
        sim.run(base, trials=4, keep=["hhi"], engine="compield")
