"""Whether cost grows in proportion to the number of trials: ``python -m benchmarks.scaling``.

Each size runs in a process of its own, with the workers started beforehand. The line seconds = factor *
trials**exponent is fitted to all repetitions of the sizes from `--beyond` on. What was measured is written as
JSON after each run, so a long study that is stopped is not lost; ``--redraw FILE.json`` draws it again.
"""

from __future__ import annotations

import json
import math
import os
import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from benchmarks.batches import FEW, apart
from benchmarks.timing import Measured, print_table
from sim.runs.dataset import chosen_engine

#: Trials from which the cost of a run is that of its blocks.
BEYOND = 10_000

#: Three sizes to a factor of ten, up to a million.
SIZES = "1000,3162,10000,31623,100000,316228,1000000"

NAME = "scaling"


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


def report(study: Study, base: Path) -> None:
    """Print the table and the fit, and draw them."""
    from benchmarks.scaling_chart import draw
    from sim.plots import save

    fit = Fit.of(study)
    columns = {what: study.by_size(what) for what in ("seconds", "processor", "memory", "disk")}
    rows = [
        (
            f"{size:,}",
            f"{size / seconds.median:,.0f}",
            *(f"{each[size].median:,.1f}" for each in columns.values()),
        )
        for size, seconds in columns["seconds"].items()
    ]
    heading = ("trials", "trials/s", "seconds", "processor s", "memory MiB", "disk MiB")
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    print_table([tuple(map(str.rjust, row, widths)) for row in (heading, *rows)])
    print(f"\nfrom {study.beyond:,} trials on: {fit.text() if fit else 'too few runs for a fit'}")
    for file in save(draw(study, fit), base):
        print(f"written: {file}")


@click.command()
@click.option("--sizes", default=SIZES, show_default=True, help="Trials.")
@click.option("--repeats", default=3, show_default=True, help="How often; the sizes take turns.")
@click.option("--workers", default=2, show_default=True, help="Processes.")
@click.option("--kept", type=click.Choice(["trials", "summary"]), default="trials", show_default=True)
@click.option("--engine", default="auto", show_default=True)
@click.option("--beyond", default=BEYOND, show_default=True, help="Trials from which the line is fitted.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="docs/figures", show_default=True, help="A folder."
)
@click.option("--redraw", type=click.Path(path_type=Path, exists=True), help="Measure nothing; read this.")
def main(
    sizes: str,
    repeats: int,
    workers: int,
    kept: str,
    engine: str,
    beyond: int,
    out: Path,
    redraw: Path | None,
) -> None:
    """Measure runs of growing size, fit a line to their logarithms, and draw both."""
    if redraw is not None:
        report(Study.read(redraw), redraw.with_suffix(""))
        return
    is_summary = kept == "summary"
    base = out / (f"{NAME}_summary" if is_summary else NAME)
    counts = [int(each) for each in sizes.split(",")]
    study = Study(about(counts, workers, kept, engine), beyond, [])
    for _ in range(repeats):
        for size in counts:
            found = apart(size, workers, list(FEW), True, is_summary, engine)
            study.rows.append({"trials": size, **found})
            study.write(base.with_suffix(".json"))
            print(f"{size:,} trials: {found['seconds']:.1f} s, {found['memory']:,.0f} MiB", flush=True)
    report(study, base)


if __name__ == "__main__":
    main()
