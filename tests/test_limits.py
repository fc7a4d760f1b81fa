"""What cannot fit, cannot be read or cannot be shown: refused in one line, before anything is lost."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import plans
import sim
from sim.case import case as cases
from sim.cli import sim as program
from sim.cli import streams
from sim.engine import block as engine
from sim.files import records, staging
from sim.model.mechanisms import grants
from sim.parameter.parameter_set import ParameterSet
from sim.runs import free_memory, pool
from sim.runs import run as running
from sim.runs.experiment import Execution, Experiment, Kept
from sim.runs.store import Store
from sim.vocabulary import docstrings
from sim.vocabulary.arguments import MOST_TRIALS
from sim.vocabulary.errors import InputError, OutOfBounds, WrongType
from workshop import Workshop

SCENARIO = plans.scenario("archipelago", n_steps=5, name="base")
LONG = "a" * 300


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(program, arguments)
    assert result.exit_code == 2, (result.output, result.exception)
    [line] = result.stderr.splitlines()
    return line


# ------------------------------------------------------------------ memory and trials


def control_group(folder: Path, version: int, limit: str, use: str, given_back: int) -> None:
    limit_file, use_file, line = free_memory.FILES[version]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / limit_file).write_text(limit + "\n")
    (folder / use_file).write_text(use + "\n")
    (folder / "memory.stat").write_text(f"anon 5\n{line} {given_back}\n")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("name", "root", "outer", "inner", "free"),
    [
        ("/job/step", "/", 10_000, 4_000, 3_100),  # the inner group allows less
        ("/job/step", "/", 3_000, 9_000, 2_100),  # the outer one does
        ("/host/job/step", "/host", 10_000, 4_000, 3_100),  # a container sees a part of the tree
        ("/host/other", "/docker/1", 3_000, 9_000, 2_100),  # and none of its own name
    ],
)
def test_the_tightest_limit_of_any_control_group_counts(
    version: int,
    name: str,
    root: str,
    outer: int,
    inner: int,
    free: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top = tmp_path / "fs"
    control_group(top, version, str(outer), "1000", 100)
    control_group(top / "job", version, "max" if version == 2 else str(2**63 - 4096), "1000", 100)
    control_group(top / "job" / "step", version, str(inner), "1000", 100)
    kind, options = ("cgroup", "rw,memory") if version == 1 else ("cgroup2", "rw")
    (tmp_path / "mounts").write_text(
        f"20 1 0:1 / /proc rw - proc proc rw\n30 24 0:26 {root} {top} rw shared:9 - {kind} cgroup {options}\n"
    )
    (tmp_path / "groups").write_text(f"3:cpu,cpuacct:/\n{'4:memory' if version == 1 else '0:'}:{name}\n")
    monkeypatch.setattr(free_memory, "MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(free_memory, "GROUPS", tmp_path / "groups")
    assert free_memory.of_machine() == free


def test_without_control_groups_the_machine_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_memory, "GROUPS", tmp_path / "none")
    assert free_memory.of_machine() > 2**20


def test_a_limit_of_the_process_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_memory, "of_process", lambda: 2**20)
    with pytest.raises(InputError, match=r"needs .* of memory, and 1 MiB are free"):
        sim.run(SCENARIO, trials=20_000, keep="hhi", workers=1)


def test_more_trials_than_can_be_numbered_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutOfBounds, match=r"trials: 100,000,000,000 trials, in 97,656,250 blocks"):
        sim.run(SCENARIO, trials=10**11, keep="hhi", summary=True, out=tmp_path / "runs.zarr")
    with pytest.raises(OutOfBounds, match="trials: "):
        sim.run(SCENARIO, trials=2, first_trial=MOST_TRIALS - 1, keep="hhi")
    assert not list(tmp_path.iterdir())
    sim.run(SCENARIO, trials=2, first_trial=MOST_TRIALS - 2, keep="hhi")


def test_a_list_of_blocks_takes_no_memory() -> None:
    experiment, kept = Experiment(SCENARIO, trials=MOST_TRIALS), Kept("hhi", summary=True)
    planned = running.prepare(experiment, kept, Execution(block=1))
    tracemalloc.start()
    first = list(islice(planned.jobs(skip=lambda _: 7), 3))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first == [(0, 7, 7, 1), (0, 8, 8, 1), (0, 9, 9, 1)]
    assert most < 2**20
    assert planned.n_blocks == MOST_TRIALS


def test_many_small_blocks_and_long_horizons_take_more() -> None:
    few, many = (
        running.prepare(Experiment(SCENARIO, trials=10_000), Kept("hhi"), Execution(workers=1, block=block))
        for block in (1000, 1)
    )
    assert many.needs("chunks").disk > 30 * few.needs("chunks").disk
    short, long = (
        running.prepare(
            Experiment(plans.scenario("archipelago", n_steps=n), trials=1000),
            Kept("hhi", "2020-Q4"),
            Execution(workers=1),
        )
        for n in (10, 680)
    )
    assert long.needs("arrays").memory > 4 * short.needs("arrays").memory


# ------------------------------------------------------------------ processes


def test_where_no_process_can_start_one_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "ENOUGH_WORK", 0)
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)  # type: ignore[attr-defined]
    assert sim.run(SCENARIO, trials=4, block=2, keep="hhi").sizes["trial"] == 4
    with pytest.raises(InputError, match=r"workers = 2: .*--workers 1"):
        sim.run(SCENARIO, trials=4, block=2, keep="hhi", workers=2)


def test_without_shared_memory_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(pool, "ENOUGH_WORK", 0)
    monkeypatch.setattr(pool, "_try_semaphore", fail)
    assert sim.run(SCENARIO, trials=4, block=2, keep="hhi").sizes["trial"] == 4
    with pytest.raises(InputError, match="shared memory"):
        sim.run(SCENARIO, trials=4, block=2, keep="hhi", workers=2)


# ------------------------------------------------------------------ files


@pytest.mark.parametrize(
    "command",
    [
        ("check", LONG + ".toml"),
        ("run", LONG + "/a.toml"),
        ("run", "baseline", "--out", LONG),
        ("compare", "baseline", "osa_surge", "--out", LONG),
        ("resume", LONG),
        ("extend", LONG, "--trials", "9"),
        ("parameters", "--scenario", LONG),
        ("check", LONG + "/case.toml"),
        ("check", "extends.toml"),
    ],
)
def test_names_that_are_too_long_are_one_line(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("extends.toml").write_text(f'title = "t"\nextends = "{LONG}/b.toml"\n')
    if command == ("check", "extends.toml"):
        result = CliRunner().invoke(program, command)
        assert result.stderr.startswith("extends.toml: extends: cannot be read: file name too long.")
        assert result.exit_code == 1
        return
    assert LONG in refused(*command)
    assert [each.name for each in tmp_path.iterdir()] == ["extends.toml"]


@contextlib.contextmanager
def somebody() -> Iterator[None]:
    """Be a user whom permissions bind, if this one is root."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions of POSIX")
