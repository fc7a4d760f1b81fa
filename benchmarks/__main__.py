"""Print one table: ``python -m benchmarks [--short]``, from the root of the repository."""

from __future__ import annotations

import platform

import click
import numpy as np

import sim
from benchmarks import memory, works
from benchmarks.timing import Measured, rates, ratio
from sim import design
from sim.engine import BLOCK


def print_table(rows: list[tuple[str, str, str, str]]) -> None:
    """Print columns as wide as they need to be."""
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]), row[3]]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


@click.command()
@click.option("--scenario", default="baseline", show_default=True, help="What is run.")
@click.option("--trials", default=BLOCK, show_default=True, help="Trials of the engine and of the floor.")
@click.option("--twin-trials", default=8, show_default=True, help="Trials of the scalar twin.")
@click.option(
    "--memory-trials", default=10_000, show_default=True, help="Trials of the run whose memory counts."
)
@click.option("--repeats", default=5, show_default=True, help="Repetitions; medians are of these.")
@click.option("--short", is_flag=True, help="See that it works: few trials, no use as a measurement.")
def main(scenario: str, trials: int, twin_trials: int, memory_trials: int, repeats: int, short: bool) -> None:
    """Measure the engine against a plain program and against the least it could do."""
    if short:
        trials, twin_trials, memory_trials, repeats = 32, 1, 32, 1
    # First, while this process is small: a new process starts with the peak of the one that made it.
    peak = Measured(tuple(memory.peak(memory_trials, scenario) for _ in range(min(repeats, 3))))
    plan = design.plan(sim.load(scenario), seed=1)
    twin, floor = works.scalar_twin(), works.Floor(plan, trials)
    speed = rates(
        {
            "engine": (lambda: works.run_engine(plan, trials), trials),
            "scalar": (lambda: works.run_twin(twin, plan, twin_trials), twin_trials),
            "floor": (floor, trials),
        },
        repeats,
    )
    print(f"{scenario}, {plan.n_steps} quarters, engine and floor in blocks of {trials:,}")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}")
    print(f"exponentials per trial: {sum(floor.sizes) / trials:,.0f}\n")
    per_second = "trials per second of one core"
    print_table(
        [
            ("", "median", "min to max", ""),
            ("engine", *speed["engine"].text(), per_second),
            ("scalar twin", *speed["scalar"].text(), per_second),
            ("floor", *speed["floor"].text(), per_second),
            ("engine / scalar twin", *ratio(speed["engine"], speed["scalar"]).text(), "times as fast"),
            ("engine / floor", *ratio(speed["engine"], speed["floor"]).text(), "of the speed of the floor"),
            ("peak memory", *peak.text(), f"MiB, sim.run with {memory_trials:,} trials"),
        ]
    )


if __name__ == "__main__":
    main()
