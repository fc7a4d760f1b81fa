"""Reading a case's directions.toml: experiments on the signs that the evidence asserts, all checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from sim.case.case import Case
from sim.files.records import Number, Record, check, read_toml, shown
from sim.scenario import event_checks, events
from sim.scenario.events import When
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    Contradiction,
    InputError,
    MissingField,
    OutsideHorizon,
    UnknownName,
    WrongType,
    nearest,
)
from sim.vocabulary.variables import GLOSSARY

FILE = "directions.toml"

#: The arm in which nothing is changed.
UNCHANGED = "unchanged"

#: Keys of an effect that are not axes.
_READING = ("variable", "from", "at")


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class _Arm(Record):
    what: str
    set: dict[str, Any] = Field(default_factory=dict)
    events: Annotated[tuple[dict[str, Any], ...], BeforeValidator(_as_tuple)] = ()


class _Experiment(Record):
    cause: str
    arm: str
    against: str = UNCHANGED
    effect: dict[str, Any]
    sign: Literal[-1, 0, 1]
    tolerance: Annotated[Number, Field(gt=0)] | None = None
    note: str = ""


class _Directions(Record):
    end: When
    arms: dict[str, _Arm] = Field(default_factory=dict)
    experiments: dict[str, _Experiment] = Field(default_factory=dict)
    cannot: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What an experiment looks at: one number per trial.

    Parameters
    ----------
    variable : str
        Glossary name.
    labels : tuple of (str, tuple of str)
        Labels summed over, by axis; an axis that is not named is summed over whole.
    index : tuple of tuple of int
        Their positions, for every axis of the variable.
    first, last : int
        Steps of which the mean is taken.
    when : str
        The same in words.
    """

    variable: str
    labels: tuple[tuple[str, tuple[str, ...]], ...]
    index: tuple[tuple[int, ...], ...]
    first: int
    last: int
    when: str

    def take(self, recorded: Array) -> Array:
        """Return the number of each trial, given the variable with shape (time, *dims, trial)."""
        values = recorded[self.first : self.last + 1]
        for positions in self.index:
            values = np.take(values, positions, axis=1).sum(axis=1)
        mean: Array = values.mean(axis=0)
        return mean

    def text(self, case: Case) -> str:
        """Return it in words, such as ``Orders placed in the quarter: Other``."""
        label, names = GLOSSARY[self.variable].label, [self._names(axis, case) for axis, _ in self.labels]
        whole = [axis for axis in GLOSSARY[self.variable].dims if axis not in dict(self.labels)]
        summed = f", summed over {' and '.join(whole)}" if whole else ""
        return label + (f": {' and '.join(names)}" if names else "") + summed

    def _names(self, axis: str, case: Case) -> str:
        """Return the labels of an axis in words; a long list by what is not in it."""
        known, labels = case.axis(axis), dict(self.labels)[axis]
        missing = [label for label in known if label not in labels]
        is_long = 0 < len(missing) < len(labels) / 2
        return ("all but " if is_long else "") + ", ".join(
            case.display(axis, label) for label in (missing if is_long else labels)
        )


@dataclass(frozen=True)
class Experiment:
    """One sign that the model is to show.

    Parameters
    ----------
    id : str
        Evidence id. With a slash and a word after it, one more way to try the row, or a mechanism that a row
        without a direction of its own describes.
    cause : str
        What is raised.
    arm, against : str
        Names of the arms that are compared; see `Directions.arms`.
    effect : Effect
        What is looked at.
    sign : {-1, 0, 1}
        What the evidence says happens to it.
    tolerance : float or None
        For sign 0, what counts as no effect.
    note : str
        Remarks.
    """

    id: str
    cause: str
    arm: str
    against: str
    effect: Effect
    sign: int
    tolerance: float | None
    note: str

    @property
    def row(self) -> str:
        """The evidence id alone."""
        return row_of(self.id)


def row_of(identifier: str) -> str:
    """Return the evidence id of an experiment's id."""
    return identifier.partition("/")[0]


@dataclass(frozen=True)
class Directions:
    """A case's experiments, ready to run.

    Parameters
    ----------
    arms : dict of str to Scenario
        What is run, `UNCHANGED` first.
    changes : dict of str to str
        What each arm changes, in words.
    experiments : tuple of Experiment
        In the order of the file.
    cannot : dict of str to str
        Evidence id -> why the model cannot show the sign.
    """

    arms: dict[str, Scenario]
    changes: dict[str, str]
    experiments: tuple[Experiment, ...]
    cannot: dict[str, str]


def read(scenario: Scenario) -> Directions | None:
    """Return the experiments of the scenario's case on top of the scenario; None if the case has no file.

    Raises
    ------
    InputError
        One line that names what is wrong and where.
    """
    path = scenario.case.folder / FILE
    if not path.is_file():
        return None
    file = shown(path)
    record = check(_Directions, read_toml(path), file)
    if record.end <= scenario.start:
        raise OutsideHorizon(file, "end", "not after the start", "Choose a later quarter.", str(record.end))
    _check_ids(record, file)
    base = dataclasses.replace(
        scenario,
        name=UNCHANGED,
        end=record.end,
        events=tuple(event for event in scenario.events if event.at <= record.end),
    )
    arms = {UNCHANGED: base}
    for name, arm in record.arms.items():
        if name == UNCHANGED:
            raise Contradiction(
                file, f"arms.{name}", "the name of the arm without changes", "Choose another."
            )
        arms[name] = _changed(base, arm, name, file)
    experiments = tuple(_experiment(id, each, arms, file) for id, each in record.experiments.items())
    changes = {name: arm.what for name, arm in record.arms.items()}
    return Directions(arms, {UNCHANGED: "nothing", **changes}, experiments, record.cannot)


