"""Registers of arms transfers as they go round: which layout a file has, and its rows with plain cells.

The layouts stand in data/layouts.toml. A file is searched for a header of one of them, with commas,
semicolons, tabs or bars between the cells. What stands above it is kept: it may say which years are covered.
Below it, notes and totals are left out, and numbers are read as people write them: uncertain ones with
brackets or question marks, thousands apart, decimal commas.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sim.files import tables
from sim.files.encodings import read_text
from sim.files.records import read_toml, shown
from sim.files.tables import Row
from sim.importers.categories import DATA
from sim.vocabulary.errors import BadSyntax, Contradiction, DuplicateKey, MissingField

#: Lines in which a header is looked for, and what may part its cells.
_PREAMBLE = 40
_DELIMITERS = ",;\t|"

#: What a column can hold that is a number, or that may be blank.
_NUMBERS = ("number", "unit", "tiv", "delivered")
_MAY_BE_BLANK = (*_NUMBERS, "kind", "delivery_years")

#: How registers, R and pandas write that there is nothing.
_NOTHING = {"", "na", "n/a", "nan", "none", "null", "-", "\N{EN DASH}", "\N{EM DASH}", "..", "...", "?", "xx"}

#: A short row whose first cell has more words is a sentence.
_LONGEST_NAME = 5

#: How a line begins that is no deal.
_NOTE = re.compile(
    r"\W*((sub|grand)?[ -]?totals?|sum|sources?|notes?|footnotes?|figures|copyright|generated|accessed)\b",
    re.IGNORECASE,
)


#: A number, with any marks between its digits.
_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Sheet:
    """A register as a file has it.

    Parameters
    ----------
    layout : str
        Its layout.
    columns : mapping of str to str
        What a column holds -> its name in the file; only those that it has.
    rows : list of Row
        With plain numbers; what is no deal is left out.
    above : tuple of str
        The lines above the header, and the header.
    left_out : tuple of int
        Rows that hold notes or totals.
    """

    layout: str
    columns: Mapping[str, str]
    rows: list[Row]
    above: tuple[str, ...]
    left_out: tuple[int, ...]


@cache
def layouts() -> Mapping[str, tuple[tuple[str, ...], Mapping[str, tuple[str, ...]]]]:
    """Return layout -> (what it needs, what a column holds -> its names)."""
    return MappingProxyType(
        {
            layout: (
                tuple(table["needs"]),
                MappingProxyType({what: tuple(names) for what, names in table.items() if what != "needs"}),
            )
            for layout, table in read_toml(DATA / "layouts.toml").items()
        }
    )


def read(path: Path) -> Sheet:
    """Return the sheet of a file.

    Raises
    ------
    MissingFile, BadEncoding, BadSyntax, MissingField, DuplicateKey, Contradiction
        With file, row, column and remedy.
    """
    file = shown(path)
    lines = list(io.StringIO(read_text(path, "Check the path.", is_own=False), newline=""))
    nearest: tuple[str, list[str]] | None = None
    for position, line in enumerate(lines[:_PREAMBLE]):
        for delimiter in _DELIMITERS:
            names = _names(line, delimiter)
            for layout, (needs, _) in layouts().items():
                columns = _columns(layout, names)
                lacking = [what for what in needs if what not in columns]
                if not lacking:
                    above = tuple(each.strip() for each in lines[: position + 1])
                    found = tables.records(file, "".join(lines[position:]), delimiter, position)
                    return _sheet(file, layout, columns, found, above, delimiter)
                if len(lacking) < len(needs) - 1 and (nearest is None or len(lacking) < len(nearest[1])):
                    nearest = layout, lacking
    if nearest is not None:
        layout, lacking = nearest
        remedy = f"It looks like the form {layout}, which needs: {_header(layout)}."
        raise MissingField(file, "header", f"no column {layouts()[layout][1][lacking[0]][0]}", remedy)
    remedy = "Begin with a header: " + "; or ".join(map(_header, layouts())) + "."
    raise BadSyntax(file, "", "no header of a register found", remedy)


def _names(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line that may be a header; none where one is longer than that of any table."""
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _header(layout: str) -> str:
    needs, names = layouts()[layout]
    return ", ".join(names[what][0] for what in needs)


def _columns(layout: str, header: Iterable[str]) -> dict[str, str]:
    """Return what the columns of a layout are called in a header."""
    known = {_letters(name): what for what, names in layouts()[layout][1].items() for name in names}
    return {known[_letters(name)]: name for name in header if _letters(name) in known}


def _letters(name: str) -> str:
    """Return letters and digits alone."""
    return "".join(each for each in unicodedata.normalize("NFKC", name).casefold() if each.isalnum())


