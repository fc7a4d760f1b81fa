"""The compiled engine: the bits of the NumPy engine, whatever processor, threads and what was kept."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import subprocess
import sys
import warnings
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
from sim.engine import trust
from sim.engine.trust import have_same_bits
from sim.model.mechanisms import demand
from sim.model.schedule import Schedule, Stage
from sim.numerics import elementary as elementary_functions
from sim.numerics.durations import LONGEST, whole
from sim.numerics.elementary import exp, log, normal_quantile
from sim.numerics.lists import pick, scatter
from sim.numerics.streams import GRANULE, Streams
from sim.parameter import variants
from sim.runs import dataset as results
from sim.runs import run_summary
from sim.scenario.files import shipped
from sim.scenario.scenario import Scenario
from sim.vocabulary.errors import InputError, SimWarning
from sim.vocabulary.variables import GLOSSARY

pytest.importorskip("llvmlite")

from sim.engine.compiled import kept_code, primitives
from sim.engine.compiled import machine_code as machine
from sim.engine.compiled import runner as running
from sim.engine.compiled.uniforms import CompiledStreams

RECORDED = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")

#: Trials in a strip of the tests; see conftest.py.
SMALL = 64

#: Quarters of the runs: what works on ledgers is compiled anew for each length, so that there are few.
SHORT, LONGER = 8, 28

Values = dict[str, Any]


def forget() -> None:
    """Forget the machine code of this process; what is on disk stays."""
    running._KERNELS.clear()
    running._OF_THREAD.__dict__.clear()
    machine._function.cache_clear()
    machine._kept.cache_clear()


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


@pytest.mark.parametrize("name", plans.usual(shipped(), ()))
def test_every_shipped_scenario_has_the_same_bits(name: str) -> None:
    plan = design.plan(sim.load(name), seed=5)
    assert_same(*both(replace(plan, n_steps=min(plan.n_steps, LONGER)), 0, 24))


OPTIONS = [(name, option) for name, each in variants.known().items() for option in list(each.options)[1:]]


@pytest.mark.long
@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_every_variant_of_the_structure_has_the_same_bits(name: str, option: str) -> None:
    base = plans.scenario(n_steps=12)
    chosen = variants.apply(base.parameters, {name: option}, "test")
    assert_same(*both(design.plan(replace(base, parameters=chosen), seed=5), 0, 24))


@pytest.mark.parametrize("of_case", ["archipelago", pytest.param("bangladesh", marks=pytest.mark.long)])
def test_blocks_that_fill_no_strip_have_the_same_bits(of_case: str) -> None:
    plan = plans.plan(of_case, plans.busy(of_case), n_steps=LONGER)
    assert_same(*both(plan, 471, SMALL + 30))


@pytest.mark.long
def test_runs_of_other_lengths_have_the_same_bits() -> None:
    for n_steps in (SHORT, 12, LONGER):
        assert_same(*both(plans.plan("archipelago", n_steps=n_steps), 0, 8, ("stock", "order_book")))


def test_uniforms_are_those_of_numpy() -> None:
    usual, compiled = Streams(3), CompiledStreams(3)
    for asked in [
        ("a", 0, GRANULE, 3, 8_096, 5),
        ("b", 471, 94, 2, 7, 3),
        ("c", 1022, 5),
        ("d", 10**9 + 1, 1),
    ]:
        assert usual.uniform(*asked).tobytes() == compiled.uniform(*asked).tobytes(), asked


def test_what_is_kept_changes_no_number() -> None:
    plan, names = plans.plan("archipelago", n_steps=SHORT), ("stock", "hhi", "order_book")
    _, everything = both(plan, 0, 20)
    assert_same(*both(plan, 0, 20, names))
    assert_same(
        {name: everything[name] for name in names}, engine.run_block(plan, 0, 20, names, is_compiled=True)
    )


def test_all_stages_of_an_undisturbed_quarter_are_compiled(forgetful: None) -> None:
    engine.run_block(plans.plan("archipelago", n_steps=SHORT), 0, 8, ("hhi",), is_compiled=True)
    assert running._KERNELS[SMALL].reasons == {}


@pytest.mark.long
def test_threads_change_no_bit() -> None:
    plan, size = plans.plan(events=plans.busy("bangladesh"), n_steps=LONGER), 40
    whole = engine.run_block(plan, 0, 7 * size, RECORDED)
    for n_threads in (1, 2, 7):
        with ThreadPoolExecutor(n_threads) as pool:
            parts = list(
                pool.map(
                    lambda k: engine.run_block(plan, k * size, size, RECORDED, is_compiled=True), range(7)
                )
            )
        assert_same(whole, {name: np.concatenate([part[name] for part in parts], axis=-1) for name in whole})


PROGRAM = """
import plans, test_compiled
from sim.engine import block as engine
engine.STRIP = test_compiled.SMALL
plan = plans.plan("archipelago", n_steps=8)
for recorded in test_compiled.both(plan, 0, 40):
    print(test_compiled.digest(recorded))
