"""How much does each documented lever move? Paired experiments at a plausible dose and at the maximum.

Levers, doses and what they are said to reach stand in the case's levers.toml. A dose is compared with the
scenario without changes, or with an arm of its own, in the same trials with the same random draws; arms are
run once and shared. Sizes are in natural units, and in standard deviations of the effect between the trials
of the scenario without changes. Runs trials. What moves less than a tenth of that is inert: a result,
reported with its reason.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import inf

import numpy as np

from sim.analysis.compare.effects import in_deviations
from sim.analysis.validate import arms
from sim.analysis.validate.arms import UNCHANGED
from sim.analysis.validate.effect import Effect
from sim.analysis.validate.lever_files import Dose, Lever, Levers, Reach, read
from sim.numerics.elementary import Z95
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED, TRIALS
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, UnknownName, nearest
from sim.vocabulary.variables import GLOSSARY

#: An effect of less, in standard deviations, is none to speak of.
INERT_BELOW = 0.1

#: What there is to say of an effect that is, or should be, inert.
NO_REASON, NO_LONGER = "No reason is given.", "No longer inert; the case says:"


@dataclass(frozen=True)
class Size:
    """What a dose does to an effect.

    Parameters
    ----------
    change, against : str
        What is changed; what it is compared with, "" for the scenario without changes.
    source, evidence : str, tuple of str
        Why this much.
    mean, error, low, high : float
        Mean of the paired differences in the unit of the effect, its Monte Carlo standard error, and its 95 %
        interval.
    deviations, deviations_low, deviations_high : float or None
        The same in standard deviations, with its 95 % interval, in which the error of the standard deviation
        is too (see `sim.analysis.compare.effects.in_deviations`); None where the effect is the same in all
        trials without the change, and not with it.
    moved : float
        Share of trials in which the change makes any difference.
    """

    change: str
    against: str
    source: str
    evidence: tuple[str, ...]
    mean: float
    error: float
    low: float
    high: float
    deviations: float | None
    deviations_low: float | None
    deviations_high: float | None
    moved: float


@dataclass(frozen=True)
class Result:
    """One effect of one lever.

    Parameters
    ----------
    lever, what : str
        Its name; a sentence.
    evidence : tuple of str
        Ids of the rows that say so.
    effect, when, unit : str
        What is looked at, and when.
    standard, deviation : float
        Mean and standard deviation of the effect over the trials of the scenario without changes.
    plausible, maximum : Size
        What the doses do to it.
    verdict : {"potent", "unclear", "inert"}
        Inert if the 95 % interval at the maximum lies within a tenth of a standard deviation of zero, potent
        if it lies outside on one side; see `verdict`.
    remark : str
        Why it is inert, that no reason is given, or that it is inert no longer.
    """

    lever: str
    what: str
    evidence: tuple[str, ...]
    effect: str
    when: str
    unit: str
    standard: float
    deviation: float
    plausible: Size
    maximum: Size
    verdict: str
    remark: str

    @property
    def is_explained(self) -> bool:
        """Whether the verdict is what the case says: inert for a stated reason, or neither."""
        return not self.remark.startswith((NO_REASON, NO_LONGER))


@dataclass(frozen=True)
class Report:
    """Effects of levers, the largest at the maximum first.

    Parameters
    ----------
    results : tuple of Result
        By size in standard deviations.
    period : str
        From when to when.
    """

    results: tuple[Result, ...]
    period: str

    @property
    def is_as_said(self) -> bool:
        """Whether all that is inert, and nothing that is potent, has a stated reason for being inert."""
        return all(each.is_explained for each in self.results)


def report(
    scenario: Scenario,
    trials: int = TRIALS,
    seed: int = SEED,
    names: Collection[str] | None = None,
    execution: Execution = USUAL_EXECUTION,
) -> Report:
    """Run the levers of a scenario's case on top of the scenario.

    Parameters
    ----------
    scenario : Scenario
        What the changes are laid over, to the end that the file gives.
    trials, seed : int
        As in `sim.run`; an interval needs at least two trials.
    names : collection of str, optional
        The levers that are wanted; all by default.
    execution : Execution, optional
        Workers, engine, and progress in trials of an arm; see `n_runs`.

    Returns
    -------
    Report
        A table is a ``pandas.DataFrame([dataclasses.asdict(each) for each in report.results])``. Empty if the
        case has no levers.toml.

    Warns
    -----
    IneffectiveChange
        For each event of a dose that cannot have an effect.
    """
    trials, seed = arguments.whole(trials, "trials", 2), arguments.seed(seed)
    found = read(scenario)
    if found is None:
        return Report((), f"{scenario.start} to {scenario.end}")
    chosen, base = _chosen(found, names), found.arms[UNCHANGED]
    values = arms.run(found.arms, _looked_at(chosen), trials, seed, execution)
    results = [
        _result(lever, number, reach, base, values)
        for lever in chosen
        for number, reach in enumerate(lever.reaches, 1)
    ]
    return Report(tuple(sorted(results, key=_rank)), f"{base.start} to {base.end}")


def n_runs(scenario: Scenario, names: Collection[str] | None = None) -> int:
    """Return how many arms a report runs."""
    found = read(scenario)
    return 0 if found is None else len(_looked_at(_chosen(found, names)))


def verdict(low: float, high: float, least: float = INERT_BELOW) -> str:
    """Return what an interval of a size says: whether the absolute size is below `least`."""
    if -least < low and high < least:
        return "inert"
    return "potent" if low >= least or high <= -least else "unclear"


def _chosen(found: Levers, names: Collection[str] | None) -> tuple[Lever, ...]:
    """Return the levers that are wanted."""
    known = [each.name for each in found.levers]
    for name in () if names is None else names:
        if name not in known:
            raise UnknownName("", "id", "no such lever: {value}", nearest(name, known, "levers"), name)
    return tuple(each for each in found.levers if names is None or each.name in names)


def _key(lever: Lever, number: int) -> str:
    """Return a name for the effect of a lever."""
    return f"{lever.name}[{number}]"


def _looked_at(chosen: Collection[Lever]) -> dict[str, dict[str, Effect]]:
    """Return the arms to run, each with what is looked at in it; deviations are those without changes."""
    found: dict[str, dict[str, Effect]] = {}
    for lever in chosen:
        for dose in (lever.plausible, lever.maximum):
            for name in (UNCHANGED, dose.against, dose.arm):
                for number, reach in enumerate(lever.reaches, 1):
                    found.setdefault(name, {})[_key(lever, number)] = reach.effect
    return found


def _result(
    lever: Lever, number: int, reach: Reach, base: Scenario, values: dict[tuple[str, str], Array]
) -> Result:
    """Judge one effect of a lever."""
    key, effect = _key(lever, number), reach.effect
    level = values[UNCHANGED, key]
    plausible, maximum = (
        _size(dose, values[dose.arm, key] - values[dose.against, key], level, key)
        for dose in (lever.plausible, lever.maximum)
    )
    if maximum.deviations_low is None or maximum.deviations_high is None:
        said = verdict(maximum.low, maximum.high, 0.0)
    else:
        said = verdict(maximum.deviations_low, maximum.deviations_high)
    return Result(
        lever=lever.name,
        what=lever.what,
        evidence=lever.evidence,
        effect=effect.text(base.case),
        when=effect.when,
        unit=GLOSSARY[effect.variable].unit,
        standard=float(level.mean()),
        deviation=float(level.std(ddof=1)),
        plausible=plausible,
        maximum=maximum,
        verdict=said,
        remark=_remark(said, reach.reason),
    )


def _size(dose: Dose, difference: Array, level: Array, key: str) -> Size:
    """Return what a dose does, from paired differences and the level without changes."""
    if not np.all(np.isfinite(difference)):
        raise InputError("", key, "the effect is not a finite number", "Choose another effect.")
    mean, error = float(difference.mean()), float(difference.std(ddof=1)) / float(np.sqrt(len(difference)))
    moved = float(np.mean(difference != 0.0))
    scaled: tuple[float, float] | None = (0.0, 0.0)
    if moved > 0.0:
        scaled = in_deviations(difference, level) if np.ptp(level) > 0.0 else None
    return Size(
        change=dose.what,
        against=dose.against_what,
        source=dose.source,
        evidence=dose.evidence,
        mean=mean,
        error=error,
        low=mean - Z95 * error,
        high=mean + Z95 * error,
        deviations=None if scaled is None else scaled[0],
        deviations_low=None if scaled is None else scaled[0] - Z95 * scaled[1],
        deviations_high=None if scaled is None else scaled[0] + Z95 * scaled[1],
        moved=moved,
    )


def _remark(said: str, reason: str) -> str:
    """Return what there is to say about a verdict, given the case's reason for an inert effect, or ""."""
    if said == "inert":
        return reason or NO_REASON
    return f"{NO_LONGER} {reason}" if reason and said == "potent" else ""


def _rank(result: Result) -> float:
    """Return a key by which the largest come first."""
    size = result.maximum.deviations
    return -inf if size is None else -abs(size)
