"""Quarters of the calendar: the model's only dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sim.vocabulary.arguments import FIRST_YEAR, LAST_YEAR
from sim.vocabulary.axes import QUARTERS


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a calendar year.

    >>> Quarter.parse("2024-Q1") + 5
    Quarter(year=2025, quarter=2)
    """

    year: int
    quarter: int

    @classmethod
    def parse(cls, text: Any) -> Quarter:
        """Read ``2024-Q1``; raise `ValueError` if it is anything else."""
        if isinstance(text, Quarter):
            return text
        found = re.fullmatch(r"(\d{4})-Q([1-4])", text, flags=re.ASCII) if isinstance(text, str) else None
        if found is None:
            raise ValueError('not a quarter. Write it as "2027-Q1".')
        year = int(found.group(1))
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(f"outside the years that can be simulated. Write {FIRST_YEAR} to {LAST_YEAR}.")
        return cls(year, int(found.group(2)))

    @classmethod
    def from_ordinal(cls, ordinal: int) -> Quarter:
        """Return the quarter with this number; see `ordinal`."""
        year, quarter = divmod(ordinal, QUARTERS)
        return cls(year, quarter + 1)

    @property
    def ordinal(self) -> int:
        """Number of the quarter, counted from the first of year 0."""
        return self.year * QUARTERS + self.quarter - 1

    def __add__(self, quarters: int) -> Quarter:
        return self.from_ordinal(self.ordinal + quarters)

    def __str__(self) -> str:
        return f"{self.year:04d}-Q{self.quarter}"
