"""How uncertain a number is: a few named shapes, drawn by inverse CDF within hard bounds.

In TOML: ``{ uniform = [a, b] }``, ``{ normal = [mean, sd] }``, ``{ lognormal = [median, log_sd] }``,
``{ triangular = [low, mode, high] }``, ``{ beta = [a, b, low, high] }``, ``{ choice = [v1, v2, ...] }``.
A draw needs one uniform number. Bounds truncate: the uniform is rescaled into the probabilities that
lie between them, so that no mass piles up on a bound. All of it is done by functions of `sim.numerics`, which
have the same bits on every machine.
"""

# The methods of the shapes are documented once, in Distribution.
# ruff: noqa: D102

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from sim.numerics.elementary import exp, log, normal_quantile
from sim.numerics.special import beta_cdf, beta_quantile, normal_cdf
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, MissingField, OutOfBounds, UnknownName, WrongType, nearest

Bounds = tuple[float, float]
UNBOUNDED: Bounds = (-math.inf, math.inf)

#: The least and the greatest probability that are not 0 or 1.
_LEAST, _GREATEST = 2.0**-1022, 1.0 - 2.0**-53

#: Numbers drawn at a time: what is computed on the way should stay in the cache of a core.
_AT_A_TIME = 2**15

#: Truncated shapes whose probabilities are kept: those of a few scenarios.
_MOST_KEPT = 4096


