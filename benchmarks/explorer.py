"""How long the explorer takes from a lever's move to what is drawn: ``python -m benchmarks.explorer``.

Each move puts one lever where it has not been, so that nothing of it is kept from before, and asks what the
page asks: the first fan, then the rounds that refine it. A round ends with the text of its answer. The clock
is what a user waits for; processor time, of all cores, depends less on what else the machine does.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import click

import sim
from benchmarks.timing import Measured, print_table
from sim.explorer.workbench import Moved, Workbench
from sim.vocabulary.arguments import SEED


@click.command()
@click.option("--scenario", default="baseline", show_default=True, help="The base of the page.")
@click.option("--moves", default=20, show_default=True, help="How often a lever is moved.")
@click.option("--engine", multiple=True, default=("compiled", "numpy"), show_default=True)
@click.option("--first-only", is_flag=True, help="Leave out the rounds that refine.")
def main(scenario: str, moves: int, engine: tuple[str, ...], first_only: bool) -> None:
    """Measure the time from a lever's move to the first fan and to the refined one."""
    rows = [("", "median", "min to max", "")]
    for name in engine:
        bench = Workbench(sim.load(scenario), SEED, name)
        bench.warm_up()
        rounds = bench.rounds[:1] if first_only else bench.rounds
        found = [_move(bench, asked, rounds) for asked in _moves(bench, scenario, moves)]
        for number, trials in ((0, rounds[0]), (-1, rounds[-1]))[: 1 if first_only else 2]:
            for kind, unit in ((0, "s by the clock"), (1, "s of processor time")):
                measured = Measured(tuple(each[number][kind] for each in found))
                rows.append((f"{name}, {trials:,} trials", *measured.text(), unit))
    print(f"{scenario}, {moves} moves")
    print_table(rows)


def _moves(bench: Workbench, scenario: str, moves: int) -> Iterator[Moved]:
    """Yield one moved lever after another, each time at a place of its own."""
    levers = list(bench.sliders.values())
    for number in range(moves):
        lever = levers[number % len(levers)]
        places = round((lever.high - lever.low) / lever.step)
        usual = round((lever.usual - lever.low) / lever.step)
        at = (usual + 1 + number // len(levers)) % (places + 1)
        yield Moved(scenario, {lever.name: lever.low + at * lever.step})


def _move(bench: Workbench, asked: Moved, rounds: tuple[int, ...]) -> list[tuple[float, float]]:
    """Return the time since the move when each round was answered: by the clock, and of the processor."""
    measure = next(iter(bench.measures))
    clock, processor = time.perf_counter(), time.process_time()
    times = []
    for trials in rounds:
        json.dumps(bench.fan(asked, measure, trials)).encode()
        times.append((time.perf_counter() - clock, time.process_time() - processor))
    return times


if __name__ == "__main__":
    main()
