"""The shipped scenarios: each loads, says why, and changes what its story says and nothing else."""

from __future__ import annotations

import csv
import dataclasses
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import plans
import sim
from sim.design.plan import plan
from sim.engine.block import run_block
from sim.scenario.events import Event
from sim.scenario.files import shipped
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.vocabulary.axes import Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.variables import GLOSSARY, PRESCRIBED_STATES

ORIGINS = [name for name in shipped() if name.startswith("origin_")]


@cache
def loaded(name: str) -> Scenario:
    """Return a shipped scenario, loaded by the first test that asks for it."""
    return sim.load(name)


def futures() -> list[str]:
    """Return the scenarios that change the baseline by what may happen."""
    others = [name for name in shipped() if name != "baseline" and name not in ORIGINS]
    return [name for name in others if loaded(name).posterior is None]


#: The first quarter that no document prescribes anything for.
FUTURE = Quarter(2026, 4)

#: scenario -> what it changes, as keys of parameters and states, or verbs.
CHANGES = {
    "china_coercion": {
        "posture.china",
        "relation.bangladesh.china",
        "cancel",
        "terms.coercion_cost",
    },
    "china_counteroffer": {
        "posture.china",
        "standing.price_factor.china",
        "attraction.finance_offer.china",
        "attraction.technology_offer.china.maritime_patrol",
        "attraction.technology_offer.china.naval_combat",
        "attraction.technology_offer.china.combat_air",
    },
    "defence_economic_zone": {"industry.economic_zone", "demand.domestic_odds"},
    "diversification_mandate": {"availability.share_limit"},
    "fiscal_squeeze": {"economy.budget_growth", "economy.cut_probability", "budget.procurement_share"},
    "government_turnover": {
        "politics.irregular_exit_rate",
        "politics.turnover_probability",
        "politics.leaning_spread",
    },
    "india_reset": {
        "relation.bangladesh.india",
        "posture.india",
        "attraction.political_cost.india",
        "attraction.finance_offer.india",
    },
    "india_rupture": {"relation.bangladesh.india", "posture.india", "agreement_rung.india", "cancel"},
    "japan_export_freeze": {
        "export_regime",
        "export_control.approval_base",
        "attraction.finance_offer.japan",
        "attraction.technology_offer.japan",
    },
    "japan_export_opening": {
        "export_regime",
        "export_control.approval_base",
        "export_control.review_rate",
        "attraction.finance_offer.japan",
        "attraction.technology_offer.japan",
        "terms.end_use_control",
        "contracts.lead_time_factor.japan",
        "agreement_rung.japan",
    },
    "myanmar_ceasefire": {
        "border_pressure.crisis_rate.myanmar",
        "border_pressure.calm_rate.myanmar",
        "border_pressure.intensity.myanmar",
    },
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
    "pakistan_tot": {
        "posture.pakistan",
        "attraction.technology_offer.pakistan.armour",
        "attraction.technology_offer.pakistan.artillery_munitions",
        "attraction.technology_offer.pakistan.uav",
        "attraction.technology_offer.pakistan.cyber_c4",
        "attraction.technology_offer.pakistan.combat_air",
        "attraction.political_cost.pakistan",
        "agreement_rung.pakistan",
    },
    "bad_decade": {
        "economy.budget_growth",
        "economy.cut_probability",
        "budget.procurement_share",
        "border_pressure.crisis_rate.myanmar",
        "border_pressure.calm_rate.myanmar",
        "border_pressure.intensity.myanmar",
        "relation.bangladesh.india",
        "posture.india",
        "export_regime",
        "attraction.finance_offer.japan",
    },
    "cyclone_relief": {"disasters.disaster_rate", "relations.partner_aid.japan", "grant", "order"},
    "good_neighbour": {
        "relation.bangladesh.india",
        "posture.india",
        "attraction.political_cost.india",
        "attraction.finance_offer.india",
        "border_pressure.crisis_rate.myanmar",
        "border_pressure.calm_rate.myanmar",
        "export_regime",
        "attraction.finance_offer.japan",
        "economy.budget_growth",
    },
    "pakistan_agreement": {"agreement_rung.pakistan", "posture.pakistan", "order"},
    "quad_joined": {
        "alignment.japan",
        "alignment.india",
        "relation.bangladesh.india",
        "posture.japan",
        "attraction.political_cost.united_states",
        "agreement_rung.japan",
        "agreement_rung.india",
        "order",
    },
    "quad_alignment": {
        "alignment.japan",
        "alignment.india",
        "relation.bangladesh.india",
        "posture.japan",
        "attraction.political_cost.united_states",
    },
    "us_purchase_pressure": {
        "attraction.political_cost.united_states",
        "standing.pair_effect.united_states",
        "attraction.finance_offer.united_states",
        "attraction.political_cost.china",
    },
}

