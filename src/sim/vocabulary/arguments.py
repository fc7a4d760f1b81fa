"""Arguments of public functions, checked where they enter: NumPy's numbers are numbers, paths are paths.

Each function returns the argument as the plain Python value that the library works with, or raises an
`InputError` that names the argument and the remedy.
"""

from __future__ import annotations

import numbers
import operator
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.vocabulary.errors import InputError, OutOfBounds, UnknownName, WrongType, nearest, quoted
from sim.vocabulary.printing import unprintable

#: Seed and trials of a run unless others are asked for, on the command line as in Python.
SEED, TRIALS = 1, 1000

#: More, of one origin of a back-test, whose scores read the tails; and of one wave of a calibration, of which
#: most trials are dropped. Fewer of one origin and importer of a panel, over which scores are averaged.
TRIALS_OF_ORIGIN, TRIALS_OF_WAVE, TRIALS_OF_CELL = 2000, 30_720, 500

#: Scenario discovery: part of the box that a peel takes off, and least part of all cases that a box holds.
PEEL, MASS = 0.1, 0.05

#: Values of a lever on which a response is first seen, before a threshold is looked for between two of them.
GRID = 9

#: Trials are numbered below this: some days of a large machine, and a sampling error of one in 65,000.
MOST_TRIALS = 2**32

#: First and last year that can be written: results carry dates in nanoseconds, which end in 2262.
FIRST_YEAR, LAST_YEAR = 1900, 2199

#: The largest finite number.
_LARGEST = sys.float_info.max

#: Seeds and numbers of trials that the streams of random draws have room for.
LAST = 2**63 - 1

#: What a value of NumPy is in Python, by the kind of its type; durations and dates are no numbers.
_PLAIN = {"b": bool, "i": int, "u": int, "f": float}


def plain(value: Any) -> Any:
    """Return a number or truth value of NumPy, or of an array without axes, as Python's; else the value."""
    make = _PLAIN.get(getattr(getattr(value, "dtype", None), "kind", ""))
    is_one = getattr(value, "shape", None) == () and not getattr(value, "mask", False)
    return make(value) if make and is_one else value


def whole(value: Any, name: str, least: int = 0, most: int = LAST) -> int:
    """Return a whole number within a range; NumPy's are taken, 1.0, True and "1" are refused."""
    value = plain(value)
    upto = f" and at most {most:,}" if most < LAST else ""
    remedy = f"Give a whole number of at least {least:,}{upto}."
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        is_whole = isinstance(value, float) and value.is_integer() and least <= value <= most
        better = f"Write {int(value)}." if is_whole else remedy
        raise WrongType("", name, f"{shown(value)} is not a whole number", better)
    if not least <= number <= most:
        bound = f" It may be as large as {most:,}." if number > most == LAST else ""
        raise OutOfBounds("", name, f"{quoted(number)} is out of range", remedy + bound)
    return number


def truth(value: Any, name: str) -> bool:
    """Return a truth value; NumPy's are taken, 1, "no" and None are refused."""
    given = plain(value)
    if not isinstance(given, bool):
        raise WrongType("", name, f"{shown(value)} is neither True nor False", "Give one of the two.")
    return given


def trial(value: Any, name: str = "trial") -> int:
    """Return the number of a trial."""
    return whole(value, name, 0, MOST_TRIALS - 1)


def number(value: Any, name: str) -> float:
    """Return a finite number; NumPy's are taken, truth values are refused."""
    value = plain(value)
    is_other = isinstance(value, bool) or hasattr(value, "dtype")
    is_real = isinstance(value, numbers.Real) and not is_other
    if not is_real or value != value or abs(value) > _LARGEST:
        raise WrongType("", name, f"{shown(value)} is not a finite number", "Give one, such as 0.5.")
    return float(value)


def share(value: Any, name: str) -> float:
    """Return a number between 0 and 1, both excluded."""
    given = number(value, name)
    if not 0.0 < given < 1.0:
        raise OutOfBounds("", name, "out of range", "Give a number between 0 and 1.", given)
    return given


def seed(value: Any) -> int:
    """Return a seed: a whole number from 0 to 2^63 - 1."""
    return whole(value, "seed", 0)


