"""Events: what each verb becomes, and every mistake that it can hold."""

from __future__ import annotations

from typing import Any

import pytest

from sim.scenario import events
from sim.scenario.events import Event, Target
from sim.vocabulary import errors
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError
from workshop import BASE, Workshop, says


def event(at: str = "2022-Q1", **fields: object) -> str:
    """Write one table of [[events]]."""
    lines = [f"{key} = {errors.quoted(value)}" for key, value in {"at": at, **fields}.items()]
    return "[[events]]\n" + "\n".join(lines) + "\n"


def only(workshop: Workshop, text: str) -> Event:
    [found] = workshop.scenario(text).events
    return found


def test_a_parameter_event_is_resolved(workshop: Workshop) -> None:
    found = only(
        workshop,
        event(what="scale", name="border.taste.cindral", by=2.0, note="N", evidence=["mm_spillover"]),
    )
    assert (found.at, found.what, found["by"], found["for_quarters"]) == (Quarter(2022, 1), "scale", 2, None)
    assert found.target == Target(
        "parameter",
        "border.taste",
        ("border.taste.cindral.patrol", "border.taste.cindral.strike", "border.taste.cindral.relief"),
        ((1, 0), (1, 1), (1, 2)),
    )
    assert (found.note, found.evidence) == ("N", ("mm_spillover",))
    assert (found.file, found.place) == ("mine.toml", "events[1]")
    assert found.text() == "2022-Q1 scale name=border.taste.cindral by=2.0"


@pytest.mark.parametrize(
    ("name", "elements", "index"),
    [
        ("posture.cindral", ("posture.cindral",), ((1,),)),
        ("alignment", ("alignment.borveil", "alignment.cindral"), ((0,), (1,))),
        ("relation.aldara.cindral", ("relation.aldara.cindral",), ((0, 1),)),
        ("relation.cindral.aldara", ("relation.aldara.cindral",), ((0, 1),)),
        (
            "relation.borveil.cindral",
            ("relation.borveil.cindral", "relation.cindral.borveil"),
            ((1, 1), (2, 0)),
        ),
        ("export_regime", ("export_regime",), ((),)),
    ],
)
def test_states_that_events_may_set(
    workshop: Workshop, name: str, elements: tuple[str, ...], index: tuple[tuple[int, ...], ...]
) -> None:
    target = only(workshop, event(what="hold", name=name, to=0, for_quarters=2)).target
    assert target == Target("state", name.split(".")[0], elements, index)


def test_the_other_verbs(workshop: Workshop) -> None:
    found = workshop.scenario(
        event(what="sign", partner="borveil", rung=3)
        + event("2023-Q1", what="lapse", partner="borveil")
        + event("2023-Q2", what="cancel", supplier="overseas")
        + event("2023-Q2", what="replace_government")
        + event("2023-Q3", what="grant", amount=575.0, state="noted")
        + event(
            "2023-Q4",
            what="order",
            supplier="cindral",
            category="strike",
            tiv=10,
            value=20,
            delay_quarters=4,
        )
        + event("2024-Q1", what="set", name="export_regime", to="closed")
        + event("2024-Q1", what="ramp", name="grants.handover", to=3, for_quarters=4)
    ).events
    assert [dict(each.fields) for each in found] == [
        {"partner": "borveil", "rung": 3},
        {"partner": "borveil", "rung": 0},
        {"supplier": "overseas", "share": 1.0},
        {},
        {"amount": 575.0, "state": "noted"},
        {
            "supplier": "cindral",
            "category": "strike",
            "tiv": 10.0,
            "value": 20.0,
            "delay_quarters": 4,
            "instalments": 1,
        },
        {"name": "export_regime", "to": 0.0},
        {"name": "grants.handover", "to": 3.0, "for_quarters": 4},
    ]
    assert (
        found[0].target
        == found[1].target
        == Target("state", "agreement_rung", ("agreement_rung.borveil",), ((0,),))
    )
    assert [each.target for each in found[2:6]] == [None] * 4


def test_events_are_in_order_of_date_and_the_base_comes_first(workshop: Workshop) -> None:
    def cancel(at: str, supplier: str) -> str:
        return event(at, what="cancel", supplier=supplier)

    workshop.write("base.toml", BASE + cancel("2023-Q1", "overseas") + cancel("2022-Q1", "overseas"))
    found = workshop.scenario(cancel("2022-Q1", "cindral") + cancel("2021-Q1", "cindral")).events
    assert [(str(e.at), e["supplier"], e.file) for e in found] == [
        ("2021-Q1", "cindral", "mine.toml"),
        ("2022-Q1", "overseas", "base.toml"),
        ("2022-Q1", "cindral", "mine.toml"),
        ("2023-Q1", "overseas", "base.toml"),
    ]


