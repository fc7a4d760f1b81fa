"""A number that is asked for: ``supplier_share[x]@2035``, or with a mark, ``hhi@2035 > 0.3``.

`sim.analysis.compare.notation` says how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.compare import notation
from sim.analysis.compare.measure import Measure
from sim.analysis.compare.notation import VARIABLE, WHEN, Series
from sim.case.case import Case
from sim.runs import trials as loop
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError, OutsideHorizon, WrongType

if TYPE_CHECKING:
    import xarray as xr

_FORM = re.compile(
    VARIABLE + WHEN + r"(?:(?P<side>[<>]=?|[≤≥])\s*(?P<mark>[-−+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*)?",
    flags=re.ASCII,
)
_COMPARED = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}
_SIDES = {"≤": "<=", "≥": ">="}


@dataclass(frozen=True)
class Question:
    """One number of a trial, and the mark that it may be asked to pass.

    Parameters
    ----------
    variable, labels : str, tuple of str
        Glossary name, and a label or `TOTAL` for each of its axes.
    quarter : Quarter
        When.
    side, mark : str, float or None
        One of < <= > >=, and the number; "" and None where the number itself is asked for.
    """

    variable: str
    labels: tuple[str, ...]
    quarter: Quarter
    side: str = ""
    mark: float | None = None

    @property
    def key(self) -> str:
        """The number as it is written."""
        labels = f"[{', '.join(self.labels)}]" if self.labels else ""
        when = self.quarter
        return f"{self.variable}{labels}@{when.year if when.quarter == QUARTERS else when}"

    def __str__(self) -> str:
        return f"{self.key} {self.side} {self.mark:.15g}" if self.mark is not None else self.key

    @property
    def measure(self) -> Measure:
        """What is looked at."""
        return notation.measure_of(self.variable, self.labels)

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """The quarter, alone."""
        return (self.quarter,)

    def text(self, case: Case) -> str:
        """Return it in words."""
        return self.measure.text_in(case)

    def of(self, runs: xr.Dataset) -> xr.DataArray:
        """Return the numbers of a result, dims scenario, trial.

        Raises
        ------
        InputError
            If the result lacks the variable, the label or the quarter, or a number is not finite, so that
            nothing can be said of it.
        """
        values = self.measure.take(runs)
        quarters = [str(each) for each in runs["quarter"].values]
        if str(self.quarter) not in quarters:
            remedy = f"Choose among {quarters[0]} to {quarters[-1]}."
            raise OutsideHorizon("", self.key, "the quarter is not in the result", remedy)
        found = values.isel(time=quarters.index(str(self.quarter)), drop=True).compute()
        self.check_finite(found.values)
        return found

    def check_finite(self, values: Array) -> None:
        """Refuse numbers of which one is not finite: whether it is beyond a mark is not known."""
        if not np.isfinite(values).all():
            raise InputError("", self.key, "is not a finite number in every trial", "Ask for another.")

    def is_met(self, values: Array) -> Array:
        """Return whether numbers are beyond the mark."""
        if self.mark is None:
            raise ValueError("no mark is asked for")
        found: Array = _COMPARED[self.side](values, self.mark)
        return found


def read(text: Any, name: str = "measure", with_mark: bool = False) -> Question:
    """Return what a text asks for.

    Parameters
    ----------
    text : str
        Such as ``"hhi@2035"``.
    name : str
        How errors call it.
    with_mark : bool
        Whether a mark is wanted; else there must be none.

    Raises
    ------
    InputError
        With an example.
    """
    example = f'Such as "hhi@2035{" > 0.3" if with_mark else ""}".'
    found = _FORM.fullmatch(arguments.text(text, name))
    if found is None or (found["side"] is None) == with_mark:
        raise WrongType("", name, "cannot be read", example, text)
    labels, quarter = notation.labels_of(found, name), notation.quarter_of(found, name)
    if found["side"] is None:
        return Question(found["variable"], labels, quarter)
    mark = arguments.number(float(found["mark"].replace("−", "-")), name)
    return Question(found["variable"], labels, quarter, _SIDES.get(found["side"], found["side"]), mark)


def check(question: Question, scenario: Scenario, name: str = "measure") -> int:
    """Return the step at which a number is read, counted from the start of a scenario.

    Raises
    ------
    InputError
        If the case has no such label, or the quarter is outside the horizon.
    """
    notation.check_labels(question.variable, question.labels, scenario.case, name)
    return notation.step_of(question.quarter, scenario, name)


def run(
    scenarios: Sequence[Scenario],
    questions: Sequence[Question],
    trials: int,
    seed: int,
    first_trial: int = 0,
    execution: Execution = USUAL_EXECUTION,
) -> Array:
    """Run scenarios as far as the last quarter that is asked for, and return the numbers.

    Returns
    -------
    ndarray, shape (scenario, question, trial)
        Trial k has the same random draws in all of them (common random numbers).

    Raises
    ------
    InputError
        If a number is not finite, so that nothing can be said of it.
    """
    steps = {each: check(each, scenario) for scenario in scenarios for each in questions}
    arms = loop.reduce(
        scenarios,
        partial(Series, tuple(questions)),
        trials,
        seed,
        first_trial=first_trial,
        n_steps=max(steps.values()) + 1,
        execution=execution,
    )
    found = np.stack([np.concatenate([np.concatenate(part) for part in parts], axis=-1) for parts in arms])
    for each, values in zip(questions, np.moveaxis(found, 1, 0), strict=True):
        each.check_finite(values)
    return found
