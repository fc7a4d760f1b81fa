"""Reading a case's patterns.toml, strictly: what is on record, and by which rule the model is held to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sim.case.case import Case
from sim.files.records import Number, Record, Texts, Year, check, key_path, shown, toml_if_any
from sim.sources import table as evidence
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, MissingField, UnknownName, nearest
from sim.vocabulary.variables import GLOSSARY

FILE = "patterns.toml"

#: Statistic -> the fields that its targets need beside those of all.
NEEDS: dict[str, tuple[str, ...]] = {
    "window_share": ("year",),
    "leader_later": ("ahead",),
    "lumpiness": (),
    "deals": (),
    "regression": (),
    "talks": ("partner", "rung"),
    "grant_stages": (),
    "competition": ("supplier",),
    "offers": ("partner", "posture"),
    "experiments": ("id",),
    "certainty": ("at", "variable"),
}


#: Statistic -> what its targets are, in order, where nothing else says which is which.
IN_ORDER: dict[str, tuple[str, ...]] = {
    "lumpiness": ("coefficient of variation", "lag-1 correlation", "mean"),
    "deals": ("orders a year", "variance / mean", "chance of a new supplier"),
    "regression": ("slope", "intercept", "residual s.d."),
    "grant_stages": ("years from notes to handover",),
}


class Target(Record):
    """One number on record, and the rule."""

    label: str
    value: Number
    unit: str
    rule: Literal["within 90 %", "near", "at least", "sign", "bracket"]
    tolerance: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    note: str | None = None
    year: Year | None = None
    ahead: Annotated[int, Field(ge=1, le=100)] | None = None
    partner: str | None = None
    supplier: str | None = None
    rung: Annotated[int, Field(ge=0, le=5)] | None = None
    posture: Annotated[int, Field(ge=-1, le=3)] | None = None
    id: str | None = None
    at: Annotated[str, BeforeValidator(lambda text: str(Quarter.parse(text)))] | None = None
    variable: str | None = None
    changes: dict[str, Any] | None = None
    postures: dict[str, Annotated[int, Field(ge=-1, le=3)]] | None = None


class Pattern(Record):
    """A pattern: how it is measured, and what is on record."""

    title: str
    evidence: Texts
    statistic: str
    targets: list[Target]


def read(case: Case) -> dict[str, dict[str, Any]]:
    """Return the patterns of a case by name, as checked tables; none where it has no such file.

    Raises
    ------
    InputError
        With file, place, value and remedy.
    """
    path = case.folder / FILE
    said = toml_if_any(path)
    return {} if said is None else of_tables(said, case, shown(path))


def of_tables(tables: Mapping[str, Any], case: Case, file: str) -> dict[str, dict[str, Any]]:
    """Return the patterns that the tables of a file hold."""
    found = {}
    for name, table in tables.items():
        pattern = check(Pattern, table, file, name)
        evidence.check(pattern.evidence, file, f"{name}.evidence")
        if pattern.statistic not in NEEDS:
            remedy = nearest(pattern.statistic, NEEDS, "statistics")
            raise UnknownName(
                file, f"{name}.statistic", "no such statistic: {value}", remedy, pattern.statistic
            )
        wanted = IN_ORDER.get(pattern.statistic, pattern.targets)
        if not pattern.targets or len(pattern.targets) != len(wanted):
            remedy = f"Give, in this order: {', '.join(IN_ORDER.get(pattern.statistic, ('one or more',)))}."
            problem = f"{len(pattern.targets)} of them do not fit the statistic"
            raise MissingField(file, f"{name}.targets", problem, remedy)
        for number, target in enumerate(pattern.targets, 1):
            _check_target(target, pattern.statistic, case, file, key_path(name, "targets", number))
        found[name] = pattern.model_dump(exclude_none=True)
    return found


def _check_target(target: Target, statistic: str, case: Case, file: str, place: str) -> None:
    """Check that a target has what its statistic and its rule need, and names what is there."""
    needed = (*NEEDS[statistic], *(("tolerance",) if target.rule == "near" else ()))
    for field in needed:
        if getattr(target, field) is None:
            raise MissingField(file, f"{place}.{field}", "must be given", f"Add {field} = ...")
    if target.rule == "sign" and not target.value:
        raise Contradiction(file, f"{place}.value", "has no sign: {value}", "Give 1 or -1.", target.value)
    if statistic == "certainty":
        if not (target.changes or target.postures):
            raise Contradiction(file, place, "changes nothing", "Add changes or postures.")
        if target.variable in GLOSSARY and GLOSSARY[target.variable].dims:
            remedy = "Choose a variable without axes, such as hhi."
            raise Contradiction(file, f"{place}.variable", "has axes: {value}", remedy, target.variable)
    names: tuple[tuple[str, Iterable[str], Iterable[str]], ...] = (
        ("partner", [target.partner] if target.partner else [], case.partners),
        ("supplier", [target.supplier] if target.supplier else [], case.suppliers),
        ("variable", [target.variable] if target.variable else [], GLOSSARY),
        ("postures", target.postures or (), case.partners),
    )
    for field, given, known in names:
        for name in given:
            if name not in known:
                remedy = nearest(name, known)
                raise UnknownName(file, f"{place}.{field}", "no such name: {value}", remedy, name)
