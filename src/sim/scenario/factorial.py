"""Designs of scenarios: every combination of levers, or the combinations of a table."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sim.parameter import distributions
from sim.parameter.parameter_set import Change
from sim.scenario.loading import loaded
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.errors import DuplicateKey, InputError

_LIST = "Give a list, such as [0.1, 0.2]."
_ROWS = 'Give a list such as [{"demand.caution": 0.1}, {"demand.caution": 0.2}], or a DataFrame.'


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
    >>> [each.name for each in sim.factorial("baseline", {"demand.caution": [0.1, 0.2]})]
    ['baseline, caution=0.1', 'baseline, caution=0.2']
    """
    listed: dict[str, Sequence[Change]] = {}
    for key, values in arguments.table(levers, "levers").items():
        values = arguments.names(values, f"levers.{key}", _LIST)
        if not values:
            raise InputError("", f"levers.{key}", "not a list of values", _LIST)
        listed[key] = values
    rows = [dict(zip(listed, row, strict=True)) for row in itertools.product(*listed.values())]
    return design_table(bases, rows)


def design_table(bases: Scenario | str | Sequence[Scenario | str], rows: Any) -> list[Scenario]:
    """Return every base under every row of a table: parameter or element -> value.

    Parameters
    ----------
    bases : Scenario, str or sequence of them
        Scenarios, loaded if they are names or paths.
    rows : iterable of mapping, or DataFrame
        One scenario of each base per row; a DataFrame has a column per parameter or element.

    Returns
    -------
    list of Scenario
        Base by base, the rows in their order.

    Raises
    ------
    InputError
        If a name is unknown, a value out of bounds, or two rows say the same.

    Examples
    --------
    >>> rows = [{"demand.caution": 0.3}, {"demand.caution": 0.6, "demand.deals_per_year": 4}]
    >>> sim.run(sim.design_table("baseline", rows), trials=100)
    """
    table = _rows(rows)
    if not table:
        raise InputError("", "rows", "an empty table", _ROWS)
    short = _short_names(dict.fromkeys(key for row in table for key in row))
    made = [
        base.override(row or None, name=_name(base, row, short)) for base in loaded(bases) for row in table
    ]
    twice, count = next(iter(Counter(each.name for each in made).most_common(1)))
    if count > 1:
        raise InputError("", "design", f"{twice} stands in it twice", "Leave one out.")
    return made


def _rows(rows: Any) -> list[Mapping[str, Change]]:
    """Return the rows of a table, whatever it is: a DataFrame has them under `to_dict` or `to_dicts`."""
    if arguments.is_frame(rows):
        columns = [str(each) for each in rows.columns]
        twice = next((each for each in columns if columns.count(each) > 1), None)
        if twice is not None:
            raise DuplicateKey("", "rows", "two columns are called {value}", "Keep one of the two.", twice)
        rows = rows.to_dicts() if hasattr(rows, "to_dicts") else rows.to_dict("records")
    return [arguments.table(row, "rows") for row in arguments.names(rows, "rows", _ROWS)]


def _name(base: Scenario, row: Mapping[str, Change], short: Mapping[str, str]) -> str:
    """Name a scenario by its values."""
    return ", ".join([base.name, *(f"{short[key]}={_text(value)}" for key, value in row.items())])


def _short_names(keys: Iterable[str]) -> dict[str, str]:
    """Return the last parts of the names of parameters, as far as these distinguish them."""
    local = {key: key.split(".", 1)[-1] for key in keys}
    known = Counter(local.values())
    return {key: name if known[name] == 1 else key for key, name in local.items()}


def _text(value: Change) -> str:
    if not isinstance(value, Mapping):
        return f"{arguments.plain(value):.12g}" if distributions.is_number(value) else str(value)
    return " ".join(f"{field} {_plain(item)}" for field, item in value.items())


def _plain(item: object) -> str:
    return " to ".join(f"{each:.12g}" for each in item) if isinstance(item, list | tuple) else str(item)