"""


@pytest.mark.long
def test_a_processor_without_features_has_the_same_bits(tmp_path: Path) -> None:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    def digests(**more: str) -> list[str]:
        folders = os.pathsep.join([str(Path(sim.__file__).parent.parent), str(Path(__file__).parent)])
        environment = {**os.environ, "PYTHONPATH": folders, kept_code.FOLDER_VARIABLE: str(tmp_path), **more}
        command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return done.stdout.split()

    plan = plans.plan("archipelago", n_steps=SHORT)
    expected = [digest(recorded) for recorded in both(plan, 0, 40)]
    features = " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))
    generic = {machine.PROCESSOR_VARIABLE: "generic", "NPY_DISABLE_CPU_FEATURES": features}
    assert digests(**generic) == expected


def test_a_processor_of_no_known_name_is_said_and_numpy_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.PROCESSOR_VARIABLE, "nonsense")
    with pytest.raises(machine.CannotCompile, match="HEDGESIM_CPU is none of host, generic"):
        machine.function(TEXT, "f")


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


@pytest.mark.usefixtures("shipped_code")
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


# ---------------------------------------------------------------------- what is out of range


@dataclass(frozen=True)
class Durations:
    waits: Any
    terms: Any


def durations(*, demand_shock: Any) -> Durations:
    return Durations(waits=whole(demand_shock + 0.5), terms=whole(demand_shock, least=1))


@dataclass(frozen=True)
class Entries:
    entries: Any


def picked(*, demand_shock: Any, exit_shock: Any) -> Entries:
    return Entries(pick(exit_shock, demand_shock.astype(int)))


def picked_by_row(*, demand_shock: Any, exit_shock: Any) -> Entries:
    trial = np.arange(exit_shock.shape[-1])
    return Entries(pick(np.stack([exit_shock, -exit_shock]), trial, demand_shock.astype(int)))


def scattered(*, demand_shock: Any, exit_shock: Any) -> Entries:
    sums = np.zeros_like(exit_shock)
    scatter(sums, (demand_shock.astype(int),), exit_shock)
    return Entries(sums)


def remainders(*, demand_shock: Any, exit_shock: Any) -> Entries:
    return Entries(exit_shock + 7 % demand_shock.astype(int))


N_ODD = 16


def run_stage(function: Any, **given: Any) -> tuple[Values, bool]:
    """Run a function of shocks as machine code; return what it writes, and whether it raised the flag."""
    stage = Stage(function)
    values: Values = {**given, "step": 0, "n_steps": 1}
    runner = running.Runner({}, N_ODD, stage.writes, Schedule((), (stage,)))
    runner.begin(values, {name: x[None] for name, x in given.items()})
    runner.turn(True)
    assert runner.run(stage), runner.kernels.reasons
    return {name: values[name] for name in stage.writes}, runner.is_flagged


def test_durations_are_the_same_whole_numbers_in_both_engines() -> None:
    odd = np.array([0.0, -0.0, 0.49, 0.5, 1.0, 3999.0, 3999.5, 4000.0, 4e9, 1e300, 1e308, -3.0, -1e300])
    given = np.resize(np.concatenate([odd, [np.inf, -np.inf, 5e-324]]), N_ODD)
    found, is_flagged = run_stage(durations, demand_shock=given)
    expected = durations(demand_shock=given)
    assert not is_flagged
    np.testing.assert_array_equal(found["waits"], expected.waits)
    np.testing.assert_array_equal(found["terms"], expected.terms)
    assert found["waits"].min() == 0 and found["terms"].min() == 1 and found["waits"].max() == LONGEST


def test_a_duration_that_is_not_a_number_raises_the_flag() -> None:
    given = np.full(N_ODD, 1.0)
    given[-1] = np.nan
    assert run_stage(durations, demand_shock=given)[1]
    with pytest.raises(FloatingPointError, match="a duration is not a number"):
        durations(demand_shock=given)


@pytest.mark.parametrize("bad", [-1.0, float(N_ODD), 2.0**62, 1e300, np.inf, np.nan])
@pytest.mark.parametrize("function", [picked, picked_by_row, scattered])
def test_an_index_outside_its_array_raises_the_flag(function: Any, bad: float) -> None:
    index, numbers = np.resize([0.0, 1.0], N_ODD), np.linspace(1.0, 2.0, N_ODD)
    found, is_flagged = run_stage(function, demand_shock=index, exit_shock=numbers)
    assert not is_flagged
    expected = function(demand_shock=index, exit_shock=numbers).entries
    np.testing.assert_array_equal(found["entries"], expected)
    index[3] = bad
    assert run_stage(function, demand_shock=index, exit_shock=numbers)[1]


def test_remainders_are_those_of_numpy_and_none_is_taken_by_zero() -> None:
    by, numbers = np.resize([1.0, 2.0, 3.0, 7.0], N_ODD), np.zeros(N_ODD)
    found, is_flagged = run_stage(remainders, demand_shock=by, exit_shock=numbers)
    expected = remainders(demand_shock=by, exit_shock=numbers).entries
    assert not is_flagged and (found["entries"] == expected).all()
    by[5] = 0.0
    assert run_stage(remainders, demand_shock=by, exit_shock=numbers)[1]


DURATIONS = {
    "lead_time_location": (55.0, 1e300, -1e300),
    "lead_time_factor": (1e300, 1e-300),
    "delivery_spread": (0.0, 1e3, 1e300, np.inf),
    "payment_years": (0.0, 1e308, np.inf, -np.inf),
    "longest_note_wait": (1e300, np.inf),
    "handover_median": (1e300, np.inf, -1.0),
}


def with_value(monkeypatch: pytest.MonkeyPatch, name: str, value: float) -> None:
    """Let every third trial have this value of a parameter, whatever its bounds."""
    usual = design.draw_parameters

    def draw(plan: design.Plan, first: int, n: int, streams: Any = None) -> Values:
        drawn = usual(plan, first, n, streams)
        drawn[name] = np.where(np.arange(first, first + n) % 3 == 1, value, drawn[name])
        return drawn

    monkeypatch.setattr(design, "draw_parameters", draw)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, x, marks=[] if x in (each[0], each[-1]) else [pytest.mark.long])
        for name, each in DURATIONS.items()
        for x in each
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_durations_beyond_all_bounds_have_the_same_bits(
    name: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_value(monkeypatch, name, value)
    plan = plans.plan("archipelago", n_steps=SHORT)
    one = engine.run_block(plan, 0, 9, ("stock", "order_book", "commitments", "grants", "spending"))
    other = {each: np.empty_like(values) for each, values in one.items()}
    engine.record_block(plan, 0, other, range(SHORT), is_compiled=True)
    for each, values in one.items():
        assert have_same_bits(values, other[each]), each


@pytest.fixture
def trial_17_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = design.draw_parameters

    def draw(plan: design.Plan, first: int, n: int, streams: Any = None) -> Values:
        drawn = usual(plan, first, n, streams)
        drawn["payment_years"] = np.where(np.arange(first, first + n) == 17, np.nan, drawn["payment_years"])
        return drawn

    monkeypatch.setattr(design, "draw_parameters", draw)


def test_a_trial_that_fails_fails_alike_and_alone(trial_17_fails: None) -> None:
    base = plans.scenario("archipelago", n_steps=SHORT)
    usual_run = sim.run(base, trials=40, keep=["hhi"], engine="numpy")
    with pytest.warns(SimWarning, match="1 of 1 blocks were run again in NumPy"):
        compiled = sim.run(base, trials=40, keep=["hhi"], engine="compiled")
    np.testing.assert_array_equal(usual_run.hhi, compiled.hhi)
    made = results.manifest(compiled)
    assert made["failures"] == results.manifest(usual_run)["failures"]
    assert [each["trial"] for each in made["failures"]] == [17]
    assert made["machine_code"]["blocks_run_again_in_numpy"] == 1


class Stopped(Exception):
    pass


@pytest.mark.parametrize("summary", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_manifest_counts_the_blocks_of_all_sessions(
    tmp_path: Path, trial_17_fails: None, monkeypatch: pytest.MonkeyPatch, summary: bool
) -> None:
    monkeypatch.setattr(run_summary, "CHECKPOINT", -1.0)
    out, reported = tmp_path / "runs.zarr", iter(range(100))

    def stop(_: int) -> None:
        if next(reported) == 3:
            raise Stopped

    base = plans.scenario("archipelago", n_steps=SHORT)
    what: dict[str, Any] = {"keep": ["hhi"], "summary": summary, "engine": "compiled", "workers": 1}
    with pytest.raises(Stopped):  # trial 17 is of the third block
        sim.run(base, trials=32, block=8, **what, out=out, progress=stop)
    sim.resume(out, workers=1)
    made = results.manifest(sim.extend(out, 48, workers=1))
    assert made["machine_code"] == {"blocks": 6, "blocks_run_again_in_numpy": 1, "remarks": []}
    assert made == results.manifest(sim.open(out))


def test_a_flag_in_any_quarter_sends_the_strip_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, asked = plans.plan("archipelago", n_steps=SHORT), iter(range(100))
    expected = engine.run_block(plan, 0, 70, ("hhi", "stock"))
    monkeypatch.setattr(running.Runner, "is_flagged", property(lambda self: next(asked) == 3))
    into = {name: np.empty_like(values) for name, values in expected.items()}
    assert engine.record_block(plan, 0, into, range(SHORT), is_compiled=True) == 1
    assert_same(expected, into)


# ---------------------------------------------------------------------- whether it can be relied on


def compiled_run(base: Scenario, n_trials: int = 20, **more: Any) -> tuple[Any, Values]:
    """Run a scenario in both engines; return what machine code gave, and its manifest."""
    expected = sim.run(base, trials=n_trials, keep=["hhi", "stock"], engine="numpy", **more)
    runs = sim.run(base, trials=n_trials, keep=["hhi", "stock"], engine="compiled", **more)
    for name in ("hhi", "stock"):
        np.testing.assert_array_equal(runs[name], expected[name])
    return runs, results.manifest(runs)


def test_other_bits_than_numpys_end_the_trust_in_machine_code(
    forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = primitives._REPLACED[elementary_functions.normal_quantile]
    monkeypatch.setitem(
        primitives._REPLACED,
        elementary_functions.normal_quantile,
        lambda u: usual(u) * (1.0 + 2.0**-52),
    )
    with pytest.warns(SimWarning, match=r"NumPy runs instead of machine code: \w+ has other bits .* in \d"):
        _, made = compiled_run(plans.scenario("archipelago", n_steps=SHORT), block=16)
    assert made["engine"] == "numpy"
    assert made["machine_code"]["blocks"] == 0 and len(made["machine_code"]["remarks"]) == 1


def test_what_is_new_is_compared_once_in_however_many_scenarios(
    forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[Any] = []
    usual = trust.have_same_bits
    monkeypatch.setattr(trust, "have_same_bits", lambda *both: compared.append(both) or usual(*both))

    def is_compared(
        *events: dict[str, Any], changes: dict[str, Any] | None = None, only_new: bool = True
    ) -> bool:
        compared.clear()
        plan = design.plan(plans.scenario("archipelago", events, changes, SHORT), seed=3)
        expected, mine = engine.run_block(plan, 0, 9, ("hhi", "stock")), trust.Trust(only_new=only_new)
        into = {name: np.empty_like(values) for name, values in expected.items()}
        assert engine.record_block(plan, 0, into, range(SHORT), is_compiled=True, trust=mine) == 0
        assert_same(expected, into)
        assert mine.is_checked and not mine.problem
        return bool(compared)

    rate = {"at": "2020-Q3", "what": "set", "name": "alignment.alignment_step"}
    assert is_compared()
    assert is_compared(changes={"alignment.alignment_step": 0.1})  # one number for all trials
    assert not is_compared(changes={"alignment.alignment_step": 0.2})
    assert is_compared({**rate, "to": 0.3})
    assert not is_compared({**rate, "to": 0.4, "at": "2021-Q1"})
    assert is_compared({**rate, "to": 0.4, "at": "2021-Q1"}, only_new=False)  # as every run is


def test_other_bits_in_a_later_scenario_end_the_trust_there(
    forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = design.plan(plans.scenario("archipelago", n_steps=SHORT), seed=3)
    event = {"at": "2021-Q1", "what": "set", "name": "alignment.alignment_step", "to": 0.3}
    eventful = design.plan(plans.scenario("archipelago", [event], n_steps=SHORT), seed=3)
    expected = engine.run_block(eventful, 0, 9, ("hhi", "alignment"))
    into = {name: np.empty_like(values) for name, values in expected.items()}
    assert engine.record_block(quiet, 0, into, range(SHORT), is_compiled=True, trust=trust.Trust()) == 0
    take = running.Directory.take
    monkeypatch.setattr(  # as if the event were brought in wrongly
        running.Directory, "take", lambda self, name, value: take(self, name, value * (1.0 + (value == 0.3)))
    )
    mine = trust.Trust(only_new=True)
    assert engine.record_block(eventful, 0, into, range(SHORT), is_compiled=True, trust=mine) == 1
    assert "has other bits than in NumPy in 2021" in mine.problem
    assert_same(expected, into)


def test_a_compiler_that_fails_is_no_failing_trial(forgetful: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> bytes:
        raise RuntimeError("LLVM IR parsing error\n<string>:1:16: error: expected type")

    monkeypatch.setattr(machine._Compiler, "link", fail)
    with pytest.warns(
        SimWarning, match="NumPy runs instead of machine code: uniforms: RuntimeError: LLVM IR"
    ):
        _, made = compiled_run(plans.scenario("archipelago", n_steps=SHORT))
    assert made["engine"] == "numpy" and made["failures"] == []


def test_a_hypercube_that_fills_no_strip_is_the_same_in_both_engines() -> None:
    _, made = compiled_run(
        plans.scenario("archipelago", n_steps=SHORT), SMALL + 7, sampling="latin_hypercube"
    )
    assert made["failures"] == [] and made["machine_code"]["blocks_run_again_in_numpy"] == 0


def test_compiled_functions_are_owned_by_one_linker(forgetful: None) -> None:
    text = "define void @f(ptr %0) {{\n  ret void\n}}\n; {}\n"
    for number in range(20):
        machine.function(text.format(number), "f")(0)
    forget()
    gc.collect()
    machine.function(text.format(0), "f")(0)


# ---------------------------------------------------------------------- what is kept on disk


def test_a_changed_mechanism_never_meets_its_old_machine_code(
    forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, names = plans.plan("archipelago", n_steps=SHORT), ("deal_count", "orders")
    before, _ = both(plan, 0, 40, names)
    monkeypatch.setattr(demand, "QUARTER", 0.75)
    forget()
    after, compiled = both(plan, 0, 40, names)
    assert_same(after, compiled)
    assert (after["deal_count"] != before["deal_count"]).any()


#: Files that are damaged.
FEW = 6


def test_damaged_machine_code_is_made_anew(
    forgetful: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan, used, read = plans.plan("archipelago", n_steps=SHORT), set(), kept_code.KeptCode.read
    with monkeypatch.context() as patch:
        patch.setattr(kept_code.KeptCode, "read", lambda self, name: used.add(name) or read(self, name))
        expected, _ = both(plan, 0, 40)
    shared = kept_code.folder()
    assert shared is not None and len(used) > FEW
    for name in (*used, kept_code._KEY):
        shutil.copy2(shared / name, tmp_path / name)
    monkeypatch.setenv(kept_code.FOLDER_VARIABLE, str(tmp_path))
    damaged = sorted(tmp_path.glob("*.o"))[:FEW]
    whole = [path.read_bytes() for path in damaged]
    for number, path in enumerate(damaged):
        path.write_bytes(path.read_bytes()[:-8] if number % 2 else b"nothing")
    forget()
    assert_same(expected, engine.run_block(plan, 0, 40, RECORDED, is_compiled=True))
    assert [path.read_bytes() for path in damaged] == whole


def test_where_nothing_can_be_written_nothing_is_kept(
    forgetful: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "folder"
    monkeypatch.setenv(kept_code.FOLDER_VARIABLE, str(folder))
    assert kept_in(folder) == [] and machine.refusal() == ""
    # Machine code is made all the same.
    given, numbers = np.resize([0.0, 1.0], N_ODD), np.linspace(1.0, 2.0, N_ODD)
    found, _ = run_stage(picked, demand_shock=given, exit_shock=numbers)
    np.testing.assert_array_equal(found["entries"], picked(demand_shock=given, exit_shock=numbers).entries)


TEXT = "define void @f(ptr %0) {\n  ret void\n}\n"


def kept_in(path: Path) -> list[str]:
    """Make one function with this cache folder; return the names of the machine code that is in it."""
    machine._kept.cache_clear()
    machine._function.cache_clear()
    machine.function(TEXT, "f")(0)
    return sorted(each.name for each in path.glob("*.o"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache folder that does not exist yet."""
    monkeypatch.setenv(kept_code.FOLDER_VARIABLE, str(tmp_path / "above" / "cache"))
    return tmp_path / "above" / "cache"


