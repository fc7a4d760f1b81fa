"""A run on disk that can be stopped at any moment: a zarr store, and beside the data a ledger of its blocks.

::

    OUT/                     what `sim.open` reads: a zarr group as xarray writes it
        supplier_share/c/0/0/0/7     chunk: scenario 0, all quarters kept, block 7 of trials
        run/                 a group without arrays; its attributes say what is run (`Spec`)
            ledger.jsonl     a line per finished block: digests of its chunks, trials that failed
            lock             held by the process that writes
            summary.0        where only summaries are kept: those of scenario 0, up to some block

A chunk is written beside its place and renamed, and a block's line follows its chunks. What the ledger does
not hold, or what does not have the digest that the ledger holds, is not there, and is done again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.design import sampling
from sim.files.records import shown
from sim.runs.blocks import LEVEL, Failure
from sim.runs.dataset import write
from sim.vocabulary.errors import Contradiction, InputError, MissingFile
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr

    from sim.runs.counts import Summary

#: Version of what stands in `run/`.
FORMAT = 1

#: The group beside the data, and its files.
RUN, LEDGER, LOCK = "run", "ledger.jsonl", "lock"

_DIGEST_BYTES = 16


@dataclass(frozen=True)
class Spec:
    """What a store is a run of: all that a number of it depends on.

    Parameters
    ----------
    scenarios : tuple of dict
        See `sim.scenario.record`.
    seed, first_trial, trials, block : int
        Which trials, and how many of them make a block.
    keep : tuple of str
        Variables recorded.
    quarters : tuple of str
        Quarters recorded.
    rules : dict of str to str
        Stages replaced, and by what.
    sampling : dict
        See `sim.design.sampling`.
    is_summary : bool
        Whether summaries are kept instead of trials.
    until, most : str or None, int
        Precision at which the run ends, and the trials at which it gives up.
    engine : str
        "numpy" or "compiled"; they give the same numbers.
    version, code : str
        Of the library: its version, and a digest of the modules that make the numbers.
    """

    scenarios: tuple[dict[str, Any], ...]
    seed: int
    first_trial: int
    trials: int
    block: int
    keep: tuple[str, ...]
    quarters: tuple[str, ...]
    rules: dict[str, str]
    sampling: dict[str, Any]
    is_summary: bool
    until: str | None
    most: int
    engine: str
    version: str
    code: str

    def comparable(self) -> dict[str, Any]:
        """Return what a person would compare, without what may grow."""
        return {
            "scenarios": ", ".join(f"{each['name']} {each['digest'][:8]}" for each in self.scenarios),
            "seed": self.seed,
            "first_trial": self.first_trial,
            "block": self.block,
            "keep": ", ".join(self.keep),
            "quarters": f"{self.quarters[0]} to {self.quarters[-1]}, {len(self.quarters)}",
            "rules": self.rules,
            "sampling": self.sampling["method"],
            "summary": self.is_summary,
        }


def version() -> str:
    """Return the version of the library."""
    return metadata.version("hedgesim")


#: Folders of the package whose code makes the numbers of a trial.
_MAKE_NUMBERS = (
    "vocabulary",
    "numerics",
    "files",
    "case",
    "parameter",
    "scenario",
    "model",
    "design",
    "engine",
    "runs",
)


@cache
def code_digest() -> str:
    """Return a digest of the modules that make the numbers."""
    folder = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(path for name in _MAKE_NUMBERS for path in (folder / name).rglob("*.py")):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


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

    @classmethod
    def create(cls, path: str | Path, spec: Spec, template: xr.Dataset | None) -> Store:
        """Make a store without blocks; it appears whole or not at all.

        Parameters
        ----------
        path : path
            Must not exist, or be an empty folder.
        spec : Spec
        template : xarray.Dataset, optional
            The result with its first trial alone, values not a number; None where only summaries are kept.
        """
        target = Path(path)
        with _plain_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            holder = target.parent / f".{target.name}.{os.getpid()}.partial"
            shutil.rmtree(holder, ignore_errors=True)
            try:
                if template is not None:
                    write(template, holder, spec.block, LEVEL)
                store = cls(holder, spec)
                store._write_spec()
                (holder / RUN / LEDGER).touch()
                if template is not None:
                    store.fit()
                if target.is_dir():
                    target.rmdir()  # an empty folder may be filled; another is refused here
                holder.rename(target)
            finally:
                shutil.rmtree(holder, ignore_errors=True)
        return cls(target, spec)

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open the store of an earlier run.

        Raises
        ------
        InputError
            If there is none, or it is of another version or other code.
        """
        target = Path(path)
        record = target / RUN / "zarr.json"
        if not is_run(target):
            remedy = "Give the .zarr folder that sim run --out has written."
            if (target / "zarr.json").is_file():
                remedy = "It was saved from memory; run with --out to write as blocks finish."
            raise MissingFile(shown(target), "", "no run here that could go on", remedy)
        try:
            fields = json.loads(record.read_text(encoding="utf-8"))["attributes"]
            made = fields.pop("format")
            found = {"format": made, "version": fields["version"], "code": fields["code"][:_DIGEST_BYTES]}
            now = {"format": FORMAT, "version": version(), "code": code_digest()[:_DIGEST_BYTES]}
            check_same(target, found, now)
            as_tuples: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
            }
            spec = Spec(**as_tuples)
        except (ValueError, KeyError, TypeError) as error:
            problem = f"cannot be read as the record of a run: {error}"
            raise InputError(shown(record), "", problem, "Run it anew, elsewhere.") from None
        return cls(target, spec)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store for writing; the system lets go of it when the process ends, however it ends.

        Raises
        ------
        InputError
            If another run holds it.
        """
        import filelock

        with _plain_errors(self.path):
            try:
                held = filelock.FileLock(self.path / RUN / LOCK).acquire(timeout=0)
            except filelock.Timeout:
                problem, remedy = "another run is writing here", "Wait for it, or choose another --out."
                raise InputError(shown(self.path), "", problem, remedy) from None
        with held:
            yield

    # ------------------------------------------------------------------ blocks

    def write(
        self, scenario: int, block: int, trials: int, chunks: Mapping[str, bytes], failures: Iterable[Failure]
    ) -> None:
        """Write the chunks of a block, then its line in the ledger."""
        entry = {
            "scenario": scenario,
            "block": block,
            "trials": trials,
            "chunks": {name: _digest(chunk) for name, chunk in chunks.items()},
            "failures": [each._asdict() for each in failures],
        }
        with _plain_errors(self.path):
            for name, chunk in chunks.items():
                replace(self.chunk(name, scenario, block), chunk)
            with (self.path / RUN / LEDGER).open("a", encoding="utf-8", newline="\n") as ledger:
                ledger.write(json.dumps(entry) + "\n")

    def chunk(self, name: str, scenario: int, block: int) -> Path:
        """Return the file of a variable's chunk: all else but scenario and trial is whole."""
        whole = ["0"] * (1 + len(GLOSSARY[name].dims))
        return Path(self.path, name, "c", str(scenario), *whole, str(block))

    def finished(self) -> dict[tuple[int, int], dict[str, Any]]:
        """Return the ledger's entries of blocks that are there, whole and with the digests it holds.

        Lines that were cut off or are overtaken leave the ledger, so the lock must be held.
        """
        found = {key: entry for key, entry in self.entries().items() if self._is_sound(key, entry)}
        lines = "".join(json.dumps(entry) + "\n" for entry in found.values())
        with _plain_errors(self.path):
            replace(self.path / RUN / LEDGER, lines.encode())
        return found

    def entries(self) -> dict[tuple[int, int], dict[str, Any]]:
        """Return what the ledger says, the last word on each block; lines that were cut off are left out."""
        found: dict[tuple[int, int], dict[str, Any]] = {}
        lines = (self.path / RUN / LEDGER).read_bytes().splitlines()
        for line in lines:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                found[entry["scenario"], entry["block"]] = entry
        return found

    def trials_done(self) -> int:
        """Return how many trials the ledger holds, of all scenarios."""
        return sum(entry["trials"] for entry in self.entries().values())

    def failures(self) -> list[dict[str, Any]]:
        """Return the trials that failed, scenario by scenario."""
        names = [each["name"] for each in self.spec.scenarios]
        listed = [each for entry in self.entries().values() for each in entry["failures"]]
        for scenario in range(len(names)) if self.spec.is_summary else ():
            listed += (self.summary(scenario) or (0, (), None))[1]
        by_trial = {(names.index(each["scenario"]), each["trial"]): each for each in listed}
        return [by_trial[key] for key in sorted(by_trial)]

    def _is_sound(self, key: tuple[int, int], entry: Mapping[str, Any]) -> bool:
        block, spec = key[1], self.spec
        is_whole = entry["trials"] == min(spec.block, spec.trials - block * spec.block)
        if not is_whole or set(entry["chunks"]) != set(() if spec.is_summary else spec.keep):
            return False
        try:
            return all(
                _digest(self.chunk(name, *key).read_bytes()) == digest
                for name, digest in entry["chunks"].items()
            )
        except OSError:
            return False

    def write_summary(self, scenario: int, blocks: int, failures: Iterable[Any], summary: Summary) -> None:
        """Write the summary of a scenario's first blocks."""
        head = {"blocks": blocks, "failures": list(failures)}
        content = json.dumps(head).encode() + b"\n" + summary.dump()
        with _plain_errors(self.path):
            replace(self._summary(scenario), _digest(content).encode() + b"\n" + content)

    def summary(self, scenario: int) -> tuple[int, list[Any], Summary] | None:
        """Return how many blocks of a scenario are summarised, which trials failed, and the summary."""
        from sim.runs.counts import Summary

        try:
            digest, content = self._summary(scenario).read_bytes().split(b"\n", 1)
        except (OSError, ValueError):
            return None
        if digest.decode(errors="replace") != _digest(content):
            return None
        head, dumped = content.split(b"\n", 1)
        fields = json.loads(head)
        return fields["blocks"], fields["failures"], Summary.load(dumped)

    def _summary(self, scenario: int) -> Path:
        return self.path / RUN / f"summary.{scenario}"

    # ------------------------------------------------------------------ what is run

    def renew(self, spec: Spec) -> None:
        """Let the store be a run of more trials; the spec goes first, so a stop in between is made good."""
        self.spec = spec
        with _plain_errors(self.path):
            self._write_spec()
            if not spec.is_summary:
                self.fit()

    def fit(self) -> None:
        """Give every array the length that the spec asks for. May be repeated."""
        import zarr

        group: Any = zarr.open_group(self.path, mode="r+", use_consolidated=False)
        for name in self.spec.keep:
            shape = (*group[name].shape[:-1], self.spec.trials)
            if group[name].shape != shape:
                group[name].resize(shape)
        trial = np.arange(self.spec.first_trial, self.spec.first_trial + self.spec.trials)
        numbers = sampling.restore(self.spec.sampling).numbers(trial)
        for name, values in {"trial": trial, **numbers}.items():
            if group[name].shape != values.shape:
                group[name].resize(values.shape)
            group[name][:] = values

    def write_result(self, result: xr.Dataset) -> None:
        """Write the result of a run that keeps summaries, over an earlier one."""
        with _plain_errors(self.path):
            for name in ("zarr.json", *map(str, result.variables)):
                old = self.path / name
                shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
            write(result, self.path, 1, LEVEL, mode="a")

    def describe(self, attributes: Mapping[str, Any]) -> None:
        """Write the attributes of the result; the manifest among them."""
        import zarr

        with _plain_errors(self.path):
            zarr.open_group(self.path, mode="r+", use_consolidated=False).update_attributes(dict(attributes))

    def _write_spec(self) -> None:
        attributes = {"format": FORMAT, **dataclasses.asdict(self.spec)}
        group = {"attributes": attributes, "zarr_format": 3, "node_type": "group"}
        replace(
            self.path / RUN / "zarr.json", json.dumps(group, ensure_ascii=False, indent=1).encode("utf-8")
        )


def is_run(path: Path) -> bool:
    """Whether a path holds a run, finished or not."""
    return (path / RUN / "zarr.json").is_file()


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def check_same(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse a store that was made otherwise; say what differs."""
    differing = [key for key in wanted if found[key] != wanted[key]]
    if differing:
        said = "; ".join(f"{key} is {found[key]}, not {wanted[key]}" for key in differing)
        problem, remedy = f"holds another run: {said}", "Choose another --out, or run it anew."
        raise Contradiction(shown(path), "", problem, remedy)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()


@contextlib.contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into one line."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        remedy = f"Then: sim resume {shown(path)}" if is_run(path) else "Choose another --out."
        raise InputError(shown(path), "", f"cannot be written: {reason}", remedy) from None
