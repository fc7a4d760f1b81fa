"""Pages with numbers of runs are those of the model as it is; where not, the test names the remedy."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

import plans
import renew_notebooks
import sim
import stamps
from sim.analysis.describe import stamp
from sim.scenario.family import family

DOCS = stamps.DOCS


@pytest.fixture(scope="module")
def baseline() -> sim.Scenario:
    return sim.load("baseline")


@pytest.fixture(scope="module")
def now(baseline: sim.Scenario) -> str:
    return stamp.numbers(baseline)


def test_numbers_change_with_the_numbers_of_a_run_alone() -> None:
    base = plans.scenario("archipelago", n_steps=20)
    found = stamp.numbers(base)
    assert stamp.read(stamp.line(found)) == found
    assert stamp.numbers(plans.scenario("archipelago", n_steps=20, name="other")) == found
    first = base.parameters["demand.caution"]
    assert stamp.numbers(base.override({"demand.caution": first.value * 1.01})) != found
    assert stamp.numbers(base, base) != found


def remedy(page: Path) -> str:
    (command,) = re.findall(r"^Made by `([^`]+)`", page.read_text(encoding="utf-8"), re.MULTILINE)
    return f"docs/{page.name} has numbers of another model: run {command}"


def test_potency_is_of_the_present_model(now: str) -> None:
    page = DOCS / "potency.md"
    assert stamp.read(page.read_text(encoding="utf-8")) == now, remedy(page)


def test_what_scenarios_move_is_of_the_present_model(baseline: sim.Scenario) -> None:
    page = DOCS / "scenarios.md"
    found = stamp.read(page.read_text(encoding="utf-8"))
    assert found == stamp.numbers(baseline, *family(baseline)), remedy(page)


def test_the_gallery_is_of_the_present_model(now: str) -> None:
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    assert stamp.read(text) == now, "docs/gallery.md has numbers of another model: run make gallery"


def test_the_tutorial_is_of_the_present_model(now: str) -> None:
    text = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    assert stamp.read(text) == now, "docs/tutorial.md has numbers of another model: run make tutorial"


def test_the_sobol_study_is_of_the_present_model(now: str) -> None:
    text = (DOCS / "sensitivity.md").read_text(encoding="utf-8")
    assert stamp.read(text) == now, "docs/sensitivity.md has numbers of another model: run make sensitivity"


@pytest.mark.parametrize("path", renew_notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_of_the_present_model(path: Path, now: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.get("numbers") == now, f"run make notebooks NAMES={path.stem}"


@pytest.mark.parametrize("name", stamps.PAGES)
def test_pages_written_by_hand_say_of_which_model_they_are(name: str, now: str) -> None:
    text = stamps.PAGES[name].read_text(encoding="utf-8")
    assert stamps.stamped(text, now) == text, f"run make stamps; if the figures are renewed, NAMES={name}"


def test_a_page_of_an_earlier_model_says_so_until_it_is_renewed() -> None:
    old, new = "0" * 16, "1" * 16
    page = f"# Page\n\n{stamps.line(old, old)}\n\nText.\n"
    earlier = stamps.stamped(page, new)
    assert stamp.read(earlier) == old and "of an earlier model" in earlier and earlier.endswith("\n\nText.\n")
    assert stamps.stamped(earlier, new) == earlier
    renewed = stamps.stamped(earlier, new, is_renewed=True)
    assert stamp.read(renewed) == new and "earlier" not in renewed
    with pytest.raises(SystemExit, match="no line such as"):
        stamps.stamped("# Page\n", new)
