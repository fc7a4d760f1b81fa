"""What storing and taking up cost, what a second process brings, and whether memory grows with the trials.

``python -m benchmarks.batches``; the large run is ``python -m benchmarks.batches --sizes 1000000``.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.timing import Measured, print_table, ratio

#: Three variables, as in a run of a million trials.
FEW = ("supplier_share", "hhi", "border_pressure")


def measure(
    trials: int,
    workers: int,
    keep: list[str] | None,
    is_stored: bool,
    is_summary: bool = False,
    engine: str = "auto",
    is_taken_up: bool = False,
) -> dict[str, float]:
    """Run in this process and its workers; return seconds and the peak of their memory in MiB.

    A run that is taken up stops when half of it is stored, and goes on from there.
    """
    import sim
    from sim.runs import dataset as results

    engine = results.chosen_engine(engine, trials, False)
    what: dict[str, Any] = {"keep": keep, "workers": workers, "engine": engine, "summary": is_summary}
    with tempfile.TemporaryDirectory() as folder:  # starts the processes, imports, finds machine code
        warm = Path(folder, "runs.zarr") if is_stored else None
        sim.run("baseline", trials=8 * workers, block=2, **what, out=warm)
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "runs.zarr")
        begin, busy = time.perf_counter(), watch.processor()
        first = trials // 2 if is_taken_up else trials
        sim.run("baseline", trials=first, **what, out=out if is_stored else None)
        if is_taken_up:
            sim.extend(out, trials, workers=workers)
        seconds, busy = time.perf_counter() - begin, watch.processor() - busy
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 2**20
    return {"seconds": seconds, "processor": busy, "memory": watch.stop(), "disk": size}


class Watch:
    """Looks at this process and its workers, again and again: what they hold, how long they have worked."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._worked: dict[int, float] = {}  # those that have ended stay
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._is_done.wait(0.05):
            self._look()

    def _look(self) -> None:
        import psutil

        here, held = psutil.Process(), 0.0
        for each in (here, *here.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                times = each.cpu_times()
                self._worked[each.pid] = times.user + times.system
                held += each.memory_info().rss
        self._peak = max(self._peak, held / 2**20)

    def processor(self) -> float:
        """Return the seconds of processor time so far."""
        self._look()
        return sum(self._worked.values())

    def stop(self) -> float:
        """Return the peak of memory in MiB, and end."""
        self._is_done.set()
        self._thread.join()
        return self._peak


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
@click.option("--trials", default=16_384, show_default=True, help="Trials where time counts.")
@click.option("--repeats", default=3, show_default=True)
@click.option("--sizes", default="10000,40000", show_default=True, help="Trials where memory counts.")
def main(trials: int, repeats: int, sizes: str) -> None:
    """Measure, and print a table of times and a line for each size."""
    ways = {
        "in memory": (1, None, False),
        "stored": (1, None, True),
        "stored, taken up": (1, None, True, False, "auto", True),
        "stored, 2 processes": (2, None, True),
        "3 variables": (1, list(FEW), False),
        "3 variables, stored": (1, list(FEW), True),
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            found[name].append(apart(trials, *way))
    seconds, disk = (
        {name: Measured(tuple(each[what] for each in rows)) for name, rows in found.items()}
        for what in ("seconds", "disk")
    )
    one, stored = seconds["in memory"], seconds["stored"]
    few, few_stored = seconds["3 variables"], seconds["3 variables, stored"]
    print_table(
        [
            (f"{trials:,} trials", "median", "min to max", ""),
            *((name, *each.text(), "seconds") for name, each in seconds.items()),
            ("stored / in memory", *ratio(stored, one).text(), "times the time"),
            ("3 variables, stored / in memory", *ratio(few_stored, few).text(), "times the time"),
            ("taken up / in one go", *ratio(seconds["stored, taken up"], stored).text(), "times the time"),
            ("2 processes / 1", *ratio(stored, seconds["stored, 2 processes"]).text(), "times as fast"),
            ("on disk", *disk["stored"].text(), "MiB"),
        ]
    )
    for size in sizes.split(","):
        large = apart(int(size), 2, list(FEW), True)
        print(
            f"{int(size):,} trials, {', '.join(FEW)}, two processes: {large['seconds']:.0f} s, "
            f"at most {large['memory']:,.0f} MiB of memory, {large['disk']:,.0f} MiB on disk",
            flush=True,
        )


if __name__ == "__main__":
    main()
