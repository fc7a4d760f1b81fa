"""Writing a future: events in Python, combinations, text that loads to the same, and what helps."""

from __future__ import annotations

import dataclasses
import json
import re
import warnings
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.cli import sim as program
from sim.design import plan as design
from sim.engine.block import run_block
from sim.files.records import read_toml
from sim.scenario import files, record
from sim.scenario.events import VERBS
from sim.scenario.files import ScenarioTable
from sim.scenario.scenario import Scenario
from sim.vocabulary import errors
from sim.vocabulary.dates import Quarter
from workshop import BASE, Workshop

SET: dict[str, Any] = {"at": "2022-Q1", "what": "set", "name": "grants.handover", "to": 3.0}
SIGN: dict[str, Any] = {"at": "2023-Q1", "what": "sign", "partner": "borveil", "rung": 3}
CANCEL: dict[str, Any] = {"at": "2024-Q1", "what": "cancel", "supplier": "cindral"}
HOLD: dict[str, Any] = {
    "at": "2024-Q1",
    "what": "hold",
    "name": "posture.cindral",
    "to": 2,
    "for_quarters": 8,
}
RELATION: dict[str, Any] = {"at": "2024-Q1", "what": "set", "name": "relation.aldara.cindral", "to": -0.5}


def toml(*events: dict[str, Any]) -> str:
    """Write tables of [[events]]."""
    return "".join(
        "[[events]]\n" + "".join(f"{key} = {errors.quoted(value)}\n" for key, value in each.items())
        for each in events
    )


@pytest.fixture
def base(workshop: Workshop) -> Scenario:
    """A scenario with two events: one with an id, one without."""
    return workshop.scenario(toml(CANCEL | {"id": "end"}, HOLD), "base2.toml")


# ---------------------------------------------------------------- events in Python


