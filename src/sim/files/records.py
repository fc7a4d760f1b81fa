"""Strict reading of the files people write: TOML in, checked records out, one-line errors."""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from sim.files import regular
from sim.vocabulary.arguments import FIRST_YEAR, LAST_YEAR
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import (
    BadEncoding,
    BadSyntax,
    DuplicateKey,
    InputError,
    MissingField,
    MissingFile,
    OutOfBounds,
    UnknownName,
    WrongType,
    nearest,
)
from sim.vocabulary.printing import printable, unprintable


class Record(BaseModel):
    """A table in a file: no unknown keys, no silent conversions, frozen once read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


#: A number; truth values, texts, infinities and NaN are refused.
Number = Annotated[float, Field(allow_inf_nan=False)]

#: A list of texts or of numbers, kept as a tuple.
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Numbers = Annotated[tuple[Number, ...], BeforeValidator(_as_tuple)]

#: A list of tables that are checked elsewhere, kept as a tuple.
Tables = Annotated[tuple[dict[str, Any], ...], BeforeValidator(_as_tuple)]

#: A low and a high end.
Pair = Annotated[tuple[Number, Number], BeforeValidator(_as_tuple)]

#: Years that can be simulated.
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Years = Annotated[tuple[Year, ...], BeforeValidator(_as_tuple)]

#: A quarter, such as 2027-Q1.
When = Annotated[
    Quarter,
    BeforeValidator(Quarter.parse),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-Q[1-4]$"}),
]

AnyRecord = TypeVar("AnyRecord", bound=Record)

#: What pydantic calls a wrong type -> what was wanted.
_WANTED = {
    "string_type": ("not a text", 'Write it in quotation marks: "...".'),
    "int_type": ("not a whole number", "Write a whole number, without quotation marks."),
    "int_from_float": ("not a whole number", "Write a whole number."),
    "float_type": ("not a number", "Write a number, without quotation marks."),
    "finite_number": ("not a finite number", "Write a finite number."),
    "bool_type": ("neither true nor false", "Write true or false."),
    "dict_type": ("not a table", "Write it as a table: { key = value }."),
    "list_type": ("not a list", "Write it as a list: [ ... ]."),
    "tuple_type": ("not a list", "Write it as a list: [ ... ]."),
    "model_type": ("not a table", "Write it as a table: { key = value }."),
}


#: Tables within tables; more are a mistake.
_DEPTH = 32
_FLATTEN = "Write it with fewer tables or dotted keys within each other."

#: Files whose content is kept: a scenario is made of some fifty, most of which the next one shares.
_REMEMBERED = 256

#: Letters of a place in a message.
_SHOWN = 60


def from_here(path: Path | str) -> Path:
    """Return the path relative to the working directory if it lies there, else as it is."""
    path = Path(os.path.normpath(path))
    try:
        here = Path.cwd()
    except OSError:  # the working directory is gone
        return path
    return path.relative_to(here) if path.is_relative_to(here) else path


def shown(path: Path | str) -> str:
    """Return the path from here for a message: a name in it that would steer a terminal does not."""
    return printable(from_here(path).as_posix())


def reason(error: OSError) -> str:
    """Return the system's words for why a file could not be used."""
    return (error.strerror or str(error)).lower()


@contextlib.contextmanager
def readable(path: Path | str, place: str = "") -> Iterator[None]:
    """Turn what the system has against looking at a path, or reading it, into one line.

    A name may be too long, a folder closed, a disk broken: then even asking whether a file exists raises.

    Raises
    ------
    MissingFile
    """
    try:
        yield
    except OSError as error:
        remedy = "Give the path of a file or folder that can be read."
        raise MissingFile(shown(path), place, f"cannot be read: {reason(error)}", remedy) from None


def read_toml(path: Path | str, name: str | None = None) -> dict[str, Any]:
    """Return the content of a TOML file.

    Parameters
    ----------
    path : path
        The file.
    name : str, optional
        How errors call it; by default its path relative to the working directory.

    Raises
    ------
    MissingFile, BadEncoding, DuplicateKey, BadSyntax
    """
    name = name or shown(path)
    return parsed(read_bytes(path, name), name)


def toml_if_any(path: Path) -> dict[str, Any] | None:
    """Return the content of a file that need not be there, None if nothing of its name is.

    What is there and is no file, a folder or a link that leads nowhere, was meant to be one.

    Raises
    ------
    InputError
        As `read_toml`.
    """
    with readable(path):
        is_there = os.path.lexists(path)
    return read_toml(path) if is_there else None


@contextlib.contextmanager
def standing_in(file: str, place: str) -> Iterator[None]:
    """Give an error about a name or a value the place in the file where it stands, if it names no file."""
    try:
        yield
    except InputError as error:
        if error.file:
            raise
        raise type(error)(file, place, error.message, error.remedy, error.value) from None


def read_bytes(path: Path | str, name: str | None = None) -> bytes:
    """Return what a file holds; raise `MissingFile`."""
    name = name or shown(path)
    try:
        return regular.content(Path(path))
    except FileNotFoundError:
        raise MissingFile(name, "", "no such file", "Check the name.") from None
    except OSError as error:
        raise MissingFile(name, "", f"cannot be read: {reason(error)}", "Give a readable file.") from None


