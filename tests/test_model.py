"""The schedule: sound as it stands, and every way of breaking it is caught."""

from __future__ import annotations

from dataclasses import make_dataclass
from typing import Any

import pytest

import plans
from sim.model import schedule as model
from sim.model.mechanisms import disasters, measures, payments, payoffs, rates, relations, standing
from sim.model.schedule import SCHEDULE, START, Stage, WiringError, check, parameters_read
from sim.parameter.parameter_set import ParameterSet


def stage(reads: str, writes: str) -> Stage:
    """Return a stage that reads and writes these names."""
    update = make_dataclass("Update", [(name, Any) for name in writes.split()], frozen=True)
    scope: dict[str, Any] = {"Update": update, "__name__": "toy"}
    keywords = f"*, {', '.join(reads.split())}" if reads else ""
    exec(f"def step({keywords}) -> Update: ...", scope)
    return Stage(scope["step"])


def at(function: Any) -> int:
    """Return the place of a function in the schedule."""
    return SCHEDULE.index(Stage(function))


def test_the_schedule_is_sound() -> None:
    check(SCHEDULE, START)


def test_a_stage_knows_what_it_reads_and_writes() -> None:
    found = stage("step hhi_prev caution", "tilt")
    assert found.reads == ("step", "hhi_prev", "caution")
    assert found.writes == ("tilt",)
    assert Stage(payments.step).name == "payments.step"
    assert "spending" in Stage(payments.step).writes


def test_what_stands_reads_only_data_and_parameters() -> None:
    standing_stages = {each.name for each in SCHEDULE if each.is_standing}
    assert standing_stages == {Stage(rates.step).name, Stage(standing.step).name}
    assert not stage("hhi", "tilt").is_standing
    assert not stage("relation caution", "tilt").is_standing
    assert not stage("step", "tilt").is_standing
    assert stage("distance caution", "tilt").is_standing


def test_what_was_a_quarter_ago_does_not_stand() -> None:
    assert not stage("stock_prev caution", "tilt").is_standing


def broken(position: int, *new: Stage, replaced: int = 0) -> tuple[Stage, ...]:
    """Return the schedule with stages put in, in place of some."""
    return (*SCHEDULE[:position], *new, *SCHEDULE[position + replaced :])


def without(function: Any) -> tuple[Stage, ...]:
    """Return what happens at the start, less one."""
    return tuple(each for each in START if each != Stage(function))


@pytest.mark.parametrize(
    ("stages", "start", "said"),
    [
        (broken(0, stage("hhi", "")), START, "step reads hhi before it is written"),
        (SCHEDULE[::-1], START, "before it is written"),
        (broken(5, stage("hhi_prev", "")), START, "step reads hhi_prev, but hhi is not a state"),
        (broken(5, stage("documented_change_prev", "")), START, "documented_change is not a state"),
        (SCHEDULE, without(disasters.start), "nothing gives disaster_need a first value"),
        (SCHEDULE, without(relations.start), "attraction.start reads goodwill before it is written"),
        (SCHEDULE, without(measures.start), "payoffs.start reads category_stock before it is written"),
        (SCHEDULE, START[::-1], "before it is written|a first value"),
        (SCHEDULE, (stage("delivery_ledger", ""), *START), "reads delivery_ledger before it is written"),
        (broken(5, stage("", "morale")), START, "step writes morale, which is not its to write"),
        (broken(5, stage("", "documented_grants")), START, "writes documented_grants, which is not its"),
        (broken(at(relations.step) + 1, stage("", "relation")), START, "relations.step both write relation"),
        (broken(5, stage("", "choice_shock")), START, "writes choice_shock, which is not its to write"),
        (broken(5, stage("", "delivery_ledger")), START, "writes delivery_ledger, which is not"),
        (broken(at(measures.step) + 1, stage("", "hhi")), START, "step and measures.step both write hhi"),
        (broken(at(payoffs.step), replaced=1), START, "nothing writes payoff"),
        (broken(at(payments.step), replaced=1), START, "payoffs.step reads commitments before it is written"),
        (broken(at(rates.step), replaced=1), START, "before it is written|nothing writes"),
        (SCHEDULE, (), "a first value"),
    ],
    ids=[
        "too early",
        "backwards",
        "previous of a flow",
        "previous of a pulse",
        "no first value",
        "no first value, two are missing",
        "no first value, read at the start",
        "start backwards",
        "ledger before it is begun",
        "unknown name",
        "pulse",
        "two writers of what events may set",
        "shock",
        "ledger",
        "two writers",
        "no writer",
        "no writer, read later",
        "no writer, read",
        "no start",
    ],
)
def test_each_fault_is_caught(stages: tuple[Stage, ...], start: tuple[Stage, ...], said: str) -> None:
    with pytest.raises(WiringError, match=said):
        check(stages, start)


def test_the_base_of_a_name() -> None:
    assert model.base_name("stock_prev") == "stock"
    assert model.base_name("stock") == "stock"


def test_parameters_read_are_listed_once_and_in_order() -> None:
    found = parameters_read((stage("step patience stock_prev", ""), stage("hope patience", "")))
    assert found == ("patience", "hope")


@pytest.mark.parametrize("of_case", plans.CASES)
def test_every_parameter_is_read_and_every_one_read_exists(of_case: str) -> None:
    there = {name.split(".")[1] for name in ParameterSet.load(plans.load_case(of_case)).names()}
    assert there == set(parameters_read())


#: Parameters that another mechanism reads than the one whose file they stand in.
ELSEWHERE = {
    # Rates are converted in one place.
    "border_pressure.calm_rate": "rates",
    "demand.wave_half_life": "rates",
    "disasters.need_half_life": "rates",
    "politics.irregular_exit_rate": "rates",
    "relations.goodwill_half_life": "rates",
    "alarm.notice_half_life": "rates",
    # What a grant is worth is asked where it arrives; what is on offer, where postures scale it.
    "grants.grant_capability": "deliveries",
    "attraction.finance_offer": "terms",
    "attraction.technology_offer": "terms",
}


@pytest.mark.parametrize("of_case", plans.CASES)
def test_a_parameter_is_read_by_the_mechanism_of_its_file(of_case: str) -> None:
    readers: dict[str, set[str]] = {}
    for each in (*START, *SCHEDULE):
        for name in each.reads:
            readers.setdefault(name, set()).add(each.name.split(".")[0])
    for fullname in ParameterSet.load(plans.load_case(of_case)).names():
        mechanism, name = fullname.split(".")
        assert ELSEWHERE.get(fullname, mechanism) in readers[name], fullname
