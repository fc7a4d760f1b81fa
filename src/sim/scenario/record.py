"""A scenario as plain data, complete, so that a run can be taken up again without the files it came from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.case import case as cases
from sim.case.case import Case
from sim.parameter.parameter_set import ParameterSet
from sim.parameter.posterior import Posterior
from sim.scenario import changes as differences
from sim.scenario import event_checks, events, writing
from sim.scenario.scenario import Scenario
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction

_TEXTS = ("name", "title", "story", "extends")


def content(scenario: Scenario) -> dict[str, Any]:
    """Return all that defines a scenario, fit for JSON; of the parameters, what differs from the case's."""
    usual, learned = ParameterSet.load(scenario.case), scenario.posterior
    usual = learned.apply(usual) if learned is not None else usual
    changed = differences.elements(usual, scenario.parameters)
    return {
        **{field: getattr(scenario, field) for field in _TEXTS},
        "evidence": list(scenario.evidence),
        "look_at": list(scenario.look_at),
        "overrides": [list(pair) for pair in scenario.overrides],
        "variant": [list(pair) for pair in scenario.variant],
        "case": writing.place_of(scenario.case),
        "case_digest": scenario.case.digest,
        "start": str(scenario.start),
        "end": str(scenario.end),
        "set": {key: differences.table(element) for key, element in changed.items()},
        "events": [
            {
                "at": str(event.at),
                "what": event.what,
                **{field: value for field, value in event.fields if value is not None},
                "note": event.note,
                "evidence": list(event.evidence),
                **({"id": event.id} if event.id else {}),
            }
            for event in scenario.events
        ],
        "posterior": None if learned is None else asdict(learned),
        "digest": scenario.digest,
    }


def restore(record: dict[str, Any], file: str = "") -> Scenario:
    """Return the scenario of a record.

    Raises
    ------
    InputError
        If what the record describes is not what it was: the case or the general parameters have changed.
    """
    name, place = record["name"], f"scenarios.{record['name']}"
    case = _case(record["case"])
    if case.digest != record["case_digest"]:
        raise Contradiction(file, place, f"the case {case.name} has changed since", "Run it anew.")
    parameters, learned = ParameterSet.load(case), _posterior(record["posterior"])
    if learned is not None:
        parameters = learned.apply(parameters)
    parameters = parameters.replace(record["set"], file, place)
    start, end = Quarter.parse(record["start"]), Quarter.parse(record["end"])
    read = [
        events.read(table, file, place, case=case, parameters=parameters, start=start, end=end)
        for table in record["events"]
    ]
    made = Scenario(
        **{field: record[field] for field in _TEXTS},
        evidence=tuple(record["evidence"]),
        look_at=tuple(record["look_at"]),
        overrides=tuple((key, text) for key, text in record["overrides"]),
        variant=tuple((key, text) for key, text in record["variant"]),
        case=case,
        start=start,
        end=end,
        parameters=parameters,
        events=event_checks.check(read, case, parameters),
        posterior=learned,
    )
    if made.digest != record["digest"]:
        problem = f"{name} is not what it was: its numbers or the general ones have changed"
        raise Contradiction(file, place, problem, "Run it anew.")
    return made


def _posterior(record: dict[str, Any] | None) -> Posterior | None:
    if record is None:
        return None
    columns = {key: tuple(values) for key, values in record["columns"].items()}
    return Posterior(record["file"], record["digest"], columns)


def _case(place: str) -> Case:
    return cases.load(Path(place) if "/" in place or "\\" in place else place)
