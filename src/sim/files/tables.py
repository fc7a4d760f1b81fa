"""CSV tables, read strictly: a bad cell is reported with its row and column."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.files.records import shown
from sim.vocabulary.errors import (
    BadEncoding,
    BadSyntax,
    MissingField,
    MissingFile,
    OutOfBounds,
    WrongType,
    nearest,
)

#: Lines in which a header is looked for, and what may part its cells.
_PREAMBLE = 40
_DELIMITERS = ",;\t"

#: Years that a register can name.
YEARS = (1900, 2100)


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

    def number_in(self, column: str, least: float = -math.inf) -> float:
        """Return a cell as a finite number of at least `least`."""
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
        return value

    def optional_number(self, column: str, least: float = -math.inf) -> float | None:
        """Return a cell as a number, or None if it is empty or the table has no such column."""
        return self.number_in(column, least) if self.cells.get(column) else None

    def whole(self, column: str, least: float = -math.inf) -> int:
        """Return a cell as a whole number of at least `least`."""
        value = self.number_in(column, least)
        if value != int(value):
            remedy = "Write it without decimals."
            raise WrongType(self.file, self.place(column), "not a whole number", remedy, self.cells[column])
        return int(value)

    def year(self, column: str, first: int, last: int) -> int:
        """Return a cell as a year from `first` to `last`."""
        value = self.whole(column)
        if not first <= value <= last:
            remedy = "Correct it, or change the years that the table is said to cover."
            raise OutOfBounds(self.file, self.place(column), f"not in {first}-{last}", remedy, value)
        return value

    def years(self, column: str) -> tuple[int, ...]:
        """Return the years of a cell such as ``2021; 2022`` or ``2015-2017``, in order; it may be empty."""
        years: set[int] = set()
        for part in filter(None, (part.strip("()? ") for part in re.split("[;,]", self.cells[column]))):
            found = re.fullmatch(r"(\d{4})(?:\.0)?(?:-(\d{4}))?", part)
            if found is None:
                remedy = "Write years with semicolons between them, as in 2021; 2022."
                raise BadSyntax(self.file, self.place(column), "not a list of years", remedy, part)
            first, last = int(found.group(1)), int(found.group(2) or found.group(1))
            if not YEARS[0] <= first <= last <= YEARS[1]:
                raise OutOfBounds(
                    self.file, self.place(column), "not years of a register", "Correct it.", part
                )
            years.update(range(first, last + 1))
        return tuple(sorted(years))


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
    MissingFile, BadEncoding, BadSyntax, MissingField
        With file, row and column.
    """
    file = shown(path)
    columns = tuple(columns)
    records = _records(path, _text(path, "Put the file there or correct its name in case.toml."))
    if not records:
        raise BadSyntax(file, "", "empty file", f"Begin with a header: {','.join(columns)}.")
    header = [name.strip() for name in records[0][1]]
    for column in columns:
        if column not in header:
            raise MissingField(file, "row 1", f"no column {column}", nearest(column, header, "columns"))
    return _rows(file, header, records[1:])


def read_one_of(
    path: Path, forms: Mapping[str, Sequence[str]], optional: Collection[str] = ()
) -> tuple[str, list[Row]]:
    """Return the rows of a CSV file in one of several forms, and which it is.

    Parameters
    ----------
    path : Path
        The file: UTF-8 or Latin-1; commas, semicolons or tabs; lines of text may precede the header.
    forms : mapping of str to sequence of str
        Name of a form -> its columns; a file may write them in capitals or not.
    optional : collection of str
        Those of them that may be missing.

    Raises
    ------
    MissingFile, BadSyntax, MissingField
        With file, row and column.
    """
    file = shown(path)
    lines = list(io.StringIO(_text(path, "Check the path.", or_latin=True), newline=""))
    needed = {form: [name for name in columns if name not in optional] for form, columns in forms.items()}
    best, missing = "", list[str]()
    for position, line in enumerate(lines[:_PREAMBLE]):
        for delimiter in _DELIMITERS:
            header = {name.strip(' "\r\n').casefold() for name in line.split(delimiter)}
            for form, columns in needed.items():
                lacking = [name for name in columns if name.casefold() not in header]
                if not lacking:
                    records = _records(path, "".join(lines[position:]), delimiter, position)
                    return form, _rows(file, _spelled(records[0][1], forms[form]), records[1:])
                if len(lacking) < len(columns) and (not best or len(lacking) < len(missing)):
                    best, missing = form, lacking
    if best:
        remedy = f"It looks like the form {best}, which needs: {', '.join(needed[best])}."
        raise MissingField(file, "header", f"no column {missing[0]}", remedy)
    remedy = "Begin with a header: " + "; or ".join(",".join(columns) for columns in needed.values()) + "."
    raise BadSyntax(file, "", "no header found", remedy)


def _spelled(header: Iterable[str], columns: Iterable[str]) -> list[str]:
    """Return a header with known columns spelled as they are known."""
    known = {name.casefold(): name for name in columns}
    return [known.get(name.strip().casefold(), name.strip()) for name in header]


def _text(path: Path, remedy: str, or_latin: bool = False) -> str:
    """Return the text of a file."""
    file = shown(path)
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise MissingFile(file, "", "cannot be read", remedy) from error
    except UnicodeDecodeError as error:
        if or_latin:
            return content.decode("latin-1")
        raise BadEncoding(file, "", "not UTF-8 text", "Save the file as UTF-8.") from error


def _records(path: Path, text: str, delimiter: str = ",", before: int = 0) -> list[tuple[int, list[str]]]:
    """Return line number and cells of each line that is not empty; so many lines came before the text."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
        return [(before + reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        problem = f"not valid CSV: {error}"
        raise BadSyntax(shown(path), "", problem, "Check the quotation marks.") from error


def _rows(file: str, header: list[str], records: Iterable[tuple[int, list[str]]]) -> list[Row]:
    """Return the rows under a header; empty cells beyond it are of no account."""
    rows = []
    for number, record in records:
        cut = record[: len(header)] if not any(cell.strip() for cell in record[len(header) :]) else record
        if len(cut) != len(header):
            column = header[min(len(cut), len(header)) - 1]
            message = f"{len(record)} cells under a header of {len(header)}"
            remedy = "Put text that contains commas in quotation marks."
            raise BadSyntax(file, f"row {number}, column {column}", message, remedy)
        cells = {name: cell.strip() for name, cell in zip(header, cut, strict=True)}
        rows.append(Row(file, number, cells))
    return rows
