"""A scenario in a few lines, and as a small table: what it changes against its base, and nothing else."""

from __future__ import annotations

import html as escaping
import textwrap

from sim.parameter.parameter_set import ParameterSet
from sim.scenario import difference
from sim.scenario.definition import Definition
from sim.scenario.difference import Difference

#: Lines of changes that are shown; the rest are counted.
_SHOWN = 12

#: Columns of a terminal.
_WIDTH = 80


def line(scenario: Definition) -> str:
    """Return a scenario in one line."""
    return f"<Scenario {scenario.name}: {_head(scenario)}>"


def text(scenario: Definition) -> str:
    """Return a scenario in a few lines."""
    rows = changes(scenario)
    heading = scenario.name if scenario.title in ("", scenario.name) else f"{scenario.name}: {scenario.title}"
    lines = [heading, f"  {_head(scenario)}"]
    lines += [f"  {each}" for each in rows[:_SHOWN]]
    lines += [f"  and {len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
    wrapped = (textwrap.wrap(each, _WIDTH, subsequent_indent="    ") or [""] for each in lines)
    return "\n".join(part for each in wrapped for part in each)


def html(scenario: Definition) -> str:
    """Return a scenario as a table for a notebook."""
    rows = changes(scenario)
    caption = (
        f"<b>{_safe(scenario.title or scenario.name)}</b> ({_safe(scenario.name)}): {_safe(_head(scenario))}"
    )
    base = scenario.base.name if scenario.base is not None else ""
    has_notes = any(each.note for each in rows)
    headings = ["What", base or "Base", scenario.name, "Unit", *(["Effect"] if has_notes else [])]
    top = "".join(f'<th scope="col">{_safe(each)}</th>' for each in headings)
    cells = [[*_cells(each), each.unit, *([each.note] if has_notes else [])] for each in rows]
    body = "".join(f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>" for row in cells)
    table = f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>" if rows else ""
    return f"<table><caption>{caption}</caption>{table}</table>"


def changes(scenario: Definition) -> list[Difference]:
    """Return what a scenario changes against its base; alike elements of a parameter stand in one line."""
    base = scenario.base
    if base is None:
        return []
    found = difference.between(base, scenario)
    learned = scenario.posterior
    if learned is None or learned == base.posterior:
        return _joined(found, scenario.parameters)
    drawn = {
        key for key, values in learned.columns.items() if scenario.parameters[key].distribution is not None
    }
    before = base.posterior.file if base.posterior else ""
    source = Difference("posterior", before, learned.file, "", "parameter")
    return [source, *_joined([each for each in found if each.key not in drawn], scenario.parameters)]


def _joined(found: list[Difference], parameters: ParameterSet) -> list[Difference]:
    """Let a parameter all of whose elements differ alike have one line."""
    by_key = {each.key: each for each in found if each.kind == "parameter"}
    joined: dict[str, Difference] = {}
    for each in found:
        key = each.key
        if each.kind == "parameter" and key in parameters:
            fullname = f"{parameters[key].mechanism}.{parameters[key].name}"
            own = [by_key.get(element.key) for element in parameters.elements(fullname)]
            if all(other is not None and _same(other, each) for other in own):
                key = fullname
        joined[key] = Difference(key, each.a, each.b, each.unit, each.kind, each.note)
    return list(joined.values())


def _same(one: Difference, other: Difference) -> bool:
    return (one.a, one.b, one.unit, one.note) == (other.a, other.b, other.unit, other.note)


def _head(scenario: Definition) -> str:
    """Say what a scenario is written against, or, of one that extends nothing, what is in it."""
    if scenario.base is None:
        counted = f"{len(scenario.overrides)} changed parameters, {len(scenario.events)} events"
        return f"{scenario.case.name}, {scenario.start} to {scenario.end}, {counted}"
    count = len(changes(scenario))
    return f"{count} change{'' if count == 1 else 's'} against {scenario.base.name}"


def _cells(row: Difference) -> tuple[str, str, str]:
    """Return what differs, and how it is in the base and in the scenario."""
    if row.kind == "event":
        return row.key, "yes" if row.a else "–", "yes" if row.b else "–"
    return row.key, row.a or "–", row.b or "–"


def _safe(text: str) -> str:
    return escaping.escape(text)
