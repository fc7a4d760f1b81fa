"""Reading scenario files: where they stand, what they may say, and what they extend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from sim.files.records import (
    Record,
    Texts,
    When,
    check,
    key_path,
    parse_toml,
    read_toml,
    readable,
    shown,
)
from sim.parameter import posterior
from sim.parameter.parameter_set import CHANGE_FIELDS, ParameterSet
from sim.parameter.posterior import Posterior
from sim.vocabulary import arguments
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
from sim.vocabulary.printing import printable

#: How errors call a scenario that is given as text.
TEXT = "the text given"


def _as_bases(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError('not a scenario. Write extends = "baseline", or a list of such names or paths.')
    if len(set(value)) < len(value):
        raise ValueError("the same scenario twice. Name it once.")
    return tuple(value)


#: What a scenario extends: one name or path, or several that share a base.
Bases = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_bases),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "uniqueItems": True}]}
    ),
]


class ScenarioTable(Record):
    """What a scenario file may say."""

    title: str
    extends: Bases = ()
    story: str = ""
    evidence: Texts = ()
    case: str | None = None
    start: When | None = None
    end: When | None = None
    look_at: Texts = ()
    variant: dict[str, str] = Field(default_factory=dict)
    posterior: str | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    drop: Texts = ()
    events: list[Any] = Field(default_factory=list)


@dataclass(frozen=True)
class Layer:
    """One file, and those that it extends.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        How its scenario is called.
    file : str
        How errors call it.
    table : ScenarioTable
        What it says.
    changes : dict
        Its ``[set]``, as parameter key -> change.
    parents : tuple of Layer
        What it extends, in the order in which it names them.
    """

    path: Path
    name: str
    file: str
    table: ScenarioTable
    changes: dict[str, Any]
    parents: tuple[Layer, ...] = ()

    def line(self) -> tuple[Layer, ...]:
        """Return it and all that it extends, itself first."""
        return (self, *(each for parent in self.parents for each in parent.line()))


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


def read(source: str | Path) -> Layer:
    """Return a scenario file, by name, by path or as its text, with all that it extends.

    Raises
    ------
    InputError
        The first mistake, with its file and place.
    """
    if isinstance(source, str) and is_text(source):
        return _read(Path(), parse_toml(source, TEXT), TEXT, ())
    path = find(source)
    return _read(path, read_toml(path, shown(path)), shown(path), ())


def is_text(source: str) -> bool:
    """Whether a text is that of a scenario file: no name or path has a line break."""
    return "\n" in source


def _read(path: Path, content: dict[str, Any], file: str, before: tuple[Layer, ...]) -> Layer:
    """Check the content of a file and read what it extends; `before` are those that lead here."""
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
    layer = Layer(path, printable(path.stem) or table.title, file, table, changes)
    bases = table.extends
    places = ["extends"] if len(bases) == 1 else [key_path("extends", n) for n, _ in enumerate(bases, 1)]
    parents = [_base(each, place, (*before, layer)) for each, place in zip(bases, places, strict=True)]
    return replace(layer, parents=tuple(parents))


def _base(base: str, place: str, before: tuple[Layer, ...]) -> Layer:
    """Read what the last of these files extends."""
    layer = before[-1]
    path = layer.path.parent / base if is_path(base) else directory() / f"{base}.toml"
    with readable(layer.file, place):
        is_there = path.is_file()
    if not is_there:
        remedy = nearest(Path(base).stem, shipped(), "scenarios")
        raise MissingBase(layer.file, place, "no such scenario", remedy, base)
    above = [_real(each.path) for each in before]
    if _real(path) in above:
        files = [each.file for each in before[above.index(_real(path)) :]]
        circle = " extends ".join([*files, shown(path)])
        remedy = "Let one of them stand on its own, with case, start and end."
        raise ExtendsCycle(layer.file, place, f"a circle, {circle}", remedy, base)
    return _read(path, read_toml(path, shown(path)), shown(path), before)


def _real(path: Path) -> Path:
    with readable(path):
        return path.resolve()


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
    """Read the posterior that a scenario file names, relative to that file or to the shipped scenarios."""
    assert layer.table.posterior is not None
    places = [folder / layer.table.posterior for folder in (layer.path.parent, directory())]
    with readable(layer.file, "posterior"):
        path = next((each for each in places if each.is_file()), None)
    if path is None:
        remedy = "Give the path of a table, relative to the scenario's file."
        raise MissingFile(layer.file, "posterior", "no such file", remedy, layer.table.posterior)
    return posterior.read(path, parameters)
