"""Drawing at the end of a run: a figure that fails costs neither the data nor the other figures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.program import FAILED
from sim.vocabulary.errors import InputError
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(figures: Iterable[tuple[str, Figure]], folder: Path) -> tuple[list[Path], str]:
    """Save figures under their names; return the files, and the first fault in words or ""."""
    files: list[Path] = []
    faults: list[str] = []
    rest, name = iter(figures), "the first figure"
    while True:
        try:
            name, figure = next(rest)
            from sim.plots import save  # which a broken matplotlib refuses too

            files += save(figure, folder / name)
        except StopIteration:
            break
        except OSError:  # of the disk, not of the drawing
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            if isinstance(error, InputError):
                said = error.message  # without its file, which nobody will find
            faults.append(f"{name} could not be drawn, {' '.join(said.split()).rstrip('.')}")
            for half in folder.glob(f"{name}.*g"):
                half.unlink()
    more = f" ({len(faults)} figures in all)" if len(faults) > 1 else ""
    return files, f"{faults[0]}{more}" if faults else ""


def say(fault: str) -> None:
    """Say in one line what could not be drawn; nothing where all could."""
    if fault:
        click.echo(printable(f"Figures: {fault}. The data are complete."), err=True)


def failed(fault: str) -> None:
    """Say in one line what could not be drawn, and leave with 1; do nothing where all could."""
    say(fault)
    if fault:
        click.get_current_context().exit(FAILED)
