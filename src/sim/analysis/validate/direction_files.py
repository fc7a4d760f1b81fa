"""Reading a case's directions.toml: experiments on the signs that the evidence asserts, all checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from sim.analysis.validate import effect as effects
from sim.analysis.validate.arms import UNCHANGED, Arm, changed, unchanged
from sim.analysis.validate.effect import Effect
from sim.case.case import Case
from sim.files.records import Number, Record, When, check, shown, toml_if_any
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.vocabulary.errors import Contradiction, UnknownName, nearest

FILE = "directions.toml"


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
    arms: dict[str, Arm] = Field(default_factory=dict)
    experiments: dict[str, _Experiment] = Field(default_factory=dict)
    cannot: dict[str, str] = Field(default_factory=dict)


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


def table(case: Case) -> _Directions | None:
    """Return what a case's file says, its shape checked; None if there is no such file."""
    path = case.folder / FILE
    said = toml_if_any(path)
    return None if said is None else check(_Directions, said, shown(path))


def read(scenario: Scenario) -> Directions | None:
    """Return the experiments of the scenario's case on top of the scenario; None if the case has no file.

    Raises
    ------
    InputError
        One line that names what is wrong and where.
    """
    record, file = table(scenario.case), shown(scenario.case.folder / FILE)
    if record is None:
        return None
    _check_ids(record, file)
    base = unchanged(scenario, record.end, file)
    arms = {UNCHANGED: base}
    for name, arm in record.arms.items():
        if name == UNCHANGED:
            raise Contradiction(
                file, f"arms.{name}", "the name of the arm without changes", "Choose another."
            )
        arms[name] = changed(base, arm, name, file, f"arms.{name}")
        if arms[name].digest == base.digest:
            raise Contradiction(file, f"arms.{name}", "changes nothing", "Add set or events.")
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
    effect = effects.read(record.effect, arms[UNCHANGED], file, f"{place}.effect")
    fields = record.model_dump(exclude={"effect"})
    return Experiment(id=id, effect=effect, **fields)
