"""Reading a case's levers.toml: what the documents say can be moved, by how much, and what it reaches."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from sim.analysis.validate import effect as effects
from sim.analysis.validate.arms import UNCHANGED, Arm, changed, unchanged
from sim.analysis.validate.effect import Effect
from sim.case.case import Case
from sim.files.records import Record, Tables, Texts, When, check, key_path, shown, toml_if_any
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.vocabulary.errors import Contradiction, MissingEvidence, MissingField

FILE = "levers.toml"

#: Doses of a lever.
DOSES = ("plausible", "maximum")


class _Dose(Arm):
    source: str = ""
    evidence: Texts = ()
    against: Arm | None = None


class _Lever(Record):
    what: str
    evidence: Texts = ()
    plausible: _Dose
    maximum: _Dose
    reaches: Tables


class _Reason(Record):
    reason: str = ""


class _Levers(Record):
    end: When
    levers: dict[str, _Lever] = Field(default_factory=dict)


@dataclass(frozen=True)
class Dose:
    """One size of a lever.

    Parameters
    ----------
    what, against_what : str
        What is changed; what it is compared with, "" for the scenario without changes.
    source, evidence : str, tuple of str
        Why this much.
    arm, against : str
        Names of the arms that are compared; see `Levers.arms`.
    """

    what: str
    against_what: str
    source: str
    evidence: tuple[str, ...]
    arm: str
    against: str


@dataclass(frozen=True)
class Reach:
    """What a lever is said to reach, and why it does not, where that is known ("" elsewhere)."""

    effect: Effect
    reason: str


@dataclass(frozen=True)
class Lever:
    """One thing that the documents say has consequences.

    Parameters
    ----------
    name, what : str
        A word; a sentence.
    evidence : tuple of str
        Ids of the rows that say so.
    plausible, maximum : Dose
        A size with a source, and the largest.
    reaches : tuple of Reach
        What it is said to reach.
    """

    name: str
    what: str
    evidence: tuple[str, ...]
    plausible: Dose
    maximum: Dose
    reaches: tuple[Reach, ...]


@dataclass(frozen=True)
class Levers:
    """A case's levers, ready to run.

    Parameters
    ----------
    arms : dict of str to Scenario
        What is run, `UNCHANGED` first; doses that come to the same share an arm.
    levers : tuple of Lever
        In the order of the file.
    """

    arms: dict[str, Scenario]
    levers: tuple[Lever, ...]


def read(scenario: Scenario) -> Levers | None:
    """Return the levers of the scenario's case on top of the scenario; None if the case has no file.

    Raises
    ------
    InputError
        One line that names what is wrong and where.
    """
    record, file = table(scenario.case), shown(scenario.case.folder / FILE)
    if record is None:
        return None
    arms = _Arms(unchanged(scenario, record.end, file), file)
    levers = tuple(_lever(name, each, arms) for name, each in record.levers.items())
    return Levers(arms.by_name, levers)


def table(case: Case) -> _Levers | None:
    """Return what a case's file says, its shape checked; None if there is no such file."""
    path = case.folder / FILE
    said = toml_if_any(path)
    return None if said is None else check(_Levers, said, shown(path))


class _Arms:
    """Arms by name; one that comes to the same as an earlier one goes by the name of that."""

    def __init__(self, base: Scenario, file: str) -> None:
        self.base, self.file = base, file
        self.by_name = {UNCHANGED: base}
        self._names = {base.digest: UNCHANGED}

    def name_of(self, arm: Arm, place: str) -> str:
        made = changed(self.base, arm, place, self.file, place)
        name = self._names.setdefault(made.digest, place)
        self.by_name.setdefault(name, made)
        return name


def _lever(name: str, record: _Lever, arms: _Arms) -> Lever:
    place = key_path("levers", name)
    evidence.check(record.evidence, arms.file, f"{place}.evidence")
    plausible, maximum = (_dose(getattr(record, dose), f"{place}.{dose}", arms) for dose in DOSES)
    if not (record.plausible.source or plausible.evidence):
        remedy = "Add evidence = [...] or source = a sentence on why this much."
        raise MissingEvidence(arms.file, f"{place}.plausible", "does not say where its size is from", remedy)
    if not record.reaches:
        raise MissingField(arms.file, f"{place}.reaches", "names no effect", "Add one with a variable.")
    reaches = tuple(
        _reach(table, key_path(place, "reaches", number), arms)
        for number, table in enumerate(record.reaches, 1)
    )
    return Lever(name, record.what, record.evidence, plausible, maximum, reaches)


def _dose(record: _Dose, place: str, arms: _Arms) -> Dose:
    evidence.check(record.evidence, arms.file, f"{place}.evidence")
    arm, against = arms.name_of(record, place), UNCHANGED
    if record.against is not None:
        against = arms.name_of(record.against, f"{place}.against")
    if arm == against:
        raise Contradiction(arms.file, place, "changes nothing", "Add set or events.")
    return Dose(
        what=record.what,
        against_what="" if record.against is None else record.against.what,
        source=record.source,
        evidence=record.evidence,
        arm=arm,
        against=against,
    )


def _reach(table: dict[str, object], place: str, arms: _Arms) -> Reach:
    reason = {key: table[key] for key in table if key in _Reason.model_fields}
    looked_at = {key: table[key] for key in table if key not in reason}
    effect = effects.read(looked_at, arms.base, arms.file, place)
    return Reach(effect, check(_Reason, reason, arms.file, place).reason)
