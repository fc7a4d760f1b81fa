"""Measuring: processor time, several times, alternating between what is compared."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """What was measured, in every repetition."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def text(self, digits: int = 3) -> tuple[str, str]:
        """Return the median, and the least and the greatest."""
        shown = [f"{value:,.{digits}g}" if value < 1000 else f"{value:,.0f}" for value in self.values]
        in_order = sorted(zip(self.values, shown, strict=True))
        middle = f"{self.median:,.{digits}g}" if self.median < 1000 else f"{self.median:,.0f}"
        return middle, f"{in_order[0][1]} to {in_order[-1][1]}"


def ratio(one: Measured, other: Measured) -> Measured:
    """Return one over the other, repetition by repetition."""
    return Measured(tuple(a / b for a, b in zip(one.values, other.values, strict=True)))


def rates(works: Mapping[str, tuple[Callable[[], object], int]], repeats: int) -> dict[str, Measured]:
    """Return trials per second of processor time.

    Parameters
    ----------
    works : mapping
        Name -> what is done, and how many trials it does.
    repeats : int
        How often; the works take turns, so that a busy spell of the machine hits all of them.
    """
    found: dict[str, list[float]] = {name: [] for name in works}
    for work, _ in works.values():
        work()  # warm: imports, caches, memory
    tick = time.get_clock_info("process_time").resolution  # what takes no time that the clock can show
    for _ in range(repeats):
        for name, (work, n_trials) in works.items():
            gc.collect()
            begin = time.process_time()
            work()
            found[name].append(n_trials / max(time.process_time() - begin, tick))
    return {name: Measured(tuple(values)) for name, values in found.items()}


def print_table(rows: list[tuple[str, ...]]) -> None:
    """Print columns as wide as they need to be, the first to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, (first, *others) in enumerate(rows):
        cells = [first.ljust(widths[0]), *map(str.rjust, others[:2], widths[1:]), *others[2:]]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
