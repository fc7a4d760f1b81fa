"""Potency: known answers, honest intervals, verdicts on both sides, and files that are refused."""

from __future__ import annotations

import json
import shlex
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import sim
from sim.analysis.compare.effects import in_deviations
from sim.analysis.describe import potency as texts
from sim.analysis.validate import lever_files, potency
from sim.cli import sim as program
from sim.cli import terminal
from sim.engine import block as engine
from sim.numerics.elementary import Z95
from sim.runs.trials import Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import errors

TOY = Path(__file__).parent / "cases" / "archipelago"

#: A lever whose effect is exact: the budget of every quarter is in proportion to the first.
LEVERS = """
end = "2022-Q4"

[levers.money]
what = "The military budget"
evidence = ["bd_budget_constraint"]
reaches = [
    { variable = "military_budget", from = 2021 },
    { variable = "aid", from = 2021, reason = "Nothing of it is aid." },
]
[levers.money.plausible]
what = "a tenth more"
source = "Invented."
set = { "economy.initial_military_budget" = 1100 }
[levers.money.maximum]
what = "half more"
set = { "economy.initial_military_budget" = 1500 }
against = { what = "half", set = { "economy.initial_military_budget" = 500 } }

[levers.aid]
what = "Aid"
reaches = [
    { variable = "aid", at = 2021 },
    { variable = "military_budget", at = 2021 },
    { variable = "goodwill", partner = "borveil", at = 2022, reason = "It was said to leave nothing." },
]
[levers.aid.plausible]
what = "some"
evidence = ["jp_total_assist"]
events = [{ at = "2021-Q1", what = "set", name = "relations.partner_aid.borveil", to = 40 }]
[levers.aid.maximum]
what = "the same"
events = [{ at = "2021-Q1", what = "set", name = "relations.partner_aid.borveil", to = 40 }]
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Return a scenario of the toy case with levers."""
    folder = tmp_path_factory.mktemp("levers")
    shutil.copytree(TOY, folder / "islands")
    (folder / "islands" / lever_files.FILE).write_text(LEVERS, encoding="utf-8")
    calm = 'title = "Calm"\nstory = "Calm."\ncase = "./islands"\nstart = "2020-Q1"\nend = "2024-Q4"\n'
    (folder / "calm.toml").write_text(calm, encoding="utf-8")
    return sim.load(folder / "calm.toml")


@pytest.fixture(scope="module")
def report(toy: Scenario) -> potency.Report:
    return potency.report(toy, 60, 3)


@pytest.fixture(scope="module")
def found(report: potency.Report) -> dict[tuple[str, str], potency.Result]:
    return {(each.lever, each.effect): each for each in report.results}


@pytest.fixture
def written(toy: Scenario, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], lever_files.Levers | None]:
    """Return a function that reads a changed copy of the file."""
    table = tomllib.loads(LEVERS)

    def reading(change: Any) -> lever_files.Levers | None:
        change(table)
        monkeypatch.setattr(lever_files, "toml_if_any", lambda path: table)
        return lever_files.read(toy)

    return reading


def test_an_effect_in_proportion_is_found_to_the_last_digits(
    found: dict[tuple[str, str], potency.Result],
) -> None:
    result = found["money", "Military budget"]
    assert result.plausible.mean == pytest.approx(0.1 * result.standard, rel=1e-12)
    assert result.maximum.mean == pytest.approx(1.0 * result.standard, rel=1e-12)  # 1.5 less 0.5
    assert result.maximum.deviations == pytest.approx(result.standard / result.deviation, rel=1e-12)
    assert result.maximum.error == pytest.approx(result.deviation / np.sqrt(60), rel=1e-12)
    assert result.maximum.low == pytest.approx(result.maximum.mean - Z95 * result.maximum.error)
    assert (result.maximum.moved, result.verdict, result.remark) == (1.0, "potent", "")
    assert (result.maximum.change, result.maximum.against) == ("half more", "half")


def test_what_never_varies_has_no_size_in_deviations(found: dict[tuple[str, str], potency.Result]) -> None:
    result = found["aid", "Aid received in the quarter, summed over channel"]
    assert (result.standard, result.deviation) == (0.0, 0.0)
    assert result.maximum.mean == 20.0  # a quarter of 40, through each of two channels
    assert result.maximum.deviations is result.maximum.deviations_low is None
    assert (result.maximum.moved, result.verdict) == (1.0, "potent")