def _sheet(
    file: str,
    layout: str,
    columns: dict[str, str],
    found: list[tuple[int, list[str]]],
    above: tuple[str, ...],
    delimiter: str,
) -> Sheet:
    (at, first), *records = found
    header = [name.strip() for name in first]
    for what, name in columns.items():
        same = [other for other in header if what in _columns(layout, [other])]
        if len(same) > 1:
            problem = "given twice" if len(set(same)) == 1 else f"given twice, also as {same[0]}"
            raise DuplicateKey(file, f"row {at}: {name}", problem, "Keep one of the two columns.")
    for number, cells in records:
        if [cell.strip() for cell in cells] == header:
            remedy = "Put all deals under one header, each once."
            raise BadSyntax(file, f"row {number}", "a second header: two exports in one file", remedy)
    named = [header.index(columns[what]) for what in ("recipient", "supplier", "ordered") if what in columns]
    notes = {number for number, cells in records if _is_note(cells, named, len(header))}
    rows = tables.rows(file, header, [each for each in records if each[0] not in notes])
    if not rows:
        raise BadSyntax(file, "", "a header without deals", "Check the file.")
    return Sheet(layout, columns, _plain(file, rows, columns, delimiter), above, tuple(sorted(notes)))


def _is_note(cells: Sequence[str], named: Sequence[int], width: int) -> bool:
    """Whether a row is a note or a total: by its words, or because it says neither who nor when."""
    first, *_ = filter(None, (cell.strip() for cell in cells))
    names = [cells[at].strip() for at in named if at < len(cells)]
    is_sentence = len(cells) < width and len(first.split()) > _LONGEST_NAME
    is_alone = sum(bool(cell.strip()) for cell in cells) == 1
    return is_alone or is_sentence or not any(names) or any(_NOTE.match(text) for text in (first, *names))


def _plain(file: str, rows: list[Row], columns: Mapping[str, str], delimiter: str) -> list[Row]:
    """Return rows with spaces of one kind, nothing as an empty cell, and numbers as Python reads them."""
    # A cell is what many others are, so each text is looked at once.
    spaced, filled, bare = _Once(lambda text: " ".join(text.split())), _Once(_filled), _Once(_bare)
    numbers = [columns[what] for what in _NUMBERS if what in columns]
    blanks = [columns[what] for what in _MAY_BE_BLANK if what in columns]
    found = [{name: spaced[row.cells[name]] for name in columns.values()} for row in rows]
    for cells in found:
        for name in blanks:
            cells[name] = filled[cells[name]]
        for name in numbers:
            cells[name] = bare[cells[name]]
    mark = _decimal_mark(file, filter(_NUMBER.fullmatch, bare.values()), delimiter)
    plain = _Once(lambda text: _number(text, mark))
    for cells in found:
        for name in numbers:
            cells[name] = plain[cells[name]]
    return [dataclasses.replace(row, cells=cells) for row, cells in zip(rows, found, strict=True)]


class _Once(dict[str, str]):
    """What a function makes of texts, each of which it is asked about once."""

    def __init__(self, function: Callable[[str], str]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, text: str) -> str:
        made = self[text] = self._function(text)
        return made


def _filled(text: str) -> str:
    """Return a cell, empty where it says in some way that there is nothing."""
    return "" if text.casefold().replace(" ", "") in _NOTHING else text


def _bare(text: str) -> str:
    """Return a number without marks and spaces; what is none stays as it is, to be refused later."""
    bare = re.sub(r"[\s'\u2019]", "", tables.unmarked(text))
    return bare if _NUMBER.fullmatch(bare) else text


def _number(text: str, mark: str) -> str:
    """Return a number with a decimal point; what is none stays as it is, to be refused later."""
    other = re.escape(",."[mark == ","])
    if re.fullmatch(rf"[-+]?\d{{1,3}}({other}\d{{3}})+({re.escape(mark)}\d*)?", text):
        text = re.sub(other, "", text)
    return text.replace(",", ".") if mark == "," and text.count(",") == 1 and "." not in text else text


def _decimal_mark(file: str, cells: Iterable[str], delimiter: str) -> str:
    """Return the decimal mark of a file, which numbers such as 1,5 or 1.234,5 show."""
    shown_by: dict[str, str] = {}
    unclear = ""
    for cell in cells:
        for mark, other in (",.", ".,"):
            is_thousands = re.fullmatch(rf"[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+", cell)
            if cell.count(mark) == 1 and not is_thousands and cell.rfind(other) < cell.find(mark):
                shown_by[mark] = cell
            elif is_thousands and cell.count(mark) > 1:
                shown_by[other] = cell
            elif is_thousands:
                unclear += mark
    if len(shown_by) == 2:
        both = " and ".join(shown_by[mark] for mark in ".,")
        raise Contradiction(file, "", f"decimal points and decimal commas: {both}", "Write all with points.")
    if shown_by:
        return next(iter(shown_by))
    # Only numbers such as 1,234 are left. Where commas part no cells, a comma is likelier the decimal mark.
    return "," if delimiter != "," and "," in unclear and "." not in unclear else "."
