"""One exception per kind of mistake, each a single line: file, place, value, message, remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from sim.vocabulary.printing import printable, shortened


class SimError(Exception):
    """Anything the user can put right; the command line prints it and exits with code 2."""


class InputError(SimError):
    """A mistake in a file or in an argument.

    Parameters
    ----------
    file : str
        The file in which the bad line stands, as the user would open it; "" for an argument.
    place : str
        Where in it: a key path such as ``set.grants.largest_grant``, or ``line 7``; "" for the whole file.
    message : str
        What is wrong. A ``{value}`` in it is replaced by the value; otherwise the value, where
        there is one, is shown after the place.
    remedy : str
        What to do about it, as a sentence.
    value : object, optional
        The offending value.
    """

    def __init__(self, file: str, place: str, message: str, remedy: str = "", value: Any = None) -> None:
        super().__init__(file, place, message, remedy, value)
        self.file = file
        self.place = place
        self.message = message
        self.remedy = remedy
        self.value = value

    def __str__(self) -> str:
        place, message = self.place, self.message
        if self.value is not None:
            if "{value}" in message:
                message = message.replace("{value}", quoted(self.value))
            elif place:
                place = f"{place} = {quoted(self.value)}"
        head = ": ".join(part for part in (self.file, place, message) if part)
        sentence = head if head.endswith((".", "?", "!")) else head + "."
        return shortened(printable(" ".join(f"{sentence} {self.remedy}".split())))


class SimWarning(UserWarning):
    """What the user should know, though it goes on; the command line prints it as one line."""


class Incomplete(SimWarning):
    """A result that lacks trials; what is there can be used."""


class IneffectiveChange(SimWarning):
    """A change of a scenario that can have no effect, or less than it says."""


class MissingGlyphs(SimWarning):
    """A figure shows a text for which its fonts have no signs."""


class UnknownName(InputError):
    """A key, label, verb, variable or evidence id that does not exist."""


class WrongType(InputError):
    """A value of another type than expected, or a number that is not finite."""


class OutOfBounds(InputError):
    """A number outside its bounds."""


class UnknownUnit(InputError):
    """A unit that is not in `sim.vocabulary.units.UNITS`."""


class WrongUnit(InputError):
    """A known unit, but not the one the quantity is declared in."""


class Contradiction(InputError):
    """Two statements that cannot both hold."""


class MissingField(InputError):
    """A field that must be given and is not."""


class MissingEvidence(InputError):
    """A number with neither evidence nor an assumption."""


class MissingFile(InputError):
    """A file that does not exist or cannot be read."""


class MissingBase(MissingFile):
    """A scenario extends one that does not exist."""


class ExtendsCycle(InputError):
    """A scenario extends itself, directly or through others."""


class OutsideHorizon(InputError):
    """A date before the start or after the end of the scenario."""


class DuplicateKey(InputError):
    """The same key given twice."""


class BadSyntax(InputError):
    """A file that is not valid TOML or CSV."""


class BadEncoding(InputError):
    """A file that is not UTF-8 text."""


def nearest(name: str, names: Iterable[str], what: str = "names", shown: int = 12) -> str:
    """Return a remedy: the nearest of `names`, or, where none is near, what there is to choose from.

    >>> nearest("largest_gran", ["largest_grant", "handover"])
    'Did you mean largest_grant?'
    >>> nearest("zzz", ["largest_grant", "handover"])
    'Known names: largest_grant, handover.'
    """
    known = list(dict.fromkeys(names))
    if not known:
        return f"There are no {what} to choose from."
    folded = {other.casefold(): other for other in reversed(known)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {folded[near[0]]}?"
    more = f" and {len(known) - shown} more" if len(known) > shown else ""
    return f"Known {what}: {', '.join(known[:shown])}{more}."


#: Bits of a whole number that is still written out.
_LARGEST = 256


def quoted(value: Any) -> str:
    """Write a value as TOML would, cut to a readable length."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, float):
        text = f"{value:.12g}"
    elif isinstance(value, dict):
        text = "{ " + ", ".join(f"{key} = {quoted(item)}" for key, item in value.items()) + " }"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(quoted(item) for item in value) + "]"
    elif isinstance(value, int) and value.bit_length() > _LARGEST:
        text = f"a whole number of {value.bit_length():,} bits"
    else:
        text = str(value)
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."
