"""The shipped parameter files: every number has a reason, a known unit and a reader."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.case import case, register
from sim.case.case import Case
from sim.design.plan import plan
from sim.engine.block import run_block
from sim.model import schedule as model
from sim.model.mechanisms import posture
from sim.model.schedule import base_name
from sim.parameter import files as parameter_files
from sim.parameter.elements import Element
from sim.parameter.parameter_set import ParameterSet
from sim.scenario import loading
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.vocabulary import units
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import IneffectiveChange
from sim.vocabulary.variables import GLOSSARY

ARCHIPELAGO = Path(__file__).parent / "cases" / "archipelago"
MECHANISMS = Path(model.__file__).parent / "mechanisms"
BANGLADESH = case.DIRECTORY / "bangladesh" / "parameters"

CASES = {name: case.load(name) for name in ("bangladesh", str(ARCHIPELAGO))}
SETS = {name: ParameterSet.load(each) for name, each in CASES.items()}

#: The first quarter that the baseline prescribes nothing for.
FIRST_OPEN = Quarter(2026, 3)
FILES = sorted([*parameter_files.DIRECTORY.glob("*.toml"), *BANGLADESH.glob("*.toml")])


@pytest.fixture
def bangladesh() -> ParameterSet:
    return SETS["bangladesh"]


def tables(content: dict[str, object]) -> Iterator[dict[str, object]]:
    """Yield every table that says a number, at any depth."""
    if "value" in content or "distribution" in content:
        yield content
    for key, item in content.items():
        if isinstance(item, dict) and key != "distribution":
            yield from tables(item)


def failing(holds: Callable[[Element], bool]) -> list[str]:
    """Return the case and key of each element of which something does not hold."""
    return [
        f"{Path(name).name}: {element.key}"
        for name, parameters in SETS.items()
        for element in parameters.values()
        if not holds(element)
    ]


def test_each_value_has_a_reason() -> None:
    table = evidence.load()
    assert not failing(lambda each: bool(each.evidence or each.assumption))
    assert not failing(lambda each: all(id in table for id in each.evidence))


def test_each_value_has_a_known_unit_and_whole_sentences() -> None:
    def is_written(element: Element) -> bool:
        texts = filter(None, (element.description, element.assumption, element.note))
        return all((text[0].isupper() or text[0].isdigit()) and text.endswith(".") for text in texts)

    assert not failing(lambda each: each.unit in units.UNITS)
    assert not failing(is_written)


def test_each_value_lies_well_within_its_bounds() -> None:
    """The central value is a plausible one."""

    def is_within(element: Element) -> bool:
        low, high = element.bounds
        if element.distribution is None:
            return low <= element.value <= high
        least, most = element.distribution.plausible(element.bounds)
        return low <= least < most <= high and least <= element.value <= most

    assert not failing(is_within)


def test_truncation_is_a_guard_and_not_a_part_of_the_distribution() -> None:
    def is_guard(element: Element) -> bool:
        shape = element.distribution
        return shape is None or bool(np.diff(shape.cdf(np.array(element.bounds)))[0] > 0.95)

    assert not failing(is_guard)
    assert all(len(parameters) > 100 for parameters in SETS.values()), "each set was looked at"


@pytest.mark.parametrize("name", SETS)
def test_each_parameter_is_read_and_each_one_read_exists(name: str) -> None:
    local = {fullname.split(".")[1] for fullname in SETS[name].names()}
    assert local == set(model.parameters_read())


def test_generic_files_alone_serve_another_case() -> None:
    assert not list((ARCHIPELAGO / "parameters").glob("*.toml"))
    assert SETS[str(ARCHIPELAGO)].names() == SETS["bangladesh"].names()


def test_generic_files_name_no_state_and_no_category() -> None:
    for path in parameter_files.DIRECTORY.glob("*.toml"):
        for name, table in tomllib.loads(path.read_text("utf-8")).items():
            assert "at" not in table, f"{path.name}: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_each_file_has_the_stem_of_a_mechanism(path: Path) -> None:
    assert (MECHANISMS / f"{path.stem}.py").exists()


@pytest.mark.parametrize("path", sorted(BANGLADESH.glob("*.toml")), ids=lambda path: path.name)
def test_the_case_says_something_with_every_number(path: Path) -> None:
    """A number of the case that says nothing inherits a reason that was given for an imagined importer."""
    generic = tomllib.loads((parameter_files.DIRECTORY / path.name).read_text("utf-8"))
    for name, table in tomllib.loads(path.read_text("utf-8")).items():
        inherited = "evidence" in generic[name]
        for each in tables(table):
            assert inherited or "evidence" in each or "assumption" in each, f"{path.name}: {name}"


@pytest.mark.parametrize(
    ("key", "kind", "numbers"),
    [
        ("standing.market_weight", "normal", (0.54, 0.14)),
        ("standing.ideal_point_weight", "normal", (0.15, 0.12)),
        ("standing.distance_weight", "normal", (0.3, 0.12)),
        ("standing.price_elasticity", "normal", (1, 0.3)),
        ("standing.lead_time_weight", "uniform", (0, 0.5)),
        ("standing.pair_effect.italy", "normal", (0.28, 0.36)),
        ("standing.pair_effect.china", "normal", (-0.05, 0.33)),
        ("attraction.installed_weight", "normal", (0.76, 0.29)),
        ("attraction.experience_weight", "normal", (1.7, 0.22)),
        ("attraction.recent_weight", "normal", (0.47, 0.12)),
        ("attraction.finance_weight", "uniform", (0, 2)),
        ("attraction.technology_weight", "uniform", (0, 1.5)),
        ("attraction.concentration_weight", "uniform", (0, 2)),
        ("experience.experience_fading", "uniform", (0.1, 0.3)),
        ("deliveries.stock_wear", "uniform", (0.03, 0.05)),
        ("budget.procurement_share", "uniform", (0.12, 0.30)),
        ("budget.crowding_out.myanmar", "uniform", (0, 0.4)),
        ("grants.selection_probability", "uniform", (0.2, 0.35)),
        ("relations.relation_return", "uniform", (0.2, 0.5)),
        ("relations.relation_volatility", "uniform", (0.08, 0.15)),
        ("relations.balance_strength", "uniform", (0, 0.15)),
        ("relations.goodwill_half_life", "uniform", (4, 8)),
        ("alignment.alignment_step", "uniform", (0.05, 0.1)),
        ("posture.rationality", "uniform", (0.5, 2)),
    ],
)
def test_priors_are_those_of_the_design(
    bangladesh: ParameterSet, key: str, kind: str, numbers: tuple[float, ...]
) -> None:
    distribution = bangladesh[key].distribution
    assert distribution is not None
    assert (distribution.kind, distribution.numbers) == (kind, numbers)


def test_orders_a_year_add_up_to_the_rate_of_the_register(bangladesh: ParameterSet) -> None:
    chosen: Case = CASES["bangladesh"]
    rates = bangladesh.array("demand.deals_per_year")
    in_register = chosen.constants["in_register"]
    assert rates @ in_register == pytest.approx(3.9, abs=0.01)
    counted = {"transport_heli": 16, "armour": 13, "uav": 2}
    for category, count in counted.items():
        assert bangladesh[f"demand.deals_per_year.{category}"].value == pytest.approx(
            3.9 * count / 75, abs=5e-4
        )


def test_money_and_volume_are_on_one_scale(bangladesh: ParameterSet) -> None:
    """What is ordered in a mean year, at its price, is about what procurement money can pay for."""
    names = ("demand.deals_per_year", "contracts.size_median", "contracts.size_spread")
    rate, median, spread = map(bangladesh.array, names)
    # Sizes by supplier, in proportion to their orders on the register.
    orders = register.initial(CASES["bangladesh"], Quarter(2024, 1)).ordered.sum(axis=(0, 2))
    usual = orders @ bangladesh.array("contracts.size_factor") / orders.sum()
    volume = rate * median * np.exp(spread**2 / 2) * usual
    money = bangladesh["economy.initial_military_budget"].value * bangladesh["budget.procurement_share"].value
    assert (volume @ bangladesh.array("contracts.price_level")) == pytest.approx(money, rel=0.25)


def test_the_myanmar_front_is_as_clustered_as_the_record(bangladesh: ParameterSet) -> None:
    """Annual Fano factor 6 to 15 in the long run, and a mean near that of 2010-23 (x_border_fano)."""
    counts = yearly_incidents(bangladesh, "myanmar", n_years=200, n_trials=200)
    fano = np.mean(counts.var(axis=0, ddof=1) / counts.mean(axis=0))
    assert 6 < fano < 15
    assert 5 < counts.mean() < 11


def yearly_incidents(parameters: ParameterSet, front: str, n_years: int, n_trials: int) -> Array:
    """Run the mechanism alone, with central values; return incidents, [year, trial]."""
    noise = np.random.default_rng(1)
    cells = (1, n_trials)

    def known(name: str, values: dict[str, Any]) -> Any:
        if name in values or base_name(name) in values:
            return values.get(name, values.get(base_name(name)))
        if name in GLOSSARY:
            return noise.random(cells)
        fullname = parameters.local(name)
        key = f"{fullname}.{front}" if parameters.dims(fullname) else fullname
        return np.full(cells, parameters[key].value)

    values: dict[str, Any] = {"relation": np.zeros((2, 1, n_trials)), "front_neighbour": np.zeros((1, 1))}
    stages = {stage.name: stage for stage in (*model.START, *model.SCHEDULE)}
    quarters = []
    for name in ["border_pressure.start", "rates.step", *["border_pressure.step"] * (QUARTERS * n_years)]:
        stage = stages[name]
        update = stage.function(**{each: known(each, values) for each in stage.reads})
        values |= {each: getattr(update, each) for each in stage.writes}
        if "incidents" in stage.writes:
            quarters.append(values["incidents"][0])
    counts: Array = np.array(quarters).reshape(n_years, QUARTERS, n_trials).sum(axis=1)
    return counts


@pytest.fixture(scope="module")
def typical() -> Scenario:
    """The case from its documented start, with central values and no events."""
    baseline = loading.load("baseline")
    central = {key: each.value for key, each in baseline.parameters.items() if each.distribution}
    with pytest.warns(IneffectiveChange, match="the model does not use it"):
        return dataclasses.replace(baseline, events=()).override(central)


def at_the_start(scenario: Scenario, name: str) -> Array:
    """Return a variable of one trial in the first quarter."""
    first = dataclasses.replace(plan(scenario, seed=1), n_steps=1)
    return run_block(first, 0, 1, [name])[name][0, ..., 0]


def test_documented_postures_are_the_likeliest(typical: Scenario) -> None:
    chances = at_the_start(typical, "posture_probability")
    chosen = np.array(posture.LEVELS)[chances.argmax(axis=0)]
    assert chosen.tolist() == typical.case.held["posture"].tolist()
    assert (chances.max(axis=0) > 0.5).all()
    assert (chances[0] < 0.05).all(), "pressing is rare"


def test_holding_is_the_commonest_choice_of_alignment(typical: Scenario) -> None:
    down, hold, up = at_the_start(typical, "alignment_probability")
    assert (hold > 0.5).all()
    assert (np.abs(up - down) < 0.2).all(), "documented alignments are near rest"


@pytest.mark.parametrize("is_eventful", [False, True], ids=["2024", "2026"])
def test_documented_relations_are_near_rest(typical: Scenario, is_eventful: bool) -> None:
    """What deeds add and take is less than a twentieth a year, at the start and after the record ends."""
    events = loading.load("baseline").events if is_eventful else ()
    quiet = dataclasses.replace(typical, events=events).override(
        {"relations.relation_volatility": 0, "politics.relation_jump_spread": 0}
    )
    first = FIRST_OPEN.ordinal - quiet.start.ordinal - 1 if is_eventful else 0
    short = dataclasses.replace(plan(quiet, seed=1), n_steps=first + QUARTERS + 1)
    relation = run_block(short, 0, 256, ["relation"])["relation"][:, 0].mean(axis=-1)
    assert (np.abs(relation[first + QUARTERS] - relation[first]) < 0.05).all()


def test_relations_seldom_touch_their_bounds() -> None:
    relation = run_block(plan(loading.load("baseline"), seed=1), 0, 128, ["relation"])["relation"][:, 0]
    assert np.mean(np.abs(relation) >= 1) < 0.03


def test_talks_with_the_partner_under_export_control_take_as_long_as_on_record() -> None:
    """From talks to signature 2.8 to 3.2 years (negotiation_start, agreement_signed), neither prescribed."""
    baseline = loading.load("baseline")
    events = (e for e in baseline.events if not e.target or e.target.variable != "agreement_rung")
    free = dataclasses.replace(baseline, events=tuple(events))
    short = dataclasses.replace(plan(free, seed=1), n_steps=48)
    rung = run_block(short, 0, 256, ["agreement_rung"])["agreement_rung"]
    signed = rung[:, free.case.partners.index("japan")] >= 3
    assert signed.any(axis=0).mean() > 0.9
    years = (signed.argmax(axis=0) + 1)[signed.any(axis=0)] / QUARTERS
    assert 2.5 < years.mean() < 3.75
    assert 1 < np.quantile(years, 0.75) / np.quantile(years, 0.25) < 5, "and slip"
