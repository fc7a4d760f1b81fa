"""What a register means: the state behind a name, and the kind and category of an item.

Items come from the table data/items.csv, read from the top: the first row whose category is the item's (where
that is known) and whose phrases, parted by plus signs, all stand in the description decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from sim.files import tables
from sim.vocabulary.errors import UnknownName, nearest

#: Tables that the making of cases rests on.
DATA = Path(__file__).parent / "data"

#: Names whose identifiers are kept: a register of the world spells a few hundred states over and over.
_REMEMBERED = 4096


@dataclass(frozen=True)
class Rule:
    """A row of the table: an item of this kind with these phrases in its description becomes this."""

    kind: str
    phrases: tuple[str, ...]
    becomes: str


@cache
def rules() -> tuple[Rule, ...]:
    """Return the table, in order."""
    return tuple(
        Rule(row.text("kind"), tuple(filter(None, row.cells["phrases"].split(" + "))), row.text("becomes"))
        for row in tables.read(DATA / "items.csv", ("kind", "phrases", "becomes"))
    )


def kinds() -> tuple[str, ...]:
    """Return the register's categories."""
    return tuple(dict.fromkeys(rule.kind for rule in rules()))


def known_kind(kind: str, file: str, place: str) -> str:
    """Return a category of the register, or raise `UnknownName` for one that it does not have."""
    for known in kinds():
        if identifier(known) == identifier(kind):
            return known
    raise UnknownName(file, place, "no such category: {value}", nearest(kind, kinds(), "categories"), kind)


def kind_of(description: str) -> str:
    """Return the register's category of an item that is described in words alone."""
    return _first(description, None).kind


def becomes(kind: str, description: str) -> str:
    """Return the category of a case that an item belongs to."""
    return _first(description, kind).becomes


@cache
def _names() -> Mapping[str, str]:
    """Return each known name by its identifier -> the state; the table of capitals has the usual spelling."""
    spelled = {identifier(state): state for state in capitals()}
    written = {
        identifier(row.text("written")): row.text("state")
        for row in tables.read(DATA / "names.csv", ("written", "state"))
    }
    return MappingProxyType(spelled | written)


@cache
def capitals() -> Mapping[str, tuple[str, float, float]]:
    """Return state -> its capital, latitude and longitude."""
    columns = ("state", "capital", "latitude", "longitude")
    return MappingProxyType(
        {
            row.text("state"): (
                row.text("capital"),
                row.number_in("latitude", -90, 90),
                row.number_in("longitude", -180, 180),
            )
            for row in tables.read(DATA / "capitals.csv", columns)
        }
    )


def state_of(name: str) -> str:
    """Return the state that a register means, which may be the successor of the one it names."""
    return _names().get(identifier(name), name)


@lru_cache(_REMEMBERED)
def identifier(name: str) -> str:
    """Return a name in small letters, digits and underscores; letters of other scripts by their numbers."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    spelled = "".join(
        each if each.isascii() or not each.isalnum() else f"_{ord(each):x}_"
        for each in folded
        if not unicodedata.combining(each)
    )
    plain = re.sub(r"[^a-z0-9]+", "_", spelled).strip("_")
    return plain if plain[:1].isalpha() else f"state_{plain}"


@lru_cache(_REMEMBERED)
def _first(description: str, kind: str | None) -> Rule:
    text = description.casefold()
    for rule in rules():
        # A row without phrases is the last resort of its kind; only an item of that kind may take it.
        is_kind = rule.kind == kind if kind is not None else bool(rule.phrases)
        if is_kind and all(phrase in text for phrase in rule.phrases):
            return rule
    return rules()[-1]
