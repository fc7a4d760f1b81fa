"""The documentation: its Python runs, every page is reachable, and the site is built without a warning."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import renew_gallery
import renew_tutorial
import sim
from sim.cli import sim as program

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_tutorial_has_one_future_in_python_and_as_a_file(tmp_path: Path) -> None:
    page = renew_tutorial.PAGE
    known: dict[str, object] = {}
    exec(blocks(page)[0], known)
    (text,) = re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert sim.load(tmp_path / "mine.toml").digest == known["mine"].digest  # type: ignore[attr-defined]


@pytest.mark.long
def test_the_tutorial_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = renew_tutorial.PAGE.read_text(encoding="utf-8")
    assert renew_tutorial.renewed(text) == text, "run make tutorial"
    # Three ways, one answer.
    said = re.findall(r"At the end of 2035, China: share.*?\(.*?\)\.", " ".join(text.split()))
    assert len(said) == 3 and len(set(said)) == 1


def test_python_in_the_pages_is_python() -> None:
    pages = [ROOT / "README.md", *DOCS.glob("*.md")]
    assert sum(len(blocks(page)) for page in pages) >= 10
    for page in pages:
        for block in blocks(page):
            compile(block, page.name, "exec")


def test_the_readme_names_every_command_as_the_help_groups_them() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^\| to \| commands \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table is not None
    rows = [row.strip("| ").split(" | ", 1) for row in table[1].splitlines()]
    named = {about: sorted(re.findall(r"`([a-z-]+)`", commands)) for about, commands in rows}
    grouped = {about: sorted(str(each.name) for each in group) for about, group in program.groups.items()}
    assert named == {about[0].lower() + about[1:]: commands for about, commands in grouped.items()}


def test_every_figure_is_in_the_gallery() -> None:
    text = renew_gallery.PAGE.read_text(encoding="utf-8")
    assert sorted(re.findall(r"^### (\w+)$", text, re.MULTILINE)) == sorted(sim.plots.__all__)
    for name in sim.plots.__all__:
        assert re.search(rf"^(?:\w+ = |with |figures = dict\()?sim\.plots\.{name}\(", text, re.MULTILINE), (
            name
        )
    shown = re.findall(r"^!\[[^]]+\]\(figures/gallery/(\w+)\.svg\)$", text, re.MULTILINE)
    assert set(sim.plots.__all__) - set(shown) == {"gallery", "save", "theme"}
    assert sorted(shown) == sorted(each.stem for each in renew_gallery.PICTURES.iterdir()), "run make gallery"


@pytest.mark.long
def test_the_lines_of_the_gallery_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = renew_gallery.PAGE.read_text(encoding="utf-8")
    drawn = [name for name, _ in renew_gallery.pictures(text)]
    assert drawn == re.findall(r"\(figures/gallery/(\w+)\.svg\)", text)


def test_every_page_is_in_the_contents() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([a-z0-9_/-]+)$", text, re.MULTILINE))
    pages = {page.stem for page in DOCS.glob("*.md")} - {"index"}
    notebooks = {f"generated/notebooks/{page.stem}" for page in (ROOT / "notebooks").glob("*.ipynb")}
    studies = {
        f"studies/{page.stem}" for page in (DOCS / "studies").glob("*") if page.suffix in (".md", ".ipynb")
    }
    assert pages | notebooks | studies <= listed


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("myst_nb") is None, reason="needs hedgesim[docs]")
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-q",
        "-E",
        "-b",
        "html",
        str(DOCS),
        str(tmp_path / "site"),
    ]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert (tmp_path / "site" / "searchindex.js").is_file() and len(pages) > 15
    for page in pages:
        outside = re.findall(
            r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', page.read_text(encoding="utf-8")
        )
        assert not outside, (page.name, outside)
