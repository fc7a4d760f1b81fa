"""The submodels of the ODD description: each mechanism's docstring, and its numbers with their reasons."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

from sim.model import schedule as model
from sim.parameter.elements import Element
from sim.parameter.parameter_set import ParameterSet
from sim.scenario.scenario import Scenario
from sim.vocabulary.docstrings import docstring


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell(each) for each in line)} |" for line in lines)


def cell(text: str) -> str:
    """Return a text that keeps within one cell."""
    return " ".join(text.replace("|", "\\|").split())


def sections(scenario: Scenario) -> Iterator[str]:
    """Yield the parts of the section on submodels, in the order of the schedule."""
    modules = dict.fromkeys(inspect.getmodule(stage.function) for stage in (*model.SCHEDULE, *model.START))
    for number, module in enumerate((each for each in modules if each is not None), 1):
        name = module.__name__.rpartition(".")[2]
        yield f"### 7.{number} `{name}`"
        yield prose(module)
        yield _numbers(name, scenario)


def prose(module: ModuleType) -> str:
    """Return a docstring as Markdown: blocks with indented lines are equations, the first line stands out."""
    blocks = re.split(r"\n\s*\n", docstring(module))
    parts = []
    for block in blocks:
        lines = block.splitlines()
        if any(line.startswith("    ") for line in lines):
            text = inspect.cleandoc("\n" + block)
            parts.append(f"```text\n{text}\n```")
        else:
            parts.append(block if parts else f"**{block}**")
    # Equations on both sides of a blank line are one block.
    return "\n\n".join(parts).replace("\n```\n\n```text\n", "\n\n")


def _numbers(mechanism: str, scenario: Scenario) -> str:
    """Return the table of a mechanism's parameters; empty if it has none of its own."""
    parameters = scenario.parameters
    rows: list[tuple[str, ...]] = []
    for fullname in parameters.names():
        if fullname.partition(".")[0] == mechanism:
            rows += _rows(fullname, parameters, scenario)
    return table(("Parameter", "Of", "Value", "Unit", "Rests on"), rows) if rows else ""


def _rows(fullname: str, parameters: ParameterSet, scenario: Scenario) -> Iterator[tuple[str, ...]]:
    """Yield a row for each number of a parameter; elements that say the same share one."""
    groups: dict[tuple[str, str, str], list[Element]] = {}
    for element in parameters.elements(fullname):
        groups.setdefault((element.text(), element.unit, _reason(element)), []).append(element)
    # The rule first, then the exceptions.
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    description = parameters.parameter(fullname).description
    for position, ((value, unit, reason), elements) in enumerate(ordered):
        heading = f"`{fullname.partition('.')[2]}`: {description}" if position == 0 else ""
        is_rest = position == 0 and len(groups) > 1 and len(elements) > 1
        where = (
            ("all others" if is_rest else _of(elements, parameters, fullname, scenario))
            if elements[0].labels
            else ""
        )
        yield heading, where, value, unit, reason


def _of(elements: Sequence[Element], parameters: ParameterSet, fullname: str, scenario: Scenario) -> str:
    """Return which elements these are: all, or each by its labels, the first label said once."""
    if len(elements) == len(parameters.elements(fullname)):
        return "all"
    dims = parameters.dims(fullname)
    by_first: dict[str, list[str]] = {}
    for element in elements:
        names = [scenario.case.display(dim, label) for dim, label in zip(dims, element.labels, strict=True)]
        by_first.setdefault(names[0], []).append(" ".join(names[1:]))
    n_rest = len(parameters.elements(fullname)) // len(parameters.parameter(fullname).labels[0])
    said = [
        first if len(rest) == n_rest else f"{first} ({', '.join(rest)})" for first, rest in by_first.items()
    ]
    return "; ".join(said)


def _reason(element: Element) -> str:
    cited = ", ".join(element.evidence)
    assumed = f"*assumed:* {element.assumption}" if element.assumption else ""
    return "; ".join(filter(None, (cited, assumed, element.note)))
