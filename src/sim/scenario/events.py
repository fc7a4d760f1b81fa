"""Dated events of a scenario: a closed list of verbs, each a checked record.

set      a parameter or a state has this value from the quarter on
scale    a parameter is multiplied, for some quarters or for good
ramp     a parameter moves in a straight line to a value and stays there
hold     a parameter or a state is fixed for some quarters; a state then goes on from there
sign     the agreement rung with a partner rises to at least this rung
lapse    it falls to this rung
order    a documented contract enters the order book
cancel   part of a supplier's open orders is cancelled
grant    a documented step of a grant
replace_government   a documented change of government
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from sim.files.records import Number, Record, Texts, When, check, key_path
from sim.parameter.elements import Parameter, fits, pattern_of
from sim.parameter.parameter_set import ParameterSet
from sim.sources import table as evidence
from sim.vocabulary.axes import GRANT_STATES
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    Contradiction,
    MissingField,
    OutOfBounds,
    OutsideHorizon,
    UnknownName,
    WrongType,
    nearest,
)
from sim.vocabulary.variables import GLOSSARY, PRESCRIBED_STATES

if TYPE_CHECKING:
    from sim.case.case import Case

#: Last rung of the ladder of agreements.
TOP_RUNG = 5

#: Greatest length of a hold, a delay or a plan of payments: a century, beyond any horizon worth a run.
MOST_QUARTERS = 400

Rung = Annotated[int, Field(ge=0, le=TOP_RUNG)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Quarters = Annotated[int, Field(ge=1, le=MOST_QUARTERS)]
#: Least and greatest value of the states that events may set; the regime's depend on the case.
HELD_BOUNDS = {
    "relation": (-1, 1),
    "alignment": (0, 1),
    "agreement_rung": (0, TOP_RUNG),
    "posture": (-1, 3),
}

#: Those that are whole numbers.
WHOLE = ("agreement_rung", "posture", "export_regime")


#: Fields that say what an event is about.
_SUBJECTS = ("name", "partner", "supplier", "category", "state")


class _Event(Record):
    at: When
    what: str
    id: str = ""
    replace: str = ""
    note: str = ""
    evidence: Texts = ()


class _Set(_Event):
    name: str
    to: Number


class _Scale(_Event):
    name: str
    by: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    for_quarters: Quarters | None = None


class _Ramp(_Event):
    name: str
    to: Number
    for_quarters: Quarters


class _Hold(_Event):
    name: str
    to: Number
    for_quarters: Quarters


class _Sign(_Event):
    partner: str
    rung: Rung


class _Lapse(_Event):
    partner: str
    rung: Rung = 0


class _Order(_Event):
    supplier: str
    category: str
    tiv: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    value: Positive
    delay_quarters: Annotated[int, Field(ge=0, le=MOST_QUARTERS)]
    instalments: Quarters = 1


class _Cancel(_Event):
    supplier: str
    share: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0


class _ReplaceGovernment(_Event):
    pass


class _Grant(_Event):
    amount: Positive
    state: str


#: verb -> the fields it takes. Within a quarter, what is set comes before what the model does, and what is
#: cancelled before what is ordered.
VERBS: dict[str, type[_Event]] = {
    "set": _Set,
    "scale": _Scale,
    "ramp": _Ramp,
    "hold": _Hold,
    "sign": _Sign,
    "lapse": _Lapse,
    "order": _Order,
    "cancel": _Cancel,
    "grant": _Grant,
    "replace_government": _ReplaceGovernment,
}


@dataclass(frozen=True)
class Target:
    """What the `name` of an event stands for.

    Parameters
    ----------
    kind : {"parameter", "state"}
        A parameter (or some of its elements), or a state that events may set (or some of its cells).
    variable : str
        ``mechanism.name`` of the parameter, or the name of the state.
    elements : tuple of str
        Keys of the elements or cells, such as ``relation.recipient.neighbour``.
    index : tuple of tuple of int
        Their positions in the array, in the same order.
    """

    kind: Literal["parameter", "state"]
    variable: str
    elements: tuple[str, ...]
    index: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Event:
    """One event, checked and complete.

    Parameters
    ----------
    at : Quarter
        When it happens, or begins.
    what : str
        One of `VERBS`.
    fields : tuple of (str, value)
        The verb's own fields, defaults filled in; also ``event["by"]``.
    target : Target or None
        What ``name`` stands for, for the verbs that have one; the partner's rung for sign and lapse.
    note, evidence : str, tuple of str
        Remarks and ids of evidence.
    file, place : str
        Where it stands.
    id : str
        By which scenarios that extend this one may replace or drop it.
    replaces : str
        Label of the inherited events in whose place it stands.
    """

    at: Quarter
    what: str
    fields: tuple[tuple[str, Any], ...]
    target: Target | None = None
    note: str = ""
    evidence: tuple[str, ...] = ()
    file: str = ""
    place: str = ""
    id: str = ""
    replaces: str = ""

    def __getitem__(self, field: str) -> Any:
        return dict(self.fields)[field]

    def text(self) -> str:
        """Say what happens in one line, such as ``2027-Q1 sign partner=NAME rung=3``."""
        said = [f"{field}={value}" for field, value in self.fields if value is not None]
        return " ".join([str(self.at), self.what, *said])

    @property
    def label(self) -> str:
        """Its id or, without one, date, verb and what it is about, such as ``2027-Q1 sign NAME``."""
        about = [str(value) for field, value in self.fields if field in _SUBJECTS]
        return self.id or " ".join([str(self.at), self.what, *about])

    @property
    def where(self) -> str:
        """Where it stands, in words."""
        return f"{self.place} of {self.file}" if self.file else self.place


def read(
    table: Any, file: str, place: str, *, case: Case, parameters: ParameterSet, start: Quarter, end: Quarter
) -> Event:
    """Check one table of ``[[events]]`` and return it as an `Event`.

    Parameters
    ----------
    table : object
        As read from TOML.
    file, place : str
        Where it stands, such as ``events[2]``.
    case, parameters, start, end : Case, ParameterSet, Quarter, Quarter
        What it may speak about.
    """
    if not isinstance(table, Mapping):
        raise WrongType(file, place, "not a table", "Write [[events]] above its lines.", table)
    if "what" not in table:
        raise MissingField(file, f"{place}.what", "must be given", f"Use one of: {', '.join(VERBS)}.")
    verb = table["what"]
    if not isinstance(verb, str):
        raise WrongType(file, f"{place}.what", "not a verb", f"Use one of: {', '.join(VERBS)}.", verb)
    if verb not in VERBS:
        remedy = nearest(verb, VERBS, "verbs", shown=len(VERBS))
        raise UnknownName(file, f"{place}.what", "no such verb: {value}", remedy, verb)
    record = check(VERBS[verb], _with_regime_index(table, case, file, place), file, place)
    check_date(record.at, start, end, file, f"{place}.at")
    evidence.check(record.evidence, file, f"{place}.evidence")
    fields = {
        key: getattr(record, key) for key in type(record).model_fields if key not in _Event.model_fields
    }
    _check_labels(fields, case, file, place)
    target = None
    if "name" in fields:
        target = find(fields["name"], case, parameters, file, f"{place}.name")
        if target.kind == "state" and verb in ("scale", "ramp"):
            remedy = "Use set or hold; scale and ramp are for parameters."
            problem = f"{target.variable} is a state and cannot be changed by {verb}: {{value}}"
            raise Contradiction(file, f"{place}.name", problem, remedy, fields["name"])
        if "to" in fields:
            _check_value(fields["to"], target, case, parameters, file, f"{place}.to")
    elif "rung" in fields:
        target = find(f"agreement_rung.{fields['partner']}", case, parameters, file, place)
    return Event(
        at=record.at,
        what=verb,
        fields=tuple(fields.items()),
        target=target,
        note=record.note,
        evidence=record.evidence,
        file=file,
        place=place,
        id=record.id or record.replace,
        replaces=record.replace,
    )


def check_date(at: Quarter, start: Quarter, end: Quarter, file: str, place: str) -> None:
    """Refuse a date outside the horizon."""
    if not start <= at <= end:
        remedy = f"Choose a quarter from {start} to {end}."
        raise OutsideHorizon(file, place, "outside the horizon", remedy, str(at))


def find(name: str, case: Case, parameters: ParameterSet, file: str, place: str) -> Target:
    """Return what `name` stands for: a parameter, a state, or some elements of one.

    Raises
    ------
    UnknownName
        If there is no such thing; the remedy names the nearest.
    """
    variable, *labels = name.split(".")
    prescribed = {name: GLOSSARY[name] for name in PRESCRIBED_STATES}
    is_parameter = ".".join(name.split(".")[:2]) in parameters.names()
    if variable in prescribed and not is_parameter:
        dims = prescribed[variable].dims
        axes = tuple(case.axis(dim) for dim in dims)
        array = Parameter(variable, dims, axes, prescribed[variable].unit, prescribed[variable].label)
        cells: Iterable[tuple[str, ...]] = itertools.product(*axes)
        if dims == ("actor", "partner"):
            cells = _pairs(cells, labels, case, file, place)
        else:
            wanted = pattern_of(tuple(labels), array, file, place)
            cells = [cell for cell in cells if fits(cell, wanted)]
        return _target("state", array, cells)
    if variable in GLOSSARY and not labels:
        remedy = f"Events change parameters and these states: {', '.join(prescribed)}."
        raise UnknownName(file, place, "{value} is an outcome of the model", remedy, variable)
    keys = parameters.match(name, file, place, also=prescribed)
    parameter = parameters.parameter(".".join(name.split(".")[:2]))
    return _target("parameter", parameter, [parameters[key].labels for key in keys])


def _target(
    kind: Literal["parameter", "state"], array: Parameter, cells: Iterable[tuple[str, ...]]
) -> Target:
    cells = tuple(cells)
    index = tuple(
        tuple(axis.index(label) for axis, label in zip(array.labels, cell, strict=True)) for cell in cells
    )
    return Target(kind, array.fullname, tuple(array.key(cell) for cell in cells), index)


def _pairs(
    cells: Iterable[tuple[str, ...]], labels: list[str], case: Case, file: str, place: str
) -> list[tuple[str, ...]]:
    """Return the cells of a relation between all states named; it is the same in both directions."""
    actors = case.axis("actor")
    for label in labels:
        if label not in actors:
            raise UnknownName(file, place, "no such state: {value}", nearest(label, actors, "states"), label)
    if len(labels) > 2 or len(set(labels)) < len(labels):
        problem = "a relation is between two different states, not {value}"
        raise Contradiction(file, place, problem, "Name two.", ".".join(labels))
    return [cell for cell in cells if cell[0] != cell[1] and set(labels) <= set(cell)]


def _with_regime_index(table: Mapping[str, Any], case: Case, file: str, place: str) -> dict[str, Any]:
    """Let an export regime be given by its label."""
    table = dict(table)
    if table.get("name") == "export_regime" and isinstance(table.get("to"), str):
        regimes = case.axis("regime")
        if table["to"] not in regimes:
            remedy = nearest(table["to"], regimes, "regimes")
            raise UnknownName(file, f"{place}.to", "no such regime: {value}", remedy, table["to"])
        table["to"] = regimes.index(table["to"])
    return table


def _check_labels(fields: Mapping[str, Any], case: Case, file: str, place: str) -> None:
    """Check that partner, supplier, category and state exist."""
    for axis in ("partner", "supplier", "category", "state"):
        known = GRANT_STATES if axis == "state" else case.axis(axis)
        label = fields.get(axis, known[0])
        if label not in known:
            remedy = nearest(label, known, f"{axis} names")
            raise UnknownName(file, key_path(place, axis), f"no such {axis}: {{value}}", remedy, label)
    if "state" in fields and case.donor is None:
        raise Contradiction(file, place, f"case {case.name} has no grant donor", "Remove the event.")


def _check_value(
    to: float, target: Target, case: Case, parameters: ParameterSet, file: str, place: str
) -> None:
    """Check a value against the bounds of what it is for."""
    if target.kind == "state":
        top = (0, case.size("regime") - 1)
        least, most = HELD_BOUNDS.get(target.variable, top)
        limits = {(float(least), float(most), GLOSSARY[target.variable].unit)}
        if target.variable in WHOLE and to != int(to):
            remedy = f"{target.variable} takes whole numbers."
            raise WrongType(file, place, "not a whole number", remedy, to)
    else:
        limits = {(*parameters[key].bounds, parameters[key].unit) for key in target.elements}
    for low, high, unit in sorted(limits):
        if not low <= to <= high:
            remedy = f"Keep it between {low:g} and {high:g} ({unit})."
            raise OutOfBounds(file, place, "outside the bounds", remedy, to)