def test_what_is_inert_says_why_or_that_nobody_says(found: dict[tuple[str, str], potency.Result]) -> None:
    expected = {
        ("money", "Aid received in the quarter, summed over channel"): (
            "inert",
            "Nothing of it is aid.",
            True,
        ),
        ("aid", "Military budget"): ("inert", potency.NO_REASON, False),
        ("aid", "Goodwill that aid has left: Borveil"): (
            "potent",
            f"{potency.NO_LONGER} It was said to leave nothing.",
            False,
        ),
    }
    for key, judged in expected.items():
        assert (found[key].verdict, found[key].remark, found[key].is_explained) == judged
    assert found["aid", "Military budget"].maximum.moved == 0.0


def test_the_largest_come_first(found: dict[tuple[str, str], potency.Result]) -> None:
    sizes = [each.maximum.deviations for each in found.values()]
    assert sizes[:2] == [None, None]  # without spread, so infinitely many
    known = [abs(size) for size in sizes if size is not None]
    assert known == sorted(known, reverse=True) and len(known) == 3


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.09, 0.09, "inert"),
        (0.0, 0.0, "inert"),
        (-0.09, 0.1, "unclear"),
        (0.05, 0.2, "unclear"),
        (-0.2, 0.2, "unclear"),
        (0.1, 0.3, "potent"),
        (-0.3, -0.1, "potent"),
        (-0.3, -0.09, "unclear"),
    ],
)
def test_a_verdict_follows_the_interval(low: float, high: float, said: str) -> None:
    assert potency.verdict(low, high) == said


@pytest.mark.parametrize(
    ("share", "is_skewed"),
    [
        (0.0, False),
        (0.4, True),
        pytest.param(0.0, True, marks=pytest.mark.long),
        pytest.param(0.4, False, marks=pytest.mark.long),
    ],
)
def test_the_interval_in_deviations_covers(share: float, is_skewed: bool) -> None:
    """The truth is 0.8 s.d.; part of the difference goes with the level, so the errors are correlated."""
    random, repeats, n = np.random.default_rng(5), 3_000, 300
    shape = (repeats, n)
    level = random.gamma(4.0, 0.5, shape) - 2.0 if is_skewed else random.normal(0.0, 1.0, shape)
    difference = 0.8 + share * level + random.normal(0.0, 0.3, shape)
    sizes, errors_of = np.array([in_deviations(*pair) for pair in zip(difference, level, strict=True)]).T
    covered = np.abs(sizes - 0.8) <= Z95 * errors_of
    assert 0.93 < covered.mean() < 0.97
    without = np.abs(sizes - 0.8) <= Z95 * difference.std(axis=1, ddof=1) / np.sqrt(n)
    assert share > 0.0 or without.mean() < 0.9  # without the error of the standard deviation, it would not


def test_doses_that_come_to_the_same_are_run_once(toy: Scenario) -> None:
    counted: list[int] = []
    potency.report(toy, 5, 1, execution=Execution(progress=counted.append))
    assert potency.n_runs(toy) == sum(counted) / 5 == 5  # nothing; three budgets; one aid
    assert potency.n_runs(toy, ["aid"]) == 2


def test_blocks_change_no_number(toy: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = potency.report(toy, 6, 3, ["aid"])
    monkeypatch.setattr(engine, "BLOCK", 4)
    assert potency.report(toy, 6, 3, ["aid"]) == whole


def test_a_dose_without_effect_is_said(toy: Scenario, written: Any) -> None:
    event = {"at": "2021-Q1", "what": "set", "name": "grants.noted_at_start", "to": 3}
    written(lambda table: table["levers"]["aid"]["maximum"]["events"].append(event))
    with pytest.warns(errors.IneffectiveChange, match="levers.aid.maximum.events.2.*noted_at_start"):
        potency.report(toy, 2, 1, ["aid"])


def test_a_case_without_a_file_has_no_levers(toy: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lever_files, "FILE", "none.toml")
    assert potency.report(toy, 5).results == () and potency.n_runs(toy) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.update(lever={}), "lever: no such key. Did you mean levers"),
        (lambda t: t["levers"]["aid"].pop("maximum"), "levers.aid.maximum: must be given"),
        (lambda t: t["levers"]["aid"].update(reaches=[]), "levers.aid.reaches: names no effect"),
        (lambda t: t["levers"]["aid"].update(reaches=["hhi"]), "levers.aid.reaches.1.*not a table"),
        (lambda t: t["levers"]["aid"].update(evidence=["x_fiji"]), "levers.aid.evidence"),
        (
            lambda t: t["levers"]["aid"]["plausible"].pop("evidence"),
            "does not say where its size is from",
        ),
        (lambda t: t["levers"]["aid"]["plausible"].update(evidence=["x_fiji"]), "aid.plausible.evidence"),
        (lambda t: t["levers"]["aid"]["maximum"].pop("events"), "levers.aid.maximum: changes nothing"),
        (
            lambda t: t["levers"]["money"]["maximum"]["against"].update(
                set={"economy.initial_military_budget": 1500}
            ),
            "levers.money.maximum: changes nothing",
        ),
        (lambda t: t["levers"]["money"]["maximum"]["against"].update(dose=1), "against.dose: no such key"),
        (
            lambda t: t["levers"]["money"]["plausible"].update(set={"economy.x": 1}),
            "money.plausible.set.economy.x",
        ),
        (
            lambda t: t["levers"]["aid"]["plausible"]["events"][0].update(to=-1),
            "events.1..to.*bounds",
        ),
        (lambda t: t["levers"]["aid"]["reaches"][0].update(variable="aids"), "reaches.1..variable.*mean aid"),
        (lambda t: t["levers"]["aid"]["reaches"][2].update(partner="x"), "levers.aid.reaches.3..partner"),
        (lambda t: t["levers"]["aid"]["reaches"][2].update(reason=3), "reaches.3..reason = 3: not a text"),
        (lambda t: t["levers"]["aid"]["reaches"][0].update(at=2023), "outside the horizon"),
        (lambda t: t.update(end="2019-Q4"), "end.*not after the start"),
    ],
)
def test_mistakes_in_the_file_are_said_in_one_line(written: Any, change: Any, message: str) -> None:
    with pytest.raises(errors.InputError, match=message) as caught:
        written(change)
    assert "levers.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_the_shipped_levers_say_what_they_rest_on() -> None:
    shipped = lever_files.read(sim.load("baseline"))
    assert shipped is not None and len(shipped.levers) >= 25
    assert all(each.evidence for each in shipped.levers)
    doses = [dose for each in shipped.levers for dose in (each.plausible, each.maximum)]
    assert {name for dose in doses for name in (dose.arm, dose.against)} == set(shipped.arms)