def test_events_in_python_are_those_of_a_file(workshop: Workshop, base: Scenario) -> None:
    text = toml(SET, SIGN | {"note": "N.", "evidence": ["mm_spillover"]})
    workshop.write("child.toml", 'title = "Child"\nextends = "./base2.toml"\n' + text)
    of_file = sim.load("child.toml")
    date, rung = Quarter(2022, 1), np.int64(3)
    made = base.with_events(
        [
            SET | {"at": date, "to": np.float32(3)},
            SIGN | {"rung": rung, "note": "N.", "evidence": ["mm_spillover"]},
        ],
        name="child",
        title="Child",
        story=" Why. ",
        evidence=["mm_spillover"],
        look_at=["hhi"],
    )
    assert made.digest == of_file.digest != base.digest
    assert [(e.note, e.evidence) for e in made.events] == [(e.note, e.evidence) for e in of_file.events]
    assert (made.name, made.title, made.story, made.extends) == ("child", "Child", "Why.", "base2")
    assert (made.evidence, made.look_at) == (("mm_spillover",), ("hhi",))
    assert base.with_events([SET]).name == "base2 with 2022-Q1 set grants.handover"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"events": SET}, "events: a builtins.dict is not a list. Give a list"),
        ({"events": [3]}, "events[1] = 3: not a table"),
        ({"events": [SET, {"at": "2022-Q1"}]}, "events[2].what: must be given"),
        ({"events": [SET | {"to": 30}]}, "events[1].to = 30: outside the bounds. Keep it between 0 and 10"),
        ({"events": [SET | {"at": "2042-Q1"}]}, "events[1].at"),
        ({"events": [SET | {"name": "grants.handovr"}]}, "Did you mean grants.handover?"),
        ({"events": [HOLD | {"to": 1}]}, "contradicts events[2] of base2.toml"),
        ({"events": [SET, SET | {"to": 4}]}, "contradicts events[1], which fixes grants.handover"),
        ({"events": [SET | {"id": "end"}]}, 'write replace = "end" to stand in its place'),
        ({"events": [SET | {"id": "a"}, SIGN | {"id": "a"}]}, "names events[1] already. Choose another."),
        (
            {"events": [SET | {"replace": "ende"}]},
            'events[1].replace = "ende": no such inherited event. Did you mean end?',
        ),
        ({"drop": ["end", "2024-Q1 hold posture.cindrel"]}, "drop[2]"),
        ({"drop": "end"}, 'drop: "end" is not a list'),
        ({"events": [SET], "evidence": ["mm_spilover"]}, "Did you mean mm_spillover?"),
        ({"events": [SET], "look_at": ["hhii"]}, "Did you mean hhi?"),
        ({"events": [SET], "name": "a\nb"}, "name"),
        ({"events": [SET], "story": "\x1b[1m"}, "story"),
    ],
)
def test_mistakes_are_one_line(base: Scenario, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(sim.InputError) as caught:
        base.with_events(**arguments)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_an_event_is_replaced_or_dropped(workshop: Workshop, base: Scenario) -> None:
    other = CANCEL | {"share": 0.5, "replace": "end"}
    text = 'drop = ["2024-Q1 hold posture.cindral"]\n' + toml(other)
    workshop.write("child.toml", 'title = "Child"\nextends = "./base2.toml"\n' + text)
    child = sim.load("child.toml")
    made = base.with_events([other], drop=["2024-Q1 hold posture.cindral"])
    assert child.digest == made.digest
    assert [(e["share"], e.label) for e in child.events] == [(0.5, "end")]
    assert {str(each) for each in sim.diff(base, child)} == {
        "- 2024-Q1 cancel supplier=cindral share=1.0",
        "- 2024-Q1 hold name=posture.cindral to=2.0 for_quarters=8",
        "+ 2024-Q1 cancel supplier=cindral share=0.5",
    }
    again = made.with_events(drop=["end"])
    assert again.events == ()
    assert again.digest == sim.load("base.toml").digest


def test_what_can_have_no_effect_is_said(workshop: Workshop) -> None:
    base = sim.load("base.toml")
    with pytest.warns(sim.IneffectiveChange, match="so already"):
        base.with_events([SET | {"to": 2}])
    with pytest.warns(sim.IneffectiveChange, match="nothing is changed"):
        base.with_events([])
    changed = base.override({"grants.handover": 4})
    with pytest.warns(sim.IneffectiveChange, match=r"grants\.handover: no effect: events decide it"):
        changed.with_events([SET | {"at": "2020-Q1"}])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        base.with_events([SET])


# ---------------------------------------------------------------- several at once


def test_a_combination_is_what_a_file_that_extends_both_says(workshop: Workshop) -> None:
    one = workshop.scenario(toml(SET, SIGN) + "[set]\ngrants.budget_growth = 0.3\n", "one.toml")
    two = workshop.scenario(toml(HOLD, SIGN), "two.toml")
    workshop.write("both.toml", 'title = "Both"\nextends = ["./one.toml", "./two.toml"]\n')
    both, base = sim.load("both.toml"), sim.load("base.toml")
    made = sim.combine("one.toml", two)
    assert made.digest == both.digest == sim.combine(two, one).digest
    assert [event.label for event in made.events] == [
        "2022-Q1 set grants.handover",
        "2023-Q1 sign borveil",
        "2024-Q1 hold posture.cindral",
    ]
    assert made.parameters["grants.budget_growth"].value == 0.3
    assert made.base is not None and made.base.digest == base.digest
    assert (made.name, made.title, both.extends) == ("one + two", "Mine", "./one.toml, ./two.toml")
    with pytest.warns(sim.IneffectiveChange, match="one: no effect: it changes nothing against one"):
        assert sim.combine(one, one.with_events([HOLD], name="more")).digest == both.digest
    longer = 'title = "M"\nextends = ["./one.toml", "./two.toml"]\nend = "2031-Q4"\n'
    workshop.write("more.toml", longer + toml(RELATION | {"at": "2031-Q1"}))
    more = sim.load("more.toml")
    assert (str(more.end), len(more.events)) == ("2031-Q4", 4)
    assert {each.kind for each in sim.diff(both, more)} == {"horizon", "event"}


CONFLICTS: list[tuple[str, str, str, str, str, dict[str, Any]]] = [
    (  # the same event, otherwise
        toml(SET),
        toml(SET | {"to": 4}),
        "events[1] of one.toml (one: 2022-Q1 set name=grants.handover to=3.0)",
        'replace = "2022-Q1 set grants.handover"',
        toml(SET | {"to": 4, "replace": "2022-Q1 set grants.handover"}),
        {"events": [SET | {"to": 4, "replace": "2022-Q1 set grants.handover"}]},
    ),
    (  # at overlapping times
        toml(HOLD),
        toml(HOLD | {"at": "2025-Q4", "to": 3}),
        "both change posture.cindral",
        'drop = ["2025-Q4 hold posture.cindral"]',
        'drop = ["2025-Q4 hold posture.cindral"]\n',
        {"drop": ["2025-Q4 hold posture.cindral"]},
    ),
    (
        toml(SET),
        toml({"at": "2027-Q1", "what": "scale", "name": "grants.handover", "by": 2.0}),
        "both change grants.handover",
        'drop = ["2022-Q1 set grants.handover"]',
        'drop = ["2022-Q1 set grants.handover"]\n',
        {"drop": ["2022-Q1 set grants.handover"]},
    ),
    (  # a relation is the same in both directions
        toml(RELATION),
        toml(RELATION | {"at": "2026-Q1", "name": "relation.cindral.aldara", "to": 0.5}),
        "both change relation.aldara.cindral",
        'drop = ["2026-Q1 set relation.cindral.aldara"]',
        'drop = ["2026-Q1 set relation.cindral.aldara"]\n',
        {"drop": ["2026-Q1 set relation.cindral.aldara"]},
    ),
    (  # parameters
        "[set]\ngrants.handover = 3\n",
        "[set]\ngrants.handover = 4\n",
        "grants.handover is changed to 3 (one, one.toml) and 4 (two, two.toml)",
        'Say which holds: "grants.handover" = ... in [set], or in changes.',
        "[set]\ngrants.handover = 4\n",
        {"changes": {"grants.handover": 4}},
    ),
    (  # what both have named alike
        toml(SIGN | {"id": "deal"}),
        toml(CANCEL | {"id": "deal"}),
        "both change the event deal",
        'replace = "deal"',
        toml(SIGN | {"replace": "deal"}),
        {"events": [SIGN | {"replace": "deal"}]},
    ),
]


@pytest.mark.parametrize(("one", "two", "said", "remedy", "file", "python"), CONFLICTS)
def test_a_conflict_is_said_with_both_places_and_a_remedy_that_works(
    workshop: Workshop, one: str, two: str, said: str, remedy: str, file: str, python: dict[str, Any]
) -> None:
    first, second = workshop.scenario(one, "one.toml"), workshop.scenario(two, "two.toml")
    head = 'title = "Both"\nextends = ["./one.toml", "./two.toml"]\n'
    workshop.write("both.toml", head)
    for call in (lambda: sim.combine(first, second), lambda: sim.load("both.toml")):
        with pytest.raises(errors.Contradiction) as caught:
            call()
        line = str(caught.value)
        assert said in line and remedy in line and "\n" not in line
        assert "one.toml" in line and "two.toml" in line
    workshop.write("both.toml", head + file)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settled = sim.combine(first, second, name="both", **python)
        assert settled.digest == sim.load("both.toml").digest


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (toml(HOLD), toml(HOLD | {"at": "2026-Q1", "to": 3})),
        (toml(HOLD), toml({"at": "2025-Q1", "what": "set", "name": "posture.cindral", "to": 2})),
        (toml(SET), toml({"at": "2022-Q1", "what": "set", "name": "grants.budget_growth", "to": 0.3})),
        ("[set]\ngrants.handover = 3\n", "[set]\ngrants.handover = 3.0\n"),
        (toml(CANCEL), toml(CANCEL | {"supplier": "overseas"})),
    ],
)
def test_no_conflict(workshop: Workshop, one: str, two: str) -> None:
    first, second = workshop.scenario(one, "one.toml"), workshop.scenario(two, "two.toml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sim.IneffectiveChange)
        made = sim.combine(first, second)
    assert {e.text() for e in (*first.events, *second.events)} == {e.text() for e in made.events}


def test_what_cannot_be_combined(workshop: Workshop) -> None:
    one = workshop.scenario(toml(SET), "one.toml")
    workshop.write("elsewhere.toml", BASE.replace("2020-Q1", "2021-Q1"))
    workshop.write("far.toml", 'title = "Far"\nextends = "./elsewhere.toml"\n' + toml(SIGN))
    with pytest.raises(
        errors.Contradiction, match="share no base: one rests on base, far rests on elsewhere"
    ):
        sim.combine(one, "far.toml")
    with pytest.raises(errors.InputError, match="Give two or more"):
        sim.combine(one)
    with pytest.warns(sim.IneffectiveChange, match="base: no effect: it changes nothing against base"):
        sim.combine(one, "base.toml")
    for extends, said in (("3", "not a scenario"), ('["./one.toml", "./one.toml"]', "Name it once")):
        workshop.write("mine.toml", f'title = "M"\nextends = {extends}\n')
        with pytest.raises(errors.WrongType, match=said):
            sim.load("mine.toml")
    workshop.write("loop.toml", 'title = "L"\nextends = ["./one.toml", "./loop.toml"]\n')
    with pytest.raises(errors.ExtendsCycle, match=r"extends\[2\].*loop\.toml extends loop\.toml"):
        sim.load("loop.toml")


# ---------------------------------------------------------------- text that loads to the same


def variants_of(base: Scenario) -> dict[str, Scenario]:
    """Return scenarios made from one in every way there is."""
    more = base.override(
        {
            "grants.handover": {"value": 3, "uniform": [2, 5]},
            "border.taste.cindral": 0.1,
            "grants.budget_growth": -0.0,
        },
        name="more",
        variant={"choice": "satisficing"},
    )
    late = base.with_events(
        [SET | {"id": "s"}, SIGN], name="late", story='A "b" \\ c\n\nd """ e', drop=["end"]
    )
    return {
        "override": more,
        "with_events": late,
        "replaced": late.with_events(
            [SET | {"to": 1 / 3, "replace": "s", "note": "N", "evidence": ["mm_spillover"]}]
        ),
        "combine": sim.combine(more, late, name="both"),
        "shorter": dataclasses.replace(late, end=Quarter(2026, 4)),
        "base": base,
    }


@pytest.mark.parametrize("way", ["override", "with_events", "replaced", "combine", "shorter", "base"])
def test_the_text_of_a_scenario_loads_to_the_same(workshop: Workshop, base: Scenario, way: str) -> None:
    made = variants_of(base)[way]
    path = made.write("sub.toml")
    for again in (sim.load(made.to_toml()), sim.load(path)):
        assert again.digest == made.digest
        assert (again.story, again.evidence, again.look_at) == (made.story, made.evidence, made.look_at)
        assert [(e.id, e.note, e.evidence) for e in again.events] == [
            (e.id, e.note, e.evidence) for e in made.events
        ]
        assert again.title == made.title
    with pytest.raises(errors.InputError, match=r"sub\.toml: already exists. Choose another path"):
        made.write("sub.toml")
    assert made.write("sub.toml", force=True) == path
    with pytest.raises(errors.WrongType, match=r"Write sub\.toml"):
        made.write("sub.json")


def test_a_shipped_scenario_is_extended_rather_than_copied(workshop: Workshop) -> None:
    workshop.write("scenarios/baseline.toml", BASE.replace("./", "../") + toml(CANCEL, HOLD))
    made = sim.load("baseline").with_events([SET | {"replace": "2024-Q1 cancel cindral"}, SIGN], name="mine")
    text = made.to_toml()
    assert 'extends = "baseline"' in text and "case" not in text and text.count("[[events]]") == 2
    assert sim.load(text).digest == made.digest
    other = sim.load("baseline").override({"grants.handover": 3}, name="baseline")
    assert 'extends = "baseline"' in other.with_events([SIGN]).to_toml(), "not its namesake"
    assert "grants.handover" in other.with_events([SIGN]).to_toml()


@pytest.mark.parametrize("name", plans.usual(files.shipped(), ("quad_joined", "calibrated", "origin_2005")))
def test_every_shipped_scenario_survives_its_text(name: str) -> None:
    shipped = sim.load(name)
    assert sim.load(shipped.to_toml()).digest == shipped.digest


@pytest.mark.filterwarnings("ignore::sim.IneffectiveChange")
def test_the_text_of_a_scenario_runs_to_the_same_bits() -> None:
    made = plans.scenario("archipelago", plans.busy("archipelago"), {"demand.caution": 0.3})
    again = sim.load(made.to_toml())
    one, other = (run_block(design.plan(each, 1), 0, 3, ["hhi", "orders"]) for each in (made, again))
    assert all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)


