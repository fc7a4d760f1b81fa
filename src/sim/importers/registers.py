"""Reading a register of arms transfers, in any of the layouts of `sim.importers.layouts`.

Where only deals are given, the volume delivered is spread evenly over the years named. A deal whose volume
delivered is left blank is still running: one more year of delivery, of the same size, is assumed to follow.

An export for chosen years lists, of each order, the deliveries of those years alone, but the volume of the
whole order. What the text above its header says of the years is believed unless a row contradicts it. What
is missing of an order from before them is taken to have arrived before them, evenly over the years.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.files.encodings import read_text
from sim.files.records import shown
from sim.files.tables import DASH, LARGEST_VOLUME, YEARS, Row, unmarked
from sim.importers import categories, layouts
from sim.importers.categories import identifier
from sim.importers.layouts import Sheet
from sim.vocabulary.errors import (
    BadSyntax,
    Contradiction,
    MissingField,
    OutOfBounds,
    OutsideHorizon,
    UnknownName,
    WrongType,
    nearest,
)

#: Rows that a note names.
_SHOWN = 10

#: The first year of the database that most registers are taken from: one that covers it covers all.
_FIRST_COVERED = 1950

#: What the text above the rows says of the years that a file covers: both ends, or the first alone.
_YEAR = r"\W{0,3}((?:19|20)\d\d)(?!\d)\W{0,2}"
_SPANS = (
    rf"(?<!\d){_YEAR}(?:{DASH}|\band\b)?{_YEAR}",
    rf"(?:since|from|start|first|years?)(?: the)?(?: years?)?{_YEAR}",
    rf"(?<!\d){_YEAR}(?:on|onwards?|and later|{DASH}\W{{0,2}}(?:not specified|today|now|present))\b",
)

#: Text that speaks of other years, that says that all deliveries are counted, or that only some are.
_OTHER_YEARS = re.compile(r"copyright|\N{COPYRIGHT SIGN}", re.IGNORECASE)
_ALL_COUNTED = re.compile(
    r"since the beginning of the contract|not specified\W+to\W+not specified", re.IGNORECASE
)
_SOME_COUNTED = re.compile(r"only to deliveries in the selected|in the year range", re.IGNORECASE)


#: The database of which most registers are exports, and how they name it. A register in its layout and in its
#: unit is not one for that.
_SIPRI = "SIPRI Arms Transfers Database, DOI 10.55163/SAFC1241"
_NAMES_SIPRI = re.compile(r"\bSIPRI\W+(Arms\W+Transfers|AT)\W+Database\b", re.IGNORECASE)


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
        return math.fsum(each.tiv for each in self.deliveries)


@dataclass(frozen=True)
class Register:
    """The deals of one recipient.

    Parameters
    ----------
    recipient : str
    deals : tuple of Deal
        In order of year.
    vintage : str
        What the file says of its date, and its digest.
    last_year : int
        The last year that the file covers.
    covered_from : int
        The first year whose deliveries it lists.
    notes : tuple of str
        What was assumed or left out, a line each.
    source : str
        What the file says it was taken from; else its name.
    """

    recipient: str
    deals: tuple[Deal, ...]
    vintage: str
    last_year: int
    covered_from: int = _FIRST_COVERED
    notes: tuple[str, ...] = ()
    source: str = ""

    @property
    def first_year(self) -> int:
        """The first year in which anything was ordered."""
        return min(deal.year for deal in self.deals)

    def known_before(self, year: int) -> Register:
        """Return what had been ordered and delivered before the beginning of a year.

        The volume of an order is taken as it is in the register today; everything later is left out.

        Raises
        ------
        OutsideHorizon
            If the file lists no deliveries of the years before.
        """
        if year <= self.covered_from > _FIRST_COVERED:
            message = f"the register lists deliveries from {self.covered_from} on only"
            remedy = "Choose a later year, or export the register for all years."
            raise OutsideHorizon("", "origin", message, remedy, year)
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
        A file in one of the layouts.
    recipient : str, optional
        Whose deals to take; needed if there are several.

    Raises
    ------
    InputError
        With file, row, column and remedy.
    """
    file = _File.of(path)
    rows, name = _of_recipient(file.sheet, recipient)
    return _register(file, rows, name)


def read_all(path: Path) -> list[Register]:
    """Read the registers of all recipients of a file, by name; see `read`."""
    file = _File.of(path)
    if "recipient" not in file.sheet.columns:
        return [_register(file, *_of_recipient(file.sheet, None))]
    found = _by_state(file.sheet)
    column = file.sheet.columns["recipient"]
    return [
        _register(file, found[state], categories.state_of(found[state][0].cells[column]))
        for state in sorted(found)
    ]


