"""A case: one recipient, its partners, the market around them, and what is known at the start.

A case is a folder with a case.toml, the tables it names, and parameters that overlay the general
ones. Nothing in the code names a country, a supplier or a category.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.case import constants as case_constants
from sim.case import file as case_file
from sim.case.schema import CaseFile
from sim.files.records import readable, shown
from sim.vocabulary.axes import GRANT_STATES, LEVELS, OPTIONS, SLOTS, Array
from sim.vocabulary.errors import MissingFile, UnknownName, nearest

#: What actors of a case could do, and what the explorer moves.
POLICIES, SLIDERS = "policies.toml", "sliders.toml"

#: Files that make no number of a run: they are laid over scenarios, each with its own digest, or judge a run.
UNCOUNTED = (POLICIES, SLIDERS, "directions.toml", "levers.toml", "patterns.toml")

#: Where the shipped cases stand.
DIRECTORY = Path(__file__).parent.parent / "data" / "cases"

#: Cases that are remembered.
_REMEMBERED = 8

#: Years of cases whose constants are kept once they are read.
_YEARS_REMEMBERED = 64


@dataclass(frozen=True, eq=False)
class Case:
    """What a run knows about its recipient.

    Parameters
    ----------
    name, title, notes : str
        The folder's name; one line; a few more.
    folder : Path
        Where it stands.
    recipient : str
        The state that buys.
    partners, suppliers, categories, fronts, domains, regimes, channels, camps : tuple of str
        Labels of the axes. The partners are the first suppliers.
    donor : str or None
        The supplier that gives official security assistance.
    labels : dict of str to str
        Id -> display name.
    sources : tuple of str
        What the data are from.
    as_of : int
        The year at whose beginning `constants` and `held` were true.
    fiscal_year_start, donor_fiscal_year_start : int
        The quarter of the calendar year in which a fiscal year begins.
    constants : dict of str to ndarray
        Every glossary variable with role "case"; see `constants_at` for other years.
    held : dict of str to ndarray
        First values of the states that the case documents (`sim.vocabulary.variables.PRESCRIBED_STATES`).
    digest : str
        SHA-256 over the files of the folder, without `UNCOUNTED`.
    record : CaseFile
        The case.toml as read.
    """

    name: str
    title: str
    notes: str
    folder: Path
    recipient: str
    partners: tuple[str, ...]
    suppliers: tuple[str, ...]
    categories: tuple[str, ...]
    fronts: tuple[str, ...]
    domains: tuple[str, ...]
    regimes: tuple[str, ...]
    channels: tuple[str, ...]
    camps: tuple[str, ...]
    donor: str | None
    labels: dict[str, str]
    sources: tuple[str, ...]
    as_of: int
    fiscal_year_start: int
    donor_fiscal_year_start: int
    constants: dict[str, NDArray[Any]]
    held: dict[str, Array]
    digest: str
    record: CaseFile

    @property
    def actors(self) -> tuple[str, ...]:
        """The recipient and its partners."""
        return (self.recipient, *self.partners)

    @cached_property
    def _axes(self) -> dict[str, tuple[str, ...]]:
        return {
            "actor": self.actors,
            "partner": self.partners,
            "supplier": self.suppliers,
            "front": self.fronts,
            "category": self.categories,
            "domain": self.domains,
            "regime": self.regimes,
            "channel": self.channels,
            "state": GRANT_STATES,
            "level": LEVELS,
            "option": OPTIONS,
            "slot": tuple(str(number) for number in range(SLOTS)),
        }

    def axis(self, name: str) -> tuple[str, ...]:
        """Return the labels of an axis that has them."""
        if name not in self._axes:
            raise UnknownName("", "axis", "no labels for {value}", nearest(name, self._axes, "axes"), name)
        return self._axes[name]

    def size(self, name: str) -> int:
        """Return the length of an axis."""
        return len(self.axis(name))

    def display(self, axis: str, name: str) -> str:
        """Return how a label of an axis is written for people."""
        front = self.record.fronts.get(name) if axis == "front" else None
        return front.label if front else self.labels.get(name, name)

    def constants_at(self, year: int) -> dict[str, NDArray[Any]]:
        """Return the constants as known at the beginning of another year; they are read-only."""
        return self.constants if year == self.as_of else _constants_at(self, year)

    def __eq__(self, other: object) -> bool:
        """Two cases are equal if their files are."""
        return isinstance(other, Case) and (self.name, self.digest) == (other.name, other.digest)

    def __hash__(self) -> int:
        """Follow equality."""
        return hash((self.name, self.digest))


@lru_cache(_YEARS_REMEMBERED)
def _constants_at(case: Case, year: int) -> dict[str, NDArray[Any]]:
    """Return the constants of a year; to read them takes as long as to run some quarters."""
    return case_constants.build(case.record, case.folder, year)


def shipped() -> tuple[str, ...]:
    """Return the names of the cases that come with the library."""
    return tuple(sorted(path.parent.name for path in DIRECTORY.glob(f"*/{case_file.FILE}")))


def find(name_or_path: str | Path) -> Path:
    """Return the folder of a shipped case, or of one given by the path of its folder or case.toml."""
    path = Path(name_or_path)
    if path.name == case_file.FILE:
        path = path.parent
    with readable(path):
        for folder in (DIRECTORY / name_or_path, path):
            if (folder / case_file.FILE).is_file():
                return folder
        is_there = path.exists()
    text = str(name_or_path)
    if is_there or len(path.parts) > 1:
        remedy = f"A case is a folder with a {case_file.FILE}."
        raise MissingFile(shown(path / case_file.FILE), "", "no such file", remedy)
    raise UnknownName("", "case", "no such case", nearest(text, shipped(), "cases"), text)


def load(name_or_path: str | Path) -> Case:
    """Return a case by its name, if it is shipped, or by its folder.

    Raises
    ------
    InputError
        With file, key, value and remedy, for anything that does not fit.
    """
    folder = find(name_or_path)
    with readable(folder):
        digest = _digest(folder)
    return _read(folder, shown(folder), digest)


@lru_cache(_REMEMBERED)
def _read(folder: Path, _: str, digest: str) -> Case:
    """Return the case of a folder; who asks again, from the same place, has the same: nothing changes it."""
    record = case_file.read(folder)
    return Case(
        name=folder.resolve().name,
        title=record.title,
        notes=record.notes,
        folder=folder,
        recipient=record.recipient,
        partners=record.partners,
        suppliers=record.suppliers,
        categories=tuple(record.categories),
        fronts=tuple(record.fronts),
        domains=tuple(record.domains),
        regimes=tuple(record.regimes),
        channels=tuple(record.channels),
        camps=tuple(record.camps),
        donor=record.grants.donor if record.grants else None,
        labels=_labels(record),
        sources=record.sources,
        as_of=record.as_of,
        fiscal_year_start=record.fiscal_year.recipient,
        donor_fiscal_year_start=record.fiscal_year.donor,
        constants=case_constants.build(record, folder, record.as_of),
        held=_held(record),
        digest=digest,
        record=record,
    )


def _labels(record: CaseFile) -> dict[str, str]:
    """Return id -> display name; where a state and a front share an id, the state's."""
    tables: tuple[Mapping[str, Any], ...] = (
        record.channels,
        record.regimes,
        record.domains,
        record.camps,
        record.fronts,
        record.categories,
        record.states,
    )
    labels = {state: state.capitalize() for state in GRANT_STATES}
    for table in tables:
        labels.update({name: entry.label for name, entry in table.items()})
    return labels


def _held(record: CaseFile) -> dict[str, Array]:
    actors, partners, given = (record.recipient, *record.partners), record.partners, record.held
    relation = np.zeros((len(actors), len(partners)))
    for actor, others in given.relation.items():
        for other, entry in others.items():
            for one, two in ((actor, other), (other, actor)):
                if two in partners:
                    relation[actors.index(one), partners.index(two)] = entry.value
    held: dict[str, Array] = {
        "relation": relation,
        "alignment": np.array([float(given.alignment[name].value) for name in partners]),
        "agreement_rung": np.array([float(given.agreement_rung[name].value) for name in partners]),
        "posture": np.array([float(given.posture[name].value) for name in partners]),
        "export_regime": np.array(float(given.export_regime.value)),
    }
    for array in held.values():
        array.setflags(write=False)
    return held


def _digest(folder: Path) -> str:
    """Hash the names and contents of the folder's files; line ends do not count."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path.suffix in (".toml", ".csv") and name not in UNCOUNTED:
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
