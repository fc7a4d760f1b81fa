"""Who said it: the table of claims, facts and estimates that the numbers cite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from sim.files import tables
from sim.vocabulary.errors import DuplicateKey, UnknownName, nearest

#: Where the table stands.
FILE = Path(__file__).parent.parent / "data" / "evidence.csv"

#: Titles of the documents, by their keys in the column `where`.
DOCUMENTS = FILE.with_name("documents.csv")


@dataclass(frozen=True)
class Evidence:
    """One row of the table.

    Parameters
    ----------
    id : str
        Unique; what parameters and scenarios cite. An id that begins with ``x_`` is from outside
        the documents.
    origin : str
        ``document``, ``external``, ``computed`` or ``external+computed``.
    topic, where, claim, value, actors, role, direction, confidence, note : str
        Subject; document, section and lines, or source; the claim in our words; its number; the
        states concerned; its part in the model; the sign it asserts; how firm it is; remarks.
    """

    id: str
    origin: str
    topic: str
    where: str
    claim: str
    value: str
    actors: str
    role: str
    direction: str
    confidence: str
    note: str

    @property
    def document(self) -> str | None:
        """Title of the document that the row is from, if it is from one."""
        return documents().get(self.where[:3]) if self.origin == "document" else None


@lru_cache(maxsize=1)
def documents() -> dict[str, str]:
    """Return the titles of the documents by key."""
    return {row.text("key"): row.text("title") for row in tables.read(DOCUMENTS, ("key", "title"))}


@lru_cache(maxsize=1)
def load() -> Mapping[str, Evidence]:
    """Return the table as id -> row, in the order of the file."""
    columns = [field.name for field in fields(Evidence)]
    rows: dict[str, Evidence] = {}
    for row in tables.read(FILE, columns):
        for column in row.cells:
            if column not in columns:
                remedy = nearest(column, columns, "columns")
                raise UnknownName(row.file, "row 1", "no such column: {value}", remedy, column)
        identity = row.text("id")
        if identity in rows:
            raise DuplicateKey(row.file, row.place("id"), "given twice", "Rename one of the two.", identity)
        rows[identity] = Evidence(**row.cells)
    return MappingProxyType(rows)


def check(ids: Iterable[str], file: str, place: str) -> tuple[str, ...]:
    """Return `ids` as a tuple if all are in the table, else raise `UnknownName`."""
    table = load()
    checked = tuple(ids)
    for name in checked:
        if name not in table:
            raise UnknownName(
                file, place, "no such evidence: {value}", nearest(name, table, "evidence ids"), name
            )
    return checked