def directed() -> tuple[str, ...]:
    """Return the ids of all rows of the evidence that assert a direction."""
    return tuple(row.id for row in evidence.load().values() if row.direction.strip())


def _check_ids(record: _Directions, file: str) -> None:
    """Check that each id is that of a row, with a direction unless a word follows, in one place."""
    known = directed()
    rows = tuple(evidence.load())
    for place, ids in (("experiments", record.experiments), ("cannot", record.cannot)):
        for name in ids:
            if row_of(name) == name and name not in known:
                problem = "no row of the evidence with a direction: {value}"
                raise UnknownName(file, f"{place}.{name}", problem, nearest(name, known, "ids"), name)
            if row_of(name) not in rows:
                problem, remedy = "no row of the evidence: {value}", nearest(row_of(name), rows, "ids")
                raise UnknownName(file, f"{place}.{name}", problem, remedy, row_of(name))
    for name in {row_of(each) for each in record.experiments} & record.cannot.keys():
        raise Contradiction(file, f"cannot.{name}", "there is an experiment too", "Keep one of the two.")


def _changed(base: Scenario, arm: _Arm, name: str, file: str) -> Scenario:
    """Return the scenario with an arm's changes on top."""
    parameters = base.parameters.replace(arm.set, file, f"arms.{name}.set")
    added = [
        events.read(
            table,
            file,
            f"arms.{name}.events[{number}]",
            case=base.case,
            parameters=parameters,
            start=base.start,
            end=base.end,
        )
        for number, table in enumerate(arm.events, 1)
    ]
    checked = event_checks.check([*base.events, *added], base.case, parameters)
    return dataclasses.replace(base, name=name, title=arm.what, parameters=parameters, events=checked)


def _experiment(id: str, record: _Experiment, arms: Mapping[str, Scenario], file: str) -> Experiment:
    place = f"experiments.{id}"
    for key in ("arm", "against"):
        name = getattr(record, key)
        if name not in arms:
            raise UnknownName(file, f"{place}.{key}", "no such arm: {value}", nearest(name, arms), name)
    if record.arm == record.against:
        raise Contradiction(file, place, "compares an arm with itself", "Name two.", record.arm)
    if (record.sign == 0) != (record.tolerance is not None):
        remedy = "Give a tolerance with sign 0, and with no other."
        raise Contradiction(file, f"{place}.tolerance", "does not fit the sign", remedy)
    effect = _effect(record.effect, arms[UNCHANGED], file, f"{place}.effect")
    fields = record.model_dump(exclude={"effect"})
    return Experiment(id=id, effect=effect, **fields)


def _effect(table: Mapping[str, Any], base: Scenario, file: str, place: str) -> Effect:
    """Check what an experiment looks at, against glossary, case and horizon."""
    if "variable" not in table:
        raise MissingField(file, f"{place}.variable", "must be given", 'Add variable = "...".')
    name, recordable = table["variable"], [v.name for v in GLOSSARY.values() if v.recorded != "never"]
    if name not in recordable:
        remedy = nearest(str(name), recordable, "variables")
        raise UnknownName(file, f"{place}.variable", "no such variable to look at: {value}", remedy, name)
    dims = GLOSSARY[name].dims
    for key in table:
        if key not in (*_READING, *dims):
            remedy = nearest(key, (*_READING, *dims), "keys")
            raise UnknownName(file, f"{place}.{key}", "no such key or axis", remedy)
    labels = {
        dim: _labels(table[dim], base.case.axis(dim), file, f"{place}.{dim}") for dim in table if dim in dims
    }
    index = [[base.case.axis(dim).index(x) for x in labels.get(dim, base.case.axis(dim))] for dim in dims]
    first, last, when = _when(table, base, file, place)
    return Effect(name, tuple(labels.items()), tuple(map(tuple, index)), first, last, when)


def _labels(given: Any, known: Iterable[str], file: str, place: str) -> tuple[str, ...]:
    labels = tuple(given) if isinstance(given, list) else (given,)
    for label in labels:
        if label not in known:
            raise UnknownName(file, place, "no such label: {value}", nearest(str(label), known), label)
    if not labels or len(set(labels)) < len(labels):
        raise Contradiction(file, place, "names no label, or one twice", "Name each once.")
    return labels


def _when(table: Mapping[str, Any], base: Scenario, file: str, place: str) -> tuple[int, int, str]:
    """Return the first and last step that are read, and the same in words."""
    given = [key for key in ("from", "at") if key in table]
    if len(given) != 1:
        raise InputError(file, place, "says not once when it is read", "Give a year as one of from and at.")
    year = table[given[0]]
    if not isinstance(year, int) or isinstance(year, bool):
        raise WrongType(file, f"{place}.{given[0]}", "not a year", "Write it as 2030.", year)
    quarter = Quarter(year, 1 if given[0] == "from" else QUARTERS)
    if not base.start <= quarter <= base.end:
        remedy = f"Choose a year within {base.start} to {base.end}."
        raise OutsideHorizon(file, f"{place}.{given[0]}", "outside the horizon", remedy, year)
    first, end = quarter.ordinal - base.start.ordinal, base.n_steps - 1
    if given[0] == "at":
        return first, first, f"end of {year}"
    return first, end, f"mean {year}-{base.end.year}"