SIGN: dict[str, Any] = {"what": "sign", "partner": "borveil", "rung": 3}
SET: dict[str, Any] = {"what": "set", "name": "grants.handover", "to": 3}
ORDER: dict[str, Any] = {
    "what": "order",
    "supplier": "cindral",
    "category": "strike",
    "tiv": 1,
    "value": 1,
    "delay_quarters": 1,
}


@pytest.mark.parametrize(
    ("fields", "kind", "place", "remedy", "value"),
    [
        ({**SIGN, "what": "singe"}, errors.UnknownName, ".what", "Did you mean sign?", "singe"),
        ({**SIGN, "what": "explode"}, errors.UnknownName, ".what", "Known verbs: set, scale", "explode"),
        ({**SIGN, "what": ["sign"]}, errors.WrongType, ".what", "Use one of", ["sign"]),
        ({"partner": "borveil"}, errors.MissingField, ".what", "Use one of: set,", None),
        ({**SIGN, "partnr": "x"}, errors.UnknownName, ".partnr", "Did you mean partner?", None),
        ({"what": "sign", "partner": "borveil"}, errors.MissingField, ".rung", "Add the line rung", None),
        ({**SIGN, "partner": "borveel"}, errors.UnknownName, ".partner", "mean borveil?", "borveel"),
        ({**SIGN, "partner": "overseas"}, errors.UnknownName, ".partner", "borveil, cindral", "overseas"),
        ({**SIGN, "rung": 6}, errors.OutOfBounds, ".rung", "Correct the number", 6),
        ({**SIGN, "rung": 2.5}, errors.WrongType, ".rung", "Write a whole number", 2.5),
        ({**SIGN, "rung": True}, errors.WrongType, ".rung", "Write a whole number", True),
        ({**SIGN, "at": "2022"}, errors.WrongType, ".at", 'Write it as "2027-Q1"', "2022"),
        ({**SIGN, "at": "2019-Q4"}, errors.OutsideHorizon, ".at", "from 2020-Q1 to 2029-Q4", "2019-Q4"),
        ({**SIGN, "at": "2030-Q1"}, errors.OutsideHorizon, ".at", "from 2020-Q1 to 2029-Q4", "2030-Q1"),
        ({**SIGN, "evidence": ["x_osa_bugdet"]}, errors.UnknownName, ".evidence", "x_osa_budget?", None),
        ({**SET, "name": "grants.handovr"}, errors.UnknownName, ".name", "grants.handover?", None),
        ({**SET, "name": "posture.cindrel"}, errors.UnknownName, ".name", "mean cindral?", "cindrel"),
        ({**SET, "name": "postur.cindral"}, errors.UnknownName, ".name", "mean posture.cindral?", None),
        ({**SET, "name": "hhi"}, errors.UnknownName, ".name", "Events change parameters", "hhi"),
        ({**SET, "name": "relation.aldara.x"}, errors.UnknownName, ".name", "Known states", "x"),
        ({**SET, "name": "relation.aldara.aldara"}, errors.Contradiction, ".name", "Name two", None),
        ({**SET, "to": 30}, errors.OutOfBounds, ".to", "between 0 and 10 (years)", 30),
        ({**SET, "to": "3"}, errors.WrongType, ".to", "Write a number", "3"),
        ({**SET, "name": "relation.aldara.cindral"}, errors.OutOfBounds, ".to", "between -1 and 1", 3.0),
        ({**SET, "name": "posture.cindral", "to": 0.5}, errors.WrongType, ".to", "whole numbers", 0.5),
        ({**SET, "name": "export_regime"}, errors.OutOfBounds, ".to", "between 0 and 1 (level)", 3.0),
        ({**SET, "name": "export_regime", "to": "opn"}, errors.UnknownName, ".to", "mean open?", "opn"),
        (
            {"what": "scale", "name": "posture.cindral", "by": 2},
            errors.Contradiction,
            ".name",
            "Use set or hold",
            "posture.cindral",
        ),
        (
            {"what": "ramp", "name": "alignment", "to": 0.5, "for_quarters": 2},
            errors.Contradiction,
            ".name",
            "Use set or hold",
            "alignment",
        ),
        (
            {"what": "scale", "name": "grants.handover", "by": 6},
            errors.OutOfBounds,
            ".by",
            "between 0 and 10 (years)",
            6.0,
        ),
        ({"what": "scale", "name": "grants.handover", "by": -1}, errors.OutOfBounds, ".by", "Correct", -1),
        (
            {"what": "hold", "name": "grants.handover", "to": 3, "for_quarters": 0},
            errors.OutOfBounds,
            ".for_quarters",
            "Correct",
            0,
        ),
        ({"what": "lapse", "partner": "borveil", "rung": 2}, errors.Contradiction, ".rung", "lower rung", 2),
        ({**ORDER, "supplier": "cindrel"}, errors.UnknownName, ".supplier", "mean cindral?", "cindrel"),
        ({**ORDER, "category": "strikes"}, errors.UnknownName, ".category", "mean strike?", "strikes"),
        ({**ORDER, "tiv": -1}, errors.OutOfBounds, ".tiv", "Correct", -1),
        ({**ORDER, "instalments": 0}, errors.OutOfBounds, ".instalments", "Correct", 0),
        ({"what": "cancel", "supplier": "overseas", "share": 1.5}, errors.OutOfBounds, ".share", "C", 1.5),
        ({"what": "grant", "amount": 1, "state": "note"}, errors.UnknownName, ".state", "noted?", "note"),
    ],
)
def test_mistakes(
    workshop: Workshop,
    fields: dict[str, Any],
    kind: type[InputError],
    place: str,
    remedy: str,
    value: object,
) -> None:
    with pytest.raises(kind) as caught:
        workshop.scenario(event(**fields))
    says(caught.value, "mine.toml", f"events[1]{place}", remedy, value)


