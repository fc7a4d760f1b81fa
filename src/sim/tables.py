"""CSV tables, read strictly: a bad cell is reported with its row and column."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import BadEncoding, BadSyntax, MissingField, MissingFile, OutOfBounds, WrongType, nearest
from .records import shown


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
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            records = [(reader.line_num, record) for record in reader if record]
    except OSError as error:
        remedy = "Put the file there or correct its name in case.toml."
        raise MissingFile(file, "", "cannot be read", remedy) from error
    except UnicodeDecodeError as error:
        raise BadEncoding(file, "", "not UTF-8 text", "Save the file as UTF-8.") from error
    except csv.Error as error:
        raise BadSyntax(file, "", f"not valid CSV: {error}", "Check the quotation marks.") from error
    if not records:
        raise BadSyntax(file, "", "empty file", f"Begin with a header: {','.join(columns)}.")
    header = [name.strip() for name in records[0][1]]
    for column in columns:
        if column not in header:
            raise MissingField(file, "row 1", f"no column {column}", nearest(column, header, "columns"))
    rows = []
    for number, record in records[1:]:
        if len(record) != len(header):
            column = header[min(len(record), len(header)) - 1]
            message = f"{len(record)} cells under a header of {len(header)}"
            remedy = "Put text that contains commas in quotation marks."
            raise BadSyntax(file, f"row {number}, column {column}", message, remedy)
        cells = {name: cell.strip() for name, cell in zip(header, record, strict=True)}
        rows.append(Row(file, number, cells))
    return rows
