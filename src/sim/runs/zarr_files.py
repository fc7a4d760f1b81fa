"""A dataset as the files of a zarr group, and what was written known by its digest.

Beside the arrays lies a group without arrays, `digests`: its attributes name every file of the metadata, of
the coordinates and, in a saved result, of the data, each with digest and length. The chunks of a run have
theirs in the run's ledger. `Checked` reads nothing else than what was written: other bytes are refused,
other files not seen. So a large store opens at once, and a changed bit cannot become a number.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from zarr.core.buffer import default_buffer_prototype
from zarr.storage import LocalStore, MemoryStore

from sim.files import digests, regular
from sim.files.records import reason, shown
from sim.runs.dataset import FORMAT
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from zarr.abc.store import ByteRequest
    from zarr.core.buffer import Buffer, BufferPrototype

#: The group that holds the digests, and the file in which a zarr group or array describes itself.
DIGESTS, METADATA = "digests", "zarr.json"

#: Trials in a chunk of the coordinates along trials.
_TRIALS_CHUNK = 2**20

#: Bytes of a dataset up to which it is put together in memory before it is written.
_AT_ONCE = 2**26

#: Bytes up to which a file is read and checked in less time than another thread takes to begin.
_SMALL = 2**14

#: What stands for the fingerprint of a file that was not written.
_NO_FILE = ":0"


def save(runs: xr.Dataset, target: Path, block: int) -> dict[str, str]:
    """Write a dataset as `write` does, and return the fingerprints of its files.

    A small one is put together in memory, since zarr hands each file to a thread.
    """
    if runs.nbytes > _AT_ONCE:
        write(runs, target, block)
        return fingerprints(target)
    made: dict[str, Buffer] = {}
    write(runs, MemoryStore(made), block)
    files = contents(made)
    for folder in sorted({target, *(target / each for name in files for each in PurePath(name).parents)}):
        folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (target / name).write_bytes(content)
    return {name: digests.fingerprint(content) for name, content in files.items()}


def write(runs: xr.Dataset, target: Path | MemoryStore, block: int, level: int = 0) -> None:
    """Write a dataset as zarr into a new folder, or memory, so many trials of one scenario to a chunk.

    Chunks carry a checksum of their own, for readers that do not know the digests.
    """
    from zarr.codecs import ZstdCodec

    lengths = {"scenario": 1, "trial": block}
    runs = runs.drop_encoding()
    encoding: dict[Any, dict[str, Any]] = {}
    of_dask = {}
    for name, array in runs.data_vars.items():
        chunks = {dim: max(1, lengths.get(str(dim), size)) for dim, size in array.sizes.items()}
        codec = ZstdCodec(level=level, checksum=True)
        encoding[name] = {"chunks": tuple(chunks.values()), "compressors": (codec,)}
        if array.chunks is not None:
            of_dask[name] = array.chunk(chunks)  # it is written piece by piece
    runs = runs.assign(of_dask)
    along = [name for name, array in runs.coords.items() if array.dims == ("trial",)]
    encoding |= {name: {"chunks": (_TRIALS_CHUNK,)} for name in along}
    # Texts of any length: those of fixed length have no stable form in zarr's third version.
    texts = {name: array.astype(object) for name, array in runs.coords.items() if array.dtype.kind == "U"}
    runs.assign_coords(texts).to_zarr(target, mode="w-", encoding=encoding, consolidated=False, zarr_format=3)


class Index(NamedTuple):
    """The files of a store by name, and the digest of the `Spec` where it is a run."""

    files: dict[str, str]
    run: str | None


def fingerprints(folder: Path) -> dict[str, str]:
    """Return the fingerprint of every file in a folder, by its name there."""
    return {
        path.relative_to(folder).as_posix(): digests.fingerprint(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def contents(made: Mapping[str, Buffer]) -> dict[str, bytes]:
    """Return what was written into memory, file by file, in the order of a folder's."""
    return {name: made[name].to_bytes() for name in sorted(made, key=lambda each: each.split("/"))}


