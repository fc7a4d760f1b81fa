"""Policies: what an actor of the case could do, declared in the case's policies.toml or given as scenarios.

A policy is laid over a future: its changes of parameters and its dated events come on top of what the future
assumes. The file makes no number of a run, and is no part of the case's digest (`sim.case.case.POLICIES`).
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from sim.analysis.compare import question
from sim.analysis.validate.arms import Arm, changed
from sim.case.case import POLICIES, Case
from sim.files.records import Record, Texts, check, key_path, shown, standing_in, toml_if_any
from sim.scenario.ineffective import finding
from sim.scenario.loading import combine, load, loaded, one
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.vocabulary import arguments
from sim.vocabulary.errors import (
    Contradiction,
    InputError,
    MissingEvidence,
    MissingField,
    MissingFile,
    UnknownName,
    WrongType,
    nearest,
)

#: The policy that changes nothing.
UNCHANGED = "unchanged"

#: Which way a measure is wanted.
AIMS = ("maximise", "minimise")

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class _Policy(Record):
    title: str
    by: str
    evidence: Texts = ()
    source: str = ""
    levels: dict[str, Arm]


class _File(Record):
    measure: str
    aim: str
    futures: Texts
    policies: dict[str, _Policy] = Field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """One policy, or several that are pursued together.

    Parameters
    ----------
    name, title : str
        Its name in datasets; one line.
    by : tuple of str
        Whose it is: states of the case; none where it is given as a scenario.
    evidence : tuple of str
        Ids of what it rests on.
    source : str
        Where it is from, in words.
    arms : tuple of (str, Arm)
        What it changes, each with its place in the file.
    scenario : Scenario or None
        What it changes, where it is given as a scenario.
    file : str
        Where it is declared.
    """

    name: str
    title: str
    by: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    source: str = ""
    arms: tuple[tuple[str, Arm], ...] = ()
    scenario: Scenario | None = field(default=None, repr=False)
    file: str = ""

    def on(self, future: Scenario) -> Scenario:
        """Return a future in which the policy is pursued.

        Raises
        ------
        InputError
            If both set one thing to two values, or the policy does not fit the case.
        """
        name = f"{self.name} in {future.name}"
        made = future
        for place, arm in self.arms:
            made = changed(made, arm, name, self.file, place)
        if self.scenario is not None:
            made = _laid_over(self.scenario, future)
        return dataclasses.replace(made, name=name, title=f"{self.title}; {future.title}")


#: What the case comes to without any.
NOTHING = Policy(UNCHANGED, "No change")


@dataclass(frozen=True)
class Declared:
    """A case's policies.toml, checked.

    Parameters
    ----------
    policies : dict of str to tuple of Policy
        The levels of each, in the order of the file.
    futures : tuple of str
        Scenarios over which they are compared.
    measure, aim : str
        What they are compared by, and whether more of it is wanted.
    file : str
        The file, as the user would open it.
    """

    policies: dict[str, tuple[Policy, ...]]
    futures: tuple[str, ...]
    measure: str
    aim: str
    file: str

    @property
    def all(self) -> tuple[Policy, ...]:
        """Every level of every policy."""
        return tuple(itertools.chain.from_iterable(self.policies.values()))

    def named(self, name: str) -> tuple[Policy, ...]:
        """Return the levels of a policy, or one of them: ``loans`` or ``loans.soft``; none if unknown."""
        return self.policies.get(name) or tuple(each for each in self.all if each.name == name)


def read(case: Case) -> Declared | None:
    """Return the policies that a case declares; None if it has no such file.

    Raises
    ------
    InputError
        One line that names what is wrong and where.
    """
    path = case.folder / POLICIES
    said = toml_if_any(path)
    if said is None:
        return None
    file = shown(path)
    record = check(_File, said, file)
    asked = record.measure
    with standing_in(file, "measure"):
        question.read(asked)
    if record.aim not in AIMS:
        raise UnknownName(file, "aim", "no such aim", nearest(record.aim, AIMS, "aims"), record.aim)
    if not record.futures:
        raise MissingField(file, "futures", "names no scenario", "Give one or more.")
    found = {name: _levels(name, each, case, file) for name, each in record.policies.items()}
    return Declared(found, record.futures, asked, record.aim, file)


def _levels(name: str, record: _Policy, case: Case, file: str) -> tuple[Policy, ...]:
    place = key_path("policies", name)
    states = (*case.actors, *(each for each in case.suppliers if each not in case.actors))
    if record.by not in states:
        remedy = nearest(record.by, states, "states")
        raise UnknownName(file, f"{place}.by", "no such state: {value}", remedy, record.by)
    evidence.check(record.evidence, file, f"{place}.evidence")
    if not (record.evidence or record.source):
        remedy = 'Add evidence = ["id"] or source = a sentence on where it is from.'
        raise MissingEvidence(file, place, "does not say where it comes from", remedy)
    if not record.levels:
        raise MissingField(file, f"{place}.levels", "names no level", "Add one with set or events.")
    for each in (name, *record.levels):
        if not _NAME.fullmatch(each) or each == UNCHANGED:
            remedy = f"Use small letters, digits and underscores, and not {UNCHANGED}."
            raise InputError(file, place, "not a name: {value}", remedy, each)
    found = []
    for level, arm in record.levels.items():
        where = f"{place}.levels.{level}"
        if not (arm.set or arm.events):
            raise Contradiction(file, where, "changes nothing", "Add set or events.")
        full = f"{name}.{level}"
        title = f"{record.title}: {arm.what}"
        made = Policy(full, title, (record.by,), record.evidence, record.source, ((where, arm),), file=file)
        found.append(made)
    return tuple(found)


def chosen(given: Any, case: Case) -> list[Policy]:
    """Return policies given by name, as scenarios or as paths of their files; no change first.

    Parameters
    ----------
    given : None, Policy, Scenario, str, path or sequence of them
        By default all that the case declares. A name of the case's file comes before that of a scenario.
    case : Case
        Whose file is read.
    """
    known = read(case)
    if given is None:
        if known is None or not known.policies:
            problem = f"the case {case.name} declares none"
            remedy = f"Name scenarios as policies, or add {POLICIES} to its folder."
            raise MissingFile("", "policies", problem, remedy)
        return [NOTHING, *known.all]
    is_one = isinstance(given, Policy | Scenario | str | Path)
    remedy = "Give names of policies, scenarios or paths of their files."
    listed = (given,) if is_one else arguments.names(given, "policies", remedy)
    found = [NOTHING, *itertools.chain.from_iterable(_one(each, known) for each in listed)]
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1 and name != UNCHANGED:
            raise Contradiction("", "policies", "{value} is named twice", "Name each once.", name)
    if len(found) < 2:
        raise MissingField("", "policies", "no policy is named", "Name one or more.")
    return found


def _one(given: Any, known: Declared | None) -> Iterable[Policy]:
    if isinstance(given, Policy):
        return () if given == NOTHING else (given,)
    if isinstance(given, str):
        if given == UNCHANGED:
            return ()
        named = known.named(given) if known is not None else ()
        if named:
            return named
        if known is not None:
            _check_name(given, known)
    scenario = one(given, "policies")
    return (Policy(scenario.name, scenario.title or scenario.name, scenario=scenario),)


def _check_name(given: str, known: Declared) -> None:
    """Refuse a name that is neither a policy's nor a scenario's, with both to choose from."""
    from sim.scenario import files

    names = [*known.policies, *(each.name for each in known.all), *files.shipped()]
    if not (files.is_path(given) or files.is_text(given) or given in names):
        raise UnknownName("", "policies", "no such policy: {value}", nearest(given, names, "policies"), given)


def case_of(given: Any, futures: Any) -> Case | None:
    """Return the case whose file is read: a scenario's, the baseline's, or none if futures are named."""
    if futures is not None:
        if given is not None:
            raise Contradiction("", "case", "goes without futures, which have a case", "Leave it out.")
        return None
    return one("baseline" if given is None else given, "case").case


def futures_of(given: Any, case: Case | None = None) -> list[Scenario]:
    """Return the futures that are named; by default those of the case's file.

    Raises
    ------
    InputError
        If they are not of one case and start, or none is named and the case has no file.
    """
    if given is None:
        known = read(case) if case is not None else None
        if known is None:
            problem = "none is named, and the case declares none"
            raise MissingField("", "futures", problem, "Name one or more scenarios.")
        with standing_in(known.file, "futures"):
            given = [load(each) for each in known.futures]
    found = loaded(given)
    first, names = found[0], [each.name for each in found]
    for each in found:
        if (each.case, each.start) != (first.case, first.start):
            problem = f"{each.name} and {first.name} differ in case or start"
            raise Contradiction("", "futures", problem, "Choose futures of one case that start together.")
        if names.count(each.name) > 1:
            raise Contradiction("", "futures", "{value} is named twice", "Name each once.", each.name)
    return found


def together(policies: Sequence[Policy]) -> Policy:
    """Return several policies as one, their changes in order."""
    if len(policies) == 1:
        return policies[0]
    if any(each.scenario is not None for each in policies):
        remedy = "Declare them in the case's file, or combine the scenarios."
        raise WrongType("", "policies", "a scenario is not laid over another policy", remedy)
    return Policy(
        " + ".join(each.name for each in policies),
        "; ".join(each.title for each in policies),
        tuple(dict.fromkeys(by for each in policies for by in each.by)),
        tuple(dict.fromkeys(row for each in policies for row in each.evidence)),
        " ".join(dict.fromkeys(each.source for each in policies if each.source)),
        tuple(arm for each in policies for arm in each.arms),
        file=policies[0].file,
    )


def in_futures(
    policies: Sequence[Policy], futures: Sequence[Scenario], is_checked: bool = False
) -> list[list[Scenario]]:
    """Return every policy in every future; say once what can have no effect in any of them.

    Warns
    -----
    IneffectiveChange
        For what a policy changes without effect in every future.
    """
    made = [[each if policy == NOTHING else policy.on(each) for each in futures] for policy in policies]
    for row in [] if is_checked else made:
        lost = [
            {str(each) for each in here.ineffective} - {str(each) for each in future.ineffective}
            for here, future in zip(row, futures, strict=True)
        ]
        always = set.intersection(*lost)
        finding.warn(each for each in row[0].ineffective if str(each) in always)
    return made


def _laid_over(policy: Scenario, future: Scenario) -> Scenario:
    """Return what a policy given as a scenario changes against its base, laid over a future."""
    if any(each.digest == future.digest for each in policy.line()):
        return policy
    if any(each.digest == policy.digest for each in future.line()):
        return future
    return combine(future, policy)
