"""What holding the model against the record has shown, in sentences: how much holds, then the misses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from sim.vocabulary import amounts

if TYPE_CHECKING:
    from sim.analysis.validate import directions, patterns, potency

T = TypeVar("T")

#: Of many, those that a sentence names.
_NAMED = 3


def of_patterns(results: Sequence[patterns.Result]) -> list[str]:
    """Return how many patterns of the record the model shows, and which it misses, with the error of each.

    Parameters
    ----------
    results : sequence of Result
        From `sim.analysis.validate.patterns.report`.
    """
    counted = [each for each in results if each.verdict != "open"]
    missed = [each for each in counted if each.verdict == "miss"]
    left = len(results) - len(counted)
    rest = f"; of {left} more the record cannot say" if left else ""
    said = [f"The model shows {len(counted) - len(missed)} of {len(counted)} patterns of the record{rest}."]
    if missed:
        said.append(f"It misses {_listed(missed, _pattern)}. After ±: standard errors.")
    return said


def of_directions(found: directions.Report) -> list[str]:
    """Return how many signs that the evidence asserts the model shows, and which it misses, with intervals.

    Parameters
    ----------
    found : Report
        From `sim.analysis.validate.directions.report`.
    """
    verdicts = [each.verdict for each in found.results]
    counts = ", ".join(f"{verdicts.count(name)} {name}" for name in ("shown", "unclear", "missed"))
    said = [
        f"Of {len(verdicts)} signs that the evidence asserts: {counts}; {len(found.excluded)} without an "
        "experiment."
    ]
    missed = [each for each in found.results if each.verdict == "missed"]
    if missed:
        said.append(f"It misses {_listed(missed, _direction)}. In brackets 95 % Monte Carlo intervals.")
    return said


def of_sizes(found: potency.Report, inert_below: float) -> list[str]:
    """Return how many levers are potent, unclear and inert, and the one that moves most, with its error.

    Parameters
    ----------
    found : Report
        From `sim.analysis.validate.potency.report`.
    inert_below : float
        Standard deviations within which an effect counts as none.
    """
    verdicts = [each.verdict for each in found.results]
    counts = ", ".join(f"{verdicts.count(name)} {name}" for name in ("potent", "unclear", "inert"))
    said = [
        f"Of {len(verdicts)} effects of documented levers: {counts} (within {inert_below:g} s.d. of zero at "
        "the maximum)."
    ]
    sized = [each for each in found.results if each.maximum.deviations is not None]
    if sized:
        largest = max(sized, key=lambda each: abs(each.maximum.deviations or 0.0))
        most = largest.maximum
        ends = (most.deviations, most.deviations_low, most.deviations_high)
        middle, low, high = (each or 0.0 for each in ends)
        size = amounts.with_interval(middle, low, high, is_signed=True)
        said.append(f"{largest.lever} moves most: {largest.effect} by {size} s.d.")
    return said


def _pattern(each: patterns.Result) -> str:
    said = amounts.with_error(each.mean, each.standard_error)
    return f"{each.label} ({said} {each.unit}, {amounts.number(each.recorded)} on record)"


def _direction(each: directions.Result) -> str:
    change = amounts.with_interval(each.mean, each.low, each.high, is_signed=True)
    return f"{each.cause} on {each.effect} ({each.sign:+d} asserted): {change} {each.unit}"


def _listed(items: Sequence[T], said: Callable[[T], str]) -> str:
    """Return the first items in words, and how many there are besides."""
    named = "; ".join(said(each) for each in items[:_NAMED])
    more = len(items) - _NAMED
    return f"{named}; and {more} more" if more > 0 else named
