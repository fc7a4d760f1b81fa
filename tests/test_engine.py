"""The engine: nothing is lost, and no trial knows of any other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import plans
import sim
from sim.design import plan as design
from sim.engine import block as engine
from sim.engine.trust import Trust
from sim.model import schedule as model
from sim.numerics.streams import GRANULE
from sim.vocabulary.variables import GLOSSARY

RECORDED = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")
STATES = tuple(v.name for v in GLOSSARY.values() if v.role == "state")

Values = dict[str, Any]

PLANS = [(of_case, is_busy) for of_case in plans.CASES for is_busy in (False, True)]
PLAN_IDS = [f"{of_case}-{'busy' if is_busy else 'undisturbed'}" for of_case, is_busy in PLANS]


@cache
def history(of_case: str, is_busy: bool) -> tuple[Values, Values, Values]:
    """Return the first values, all that was recorded, and the last values of a block."""
    events = plans.busy(of_case) if is_busy else ()
    block = engine.Block(plans.plan(of_case, events, n_steps=24, seed=3), 0, 40)
    first = {name: np.array(block.values[name]) for name in STATES}
    quarters: dict[str, list[Any]] = {name: [] for name in RECORDED}
    for _ in range(block.plan.n_steps):
        block.advance()
        for name in RECORDED:
            quarters[name].append(block.values[name])
    return first, {name: np.array(values) for name, values in quarters.items()}, block.values


def balances(received: Any, gone: Any) -> None:
    """Assert that what came in is what went out or is still there, to 1e-9 of it."""
    largest = np.maximum(np.abs(received).max(), 1e-6)
    np.testing.assert_allclose(gone, received, rtol=1e-9, atol=1e-9 * largest)


# ---------------------------------------------------------------------- conservation

by_plan = pytest.mark.parametrize(("of_case", "is_busy"), PLANS, ids=PLAN_IDS)


@by_plan
def test_every_order_is_delivered_or_cancelled_or_on_the_book(of_case: str, is_busy: bool) -> None:
    first, run, last = history(of_case, is_busy)
    bought = run["deliveries"] - run["granted"]
    for flow in (run["orders"], bought, run["cancellations"]):
        assert flow.sum() > 0
    received = first["order_book"] + run["orders"].sum(axis=0)
    balances(received, bought.sum(axis=0) + run["cancellations"].sum(axis=0) + run["order_book"][-1])
    on_the_ledgers = last["delivery_ledger"].sum(axis=(0, 2)) + last["lapse_ledger"].sum(axis=0)
    balances(run["order_book"][-1], on_the_ledgers)


@by_plan
def test_all_stock_was_delivered_or_given(of_case: str, is_busy: bool) -> None:
    first, run, last = history(of_case, is_busy)
    counted = np.flatnonzero(last["in_register"])
    received = first["stock"][:, counted].sum(axis=1) + run["deliveries"].sum(axis=0)
    left = run["retired"][:, :, counted].sum(axis=(0, 2)) + run["stock"][-1][:, counted].sum(axis=1)
    balances(received, left)
    balances(run["category_stock"], run["stock"].sum(axis=1) + run["home_stock"])


@by_plan
def test_home_industry_adds_what_it_makes(of_case: str, is_busy: bool) -> None:
    first, run, _ = history(of_case, is_busy)
    before = np.concatenate([first["home_stock"][None], run["home_stock"][:-1]])
    balances(run["home_stock"], before * (1.0 - run["stock_loss"][:, None]) + run["home_orders"])


@by_plan
def test_all_money_is_paid_or_returned_or_unspent(of_case: str, is_busy: bool) -> None:
    first, run, _ = history(of_case, is_busy)
    received = first["unspent"] + run["procurement_budget"].sum(axis=0)
    balances(received, run["spending"].sum(axis=0) + run["returned"].sum(axis=0) + run["unspent"][-1])


@by_plan
def test_all_commitments_are_paid_or_released_or_outstanding(of_case: str, is_busy: bool) -> None:
    first, run, last = history(of_case, is_busy)
    assert run["released"].sum() > 0
    received = first["commitments"] + run["signed"].sum(axis=0)
    balances(received, run["spending"].sum(axis=0) + run["released"].sum(axis=0) + run["commitments"][-1])
    outstanding = run["arrears"][-1] + sum(
        last[f"{name}_ledger"].sum(axis=(0, 1)) for name in ("payment", "release")
    )
    balances(run["commitments"][-1], outstanding)


@by_plan
def test_grants_move_from_stage_to_stage_and_none_is_lost(of_case: str, is_busy: bool) -> None:
    first, run, last = history(of_case, is_busy)
    before = np.concatenate([first["grants"][None], run["grants"][:-1]])
    selected, noted, delivered = np.moveaxis(run["grants"] - before, 1, 0)
    handed_over = run["grant_deliveries"]
    balances(handed_over, delivered)
    assert run["grants"].min() >= -1e-9
    # What is added is awarded, or documented by an event; nothing disappears on the way.
    assert (selected + noted + delivered).min() >= -1e-9
    balances(run["grants"][-1, 0], last["note_ledger"].sum(axis=0))
    if not is_busy:
        documented = first["grants"][1]
        balances(run["grants"][-1, 1], documented + last["handover_ledger"].sum(axis=0))
    channels = np.flatnonzero(last["is_grant_channel"])
    by_partner = last["partner_aid"] * run["aid_kept"]
    given = run["aid"] - (last["channel_share"] * by_partner[:, :, None]).sum(axis=1) / 4
    balances(handed_over, given[:, channels].sum(axis=1))
    np.testing.assert_allclose(np.delete(given, channels, axis=1), 0.0, atol=1e-9)


def test_a_documented_handover_delivers_no_grant_twice() -> None:
    # Far more is documented to arrive than was ever noted: only what was noted can be handed over.
    events = [
        {"at": f"{year}-Q{quarter}", "what": "grant", "amount": 90_000, "state": "delivered"}
        for year in range(2025, 2028)
        for quarter in (1, 2, 3, 4)
    ]
    run = engine.run_block(plans.plan(events=events, n_steps=16, seed=3), 0, 200, ("grants",))
    assert run["grants"].min() >= -1e-9


def test_the_shares_at_the_start_are_those_of_the_register() -> None:
    block = engine.Block(plans.plan(), 0, 3)
    share = block.values["supplier_share"]
    assert share[plans.load_case("bangladesh").suppliers.index("china")] == pytest.approx(0.727, abs=5e-4)
    assert share.argmax(axis=0).tolist() == [plans.load_case("bangladesh").suppliers.index("china")] * 3
    history = block.plan.constants["recent_deliveries"].sum(axis=0)
    np.testing.assert_allclose(share, np.repeat((history / history.sum())[:, None], 3, axis=1), rtol=1e-12)


# ---------------------------------------------------------------------- what events say of states


#: Trials of runs with and without an event.
N_EVENTFUL = 40


def eventful_run(
    *events: dict[str, Any], n_steps: int = 10, changes: dict[str, Any] | None = None
) -> tuple[Values, Values]:
    """Return what is recorded without some events and with them."""
    usual = tuple((changes or {}).items())
    plan = plans.plan(events=events, changes=changes, n_steps=n_steps)
    return calm_run(usual, n_steps), engine.run_block(plan, 0, N_EVENTFUL, RECORDED)


@cache
def calm_run(changes: tuple[tuple[str, Any], ...], n_steps: int) -> Values:
    """Return what is recorded without events."""
    plan = plans.plan(changes=dict(changes), n_steps=n_steps)
    return engine.run_block(plan, 0, N_EVENTFUL, RECORDED)


#: Governments that last.
STEADY = {"politics.turnover_probability": 0.0, "politics.irregular_exit_rate": 0.0}


def test_a_relation_that_is_set_stays_there_on_average() -> None:
    event = {"at": "2024-Q3", "what": "set", "name": "relation.bangladesh.japan", "to": -0.8}
    calm, eventful = eventful_run(event, n_steps=24, changes=STEADY)
    assert (eventful["mean_relation"][2:, 0, 0] == -0.8).all()
    assert (eventful["mean_relation"][:2] == calm["mean_relation"][:2]).all()
    others = np.ones(eventful["mean_relation"].shape[1:3], dtype=bool)
    others[0, 0] = False
    assert_same({"m": eventful["mean_relation"][:, others]}, {"m": calm["mean_relation"][:, others]})
    assert (
        abs(eventful["relation"][-1, 0, 0].mean() + 0.8) < 0.2 < abs(calm["relation"][-1, 0, 0].mean() + 0.8)
    )


def test_what_a_relation_returns_to_ends_with_the_government() -> None:
    quarrel = {"at": "2024-Q3", "what": "set", "name": "relation.bangladesh.japan", "to": -0.8}
    changes = {"politics.irregular_exit_rate": 4.0, "politics.relation_jump_spread": 0.0}
    calm, eventful = eventful_run(quarrel, changes=changes | {"politics.relation_carry": 0.5})
    mean, usual = eventful["mean_relation"][-1, 0, 0], calm["mean_relation"][-1, 0, 0]
    n_changes = eventful["government"][-1] - eventful["government"][1]
    np.testing.assert_allclose(mean - usual, (-0.8 - usual) * 0.5**n_changes, atol=1e-12)
    assert n_changes.max() > 1


def test_a_relation_of_two_partners_is_set_for_both() -> None:
    _, eventful = eventful_run(
        {"at": "2024-Q2", "what": "hold", "name": "relation.japan.india", "to": -0.5, "for_quarters": 4}
    )
    assert (eventful["relation"][1:5, 1, 2] == -0.5).all() and (eventful["relation"][1:5, 3, 0] == -0.5).all()
    assert (eventful["relation"][5] != -0.5).all()


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("relation.bangladesh.china", 0.9),
        ("alignment.china", 0.77),
        ("agreement_rung.china", 1),
        ("posture.china", 3),
        ("export_regime", 0),
    ],
)
def test_what_is_held_stays_in_every_trial_and_is_then_let_go(name: str, to: float) -> None:
    calm, eventful = eventful_run(
        {"at": "2024-Q3", "what": "hold", "name": name, "to": to, "for_quarters": 6}
    )
    variable = name.split(".")[0]
    cell = {"relation": (0, 1), "export_regime": ()}.get(variable, (1,))
    path = eventful[variable][(slice(None), *cell)]
    assert (path[2:8] == to).all()
    assert not (path[8:] == to).all()
    assert_same({name: calm[variable]}, {name: eventful[variable]}, until=2)
    # What the relation returns to is not what it is held at.
    assert_same({name: calm["mean_relation"]}, {name: eventful["mean_relation"]})


def test_what_is_signed_or_lapses_holds_in_every_trial_and_may_move_on() -> None:
    calm, eventful = eventful_run(
        {"at": "2024-Q3", "what": "sign", "partner": "japan", "rung": 4},
        {"at": "2026-Q1", "what": "lapse", "partner": "japan", "rung": 1},
    )
    rung = eventful["agreement_rung"][:, 0]
    assert_same({"rung": calm["agreement_rung"]}, {"rung": eventful["agreement_rung"]}, until=2)
    assert rung[2:8].min() >= 3 and rung[2].mean() >= 4 - 0.2
    assert rung[8].max() <= 2 and rung[8].mean() <= 1.3


def test_a_change_of_government_that_is_documented_happens_in_every_trial() -> None:
    changes = {"politics.turnover_probability": 0.0, "politics.irregular_exit_rate": 0.0}
    events = [{"at": "2025-Q2", "what": "replace_government"}]
    plan = plans.plan(events=events, changes=changes, n_steps=8)
    run = engine.run_block(plan, 0, 40, RECORDED)
    assert not run["government"][:5].any()
    assert (run["government"][5:] == 1).all()
    # What it did to relations is documented by events of its own; the clock of elections is set back.
    assert not run["relation_jump"].any()
    assert (run["quarters_to_election"][5] == 20).all()
    assert (run["negotiation_pause"][5] >= 1).all()
    assert len(np.unique(run["leaning"][5])) == run["leaning"][5].size


# ---------------------------------------------------------------------- one trial is one trial

N_TRIALS = GRANULE + 70


def assert_same(one: Values, other: Values, until: int | None = None) -> None:
    """Assert that two records are equal bit for bit, in the first quarters."""
    assert one.keys() == other.keys()
    for name in one:
        assert one[name][:until].tobytes() == other[name][:until].tobytes(), name


def is_same(one: Values, other: Values, since: int = 0) -> bool:
    """Whether nothing differs from a quarter on."""
    return all(np.array_equal(one[name][since:], other[name][since:]) for name in one)


@cache
def large(of_case: str) -> tuple[design.Plan, Values]:
    """Return a plan with every kind of event and a large batch of it."""
    plan = plans.plan(of_case, plans.busy(of_case), n_steps=21)
    return plan, engine.run_block(plan, 0, N_TRIALS, RECORDED)


#: Trials that are run alone; in the suite, each in one of the cases.
ALONE = {"bangladesh": (0, GRANULE), "archipelago": (6, GRANULE - 1, N_TRIALS - 1)}


@pytest.mark.parametrize(
    ("of_case", "trial"),
    [
        pytest.param(of_case, trial, marks=[] if trial in ALONE[of_case] else [pytest.mark.long])
        for of_case in plans.CASES
        for trial in sorted(sum(ALONE.values(), ()))
    ],
)
def test_a_trial_alone_has_the_bits_it_has_in_a_batch(of_case: str, trial: int) -> None:
    plan, batch = large(of_case)
    alone = engine.run_block(plan, trial, 1, RECORDED)
    assert_same(alone, {name: values[..., trial : trial + 1].copy() for name, values in batch.items()})


def test_a_part_of_a_block_has_the_bits_it_has_in_the_block() -> None:
    # A shipped scenario: among others, rounding leaves some grants a hair below zero there.
    plan = replace(design.plan(sim.load("baseline"), seed=1), n_steps=26)
    names = ("grants", "stock")
    block = engine.run_block(plan, 0, 256, names)
    for start in (64, 192):
        part = engine.run_block(plan, start, 64, names)
        assert_same(part, {name: values[..., start : start + 64].copy() for name, values in block.items()})


@pytest.mark.parametrize("is_compiled", [False, True])
def test_no_quarter_is_run_after_the_last_that_is_recorded(
    is_compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_compiled:
        pytest.importorskip("llvmlite")
    plan, names = plans.plan("archipelago", plans.busy("archipelago"), n_steps=21), ("hhi", "spending")
    whole, trust, run = engine.run_block(plan, 0, 9, names), Trust(), []
    advance = engine.Block.advance
    monkeypatch.setattr(engine.Block, "advance", lambda block: (run.append(block.step), advance(block)))
    found = {name: np.empty((2, *values.shape[1:])) for name, values in whole.items()}
    assert engine.record_block(plan, 0, found, (1, 6), is_compiled=is_compiled, trust=trust) == 0
    assert max(run) == 6
    assert trust.is_checked == is_compiled
    assert_same(found, {name: values[[1, 6]] for name, values in whole.items()})


def test_trials_differ() -> None:
    _, batch = large("bangladesh")
    assert len(np.unique(batch["hhi"][-1])) > N_TRIALS / 2


@pytest.mark.long
def test_blocks_and_other_scenarios_change_no_bit() -> None:
    base = plans.scenario(n_steps=8, name="base")
    other = plans.scenario(events=plans.busy("bangladesh")[:4], n_steps=8, name="other")
    alone = sim.run(base, trials=40, seed=4, keep="all")
    for found in (
        sim.run(base, trials=40, seed=4, keep="all", block=7),
        sim.run([other, base], trials=40, seed=4, keep="all", block=40).sel(scenario=["base"]),
        sim.run([base, other], trials=60, seed=4, keep="all").sel(scenario=["base"], trial=range(40)),
    ):
        for name in alone.data_vars:
            assert alone[name].to_numpy().tobytes() == found[name].to_numpy().tobytes(), name
    later = sim.run(base, trials=15, seed=4, keep="all", first_trial=25)
    assert later.trial.to_numpy().tolist() == list(range(25, 40))
    for name in alone.data_vars:
        np.testing.assert_array_equal(later[name], alone[name].sel(trial=later.trial), err_msg=str(name))


def test_another_seed_gives_other_draws() -> None:
    one, other = (engine.run_block(plans.plan(n_steps=4, seed=seed), 0, 3, RECORDED) for seed in (1, 2))
    assert not is_same(one, other)


# ---------------------------------------------------------------------- one change is one change


@pytest.mark.parametrize("of_case", plans.CASES)
def test_events_move_no_shock_and_no_parameter(of_case: str) -> None:
    calm, eventful = plans.plan(of_case), plans.plan(of_case, plans.busy(of_case))
    for draw in (design.draw_shocks, design.draw_parameters):
        one = draw(calm, 500, 30)
        design._kept.cache_clear()
        other = draw(eventful, 500, 30)
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_another_horizon_moves_no_shock() -> None:
    short = design.draw_shocks(plans.plan(n_steps=10), 0, 5)
    design._kept.cache_clear()
    long = design.draw_shocks(plans.plan(n_steps=30), 0, 5)
    for name, values in short.items():
        np.testing.assert_array_equal(values, long[name][: len(values)], err_msg=name)


def test_what_is_kept_of_draws_changes_none() -> None:
    asked = [(of_case, n, n_steps) for of_case in plans.CASES for n_steps in (3, 5, 2) for n in (5, 30)]
    for of_case, n, n_steps in asked:
        plan = plans.plan(of_case, n_steps=n_steps)
        kept = design.draw_shocks(plan, 0, n), design.draw_parameters(plan, 0, n)
        whole = design.draw_shocks(plan, 0, 100), design.draw_parameters(plan, 0, 100)
        for some, all_of in zip(kept, whole, strict=True):
            assert some.keys() == all_of.keys()
            assert all(np.array_equal(some[name], all_of[name][..., :n]) for name in some)


@pytest.mark.parametrize("key", ["attraction.finance_weight", "demand.deals_per_year.uav"])
def test_another_distribution_moves_that_parameter_alone(key: str) -> None:
    usual, changed = plans.plan(), plans.plan(changes={key: {"value": 3.0, "uniform": [2.5, 3.5]}})
    one = design.draw_parameters(usual, 0, 30)
    design._kept.cache_clear()
    other = design.draw_parameters(changed, 0, 30)
    name, *label = key.split(".")[1:]
    for each in one:
        is_moved = one[each] != other[each]
        if each != name:
            assert not is_moved.any(), each
        else:
            here = plans.load_case("bangladesh").categories.index(*label) if label else ...
            assert is_moved[here].all()
            assert is_moved.sum() == 30
    one = design.draw_shocks(usual, 0, 30)
    design._kept.cache_clear()
    other = design.draw_shocks(changed, 0, 30)
    assert all(np.array_equal(one[each], other[each]) for each in one)


@pytest.mark.parametrize("of_case", plans.CASES)
def test_the_future_leaves_the_past_alone(of_case: str) -> None:
    since, n_steps = 9, 18
    calm = plans.plan(of_case, n_steps=n_steps)
    horizon = calm.scenario.start + since
    end = plans.last_quarter(of_case, n_steps)
    late = [event for event in plans.busy(of_case) if str(horizon) <= event["at"] <= end]
    assert len(late) > 8
    eventful = plans.plan(of_case, late, n_steps=n_steps)
    one, other = (engine.run_block(plan, 30, 40, RECORDED) for plan in (calm, eventful))
    assert_same(one, other, until=since)
    assert not is_same(one, other, since)


#: When single events happen, soon; and how many quarters are run: what an event moves shows within a year.
SOON = 3
A_YEAR_AFTER = SOON + 4


@cache
def without_event(is_signed: bool) -> Values:
    """Return a run without events, or with the one that another needs."""
    return engine.run_block(
        plans.plan(events=[NEEDED] if is_signed else [], n_steps=A_YEAR_AFTER), 0, N_EVENTFUL, RECORDED
    )


def moved(event: dict[str, Any], step: int) -> dict[str, Any]:
    """Return an event that happens in another quarter."""
    return {**event, "at": plans.last_quarter("bangladesh", step + 1)}


#: What has to be signed before it lapses.
NEEDED = moved(plans.busy("bangladesh")[4], SOON - 1)


@pytest.mark.parametrize("position", range(len(plans.busy("bangladesh"))))
def test_each_event_changes_something_and_nothing_before_it(position: int) -> None:
    event = moved(plans.busy("bangladesh")[position], SOON)
    needed = [NEEDED] if event["what"] == "lapse" else []
    eventful = plans.plan(events=[*needed, event], n_steps=A_YEAR_AFTER)
    one = without_event(bool(needed))
    other = engine.run_block(eventful, 0, N_EVENTFUL, RECORDED)
    assert_same(one, other, until=SOON)
    assert not is_same(one, other, SOON)


def test_a_stage_that_stands_is_what_it_would_be_if_run_anew() -> None:
    block = engine.Block(plans.plan(events=plans.busy("bangladesh"), n_steps=21), 0, 5)
    for _ in range(21):
        block.advance()
        for stage in model.SCHEDULE:
            if stage.is_standing:
                anew = stage.function(**{name: block.values[name] for name in stage.reads})
                for name in stage.writes:
                    np.testing.assert_array_equal(getattr(anew, name), block.values[name], err_msg=name)
