"""Numbers as people read them: no exponent, thousands apart, a true minus sign, digits by the error."""

from __future__ import annotations

import math

#: Significant digits of a number without an error.
DIGITS = 3

#: Below this a number is so many zeros that an exponent is easier to read.
_TINY = 1e-6

#: An error of at most so many units of its first digit is written with two.
_TWO_DIGITS_UP_TO = 3.5


def number(value: float, digits: int = DIGITS, is_signed: bool = False) -> str:
    """Write a number with at most so many significant digits; what stands before the point is whole.

    >>> number(1234567.8), number(0.25), number(-0.01234, 2, True), number(12.0, is_signed=True)
    ('1,234,568', '0.25', '−0.012', '+12')
    """
    if not math.isfinite(value):
        return "–"
    plus = "+" if is_signed and value != 0.0 else ""
    if 0.0 < abs(value) < _TINY:
        return f"{value:{plus}.{digits}g}".replace("-", "−")
    text = f"{value:{plus},.{max(0, _decimals(value, digits))}f}"
    return _plain(text.rstrip("0").rstrip(".") if "." in text else text)


def with_error(value: float, error: float, is_signed: bool = False) -> str:
    """Write a number and its error, with the decimals that the error leaves it.

    >>> with_error(-1.0612, 0.038, True), with_error(12345.6, 789.0), with_error(0.0865, 0.0552)
    ('−1.06 ± 0.04', '12,346 ± 789', '0.09 ± 0.06')
    """
    if not math.isfinite(error) or not math.isfinite(value):
        return f"{number(value, is_signed=is_signed)} ± {number(error, 2) if math.isfinite(error) else '?'}"
    decimals = decimals_for(value, error)
    return f"{fixed(value, decimals, is_signed)} ± {fixed(error, decimals)}"


def with_interval(value: float, low: float, high: float, is_signed: bool = False) -> str:
    """Write a number and its interval, all with the decimals that the interval leaves it.

    >>> with_interval(2.31, 1.91, 2.71), with_interval(-17.46, -28.5, -6.39, True)
    ('2.3 (1.9 to 2.7)', '−17 (−28 to −6)')
    """
    if not all(map(math.isfinite, (value, low, high))):
        middle, *ends = (number(each, is_signed=is_signed) for each in (value, low, high))
    else:
        decimals = decimals_for(value, (high - low) / 2)
        middle, *ends = (fixed(each, decimals, is_signed) for each in (value, low, high))
    return f"{middle} ({' to '.join(ends)})"


def decimals_for(value: float, error: float) -> int:
    """Return how many decimals a number has that is known up to this error.

    As many as show the error with one digit, or two if the first is small; no more than three digits of the
    number, unless its error would be written as zero.
    """
    if not error > 0.0 or not math.isfinite(error):
        return max(0, _decimals(value, DIGITS))
    one = _decimals(error, 1)
    leading = error * 10.0**one
    usual = one + 1 if leading <= _TWO_DIGITS_UP_TO else one
    return max(0, one, min(usual, _decimals(value, DIGITS)))


def fixed(value: float, decimals: int, is_signed: bool = False) -> str:
    """Write a number with so many decimals; zero has no sign.

    >>> fixed(-1234.56, 1), fixed(0.25, 2, True), fixed(-0.0001, 2, True)
    ('−1,234.6', '+0.25', '0.00')
    """
    return _plain(f"{value:{'+' if is_signed else ''},.{decimals}f}")


def percent(share: float) -> str:
    """Write a share as a whole number of percent; a dash where there is none.

    >>> percent(0.2871), percent(-0.002), percent(math.nan)
    ('29 %', '0 %', '–')
    """
    return f"{fixed(100.0 * share, 0)} %" if math.isfinite(share) else "–"


def _decimals(value: float, digits: int) -> int:
    """Return how many decimals show so many significant digits; negative where fewer than none would do."""
    if value == 0.0:
        return 0
    # What is rounded up to the next power of ten has one digit more already.
    exponent = int(f"{abs(value):.{digits - 1}e}".partition("e")[2])
    return digits - 1 - exponent


def _plain(text: str) -> str:
    """Return a number with a true minus sign, and zero without a sign."""
    if float(text.replace(",", "")) == 0.0:
        text = text.lstrip("+-")
    return text.replace("-", "−")
