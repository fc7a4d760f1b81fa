"""How good a calibration is: simulated truths inverted, and the record looked for among its trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.calibrate import rank_checks as sbc
from sim.analysis.calibrate import regression_abc as abc
from sim.analysis.calibrate.waves import BATCH, Calibration, generator, n_kept, with_columns
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.vocabulary.axes import Array


def check_ranks(
    calibration: Calibration, simulated: int = 300, draws: int = 99
) -> tuple[list[sbc.Verdict], Array]:
    """Invert data simulated in the region of the last wave: simulation-based calibration.

    The true parameters are those of the wave's own trials, one left out at a time, and the proposal is
    taken as the prior: what is tested is the inversion, where it was used. Weights that lead back to the
    prior are exact.

    Returns
    -------
    list of Verdict
        One per element.
    ndarray of int, shape (element, simulated)
        The ranks.
    """
    wave = calibration.waves[-1]
    summaries = wave.projection.summarise(wave.statistics)
    random = generator(calibration.seed, "planted")  # the name keys the draws, so it stays
    chosen = random.permutation(wave.scores.shape[1])[:simulated]
    count = n_kept(wave.trials, wave.projection)

    def invert(number: int, wanted: int) -> Array:
        left = np.delete(np.arange(wave.scores.shape[1]), chosen[number])
        sample = abc.adjust(wave.scores[:, left], summaries[:, left], summaries[:, chosen[number]], count)
        return sample.draw(wanted, random)

    ranks = sbc.ranks(invert, wave.scores[:, chosen], draws)
    names = tuple(element.key for element in calibration.targets.elements)
    return sbc.judge(ranks, draws, names), ranks


@dataclass(frozen=True)
class Check:
    """One statistic of the record among trials.

    Parameters
    ----------
    name : str
    recorded : float
    prior_low, prior_mean, prior_high, low, mean, high : float
        Mean and central 90 % of trials, before and after the calibration.
    percentile : float
        Part of the trials after calibration that do not exceed the record.
    """

    name: str
    recorded: float
    prior_low: float
    prior_mean: float
    prior_high: float
    low: float
    mean: float
    high: float
    percentile: float

    @property
    def is_met(self) -> bool:
        """Whether the record is within the central 90 % of trials."""
        return self.low <= self.recorded <= self.high


def check_predictions(
    calibration: Calibration,
    columns: dict[str, Array],
    trials: int,
    execution: Execution = USUAL_EXECUTION,
) -> tuple[list[Check], Array]:
    """Run the windows with the posterior and look for the record among the trials.

    Returns
    -------
    list of Check
        One per statistic; before is the first wave, from the calibration's priors.
    ndarray, shape (statistic, trial)
        The posterior predictive statistics.
    """
    targets = calibration.targets
    windows = with_columns(targets.windows, columns) if columns else list(targets.windows)
    # Trials that no wave has had: what is predicted has not been selected for.
    first = sum(wave.trials for wave in calibration.waves)
    parts = []
    for start in range(first, first + trials, BATCH):
        count = min(BATCH, first + trials - start)
        parts.append(targets.simulated(start, count, calibration.seed, windows, execution))
    after, before = np.concatenate(parts, axis=1), calibration.prior_statistics
    checks = []
    for name, recorded, prior, row in zip(targets.names(), calibration.observed, before, after, strict=True):
        prior_low, prior_high = np.quantile(prior, [0.05, 0.95])
        low, high = np.quantile(row, [0.05, 0.95])
        checks.append(
            Check(
                name=name,
                recorded=float(recorded),
                prior_low=float(prior_low),
                prior_mean=float(prior.mean()),
                prior_high=float(prior_high),
                low=float(low),
                mean=float(row.mean()),
                high=float(high),
                percentile=float((row <= recorded).mean()),
            )
        )
    return checks, after
