"""What is looked at, in every quarter or in one: ``supplier_share[x]``, ``hhi@2035``, ``capability[total]``.

Variable, a label of each of its axes (``total`` sums over an axis), and, after @, a year (its last quarter)
or a quarter; without it, all quarters. On one scenario, or on the paired difference of two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from sim.analysis.compare.measure import Measure
from sim.case.case import Case
from sim.design.plan import StructuralChoice
from sim.design.sampling import INDEPENDENT, Sampling
from sim.runs import trials as loop
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, OutsideHorizon, UnknownName, WrongType, nearest
from sim.vocabulary.variables import GLOSSARY

#: The label that stands for the sum over an axis.
TOTAL = "total"

_FORM = re.compile(
    r"\s*(?P<variable>\w+)\s*(?:\[(?P<labels>[^\]]*)\])?\s*(?:@\s*(?P<when>\d{4}(?:-Q[1-4])?)\s*)?",
    flags=re.ASCII,
)
_EXAMPLE = 'Such as "hhi", or "hhi@2035".'


@dataclass(frozen=True)
class Subject:
    """A number of a trial, by quarter.

    Parameters
    ----------
    scenario, against : Scenario, Scenario or None
        Of which; where there are two, the paired difference: the first less the second.
    variable, labels : str, tuple of str
        Glossary name, and a label or `TOTAL` for each of its axes.
    steps : tuple of int
        Quarters looked at, counted from the start.
    """

    scenario: Scenario
    against: Scenario | None
    variable: str
    labels: tuple[str, ...]
    steps: tuple[int, ...]

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """What is run."""
        return (self.scenario,) if self.against is None else (self.scenario, self.against)

    @property
    def measure(self) -> Measure:
        """What is looked at."""
        by_axis = tuple(zip(GLOSSARY[self.variable].dims, self.labels, strict=True))
        where = tuple(pair for pair in by_axis if pair[1] != TOTAL)
        return Measure(self.variable, where, tuple(axis for axis, label in by_axis if label == TOTAL))

    @property
    def text(self) -> str:
        """In words, such as ``Other: share of arms deliveries, “A” less “B”``."""
        said = self.measure.text_in(self.scenario.case)
        if self.against is None:
            return said
        return f"{said}, “{self.scenario.title}” less “{self.against.title}”"

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Quarters looked at."""
        return tuple(self.scenario.start + step for step in self.steps)

    def run(
        self,
        trials: int,
        seed: int,
        *,
        first_trial: int = 0,
        sampling: Sampling = INDEPENDENT,
        structure: tuple[StructuralChoice, ...] = (),
        execution: Execution = USUAL_EXECUTION,
    ) -> Array:
        """Run trials as far as the last quarter looked at.

        Returns
        -------
        ndarray, shape (time, trial)
        """
        (found,) = run(
            [self],
            trials,
            seed,
            first_trial=first_trial,
            sampling=sampling,
            structure=structure,
            execution=execution,
        )
        return found

    def coordinates(self) -> dict[str, Any]:
        """Return the coordinates of a dataset with a dim time."""
        time = [f"{each.year}-{3 * each.quarter - 2:02d}-01" for each in self.quarters]
        return {
            "time": np.array(time, dtype="datetime64[ns]"),
            "quarter": ("time", [str(each) for each in self.quarters]),
        }


