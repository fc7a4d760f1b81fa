"""Numbers of the method by which a case is made, and what importers have in common: data/*.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydantic import Field

from sim.files.records import Number, Record, check, read_toml, shown
from sim.importers.categories import DATA


class _Choice(Record):
    """A number, its unit and why."""

    value: Number
    unit: str
    assumption: str


class _Estimate(Record):
    """A number or one by category, its unit, and where it is from."""

    value: Number | dict[str, Number]
    unit: str
    error: Number = 0.0
    evidence: list[str] = Field(default_factory=list)
    assumption: str = ""
    note: str = ""


@cache
def choices() -> Mapping[str, float]:
    """Return name -> value."""
    path = DATA / "method.toml"
    read = read_toml(path).items()
    return MappingProxyType({name: check(_Choice, table, shown(path), name).value for name, table in read})


@cache
def estimates(subject: str) -> Mapping[str, _Estimate]:
    """Return name -> what importers have in common, on a subject of data/amounts.toml."""
    path = DATA / "amounts.toml"
    read = read_toml(path)[subject].items()
    return MappingProxyType(
        {name: check(_Estimate, table, shown(path), f"{subject}.{name}") for name, table in read}
    )


def estimate(subject: str, name: str) -> float:
    """Return one of these numbers."""
    value = estimates(subject)[name].value
    assert not isinstance(value, dict)
    return value


def by_category(subject: str, name: str) -> Mapping[str, float]:
    """Return one of these numbers by category."""
    value = estimates(subject)[name].value
    assert isinstance(value, dict)
    return value
