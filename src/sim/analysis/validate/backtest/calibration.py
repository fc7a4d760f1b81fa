"""Whether records lie where forecasts say: coverage of central intervals, and histograms of PIT.

A forecast F of a number that takes few values, such as a count, has mass at the ends of its intervals, so
that the interval between two quantiles holds more than it says even if the forecast is right. So the mass at
the record y counts by the part of it that is inside: the probability that a randomised probability integral
transform (PIT) lies in the central part, for which nothing is drawn (Czado, Gneiting and Held 2009).

    coverage = |[F(y-), F(y)] within [(1 - w)/2, (1 + w)/2]| / (F(y) - F(y-))   of a right forecast: w
    held     = whether the interval between quantiles holds y                   of a right forecast: w or more

Where no two samples are alike both are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from sim.vocabulary.axes import Array, BoolArray

#: Central intervals whose coverage is counted.
INTERVALS = (0.5, 0.9)

#: Bars of a histogram of probability integral transforms.
BINS = 10

#: A mass below this is none.
_NOTHING = 1e-9


def coverage(below: Array, upto: Array, width: float) -> Array:
    """Return the part of each record that lies in the central part of its forecast.

    Parameters
    ----------
    below, upto : ndarray, shape (record,)
        Parts of the samples below the record, and not above it.
    width : float
        Of the central part.
    """
    tail = (1.0 - width) / 2.0
    inside = np.minimum(upto, 1.0 - tail) - np.maximum(below, tail)
    mass = upto - below
    part: Array = np.clip(inside, 0.0, None) / np.maximum(mass, _NOTHING)
    return np.where(mass > _NOTHING, part, held(below, upto, width))


def held(below: Array, upto: Array, width: float) -> BoolArray:
    """Return whether central intervals hold the record, which one at their ends is in."""
    tail = (1.0 - width) / 2.0
    inside: BoolArray = (upto >= tail) & (below <= 1.0 - tail)
    return inside


#: What is said of intervals.
MEASURES: Mapping[str, Callable[[Array, Array, float], Array]] = MappingProxyType(
    {"coverage": coverage, "held": held}
)


def histogram(below: Array, upto: Array) -> Array:
    """Return the part of the records in each tenth of their forecasts.

    Where many samples equal the record, the mass between them is spread evenly.
    """
    edges = np.linspace(0.0, 1.0, BINS + 1)
    width = np.maximum(upto - below, _NOTHING)[:, None]
    mass = np.clip((edges - below[:, None]) / width, 0.0, 1.0)
    mass[:, -1] = 1.0  # what lies above every sample belongs to the last bar
    parts: Array = np.diff(mass.mean(axis=0))
    return parts
