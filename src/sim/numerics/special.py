"""The normal distribution function, and the beta distribution's function and quantile.

Like `sim.numerics.elementary`, and of its functions, they use only operations that IEEE 754 fixes, in one
stated order, and no step depends on another entry of an array: a value has the same bits on every machine,
alone or among others. Accuracy against SciPy is tested, and values are stored as tests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from sim.numerics.elementary import exp, log, polynomial
from sim.vocabulary.axes import Array

# Cody (1969), as in SPECFUN's `anorm`: numerator and denominator in the centre, beside it, and far out.
_CENTRE = (
    (
        1.8154981253343561249e04,
        1.0676894854603709582e03,
        1.6102823106855587881e02,
        2.2352520354606839287e00,
        6.5682337918207449113e-02,
    ),
    (
        4.5507789335026729956e04,
        1.0260932208618978205e04,
        9.7609855173777669322e02,
        4.7202581904688241870e01,
        1.0,
    ),
)
_BESIDE = (
    (
        9.8427148383839780218e03,
        1.1602651437647350124e04,
        6.8481904505362823326e03,
        2.4945375852903726711e03,
        5.9727027639480026226e02,
        9.3506656132177855979e01,
        8.8831497943883759412e00,
        3.9894151208813466764e-01,
        1.0765576773720192317e-08,
    ),
    (
        1.9685429676859990727e04,
        3.8912003286093271411e04,
        3.4900952721145977266e04,
        1.8615571640885098091e04,
        6.4855582982667607550e03,
        1.5193775994075548050e03,
        2.3538790178262499861e02,
        2.2266688044328115691e01,
        1.0,
    ),
)
_FAR = (
    (
        2.9112874951168792e-05,
        1.421619193227893466e-03,
        2.2235277870649807e-02,
        1.274011611602473639e-01,
        2.1589853405795699e-01,
        2.307344176494017303e-02,
    ),
    (
        7.29751555083966205e-05,
        3.78239633202758244e-03,
        6.59881378689285515e-02,
        4.68238212480865118e-01,
        1.28426009614491121e00,
        1.0,
    ),
)
_CENTRE_HALF_WIDTH = 0.66291
_FAR_FROM = 5.656854249492380195
_BEYOND = 37.0
_SIXTEENTHS = 16.0
_ONE_OVER_ROOT_TWO_PI = 0.39894228040143267794

#: Stirling's series of the logarithm of the gamma function, good to the last bits from here on.
_STIRLING = (
    1.0 / 12.0,
    -1.0 / 360.0,
    1.0 / 1260.0,
    -1.0 / 1680.0,
    1.0 / 1188.0,
    -691.0 / 360360.0,
    1.0 / 156.0,
)
_STIRLING_FROM = 16.0
_HALF_LOG_TWO_PI = 0.91893853320467274178

#: Steps of Newton's method to a beta quantile (further ones move none by more than 1e-10 of itself, for
#: shapes from 0.01 to 1,000), terms of the continued fraction to begin with and at most, and how many shapes
#: a process remembers.
_STEPS, _FEWEST_TERMS, _MOST_TERMS, _SHAPES = 9, 16, 4096, 1024


def normal_cdf(x: Array) -> Array:
    """Return the standard normal distribution function, elementwise (Cody 1969); zero below -37."""
    y = np.minimum(np.abs(x), _BEYOND)
    square = y * y
    centre = 0.5 - y * (polynomial(_CENTRE[0], square) / polynomial(_CENTRE[1], square))
    inverse = 1.0 / np.maximum(square, _FAR_FROM * _FAR_FROM)
    rest = inverse * (polynomial(_FAR[0], inverse) / polynomial(_FAR[1], inverse))
    far = (_ONE_OVER_ROOT_TWO_PI - rest) / np.maximum(y, _FAR_FROM)
    beside = polynomial(_BESIDE[0], y) / polynomial(_BESIDE[1], y)
    # exp(-y^2 / 2) in two parts, the first of them exact in its argument.
    coarse = np.floor(y * _SIXTEENTHS) / _SIXTEENTHS
    bell = exp(-0.5 * coarse * coarse) * exp(-0.5 * (y - coarse) * (y + coarse))
    tail = np.where(y < _BEYOND, bell * np.where(y <= _FAR_FROM, beside, far), 0.0)
    below = np.where(y <= _CENTRE_HALF_WIDTH, centre, tail)
    return np.where(x > 0.0, 1.0 - below, below)


def _log_gamma(x: float) -> float:
    """Return the logarithm of the gamma function by Stirling's series, after a shift to where it is good."""
    shift = 1.0
    while x < _STIRLING_FROM:
        shift *= x
        x += 1.0
    series = polynomial(_STIRLING, np.asarray(1.0 / (x * x))) / x
    return float((x - 0.5) * log(np.asarray(x)) - x + _HALF_LOG_TWO_PI + series - log(np.asarray(shift)))


