"""The page of a run: complete, alone, the same bytes each time, and repeatable from what lies beside it."""

from __future__ import annotations

import re
import shlex
import shutil
import zipfile
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import plans
import sim
from sim import plots
from sim.analysis.compare.measure import Measure
from sim.analysis.drivers import pawn
from sim.cli import sim as program
from sim.design import plan as design
from sim.report import findings, robustness, sections
from sim.vocabulary import amounts

KEEP = ["supplier_share", "hhi", "grants"]

POLICIES = """
measure = "military_budget@2020"
aim = "maximise"
futures = ["baseline"]

[policies.money]
title = "Spend"
by = "aldara"
source = "Invented."
levels.more = { what = "half more", set = { "economy.initial_military_budget" = 1500 } }
levels.less = { what = "half", set = { "economy.initial_military_budget" = 500 } }
"""


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    one = plans.scenario("archipelago", n_steps=8, name="one")
    other = one.override({"demand.caution": 0.9}, name="other", title='The "other" <one>')
    return sim.run([one, other], trials=5, keep=KEEP, workers=1)


@pytest.fixture
def one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw one figure only, for tests of what else a page says."""
    everything = plots.gallery
    monkeypatch.setattr(plots, "gallery", lambda *arguments: islice(everything(*arguments), 1))


@pytest.fixture(scope="module")
def page(runs: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made, _ = sim.write_report(runs, tmp_path_factory.mktemp("page") / "report.html")
    return made


class Reader(HTMLParser):
    """What a page links to, its ids, its headings, and whether its tags are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.labels: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.ids += [said["id"]] if "id" in said else []
        self.links += [said[name] for name in ("href", "src", "xlink:href") if name in said]
        self.labels += [said["aria-label"]] if said.get("role") == "img" else []
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: Path) -> Reader:
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    assert not reader.open
    return reader


def test_a_page_asks_nothing_of_the_network_and_no_two_ids_are_alike(page: Path) -> None:
    found = read(page)
    assert len(found.ids) == len(set(found.ids))
    inner = {link.removeprefix("#") for link in found.links if link.startswith("#")}
    assert inner <= set(found.ids)
    assert {link for link in found.links if not link.startswith("#")} == {"report.zip"}
    referred = set(re.findall(r"url\(#([^)]+)\)", page.read_text(encoding="utf-8")))
    assert referred and referred <= set(found.ids)


def test_a_page_says_what_the_table_says(page: Path, runs: xr.Dataset) -> None:
    text = page.read_text(encoding="utf-8")
    assert "The &#34;other&#34; &lt;one&gt;" in text and "<one>" not in text
    level = float(runs["hhi"].sel(scenario="other").isel(time=-1).median())
    assert f"{level:.2f}" in text
    found = read(page)
    assert found.labels and all(label.count("At the end of 2021") in (0, 1) for label in found.labels)
    assert any("“one”" in label for label in found.labels)


def test_the_same_run_gives_the_same_bytes(page: Path, runs: xr.Dataset, tmp_path: Path) -> None:
    again, beside = sim.write_report(runs, tmp_path / "report.html")
    assert again.read_bytes() == page.read_bytes()
    assert beside.read_bytes() == page.with_suffix(".zip").read_bytes()