def test_a_posterior_is_named_by_its_path(workshop: Workshop, base: Scenario) -> None:
    workshop.write("p.csv", "grants.handover\n2\n3\n")
    drawn = base.with_posterior("p.csv")
    fixed = drawn.override({"grants.handover": 4}, name="fixed")
    for made in (drawn, fixed):
        assert sim.load(made.to_toml()).digest == made.digest
        assert record.restore(json.loads(json.dumps(record.content(made)))).digest == made.digest
    assert str(drawn).splitlines()[1:] == ["  1 change against base2", "  posterior: none -> p.csv"]
    workshop.write("p.csv", "grants.handover\n2\n4\n")
    with pytest.raises(errors.MissingFile, match=r"p\.csv: the posterior"):
        drawn.to_toml()


def test_text_is_loaded_like_a_file(workshop: Workshop) -> None:
    text = 'title = "Wetter"\nextends = "./base.toml"\n' + toml(SET)
    assert sim.load(text).name == "Wetter"
    with pytest.raises(errors.UnknownName, match=r"^the text given: titel: no such key"):
        sim.load(text.replace("title", "titel"))
    with pytest.raises(errors.BadSyntax, match=r"^the text given: line 2"):
        sim.load('title = "W"\nextends =\n')


# ---------------------------------------------------------------- how it looks


