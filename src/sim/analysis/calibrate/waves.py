"""What the record up to a year says about the parameters: waves of simulation, each nearer to the record.

    wave 1    trials from the priors; history matching cuts what cannot have made the record
    wave 2 …  trials from a normal fitted to the last wave's posterior, widened, and cut likewise; they count
              by prior over proposal (population Monte Carlo: Beaumont et al. 2009, doi 10.1093/biomet/asp052)

Each wave keeps the trials nearest to the record and corrects them by regression
(`sim.analysis.calibrate.regression_abc`). Only elements that a wave has narrowed are proposed anew; the
others come from their priors. What the last wave leaves where it was is reported as not informed, and is not
in the posterior.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.calibrate import regression_abc as abc
from sim.analysis.calibrate.targets import Targets, describe, from_normal
from sim.parameter.posterior import Posterior
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED, TRIALS_OF_WAVE
from sim.vocabulary.axes import Array

#: Waves, and the trials of each window that are run at once.
WAVES = 2
BATCH = 4096

#: Standard deviations from the record at which a parameter is ruled out (the usual three-sigma rule).
CUT = 3.0

#: Least canonical correlation of a summary, and part of a wave's trials that is kept.
LEAST_CORRELATION = 0.1
KEPT = 0.15

#: A proposal is this much wider than the posterior that it is fitted to, and its correlations are this part
#: of those of the sample. Nearer to the prior, the weights that lead back to it are more even.
WIDENING, CORRELATED = 1.7, 0.8

#: An element is proposed anew if its spread is down to this part of the prior's; each costs effective size.
SHRUNK = 0.75

#: Part of calibrations that may call an element informed when none is.
FALSE_ALARMS = 0.05

#: Least trials kept for each summary, so that the local regression has enough of them.
_PER_SUMMARY = 10

#: Rows of the proposal's table that trials pick from, per trial, so that few rows come up twice.
_ROWS_PER_TRIAL = 2


@dataclass(frozen=True)
class Proposal:
    """Where a wave's parameters come from: a normal for some elements, the prior for the others.

    Parameters
    ----------
    chosen : ndarray of int
        Positions of the elements.
    mean, covariance : ndarray
        In normal scores.
    """

    chosen: Array
    mean: Array
    covariance: Array

    def draw(self, count: int, random: np.random.Generator) -> Array:
        """Return draws, shape (chosen, count)."""
        root = np.linalg.cholesky(self.covariance)
        drawn: Array = self.mean[:, None] + root @ random.standard_normal((len(self.mean), count))
        return drawn

    def importance(self, scores: Array) -> Array:
        """Return prior over proposal, up to a factor, shape (trial,)."""
        away = scores[self.chosen] - self.mean[:, None]
        quadratic = (away * np.linalg.solve(self.covariance, away)).sum(axis=0)
        log = 0.5 * quadratic - 0.5 * (scores[self.chosen] ** 2).sum(axis=0)
        weights: Array = np.exp(log - log.max())
        return weights


@dataclass(frozen=True)
class Wave:
    """One wave.

    Parameters
    ----------
    scores, statistics : ndarray, shape (element, trial), (statistic, trial)
        Of the trials that the cut leaves; of all, if it leaves fewer than are kept.
    trials : int
        Simulated.
    plausible : float
        Part of the prior, or of the proposal, that the cut allows.
    emulator : Emulator
    projection : Projection
    sample : Sample
        The posterior as this wave sees it.
    proposal : Proposal or None
        None for the prior.
    """

    scores: Array
    statistics: Array
    trials: int
    plausible: float
    emulator: abc.Emulator
    projection: abc.Projection
    sample: abc.Sample
    proposal: Proposal | None


@dataclass(frozen=True)
class Learned:
    """What is learned about one element.

    Parameters
    ----------
    key, unit, prior : str
    mean, low, high : float
        Of the posterior, and its central 90 %, in the parameter's unit.
    shift : float
        Of the mean, in standard deviations of the calibration's prior.
    contraction : float
        Part of the prior's variance taken away, in normal scores.
    ks_distance, band : float
        Kolmogorov-Smirnov distance between posterior and prior, and the largest that elements without any
        information reach by chance in 19 of 20 calibrations.
    """

    key: str
    unit: str
    prior: str
    mean: float
    low: float
    high: float
    shift: float
    contraction: float
    ks_distance: float
    band: float

    @property
    def is_informed(self) -> bool:
        """Whether posterior and prior differ by more than chance."""
        return self.ks_distance > self.band


@dataclass(frozen=True)
class Calibration:
    """A calibration.

    Parameters
    ----------
    targets : Targets
    seed : int
    observed : ndarray, shape (statistic,)
    waves : tuple of Wave
    learned : tuple of Learned
        In the order of the targets' elements.
    prior_scores, prior_statistics : ndarray, shape (element, trial), (statistic, trial)
        Of all trials of the first wave, before any cut.
    """

    targets: Targets
    seed: int
    observed: Array
    waves: tuple[Wave, ...]
    learned: tuple[Learned, ...]
    prior_scores: Array
    prior_statistics: Array

    @property
    def sample(self) -> abc.Sample:
        """The posterior of the last wave."""
        return self.waves[-1].sample

    def columns(self, rows: int) -> dict[str, Array]:
        """Return equally likely rows of the informed elements, in their units."""
        drawn = self.sample.draw(rows, generator(self.seed, "rows"))
        return {
            element.key: from_normal(element, scores)
            for element, scores, learned in zip(self.targets.elements, drawn, self.learned, strict=True)
            if learned.is_informed
        }


def generator(seed: int, what: str) -> np.random.Generator:
    """Return a generator of its own for each purpose."""
    key = hashlib.sha256(f"{seed}:calibration:{what}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key[:16], "little")))


def run(
    targets: Targets,
    trials: int = TRIALS_OF_WAVE,
    seed: int = SEED,
    waves: int = WAVES,
    execution: Execution = USUAL_EXECUTION,
) -> Calibration:
    """Calibrate.

    Parameters
    ----------
    targets : Targets
    trials : int
        Of every window, in each wave.
    seed : int
        Same seed, same posterior.
    waves : int
    execution : Execution, optional
        Workers, engine, and progress in trials of all windows.
    """
    trials, seed = arguments.whole(trials, "trials", 1), arguments.seed(seed)
    waves = arguments.whole(waves, "waves", 1)
    observed = targets.recorded()
    done: list[Wave] = []
    simulated: list[tuple[Array, Array]] = []
    for number in range(waves):
        proposal = _propose(done[-1]) if done else None
        simulated.append(
            _simulate(targets, proposal, done, observed, number * trials, trials, seed, execution)
        )
        done.append(_invert(*simulated[-1], observed, proposal, trials, done))
    learned = _learned(targets, done[-1], observed, seed)
    return Calibration(targets, seed, observed, tuple(done), learned, *simulated[0])


def _simulate(
    targets: Targets,
    proposal: Proposal | None,
    before: Sequence[Wave],
    observed: Array,
    first_trial: int,
    trials: int,
    seed: int,
    execution: Execution,
) -> tuple[Array, Array]:
    """Run trials of all windows; return scores and statistics."""
    windows: Sequence[Scenario] = targets.windows
    if proposal is not None:
        table = _plausible_rows(targets, proposal, before, observed, _ROWS_PER_TRIAL * trials, seed)
        windows = with_columns(targets.windows, table)
    scores, statistics = [], []
    for start in range(first_trial, first_trial + trials, BATCH):
        count = min(BATCH, first_trial + trials - start)
        scores.append(targets.normal_scores(start, count, seed, windows))
        statistics.append(targets.simulated(start, count, seed, windows, execution))
    return np.concatenate(scores, axis=1), np.concatenate(statistics, axis=1)


def with_columns(windows: Sequence[Scenario], columns: dict[str, Array]) -> list[Scenario]:
    """Return scenarios that draw some elements from the rows of a table."""
    table = Posterior("", "", {key: tuple(map(float, values)) for key, values in columns.items()})
    return [dataclasses.replace(each, parameters=table.apply(each.parameters)) for each in windows]


def _plausible_rows(
    targets: Targets, proposal: Proposal, before: Sequence[Wave], observed: Array, rows: int, seed: int
) -> dict[str, Array]:
    """Draw rows from the proposal that no wave has ruled out, with the other elements at their middle."""
    random = generator(seed, f"wave {len(before)}")
    drawn = proposal.draw(2 * rows, random)
    scores = np.zeros((len(targets.elements), drawn.shape[1]))
    scores[proposal.chosen] = drawn
    possible = np.ones(drawn.shape[1], dtype=bool)
    for wave in before:
        possible &= abc.is_plausible(wave.emulator.implausibility(scores, observed), CUT)
    drawn = drawn[:, possible][:, :rows] if possible.any() else drawn[:, :rows]
    chosen = [targets.elements[i] for i in proposal.chosen]
    return {element.key: from_normal(element, row) for element, row in zip(chosen, drawn, strict=True)}


def _invert(
    scores: Array,
    statistics: Array,
    observed: Array,
    proposal: Proposal | None,
    trials: int,
    before: Sequence[Wave],
) -> Wave:
    """Cut, project and adjust one wave's trials."""
    emulator = abc.emulate(scores, statistics)
    possible = abc.is_plausible(emulator.implausibility(scores, observed), CUT)
    for wave in before:
        possible &= abc.is_plausible(wave.emulator.implausibility(scores, observed), CUT)
    plausible = float(possible.mean())
    # A cut that leaves fewer than are kept is not made; the report shows how few it would have left.
    if possible.sum() < KEPT * trials:
        possible[:] = True
    scores, statistics = scores[:, possible], statistics[:, possible]
    projection = abc.project(scores, statistics, LEAST_CORRELATION)
    sample = abc.adjust(
        scores,
        projection.summarise(statistics),
        projection.summarise(observed[:, None])[:, 0],
        n_kept(trials, projection),
    )
    if proposal is not None:
        # The proposal was the prior so far; it is wider than the adjusted scores, so the weights are even.
        sample = sample.reweighted(proposal.importance(sample.scores))
    return Wave(scores, statistics, trials, plausible, emulator, projection, sample, proposal)


