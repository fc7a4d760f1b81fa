"""One harness for every stage of the model: shapes, bounds, purity, rows, and the signs of theory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

import plans
import space
from observed import Call, clone, observe
from possible import check_possible
from sim.design import plan as design
from sim.model.mechanisms import (
    agreements,
    alarm,
    alignment,
    attention,
    attraction,
    availability,
    border_pressure,
    budget,
    contracts,
    deliveries,
    demand,
    disasters,
    economy,
    experience,
    export_control,
    export_regime,
    grants,
    industry,
    measures,
    partner_alignment,
    payments,
    payoffs,
    politics,
    posture,
    rates,
    relations,
    standing,
    supplier_choice,
    terms,
)
from sim.model.schedule import SCHEDULE, START, Stage, base_name
from sim.numerics.choice import LOGIT
from sim.vocabulary.axes import RECIPIENT
from sim.vocabulary.variables import GLOSSARY

#: Every function of the model, once.
STAGES = tuple(dict.fromkeys((*START, *SCHEDULE)))

#: Where parameters come from: the priors, evenly from within the hard bounds, or the bounds themselves.
PRIORS = ("prior", "bounds", "corners")

N_TRIALS = 12

#: Quarters looked at: both fiscal years begin, budgets are cut, and events of every kind happen.
STEPS = (0, 1, 2, 5, 8, 10, 12, 13, 17, 19)

by_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
by_case = pytest.mark.parametrize("of_case", plans.CASES)
by_toy = pytest.mark.parametrize("of_case", plans.usual(plans.CASES, ("archipelago",)))


def make_plan(of_case: str, prior: str, seed: int, n_steps: int = 21) -> design.Plan:
    """Return a short plan in which every kind of event happens."""
    changes = None if prior == "prior" else plans.wide(of_case, prior)
    return plans.plan(of_case, plans.busy(of_case), changes, n_steps=n_steps, seed=seed)


@cache
def calls(of_case: str) -> list[Call]:
    """Return the calls of a block for each prior."""
    return [
        call
        for prior in PRIORS
        for call in observe(make_plan(of_case, prior, 5), N_TRIALS, first_trial=508, steps=STEPS)
    ]


@cache
def calls_of(stage: Stage, of_case: str) -> list[Call]:
    """Return the calls of one stage."""
    return [call for call in calls(of_case) if call.stage == stage]


# ---------------------------------------------------------------------- what is written is possible


@by_case
@by_stage
def test_what_is_written_is_possible(stage: Stage, of_case: str) -> None:
    found = calls_of(stage, of_case)
    assert found
    for call in found:
        check_possible(call)


@by_case
def test_nothing_overflows_anywhere_in_the_space_of_parameters(of_case: str) -> None:
    # Many more draws, and fewer quarters: python tests/space.py
    space.walk(space.plan(of_case, n_steps=22), 0, 400)


@pytest.mark.parametrize("of_case", plans.usual(plans.CASES, ("archipelago",)))
def test_machine_code_has_the_same_bits_anywhere_in_the_space_of_parameters(of_case: str) -> None:
    pytest.importorskip("llvmlite")
    space.compare(space.plan(of_case), 0, 600)


@pytest.mark.parametrize(
    ("of_case", "prior"),
    [
        ("bangladesh", "prior"),
        ("archipelago", "bounds"),
        ("archipelago", "corners"),
        pytest.param("archipelago", "prior", marks=pytest.mark.long),
        pytest.param("bangladesh", "bounds", marks=pytest.mark.long),
        pytest.param("bangladesh", "corners", marks=pytest.mark.long),
    ],
)
def test_nothing_breaks_under_the_most_extreme_draws(
    of_case: str, prior: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = design.draw_shocks

    def extreme(*args: Any, **more: Any) -> dict[str, Any]:
        least, most, drawn = 2.0**-54, 1.0 - 2.0**-53, usual(*args, **more)
        return {name: np.where(u < 0.3, least, np.where(u > 0.7, most, u)) for name, u in drawn.items()}

    monkeypatch.setattr(design, "draw_shocks", extreme)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for call in observe(make_plan(of_case, prior, 11), 6, with_inputs=False):
            check_possible(call)


# ---------------------------------------------------------------------- plain functions of arrays


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal bit for bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(one[name], other[name]) for name in one)
    one, other = np.asarray(one), np.asarray(other)
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def is_ledger(name: str) -> bool:
    """Whether a stage may change what it was given under this name."""
    return name in GLOSSARY and GLOSSARY[name].role == "ledger"


@by_toy
@by_stage
def test_inputs_are_left_as_they_were(stage: Stage, of_case: str) -> None:
    for call in calls_of(stage, of_case):
        for name, value in call.before.items():
            if not is_ledger(name):
                assert is_same(value, call.after[name]), f"{stage.name} changed {name}, {call.when}"


@by_toy
@by_stage
def test_a_call_depends_on_its_inputs_alone(stage: Stage, of_case: str) -> None:
    for call in calls_of(stage, of_case)[:3]:
        # A ledger written at the start is read by later stages, which change it.
        for name, value in call.again().items():
            if not is_ledger(name):
                assert is_same(value, call.written[name]), f"{name}, {call.when}"


@by_toy
@by_stage
def test_one_trial_alone_is_a_row_of_many(stage: Stage, of_case: str) -> None:
    for call in calls_of(stage, of_case):
        for k in (0, N_TRIALS - 1):
            alone = clone({name: call.of_trial(name, value, k) for name, value in call.before.items()})
            written = vars(stage.function(**alone))
            for name, value in written.items():
                if not is_ledger(name):
                    row = call.of_trial(name, call.written[name], k)
                    assert is_same(value, row), f"{name}, {call.when}, {k}"
            for name in filter(is_ledger, alone):
                row = call.of_trial(name, call.after[name], k)
                assert is_same(alone[name], row), f"{name}, {call.when}, {k}"


@by_case
@pytest.mark.parametrize("of", ["posture", "alignment"])
def test_the_terms_of_a_decision_add_up_to_its_probabilities(of: str, of_case: str) -> None:
    n_decisions = 0
    for call in calls_of(Stage({"posture": posture.step, "alignment": alignment.step}[of]), of_case):
        by_logit = call.before["decision_rule"] == LOGIT
        if call.written[f"{of}_terms"]:
            utility = call.before["rationality"] * sum(call.written[f"{of}_terms"].values())
            weight = np.exp(utility - utility.max(axis=0))[..., by_logit]
            found = call.written[f"{of}_probability"][..., by_logit]
            np.testing.assert_allclose(found, weight / weight.sum(axis=0), rtol=0, atol=1e-9)
            n_decisions += found.size
    assert n_decisions


@by_case
def test_a_partner_gains_most_by_the_posture_that_it_weighs_highest(of_case: str) -> None:
    levels = np.array(posture.LEVELS)
    for decided, paid in zip(
        calls_of(Stage(posture.step), of_case), calls_of(Stage(payoffs.step), of_case), strict=True
    ):
        terms = decided.written["posture_terms"]
        if not terms:
            continue
        weighed = sum(term for name, term in terms.items() if name != "inertia")
        shape = paid.before["posture"].shape
        gained = np.stack(
            [of_partners(paid.again(posture=np.full(shape, level))["payoff"]) for level in levels]
        )
        np.testing.assert_allclose(gained - gained[1], weighed - weighed[1], rtol=1e-9, atol=1e-9)


@by_case
def test_the_terms_of_a_deal_add_up_to_its_utility(of_case: str) -> None:
    for call in calls_of(Stage(attraction.step), of_case):
        shared = sum(call.written["supplier_terms"].values())[:, call.before["deal_trial"]]
        utility = shared + sum(call.written["deal_terms"].values())
        np.testing.assert_allclose(call.written["deal_utility"], utility, rtol=1e-9, atol=1e-9)


@by_case
def test_the_terms_of_talks_add_up_to_their_chance(of_case: str) -> None:
    for call in calls_of(Stage(agreements.step), of_case):
        mean = call.before["negotiation_mean"] * (
            1.0 + call.before["rung_slowdown"] * call.before["agreement_rung_prev"]
        )
        rate = 2.0 / mean * np.exp(sum(call.written["negotiation_terms"].values()))
        chance = call.written["negotiation_chance"]
        expected = np.where(chance > 0, -np.expm1(-rate / 4), 0.0)
        # One less an exponential near one: rounding leaves an absolute error.
        np.testing.assert_allclose(chance, expected, rtol=1e-9, atol=1e-15)


# ---------------------------------------------------------------------- the signs of theory


@dataclass(frozen=True)
class Rule:
    """Raise one input and nothing else: the output must not fall (sign +1), or not rise (-1).

    Parameters
    ----------
    function : callable
        The mechanism.
    cause : str
        The input that is raised.
    effect : str
        The output.
    sign : int
        Direction.
    own : bool
        Raise the first supplier's alone; its output has the sign, that of each other the opposite one.
    given : str
        An input that has to be positive for the rule to hold; trials in which it is not are passed over.
    by_logit : bool
        Whether the rule holds for the logit alone: a satisficer who is offered more may look further down.
    of : callable, optional
        What is looked at of the output.
    """

    function: Callable[..., Any]
    cause: str
    effect: str
    sign: int = 1
    own: bool = False
    given: str = ""
    by_logit: bool = False
    of: Callable[[Any], Any] = lambda output: output

    def __str__(self) -> str:
        stage = Stage(self.function).name
        return f"{stage}: {'own ' if self.own else ''}{self.cause} -> {self.sign:+d} {self.effect}"


def odds(options: Any) -> Any:
    """Return probabilities."""
    return options / options.sum(axis=0)


def deferral(options: Any) -> Any:
    """Return the probability of the last option."""
    return odds(options)[-1]


def made_at_home(options: Any) -> Any:
    """Return the probability of the last option but one."""
    return odds(options)[-2]


def altogether(grants_by_state: Any) -> Any:
    """Return the sum over the first axis."""
    return grants_by_state.sum(axis=0)


def courted(probability: Any) -> Any:
    """Return the level of courtship to be expected; pressing courts no more than doing nothing."""
    return sum(max(0.0, level) * chance for level, chance in zip(posture.LEVELS, probability, strict=True))


def pressed(probability: Any) -> Any:
    """Return the chance of being pressed."""
    return probability[0]


def deepened(probability: Any) -> Any:
    """Return the step to be expected."""
    return probability[-1] - probability[0]


def held(probability: Any) -> Any:
    """Return the chance that nothing moves."""
    return probability[1]


def with_recipient(relation: Any) -> Any:
    """Return the relations with the recipient."""
    return relation[RECIPIENT]


def of_recipient(payoff: Any) -> Any:
    """Return the recipient's."""
    return payoff[RECIPIENT]


