"""The engine and the slow twin are one model: equal choices, equal values."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import plans
import sim
from sim.design import plan as design
from sim.engine import block as engine
from sim.model.mechanisms import budget, deliveries, payments, supplier_choice
from sim.scenario.files import shipped
from sim.vocabulary.axes import DEFERRAL, DOMESTIC
from twins import budget as slow_budget
from twins import deliveries as slow_deliveries
from twins import payments as slow_payments
from twins import supplier_choice as slow_choice
from twins.chance import by_rule
from twins.contracts import Contract
from twins.demand import Deal
from twins.world import RECORDED, run, worlds

CLOSE: dict[str, float] = {"rtol": 1e-9, "atol": 1e-9}


def agree(plan: design.Plan, first: int, n_trials: int) -> int:
    """Hold a block of the engine to its twins over the whole run; return the number of deals."""
    block = engine.Block(plan, first, n_trials)
    twins = worlds(plan, first, n_trials)
    fast: dict[str, list[Any]] = {name: [] for name in RECORDED}
    slow: dict[str, list[Any]] = {name: [] for name in RECORDED}
    n_deals = 0
    for step in range(plan.n_steps):
        block.advance()
        for k, world in enumerate(twins):
            world.advance()
            mine = block.values["deal_trial"] == k
            for name in ("category", "supplier", "slot"):
                chosen = [getattr(deal, name) for deal in world.deals]
                where = f"deal_{name}, trial {first + k}, step {step}"
                assert block.values[f"deal_{name}"][mine].tolist() == chosen, where
            n_deals += len(world.deals)
        for name in RECORDED:
            fast[name].append(block.values[name])
            slow[name].append(np.stack([np.array(getattr(world, name)) for world in twins], axis=-1))
    for name in RECORDED:
        np.testing.assert_allclose(np.array(fast[name]), np.array(slow[name]), err_msg=name, **CLOSE)
    return n_deals


@pytest.mark.parametrize("of_case", plans.CASES)
def test_undisturbed_worlds_agree(of_case: str) -> None:
    assert agree(plans.plan(of_case, n_steps=20), 511, 3) > 10


@pytest.mark.parametrize("of_case", plans.CASES)
def test_worlds_with_every_kind_of_event_agree(of_case: str) -> None:
    assert agree(plans.plan(of_case, plans.busy(of_case), n_steps=22, seed=8), 0, 3) > 10


@pytest.mark.parametrize(
    ("of_case", "prior"),
    [
        ("bangladesh", "bounds"),
        ("archipelago", "corners"),
        pytest.param("bangladesh", "corners", marks=pytest.mark.long),
        pytest.param("archipelago", "bounds", marks=pytest.mark.long),
    ],
)
def test_worlds_at_the_edge_of_what_is_possible_agree(of_case: str, prior: str) -> None:
    changes = plans.wide(of_case, prior)
    agree(plans.plan(of_case, plans.busy(of_case), changes, n_steps=22), 0, 3)


def test_worlds_in_which_more_is_handed_over_than_was_noted_agree() -> None:
    events = [
        {"at": f"{year}-Q1", "what": "grant", "amount": amount, "state": "delivered"}
        for year in range(2025, 2028)
        for amount in (200, 500)
    ]
    agree(plans.plan(events=events, changes={"grants.selection_probability": 1.0}, n_steps=16), 0, 3)


#: Those that differ most from the baseline in what their events do, beside its own; the others take long.
FEW = ("origin_2005", "china_coercion")


@pytest.mark.parametrize(
    "name", [name if name in FEW else pytest.param(name, marks=pytest.mark.long) for name in shipped()]
)
def test_shipped_scenarios_agree(name: str) -> None:
    plan = design.plan(sim.load(name), 2)
    # The last event of the futures, and two years after it; in full by make test-long.
    agree(replace(plan, n_steps=min(plan.n_steps, 36)) if name in FEW else plan, 40, 1)


def test_the_twin_records_what_the_engine_records() -> None:
    plan = plans.plan(n_steps=6)
    slow, fast = run(worlds(plan, 9, 1)[0]), engine.run_block(plan, 9, 1, RECORDED)
    for name in RECORDED:
        np.testing.assert_allclose(fast[name][..., 0], slow[name], err_msg=name, **CLOSE)


# ---------------------------------------------------------------------- one mechanism at a time


def call(function: Callable[..., Any], values: dict[str, Any]) -> Any:
    """Call a mechanism with the keywords that it reads."""
    return function(**{name: values[name] for name in inspect.signature(function).parameters})


WEIGHT = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))
UNIFORM = st.floats(2.0**-54, 1.0, exclude_max=True)
SUPPLIERS, CATEGORIES, STEPS = 3, 2, 7


@given(
    weights=st.lists(WEIGHT, min_size=1, max_size=8),
    shocks=st.lists(UNIFORM, min_size=1, max_size=4),
    reference=WEIGHT,
    nest=st.floats(0.05, 1.0),
    home=st.floats(0.0, 5.0),
    capability=st.floats(0.0, 1.0),
    deferral=st.floats(1e-3, 5.0),
    rule=st.sampled_from([0, 0, 1, 2]),
    aspiration=st.floats(0.1, 5.0),
    error=st.floats(0.0, 1.0),
    rung=st.sampled_from([4.0, 5.0]),
    in_register=st.sampled_from([0.0, 1.0]),
)
def test_supplier_choice_agrees(
    weights: list[float],
    shocks: list[float],
    reference: float,
    nest: float,
    home: float,
    capability: float,
    deferral: float,
    rule: int,
    aspiration: float,
    error: float,
    rung: float,
    in_register: float,
) -> None:
    openings, n = len(shocks), len(weights)
    remembered = [float(k % 3) for k in range(n)]
    values = {
        "deal_trial": np.zeros(openings, dtype=int),
        "deal_slot": np.arange(openings),
        "deal_category": np.zeros(openings, dtype=int),
        "deal_weight": np.repeat(np.array(weights)[:, None], openings, axis=1),
        "choice_shock": np.array(shocks)[:, None],
        "size_shock": np.array(shocks)[::-1, None],
        "installed_share_prev": np.array([[1.0 / (1 + k)] for k in range(n)]),
        "size_pull": np.array([0.5]),
        "in_register": np.array([in_register]),
        "experience_prev": np.array(remembered)[:, None, None],
        "quarters_since_order_prev": np.array([[8.0 + 30.0 * (k % 2)] for k in range(n)]),
        "deal_worth": np.full((n, openings), 1.5),
        "experience_scale": np.array([0.1]),
        "is_pool": np.array([float(k == n - 1) for k in range(n)]),
        "recent_weight": np.array([0.8]),
        "recent_window": np.array([5.0]),
        "reference_value_prev": np.array([[reference]]),
        "domestic_capability_prev": np.array([[capability]]),
        "import_nest": np.array([nest]),
        "deferral_odds": np.array([deferral]),
        "domestic_odds": np.array([[home]]),
        "decision_rule": np.array([float(rule)]),
        "aspiration": np.array([aspiration]),
        "error_rate": np.array([error]),
        "agreement_rung": np.array([[rung]]),
        "catalogue": np.ones((n, 1)),
        "coproduction_odds": np.array([0.15]),
    }
    w = SimpleNamespace(
        deals=[Deal(slot, 0, weight=weights) for slot in range(openings)],
        choice_shock=shocks,
        size_shock=shocks[::-1],
        installed_share=[1.0 / (1 + k) for k in range(n)],
        size_pull=0.5,
        in_register=[in_register],
        experience=[[each] for each in remembered],
        quarters_since_order=[8.0 + 30.0 * (k % 2) for k in range(n)],
        experience_weight=1.5,
        world_order_share=[[0.05] for _ in weights],
        market_weight=0.6,
        known_market_weight=0.2,
        usual_market_share=0.05,
        experience_scale=0.1,
        is_pool=[k == n - 1 for k in range(n)],
        recent_weight=0.8,
        recent_window=5.0,
        reference_value=[reference],
        domestic_capability=[capability],
        import_nest=nest,
        deferral_odds=deferral,
        domestic_odds=[home],
        decision_rule=rule,
        aspiration=aspiration,
        error_rate=error,
        agreement_rung=[rung],
        catalogue=[[1.0] for _ in weights],
        coproduction_odds=0.15,
    )
    fast = call(supplier_choice.step, values)
    slow_choice.step(w)
    for k, deal in enumerate(w.deals):
        np.testing.assert_allclose(fast.deal_news[:, k], deal.news, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(fast.deal_pull[:, k], deal.pull, rtol=1e-9, atol=1e-12)
        odds = np.array(
            slow_choice.odds(
                w,
                0,
                [
                    x * math.exp(new + more)
                    for x, new, more in zip(weights, deal.news, deal.pull, strict=True)
                ],
            )
        )
        if rule:
            # Between options that are as good as equal, or just good enough, the last bit decides.
            relative = odds / odds.max()
            assume(np.count_nonzero(relative > 1 - 1e-9) == 1)
            assume(np.abs(relative - np.exp(-aspiration)).min() > 1e-9)
            odds = np.array(by_rule(w, odds.tolist()))
        options = fast.deal_options[:, k]
        np.testing.assert_allclose(options / options.sum(), odds / odds.sum(), rtol=1e-9, atol=1e-12)
        # Where the number falls on the edge between two options, the last bit decides.
        assume(np.min(np.abs(np.cumsum(odds) / odds.sum() - shocks[k])) > 1e-9)
        assert fast.deal_supplier[k] == deal.supplier
        assert deal.supplier in (*range(n), DOMESTIC, DEFERRAL)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Draw a contract."""
    return Contract(
        supplier=draw(st.integers(0, SUPPLIERS - 1)),
        category=draw(st.integers(0, CATEGORIES - 1)),
        tiv=draw(st.floats(0.0, 500.0)),
        kit=draw(st.floats(0.0, 50.0)),
        value=draw(st.floats(0.0, 2000.0)),
        delay=draw(st.integers(0, STEPS + 2)),
        instalments=draw(st.integers(1, STEPS)),
        lapses=False,
    )