def test_a_scenario_prints_what_it_changes_and_nothing_else(base: Scenario) -> None:
    made = base.override({"border.taste": 0.2, "grants.handover": 3}, name="other").with_events(
        [SET | {"to": 4}], name="late"
    )
    assert str(made) == "late\n  1 change against other\n  + 2022-Q1 set name=grants.handover to=4.0"
    assert made.base is not None
    assert str(made.base).splitlines() == [
        "other",
        "  2 changes against base2",
        "  border.taste: 0 (normal, mean 0, s.d. 0.6) -> 0.2 logit",
        "  grants.handover: 2 -> 3 years",
    ]
    assert repr(made) == "<Scenario late: 1 change against other>"
    dates = [f"20{year}-Q{quarter}" for year in range(21, 29) for quarter in (2, 4)]
    many = base.with_events([{"at": date, "what": "replace_government"} for date in dates])
    assert many.name.endswith("2022-Q2 replace_government, 13 more")
    assert str(many).splitlines()[-1] == "  and 4 more"
    assert max(map(len, str(many).splitlines())) <= 80
    page = base.override({"grants.handover": 3}, name="<b>")._repr_html_()
    assert "<td>grants.handover</td><td>2</td><td>3</td><td>years</td>" in page
    assert "&lt;b&gt;" in page and 'scope="col"' in page


