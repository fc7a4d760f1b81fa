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


@pytest.mark.long
def test_the_wait_for_a_fan_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.explorer import main

    done = CliRunner().invoke(
        main, ["--moves", "1", "--engine", "numpy", "--first-only"], catch_exceptions=False
    )
    assert "\nnumpy, 64 trials " in done.output and "nan" not in done.output


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


@pytest.mark.long
def test_the_exponent_is_found_and_what_was_measured_can_be_drawn_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import scaling

    def apart(trials: int, *_: object) -> dict[str, float]:
        seconds = 0.002 * max(trials, 100) ** 1.01
        return {"seconds": seconds, "processor": 2 * seconds, "memory": 600.0, "disk": trials / 1000}

    monkeypatch.setattr(scaling, "apart", apart)
    out = tmp_path / "figures"
    what = ["--sizes", "10,100,1000,10000", "--repeats", "2", "--beyond", "100", "--out", str(out)]
    done = CliRunner().invoke(scaling.main, what, catch_exceptions=False)
    assert "from 100 trials on: exponent 1.010, standard error 0.000, 6 runs" in done.output
    made = {path.suffix: path for path in out.iterdir()}
    assert set(made) == {".json", ".png", ".svg"}
    before = made[".svg"].read_bytes()
    assert b"exponent 1.010" in before
    made[".svg"].unlink()
    again = CliRunner().invoke(scaling.main, ["--redraw", str(made[".json"])], catch_exceptions=False)
    assert made[".svg"].read_bytes() == before
    assert again.output in done.output
    study = scaling.Study.read(made[".json"])
    assert scaling.Fit.of(scaling.Study(study.about, 10_000, study.rows)) is None


@pytest.mark.long
def test_a_study_of_two_small_sizes_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.scaling import Study, main

    what = ["--sizes", "32,64", "--repeats", "1", "--out", str(tmp_path), "--kept", "summary"]
    assert CliRunner().invoke(main, what, catch_exceptions=False).exit_code == 0
    rows = Study.read(tmp_path / "scaling_summary.json").rows
    assert [row["trials"] for row in rows] == [32, 64]
    assert all(value > 0 for row in rows for value in row.values())
