"""Reading parameter files: generic tables first, the case's over them, the more specific over the less."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.files.records import Number, Pair, Record, Texts, check, parsed, read_bytes, readable, shown
from sim.parameter import distributions
from sim.parameter.distributions import Distribution
from sim.parameter.elements import Element, Labels, Parameter, Pattern, central, fits, pattern_of
from sim.sources import table as evidence
from sim.vocabulary import units
from sim.vocabulary.axes import ORDER
from sim.vocabulary.errors import (
    Contradiction,
    MissingEvidence,
    MissingField,
    UnknownName,
    WrongType,
    nearest,
    quoted,
)
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    from sim.case.case import Case

#: Where the generic parameter files stand.
DIRECTORY = Path(__file__).parent.parent / "data" / "parameters"


class _ElementTable(Record):
    """What may be said about one element."""

    value: Number | None = None
    distribution: dict[str, Any] | None = None
    bounds: Pair | None = None
    evidence: Texts | None = None
    assumption: str | None = None
    note: str | None = None


class _ParameterTable(_ElementTable):
    """What may be said about a parameter."""

    description: str | None = None
    unit: str | None = None
    dims: Texts | None = None
    at: dict[str, Any] | None = None


#: A table, which elements it speaks about, and where it stands (file, place).
Layer = tuple[Pattern, _ElementTable, str, str]

#: Axes that a parameter may have: those whose labels a case gives, in the order of all arrays.
LABELLED = {"actor", "partner", "supplier", "front", "category", "domain", "regime", "channel", "state"}
AXES = tuple(axis for axis in ORDER if axis in LABELLED)


#: What each mechanism's files hold, each after how errors call it; the generic one first.
Contents = tuple[tuple[str, tuple[tuple[str, bytes], ...]], ...]


def contents(case: Case) -> Contents:
    """Return what the files hold that `read` reads."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for folder in (DIRECTORY, Path(case.folder) / "parameters"):
        with readable(folder):
            # Not glob, which passes over a folder that may not be read.
            names = sorted(os.listdir(folder)) if folder.exists() else []  # noqa: PTH208
        # Not for each file: this is asked for at every run, and to show a path takes longer than to read it.
        before = shown(folder / "_").removesuffix("_")
        for name in names:
            if name.endswith(".toml"):
                file = before + printable(name)
                found.setdefault(name.removesuffix(".toml"), []).append(
                    (file, read_bytes(folder / name, file))
                )
    return tuple((stem, tuple(layers)) for stem, layers in sorted(found.items()))


def read(case: Case, files: Contents) -> tuple[dict[str, Parameter], dict[str, Element]]:
    """Return all parameters by full name, and all their elements by key."""
    parameters: dict[str, Parameter] = {}
    elements: dict[str, Element] = {}
    for stem, layered in files:
        tables: dict[str, list[tuple[str, _ParameterTable]]] = {}
        for file, raw in layered:
            for name, table in parsed(raw, file).items():
                tables.setdefault(name, []).append((file, check(_ParameterTable, table, file, name)))
        for name, layers in tables.items():
            parameter = _parameter(stem, name, layers, case)
            parameters[parameter.fullname] = parameter
            elements.update((each.key, each) for each in _elements(parameter, layers))
    return parameters, elements


def _parameter(stem: str, name: str, layers: list[tuple[str, _ParameterTable]], case: Case) -> Parameter:
    """Return what the layers of a parameter say about it as a whole; the last to speak wins."""

    def last(field: str) -> tuple[Any, str]:
        said = [(getattr(t, field), file) for file, t in layers if getattr(t, field) is not None]
        return said[-1] if said else (None, layers[0][0])

    for field in ("description", "unit"):
        if last(field)[0] is None:
            raise MissingField(last(field)[1], f"{name}.{field}", "must be given", f'Add {field} = "...".')
    (unit, unit_file), (dims, dims_file) = last("unit"), last("dims")
    units.check(unit, unit_file, f"{name}.unit")
    for dim in dims or ():
        if dim not in AXES:
            remedy = nearest(dim, AXES, "axes")
            raise UnknownName(dims_file, f"{name}.dims", "no such axis: {value}", remedy, dim)
    in_order = sorted(set(dims or ()), key=AXES.index)
    if in_order != list(dims or ()):
        remedy = f"Write dims = {quoted(in_order)}."
        raise Contradiction(dims_file, f"{name}.dims", "out of order", remedy, dims)
    labels = tuple(tuple(case.axis(dim)) for dim in dims or ())
    return Parameter(f"{stem}.{name}", tuple(dims or ()), labels, unit, last("description")[0])


