"""Proper scores of predictive samples; lower is better. The formulas are those of `scoringrules`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.validate.backtest import calibration
from sim.analysis.validate.backtest.calibration import INTERVALS
from sim.analysis.validate.backtest.forecast import Forecast
from sim.analysis.validate.backtest.outcome import Outcome
from sim.vocabulary.axes import Array

#: A supplier whose share is nowhere above this, in forecast or record, says nothing about coverage.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Scored:
    """One target of one forecast.

    Parameters
    ----------
    source, origin, target : str, int, str
    value : float
        What happened.
    median, low, high : float
        Of the forecast; 5 and 95 %.
    crps : float
        Continuous ranked probability score, in the unit of the target.
    pit_range : tuple of float
        Probability integral transform: parts of the samples below the value, and not above it.
    covered : dict of str to bool
        Whether the central interval holds the value.
    coverage : dict of str to float
        What counts of it where samples equal the value; see `sim.analysis.validate.backtest.calibration`.
    """

    source: str
    origin: int
    target: str
    value: float
    median: float
    low: float
    high: float
    crps: float
    pit_range: tuple[float, float]
    covered: dict[str, bool]
    coverage: dict[str, float]

    @property
    def pit(self) -> float:
        """The middle of the range."""
        return sum(self.pit_range) / 2


def targets(forecast: Forecast, outcome: Outcome) -> list[Scored]:
    """Return the score of every target: each supplier's share, the scalars, and each year's volume."""
    said, was = forecast.window.scalars(), outcome.window.scalars()
    pairs = {name: (said[name], float(was[name][0])) for name in said}
    for name, samples, value in zip(
        forecast.suppliers, forecast.window.shares, outcome.window.shares[:, 0], strict=True
    ):
        if max(float(samples.max()), value) > _NOTHING:
            pairs[f"share.{name}"] = samples, float(value)
    for year, (samples, value) in enumerate(
        zip(forecast.window.annual(), outcome.window.annual()[:, 0], strict=True)
    ):
        pairs[f"tiv.{forecast.origin + year}"] = samples, float(value)
    return [_score(forecast, name, samples, value) for name, (samples, value) in pairs.items()]


def _score(forecast: Forecast, target: str, samples: Array, value: float) -> Scored:
    from scoringrules import crps_ensemble

    below, equal = float(np.mean(samples < value)), float(np.mean(samples == value))
    covered, coverage = {}, {}
    span = np.array([below]), np.array([below + equal])
    for width in INTERVALS:
        low, high = np.quantile(samples, [(1 - width) / 2, (1 + width) / 2])
        covered[f"{width:g}"] = bool(low <= value <= high)
        coverage[f"{width:g}"] = float(calibration.coverage(*span, width)[0])
    return Scored(
        source=forecast.source,
        origin=forecast.origin,
        target=target,
        value=value,
        median=float(np.median(samples)),
        low=float(np.quantile(samples, 0.05)),
        high=float(np.quantile(samples, 0.95)),
        crps=float(crps_ensemble(value, samples)),
        pit_range=(below, below + equal),
        covered=covered,
        coverage=coverage,
    )


def energy(forecast: Forecast, outcome: Outcome, most: int = 1000) -> float:
    """Return the energy score of the composition, from at most so many samples."""
    from scoringrules import es_ensemble

    samples = forecast.window.shares.T[:most]
    return float(es_ensemble(outcome.window.shares[:, 0], np.ascontiguousarray(samples)))


def log_score(chance: Array, outcome: Outcome) -> float:
    """Return the mean of minus the log of the chance given to the supplier of each order; NaN if none."""
    if len(outcome.choices) == 0:
        return float("nan")
    return float(-np.log(chance[outcome.choices[:, 0], outcome.choices[:, 1]]).mean())
