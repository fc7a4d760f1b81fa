"""CSV tables, read strictly: a bad cell is reported with its row and column."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sim.files.encodings import read_text
from sim.files.records import shown
from sim.vocabulary.errors import (
    BadSyntax,
    DuplicateKey,
    MissingField,
    OutOfBounds,
    WrongType,
    nearest,
)
from sim.vocabulary.printing import unprintable

#: Years that a register can name.
YEARS = (1900, 2100)

#: The largest volume that a row can have, TIV m: more than the world has ordered since 1950.
LARGEST_VOLUME = 10_000_000.0

#: Windows that are remembered once they are read.
_WINDOWS = 256

#: From a year to another, as people write it.
DASH = r"\s*(?:[-\u2010-\u2015\u2212]|\b(?:to|until|through)\b)\s*"

#: Marks of a footnote behind a number, and how people say "about" before one.
_FOOTNOTES = re.compile(
    r"(?<=[\d)?])(?:\s*(?:\[\w{1,2}\]|[*#\u2020\u2021\u00a7\u00b6\u00b9\u00b2\u00b3\u2070-\u2079]))+"
)
_ABOUT = re.compile(r"\b(?:circa\b|ca?\.)|[~?]")


def unmarked(text: str) -> str:
    """Return a cell without marks of doubt or of a footnote, and without brackets around the whole of it."""
    plain = _ABOUT.sub("", _FOOTNOTES.sub("", text)).strip()
    whole = re.fullmatch(r"[(\[]([^()\[\]]*)[)\]]", plain)
    return whole.group(1) if whole else plain


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Parameters
    ----------
    file : str
        The file, as the user would open it.
    number : int
        Its row as a spreadsheet counts; the header is row 1.
    cells : mapping of str to str
        Column -> text.
    """

    file: str
    number: int
    cells: Mapping[str, str]

    def place(self, column: str) -> str:
        """Return where a cell stands, for a message."""
        return f"row {self.number}, column {column}"

    def text(self, column: str) -> str:
        """Return a cell that must not be empty."""
        text = self.cells[column]
        if not text:
            raise MissingField(self.file, self.place(column), "empty cell", "Fill it in or remove the row.")
        return text

    def number_in(self, column: str, least: float = -math.inf, most: float = math.inf) -> float:
        """Return a cell as a finite number from `least` to `most`."""
        text = self.text(column)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            remedy = "Write a plain number with a decimal point."
            raise WrongType(self.file, self.place(column), "not a number", remedy, text)
        if value < least:
            raise OutOfBounds(self.file, self.place(column), f"less than {least:g}", "Correct it.", text)
        if value > most:
            raise OutOfBounds(self.file, self.place(column), f"more than {most:g}", "Correct it.", text)
        return value

    def volume(self, column: str) -> float:
        """Return a cell as a volume, TIV m."""
        return self.number_in(column, 0.0, LARGEST_VOLUME)

    def whole(self, column: str, least: float = -math.inf) -> int:
        """Return a cell as a whole number of at least `least`."""
        value = self.number_in(column, least)
        if value != int(value):
            remedy = "Write it without decimals."
            raise WrongType(self.file, self.place(column), "not a whole number", remedy, self.cells[column])
        return int(value)

    def year(self, column: str, first: int = YEARS[0], last: int = YEARS[1]) -> int:
        """Return a cell as a year from `first` to `last`."""
        value = self.whole(column)
        if not first <= value <= last:
            remedy = "Correct it, or change the years that the table is said to cover."
            raise OutOfBounds(self.file, self.place(column), f"not in {first}-{last}", remedy, value)
        return value

    def years(self, column: str) -> tuple[int, ...]:
        """Return the years of a cell such as ``2021; 2022`` or ``2015-2017``, in order; it may be empty."""
        years: set[int] = set()
        plain = re.sub(DASH, "-", re.sub(r"[()\[\]]", "", unmarked(self.cells[column])))
        for part in filter(None, re.split(r"[;,/&|\s]", plain)):
            found = re.fullmatch(r"(\d{4})(?:\.0)?(?:-(\d\d)?(\d\d)(?:\.0)?)?", part)
            if found is None:
                remedy = "Write years with semicolons between them, as in 2021; 2022."
                raise BadSyntax(
                    self.file, self.place(column), "not a list of years", remedy, self.cells[column]
                )
            first, century, end = found.groups()
            last = f"{century or first[:2]}{end}" if end else first
            if not YEARS[0] <= int(first) <= int(last) <= YEARS[1]:
                raise OutOfBounds(
                    self.file, self.place(column), "not years of a register", "Correct it.", part
                )
            years.update(range(int(first), int(last) + 1))
        return tuple(sorted(years))

    def window(self, column: str) -> tuple[int, int]:
        """Return first and last year of a cell such as ``2019-2023``."""
        found = _window_of(self.text(column))
        if found is None:
            remedy = "Write first and last year, as in 2019-2023."
            raise BadSyntax(self.file, self.place(column), "not a window", remedy, self.text(column))
        return found


