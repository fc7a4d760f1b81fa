"""Stores: one writer, what was there stays, what is read is what was written, and what is lacking is said."""

from __future__ import annotations

import errno
import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import plans
import sim
from sim import plots
from sim.cli import sim as program
from sim.files import lock, staging
from sim.plots import style
from sim.runs import store as stores
from sim.runs import zarr_files
from sim.runs.dataset import complete_trials
from sim.runs.store import Store
from sim.scenario.scenario import Scenario
from sim.vocabulary.errors import Incomplete, InputError, SimWarning
from test_batch import assert_equal, refused

KEEP = ["hhi", "supplier_share", "effective_suppliers"]
WHAT: dict[str, Any] = {"trials": 20, "seed": 5, "block": 8, "workers": 1, "engine": "numpy", "keep": KEEP}
BASE = plans.scenario("archipelago", n_steps=2, name="base")
BOTH = [BASE, BASE.override({"demand.caution": 0.3}, name="cautious")]


class Stopped(Exception):
    """A run is stopped here."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished store; tests change copies of it."""
    out = tmp_path_factory.mktemp("made") / "runs.zarr"
    sim.run(BOTH, **WHAT, out=out)
    return out


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    """The same run in memory."""
    return sim.run(BOTH, **WHAT)


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    """A copy of the finished store."""
    return Path(shutil.copytree(made, tmp_path / "runs.zarr"))


@pytest.fixture(autouse=True)
def no_unexpected_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", SimWarning)
        yield


def stop_after(blocks: int) -> Callable[[int], None]:
    """Return a report of progress that stops a run after so many blocks."""
    left = [blocks]

    def stop(_: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Stopped

    return stop


def stopping(replace: Callable[[Path, bytes], None], left: int) -> Callable[[Path, bytes], None]:
    """Return what writes so many files and then stops."""
    written: list[Path] = []

    def write(path: Path, content: bytes) -> None:
        if len(written) == left:
            raise Stopped
        written.append(path)
        replace(path, content)

    return write


def stopped(out: Path, blocks: int, scenarios: list[Scenario] = BOTH, **what: Any) -> Path:
    """Make a store that was stopped."""
    with pytest.raises(Stopped):
        sim.run(scenarios, **{**WHAT, **what}, out=out, progress=stop_after(blocks))
    return out


def files(out: Path) -> list[Path]:
    """Return the files of a store but for its lock."""
    return [path for path in sorted(out.rglob("*")) if path.is_file() and path.name != "lock"]


def read(out: Path) -> xr.Dataset:
    """Open a result and read all of it."""
    return sim.open(out).load()


def same_or_refused(out: Path, whole: xr.Dataset) -> bool:
    """Whether what opens is right or said to be wrong, in one line."""
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = read(out)
    except InputError as error:
        return "\n" not in str(error)
    if any(issubclass(each.category, Incomplete) for each in said):
        return bool(sim.manifest(found)["missing"])
    assert_equal(found, whole)
    return True


# ---------------------------------------------------------------------- one writer


def test_what_another_run_writes_is_not_replaced(out: Path, tmp_path: Path) -> None:
    file = tmp_path / "toy.toml"
    case = Path(__file__).parent / "cases" / "archipelago"
    file.write_text(f'title = "Toy"\ncase = "{case}"\nstart = "2020-Q1"\nend = "2020-Q4"\n')
    what = ["run", str(file), "--trials", "4", "--keep", "hhi", "--out", str(out), "--force"]
    before = {path: path.read_bytes() for path in files(out)}
    with Store.open(out).lock():
        result = CliRunner().invoke(program, what)
    assert (result.exit_code, "another run is writing here" in result.output) == (2, True)
    assert {path: path.read_bytes() for path in files(out)} == before
    result = CliRunner().invoke(program, what)
    assert result.exit_code == 0, result.output
    assert read(out).sizes["trial"] == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs.zarr", "toy.toml"]


@pytest.mark.parametrize("verb", ["open", "resume", "run", "save"])
def test_what_a_killed_replacement_left_aside_is_put_back(
    out: Path, whole: xr.Dataset, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def rename(self: Path, target: Path) -> Any:
        """End as a kill does between the two renames: nothing is cleaned up."""
        if target == out:
            raise Killed
        return moved(self, target)

    moved = Path.rename
    new = Path(shutil.copytree(out, out.with_name("new.zarr")))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "rename", rename)
        staging.swap(new, out)
    assert not out.exists()
    with pytest.warns(SimWarning, match="it has been put back"):
        if verb == "open":
            assert_equal(sim.open(out), whole)
        elif verb == "resume":
            assert_equal(sim.resume(out), whole)
        elif verb == "run":
            assert "already exists" in refused(sim.run, BOTH, **WHAT, out=out)
        else:
            assert "already exists" in refused(sim.save, whole, out)
    assert_equal(sim.open(out), whole)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
def test_a_pipe_in_place_of_a_chunk_is_not_waited_for(out: Path, whole: xr.Dataset) -> None:
    chunk = next(path for path in sorted((out / "hhi" / "c").rglob("*")) if path.is_file())
    chunk.unlink()
    os.mkfifo(chunk)
    assert_equal(sim.resume(out), whole)
    assert chunk.is_file()


def test_a_replacement_that_cannot_be_made_leaves_what_was_there(out: Path, whole: xr.Dataset) -> None:
    with pytest.raises(FileNotFoundError):
        staging.swap(out.with_name("nothing"), out)
    assert_equal(sim.open(out), whole)
    assert [path.name for path in out.parent.iterdir()] == ["runs.zarr"]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK])
