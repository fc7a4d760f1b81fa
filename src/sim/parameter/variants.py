"""Structural variants: named options, each a set of parameter changes, kept in variants.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sim.files.records import Record, check, read_toml, shown
from sim.parameter.parameter_set import Change, ParameterSet
from sim.vocabulary.errors import UnknownName, nearest

FILE = Path(__file__).parent.parent / "data" / "variants.toml"


class Variant(Record):
    """One question on which structural variants differ."""

    description: str
    options: dict[str, dict[str, float | dict[str, list[float]]]]


@cache
def known() -> Mapping[str, Variant]:
    """Return the variants by name; the first option of each is the default."""
    file = shown(FILE)
    return MappingProxyType(
        {name: check(Variant, table, file, name) for name, table in read_toml(FILE, file).items()}
    )


def apply(parameters: ParameterSet, chosen: Mapping[str, str], file: str) -> ParameterSet:
    """Return the parameters under the chosen options.

    Raises
    ------
    UnknownName
        If there is no such variant or option.
    """
    for name, option in chosen.items():
        if name not in known():
            raise UnknownName(file, f"variant.{name}", "no such variant", nearest(name, known(), "variants"))
        options = known()[name].options
        if option not in options:
            remedy = nearest(option, options, "options", shown=len(options))
            raise UnknownName(file, f"variant.{name}", "no such option: {value}", remedy, option)
        changes: Mapping[str, Change] = options[option]
        parameters = parameters.replace(changes, FILE.name, f"{name}.options.{option}")
    return parameters
