"""What a store is a run of, and whether a run may be taken up: `Spec`, and where a folder says it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from sim.files import digests, regular
from sim.files.records import reason, shown
from sim.runs.dataset import FORMAT
from sim.vocabulary.errors import Contradiction, InputError

#: The group beside the data of a run that says what is run.
RUN = "run"

#: Digits of the digest of the code that a message shows.
_SHOWN = 16

#: Fields of a spec that change when a run grows.
_GROWING = ("trials", "until", "most")

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

    @cached_property
    def digest(self) -> str:
        """Digest of all of it."""
        return digests.digest_of(dataclasses.asdict(self))

    @cached_property
    def identity(self) -> str:
        """Digest of what never changes: blocks with another belong to another run."""
        fields = dataclasses.asdict(self)
        return digests.digest_of({name: fields[name] for name in fields if name not in _GROWING})

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


def read_spec(target: Path, *, is_to_go_on: bool) -> Spec:
    """Return what the run in a folder is.

    Raises
    ------
    InputError
        If it is damaged or of another format; or, to go on with it, of another version or other code.
    """
    record = target / RUN / "zarr.json"
    try:
        fields = json.loads(regular.content(record))["attributes"]
        is_whole = digests.is_signed(fields)
        made, _ = fields.pop("format"), fields.pop("digest", None)
        found: dict[str, Any] = {"format": made}
        now: dict[str, Any] = {"format": FORMAT}
        if is_to_go_on:
            found |= {"version": fields["version"], "code": fields["code"][:_SHOWN]}
            now |= {"version": version(), "code": code_digest()[:_SHOWN]}
        check_same(target, found, now)
        if not is_whole:
            problem = "has been damaged or changed since it was written, and says what is run"
            raise InputError(shown(record), "", problem, "Put back a copy of it, or run it anew, elsewhere.")
        as_tuples: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
        }
        return Spec(**as_tuples)
    except OSError as error:
        raise InputError(
            shown(record), "", f"cannot be read: {reason(error)}", "Give a readable copy."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = f"cannot be read as the record of a run: {error}"
        raise InputError(shown(record), "", problem, "Run it anew, elsewhere.") from None


def is_run(path: Path) -> bool:
    """Whether a path holds a run, finished or not."""
    return (path / RUN / "zarr.json").is_file()


def check_same(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse a store that was made otherwise; say what differs."""
    differing = [key for key in wanted if found[key] != wanted[key]]
    if differing:
        said = "; ".join(f"{key} is {found[key]}, not {wanted[key]}" for key in differing)
        problem, remedy = f"holds another run: {said}", "Choose another --out, or run it anew."
        raise Contradiction(shown(path), "", problem, remedy)
