"""A walk through all that the parameters can be: nothing overflows, and nothing impossible happens.

    python tests/space.py --draws 100000

draws every parameter evenly from its hard bounds, one in eight of them from the bounds themselves, and runs
ten quarters with events; it stops at the first draw that fails, and names the stage. Where the compiler is
installed, machine code runs the same draws, and has to give the same bits without NumPy's help.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import plans
from observed import observe
from possible import check_possible
from sim.design import plan as design
from sim.design.plan import Plan
from sim.engine import block as engine
from sim.engine.trust import have_same_bits
from sim.numerics.streams import Streams
from sim.vocabulary.variables import GLOSSARY

N_STEPS = 10

RECORDED = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")

#: Draws at a time.
BLOCK = 1000

#: Part of the draws of a parameter that end up on one of its bounds.
ON_A_BOUND = 0.125


def plan(of_case: str, n_steps: int = N_STEPS, seed: int = 0) -> Plan:
    """Return a short plan in which every parameter may be anything."""
    events = [each for each in plans.busy(of_case) if each["at"] <= plans.last_quarter(of_case, n_steps)]
    return plans.plan(of_case, events, plans.wide(of_case, "bounds"), n_steps=n_steps, seed=seed)


def draw(plan: Plan, first_trial: int, n_trials: int, streams: Streams | None = None) -> dict[str, Any]:
    """Draw the parameters of a plan, and move the outermost to their bounds."""
    parameters = plan.scenario.parameters
    drawn = draw_parameters(plan, first_trial, n_trials, streams)
    for fullname in parameters.names():
        elements = parameters.elements(fullname)
        if elements[0].unit in ("0/1", "label"):
            continue
        values = drawn[fullname.split(".")[1]]
        for row, element in zip(values.reshape(-1, n_trials), elements, strict=True):
            low, high = plans.finite(element.bounds)
            middle = (low + high) / 2.0
            row[:] = np.clip(middle + (row - middle) / (1.0 - ON_A_BOUND), low, high)
    return drawn


draw_parameters = design.draw_parameters


def walk(plan: Plan, first: int, n_draws: int) -> None:
    """Run some draws, and check all that is written on the way.

    Raises
    ------
    AssertionError, FloatingPointError
        If anything is not finite, out of bounds, of another shape or not whole where it should be.
    """
    with anywhere(), np.errstate(over="raise", invalid="raise", divide="raise"):
        for call in observe(plan, n_draws, first_trial=first, with_inputs=False):
            check_possible(call)


def compare(plan: Plan, first: int, n_draws: int) -> None:
    """Run some draws with both engines, and compare all that can be recorded bit for bit.

    Raises
    ------
    AssertionError
        If a bit differs, or NumPy had to take over from machine code.
    """
    steps = range(plan.n_steps)
    with anywhere():
        one = engine.run_block(plan, first, n_draws, RECORDED)
        other = {name: np.empty_like(values) for name, values in one.items()}
        repeated = engine.record_block(plan, first, other, steps, is_compiled=True)
    assert not repeated, f"{repeated} strips from draw {first} on were run again in NumPy"
    for name, values in one.items():
        assert have_same_bits(values, other[name]), f"{name} differs between the engines from draw {first} on"


@contextmanager
def anywhere() -> Iterator[None]:
    """Draw parameters from all that they can be."""
    design.draw_parameters = draw
    try:
        yield
    finally:
        design.draw_parameters = draw_parameters


def main() -> None:
    """Walk until all draws are done."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--draws", type=int, default=100_000, help="draws for each case")
    n_draws = options.parse_args().draws
    for of_case in plans.CASES:
        begun, wide = time.perf_counter(), plan(of_case)
        for first in range(0, n_draws, BLOCK):
            count = min(BLOCK, n_draws - first)
            walk(wide, first, count)
            if engine.can_compile():
                compare(wide, first, count)
        engines = "both engines" if engine.can_compile() else "NumPy"
        took = f"{time.perf_counter() - begun:.0f} s"
        print(
            f"{of_case}: {n_draws} draws of {N_STEPS} quarters in {engines}, {took}: none failed", flush=True
        )


if __name__ == "__main__":
    main()
