"""Scenario files: overlays, chains, digests, and every mistake that they can hold."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import pytest

from sim.case import case
from sim.scenario import loading
from sim.scenario.files import shipped
from sim.scenario.scenario import Scenario
from sim.vocabulary import errors
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError
from workshop import BASE, Workshop, says

#: The option of these tests is the default, which is said.
choice_is_logit = pytest.mark.filterwarnings(
    "ignore:.*choice = logit. no effect:sim.vocabulary.errors.IneffectiveChange"
)


@choice_is_logit
def test_a_scenario_lies_over_its_base(workshop: Workshop) -> None:
    workshop.write("base.toml", BASE + '[set]\n"grants.handover" = 3\n"grants.budget_growth" = 0.3\n')
    mine = workshop.scenario(
        """
        story = "  What happens.  "
        evidence = ["mm_spillover"]
        look_at = ["hhi"]
        end = "2025-Q2"
        variant = { choice = "logit" }
        [set]
        grants.handover = 4
        """
    )
    assert (mine.name, mine.title, mine.story, mine.extends) == (
        "mine",
        "Mine",
        "What happens.",
        "./base.toml",
    )
    assert (mine.start, mine.end, mine.n_steps) == (Quarter(2020, 1), Quarter(2025, 2), 22)
    assert mine.parameters["grants.handover"].value == 4
    assert mine.parameters["grants.budget_growth"].value == 0.3
    assert mine.parameters["grants.budget_growth"].file == "base.toml"
    assert mine.overrides == (("grants.handover", "4"), ("grants.budget_growth", "0.3"))
    assert mine.variant == (("choice", "logit"),)
    assert mine.look_at == ("hhi",)
    assert mine.case.recipient == "aldara"


@choice_is_logit
def test_a_variant_lies_under_what_its_scenario_sets(workshop: Workshop) -> None:
    variant = 'variant = { choice = "satisficing" }\n'
    assert workshop.scenario('variant = { choice = "logit" }\n').parameters["grants.handover"].value == 2
    assert workshop.scenario(variant).parameters["grants.handover"].value == 3
    assert (
        workshop.scenario(variant + "[set]\ngrants.handover = 4\n").parameters["grants.handover"].value == 4
    )


def test_quoted_and_bare_keys_mean_the_same(workshop: Workshop) -> None:
    quoted = workshop.scenario('[set]\n"border.taste.cindral" = { uniform = [0, 1] }\n')
    bare = workshop.scenario("[set]\nborder.taste.cindral = { uniform = [0, 1] }\n")
    assert quoted.digest == bare.digest


def test_shipped_scenarios_go_by_name(workshop: Workshop) -> None:
    workshop.write("scenarios/baseline.toml", BASE.replace("./", "../"))
    workshop.write("scenarios/surge.toml", 'title = "S"\nextends = "baseline"\n')
    assert shipped() == ("baseline", "surge")
    assert loading.load("surge").digest == loading.load("scenarios/baseline.toml").digest
    with pytest.raises(errors.UnknownName) as caught:
        loading.load("baselin")
    assert str(caught.value) == "baselin: no such scenario. Did you mean baseline? A path ends in .toml."
    with pytest.raises(errors.MissingFile) as missing:
        loading.load("mine/baseline.toml")
    assert str(missing.value) == (
        'mine/baseline.toml: no such file. The shipped scenario is called "baseline".'
    )


def test_a_case_given_by_hand_replaces_that_of_the_files(workshop: Workshop) -> None:
    workshop.write("base.toml", BASE.replace("./archipelago", "./atlantis"))
    with pytest.raises(errors.MissingFile) as caught:
        loading.load("base.toml")
    says(caught.value, "base.toml", "case", "Check the path", "./atlantis")
    assert loading.load("base.toml", case="./archipelago").case.recipient == "aldara"
    assert loading.load("base.toml", case=case.load("./archipelago")).case.recipient == "aldara"


def test_override(workshop: Workshop) -> None:
    base = loading.load("base.toml")
    other = base.override({"grants.handover": 4}, name="slow")
    assert (other.name, other.extends) == ("slow", "base")
    assert other.overrides == (("grants.handover", "4"),)
    assert other.digest != base.digest
    assert base.override({"grants.handover": 4}).name == "base with other grants.handover"
    with pytest.raises(errors.UnknownName) as caught:
        base.override({"grants.handovr": 4})
    assert str(caught.value) == "grants.handovr: no such parameter. Did you mean grants.handover?"


@choice_is_logit
def test_the_digest_follows_what_can_change_a_number(workshop: Workshop) -> None:
    base = loading.load("base.toml")
    assert workshop.scenario('story = "Words."\n').digest == base.digest
    texts = (
        "[set]\ngrants.handover = 2.1\n",
        'end = "2029-Q3"\n',
        '[variant]\nchoice = "logit"\n',
        '[[events]]\nat = "2021-Q1"\nwhat = "cancel"\nsupplier = "cindral"\n',
        '[[events]]\nat = "2021-Q2"\nwhat = "cancel"\nsupplier = "cindral"\n',
    )
    digests = {workshop.scenario(text).digest for text in texts} | {base.digest}
    assert len(digests) == len(texts) + 1


def test_a_scenario_survives_a_trip_to_another_process(workshop: Workshop) -> None:
    mine = workshop.scenario('[[events]]\nat = "2021-Q1"\nwhat = "cancel"\nsupplier = "cindral"\n')
    copy: Scenario = pickle.loads(pickle.dumps(mine))
    assert copy.digest == mine.digest
    assert copy.events == mine.events


@choice_is_logit
def test_diff(workshop: Workshop) -> None:
    base = loading.load("base.toml")
    mine = workshop.scenario(
        """
        end = "2025-Q2"
        variant = { choice = "logit" }
        [set]
        grants.handover = { uniform = [3, 5] }
        [[events]]
        at = "2021-Q1"
        what = "cancel"
        supplier = "cindral"
        """
    )
    found = {(d.kind, d.key, d.a, d.b, d.unit) for d in loading.diff(base, mine)}
    event = "2021-Q1 cancel supplier=cindral share=1.0"
    assert found == {
        ("horizon", "end", "2029-Q4", "2025-Q2", ""),
        ("variant", "choice", "", "logit", ""),
        ("parameter", "grants.handover", "2", "4 (uniform, 3 to 5)", "years"),
        ("event", event, "", event, ""),
    }
    assert loading.diff(mine, mine) == []


@pytest.mark.parametrize(
    ("text", "kind", "place", "remedy", "value"),
    [
        ("storry = 'x'\n", errors.UnknownName, "storry", "Did you mean story?", None),
        ("story = 3\n", errors.WrongType, "story", "quotation marks", 3),
        ('start = "2020"\n', errors.WrongType, "start", 'rite it as "2027-Q1"', "2020"),
        ("start = 2020-01-01\n", errors.WrongType, "start", 'rite it as "2027-Q1"', None),
        ('end = "2020-Q1"\n', errors.Contradiction, "end", "Choose a later end", "2020-Q1"),
        ('case = "atlantis"\n', errors.UnknownName, "case", "folder has a /", "atlantis"),
        ('evidence = ["mm_spilover"]\n', errors.UnknownName, "evidence", "mean mm_spillover?", "mm_spilover"),
        ('look_at = ["hhii"]\n', errors.UnknownName, "look_at", "Did you mean hhi?", "hhii"),
        ("look_at = [3]\n", errors.WrongType, "look_at[1]", "quotation marks", 3),
        ("variant = { choice = 1 }\n", errors.WrongType, "variant.choice", "quotation marks", 1),
        ("variant = { choise = 'logit' }\n", errors.UnknownName, "variant.choise", "mean choice?", None),
        ("variant = { choice = 'loggit' }\n", errors.UnknownName, "variant.choice", "mean logit?", "loggit"),
        ("set = 3\n", errors.WrongType, "set", "Write it as a table", 3),
        ("[set]\ngrants.handovr = 3\n", errors.UnknownName, "set.grants.handovr", "grants.handover?", None),
        ("[set]\nhandover = 3\n", errors.UnknownName, "set.handover", "Did you mean grants.handover?", None),
        ("[set]\ngrants.handover = 30\n", errors.OutOfBounds, "set.grants.handover", "0 and 10", 30),
        ("[set]\ngrants.handover = '3'\n", errors.WrongType, "set.grants.handover", "finite number", "3"),
        (
            "[set]\ngrants.handover = { value = 3, unit = 'months' }\n",
            errors.WrongUnit,
            "set.grants.handover.unit",
            "is in years",
            "months",
        ),
        (
            '[set]\ngrants.handover = 3\n"grants.handover" = 4\n',
            errors.DuplicateKey,
            "set.grants.handover",
            "Keep one",
            4,
        ),
        ('title = "Again"\n', errors.DuplicateKey, "line 3: title", "Keep one", None),
        ("events = 3\n", errors.WrongType, "events", "Write it as a list", 3),
        ("events = [3]\n", errors.WrongType, "events[1]", "[[events]]", 3),
    ],
)
def test_mistakes(
    workshop: Workshop, text: str, kind: type[InputError], place: str, remedy: str, value: object
) -> None:
    with pytest.raises(kind) as caught:
        workshop.scenario(text)
    says(caught.value, "mine.toml", place, remedy, value)


@pytest.mark.parametrize("line", ["case", "start", "end"])
def test_a_root_scenario_names_case_start_and_end(workshop: Workshop, line: str) -> None:
    text = "\n".join(each for each in BASE.splitlines() if not each.startswith(line))
    workshop.write("base.toml", text)
    with pytest.raises(errors.MissingField) as caught:
        loading.load("base.toml")
    says(caught.value, "base.toml", line, f"Add {line} = ")


def test_a_scenario_has_a_title(workshop: Workshop) -> None:
    workshop.write("bare.toml", 'extends = "./base.toml"\n')
    with pytest.raises(errors.MissingField) as caught:
        loading.load("bare.toml")
    says(caught.value, "bare.toml", "title", "Add the line title = ...")


def test_an_empty_file(workshop: Workshop) -> None:
    workshop.write("empty.toml", "# nothing\n")
    with pytest.raises(errors.MissingField) as caught:
        loading.load("empty.toml")
    assert str(caught.value).startswith('empty.toml: the file is empty. Start it with title = "..."')


@pytest.mark.parametrize(("base", "remedy"), [("baselin", "Did you mean baseline?"), ("./x.toml", "Known")])
def test_missing_base(workshop: Workshop, base: str, remedy: str) -> None:
    workshop.write("scenarios/baseline.toml", BASE)
    workshop.write("mine.toml", f'title = "M"\nextends = "{base}"\n')
    with pytest.raises(errors.MissingBase) as caught:
        loading.load("mine.toml")
    says(caught.value, "mine.toml", "extends", remedy, base)


def test_a_circle_of_extends(workshop: Workshop) -> None:
    workshop.write("a.toml", 'title = "A"\nextends = "./b.toml"\n')
    workshop.write("b.toml", 'title = "B"\nextends = "./a.toml"\n')
    with pytest.raises(errors.ExtendsCycle) as caught:
        loading.load("a.toml")
    says(caught.value, "b.toml", "extends", "Let one of them stand on its own", "./a.toml")
    assert "a.toml extends b.toml extends a.toml" in str(caught.value)
    workshop.write("self.toml", 'title = "S"\nextends = "./self.toml"\n')
    with pytest.raises(errors.ExtendsCycle, match=r"self\.toml extends self\.toml"):
        loading.load("self.toml")


def test_in_a_chain_the_error_names_the_file_with_the_bad_line(workshop: Workshop) -> None:
    workshop.write("deep/middle.toml", 'title = "M"\nextends = "../base.toml"\n[set]\ngrants.handover = 30\n')
    workshop.write("mine.toml", 'title = "Mine"\nextends = "deep/middle.toml"\n')
    with pytest.raises(errors.OutOfBounds) as caught:
        loading.load("mine.toml")
    says(caught.value, "deep/middle.toml", "set.grants.handover", "Keep it between 0 and 10", 30)


def test_every_shipped_scenario_loads_and_tells_its_story() -> None:
    for name in shipped():
        made = loading.load(name)
        assert made.title and made.story and made.look_at, name


def test_quarters() -> None:
    assert str(Quarter.parse("2024-Q3")) == "2024-Q3"
    assert Quarter.from_ordinal(Quarter(2024, 3).ordinal) == Quarter(2024, 3)
    assert Quarter(2024, 4) + 1 == Quarter(2025, 1)
    assert Quarter(2024, 4) < Quarter(2025, 1)
    for bad in ("2024-Q5", "2024Q1", "24-Q1", 2024, "２０２４-Q1", "2024-Q1 "):
        with pytest.raises(ValueError, match="2027-Q1"):
            Quarter.parse(bad)


def test_loading_is_quick(workshop: Workshop, tmp_path: Path) -> None:
    for number in range(30):
        table = f'[p{number}]\ndescription = "P."\nunit = "logit"\ndims = ["supplier", "category"]\n'
        table += 'value = 0.0\ndistribution = { normal = [0, 1] }\nbounds = [-3, 3]\nassumption = "x"\n'
        workshop.write(f"generic/many{number}.toml", table)
    start = time.perf_counter()
    assert len(loading.load("base.toml").parameters) > 250
    assert time.perf_counter() - start < 0.5
