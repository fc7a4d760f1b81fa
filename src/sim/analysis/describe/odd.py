"""The description of the model by the ODD protocol, written from what runs.

The frame is hand-written (data/odd.toml); tables and submodels come from the glossary, the schedule,
docstrings, parameter files and the case. The same sources give the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sim.analysis.describe import odd_submodels
from sim.analysis.describe.odd_submodels import table
from sim.analysis.validate import direction_files, pattern_files
from sim.files.records import Record, check, read_toml, shown
from sim.model import schedule as model
from sim.model.schedule import Stage
from sim.scenario.events import Event
from sim.scenario.scenario import Scenario
from sim.vocabulary.docstrings import docstring
from sim.vocabulary.variables import Variable, with_role

FRAME = Path(__file__).parent.parent.parent / "data" / "odd.toml"

#: Design concepts of the protocol, in its order.
CONCEPTS = (
    "basic_principles",
    "emergence",
    "adaptation",
    "objectives",
    "learning",
    "prediction",
    "sensing",
    "interaction",
    "stochasticity",
    "collectives",
    "observation",
)


class _Entity(Record):
    name: str
    who: str
    does: str


class _Frame(Record):
    """What data/odd.toml says."""

    intro: str
    purpose: str
    patterns: str
    directions: str
    entities: str
    entity: list[_Entity]
    texts: dict[str, str]
    concepts: dict[str, str]


def describe(scenario: Scenario) -> str:
    """Return the description of the model as Markdown, with the case and numbers of a scenario."""
    frame = check(_Frame, read_toml(FRAME), shown(FRAME)).model_dump()
    facts = _facts(scenario)
    parts = (
        "# Model description (ODD)",
        _fill(frame["intro"], facts),
        "## 1. Purpose and patterns",
        *_purpose(frame, facts, scenario),
        "## 2. Entities, state variables, and scales",
        *_entities(frame, facts),
        "## 3. Process overview and scheduling",
        _fill(frame["texts"]["schedule"], facts),
        _stages(model.SCHEDULE),
        "## 4. Design concepts",
        *_concepts(frame, facts),
        "## 5. Initialisation",
        *_initialisation(frame, facts, scenario),
        "## 6. Input data",
        *_input(frame, facts, scenario),
        "## 7. Submodels",
        _fill(frame["texts"]["submodels"], facts),
        *odd_submodels.sections(scenario),
    )
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _facts(scenario: Scenario) -> dict[str, Any]:
    """Return what the braces of the frame stand for."""
    case, elements = scenario.case, list(scenario.parameters.values())
    found = direction_files.read(scenario)
    inside = dict(zip(case.categories, case.constants["in_register"], strict=True))
    categories = (case.display("category", name) for name in case.categories)

    def names(axis: str, labels: Iterable[str]) -> str:
        return ", ".join(case.display(axis, label) for label in labels)

    return {
        "case_title": case.title,
        "recipient": case.display("actor", case.recipient),
        "partners": names("partner", case.partners),
        "others": names("supplier", case.suppliers[len(case.partners) :]) or "none",
        "categories": ", ".join(
            text if inside[name] > 0 else f"*{text}*"
            for name, text in zip(case.categories, categories, strict=True)
        ),
        "fronts": names("front", case.fronts),
        "donor": case.display("supplier", case.donor) if case.donor else "nobody",
        "start": scenario.start,
        "end": scenario.end,
        "n_steps": scenario.n_steps,
        "n_elements": len(elements),
        "n_uncertain": sum(element.distribution is not None for element in elements),
        "n_experiments": len(found.experiments) if found else 0,
        "n_cannot": len(found.cannot) if found else 0,
    }


def _fill(text: str, facts: dict[str, Any]) -> str:
    return text.strip().format(**facts)


def _purpose(frame: dict[str, Any], facts: dict[str, Any], scenario: Scenario) -> Iterator[str]:
    yield _fill(frame["purpose"], facts)
    found = pattern_files.read(scenario.case)
    if found:
        yield _fill(frame["patterns"], facts)
        rows = [
            (
                name,
                f"{pattern['title']}: {target['label']}",
                f"{target['value']:g} {target['unit']}",
                _rule(target),
                ", ".join(pattern["evidence"]),
            )
            for name, pattern in found.items()
            for target in pattern["targets"]
        ]
        yield table(("Id", "Pattern", "Record", "Rule", "From"), rows)
    if facts["n_experiments"]:
        yield _fill(frame["directions"], facts)


def _rule(target: dict[str, Any]) -> str:
    """Return the rule of a pattern in words."""
    return f"mean within {target['tolerance']:g}" if target["rule"] == "near" else str(target["rule"])


def _entities(frame: dict[str, Any], facts: dict[str, Any]) -> Iterator[str]:
    texts = frame["texts"]
    yield _fill(frame["entities"], facts)
    rows = [(each["name"], _fill(each["who"], facts), each["does"]) for each in frame["entity"]]
    yield table(("Entity", "Who", "What it does"), rows)
    yield "### State variables"
    yield _fill(texts["states"], facts)
    yield _variables(with_role("state"))
    yield _fill(texts["ledgers"], facts)
    yield _variables(with_role("ledger"))
    yield _fill(texts["measures"], facts)
    yield _variables(each for each in with_role("flow") if each.recorded == "always")
    yield "### Scales"
    yield _fill(texts["scales"], facts)


def _variables(variables: Iterable[Variable]) -> str:
    writers = {name: stage.name for stage in (*model.START, *model.SCHEDULE) for name in stage.writes}
    rows = [
        (
            f"`{each.name}`",
            ", ".join(each.dims),
            each.unit,
            each.label,
            _mechanism(writers.get(each.name, "")),
        )
        for each in variables
    ]
    return table(("Variable", "By", "Unit", "What it is", "Mechanism"), rows)


def _mechanism(stage: str) -> str:
    return stage.partition(".")[0]


def _stages(stages: Sequence[Stage]) -> str:
    rows = []
    for number, stage in enumerate(stages, 1):
        first = docstring(stage.function).splitlines()[0]
        rows.append((str(number), f"`{stage.name}`", first, ", ".join(f"`{name}`" for name in stage.writes)))
    return table(("", "Stage", "What it does", "Writes"), rows)


def _concepts(frame: dict[str, Any], facts: dict[str, Any]) -> Iterator[str]:
    for name in CONCEPTS:
        yield f"### {name.replace('_', ' ').capitalize()}"
        yield _fill(frame["concepts"][name], facts)
        if name == "stochasticity":
            rows = [(f"`{each.name}`", ", ".join(each.dims), each.label) for each in with_role("shock")]
            yield table(("Stream", "By", "What it decides"), rows)


def _initialisation(frame: dict[str, Any], facts: dict[str, Any], scenario: Scenario) -> Iterator[str]:
    texts, case = frame["texts"], scenario.case
    yield _fill(texts["initialisation"], facts)
    yield _stages(model.START)
    yield _fill(texts["documented"], facts)
    rows = [
        (f"`{'.'.join(labels)}`", f"{first['value']:g}", ", ".join(first["evidence"]), first["remark"])
        for labels, first in _documented(case.record.model_dump()["held"])
    ]
    yield table(("State", "Value", "From", "Remarks"), rows)


def _documented(
    held: dict[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield the documented first values of a case, which may stand several labels deep."""
    for label, inner in held.items():
        if not isinstance(inner, dict):
            continue
        if "value" in inner:
            remark = " ".join(filter(None, (_assumed(inner.get("assumption")), inner.get("note"))))
            yield (*above, label), {**inner, "remark": remark, "evidence": inner.get("evidence") or ()}
        else:
            yield from _documented(inner, (*above, label))


def _assumed(reason: str | None) -> str:
    return f"*Assumed:* {reason}" if reason else ""


def _input(frame: dict[str, Any], facts: dict[str, Any], scenario: Scenario) -> Iterator[str]:
    yield _fill(frame["texts"]["input"], facts)
    files = sorted(path.name for path in scenario.case.folder.glob("data/*.csv"))
    yield "\n".join(f"- `{name}`" for name in files)
    if not scenario.events:
        return
    yield _fill(frame["texts"]["events"], facts)
    rows = [(str(event.at), _said(event), ", ".join(event.evidence), event.note) for event in scenario.events]
    yield table(("Quarter", "Event", "From", "Remarks"), rows)


def _said(event: Event) -> str:
    """Return what happens, such as ``hold `posture.NAME` to 2, for_quarters 10``."""
    texts = {
        key: f"{value:g}" if isinstance(value, float) else str(value)
        for key, value in event.fields
        if value is not None
    }
    name = texts.pop("name", "")
    rest = ", ".join(f"{key} {text}" for key, text in texts.items())
    return " ".join(filter(None, (event.what, f"`{name}`" if name else "", rest)))
