"""Which blocks of a run are finished: a file beside the data with a line for each.

A line has the digests of the block's chunks, the trials that failed, what ran it, and the spec that it
belongs to. What the ledger does not hold is not there, and is done again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from sim.files import digests, regular
from sim.files.records import shown
from sim.files.staging import replace
from sim.runs.blocks import NOTHING_RAN, Finished, Ran
from sim.runs.spec import RUN, Spec
from sim.vocabulary.errors import MissingFile
from sim.vocabulary.variables import GLOSSARY

#: The name of the file.
LEDGER = "ledger.jsonl"

#: A block: scenario and number.
Key = tuple[int, int]


class Ledger:
    """The ledger of a run.

    Parameters
    ----------
    store : Path
        The folder of the run.
    spec : Spec
        What it is a run of; lines of another are not its own.
    """

    def __init__(self, store: Path, spec: Spec) -> None:
        self.store, self.spec, self.file = store, spec, store / RUN / LEDGER

    def append(self, key: Key, done: Finished, chunks: Mapping[str, bytes]) -> None:
        """Write the line of a finished block."""
        scenario, block = key
        entry = {
            "scenario": scenario,
            "block": block,
            "trials": done.n_trials,
            "chunks": {name: digests.fingerprint(chunk) for name, chunk in chunks.items()},
            "failures": [each._asdict() for each in done.failures],
            "ran": done.ran,
            "spec": self.spec.identity,
        }
        with self.file.open("a", encoding="utf-8", newline="\n") as ledger:
            ledger.write(json.dumps(digests.signed(entry)) + "\n")

    def rewrite(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Let these be all its lines."""
        replace(self.file, "".join(json.dumps(entry) + "\n" for entry in entries).encode())

    def entries(self) -> dict[Key, dict[str, Any]]:
        """Return what the ledger says, the last word on each block.

        Lines that were cut off, changed, or belong to another run are left out.

        Raises
        ------
        InputError
            If it is gone or cannot be read.
        """
        found: dict[Key, dict[str, Any]] = {}
        name = shown(self.store)
        try:
            lines = regular.content(self.file).splitlines()
        except FileNotFoundError:
            problem = f"{RUN}/{LEDGER} is gone, which says what blocks are there"
            raise MissingFile(
                name, "", problem, f"Put it back, or run all again: sim resume {name}"
            ) from None
        except OSError as error:
            from sim.runs.zarr_files import unreadable

            raise unreadable(self.store, self.file, error) from None
        for line in lines:
            with contextlib.suppress(ValueError, RecursionError):
                entry = json.loads(line)
                if digests.is_signed(entry) and entry["spec"] == self.spec.identity:
                    found[entry["scenario"], entry["block"]] = entry
        return found

    def whole(self) -> dict[Key, dict[str, Any]]:
        """Return the entries of blocks of the run as it is now, each about all of its block."""
        return {key: entry for key, entry in self.entries().items() if self._is_whole(key, entry)}

    def _is_whole(self, key: Key, entry: Mapping[str, Any]) -> bool:
        """Whether an entry is about all of a block of the run as it is now."""
        (scenario, block), spec = key, self.spec
        return (
            0 <= scenario < len(spec.scenarios)
            and 0 <= block * spec.block < spec.trials
            and entry["trials"] == min(spec.block, spec.trials - block * spec.block)
            and set(entry["chunks"]) == set(() if spec.is_summary else spec.keep)
        )

    def trials_done(self) -> int:
        """Return how many trials it holds, of all scenarios."""
        return sum(entry["trials"] for entry in self.entries().values())

    def ran(self) -> Ran:
        """Return what ran its blocks, whenever it was."""
        return reduce(Ran.plus, (Ran(*entry["ran"]) for entry in self.entries().values()), NOTHING_RAN)


def files(key: Key, entry: Mapping[str, Any]) -> dict[str, str]:
    """Return the fingerprints of the files of an entry's block, by name."""
    return {chunk_name(variable, *key): each for variable, each in entry["chunks"].items()}


def chunk_name(variable: str, scenario: int, block: int) -> str:
    """Return the name of a variable's chunk: all else but scenario and trial is whole."""
    whole = ["0"] * (1 + len(GLOSSARY[variable].dims))
    return "/".join([variable, "c", str(scenario), *whole, str(block)])