def text(value: Any, name: str) -> str:
    """Return one line of text that can be shown on a terminal."""
    if not isinstance(value, str):
        raise WrongType("", name, f"{shown(value)} is not a text", "Give a text in quotation marks.")
    fault = unprintable(value)
    if fault:
        raise WrongType("", name, f"holds {fault}", "Leave it out.", value)
    return value


def text_if_given(value: Any, name: str) -> str | None:
    """Return one line of text, or None where none is given."""
    return None if value is None else text(value, name)


def path(value: Any, name: str, remedy: str = "Give a path.") -> Path:
    """Return a path; ``~`` is the home folder, and anything with a file system path is one."""
    if not isinstance(value, str | os.PathLike):
        raise WrongType("", name, f"{shown(value)} is not a path", remedy)
    found = os.fspath(value)
    if not isinstance(found, str) or "\0" in found:
        raise WrongType("", name, f"{shown(found)} is not a path", remedy)
    if not found:
        raise WrongType("", name, "an empty path", remedy)
    return expanded(Path(found))


def expanded(value: Path) -> Path:
    """Return a path with its ``~`` replaced by the home folder."""
    try:
        return value.expanduser()
    except RuntimeError:
        raise InputError("", str(value), "there is no such home folder", "Write the path in full.") from None


def function(value: Any, name: str) -> Any:
    """Return something that can be called."""
    if not callable(value):
        raise WrongType("", name, f"{shown(value)} is not a function", "Give one.")
    return value


def instance(value: Any, kind: type, name: str, what: str, remedy: str) -> None:
    """Refuse what is not of a class, which `what` says in words."""
    if not isinstance(value, kind):
        raise WrongType("", name, f"{shown(value)} is not {what}", remedy)


def table(value: Any, name: str) -> Mapping[str, Any]:
    """Return a mapping from names; a table of rows is refused."""
    if is_frame(value):
        remedy = "For a table with a scenario per row: sim.design_table(base, table)."
        raise WrongType("", name, f"{shown(value)} is a table of rows, not one value per name", remedy)
    if not isinstance(value, Mapping):
        raise WrongType("", name, f"{shown(value)} is not a mapping", 'Write {"name": value}.')
    for key in value:
        if not isinstance(key, str):
            raise WrongType("", name, f"the key {shown(key)} is not a text", 'Write {"name": value}.')
    return value


def is_frame(value: Any) -> bool:
    """Whether a value is a table of rows, such as pandas' or polars'."""
    return hasattr(value, "columns") and not isinstance(value, Mapping)


def names(value: Any, name: str, remedy: str) -> tuple[Any, ...]:
    """Return a list of things as a tuple; a table, a mapping or a single value is refused."""
    is_single = isinstance(value, Mapping | str | bytes | type) or not _is_iterable(value)
    if is_frame(value) or is_single:
        raise WrongType("", name, f"{shown(value)} is not a list", remedy)
    return tuple(value)


def _is_iterable(value: Any) -> bool:
    """Whether a value can be gone through; an array without axes has the method and cannot."""
    try:
        iter(value)
    except TypeError:
        return False
    return True


def texts(value: Any, name: str, remedy: str) -> tuple[str, ...]:
    """Return a list of texts as a tuple; a text alone is a list of one."""
    listed = (value,) if isinstance(value, str) else names(value, name, remedy)
    return tuple(text(each, name) for each in listed)


def labels(value: Any, name: str) -> dict[str, str]:
    """Return a mapping from axes to one of their labels each; None is an empty one."""
    chosen = table({} if value is None else value, name)
    return {axis: text(label, f"{name}.{axis}") for axis, label in chosen.items()}


def chosen(value: Any, name: str, known: Sequence[str]) -> str:
    """Return one of a few words."""
    if not isinstance(value, str):
        raise WrongType("", name, f"{shown(value)} is not a text", f"Use one of: {', '.join(known)}.")
    if value not in known:
        raise UnknownName(
            "",
            name,
            f"no such {name.rpartition('.')[2]}: {{value}}",
            nearest(value, known, f"{name.rpartition('.')[2]}s"),
            value,
        )
    return value


def shown(value: Any) -> str:
    """Return a value for a message: plain ones as they are written, others as their type."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return repr(float(value))
    if value is None or isinstance(value, int | list | tuple):
        return quoted(value)
    return f"a {type(value).__module__}.{type(value).__qualname__}"