#: scenario -> a variable, its labels, the sign of its mean difference to the baseline, and the quarters.
DIRECTIONS: dict[str, tuple[str, tuple[str, ...], int, slice]] = {
    "china_coercion": ("orders", ("china",), -1, slice(12, None)),
    "china_counteroffer": ("orders", ("china",), 1, slice(12, None)),
    "defence_economic_zone": ("domestic_capability", (), 1, slice(24, None)),
    "diversification_mandate": ("dependence", (), -1, slice(24, None)),
    "fiscal_squeeze": ("orders", (), -1, slice(20, 40)),
    "government_turnover": ("government", (), 1, slice(24, None)),
    "india_reset": ("orders", ("india",), 1, slice(12, None)),
    "india_rupture": ("border_pressure", ("india",), 1, slice(12, 40)),
    "japan_export_freeze": ("orders", ("japan",), -1, slice(12, None)),
    "japan_export_opening": ("orders", ("japan",), 1, slice(12, None)),
    "myanmar_ceasefire": ("procurement_budget", (), 1, slice(12, 44)),
    "myanmar_escalation": ("procurement_budget", (), -1, slice(12, 24)),
    "osa_surge": ("grant_deliveries", (), 1, slice(24, 40)),
    "pakistan_tot": ("orders", ("pakistan",), 1, slice(12, None)),
    "bad_decade": ("capability", (), -1, slice(48, None)),
    "cyclone_relief": ("goodwill", ("japan",), 1, slice(20, 44)),
    "good_neighbour": ("procurement_budget", (), 1, slice(16, None)),
    "pakistan_agreement": ("relation", ("bangladesh", "india"), -1, slice(20, None)),
    "quad_joined": ("relation", ("bangladesh", "china"), -1, slice(18, None)),
    "quad_alignment": ("relation", ("bangladesh", "china"), -1, slice(12, None)),
    "us_purchase_pressure": ("orders", ("united_states",), 1, slice(12, None)),
}


def added(mine: Scenario) -> list[Event]:
    """Return the events that a scenario adds to its base."""
    return [event for event in mine.events if event not in loaded("baseline").events]


def key_of(event: Event) -> str:
    """Return what an event is about."""
    if event.what in ("sign", "lapse"):
        return f"agreement_rung.{event['partner']}"
    return str(dict(event.fields).get("name", event.what))


@pytest.mark.parametrize("name", shipped())
def test_each_has_a_story_evidence_and_something_to_look_at(name: str) -> None:
    mine = loaded(name)
    assert mine.title
    assert len(mine.story) > 200
    assert mine.evidence
    assert all(each in evidence.load() for each in mine.evidence)
    assert len(mine.look_at) >= 3
    assert len(set(mine.look_at)) == len(mine.look_at)


@pytest.mark.parametrize("name", shipped())
def test_each_event_says_why(name: str) -> None:
    for event in loaded(name).events:
        assert event.evidence or event.note, event.text()
        is_open = event.at > FUTURE or name in ORIGINS
        assert event.evidence or is_open, "what events say of the past has evidence"
        assert not event.note or event.note.endswith(".")


def test_the_baseline_tells_only_what_is_documented() -> None:
    assert (loaded("baseline").start, loaded("baseline").end) == (Quarter(2024, 1), Quarter(2040, 4))
    assert loaded("baseline").case.name == "bangladesh"
    assert loaded("baseline").overrides == ()
    assert all(event.at < FUTURE for event in loaded("baseline").events)


