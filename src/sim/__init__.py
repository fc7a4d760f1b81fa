"""hedgesim: strategic scenario simulation of arms procurement and alignment.

The public names, nothing else. They are loaded when first used, so that ``import sim`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim import plots
    from sim.analysis.comparison import compare
    from sim.analysis.history import of as history
    from sim.errors import InputError, SimError
    from sim.results import manifest, run, save
    from sim.results import open_result as open
    from sim.scenario import Scenario, diff, load

_HOMES = {
    "InputError": "sim.errors",
    "Scenario": "sim.scenario",
    "SimError": "sim.errors",
    "compare": "sim.analysis.comparison",
    "diff": "sim.scenario",
    "history": "sim.analysis.history",
    "load": "sim.scenario",
    "manifest": "sim.results",
    "open": "sim.results",
    "run": "sim.results",
    "save": "sim.results",
}
_OTHER_NAMES = {"history": "of", "open": "open_result"}
_MODULES = ("plots",)

__all__ = [
    "InputError",
    "Scenario",
    "SimError",
    "compare",
    "diff",
    "history",
    "load",
    "manifest",
    "open",
    "plots",
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