@dataclass(frozen=True)
class _File:
    """A file, and what it says of all its rows: of a register of the world, looked up once.

    Parameters
    ----------
    path : Path
    sheet : Sheet
    covered_from, last_year : int
        As in `Register`.
    source, digest : str
        What it was taken from, unless rows say so; and its digest.
    """

    path: Path
    sheet: Sheet
    covered_from: int
    last_year: int
    source: str
    digest: str

    @classmethod
    def of(cls, path: Path) -> _File:
        """Read a file."""
        sheet = layouts.read(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        return cls(path, sheet, _covered_from(sheet), _last_year(sheet), _source(path), digest)


def _register(file: _File, rows: list[Row], name: str) -> Register:
    """Return the register of a recipient of a file."""
    sheet, first = file.sheet, file.covered_from
    _check_sellers(rows, sheet.columns["supplier"], name)
    if "deal" in sheet.columns:
        deals = _from_deliveries(rows, sheet.columns)
    else:
        deals = [_deal(row, sheet.columns) for row in rows]
    if not any(deal.tiv > 0.0 for deal in deals):
        raise BadSyntax(shown(file.path), "", f"no deals of {name} with a volume", "Check the file.")
    deals.sort(key=lambda deal: (deal.year, deal.supplier, deal.item))
    counted = [_with_earlier(deal, first) for deal in deals] if "deal" not in sheet.columns else deals
    notes = [
        f"{shown(file.path)}: {what}: row {_listed(numbers)}."
        for what, numbers in {
            "notes or totals, left out": sheet.left_out,
            "the same as a row above, and counted again": _repeated(rows),
            "delivered before it was ordered, and dated by the delivery": _ahead(rows, sheet.columns),
        }.items()
        if numbers
    ]
    if first > _FIRST_COVERED:
        moved = sum(deal != other for deal, other in zip(deals, counted, strict=True))
        assumed = f"what {moved} earlier orders lack is taken to have arrived before, and " if moved else ""
        notes.append(
            f"{shown(file.path)} lists deliveries from {first} on only: {assumed}orders completed before are "
            "missing. Better export all years."
        )
    said = {
        what: rows[0].cells[sheet.columns[what]] for what in ("source", "known_at") if what in sheet.columns
    }
    vintage = "; ".join([*filter(None, said.values()), f"file {file.digest}"])
    source = " ".join(said.get("source", "").split()) or file.source
    return Register(name, tuple(counted), vintage, file.last_year, first, tuple(notes), source)


def _listed(numbers: Sequence[int]) -> str:
    """Return the numbers of rows, of many the first."""
    more = f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else ""
    return ", ".join(map(str, numbers[:_SHOWN])) + more


def _repeated(rows: Iterable[Row]) -> list[int]:
    """Return the rows that say what an earlier one says."""
    first: dict[tuple[str, ...], int] = {}
    return [
        row.number for row in rows if first.setdefault(tuple(row.cells.values()), row.number) < row.number
    ]


def _ahead(rows: Iterable[Row], columns: Mapping[str, str]) -> list[int]:
    """Return the rows of which something arrived in a year before that of the order."""
    ordered, delivered = columns["ordered"], columns["delivery_years"]
    return [row.number for row in rows if _earliest(row.cells[delivered]) < _earliest(row.cells[ordered])]


def _earliest(text: str) -> int:
    """Return the earliest year of a cell; the last there can be of one without."""
    return min(map(int, re.findall(r"\d{4}", text)), default=YEARS[1])


def _check_sellers(rows: Iterable[Row], column: str, name: str) -> None:
    """Refuse rows in which a state sells to itself, by whatever name."""
    named = {row.cells[column] for row in rows}
    own = {text for text in named if identifier(categories.state_of(text)) == identifier(name)}
    for row in rows:
        if row.cells[column] in own:
            remedy = "Leave out what it makes for itself."
            place = row.place(column)
            raise Contradiction(
                row.file, place, "is the recipient itself: {value}", remedy, row.cells[column]
            )


def _covered_from(sheet: Sheet) -> int:
    """Return the first year whose deliveries a file lists, by what it says and by what it has."""
    earliest = min(_years(sheet, "delivery_years"), default=_FIRST_COVERED)
    above = " ".join(line for line in sheet.above if not _OTHER_YEARS.search(line))
    if _ALL_COUNTED.search(above):
        return _FIRST_COVERED
    said = [int(span.group(1)) for pattern in _SPANS for span in re.finditer(pattern, above, re.IGNORECASE)]
    if not said and _SOME_COUNTED.search(above):
        said = [earliest]
    return max((year for year in said if year <= earliest), default=_FIRST_COVERED)


def _years(sheet: Sheet, *columns: str) -> list[int]:
    """Return the years that any row is dated in some columns, whoever's it is."""
    texts = {row.cells[sheet.columns[what]] for row in sheet.rows for what in columns}
    found = (int(year) for text in texts for year in re.findall(r"(?<!\d)\d{4}(?!\d)", text))
    return [year for year in found if YEARS[0] <= year <= YEARS[1]]


def _with_earlier(deal: Deal, first: int) -> Deal:
    """Return a deal with what is missing of it delivered before the years that the file covers."""
    missing = deal.tiv - deal.delivered
    if first == _FIRST_COVERED or deal.year >= first or not deal.deliveries or missing <= 0.0:
        return deal
    years = range(min(deal.year + 1, first - 1), first)
    earlier = tuple(Delivery(year, missing / len(years)) for year in years)
    return dataclasses.replace(deal, deliveries=earlier + deal.deliveries, is_running=False)


def _by_state(sheet: Sheet) -> dict[str, list[Row]]:
    """Return the rows of each recipient, which may be spelled in several ways."""
    column = sheet.columns["recipient"]
    names = {row.text(column) for row in sheet.rows}
    states = {name: identifier(categories.state_of(name)) for name in names}
    found: dict[str, list[Row]] = defaultdict(list)
    for row in sheet.rows:
        found[states[row.cells[column]]].append(row)
    return found


def _of_recipient(sheet: Sheet, wanted: str | None) -> tuple[list[Row], str]:
    """Return the rows of a recipient, and the state that it is."""
    rows = sheet.rows
    if "recipient" not in sheet.columns:
        return rows, categories.state_of(wanted or "recipient")
    column, found = sheet.columns["recipient"], _by_state(sheet)
    names = sorted({row.cells[column] for row in rows})
    if wanted is None and len(found) > 1:
        remedy = f"Name one with --recipient, such as {names[0]}."
        raise MissingField(rows[0].file, f"column {column}", f"{len(found)} recipients", remedy)
    meant = identifier(categories.state_of(wanted or names[0]))
    if meant not in found:
        remedy = nearest(wanted or "", names, "recipients")
        raise UnknownName(rows[0].file, f"column {column}", "no such recipient: {value}", remedy, wanted)
    return found[meant], categories.state_of(found[meant][0].cells[column])


def _deal(row: Row, columns: Mapping[str, str]) -> Deal:
    """Read a row that stands for a deal."""
    years = row.years(columns["delivery_years"])
    delivered = _optional(row, columns, "delivered")
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


def _volume(row: Row, columns: Mapping[str, str], delivered: float | None) -> float:
    """Return the volume of an order; where the register has none, number times unit, or what has arrived."""
    tiv = _optional(row, columns, "tiv")
    if tiv is not None:
        return tiv
    number, unit = (_optional(row, columns, what) for what in ("number", "unit"))
    if number is not None and unit is not None:
        if number * unit > LARGEST_VOLUME:
            message = f"with its unit more than {LARGEST_VOLUME:g} TIV m"
            raise OutOfBounds(row.file, row.place(columns["number"]), message, "Correct it.", number)
        return number * unit
    return delivered or 0.0


def _optional(row: Row, columns: Mapping[str, str], what: str) -> float | None:
    """Return a number, or None if it is blank or the table has no such column."""
    return row.volume(columns[what]) if what in columns and row.cells[columns[what]] else None


def _from_deliveries(rows: Iterable[Row], columns: Mapping[str, str]) -> list[Deal]:
    """Put together deals from rows that each stand for what arrived of one in a year."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.text(columns["deal"])].append(row)
    deals = []
    for group in groups.values():
        first = group[0]
        for row in group[1:]:
            for what in ("supplier", "ordered", "item"):
                column = columns[what]
                if row.cells[column] != first.cells[column]:
                    problem = (
                        f"not what row {first.number} says of deal {first.cells[columns['deal']]}: {{value}}"
                    )
                    remedy = "Give each deal a number of its own."
                    raise Contradiction(row.file, row.place(column), problem, remedy, row.cells[column])
        arrived = tuple(
            Delivery(_year(row, columns["delivery_years"]), row.volume(columns["delivered"]))
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
                tiv=math.fsum(each.tiv for each in arrived),
                deliveries=arrived,
                is_running=False,
            )
        )
    return deals


def _kind(row: Row, columns: Mapping[str, str]) -> str:
    """Return the register's category of an item, from its column or, where blank, from its description."""
    if "kind" not in columns or not row.cells[columns["kind"]]:
        return categories.kind_of(row.text(columns["description"]))
    place = row.place(columns["kind"])
    return categories.known_kind(row.text(columns["kind"]), row.file, place)


def _year(row: Row, column: str) -> int:
    """Read a year, which may carry marks of doubt or of a footnote, or brackets."""
    text = unmarked(row.text(column))
    if not re.fullmatch(r"\d{4}(\.0)?", text):
        raise WrongType(row.file, row.place(column), "not a year", "Write it as 2015.", row.cells[column])
    year = int(text[:4])
    if not YEARS[0] <= year <= YEARS[1]:
        remedy = f"Give a year from {YEARS[0]} to {YEARS[1]}."
        raise OutOfBounds(row.file, row.place(column), "not a year of a register", remedy, year)
    return year


def _last_year(sheet: Sheet) -> int:
    """Return the last year that any row is dated, or that the file says it covers."""
    known_at = sheet.columns.get("known_at")
    covered = " ".join({row.cells[known_at] for row in sheet.rows}) if known_at else ""
    said = [int(year) for year in re.findall(r"end-(\d{4})", covered)]
    return max([*_years(sheet, "ordered", "delivery_years"), *(year for year in said if year <= YEARS[1])])


def _source(path: Path) -> str:
    """Return what the text of a file names as its source, or the name of the file."""
    text = read_text(path, "Check the path.", is_own=False)
    return _SIPRI if _NAMES_SIPRI.search(text) else f"Register {shown(path.name)}"
