"""What a study of scaling measured, and the line fitted to it."""

from __future__ import annotations

import json
import math
import os
import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.batches import FEW
from benchmarks.timing import Measured
from sim.runs.dataset import chosen_engine


@dataclass(frozen=True)
class Study:
    """What was measured, and how.

    Parameters
    ----------
    about : dict
        Variables kept, workers, engine, what was kept of them, machine and versions.
    beyond : int
        Trials from which the line is fitted.
    rows : list of dict
        A run each: trials, seconds, seconds of processor, peak of memory and size on disk in MiB.
    """

    about: dict[str, Any]
    beyond: int
    rows: list[dict[str, float]]

    def by_size(self, what: str) -> dict[int, Measured]:
        """Return one of the columns, size by size."""
        sizes = sorted({int(row["trials"]) for row in self.rows})
        return {
            size: Measured(tuple(row[what] for row in self.rows if row["trials"] == size)) for size in sizes
        }

    def write(self, path: Path) -> None:
        """Write the study as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Study:
        """Read what `write` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Fit:
    """seconds = factor * trials**exponent, by least squares on the logarithms.

    Parameters
    ----------
    exponent, error : float
        The exponent, and its standard error.
    factor : float
        Seconds of one trial, if the exponent is 1.
    runs : int
        Runs fitted.
    """

    exponent: float
    error: float
    factor: float
    runs: int

    @classmethod
    def of(cls, study: Study) -> Fit | None:
        """Return the fit; None where it would rest on fewer than two sizes or three runs."""
        from scipy.stats import linregress

        rows = [row for row in study.rows if row["trials"] >= study.beyond]
        if len({row["trials"] for row in rows}) < 2 or len(rows) < 3:
            return None
        line = linregress(*([math.log(row[what]) for row in rows] for what in ("trials", "seconds")))
        return cls(float(line.slope), float(line.stderr), math.exp(line.intercept), len(rows))

    def text(self) -> str:
        """Return the exponent with its standard error."""
        return f"exponent {self.exponent:.3f}, standard error {self.error:.3f}, {self.runs} runs"


def about(sizes: list[int], workers: int, kept: str, engine: str) -> dict[str, Any]:
    """Return how and where it is measured."""
    chosen = {chosen_engine(engine, size, False): size for size in sorted(sizes, reverse=True)}
    packages = ("hedgesim", "numpy", "zarr")
    return {
        "scenario": "baseline",
        "variables": list(FEW),
        "workers": workers,
        "kept": kept,
        "engine": " and ".join(f"{name} from {size:,} trials on" for name, size in chosen.items()),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in packages},
        },
    }