def index_content(files: Mapping[str, str], run: str | None = None) -> bytes:
    """Return the content of the metadata of the group of digests."""
    attributes = digests.signed({"format": FORMAT, "files": dict(files), "run": run})
    group = {"attributes": attributes, "zarr_format": 3, "node_type": "group"}
    return json.dumps(group, indent=1).encode()


def read_index(target: Path, remedy: str) -> Index | None:
    """Return the digests of a store; None if there are none.

    Raises
    ------
    InputError
        If they are damaged, or of another format.
    """
    path = target / DIGESTS / METADATA
    try:
        attributes = json.loads(regular.content(path))["attributes"]
        made = attributes["format"]
        if made != FORMAT:
            problem = f"was saved in format {made}, not {FORMAT}"
            raise InputError(shown(target), "", problem, "Run it anew.")
        if digests.is_signed(attributes):
            return Index(attributes["files"], attributes["run"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(target, path, error) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise damaged(target, path.relative_to(target).as_posix(), remedy)


def unreadable(target: Path, path: Path, error: OSError) -> InputError:
    """Return the line that says why a file of a store cannot be read."""
    name = path.relative_to(target).as_posix()
    return InputError(shown(target), name, f"cannot be read: {reason(error)}", "Give a readable copy.")


def damaged(target: Path, name: str, remedy: str) -> InputError:
    """Return the line that says that a file is not what was written."""
    return InputError(shown(target), name, "is not what was written there", remedy)


def is_there(target: Path, name: str, fingerprint: str) -> bool:
    """Whether a file is there, at its length; its content is looked at when it is read."""
    try:
        return (target / name).stat().st_size == digests.length(fingerprint)
    except OSError:
        return False


class Checked(LocalStore):
    """Files of a folder, those with a fingerprint, as long as they are what was written.

    Parameters
    ----------
    root : Path
    files : mapping of str to str
        Fingerprint by name.
    remedy : str
        What to do about a file that is not what was written.
    """

    supports_writes = False
    supports_deletes = False

    def __init__(self, root: Path, files: Mapping[str, str], remedy: str, *, read_only: bool = True) -> None:
        super().__init__(root, read_only=read_only)
        self.files = files
        self.remedy = remedy

    def with_read_only(self, read_only: bool = False) -> Checked:
        """Return the same, as zarr asks for it."""
        return type(self)(self.root, self.files, self.remedy, read_only=read_only)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Checked) and (self.root, self.files) == (other.root, other.files)

    __hash__ = None  # type: ignore[assignment]

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return a file, or None if none of that name was written."""
        if key not in self.files:
            return None
        try:
            content = regular.content(self.root / key)
        except FileNotFoundError:
            raise damaged(self.root, key, self.remedy) from None
        except OSError as error:
            raise unreadable(self.root, self.root / key, error) from None
        if digests.fingerprint(content) != self.files[key]:
            raise damaged(self.root, key, self.remedy)
        return (prototype or default_buffer_prototype()).buffer.from_bytes(_part(content, byte_range))

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Return a file, or None if none of that name was written."""
        if digests.length(self.files.get(key, _NO_FILE)) <= _SMALL:
            return self.get_sync(key, prototype=prototype, byte_range=byte_range)
        return await asyncio.to_thread(self.get_sync, key, prototype=prototype, byte_range=byte_range)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Return parts of files."""
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        """Whether a file of that name was written."""
        return key in self.files

    async def list(self) -> AsyncIterator[str]:
        """Yield the names of all files."""
        for key in self.files:
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Yield the names that begin so."""
        for key in self.files:
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Yield what lies in a folder."""
        head = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
        for name in dict.fromkeys(
            key[len(head) :].partition("/")[0] for key in self.files if key.startswith(head)
        ):
            yield name


def _part(content: bytes, byte_range: Any) -> bytes:
    """Return what zarr asks for of a file: from start to end, from an offset, or so many last bytes."""
    if byte_range is None:
        return content
    if hasattr(byte_range, "suffix"):
        return content[max(0, len(content) - byte_range.suffix) :]
    if hasattr(byte_range, "offset"):
        return content[byte_range.offset :]
    return content[byte_range.start : byte_range.end]