def n_kept(trials: int, projection: abc.Projection) -> int:
    """Return the number of trials to keep."""
    return max(int(KEPT * trials), _PER_SUMMARY * len(projection.correlations))


def _propose(wave: Wave) -> Proposal | None:
    """Fit a proposal to a wave's posterior; none where it has narrowed nothing."""
    sample = wave.sample
    mean = sample.mean()
    chosen = np.flatnonzero(sample.spread() < SHRUNK)
    if not len(chosen):
        return None
    away = sample.scores[chosen] - mean[chosen, None]
    covariance = (away * sample.weights) @ away.T * WIDENING**2
    covariance = CORRELATED * covariance + (1.0 - CORRELATED) * np.diag(np.diag(covariance))
    return Proposal(chosen, mean[chosen], covariance)


def _ks_distance(scores: Array, weights: Array) -> float:
    """Return the Kolmogorov-Smirnov distance between weighted scores and a standard normal."""
    from scipy.special import ndtr

    order = np.argsort(scores, kind="stable")
    upto, expected = np.cumsum(weights[order]), ndtr(scores[order])
    return float(max(np.abs(upto - expected).max(), np.abs(upto - weights[order] - expected).max()))


def _band(wave: Wave, observed: Array, seed: int) -> float:
    """Return the largest Kolmogorov-Smirnov distance of null parameters, on which nothing depends.

    There are so many that, if no element is informed, one exceeds it in one calibration of twenty. They go
    through the same trials, regression and weights, so that all of those errors count.
    """
    summaries = wave.projection.summarise(wave.statistics)
    observed = wave.projection.summarise(observed[:, None])[:, 0]
    random, n_elements = generator(seed, "invented"), len(wave.scores)  # a name that keys draws
    largest = 0.0
    for _ in range(int(1.0 / FALSE_ALARMS)):
        null = random.standard_normal((n_elements, summaries.shape[1]))
        adjusted = abc.adjust(null, summaries, observed, len(wave.sample.weights)).scores
        largest = max(largest, *(_ks_distance(row, wave.sample.weights) for row in adjusted))
    return largest


def _learned(targets: Targets, wave: Wave, observed: Array, seed: int) -> tuple[Learned, ...]:
    """Compare the posterior of each element with its prior."""
    sample, band = wave.sample, _band(wave, observed, seed)
    mean, spread = sample.mean(), sample.spread()
    found = []
    for position, element in enumerate(targets.elements):
        order = np.argsort(sample.scores[position], kind="stable")
        scores, upto = sample.scores[position][order], np.cumsum(sample.weights[order])
        values = from_normal(element, scores)
        low, high = values[np.searchsorted(upto, [0.05, 0.95]).clip(0, len(values) - 1)]
        found.append(
            Learned(
                key=element.key,
                unit=element.unit,
                prior=describe(element),
                mean=float(values @ sample.weights[order]),
                low=float(low),
                high=float(high),
                shift=float(mean[position]),
                contraction=float(1.0 - spread[position] ** 2),
                ks_distance=_ks_distance(sample.scores[position], sample.weights),
                band=band,
            )
        )
    return tuple(found)