def of_partners(payoff: Any) -> Any:
    """Return the partners'."""
    return payoff[RECIPIENT + 1 :]


RULES = (
    Rule(rates.step, "stock_wear", "stock_loss"),
    Rule(rates.step, "experience_fading", "experience_kept", -1),
    Rule(rates.step, "need_half_life", "need_kept"),
    Rule(rates.step, "disaster_rate", "disaster_chance"),
    Rule(rates.step, "calm_rate", "crisis_end_chance"),
    Rule(border_pressure.start, "crisis_intensity", "border_pressure"),
    Rule(border_pressure.step, "intensity", "border_pressure"),
    Rule(border_pressure.step, "intensity", "incidents"),
    Rule(border_pressure.step, "intensity_shock", "border_pressure"),
    Rule(border_pressure.step, "incident_shock", "incidents"),
    Rule(border_pressure.step, "worst_intensity", "border_pressure", -1),
    Rule(border_pressure.step, "crisis_rate", "is_crisis"),
    Rule(border_pressure.step, "crisis_end_chance", "is_crisis", -1),
    Rule(border_pressure.step, "relation_prev", "is_crisis", -1),
    Rule(border_pressure.step, "border_pressure_prev", "border_pressure"),
    Rule(economy.step, "growth_shock", "military_budget"),
    Rule(economy.step, "budget_growth", "military_budget"),
    Rule(economy.step, "military_budget_prev", "military_budget"),
    Rule(economy.step, "cut_probability", "budget_cut"),
    Rule(economy.step, "largest_cut", "budget_cut"),
    Rule(disasters.step, "disaster_chance", "disaster_need"),
    Rule(disasters.step, "need_kept", "disaster_need"),
    Rule(budget.step, "border_pressure", "procurement_budget", -1),
    Rule(budget.step, "crowding_out", "headroom", -1),
    Rule(budget.step, "military_budget", "procurement_budget"),
    Rule(budget.step, "military_budget", "headroom"),
    Rule(budget.step, "procurement_share", "commitment_cap"),
    Rule(budget.step, "budget_cut", "procurement_budget", -1),
    Rule(budget.step, "commitments_prev", "headroom", -1),
    Rule(budget.step, "commitment_ceiling", "headroom"),
    Rule(export_control.step, "agreement_rung", "export_approval"),
    Rule(export_control.step, "relation_prev", "export_approval"),
    Rule(export_control.step, "approval_base", "export_approval"),
    Rule(export_control.step, "review_rate", "export_approval"),
    Rule(standing.step, "world_order_share", "standing_utility"),
    Rule(standing.step, "price_factor", "standing_utility", -1),
    Rule(standing.step, "lead_time_factor", "standing_utility", -1, given="lead_time_location"),
    Rule(standing.step, "ideal_point_distance", "standing_utility", -1, given="ideal_point_weight"),
    Rule(standing.step, "distance", "standing_utility", -1, given="distance_weight"),
    Rule(standing.step, "pair_effect", "standing_utility"),
    Rule(demand.start, "target_ratio", "target_stock"),
    Rule(demand.step, "headroom", "deal_count"),
    Rule(demand.step, "caution", "deal_count", -1),
    Rule(demand.step, "modernisation", "deal_count"),
    Rule(demand.step, "deals_per_year", "deal_count"),
    Rule(demand.step, "demand_shock", "deal_count"),
    Rule(attraction.step, "finance_terms", "deal_utility"),
    Rule(attraction.step, "technology_terms", "deal_utility"),
    Rule(attraction.step, "political_cost", "deal_utility", -1),
    Rule(attraction.step, "relation_prev", "deal_utility"),
    Rule(attraction.step, "quarters_since_order_prev", "deal_utility", -1),
    Rule(attraction.step, "urgency", "deal_utility", -1),
    Rule(attraction.step, "concentration_weight", "deal_utility", -1),
    Rule(attraction.step, "commitment_doubt_prev", "deal_utility", -1),
    Rule(attraction.step, "doubt_weight", "deal_utility", -1),
    Rule(attraction.step, "concentration_threshold", "deal_utility"),
    Rule(attraction.step, "border_pressure", "deal_utility", -1),
    Rule(attraction.step, "experience_prev", "deal_utility", own=True),
    Rule(attraction.step, "experience_scale", "deal_utility", -1),
    Rule(standing.step, "pool_weight", "standing_utility"),
    Rule(availability.step, "catalogue", "deal_weight"),
    Rule(availability.step, "deal_utility", "deal_weight"),
    Rule(availability.step, "export_approval", "deal_weight"),
    Rule(availability.step, "border_pressure", "deal_weight", -1),
    Rule(availability.step, "attention_loss", "deal_weight", -1),
    Rule(availability.step, "quarters_since_order_prev", "deal_weight", -1),
    Rule(availability.step, "supplier_share_prev", "deal_weight", -1),
    Rule(availability.step, "share_limit", "deal_weight"),
    Rule(availability.step, "mandate_compliance", "deal_weight", -1),
    Rule(supplier_choice.start, "deal_weight", "reference_value"),
    Rule(supplier_choice.step, "deal_weight", "deal_options", own=True, by_logit=True, of=odds),
    Rule(supplier_choice.step, "deal_weight", "deal_options", -1, by_logit=True, of=deferral),
    Rule(supplier_choice.step, "deferral_odds", "deal_options", by_logit=True, of=deferral),
    Rule(supplier_choice.step, "domestic_odds", "deal_options", by_logit=True, of=made_at_home),
    Rule(supplier_choice.step, "coproduction_odds", "deal_options", by_logit=True, of=made_at_home),
    Rule(supplier_choice.step, "domestic_capability_prev", "deal_options", by_logit=True, of=made_at_home),
    Rule(contracts.step, "size_shock", "contract_value"),
    Rule(contracts.step, "size_median", "contract_tiv"),
    Rule(contracts.step, "price_level", "contract_tiv", -1),
    Rule(contracts.step, "commitment_cap", "contract_value"),
    Rule(contracts.step, "commitments_prev", "contract_value", -1),
    Rule(contracts.step, "delay_shock", "contract_delay"),
    Rule(contracts.step, "lead_time_factor", "contract_delay"),
    Rule(contracts.step, "delivery_spread", "contract_instalments"),
    Rule(contracts.step, "lapse_probability", "contract_lapses"),
    Rule(payments.start, "unpaid_share", "commitments"),
    Rule(payments.step, "procurement_budget", "spending"),
    Rule(payments.step, "procurement_budget", "unspent"),
    Rule(payments.step, "procurement_budget", "arrears", -1),
    Rule(payments.step, "contract_value", "commitments"),
    Rule(payments.step, "contract_value", "signed"),
    Rule(payments.step, "payment_years", "spending", -1),
    Rule(payments.step, "cancellation", "released"),
    Rule(payments.step, "cancellation", "commitments", -1),
    Rule(grants.step, "osa_budget", "grants", of=altogether),
    Rule(grants.step, "selection_probability", "grants", of=altogether),
    Rule(grants.step, "absorptive_capacity", "grants", of=altogether),
    Rule(grants.step, "largest_grant", "grants", of=altogether),
    Rule(grants.step, "repeat_bonus", "grants", of=altogether),
    Rule(grants.step, "osa_budget_growth", "programme_growth"),
    Rule(grants.step, "partner_aid", "aid"),
    Rule(deliveries.start, "stock_wear", "stock", -1),
    Rule(deliveries.start, "delivered_cohorts", "stock"),
    Rule(deliveries.step, "contract_tiv", "orders"),
    Rule(deliveries.step, "contract_tiv", "order_book"),
    Rule(deliveries.step, "contract_delay", "deliveries", -1),
    Rule(deliveries.step, "cancellation", "cancellations"),
    Rule(deliveries.step, "cancellation", "deliveries", -1),
    Rule(deliveries.step, "cancellation", "order_book", -1),
    Rule(deliveries.step, "grant_deliveries", "stock"),
    Rule(deliveries.step, "grant_capability", "granted"),
    Rule(deliveries.step, "stock_loss", "stock", -1),
    Rule(deliveries.step, "stock_loss", "retired"),
    Rule(experience.start, "experience_fading", "experience", -1),
    Rule(experience.step, "experience_kept", "experience"),
    Rule(experience.step, "grant_handover", "experience"),
    Rule(experience.step, "grant_familiarity", "experience"),
    Rule(industry.step, "technology_terms", "domestic_capability"),
    Rule(industry.step, "transfer_learning", "domestic_capability"),
    Rule(industry.step, "practice_learning", "domestic_capability"),
    Rule(industry.step, "economic_zone", "domestic_capability"),
    Rule(industry.step, "zone_boost", "domestic_capability"),
    Rule(industry.step, "agreement_rung", "domestic_capability"),
    Rule(industry.step, "joint_learning", "domestic_capability"),
    Rule(measures.step, "deliveries", "supplier_share", own=True),
    Rule(measures.step, "orders", "order_share", own=True),
    Rule(measures.step, "stock", "installed_share", own=True),
    Rule(measures.step, "mixing_cost", "capability", -1),
    Rule(measures.step, "training", "capability"),
    Rule(measures.step, "agreement_rung", "capability"),
    Rule(measures.step, "agreement_rung", "autonomy", -1),
    Rule(measures.step, "domestic_capability", "autonomy"),
    Rule(rates.step, "irregular_exit_rate", "irregular_exit_chance"),
    Rule(rates.step, "goodwill_half_life", "goodwill_kept"),
    Rule(politics.start, "years_to_election", "quarters_to_election"),
    Rule(politics.step, "turnover_probability", "government"),
    Rule(politics.step, "irregular_exit_chance", "government"),
    Rule(politics.step, "exit_shock", "government", -1),
    Rule(politics.step, "election_interval", "quarters_to_election"),
    Rule(politics.step, "leaning_shock", "leaning"),
    Rule(politics.step, "jump_shock", "relation_jump"),
    Rule(politics.step, "relation_carry", "mean_kept"),
    Rule(politics.step, "longest_pause", "negotiation_pause"),
    Rule(politics.step, "break_probability", "cancellation"),
    Rule(politics.step, "strained_below", "cancellation"),
    Rule(politics.step, "relation_prev", "cancellation", -1),
    Rule(politics.step, "documented_cancellation", "cancellation"),
    *(
        Rule(alarm.step, cause, "alarm", sign)
        for cause, sign in (
            ("alignment_prev", 1),
            ("agreement_rung_prev", 1),
            ("grant_notice_prev", 1),
            ("grant_alarm", 1),
            ("loss_alarm", 1),
            ("relation_prev", -1),
        )
    ),
    Rule(alarm.step, "notice_kept", "grant_notice"),
    Rule(posture.start, "doubt_at_start", "commitment_doubt"),
    Rule(posture.step, "commitment_doubt_prev", "commitment_doubt"),
    Rule(posture.step, "posture_shock", "posture"),
    Rule(posture.step, "pressing_value", "posture_probability", by_logit=True, of=pressed),
    Rule(posture.motives, "alarm", "pressing_value"),
    Rule(posture.motives, "press_weight", "pressing_value"),
    Rule(posture.motives, "press_cost", "pressing_value", -1),
    *(
        Rule(posture.step, cause, "posture_probability", sign, by_logit=True, of=courted)
        for cause, sign in (
            ("courting_drive", 1),
            ("courtship_cost", -1),
            ("fiscal_room", 1),
        )
    ),
    *(
        Rule(posture.motives, cause, "courting_drive", sign)
        for cause, sign in (
            ("interest", 1),
            ("incumbency_weight", 1),
            ("rivalry_weight", 1),
            ("vacancy_weight", 1),
            ("home_constraint", -1),
            ("export_regime_prev", 1),
            ("outside_gain", 1),
        )
    ),
    Rule(attention.step, "attention_shock", "attention_between"),
    Rule(attention.step, "attention_interest", "attention_between", by_logit=True),
    Rule(partner_alignment.step, "partner_alignment_shock", "bond_step_taken"),
    Rule(partner_alignment.step, "attention_between", "bond_step_taken", by_logit=True),
    Rule(posture.step, "purse_load", "posture_probability", -1, by_logit=True, of=courted),
    Rule(payoffs.step, "purse_load", "payoff", -1, of=of_partners),
    Rule(terms.step, "posture", "coercion", -1),
    Rule(terms.step, "coercion_cost", "coercion"),
    Rule(terms.step, "withholding", "withheld"),
    Rule(terms.step, "spares_cut", "usable_share", -1),
    Rule(terms.step, "aid_cut", "aid_kept", -1),
    Rule(economy.step, "trade_leverage", "military_budget", -1),
    Rule(economy.step, "posture_prev", "military_budget"),
    Rule(deliveries.step, "withheld", "deliveries", -1),
    Rule(deliveries.step, "withheld", "order_book"),
    Rule(measures.step, "usable_share", "capability"),
    Rule(relations.step, "aid_kept", "goodwill"),
    Rule(terms.step, "finance_offer", "finance_terms"),
    Rule(terms.step, "grants_compete", "finance_terms"),
    Rule(terms.step, "agreement_rung_prev", "technology_terms"),
    Rule(terms.step, "technology_offer", "technology_terms"),
    Rule(terms.step, "end_use_control", "technology_terms", -1),
    *(Rule(terms.step, f"{level}_scale", "finance_terms") for level in ("press", "passive", "court", "hard")),
    Rule(export_regime.step, "opening_rate", "export_regime"),
    Rule(export_regime.step, "tightening_rate", "export_regime", -1),
    Rule(agreements.step, "relation_prev", "negotiation_chance"),
    Rule(agreements.step, "relation_prev", "agreement_rung"),
    Rule(agreements.step, "posture", "negotiation_chance"),
    Rule(agreements.step, "goodwill_prev", "negotiation_chance"),
    Rule(agreements.step, "alignment_prev", "negotiation_chance"),
    Rule(agreements.step, "courting_speed", "negotiation_chance"),
    Rule(agreements.step, "goodwill_speed", "negotiation_chance"),
    Rule(agreements.step, "will_speed", "negotiation_chance"),
    Rule(agreements.step, "negotiation_mean", "negotiation_chance", -1),
    Rule(agreements.step, "rung_slowdown", "negotiation_chance", -1),
    Rule(agreements.step, "wish_threshold", "negotiation_chance", -1),
    Rule(agreements.step, "negotiation_pause", "negotiation_chance", -1),
    Rule(agreements.step, "leaning", "negotiation_chance"),
    Rule(agreements.step, "border_pressure", "negotiation_chance", -1),
    Rule(agreements.step, "ceiling_base", "negotiation_chance"),
    Rule(agreements.step, "ceiling_slope", "negotiation_chance"),
    Rule(agreements.step, "experience_prev", "negotiation_chance"),
    Rule(agreements.step, "coproduction_orders", "negotiation_chance", -1),
    Rule(agreements.step, "negotiation_stage_prev", "agreement_rung"),
    Rule(agreements.step, "negotiation_shock", "agreement_rung", -1),
    Rule(agreements.step, "breaking_point", "agreement_rung", -1),
    Rule(agreements.step, "breaking_rate", "agreement_rung", -1),
    Rule(alignment.step, "alignment_shock", "alignment_step_taken"),
    Rule(alignment.step, "alignment_shock", "alignment"),
    Rule(alignment.step, "alignment_effort", "alignment_probability", by_logit=True, of=held),
    *(
        Rule(alignment.step, cause, "alignment_probability", sign, by_logit=True, of=deepened)
        for cause, sign in (
            ("security_weight", 1),
            ("benefit_weight", 1),
            ("goodwill_weight", 1),
            ("courtship_weight", 1),
            ("autonomy_weight", -1),
            ("retaliation_weight", -1),
            ("border_pressure", 1),
            ("finance_terms", 1),
            ("technology_terms", 1),
            ("goodwill_prev", 1),
            ("posture", 1),
            ("leaning", 1),
            ("agreement_rung", -1),
            ("supplier_share_prev", -1),
        )
    ),
    Rule(attraction.step, "coercion", "deal_utility", -1),
    Rule(attraction.step, "hostility_weight", "deal_utility", -1),
    Rule(relations.start, "partner_aid", "goodwill"),
    Rule(relations.start, "aid_half", "goodwill", -1),
    *(
        Rule(relations.step, cause, "relation", sign, of=with_recipient)
        for cause, sign in (
            ("mean_relation_prev", 1),
            ("relation_jump", 1),
            ("grant_notes", 1),
            ("grant_handover", 1),
            ("mean_relation_at_start_prev", 1),
            ("relation_shock", 1),
            ("agreement_rung", 1),
            ("agreement_warmth", 1),
            ("posture", 1),
            ("courting_warmth", 1),
            ("pressing_friction", -1),
            ("goodwill_prev", 1),
            ("gratitude", 1),
            ("disaster_need", 1),
            ("relief_warmth", 1),
            ("border_pressure", -1),
            ("incident_friction", -1),
            ("alarm", -1),
            ("suspicion", -1),
        )
    ),
    Rule(relations.step, "goodwill_prev", "goodwill"),
    Rule(relations.step, "partner_aid", "goodwill"),
    Rule(relations.step, "grant_handover", "goodwill"),
    Rule(relations.step, "grant_salience", "goodwill"),
    Rule(relations.step, "aid_half", "goodwill", -1),
    Rule(payoffs.start, "category_stock", "capability_at_start"),
    *(
        Rule(payoffs.step, cause, "payoff", sign, of=of_recipient)
        for cause, sign in (
            ("capability", 1),
            ("capability_value", 1),
            ("autonomy", 1),
            ("autonomy_value", 1),
            ("border_pressure", -1),
            ("commitments", -1),
            ("commitment_cap", 1),
            ("strain_value", -1),
        )
    ),
    Rule(payoffs.step, "interest", "payoff", of=of_partners),
    Rule(payoffs.step, "margin_value", "payoff", of=of_partners),
    Rule(payoffs.step, "supplier_share", "payoff", own=True, of=of_partners),
    Rule(payoffs.step, "alignment", "payoff", own=True, of=of_partners),
    Rule(payoffs.step, "courting_drive", "payoff", of=of_partners),
    Rule(payoffs.step, "pressing_value", "payoff", of=of_partners),
    Rule(payoffs.step, "pressed_value", "payoff", -1, of=of_recipient),
    Rule(payoffs.step, "courtship_cost", "payoff", -1, of=of_partners),
    Rule(payoffs.step, "fiscal_room", "payoff", of=of_partners),
)

