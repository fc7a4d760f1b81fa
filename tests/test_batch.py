"""Batches: the same numbers in memory, on disk, in any process, after any stop."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import plans
import sim
import soak
from sim.files import digests
from sim.runs import store
from sim.runs.store import Store
from sim.scenario.scenario import Scenario
from sim.vocabulary.errors import Incomplete, InputError

WHAT: dict[str, Any] = {"trials": 20, "seed": 5, "block": 8, "workers": 1}
KEEP = ["hhi", "supplier_share", "relation"]


def scenarios(n_steps: int = 2) -> list[Scenario]:
    """Return two futures of the toy case."""
    base = plans.scenario("archipelago", n_steps=n_steps, name="base")
    return [base, base.override({"demand.caution": 0.3}, name="cautious")]


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    """The run that others have to be equal to, in one block."""
    return sim.run(scenarios(), **WHAT | {"block": 100}, keep=KEEP)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the same run; tests change copies of it."""
    out = tmp_path_factory.mktemp("made") / "runs.zarr"
    sim.run(scenarios(), **WHAT, keep=KEEP, out=out)
    return out


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    """A copy of the store."""
    return Path(shutil.copytree(made, tmp_path / "runs.zarr"))


def assert_equal(one: xr.Dataset, other: xr.Dataset) -> None:
    """Assert that two results are the same, with every label and attribute; a command may differ."""
    manifests = [{**sim.manifest(each), "command": ""} for each in (one, other)]
    assert manifests[0] == manifests[1]
    xr.testing.assert_identical(*(each.load().assign_attrs(manifest="") for each in (one, other)))
    for name in one.data_vars:
        assert one[name].to_numpy().tobytes() == other[name].to_numpy().tobytes(), name


