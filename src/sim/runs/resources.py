"""How much memory and disk a run will take, said and checked before it starts."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sim.files.records import reason, shown
from sim.runs import free_memory
from sim.runs.blocks import Form
from sim.vocabulary.errors import InputError

#: Memory of a process that has loaded the library, in bytes (measured: 119 MiB; a run of 8,000 trials in one
#: process, with its table, took 11 MiB more in all than 150 MiB here would allow for).
PROCESS = 180 * 2**20

#: Memory of a block at work, in bytes per trial beside what it records (measured: 90 KiB with NumPy, 204 KiB
#: compiled, the compiler among them).
AT_WORK = 200 * 2**10

#: Quarters for which that holds; longer ones take as much more.
QUARTERS_AT_WORK = 68

#: A line of a store's ledger in memory, and a file of a chunk on disk, in bytes at least.
LEDGER_LINE, CHUNK_FILE = 1024, 4096

#: What a block records and its copy for the disk, in bytes per number.
RECORDED = 8

#: Different values that a summary counts of a number: a share of the trials (measured: 0.13 to 0.26), up to
#: so many; bytes of each while summaries are merged (measured: 71), and on disk.
COUNTED_SHARE, MOST_COUNTED, MERGING, COUNTED = 0.3, 4096, 80, 16

_FLOAT32 = 4
_MIB = 2**20


@dataclass(frozen=True)
class Needs:
    """What a run takes, in bytes.

    Parameters
    ----------
    memory : int
        Of all local processes together.
    disk : int
        Of what is still to be written.
    is_upper_bound : bool
        Whether it cannot take more disk, since it is counted before compression.
    here : int
        The part of the memory that is this process's.
    blocks : int
        Blocks in all, those that are there already among them.
    """

    memory: int
    disk: int
    is_upper_bound: bool = True
    here: int = 0
    blocks: int = 1

    def __str__(self) -> str:
        about = "up to" if self.is_upper_bound else "about"
        disk = f", {about} {_text(self.disk)} of disk" if self.disk else ""
        blocks = f", in {self.blocks:,} blocks" if self.blocks > 1 else ""
        return f"about {_text(self.memory)} of memory{disk}{blocks}"

    def check(self, out: Path | None) -> None:
        """Refuse what cannot fit.

        Raises
        ------
        InputError
            Naming what is needed and what there is.
        """
        _check_memory(self.memory, free_memory.of_machine())
        alone = free_memory.of_process()
        if alone is not None:
            # The library, which is loaded already, is no longer among what is free.
            _check_memory(self.here - PROCESS, alone)
        if out is not None and self.disk:
            room = _room(out)
            if self.disk > room:
                problem = f"may take {_text(self.disk)} of disk, and {_text(room)} are free"
                remedy = "Keep fewer variables, quarters or trials, or summaries alone."
                raise InputError(shown(out), "", problem, remedy)


def _check_memory(size: int, free: int) -> None:
    if size > free:
        problem = f"needs {_text(size)} of memory, and {_text(free)} are free"
        remedy = "Write it with out, or keep fewer variables, quarters or trials, or summaries alone."
        raise InputError("", "run", problem, remedy)


def _room(out: Path) -> int:
    """Return the free bytes of the disk on which a path lies that may not be there yet."""
    remedy = "Choose another path."
    try:
        folder = next(each for each in out.absolute().parents if os.path.lexists(each))
        if not os.path.isdir(folder):  # noqa: PTH112, says no where a path cannot be looked at
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise InputError(shown(out), "", f"cannot be written: {reason(error)}", remedy) from None


def needs(
    *,
    scenarios: int,
    trials: int,
    block: int,
    numbers: int,
    form: Form,
    workers: int,
    ahead: int,
    quarters: int = QUARTERS_AT_WORK,
    done: int = 0,
    on_disk: float | None = None,
) -> Needs:
    """Return what a run takes.

    Parameters
    ----------
    scenarios, trials, block : int
        How much is run, and how much at a time.
    numbers : int
        Kept per trial.
    form : {"arrays", "chunks", "summary"}
        What is kept.
    workers, ahead : int
        Local processes besides this one, and blocks on their way.
    quarters : int
        Simulated, recorded or not.
    done : int
        Trials of all scenarios that are there already.
    on_disk : float, optional
        Bytes of a trial on disk; without, all that it takes before compression.
    """
    missing = trials * scenarios - done
    n_blocks = scenarios * -(-trials // block)
    whole = _FLOAT32 * numbers * missing
    one = round((on_disk or _FLOAT32 * numbers) * min(block, trials))
    advanced = AT_WORK * max(1.0, quarters / QUARTERS_AT_WORK)
    at_work = round(advanced + RECORDED * numbers) * min(block, trials)
    counted = scenarios * numbers * round(min(COUNTED_SHARE * trials, MOST_COUNTED) + 1)
    kept = {"arrays": whole, "chunks": LEDGER_LINE * n_blocks, "summary": MERGING * counted}[form]
    stored = whole if on_disk is None else round(on_disk * missing)
    disk = {"arrays": 0, "chunks": max(stored, CHUNK_FILE * missing // block), "summary": COUNTED * counted}
    here = PROCESS + ahead * one + kept + (0 if workers else at_work)
    memory = here + workers * (PROCESS + at_work)
    return Needs(memory, disk[form], on_disk is None, here, n_blocks)


def in_use() -> int:
    """Return the memory of this process and of those it started, in bytes."""
    import psutil

    here = psutil.Process()
    size = 0
    for each in (here, *here.children(recursive=True)):
        with suppress(psutil.Error):
            size += each.memory_info().rss
    return size


def _text(size: int) -> str:
    return f"{size / 2**10 / _MIB:,.1f} GiB" if size >= 2**30 else f"{max(1, round(size / _MIB)):,} MiB"
