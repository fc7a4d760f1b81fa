"""Kill a run again and again, and take it up: ``python tests/soak.py --kills 20``.

Each process is killed once a number of blocks, drawn from a seed, has been written since it began, and a
moment later. At the end the store is equal to a run in memory, bit for bit.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

import plans
import sim
from sim.scenario.scenario import Scenario

#: What is run: many small blocks.
WHAT: dict[str, Any] = {"seed": 5, "block": 8, "keep": ["hhi", "supplier_share", "government"]}

#: Blocks that a process may write before it is killed.
MOST_BLOCKS = 3

_START = "import soak, sys; soak.start(sys.argv[1], *map(int, sys.argv[2:]))"


def scenarios() -> list[Scenario]:
    """Return two futures of the toy case."""
    return [plans.scenario("archipelago", n_steps=6, name=name) for name in ("one", "two")]


def start(out: str, trials: int, workers: int) -> None:
    """Run, or take up what is there."""
    if Path(out).exists():
        sim.resume(out, workers=workers)
    else:
        sim.run(scenarios(), trials=trials, out=out, workers=workers, **WHAT)


def launch(out: Path, trials: int, workers: int = 1) -> subprocess.Popen[bytes]:
    """Start in a process of its own."""
    paths = [str(Path(__file__).parent), str(Path(sim.__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.Popen(
        [sys.executable, "-c", _START, str(out), str(trials), str(workers)], env=environment
    )


def blocks_written(out: Path) -> int:
    """Return the lines of the ledger."""
    ledger = out / "run" / "ledger.jsonl"
    return ledger.read_bytes().count(b"\n") if ledger.is_file() else 0


def kill_after(process: subprocess.Popen[bytes], out: Path, n_blocks: int, moment: float) -> bool:
    """Kill a process a moment after it has written so many blocks; False if it was done before."""
    begun = blocks_written(out)
    while blocks_written(out) < begun + n_blocks:
        if process.poll() is not None:
            assert process.returncode == 0
            return False
        time.sleep(0.001)
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return True


def soak(out: Path, kills: int, seed: int) -> int:
    """Kill and take up until the run is done; return how often it was killed."""
    random_numbers = random.Random(seed)
    trials = WHAT["block"] * MOST_BLOCKS * (kills + 2) // 2  # enough that no process gets to the end
    done = 0
    while done < kills:
        process = launch(out, trials, workers=1 + done % 2)
        if not kill_after(
            process, out, random_numbers.randint(1, MOST_BLOCKS), random_numbers.random() * 0.02
        ):
            break
        done += 1
    assert launch(out, trials).wait() == 0
    check(out, trials)
    return done


def check(out: Path, trials: int) -> None:
    """Compare the store with a run in memory, in one block."""
    runs, whole = sim.open(out), sim.run(scenarios(), trials=trials, workers=1, **WHAT | {"block": trials})
    for name in whole.data_vars:
        assert np.asarray(runs[name]).tobytes() == whole[name].to_numpy().tobytes(), name


@click.command()
@click.option("--kills", default=20, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(kills: int, seed: int) -> None:
    """Kill a run so often and compare what comes out with a run that was not."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "runs.zarr")
        done = soak(out, kills, seed)
        print(f"killed {done} times; equal to a run in memory, bit for bit")


if __name__ == "__main__":
    main()