@st.composite
def quarters(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what happens in one quarter; the first contract of some quarters will lapse."""
    signed = draw(st.lists(contracts(), max_size=4))
    if signed and draw(st.booleans()):
        signed[0].lapses, signed[0].delay = True, max(1, signed[0].delay)
    cancelled = st.sampled_from([0.0, 0.0, 0.0, 0.4, 1.0])
    return {
        "contracts": signed,
        "cancellation": [draw(cancelled) for _ in range(SUPPLIERS)],
        "money": draw(st.floats(0.0, 800.0)),
        "withheld": [draw(cancelled) for _ in range(SUPPLIERS)],
        "gift": draw(st.floats(0.0, 20.0)),
        "military_budget": draw(st.floats(0.0, 5000.0)),
        "made": draw(st.floats(0.0, 50.0)),
        "finance": [draw(st.floats(0.0, 1.0)) for _ in range(SUPPLIERS)],
    }


def as_arrays(signed: list[Contract]) -> dict[str, Any]:
    """Return contracts as the engine has them, in a block of one trial."""
    kinds = {"tiv": float, "kit": float, "value": float, "lapses": bool}
    columns = {
        f"contract_{name}": np.array([getattr(each, name) for each in signed], dtype=kinds.get(name, int))
        for name in ("supplier", "category", "tiv", "kit", "value", "delay", "instalments", "lapses")
    }
    return {**columns, "contract_trial": np.zeros(len(signed), dtype=int)}


@given(st.lists(quarters(), min_size=STEPS, max_size=STEPS), st.floats(0.0, 0.2))
def test_deliveries_agree(course: list[dict[str, Any]], loss: float) -> None:
    is_donor, basket, in_register = [0.0, 1.0, 0.0], [0.75, 0.25], [1.0, 0.0]
    w = SimpleNamespace(
        suppliers=range(SUPPLIERS),
        categories=range(CATEGORIES),
        book=[],
        stock=[[10.0] * CATEGORIES for _ in range(SUPPLIERS)],
        order_book=[0.0] * SUPPLIERS,
        home_stock=[1.0] * CATEGORIES,
        stock_loss=loss,
        grant_capability=0.15,
        is_grant_donor=is_donor,
        grant_basket=basket,
        in_register=in_register,
    )
    values: dict[str, Any] = {
        "delivery_ledger": np.zeros((STEPS + 1, SUPPLIERS, CATEGORIES, 1)),
        "lapse_ledger": np.zeros((STEPS + 1, SUPPLIERS, 1)),
        "stock_prev": np.array(w.stock)[..., None],
        "order_book_prev": np.zeros((SUPPLIERS, 1)),
        "home_stock_prev": np.ones((CATEGORIES, 1)),
        "stock_loss": np.array([loss]),
        "grant_capability": np.array([0.15]),
        "is_grant_donor": np.array(is_donor),
        "grant_basket": np.array(basket),
        "in_register": np.array(in_register),
    }
    for step, quarter in enumerate(course):
        w.step, w.contracts, w.cancellation = step, quarter["contracts"], quarter["cancellation"]
        w.grant_deliveries, w.home_orders = quarter["gift"], [quarter["made"]] * CATEGORIES
        w.withheld = quarter["withheld"]
        values["withheld"] = np.array(w.withheld)[:, None]
        values |= {"step": step, "cancellation": np.array(w.cancellation)[:, None], **as_arrays(w.contracts)}
        values["grant_deliveries"] = np.array([w.grant_deliveries])
        values["home_orders"] = np.array(w.home_orders)[:, None]
        fast = call(deliveries.step, values)
        slow_deliveries.step(w)
        values |= {name + "_prev": getattr(fast, name) for name in ("stock", "home_stock", "order_book")}
        for name in vars(fast):
            slow = np.array(getattr(w, name))
            np.testing.assert_allclose(getattr(fast, name)[..., 0], slow, err_msg=f"{name}, {step}", **CLOSE)


@given(st.lists(quarters(), min_size=STEPS, max_size=STEPS), st.floats(1.0, 3.0), st.integers(1, 4))
def test_budget_and_payments_agree(course: list[dict[str, Any]], years: float, first_quarter: int) -> None:
    w = SimpleNamespace(
        fronts=range(1),
        suppliers=range(SUPPLIERS),
        finance_at_start=[0.2] * SUPPLIERS,
        finance_lift=0.5,
        finance_stretch=2.0,
        dues=[],
        commitments=0.0,
        unspent=0.0,
        arrears=0.0,
        payment_years=years,
        crowding_out=[0.4],
        procurement_share=0.2,
        commitment_ceiling=4.0,
    )
    zero = np.zeros(1)
    values: dict[str, Any] = {
        "payment_ledger": np.zeros((STEPS + 1, SUPPLIERS, 1)),
        "release_ledger": np.zeros((STEPS + 1, SUPPLIERS, 1)),
        "unspent_prev": zero,
        "arrears_prev": zero,
        "commitments_prev": zero,
        "payment_years": np.array([years]),
        "finance_at_start_prev": np.full((SUPPLIERS, 1), 0.2),
        "finance_lift": np.array([0.5]),
        "finance_stretch": np.array([2.0]),
        "crowding_out": np.array([[0.4]]),
        "procurement_share": np.array([0.2]),
        "commitment_ceiling": np.array([4.0]),
    }
    for step, quarter in enumerate(course):
        w.step, w.contracts, w.cancellation = step, quarter["contracts"], quarter["cancellation"]
        w.fiscal_quarter = (first_quarter - 1 + step) % 4 + 1
        w.military_budget, w.budget_cut = quarter["military_budget"], quarter["gift"] / 40
        w.border_pressure = [quarter["money"] / 800]
        w.home_value, w.finance_terms = quarter["made"], quarter["finance"]
        values |= {"home_value": np.array([w.home_value])}
        values |= {"finance_terms": np.array(w.finance_terms)[:, None]}
        values |= {"step": step, "fiscal_quarter": w.fiscal_quarter}
        values |= {"cancellation": np.array(w.cancellation)[:, None]}
        values |= {name: np.array([getattr(w, name)]) for name in ("military_budget", "budget_cut")}
        values |= {"border_pressure": np.array([w.border_pressure]), **as_arrays(w.contracts)}
        money = call(budget.step, values)
        values["procurement_budget"] = money.procurement_budget
        paid = call(payments.step, values)
        slow_budget.step(w)
        slow_payments.step(w)
        values |= {f"{name}_prev": getattr(paid, name) for name in ("unspent", "arrears", "commitments")}
        for update in (money, paid):
            for name, value in vars(update).items():
                np.testing.assert_allclose(
                    value, [getattr(w, name)], err_msg=f"{name}, {step}", rtol=1e-9, atol=1e-6
                )