def _elements(parameter: Parameter, tables: list[tuple[str, _ParameterTable]]) -> Iterator[Element]:
    """Yield the elements of a parameter, each made of the layers that speak about it."""
    name = parameter.name
    layers: list[Layer] = []
    for file, table in tables:
        layers.append(((None,) * len(parameter.dims), table, file, name))
        layers.extend(_layers(table.at or {}, (), parameter, file, f"{name}.at"))
    layers.sort(key=lambda layer: sum(label is not None for label in layer[0]))
    for labels in itertools.product(*parameter.labels):
        yield _element(parameter, labels, [layer for layer in layers if fits(labels, layer[0])])


def _layers(
    at: dict[str, Any], above: Labels, parameter: Parameter, file: str, place: str
) -> Iterator[Layer]:
    """Flatten the tables under ``at``; in one that stands under a label, some keys are fields."""
    fields = _ElementTable.model_fields if above else {}
    for label, table in at.items():
        if label in fields:
            continue
        where, labels = f"{place}.{label}", (*above, label)
        wanted = pattern_of(labels, parameter, file, where, also=fields)
        if not isinstance(table, dict):
            raise WrongType(file, where, "not a table", "Write { value = ... } instead.", table)
        said = {key: value for key, value in table.items() if key in _ElementTable.model_fields}
        yield wanted, check(_ElementTable, said, file, where), file, where
        yield from _layers(table, labels, parameter, file, where)


def _element(parameter: Parameter, labels: Labels, layers: list[Layer]) -> Element:
    """Make one element of its layers, the least specific first."""
    mechanism, name = parameter.mechanism, parameter.name
    key, first, place = parameter.key(labels), layers[0][2], name
    value: float | None = None
    distribution: Distribution | None = None
    bounds: tuple[float, float] | None = None
    cited: tuple[str, ...] = ()
    assumption: str | None = None
    note, file, bounds_file, bounds_place = "", first, first, place
    for _, table, layer_file, where in layers:
        if table.value is not None or table.distribution is not None:
            value, distribution, file, place = table.value, None, layer_file, where
            if table.distribution is not None:
                distribution = distributions.parse(table.distribution, file, f"{where}.distribution")
        if table.evidence is not None or table.assumption is not None:
            cited = evidence.check(table.evidence or (), layer_file, f"{where}.evidence")
            assumption = table.assumption or None
        if table.bounds is not None:
            bounds, bounds_file, bounds_place = table.bounds, layer_file, f"{where}.bounds"
        # A remark on a value does not hold for another that takes its place.
        is_other = table.value is not None or table.distribution is not None
        note = table.note or ("" if is_other else note)
    if bounds is None:
        raise MissingField(first, f"{name}.bounds", "must be given", "Add bounds = [low, high].")
    if bounds[0] >= bounds[1]:
        remedy = "Swap or widen them."
        raise Contradiction(bounds_file, bounds_place, "low is not below high", remedy, bounds)
    if value is None and distribution is None:
        raise MissingField(first, f"{name}.value", f"{key} has no value", "Add value = ...")
    if not cited and not assumption:
        remedy = 'Add evidence = ["id"] or assumption = "why".'
        raise MissingEvidence(file, place, "neither evidence nor an assumption", remedy)
    return Element(
        key=key,
        mechanism=mechanism,
        name=name,
        labels=labels,
        value=central(
            value, distribution, bounds, parameter.unit, file, f"{place}.value", f"{place}.distribution"
        ),
        distribution=distribution,
        unit=parameter.unit,
        bounds=bounds,
        evidence=cited,
        assumption=assumption,
        description=parameter.description,
        file=file,
        note=note,
    )
