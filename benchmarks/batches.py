"""What storing costs, what a second process brings, and whether memory grows with the number of trials.

``python -m benchmarks.batches``; the large run is ``python -m benchmarks.batches --sizes 1000000``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import click

#: Three variables, as in a run of a million trials.
FEW = ("supplier_share", "hhi", "border_pressure")


def measure(
    trials: int,
    workers: int,
    keep: list[str] | None,
    is_stored: bool,
    is_summary: bool = False,
    engine: str = "auto",
) -> dict[str, float]:
    """Run in this process and its workers; return seconds and the peak of their memory in MiB."""
    import sim
    from sim import results
    from sim.batches.resources import in_use

    peak, is_done = [0.0], threading.Event()

    def watch() -> None:
        while not is_done.wait(0.05):
            peak[0] = max(peak[0], in_use() / 2**20)

    engine = results.chosen_engine(engine, trials, False)
    what: dict[str, Any] = {"keep": keep, "workers": workers, "engine": engine, "summary": is_summary}
    with tempfile.TemporaryDirectory() as folder:  # starts the processes, imports, finds machine code
        warm = Path(folder, "runs.zarr") if is_stored else None
        sim.run("baseline", trials=8 * workers, block=2, **what, out=warm)
    watcher = threading.Thread(target=watch)
    watcher.start()
    with tempfile.TemporaryDirectory() as folder:
        begin, busy = time.perf_counter(), processor_time()
        sim.run(
            "baseline",
            trials=trials,
            **what,
            out=Path(folder, "runs.zarr") if is_stored else None,
        )
        seconds, busy = time.perf_counter() - begin, processor_time() - busy
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 2**20
    is_done.set()
    watcher.join()
    return {"seconds": seconds, "processor": busy, "memory": peak[0], "disk": size}


def processor_time() -> float:
    """Return the seconds of processor time of this process and its workers."""
    import psutil

    here = psutil.Process()
    times = [each.cpu_times() for each in (here, *here.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def apart(*arguments: object) -> dict[str, float]:
    """Measure in a process of its own."""
    code = f"import json; from benchmarks.batches import measure; print(json.dumps(measure(*{arguments!r})))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


@click.command()
@click.option("--trials", default=4096, show_default=True, help="Trials where time counts.")
@click.option("--repeats", default=3, show_default=True)
@click.option("--sizes", default="10000,40000", show_default=True, help="Trials where memory counts.")
def main(trials: int, repeats: int, sizes: str) -> None:
    """Measure, and print a line for each."""
    for _ in range(repeats):
        memory, stored, both = (
            apart(trials, workers, None, is_stored)
            for workers, is_stored in ((1, False), (1, True), (2, True))
        )
        print(
            f"{trials:,} trials, all usual variables; seconds (of processor): "
            f"in memory {memory['seconds']:.1f} ({memory['processor']:.1f}), "
            f"stored {stored['seconds']:.1f} ({stored['processor']:.1f}), "
            f"stored by two processes {both['seconds']:.1f} ({both['processor']:.1f}); "
            f"{stored['disk']:.0f} MiB on disk",
            flush=True,
        )
    for size in sizes.split(","):
        found = apart(int(size), 2, list(FEW), True)
        print(
            f"{int(size):,} trials, {', '.join(FEW)}, two processes: {found['seconds']:.0f} s, "
            f"at most {found['memory']:,.0f} MiB of memory, {found['disk']:,.0f} MiB on disk",
            flush=True,
        )


if __name__ == "__main__":
    main()