def test_a_grant_needs_a_donor(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    from sim.case import case
    from sim.scenario import loading

    workshop.write(
        "mine.toml", 'title = "M"\nextends = "./base.toml"\n' + event(what="grant", amount=1, state="noted")
    )
    without = dataclasses.replace(case.load("./archipelago"), donor=None)
    with pytest.raises(errors.Contradiction) as caught:
        loading.load("mine.toml", case=without)
    says(caught.value, "mine.toml", "events[1]", "Remove the event")


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        (event(**SET), event(**{**SET, "to": 4}), "events[2].to"),
        (
            event(what="set", name="border.taste", to=1),
            event(what="set", name="border.taste.cindral", to=2),
            "to",
        ),
        (
            event(what="hold", name="grants.handover", to=3, for_quarters=4),
            event("2022-Q4", **{**SET, "to": 4}),
            "to",
        ),
        (
            event(what="ramp", name="grants.handover", to=3, for_quarters=4),
            event("2022-Q2", what="ramp", name="grants.handover", to=3, for_quarters=2),
            "to",
        ),
        (event(**SIGN), event(**{**SIGN, "rung": 4}), "rung"),
        (event(**SIGN), event(what="set", name="agreement_rung.borveil", to=4), "to"),
    ],
)
def test_contradictions(workshop: Workshop, first: str, second: str, place: str) -> None:
    with pytest.raises(errors.Contradiction) as caught:
        workshop.scenario(first + second)
    says(caught.value, "mine.toml", f"events[2].{place.split('.')[-1]}", "Remove one of the two, or move it")
    assert "contradicts events[1] of mine.toml" in str(caught.value)


def test_a_contradiction_of_the_base_is_blamed_on_the_child(workshop: Workshop) -> None:
    workshop.write("base.toml", BASE + event(**SET))
    with pytest.raises(errors.Contradiction) as caught:
        workshop.scenario(event(**{**SET, "to": 4}))
    assert str(caught.value) == (
        "mine.toml: events[1].to = 4: contradicts events[1] of base.toml, which fixes grants.handover "
        "by set to 3 at that time. Remove one of the two, or move it."
    )


@pytest.mark.parametrize(
    "text",
    [
        event(**SET) + event(**SET),
        event(**SET) + event("2022-Q2", **{**SET, "to": 4}),
        event(what="hold", name="grants.handover", to=3, for_quarters=4)
        + event("2023-Q1", **{**SET, "to": 4}),
        event(what="scale", name="grants.handover", by=2) + event(what="scale", name="grants.handover", by=2),
        event(**SET) + event("2023-Q1", what="scale", name="grants.handover", by=3),
        event(what="sign", partner="borveil", rung=4)
        + event("2023-Q1", what="lapse", partner="borveil", rung=3),
    ],
)
@pytest.mark.filterwarnings("ignore:.*it is so already:sim.vocabulary.errors.IneffectiveChange")
def test_no_contradiction(workshop: Workshop, text: str) -> None:
    assert len(workshop.scenario(text).events) == 2


def test_a_horizon_that_is_shortened_strands_the_events_of_the_base(workshop: Workshop) -> None:
    workshop.write("base.toml", BASE + event(**SET))
    with pytest.warns(errors.IneffectiveChange, match="2022-Q1 set .* it comes after the end, 2021-Q4"):
        shortened = workshop.scenario('end = "2021-Q4"\n')
    assert not shortened.events


def test_every_verb_is_documented() -> None:
    _, verbs, *_ = (events.__doc__ or "").split("\n\n")
    documented = {line.split()[0] for line in verbs.splitlines()}
    assert documented == set(events.VERBS)