class Distribution(ABC):
    """What the shapes have in common. `fields` names the numbers of the TOML list, in order."""

    kind: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]

    #: What all elements of this shape share a stream of draws under; "" where each has its own.
    stream: ClassVar[str] = ""

    #: Whether `inverse` also takes columns of numbers, one for each of many shapes.
    is_elementwise: ClassVar[bool] = False

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers of the TOML list."""
        return tuple(vars(self).values())

    @property
    @abstractmethod
    def support(self) -> Bounds:
        """Least and greatest value that can occur."""

    @abstractmethod
    def cdf(self, x: Any) -> Array:
        """Probability of a value up to `x`, before any bounds."""

    @abstractmethod
    def inverse(self, probability: Array) -> Array:
        """Value below which `probability` lies, before any bounds."""

    def quantile(self, u: Any, bounds: Bounds = UNBOUNDED) -> Array:
        """Return the values at probabilities `u` of the distribution truncated to `bounds`."""
        return self._within(np.asarray(u, dtype=float), _probabilities(self, bounds), bounds)

    def _within(self, u: Array, probabilities: Any, bounds: Any) -> Array:
        """Return the values at probabilities `u` between those of the bounds."""
        below, upto = probabilities
        probability = below + u * (upto - below)
        # Rounding must not reach 0 or 1, where a shape without ends is infinite.
        values = self.inverse(np.clip(probability, _LEAST, _GREATEST))
        low, high = bounds
        within: Array = np.clip(values, low, high)  # rounding only: the probabilities are within already
        return within

    def middle(self) -> float:
        """Return the median before any bounds."""
        return float(self.inverse(np.asarray(0.5)))

    def plausible(self, bounds: Bounds = UNBOUNDED) -> Bounds:
        """Return the 5 % and 95 % quantiles."""
        low, high = self.quantile(np.array([0.05, 0.95]), bounds)
        return float(low), float(high)

    def describe(self) -> str:
        """Say it in a few words."""
        pairs = zip(self.fields, self.numbers, strict=True)
        return f"{self.kind}, " + ", ".join(f"{field} {number:g}" for field, number in pairs)

    def fault(self) -> str | None:
        """Say what is wrong with the numbers, if anything."""
        return None

    def reaches_outside(self, bounds: Bounds) -> bool:
        """Whether the shape contradicts `bounds`.

        A shape with ends must keep them inside; one without is cut, but its middle must be inside.
        """
        ends = self.support
        if not all(map(math.isfinite, ends)):
            ends = (self.middle(), self.middle())
        return ends[0] < bounds[0] or ends[1] > bounds[1]


def quantiles(
    shapes: Sequence[Distribution], bounds: Sequence[Bounds], uniforms: Callable[[int], Array], into: Array
) -> None:
    """Write the values of many truncated shapes, those of one kind together: the same bits in less time.

    Parameters
    ----------
    shapes, bounds : sequence
        The shapes, and the bounds of each.
    uniforms : callable
        Returns the probabilities of the shape at a position, shape (trial,).
    into : ndarray, shape (shape, trial)
        Where the values go.
    """
    kinds: dict[type[Distribution], list[int]] = {}
    for position, shape in enumerate(shapes):
        kinds.setdefault(type(shape), []).append(position)
    for kind, positions in kinds.items():
        if not kind.is_elementwise:
            for k in positions:
                into[k] = shapes[k].quantile(uniforms(k), bounds[k])
            continue
        many = max(1, _AT_A_TIME // max(1, into.shape[-1]))
        for start in range(0, len(positions), many):
            some = positions[start : start + many]
            cut = np.array([_probabilities(shapes[k], bounds[k]) for k in some]).T[..., None]
            low, high = np.array([bounds[k] for k in some]).T[..., None]
            as_one = kind(*np.array([shapes[k].numbers for k in some]).T[..., None])
            into[some] = as_one._within(np.array([uniforms(k) for k in some]), cut, (low, high))


@lru_cache(maxsize=_MOST_KEPT)
def _probabilities(shape: Distribution, bounds: Bounds) -> Bounds:
    """Return the probabilities of values up to each bound."""
    below, upto = map(float, map(shape.cdf, bounds))
    return below, upto


@dataclass(frozen=True)
class Uniform(Distribution):
    """Equally likely between two ends."""

    low: float
    high: float
    kind: ClassVar[str] = "uniform"
    is_elementwise: ClassVar[bool] = True
    fields: ClassVar[tuple[str, ...]] = ("low", "high")

    @property
    def support(self) -> Bounds:
        return (self.low, self.high)

    def cdf(self, x: Any) -> Array:
        return np.clip((np.asarray(x, dtype=float) - self.low) / (self.high - self.low), 0.0, 1.0)

    def inverse(self, probability: Array) -> Array:
        return self.low + (self.high - self.low) * probability

    def describe(self) -> str:
        return f"uniform, {self.low:g} to {self.high:g}"

    def fault(self) -> str | None:
        return None if self.low < self.high else "the first number must be less than the second"


@dataclass(frozen=True)
class Normal(Distribution):
    """The bell curve."""

    mean: float
    sd: float
    kind: ClassVar[str] = "normal"
    is_elementwise: ClassVar[bool] = True
    fields: ClassVar[tuple[str, ...]] = ("mean", "s.d.")

    def middle(self) -> float:
        return self.mean

    @property
    def support(self) -> Bounds:
        return UNBOUNDED

    def cdf(self, x: Any) -> Array:
        return normal_cdf((np.asarray(x, dtype=float) - self.mean) / self.sd)

    def inverse(self, probability: Array) -> Array:
        return np.asarray(self.mean + self.sd * normal_quantile(probability))

    def fault(self) -> str | None:
        return None if self.sd > 0 else "the standard deviation must be greater than 0"


@dataclass(frozen=True)
class Lognormal(Distribution):
    """A bell curve of the logarithm, given by the median and the standard deviation of the logarithm."""

    median: float
    log_sd: float
    kind: ClassVar[str] = "lognormal"
    is_elementwise: ClassVar[bool] = True
    fields: ClassVar[tuple[str, ...]] = ("median", "log s.d.")

    def middle(self) -> float:
        return self.median

    @property
    def support(self) -> Bounds:
        return (0.0, math.inf)

    def cdf(self, x: Any) -> Array:
        ratio = np.maximum(np.asarray(x, dtype=float), 0.0) / self.median
        is_inside = (ratio > 0.0) & (ratio < np.inf)
        ends = np.where(ratio > 0.0, np.inf, -np.inf)
        return normal_cdf(np.where(is_inside, log(np.where(is_inside, ratio, 1.0)), ends) / self.log_sd)

    def inverse(self, probability: Array) -> Array:
        return np.asarray(self.median * exp(self.log_sd * normal_quantile(probability)))

    def fault(self) -> str | None:
        return None if self.median > 0 and self.log_sd > 0 else "both numbers must be greater than 0"


@dataclass(frozen=True)
class Triangular(Distribution):
    """Two ends and the most likely value."""

    low: float
    mode: float
    high: float
    kind: ClassVar[str] = "triangular"
    is_elementwise: ClassVar[bool] = True
    fields: ClassVar[tuple[str, ...]] = ("low", "mode", "high")

    @property
    def support(self) -> Bounds:
        return (self.low, self.high)

    @property
    def _rising(self) -> float:
        """Probability of a value below the mode."""
        return (self.mode - self.low) / (self.high - self.low)

    def cdf(self, x: Any) -> Array:
        x = np.clip(np.asarray(x, dtype=float), self.low, self.high)
        up, down, width = self.mode - self.low, self.high - self.mode, self.high - self.low
        rising = (x - self.low) * (x - self.low) / (width * up) if up > 0 else np.zeros_like(x)
        falling = 1.0 - (self.high - x) * (self.high - x) / (width * down) if down > 0 else np.ones_like(x)
        return np.asarray(np.where(x < self.mode, rising, falling))

    def inverse(self, probability: Array) -> Array:
        width = self.high - self.low
        rising = self.low + np.sqrt(probability * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1.0 - probability) * width * (self.high - self.mode))
        return np.asarray(np.where(probability < self._rising, rising, falling))

    def fault(self) -> str | None:
        is_ordered = self.low <= self.mode <= self.high and self.low < self.high
        return None if is_ordered else "the numbers must rise: low, mode, high"


@dataclass(frozen=True)
class Beta(Distribution):
    """The beta distribution with shapes `a` and `b`, stretched from `low` to `high`."""

    a: float
    b: float
    low: float
    high: float
    kind: ClassVar[str] = "beta"
    fields: ClassVar[tuple[str, ...]] = ("a", "b", "low", "high")

    @property
    def support(self) -> Bounds:
        return (self.low, self.high)

    def cdf(self, x: Any) -> Array:
        part = np.clip((np.asarray(x, dtype=float) - self.low) / (self.high - self.low), 0.0, 1.0)
        return beta_cdf(self.a, self.b, part)

    def inverse(self, probability: Array) -> Array:
        return np.asarray(self.low + (self.high - self.low) * beta_quantile(self.a, self.b, probability))

    def fault(self) -> str | None:
        if self.a <= 0 or self.b <= 0:
            return "the two shapes must be greater than 0"
        return None if self.low < self.high else "low must be less than high"


@dataclass(frozen=True)
class Choice(Distribution):
    """One of a few values, each as likely as the others. The values are kept sorted."""

    values: tuple[float, ...]
    kind: ClassVar[str] = "choice"
    fields: ClassVar[tuple[str, ...]] = ()

    @property
    def numbers(self) -> tuple[float, ...]:
        return self.values

    @property
    def support(self) -> Bounds:
        return (self.values[0], self.values[-1])

    def cdf(self, x: Any) -> Array:
        upto = np.searchsorted(self.values, np.asarray(x, dtype=float), side="right")
        return np.asarray(upto / len(self.values))

    def inverse(self, probability: Array) -> Array:
        position = np.ceil(probability * len(self.values)).astype(int) - 1
        return np.asarray(np.array(self.values)[np.clip(position, 0, len(self.values) - 1)])

    def quantile(self, u: Any, bounds: Bounds = UNBOUNDED) -> Array:
        within = tuple(value for value in self.values if bounds[0] <= value <= bounds[1])
        return Choice(within).inverse(np.asarray(u, dtype=float))

    def describe(self) -> str:
        return "one of " + ", ".join(f"{value:g}" for value in self.values)

    def fault(self) -> str | None:
        return None if len(set(self.values)) > 1 else "a choice needs two different values or more"


#: kind -> shape
KINDS: dict[str, type[Distribution]] = {
    shape.kind: shape for shape in (Uniform, Normal, Lognormal, Triangular, Beta, Choice)
}


def is_number(value: Any) -> bool:
    """Whether a value is a finite number, also one of NumPy's; truth values are not."""
    value = arguments.plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number too large for a float
        return False