def test_what_there_is_can_be_listed() -> None:
    listed = sim.scenarios()
    assert [each.name for each in listed] == list(files.shipped())
    assert next(each.extends for each in listed if each.name == "quad_joined") == "quad_alignment"
    kept = {each.name: each for each in sim.variables()}
    assert kept["supplier_share"].dims == ("supplier",) and kept["supplier_share"].unit == "share"
    assert "choice_shock" not in kept
    assert [each.id for each in sim.evidence("mm_spillover")] == ["mm_spillover"]
    assert {each.topic for each in sim.evidence(topic="india")} == {"India–Japan axis"}
    assert pandas.DataFrame(sim.variables())["name"].tolist() == list(kept)
    for text in map(repr, (listed, sim.variables(), sim.evidence())):
        assert max(map(len, text.splitlines())) <= 80
    assert repr(sim.evidence()).endswith(f"and {len(sim.evidence()) - 60} more")
    assert "<th" in listed._repr_html_()
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", sim.__version__)
    for call, said in (
        (lambda: sim.evidence("mm_spilover"), "Did you mean mm_spillover?"),
        (lambda: sim.evidence(topic="cheese"), "no such topic"),
    ):
        with pytest.raises(sim.InputError, match=re.escape(said)):
            call()


def test_numbers_are_listed_and_traced() -> None:
    toy = plans.scenario("archipelago", changes={"demand.caution": 0.3})
    [caution] = sim.parameters("caution", toy)
    assert (caution.key, caution.value, caution.unit) == ("demand.caution", 0.3, "share")
    with pytest.raises(sim.InputError, match=r"Did you mean demand\.caution"):
        sim.parameters("demand.cautoin", toy)
    assert "number    demand.caution = 0.3 share" in str(sim.trace("caution", toy))


