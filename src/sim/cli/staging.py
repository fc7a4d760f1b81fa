"""Writing all or nothing: into a hidden sibling first, which takes the target's name when it is complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.vocabulary.errors import InputError


@contextmanager
def staged(
    target: Path, *, force: bool | None, is_ours: Callable[[Path], bool] = lambda _: False
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

    Raises
    ------
    InputError
        Before anything is written, if the target exists or cannot be written.
    """
    target = Path(os.path.abspath(target))  # noqa: PTH100, a link stays a link
    check_free(target, force, is_ours)
    made = [folder for folder in target.parents if not folder.exists()]
    holder = target.parent / f".{target.name}.{os.getpid()}.partial"
    is_done = False
    try:
        with _as_input_error(target, holder):
            holder.mkdir(parents=True)
        with _as_input_error(target, holder):
            yield holder / target.name
            _move(holder, target, force, is_ours)
        is_done = True
    finally:
        shutil.rmtree(holder, ignore_errors=True)
        for folder in [] if is_done else made:
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()


def check_free(target: Path, force: bool | None, is_ours: Callable[[Path], bool]) -> None:
    """Refuse a target where something is that may not be replaced."""
    shown = _shown(target)
    if not os.path.lexists(target) or _is_empty(target):
        return
    if not force:
        remedy = (
            "Choose another --out."
            if force is None
            else "Choose another --out, or add --force to replace it."
        )
        raise InputError(shown, "", "already exists", remedy)
    if not is_ours(target):
        raise InputError(
            shown, "", "is not a result of an earlier run, or holds other files too", "Choose another --out."
        )


def _move(holder: Path, target: Path, force: bool | None, is_ours: Callable[[Path], bool]) -> None:
    """Give the finished result its name; an earlier one leaves only when the new one is in place."""
    check_free(target, force, is_ours)
    old = holder / "replaced"
    if target.exists():
        target.rename(old)
    try:
        (holder / target.name).rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise


@contextmanager
def _as_input_error(target: Path, holder: Path) -> Iterator[None]:
    """Turn what the file system refuses about the target into one line; other errors keep their trace."""
    try:
        yield
    except OSError as error:
        names = [str(name) for name in (error.filename, error.filename2) if name is not None]
        is_about_target = any(name.startswith((str(holder), str(target))) for name in names)
        is_about_parents = any(Path(name) in target.parents for name in names)
        if not names or is_about_target or is_about_parents:
            reason = (error.strerror or str(error)).lower()
            remedy = "Choose another --out."
            raise InputError(_shown(target), "", f"cannot be written: {reason}", remedy) from None
        raise


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def _shown(path: Path) -> str:
    from sim.files.records import shown

    return shown(path)
