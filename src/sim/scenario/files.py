"""Reading scenario files: where they stand, what they may say, and the chain of `extends`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sim.files.records import Record, Texts, check, read_toml, readable, shown
from sim.parameter import posterior
from sim.parameter.parameter_set import CHANGE_FIELDS, ParameterSet
from sim.parameter.posterior import Posterior
from sim.vocabulary import arguments
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    DuplicateKey,
    ExtendsCycle,
    MissingBase,
    MissingField,
    MissingFile,
    UnknownName,
    nearest,
    quoted,
)

When = Annotated[Quarter, BeforeValidator(Quarter.parse)]


class ScenarioTable(Record):
    """What a scenario file may say."""

    title: str
    extends: str | None = None
    story: str = ""
    evidence: Texts = ()
    case: str | None = None
    start: When | None = None
    end: When | None = None
    look_at: Texts = ()
    variant: dict[str, str] = Field(default_factory=dict)
    posterior: str | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    events: list[Any] = Field(default_factory=list)


@dataclass(frozen=True)
class Layer:
    """One file of the chain.

    Parameters
    ----------
    path : Path
        The file.
    file : str
        How errors call it.
    table : ScenarioTable
        What it says.
    changes : dict
        Its ``[set]``, as parameter key -> change.
    """

    path: Path
    file: str
    table: ScenarioTable
    changes: dict[str, Any]


def directory() -> Path:
    """Return the folder of the shipped scenarios, in an installed package or in the source tree."""
    package = Path(__file__).parent.parent
    installed = package / "scenarios"
    return installed if installed.is_dir() else package.parent.parent / "scenarios"


def shipped() -> tuple[str, ...]:
    """Return the names of the shipped scenarios."""
    return tuple(sorted(path.stem for path in directory().glob("*.toml")))


def is_path(name: str) -> bool:
    """Whether a name is meant as the path of a file or folder."""
    return name.endswith(".toml") or "/" in name or "\\" in name


def find(name_or_path: str | Path) -> Path:
    """Return the file of a shipped scenario, or the path given."""
    if isinstance(name_or_path, str) and is_path(name_or_path):
        name_or_path = arguments.path(name_or_path, "scenario")
    name = str(name_or_path)
    if isinstance(name_or_path, Path) or is_path(name):
        with readable(name):
            is_there = Path(name).is_file()
        if not is_there:
            stem = Path(name).stem
            remedy = f'The shipped scenario is called "{stem}".' if stem in shipped() else "Check the path."
            raise MissingFile(name, "", "no such file", remedy)
        return Path(name)
    path = directory() / f"{name}.toml"
    if name not in shipped():
        remedy = nearest(name, shipped(), "scenarios") + " A path ends in .toml."
        raise UnknownName("", name, "no such scenario", remedy)
    return path


def chain(path: Path) -> tuple[Layer, ...]:
    """Return the file and what it extends, the base first."""
    layers: list[Layer] = []
    while True:
        layer = _read(path)
        seen = [*(each.file for each in layers), layer.file]
        layers.append(layer)
        base = layer.table.extends
        if base is None:
            return tuple(reversed(layers))
        path = path.parent / base if is_path(base) else directory() / f"{base}.toml"
        with readable(layer.file, "extends"):
            is_there = path.is_file()
        if not is_there:
            remedy = nearest(Path(base).stem, shipped(), "scenarios")
            raise MissingBase(layer.file, "extends", "no such scenario", remedy, base)
        before = [_real(each.path) for each in layers]
        if _real(path) in before:
            circle = " extends ".join([*seen[before.index(_real(path)) :], shown(path)])
            remedy = "Let one of them stand on its own, with case, start and end."
            raise ExtendsCycle(layer.file, "extends", f"a circle, {circle}", remedy, base)


def _real(path: Path) -> Path:
    with readable(path):
        return path.resolve()


def _read(path: Path) -> Layer:
    file = shown(path)
    content = read_toml(path, file)
    if not content:
        remedy = 'Start it with title = "..." and extends = "baseline".'
        raise MissingField(file, "", "the file is empty", remedy)
    table = check(ScenarioTable, content, file)
    changes: dict[str, Any] = {}
    for key, change in _flat(table.set, ""):
        if key in changes:
            problem = f"given twice, as {quoted(changes[key])} and as {quoted(change)}"
            raise DuplicateKey(file, f"set.{key}", problem, "Keep one of the two.")
        changes[key] = change
    return Layer(path, file, table, changes)


def _flat(table: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    """Join the keys of nested tables, so that quoted and bare dotted keys mean the same."""
    pairs: list[tuple[str, Any]] = []
    for name, item in table.items():
        key = prefix + name
        is_change = "." in key and isinstance(item, dict) and bool(set(item) & set(CHANGE_FIELDS))
        is_nested = isinstance(item, dict) and not is_change and item != {}
        pairs += _flat(item, f"{key}.") if is_nested else [(key, item)]
    return pairs


def posterior_of(layer: Layer, parameters: ParameterSet) -> Posterior:
    """Read the posterior that a scenario file names, relative to that file."""
    assert layer.table.posterior is not None
    path = layer.path.parent / layer.table.posterior
    with readable(layer.file, "posterior"):
        is_there = path.is_file()
    if not is_there:
        remedy = "Give the path of a table, relative to the scenario's file."
        raise MissingFile(layer.file, "posterior", "no such file", remedy, layer.table.posterior)
    return posterior.read(path, parameters)
