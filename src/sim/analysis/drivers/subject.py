"""What is looked at, in every quarter or in one: ``supplier_share[x]``, ``hhi@2035``, ``capability[total]``.

On one scenario, or on the paired difference of two. `sim.analysis.compare.notation` says how it is written;
without a date, all quarters are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from sim.analysis.compare import notation
from sim.analysis.compare.measure import Measure
from sim.analysis.compare.notation import VARIABLE, WHEN, Series
from sim.design.plan import StructuralChoice
from sim.design.sampling import INDEPENDENT, Sampling
from sim.runs import trials as loop
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, WrongType

_FORM = re.compile(f"{VARIABLE}(?:{WHEN})?", flags=re.ASCII)
_EXAMPLE = 'Such as "hhi", or "hhi@2035".'


@dataclass(frozen=True)
class Subject:
    """A number of a trial, by quarter.

    Parameters
    ----------
    scenario, against : Scenario, Scenario or None
        Of which; where there are two, the paired difference: the first less the second.
    variable, labels : str, tuple of str
        Glossary name, and a label, or "total", for each of its axes.
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
        return notation.measure_of(self.variable, self.labels)

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
    variable, labels = found["variable"], notation.labels_of(found, "measure")
    notation.check_labels(variable, labels, scenario.case, "measure")
    steps = tuple(range(scenario.n_steps))
    if found["when"] is None:
        return Subject(scenario, against, variable, labels, steps[-1:] if at else steps)
    step = notation.step_of(notation.quarter_of(found, "measure"), scenario, "measure")
    return Subject(scenario, against, variable, labels, (step,))


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
        partial(Series, tuple(subjects)),
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
