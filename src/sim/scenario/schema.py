"""The JSON schema of scenario files, for editors and other programs, made from the records that check them.

It knows keys, types, verbs, variables and evidence; what depends on the case (names of parameters and states,
bounds, the horizon) only `sim check` knows.
"""

from __future__ import annotations

from typing import Any

from sim.parameter import distributions
from sim.parameter.parameter_set import CHANGE_FIELDS
from sim.scenario.events import VERBS
from sim.scenario.files import ScenarioTable
from sim.sources import table as evidence
from sim.vocabulary.units import UNITS
from sim.vocabulary.variables import GLOSSARY

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NUMBER = {"type": "number"}


def schema() -> dict[str, Any]:
    """Return the JSON schema of a scenario file, read from TOML into plain data.

    Returns
    -------
    dict
        Fit for JSON; editors check and complete a file by it (docs/scenario-format.md).

    Examples
    --------
    >>> sim.schema()["properties"].keys()
    """
    made = ScenarioTable.model_json_schema()
    properties = made["properties"]
    properties["set"] = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Change"}}
    properties["events"] = {"type": "array", "items": {"anyOf": [_reference(verb) for verb in VERBS]}}
    properties["evidence"]["items"] = {"$ref": "#/$defs/Evidence"}
    properties["look_at"]["items"] = {"enum": list(GLOSSARY)}
    events = {f"event_{verb}": _event(verb) for verb in VERBS}
    made["$defs"] = {
        **made.get("$defs", {}),
        "Evidence": {"enum": list(evidence.load())},
        "Change": _change(),
        **events,
    }
    return {"$schema": DIALECT, **made, "title": "A scenario of hedgesim"}


def _reference(verb: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/event_{verb}"}


def _event(verb: str) -> dict[str, Any]:
    """Return the schema of an event with this verb."""
    made = VERBS[verb].model_json_schema()
    made["title"] = verb
    made["properties"]["what"] = {"const": verb}
    made["properties"]["evidence"]["items"] = {"$ref": "#/$defs/Evidence"}
    if "to" in made["properties"] and verb != "ramp":
        made["properties"]["to"] = {"anyOf": [_NUMBER, {"type": "string", "description": "an export regime"}]}
    return made


def _change() -> dict[str, Any]:
    """Return the schema of a change: a number, a table, or a table of changes under a bare dotted key."""
    shapes = {
        kind: {
            "type": "array",
            "items": _NUMBER,
            **({"minItems": len(shape.fields), "maxItems": len(shape.fields)} if shape.fields else {}),
        }
        for kind, shape in distributions.KINDS.items()
    }
    one_shape = {"type": "object", "properties": shapes, "additionalProperties": False, "maxProperties": 1}
    fields = {"value": _NUMBER, "unit": {"enum": sorted(UNITS)}, "distribution": one_shape, **shapes}
    table = {"type": "object", "properties": fields, "additionalProperties": False, "minProperties": 1}
    nested = {
        "type": "object",
        "propertyNames": {"not": {"enum": list(CHANGE_FIELDS)}},
        "additionalProperties": {"$ref": "#/$defs/Change"},
        "minProperties": 1,
    }
    return {"anyOf": [_NUMBER, table, nested]}
