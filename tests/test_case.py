"""Cases: they load whole, fit the glossary, and say in one line what does not fit."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from sim.case import case as cases
from sim.vocabulary.errors import (
    BadSyntax,
    Contradiction,
    DuplicateKey,
    InputError,
    MissingEvidence,
    MissingField,
    MissingFile,
    OutOfBounds,
    OutsideHorizon,
    UnknownName,
    WrongType,
)
from sim.vocabulary.variables import GLOSSARY, PRESCRIBED_STATES, with_role

TOY = Path(__file__).parent / "cases" / "archipelago"
BOTH = ("bangladesh", TOY)


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A copy of the toy case, to spoil."""
    return Path(shutil.copytree(TOY, tmp_path / "archipelago"))


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    """Replace `old`, which must be there, by `new` in a file of a case."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", BOTH)
def test_constants_and_first_values_fit_the_glossary(name: str | Path) -> None:
    case = cases.load(name)
    prescribed = tuple(GLOSSARY[name] for name in PRESCRIBED_STATES)
    for variables, arrays in ((with_role("case"), case.constants), (prescribed, case.held)):
        assert list(arrays) == [variable.name for variable in variables]
        for variable in variables:
            array = arrays[variable.name]
            assert array.shape == tuple(case.size(dim) for dim in variable.dims), variable.name
            assert array.dtype == (np.int64 if variable.name == "camp" else np.float64)
            assert np.isfinite(array).all()
            assert not array.flags.writeable


@pytest.mark.parametrize("name", BOTH)
def test_axes_and_labels(name: str | Path) -> None:
    case = cases.load(name)
    assert case.suppliers[: len(case.partners)] == case.partners
    assert case.axis("actor") == (case.recipient, *case.partners)
    for axis in ("actor", "supplier", "front", "category", "domain", "regime", "channel", "state"):
        assert len(set(case.axis(axis))) == case.size(axis)
        assert set(case.axis(axis)) <= set(case.labels)
    with pytest.raises(UnknownName, match="Did you mean supplier"):
        case.axis("suplier")


@pytest.mark.parametrize("name", BOTH)
def test_relations_are_mutual(name: str | Path) -> None:
    case = cases.load(name)
    among_partners = case.held["relation"][1:]
    assert np.array_equal(among_partners, among_partners.T)
    assert not np.diag(among_partners).any()


def test_shipped_cases_are_found_by_name_and_by_path() -> None:
    assert "bangladesh" in cases.shipped()
    case = cases.load("bangladesh")
    assert case == cases.load(case.folder) == cases.load(case.folder / "case.toml")
    assert hash(case) == hash(cases.load(case.folder))
    assert case != cases.load(TOY)
    assert case.partners == ("japan", "china", "india", "pakistan")
    assert len(case.suppliers) == 13
    assert len(case.categories) == 10


def test_market_presence_by_hand() -> None:
    case = cases.load(TOY)
    ships = [6 / 40, 10 / 40, 24 / 40]
    both = [6 / 100, 30 / 100, 64 / 100]
    assert np.allclose(case.constants["world_order_share"], np.array([ships, both, ships]).T)


def test_market_presence_at_an_earlier_date_and_its_floor() -> None:
    share = cases.load(TOY).constants_at(2013)["world_order_share"]
    assert np.allclose(share[:, 0], [5 / 20, 0.5 / 20, 15 / 20])
    with pytest.raises(
        OutsideHorizon, match=r"world_orders.csv: no window ends before 2012. Start after 2012"
    ):
        cases.load(TOY).constants_at(2012)


def test_distances_by_hand() -> None:
    case = cases.load(TOY)
    quarter_of_the_equator, ten_degrees = 6371.0 * np.pi / 2, 6371.0 * np.pi / 18
    assert np.allclose(case.constants["distance"], [quarter_of_the_equator, ten_degrees, 5000.0])
    assert np.allclose(case.constants["ideal_point_distance"], [0.75, 0.375, 0.5625])


def test_capital_distances_are_those_of_the_atlas() -> None:
    case = cases.load("bangladesh")
    distance = dict(zip(case.suppliers, case.constants["distance"], strict=True))
    for supplier, km in {"india": 1420, "china": 3020, "japan": 4890, "united_kingdom": 8000}.items():
        assert distance[supplier] == pytest.approx(km, rel=0.01)


def test_market_shares_sum_to_one_up_to_the_floor() -> None:
    for start in (2005, 2010, 2015, 2018, 2024):
        share = cases.load("bangladesh").constants_at(start)["world_order_share"]
        assert (share > 0).all()
        assert np.abs(share.sum(axis=0) - 1).max() < 0.05


def test_grant_basket_is_that_of_the_grants() -> None:
    case = cases.load("bangladesh")
    amounts: dict[str, float] = defaultdict(float)
    with (case.folder / "data" / "osa.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            kinds = [kind.strip() for kind in row["categories"].split(";") if kind.strip()]
            for kind in kinds:
                amounts[kind] += float(row["amount_million_yen"]) / len(kinds)
    wanted = np.array([amounts[category] for category in case.categories])
    assert np.allclose(case.constants["grant_basket"], wanted / wanted.sum(), atol=0.005)


def test_regimes_only_open() -> None:
    """A later regime admits what an earlier one did."""
    for name in BOTH:
        constants = cases.load(name).constants
        admitted = np.maximum(constants["regime_permits"], constants["regime_reviews"])
        assert (np.diff(admitted, axis=0) >= 0).all()


def test_the_digest_knows_each_file_but_not_line_ends(toy: Path) -> None:
    before = cases.load(toy)
    (toy / "data" / "deals.csv").write_bytes(
        (toy / "data" / "deals.csv").read_bytes().replace(b"\n", b"\r\n")
    )
    assert cases.load(toy) == before
    spoil(toy, "data/deals.csv", "Heron,patrol boat,2006,10", "Heron,patrol boat,2006,11")
    assert cases.load(toy).digest != before.digest
    (toy / "parameters").mkdir()
    between = cases.load(toy).digest
    (toy / "parameters" / "demand.toml").write_text("", encoding="utf-8")
    assert cases.load(toy).digest != between


SPOILT = [
    ("as_of = 2020", "", MissingField, "as_of", "Add the line"),
    ("as_of = 2020", 'as_of = "2020"', WrongType, 'as_of = "2020"', "whole number"),
    ("as_of = 2020", "as_off = 2020", UnknownName, "as_off", "Did you mean as_of?"),
    ('partners = ["borveil"', 'partners = ["borvail"', UnknownName, "partners", "Did you mean borveil?"),
    ('"borveil", "cindral"]\nres', '"cindral", "borveil"]\nres', Contradiction, "states", "in this order"),
    ("recipient = 1\n", "recipient = 5\n", OutOfBounds, "fiscal_year.recipient", "Correct"),
    ("latitude = 10.0", "latitude = 100.0", OutOfBounds, "states.cindral.capital.latitude", "Correct"),
    ("latitude = 10.0", "lattitude = 10.0", UnknownName, "states.cindral.capital.lattitude", "latitude?"),
    ('camp = "south"', 'camp = "sout"', UnknownName, "states.cindral.camp", "Did you mean south?"),
    ('camp = "south"\n', "", MissingField, "states.cindral", "needs camp"),
    (
        '["patrol", "strike"], a',
        '["patrol", "stryke"], a',
        UnknownName,
        "states.cindral.catalogue",
        "strike?",
    ),
    (
        '["borveil", "cindral"], a',
        '["overseas"], a',
        UnknownName,
        "states.overseas.votes_like",
        "Known states",
    ),
    ('["Cindral"]', '["Borveil"]', Contradiction, "states.cindral.register_names", "borveil too"),
    ("sign = 1", "sign = 2", WrongType, "camps.south.sign", "must be -1, 0 or 1"),
    ('world_orders = ["Ships", "Aircraft"]', "world_orders = []", MissingField, "strike", "to pool"),
    ('"Ships", "Aircraft"]', '"Ships", "Aircrafts"]', UnknownName, "strike.world_orders", "Aircraft?"),
    ('neighbour = "cindral"', 'neighbour = "overseas"', UnknownName, "fronts.strait.neighbour", "Known"),
    ('reviews = ["strike"]', 'reviews = ["relief"]', Contradiction, "regimes.open", "both permitted and"),
    ("relief = 0.25", "relief = 0.5", OutOfBounds, "grants.basket", "sum to 1.25"),
    ("carries_grants = true\n", "", Contradiction, "channels", "carries_grants = true in one"),
    ('donor = "borveil"', 'donor = "aldara"', UnknownName, "grants.donor", "Known suppliers"),
    ("cindral = { value = 0.25", "cindral = { value = 1.25", OutOfBounds, "held.relation.aldara", "Correct"),
    ("cindral = { value = 0.25", "cindral = { valeu = 0.25", UnknownName, "aldara.cindral.valeu", "value?"),
    ('cindral = { value = 0.25, assumption = "Invented." }', "", MissingField, "aldara.cindral", "Add"),
    ("held.relation.cindral]", "held.relation.borveil]", Contradiction, "borveil.borveil", "each pair once"),
    ("borveil = { value = 2,", "borveil = { value = 2.5,", WrongType, "agreement_rung.borveil", "whole"),
    ("cindral = { value = 0.3,", "overseas = { value = 0.3,", UnknownName, "held.alignment", "Known"),
    ('value = 1\nassumption = "Invented."', "value = 1", MissingEvidence, "held.export_regime", "evidence ="),
    (
        'value = 1\nassumption = "Inv',
        'value = 1\nevidence = ["no_bindin"]\nnote = "Inv',
        UnknownName,
        "e",
        "no_binding?",
    ),
    ("value = 1\nassumption", "value = 2\nassumption", OutOfBounds, "held.export_regime", "Give 0 to 1"),
    ("[states.cindral]", "[states.Cindral]", InputError, "states", "small letters"),
    ("first_year = 2005", "first_year = 2025", Contradiction, "deal_register", "Exchange"),
    ("world_orders.csv", "wold_orders.csv", MissingFile, "wold_orders.csv", "case.toml"),
    ('votes_as = "Cindral"', 'votes_as = "Sindral"', MissingField, "Sindral", "votes_like"),
    ('votes_as = "Aldara"\n', "", MissingField, "states.aldara", "needs capital and votes_as"),
    ("as_of = 2020", "as_of = ", BadSyntax, "as_of =", "key = value"),
    ("as_of = 2020", "as_of = 2020\nas_of = 2021", DuplicateKey, "as_of", "Keep one"),
]


@pytest.mark.parametrize(("old", "new", "error", "place", "remedy"), SPOILT, ids=[s[1][:24] for s in SPOILT])
def test_a_spoilt_case_is_refused_in_one_line(
    toy: Path, old: str, new: str, error: type[InputError], place: str, remedy: str
) -> None:
    spoil(toy, "case.toml", old, new)
    with pytest.raises(error) as caught:
        cases.load(toy)
    message = str(caught.value)
    assert "\n" not in message
    assert ".toml" in message or ".csv" in message
    assert place in message
    assert remedy in message


@pytest.mark.parametrize(
    ("old", "new", "error", "said"),
    [
        ("2015-2019,Ships,Cindral,10", "2015-2019,Ships,Cindral,ten", WrongType, "row 6, column deals"),
        ("2015-2019,Ships,Cindral,10", "2015-2019,Ships,Cindral,-1", OutOfBounds, "less than 0"),
        ("2015-2019,Ships,Cindral,10", "2015-2019,Ships,Borveil,10", DuplicateKey, "row 6, column supplier"),
        ("2015-2019,Ships,Cindral", "2015/19,Ships,Cindral", BadSyntax, "as in 2019-2023"),
        (
            "window,category",
            "windows,category",
            MissingField,
            "row 1: no column window. Did you mean windows?",
        ),
        (
            "Cindral,10,40",
            "Cindral,10,40,9",
            BadSyntax,
            "row 6, column world_deals: 6 cells under a header of 5",
        ),
        ("Cindral,10,40", ",10,40", MissingField, "row 6, column supplier: empty cell"),
    ],
)
def test_a_spoilt_table_is_refused_with_row_and_column(
    toy: Path, old: str, new: str, error: type[InputError], said: str
) -> None:
    spoil(toy, "data/world_orders.csv", old, new)
    with pytest.raises(error) as caught:
        cases.load(toy)
    assert "\n" not in str(caught.value)
    assert "world_orders.csv: " in str(caught.value)
    assert said in str(caught.value)


def test_unknown_case() -> None:
    with pytest.raises(UnknownName, match="Did you mean bangladesh"):
        cases.load("bangladsh")
    with pytest.raises(MissingFile, match=r"nowhere/at_all/case\.toml: no such file"):
        cases.load("nowhere/at_all")
