"""Changes that can have no effect: what is said has none, bit for bit, and what is not said has one."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.cli import sim as program
from sim.design import plan as design
from sim.engine.block import Block, run_block
from sim.model import schedule as model
from sim.scenario import event_checks, events, when_read
from sim.scenario.files import shipped
from sim.scenario.ineffective.finding import Ineffective
from sim.scenario.loading import diff
from sim.scenario.scenario import Scenario
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import IneffectiveChange
from sim.vocabulary.variables import GLOSSARY

#: A cancellation is itself on record, whether or not there is an order that it ends.
EVERYTHING = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never" and v.name != "cancellation")
TRIALS = 6

#: Quarters that are run: a year after `AT`, fewer for what happens early.
N_STEPS, FEW_STEPS = 15, 10


@cache
def base() -> Scenario:
    """Return the baseline, over fewer years."""
    return replace(sim.load("baseline"), end=Quarter.parse("2029-Q4"))


def with_events(*tables: dict[str, Any], scenario: Scenario | None = None) -> Scenario:
    """Return a scenario with more events, as a file of their own would add them."""
    under = scenario or base()
    case, parameters = under.case, under.parameters
    horizon = {"start": under.start, "end": under.end}
    read = [
        events.read(table, "mine.toml", f"events[{n}]", case=case, parameters=parameters, **horizon)
        for n, table in enumerate(tables, 1)
    ]
    return replace(under, events=event_checks.check([*under.events, *read], case, parameters))


def numbers(scenario: Scenario, n_steps: int = N_STEPS) -> dict[str, Any]:
    """Return everything that a few trials of a scenario record in so many quarters."""
    return run_block(replace(design.plan(scenario, 1), n_steps=n_steps), 0, TRIALS, EVERYTHING)


@cache
def usual(n_steps: int = N_STEPS) -> dict[str, Any]:
    """Return the numbers of the baseline in so many quarters."""
    return numbers(base(), n_steps)


def run_for(*tables: dict[str, Any]) -> int:
    """Return for how many quarters events are tried: until a year after the last of them, if there is one."""
    last = max(Quarter.parse(each["at"]).ordinal for each in tables) - base().start.ordinal
    return next((n for n in (FEW_STEPS, N_STEPS) if last + 4 < n), base().n_steps)


def is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(np.array_equal(one[name], other[name], equal_nan=True) for name in EVERYTHING)


def said_of(tables: list[dict[str, Any]]) -> list[Ineffective]:
    return [each for each in with_events(*tables).ineffective if "mine.toml" in each.place]


AT = "2026-Q3"
BUDGET, CHANCE = "grants.osa_budget", "grants.selection_probability"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({BUDGET: 54}, 'set at 2024-Q2 .*set at 2025-Q2 .*set at 2026-Q2.* at = "2027-Q2"'),
        ({"supplier_choice.aspiration": 1.0}, "decision_rule is 0"),
        ({"availability.mandate_compliance": 0.6}, "share_limit is 1"),
        ({"supplier_choice.error_rate": 0.3}, "decision_rule is 0"),
        ({"relations.agreement_warmth": {"value": 0.05}}, ""),
    ],
)
def test_changes_without_effect_are_said_and_have_none(changes: dict[str, Any], reason: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = base().override(changes, name="made")
    assert len(caught) == len(made.lost_changes)
    assert is_same(numbers(made), usual()) == bool(caught)
    if reason:
        with pytest.warns(sim.IneffectiveChange, match=reason):
            base().override(changes)


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ([{"at": AT, "what": "sign", "partner": "japan", "rung": 0}], "so already"),
        ([{"at": "2026-Q1", "what": "sign", "partner": "japan", "rung": 3}], "other events"),
        ([{"at": "2029-Q4", "what": "ramp", "name": BUDGET, "to": 10, "for_quarters": 400}], "no quarter"),
        ([{"at": "2024-Q1", "what": "cancel", "supplier": "japan"}], "no order with japan"),
        ([{"at": "2025-Q2", "what": "cancel", "supplier": "india", "share": 0.5}], "cancelled then already"),
        ([{"at": "2024-Q3", "what": "replace_government"}], "changes then already"),
        ([{"at": "2024-Q3", "what": "scale", "name": BUDGET, "by": 2, "for_quarters": 3}], "no quarter"),
        ([{"at": "2024-Q1", "what": "scale", "name": BUDGET, "by": 2}], "later events decide"),
        ([{"at": AT, "what": "set", "name": "grants.noted_at_start", "to": 0}], "at the start only"),
        ([{"at": "2024-Q1", "what": "set", "name": "relation.bangladesh.china", "to": 0.5}], "hold at"),
        ([{"at": AT, "what": "scale", "name": BUDGET, "by": 1}], "so already"),
        ([{"at": "2028-Q1", "what": "set", "name": "industry.zone_boost", "to": 0.2}], "economic_zone"),
        (
            [
                {"at": AT, "what": "scale", "name": "demand.caution", "by": 2},
                {"at": AT, "what": "set", "name": "demand.caution", "to": 0.3},
            ],
            "later events decide",
        ),
    ],
)
def test_events_without_effect_are_said_and_have_none(tables: list[dict[str, Any]], reason: str) -> None:
    found = said_of(tables)
    assert len(found) == 1 and reason in str(found[0]) and not found[0].is_partial
    without = [each for n, each in enumerate(tables, 1) if f"events[{n}]" not in found[0].place]
    n_steps = run_for(*tables)
    assert is_same(
        numbers(with_events(*tables), n_steps),
        numbers(with_events(*without), n_steps) if without else usual(n_steps),
    )


@pytest.mark.parametrize(
    "table",
    [
        {"at": AT, "what": "sign", "partner": "japan", "rung": 5},
        {"at": AT, "what": "set", "name": "demand.caution", "to": 0.9},
        {"at": "2028-Q3", "what": "scale", "name": "demand.caution", "by": 2.5, "for_quarters": 1},
        {"at": AT, "what": "cancel", "supplier": "china"},
        {"at": AT, "what": "hold", "name": "posture.japan", "to": 3, "for_quarters": 400},
        {"at": "2027-Q1", "what": "set", "name": "posture.china", "to": 3},
        {"at": AT, "what": "replace_government"},
        {"at": AT, "what": "grant", "amount": 100, "state": "delivered"},
    ],
)
def test_events_of_which_nothing_is_said_have_an_effect(table: dict[str, Any]) -> None:
    assert said_of([table]) == []
    assert not is_same(numbers(with_events(table), run_for(table)), usual(run_for(table)))


def test_what_is_clipped_or_cut_is_said() -> None:
    scale = {"at": "2028-Q1", "what": "scale", "name": CHANCE, "by": 2, "for_quarters": 4}
    [found] = said_of([scale] * 3)
    assert found.is_partial and "would be 2.2 and is clipped at 1" in str(found)
    [found] = said_of([{"at": "2029-Q1", "what": "ramp", "name": BUDGET, "to": 10, "for_quarters": 400}])
    assert found.is_partial and "after 4 of its 400 quarters" in str(found)


def test_events_that_undo_each_other_are_said() -> None:
    up = {"at": AT, "what": "scale", "name": "demand.caution", "by": 2}
    down = {**up, "by": 0.5}
    [found] = said_of([up, down])
    assert f"with scale at {AT} (events[1] of mine.toml) it leaves demand.caution as it was" in str(found)
    assert is_same(numbers(with_events(up, down)), usual())
    [found] = said_of([up, down, up])
    assert found.place == "mine.toml: events[2]"
    assert said_of([up, {**down, "at": "2026-Q2"}]) == []


@pytest.mark.parametrize("name", shipped())
def test_no_shipped_scenario_changes_anything_in_vain(name: str) -> None:
    assert sim.load(name).ineffective == ()


def test_a_posterior_over_an_override_is_said(tmp_path: Any) -> None:
    (tmp_path / "p.csv").write_text("demand.caution\n0.2\n0.3\n")
    with pytest.warns(sim.IneffectiveChange, match="demand.caution: no effect: it is drawn from"):
        base().override({"demand.caution": 0.4}).with_posterior(tmp_path / "p.csv")


def test_what_is_so_already_and_empty_changes_are_said() -> None:
    element = base().parameters[BUDGET]
    with pytest.warns(sim.IneffectiveChange, match="so already"):
        base().override({BUDGET: element.value})
    with pytest.warns(sim.IneffectiveChange, match="nothing is changed"):
        base().override({})
    with pytest.warns(sim.IneffectiveChange, match="does not undo inside"):
        base().override(variant={"grants": "inside"}).override(variant={"grants": "outside"})


def test_a_difference_without_effect_is_marked(tmp_path: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'title = "Mine"\nextends = "baseline"\n[set]\n"{BUDGET}" = 54\n')
    with pytest.warns(sim.IneffectiveChange):
        [found] = diff("baseline", file)
    assert found.note.startswith("no effect: events decide it whenever it is read")
    for arguments in (["check", str(file)], ["diff", "baseline", str(file)]):
        result = CliRunner().invoke(program, arguments)
        assert "no effect" in result.output and result.exit_code == 0


def test_an_empty_table_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'title = "Mine"\nextends = "baseline"\n[set]\n"{BUDGET}" = {{}}\n')
    with pytest.raises(sim.InputError, match="no value"):
        sim.load(file)


class _Touched(np.ndarray):
    """An array that notes each operation in which it takes part."""

    touched: set[str]
    name: str

    def __array_finalize__(self, source: Any) -> None:
        self.touched, self.name = getattr(source, "touched", set()), getattr(source, "name", "")

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return getattr(function, method)(*map(self._plain, inputs), **options)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        return function(
            *map(self._plain, inputs), **{key: self._plain(each) for key, each in options.items()}
        )

    def __getitem__(self, index: Any) -> Any:
        return self._plain(self)[index]

    def _plain(self, value: Any) -> Any:
        if isinstance(value, _Touched):
            value.touched.add(value.name)
            return value.view(np.ndarray)
        return type(value)(map(self._plain, value)) if isinstance(value, list | tuple) else value


def test_the_model_reads_parameters_when_the_table_says() -> None:
    plan = design.plan(base(), 1)
    names = {name.split(".")[1] for name in base().parameters.names()}
    read: dict[str, set[int]] = {}
    block = Block(plan, 0, 2)
    for step in range(8):
        block._set_date()
        block._prescribe(plan.prescribed[step])
        for stage in model.SCHEDULE:
            touched: set[str] = set()
            given = {name: block.values[name] for name in stage.reads}
            for name in names & set(given):
                given[name] = np.array(given[name]).view(_Touched)
                given[name].touched, given[name].name = touched, name
            update = stage.function(**given)
            for name in touched:
                read.setdefault(name, set()).add(step)
            for name in stage.writes:
                block.values[name] = getattr(update, name)
        block._remember([name for name in GLOSSARY if GLOSSARY[name].role == "state"])
        block.step += 1
    course = base().course
    special = when_read.AT_START.union(*when_read.IN_QUARTER.values())
    for name in names:
        seen = read.get(name, set())
        expected = set() if name in when_read.AT_START else set(np.flatnonzero(course.steps(name)[:8]))
        assert seen <= expected, name
        # What is not listed counts as read in every quarter, also where numpy hides that it is.
        assert seen == expected or name not in special, name


@pytest.mark.parametrize(
    ("name", "dead", "alive"),
    [
        ("alarm.outside_rivalry", "borveil.cindral", "borveil.overseas"),
        ("attention.attention_interest", "borveil.borveil", "borveil.cindral"),
        ("attention.attention_interest", "aldara.cindral", "cindral.borveil"),
    ],
)
def test_elements_that_nothing_reads_are_said_and_no_other(name: str, dead: str, alive: str) -> None:
    toy = plans.scenario("archipelago", n_steps=6)

    def moved(element: str) -> Scenario:
        key = f"{name}.{element}"
        return toy.override({key: toy.parameters[key].bounds[1]}, name=element)

    with pytest.warns(IneffectiveChange, match=f"{dead}: no effect: the model uses it for"):
        unread = moved(dead)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = moved(alive)
    runs = sim.run([toy, unread, read], trials=16, keep="all", workers=1, engine="numpy")
    plain, same, other = (runs.isel(scenario=k, drop=True) for k in range(3))
    assert same.equals(plain) and not other.equals(plain)
