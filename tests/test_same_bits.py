"""The same bits in every design, executor, engine and block, and on every machine."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plans
import sim
from sim.case import case, register
from sim.design import plan as design
from sim.design.sampling import METHODS, Sampling
from sim.engine import block as engine
from sim.parameter import distributions, variants
from sim.parameter.distributions import parse
from sim.sources import table

SOURCE = Path(sim.__file__).parent
SCENARIO = plans.scenario("archipelago", n_steps=3, name="base")
KEEP = ("hhi", "orders", "military_budget", "tilt")
ENGINES = ("numpy", "compiled") if engine.can_compile() else ("numpy",)

#: Samples of a hypercube, so that trials of any run are in it.
SAMPLES = 3000


@st.composite
def designs(draw: st.DrawFn) -> Sampling:
    """Draw a design of any kind."""
    method = draw(st.sampled_from(METHODS))
    antithetic, shares = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    samples = SAMPLES if method == "latin_hypercube" else None
    return Sampling(method, draw(st.sampled_from([1, 2, 5])), antithetic, shares, samples)


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    """Give a process that stays while the tests run."""
    import loky

    pool = loky.ProcessPoolExecutor(1)
    yield pool
    pool.shutdown()


@settings(max_examples=settings().max_examples * 2 // 3)  # of the profile: they take long
@given(
    chosen=designs(),
    first=st.sampled_from([0, 3, 500, 1021]) | st.integers(0, SAMPLES - 100),
    trials=st.integers(1, 40),
    before=st.integers(0, 3),
    block=st.sampled_from([1, 7, 16, 512]),
    executor=st.sampled_from(["serial", "threads", "processes"]),
    how=st.sampled_from(ENGINES),
)
def test_a_trial_has_its_bits_in_every_design_executor_engine_and_block(
    processes: Executor,
    chosen: Sampling,
    first: int,
    trials: int,
    before: int,
    block: int,
    executor: str,
    how: str,
) -> None:
    what: dict[str, Any] = {"seed": 11, "keep": KEEP, "sampling": chosen}
    before = min(before, first)
    alone = sim.run(
        SCENARIO, trials=before + trials, first_trial=first - before, **what, workers=1, engine="numpy"
    )
    what |= {"trials": trials, "first_trial": first, "block": max(block, trials // 6 + 1), "engine": how}
    with ThreadPoolExecutor(3) as threads:
        where = {"serial": None, "threads": threads, "processes": processes}[executor]
        found = sim.run(SCENARIO, **what, executor=where)
    assert not sim.manifest(found)["failures"]
    for name in KEEP:
        expected = np.ascontiguousarray(alone[name].to_numpy()[..., before:])
        assert found[name].to_numpy().tobytes() == expected.tobytes(), name


@pytest.mark.skipif(len(ENGINES) < 2, reason="llvmlite is not installed")
@pytest.mark.parametrize("trials", [1, 17, pytest.param(511, marks=pytest.mark.long), 530])
def test_a_compiled_hypercube_of_any_size_drops_no_trial(trials: int) -> None:
    what: dict[str, Any] = {"trials": trials, "keep": "hhi", "sampling": "latin_hypercube", "workers": 1}
    one, other = (sim.run(SCENARIO, **what, engine=each) for each in ENGINES)
    assert not sim.manifest(other)["failures"]
    assert one["hhi"].to_numpy().tobytes() == other["hhi"].to_numpy().tobytes()


@pytest.mark.skipif(len(ENGINES) < 2, reason="llvmlite is not installed")
def test_machine_code_draws_no_trial_that_was_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[int] = set()
    draw_parameters, draw_shocks = design.draw_parameters, design.draw_shocks

    def noting(draw: Any) -> Any:
        def drawn(plan: Any, first: int, count: int, *how: Any, **more: Any) -> Any:
            asked.update(range(first, first + count))
            return draw(plan, first, count, *how, **more)

        return drawn

    monkeypatch.setattr(design, "draw_parameters", noting(draw_parameters))
    monkeypatch.setattr(design, "draw_shocks", noting(draw_shocks))
    engine.run_block(design.plan(SCENARIO), 100, 530, ("hhi",), is_compiled=True)
    assert asked == set(range(100, 630))


# ---------------------------------------------------------------------- what is shared cannot be changed


def test_what_processes_and_threads_share_is_read_only() -> None:
    plan = design.plan(plans.scenario("archipelago", plans.busy("archipelago")))
    packed = pickle.loads(pickle.dumps(plan))
    for each in (plan, packed):
        arrays = [*each.constants.values(), *(pulse for pulses in each.pulses.values() for pulse in pulses)]
        arrays += [change.scale for change in each.changes.values()]
        assert arrays
        assert not any(array.flags.writeable for array in arrays)
    shared: list[Any] = [variants.known(), table.load()]
    for mapping in shared:
        with pytest.raises(TypeError):
            mapping["another"] = None


# ---------------------------------------------------------------------- the same on every machine

#: Quantiles of each shape, with and without bounds, at these probabilities, as exact numbers.
AT = (2.0**-54, 1e-6, 0.03125, 0.3, 0.5, 0.7, 0.96875, 1.0 - 1e-6)
STORED: dict[str, list[str]] = {
    "uniform; 0.1 0.7; -inf; inf": [
        "0x1.999999999999cp-4",
        "0x1.999a3aa9493a1p-4",
        "0x1.e666666666667p-4",
        "0x1.1eb851eb851ecp-2",
        "0x1.999999999999ap-2",
        "0x1.0a3d70a3d70a4p-1",
        "0x1.5ccccccccccccp-1",
        "0x1.6666524470725p-1",
    ],
    "normal; 0.3 0.2; -inf; inf": [
        "-0x1.5bc4d5c8a607ap+0",
        "-0x1.4d2690f28ff30p-1",
        "-0x1.292662d8f0068p-4",
        "0x1.8f9b05530fb36p-3",
        "0x1.3333333333333p-2",
        "0x1.9e98e3bcde8cap-2",
        "0x1.5857ff8e51340p-1",
        "0x1.402ce212e04c1p+0",
    ],
    "normal; 0.3 0.2; 0; 1": [
        "0x1.0000000000000p-53",
        "0x1.82b982cb80000p-20",
        "0x1.3fa3ce81f71e0p-5",
        "0x1.c4e97178a0da2p-3",
        "0x1.444ee328bc3fep-2",
        "0x1.aa7e16440d76ap-2",
        "0x1.5b1f6c7daf0fep-1",
        "0x1.ffe406f873e1ep-1",
    ],
    "lognormal; 0.15 0.4; -inf; inf": [
        "0x1.647c017d40bf0p-8",
        "0x1.6f13a2a4f6e86p-6",
        "0x1.23a652ef9d1ccp-4",
        "0x1.f224743905369p-4",
        "0x1.3333333333333p-3",
        "0x1.7ae520d18dc7dp-3",
        "0x1.4394547a5a96fp-2",
        "0x1.01171a7fa1a9dp+0",
    ],
    "lognormal; 0.15 0.4; 0.01; 0.5": [
        "0x1.47ae1f305fadfp-7",
        "0x1.6f09c0fbe638fp-6",
        "0x1.2394fddd71fecp-4",
        "0x1.f1eaf222350ecp-4",
        "0x1.32ffb4abe8d5bp-3",
        "0x1.7a7f320568d82p-3",
        "0x1.414c425aec0b4p-2",
        "0x1.fff3d5144594ep-2",
    ],
    "triangular; 0 0.1 0.3; -inf; inf": [
        "0x1.62b9586ad0a22p-30",
        "0x1.6b3cc50906caep-13",
        "0x1.f5a7cecdb684ap-6",
        "0x1.8494a75f057abp-4",
        "0x1.03ad0dfb95c45p-3",
        "0x1.53a1c8959a47dp-3",
        "0x1.06dc0825d91efp-2",
        "0x1.32f2fcf3dd761p-2",
    ],
    "beta; 2 5 0 1; -inf; inf": [
        "0x1.08654a38b024dp-29",
        "0x1.0ed59c7b014bdp-12",
        "0x1.8f478f6d20163p-5",
        "0x1.745560dce9ce8p-3",
        "0x1.0ecbf9f6bafe6p-2",
        "0x1.71019b3c2d570p-2",
        "0x1.3f18926e45069p-1",
        "0x1.e940dedc7482fp-1",
    ],
    "beta; 0.5 0.7 -1 3; -0.9; 2.5": [
        "-0x1.ccccccccccccdp-1",
        "-0x1.cccca5e988fe4p-1",
        "-0x1.b89c41e54d470p-1",
        "-0x1.14ef9e4cec35cp-2",
        "0x1.abd666c5d9c08p-2",
        "0x1.3e7731abf8c60p+0",
        "0x1.30d346246c523p+1",
        "0x1.3fffe0f171356p+1",
    ],
    "choice; 0.5 1 2; -inf; inf": [
        "0x1.0000000000000p-1",
        "0x1.0000000000000p-1",
        "0x1.0000000000000p-1",
        "0x1.0000000000000p-1",
        "0x1.0000000000000p+0",
        "0x1.0000000000000p+1",
        "0x1.0000000000000p+1",
        "0x1.0000000000000p+1",
    ],
}


def shape_of(line: str) -> tuple[Any, tuple[float, float]]:
    """Read a key of `STORED`: kind, numbers, and bounds."""
    kind, numbers, low, high = line.split("; ")
    return parse({kind: [float(each) for each in numbers.split()]}), (float(low), float(high))


@pytest.mark.parametrize("line", STORED)
def test_quantiles_are_those_stored(line: str) -> None:
    shape, bounds = shape_of(line)
    whole = shape.quantile(np.array(AT), bounds)
    assert [each.hex() for each in whole.tolist()] == STORED[line]
    assert [float(shape.quantile(u, bounds)).hex() for u in AT] == STORED[line], "alone"
    many = shape.quantile(np.resize(np.array(AT), 1031)[::2], bounds)
    assert many.tolist() == np.resize(whole, 1031)[::2].tolist(), "among others, in strides"


def test_quantiles_of_many_shapes_are_those_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes, bounds = zip(*map(shape_of, (*STORED, *STORED)), strict=True)
    uniforms = np.random.default_rng(1).uniform(size=(len(shapes), 11))
    expected = np.array([shapes[k].quantile(uniforms[k], bounds[k]) for k in range(len(shapes))])
    for at_a_time in (distributions._AT_A_TIME, 11):
        monkeypatch.setattr(distributions, "_AT_A_TIME", at_a_time)
        found = np.empty_like(expected)
        distributions.quantiles(shapes, bounds, lambda k: uniforms[k], found)
        assert found.tobytes() == expected.tobytes()


def test_distances_of_capitals_are_those_stored() -> None:
    found = case.load("bangladesh").constants["distance"]
    assert [each.hex() for each in found.tolist()] == DISTANCES


#: From the recipient's capital to each supplier's, km.
DISTANCES = [
    "0x1.3140b80f85341p+12",
    "0x1.7967801bd3db4p+11",
    "0x1.62f0fdde5327ap+10",
    "0x1.f744796706af5p+10",
    "0x1.5a4fcb960916ep+12",
    "0x1.5f3b003d452a3p+12",
    "0x1.93bccad0fa571p+13",
    "0x1.f3b4ac1c8dd59p+12",
    "0x1.edea75b270218p+12",
    "0x1.c847a86321818p+12",
    "0x1.b9929b5e8a855p+12",
    "0x1.d949571c51db4p+11",
    "0x1.b580000000000p+12",
]

#: What a library computes in its own way, or in its own order, on some machine or in some version.
NOT_EXACT = frozenset(
    [
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "pow",
        "power",
        "float_power",
        "cbrt",
        "hypot",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "arcsin",
        "arccos",
        "arctan",
        "arctan2",
        "sinh",
        "cosh",
        "tanh",
        "arcsinh",
        "arccosh",
        "arctanh",
        "logaddexp",
        "logaddexp2",
        "erf",
        "erfc",
        "gamma",
        "lgamma",
        "sum",
        "mean",
        "average",
        "std",
        "var",
        "dot",
        "matmul",
        "inner",
        "einsum",
        "tensordot",
        "interp",
        "median",
        "quantile",
        "percentile",
        "nansum",
        "nanmean",
    ]
)

METHODS_OF_ARRAYS = frozenset(("sum", "mean", "std", "var", "dot"))

#: Rooms in which the numbers of a trial are made; the engine runs what stands in them.
ROOMS = ("case", "design", "importers", "model", "numerics", "parameter", "scenario")

#: Where such a name does no harm, and why.
HARMLESS = {
    "case/file.py": {"sum"},  # of whole numbers, and in a check with a tolerance
    "importers/layouts.py": {"sum"},  # of truth values
    "importers/rates.py": {"sum"},  # of truth values
    "importers/registers.py": {"sum"},  # of truth values
    "importers/sizes.py": {"@", "mean", "sum"},  # rounded to six digits
    "model/mechanisms/attention.py": {"sum"},  # of arrays, one after another
    "model/mechanisms/attraction.py": {"sum"},  # of arrays, one after another
    "model/mechanisms/partner_alignment.py": {"sum"},  # of arrays, one after another
    "parameter/files.py": {"sum"},  # of truth values
    "parameter/posterior.py": {"median", "quantile"},  # shown; a trial has a row of the table
}


def inexact(tree: ast.AST) -> Iterator[str]:
    """Yield what in a module is not fixed by IEEE 754 in one stated order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(each.name for each in node.names)]
            if any(name.split(".")[0] == "scipy" for name in names):
                yield "scipy"
            if names[0] in ("math", "numpy"):
                yield from NOT_EXACT.intersection(names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sum":
            yield "sum"  # compensated from Python 3.12 on
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in METHODS_OF_ARRAYS:
                yield node.func.attr
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("np", "math") and node.attr in NOT_EXACT:
                yield node.attr
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield "@"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            base = node.left.value if isinstance(node.left, ast.Constant) else None
            if base != 2:
                yield "**"


def test_numbers_of_a_trial_are_made_by_exact_operations_alone() -> None:
    paths = [path for room in ROOMS for path in sorted((SOURCE / room).rglob("*.py"))]
    assert len(paths) > 40
    found = {path.relative_to(SOURCE).as_posix(): set(inexact(ast.parse(path.read_text()))) for path in paths}
    assert {name: names for name, names in found.items() if names} == HARMLESS


@pytest.mark.parametrize(
    "code",
    [
        "from scipy.special import ndtr",
        "import scipy",
        "from math import log",
        "y = np.exp(x)",
        "y = math.sin(x)",
        "y = x ** 0.5",
        "y = x.sum()",
        "y = sum(x)",
        "y = a @ b",
    ],
)
def test_the_search_finds_what_it_is_for(code: str) -> None:
    assert list(inexact(ast.parse(code)))


def test_the_register_is_read_once_and_cannot_be_changed() -> None:
    deals, _ = register.read(SCENARIO.case)
    assert isinstance(deals, tuple)
    with pytest.raises(AttributeError):
        deals[0].tiv = 0.0  # type: ignore[misc]
