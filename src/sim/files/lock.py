"""One writer at a time: a lock of the operating system, released however the process ends.

``flock`` first; where a file system lacks it, POSIX record locks. Where it has neither, nothing can be
locked, and the user vouches for being the only writer: ``HEDGESIM_LOCK=off``. There is no marker file
instead, since a killed process would leave it behind.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.vocabulary.errors import InputError

#: The environment variable that turns locks off, and its only value.
SWITCH, OFF = "HEDGESIM_LOCK", "off"

#: What a file system answers that has no such locks.
_UNSUPPORTED = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}

#: What the system answers where another process holds the lock.
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}

#: Files that this process holds: record locks do not keep its own threads apart.
_ours: set[str] = set()
_guard = threading.Lock()


class InUse(Exception):
    """Another process, or thread, holds the lock."""


class NoLocks(Exception):
    """The file system has no locks."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock on a file, which is made if need be and stays.

    Raises
    ------
    InUse
        If another holds it.
    NoLocks
        If the file system has none, and they are not turned off.
    OSError
        If the file cannot be opened.
    """
    if _is_off():
        yield
        return
    name = os.path.realpath(path)
    with _guard:
        if name in _ours:
            raise InUse
        _ours.add(name)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            unlock = _take(file)
            try:
                if not os.path.samestat(os.fstat(file), path.stat()):
                    raise InUse  # another run has just put its result in place of this one
                yield
            finally:
                unlock()
        finally:
            os.close(file)
    finally:
        with _guard:
            _ours.discard(name)


def _is_off() -> bool:
    value = os.environ.get(SWITCH)
    if value not in (None, "", OFF):
        raise InputError("", SWITCH, "unknown setting", f"Set it to {OFF}, or not at all.", value)
    return value == OFF


if sys.platform == "win32":
    import msvcrt

    def _take(file: int):  # type: ignore[no-untyped-def]
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in _HELD:
                raise InUse from None
            raise
        return lambda: msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl
    from collections.abc import Callable

    def _take(file: int) -> Callable[[], None]:
        """Lock an open file; return what unlocks it, also where children have inherited it."""
        for lock in (fcntl.flock, fcntl.lockf):
            try:
                lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in _HELD:
                    raise InUse from None
                if error.errno not in _UNSUPPORTED:
                    raise
            else:
                return lambda lock=lock: lock(file, fcntl.LOCK_UN)  # type: ignore[misc]
        raise NoLocks
