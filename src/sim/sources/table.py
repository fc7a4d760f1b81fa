"""Who said it: the table of claims, facts and estimates that the numbers cite."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

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
    with DOCUMENTS.open(encoding="utf-8", newline="") as lines:
        return {row["key"]: row["title"] for row in csv.DictReader(lines)}


@lru_cache(maxsize=1)
def load() -> Mapping[str, Evidence]:
    """Return the table as id -> row, in the order of the file."""
    rows: dict[str, Evidence] = {}
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["id"] in rows:
                raise DuplicateKey(FILE.name, row["id"], "id given twice", "Rename one of the two rows.")
            rows[row["id"]] = Evidence(**row)
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
