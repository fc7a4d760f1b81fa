"""Border pressure: fronts alternate between calm and crisis, and violence clusters inside both.

    calm -> crisis at rate  crisis_rate exp(-sensitivity * relation with the neighbour)
    crisis -> calm at rate  calm_rate
    z' = rho z + sqrt(1 - rho^2) e,                  e ~ N(0, 1)
    intensity = base(regime) exp(sigma z - sigma^2 / 2)
    incidents ~ geometric(mean = intensity dt)       (a Poisson count with an exponential rate)
    pressure' = pressure + smoothing (min(1, intensity / worst year) - pressure)

A self-exciting process with the branching ratio reported for such violence is far less clustered than
the record of the border district; slow swings of the rate are what reproduces it (evidence:
x_border_fano, x_self_excitation, mm_spillover). A worse relation brings on crises on a front that has a
partner behind it (in_bd_deterioration). Leaves out: contagion between fronts, and refugees as such.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.numerics.elementary import exp, log, normal_quantile, total
from sim.vocabulary.axes import QUARTER, RECIPIENT, Array


@dataclass(frozen=True)
class Update:
    """What the mechanism writes."""

    is_crisis: Array  # front
    intensity_deviation: Array  # front
    incidents: Array  # front
    border_pressure: Array  # front; index


@dataclass(frozen=True)
class Start:
    """The first values."""

    is_crisis: Array
    intensity_deviation: Array
    border_pressure: Array


def start(
    *, is_crisis_at_start: Array, calm_intensity: Array, crisis_intensity: Array, worst_intensity: Array
) -> Start:
    """Begin in the documented regime, at its mean intensity."""
    intensity = np.where(is_crisis_at_start > 0, crisis_intensity, calm_intensity)
    return Start(
        is_crisis=is_crisis_at_start,
        intensity_deviation=np.zeros(intensity.shape),
        border_pressure=np.minimum(1.0, intensity / worst_intensity),
    )


def step(
    *,
    is_crisis_prev: Array,
    intensity_deviation_prev: Array,
    border_pressure_prev: Array,
    relation_prev: Array,
    front_neighbour: Array,
    regime_shock: Array,
    intensity_shock: Array,
    incident_shock: Array,
    crisis_rate: Array,
    crisis_end_chance: Array,
    relation_sensitivity: Array,
    calm_intensity: Array,
    crisis_intensity: Array,
    intensity: Array,
    intensity_persistence: Array,
    intensity_spread: Array,
    worst_intensity: Array,
    pressure_smoothing: Array,
) -> Update:
    """Advance the fronts by one quarter."""
    with_neighbour = total(front_neighbour[:, :, None] * relation_prev[RECIPIENT], axis=1)
    onset = 1.0 - exp(-QUARTER * crisis_rate * exp(-relation_sensitivity * with_neighbour))
    is_crisis = np.where(is_crisis_prev > 0, regime_shock >= crisis_end_chance, regime_shock < onset).astype(
        float
    )

    innovation = np.sqrt(1.0 - intensity_persistence * intensity_persistence) * normal_quantile(
        intensity_shock
    )
    deviation = intensity_persistence * intensity_deviation_prev + innovation
    base = intensity * np.where(is_crisis > 0, crisis_intensity, calm_intensity)
    rate = base * exp(intensity_spread * deviation - 0.5 * intensity_spread * intensity_spread)

    mean = rate * QUARTER
    incidents = np.floor(log(1.0 - incident_shock) / log(mean / (1.0 + mean)))
    target = np.minimum(1.0, rate / worst_intensity)
    return Update(
        is_crisis=is_crisis,
        intensity_deviation=deviation,
        incidents=incidents,
        border_pressure=border_pressure_prev + pressure_smoothing * (target - border_pressure_prev),
    )
