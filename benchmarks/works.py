"""The three programs that are compared: the engine, the scalar twin, the floor."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from sim.design import plan as design
from sim.design.plan import Plan
from sim.engine import block as engine
from sim.model.schedule import SCHEDULE
from sim.numerics import elementary as numerics
from sim.numerics.streams import Streams
from sim.runs.dataset import DEFAULT_KEEP

#: The twin is part of the tests, not of the library.
TESTS = Path(__file__).parent.parent / "tests"


def run_engine(plan: Plan, n_trials: int, is_compiled: bool = False) -> None:
    """Run a block as `sim.run` does, with what it keeps by default."""
    engine.run_block(plan, 0, n_trials, DEFAULT_KEEP, is_compiled=is_compiled)


def run_threads(plan: Plan, n_trials: int, n_threads: int) -> None:
    """Run machine code in threads of one process, a part of the trials each."""
    part = n_trials // n_threads
    with ThreadPoolExecutor(n_threads) as pool:
        jobs = [
            pool.submit(engine.run_block, plan, k * part, part, DEFAULT_KEEP, is_compiled=True)
            for k in range(n_threads)
        ]
        for job in jobs:
            job.result()


def scalar_twin() -> ModuleType:
    """Return the twin's module that runs a world."""
    sys.path.insert(0, str(TESTS))
    from twins import world

    return world


def run_twin(twin: ModuleType, plan: Plan, n_trials: int) -> None:
    """Run trials one after another in plain Python; their draws are made at once, as for the engine."""
    for world in twin.worlds(plan, 0, n_trials):
        twin.run(world, DEFAULT_KEEP)


class Floor:
    """The least a run of this model could do: its random numbers and its exponentials.

    Parameters
    ----------
    plan : Plan
        What is run.
    n_trials : int
        Trials in the block.

    Attributes
    ----------
    sizes : list of int
        Lengths of the arguments of `sim.numerics.elementary.exp` in one run of the block, in order.
    """

    def __init__(self, plan: Plan, n_trials: int) -> None:
        self.plan = plan
        self.n_trials = n_trials
        parameters = plan.scenario.parameters.values()
        self.uncertain = [f"parameter:{element.key}" for element in parameters if element.distribution]
        self.sizes: list[int] = []
        self._count()

    def _count(self) -> None:
        """Run the block once and note what the mechanisms take exponentials of."""

        def noted(x: Any) -> Any:
            self.sizes.append(np.size(x))
            return numerics.exp(x)

        users = [sys.modules[stage.function.__module__] for stage in SCHEDULE]
        users = [module for module in users if getattr(module, "exp", None) is numerics.exp]
        for module in users:
            module.exp = noted  # type: ignore[attr-defined]
        try:
            run_engine(self.plan, self.n_trials)
        finally:
            for module in users:
                module.exp = numerics.exp  # type: ignore[attr-defined]
        self._arguments = np.random.default_rng(0).uniform(-2, 2, max(self.sizes))

    def __call__(self) -> None:
        """Draw, and take exponentials of arrays of the same lengths."""
        streams = Streams(self.plan.seed)
        for name in self.uncertain:
            streams.uniform(name, 0, self.n_trials)
        design.draw_shocks(self.plan, 0, self.n_trials)
        for size in self.sizes:
            numerics.exp(self._arguments[:size])
