"""The shipped parameter files: every number has a reason, a known unit and a reader."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import case, evidence, model, parameter_files, units
from sim.axes import QUARTERS, Array
from sim.case import Case
from sim.elements import Element
from sim.model import base_name
from sim.parameters import ParameterSet
from sim.variables import GLOSSARY

ARCHIPELAGO = Path(__file__).parent / "cases" / "archipelago"
MECHANISMS = Path(model.__file__).parent / "mechanisms"
BANGLADESH = case.DIRECTORY / "bangladesh" / "parameters"

CASES = {name: case.load(name) for name in ("bangladesh", str(ARCHIPELAGO))}
SETS = {name: ParameterSet.load(each) for name, each in CASES.items()}
ELEMENTS = [
    pytest.param(each, id=f"{Path(name).name}:{each.key}") for name, p in SETS.items() for each in p.values()
]
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


@pytest.mark.parametrize("element", ELEMENTS)
def test_each_value_has_a_reason_and_a_known_unit(element: Element) -> None:
    table = evidence.load()
    assert element.evidence or element.assumption
    assert all(each in table for each in element.evidence)
    assert element.unit in units.UNITS
    for text in filter(None, (element.description, element.assumption, element.note)):
        assert text[0].isupper() or text[0].isdigit()
        assert text.endswith(".")


@pytest.mark.parametrize("element", ELEMENTS)
def test_each_value_lies_well_within_its_bounds(element: Element) -> None:
    low, high = element.bounds
    assert low <= element.value <= high
    if element.distribution is None:
        return
    least, most = element.distribution.plausible(element.bounds)
    assert low <= least < most <= high
    assert least <= element.value <= most, "the central value is a plausible one"
    # Truncation is a guard, not a part of the distribution.
    assert np.diff(element.distribution.cdf(np.array(element.bounds)))[0] > 0.95


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
        ("standing.market_weight", "normal", (0.6, 0.08)),
        ("standing.ideal_point_weight", "normal", (0.15, 0.12)),
        ("standing.distance_weight", "normal", (0.3, 0.12)),
        ("standing.price_elasticity", "normal", (1, 0.3)),
        ("standing.lead_time_weight", "uniform", (0, 0.5)),
        ("standing.pair_effect.italy", "normal", (0, 0.6)),
        ("standing.pair_effect.china", "normal", (0.5, 0.4)),
        ("attraction.installed_weight", "normal", (0.85, 0.30)),
        ("attraction.experience_weight", "normal", (1.75, 0.25)),
        ("attraction.recent_weight", "normal", (1.05, 0.12)),
        ("attraction.finance_weight", "uniform", (0, 2)),
        ("attraction.technology_weight", "uniform", (0, 1.5)),
        ("attraction.concentration_weight", "uniform", (0, 2)),
        ("experience.experience_fading", "uniform", (0.1, 0.3)),
        ("deliveries.stock_wear", "uniform", (0.03, 0.05)),
        ("budget.procurement_share", "uniform", (0.12, 0.30)),
        ("budget.crowding_out.myanmar", "uniform", (0, 0.4)),
        ("grants.selection_probability", "uniform", (0.2, 0.35)),
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
    volume = rate * median * np.exp(spread**2 / 2)
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
    return np.array(quarters).reshape(n_years, QUARTERS, n_trials).sum(axis=1)