def read(
    scenario: Scenario | str, measure: Any, against: Scenario | str | None = None, at: bool = False
) -> Subject:
    """Return what a text asks to look at.

    Parameters
    ----------
    scenario, against : Scenario or str
        Of which; with `against`, the paired difference to it.
    measure : str
        Such as ``"hhi@2035"``; without a date, every quarter.
    at : bool
        Whether one date is wanted: without one, the last quarter is taken.

    Raises
    ------
    InputError
        If it cannot be read, the case has no such label, or the quarter is outside the horizon.
    """
    scenario = one(scenario)
    against = None if against is None else one(against, "against")
    if against is not None:
        kinds = [(each.case.digest, each.start, each.end) for each in (scenario, against)]
        if kinds[0] != kinds[1]:
            problem = f"{against.name} differs from {scenario.name} in case, start or end"
            raise Contradiction("", "against", problem, "Compare scenarios that share all three.")
    found = _FORM.fullmatch(arguments.text(measure, "measure"))
    if found is None:
        raise WrongType("", "measure", "cannot be read", _EXAMPLE, measure)
    variable = found["variable"]
    known = [each.name for each in GLOSSARY.values() if each.recorded != "never"]
    if variable not in known:
        remedy = nearest(variable, known, "variables")
        raise UnknownName("", "measure", "no such variable: {value}", remedy, variable)
    dims = GLOSSARY[variable].dims
    labels = tuple(each.strip() for each in (found["labels"] or "").split(",") if each.strip())
    if len(labels) != len(dims):
        form = f"{variable}[{', '.join(dims)}]" if dims else variable
        remedy = f"Write {form}{', with total to sum over an axis' if dims else ''}."
        problem = f"{variable} has {len(dims)} axes, and {len(labels)} are named"
        raise WrongType("", "measure", problem, remedy, measure)
    for axis, label in zip(dims, labels, strict=True):
        names = [*scenario.case.axis(axis), TOTAL]
        if label not in names:
            remedy = nearest(label, names, "labels")
            raise UnknownName("", "measure", f"no such {axis}: {{value}}", remedy, label)
    steps = tuple(range(scenario.n_steps))
    if found["when"] is None:
        return Subject(scenario, against, variable, labels, steps[-1:] if at else steps)
    when = found["when"] if "Q" in found["when"] else f"{found['when']}-Q{QUARTERS}"
    try:
        quarter = Quarter.parse(when)
    except ValueError as error:
        raise WrongType("", "measure", str(error), value=measure) from None
    if not scenario.start <= quarter <= scenario.end:
        remedy = f"Choose one within {scenario.start} to {scenario.end}."
        raise OutsideHorizon("", "measure", f"{quarter} is outside the horizon", remedy)
    return Subject(scenario, against, variable, labels, (quarter.ordinal - scenario.start.ordinal,))


def run(
    subjects: Sequence[Subject],
    trials: int,
    seed: int,
    *,
    first_trial: int = 0,
    sampling: Sampling = INDEPENDENT,
    structure: tuple[StructuralChoice, ...] = (),
    execution: Execution = USUAL_EXECUTION,
) -> list[Array]:
    """Run trials once for several subjects of the same scenarios; return each, shape (time, trial)."""
    scenarios = subjects[0].scenarios
    arms = loop.reduce(
        scenarios,
        partial(_Series, tuple(subjects)),
        trials,
        seed,
        first_trial=first_trial,
        n_steps=max(each.steps[-1] for each in subjects) + 1,
        sampling=sampling,
        structure=structure,
        execution=execution,
    )
    values = [[np.concatenate(parts, axis=-1) for parts in zip(*blocks, strict=True)] for blocks in arms]
    if len(scenarios) == 1:
        return values[0]
    return [one - other for one, other in zip(*values, strict=True)]


class _Series:
    """The numbers looked at, each of shape (time, trial): a reduction of `sim.runs.trials.reduce`."""

    def __init__(self, subjects: tuple[Subject, ...], scenario: Scenario, n_trials: int) -> None:
        self.reads: Sequence[str] = tuple(dict.fromkeys(each.variable for each in subjects))
        self._asked = [
            (
                each.variable,
                _index(each, scenario.case),
                {step: row for row, step in enumerate(each.steps)},
                np.empty((len(each.steps), n_trials)),
            )
            for each in subjects
        ]

    def add(self, step: int, trials: slice, values: Mapping[str, Array]) -> None:
        """Take the numbers of a quarter."""
        for name, index, row, into in self._asked:
            if step in row:
                here = values[name][index]
                into[row[step], trials] = here.sum(axis=tuple(range(here.ndim - 1)))

    def result(self) -> list[Array]:
        """Return the numbers."""
        return [into for *_, into in self._asked]


def _index(subject: Subject, case: Case) -> tuple[Any, ...]:
    """Return where the numbers stand in the array of their variable."""
    return tuple(
        slice(None) if label == TOTAL else case.axis(axis).index(label)
        for axis, label in zip(GLOSSARY[subject.variable].dims, subject.labels, strict=True)
    )
