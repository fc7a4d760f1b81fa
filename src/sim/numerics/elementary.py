"""Elementary functions that have the same bits on every machine, engine and array shape.

Library `exp` and `log` differ in the last bit between NumPy, the C library and compiled code, and
with the processor; pairwise sums change with the shape of an array. The functions here use only
+ - x /, floor, abs, comparisons, square roots and powers of two, which IEEE 754 fixes, in one
stated order. That is what lets a trial be equal bit for bit in every engine.

The argument reductions are the classical ones (Cody and Waite); the polynomial and rational
coefficients are the published minimax coefficients of the FreeBSD mathematical library and of
algorithm AS 241 (Wichura 1988). Accuracy against SciPy is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from sim.vocabulary.axes import Array, BoolArray, IntArray

#: Two-sided 95 % point of the standard normal.
Z95 = 1.959963984540054

#: A coefficient: an array of no axes, which NumPy takes up in less time than a number of Python's.
Constant = Array


def constants(*values: float) -> tuple[Constant, ...]:
    """Return numbers as `Constant`s."""
    return tuple(map(np.asarray, values))


_LN2_HIGH, _LN2_LOW = constants(6.93147180369123816490e-01, 1.90821492927058770002e-10)
_LOG2_E, _SQRT_HALF = constants(1.44269504088896338700e00, 0.70710678118654752440)
_LOWEST, _HIGHEST = constants(-700.0, 700.0)
_ZERO, _HALF, _ONE, _TWO = constants(0.0, 0.5, 1.0, 2.0)

#: What a sum begins with: it keeps the sign of zero.
_NOTHING_YET = np.asarray(-0.0)

_EXP = constants(
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
_LOG = constants(
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
_CENTRE = (
    constants(
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ),
    constants(
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)
_TAIL = (
    constants(
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
    constants(
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
_FAR_TAIL = (
    constants(
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    constants(
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)
_CENTRE_HALF_WIDTH, _CENTRE_HALF_WIDTH_SQUARED = constants(0.425, 0.425 * 0.425)
_TAIL_MIDDLE, _FAR = constants(1.6, 5.0)

_FLOAT = np.dtype(float)

#: Numbers that a function of many steps takes at a time: what it computes on the way stays in the cache.
_AT_A_TIME = 10240

#: Numbers from which on sums in turn are taken row by row.
_FEW = 512


def in_pieces(function: Callable[[Array], Array], x: Array) -> Array:
    """Apply an elementwise function to a large array, so many numbers at a time."""
    x = np.asarray(x)
    if x.size <= _AT_A_TIME:
        return function(x)
    result, flat = np.empty(x.size), x.reshape(-1)
    for start in range(0, x.size, _AT_A_TIME):
        part = slice(start, start + _AT_A_TIME)
        result[part] = function(flat[part])
    return result.reshape(x.shape)


def polynomial(coefficients: Sequence[Constant | float], x: Array) -> Array:
    """Evaluate sum of coefficients[k] x^k by Horner's rule."""
    value = coefficients[-1] * x
    value += coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        value *= x
        value += coefficient
    return value


def exp(x: Array) -> Array:
    """Return e to the power x, elementwise; the argument is limited to +-700.

    With x = k ln 2 + r, e^x = 2^k e^r, and e^r by a rational form in r.
    """
    return in_pieces(_exp, x)


def _exp(x: Array) -> Array:
    """Return what `exp` does; in place where that spares an array, as in the functions below."""
    x = np.minimum(np.maximum(x, _LOWEST), _HIGHEST)
    k = x * _LOG2_E
    k += _HALF
    k = np.floor(k)
    high = x - k * _LN2_HIGH
    low = k * _LN2_LOW
    r = high - low
    square = r * r
    c = polynomial(_EXP, square)
    c *= square
    c = r - c
    r *= c
    r /= _TWO - c
    low -= r
    low -= high
    power: Array = np.ldexp(_ONE - low, k.astype(np.int32))
    return power


def log(x: Array) -> Array:
    """Return the natural logarithm of positive x, elementwise.

    With x = 2^k (1 + f), ln x = k ln 2 + ln(1 + f), and the latter by a series in f / (2 + f).
    """
    return in_pieces(_log, x)


def _log(x: Array) -> Array:
    """Return what `log` does."""
    mantissa, exponent = np.frexp(x)
    is_small = mantissa < _SQRT_HALF
    f = np.where(is_small, _TWO * mantissa, mantissa)
    f -= _ONE
    k = (exponent - is_small).astype(float)
    s = f / (_TWO + f)
    z = s * s
    rest = polynomial(_LOG, z)
    rest *= z
    half_square = _HALF * f
    half_square *= f
    rest += half_square
    rest *= s
    rest += k * _LN2_LOW
    half_square -= rest
    half_square -= f
    k *= _LN2_HIGH
    k -= half_square
    return k


