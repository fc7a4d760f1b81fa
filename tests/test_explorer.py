"""The explorer: its server answers who may ask, its fans are those of the library, and its page works."""

from __future__ import annotations

import http.client
import itertools
import json
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.cli import sim as program
from sim.design import plan
from sim.engine import trust
from sim.engine.compiled import runner as running
from sim.explorer import sliders, workbench
from sim.explorer import trials as explorer_trials
from sim.explorer.beginnings import Beginnings
from sim.explorer.server import Server
from sim.explorer.trials import Superseded
from sim.explorer.workbench import Moved, Workbench
from sim.model.schedule import USUAL
from sim.runs import blocks
from sim.scenario import files as scenario_files

ROUNDS = (4, 12)
QUESTION: dict[str, Any] = {
    "scenario": "base",
    "values": {},
    "measure": "hhi",
    "trials": 4,
    "tab": "a",
    "turn": 1,
}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def bench_of(base: sim.Scenario, engine: str) -> Workbench:
    """Return a workbench of a scenario alone: to load those that are shipped takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenario_files, "shipped", lambda: (base.name,))
        return Workbench(base, seed=3, engine=engine)


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explorer_trials, "_TOGETHER", {"numpy": 5})
        made = bench_of(plans.scenario("archipelago", n_steps=8, name="base"), engine="numpy")
        made.rounds = ROUNDS
        yield made


@pytest.fixture(scope="module")
def server(bench: Workbench) -> Iterator[Server]:
    made = Server(bench, "secret")
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def call(server: Server, name: str, question: Any = None, **headers: str) -> tuple[int, Any]:
    """Return status and content of an answer; a text that is no JSON as it is."""
    body = None if question is None else json.dumps(question).encode()
    address = headers.pop("address", server.address)
    request = urllib.request.Request(address + name, body, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    return status, json.loads(text) if text[:1] in "{[n" else text


def fan(server: Server, **more: Any) -> Any:
    return call(server, "fan", {**QUESTION, **more})


def test_a_fan_is_that_of_the_library_and_is_refined_without_a_jump(bench: Workbench) -> None:
    asked = Moved("base", {"rate": 0.85})
    few, many = (bench.fan(asked, "hhi", trials) for trials in ROUNDS)
    other = bench.moved(asked)
    runs = sim.run([bench.base, other], trials=ROUNDS[1], seed=3, keep="hhi", workers=1)
    mine, base = (runs["hhi"].sel(scenario=each).values for each in (other.name, "base"))
    for found, trials in ((few, ROUNDS[0]), (many, ROUNDS[1])):
        for name, values in (("mine", mine), ("base", base), ("difference", mine - base)):
            expected = np.quantile(values[:, :trials], workbench.QUANTILES, axis=1)
            assert np.allclose(found[name], expected, rtol=1e-4, atol=1e-5), name
    paired = sim.compare(runs)["hhi"].isel(scenario=0, time=-1)
    assert many["mean_difference"] == pytest.approx(float(paired.sel(statistic="mean")))
    assert f"in {100 * float(paired.sel(statistic='p_greater')):.0f} of 100" in many["sentence"] or (
        f"in {100 * float(paired.sel(statistic='p_less')):.0f} of 100" in many["sentence"]
        or "do not tell" in many["sentence"]
    )
    assert many["is_last"] and not few["is_last"] and not many["is_base"]


def test_a_future_goes_on_from_where_it_parts_from_others(bench: Workbench) -> None:
    begins = sliders.begin(bench.sliders).ordinal - bench.base.start.ordinal
    known, quarters = Beginnings(sliders.begin(bench.sliders)), itertools.count()
    keep = ("hhi", "order_book")

    def recorded(scenario: sim.Scenario) -> int:
        """Compare a future with one that is run as usual, bit for bit; return how many quarters were run."""
        made = plan.plan(scenario, 3)
        task = blocks.Task(made, USUAL, keep, tuple(range(made.n_steps)), "arrays", 5)
        before = next(quarters)
        found = known.record(task, 2, 5, lambda: next(quarters))
        usual = blocks.run_task(task, 2, 5, trust.Trust()).kept
        assert found is not None
        for name in keep:
            np.testing.assert_array_equal(found[name], usual[name])
        return next(quarters) - before - 1

    moved = [bench.moved(Moved("base", {"rate": each})) for each in (0.35, 0.45)]
    n_steps = bench.base.n_steps
    assert 0 < begins < n_steps
    assert [recorded(each) for each in (bench.base, *moved)] == [n_steps, n_steps - begins, n_steps - begins]
    assert recorded(bench.base.override({"demand.caution": 0.9})) == n_steps  # another parameter
    early = {"at": str(bench.base.start), "what": "set", "name": "demand.caution", "to": 0.9}
    assert recorded(moved[0].with_events([early], name="early")) == n_steps
    assert recorded(bench.base) == n_steps - begins


def test_what_is_not_wanted_any_more_is_not_run(bench: Workbench) -> None:
    with pytest.raises(Superseded):
        bench.fan(Moved("base", {"rate": 0.45}), "hhi", 12, lambda: False)
    asked = iter([True, False])
    with pytest.raises(Superseded):
        bench.fan(Moved("base", {"rate": 0.45}), "hhi", 12, lambda: next(asked))
    questions = itertools.count()
    with pytest.raises(Superseded):  # in the midst of the first trials
        bench.fan(Moved("base", {"rate": 0.65}), "hhi", 4, lambda: next(questions) < 5)
    assert next(questions) < 9
    assert bench.fan(Moved("base", {"rate": 0.45}), "hhi", 12)["trials"] == 12


@pytest.mark.parametrize("is_agreeing", [True, False])
def test_a_first_fan_is_on_credit_and_the_next_compares_machine_code(
    monkeypatch: pytest.MonkeyPatch, bench: Workbench, is_agreeing: bool
) -> None:
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(explorer_trials, "_TOGETHER", {"compiled": 2, "numpy": 5})
    monkeypatch.setattr(explorer_trials, "ON_CREDIT", 4)
    compared: list[int] = []

    def have_same_bits(one: Any, other: Any) -> bool:
        compared.append(one.shape[-1])
        return is_agreeing and usual(one, other)

    usual = trust.have_same_bits
    monkeypatch.setattr(trust, "have_same_bits", have_same_bits)
    monkeypatch.setattr(running, "_KERNELS", {})  # of which none is compared
    monkeypatch.setattr(running, "_OF_THREAD", threading.local())
    quick = bench_of(bench.base, engine="compiled")
    quick.rounds = ROUNDS
    asked = Moved("base", {"rate": 0.85})
    few = quick.fan(asked, "hhi", 4)
    assert few == bench.fan(asked, "hhi", 4) and not compared
    many = quick.fan(asked, "hhi", 12)
    said = many.pop("remarks")
    assert many == {key: each for key, each in bench.fan(asked, "hhi", 12).items() if key != "remarks"}
    assert compared and quick.trials.engine == ("compiled" if is_agreeing else "numpy")
    assert said == [] if is_agreeing else "NumPy runs instead of machine code: " in said[0]
    n_compared = len(compared)
    assert quick.fan(asked, "hhi", 12)["remarks"] == said and len(compared) == n_compared


def test_every_measure_is_that_of_the_library(bench: Workbench) -> None:
    bench.fan(Moved("base", {}), "hhi", 4)
    keep = list({each.variable for each in bench.measures.values()})
    runs = sim.run(bench.base, trials=4, seed=3, keep=keep, workers=1)
    for key, measure in bench.measures.items():
        (values,) = bench.trials([bench.base], key, 4, lambda: True)
        np.testing.assert_array_equal(values, measure.take(runs).values[0], err_msg=key)


def test_a_lever_without_effect_is_said(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    late = {"at": "2021-Q4", "what": "set", "name": "alignment.alignment_step", "to": sliders.HERE}
    lever = replace(bench.sliders["rate"], name="late", events=(late,))
    monkeypatch.setitem(bench.sliders, "late", lever)
    with pytest.warns(sim.IneffectiveChange, match="no effect"):
        found = bench.fan(Moved("base", {"late": 0.85}), "hhi", 4)
    assert len(found["remarks"]) == 1 and "alignment_step" in found["remarks"][0]
    assert bench.fan(Moved("base", {"rate": 0.85}), "hhi", 4)["remarks"] == []


def test_what_was_made_loads_as_a_file(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(sim.load("baseline").to_toml())
    asked = Moved("base", {"rate": 0.85})
    made = bench.moved(asked)
    assert [event.what for event in made.events] == ["set"] and "0.85" in bench.text(asked)
    shipped = sliders.read(sim.load("baseline"))
    values = {name: each.low for name, each in shipped.items()}
    mine = sliders.moved(sim.load("china_counteroffer"), shipped, values)
    (tmp_path / "mine.toml").write_text(mine.to_toml())
    assert sim.load(tmp_path / "mine.toml").digest == mine.digest
    usual = {name: each.usual for name, each in shipped.items()}
    assert sliders.moved(mine, shipped, usual) is mine


@pytest.mark.parametrize("end", ["low", "high"])
def test_every_slider_of_the_shipped_case_does_something(end: str) -> None:
    base = sim.load("baseline")
    declared = sliders.read(base)
    assert 6 <= len(declared) <= 10
    for name, each in declared.items():
        value = getattr(each, end)
        if value != each.usual:
            made = sliders.moved(base, declared, {name: value})
            assert not [found for found in made.ineffective if found not in base.ineffective], name


def test_a_world_and_its_reasons(server: Server, bench: Workbench) -> None:
    asked = {"scenario": "base", "values": {}, "trial": 2}
    status, world = call(server, "world", asked)
    runs = sim.run(bench.base, trials=1, first_trial=2, seed=3, keep=["relation", "order_book"], workers=1)
    assert status == 200
    for name in ("relation", "order_book"):
        assert np.allclose(world[name], runs[name].isel(scenario=0, trial=0), atol=1e-4)
    status, said = call(server, "why", {**asked, "at": "2020-Q2"})
    assert status == 200 and said["text"] == str(sim.explain(bench.base, trial=2, at="2020-Q2", seed=3))


def test_assumptions_begin_with_judgement(server: Server) -> None:
    status, found = call(server, "assumptions", {"scenario": "base"})
    grades = [each["grade"] for each in found]
    order = ["judgement", "source and judgement", "source or estimate"]
    assert status == 200 and grades == sorted(grades, key=order.index) and grades[0] == "judgement"


def test_only_who_has_the_address_is_answered(server: Server) -> None:
    own, port = server.address, server.server_port
    assert call(server, "")[0] == 200 and call(server, "start.json")[0] == 200
    assert call(server, "", address=f"http://127.0.0.1:{port}/wrong/")[0] == 403
    assert call(server, "", address=f"http://127.0.0.1:{port}/")[0] == 403
    for headers in (
        {"Host": "elsewhere.example"},
        {"Host": f"127.0.0.1:{port + 1}"},
        {"Origin": "http://a.b"},
    ):
        assert call(server, "start.json", **headers)[0] == 403, headers
    for name in ("../server.py", "page.css/../../server.py", "server.py", "%2e%2e/server.py"):
        assert call(server, name)[0] == 404, name
    assert server.server_address[0] == "127.0.0.1"
    with urllib.request.urlopen(own) as answer:
        policy = answer.headers["Content-Security-Policy"]
        text = answer.read().decode()
    assert policy.startswith("default-src 'self';") and "unsafe" not in policy
    assert "http" not in text.replace("<!doctype html>", "")


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("fan", {"scenario": "nope"}),
        ("fan", {"values": {"nope": 1}}),
        ("fan", {"values": {"rate": 7}}),
        ("fan", {"values": {"rate": "x"}}),
        ("fan", {"values": [1]}),
        ("fan", {"measure": "nope"}),
        ("fan", {"trials": 5}),
        ("fan", {"trials": 10**9}),
        ("fan", {"turn": -1}),
        ("fan", {"tab": 5}),
        ("world", {"trial": -1}),
        ("why", {"trial": 0, "at": "later"}),
        ("text", {"scenario": ["base"]}),
    ],
)
def test_a_bad_value_is_refused_in_one_line(server: Server, name: str, question: dict[str, Any]) -> None:
    status, said = call(server, name, {**QUESTION, **question})
    assert status == 422 and said["problem"] and "\n" not in said["problem"]
    assert fan(server)[0] == 200


def test_what_is_no_question_is_refused(server: Server) -> None:
    assert call(server, "nope", {})[0] == 404
    for body in (b"", b"{", b"[1]", b"\xff", b"[" * 60_000, b"x" * 70_000):
        request = urllib.request.Request(server.address + "fan", body)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        assert caught.value.code == 422


def test_what_is_too_long_is_not_taken_for_the_next_question(server: Server) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.server_port)
    line.request("POST", f"/{server.token}/fan", b"GET / HTTP/1.1\r\n\r\n" * 4000)
    answer = line.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (422, "close")
    line.close()


def test_two_tabs_do_not_supersede_each_other(server: Server) -> None:
    assert fan(server, tab="b", turn=9)[1]["turn"] == 9
    assert fan(server, tab="b", turn=3, trials=12, values={"rate": 0.15}) == (200, None)
    assert fan(server, tab="c", turn=3, trials=12, values={"rate": 0.15})[1]["trials"] == 12


def test_a_case_without_sliders_is_told_what_to_write(tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(plans.load_case("archipelago").folder, folder)
    file = folder / "sliders.toml"
    digest = sim.load(_toy(tmp_path, folder)).case.digest
    file.unlink()
    base = sim.load(_toy(tmp_path, folder))
    assert base.case.digest == digest
    with pytest.raises(sim.InputError, match=r"sliders\.toml: the case declares no sliders"):
        Workbench(base, 1, "numpy")
    for text, said in (
        ("", "must be given"),
        ('[sliders.a]\ntitle = "A"\nlow = 1\nhigh = 0\nstep = 1\nusual = 1\nevents = []', "does not fit"),
        ('[sliders.a]\ntitle = "A"\nlow = 0\nhigh = 1\nstep = 1\nusual = 1\nevents = []', 'none has "X"'),
    ):
        file.write_text(text)
        with pytest.raises(sim.InputError, match=said):
            sliders.read(base)


def test_the_command_refuses_what_it_cannot_open(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario_files, "shipped", lambda: ("baseline",))  # to load all of them takes long
    for asked, said in (
        (["--port", str(server.server_port)], "cannot be listened on"),
        (["--token", "a/b"], "letters and digits"),
        (["--scenario", "nope"], "no such scenario"),
    ):
        result = CliRunner().invoke(program, ["app", "--no-browser", *asked])
        assert result.exit_code == 2 and said in result.stderr and len(result.stderr.splitlines()) == 1


def _toy(tmp_path: Path, case: Path) -> Path:
    file = tmp_path / "toy.toml"
    file.write_text(f'title = "Toy"\ncase = "{case}"\nstart = "2020-Q1"\nend = "2021-Q4"\n')
    return file


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs hedgesim[browser]")
    with playwright.sync_playwright() as started:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
        opened = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


def violations(page: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs hedgesim[browser]")
    return [each["id"] for each in axe.Axe().run(page).response["violations"]]


def test_the_page_in_a_browser(browser: Any, server: Server, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page = browser.new_page(accept_downloads=True)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda each: said.append(each.text))
    page.on("pageerror", lambda each: said.append(str(each)))
    page.on("request", lambda each: asked.append(each.url))
    page.goto(server.address)
    page.select_option("#measure", "hhi")
    expect(page.locator("#trials")).to_contain_text("12 trials.")
    before = page.inner_html("#level")
    page.focus("#s-rate")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#o-rate")).to_contain_text("0.85")
    expect(page.locator("#sentence")).to_contain_text("moved")
    expect(page.locator("#trials")).to_contain_text("12 trials.")
    assert page.inner_html("#level") != before
    with page.expect_download() as download:
        page.click("#save")
    assert "demand.deals_per_year" in download.value.path().read_text()
    page.check("#guessing")
    expect(page.locator("#shown")).to_be_hidden()
    page.fill("#guessed", "5")
    page.click("#guess button")
    expect(page.locator("#sentence")).to_contain_text("You said 5")
    page.click("#look")
    page.click("#why")
    expect(page.locator("#because")).to_contain_text("trial 0")
    page.click("#assume")
    expect(page.locator("#assumptions caption")).to_contain_text("uncertain numbers")
    assert not violations(page)
    page.fill("#trial", "-1")
    page.click("#look")
    expect(page.locator("#problem")).to_contain_text("trial")
    other = browser.new_page()
    other.goto(server.address)
    expect(other.locator("#trials")).to_contain_text("trials")
    assert all(each.startswith(server.address) for each in asked if not each.startswith(("data:", "blob:")))
    assert [each for each in said if "422" not in each] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_on_a_telephone(browser: Any, server: Server, scheme: str) -> None:
    from playwright.sync_api import expect

    page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page.goto(server.address)
    expect(page.locator("#trials")).to_contain_text("12 trials.")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("#s-rate").press("ArrowRight")
    expect(page.locator("#sentence")).to_contain_text("moved")
    page.locator("#assume").scroll_into_view_if_needed()
    expect(page.locator("#sentence")).to_be_in_viewport()
    size_of_letters = "Math.abs(document.querySelector('#level text').getScreenCTM().a - 1) < 0.01"
    page.wait_for_function(size_of_letters)
    page.set_viewport_size({"width": 800, "height": 800})
    page.wait_for_function(size_of_letters)
    assert not violations(page)


def test_a_page_goes_on_when_the_engine_is_back(browser: Any, bench: Workbench) -> None:
    from playwright.sync_api import expect

    def serving(port: int) -> Server:
        made = Server(bench, "again", port)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        return made

    first = serving(0)
    page = browser.new_page()
    page.goto(first.address)
    expect(page.locator("#trials")).to_contain_text("12 trials.")
    port = first.server_port
    first.shutdown()
    first.server_close()
    page.context.set_offline(True)
    page.focus("#s-rate")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#problem")).to_contain_text("does not answer")
    page.context.set_offline(False)
    second = serving(port)
    expect(page.locator("#problem")).to_be_hidden()
    expect(page.locator("#sentence")).to_contain_text("moved")
    second.shutdown()
    second.server_close()


def test_the_report_in_a_browser(browser: Any, tmp_path: Path) -> None:
    runs = sim.run(plans.scenario("archipelago", n_steps=8), trials=3, workers=1)
    made, _ = sim.write_report(runs, tmp_path / "report.html")
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(made.as_uri())
        assert not violations(page), scheme