@pytest.mark.long
def test_no_shipped_dose_is_without_effect() -> None:
    shipped = lever_files.read(sim.load("baseline"))
    assert shipped is not None
    assert [str(lost) for arm in shipped.arms.values() for lost in arm.ineffective] == []


def test_the_command_shows_sizes_within_eighty_columns(
    toy: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "_WIDE", 80)
    monkeypatch.chdir(tmp_path)
    arguments = ["directions", "--sizes", "--scenario", toy.root, "--trials", "10", "--id", "money"]
    shown = CliRunner().invoke(program, [*arguments, "--out", "potency.md"])
    assert shown.exit_code == 0 and max(map(len, shown.output.splitlines())) <= 80
    for part in (
        "Military budget",
        "m/year",
        "100 %",
        "Nothing of it is aid.",
        "1 potent, 0 unclear, 1 inert",
    ):
        assert part in " ".join(shown.output.split())
    page = (tmp_path / "potency.md").read_text(encoding="utf-8")
    options = ["--trials", "10", "--seed", "1", "--id", "money", "--out", "potency.md"]
    assert f"`{shlex.join(['sim', *arguments[:4], *options])}`" in page
    content = json.loads(CliRunner().invoke(program, [*arguments, "--json"]).output)
    assert [(each["lever"], each["unit"]) for each in content["results"]] == [
        ("money", "US$ m/year"),
        ("money", "US$ m"),
    ]
    largest = content["results"][0]
    assert largest["maximum"]["mean"] == pytest.approx(largest["standard"]) and largest["verdict"] == "potent"


def test_the_command_leaves_with_one_if_something_is_inert_for_no_reason(toy: Scenario) -> None:
    arguments = ["directions", "--sizes", "--scenario", toy.root, "--trials", "2", "--id", "aid"]
    shown = CliRunner().invoke(program, arguments)
    assert shown.exit_code == 1 and potency.NO_REASON in shown.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sizes", "--id", "mony"], "Did you mean money?"),
        (["--sizes", "--trials", "1"], "at least 2"),
        (["--out", "page.md"], "--out goes with --sizes"),
        (["--sizes", "--out", "none/page.md"], "none/page.md: cannot be written"),
        (["--sizes", "--out", "."], "cannot be written"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(
    arguments: list[str], message: str, toy: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(program, ["directions", "--scenario", toy.root, *arguments])
    assert shown.exit_code == 2 and message in shown.output
    assert list(tmp_path.iterdir()) == []


def test_the_page_names_what_is_inert_and_what_is_no_longer(report: potency.Report) -> None:
    page = texts.page(report, "sim directions --sizes", "0123abc")
    ranked, _, rest = page.partition("## Inert")
    assert ranked.index("no spread") < ranked.index("`money` | Military budget")
    inert, _, doses = rest.partition("## Doses")
    assert "Nothing of it is aid." in inert and potency.NO_REASON in inert
    assert "It was said to leave nothing." in inert.partition("Not inert, though")[2]
    assert "half more, against half" in doses and "Invented." in doses
