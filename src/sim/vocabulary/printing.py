"""Text that is shown and never acts: what would steer a terminal, and which characters those are."""

from __future__ import annotations

import re

#: Control characters, halves of pairs, line separators and marks that reorder text.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")


def unprintable(value: str, allowed: str = "") -> str:
    """Name the first character that would steer a terminal instead of being shown; "" if there is none."""
    found = (letter for letter in _STEERING.findall(value) if letter not in allowed)
    return next((f"the control character U+{ord(letter):04X}" for letter in found), "")


def printable(value: str, allowed: str = "") -> str:
    """Return a text in which such characters are question marks, for names that others gave to files."""
    return _STEERING.sub(lambda found: found[0] if found[0] in allowed else "?", value)


def shortened(value: str, most: int = 1000) -> str:
    """Return a text without its middle where it is long; what to do stands at its end."""
    half = most // 2
    return value if len(value) <= most else f"{value[:half]} ... {value[-half:]}"
