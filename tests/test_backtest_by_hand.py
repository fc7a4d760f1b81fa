"""Targets and baselines of a back-test against what a few invented deals give by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sim.analysis.validate.backtest import baselines, forecast, origins, outcome, scores
from sim.analysis.validate.backtest.forecast import Forecast
from sim.analysis.validate.backtest.origins import Origin
from sim.analysis.validate.backtest.outcome import Outcome
from sim.importers import registers
from test_backtest import ensemble, record
from test_registers import as_deals, written

#: supplier, year of order, year of delivery, TIV m. The origin is 2006; the order of 2005 is on the book.
ORDERS = (
    ("China", 1999, 2000, 300.0),
    ("Atlantis", 2002, 2003, 60.0),
    ("Lemuria", 2003, 2004, 40.0),
    ("Atlantis", 2005, 2007, 50.0),
    ("France", 2008, 2009, 30.0),
    ("China", 2009, 2010, 20.0),
    ("Atlantis", 2010, 2011, 70.0),
)

SAMPLES = 4000


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Origin, Outcome]]:
    rows = tuple(
        (supplier, year, f"X {year}", "tank", "Armoured vehicles", (arrives,), tiv, tiv)
        for supplier, year, arrives, tiv in ORDERS
    )
    folder: Path = tmp_path_factory.mktemp("hand")
    whole = registers.read(written(folder, as_deals(rows)))
    with origins.from_register(whole, 2006, 5) as made:
        yield made, outcome.of_register(made, whole)


@pytest.fixture(scope="module")
def rivals(origin: tuple[Origin, Outcome]) -> dict[str, Forecast]:
    return {each.source: each for each in baselines.all_of(origin[0], SAMPLES, 1)}


def test_the_record_by_hand(origin: tuple[Origin, Outcome]) -> None:
    made, was = origin
    # China led over all the years, Atlantis in the five before the origin.
    assert made.scenario.case.suppliers[was.window.leader] == "atlantis"
    assert {name: float(value[0]) for name, value in was.window.scalars().items()} == pytest.approx(
        {
            "leader_share": 0.5,
            "top_share": 0.5,
            "hhi": 0.25 + 0.09 + 0.04,
            "total_tiv": 100.0,
            "n_deals": 3.0,
            # France; the others had sold before.
            "n_new_suppliers": 1.0,
        }
    )
    assert was.window.annual()[:, 0] == pytest.approx([0.0, 50.0, 0.0, 30.0, 20.0])


def test_the_baselines_by_hand(rivals: dict[str, Forecast]) -> None:
    found = {
        name: {target: float(values.mean()) for target, values in each.window.scalars().items()}
        for name, each in rivals.items()
    }
    assert found["no_change"]["leader_share"] == pytest.approx(0.6)
    assert found["no_change"]["n_deals"] == pytest.approx(3.0)
    # -0.09 + 0.85 x 0.6; hardly any of it is cut at 0 or 1.
    assert found["pooled_law"]["leader_share"] == pytest.approx(0.42, abs=0.02)
    assert found["pooled_law"]["total_tiv"] == pytest.approx(100.0)
    # Of the hundred of the window before, 50 are on the book; the rest by shares.
    assert found["order_book"]["leader_share"] == pytest.approx((50.0 + 0.6 * 50.0) / 100.0)
    # Four orders in seven years, of 450 TIV m; three in the last five, of 150.
    assert found["bootstrap"]["n_deals"] == pytest.approx(5 * 4 / 7, rel=0.05)
    assert found["bootstrap"]["total_tiv"] == pytest.approx(5 * 450 / 7, rel=0.05)
    assert found["last_poisson"]["n_deals"] == pytest.approx(3.0, rel=0.05)
    assert found["last_poisson"]["total_tiv"] == pytest.approx(150.0, rel=0.05)


def test_chances_of_suppliers_sum_to_one(origin: tuple[Origin, Outcome], rivals: dict[str, Forecast]) -> None:
    for each in (forecast.simulate(origin[0], 20, 1), rivals["no_change"]):
        assert each.chance is not None
        assert each.chance.sum(axis=0) == pytest.approx(1.0)
        assert np.all(each.chance > 0)


@pytest.mark.parametrize(
    ("value", "half", "most"),
    [(2.0, False, False), (20.0, False, True), (30.0, True, True), (80.0, False, True)],
)
def test_intervals_are_central(value: float, half: bool, most: bool) -> None:
    said = ensemble(np.arange(101.0)[None])
    total = {each.target: each for each in scores.targets(said, record(value))}["total_tiv"]
    assert total.covered == {"0.5": half, "0.9": most}
