"""The benchmarks run; what they measure is for people to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

ROOT = Path(__file__).parent.parent


@pytest.mark.long
def test_the_table_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.__main__ import main

    done = CliRunner().invoke(main, ["--short"], catch_exceptions=False)
    assert done.exit_code == 0
    rows = ("engine", "scalar twin", "Mesa batch_run", "floor", "peak memory", "supplier_choice.step")
    ratios = ("engine / scalar twin", "engine / Mesa", "engine / floor", "engine / Mesa, 2")
    for row in rows + ratios:
        assert f"\n{row} " in done.output
    assert "nan" not in done.output


def test_ratios_are_taken_repetition_by_repetition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.timing import Measured, rates, ratio

    found = ratio(Measured((10.0, 30.0, 8.0)), Measured((5.0, 10.0, 8.0)))
    assert found.values == (2.0, 3.0, 1.0)
    assert found.text() == ("2", "1 to 3")
    assert Measured((1234.5,)).text() == ("1,234", "1,234 to 1,234")

    done: list[str] = []
    speed = rates({name: (lambda name=name: done.append(name) or sum(range(10**5)), 1) for name in "ab"}, 3)
    assert done == list("ab" * 4)
    assert all(len(each.values) == 3 and min(each.values) > 0 for each in speed.values())