def test_where_one_kind_of_lock_is_lacking_the_other_is_taken(
    out: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(fcntl, "flock", lacking(number))
    with Store.open(out).lock():
        assert "another run is writing here" in refused(sim.resume, out)
    sim.resume(out)
    monkeypatch.setattr(fcntl, "lockf", lacking(number))
    assert f"HEDGESIM_LOCK=off sim resume {out}" in refused(sim.resume, out)
    monkeypatch.setenv(lock.SWITCH, "no")
    assert 'HEDGESIM_LOCK = "no": unknown setting' in refused(sim.resume, out)
    monkeypatch.setenv(lock.SWITCH, lock.OFF)
    sim.resume(out)


def lacking(number: int) -> Callable[..., None]:
    """Return a lock that a file system does not have."""

    def call(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    return call


# ---------------------------------------------------------------------- bound together


def test_a_spec_that_was_changed_is_refused(out: Path) -> None:
    record = out / "run" / "zarr.json"
    text = record.read_text()
    for old, new in (
        ('"seed": 5', '"seed": 3'),
        ('"trials": 20', '"trials": 0'),
        ('"block": 8', '"block": 0'),
    ):
        assert old in text
        record.write_text(text.replace(old, new))
        assert "damaged or changed" in refused(sim.resume, out)
        assert "damaged or changed" in refused(sim.open, out)


def test_lines_and_chunks_of_another_run_are_not_taken(tmp_path: Path, whole: xr.Dataset) -> None:
    out = stopped(tmp_path / "runs.zarr", 3)
    sim.run(BOTH, **WHAT | {"seed": 6}, out=tmp_path / "other.zarr")
    for name in ("run/ledger.jsonl", *(f"{name}/c" for name in KEEP)):
        place = out / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        source = tmp_path / "other.zarr" / name
        shutil.copytree(source, place) if source.is_dir() else shutil.copy(source, place)
    with pytest.warns(Incomplete, match="40 of 40 trials are missing"):
        sim.open(out)
    assert_equal(sim.resume(out), whole)


def test_swapped_chunks_are_not_taken(out: Path, whole: xr.Dataset) -> None:
    swaps = (
        ("hhi/c/0/0/0", "effective_suppliers/c/0/0/0"),
        ("hhi/c/0/0/0", "hhi/c/0/0/1"),
        ("hhi/c/0/0/0", "hhi/c/1/0/0"),
    )
    for one, other in swaps:
        first, second = (out / one).read_bytes(), (out / other).read_bytes()
        (out / one).write_bytes(second)
        (out / other).write_bytes(first)
        assert same_or_refused(out, whole)
        assert_equal(sim.resume(out), whole)


@pytest.mark.parametrize("part", plans.usual(("coordinates", "chunks", "records"), {"coordinates", "chunks"}))
def test_a_changed_bit_is_never_another_number(out: Path, whole: xr.Dataset, part: str) -> None:
    chosen = {
        "records": [path for path in files(out) if path.suffix in (".json", ".jsonl")],
        "coordinates": [path for path in files(out) if "c" in path.parts and path.parent.name == "c"],
        "chunks": [out / "hhi" / "c" / "0" / "0" / "1"],
    }[part]
    draw = np.random.default_rng(1)
    for path in chosen:
        content = path.read_bytes()
        for place in draw.integers(0, len(content), 8 if part == "chunks" else 2):
            changed = bytearray(content)
            changed[place] ^= 1 << int(draw.integers(8))
            path.write_bytes(changed)
            assert same_or_refused(out, whole), (path, place)
        for damaged in (content[:-1], b""):
            path.write_bytes(damaged)
            assert same_or_refused(out, whole), path
        path.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "a key of the ledger": lambda out: swap_text(out / "run/ledger.jsonl", "failures", "faihures"),
    "another": lambda out: swap_text(out / "run/ledger.jsonl", "chunks", "chunkz"),
    "a number in the ledger": lambda out: swap_text(out / "run/ledger.jsonl", '"trials": 8', '"trials": 9'),
    "no record in the ledger": lambda out: (out / "run/ledger.jsonl").write_text("[1]\n3\n" + "[" * 10**5),
    "metadata cut": lambda out: os.truncate(out / "hhi/zarr.json", 100),
    "metadata empty": lambda out: (out / "trial/zarr.json").write_bytes(b""),
    "metadata gone": lambda out: (out / "zarr.json").unlink(),
    "a unit edited": lambda out: swap_text(out / "hhi/zarr.json", "units", "unitz"),
    "labels gone": lambda out: (out / "supplier/c/0").unlink(),
    "labels cut": lambda out: os.truncate(out / "supplier/c/0", 9),
    "variable gone": lambda out: shutil.rmtree(out / "hhi"),
    "digests gone": lambda out: shutil.rmtree(out / "digests"),
    "digests no record": lambda out: (out / "digests/zarr.json").write_text("3"),
    "other files": lambda out: (out / "hhi/notes.txt").write_text("mine"),
}


def swap_text(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


#: Of these, what is seen by a check that another of them shows too; the long tests show it with all.
SEEN_ALIKE = {"a key of the ledger", "another", "metadata cut", "metadata empty", "labels gone"}


@pytest.mark.parametrize("name", plans.usual(DAMAGE, set(DAMAGE) - SEEN_ALIKE))
def test_damage_is_said_in_one_line_and_made_good(out: Path, whole: xr.Dataset, name: str) -> None:
    DAMAGE[name](out)
    assert same_or_refused(out, whole)
    assert_equal(sim.resume(out), whole)
    assert_equal(sim.open(out), whole)


def test_without_its_ledger_a_run_is_refused_and_can_be_run_again(out: Path, whole: xr.Dataset) -> None:
    (out / "run" / "ledger.jsonl").unlink()
    assert f"run all again: sim resume {out}" in refused(sim.open, out)
    with pytest.warns(SimWarning, match=r"ledger\.jsonl is gone"):
        assert_equal(sim.resume(out), whole)


def test_without_its_record_a_run_is_not_taken_for_a_saved_result(out: Path) -> None:
    (out / "run" / "zarr.json").unlink()
    assert "run/zarr.json: is not what was written" in refused(sim.open, out)


def test_a_summary_damaged_anywhere_is_refused_or_run_again(tmp_path: Path) -> None:
    what = {**WHAT, "summary": True, "keep": ["hhi"]}
    whole = sim.run(BASE, **what)
    out = tmp_path / "runs.zarr"
    xr.testing.assert_identical(sim.run(BASE, **what, out=out).load(), whole)
    draw = np.random.default_rng(2)
    names = (
        "run/summary.0",
        "run/ledger.jsonl",
        "hhi/c/0/0/0",
        "statistic/c/0",
        "zarr.json",
        "digests/zarr.json",
    )
    for path in (out / name for name in names):
        content = bytearray(path.read_bytes())
        content[int(draw.integers(len(content)))] ^= 1
        path.write_bytes(content)
        try:
            xr.testing.assert_identical(read(out), whole)
        except InputError as error:
            assert "\n" not in str(error)
        xr.testing.assert_identical(sim.resume(out).load().drop_attrs(), whole.drop_attrs())


def test_a_saved_result_is_checked_as_it_is_read(tmp_path: Path, whole: xr.Dataset) -> None:
    out = sim.save(whole, tmp_path / "saved.zarr")
    assert_equal(sim.open(out), whole)
    for name in ("hhi/c/1/0/0", "supplier/c/0", "hhi/zarr.json", "zarr.json", "digests/zarr.json"):
        content = (out / name).read_bytes()
        for damaged in (content[:-1], bytes([*content[:-3], content[-3] ^ 1, *content[-2:]])):
            (out / name).write_bytes(damaged)
            assert name in refused(read, out)
        (out / name).unlink()
        assert name in refused(read, out) or "no digests" in refused(read, out)
        (out / name).write_bytes(content)
    whole.to_zarr(tmp_path / "plain.zarr", consolidated=False)
    assert "xarray.open_zarr" in refused(sim.open, tmp_path / "plain.zarr")


# ---------------------------------------------------------------------- what is lacking


def test_a_stopped_run_says_what_it_lacks(tmp_path: Path, whole: xr.Dataset) -> None:
    out = stopped(tmp_path / "runs.zarr", 4)
    said = "12 of 40 trials are missing, of cautious. To run them: sim resume"
    with pytest.warns(Incomplete, match=said):
        runs = sim.open(out)
    made = sim.manifest(runs)
    assert made["missing"] == [{"scenario": "cautious", "first_trial": 8, "trials": 12}]
    assert made["trials"] == 20
    assert sim.manifest(whole)["missing"] == []
    np.testing.assert_array_equal(complete_trials(runs)["trial"], np.arange(8))
    xr.testing.assert_equal(complete_trials(runs).load(), whole.isel(trial=slice(8)))
    xr.testing.assert_equal(complete_trials(runs.sel(scenario=["base"])).load(), whole.sel(scenario=["base"]))


def test_nothing_is_reckoned_from_trials_that_are_missing(out: Path, whole: xr.Dataset) -> None:
    (out / "hhi" / "c" / "0" / "0" / "1").unlink()
    os.truncate(out / "supplier_share" / "c" / "1" / "0" / "0" / "2", 50)
    with pytest.warns(Incomplete, match="12 of 40 trials are missing, of base, cautious"):
        runs = sim.open(out)
    rest = whole.isel(trial=slice(8)).assign_attrs(runs.attrs)
    for reckon in (sim.compare, sim.passages):
        xr.testing.assert_identical(reckon(runs), reckon(rest))
    for name, figure in plots.gallery(runs):
        assert "n = 8 of 20 trials" in " ".join(each.get_text() for each in figure.texts), name


def test_where_no_trial_is_whole_nothing_is_reckoned(tmp_path: Path) -> None:
    out = stopped(tmp_path / "runs.zarr", 2)
    with pytest.warns(Incomplete):
        runs = sim.open(out)
    for reckon in (sim.compare, sim.passages, lambda runs: list(plots.gallery(runs))):
        assert "every trial failed or is missing" in refused(reckon, runs)


@pytest.mark.long
def test_an_extension_that_was_killed_lacks_what_it_would_have_added(
    out: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Stopped):
        sim.extend(out, 30, progress=stop_after(1))
    with pytest.warns(Incomplete, match="20 of 60 trials are missing"):
        about = sim.manifest(sim.open(out))
    assert about["missing"] == [
        {"scenario": "base", "first_trial": 24, "trials": 6},
        {"scenario": "cautious", "first_trial": 16, "trials": 14},
    ]
    longer = sim.run(BOTH, **WHAT | {"trials": 40})
    for killed_at in range(3):
        shutil.rmtree(out)
        shutil.copytree(made, out)
        with monkeypatch.context() as patch, pytest.raises(Stopped):
            patch.setattr(stores, "replace", stopping(stores.replace, killed_at))
            sim.extend(out, 40)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Incomplete)
                read(out)
        except InputError as error:
            assert f"sim resume {out}" in str(error)
        assert_equal(sim.extend(out, 40), longer)


def test_failures_of_a_stopped_run_are_in_its_manifest(tmp_path: Path) -> None:
    from test_batch_failures import FAILING, WHAT, failing
    from test_batch_failures import SCENARIO as scenario

    with pytest.raises(Stopped):
        sim.run(scenario, **WHAT, rules=failing(FAILING), out=tmp_path / "a.zarr", progress=stop_after(2))
    with pytest.warns(Incomplete):
        [recorded] = sim.manifest(sim.open(tmp_path / "a.zarr"))["failures"]
    assert recorded["trial"] == FAILING


# ---------------------------------------------------------------------- saving


@pytest.mark.parametrize("with_dask", [True, pytest.param(False, marks=pytest.mark.long)])
def test_what_was_opened_can_be_saved(
    out: Path, whole: xr.Dataset, with_dask: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not with_dask:
        monkeypatch.setattr(xr, "open_zarr", partial(xr.open_zarr, chunks=None))
    opened = sim.open(out)
    assert (opened["hhi"].chunks is not None) == with_dask
    assert_equal(sim.open(sim.save(opened, tmp_path / "a.zarr")), whole)
    for name, cut in {
        "one": lambda runs: runs.sel(scenario="cautious"),
        "part": lambda runs: runs.isel(trial=slice(3, 17)),
        "last": lambda runs: runs[["hhi"]].isel(time=-1, trial=0),
        "none": lambda runs: runs.isel(trial=[]),
    }.items():
        saved = sim.open(sim.save(cut(opened), tmp_path / f"{name}.zarr"))
        xr.testing.assert_identical(saved.load(), cut(whole).assign_attrs(saved.attrs))


def test_what_was_reckoned_from_what_was_opened_can_be_saved(made: Path, tmp_path: Path) -> None:
    opened = sim.open(made)
    for name, derived in {
        "differences": sim.compare(opened),
        "passages": sim.passages(opened),
        "summary": sim.run(BASE, **WHAT | {"summary": True}),
    }.items():
        saved = sim.open(sim.save(derived, tmp_path / f"{name}.zarr"))
        xr.testing.assert_identical(saved.load(), derived)


def test_a_large_result_is_saved_to_the_same_bytes_and_read_in_threads(
    whole: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = sim.save(whole, tmp_path / "small.zarr")
    monkeypatch.setattr(zarr_files, "_AT_ONCE", 0)
    monkeypatch.setattr(zarr_files, "_SMALL", 0)
    large = sim.save(whole, tmp_path / "large.zarr")
    assert [path.relative_to(large) for path in files(large)] == [
        path.relative_to(small) for path in files(small)
    ]
    assert all((small / path.relative_to(large)).read_bytes() == path.read_bytes() for path in files(large))
    assert_equal(sim.open(large), whole)


def test_saving_that_fails_leaves_nothing(whole: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        sim.save(whole.assign_attrs(mine=object()), tmp_path / "deep" / "a.zarr")
    assert list(tmp_path.iterdir()) == []
    assert "is not a result" in refused(sim.save, whole["hhi"].to_numpy(), tmp_path / "a.zarr")
    assert list(tmp_path.iterdir()) == []
    assert "hhi" in sim.open(sim.save(whole["hhi"], tmp_path / "a.zarr"))


def test_a_copy_of_an_incomplete_run_says_so_too(tmp_path: Path) -> None:
    out = stopped(tmp_path / "runs.zarr", 4)
    with pytest.warns(Incomplete):
        runs = sim.open(out)
    assert style.footer(runs)[0].startswith(f"n = {runs.sizes['trial'] - 12} of {runs.sizes['trial']} trials")
    sim.save(complete_trials(runs), tmp_path / "complete.zarr")
    sim.open(tmp_path / "complete.zarr")
    sim.save(runs, tmp_path / "copy.zarr")
    with pytest.warns(Incomplete, match="without 12 of its trials"):
        sim.open(tmp_path / "copy.zarr")


# ---------------------------------------------------------------------- paths


@pytest.mark.parametrize("path", [".", "", "..", "/", "a/..", "a\0b"])
def test_a_path_that_names_nothing_is_refused(path: str, whole: xr.Dataset) -> None:
    for call in (lambda: sim.run(BOTH, **WHAT, out=path), lambda: sim.save(whole, path)):
        said = refused(call)
        assert "names no file or folder" in said or "not a path" in said or "an empty path" in said
    if "\0" not in path:
        result = CliRunner().invoke(program, ["run", "baseline", "--trials", "2", "--out", path])
        assert (result.exit_code, result.output.count("\n")) == (2, 1), result.output


def test_the_home_folder_is_known(whole: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    sim.save(whole, "~/a.zarr")
    assert_equal(sim.open("~/a.zarr"), whole)
    assert_equal(sim.run(BOTH, **WHAT, out="~/b.zarr"), whole)
    assert_equal(sim.resume("~/b.zarr"), whole)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.zarr", "b.zarr"]


def test_a_link_is_not_written_over(out: Path, whole: xr.Dataset, tmp_path: Path) -> None:
    link, loose = tmp_path / "link.zarr", tmp_path / "loose.zarr"
    link.symlink_to(out)
    loose.symlink_to(tmp_path / "nothing")
    for path in (link, loose):
        assert "already exists" in refused(sim.run, BOTH, **WHAT, out=path)
        assert "already exists" in refused(sim.save, whole, path)
        result = CliRunner().invoke(
            program, ["run", "baseline", "--trials", "2", "--force", "--out", str(path)]
        )
        assert (result.exit_code, "is a link" in result.output) == (2, True), result.output
    assert_equal(sim.open(link), whole)
    assert_equal(sim.resume(link), whole)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.zarr", "loose.zarr", "runs.zarr"]


def test_a_working_folder_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for call in (lambda: sim.run(BOTH, **WHAT, out="a.zarr"), lambda: sim.open("a.zarr")):
        assert "the working folder is gone" in refused(call)
    assert sim.run(BOTH, **WHAT, out=tmp_path / "a.zarr").sizes["trial"] == 20


def test_a_file_system_that_refuses_is_one_line(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(self: Path, target: Path) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    before = {path: path.read_bytes() for path in files(out)}
    monkeypatch.setattr(Path, "rename", rename)
    what = ["run", "baseline", "--trials", "2", "--keep", "hhi", "--force", "--out", str(out)]
    result = CliRunner().invoke(program, what)
    assert (result.exit_code, "cannot be written: read-only file system" in result.output) == (2, True)
    assert {path: path.read_bytes() for path in files(out)} == before
    assert [path.name for path in out.parent.iterdir()] == ["runs.zarr"]


def test_a_ledger_holds_its_spec_and_is_lines_of_json(out: Path) -> None:
    spec = Store.open(out).spec
    lines = [json.loads(line) for line in (out / "run" / "ledger.jsonl").read_text().splitlines()]
    assert [each["spec"] for each in lines] == [spec.identity] * 6