def test_what_may_not_be_read_is_one_line(workshop: Workshop) -> None:
    shut = workshop.folder / "shut"
    workshop.write("shut/in.toml", 'title = "t"\n')
    workshop.write("mine.toml", 'title = "t"\nextends = "shut/in.toml"\n')
    workshop.write("drawn.toml", 'title = "t"\nextends = "base.toml"\nposterior = "shut/rows.csv"\n')
    shut.chmod(0)
    doors: dict[str, Any] = {
        "path": lambda: sim.load("shut/in.toml"),
        "extends": lambda: sim.load("mine.toml"),
        "posterior": lambda: sim.load("drawn.toml"),
        "case": lambda: cases.load("shut/case"),
        "store": lambda: Store.open("shut/runs.zarr"),
        "result": lambda: sim.open("shut/runs.zarr"),
        "out": lambda: staging.target_of("shut/runs.zarr"),
        "parameters": lambda: ParameterSet.load(cases.load("./archipelago")),
    }
    workshop.folder.chmod(0o755)
    for folder in (workshop.folder, *workshop.folder.parents):
        if folder.stat().st_mode & 0o005 != 0o005 and folder.owner() == "root" and len(folder.parts) > 2:
            folder.chmod(folder.stat().st_mode | 0o055)
    unreadable = workshop.folder / "archipelago" / "parameters"
    unreadable.mkdir(exist_ok=True)
    unreadable.chmod(0)
    try:
        with somebody():
            for door, call in doors.items():
                with pytest.raises(InputError, match="permission denied") as caught:
                    call()
                assert "\n" not in str(caught.value), door
    finally:
        shut.chmod(0o755)
        unreadable.chmod(0o755)


