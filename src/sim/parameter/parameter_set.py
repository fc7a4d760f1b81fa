"""How much: every number of the model, with its uncertainty, bounds, unit and reason.

One TOML file per mechanism, with the mechanism's stem. Generic files stand in `sim/data/parameters/`,
a case's own in its folder's `parameters/`; the case's tables lie over the generic ones. Within a
parameter, ``[name.at.label]`` speaks about some elements only. What names more labels wins; among
equals, what comes later. Where a table gives a value alone, that value is certain; where it gives a
distribution alone, the central value is its median (before the bounds cut it).
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.parameter import distributions
from sim.parameter import files as parameter_files
from sim.parameter.elements import Element, Parameter, central, fits, pattern_of
from sim.vocabulary import arguments, units
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import (
    Contradiction,
    DuplicateKey,
    MissingField,
    UnknownName,
    UnknownUnit,
    WrongType,
    WrongUnit,
    nearest,
)

if TYPE_CHECKING:
    from sim.case.case import Case

__all__ = ["Change", "Element", "Parameter", "ParameterSet"]

#: What a scenario may say about a parameter: a number, or a table of value, distribution and unit.
Change = float | Mapping[str, Any]

#: Sets that are remembered.
_REMEMBERED = 8

#: Fields of such a table; a distribution may also stand in it by its kind alone.
CHANGE_FIELDS = ("value", "unit", "distribution", *distributions.KINDS)


class ParameterSet(Mapping[str, Element]):
    """All parameters of a case, as an immutable mapping from element key to `Element`."""

    def __init__(self, parameters: Mapping[str, Parameter], elements: Mapping[str, Element]) -> None:
        self._parameters = dict(parameters)
        self._elements = dict(elements)
        self._fullnames: dict[str, str] = {}
        for fullname in self._parameters:
            name = fullname.split(".")[1]
            if name in self._fullnames:
                file = next(e.file for e in self._elements.values() if f"{e.mechanism}.{e.name}" == fullname)
                problem = f"{self._fullnames[name]} has the same name"
                raise DuplicateKey(file, name, problem, "Rename one: names differ across mechanisms.")
            self._fullnames[name] = fullname

    @classmethod
    def load(cls, case: Case) -> ParameterSet:
        """Read the generic files and lay those of `case` over them."""
        return _read(cls, case, parameter_files.contents(case))

    def __getitem__(self, key: str) -> Element:
        return self._elements[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._elements)

    def __len__(self) -> int:
        return len(self._elements)

    def names(self) -> tuple[str, ...]:
        """Return ``mechanism.name`` of every parameter."""
        return tuple(self._parameters)

    def parameter(self, fullname: str) -> Parameter:
        """Return what all elements of a parameter share."""
        return self._parameters[fullname]

    def dims(self, fullname: str) -> tuple[str, ...]:
        """Return the axes of a parameter."""
        return self._parameters[fullname].dims

    def elements(self, fullname: str) -> tuple[Element, ...]:
        """Return the elements of a parameter, in C order of its dims."""
        return self._of_parameter[fullname]

    @cached_property
    def _of_parameter(self) -> dict[str, tuple[Element, ...]]:
        return {
            fullname: tuple(self._elements[each.key(labels)] for labels in itertools.product(*each.labels))
            for fullname, each in self._parameters.items()
        }

    def array(self, fullname: str) -> Array:
        """Return the central values of a parameter, shaped by its dims."""
        return self.arrays[fullname]

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """The central values of every parameter by ``mechanism.name``, shaped by its dims; read-only."""
        found = {}
        for fullname, parameter in self._parameters.items():
            values = np.array([element.value for element in self.elements(fullname)]).reshape(parameter.shape)
            values.setflags(write=False)
            found[fullname] = values
        return found

    def place(self, key: str) -> tuple[str, int]:
        """Return the parameter of an element, and where it stands among its elements in C order."""
        return self._places[key]

    @cached_property
    def _places(self) -> dict[str, tuple[str, int]]:
        return {
            each.key: (fullname, row)
            for fullname, elements in self._of_parameter.items()
            for row, each in enumerate(elements)
        }

    def local(self, name: str) -> str:
        """Return ``mechanism.name`` for a name without its mechanism."""
        return self._fullnames[name]

    def match(self, key: str, file: str, place: str, also: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the keys of the elements that `key` names: one, some of the labels, or all.

        Parameters
        ----------
        key : str
            ``mechanism.name``, and labels after it.
        file, place : str
            Where it stands, for errors.
        also : iterable of str
            Names of other things that the user may have meant.

        Raises
        ------
        UnknownName
            If there is no such parameter or label.
        """
        parts = key.split(".")
        fullname, labels = ".".join(parts[:2]), tuple(parts[2:])
        if fullname not in self._parameters:
            known = [".".join((name, *labels)) for name in self._parameters]
            others = [".".join((name, *parts[1:])) for name in also]
            problem = "no such parameter or held variable" if others else "no such parameter"
            problem += "" if place.endswith(key) else ": {value}"
            is_local = key in self._fullnames
            remedy = nearest(self._fullnames[key] if is_local else key, known + others, "parameters")
            raise UnknownName(file, place, problem, remedy, key if "{" in problem else None)
        parameter = self._parameters[fullname]
        wanted = pattern_of(labels, parameter, file, place)
        cells = itertools.product(*parameter.labels)
        return tuple(parameter.key(cell) for cell in cells if fits(cell, wanted))

    def replace(self, changes: Mapping[str, Change], source: str, place: str = "set") -> ParameterSet:
        """Return a copy in which some numbers are others.

        Parameters
        ----------
        changes : mapping
            Element key, or key of a whole parameter, to a number (which is then certain) or to a
            table such as ``{"value": 0.3, "uniform": [0.2, 0.4], "unit": "1/year"}``. Where two
            keys name the same element, the one with more labels wins.
        source, place : str
            The file and the table that ask for it, for errors.
        """
        elements = dict(self._elements)
        for name in sorted(changes, key=lambda name: name.count(".")):
            where = f"{place}.{name}" if place else name
            for key in self.match(name, source, where):
                elements[key] = _changed(self._elements[key], changes[name], source, where)
        return ParameterSet(self._parameters, elements)

    def is_changed_by(self, changes: Mapping[str, Change]) -> bool:
        """Whether changes, as for `replace`, leave other numbers, and so another digest."""
        after = self.replace(changes, "")
        keys = {key for name in changes for key in self.match(name, "", name)}
        return any(_stated(after[key]) != _stated(self[key]) for key in keys)

    def with_elements(self, elements: Iterable[Element]) -> ParameterSet:
        """Return a copy in which these elements stand in the place of those of the same key."""
        return ParameterSet(self._parameters, self._elements | {each.key: each for each in elements})

    def digest(self) -> str:
        """Return a SHA-256 of every key, value, distribution, bounds and unit."""
        content = [_stated(each) for _, each in sorted(self._elements.items())]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _stated(element: Element) -> list[Any]:
    """Return what of an element can change a number."""
    shape = element.distribution and [element.distribution.kind, *element.distribution.numbers]
    return [element.key, element.value, shape, element.bounds, element.unit]


