"""Text that is shown and never acts: what would steer a terminal, and which characters those are."""

from __future__ import annotations


def unprintable(value: str, allowed: str = "") -> str:
    """Name the first character that would steer a terminal instead of being shown; "" if there is none."""
    for letter in value:
        if letter not in allowed and _steers(letter):
            return f"the control character U+{ord(letter):04X}"
    return ""


def printable(value: str, allowed: str = "") -> str:
    """Return a text in which such characters are question marks, for names that others gave to files."""
    return "".join("?" if letter not in allowed and _steers(letter) else letter for letter in value)


def shortened(value: str, most: int = 1000) -> str:
    """Return a text without its middle where it is long; what to do stands at its end."""
    half = most // 2
    return value if len(value) <= most else f"{value[:half]} ... {value[-half:]}"


def _steers(letter: str) -> bool:
    """Whether it is a control character, half of a pair, a line separator, or a mark that reorders text."""
    code = ord(letter)
    is_control = code < 0x20 or 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF
    return is_control or 0x2028 <= code <= 0x202E or 0x2066 <= code <= 0x2069