#: Names of inputs that cannot exceed one.
UP_TO_ONE = ("relation", "mean_relation", "headroom", "cancellation", "supplier_share", "alignment")


def raised(rule: Rule, call: Call, part: float) -> Any:
    """Return the input, higher by a part of the way to its upper limit, or of its own size."""
    value = call.before[rule.cause]
    name = base_name(rule.cause)
    if value.dtype.kind == "i":
        return value + int(np.ceil(4 * part))
    unit = GLOSSARY[name].unit if name in GLOSSARY else ""
    is_limited = unit in ("uniform", "share", "0/1") or name in UP_TO_ONE
    is_probability = (
        name not in GLOSSARY and np.max(value, initial=0.0) <= 1.0 and np.min(value, initial=0.0) >= 0
    )
    way = (1.0 - 2.0**-53 - value) if is_limited or is_probability else 1.0 + np.abs(value)
    higher = value + part * np.maximum(way, 0.0)
    if rule.own:
        higher[1:] = value[1:]
    return higher


def holds_for(rule: Rule, call: Call) -> Any:
    """Return the trials, or deals, in which the condition of a rule is met."""
    holds = np.ones(call.n_trials, dtype=bool)
    if rule.given:
        holds &= np.all(call.before[rule.given].reshape(-1, call.n_trials) >= 0.0, axis=0)
    if rule.by_logit:
        holds &= call.before["decision_rule"] == LOGIT
    if "deal" not in GLOSSARY[rule.effect].dims:
        return holds
    # What an earlier opening ends in instead, later ones of its quarter know.
    is_first = call.before["deal_slot"] == 0 if rule.function is supplier_choice.step else True
    return holds[call.deal_trial] & is_first


