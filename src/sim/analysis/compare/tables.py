"""Writing the summary: CSV for computers, Markdown for pages, a grid of texts for terminals."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from itertools import groupby
from pathlib import Path
from typing import Any

from sim.analysis.compare.summary import Difference, Row, decimals
from sim.vocabulary.amounts import fixed

#: Headings of the grid.
COLUMNS = (
    "Year",
    "Scenario",
    "Median",
    "90 % range",
    "Difference ±",
    "90 % range",
    "P(>)",
    "P(=)",
)

#: Columns of a single scenario: the first few.
LEVELS = 4

#: Headings where a terminal is too narrow for them all: ranges stand below what they are the range of.
NARROW = ("Year", "Scenario", "Median\n90 % range", "Difference ±\n90 % range", "P(>)", "P(=)")

#: How to read the grid.
NOTE = (
    "Differences are taken trial by trial, with the same random draws in both scenarios: their mean ± its "
    "95 % Monte Carlo interval, and the range that holds 90 % of them. P(>), P(=): share of trials above, "
    "equal to the reference."
)

_LEVELS = (
    "measure",
    "text",
    "unit",
    "quarter",
    "scenario",
    "title",
    "trials",
    "mean",
    "median",
    "q05",
    "q95",
)
_STATISTICS = tuple(field.name for field in fields(Difference) if field.name != "reference")


def records(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows as flat mappings; what is missing or not finite is None."""
    found = []
    for row in rows:
        flat: dict[str, Any] = {name: getattr(row, name) for name in _LEVELS}
        gap = asdict(row.difference) if row.difference else {}
        flat["reference"] = gap.get("reference")
        flat |= {f"difference_{name}": gap.get(name) for name in _STATISTICS}
        found.append({name: value if _is_sound(value) else None for name, value in flat.items()})
    return found


def difference_records(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the paired differences alone as flat mappings."""
    return [
        {name.removeprefix("difference_"): value for name, value in record.items() if name not in _LEVELS[6:]}
        for record in records(row for row in rows if row.difference is not None)
    ]


def write_csv(table: Sequence[dict[str, Any]], path: Path) -> Path:
    """Write records as a CSV file; numbers have seven figures, and what is missing is empty."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(table[0]) if table else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in record.items()} for record in table)
    return path


def grids(rows: Iterable[Row]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Yield, for each headline measure, its heading and its lines in the order of `COLUMNS`."""
    headlines = [row for row in rows if row.is_headline]
    for _, group in groupby(headlines, key=lambda row: row.measure):
        same = list(group)
        digits = decimals(same)
        yield f"{same[0].text} ({same[0].unit})", [_line(row, digits) for row in same]


def narrowed(line: Sequence[str]) -> tuple[str, ...]:
    """Return a line of the grid in the order of `NARROW`, ranges below what they are the range of."""
    year, scenario, median, spread, difference, differences, greater, equal = line
    return year, scenario, f"{median}\n{spread}", f"{difference}\n{differences}".strip(), greater, equal


def markdown(rows: Sequence[Row]) -> str:
    """Return the headline measures as Markdown tables."""
    parts = []
    for heading, lines in grids(rows):
        ruler = ["---:", "---", *["---:"] * (len(COLUMNS) - 2)]
        table = "\n".join(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
            for cells in (COLUMNS, ruler, *lines)
        )
        parts.append(f"### {heading}\n\n{table}\n")
    return "\n".join([*parts, about(rows), ""])


def about(rows: Sequence[Row]) -> str:
    """Say how to read the table."""
    if not rows:
        return "No table: none of the variables it shows was kept, or every trial failed."
    text = f"{rows[0].trials:,} trials per scenario; values at the end of the year."
    reference = next((row.difference.reference for row in rows if row.difference), None)
    return text if reference is None else f"{text} Reference: {reference}. {NOTE}"


def _line(row: Row, digits: int) -> tuple[str, ...]:
    level = (
        str(row.year),
        row.scenario,
        fixed(row.median, digits),
        f"{fixed(row.q05, digits)} to {fixed(row.q95, digits)}",
    )
    gap = row.difference
    if gap is None:
        return (*level, "", "", "", "")
    margin = gap.mean_high - gap.mean
    give_or_take = fixed(margin, digits + 1) if math.isfinite(margin) else "?"
    return (
        *level,
        f"{fixed(gap.mean, digits + 1, True)} ± {give_or_take}",
        f"{fixed(gap.q05, digits, True)} to {fixed(gap.q95, digits, True)}",
        f"{gap.p_greater:.2f}",
        f"{gap.p_equal:.2f}",
    )


def _is_sound(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return f"{value:.7g}" if isinstance(value, float) else value
