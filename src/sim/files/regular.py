"""Reading of regular files alone: a pipe would wait for who writes to it, and a device may have no end."""

from __future__ import annotations

import errno
import stat
from pathlib import Path


def content(path: Path) -> bytes:
    """Return what a regular file holds.

    Raises
    ------
    OSError
        If it is none: a pipe, a socket, a device, a folder.
    """
    kind = path.stat().st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    return path.read_bytes()