def _changed(element: Element, change: Change, source: str, place: str) -> Element:
    """Return the element as a scenario wants it."""
    is_table = isinstance(change, Mapping)
    table: Mapping[str, Any] = change if isinstance(change, Mapping) else {"value": change}
    for field in table:
        if field not in CHANGE_FIELDS:
            remedy = nearest(field, CHANGE_FIELDS, "fields")
            raise UnknownName(source, f"{place}.{field}", "no such field", remedy)
    shapes: Any = {kind: table[kind] for kind in distributions.KINDS if kind in table}
    if "distribution" in table:
        if shapes:
            raise Contradiction(source, place, "two distributions", "Keep one.", dict(table))
        shapes = table["distribution"]
    value, value_place = arguments.plain(table.get("value")), f"{place}.value" if is_table else place
    if value is None and not shapes:
        raise MissingField(source, place, "no value", "Add value = ... or a distribution.", dict(table))
    if value is not None and not distributions.is_number(value):
        remedy = "Write a finite number, or a table such as { value = 0.3, uniform = [0.2, 0.4] }."
        raise WrongType(source, value_place, "not a finite number", remedy, value)
    if table.get("unit", element.unit) != element.unit:
        is_known = isinstance(table["unit"], str) and table["unit"] in units.UNITS
        problem = "not the unit of the parameter" if is_known else "no such unit"
        remedy = f"{element.key} is in {element.unit}."
        raise (WrongUnit if is_known else UnknownUnit)(
            source, f"{place}.unit", problem, remedy, table["unit"]
        )
    shape_place = f"{place}.distribution" if "distribution" in table else place
    shape = distributions.parse(shapes, source, shape_place) if shapes else None
    return dataclasses.replace(
        element,
        value=central(value, shape, element.bounds, element.unit, source, value_place, shape_place),
        distribution=shape,
        evidence=(),
        assumption=f"Set by {source}." if source else "Set by hand.",
        file=source,
    )


@lru_cache(_REMEMBERED)
def _read(cls: type[ParameterSet], case: Case, files: parameter_files.Contents) -> ParameterSet:
    """Return what the files say; who asks again has the same: nothing changes it."""
    return cls(*parameter_files.read(case, files))