@pytest.mark.skipif(not kept_code._HAS_OWNERS, reason="files have no owners here")
def test_the_cache_is_the_users_alone_whatever_the_mask(cache: Path) -> None:
    before = os.umask(0)
    try:
        assert len(kept_in(cache)) == 1
    finally:
        os.umask(before)
    modes = {oct(each.stat().st_mode & 0o777) for each in cache.iterdir()}
    assert (oct(cache.stat().st_mode & 0o777), modes) == ("0o700", {"0o600"})
    assert machine.refusal() == ""


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
@pytest.mark.skipif(not kept_code._HAS_OWNERS, reason="files have no owners here")
def test_a_cache_that_others_may_write_to_is_refused_in_one_line(cache: Path, mode: int) -> None:
    cache.mkdir(parents=True)
    cache.chmod(mode)
    assert kept_in(cache) == []
    assert "can be written by other users" in machine.refusal() and "\n" not in machine.refusal()


@pytest.mark.skipif(not kept_code._HAS_OWNERS, reason="files have no owners here")
def test_a_cache_of_another_user_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_in(cache)
    monkeypatch.setattr(os, "getuid", lambda: cache.stat().st_uid + 1)
    (name,) = kept_in(cache)
    assert kept_code.KeptCode(cache).read(name) is None
    assert "belongs to another user" in machine.refusal()