def parse(mapping: Any, file: str = "", place: str = "distribution") -> Distribution:
    """Return the distribution written as ``{ kind = [numbers] }``.

    Raises
    ------
    InputError
        If the kind is unknown, or the numbers are too few, not numbers, or contradict each other.
    """
    if not isinstance(mapping, Mapping):
        remedy = "Write it as { uniform = [low, high] }, with one of: " + ", ".join(KINDS) + "."
        raise WrongType(file, place, "not a distribution", remedy, mapping)
    for kind in mapping:
        if kind not in KINDS:
            remedy = nearest(kind, KINDS, "distributions")
            raise UnknownName(file, f"{place}.{kind}", "no such distribution", remedy)
    if len(mapping) != 1:
        raise Contradiction(file, place, "exactly one distribution is wanted", "Keep one.", dict(mapping))
    [(kind, given)] = mapping.items()
    place = f"{place}.{kind}"
    shape = KINDS[kind]
    wanted = f"Write {kind} = [{', '.join(shape.fields) or 'value, value, ...'}]."
    given = given.tolist() if isinstance(given, np.ndarray) else given
    if not isinstance(given, list | tuple):
        raise WrongType(file, place, "not a list of numbers", wanted, given)
    for number in given:
        if not is_number(number):
            raise WrongType(file, place, "{value} is not a finite number", wanted, number)
    numbers = [float(number) for number in given]
    if shape.fields and len(numbers) != len(shape.fields):
        problem = f"{len(shape.fields)} numbers are wanted, and {len(numbers)} given"
        raise MissingField(file, place, problem, wanted, given)
    made = Choice(tuple(sorted(numbers))) if shape is Choice else shape(*numbers)
    fault = made.fault()
    if fault is not None:
        raise OutOfBounds(file, place, fault, wanted, given)
    return made
