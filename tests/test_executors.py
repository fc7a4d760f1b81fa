"""Executors of others: a Dask cluster of processes, and a pool of MPI processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any, cast

import loky
import pytest

import plans
import sim
from sim.runs import pool

WHAT: dict[str, Any] = {"trials": 40, "seed": 5, "block": 8, "keep": ["hhi", "supplier_share"]}

IN_MPI = """
import sys
from mpi4py.futures import MPIPoolExecutor
import plans, sim
if __name__ == "__main__":
    with MPIPoolExecutor() as executor:
        scenario = plans.scenario("archipelago", n_steps=2, name="base")
        sim.run(scenario, **{what}, executor=executor, workers=2, out=sys.argv[1])
"""


def assert_is_the_run(runs: Any) -> None:
    whole = sim.run(plans.scenario("archipelago", n_steps=2, name="base"), **WHAT, workers=1)
    for name in whole.data_vars:
        assert runs[name].to_numpy().tobytes() == whole[name].to_numpy().tobytes(), name


@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_dask_cluster_of_two_workers(processes: bool, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=processes, protocol="tcp://", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        scenario = plans.scenario("archipelago", n_steps=2, name="base")
        executor = client.get_executor()
        runs = sim.run(scenario, **WHAT, executor=executor, workers=2, out=tmp_path / "runs.zarr")
        ran_on = client.run(lambda dask_worker: dask_worker.state.executed_count)
    assert len(ran_on) == 2
    assert all(ran_on.values())
    assert_is_the_run(runs)


@pytest.mark.long
@pytest.mark.skipif(shutil.which("mpiexec", path=Path(sys.executable).parent) is None, reason="no MPI here")
def test_a_pool_of_mpi_processes(tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    script, out = tmp_path / "run.py", tmp_path / "runs.zarr"
    script.write_text(IN_MPI.replace("{what}", repr(WHAT)))
    paths = [str(Path(__file__).parent), str(Path(sim.__file__).parents[1])]
    start = [Path(sys.executable).parent / "mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures"]
    subprocess.run(
        [*start, script, out],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=True,
        capture_output=True,
    )
    assert_is_the_run(sim.open(out))


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows cannot block signals")
def test_workers_never_hear_ctrl_c_or_sigterm_not_even_while_they_start() -> None:
    loky.get_reusable_executor(max_workers=1).shutdown(wait=True)
    held = list(pool.in_order(signal.pthread_sigmask, [(signal.SIG_BLOCK, ())] * 4, workers=2))
    requests = {signal.SIGINT, signal.SIGTERM}
    assert all(requests <= each for each in held)
    assert not requests & signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _half_a_result() -> None:
    """End while a result of 256 bytes is on its way."""
    frame = sys._getframe()
    while "result_queue" not in frame.f_locals:
        frame = cast("FrameType", frame.f_back)
    os.write(frame.f_locals["result_queue"]._writer.fileno(), b"\0\0\1\0half")
    os._exit(1)


@pytest.mark.skipif(os.name == "nt", reason="messages have another form on Windows")
def test_a_worker_that_ends_while_it_sends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "LOOK", 0.1)
    with pytest.raises(sim.InputError, match="a worker process ended before its work was done"):
        list(pool.in_order(_half_a_result, [()] * 3, workers=2))
    assert list(pool.in_order(abs, [(-1,)] * 3, workers=2)) == [1, 1, 1]
