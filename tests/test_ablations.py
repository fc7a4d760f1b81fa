"""Each mechanism can be turned off by its parameters: what it does stops, and no draw moves elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pytest

import plans
from sim.design import plan as design
from sim.engine import block as engine
from sim.model.schedule import PREVIOUS, SCHEDULE, START
from sim.vocabulary.axes import RECIPIENT
from sim.vocabulary.variables import GLOSSARY

RECORDED = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")

N_STEPS = 14
N_TRIALS = 24

#: Plans that are run side by side, as one block: many trials take little longer than a few.
TOGETHER = 40

#: Plans whose draws are kept: the usual ones are met again and again, those without something once.
KEPT = 16

Values = dict[str, Any]
Numbers = tuple[tuple[str, float], ...]
Events = tuple[tuple[tuple[str, Any], ...], ...]


def zero(name: str) -> Callable[[Values], bool]:
    """Return whether a variable is zero throughout."""
    return lambda run: not run[name].any()


def still(name: str) -> Callable[[Values], bool]:
    """Return whether a variable never moves."""
    return lambda run: (run[name] == run[name][:1]).all()


def never(sign: int, name: str) -> Callable[[Values], bool]:
    """Return whether a variable never rises (+1) or never falls (-1)."""
    return lambda run: (sign * np.diff(run[name], axis=0) <= 0).all()


def nothing_special(run: Values) -> bool:
    """Accept any run: what is turned off leaves no mark of its own."""
    return bool(run)


@dataclass(frozen=True)
class Ablation:
    """One thing that is turned off.

    Parameters
    ----------
    name : str
    changes : dict
        Parameters, and the values that turn it off.
    moves : str
        A variable that has to differ from the usual run at some time.
    leaves : callable
        What has to hold in the run without it, and not in the usual one.
    usual : dict
        Other parameters of both runs, so that there is something to turn off.
    events : list of dict
        Events of both runs.
    """

    name: str
    changes: dict[str, float]
    moves: str
    leaves: Callable[[Values], bool] = nothing_special
    usual: dict[str, float] = field(default_factory=dict)
    events: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        return self.name


#: Relations that change for no reason but those of the test.
QUIET = {"relations.relation_volatility": 0.0, "politics.relation_jump_spread": 0.0}
#: What moves relations with the recipient by deeds.
DEEDS = {
    f"relations.{name}": 0.0
    for name in (
        "agreement_warmth",
        "courting_warmth",
        "gratitude",
        "relief_warmth",
        "grant_warmth",
        "incident_friction",
        "pressing_friction",
        "suspicion",
    )
}
#: A government that changes often.
RESTLESS = {"politics.irregular_exit_rate": 0.5}
#: Partners that press often.
HARSH = {"posture.press_cost": 0.0}

ABLATIONS = (
    Ablation(
        "changes of government",
        {"politics.turnover_probability": 0.0, "politics.irregular_exit_rate": 0.0},
        "government",
        zero("government"),
    ),
    Ablation("irregular exits", {"politics.irregular_exit_rate": 0.0}, "government", zero("government")),
    Ablation("leanings", {"politics.leaning_spread": 0.0}, "alignment", zero("leaning"), RESTLESS),
    Ablation(
        "jumps of relations",
        {"politics.relation_jump_spread": 0.0},
        "relation",
        zero("relation_jump"),
        RESTLESS,
    ),
    Ablation("one leaning for all partners", {"politics.camp_loading": 0.0}, "relation", usual=RESTLESS),
    Ablation(
        "means that end with a government",
        {"politics.relation_carry": 1.0},
        "mean_relation",
        usual={**RESTLESS, "politics.relation_carry": 0.0},
    ),
    Ablation(
        "pauses of talks",
        {"politics.shortest_pause": 0.0, "politics.longest_pause": 0.0},
        "negotiation_chance",
        zero("negotiation_pause"),
        RESTLESS,
    ),
    Ablation(
        "breaks with strained partners",
        {"politics.break_probability": 0.0},
        "cancellations",
        zero("cancellation"),
        {**RESTLESS, "politics.strained_below": 1.0, "politics.break_probability": 0.5},
    ),
    Ablation(
        "pressing",
        {"posture.press_weight": 0.0, "posture.press_cost": 20.0},
        "posture",
        lambda run: run["posture"].min() >= 0 and not run["coercion"].any(),
        {**HARSH, "posture.rationality": 5.0},
    ),
    Ablation("the cost of being pressed", {"terms.coercion_cost": 0.0}, "orders", zero("coercion"), HARSH),
    Ablation(
        "terms that follow postures",
        {
            **{f"terms.{level}_scale": 1.0 for level in ("press", "passive", "court", "hard")},
            "terms.rung_opening": 0.0,
        },
        "orders",
        lambda run: still("finance_terms")(run) and still("technology_terms")(run),
    ),
    Ablation("withholding", {"terms.withholding": 0.0}, "deliveries", zero("withheld"), HARSH),
    Ablation("spares held back", {"terms.spares_cut": 0.0}, "capability", still("usable_share"), HARSH),
    Ablation("aid held back", {"terms.aid_cut": 0.0}, "goodwill", still("aid_kept"), HARSH),
    Ablation("trade restricted", {"economy.trade_leverage": 0.0}, "military_budget", usual=HARSH),
    Ablation("what being pressed costs", {"payoffs.pressed_value": 0.0}, "payoff", usual=HARSH),
    Ablation("end-use control", {"terms.end_use_control": 0.0}, "technology_terms"),
    Ablation(
        "gifts beside the competition",
        {"terms.grants_compete": 0.0},
        "finance_terms",
        usual={"terms.grants_compete": 1},
    ),
    *(
        Ablation(f"posture: {name}", {f"posture.{name}": 0.0}, "posture_probability")
        for name in (
            "interest",
            "incumbency_weight",
            "rivalry_weight",
            "vacancy_weight",
            "company_weight",
            "warmth_weight",
            "home_constraint",
            "posture_inertia",
        )
    ),
    *(
        Ablation(f"alarm: {name}", {f"alarm.{name}": 0.0}, "alarm")
        for name in ("alarm_orders", "alarm_agreements", "loss_alarm")
    ),
    Ablation("grants that alarm", {"alarm.grant_alarm": 0.0}, "alarm", zero("grant_notice")),
    Ablation("rivals outside", {"alarm.outside_rivalry": 0.0}, "alarm", zero("outside_gain")),
    Ablation("one purse", {"attention.purse_weight": 0.0}, "posture_probability", zero("purse_load")),
    *(
        Ablation(f"attention: {name}", {f"attention.{name}": 0.0}, "attention_between")
        for name in ("attention_security", "attention_closeness")
    ),
    *(
        Ablation(f"partners align: {name}", {f"partner_alignment.{name}": 0.0}, "alignment_between")
        for name in (
            "common_rival_weight",
            "bond_closeness",
            "reply_weight",
            "pole_weight",
            "own_autonomy_weight",
            "bond_crowding",
            "bond_effort",
            "bond_step",
        )
    ),
    Ablation("common cause", {"posture.common_cause_weight": 0.0}, "posture_probability"),
    Ablation("bonds that warm", {"relations.bond_warmth": 0.0}, "relation"),
    Ablation("memory of doubt", {"posture.doubt_memory": 0.0}, "commitment_doubt"),
    Ablation(
        "doubt in a portfolio",
        {"attraction.doubt_weight": 0.0},
        "orders",
        usual={"attraction.concentration_threshold": 0.2},
    ),
    Ablation(
        "moves of the export regime",
        {"export_regime.opening_rate": 0.0, "export_regime.tightening_rate": 0.0},
        "export_approval",
        still("export_regime"),
        {"export_regime.opening_rate": 0.5},
    ),
    Ablation("talks", {"agreements.wish_threshold": 1.0}, "agreement_rung", zero("negotiation_chance")),
    Ablation(
        "broken agreements",
        {"agreements.breaking_rate": 0.0},
        "agreement_rung",
        never(-1, "agreement_rung"),
        {"agreements.breaking_point": 0.9},
    ),
    Ablation("slower rungs", {"agreements.rung_slowdown": 0.0}, "negotiation_chance"),
    *(
        Ablation(f"talks: {name}", {f"agreements.{name}": 0.0}, "negotiation_chance")
        for name in ("relation_speed", "courting_speed", "goodwill_speed", "will_speed", "talks_attention")
    ),
    Ablation("talks: leaning_speed", {"agreements.leaning_speed": 0.0}, "negotiation_chance", usual=RESTLESS),
    Ablation("the ceiling of hedging", {"agreements.ceiling_base": 6.0}, "negotiation_chance"),
    Ablation(
        "purchases before co-production",
        {"agreements.coproduction_orders": 0.0},
        "negotiation_chance",
        usual={"agreements.ceiling_base": 6.0, "agreements.coproduction_orders": 20.0},
        events=({"at": "2024-Q2", "what": "sign", "partner": "japan", "rung": 4},),
    ),
    Ablation("technology that follows agreements", {"terms.rung_opening": 0.0}, "technology_terms"),
    Ablation("readiness by exercises", {"measures.exercise_gain": 0.0}, "capability"),
    Ablation("rungs that bind", {"measures.rung_binding": 0.0}, "autonomy"),
    Ablation(
        "lessons of joint projects",
        {"industry.joint_learning": 0.0},
        "domestic_capability",
        still("domestic_capability"),
        {"industry.transfer_learning": 0.0, "industry.practice_learning": 0.0},
    ),
    Ablation(
        "co-production",
        {"supplier_choice.coproduction_odds": 0.0},
        "home_orders",
        usual={"supplier_choice.coproduction_odds": 2.0},
        events=({"at": "2024-Q2", "what": "sign", "partner": "china", "rung": 5},),
    ),
    Ablation("steps of alignment", {"alignment.alignment_step": 0.0}, "alignment", still("alignment")),
    *(
        Ablation(f"alignment: {name}", {f"alignment.{name}": 0.0}, "alignment_probability")
        for name in (
            "security_weight",
            "benefit_weight",
            "goodwill_weight",
            "closeness_weight",
            "courtship_weight",
            "autonomy_weight",
            "rung_burden",
            "crowding_weight",
            "retaliation_weight",
            "alignment_effort",
        )
    ),
    Ablation("balance", {"relations.balance_strength": 0.0}, "relation"),
    Ablation(
        "all that moves relations",
        {**QUIET, **DEEDS, "relations.balance_strength": 0.0, "relations.bond_warmth": 0.0},
        "relation",
        still("relation"),
    ),
    *(Ablation(f"{name[10:]} in relations", {name: 0.0}, "relation", usual=HARSH) for name in DEEDS),
    Ablation(
        "aid",
        {"relations.partner_aid": 0.0},
        "goodwill",
        zero("goodwill"),
        {"grants.selection_probability": 0.0},
    ),
    Ablation(
        "aid by its channels",
        {"grants.channel_share": 0.0},
        "aid",
        zero("aid"),
        {"grants.selection_probability": 0.0, "grants.noted_at_start": 0.0},
    ),
    Ablation("relations that bring crises", {"border_pressure.relation_sensitivity": 0.0}, "is_crisis"),
    Ablation("crowding out", {"budget.crowding_out": 0.0}, "procurement_budget"),
    Ablation("attention lost at the border", {"availability.attention_loss": 0.0}, "orders"),
    Ablation(
        "the cost of hostility",
        {"attraction.hostility_weight": 0.0},
        "orders",
        events=(
            {
                "at": "2024-Q1",
                "what": "hold",
                "name": "relation.bangladesh.china",
                "to": -1,
                "for_quarters": N_STEPS,
            },
        ),
    ),
    Ablation("fear of concentration", {"attraction.concentration_weight": 0.0}, "orders"),
    Ablation("grants", {"grants.selection_probability": 0.0}, "grants", zero("grant_deliveries")),
    Ablation("salience of grants", {"relations.grant_salience": 0.0}, "goodwill"),
    Ablation("being known in a category", {"attraction.experience_scale": 10.0}, "orders"),
    Ablation("what the market tells of the known", {"attraction.known_market_weight": 0.6}, "orders"),
    Ablation("the pool as more than one seller", {"standing.pool_weight": 0.0}, "orders"),
    Ablation("sellers that are not listed", {"availability.catalogue_floor": 0.0}, "orders"),
    Ablation("familiarity by grants", {"experience.grant_familiarity": 0.0}, "experience"),
    Ablation("disasters", {"disasters.disaster_rate": 0.0}, "disaster_need", zero("disaster_need")),
    Ablation(
        "learning",
        {f"industry.{name}_learning": 0.0 for name in ("transfer", "practice", "joint")},
        "domestic_capability",
        still("domestic_capability"),
    ),
    Ablation("mid-year cuts", {"economy.cut_probability": 0.0}, "procurement_budget", zero("budget_cut")),
    Ablation(
        "waves of demand",
        {"demand.wave_spread": 0.0, "demand.wave_at_start": 0.0},
        "deal_count",
        zero("demand_wave"),
        {"demand.wave_spread": 0.6},
    ),
    Ablation("large orders that go to the base", {"supplier_choice.size_pull": 0.0}, "orders"),
    Ablation("a level of sizes that is not sure", {"contracts.size_level": 1.0}, "orders"),
    Ablation("large orders that begin later", {"contracts.lead_time_growth": 0.0}, "deliveries"),
    Ablation(
        "large orders that take longer",
        {"contracts.delivery_growth": 0.0, "contracts.delivery_variation": 0.0},
        "deliveries",
    ),
    Ablation("other odds of importing", {"supplier_choice.import_nest": 0.05}, "orders"),
)

by_ablation = pytest.mark.parametrize("ablation", ABLATIONS, ids=str)


@cache
def plan_of(changes: Numbers, events: Events) -> design.Plan:
    """Return a plan with these numbers and events."""
    return plans.plan(events=[dict(each) for each in events], changes=dict(changes), n_steps=N_STEPS)


def pair(ablation: Ablation) -> tuple[tuple[Numbers, Events], tuple[Numbers, Events]]:
    """Return numbers and events of the usual plan, and of the one without."""
    events = tuple(tuple(each.items()) for each in ablation.events)
    without = {**ablation.usual, **ablation.changes}
    return (tuple(ablation.usual.items()), events), (tuple(without.items()), events)


@cache
def neighbours() -> dict[tuple[Numbers, Events], list[tuple[Numbers, Events]]]:
    """Return for each plan those that it is run with: they have the same events."""
    wanted = dict.fromkeys(each for ablation in ABLATIONS for each in pair(ablation))
    found = {}
    for events in dict.fromkeys(events for _, events in wanted):
        alike = [each for each in wanted if each[1] == events]
        for start in range(0, len(alike), TOGETHER):
            group = alike[start : start + TOGETHER]
            found |= dict.fromkeys(group, group)
    return found


@cache
def runs_of(group: tuple[tuple[Numbers, Events], ...]) -> dict[str, Any]:
    """Return all that plans with the same events record, side by side.

    They differ in parameters only, which may be others in every trial: each plan has trials of its own.
    """
    each = [plan_of(*plan) for plan in group]
    drawn = [design.draw_parameters(plan, 0, N_TRIALS) for plan in each]
    together = {name: np.concatenate([one[name] for one in drawn], axis=-1) for name in drawn[0]}
    shocks = {
        name: np.concatenate([shock] * len(group), axis=-1)
        for name, shock in design.draw_shocks(each[0], 0, N_TRIALS).items()
    }
    block = engine.Block(each[0], 0, N_TRIALS * len(group), drawn=together, shocks=shocks)
    quarters: dict[str, list[Any]] = {name: [] for name in RECORDED}
    for _ in range(N_STEPS):
        block.advance()
        for name in RECORDED:
            quarters[name].append(block.values[name])
    return {name: np.array(values) for name, values in quarters.items()}


def run_of(changes: Numbers, events: Events) -> Values:
    """Return all that a plan records."""
    group = tuple(neighbours()[changes, events])
    first = N_TRIALS * group.index((changes, events))
    return {name: values[..., first : first + N_TRIALS] for name, values in runs_of(group).items()}


def both(ablation: Ablation, of: Callable[..., Any]) -> tuple[Any, Any]:
    """Return something of the usual plan, and of the one without."""
    usual, without = pair(ablation)
    return of(*usual), of(*without)


def downstream(parameters: set[str]) -> set[str]:
    """Return what can differ in the first quarter in which anything does, if these parameters differ."""
    reached: set[str] = set()
    for stage in START:
        if reached.union(parameters).intersection(name.removesuffix(PREVIOUS) for name in stage.reads):
            reached.update(stage.writes)
    # States differ from their first value on; the rest only from when it is written.
    before = {f"{name}{PREVIOUS}" for name in reached}
    reached = {name for name in reached if GLOSSARY[name].role in ("state", "ledger")}
    for stage in SCHEDULE:
        if (reached | before | parameters).intersection(stage.reads):
            reached.update(stage.writes)
    return reached


def test_plans_side_by_side_have_the_bits_that_they_have_alone() -> None:
    plan = pair(ABLATIONS[-1])[1]
    alone = engine.run_block(plan_of(*plan), 0, N_TRIALS, RECORDED)
    for name, values in run_of(*plan).items():
        assert values.tobytes() == alone[name].tobytes(), name


@by_ablation
def test_what_is_turned_off_is_gone_and_makes_a_difference(ablation: Ablation) -> None:
    usual, without = both(ablation, run_of)
    assert ablation.leaves(without)
    if ablation.leaves is not nothing_special:
        assert not ablation.leaves(usual), "there was nothing to turn off"
    assert not np.array_equal(usual[ablation.moves], without[ablation.moves])

    # Where the two part, all that differs is what comes after the parameters in the quarter.
    differs = {name: (usual[name] != without[name]).reshape(N_STEPS, -1).any(axis=1) for name in RECORDED}
    first = min(np.argmax(each) for each in differs.values() if each.any())
    found = {name for name, each in differs.items() if each[first]}
    assert found <= downstream({key.split(".")[1] for key in ablation.changes})


@lru_cache(KEPT)
def draws_of(changes: Numbers, events: Events) -> Any:
    """Return the shocks and the parameters of such a plan."""
    plan = plan_of(changes, events)
    design._kept.cache_clear()  # each plan draws for itself
    return design.draw_shocks(plan, 500, 20), design.draw_parameters(plan, 500, 20)


@pytest.mark.parametrize(
    "ablation",
    [pytest.param(each, marks=pytest.mark.long) if k % 10 else each for k, each in enumerate(ABLATIONS)],
    ids=str,
)
def test_no_draw_is_moved_elsewhere(ablation: Ablation) -> None:
    for one, other in zip(*both(ablation, draws_of), strict=True):
        turned_off = {key.split(".")[1] for key in ablation.changes}
        assert one.keys() == other.keys()
        for name in one:
            if name not in turned_off:
                assert one[name].tobytes() == other[name].tobytes(), name


def test_without_balance_and_deeds_partners_know_nothing_of_the_recipient() -> None:
    # With no pull towards balance, relations among partners are their own: whatever the recipient does.
    events = [{"at": "2024-Q3", "what": "set", "name": "relation.bangladesh.india", "to": -0.9}]
    changes = {"relations.balance_strength": 0.0}
    calm, sour = (
        engine.run_block(plans.plan(events=each, changes=changes, n_steps=N_STEPS), 0, 30, ("relation",))[
            "relation"
        ]
        for each in ((), events)
    )
    np.testing.assert_array_equal(calm[:, RECIPIENT + 1 :], sour[:, RECIPIENT + 1 :])
    with_balance = engine.run_block(plans.plan(events=events, n_steps=N_STEPS), 0, 30, ("relation",))[
        "relation"
    ]
    assert not np.array_equal(calm[:, RECIPIENT + 1 :], with_balance[:, RECIPIENT + 1 :])
