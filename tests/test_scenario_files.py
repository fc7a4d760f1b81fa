"""The shipped scenarios: each loads, says why, and changes what its story says and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

import sim
from sim import evidence, scenario
from sim.dates import Quarter
from sim.design import plan
from sim.engine import run_block
from sim.events import Event
from sim.scenario import Scenario

SHIPPED = {name: sim.load(name) for name in scenario.shipped()}
BASELINE = SHIPPED["baseline"]
FUTURES = [name for name in SHIPPED if name != "baseline"]

#: The first quarter that no document tells about.
FUTURE = Quarter(2026, 4)

#: scenario -> what it changes, as keys of parameters and held variables.
CHANGES = {
    "myanmar_escalation": {
        "border_pressure.crisis_rate.myanmar",
        "border_pressure.calm_rate.myanmar",
        "border_pressure.intensity.myanmar",
    },
    "osa_surge": {
        "grants.osa_budget",
        "grants.selection_probability",
        "grants.absorptive_capacity",
    },
    "fiscal_squeeze": {"economy.budget_growth", "economy.cut_probability", "budget.procurement_share"},
    "diversification_mandate": {"availability.share_limit"},
    "japan_export_opening": {
        "export_control.approval_base",
        "export_control.review_rate",
        "attraction.finance_offer.japan",
        "attraction.technology_offer.japan",
        "contracts.lead_time_factor.japan",
        "agreement_rung.japan",
    },
}

#: scenario -> a variable (of a supplier), the sign of its mean difference to the baseline, and the quarters.
DIRECTIONS: dict[str, tuple[str, str | None, int, slice]] = {
    "myanmar_escalation": ("procurement_budget", None, -1, slice(12, 24)),
    "osa_surge": ("grant_deliveries", None, 1, slice(24, None)),
    "fiscal_squeeze": ("orders", None, -1, slice(20, 40)),
    "diversification_mandate": ("dependence", None, -1, slice(24, None)),
    "japan_export_opening": ("orders", "japan", 1, slice(12, None)),
}


def added(mine: Scenario) -> list[Event]:
    """Return the events that a scenario adds to its base."""
    return [event for event in mine.events if event not in BASELINE.events]


def key_of(event: Event) -> str:
    """Return what an event is about."""
    if event.what in ("sign", "lapse"):
        return f"agreement_rung.{event['partner']}"
    return str(dict(event.fields).get("name", event.what))


@pytest.mark.parametrize("name", SHIPPED)
def test_each_has_a_story_evidence_and_something_to_look_at(name: str) -> None:
    mine = SHIPPED[name]
    assert mine.title
    assert len(mine.story) > 200
    assert mine.evidence
    assert all(each in evidence.load() for each in mine.evidence)
    assert len(mine.look_at) >= 3
    assert len(set(mine.look_at)) == len(mine.look_at)


@pytest.mark.parametrize("name", SHIPPED)
def test_each_event_says_why(name: str) -> None:
    for event in SHIPPED[name].events:
        assert event.evidence or event.note, event.text()
        assert event.evidence or event.at > FUTURE, "what is told of the past is documented"
        assert not event.note or event.note.endswith(".")


def test_the_baseline_tells_only_what_is_documented() -> None:
    assert (BASELINE.start, BASELINE.end) == (Quarter(2024, 1), Quarter(2040, 4))
    assert BASELINE.case.name == "bangladesh"
    assert BASELINE.overrides == ()
    assert all(event.at < FUTURE for event in BASELINE.events)


def test_the_baseline_follows_the_dated_record() -> None:
    known = plan(BASELINE)
    at = {str(BASELINE.start + step): step for step in range(known.n_steps)}
    case = BASELINE.case
    japan, india, pakistan = (case.partners.index(name) for name in ("japan", "india", "pakistan"))

    rung = known.held["agreement_rung"][:, japan]
    assert rung[at["2025-Q4"]] == 2
    assert set(rung[at["2026-Q1"] :]) == {3}
    assert [known.held["export_regime"][at[q]] for q in ("2026-Q1", "2026-Q2")] == [2, 3]
    relation = known.held["relation"][:, 0]
    assert relation[at["2024-Q2"], india] > 0 > relation[at["2024-Q3"], india]
    assert relation[at["2025-Q2"], pakistan] < 0 < relation[at["2025-Q3"], pakistan]

    budget = known.changes["osa_budget"]
    quarters = ("2024-Q1", "2024-Q2", "2025-Q2", "2026-Q2", "2040-Q4")
    assert [budget.at(at[q], np.array([2.0]))[0] for q in quarters] == [2.0, 5.0, 8.1, 18.1, 18.1]
    selection = known.changes["selection_probability"]
    assert [selection.at(at[q], np.array([0.3]))[0] for q in ("2024-Q2", "2026-Q1", "2026-Q2")] == [0, 0, 0.3]
    cut = known.changes["cut_probability"]
    assert [cut.at(at[q], np.array([0.15]))[0] for q in ("2024-Q4", "2025-Q1", "2025-Q2")] == [0.15, 1, 0.15]

    assert known.pulses["documented_grants"][at["2026-Q3"]].tolist() == [0, 0, 575]
    assert known.pulses["cancellation"][at["2025-Q2"]][case.suppliers.index("india")] == 1
    [tug], [plant] = (known.pulses["documented_contracts"][at[q]] for q in ("2024-Q3", "2026-Q1"))
    assert tug.tolist() == [case.suppliers.index("india"), case.categories.index("hadr_pko"), 0, 21, 8, 1]
    assert plant.tolist() == [case.suppliers.index("china"), case.categories.index("uav"), 0, 55, 4, 12]


def test_every_future_is_spoken_for() -> None:
    assert set(FUTURES) == set(CHANGES) == set(DIRECTIONS)


@pytest.mark.parametrize("name", CHANGES)
def test_a_future_changes_what_its_story_says(name: str) -> None:
    mine = SHIPPED[name]
    assert mine.extends == "baseline"
    differences = sim.diff(BASELINE, mine)
    assert {each.kind for each in differences} == {"event"}, "futures change nothing but by dated events"
    assert all(each.a == "" for each in differences), "and take none of the baseline's away"
    assert {key_of(event) for event in added(mine)} == CHANGES[name]
    assert all(event.at > FUTURE for event in added(mine))


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_future_parts_from_the_baseline_when_and_as_its_story_says(name: str) -> None:
    variable, supplier, sign, when = DIRECTIONS[name]
    runs = [run_block(plan(each, seed=1), 0, 256, [variable])[variable] for each in (BASELINE, SHIPPED[name])]
    base, mine = (x if supplier is None else x[:, BASELINE.case.suppliers.index(supplier)] for x in runs)
    first = min(event.at for event in added(SHIPPED[name])).ordinal - BASELINE.start.ordinal
    assert np.array_equal(base[:first], mine[:first])
    assert sign * (mine[when].mean() - base[when].mean()) > 0
