"""The Mesa interface: one world is one trial, bit for bit, and a rule is a rule in either form."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plans
import sim
from sim import abm
from sim.design import plan as design
from sim.engine import block as engine
from sim.model import rules
from sim.model import schedule as model
from sim.model.mechanisms import alignment, experience, posture, supplier_choice
from sim.model.schedule import USUAL, WiringError
from sim.runs.dataset import DEFAULT_KEEP
from sim.scenario.files import shipped
from sim.scenario.scenario import Scenario
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    Contradiction,
    InputError,
    OutOfBounds,
    OutsideHorizon,
    UnknownName,
    WrongType,
)
from sim.vocabulary.variables import GLOSSARY

RECORDED = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")
PAGE = Path(__file__).parent.parent / "docs" / "mesa.md"

#: The block lies across a boundary of granules of the streams; the worlds are on both sides.
FIRST, N_TRIALS, TRIALS = 505, 12, (511, 512)


def run(world: sim.World) -> sim.World:
    """Run a world to its end."""
    while world.running:
        world.step()
    return world


def assert_same(world: sim.World, block: dict[str, Any], trial: int) -> None:
    """Assert that a world has the bits of a trial of a block that begins with `FIRST`."""
    found = world.results(np.float64)
    assert set(found.data_vars) == set(block)
    for name, values in block.items():
        assert found[name].to_numpy()[0, ..., 0].tobytes() == values[..., trial - FIRST].tobytes(), name


@cache
def short(of_case: str = "bangladesh", n_steps: int = 12) -> Scenario:
    """Return a short scenario."""
    return plans.scenario(of_case, n_steps=n_steps)


# ---------------------------------------------------------------------- one model


#: Those of which a few years are run, after all events; the others are run to their end.
FEW = ("calibrated", "origin_2005")


@pytest.mark.parametrize("name", plans.usual(shipped(), FEW))
def test_a_world_is_its_trial_of_a_block(name: str) -> None:
    chosen = sim.load(name)
    if name in FEW:
        chosen = replace(chosen, end=min(chosen.end, Quarter(2027, 4)))
    block = engine.run_block(design.plan(chosen, 3), FIRST, N_TRIALS, RECORDED)
    trial = TRIALS[len(name) % 2]
    assert_same(run(sim.World(chosen, seed=3, trial=trial, keep="all")), block, trial)


@pytest.mark.parametrize("of_case", plans.CASES)
def test_also_when_every_kind_of_event_happens(of_case: str) -> None:
    chosen = plans.scenario(of_case, plans.busy(of_case), n_steps=21)
    block = engine.run_block(design.plan(chosen, 2), FIRST, N_TRIALS, RECORDED)
    assert_same(run(sim.World(chosen, 2, 508, keep="all")), block, 508)


def test_results_are_those_of_a_run() -> None:
    world = sim.World("origin_2005", seed=1, trial=4)
    run_of_it = sim.run("origin_2005", seed=1, first_trial=4, trials=1)
    with pytest.raises(InputError, match=r"no quarter has been run. Call step\(\) first"):
        world.results()
    for n_steps in (1, 2):
        world.step()
        assert world.results().drop_attrs().identical(run_of_it.isel(time=slice(n_steps)).drop_attrs())
    assert run(world).results().identical(run_of_it)
    assert world.results(np.float64).hhi.dtype == np.float64
    assert set(world.results().data_vars) == set(DEFAULT_KEEP)
    assert set(sim.World(short(), keep=["hhi", "stock"])._keep) == {"hhi", "stock"}


# ---------------------------------------------------------------------- views


def test_agents_show_what_the_arrays_hold() -> None:
    world = sim.World(short(), seed=5, trial=3)
    assert world.date == short().start
    assert np.isnan(world.recipient.payoff)
    for _ in range(9):
        world.step()
    case, now = world.case, world.results(np.float64).isel(scenario=0, time=-1, trial=0)
    assert str(world.date) == str(now.quarter.item())
    assert len(world.agents) == len(case.actors)
    assert [each.name for each in world.partners] == list(case.partners)
    assert world.recipient in world.agents
    assert world.recipient.title == case.display("actor", case.recipient)
    for each in world.partners:
        here = now.sel(partner=each.name, supplier=each.name, actor=each.name)
        assert each is world.partner(each.name)
        for attribute, name in {
            "posture": "posture",
            "alignment": "alignment",
            "agreement_rung": "agreement_rung",
            "share": "supplier_share",
            "order_share": "order_share",
            "order_book": "order_book",
            "payoff": "payoff",
        }.items():
            assert getattr(each, attribute) == here[name].item(), attribute
        towards = now.relation.sel(partner=each.name)
        assert each.relation == towards.sel(actor=case.recipient).item()
        assert each.goodwill == world.value("goodwill", each.name)
        assert list(each.relations) == [name for name in case.partners if name != each.name]
    recipient = world.recipient
    for attribute in ("capability", "border_pressure", "alignment", "supplier_share", "order_book", "grants"):
        shown = getattr(recipient, attribute)
        assert list(shown.values()) == now[attribute].to_numpy().tolist(), attribute
    for attribute in ("commitments", "military_budget", "government", "dependence", "tilt", "autonomy"):
        assert getattr(recipient, attribute) == now[attribute].item(), attribute
    assert list(recipient.stock) == list(case.categories)
    supplier, category = case.suppliers[1], case.categories[0]
    assert world.value("stock", supplier, category) == world.value("stock", supplier)[category]
    assert repr(recipient) == f"<Recipient {case.recipient}>"


def test_an_agent_sees_what_events_have_set_when_it_decides() -> None:
    seen: list[tuple[str, float, float]] = []

    class Watching(abm.Partner):
        def decide_posture(self) -> float:
            seen.append((str(self.world.date), self.posture, self.relation))
            return super().decide_posture()

    partner, recipient = short().case.partners[1], short().case.recipient
    events = [
        {"at": "2024-Q3", "what": "set", "name": f"relation.{recipient}.{partner}", "to": -0.6},
        {"at": "2024-Q3", "what": "hold", "name": f"posture.{partner}", "to": 3, "for_quarters": 2},
    ]
    run(sim.World(plans.scenario(events=events, n_steps=5), partner_class={partner: Watching}))
    assert seen[2] == ("2024-Q3", 3.0, -0.6)
    assert [date for date, *_ in seen] == ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1"]


def test_the_data_collector_collects() -> None:
    world = run(sim.World(short(), seed=2, trial=1))
    found, runs = world.datacollector.get_model_vars_dataframe(), world.results(np.float64)
    assert len(found) == short().n_steps
    for name in ("hhi", "commitments"):
        np.testing.assert_array_equal(found[name], runs[name].to_numpy()[0, ..., 0])
    agents = world.datacollector.get_agent_vars_dataframe()
    assert len(agents) == short().n_steps * len(world.case.actors)
    japan = agents[agents.name == world.case.partners[0]]
    np.testing.assert_array_equal(japan.posture.astype(float), runs.posture.to_numpy()[0, :, 0, 0])
    assert agents[agents.name == world.case.recipient].posture.isna().all()


def test_mesa_runs_batches_of_worlds() -> None:
    import mesa

    chosen = short(n_steps=4)
    # Newer versions hand over the seed apart, and want none among the parameters.
    is_new = "rng" in mesa.batch_run.__code__.co_varnames
    given = {"rng": [7]} if is_new else {}
    parameters = {"scenario": [chosen], "trial": [0, 3]} | ({} if is_new else {"seed": 7})
    rows = mesa.batch_run(sim.World, parameters, number_processes=1, display_progress=False, **given)
    runs = sim.run(chosen, seed=7, trials=4)
    for row in rows:
        assert np.float32(row["hhi"]) == runs.hhi.to_numpy()[0, -1, row["trial"]]


def test_a_step_after_the_end_is_an_error() -> None:
    world = run(sim.World(short(n_steps=2)))
    with pytest.raises(OutsideHorizon, match=r"2024-Q2.*: the world has ended"):
        world.step()
    assert world.results().sizes["time"] == 2


# ---------------------------------------------------------------------- rules, in both forms


class Reciprocal(abm.Partner):
    def decide_posture(self) -> float:
        if self.world.date.quarter > 1:
            return self.posture
        return 2.0 if self.relation > 0 else -1.0


def reciprocate(*, calendar_quarter: int, posture_prev: Any, relation_prev: Any, **read: Any) -> Any:
    level = np.where(relation_prev[0] > 0, 2.0, -1.0) if calendar_quarter == 1 else posture_prev
    return rules.postures(level, calendar_quarter=calendar_quarter, posture_prev=posture_prev, **read)


class Restless(abm.Partner):
    """Moves in every quarter, where it stood as the model does otherwise."""

    def decide_posture(self) -> float:
        return float(self.world.date.quarter - 1) if self.place == 1 else super().decide_posture()


def restless(**read: Any) -> Any:
    level = np.array(posture.step(**read).posture)
    level[1] = read["calendar_quarter"] - 1
    return rules.postures(level, **read)


class Equidistant(abm.Recipient):
    def decide_alignment(self, partner: abm.Partner) -> float:
        return float(np.sign(0.5 - partner.alignment)) if self.world.date.quarter == 1 else 0.0


def equidistant(*, calendar_quarter: int, alignment_prev: Any, alignment_step: Any) -> Any:
    step = np.sign(0.5 - alignment_prev) if calendar_quarter == 1 else 0.0
    return rules.alignments(step, alignment_prev=alignment_prev, alignment_step=alignment_step)


class Appeasing(abm.Partner):
    """Courts those with whom it gets on badly."""

    def decide_attention(self, other: abm.Partner) -> float:
        return 3.0 if self.relations[other.name] < 0 else 0.0


def appeasing(*, relation_prev: Any, **read: Any) -> Any:
    level = np.where(relation_prev < 0, 3.0, 0.0)
    level[0] = 0.0
    return rules.attentions(level, **read)


class Loyal(abm.Partner):
    """Aligns with its friends and draws back from the others, in every quarter."""

    def decide_alignment(self, other: abm.Partner) -> float:
        return float(np.sign(self.relations[other.name]))


def loyal(*, relation_prev: Any, **read: Any) -> Any:
    step = np.sign(relation_prev)
    step[0] = 0.0
    return rules.bonds(step, **read)


class Cautious(abm.Recipient):
    """Defers what it would buy from its main supplier."""

    def decide_purchase(self, opening: abm.Opening) -> str:
        assert opening.category in self.world.case.categories
        assert sum(opening.chances.values()) == pytest.approx(1)
        main = max(self.supplier_share, key=lambda name: self.supplier_share[name])
        return abm.DEFERRAL if opening.usual == main else super().decide_purchase(opening)


def cautious(*, supplier_share_prev: Any, deal_trial: Any, **read: Any) -> Any:
    usual = supplier_choice.step(deal_trial=deal_trial, **read)
    main = supplier_share_prev.argmax(axis=0)[deal_trial]
    return replace(usual, deal_supplier=np.where(usual.deal_supplier == main, -1, usual.deal_supplier))


FORMS: dict[str, tuple[dict[str, Any], str, Callable[..., Any]]] = {
    "posture": ({"partner_class": Reciprocal}, "posture.step", reciprocate),
    "posture, one partner, every quarter": ({"partner_class": Restless}, "posture.step", restless),
    "attention": ({"partner_class": Appeasing}, "attention.step", appeasing),
    "alignment of partners": ({"partner_class": Loyal}, "partner_alignment.step", loyal),
    "alignment": ({"recipient_class": Equidistant}, "alignment.step", equidistant),
    "purchase": ({"recipient_class": Cautious}, "supplier_choice.step", cautious),
}


@cache
def eventful(of_case: str) -> tuple[design.Plan, dict[str, Any]]:
    """Return a plan with some events, over two years and a quarter, and what it records."""
    plan = design.plan(plans.scenario(of_case, plans.busy(of_case)[:6], n_steps=9), 4)
    return plan, engine.run_block(plan, FIRST, N_TRIALS, RECORDED)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("of_case", plans.usual(plans.CASES, ("archipelago",)))
def test_a_rule_gives_the_same_as_agents_and_as_arrays(of_case: str, form: str) -> None:
    classes, stage, rule = FORMS[form]
    plan, usual = eventful(of_case)
    chosen = plan.scenario
    ruled = engine.run_block(plan, FIRST, N_TRIALS, RECORDED, USUAL.replace({stage: rule}))
    assert any(not np.array_equal(ruled[name], usual[name]) for name in RECORDED)
    assert_same(run(sim.World(chosen, 4, TRIALS[0], keep="all", **classes)), ruled, TRIALS[0])
    assert_same(run(sim.World(chosen, 4, TRIALS[1], keep="all", rules={stage: rule})), ruled, TRIALS[1])


def test_what_follows_from_the_usual_decisions_is_usual() -> None:
    def same_postures(**read: Any) -> Any:
        return rules.postures(posture.step(**read).posture, **read)

    def same_steps(**read: Any) -> Any:
        return rules.alignments(alignment.step(**read).alignment_step_taken, **read)

    chosen = short(n_steps=9)
    others = {"posture.step": same_postures, "alignment.step": same_steps}
    names = [name for name in RECORDED if name not in ("posture_probability", "alignment_probability")]
    plan = design.plan(chosen, 4)
    usual = engine.run_block(plan, 0, 40, names)
    found = engine.run_block(plan, 0, 40, names, USUAL.replace(others))
    for name in names:
        assert usual[name].tobytes() == found[name].tobytes(), name


def test_classes_may_differ_by_partner_and_rules_lie_beneath_them() -> None:
    first, second = short().case.partners[:2]
    world = sim.World(short(), partner_class={first: Reciprocal}, rules={"posture.step": restless})
    assert type(world.partner(first)) is Reciprocal
    assert type(world.partner(second)) is abm.Partner
    run(world)
    assert world.partner(second).posture == world.date.quarter - 1
    assert world.partner(first).posture in (2.0, -1.0)


def test_the_manifest_names_the_rules() -> None:
    chosen, here = short(n_steps=2), __name__
    assert sim.manifest(sim.run(chosen, trials=1))["rules"] == {}
    given = {"posture.step": reciprocate}
    assert sim.manifest(sim.run(chosen, trials=1, rules=given))["rules"] == {
        "posture.step": f"{here}.reciprocate"
    }
    partner = chosen.case.partners[1]
    world = sim.World(chosen, partner_class={partner: Reciprocal}, recipient_class=Cautious, rules=given)
    assert sim.manifest(run(world).results())["rules"] == {
        "posture.step": f"{here}.reciprocate",
        f"posture.step of {partner}": f"{here}.Reciprocal.decide_posture",
        f"supplier_choice.step of {chosen.case.recipient}": f"{here}.Cautious.decide_purchase",
    }


def test_a_rule_also_holds_at_the_start_where_its_stage_runs_there() -> None:
    def dull(**read: Any) -> Any:
        usual = model.attraction.step(**read)
        return replace(usual, deal_utility=np.zeros_like(usual.deal_utility))

    schedule = USUAL.replace({"attraction.step": dull})
    assert [each.function for each in schedule.start if each.name == "attraction.step"] == [dull]
    block = engine.Block(design.plan(short()), 0, 3, schedule)
    usual = engine.Block(design.plan(short()), 0, 3)
    assert not np.array_equal(block.values["reference_value"], usual.values["reference_value"])


# ---------------------------------------------------------------------- mistakes


def reads_nothing_known(*, postur_prev: Any) -> Any: ...
def reads_too_early(*, hhi: Any) -> Any: ...
def forgets_to_return(**read: Any) -> Any: ...
def returns_one_trial(**read: Any) -> Any:
    usual = experience.step(**read)
    return replace(usual, experience=usual.experience[..., :1])


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (
            {"posture.stp": reciprocate},
            UnknownName,
            r"rules.posture.stp: no such stage. Did you mean posture.step",
        ),
        (
            {"posture.step": reads_nothing_known},
            UnknownName,
            'rules.posture.step: reads "postur_prev", which is not there. Did you mean posture',
        ),
        ({"posture.step": reads_too_early}, WiringError, "posture.step reads hhi before it is written"),
        (
            {"posture.step": forgets_to_return},
            WrongType,
            "rules.posture.step: returned a NoneType. Return a sim.model.mechanisms.posture.Update.",
        ),
        (
            {"experience.step": returns_one_trial},
            WrongType,
            "returned experience with shape .* the trials last",
        ),
    ],
    ids=lambda given: next(iter(given.values())).__name__ if isinstance(given, dict) else "",
)
def test_each_mistake_in_a_rule_is_named(given: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        sim.run(short(n_steps=2), trials=3, rules=given)


class Lost(abm.Recipient):
    def decide_purchase(self, opening: abm.Opening) -> str:
        return "atlantis"


class Stubborn(abm.Recipient):
    def decide_purchase(self, opening: abm.Opening) -> str:
        return min(opening.chances, key=lambda name: opening.chances[name])

    def decide_alignment(self, partner: abm.Partner) -> float:
        return float("nan") if partner.place else 0.0


class Stubborner(Stubborn):
    decide_alignment = abm.Recipient.decide_alignment


class Furious(abm.Partner):
    def decide_posture(self) -> float:
        return -2.0


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: sim.World(short(), seed=None), WrongType, "seed"),  # type: ignore[arg-type]
        (lambda: sim.World(short(), trial=-1), OutOfBounds, "trial"),
        (lambda: sim.World(short(), partner_class={"japn": Reciprocal}), UnknownName, "Did you mean japan"),
        (lambda: sim.World(short(), keep=["hi"]), UnknownName, "Did you mean hhi"),
        (lambda: sim.World(short()).partner("japn"), UnknownName, "Did you mean japan"),
        (lambda: sim.World(short()).value("hi"), UnknownName, "Did you mean hhi"),
        (lambda: sim.World(short()).value("posture", "japn"), UnknownName, "Did you mean japan"),
        (lambda: run(sim.World(short(), recipient_class=Lost)), UnknownName, "decide_purchase: .*atlantis"),
        (
            lambda: run(sim.World(short(), recipient_class=Stubborner)),
            Contradiction,
            "is not open for .*Open are",
        ),
        (
            lambda: run(sim.World(short(), recipient_class=Stubborn)),
            OutOfBounds,
            "decided nan.*between -1 and 1",
        ),
        (lambda: run(sim.World(short(), partner_class=Furious)), OutOfBounds, "decided -2.*-1 and 3"),
    ],
)
def test_each_mistake_in_a_world_is_named(make: Callable[[], Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        make()


# ---------------------------------------------------------------------- the page, and the interface apart


@pytest.mark.long
def test_the_page_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 4
    scope: dict[str, Any] = {"__name__": "page"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"mesa.md, block {number}", "exec"), scope)
    rules_shown = re.findall(
        r"^(?:class|def) .*?\n(?=\n\n)", "".join(blocks[2:]), flags=re.DOTALL | re.MULTILINE
    )
    assert len(rules_shown) == 2
    assert max(len(rule.splitlines()) for rule in rules_shown) <= 10
    assert sim.manifest(scope["runs"])["rules"] == {"posture.step": "page.reciprocate"}


@pytest.mark.long  # `make imports` says so of the code
def test_nothing_but_the_face_imports_mesa() -> None:
    run = "sim.run('baseline', trials=1, quarters='2024-Q1')"
    code = f"import sim, sys; sim.rules; {run}; print('mesa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
