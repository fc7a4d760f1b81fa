"""Where the engine's time goes: what could be gained, at most, by making one part of it faster."""

from __future__ import annotations

import time

from sim.design.plan import Plan
from sim.engine.block import Block
from sim.model.schedule import Stage
from sim.runs.dataset import DEFAULT_KEEP


class _Timed(Block):
    """A block that takes the time of each stage."""

    def __init__(self, plan: Plan, n_trials: int) -> None:
        self.seconds: dict[str, float] = {}
        super().__init__(plan, 0, n_trials)

    def run_stage(self, stage: Stage) -> None:
        begin = time.perf_counter()
        super().run_stage(stage)
        self.seconds[stage.name] = self.seconds.get(stage.name, 0.0) + time.perf_counter() - begin


def shares(plan: Plan, n_trials: int) -> dict[str, float]:
    """Return each part's share of the time of a run, the largest first."""
    begin = time.perf_counter()
    block = _Timed(plan, n_trials)
    start = sum(block.seconds.values())
    drawing = time.perf_counter() - begin - start
    block.seconds.clear()
    for _ in range(plan.n_steps):
        block.advance()
        for name in DEFAULT_KEEP:
            block.values[name].copy()
    whole = time.perf_counter() - begin
    parts = {**block.seconds, "(drawing shocks and parameters)": drawing, "(the start)": start}
    parts["(dates, events, recording)"] = whole - sum(parts.values())
    return {name: parts[name] / whole for name in sorted(parts, key=lambda name: -parts[name])}
