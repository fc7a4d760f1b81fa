"""Digests: whether a file, or a record, is the one that was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_DIGEST_BYTES = 16

#: The field of a signed record that holds its digest.
_FIELD = "digest"


def digest(content: bytes) -> str:
    """Return the digest of some bytes, in hexadecimal digits."""
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()


def digest_of(record: Mapping[str, Any]) -> str:
    """Return the digest of a record, whatever the order of its fields."""
    return digest(json.dumps(record, sort_keys=True).encode())


def fingerprint(content: bytes) -> str:
    """Return digest and length of a file: the length can be compared without reading it."""
    return f"{digest(content)}:{len(content)}"


def length(found: str) -> int:
    """Return the length that a fingerprint names."""
    return int(found.rpartition(":")[2])


def signed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with its own digest as one more field."""
    return {**record, _FIELD: digest_of(record)}


def is_signed(record: Any) -> bool:
    """Whether this is a record, and has the digest that it names."""
    if not isinstance(record, dict):
        return False
    return record.get(_FIELD) == digest_of({key: value for key, value in record.items() if key != _FIELD})