# ---------------------------------------------------------------- the format


def test_every_shipped_scenario_fits_the_schema() -> None:
    schema = sim.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    valid = jsonschema.Draft202012Validator(schema)
    for name in files.shipped():
        valid.validate(read_toml(files.find(name)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"titel": "x"},
        {"title": 3},
        {"extends": [3]},
        {"start": "2024"},
        {"look_at": ["hhii"]},
        {"evidence": ["nobody"]},
        {"set": {"demand.caution": "0.3"}},
        {"set": {"demand": {"caution": {"value": 0.3, "unifrom": [0, 1]}}}},
        {"set": {"demand.caution": {"uniform": [0, 1, 2]}}},
        {"set": {"demand.caution": {"value": 0.3, "unit": "furlongs"}}},
        {"events": [{"at": "2027-Q1", "what": "explode"}]},
        {"events": [{"at": "2027-Q1", "what": "sign", "partner": "japan"}]},
        {"events": [{"at": "2027-Q1", "what": "sign", "partner": "japan", "rung": 6}]},
        {"events": [{"at": "2027", "what": "replace_government"}]},
        {"events": [{"at": "2027-Q1", "what": "replace_government", "why": "x"}]},
        {"drop": "end"},
    ],
)
def test_a_wrong_one_does_not(wrong: dict[str, Any]) -> None:
    valid = jsonschema.Draft202012Validator(sim.schema())
    sound = {"title": "Sound", "extends": "baseline", "set": {"demand": {"caution": {"uniform": [0, 1]}}}}
    assert valid.is_valid(sound)
    assert not valid.is_valid(sound | wrong)