@lru_cache(_WINDOWS)
def _window_of(text: str) -> tuple[int, int] | None:
    """Return the years of a window; a table has few windows and many rows."""
    found = re.fullmatch(r"(\d{4})-(\d{4})", text)
    return None if found is None else (int(found.group(1)), int(found.group(2)))


def read(path: Path, columns: Iterable[str]) -> list[Row]:
    """Return the rows of a CSV file that has at least `columns`.

    Parameters
    ----------
    path : Path
        The file: UTF-8, a header in its first row, commas.
    columns : iterable of str
        Columns that must be there; further ones are kept.

    Raises
    ------
    MissingFile, BadEncoding, BadSyntax, MissingField, DuplicateKey
        With file, row and column.
    """
    file = shown(path)
    columns = tuple(columns)
    content = read_text(
        path, "Put the file there or correct its name where it is given, as in case.toml.", is_own=True
    )
    found = records(file, content)
    if not found:
        raise BadSyntax(file, "", "empty file", f"Begin with a header: {','.join(columns)}.")
    header = [name.strip() for name in found[0][1]]
    for column in columns:
        if column not in header:
            is_split = len(header) > 1 or not re.search(r"[;\t|]", header[0])
            remedy = nearest(column, header, "columns") if is_split else "Put commas between the cells."
            raise MissingField(file, "row 1", f"no column {column}", remedy)
    for name in header:
        if name and header.count(name) > 1:
            raise DuplicateKey(file, f"row 1: {name}", "given twice", "Keep one of the two columns.")
    return rows(file, header, found[1:])


def records(file: str, content: str, delimiter: str = ",", before: int = 0) -> list[tuple[int, list[str]]]:
    """Return number and cells of each row of a text that is not empty.

    Parameters
    ----------
    file : str
        For errors.
    content : str
        The text, from its header on.
    delimiter : str
        What parts the cells.
    before : int
        Rows that came before the text. Rows are counted as a spreadsheet does: one that has several lines in
        a cell is one.

    Raises
    ------
    BadSyntax
    """
    number = before
    found = []
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(content, newline=""), strict=True, delimiter=delimiter), before + 1
        ):
            if any(cell.strip() for cell in cells):
                found.append((number, cells))
    except csv.Error as error:
        problem = f"not valid CSV: {error}"
        raise BadSyntax(file, f"row {number + 1}", problem, "Check the quotation marks.") from error
    return found


def rows(file: str, header: list[str], found: Iterable[tuple[int, list[str]]]) -> list[Row]:
    """Return the rows under a header; empty cells beyond it are of no account.

    Raises
    ------
    BadSyntax
        For a row of another length.
    WrongType
        For text that would steer a terminal instead of being shown.
    """
    read_rows = []
    for number, record in found:
        cut = record[: len(header)] if not any(cell.strip() for cell in record[len(header) :]) else record
        if len(cut) != len(header):
            column = header[min(len(cut), len(header)) - 1]
            message = f"{len(record)} cells under a header of {len(header)}"
            remedy = "Put text that contains commas in quotation marks."
            raise BadSyntax(file, f"row {number}, column {column}", message, remedy)
        cells = {name: cell.strip() for name, cell in zip(header, cut, strict=True)}
        read_rows.append(Row(file, number, cells))
        if not "".join(cut).isprintable():
            _check_printable(read_rows[-1])
    return read_rows


def _check_printable(row: Row) -> None:
    for column, text in row.cells.items():
        fault = unprintable(text, allowed="\n\r\t")
        if fault:
            raise WrongType(row.file, row.place(column), f"holds {fault}", "Leave it out.")
