"""Decisions are explained by what the model really weighed."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.analysis.explain.counterfactual import Change
from sim.analysis.explain.explanation import Decision, Explanation
from sim.design import plan as design
from sim.engine import block as engine
from sim.numerics.elementary import exp
from sim.scenario import event_checks, events

TRIAL, SEED = 17, 1


@pytest.fixture(scope="module")
def base() -> sim.Scenario:
    return sim.load("baseline")


#: Quarters that are explained: the first of a year, in which most is decided, and two with little else.
EARLY = ("2027-Q1", "2025-Q3", "2026-Q3")
LATE = ("2029-Q1", "2025-Q1", "2029-Q3")


@pytest.fixture(
    scope="module", params=[EARLY, pytest.param(LATE, marks=pytest.mark.long)], ids=["early", "late"]
)
def explanations(base: sim.Scenario, request: pytest.FixtureRequest) -> list[Explanation]:
    return [sim.explain(base, trial=TRIAL, at=at, seed=SEED) for at in request.param]


def test_terms_add_up_to_the_probabilities(explanations: list[Explanation]) -> None:
    seen = set()
    for decision in (each for explanation in explanations for each in explanation):
        seen.add(decision.kind)
        weight = np.exp(np.array(decision.utility) - max(decision.utility))
        assert np.allclose(weight / weight.sum(), decision.probability, rtol=1e-9, atol=1e-12)
        assert sum(decision.probability) == pytest.approx(1)
    assert seen == {"posture", "attention", "alignment", "agreement", "deal"}


def test_choices_are_those_of_the_engine(base: sim.Scenario, explanations: list[Explanation]) -> None:
    names = ("posture", "alignment_step_taken", "order_count")
    plan = replace(
        design.plan(base, SEED), n_steps=max(e.at.ordinal for e in explanations) - base.start.ordinal + 1
    )
    run = engine.run_block(plan, TRIAL, 1, names)
    levels = {"press": -1, "passive": 0, "maintain": 1, "court": 2, "court hard": 3}
    steps = {"pull back": -1, "hold": 0, "deepen": 1}
    for explanation in explanations:
        step = explanation.at.ordinal - base.start.ordinal
        suppliers = []
        for each in explanation:
            option = each.options[each.chosen]
            if each.kind == "posture":
                assert run["posture"][step, base.case.partners.index(each.actor), 0] == levels[option]
            elif each.kind == "alignment" and each.actor == base.case.recipient:
                index = base.case.partners.index(each.subject)
                assert run["alignment_step_taken"][step, index, 0] == steps[option]
            elif each.kind == "deal":
                in_register = base.case.constants["in_register"][base.case.categories.index(each.subject)]
                suppliers += [option] if option in base.case.suppliers and in_register else []
        orders = run["order_count"][step, :, 0]
        assert [orders[base.case.suppliers.index(name)] for name in set(suppliers)] == [
            suppliers.count(name) for name in set(suppliers)
        ]
        assert orders.sum() == len(suppliers)


def test_a_result_is_explained_by_its_own_seed(base: sim.Scenario, explanations: list[Explanation]) -> None:
    runs = sim.run(base, trials=2, seed=SEED, keep=["hhi"], quarters="2024-Q4")
    found = explanations[2]
    assert found, "something was decided"
    assert sim.explain(runs, trial=TRIAL, at=found.at) == found
    assert sim.explain(runs, trial=TRIAL, at=found.at, seed=SEED) == found
    for told in (sim.explain, sim.story):
        more = {"at": "2029-Q3"} if told is sim.explain else {}
        with pytest.raises(
            sim.InputError, match=f"seed: the result was run with {SEED}, not with {SEED + 1}"
        ):
            told(runs, trial=TRIAL, seed=SEED + 1, **more)  # type: ignore[operator]


def test_a_result_knows_its_scenario_whatever_it_is_called(base: sim.Scenario) -> None:
    other = base.override({"attraction.finance_weight": 3.0}, name="baseline")
    runs = sim.run(other, trials=1, keep=["hhi"], quarters="2024-Q4")
    assert sim.scenarios_of(runs)["baseline"].digest == other.digest
    assert sim.explain(runs, trial=0, at="2024-Q3") == sim.explain(other, trial=0, at="2024-Q3")
    earlier = runs.copy()
    del earlier.attrs["scenarios"]
    with pytest.raises(sim.InputError, match=r"not what was run\. Give the scenario itself"):
        sim.explain(earlier, trial=0, at="2024-Q3")


@pytest.mark.parametrize(
    ("trial", "at", "said"),
    [(0, "2050-Q1", "outside the horizon"), (-1, "2029-Q1", "whole number"), (0, "2029-5", "not a quarter")],
)
def test_mistakes(base: sim.Scenario, trial: int, at: str, said: str) -> None:
    with pytest.raises(sim.InputError, match=said):
        sim.explain(base, trial=trial, at=at)


def made(probability: tuple[float, ...], chosen: int, **terms: tuple[float, ...]) -> Decision:
    return Decision("deal", "a", "b", ("x", "y", "z"), dict(terms), probability, chosen)


def test_what_would_have_flipped_a_choice() -> None:
    ahead = made((0.6, 0.3, 0.1), 0, base=(2.0, 0.0, 0.0), price=(0.0, 1.3, 0.0))
    assert ahead.rejected == 1
    assert ahead.margin == pytest.approx(math.log(2))
    assert ahead.flip == "No single change in the world: y was 0.69 logits behind."
    likelier = made((0.6, 0.3, 0.1), 1)
    assert likelier.flip == "The draw decided: x was likelier by 0.69 logits."
    assert made((1.0, 0.0, 0.0), 0).flip == "Nothing else was open."
    turned = replace(ahead, turn=Change("trust (x)", 0.5, 0.25, "y"))
    assert turned.flip == "With trust (x) at 0.25, not 0.50, it would have been y."


@pytest.mark.long
def test_what_would_have_turned_a_decision_turns_it(
    base: sim.Scenario, explanations: list[Explanation]
) -> None:
    """The change is made by an event, in the whole model, and the decision comes out as was said."""
    found, n_turned = explanations[0], 0
    for each in found:
        is_relation = re.match(
            r"relation between two states \((\w+), (\w+)\)", each.turn.what if each.turn else ""
        )
        if not is_relation or each.turn is None or each.kind == "agreement":
            continue
        pair = ".".join(name.lower() for name in is_relation.groups())
        event = {"at": str(found.at), "what": "set", "name": f"relation.{pair}", "to": each.turn.after}
        read = events.read(
            event,
            "test",
            "events",
            case=base.case,
            parameters=base.parameters,
            start=base.start,
            end=base.end,
        )
        checked = event_checks.check([*base.events, read], base.case, base.parameters)
        other = sim.explain(replace(base, events=checked), trial=TRIAL, at=found.at, seed=SEED)
        (same,) = (o for o in other if (o.kind, o.actor, o.subject) == (each.kind, each.actor, each.subject))
        assert same.options[int(np.argmax(same.probability))] == each.turn.option
        n_turned += 1
    assert n_turned >= 2


def test_deal_terms_are_logits_of_the_weights(explanations: list[Explanation]) -> None:
    found = next(each for each in explanations[2] if each.kind == "deal")
    assert {"standing", "installed base", "experience", "technology", "availability"} <= set(found.terms)
    assert exp(np.array(found.utility)).sum() > 0
