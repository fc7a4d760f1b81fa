"""Machine code kept on disk: written by this user alone, checked before it is run.

A file is run as it is found, so it is code like any other. It is taken only from a folder that belongs to the
user and that nobody else may write to, if the file does too, and if it carries a digest under a key that lies
beside it and that only the user may read. What is damaged or was put there by other means is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Callable
from pathlib import Path

#: Where machine code is kept; the user's cache folder by default.
FOLDER_VARIABLE = "HEDGESIM_CACHE"

#: Of a name that no other program gives: what is no key of ours is removed and made anew.
_KEY = "hedgesim.key"
_KEY_SIZE = _DIGEST_SIZE = 32
_OWN_FOLDER, _OWN_FILE = 0o700, 0o600
_OTHERS_WRITE, _OTHERS = stat.S_IWGRP | stat.S_IWOTH, stat.S_IRWXG | stat.S_IRWXO
#: No link is followed, and no pipe waited for.
_AS_IT_STANDS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
#: Not on Windows, where a profile's folders are the user's own by what they inherit.
_HAS_OWNERS = hasattr(os, "getuid")


def folder() -> Path | None:
    """Return the folder of what is kept; None where there is no home to keep it in."""
    named = os.environ.get(FOLDER_VARIABLE)
    usual, parts = (
        ("LOCALAPPDATA", ("AppData", "Local"))
        if sys.platform == "win32"
        else (
            "XDG_CACHE_HOME",
            (".cache",),
        )
    )
    above = os.environ.get(usual)
    try:
        if named:
            return Path(named).expanduser()
        if above:
            return Path(above) / "hedgesim"
        return Path.home().joinpath(*parts, "hedgesim")
    except RuntimeError:
        return None


class KeptCode:
    """The machine code that is kept in a folder.

    Attributes
    ----------
    refusal : str
        Why nothing of it is used, and nothing kept; empty if it is.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.refusal = ""
        self._secret = b""
        if path is None:
            return
        try:
            _make(path)
            self.refusal = _objection(path.stat(), stat.S_ISDIR, _OTHERS_WRITE)
            if not self.refusal:
                self._secret = self._own_secret(path / _KEY)
        except OSError:
            # A folder that cannot be made or read keeps nothing; that is no danger.
            self._secret = b""

    def read(self, name: str) -> bytes | None:
        """Return what was kept under a name; None if it is missing, damaged or not the user's."""
        held = self._file(name) if self._secret else None
        if held is None:
            return None
        digest, code = held[:_DIGEST_SIZE], held[_DIGEST_SIZE:]
        return code if secrets.compare_digest(digest, self._digest(name, code)) else None

    def write(self, name: str, code: bytes) -> None:
        """Keep machine code under a name, whole or not at all."""
        if self._secret:
            self._put(name, self._digest(name, code) + code)

    def _digest(self, name: str, code: bytes) -> bytes:
        # With the name: files cannot change places.
        whole = hashlib.blake2b(key=self._secret, digest_size=_DIGEST_SIZE)
        whole.update(name.encode() + b"\0" + code)
        return whole.digest()

    def _file(self, name: str, forbidden: int = _OTHERS_WRITE) -> bytes | None:
        """Return the content of a file, if it is the user's: what is checked is what is read."""
        assert self.path is not None
        try:
            descriptor = os.open(self.path / name, os.O_RDONLY | _AS_IT_STANDS)
            with os.fdopen(descriptor, "rb") as file:
                objection = _objection(os.fstat(descriptor), stat.S_ISREG, forbidden)
                return None if objection else file.read()
        except OSError:
            return None

    def _put(self, name: str, content: bytes, is_first: bool = False) -> None:
        """Write a file whole or not at all; where it has to be the first of its name, over no other."""
        assert self.path is not None
        temporary = self.path / f".{name}.{secrets.token_hex(8)}"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN_FILE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            if is_first:
                (self.path / name).hardlink_to(temporary)
            else:
                temporary.replace(self.path / name)
        except OSError:
            pass
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _own_secret(self, path: Path) -> bytes:
        """Return the key of digests, which is made when it is first needed; empty if it cannot be kept."""
        for _ in range(2):
            found = self._file(_KEY, _OTHERS)
            if found is not None and len(found) == _KEY_SIZE:
                return found
            # Where another could have read it, all that was kept is worth nothing.
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            self._put(_KEY, secrets.token_bytes(_KEY_SIZE), is_first=True)
        return b""


def _make(path: Path) -> None:
    """Make a folder, and those above it that are missing, the user's alone."""
    for each in (*reversed(path.parents), path):
        if not each.exists():
            each.mkdir(mode=_OWN_FOLDER, exist_ok=True)


def _objection(found: os.stat_result, is_kind: Callable[[int], bool], forbidden: int) -> str:
    """Return why what was found is not the user's own; empty if it is."""
    if not is_kind(found.st_mode):
        return "is not a folder of its own"
    if _HAS_OWNERS and found.st_uid != os.getuid():
        return "belongs to another user"
    if _HAS_OWNERS and stat.S_IMODE(found.st_mode) & forbidden:
        return "can be written by other users"
    return ""