def refused(call: Any, *arguments: Any, **options: Any) -> str:
    """Return the line with which a call is refused."""
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def sign_record(out: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what a store says is run, with a digest that is right."""
    record = out / "run" / "zarr.json"
    content = json.loads(record.read_text())
    change(content["attributes"])
    del content["attributes"]["digest"]
    content["attributes"] = digests.signed(content["attributes"])
    record.write_text(json.dumps(content))


class Count:
    """Count trials as they finish."""

    def __init__(self) -> None:
        self.trials = 0

    def __call__(self, count: int) -> None:
        self.trials += count


# ---------------------------------------------------------------------- the same numbers everywhere


def test_blocks_stores_threads_and_processes_change_no_bit(whole: xr.Dataset, tmp_path: Path) -> None:
    what = {**WHAT, "keep": KEEP}
    assert_equal(sim.run(scenarios(), **what), whole)
    assert_equal(sim.run(scenarios(), **what, out=tmp_path / "one.zarr"), whole)
    assert_equal(sim.run(scenarios(), **what | {"workers": 2}, out=tmp_path / "two.zarr"), whole)
    with ThreadPoolExecutor(2) as executor:
        assert_equal(sim.run(scenarios(), **what | {"workers": None}, executor=executor), whole)


@pytest.mark.long
def test_every_variable_is_stored_as_it_is_in_memory(tmp_path: Path) -> None:
    what = {**WHAT, "trials": 10, "keep": "all"}
    stored = sim.run(plans.scenario(n_steps=3), **what, out=tmp_path / "a.zarr")
    assert_equal(sim.run(plans.scenario(n_steps=3), **what), stored)


def test_rules_written_on_the_spot_reach_other_processes() -> None:
    def level(*, posture_prev: Any, **read: Any) -> Any:
        return sim.rules.postures(np.ones(posture_prev.shape), posture_prev=posture_prev, **read)

    what = {**WHAT, "keep": "posture", "rules": {"posture.step": level}}
    runs = sim.run(scenarios()[0], **what | {"workers": 2})
    assert (runs["posture"] == 1).all()


def test_a_chunk_is_one_variable_of_one_scenario_and_block(out: Path) -> None:
    chunks = sorted(path.relative_to(out / "hhi").as_posix() for path in (out / "hhi" / "c").rglob("*"))
    assert [chunk for chunk in chunks if chunk.count("/") == 3] == [
        f"c/{scenario}/0/{block}" for scenario in range(2) for block in range(3)
    ]


def test_some_quarters_are_those_of_all(tmp_path: Path) -> None:
    year, what = scenarios(4), WHAT | {"trials": 10}
    whole = sim.run(year, **what | {"block": 100}, keep=KEEP)
    for quarters in ("2020-Q2::2", ["2020-Q4", "2020-Q2"], "2020-Q2,2020-Q4"):
        some = sim.run(year, **what, keep=KEEP, quarters=quarters)
        assert_equal(some, whole.isel(time=[1, 3]))
    stored = sim.run(year, **what, keep=KEEP, quarters=":2020-Q3", out=tmp_path / "a.zarr")
    assert_equal(stored, whole.isel(time=[0, 1, 2]))


@pytest.mark.parametrize(
    ("quarters", "said"),
    [
        ("2019-Q4:", "Choose from 2020-Q1 to 2021-Q1"),
        ("::x", "not a whole number"),
        ("2020", "not a quarter"),
        ("2021-Q1:2020-Q1", "no quarter left"),
        ("::0", "not a whole number"),
    ],
)
def test_quarters_that_make_no_sense_are_refused(quarters: str, said: str) -> None:
    assert said in refused(sim.run, scenarios(5), quarters=quarters)


# ---------------------------------------------------------------------- stopped and taken up


@pytest.mark.long
def test_a_run_killed_again_and_again_ends_equal(tmp_path: Path) -> None:
    # Twenty kills, in one process and in two, by `make test-long`.
    assert soak.soak(tmp_path / "runs.zarr", kills=1, seed=1) == 1


def test_what_is_finished_is_not_run_again(out: Path, whole: xr.Dataset) -> None:
    count = Count()
    assert_equal(sim.resume(out, progress=count), whole)
    assert count.trials == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda chunk, ledger: chunk.write_bytes(chunk.read_bytes()[:-1]),
        lambda chunk, ledger: chunk.write_bytes(chunk.read_bytes()[:-1] + b"\0"),
        # Seen as what is cut is.
        pytest.param(lambda chunk, ledger: chunk.write_bytes(b""), marks=pytest.mark.long),
        lambda chunk, ledger: chunk.unlink(),
        # As after any stop.
        pytest.param(
            lambda chunk, ledger: ledger.write_text("".join(ledger.read_text().splitlines(True)[:-1])),
            marks=pytest.mark.long,
        ),
        lambda chunk, ledger: ledger.write_bytes(ledger.read_bytes()[:-9]),
    ],
    ids=["cut", "flipped", "emptied", "gone", "unlisted", "half a line"],
)
def test_a_damaged_block_is_found_and_done_again(out: Path, whole: xr.Dataset, damage: Any) -> None:
    damage(out / "supplier_share" / "c" / "1" / "0" / "0" / "2", out / "run" / "ledger.jsonl")
    count = Count()
    assert_equal(sim.resume(out, progress=count), whole)
    assert count.trials == 4
    assert_equal(sim.resume(out, progress=count), whole)
    assert count.trials == 4


def test_a_full_disk_stops_with_one_line_and_can_be_gone_on_with(
    tmp_path: Path, whole: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, written = tmp_path / "runs.zarr", []

    def write(path: Path, content: bytes) -> None:
        if "c" in path.parts and path.is_relative_to(out):
            if len(written) == 5:
                path.with_name(f".{path.name}.partial").write_bytes(content[:3])
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            written.append(path.name)
        replace(path, content)

    replace = store.replace
    with monkeypatch.context() as patch:
        patch.setattr(store, "replace", write)
        said = refused(sim.run, scenarios(), **WHAT, keep=KEEP, out=out)
    assert "no space left on device" in said
    assert f"sim resume {out}" in said
    with pytest.warns(Incomplete, match="missing"):
        assert np.isnan(sim.open(out)["hhi"]).any()
    assert_equal(sim.resume(out), whole)


def test_a_store_is_written_by_one_run_at_a_time(out: Path) -> None:
    with Store.open(out).lock():
        assert "another run is writing here" in refused(sim.resume, out)
        assert "another run is writing here" in refused(sim.extend, out, 30)
    sim.resume(out)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "0.0.1"}, "version is 0.0.1, not"),
        ({"code": "0" * 64}, "code is 0000000000000000, not"),
        ({"format": 1}, "format is 1, not 2"),
        ({"format": 3, "new": 1}, "format is 3, not 2"),
        ({"rules": {"posture.step": "mine.rule"}}, "was run with the rules mine.rule"),
        ({"nonsense": 1}, "cannot be read"),
    ],
)
def test_a_store_of_another_making_is_refused(out: Path, change: dict[str, Any], said: str) -> None:
    sign_record(out, lambda attributes: attributes.update(change))
    assert said in refused(sim.resume, out)


def test_a_scenario_that_has_changed_is_refused(out: Path) -> None:
    def change_value(attributes: dict[str, Any]) -> None:
        attributes["scenarios"][1]["set"]["demand.caution"]["value"] = 0.31

    def change_case(attributes: dict[str, Any]) -> None:
        attributes["scenarios"][1]["case_digest"] = "0"

    sign_record(out, change_value)
    assert "cautious is not what it was" in refused(sim.resume, out)
    sign_record(out, change_case)
    assert "the case archipelago has changed" in refused(sim.resume, out)


def test_a_run_into_an_earlier_one_is_refused_with_what_differs(out: Path) -> None:
    what = {**WHAT, "keep": KEEP, "out": out}
    assert "already exists. To go on with it: sim resume" in refused(sim.run, scenarios(), **what)
    assert "seed is 5, not 6" in refused(sim.run, scenarios(), **what | {"seed": 6})
    assert "keep is hhi, supplier_share, relation, not hhi" in refused(
        sim.run, scenarios(), **what | {"keep": "hhi"}
    )
    other = [scenarios()[0], scenarios()[0].override({"demand.caution": 0.2}, name="cautious")]
    assert "scenarios is base" in refused(sim.run, other, **what)
    (out.parent / "file").write_text("mine")
    assert "already exists" in refused(sim.run, scenarios(), **what | {"out": out.parent / "file"})


def test_what_is_no_run_cannot_be_gone_on_with(tmp_path: Path, whole: xr.Dataset) -> None:
    assert "no run here" in refused(sim.resume, tmp_path)
    sim.save(whole, tmp_path / "saved.zarr")
    assert "saved from memory" in refused(sim.extend, tmp_path / "saved.zarr", 100)


# ---------------------------------------------------------------------- more trials


@pytest.mark.parametrize("trials", [pytest.param(21, marks=pytest.mark.long), 24, 37])
def test_an_extended_run_is_one_long_run(out: Path, trials: int) -> None:
    count = Count()
    longer = sim.extend(out, trials, progress=count)
    assert_equal(longer, sim.run(scenarios(), **WHAT | {"trials": trials}, keep=KEEP))
    assert count.trials == 2 * (trials - 16), "the last block was not full"


def test_an_extension_that_was_stopped_is_gone_on_with(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "lay_out", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            sim.extend(out, 30)
    assert_equal(sim.resume(out), sim.run(scenarios(), **WHAT | {"trials": 30}, keep=KEEP))
    assert "least 30" in refused(sim.extend, out, 20)
