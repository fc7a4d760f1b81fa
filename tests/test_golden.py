"""Golden runs, in each engine: a change of bits is named in the changelog and renewed by `make golden`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import golden_runs
from sim.engine import block as engine
from sim.engine.trust import Trust, have_same_bits


@pytest.mark.parametrize("is_compiled", [False, True], ids=["numpy", "compiled"])
@pytest.mark.parametrize("name", golden_runs.RUNS)
def test_golden_run(name: str, is_compiled: bool) -> None:
    if is_compiled and not engine.can_compile():
        pytest.skip("llvmlite is not installed")
    expected, actual = golden_runs.read(name), golden_runs.record(name, is_compiled)
    assert actual.keys() == expected.keys()
    others = {each: actual[each] for each in expected if actual[each] != expected[each]}
    assert not others, f"other numbers in {sorted(others)}; see tests/golden_runs.py"


@pytest.mark.long
@pytest.mark.usefixtures("shipped_code")
@pytest.mark.parametrize("name", golden_runs.RUNS)
def test_golden_run_in_machine_code_as_shipped(name: str) -> None:
    test_golden_run(name, is_compiled=True)


@pytest.mark.parametrize("code", ["shipped_strip", pytest.param("shipped_code", marks=pytest.mark.long)])
def test_full_strips_of_the_shipped_case_have_the_same_bits(
    code: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(code)
    if not engine.can_compile():
        pytest.skip("llvmlite is not installed")
    plan = replace(golden_runs.RUNS["bangladesh-baseline"](), n_steps=16)
    expected = engine.run_block(plan, 0, engine.STRIP + 88, golden_runs.RECORDED)
    found = {name: np.empty_like(values) for name, values in expected.items()}
    trust = Trust()
    assert engine.record_block(plan, 0, found, range(16), is_compiled=True, trust=trust) == 0
    assert trust.is_checked
    for name, values in expected.items():
        assert have_same_bits(values, found[name]), name
