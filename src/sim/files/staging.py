"""Writing all or nothing: into a hidden sibling first, which takes the target's name when it is complete.

What is replaced is moved aside under a hidden name, and goes when the new result is in place. A process
that is killed in between leaves nothing at the target; the next command on it puts back what was there
(`recover`).
"""

from __future__ import annotations

import os
import shutil
import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.files.records import reason, shown
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError, SimWarning

#: What is said where nothing can be written to a target.
CHOOSE = "Choose another --out."

_GIVE_A_NAME = "Give it a name of its own."


def located(path: Any) -> Path:
    """Return the absolute path of what a user has named; ``~`` is the home folder.

    Raises
    ------
    InputError
        If it is no path, or there is no such home or working folder.
    """
    given = arguments.path(path, "path", "Give it as a text.")
    try:
        return Path(os.path.abspath(given))  # noqa: PTH100, a link stays a link
    except OSError:
        problem = "the working folder is gone"
        raise InputError(
            str(given), "", problem, "Go to one that exists, or write the path in full."
        ) from None


def target_of(path: Any, remedy: str = CHOOSE) -> Path:
    """Return the absolute path of what is to be written, which names something.

    Raises
    ------
    InputError
        If it is a folder without a name of its own (``.``, ``..``, ``/``), or cannot be looked at.
    """
    target = located(path)
    given = Path(os.fsdecode(path))
    if given.name in ("", "..") or not target.name:
        raise InputError(str(given), "", "names no file or folder to be made", _GIVE_A_NAME)
    with as_input_error(target, target, remedy), suppress(FileNotFoundError, NotADirectoryError):
        target.lstat()
    return target


@contextmanager
def staged(
    target: Path | str,
    *,
    force: bool | None,
    is_ours: Callable[[Path], bool] = lambda _: False,
    remedy: str = CHOOSE,
) -> Iterator[Path]:
    """Yield a path to write to; what stands there at the end is moved to `target`.

    Parameters
    ----------
    target : Path
        Must not exist, unless it is an empty folder.
    force : bool or None
        Replace an earlier result at `target`; None where a result is never replaced.
    is_ours : callable
        Whether what stands at a path is an earlier result and nothing else; only that is replaced.
    remedy : str
        What to do where the target is not free or cannot be written.

    Raises
    ------
    InputError
        Before anything is written, if the target exists or cannot be written.
    """
    target = target_of(target, remedy)
    recover(target)
    check_free(target, force, is_ours, remedy)
    made = [folder for folder in target.parents if not folder.exists()]
    holder = partial(target)
    is_done = False
    try:
        with as_input_error(target, holder, remedy):
            holder.mkdir(parents=True)
        with as_input_error(target, holder, remedy):
            yield holder / target.name
            check_free(target, force, is_ours, remedy)
            swap(holder / target.name, target)
        is_done = True
    finally:
        shutil.rmtree(holder, ignore_errors=True)
        for folder in [] if is_done else made:
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()


def partial(target: Path) -> Path:
    """Return the hidden sibling in which a result is made."""
    return target.with_name(f".{target.name}.{os.getpid()}.partial")


def check_free(
    target: Path, force: bool | None, is_ours: Callable[[Path], bool], remedy: str = CHOOSE
) -> None:
    """Refuse a target where something is that may not be replaced."""
    name = shown(target)
    if is_free(target):
        return
    if not force:
        more = "" if force is None else f"{remedy.rstrip('.')}, or add --force to replace it."
        raise InputError(name, "", "already exists", more or remedy)
    if target.is_symlink():
        raise InputError(name, "", "is a link", "Give the path of what it leads to.")
    if not is_ours(target):
        raise InputError(name, "", "is not a result of an earlier run, or holds other files too", remedy)


def is_free(path: Path) -> bool:
    """Whether something may be made at a path: nothing is there, or an empty folder."""
    return not os.path.lexists(path) or (path.is_dir() and not path.is_symlink() and not any(path.iterdir()))


def swap(new: Path, target: Path) -> None:
    """Give a finished result its name; an earlier one leaves only when the new one is in place."""
    old, discarded = _aside(target), target.with_name(f".{target.name}.discarded")
    _remove(old)  # of a replacement that was killed after it: what stands at the target is newer
    if target.is_dir() and is_free(target):
        target.rmdir()
    if os.path.lexists(target):
        target.rename(old)
    try:
        new.rename(target)
    finally:
        if os.path.lexists(old) and not os.path.lexists(target):
            old.rename(target)
    if os.path.lexists(old):
        _remove(discarded)
        old.rename(discarded)  # so that a half of it is never put back
    _remove(discarded)


def recover(path: Path) -> None:
    """Put back what a killed replacement of a path, or of a folder above it, has left aside.

    Raises
    ------
    InputError
        If it cannot be put back; it says where it is.
    """
    missing = next((each for each in (path, *path.parents) if os.path.lexists(_aside(each))), None)
    if missing is None or os.path.lexists(missing):
        return
    old = _aside(missing)
    try:
        old.rename(missing)
    except OSError as error:
        problem = f"a command that was to replace it was stopped, and it cannot be put back: {reason(error)}"
        raise InputError(shown(missing), "", problem, f"It is at {shown(old)}; rename it.") from None
    warnings.warn(
        f"{shown(missing)}: a command that was to replace it was stopped; it has been put back.",
        SimWarning,
        stacklevel=3,
    )


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.replaced") if target.name else target


def _remove(path: Path) -> None:
    try:
        is_folder = stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return
    shutil.rmtree(path) if is_folder else path.unlink()


@contextmanager
def as_input_error(target: Path, holder: Path, remedy: str) -> Iterator[None]:
    """Turn what the file system refuses about the target into one line; other errors keep their trace."""
    try:
        yield
    except InputError as error:
        if holder.name not in Path(error.file).parts:
            raise
        # The place in which it is made is gone by now, and means nothing to the user.
        raise type(error)(shown(target), "", error.message, remedy, error.value) from None
    except OSError as error:
        names = [str(name) for name in (error.filename, error.filename2) if name is not None]
        is_about_target = any(name.startswith((str(holder), str(target))) for name in names)
        is_about_parents = any(Path(name) in target.parents for name in names)
        if not names or is_about_target or is_about_parents:
            raise InputError(shown(target), "", f"cannot be written: {reason(error)}", remedy) from None
        raise


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.partial")
    try:
        made.write_bytes(content)
        made.replace(path)
    except OSError:
        with suppress(OSError):
            made.unlink(missing_ok=True)
        raise
