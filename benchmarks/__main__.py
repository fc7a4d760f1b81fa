"""Print one table: ``python -m benchmarks [--short]``, from the root of the repository."""

from __future__ import annotations

import platform
from functools import partial

import click
import numpy as np

import sim
from benchmarks import memory, stages, works
from benchmarks.timing import Measured, print_table, rates, ratio
from sim.design import plan as design
from sim.engine.block import BLOCK


@click.command()
@click.option("--scenario", default="baseline", show_default=True, help="What is run.")
@click.option("--trials", default=BLOCK, show_default=True, help="Trials of the engine and of the floor.")
@click.option("--twin-trials", default=8, show_default=True, help="Trials of the scalar twin.")
@click.option("--world-trials", default=16, show_default=True, help="Trials of Mesa, on one core.")
@click.option(
    "--memory-trials", default=10_000, show_default=True, help="Trials of the run whose memory counts."
)
@click.option("--repeats", default=5, show_default=True, help="Repetitions; medians are of these.")
@click.option("--short", is_flag=True, help="See that it works: few trials, no use as a measurement.")
def main(
    scenario: str,
    trials: int,
    twin_trials: int,
    world_trials: int,
    memory_trials: int,
    repeats: int,
    short: bool,
) -> None:
    """Measure the engine against a plain program, against Mesa, and against the least it could do."""
    if short:
        trials, twin_trials, world_trials, memory_trials, repeats = 32, 1, 1, 32, 1
    # First, while this process is small: a new process starts with the peak of the one that made it.
    peak = Measured(tuple(memory.peak(memory_trials, scenario) for _ in range(min(repeats, 3))))
    from benchmarks import agents  # imports Mesa, which is large

    plan = design.plan(sim.load(scenario), seed=agents.SEED)
    twin, floor = works.scalar_twin(), works.Floor(plan, trials)
    speed = rates(
        {
            "engine": (lambda: works.run_engine(plan, trials), trials),
            "compiled": (lambda: works.run_engine(plan, trials, is_compiled=True), trials),
            "scalar": (lambda: works.run_twin(twin, plan, twin_trials), twin_trials),
            "Mesa": (lambda: agents.in_mesa(scenario, world_trials), world_trials),
            "floor": (floor, trials),
        },
        repeats,
    )
    compiled = {k: partial(agents.in_engine, scenario, processes=k, is_compiled=True) for k in (1, 2)}
    few_and_many = (0, 32) if short else (2 * trials, 10 * trials)
    both = agents.wall_rates(
        {
            "engine, 1": partial(agents.in_engine, scenario, processes=1),
            "engine": partial(agents.in_engine, scenario, processes=2),
            "compiled, 1": compiled[1],
            "compiled": compiled[2],
            "Mesa": partial(agents.in_mesa, scenario, processes=2),
        },
        {
            **dict.fromkeys(("engine, 1", "engine", "compiled, 1", "compiled"), few_and_many),
            "Mesa": (0, 2) if short else (4, 4 + 2 * world_trials),
        },
        min(repeats, 3),
    )
    threads = agents.wall_rates(
        {f"{k}": partial(works.run_threads, plan, n_threads=k) for k in (1, 2)},
        {f"{k}": (0, 2 * trials) for k in (1, 2)},
        min(repeats, 3),
    )
    share = stages.shares(plan, trials)
    print(f"{scenario}, {plan.n_steps} quarters, engine and floor in blocks of {trials:,}")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}")
    print(f"exponentials per trial: {sum(floor.sizes) / trials:,.0f}\n")
    per_second = "trials per second of one core"
    print_table(
        [
            ("", "median", "min to max", ""),
            ("engine", *speed["engine"].text(), per_second),
            ("engine, compiled", *speed["compiled"].text(), per_second),
            ("scalar twin", *speed["scalar"].text(), per_second),
            ("Mesa batch_run", *speed["Mesa"].text(), per_second),
            ("floor", *speed["floor"].text(), per_second),
            ("engine / scalar twin", *ratio(speed["engine"], speed["scalar"]).text(), "times as fast"),
            ("engine / Mesa", *ratio(speed["engine"], speed["Mesa"]).text(), "times as fast, one core"),
            ("engine / floor", *ratio(speed["engine"], speed["floor"]).text(), "of the speed of the floor"),
            ("compiled / engine", *ratio(speed["compiled"], speed["engine"]).text(), "times as fast"),
            ("compiled / Mesa", *ratio(speed["compiled"], speed["Mesa"]).text(), "times as fast, one core"),
            (
                "compiled / floor",
                *ratio(speed["compiled"], speed["floor"]).text(),
                "of the speed of the floor",
            ),
            (
                "compiled, 2 threads / 1",
                *ratio(threads["2"], threads["1"]).text(),
                "times as fast, by the clock",
            ),
            ("engine, 2 processes", *both["engine"].text(), "trials per second of both cores"),
            ("compiled, 2 processes", *both["compiled"].text(), "trials per second of both cores"),
            (
                "engine, 2 processes / 1",
                *ratio(both["engine"], both["engine, 1"]).text(),
                "times as fast, by the clock",
            ),
            (
                "compiled, 2 processes / 1",
                *ratio(both["compiled"], both["compiled, 1"]).text(),
                "times as fast, by the clock",
            ),
            ("Mesa, 2 processes", *both["Mesa"].text(), "trials per second of both cores"),
            ("engine / Mesa, 2", *ratio(both["engine"], both["Mesa"]).text(), "times as fast, both cores"),
            ("peak memory", *peak.text(), f"MiB, sim.run with {memory_trials:,} trials"),
        ]
    )
    print()
    print_table(
        [
            ("stage", "share of time", "gain if it took none"),
            *((name, f"{part:.1%}", f"x {1 / (1 - part):.2f}") for name, part in share.items()),
        ]
    )


if __name__ == "__main__":
    main()
