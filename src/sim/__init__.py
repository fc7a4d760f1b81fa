"""hedgesim: strategic scenario simulation of arms procurement and alignment.

The public names, nothing else. They are loaded when first used, so that ``import sim`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim import abm, plots, rules
    from sim.abm import World
    from sim.abm.replay import replay
    from sim.analysis.comparison import compare
    from sim.analysis.explain import explain
    from sim.analysis.history import of as history
    from sim.analysis.passage import first_passage, passages
    from sim.batches.running import extend, resume, run
    from sim.errors import InputError, SimError
    from sim.results import manifest, save
    from sim.results import open_result as open
    from sim.sampling import Sampling
    from sim.scenario import Scenario, diff, load
    from sim.scenario_designs import design_table, factorial

_HOMES = {
    "InputError": "sim.errors",
    "Scenario": "sim.scenario",
    "Sampling": "sim.sampling",
    "SimError": "sim.errors",
    "World": "sim.abm",
    "compare": "sim.analysis.comparison",
    "design_table": "sim.scenario_designs",
    "diff": "sim.scenario",
    "explain": "sim.analysis.explain",
    "extend": "sim.batches.running",
    "factorial": "sim.scenario_designs",
    "first_passage": "sim.analysis.passage",
    "history": "sim.analysis.history",
    "load": "sim.scenario",
    "manifest": "sim.results",
    "open": "sim.results",
    "passages": "sim.analysis.passage",
    "replay": "sim.abm.replay",
    "resume": "sim.batches.running",
    "run": "sim.batches.running",
    "save": "sim.results",
}
_OTHER_NAMES = {"history": "of", "open": "open_result"}
_MODULES = ("abm", "plots", "rules")

__all__ = [
    "InputError",
    "Sampling",
    "Scenario",
    "SimError",
    "World",
    "abm",
    "compare",
    "design_table",
    "diff",
    "explain",
    "extend",
    "factorial",
    "first_passage",
    "history",
    "load",
    "manifest",
    "open",
    "passages",
    "plots",
    "replay",
    "resume",
    "rules",
    "run",
    "save",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"sim.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), _OTHER_NAMES.get(name, name))


def __dir__() -> list[str]:
    return sorted(__all__)
