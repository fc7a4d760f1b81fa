"""A run that ends earlier is the beginning of the longer one, whichever way it was shortened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.cli import sim as program
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import IneffectiveChange, InputError

BASE = plans.scenario("archipelago", n_steps=8)
LATE = {"at": "2021-Q3", "what": "scale", "name": "demand.caution", "by": 2.0}


def test_a_shorter_run_is_the_beginning_of_the_longer_one() -> None:
    short = BASE.with_horizon("2020-Q3")
    assert (short.start, short.end, short.n_steps) == (BASE.start, Quarter(2020, 3), 3)
    assert short.name == "test to 2020-Q3" and BASE.end == Quarter(2021, 4)
    kept = ["hhi", "supplier_share"]
    whole, part = (sim.run(each, trials=3, keep=kept, workers=1) for each in (BASE, short))
    for name in kept:
        assert np.array_equal(part[name].values[0], whole[name].values[0][:3])
    assert "end: 2021-Q4 -> 2020-Q3" in str(short)


def test_a_later_end_and_another_start() -> None:
    assert BASE.with_horizon("2024-Q4", "long").n_steps == 20
    later = BASE.with_horizon(start=Quarter(2020, 3))
    assert (later.name, later.n_steps) == ("test from 2020-Q3", 6)


def test_what_comes_after_the_end_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case = Path(__file__).parent / "cases" / "archipelago"
    own = "".join(f"{key} = {value!r}\n" for key, value in LATE.items())
    head = f'title = "Late"\ncase = "{case.as_posix()}"\nstart = "2020-Q1"\n'
    Path("late.toml").write_text(f'{head}end = "2021-Q4"\n[[events]]\n{own}', encoding="utf-8")
    Path("short.toml").write_text(
        'title = "Late"\nextends = "./late.toml"\nend = "2020-Q4"\n', encoding="utf-8"
    )
    late = sim.load("late.toml")
    says = "events.1.: 2021-Q3 scale demand.caution: no effect: it comes after the end, 2020-Q4"
    with pytest.warns(IneffectiveChange, match=says):
        in_python = late.with_horizon("2020-Q4")
    with pytest.warns(IneffectiveChange, match=says):
        in_a_file = sim.load("short.toml")
    assert in_python.digest == in_a_file.digest and not in_python.events
    asked = [
        "run",
        "late.toml",
        "--end",
        "2020-Q4",
        "--trials",
        "2",
        "--keep",
        "hhi",
        "--workers",
        "1",
        "--json",
    ]
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == 0 and f'"digest": "{in_python.digest}"' in result.stdout, result.output
    assert '"late"' in result.stdout
    # Dropped before, there is nothing to say.
    Path("short.toml").write_text(
        'title = "Late"\nextends = "./late.toml"\nend = "2020-Q4"\ndrop = ["2021-Q3 scale demand.caution"]\n',
        encoding="utf-8",
    )
    assert sim.load("short.toml").digest == in_python.digest
    # What the file says itself of a later quarter is a mistake.
    Path("wrong.toml").write_text(f'{head}end = "2020-Q4"\n[[events]]\n{own}', encoding="utf-8")
    with pytest.raises(InputError, match="outside the horizon"):
        sim.load("wrong.toml")
    with pytest.raises(InputError, match="outside the horizon"):
        late.with_horizon(start="2021-Q4", end="2022-Q4")


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ("2020-Q1", "not after the start"),
        ("2020", "not a quarter"),
        (2020, "not a quarter"),
        ("9999-Q1", "outside"),
    ],
)
def test_an_end_that_is_none_is_refused(end: object, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        BASE.with_horizon(end)  # type: ignore[arg-type]
    assert str(caught.value).startswith("end")


def test_the_same_horizon_is_no_change() -> None:
    with pytest.warns(IneffectiveChange, match="start and end are the same"):
        BASE.with_horizon()