def test_a_folder_that_is_gone_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert records.shown("a/../b.toml") == "b.toml"
    assert CliRunner().invoke(program, ["check", "baseline"]).exit_code == 0
    assert "is gone" in refused("run", "baseline", "--out", "runs.zarr")
    assert "working directory" in str(pool.obstacle())
    os.chdir(tmp_path)


# ------------------------------------------------------------------ scenarios and cases


@pytest.mark.parametrize("field", ["delay_quarters", "instalments"])
def test_orders_take_no_longer_than_a_century(field: str, workshop: Workshop) -> None:
    case = cases.load("./archipelago")
    order = f'''[[events]]
at = "2023-Q1"
what = "order"
supplier = "{case.suppliers[0]}"
category = "{case.categories[0]}"
tiv = 1
value = 1
{"delay_quarters = 1" if field == "instalments" else ""}
'''
    with pytest.raises(OutOfBounds, match=rf"{field} = 1000000000: must be less than or equal to 400"):
        workshop.scenario(f"{order}{field} = 1000000000")


@pytest.mark.parametrize("verb", ["hold", "ramp", "scale"])
def test_windows_take_no_longer_than_a_century(verb: str, workshop: Workshop) -> None:
    value = "by = 1" if verb == "scale" else "to = 10"
    event = f'[[events]]\nat = "2023-Q1"\nwhat = "{verb}"\nname = "grants.osa_budget"\n{value}\n'
    with pytest.raises(OutOfBounds, match="for_quarters = 401"):
        workshop.scenario(event + "for_quarters = 401")


@pytest.mark.parametrize("year", ["1756", "2200", "9999"])
def test_years_that_dates_cannot_hold_are_refused(year: str, workshop: Workshop) -> None:
    with pytest.raises(WrongType, match="Write 1900 to 2199"):
        workshop.scenario(f'end = "{year}-Q4"')


def test_check_reads_the_register_as_a_run_does(workshop: Workshop) -> None:
    runner = CliRunner()
    assert runner.invoke(program, ["check", "archipelago/case.toml", "base.toml"]).exit_code == 0
    [deals] = (workshop.folder / "archipelago").rglob("deals.csv")
    lines = deals.read_text().splitlines()
    deals.write_text("\n".join([lines[0], lines[1].replace(",2005,", ",20x5,")]))
    for file in ("archipelago/case.toml", "base.toml"):
        result = runner.invoke(program, ["check", file])
        assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1), result.output
        assert "deals.csv" in result.stderr


# ------------------------------------------------------------------ a run in which every trial fails


@pytest.fixture
def all_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(plan: Any, first_trial: int, into: dict[str, np.ndarray], *_: Any, **__: Any) -> None:
        for array in into.values():
            array[:] = np.inf

    monkeypatch.setattr(engine, "record_block", fail)


@pytest.mark.usefixtures("all_fail")
@pytest.mark.long
def test_where_every_trial_fails_each_door_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    case = Path(__file__).parent / "cases" / "archipelago"
    for name in ("a", "b"):
        Path(f"{name}.toml").write_text(f'title = "t"\ncase = "{case}"\nstart = "2020-Q1"\nend = "2021-Q4"\n')
    trials = ("--trials", "20", "--workers", "1")
    for command in (
        ("run", "a.toml", *trials),
        ("run", "a.toml", *trials, "--out", "runs.zarr"),
        ("run", "a.toml", *trials, "--summary"),
        ("run", "a.toml", *trials, "--keep", "hhi", "--until", "hhi@2021 mean +-0.1"),
        ("compare", "a.toml", "b.toml", *trials),
        ("compare", "a.toml", "b.toml", *trials, "--out", "compared"),
    ):
        result = CliRunner().invoke(program, command)
        assert result.exit_code == 1, (command, result.exception, result.stderr)
        [line] = [each for each in result.stderr.splitlines() if "failed" in each]
        assert "trials failed and are left out, the first: a, trial 0: " in line
    runs = sim.run(["a.toml", "b.toml"], trials=20, keep="hhi")
    with pytest.raises(InputError, match="every trial failed"):
        sim.compare(runs)
    assert [each.name for each in Path("compared").iterdir()] == ["runs.zarr"]
    failures = Store.open("runs.zarr").failures()
    assert len(failures) == 20
    assert [bool(each["parameters"]) for each in failures] == [True] * 16 + [False] * 4


