"""The command that follows a number back to who said it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sim.cli import options

if TYPE_CHECKING:
    from sim.analysis.explain.provenance import Number


@click.command()
@click.argument("name", shell_complete=options.complete_name)
@options.base("Scenario whose numbers are shown.")
@options.as_json
def trace(name: str, scenario: str, as_json: bool) -> None:
    """Follow a name back to its sources.

    Shows the mechanisms, the numbers, and who said so.

    NAME is a variable (supplier_share), a parameter (finance_weight, demand.caution, or one element of it) or
    the file of a figure.
    """
    from dataclasses import asdict

    from sim.analysis.explain import provenance
    from sim.cli.show import place_of
    from sim.cli.terminal import write_fields, write_json, write_table
    from sim.scenario import loading

    found = provenance.trace(name, loading.load(scenario))
    if as_json:
        content = asdict(found)
        content["evidence"] = [asdict(row) | {"document": row.document} for row in found.evidence]
        write_json(content)
        return
    is_variable = found.kind == "variable"
    write_fields(
        [
            (found.kind.capitalize(), found.name),
            ("What", found.text),
            ("Unit", found.unit),
            ("Written by" if is_variable else "Given in", found.origin),
            ("Mechanism", "\n".join(found.theory)),
            ("From", ", ".join(found.reads)),
            (
                "Read by",
                ", ".join(found.read_by) or "nothing: it is measured only"
                if is_variable
                else ", ".join(found.read_by),
            ),
            ("Goes into", ", ".join(found.writes)),
            ("Events", "\n".join(found.events)),
        ]
    )
    if found.numbers:
        rows = _grouped(found.numbers)
        write_table(("Number", "Value", "Unit", "Rests on"), rows, f"Numbers in {scenario}")
    if found.evidence:
        rows = [(row.id, row.claim, place_of(row)) for row in found.evidence]
        write_table(("Evidence", "Claim", "Document and place"), rows, "Sources")


def _grouped(numbers: tuple[Number, ...]) -> list[tuple[str, ...]]:
    """Return a line for each number; neighbours of one parameter that say the same share a line."""
    rows: list[tuple[str, ...]] = []
    for number in numbers:
        because = ", ".join(number.evidence) or f"assumed: {number.assumption}"
        says = (number.value, number.unit, because)
        if rows and rows[-1][1:] == says and _parameter(rows[-1][0]) == _parameter(number.key):
            rows[-1] = (f"{rows[-1][0]}, {'.'.join(number.key.split('.')[2:])}", *says)
        else:
            rows.append((number.key, *says))
    return rows


def _parameter(key: str) -> str:
    return ".".join(key.split(".")[:2])
