"""Reading a register of arms transfers, in any of the forms in which it goes round.

Three forms are told apart by their headers: a table of deals with the columns of this project's own data;
the trade register, one row per deal; and the export of deals with their yearly deliveries, one row per
delivery. The last two come from SIPRI's own site, with lines of text before the header.

Where only deals are given, the volume delivered is spread evenly over the years named. A deal whose volume
delivered is left blank is still running: one more year of delivery, of the same size, is assumed to follow.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sim.files import tables
from sim.files.records import shown
from sim.files.tables import YEARS, Row
from sim.importers import categories
from sim.importers.categories import identifier
from sim.vocabulary.errors import BadSyntax, MissingField, OutOfBounds, UnknownName, WrongType, nearest

#: Column of each form, by what it holds.
_FORMS = {
    "deals": {
        "recipient": "recipient",
        "supplier": "supplier",
        "ordered": "order_year",
        "item": "designation",
        "description": "description",
        "kind": "category",
        "delivery_years": "delivery_years",
        "number": "n_ordered",
        "unit": "tiv_unit",
        "tiv": "tiv_total_order",
        "delivered": "tiv_delivered",
        "source": "source",
        "known_at": "as_known_at",
    },
    "trade register": {
        "recipient": "Recipient",
        "supplier": "Supplier",
        "ordered": "Year of order",
        "item": "Weapon designation",
        "description": "Weapon description",
        "delivery_years": "Year(s) of delivery",
        "number": "Number ordered",
        "unit": "SIPRI TIV per unit",
        "tiv": "SIPRI TIV for total order",
        "delivered": "SIPRI TIV of delivered weapons",
    },
    "deliveries by deal": {
        "deal": "SIPRI AT Database ID",
        "recipient": "Recipient",
        "supplier": "Supplier",
        "ordered": "Order date",
        "item": "Designation",
        "description": "Description",
        "kind": "Armament category",
        "delivery_years": "Delivery year",
        "delivered": "TIV delivery values",
    },
}

#: What a table of deals may leave out.
_OPTIONAL = ("recipient", "n_ordered", "tiv_unit", "source", "as_known_at")


@dataclass(frozen=True)
class Delivery:
    """What arrived of a deal in a year, TIV m."""

    year: int
    tiv: float


@dataclass(frozen=True)
class Deal:
    """An order: from whom, of what, when, how much (TIV m) and what has arrived of it.

    Parameters
    ----------
    supplier : str
        The state, or its successor.
    item, description, kind : str
        As the register spells them; `kind` is its category.
    year : int
        Of the order.
    tiv : float
        Volume of the whole order.
    deliveries : tuple of Delivery
    is_running : bool
        Whether more is to come.
    """

    supplier: str
    item: str
    description: str
    kind: str
    year: int
    tiv: float
    deliveries: tuple[Delivery, ...]
    is_running: bool

    @property
    def delivered(self) -> float:
        """Volume that has arrived, TIV m."""
        return sum(each.tiv for each in self.deliveries)


@dataclass(frozen=True)
class Register:
    """The deals of one recipient.

    Parameters
    ----------
    recipient : str
    deals : tuple of Deal
        In order of year.
    vintage : str
        What the file says of its date, and what it is told by otherwise.
    last_year : int
        The last year that the file covers.
    """

    recipient: str
    deals: tuple[Deal, ...]
    vintage: str
    last_year: int

    @property
    def first_year(self) -> int:
        """The first year in which anything was ordered."""
        return min(deal.year for deal in self.deals)

    def known_before(self, year: int) -> Register:
        """Return what had been ordered and delivered before the beginning of a year.

        The volume of an order is taken as it is in the register today; everything later is left out.
        """
        deals = []
        for deal in self.deals:
            if deal.year < year:
                arrived = tuple(each for each in deal.deliveries if each.year < year)
                is_running = deal.is_running or len(arrived) < len(deal.deliveries)
                deals.append(dataclasses.replace(deal, deliveries=arrived, is_running=is_running))
        return dataclasses.replace(self, deals=tuple(deals))

    def deliveries(self) -> dict[tuple[str, int], float]:
        """Return the volume delivered by supplier and year, TIV m."""
        volume: dict[tuple[str, int], float] = defaultdict(float)
        for deal in self.deals:
            for each in deal.deliveries:
                volume[deal.supplier, each.year] += each.tiv
        return dict(volume)


def read(path: Path, recipient: str | None = None) -> Register:
    """Read a register.

    Parameters
    ----------
    path : Path
        A CSV file in one of the three forms.
    recipient : str, optional
        Whose deals to take; needed if there are several.

    Raises
    ------
    InputError
        With file, row, column and remedy.
    """
    forms = {form: tuple(columns.values()) for form, columns in _FORMS.items()}
    form, everyones = tables.read_one_of(path, forms, _OPTIONAL)
    columns = _FORMS[form]
    rows, name = _of_recipient(everyones, columns["recipient"], recipient)
    if form == "deliveries by deal":
        deals = _from_deliveries(rows, columns)
    else:
        deals = [_deal(row, columns) for row in rows]
    if not any(deal.tiv > 0.0 for deal in deals):
        raise BadSyntax(shown(path), "", f"no deals of {name} with a volume", "Check the file.")
    deals.sort(key=lambda deal: (deal.year, deal.supplier, deal.item))
    return Register(name, tuple(deals), _vintage(path, rows), _last_year(everyones, columns))


def _of_recipient(rows: list[Row], column: str, wanted: str | None) -> tuple[list[Row], str]:
    """Return the rows of a recipient, and the state that it is."""
    if not rows or column not in rows[0].cells:
        return rows, wanted or "recipient"
    names = sorted({row.text(column) for row in rows})
    states = {name: identifier(categories.state_of(name)) for name in names}
    if wanted is None and len(set(states.values())) > 1:
        remedy = f"Name one with --recipient, such as {names[0]}."
        raise MissingField(
            rows[0].file, f"column {column}", f"{len(set(states.values()))} recipients", remedy
        )
    meant = identifier(categories.state_of(wanted or names[0]))
    if meant not in states.values():
        remedy = nearest(wanted or "", names, "recipients")
        raise UnknownName(rows[0].file, f"column {column}", "no such recipient: {value}", remedy, wanted)
    found = [row for row in rows if states[row.cells[column]] == meant]
    return found, categories.state_of(found[0].cells[column])


def _deal(row: Row, columns: dict[str, str]) -> Deal:
    """Read a row that stands for a deal."""
    years = row.years(columns["delivery_years"])
    delivered = row.optional_number(columns["delivered"], 0.0)
    tiv = _volume(row, columns, delivered)
    is_running = delivered is None
    if delivered is None:
        delivered = tiv * len(years) / (len(years) + 1)
    if delivered > 0.0 and not years:
        remedy = "Write the years with semicolons between them, as in 2021; 2022."
        place = row.place(columns["delivery_years"])
        raise MissingField(row.file, place, "delivered, but no year is given", remedy)
    ordered = _year(row, columns["ordered"])
    return Deal(
        supplier=categories.state_of(row.text(columns["supplier"])),
        item=row.text(columns["item"]),
        description=row.text(columns["description"]),
        kind=_kind(row, columns),
        year=min([ordered, *years]),
        tiv=max(tiv, delivered),
        deliveries=tuple(Delivery(year, delivered / len(years)) for year in years),
        is_running=is_running or delivered < tiv,
    )


def _volume(row: Row, columns: dict[str, str], delivered: float | None) -> float:
    """Return the volume of an order; where the register has none, number times unit, or what has arrived."""
    tiv = row.optional_number(columns["tiv"], 0.0)
    if tiv is not None:
        return tiv
    number, unit = (row.optional_number(columns[name], 0.0) for name in ("number", "unit"))
    if number is not None and unit is not None:
        return number * unit
    return delivered or 0.0


def _from_deliveries(rows: Iterable[Row], columns: dict[str, str]) -> list[Deal]:
    """Put together deals from rows that each stand for what arrived of one in a year."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.text(columns["deal"])].append(row)
    deals = []
    for group in groups.values():
        first = group[0]
        arrived = tuple(
            Delivery(_year(row, columns["delivery_years"]), row.number_in(columns["delivered"], 0.0))
            for row in group
            if row.cells[columns["delivery_years"]]
        )
        deals.append(
            Deal(
                supplier=categories.state_of(first.text(columns["supplier"])),
                item=first.text(columns["item"]),
                description=first.text(columns["description"]),
                kind=_kind(first, columns),
                year=min([_year(first, columns["ordered"]), *(each.year for each in arrived)]),
                tiv=sum(each.tiv for each in arrived),
                deliveries=arrived,
                is_running=False,
            )
        )
    return deals