def tampered(code: bytes) -> bytes:
    """Return machine code as somebody would plant it who does not know the key."""
    return hashlib.sha256(code).digest() + code


@pytest.mark.parametrize(
    "change", [tampered, lambda code: code[:-1], lambda code: b"", lambda code: b"x" * 99]
)
def test_what_hedgesim_did_not_write_is_not_run_but_made_anew(cache: Path, change: Any) -> None:
    (name,) = kept_in(cache)
    good = (cache / name).read_bytes()
    (cache / name).write_bytes(change(good[32:]))
    assert kept_code.KeptCode(cache).read(name) is None
    kept_in(cache)
    assert (cache / name).read_bytes() == good


def test_kept_files_cannot_change_places_nor_be_links(cache: Path) -> None:
    (name,) = kept_in(cache)
    (cache / "g.o").write_bytes((cache / name).read_bytes())
    (cache / "h.o").symlink_to(cache / name)
    kept = kept_code.KeptCode(cache)
    assert kept.read(name) is not None
    assert kept.read("g.o") is None and kept.read("h.o") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
@pytest.mark.parametrize("is_key", [False, True], ids=["code", "key"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(cache: Path, is_key: bool) -> None:
    (name,) = kept_in(cache)
    target = cache / (kept_code._KEY if is_key else name)
    target.unlink()
    os.mkfifo(target)
    assert kept_code.KeptCode(cache).read(name) is None
    kept_in(cache)
    assert target.is_file()


def test_a_file_of_another_program_stays(cache: Path) -> None:
    cache.mkdir(parents=True, mode=0o700)
    (cache / "key").write_text("of somebody else")
    kept_in(cache)
    assert (cache / "key").read_text() == "of somebody else"


def test_a_cache_in_a_home_that_is_none_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept_code.FOLDER_VARIABLE, "~nobody-of-that-name/cache")
    assert kept_code.folder() is None and machine.refusal() == ""


@pytest.mark.parametrize("key", [b"", bytes(32)], ids=["no key", "a known key"])
def test_code_that_another_has_planted_is_never_run(cache: Path, key: bytes) -> None:
    (name,) = kept_in(cache)
    planted = machine._compiler("", 0).compile('define void @"f"(ptr %0) {\n  unreachable\n}\n')
    digest = hashlib.blake2b(name.encode() + b"\0" + planted, key=key, digest_size=32).digest()
    (cache / name).write_bytes(digest + planted)
    assert kept_code.KeptCode(cache).read(name) is None
    kept_in(cache)
    assert planted not in (cache / name).read_bytes()


@pytest.mark.skipif(not kept_code._HAS_OWNERS, reason="files have no owners here")
def test_a_key_that_others_could_read_is_worth_nothing(cache: Path) -> None:
    (name,) = kept_in(cache)
    before = (cache / kept_code._KEY).read_bytes()
    (cache / kept_code._KEY).chmod(0o644)
    assert kept_code.KeptCode(cache).read(name) is None
    assert (cache / kept_code._KEY).read_bytes() != before


def test_without_a_home_nothing_is_kept_and_a_cache_alone_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    for name in (kept_code.FOLDER_VARIABLE, "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    assert kept_code.folder() is None
    assert kept_in(tmp_path) == [] and machine.refusal() == ""
    monkeypatch.setenv("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", str(tmp_path))
    assert len(kept_in(tmp_path / "hedgesim")) == 1


# ---------------------------------------------------------------------- which engine runs


@pytest.mark.parametrize("asked", ["auto", "compiled"])
def test_the_environment_keeps_every_run_in_numpy(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WORTH_COMPILING", 1)
    monkeypatch.setenv(results.ENGINE_VARIABLE, "numpy")
    base = plans.scenario("archipelago", n_steps=2)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        made = results.manifest(sim.run(base, trials=4, keep=["hhi"], engine=asked))
    assert made["engine"] == "numpy" and "llvmlite" not in made["packages"]
    assert len([each for each in said if "HEDGESIM_ENGINE=numpy" in str(each.message)]) == (asked != "auto")


def test_a_store_goes_on_in_numpy_where_the_environment_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = plans.scenario("archipelago", n_steps=SHORT)
    sim.run(base, trials=4, block=4, keep=["hhi"], engine="compiled", out=tmp_path / "runs.zarr")
    monkeypatch.setenv(results.ENGINE_VARIABLE, "numpy")
    longer = sim.extend(tmp_path / "runs.zarr", 8)
    assert results.manifest(longer)["machine_code"]["blocks"] == 1  # of the two, that of the first session
    np.testing.assert_array_equal(longer.hhi, sim.run(base, trials=8, keep=["hhi"], engine="numpy").hhi)


def test_an_unknown_engine_in_the_environment_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(results.ENGINE_VARIABLE, "nunpy")
    with pytest.raises(InputError, match=r"HEDGESIM_ENGINE: no such engine: \"nunpy\". Did you mean numpy"):
        sim.run(plans.scenario("archipelago", n_steps=2), trials=4, keep=["hhi"])


def test_large_runs_are_compiled_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WORTH_COMPILING", 40)
    base = plans.scenario("archipelago", n_steps=SHORT)
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