PAGE = Path(__file__).parents[1] / "docs" / "scenario-format.md"
BLOCKS = re.findall(r"```(toml|python)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "toml"])
def test_each_example_of_the_page_loads(text: str) -> None:
    head = "" if "title" in text else 'title = "Example"\nextends = "baseline"\n'
    with warnings.catch_warnings():
        warnings.simplefilter("error", sim.IneffectiveChange)
        made = sim.load(head + text)
    assert made.base is not None and made.digest != made.base.digest


def test_the_page_runs_and_knows_every_verb_and_key() -> None:
    [code] = [text for kind, text in BLOCKS if kind == "python"]
    exec(compile(code, str(PAGE), "exec"), {})
    page = PAGE.read_text(encoding="utf-8")
    fields = {field for verb in VERBS.values() for field in verb.model_fields}
    assert {
        name for name in {*ScenarioTable.model_fields, *VERBS, *fields} if f"`{name}`" not in page
    } == set()


# ---------------------------------------------------------------- the command line


def call(*arguments: str, given: str = "") -> Any:
    return CliRunner().invoke(program, arguments, input=given)


def test_a_new_scenario_is_sound_and_check_says_what_is_missing(workshop: Workshop) -> None:
    options = [
        "--title",
        "Wetter",
        "--extends",
        "base.toml",
        "--story",
        "Rain.",
        "--evidence",
        "mm_spillover",
    ]
    made = call("new-scenario", "sub/wetter", *options, "--look-at", "hhi")
    assert made.exit_code == 0, made.output
    loaded = sim.load("sub/wetter.toml")
    assert (loaded.title, loaded.story, loaded.evidence, loaded.look_at) == (
        "Wetter",
        "Rain.",
        ("mm_spillover",),
        ("hhi",),
    )
    before = Path("sub/wetter.toml").read_bytes()
    again = call("new-scenario", "sub/wetter.toml", *options, "--yes")
    assert again.exit_code == 2 and "already exists" in again.output
    assert Path("sub/wetter.toml").read_bytes() == before
    asked = call("new-scenario", "asked.toml", given="\nbase.toml\n\n\n\n")
    assert asked.exit_code == 0, asked.output
    assert sim.load("asked.toml").title == "Asked"
    nobody = call("new-scenario", "nobody.toml", given="\n")
    assert nobody.exit_code == 2 and "there is nobody to ask; add --yes" in nobody.stderr
    wrong = call("new-scenario", "wrong.toml", *options[:-1], "mm_spilover", "--yes")
    assert wrong.exit_code == 2 and "Did you mean mm_spillover?" in wrong.output
    assert not Path("wrong.toml").exists() and not Path("nobody.toml").exists()


def test_check_says_what_is_still_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("new-scenario", "mine", "--look-at", "hhi", "--yes").exit_code == 0
    checked = call("check", "mine.toml")
    assert checked.exit_code == 0
    assert checked.output.rstrip().endswith("still to write: evidence, story, a change")


def test_variables_and_the_schema_can_be_written() -> None:
    shown = call("variables").output
    assert "supplier_share" in shown and max(map(len, shown.splitlines())) <= 80
    rows = json.loads(call("variables", "--json").output)
    assert [row["name"] for row in rows] == [each.name for each in sim.variables()]
    assert json.loads(call("schema").output) == json.loads(json.dumps(sim.schema()))


@pytest.mark.parametrize("name", ["/", ".", "..", "loop/x.toml", "file/x.toml"])
def test_a_new_scenario_has_a_place_to_stand(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    """What cannot be written is one line, and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_text("kept")
    result = CliRunner().invoke(program, ["new-scenario", name, "--yes"])
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "loop"]
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("options", [["--extends", "nowhere.toml"], ["--extends", "nosuch"]])
def test_a_new_scenario_asks_nothing_where_an_option_is_wrong(
    options: list[str], tmp_path: Path, monkeypatch: Any
) -> None:
    """A mistake in an option is said before the first question."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(program, ["new-scenario", "new.toml", *options], input="\n\n\n\n\n")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1


def test_the_name_of_a_written_file_cannot_steer_the_terminal(tmp_path: Path, monkeypatch: Any) -> None:
    """A name that reorders text is written as asked, and shown with question marks."""
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["new-scenario", "a\u202eb.toml", "--title", "Fine", "--yes"],
        ["check", "a\u202eb.toml"],
    ):
        result = CliRunner().invoke(program, arguments)
        assert result.exit_code == 0, result.output
        assert "a?b.toml" in result.stdout
        assert "\u202e" not in result.output


@pytest.mark.parametrize(
    ("path", "better"),
    [
        (".", "mine.toml"),
        ("..", "../mine.toml"),
        ("a.txt", "a.toml"),
        ("sub/a", "sub/a.toml"),
        (".toml", "mine.toml"),
    ],
)
def test_a_name_that_would_do_is_offered(path: str, better: str) -> None:
    with pytest.raises(sim.InputError) as raised:
        sim.load("baseline").write(path)
    assert raised.value.remedy == f"Write {better}."