def _kind(row: Row, columns: dict[str, str]) -> str:
    """Return the register's category of an item, from its column or from the description."""
    if "kind" not in columns:
        return categories.kind_of(row.text(columns["description"]))
    place = row.place(columns["kind"])
    return categories.known_kind(row.text(columns["kind"]), row.file, place)


def _year(row: Row, column: str) -> int:
    """Read a year, which may carry a question mark or brackets."""
    text = row.text(column).strip("()? ")
    if not re.fullmatch(r"\d{4}(\.0)?", text):
        raise WrongType(row.file, row.place(column), "not a year", "Write it as 2015.", row.cells[column])
    year = int(text[:4])
    if not YEARS[0] <= year <= YEARS[1]:
        remedy = f"Give a year from {YEARS[0]} to {YEARS[1]}."
        raise OutOfBounds(row.file, row.place(column), "not a year of a register", remedy, year)
    return year


def _last_year(rows: Iterable[Row], columns: dict[str, str]) -> int:
    """Return the last year that any row is dated, whoever's it is, or that the file says it covers."""
    dated = [row.cells[columns[what]] for row in rows for what in ("ordered", "delivery_years")]
    covered = [row.cells.get("as_known_at", "") for row in rows]
    years = [
        *re.findall(r"(?<!\d)\d{4}(?!\d)", " ".join(dated)),
        *re.findall(r"end-(\d{4})", " ".join(covered)),
    ]
    return max(int(year) for year in years if YEARS[0] <= int(year) <= YEARS[1])


def _vintage(path: Path, rows: list[Row]) -> str:
    """Return what the rows say of their source and date, or the digest of the file."""
    said = [rows[0].cells.get(name, "") for name in ("source", "as_known_at")]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return "; ".join([*filter(None, said), f"file {digest}"])
