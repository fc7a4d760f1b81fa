"""Registers in the forms in which they go round, and the cases made from them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.case import register as case_registers
from sim.case.case import Case
from sim.cli import sim as program
from sim.files import tables
from sim.importers import cases, categories, rates, registers, waves
from sim.parameter.parameter_set import ParameterSet
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError, MissingField, OutsideHorizon, UnknownName

#: supplier, year, item, description, kind, delivery years, TIV of the order, TIV delivered
DEALS = (
    ("Atlantis", 2001, "Heron", "frigate", "Ships", (2003, 2004), 100.0, 100.0),
    ("Turkey", 2002, "Kite", "fighter aircraft", "Aircraft", (2003,), 40.0, 40.0),
    ("Soviet Union", 2003, "Bear", "tank", "Armoured vehicles", (2004, 2005, 2006), 30.0, 30.0),
    ("Atlantis", 2004, "Adder", "anti-ship missile", "Missiles", (2006,), 8.0, 8.0),
    ("China", 2006, "Wing", "reconnaissance drone", "Aircraft", (2007,), 12.0, 12.0),
    ("China", 2009, "Reed", "patrol boat", "Ships", (2010, 2012), 60.0, 30.0),
)

#: The header of the trade register, in which some columns have no name.
HEADER = (
    "Recipient;Supplier;Year of order;;Number ordered;;Weapon designation;Weapon description;"
    "Number delivered;;Year(s) of delivery;status;Comments;SIPRI TIV per unit;SIPRI TIV for total order;"
    "SIPRI TIV of delivered weapons"
)


def as_deals(rows: tuple[tuple[object, ...], ...] = DEALS) -> str:
    header = "recipient,supplier,order_year,n_ordered,designation,description,delivery_years,tiv_unit,"
    lines = [header + "tiv_total_order,tiv_delivered,category"]
    for supplier, year, item, text, kind, years, tiv, delivered in rows:
        dates = "; ".join(map(str, years))
        lines.append(f"Utopia,{supplier},{year},2,{item},{text},{dates},1,{tiv},{delivered},{kind}")
    return "\n".join(lines) + "\n"


def as_trade_register() -> str:
    text = io.StringIO()
    text.write('Transfers of major weapons\n"Generated, some day"\n\n')
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADER.split(";"))
    for supplier, year, item, words, _, years, tiv, delivered in DEALS:
        dates = "; ".join(map(str, years))
        writer.writerow(
            ["Utopia", supplier, year, "?", 2, "", item, words, 2, "?", dates, "New", "é", 1, tiv, delivered]
        )
    writer.writerow(["Elsewhere", "China", 2000, "", 1, "", "X", "tank", 1, "", 2001, "New", "", 1, 1, 1])
    return text.getvalue()


def as_deliveries() -> str:
    header = (
        "SIPRI AT Database ID,Supplier,Recipient,Designation,Description,Armament category,Order date,"
        "Order date is estimate,Numbers delivered,Numbers delivered is estimate,Delivery year,"
        "Delivery year is estimate,Status,SIPRI estimate,TIV deal unit,TIV delivery values,Local production"
    )
    lines = ["Deals with deliveries", "", header]
    for number, (supplier, year, item, words, kind, years, _, delivered) in enumerate(DEALS):
        lines += [
            f"{number},{supplier},Utopia,{item},{words},{kind},{year},No,1,No,{each},No,New,1,1,"
            f"{delivered / len(years)},No"
            for each in years
        ]
    return "\n".join(lines) + "\n"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "register.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(as_deals(), "utf-8"), (as_trade_register(), "latin-1"), (as_deliveries(), "utf-8")],
)
def test_all_forms_say_the_same(tmp_path: Path, text: str, encoding: str) -> None:
    found = registers.read(written(tmp_path, text, encoding), "utopia")
    assert found.recipient == "Utopia"
    assert [(deal.supplier, deal.year, deal.kind) for deal in found.deals] == [
        ("Atlantis", 2001, "Ships"),
        ("Turkiye", 2002, "Aircraft"),
        ("Russia", 2003, "Armoured vehicles"),
        ("Atlantis", 2004, "Missiles"),
        ("China", 2006, "Aircraft"),
        ("China", 2009, "Ships"),
    ]
    assert found.deliveries()["Atlantis", 2003] == 50.0
    assert sum(found.deliveries().values()) == 220.0
    assert (found.first_year, found.last_year) == (2001, 2012)


def test_a_running_deal_has_more_to_come(tmp_path: Path) -> None:
    rows = (("China", 2009, "Reed", "patrol boat", "Ships", (2010, 2012), 60.0, ""),)
    (deal,) = registers.read(written(tmp_path, as_deals(rows))).deals
    # Two years of delivery of three.
    assert deal.is_running
    assert deal.delivered == pytest.approx(40.0)


def test_what_came_later_is_not_known(tmp_path: Path) -> None:
    known = registers.read(written(tmp_path, as_deals())).known_before(2005)
    assert {deal.year for deal in known.deals} == {2001, 2002, 2003, 2004}
    assert max(each.year for deal in known.deals for each in deal.deliveries) == 2004
    tank = next(deal for deal in known.deals if deal.item == "Bear")
    assert tank.is_running
    assert tank.delivered == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("cell", "years"),
    [
        ("2003; 2004", (2003, 2004)),
        ("2006, 2003-2005", (2003, 2004, 2005, 2006)),
        ("(2003?); 2003.0", (2003,)),
        ("2003*; 2004 [1]; ca. 2005\u00b2", (2003, 2004, 2005)),
        ("", ()),
    ],
)
def test_years_are_read_as_registers_write_them(cell: str, years: tuple[int, ...]) -> None:
    assert tables.Row("register.csv", 2, {"when": cell}).years("when") == years


@pytest.mark.parametrize(
    ("old", "new", "place", "remedy"),
    [
        ("2001,2,Heron", "soon,2,Heron", "row 2, column order_year", "2015"),
        ("2001,2,Heron", "20001,2,Heron", "row 2, column order_year", "2015"),
        ("100.0,100.0,Ships", "100.0 (2),100.0,Ships", "row 2, column tiv_total_order", "number"),
        ("100.0,100.0,Ships", "many,100.0,Ships", "row 2, column tiv_total_order", "number"),
        ("100.0,100.0,Ships", "-1,100.0,Ships", "row 2, column tiv_total_order", "Correct"),
        ("100.0,100.0,Ships", "100.0,100.0,Boats", "row 2, column category", "Ships"),
        ("2003; 2004", "2003 or so", "row 2, column delivery_years", "2021; 2022"),
        ("2003; 2004", "", "row 2, column delivery_years", "2021; 2022"),
        ("Utopia,Atlantis,2001", "Utopia,,2001", "row 2, column supplier", "Fill it in"),
        ("2,Heron,frigate", "2,Heron,frigate,grey", "row 2", "quotation"),
        ("tiv_total_order", "tiv", "no column tiv_total_order", "form deals"),
    ],
)
def test_a_malformed_register_is_refused_in_one_line(
    tmp_path: Path, old: str, new: str, place: str, remedy: str
) -> None:
    assert old in as_deals()
    with pytest.raises(InputError) as caught:
        registers.read(written(tmp_path, as_deals().replace(old, new, 1)))
    message = str(caught.value)
    assert "\n" not in message
    assert "register.csv" in message
    assert place in message
    assert remedy in message


def as_excel(text: str) -> str:
    """Return a table with a byte order mark, quoted capitals above, other line ends, empty rows below."""
    header, *rows = text.splitlines()
    quoted = ",".join(f'"{name.upper()}"' for name in header.split(","))
    return "\ufeff" + "\r\n".join([quoted, *rows, ",,,,,,,,,,", ""])


def many_years(text: str) -> str:
    """Return a table in which a list of years has more semicolons than there are columns."""
    return text.replace("2003; 2004", "; ".join(["2003", *["2004"] * 20]), 1)


@pytest.mark.parametrize("changed", [as_excel, many_years, lambda text: text.replace("\n", "\r")])
def test_a_table_may_come_from_anywhere(tmp_path: Path, changed: Callable[[str], str]) -> None:
    path = tmp_path / "changed.csv"
    path.write_text(changed(as_deals()), encoding="utf-8", newline="")
    assert registers.read(path).deals == registers.read(written(tmp_path, as_deals())).deals


def changed_rows(change: Callable[[list[str]], list[str]], delimiter: str = ";") -> str:
    """Return the trade register with each row below its header changed."""
    above, header = as_trade_register().splitlines()[:3], HEADER.split(";")
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    rows = csv.reader(as_trade_register().splitlines()[4:], delimiter=";")
    writer.writerows(change(row) for row in rows)
    return "\n".join([*above, text.getvalue()])


def as_r_writes(text: str) -> str:
    """Return a table with the names that R makes of columns, row numbers and NA."""
    above, rows = text.splitlines()[3:4], list(csv.reader(text.splitlines()[4:], delimiter=";"))
    header = [
        "",
        *(re.sub(r"[^A-Za-z0-9]", ".", name) or f"X.{i}" for i, name in enumerate(above[0].split(";"))),
    ]
    table = io.StringIO()
    csv.writer(table).writerows(
        [header, *([str(i), *(c or "NA" for c in row)] for i, row in enumerate(rows))]
    )
    return table.getvalue()


def with_notes(text: str) -> str:
    """Return a table with totals and notes among and below its rows."""
    totals = "Total;;;;;;;;;;;;;;500;250\n;;;;;;;;;;;;;;500;250\nUtopia;Total;;;;;;;;;;;;;1;1\n"
    return f"{text}{totals}Total;500\n\n* an estimate\nSource: invented; nowhere\n"


@pytest.mark.parametrize(
    "content",
    [
        as_trade_register().encode("utf-16"),
        as_trade_register().encode("utf-16-le"),
        as_trade_register().encode("utf-32"),
        as_trade_register().replace("é", "\N{EN DASH}").encode("cp1252"),
        ("sep=;\n" + as_trade_register()).encode(),
        unicodedata.normalize("NFD", as_trade_register().replace("Turkey", "Türkiye")).encode(),
        as_trade_register().replace("Soviet Union", "SOVIET\u00a0UNION").encode(),
        as_trade_register().replace("Year(s) of delivery", "Year(s) of deliveries").encode(),
        as_r_writes(as_trade_register()).encode(),
        with_notes(as_trade_register()).encode(),
        changed_rows(lambda row: row, "\t").encode(),
        changed_rows(lambda row: [*row[:13], *(cell.replace(".", ",") for cell in row[13:])]).encode(),
        changed_rows(lambda row: [*row[:2], f"({row[2]}?)", *row[3:10], f"{row[10]}?", *row[11:]]).encode(),
        changed_rows(lambda row: [*row[:13], *(f"({cell})" for cell in row[13:])]).encode(),
        changed_rows(
            lambda row: [*row[:10], re.sub("2004; 2005; 2006", "2004 \N{EN DASH} 06", row[10]), *row[11:]]
        ).encode(),
        changed_rows(lambda row: [*row[:12], "some\nlines", *row[13:]]).encode(),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_register_may_be_saved_by_any_program(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "any.csv").write_bytes(content)
    plain = registers.read(written(tmp_path, as_trade_register()), "Utopia")
    assert registers.read(tmp_path / "any.csv", "Utopia").deals == plain.deals


@pytest.mark.parametrize(
    ("written_as", "delimiter", "volume"),
    [
        (("1,234.5", "2"), ";", 1234.5),
        (("1.234,5", "2"), ";", 1234.5),
        (("1 234,5", "2"), ";", 1234.5),
        (("1\u2019234.5", "2"), ";", 1234.5),
        (("1,234", "2.5"), ";", 1234.0),
        (("1.234", "2,5"), ";", 1234.0),
        (("1,234", "2"), ",", 1234.0),
        (("1,234", "2"), ";", 1.234),
        (("1.234", "2"), ";", 1.234),
        (("0,125", "2"), ",", 0.125),
        (("12.5 [1]", "2"), "|", 12.5),
        (("(12.5?)\u00b2*", "2"), "\t", 12.5),
        (("1.234.567", "2"), ";", 1_234_567.0),
    ],
)
def test_decimal_marks_are_those_of_the_file(
    tmp_path: Path, written_as: tuple[str, str], delimiter: str, volume: float
) -> None:
    tiv, unit = written_as
    text = changed_rows(lambda row: [*row[:13], unit, tiv, "0"], delimiter)
    found = registers.read(written(tmp_path, text), "Utopia")
    assert {deal.tiv for deal in found.deals} == {volume}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04" + bytes(range(256)), "workbook"),
        (b"\n<!DOCTYPE html><html></html>", "page of the web"),
        (b"{\\rtf1 register}", "rich text"),
        (bytes(range(256)) * 4, "not text"),
        ((as_trade_register() * 2).encode(), "row 15: a second header"),
        (as_trade_register().replace("40.0;40.0", "40,0;40.0").encode(), "decimal points and decimal commas"),
        (as_trade_register().replace("40.0;40.0", "1e308;40.0").encode(), "row 6.*more than"),
        (as_trade_register().replace("Supplier", "Recipient").encode(), "no column Supplier"),
        (as_trade_register().replace("Comments", "Supplier").encode(), "row 4: Supplier: given twice"),
        (
            as_trade_register().replace("Comments", "SELLER").encode(),
            "row 4: SELLER: given twice, also as Sup",
        ),
        (
            as_trade_register().replace("China;2009", "UTOPIA;2009").encode(),
            "row 10.*is the recipient itself",
        ),
        (as_trade_register().replace("Reed", "R\x1b[2J").encode(), r"row 10, column .*character U\+001B"),
        (
            as_deliveries().replace("\n1,", "\n0,").encode(),
            'row 6, column Supplier: not what row 4 .*"Turkey"',
        ),
        ("\n".join(as_trade_register().splitlines()[:4]).encode(), "a header without deals"),
        (b"", "no header of a register"),
        (as_trade_register().replace("40.0;40.0", "12 (8);40.0").encode(), r"12 \(8\)"),
        (
            changed_rows(lambda row: [*row[:12], "a\nb", *row[13:]]).encode()
            + b"Utopia;China;2000;;1;;X;tank;1;;2001;New;;1;1;y\n",
            r"row 12, column SIPRI TIV of delivered weapons",
        ),
    ],
)
def test_what_is_no_register_is_called_by_its_name(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        registers.read(path, "Utopia")
    assert "\n" not in str(caught.value)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    found = registers.read(written(tmp_path, with_notes(as_trade_register())), "Utopia")
    assert found.notes == (
        f"{tmp_path}/register.csv: notes or totals, left out: row 12, 13, 14, 15, 17, 18.",
    )


def test_a_blank_category_is_that_of_the_description(tmp_path: Path) -> None:
    blank = as_deals().replace(",Ships", ",").replace(",Missiles", ",NA").replace(",Aircraft", ",AIRCRAFT")
    assert (
        registers.read(written(tmp_path, blank)).deals == registers.read(written(tmp_path, as_deals())).deals
    )


#: Deliveries from 2004 on of an order of 2001, of which ninety of a hundred had come before.
STRADDLING = (
    ("Atlantis", 2001, "Heron", "frigate", "Ships", (2004, 2005), 100.0, 10.0),
    ("China", 2006, "Wing", "reconnaissance drone", "Aircraft", (2007, 2012), 12.0, 6.0),
)


#: How exports say which years they cover.
SAYING = (
    "Deals with deliveries made for the year range '2004' to '2012'",
    "Only deliveries 2004\N{EN DASH}2012 are counted",
    "Database search results for the years from 2004 to 2012 - (created: 11-03-2023)",
    "Year range: '2004' to 'Not specified'",
    "Deliveries between 2004 and 2012",
    "From;2004;To;2012",
    "Period;2004;2012",
    "since 2004",
    "'Number delivered' refer only to deliveries in the selected year(s).",
)


@pytest.mark.parametrize("said", SAYING)
def test_an_export_for_chosen_years_has_no_phantom_orders(tmp_path: Path, said: str) -> None:
    found = registers.read(written(tmp_path, f"{said}\n\n{as_deals(STRADDLING)}"))
    assert found.covered_from == 2004
    straddling, later = found.deals
    assert (straddling.delivered, straddling.is_running) == (pytest.approx(100.0), False)
    assert {each.year: each.tiv for each in straddling.deliveries} == {2002: 45, 2003: 45, 2004: 5, 2005: 5}
    assert later.is_running, "ordered within the years: what has not come is still to come"
    (note,) = found.notes
    assert "lists deliveries from 2004 on only: what 1 earlier orders lack" in note
    with pytest.raises(OutsideHorizon, match="deliveries from 2004 on only"):
        found.known_before(2004)


@pytest.mark.parametrize("said", plans.usual(SAYING, SAYING[:1]))
def test_a_case_made_of_such_an_export_has_none_either(tmp_path: Path, said: str) -> None:
    found = registers.read(written(tmp_path, f"{said}\n\n{as_deals(STRADDLING)}"))
    made = cases.make(found.known_before(2010), 2010, tmp_path / "utopia")
    assert case_registers.initial(made, Quarter(2010, 1)).open_tiv.sum() == pytest.approx(9.0)
    assert found.notes[0] in made.record.notes


@pytest.mark.parametrize(
    "said",
    [
        "Year range 'Not specified' to 'Not specified'. Refer only to deliveries in the selected year(s)",
        "2004 to 2012. 'No. delivered' refer to all deliveries since the beginning of the contract",
        "Deals with deliveries made for 2006 to 2012",
        "Copyright 2004-2012",
        "SIPRI Arms Transfers Database, 1950-2012",
    ],
)
def test_other_years_above_a_header_are_of_no_account(tmp_path: Path, said: str) -> None:
    found = registers.read(written(tmp_path, f"{said}\n{as_deals(STRADDLING)}"))
    assert found.notes == ()
    assert found.deals == registers.read(written(tmp_path, as_deals(STRADDLING))).deals


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("VIET NAM", "Viet Nam"),
        ("Viet\u00a0nam", "Viet Nam"),
        ("Vietnam", "Viet Nam"),
        ("Tu\u0308rkiye", "Turkiye"),
        ("C\u00f4te d\u2019Ivoire", "Cote d'Ivoire"),
        ("Ivory Coast", "Cote d'Ivoire"),
        ("united arab emirates", "UAE"),
        ("Burma", "Myanmar"),
        ("Soviet Union (USSR)", "Russia"),
        ("Czechoslovakia", "Czechia"),
        ("Congo, Democratic Republic of the", "DR Congo"),
        ("Swaziland", "eSwatini"),
        ("NATO**", "NATO**"),
    ],
)
def test_a_state_is_known_by_any_of_its_names(name: str, state: str) -> None:
    assert categories.state_of(name) == state


def test_every_name_leads_to_a_state_with_a_capital() -> None:
    rows = tables.read(categories.DATA / "names.csv", ("written", "state"))
    written_as = [categories.identifier(row.text("written")) for row in rows]
    assert len(set(written_as)) == len(written_as)
    known = {*categories.capitals(), "unknown supplier(s)"}
    assert {row.text("state") for row in rows} <= known


def test_a_word_where_no_capital_is_known(tmp_path: Path) -> None:
    rows = (("NATO**", 2001, "X", "tank", "Armoured vehicles", (2002,), 8.0, 8.0), DEALS[4])
    found = registers.read(written(tmp_path, as_deals(rows)))
    assert cases.notes(found, 2008) == [
        "No capital is known for Utopia: all suppliers at 7000 km, without effect."
    ]
    known = registers.read(written(tmp_path, as_deals(rows).replace("Utopia", "Burma")))
    assert cases.notes(known, 2008) == ["No capital is known for NATO**: at 7000 km."]
    made = cases.make(known, 2008, tmp_path / "myanmar")
    assert "No capital is known for NATO**" in made.record.notes
    home = made.record.states["myanmar"].capital
    assert home is not None and home.name == "Nay Pyi Taw"


def test_rows_are_counted_from_the_top_of_the_file(tmp_path: Path) -> None:
    text = as_trade_register().replace("2003; 2004", "soon", 1)
    with pytest.raises(InputError, match=r"row 5, column Year\(s\) of delivery"):
        registers.read(written(tmp_path, text), "Utopia")


def test_an_order_of_no_known_volume_is_an_order(tmp_path: Path) -> None:
    rows = (*DEALS, ("China", 2007, "Fog", "tank", "Armoured vehicles", (), 0.0, 0.0))
    found = registers.read(written(tmp_path, as_deals(rows)))
    assert [deal.item for deal in found.deals if deal.year == 2007] == ["Fog"]
    made = cases.make(found, 2013, tmp_path / "utopia")
    assert len(case_registers.read(made)[0]) == 7


def test_a_file_covers_the_years_of_all_its_rows(tmp_path: Path) -> None:
    more = "Elsewhere,China,2018,2,X,tank,2019,1,8,8,Armoured vehicles\n"
    assert registers.read(written(tmp_path, as_deals() + more), "Utopia").last_year == 2019
    lines = as_deals().splitlines()
    dated = "\n".join([f"{lines[0]},as_known_at", *(f"{line},end-2021" for line in lines[1:])])
    assert registers.read(written(tmp_path, dated)).last_year == 2021


def test_a_recipient_is_the_state_behind_its_names(tmp_path: Path) -> None:
    text = as_deals().replace("Turkey", "Greece").replace("Utopia", "Turkey", 2).replace("Utopia", "Türkiye")
    for wanted in (None, "Turkey", "turkiye"):
        found = registers.read(written(tmp_path, text), wanted)
        assert (found.recipient, len(found.deals)) == ("Turkiye", len(DEALS))
    made = cases.make(found, 2013, tmp_path / "turkiye")
    assert "turkiye" not in made.suppliers


def test_the_recipient_must_be_in_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, as_trade_register(), "latin-1")
    with pytest.raises(UnknownName, match="Did you mean Utopia"):
        registers.read(path, "Utopa")
    with pytest.raises(MissingField, match="--recipient"):
        registers.read(path)


def test_the_shipped_items_are_recognised() -> None:
    folder = Path(cases.case.DIRECTORY) / "bangladesh" / "data" / "register_categories.csv"
    for row in tables.read(folder, ("category", "description", "becomes")):
        kind, text = row.text("category"), row.text("description")
        assert categories.becomes(kind, text) == row.text("becomes"), text
        # Maritime patrol aircraft and the like are distinguished from their radars by the column alone.
        assert categories.kind_of(text) == kind, text


def test_a_made_case_runs_and_counts_only_what_was_known(tmp_path: Path) -> None:
    whole = registers.read(written(tmp_path, as_deals()))
    made = cases.make(whole.known_before(2006), 2006, tmp_path / "utopia")
    assert made.recipient == "utopia"
    assert made.partners[0] == "atlantis"
    assert made.suppliers[-1] == "other"
    state = case_registers.initial(made, Quarter(2006, 1))
    assert state.delivered.sum() == pytest.approx(100 + 40 + 20)
    assert state.open_tiv.sum() == pytest.approx(10 + 8)
    assert "china" in made.suppliers, "a seller on the world's market, though new here"


#: Registers that name their source or not, and what they name.
NAMING = {
    "table": (as_deals(), "Register register.csv"),
    "layout of SIPRI": (as_trade_register(), "Register register.csv"),  # in SIPRI's layout, and in its unit
    "SIPRI below": (
        f"{as_trade_register()}\nSource: SIPRI Arms Transfers Database\n",
        "SIPRI Arms Transfers Database",
    ),
    "SIPRI in a column": (as_deliveries(), "SIPRI Arms Transfers Database"),
    "column": (
        "\n".join(
            line + (",source" if number == 0 else ",An invented list")
            for number, line in enumerate(as_deals().splitlines())
        ),
        "An invented list",
    ),
}


def case_of(text: str, folder: Path) -> Case:
    """Return the case that is made of a register, in the folder `case`."""
    path = folder / "register.csv"
    path.write_text(text, encoding="utf-8")
    return cases.make(registers.read(path, "Utopia").known_before(2010), 2010, folder / "case")


@pytest.mark.parametrize("form", NAMING)
def test_a_case_names_the_source_that_the_register_names(tmp_path: Path, form: str) -> None:
    text, source = NAMING[form]
    case = case_of(text, tmp_path)
    assert case.sources[0].startswith(f"{source},")
    assert sum("SIPRI" in each for each in case.sources) == (1 if source.startswith("SIPRI") else 0)


@pytest.mark.parametrize("form", plans.usual(NAMING, ("table", "column")))
def test_a_figure_names_the_source_that_the_case_names(tmp_path: Path, form: str) -> None:
    text, source = NAMING[form]
    case_of(text, tmp_path)
    toy = tmp_path / "toy.toml"
    toy.write_text('title = "Toy"\ncase = "./case"\nstart = "2010-Q1"\nend = "2010-Q2"\n', encoding="utf-8")
    runs = sim.run(sim.load(toy), trials=1, keep="hhi", workers=1)
    assert f"Source: {source} (data)" in sim.plots.fan(runs, "hhi").figure.texts[1].get_text()


def test_rates_are_counts_over_years(tmp_path: Path) -> None:
    whole = registers.read(written(tmp_path, as_deals()))
    made = cases.make(whole.known_before(2011), 2011, tmp_path / "utopia")
    parameters = ParameterSet.load(made)
    known = rates.known(made, 2011, parameters)
    each = [change["distribution"]["lognormal"] for key, change in known.items() if "deals_per_year" in key]
    median, error = np.array(each).T
    mean = median * np.exp(error**2 / 2)
    yearly = mean.sum() / np.exp(((mean * error) ** 2).sum() / mean.sum() ** 2 / 2)
    # The orders of each year since the first, drawn to what is usual; doubt about the mix adds none.
    counts, growth = rates.orders_by_year(made, 2011), rates.growth(parameters)
    assert yearly == pytest.approx(waves.known(counts, growth).mean)
    assert growth == pytest.approx(0.5 * 0.03)
    assert sum(rates.orders_by_year(made, 2011)) / 10 < yearly < 2.2
    sizes = [each["value"] for key, each in known.items() if "size_median" in key]
    assert np.all(np.array(sizes) > 3.0)
    assert np.all(np.array(sizes) < 100.0)
    money = ParameterSet.load(made)["economy.initial_military_budget"].value
    share = ParameterSet.load(made)["budget.procurement_share"].value
    # 250 TIV m in ten years pay for themselves at the price.
    assert known["contracts.price_level.armour"]["value"] == pytest.approx(money * share / 25.0)


def test_a_young_register_is_counted_over_its_own_years(tmp_path: Path) -> None:
    rows = tuple(
        ("China", year, f"X {year}", "tank", "Armoured vehicles", (year,), tiv, tiv)
        for year, tiv in ((2004, 10.0), (2005, 50.0))
    )
    made = cases.make(registers.read(written(tmp_path, as_deals(rows))), 2006, tmp_path / "utopia")
    deals = rates.remembered(made, 2006)
    assert rates.yearly_volume(made, deals, 2006) == pytest.approx(30.0)


def test_names_that_fall_together_are_one_supplier(tmp_path: Path) -> None:
    names = ("NATO**", "NATO", "Unknown supplier(s)", "Other", "UNITED STATES", "中国", "日本")
    rows = tuple((name, 2001, "X", "tank", "Armoured vehicles", (2002,), 8.0, 8.0) for name in names)
    made = cases.make(registers.read(written(tmp_path, as_deals(rows))), 2006, tmp_path / "utopia")
    assert made.record.states["nato"].register_names == ("NATO", "NATO**")
    assert {"united_states", "state_4e2d_56fd", "state_65e5_672c"} <= set(made.suppliers)
    assert {"unknown_supplier_s", "other"}.isdisjoint(made.partners)
    assert "unknown_supplier_s" not in made.suppliers
    delivered = case_registers.initial(made, Quarter(2006, 1)).delivered.sum(axis=(0, 2))
    by_name = dict(zip(made.suppliers, delivered, strict=True))
    assert by_name["nato"] == pytest.approx(16.0)
    assert by_name["united_states"] == pytest.approx(8.0)
    # Nobody's and the pool's own.
    assert by_name["other"] == pytest.approx(16.0)


def test_identifiers_keep_letters_without_their_marks() -> None:
    assert categories.identifier("Côte d'Ivoire") == "cote_d_ivoire"
    assert categories.identifier("3rd State (North)") == "state_3rd_state_north"


def test_a_case_needs_a_past_and_a_free_place(tmp_path: Path) -> None:
    whole = registers.read(written(tmp_path, as_deals()))
    with pytest.raises(OutsideHorizon, match="later origin"):
        cases.make(whole.known_before(2001), 2001, tmp_path / "early")
    assert not (tmp_path / "early").exists()
    early = registers.read(written(tmp_path, as_deals((("China", 1990, *DEALS[0][2:]),))))
    with pytest.raises(
        OutsideHorizon, match="origin = 1999: the world's orders are known from the end of 1999"
    ):
        cases.make(early.known_before(1999), 1999, tmp_path / "early")
    assert not (tmp_path / "early").exists()
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="already exists"):
        cases.make(whole.known_before(2006), 2006, tmp_path / "taken")


def test_the_command_says_what_was_assumed(tmp_path: Path) -> None:
    path = written(tmp_path, f"Deliveries from 2004 to 2012\n{as_deals(STRADDLING)}")
    given = ["new-case", "--deals", str(path), "--as-of", "2010", "--out", str(tmp_path / "made")]
    shown = CliRunner().invoke(program, given)
    assert shown.exit_code == 0, shown.output
    assert "lists deliveries from 2004 on only" in shown.stderr
    assert "No capital is known for Utopia" in shown.stderr
    early = CliRunner().invoke(program, [*given[:4], "2004", "--out", str(tmp_path / "early")])
    assert early.exit_code == 2 and not (tmp_path / "early").exists()
    assert early.stderr.count("\n") == 1 and "deliveries from 2004 on only" in early.stderr


def test_a_cell_that_is_too_long_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text("x" * 200_000)
    with pytest.raises(InputError, match="no header of a register found"):
        registers.read(tmp_path / "long.csv")


def test_a_register_of_the_world_is_looked_through_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, *rows = as_deals(DEALS).splitlines()
    states = [f"Land{number}" for number in range(9)]
    many = [row.replace(rows[0].split(",")[0], state) for state in states for row in rows]
    (tmp_path / "world.csv").write_text("\n".join([header, *many]) + "\n")
    looked, usual = [], registers._years
    monkeypatch.setattr(registers, "_years", lambda *given: looked.append(given) or usual(*given))
    found = registers.read_all(tmp_path / "world.csv")
    assert [each.recipient for each in found] == states and len(looked) == 2
    alone = registers.read(tmp_path / "world.csv", "Land4")
    assert found[4] == alone
