"""Sine, cosine and the angle between two places, with the same bits on every machine.

Only operations that IEEE 754 fixes; see `sim.numerics.elementary`. The coefficients are the published minimax
coefficients of the FreeBSD mathematical library. Accuracy against the C library is tested.
"""

from __future__ import annotations

import math

import numpy as np

from sim.numerics.elementary import polynomial

_RIGHT_ANGLE = 90.0
_RADIANS = 0.017453292519943295769

_SINE = (
    -1.66666666666666324348e-01,
    8.33333333332248946124e-03,
    -1.98412698298579493134e-04,
    2.75573137070700676789e-06,
    -2.50507602534068634195e-08,
    1.58969099521155010221e-10,
)
_COSINE = (
    4.16666666666666019037e-02,
    -1.38888888888741095749e-03,
    2.48015872894767294178e-05,
    -2.75573143513906633035e-07,
    2.08757232129817482790e-09,
    -1.13596475577881948265e-11,
)
_ARCSINE = (
    (
        1.66666666666666657415e-01,
        -3.25565818622400915405e-01,
        2.01212532134862925881e-01,
        -4.00555345006794114027e-02,
        7.91534994289814532176e-04,
        3.47933107596021167570e-05,
    ),
    (
        1.0,
        -2.40339491173441421878e00,
        2.02094576023350569471e00,
        -6.88283971605453293030e-01,
        7.70381505559019352791e-02,
    ),
)


def sine_and_cosine(degrees: float) -> tuple[float, float]:
    """Return the sine and the cosine of an angle in degrees."""
    quarter = math.floor(degrees / _RIGHT_ANGLE + 0.5)
    x = (degrees - quarter * _RIGHT_ANGLE) * _RADIANS
    square = x * x
    sine = x + x * square * _series(_SINE, square)
    cosine = 1.0 - (0.5 * square - square * square * _series(_COSINE, square))
    return ((sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine))[quarter % 4]


def arcsine(x: float) -> float:
    """Return the angle in radians, from 0 to a right one, whose sine is x, from 0 to 1."""
    if x > 0.5:
        # Half of the angle that is missing to a right one has the sine of sqrt((1 - x) / 2).
        return 0.5 * math.pi - 2.0 * arcsine(math.sqrt(0.5 * (1.0 - x)))
    square = x * x
    return x + x * (square * _series(_ARCSINE[0], square) / _series(_ARCSINE[1], square))


def between(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the angle in radians between two places on a sphere, given in degrees (haversine formula)."""
    along = sine_and_cosine(0.5 * (latitude - other_latitude))[0]
    across = sine_and_cosine(0.5 * (other_longitude - longitude))[0]
    here, there = sine_and_cosine(latitude)[1], sine_and_cosine(other_latitude)[1]
    return 2.0 * arcsine(min(1.0, math.sqrt(along * along + here * there * across * across)))


def _series(coefficients: tuple[float, ...], x: float) -> float:
    return float(polynomial(coefficients, np.asarray(x)))
