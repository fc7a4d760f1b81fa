"""Does the model show the signs that the evidence asserts? Paired experiments, with a verdict each.

The experiments, and the reasons for rows that the model cannot show, stand in the case's directions.toml. An
experiment compares two arms in the same trials with the same random draws; arms are run once and shared. Runs
trials. A miss is a result: it is reported with its figures.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from sim.analysis.validate import arms
from sim.analysis.validate.arms import UNCHANGED
from sim.analysis.validate.direction_files import Directions, Experiment, read
from sim.analysis.validate.effect import Effect
from sim.numerics.elementary import Z95
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.sources import table as evidence
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED, TRIALS
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, UnknownName, nearest
from sim.vocabulary.variables import GLOSSARY


@dataclass(frozen=True)
class Result:
    """One line of the report.

    Parameters
    ----------
    id, claim, direction : str
        The row of the evidence.
    cause, change, against : str
        What is raised; how, in the arm; and what it is compared with.
    effect, when, unit : str
        What is looked at, and when.
    sign : {-1, 0, 1}
        What the evidence says.
    tolerance : float or None
        For sign 0.
    standard : float
        Mean of the effect without the change.
    mean, low, high : float
        Mean of the paired differences and its 95 % Monte Carlo interval.
    verdict : {"shown", "missed", "unclear"}
    note : str
        Remarks.
    """

    id: str
    claim: str
    direction: str
    cause: str
    change: str
    against: str
    effect: str
    when: str
    unit: str
    sign: int
    tolerance: float | None
    standard: float
    mean: float
    low: float
    high: float
    verdict: str
    note: str


@dataclass(frozen=True)
class Excluded:
    """A row that the model cannot show, and why."""

    id: str
    claim: str
    direction: str
    reason: str


@dataclass(frozen=True)
class Report:
    """The verdicts, and the rows without an experiment."""

    results: tuple[Result, ...]
    excluded: tuple[Excluded, ...]

    @property
    def is_as_said(self) -> bool:
        """Whether no sign is missed."""
        return not any(each.verdict == "missed" for each in self.results)


def report(
    scenario: Scenario,
    trials: int = TRIALS,
    seed: int = SEED,
    ids: Collection[str] | None = None,
    execution: Execution = USUAL_EXECUTION,
) -> Report:
    """Run the experiments of a scenario's case on top of the scenario.

    Parameters
    ----------
    scenario : Scenario
        What the changes are laid over, to the end that the file gives.
    trials, seed : int
        As in `sim.run`; an interval needs at least two trials.
    ids : collection of str, optional
        Evidence ids of the rows that are wanted; all by default.
    execution : Execution, optional
        Workers, engine, and progress in trials of an arm; see `n_runs`.

    Returns
    -------
    Report
        In the order of the case's directions.toml; empty if it has none.
    """
    trials, seed = arguments.whole(trials, "trials", 2), arguments.seed(seed)
    found = read(scenario)
    if found is None:
        return Report((), ())
    chosen, reasons = _chosen(found, ids)
    values = arms.run(found.arms, _looked_at(chosen), trials, seed, execution)
    results = tuple(
        _result(found, each, values[each.arm, each.id], values[each.against, each.id]) for each in chosen
    )
    table = evidence.load()
    excluded = tuple(Excluded(id, table[id].claim, table[id].direction, text) for id, text in reasons.items())
    return Report(results, excluded)


def n_runs(scenario: Scenario, ids: Collection[str] | None = None) -> int:
    """Return how many arms a report runs."""
    found = read(scenario)
    return 0 if found is None else len(_looked_at(_chosen(found, ids)[0]))


def verdict(sign: int, low: float, high: float, tolerance: float | None) -> str:
    """Return what an interval of the mean difference says about a sign."""
    if sign == 0:
        if tolerance is None:
            raise ValueError("the sign 0 needs a tolerance")
        if -tolerance < low and high < tolerance:
            return "shown"
        return "missed" if low > tolerance or high < -tolerance else "unclear"
    low, high = (low, high) if sign > 0 else (-high, -low)
    if low > 0:
        return "shown"
    return "missed" if high < 0 else "unclear"


def _chosen(found: Directions, ids: Collection[str] | None) -> tuple[tuple[Experiment, ...], dict[str, str]]:
    """Return the experiments and reasons that are wanted."""
    if ids is None:
        return found.experiments, found.cannot
    known = [*(each.id for each in found.experiments), *found.cannot]
    for name in ids:
        if name not in known:
            raise UnknownName("", "id", "no such experiment: {value}", nearest(name, known, "ids"), name)
    experiments = tuple(each for each in found.experiments if each.id in ids)
    return experiments, {id: reason for id, reason in found.cannot.items() if id in ids}


def _looked_at(chosen: Collection[Experiment]) -> dict[str, dict[str, Effect]]:
    """Return the arms to run, each with what experiments look at in it."""
    found: dict[str, dict[str, Effect]] = {}
    for each in chosen:
        for name in (each.against, each.arm):
            found.setdefault(name, {})[each.id] = each.effect
    return found


def _result(found: Directions, experiment: Experiment, raised: Array, standard: Array) -> Result:
    """Judge the paired differences of one experiment."""
    difference = raised - standard
    if not np.all(np.isfinite(difference)):
        raise InputError("", experiment.id, "the effect is not a finite number", "Choose another effect.")
    mean = float(difference.mean())
    margin = Z95 * float(difference.std(ddof=1)) / float(np.sqrt(difference.size))
    row, effect = evidence.load()[experiment.row], experiment.effect
    return Result(
        id=experiment.id,
        claim=row.claim,
        direction=row.direction,
        cause=experiment.cause,
        change=found.changes[experiment.arm],
        against="" if experiment.against == UNCHANGED else found.changes[experiment.against],
        effect=effect.text(found.arms[UNCHANGED].case),
        when=effect.when,
        unit=GLOSSARY[effect.variable].unit,
        sign=experiment.sign,
        tolerance=experiment.tolerance,
        standard=float(standard.mean()),
        mean=mean,
        low=mean - margin,
        high=mean + margin,
        verdict=verdict(experiment.sign, mean - margin, mean + margin, experiment.tolerance),
        note=experiment.note,
    )