def test_a_run_is_repeated_from_the_archive(
    page: Path, runs: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile(page.with_suffix(".zip")) as archive:
        archive.extractall()
        told = archive.read("README.md").decode()
    command = next(line.strip() for line in told.splitlines() if line.startswith("    sim run"))
    result = CliRunner().invoke(program, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    again = sim.open("again.zarr")
    for name in KEEP:
        assert (again[name].values == runs[name].values).all()


def test_numbers_that_rest_on_judgement_come_first() -> None:
    first, *others = sections.assumptions(sim.load("baseline"))
    assert "Judgement alone" in first.caption and "Evidence" not in first.columns
    assert all(each.columns[-1] == "Evidence" for each in others)
    assert all(row[-1] for table in others for row in table.rows)
    uncertain = [each for each in sim.parameters() if each.distribution is not None]
    assert sum(len(table.rows) for table in (first, *others)) == len(uncertain)


@pytest.mark.usefixtures("one_picture")
def test_what_is_in_the_way_stays(page: Path, runs: xr.Dataset, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("mine")
    for force in (False, True):
        with pytest.raises(sim.InputError, match=r"report\.html"):
            sim.write_report(runs, target, force=force)
    assert target.read_text() == "mine" and [each.name for each in tmp_path.iterdir()] == ["report.html"]
    shutil.copy(page, target)
    with pytest.raises(sim.InputError, match="force"):
        sim.write_report(runs, target)
    sim.write_report(runs, target, force=True, question="Why?")
    assert "<h1>Why?</h1>" in target.read_text(encoding="utf-8")


def test_what_makes_no_page_is_refused_in_one_line(runs: xr.Dataset, tmp_path: Path) -> None:
    for given, path, said in (
        (runs, tmp_path / "report.txt", r"\.html"),
        (runs.drop_vars(KEEP), tmp_path / "report.html", "nothing that a report shows"),
        (sim.compare(runs), tmp_path / "report.html", "no dimension trial"),
    ):
        with pytest.raises(sim.InputError, match=said):
            sim.write_report(given, path)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("one_picture")
def test_one_future_has_a_page_too(runs: xr.Dataset, tmp_path: Path) -> None:
    alone = runs.sel(scenario=["one"])
    made, _ = sim.write_report(alone, tmp_path / "report.html")
    text = made.read_text(encoding="utf-8")
    assert "nothing to compare it with" in text and "Difference ±" not in text
    (said,) = sim.answers(alone)
    assert f"<li>{said}</li>" in text


def test_what_a_number_hangs_on_is_read_off_the_draws_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a design, whose points hang on everything that is uncertain in the whole run."""
    one = plans.scenario("archipelago", n_steps=4, name="one")
    other = one.override({"demand.caution": 0.3}, name="other")
    runs = sim.run([other, one], trials=6, keep="hhi", workers=1, sampling="sobol")
    seen: list[np.ndarray] = []
    usual = pawn.of_sample
    monkeypatch.setattr(findings, "_ENOUGH", 1)

    def noted(sample: np.ndarray, outcome: np.ndarray, **_: int) -> pawn.Distances:
        seen.append(sample)
        return usual(sample, outcome, slices=2, resamples=2)

    monkeypatch.setattr(pawn, "of_sample", noted)
    findings.of_run(runs, sim.scenarios_of(runs), "other", Measure("hhi"))
    how = sim.Sampling("sobol").of([other, one], 6, 0)
    plan = design.plan(other, sim.manifest(runs)["seed"], how)
    drawn = design.draw_parameters(plan, 0, 6)["budget_growth"]
    assert any(np.array_equal(column, drawn.ravel()) for column in seen[0].T)


@pytest.mark.usefixtures("one_picture")
def test_policies_of_the_case_are_run_where_that_is_asked(tmp_path: Path) -> None:
    folder = tmp_path / "isles"
    shutil.copytree(plans.load_case("archipelago").folder, folder)
    (folder / "policies.toml").write_text(POLICIES)
    for name, caution in (("calm", 0.5), ("tense", 0.9)):
        (tmp_path / f"{name}.toml").write_text(
            f'title = "{name}"\ncase = "{folder}"\nstart = "2020-Q1"\nend = "2020-Q4"\n'
            f'story = "Invented."\n[set]\n"demand.caution" = {caution}\n'
        )
    runs = sim.run([tmp_path / "calm.toml", tmp_path / "tense.toml"], trials=4, keep="hhi", workers=1)
    usual, _ = sim.write_report(runs, tmp_path / "usual.html")
    said = "declares 2 policies; sim report --robustness 1000 runs them"
    assert said in usual.read_text(encoding="utf-8")
    made, _ = sim.write_report(runs, tmp_path / "report.html", robustness=6)
    text = made.read_text(encoding="utf-8")
    read(made)
    outcomes = sim.policy_outcomes(futures=list(sim.scenarios_of(runs).values()), trials=6, seed=1)
    found = sim.robustness(outcomes, seed=1)
    regret = found.sel(criterion="minimax_regret", policy="money.less")
    value, low, high = (amounts.number(float(regret[each])) for each in ("value", "low", "high"))
    assert f"{value} ({low} to {high})" in text
    assert "Spend: half more" in text and "2 futures" in text and "Minimax regret" in text
    again, _ = sim.write_report(runs, tmp_path / "report.html", robustness=6, force=True)
    assert again.read_text(encoding="utf-8") == text
    with pytest.raises(sim.InputError, match="robustness"):
        sim.write_report(runs, tmp_path / "report.html", robustness=1, force=True)
    (folder / "policies.toml").unlink()
    with pytest.raises(sim.InputError, match="declares none"):
        sim.write_report(runs, tmp_path / "report.html", robustness=6, force=True)
    futures = list(sim.scenarios_of(runs).values())
    assert robustness.of_case(futures, futures[0], None, 1) == []
