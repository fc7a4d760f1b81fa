"""Numbers of the method by which a case is made, read from data/method.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from sim.files.records import Number, Record, check, read_toml, shown
from sim.importers.categories import DATA


class _Choice(Record):
    """A number, its unit and why."""

    value: Number
    unit: str
    assumption: str


@cache
def choices() -> Mapping[str, float]:
    """Return name -> value."""
    path = DATA / "method.toml"
    read = read_toml(path).items()
    return MappingProxyType({name: check(_Choice, table, shown(path), name).value for name, table in read})
