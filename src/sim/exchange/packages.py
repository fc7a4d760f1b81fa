"""Packages that only exchange needs, loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import Any

from sim.vocabulary.errors import MissingFile


def needed(module: str, distribution: str, extra: str, least: int = 0) -> Any:
    """Return a module, or say in one line how to install it.

    Parameters
    ----------
    module, distribution, extra : str
        What is imported; what is installed; the extra of hedgesim that does.
    least : int
        The first part of the oldest version that will do.

    Raises
    ------
    MissingFile
    """
    remedy = f"Install it: pip install 'hedgesim[{extra}]'."
    try:
        found = import_module(module)
        version = metadata.version(distribution)
    except (ImportError, metadata.PackageNotFoundError):
        raise MissingFile("", distribution, "is not installed", remedy) from None
    if int(version.partition(".")[0]) < least:
        remedy = f"Install {least} or later; it may need a later Python."
        raise MissingFile("", distribution, f"{version} is too old", remedy)
    return found