# ------------------------------------------------------------------ streams and Python's switches


@pytest.mark.parametrize("unbuffered", ["", pytest.param("1", marks=pytest.mark.long)])
def test_a_full_device_is_one_line_on_stdout_and_none_on_stderr(
    unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    if not Path("/dev/full").exists():
        pytest.skip("no such device here")
    code = "import sys; from sim.cli import main; sys.argv = ['sim', *sys.argv[1:]]; main()"
    run = [sys.executable, "-c", code, "scenarios", "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(run, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stderr) == (
            2,
            "standard output: cannot be written: no space left on device. Send it elsewhere.\n",
        )
        silent = subprocess.run([*run[:3], "nonsense"], stderr=full, check=False)
        assert silent.returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["scenarios", "--json"],
        *(pytest.param([each], marks=pytest.mark.long) for each in ("scenarios", "evidence")),
    ],
)
def test_a_reader_that_has_seen_enough_is_no_fault(arguments: list[str]) -> None:
    code = "import sys; from sim.cli import main; sys.argv = ['sim', *sys.argv[1:]]; main()"
    read, write = os.pipe()
    os.close(read)
    run = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(run, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (streams.UNREAD, "")


def test_closed_streams_lead_nowhere(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from sim.cli import streams\n"
        "streams.prepare()\n"
        f"with open({str(tmp_path / 'first')!r}, 'w') as file: os.write(1, b'lost'); file.write('kept')\n"
        "print('lost'); print('lost', file=sys.stderr); assert sys.stdin.read() == ''\n"
    )
    closed = 'exec "$0" -c "$1" <&- >&- 2>&-'
    assert subprocess.run(["sh", "-c", closed, sys.executable, code], check=False).returncode == 0
    assert (tmp_path / "first").read_text() == "kept"
    assert streams.NAMES == ("stdin", "stdout", "stderr")


def test_docstrings_are_found_where_python_drops_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with_them = docstrings.docstring(grants), docstrings.docstring(grants.step)
    monkeypatch.setattr(docstrings, "_DROPS_DOCSTRINGS", 0)
    monkeypatch.setattr(grants, "__doc__", None)
    monkeypatch.setattr(grants.step, "__doc__", None)
    assert (docstrings.docstring(grants), docstrings.docstring(grants.step)) == with_them


def test_a_stopping_rule_is_checked_without_assert() -> None:
    code = (
        "import sim, sys\n"
        "try: sim.run('baseline', trials=60, keep='hhi', until='nonsense')\n"
        "except sim.vocabulary.errors.WrongType: sys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-O", "-c", code], check=False, timeout=120)
    assert done.returncode == 7


# ------------------------------------------------------------------ a documented grant


def test_a_grant_documented_as_noted_is_handed_over() -> None:
    events = [{"at": "2020-Q2", "what": "grant", "amount": 500, "state": "noted"}]
    runs = [
        engine.run_block(plans.plan("archipelago", each, n_steps=32), 0, 50, ("grants", "grant_deliveries"))
        for each in (events, [])
    ]
    more = runs[0]["grant_deliveries"] - runs[1]["grant_deliveries"]
    noted = runs[0]["grants"][:, 1] - runs[1]["grants"][:, 1]
    assert (noted[1] > 0).all()
    is_handed_over = (more > 1e-9).any(axis=0)
    assert is_handed_over.mean() > 0.9
    assert 3 <= np.median(np.argmax(more > 1e-9, axis=0)) <= 20, "some two years after the notes"
