"""A scenario as the text of a scenario file, complete: it loads to the same digest."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.case import case as cases
from sim.case.case import Case
from sim.files import staging
from sim.parameter import posterior, variants
from sim.parameter.parameter_set import ParameterSet
from sim.parameter.posterior import Posterior
from sim.scenario import changes as differences
from sim.scenario import files as scenario_files
from sim.scenario import resolving
from sim.scenario.definition import Definition
from sim.scenario.events import VERBS, Event
from sim.vocabulary import arguments
from sim.vocabulary.errors import MissingFile, SimError, WrongType

#: Whole numbers up to this are the same as floats.
_WHOLE = 2**53


def text(scenario: Definition) -> str:
    """Return the text of a file that loads to the same digest.

    Raises
    ------
    MissingFile
        If the posterior that it would have to name is gone, or is another by now.
    """
    under = _reference(scenario)
    return "".join(f"{line}\n" for line in _lines(scenario, under))


def save(content: str, path: Any, force: bool) -> Path:
    """Write the text of a scenario file; all of it or nothing."""
    target = arguments.path(path, "path")
    if target.suffix != ".toml":
        is_folder = target.name in ("", "..") or target.is_dir()
        stem = "mine" if is_folder or target.name == ".toml" else target.stem
        better = (target if is_folder else target.parent) / f"{stem}.toml"
        raise WrongType("", "path", "a scenario file ends in .toml", f"Write {better}.", str(target))
    remedy = "Choose another path." if force else "Choose another path, or replace it by force."
    with staging.staged(target, force=force or None, is_ours=Path.is_file, remedy=remedy) as part:
        part.write_text(content, encoding="utf-8", newline="\n")
    return target


def _reference(scenario: Definition) -> Definition | None:
    """Return the nearest shipped scenario that a file can extend instead of saying all of it."""
    for each in list(scenario.line())[1:]:
        if each.case.digest == scenario.case.digest and _is_shipped(each) and _can_extend(scenario, each):
            return each
    return None


def _is_shipped(scenario: Definition) -> bool:
    """Whether a scenario is what its name loads."""
    if scenario.name not in scenario_files.shipped():
        return False
    try:
        return resolving.resolve(scenario_files.read(scenario.name), Definition).digest == scenario.digest
    except SimError:
        return False


def _can_extend(scenario: Definition, under: Definition) -> bool:
    """Whether all in which a scenario differs from another can be said in a file that extends it."""
    _, gone = differences.events(under.events, scenario.events)
    left = {each.label for each in under.events if each not in gone}
    is_said = all(each.label not in left for each in gone)
    return is_said and (under.posterior is None or scenario.posterior is not None)


def _lines(scenario: Definition, under: Definition | None) -> Iterator[str]:
    yield f"title = {value(scenario.title or scenario.name)}"
    if under is None:
        yield f"case = {value(place_of(scenario.case))}"
    else:
        yield f"extends = {value(under.name)}"
    for field in ("start", "end"):
        date = getattr(scenario, field)
        if under is None or date != getattr(under, field):
            yield f"{field} = {value(str(date))}"
    learned = scenario.posterior
    is_new = learned is not None and (under is None or under.posterior != learned)
    if learned is not None and is_new:
        yield f"posterior = {value(_path(learned, scenario.parameters))}"
    if scenario.story:
        yield f"story = {paragraph(scenario.story)}"
    for field in ("evidence", "look_at"):
        if getattr(scenario, field):
            yield f"{field} = {value(getattr(scenario, field))}"
    inherited = under.events if under else ()
    added, gone = differences.events(inherited, scenario.events)
    labels = list(dict.fromkeys(each.label for each in gone))
    replaced = {each.id for each in added if each.id in labels}
    if set(labels) - replaced:
        yield f"drop = {value([label for label in labels if label not in replaced])}"
    yield from _parameters(scenario, under, learned if is_new else None)
    for event in added:
        yield "\n[[events]]"
        yield from (f"{key} = {value(item)}" for key, item in _event(event, scenario.case, replaced))


def _parameters(scenario: Definition, under: Definition | None, learned: Posterior | None) -> Iterator[str]:
    """Yield the variants and the changed parameters."""
    usual = dict(under.variant) if under else {}
    variant = {name: option for name, option in scenario.variant if usual.get(name) != option}
    if variant:
        yield "\n[variant]"
        yield from (f"{value(name)} = {value(option)}" for name, option in variant.items())
    before = under.parameters if under else ParameterSet.load(scenario.case)
    before = variants.apply(before, variant, "")
    before = learned.apply(before) if learned else before
    changed = differences.elements(before, scenario.parameters)
    if changed:
        yield "\n[set]"
        for key, change in differences.written(changed, scenario.parameters).items():
            yield f"{value(key)} = {value(change)}"


def _event(event: Event, case: Case, replaced: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Yield the lines of an event; what is so by default is left out."""
    if event.id:
        yield ("replace" if event.id in replaced else "id"), event.id
    yield "at", str(event.at)
    yield "what", event.what
    usual = VERBS[event.what].model_fields
    for field, item in event.fields:
        if item != usual[field].default or usual[field].is_required():
            is_regime = field == "to" and event["name"] == "export_regime"
            yield field, case.axis("regime")[int(item)] if is_regime else item
    if event.evidence:
        yield "evidence", event.evidence
    if event.note:
        yield "note", event.note


def place_of(case: Case) -> str:
    """Return the name of a shipped case, or the path of another."""
    folder = case.folder.resolve()
    return case.name if folder.parent == cases.DIRECTORY.resolve() else folder.as_posix()


def _path(learned: Posterior, parameters: ParameterSet) -> str:
    """Return the path of a posterior, relative to the shipped scenarios if it is shipped."""
    path, shipped = Path(learned.file).resolve(), scenario_files.directory().resolve()
    if not path.is_file() or posterior.read(path, parameters).digest != learned.digest:
        remedy = "Put it back, or go to the folder from which it was read."
        raise MissingFile(learned.file, "", "the posterior of the scenario is not there as it was", remedy)
    return (path.relative_to(shipped) if path.is_relative_to(shipped) else path).as_posix()


def paragraph(story: str) -> str:
    """Write a story in TOML, in its lines."""
    if "\n" not in story:
        return value(story)
    escaped = story.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""\n{escaped}\n"""'


def value(item: Any) -> str:
    """Write a value in TOML, exactly."""
    if isinstance(item, str):
        return json.dumps(item, ensure_ascii=False)  # JSON's escapes are TOML's
    if isinstance(item, Mapping):
        return "{ " + ", ".join(f"{key} = {value(each)}" for key, each in item.items()) + " }"
    if isinstance(item, list | tuple):
        return "[" + ", ".join(map(value, item)) + "]"
    is_whole = float(item).is_integer() and abs(item) < _WHOLE and math.copysign(1.0, item) > 0
    return str(int(item)) if is_whole or (isinstance(item, int) and item) else repr(float(item))
