"""Types and numbers as LLVM's language writes them."""

from __future__ import annotations

import struct
from typing import Any

from sim.engine.compiled.graph import FLOAT, INTEGER, TRUTH

TYPES = {FLOAT: "double", INTEGER: "i64", TRUTH: "i1"}


def memory_type(kind: str) -> tuple[str, int]:
    """Return the type of a number in memory, and its size in bytes."""
    return ("i8", 1) if kind == TRUTH else (TYPES[kind], 8)


def literal(kind: str, value: Any) -> str:
    """Return a number as text."""
    if kind == TRUTH:
        return "true" if value else "false"
    if kind == INTEGER:
        return str(value)
    number = float.fromhex(value) if isinstance(value, str) else float(value)
    return f"0x{struct.unpack('>Q', struct.pack('>d', number))[0]:016X}"
