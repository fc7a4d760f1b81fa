"""Golden runs: two cases, three scenarios each, 64 trials, as exact values.

A change of bits has to be named in the changelog; `make golden` writes the files anew after that.
Each file holds, for every recorded variable, the SHA-256 of all its numbers (float64, all quarters and
trials) and the numbers of the first trial in the last quarter, so that a failure can be read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plans
import sim
from sim.design import plan as design
from sim.design.plan import Plan
from sim.engine import block as engine
from sim.parameter import variants
from sim.vocabulary.variables import GLOSSARY

FOLDER = Path(__file__).parent / "golden"
TRIALS = 64
SEED = 20240101
RECORDED = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")


def _shipped(name: str) -> Plan:
    return design.plan(sim.load(name), SEED)


def _archipelago(is_busy: bool, options: dict[str, str]) -> Plan:
    base = plans.scenario("archipelago", plans.busy("archipelago") if is_busy else ())
    return design.plan(base.override(variant=options) if options else base, SEED)


RUNS: dict[str, Callable[[], Plan]] = {
    "bangladesh-baseline": lambda: _shipped("baseline"),
    "bangladesh-china_coercion": lambda: _shipped("china_coercion"),
    "bangladesh-calibrated": lambda: _shipped("calibrated"),
    "archipelago-plain": lambda: _archipelago(False, {}),
    "archipelago-busy": lambda: _archipelago(True, {}),
    "archipelago-variants": lambda: _archipelago(
        True, {name: list(each.options)[-1] for name, each in variants.known().items()}
    ),
}


def record(name: str, is_compiled: bool) -> dict[str, Any]:
    """Run a golden run and return what its file holds."""
    values = engine.run_block(RUNS[name](), 0, TRIALS, RECORDED, is_compiled=is_compiled)
    return {
        variable: {
            "sha256": hashlib.sha256(values[variable].astype("<f8").tobytes()).hexdigest(),
            "first_trial_at_end": values[variable][-1, ..., 0].astype(float).tolist(),
        }
        for variable in sorted(values)
    }


def path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path(name).read_text())
    return found


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in RUNS:
        path(each).write_text(json.dumps(record(each, is_compiled=False), indent=1) + "\n")