def test_the_baseline_follows_the_dated_record() -> None:
    known = plan(loaded("baseline"))
    at = {str(loaded("baseline").start + step): step for step in range(known.n_steps)}
    case = loaded("baseline").case

    budget = known.changes["osa_budget"]
    quarters = ("2024-Q1", "2024-Q2", "2025-Q2", "2026-Q2", "2040-Q4")
    assert [budget.at(at[q], np.array([2.0]))[0] for q in quarters] == [2.0, 5.0, 8.1, 18.1, 18.1]
    selection = known.changes["selection_probability"]
    assert [selection.at(at[q], np.array([0.3]))[0] for q in ("2024-Q2", "2026-Q1", "2026-Q2")] == [0, 0, 0.3]
    cut = known.changes["cut_probability"]
    assert [cut.at(at[q], np.array([0.15]))[0] for q in ("2024-Q4", "2025-Q1", "2025-Q2")] == [0.15, 1, 0.15]
    falls = known.changes["irregular_exit_rate"]
    assert [falls.at(at[q], np.array([0.05]))[0] for q in ("2024-Q1", "2026-Q2", "2026-Q3")] == [0, 0, 0.05]

    assert known.pulses["documented_grants"][at["2026-Q3"]].tolist() == [0, 0, 575]
    assert known.pulses["documented_cancellation"][at["2025-Q2"]][case.suppliers.index("india")] == 1
    changes = [
        str(loaded("baseline").start + step)
        for step, change in enumerate(known.pulses["documented_change"])
        if change[0]
    ]
    assert changes == ["2024-Q3", "2026-Q1"]
    [tug], [plant] = (known.pulses["documented_contracts"][at[q]] for q in ("2024-Q3", "2026-Q1"))
    assert tug.tolist() == [case.suppliers.index("india"), case.categories.index("hadr_pko"), 0, 21, 8, 1]
    assert plant.tolist() == [case.suppliers.index("china"), case.categories.index("uav"), 0, 55, 4, 12]


@pytest.mark.parametrize(
    ("state", "labels", "quarter", "value"),
    [
        ("relation", ("bangladesh", "japan"), "2025-Q4", 0.6),
        ("relation", ("bangladesh", "japan"), "2026-Q2", 0.65),
        ("relation", ("bangladesh", "china"), "2026-Q2", 0.5),
        ("relation", ("bangladesh", "india"), "2024-Q2", 0.5),
        ("relation", ("bangladesh", "india"), "2024-Q3", -0.2),
        ("relation", ("bangladesh", "india"), "2026-Q2", -0.2),
        ("relation", ("bangladesh", "pakistan"), "2025-Q2", -0.3),
        ("relation", ("bangladesh", "pakistan"), "2026-Q2", 0.2),
        ("posture", ("japan",), "2026-Q2", 2),
        ("posture", ("china",), "2026-Q2", 1),
        ("posture", ("india",), "2024-Q2", 1),
        ("posture", ("india",), "2025-Q1", 0),
        ("posture", ("india",), "2025-Q2", -1),
        ("posture", ("india",), "2026-Q2", 0),
        ("posture", ("pakistan",), "2025-Q2", 0),
        ("posture", ("pakistan",), "2026-Q2", 2),
        ("agreement_rung", ("japan",), "2025-Q4", 2),
        ("agreement_rung", ("japan",), "2026-Q1", 3),
        ("agreement_rung", ("china",), "2025-Q4", 3),
        ("agreement_rung", ("pakistan",), "2026-Q2", 1),
        ("alignment", ("india",), "2024-Q4", 0.45),
        ("alignment", ("india",), "2026-Q2", 0.3),
        ("export_regime", (), "2026-Q1", 2),
        ("export_regime", (), "2026-Q2", 3),
    ],
)
def test_what_documents_tell_holds_in_every_trial(
    past: dict[str, Array], state: str, labels: tuple[str, ...], quarter: str, value: float
) -> None:
    step = Quarter.parse(quarter).ordinal - loaded("baseline").start.ordinal
    assert set(at_labels(past[state], state, labels)[step]) == {value}


def test_after_the_record_ends_the_future_is_open(past: dict[str, Array]) -> None:
    last = -1
    for state in ("relation", "posture", "alignment", "agreement_rung"):
        cells = past[state][last].reshape(-1, past[state].shape[-1])
        varies = [len(set(cell)) > 1 for cell in cells if np.any(cell)]
        assert np.mean(varies) > 0.7, state


@pytest.fixture(scope="module")
def past() -> dict[str, Array]:
    """The states of the baseline to the end of 2027, in a few trials."""
    short = dataclasses.replace(
        loaded("baseline"),
        end=Quarter(2027, 4),
        events=tuple(e for e in loaded("baseline").events if e.at <= Quarter(2027, 4)),
    )
    return run_block(plan(short, seed=1), 0, 64, list(PRESCRIBED_STATES))