def _centre_quantile(q: Array) -> Array:
    """Return the normal quantile of 0.5 + q, where q is small."""
    r = _CENTRE_HALF_WIDTH_SQUARED - q * q
    value = q * polynomial(_CENTRE[0], r)
    value /= polynomial(_CENTRE[1], r)
    return value


def _tail_quantile(q: Array, u: Array) -> Array:
    """Return the normal quantile of u = 0.5 + q, where u is near 0 or 1."""
    r = np.sqrt(-log(np.where(q < _ZERO, u, _ONE - u)))
    near, far = r - _TAIL_MIDDLE, r - _FAR
    value = np.where(
        r <= _FAR,
        polynomial(_TAIL[0], near) / polynomial(_TAIL[1], near),
        polynomial(_FAR_TAIL[0], far) / polynomial(_FAR_TAIL[1], far),
    )
    return np.where(q < _ZERO, -value, value)


def normal_quantile(u: Array) -> Array:
    """Return the standard normal quantile of u in (0, 1), elementwise (algorithm AS 241)."""
    return in_pieces(_quantile, u)


def normal_quantiles(*uniforms: Array) -> list[Array]:
    """Return the normal quantiles of several arrays: the same as one by one, in less time if small."""
    ends = np.cumsum([u.size for u in uniforms]).tolist()
    quantiles = normal_quantile(np.concatenate([u.reshape(-1) for u in uniforms]))
    return [quantiles[end - u.size : end].reshape(u.shape) for u, end in zip(uniforms, ends, strict=True)]


def _quantile(u: Array) -> Array:
    """Return what `normal_quantile` does: the form of the centre, and in its place that of the tail."""
    flat = u.reshape(-1)
    q = flat - _HALF
    result = _centre_quantile(q)
    (tail,) = (np.abs(q) > _CENTRE_HALF_WIDTH).nonzero()
    if tail.size:
        result[tail] = _tails(q.take(tail), flat.take(tail))
    return result.reshape(u.shape)


def _tails(q: Array, u: Array) -> Array:
    """Return what `_tail_quantile` does; the far tail, which is hardly ever met, only for those in it."""
    is_low = q < _ZERO
    r = np.sqrt(-_log(np.where(is_low, u, _ONE - u)))
    near = r - _TAIL_MIDDLE
    value = polynomial(_TAIL[0], near)
    value /= polynomial(_TAIL[1], near)
    (far,) = (r > _FAR).nonzero()
    if far.size:
        beyond = r[far] - _FAR
        value[far] = polynomial(_FAR_TAIL[0], beyond) / polynomial(_FAR_TAIL[1], beyond)
    return np.where(is_low, -value, value)


def total(x: Array, axis: int = 0) -> Array:
    """Return the sum over an axis, the first unless stated, one entry after another.

    `numpy.sum` adds in pairs along the axis that is contiguous in memory, and so gives other bits when that
    is the one, or when the trial axis has length one.
    """
    if x.size and axis != x.ndim - 1 and x.strides[-1] == x.itemsize and x.shape[-1] > 1:
        # NumPy is faster where it need not ask for the type.
        dtype = None if x.dtype is _FLOAT else float
        summed: Array = np.add.reduce(x, axis=axis, dtype=dtype, initial=_NOTHING_YET)
        return summed
    if x.size and (x.size < _FEW or x.ndim == 1):
        return np.array(np.add.accumulate(x, axis=axis, dtype=float).take(-1, axis=axis))
    return by_rows(x, axis)


def by_rows(x: Array, axis: int = 0) -> Array:
    """Return the sum over an axis, row by row; what `total` is in machine code."""
    rows = np.moveaxis(x, axis, 0)
    result = np.array(rows[0], dtype=float)
    for row in rows[1:]:
        result += row
    return result


def total_of(parts: Iterable[Array]) -> Array:
    """Return the sum of arrays of one shape, one after another."""
    first, *others = parts
    result = np.array(first)
    for part in others:
        result += part
    return result


def running_total(x: Array) -> Array:
    """Return the sums of the first entries along the first axis: of one, of two, and so on."""
    if x.size < _FEW:
        return np.add.accumulate(x, axis=0)
    result = np.array(x)
    for row, above in zip(result[1:], result[:-1], strict=True):
        row += above
    return result


def greatest(x: Array) -> Array:
    """Return the greatest over the first axis."""
    found: Array = np.maximum.reduce(x, axis=0)
    return found


def count(x: BoolArray) -> IntArray:
    """Return how many hold, over the first axis."""
    counted: IntArray = np.add.reduce(x, axis=0, dtype=int)
    return counted