@dataclass(frozen=True)
class _LowerPart:
    """The beta distribution from zero to (a + 1) / (a + b + 2), where its continued fraction converges fast.

    With x = 1 / (1 + e^-t), the probability up to x is F = x^a (1 - x)^b / (a B(a, b) h), where h is the
    fraction 1 + d1 x / (1 + d2 x / ...). The logarithm of F is concave in t and its slope is a h. So Newton's
    method rises to a quantile from any start below it.

    Parameters
    ----------
    a, b : float
        Shapes.
    log_scale : float
        Logarithm of a B(a, b).
    terms : tuple of float
        The d, last to first.
    end, log_end, slope : float
        t at the end of the part; the logarithm of F there, and its slope.
    """

    a: float
    b: float
    log_scale: float
    terms: tuple[float, ...]
    end: float = 0.0
    log_end: float = 0.0
    slope: float = 0.0

    def fraction(self, x: Array) -> Array:
        """Return h."""
        h = np.ones_like(x)
        for term in self.terms:
            h = 1.0 + term * x / h
        return h

    def probability(self, x: Array) -> Array:
        """Return F for x in the part."""
        x = np.maximum(x, np.finfo(float).tiny)
        power = self.a * log(x) + self.b * log(1.0 - x) - self.log_scale
        return exp(power) / self.fraction(x)

    def log_probability(self, t: Array) -> tuple[Array, Array]:
        """Return the logarithm of F and its slope."""
        e = exp(t)
        rest = log(1.0 + e)
        h = self.fraction(e / (1.0 + e))
        return self.a * (t - rest) - self.b * rest - self.log_scale - log(h), self.a * h

    def quantile(self, probability: Array) -> Array:
        """Return x for F up to its value at the end."""
        wanted = log(np.maximum(probability, np.finfo(float).tiny))
        # Two bounds from below: F is less than x^a / (a B), and less than its tangent at the end.
        t = np.maximum((wanted + self.log_scale) / self.a, self.end + (wanted - self.log_end) / self.slope)
        for _ in range(_STEPS):
            reached, slope = self.log_probability(t)
            t = t + (wanted - reached) / slope
        e = exp(t)
        return e / (1.0 + e)


def _terms(a: float, b: float, count: int) -> tuple[float, ...]:
    """Return the coefficients of the continued fraction, last to first."""
    found = []
    for m in range(count):
        found.append(-(a + m) * (a + b + m) / ((a + 2 * m) * (a + 2 * m + 1)))
        found.append((m + 1) * (b - m - 1) / ((a + 2 * m + 1) * (a + 2 * m + 2)))
    return tuple(reversed(found))


@lru_cache(maxsize=_SHAPES)
def _lower_part(a: float, b: float) -> _LowerPart:
    log_scale = float(log(np.asarray(a))) + _log_gamma(a) + _log_gamma(b) - _log_gamma(a + b)
    end, count = np.asarray((a + 1.0) / (a + b + 2.0)), _FEWEST_TERMS
    part = _LowerPart(a, b, log_scale, _terms(a, b, count))
    while count < _MOST_TERMS:
        count *= 2
        longer = replace(part, terms=_terms(a, b, count))
        before, after = part.fraction(end), longer.fraction(end)
        if abs(after - before) <= np.finfo(float).eps * abs(after):
            break
        part = longer
    t = float(log(np.asarray((a + 1.0) / (b + 1.0))))
    log_end, slope = map(float, part.log_probability(np.asarray(t)))
    return replace(part, end=t, log_end=log_end, slope=slope)


def beta_cdf(a: float, b: float, x: Array) -> Array:
    """Return the distribution function of the beta distribution, elementwise, for x from 0 to 1.

    Parameters
    ----------
    a, b : float
        Shapes, greater than zero.
    x : ndarray
    """
    x = np.asarray(x, dtype=float)
    end = (a + 1.0) / (a + b + 2.0)
    lower = _lower_part(a, b).probability(np.minimum(x, end))
    upper = 1.0 - _lower_part(b, a).probability(np.minimum(1.0 - x, 1.0 - end))
    return np.where(x <= 0.0, 0.0, np.where(x >= 1.0, 1.0, np.where(x <= end, lower, upper)))


def beta_quantile(a: float, b: float, probability: Array) -> Array:
    """Return the quantile of the beta distribution, elementwise.

    Parameters
    ----------
    a, b : float
        Shapes, greater than zero.
    probability : ndarray
        From 0 to 1.
    """
    probability = np.asarray(probability, dtype=float)
    lower, upper = _lower_part(a, b), _lower_part(b, a)
    at_end = float(exp(np.asarray(lower.log_end)))
    is_low = probability <= at_end
    result = np.empty_like(probability)
    result[is_low] = lower.quantile(probability[is_low])
    result[~is_low] = 1.0 - upper.quantile(1.0 - probability[~is_low])
    return np.where(probability <= 0.0, 0.0, np.where(probability >= 1.0, 1.0, result))