#: Parts of the way to its greatest value by which an input is raised.
PARTS = (0.01, 0.3, 1.0)


def changed_by(rule: Rule, call: Call, part: float) -> int:
    """Assert that an effect has its sign, and return how many numbers it changes."""
    before = rule.of(np.asarray(call.written[rule.effect], dtype=float))
    raised_to = {rule.cause: raised(rule, call, part)}
    after = rule.of(np.asarray(call.again(**raised_to)[rule.effect], dtype=float))
    effect = rule.sign * (after - before)
    if rule.own:
        effect[1:] *= -1.0
    if rule.given or rule.by_logit:
        effect = effect[..., holds_for(rule, call)]
    slack = 1e-12 * np.maximum(1.0, np.abs(before).max(initial=0.0))
    assert effect.min(initial=0.0) >= -slack, f"{call.when}, {part}"
    return np.count_nonzero(effect)


THOROUGH = [False, pytest.param(True, marks=pytest.mark.long)]


@by_toy
@pytest.mark.parametrize("is_thorough", THOROUGH, ids=["some", "all"])
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_effects_have_the_sign_of_theory(rule: Rule, is_thorough: bool, of_case: str) -> None:
    n_changed = 0
    for turn in range(len(PARTS)):
        # The parts in turns, over half of the quarters and priors; all of them in each if need be, and by
        # make test-long.
        some = slice(None) if is_thorough or turn else slice(None, None, 2)
        for number, call in enumerate(calls_of(Stage(rule.function), of_case)[some]):
            n_changed += changed_by(rule, call, PARTS[(number + turn) % len(PARTS)])
        if n_changed and not is_thorough:
            break
    assert n_changed, "the input has no effect at all"


def test_the_rules_speak_of_every_mechanism() -> None:
    spoken_of = {rule.function.__module__ for rule in RULES}
    assert spoken_of == {stage.function.__module__ for stage in STAGES}
