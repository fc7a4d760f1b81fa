"""The whole model in Mesa and in the engine, on one core and on both."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import mesa

import sim
from benchmarks.timing import Measured
from sim.design import plan as design
from sim.design.plan import Plan
from sim.engine import block as engine
from sim.runs.dataset import DEFAULT_KEEP
from sim.scenario.scenario import Scenario

SEED = 1

#: What a rate is measured from: name -> what does so many trials.
Works = Mapping[str, Callable[[int], object]]

load: Callable[[str], Scenario] = lru_cache(sim.load)


@lru_cache
def _plan(scenario: str) -> Plan:
    """Return a plan, made once in each process."""
    return design.plan(load(scenario), SEED)


class Trial(sim.World):
    """A world as `mesa.batch_run` makes them; the random draws are those of the trial."""

    def __init__(self, scenario: str, trial: int, rng: object = None) -> None:
        super().__init__(load(scenario), SEED, trial)


def in_mesa(scenario: str, n_trials: int, processes: int = 1) -> list[dict[str, Any]]:
    """Run trials by Mesa's own means; returns what its data collector holds of the last quarter."""
    parameters = {"scenario": [scenario], "trial": list(range(n_trials))}
    rows: list[dict[str, Any]] = mesa.batch_run(
        Trial, parameters, number_processes=processes, display_progress=False
    )
    return rows


def _block(scenario: str, n_trials: int, is_compiled: bool, first_trial: int) -> dict[str, Any]:
    """Run a block and return its last quarter."""
    plan = _plan(scenario)
    recorded = engine.run_block(plan, first_trial, n_trials, DEFAULT_KEEP, is_compiled=is_compiled)
    return {name: values[-1] for name, values in recorded.items()}


def in_engine(
    scenario: str, n_trials: int, processes: int = 1, is_compiled: bool = False
) -> list[dict[str, Any]]:
    """Run trials in blocks; returns what is kept of the last quarter."""
    size = min(engine.BLOCK, max(1, n_trials // processes))
    block = partial(_block, scenario, size, is_compiled)
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return pool.map(block, range(0, n_trials, size), chunksize=1)


def wall_rates(works: Works, trials: Mapping[str, tuple[int, int]], repeats: int) -> dict[str, Measured]:
    """Return trials per second by the clock on the wall, less the time that it takes to start.

    Parameters
    ----------
    works : mapping
        Name -> what runs a number of trials.
    trials : mapping
        Name -> a few trials and many: the rate is that of the difference, so that starting processes does
        not count. Where there are no few, it does.
    repeats : int
        How often; the works take turns.
    """
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            few, many = trials[name]
            seconds = _seconds(work, many) - (_seconds(work, few) if few else 0.0)
            found[name].append((many - few) / seconds)
    return {name: Measured(tuple(values)) for name, values in found.items()}


def _seconds(work: Callable[[int], object], n_trials: int) -> float:
    begin = time.perf_counter()
    work(n_trials)
    return time.perf_counter() - begin