def at_labels(values: Array, variable: str, labels: tuple[str, ...]) -> Array:
    """Return the part of a recorded variable that has these labels, [time, ..., trial]."""
    for dim, label in zip(GLOSSARY[variable].dims, labels, strict=False):
        values = values[:, loaded("baseline").case.axis(dim).index(label)]
    return values


@pytest.mark.parametrize("name", ORIGINS)
def test_an_origin_knows_nothing_of_what_came_after(name: str) -> None:
    mine = loaded(name)
    year = int(name.removeprefix("origin_"))
    assert (mine.start, mine.end) == (Quarter(year, 1), Quarter(year + 4, 4))
    assert mine.extends is None
    assert all(event.at == mine.start for event in mine.events)
    said = {key for event in mine.events if event.target for key in event.target.elements}
    for state in ("alignment", "agreement_rung", "posture"):
        assert {f"{state}.{partner}" for partner in mine.case.partners} <= said
    assert {f"relation.bangladesh.{partner}" for partner in mine.case.partners} <= said
    assert mine.parameters["grants.selection_probability"].distribution is None
    assert mine.parameters["grants.selection_probability"].value == 0
    assert mine.parameters["grants.noted_at_start"].value == 0
    regime = mine.case.record.regimes[mine.case.axis("regime")[int(regime_of(mine))]]
    assert regime.since <= year


def regime_of(mine: Scenario) -> float:
    """Return the export regime that the first quarter sets."""
    [regime] = [e["to"] for e in mine.events if e.target and e.target.variable == "export_regime"]
    return float(regime)


@pytest.mark.parametrize("name", ORIGINS)
def test_an_origin_starts_with_the_budget_of_the_year_before(name: str) -> None:
    mine = loaded(name)
    with (mine.case.folder / "data" / "military_spending.csv").open(encoding="utf-8") as file:
        record = {
            int(row["year"]): float(row["value"])
            for row in csv.DictReader(file)
            if row["metric"] == "milex_constant_2023"
        }
    start = mine.parameters["economy.initial_military_budget"].value
    assert start == pytest.approx(record[mine.start.year - 1])


def test_every_future_is_spoken_for() -> None:
    assert set(futures()) == set(CHANGES) == set(DIRECTIONS)


def test_the_page_of_scenarios_has_every_future() -> None:
    page = (Path(__file__).parents[1] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    for name in futures():
        assert f"## {loaded(name).title} (`{name}`)" in page, "sim effects --out docs/scenarios.md"
        assert " ".join(loaded(name).story.split()) in page, name


@pytest.mark.parametrize("name", CHANGES)
def test_a_future_changes_what_its_story_says(name: str) -> None:
    mine = loaded(name)
    assert mine.extends == "baseline" or mine.extends in futures()
    differences = sim.diff(loaded("baseline"), mine)
    assert {each.kind for each in differences} == {"event"}, "futures change nothing but by dated events"
    assert all(each.a == "" for each in differences), "and take none of the baseline's away"
    assert {key_of(event) for event in added(mine)} == CHANGES[name]
    assert all(event.at > FUTURE for event in added(mine))


#: Quarters that most of the futures that the suite runs are looked at.
SOME_QUARTERS = 40


@cache
def baseline_run(n_steps: int) -> dict[str, np.ndarray]:
    until = dataclasses.replace(plan(loaded("baseline"), seed=1), n_steps=n_steps)
    return run_block(until, 0, 128, sorted({variable for variable, *_ in DIRECTIONS.values()}))


@pytest.mark.parametrize("name", plans.usual(DIRECTIONS, ("myanmar_escalation", "india_rupture")))
def test_a_future_parts_from_the_baseline_when_and_as_its_story_says(name: str) -> None:
    variable, labels, sign, when = DIRECTIONS[name]
    whole = plan(loaded(name), seed=1)
    until = when.stop or whole.n_steps
    run = run_block(dataclasses.replace(whole, n_steps=until), 0, 128, [variable])[variable]
    usual = baseline_run(SOME_QUARTERS if until <= SOME_QUARTERS else whole.n_steps)[variable][:until]
    base, mine = (at_labels(x, variable, labels) for x in (usual, run))
    first = min(event.at for event in added(loaded(name))).ordinal - loaded("baseline").start.ordinal
    assert np.array_equal(base[:first], mine[:first])
    assert sign * (mine[when].mean() - base[when].mean()) > 0
