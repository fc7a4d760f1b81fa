"""Designs of scenarios: every combination of levers, or the combinations of a table."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from sim.parameter.parameter_set import Change
from sim.scenario.scenario import Scenario, load
from sim.vocabulary.errors import InputError


def factorial(
    bases: Scenario | str | Sequence[Scenario | str], levers: Mapping[str, Sequence[Change]]
) -> list[Scenario]:
    """Return every base under every combination of levers.

    Parameters
    ----------
    bases : Scenario, str or sequence of them
        Scenarios, loaded if they are names.
    levers : mapping
        Parameter or element -> the values it takes, as for `Scenario.override`.

    Returns
    -------
    list of Scenario
        Base by base; the last lever changes fastest. Each is named after its base and its values.

    Examples
    --------
    >>> [each.name for each in factorial("baseline", {"demand.caution": [0.1, 0.2]})]
    ['baseline, caution=0.1', 'baseline, caution=0.2']
    """
    for key, values in levers.items():
        if isinstance(values, str | Mapping) or not isinstance(values, Sequence) or not values:
            raise InputError("", f"levers.{key}", "not a list of values", "Such as [0.1, 0.2].", values)
    rows = [dict(zip(levers, row, strict=True)) for row in itertools.product(*levers.values())]
    return design_table(bases, rows)


def design_table(
    bases: Scenario | str | Sequence[Scenario | str], rows: Iterable[Mapping[str, Change]]
) -> list[Scenario]:
    """Return every base under every row of a table: parameter or element -> value.

    Raises
    ------
    InputError
        If a name is unknown, a value out of bounds, or two rows say the same.
    """
    listed = [bases] if isinstance(bases, Scenario | str) else list(bases)
    scenarios = [load(each) if isinstance(each, str) else each for each in listed]
    table = list(rows)
    made = [base.override(row, name=_name(base, row, table)) for base in scenarios for row in table]
    names = [each.name for each in made]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError("", "design", f"{twice} stands in it twice", "Leave one out.")
    return made


def _name(base: Scenario, row: Mapping[str, Change], table: Sequence[Mapping[str, Change]]) -> str:
    """Name a scenario by its values; parameters by their last parts, as far as these tell them apart."""
    keys = dict.fromkeys(key for each in table for key in each)
    said = [f"{_short(key, keys)}={_text(value)}" for key, value in row.items()]
    return ", ".join([base.name, *said])


def _short(key: str, keys: Iterable[str]) -> str:
    local = key.split(".", 1)[-1]
    return local if sum(each.split(".", 1)[-1] == local for each in keys) == 1 else key


def _text(value: Change) -> str:
    if not isinstance(value, Mapping):
        return f"{value:g}"
    return " ".join(f"{field} {_plain(item)}" for field, item in value.items())


def _plain(item: object) -> str:
    return " to ".join(f"{each:g}" for each in item) if isinstance(item, list | tuple) else str(item)
