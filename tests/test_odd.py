"""The ODD description: current, complete, and the same every time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import sim
from sim.analysis.describe import odd
from sim.cli import sim as program
from sim.model import schedule as model
from sim.sources import table as evidence
from sim.vocabulary.variables import with_role

PAGE = Path(__file__).parents[1] / "docs" / "odd.md"


@pytest.fixture(scope="module")
def text() -> str:
    return odd.describe(sim.load("baseline"))


def test_the_page_in_the_repository_is_current(text: str) -> None:
    remedy = "docs/odd.md is out of date: run sim odd --out docs/odd.md"
    assert PAGE.read_text(encoding="utf-8") == text, remedy


def test_the_same_sources_give_the_same_text(text: str) -> None:
    assert odd.describe(sim.load("baseline")) == text


def test_the_seven_elements_and_the_eleven_concepts_are_there(text: str) -> None:
    headings = re.findall(r"^## (\d)\. ", text, flags=re.M)
    assert headings == list("1234567")
    design = text.split("## 4. ")[1].split("## 5. ")[0]
    assert len(re.findall(r"^### ", design, flags=re.M)) == len(odd.CONCEPTS) == 11


def test_nothing_of_the_model_is_missing(text: str) -> None:
    for stage in (*model.START, *model.SCHEDULE):
        assert f"`{stage.name}`" in text
        assert re.search(rf"^### 7\.\d+ `{stage.name.partition('.')[0]}`$", text, flags=re.M)
    for variable in with_role("state", "ledger", "shock"):
        assert f"| `{variable.name}` |" in text
    baseline = sim.load("baseline")
    for name in baseline.parameters.names():
        assert f"| `{name.partition('.')[2]}`: " in text
    for event in baseline.events:
        assert f"| {event.at} | {event.what}" in text


def test_every_parameter_rests_on_something(text: str) -> None:
    known = evidence.load()
    submodels = text.split("## 7. ")[1]
    rows = [line.strip("| ").split(" | ") for line in submodels.splitlines() if line.startswith("| ")]
    reasons = [row[-1] for row in rows if row[-1] not in ("Rests on", "---")]
    assert len(reasons) > 200
    for reason in reasons:
        assert "*assumed:*" in reason or re.match(r"\w+", reason).group() in known  # type: ignore[union-attr]


def test_tables_are_whole_and_braces_filled(text: str) -> None:
    assert not re.search(r"\{\w+\}", text)
    width = None
    for line in text.splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else None
        assert width is None or cells is None or cells == width, line
        width = cells


def test_the_command_writes_the_page(tmp_path: Path, text: str) -> None:
    assert CliRunner().invoke(program, ["odd"]).output == text
    written = CliRunner().invoke(program, ["odd", "--out", str(tmp_path / "odd.md")])
    assert written.exit_code == 0 and (tmp_path / "odd.md").read_text(encoding="utf-8") == text
    refused = CliRunner().invoke(program, ["odd", "--out", str(tmp_path / "no" / "odd.md")])
    assert refused.exit_code == 2 and "cannot be written" in refused.output