def parsed(raw: bytes, name: str) -> dict[str, Any]:
    """Return what a TOML file says; raise as `read_toml` does."""
    content: dict[str, Any] = pickle.loads(_parsed(raw, name))
    return content


@lru_cache(_REMEMBERED)
def _parsed(raw: bytes, name: str) -> bytes:
    """Return what a file says, pickled: whoever reads it again has a copy of their own, in far less time."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise BadEncoding(name, f"line {line}", problem, "Save the file as UTF-8.") from None
    return pickle.dumps(parse_toml(text, name))


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Return the content of a text in TOML.

    Parameters
    ----------
    text : str
        The text.
    name : str
        How errors call it.

    Raises
    ------
    DuplicateKey, BadSyntax, OutOfBounds, WrongType
    """
    text = text.replace("\r\n", "\n")
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise BadSyntax(name, "", "nested too deeply to be read", _FLATTEN) from None
    except ValueError as error:  # of which TOMLDecodeError is one
        raise _syntax_error(name, text, str(error)) from None
    for place, value in _leaves(content, "", name, 0):
        _check_leaf(value, name, place)
    return content


def _leaves(value: Any, place: str, file: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield keys and values of a file with their places, outside in."""
    if depth > _DEPTH:
        raise BadSyntax(file, f"{place[:_SHOWN]}...", f"nested deeper than {_DEPTH} tables", _FLATTEN)
    if isinstance(value, dict):
        for key, item in value.items():
            yield key_path(place, printable(key)), key
            yield from _leaves(item, key_path(place, key), file, depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _leaves(item, key_path(place, number), file, depth + 1)
    else:
        yield place, value


def _check_leaf(value: Any, file: str, place: str) -> None:
    """Refuse numbers that TOML does not know, and text that steers a terminal instead of being shown."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise OutOfBounds(file, place, "a whole number of more than 64 bits", "Write a smaller one.")
    fault = unprintable(value, allowed="\n\t") if isinstance(value, str) else ""
    if fault:
        raise WrongType(file, place, f"holds {fault}", "Leave it out.")


def _syntax_error(name: str, text: str, reason: str) -> InputError:
    """Turn the parser's message into one that shows the line and says what to do."""
    lines = text.splitlines()
    found = re.search(r" \(at line (\d+), column \d+\)$", reason)
    number = int(found.group(1)) if found else max(len(lines), 1)
    problem = re.sub(r" \(at .*\)$", "", reason)
    problem = problem[:1].lower() + problem[1:]
    line = lines[number - 1].strip() if number <= len(lines) else ""
    if re.match(r"cannot (overwrite|declare|mutate)|duplicate", problem):
        key = re.sub(r"\s*=.*", "", line).strip("[] ")
        inline = re.search(r"duplicate inline table key '(.*)'", problem)
        place = f"line {number}: {inline.group(1) if inline else key}"
        return DuplicateKey(name, place, "given twice", "Keep one of the two.")
    remedy = 'A line reads key = value; texts stand in quotation marks, as in at = "2027-Q1".'
    return BadSyntax(name, f"line {number}", f"not valid TOML, {problem}: {{value}}", remedy, line)


def key_path(*parts: str | int) -> str:
    """Join keys and positions: ``events``, 2, ``at`` -> ``events[2].at``. Positions count from 1."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part:
            path += f".{part}" if path else part
    return path


def check(model: type[AnyRecord], data: Any, file: str, place: str = "") -> AnyRecord:
    """Return `data` as a record of type `model`; say the first thing that is wrong with it.

    Parameters
    ----------
    model : type of Record
        What is wanted.
    data : object
        A table as read from TOML.
    file, place : str
        Where it stands, for errors.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
        raise _fault(model, dict(faults[0]), file, place) from None


def _fault(model: type[Record], fault: Mapping[str, Any], file: str, place: str) -> InputError:
    """Turn one of pydantic's findings into one of our errors."""
    location = [part + 1 if isinstance(part, int) else part for part in fault["loc"]]
    where, value, kind = key_path(place, *location), fault["input"], fault["type"]
    if kind == "extra_forbidden":
        return UnknownName(file, where, "no such key", nearest(str(location[-1]), model.model_fields, "keys"))
    if kind == "missing":
        if isinstance(location[-1], int):
            return MissingField(file, key_path(place, *location[:-1]), "too short", "Give another number.")
        return MissingField(file, where, "must be given", f"Add the line {location[-1]} = ...")
    if kind in _WANTED:
        return WrongType(file, where, *_WANTED[kind], value)
    if kind == "value_error":
        return WrongType(file, where, str(fault["ctx"]["error"]), value=value)
    message = fault["msg"].replace("Input should be ", "must be ")
    if kind.startswith(("greater_than", "less_than")):
        return OutOfBounds(file, where, message, "Correct the number.", value)
    return WrongType(file, where, message[:1].lower() + message[1:], "Correct the value.", value)
