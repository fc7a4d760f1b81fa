"""A run on disk that can be stopped at any moment: a zarr store, and beside the data a ledger of its blocks.

::

    OUT/                     what `sim.open` reads: a zarr group as xarray writes it
        supplier_share/c/0/0/0/7     chunk: scenario 0, all quarters kept, block 7 of trials
        digests/             a group without arrays; digests of all metadata and coordinates
        run/                 a group without arrays; its attributes say what is run (`Spec`)
            ledger.jsonl     a line per finished block: digests of its chunks, trials that failed, what ran it
            lock             held by the process that writes
            summary.0        where only summaries are kept: those of scenario 0, up to some block

A chunk is written beside its place and renamed, and a block's line follows its chunks. Each line names the
spec that it belongs to, and has a digest of its own, as the spec and the digests have. What the ledger does
not hold, or what does not have the digest that the ledger holds, is not there, and is done again; metadata
and coordinates are written anew whenever a run is taken up.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from zarr.storage import MemoryStore

from sim.design import sampling
from sim.files import digests, lock, regular, staging
from sim.files.records import readable, reason, shown
from sim.files.staging import replace
from sim.runs import zarr_files
from sim.runs.blocks import LEVEL, NOTHING_RAN, Finished, Ran
from sim.runs.dataset import FORMAT
from sim.runs.ledger import LEDGER, Ledger, chunk_name, files
from sim.runs.spec import RUN, Spec, is_run, read_spec
from sim.vocabulary.errors import InputError, MissingFile, SimWarning

if TYPE_CHECKING:
    import xarray as xr
    from zarr.core.buffer import Buffer

    from sim.runs.counts import Summary

#: The file beside the data that who writes holds.
LOCK = "lock"


class Checkpoint(NamedTuple):
    """What is known of the first blocks of a scenario of which a summary is kept.

    Parameters
    ----------
    blocks : int
        How many they are.
    failures : tuple of dict
        Trials of them that failed.
    ran : Ran
        What ran them.
    summary : Summary or None
        Of their trials.
    """

    blocks: int = 0
    failures: tuple[dict[str, Any], ...] = ()
    ran: Ran = NOTHING_RAN
    summary: Summary | None = None


class Store:
    """The folder of a run; `create` or `open` it, and `lock` it to write.

    Attributes
    ----------
    path : Path
    spec : Spec
    """

    def __init__(self, path: Path, spec: Spec) -> None:
        self.path = path
        self.spec = spec

    @property
    def ledger(self) -> Ledger:
        """Which blocks are finished."""
        return Ledger(self.path, self.spec)

    @classmethod
    def create(cls, path: Path, spec: Spec, template: xr.Dataset | None) -> Store:
        """Make a store without blocks; it appears whole or not at all, in place of what stands there.

        Parameters
        ----------
        path : Path
            See `sim.files.staging.target_of`.
        spec : Spec
        template : xarray.Dataset, optional
            The result with its first trial alone, values not a number; None where only summaries are kept.
        """
        holder = staging.partial(path)
        with _plain_errors(path):
            shutil.rmtree(holder, ignore_errors=True)
            try:
                store = cls(holder, spec)
                store._write_spec()
                store.ledger.file.touch()
                if template is not None:
                    store.lay_out(template)
                staging.swap(holder, path)
            finally:
                shutil.rmtree(holder, ignore_errors=True)
        return cls(path, spec)

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open the store of an earlier run, to go on with it.

        Raises
        ------
        InputError
            If there is none, it is damaged, or of another version or other code.
        """
        target = staging.located(path)
        with readable(target):
            staging.recover(target)
            is_there, is_saved = is_run(target), (target / "zarr.json").is_file()
        if not is_there:
            remedy = "Give the .zarr folder that sim run --out has written."
            if is_saved:
                remedy = "It was saved from memory; run with --out to write as blocks finish."
            raise MissingFile(shown(target), "", "no run here that could go on", remedy)
        return cls(target, read_spec(target, is_to_go_on=True))

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store for writing; the system lets go of it when the process ends, however it ends.

        Raises
        ------
        InputError
            If another run holds it, or nothing can be locked there.
        """
        with contextlib.ExitStack() as held:
            with _plain_errors(self.path):
                try:
                    held.enter_context(lock.locked(self.path / RUN / LOCK))
                except lock.InUse:
                    problem, remedy = "another run is writing here", "Wait for it, or choose another --out."
                    raise InputError(shown(self.path), "", problem, remedy) from None
                except lock.NoLocks:
                    problem = "the file system cannot lock files, which keeps two runs from writing at a time"
                    remedy = f"If no other run does: {lock.SWITCH}={lock.OFF} sim resume {shown(self.path)}"
                    raise InputError(shown(self.path), "", problem, remedy) from None
            yield

    # ------------------------------------------------------------------ blocks

    def write(self, scenario: int, block: int, done: Finished) -> None:
        """Write the chunks of a block, if chunks are what is kept, then its line in the ledger."""
        chunks: Mapping[str, bytes] = {} if self.spec.is_summary else done.kept
        with _plain_errors(self.path):
            for name, chunk in chunks.items():
                replace(self.path / chunk_name(name, scenario, block), chunk)
            self.ledger.append((scenario, block), done, chunks)

    def finished(self) -> dict[tuple[int, int], dict[str, Any]]:
        """Return the ledger's entries of blocks that are there, whole and with the digests it holds.

        Lines that were cut off or are overtaken leave the ledger, so the lock must be held.
        """
        found = {
            key: entry
            for key, entry in self.ledger.whole().items()
            if all(self._is_sound(*file) for file in files(key, entry).items())
        }
        with _plain_errors(self.path):
            self.ledger.rewrite(found.values())
        return found

    def there(self) -> dict[tuple[int, int], dict[str, str]]:
        """Return the blocks that are there at their full lengths: fingerprints of their files, by name."""
        blocks = {key: files(key, entry) for key, entry in self.ledger.whole().items()}
        return {
            key: named
            for key, named in blocks.items()
            if all(zarr_files.is_there(self.path, *file) for file in named.items())
        }

    def begin_ledger(self) -> None:
        """Make an empty ledger where it is gone, and say so."""
        if not self.ledger.file.exists():
            with _plain_errors(self.path):
                self.ledger.file.touch()
            problem = f"{RUN}/{LEDGER} is gone, which said what blocks are there; all are run again."
            warnings.warn(f"{shown(self.path)}: {problem}", SimWarning, stacklevel=3)

    def failures(self) -> list[dict[str, Any]]:
        """Return the trials that failed, scenario by scenario."""
        names = [each["name"] for each in self.spec.scenarios]
        listed = [each for entry in self.ledger.entries().values() for each in entry["failures"]]
        for scenario in range(len(names)) if self.spec.is_summary else ():
            listed += self.summary(scenario).failures
        by_trial = {(names.index(each["scenario"]), each["trial"]): each for each in listed}
        return [by_trial[key] for key in sorted(by_trial)]

    def _is_sound(self, name: str, fingerprint: str) -> bool:
        if not zarr_files.is_there(self.path, name, fingerprint):
            return False
        try:
            return digests.fingerprint(regular.content(self.path / name)) == fingerprint
        except OSError:
            return False

    def write_summary(self, scenario: int, known: Checkpoint) -> None:
        """Write the summary of a scenario's first blocks."""
        assert known.summary is not None, "there is a first block"
        head = {"blocks": known.blocks, "failures": known.failures, "ran": known.ran}
        content = json.dumps(head).encode() + b"\n" + known.summary.dump()
        with _plain_errors(self.path):
            replace(self._summary(scenario), self._digest_of_summary(scenario, content) + b"\n" + content)

    def summary(self, scenario: int) -> Checkpoint:
        """Return what is known of a scenario; of no block where nothing was written, or it is damaged."""
        from sim.runs.counts import Summary

        try:
            digest, content = regular.content(self._summary(scenario)).split(b"\n", 1)
        except (OSError, ValueError):
            return Checkpoint()
        if digest != self._digest_of_summary(scenario, content):
            return Checkpoint()
        head, dumped = content.split(b"\n", 1)
        fields = json.loads(head)
        ran = Ran(*fields["ran"])
        return Checkpoint(fields["blocks"], tuple(fields["failures"]), ran, Summary.load(dumped))

    def _summary(self, scenario: int) -> Path:
        return self.path / RUN / f"summary.{scenario}"

    def _digest_of_summary(self, scenario: int, content: bytes) -> bytes:
        """Return a digest that binds a summary to its scenario and run."""
        return digests.digest(f"{self.spec.identity} {scenario} ".encode() + content).encode()

    # ------------------------------------------------------------------ what is run

    def renew(self, spec: Spec, template: xr.Dataset | None) -> None:
        """Let the store be a run of so many trials; the spec goes first, so a stop in between is made good.

        What is not a block, metadata and coordinates, is written anew, whatever has come of it.
        """
        self.spec = spec
        with _plain_errors(self.path):
            self._write_spec()
            if template is not None:
                self.lay_out(template)

    def lay_out(self, result: xr.Dataset) -> None:
        """Write a summary, or the metadata and coordinates of trials, over earlier ones.

        The digests go first: until all else has followed, the store is refused and can be taken up.
        """
        spec = self.spec
        made: dict[str, Buffer] = {}
        zarr_files.write(result, MemoryStore(made), 1 if spec.is_summary else spec.block, LEVEL)
        if not spec.is_summary:
            self._fit(MemoryStore(made))
        contents = zarr_files.contents(made)
        files = {name: digests.fingerprint(content) for name, content in contents.items()}
        with _plain_errors(self.path):
            replace(self._index, zarr_files.index_content(files, spec.digest))
            for name, fingerprint in files.items():
                if not self._is_sound(name, fingerprint):
                    replace(self.path / name, contents[name])

    def _fit(self, made: MemoryStore) -> None:
        """Give every array of a template the length that the spec asks for."""
        import zarr

        spec, group = self.spec, zarr.open_group(made, mode="r+", use_consolidated=False)
        arrays: Any = group
        for name in spec.keep:
            arrays[name].resize((*arrays[name].shape[:-1], spec.trials))
        trial = np.arange(spec.first_trial, spec.first_trial + spec.trials)
        numbers = sampling.restore(spec.sampling).numbers(trial)
        for name, values in {"trial": trial, **numbers}.items():
            arrays[name].resize(values.shape)
            arrays[name][:] = values

    def describe(self, attributes: Mapping[str, Any]) -> None:
        """Write the attributes of the result; the manifest among them."""
        file = self.path / zarr_files.METADATA
        with _plain_errors(self.path):
            group = json.loads(regular.content(file))
            group["attributes"] |= attributes
            content = json.dumps(group, ensure_ascii=False, indent=1).encode()
            found = zarr_files.read_index(self.path, self.remedy)
            files = {**(found.files if found else {}), file.name: digests.fingerprint(content)}
            replace(self._index, zarr_files.index_content(files, self.spec.digest))
            replace(file, content)

    @property
    def remedy(self) -> str:
        """What to do about damage."""
        return f"To run what is damaged again: sim resume {shown(self.path)}"

    @property
    def _index(self) -> Path:
        return self.path / zarr_files.DIGESTS / zarr_files.METADATA

    def _write_spec(self) -> None:
        attributes = digests.signed({"format": FORMAT, **dataclasses.asdict(self.spec)})
        group = {"attributes": attributes, "zarr_format": 3, "node_type": "group"}
        replace(
            self.path / RUN / "zarr.json", json.dumps(group, ensure_ascii=False, indent=1).encode("utf-8")
        )


@contextlib.contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into one line."""
    try:
        yield
    except OSError as error:
        is_begun = os.path.isfile(path / RUN / "zarr.json")  # noqa: PTH113, says no where it cannot look
        remedy = f"Make it writable, then: sim resume {shown(path)}" if is_begun else "Choose another --out."
        # What is renamed has two names, of which the second is the one to stay.
        at = Path(os.fsdecode(error.filename2 or error.filename or path))
        place = at.relative_to(path).as_posix() if at != path and at.is_relative_to(path) else ""
        raise InputError(shown(path), place, f"cannot be written: {reason(error)}", remedy) from None
