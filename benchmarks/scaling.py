"""Whether cost grows in proportion to the number of trials: ``python -m benchmarks.scaling``.

Each size runs in a process of its own, with the workers started beforehand. The line seconds = factor *
trials**exponent is fitted to all repetitions of the sizes from `--beyond` on. What was measured is written as
JSON after each run, so a long study that is stopped is not lost; ``--redraw FILE.json`` draws it again.
"""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.batches import FEW, apart
from benchmarks.scaling_study import Fit, Study, about
from benchmarks.timing import print_table

#: Trials from which the cost of a run is that of its blocks.
BEYOND = 10_000

#: Three sizes to a factor of ten, up to a million.
SIZES = "1000,3162,10000,31623,100000,316228,1000000"

NAME = "scaling"


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
