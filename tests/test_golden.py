"""Golden runs, in each engine: a change of bits is named in the changelog and renewed by `make golden`."""

from __future__ import annotations

import pytest

import golden_runs
from sim.engine import block as engine


@pytest.mark.parametrize("is_compiled", [False, True], ids=["numpy", "compiled"])
@pytest.mark.parametrize("name", golden_runs.RUNS)
def test_golden_run(name: str, is_compiled: bool) -> None:
    if is_compiled and not engine.can_compile():
        pytest.skip("llvmlite is not installed")
    expected, actual = golden_runs.read(name), golden_runs.record(name, is_compiled)
    assert actual.keys() == expected.keys()
    others = {each: actual[each] for each in expected if actual[each] != expected[each]}
    assert not others, f"other numbers in {sorted(others)}; see tests/golden_runs.py"
