"""The deal register: known shares, an order book that adds up, and no look into the future."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from sim.case import case as cases
from sim.case import register
from sim.case.case import Case
from sim.vocabulary.axes import WINDOW
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    BadSyntax,
    DuplicateKey,
    InputError,
    MissingField,
    OutOfBounds,
    OutsideHorizon,
    UnknownName,
    WrongType,
)

TOY = Path(__file__).parent / "cases" / "archipelago"
ORIGINS = (2005, 2010, 2015, 2018, 2024)


@pytest.fixture(scope="module")
def bangladesh() -> Case:
    return cases.load("bangladesh")


def test_window_of_2019_23(bangladesh: Case) -> None:
    state = register.initial(bangladesh, Quarter(2024, 1))
    in_window = state.delivered[-5:].sum(axis=(0, 2))
    china = bangladesh.suppliers.index("china")
    assert in_window.sum() == pytest.approx(1248.57)
    assert round(100 * in_window[china] / in_window.sum(), 2) == 72.72
    assert state.delivery_history.shape == (WINDOW, len(bangladesh.suppliers))
    assert np.allclose(state.delivery_history.sum(axis=0), in_window)


@pytest.mark.parametrize(
    ("last", "share"), [(2018, 68), (2019, 72), (2020, 71), (2021, 72), (2022, 74), (2023, 73)]
)
def test_windows_on_record(bangladesh: Case, last: int, share: int) -> None:
    """Evidence x_sipri_bd_windows."""
    history = register.initial(bangladesh, Quarter(last + 1, 1)).delivery_history.sum(axis=0)
    assert round(100 * history[bangladesh.suppliers.index("china")] / history.sum()) == share


def test_order_book_at_the_start(bangladesh: Case) -> None:
    state = register.initial(bangladesh, Quarter(2024, 1))
    book = {label: round(float(tiv), 2) for label, tiv in zip(state.open_label, state.open_tiv, strict=True)}
    assert book == {
        "Cobra-2": 41.1,
        "MaxxPro": 2.44,
        "Padma": 11.6,
        "C-130J Hercules": 16.0,
        "QW-11": 13.6,
        "Ground Master-400": 26.0,
        "FW-2": 12.0,
        "GDF 35mm": 3.0,
        "Boran 105mm": 10.8,
        "CIRIT": 0.25,
    }
    assert state.open_age[0] == 6.5
    assert (np.diff(state.open_age) <= 0).all()


@pytest.mark.parametrize("start", range(1975, 2025))
def test_what_was_ordered_is_delivered_or_open(bangladesh: Case, start: int) -> None:
    """Up to two old deals of 1.18 TIV m in all whose deliveries the register does not date."""
    state = register.initial(bangladesh, Quarter(start, 1))
    ordered = sum(deal.tiv for deal in register.read(bangladesh)[0] if deal.year < start)
    undated = ordered - state.delivered.sum() - state.open_tiv.sum()
    assert -1e-9 < undated < 1.18 + 1e-9
    assert (state.open_tiv > 0).all()


def test_by_hand() -> None:
    case = cases.load(TOY)
    state = register.initial(case, Quarter(2020, 1))
    assert state.years.tolist() == list(range(2005, 2020))
    assert state.delivered.sum(axis=(0, 2)).tolist() == [26.0, 66.0, 8.0]
    assert state.ordered.sum(axis=0).tolist() == [[3, 0, 0], [0, 3, 0], [1, 0, 0]]
    assert state.quarters_since_order.tolist() == [6.0, 10.0, 26.0]
    assert state.delivery_history.sum(axis=0).tolist() == [16.0, 20.0, 8.0]
    assert state.delivery_history[0].tolist() == [0.0, 0.0, 2.0]
    assert state.delivery_history[-1].tolist() == [1.0, 0.0, 0.0]
    assert state.order_history.sum(axis=0).tolist() == [24.0, 30.0, 0.0]
    assert state.open_label == ("Kite", "Osprey")
    assert state.open_supplier.tolist() == [1, 0]
    assert state.open_category.tolist() == [1, 0]
    assert state.open_tiv.tolist() == [30.0, 8.0]
    assert state.open_age.tolist() == [2.5, 1.5]
    assert state.open_has_started.tolist() == [False, True]


def test_by_hand_at_an_earlier_date() -> None:
    state = register.initial(cases.load(TOY), Quarter(2013, 3))
    assert state.open_label == ("Kite", "Adder")
    assert state.open_tiv.tolist() == [25.0, 6.0]
    assert state.open_age.tolist() == [3.0, 1.0]
    assert state.quarters_since_order.tolist() == [32.0, 12.0, register.NEVER]
    assert state.delivery_history.sum(axis=0).tolist() == [0.0, 15.0, 0.0]


def test_history_and_world_order_shares() -> None:
    case = cases.load(TOY)
    years, tiv = register.history(case, Quarter(2020, 1))
    assert tiv.shape == (15, 3)
    assert tiv[years == 2013].tolist() == [[0.0, 25.0, 0.0]]
    assert np.array_equal(
        register.world_order_share(case, Quarter(2013, 1)), case.constants_at(2013)["world_order_share"]
    )


@pytest.mark.parametrize("start", ORIGINS)
def test_a_run_from_an_earlier_date_sees_nothing_later(bangladesh: Case, tmp_path: Path, start: int) -> None:
    folder = tmp_path / "bangladesh"
    shutil.copytree(bangladesh.folder, folder)
    for name, year in (("deals", "order_year"), ("deliveries", "year")):
        path = folder / "data" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.DictReader(lines) if int(row[year]) < start]
        for row in rows:
            when = [part for part in row.get("delivery_years", "").split("; ") if part]
            if any(int(part) >= start for part in when):
                row["delivery_years"] = "; ".join(part for part in when if int(part) < start)
                row["tiv_delivered"] = ""
        with path.open("w", encoding="utf-8", newline="") as lines:
            table = csv.DictWriter(lines, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    full = register.initial(bangladesh, Quarter(start, 1))
    cut = register.initial(cases.load(folder), Quarter(start, 1))
    for field, value in vars(full).items():
        assert np.array_equal(value, vars(cut)[field]), field


@pytest.mark.parametrize("year", [2005, 2021])
def test_start_outside_the_register(year: int) -> None:
    with pytest.raises(OutsideHorizon, match=r"covers 2005-2019 and cannot start .*Start in 2006 to 2020"):
        register.initial(cases.load(TOY), Quarter(year, 1))


@pytest.mark.parametrize(
    ("file", "old", "new", "error", "said"),
    [
        (
            "deals",
            "Heron,patrol boat,2006,10",
            "Heron,patrol boat,2006,ten",
            WrongType,
            'tiv_total_order = "ten"',
        ),
        ("deals", "Heron,patrol boat,2006,10", "Heron,patrol boat,2006,nan", WrongType, "not a number"),
        ("deals", "Heron,patrol boat,2006,10", "Heron,patrol boat,2006,-3", OutOfBounds, "less than 0"),
        (
            "deals",
            "Heron,patrol boat,2006,10",
            "Heron,patrol boot,2006,10",
            UnknownName,
            "Did you mean patrol boat?",
        ),
        (
            "deals",
            "Heron,patrol boat,2006,10",
            ",patrol boat,2006,10",
            MissingField,
            "column designation: empty",
        ),
        ("deals", "10,10,Ships", "10,10,Shops", UnknownName, "row 2, column category: not in the table"),
        ("deals", "2012; 2013", "2012 or so", BadSyntax, "row 3, column delivery_years"),
        ("deals", "Cindral,2010", "Cindral,2010.5", WrongType, "not a whole number"),
        (
            "deals",
            "Cindral,2010",
            "Cindral,1910",
            OutOfBounds,
            "row 3, column order_year = 1910: not in 2005-2019",
        ),
        ("deliveries", "Cindral,2012,15", "Cindral,2025,15", OutOfBounds, "row 3, column year"),
        ("register_categories", "boat,patrol", "boat,petrol", UnknownName, "Did you mean patrol?"),
        ("register_categories", "boat,patrol,Invented", "boat,patrol,", MissingField, "row 2, column reason"),
        ("register_categories", "Missiles,anti-ship missile", "Ships,patrol boat", DuplicateKey, "row 4"),
    ],
)
def test_a_malformed_row_is_refused_with_row_column_and_remedy(
    tmp_path: Path, file: str, old: str, new: str, error: type[InputError], said: str
) -> None:
    folder = Path(shutil.copytree(TOY, tmp_path / "archipelago"))
    path = folder / "data" / f"{file}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    case = cases.load(folder)
    with pytest.raises(error) as caught:
        register.initial(case, Quarter(2020, 1))
    message = str(caught.value)
    assert "\n" not in message
    assert f"{file}.csv: row " in message
    assert said in message
    assert caught.value.remedy


def test_unknown_supplier_without_a_residual(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TOY, tmp_path / "archipelago"))
    path = folder / "case.toml"
    path.write_text(path.read_text("utf-8").replace('residual_supplier = "overseas"\n', ""), "utf-8")
    with pytest.raises(UnknownName, match=r"row 5, column supplier: no such supplier: \"Faraway\""):
        register.initial(cases.load(folder), Quarter(2020, 1))
