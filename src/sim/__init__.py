"""hedgesim: strategic scenario simulation of arms procurement and alignment.

The public names, nothing else. They are loaded when first used, so that ``import sim`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str

    from sim import abm, plots
    from sim.abm import World
    from sim.abm.replay import replay
    from sim.analysis.compare.effects import effects
    from sim.analysis.compare.first_passage import first_passage, passages
    from sim.analysis.compare.history import of as history
    from sim.analysis.compare.long_table import long_table
    from sim.analysis.compare.paired import compare
    from sim.analysis.explain.decisions import explain
    from sim.analysis.explain.picks import picks
    from sim.analysis.explain.provenance import trace
    from sim.analysis.explain.story import contrast, story
    from sim.analysis.explore.discovery import box_scenarios, discover
    from sim.analysis.explore.odds import odds
    from sim.analysis.explore.policy_search import search
    from sim.analysis.explore.robustness import policy_outcomes, robustness
    from sim.analysis.explore.signposts import signposts
    from sim.analysis.explore.threshold import threshold
    from sim.design.sampling import Sampling
    from sim.model import rules
    from sim.runs.dataset import manifest
    from sim.runs.run import extend, resume, run
    from sim.runs.saved import open_result as open
    from sim.runs.saved import save
    from sim.scenario.catalogue import evidence, parameters, scenarios, variables
    from sim.scenario.factorial import design_table, factorial
    from sim.scenario.scenario import Scenario, combine, diff, load
    from sim.scenario.schema import schema
    from sim.vocabulary.errors import IneffectiveChange, InputError, SimError

_HOMES = {
    "IneffectiveChange": "sim.vocabulary.errors",
    "InputError": "sim.vocabulary.errors",
    "Sampling": "sim.design.sampling",
    "Scenario": "sim.scenario.scenario",
    "SimError": "sim.vocabulary.errors",
    "World": "sim.abm",
    "box_scenarios": "sim.analysis.explore.discovery",
    "combine": "sim.scenario.scenario",
    "compare": "sim.analysis.compare.paired",
    "contrast": "sim.analysis.explain.story",
    "design_table": "sim.scenario.factorial",
    "diff": "sim.scenario.scenario",
    "discover": "sim.analysis.explore.discovery",
    "effects": "sim.analysis.compare.effects",
    "evidence": "sim.scenario.catalogue",
    "explain": "sim.analysis.explain.decisions",
    "extend": "sim.runs.run",
    "factorial": "sim.scenario.factorial",
    "first_passage": "sim.analysis.compare.first_passage",
    "history": "sim.analysis.compare.history",
    "load": "sim.scenario.scenario",
    "long_table": "sim.analysis.compare.long_table",
    "manifest": "sim.runs.dataset",
    "odds": "sim.analysis.explore.odds",
    "open": "sim.runs.saved",
    "parameters": "sim.scenario.catalogue",
    "passages": "sim.analysis.compare.first_passage",
    "picks": "sim.analysis.explain.picks",
    "policy_outcomes": "sim.analysis.explore.robustness",
    "replay": "sim.abm.replay",
    "resume": "sim.runs.run",
    "robustness": "sim.analysis.explore.robustness",
    "run": "sim.runs.run",
    "save": "sim.runs.saved",
    "scenarios": "sim.scenario.catalogue",
    "schema": "sim.scenario.schema",
    "search": "sim.analysis.explore.policy_search",
    "signposts": "sim.analysis.explore.signposts",
    "story": "sim.analysis.explain.story",
    "threshold": "sim.analysis.explore.threshold",
    "trace": "sim.analysis.explain.provenance",
    "variables": "sim.scenario.catalogue",
}
_OTHER_NAMES = {"history": "of", "open": "open_result"}
_MODULES = {"abm": "sim.abm", "plots": "sim.plots", "rules": "sim.model.rules"}

__all__ = [
    "IneffectiveChange",
    "InputError",
    "Sampling",
    "Scenario",
    "SimError",
    "World",
    "__version__",
    "abm",
    "box_scenarios",
    "combine",
    "compare",
    "contrast",
    "design_table",
    "diff",
    "discover",
    "effects",
    "evidence",
    "explain",
    "extend",
    "factorial",
    "first_passage",
    "history",
    "load",
    "long_table",
    "manifest",
    "odds",
    "open",
    "parameters",
    "passages",
    "picks",
    "plots",
    "policy_outcomes",
    "replay",
    "resume",
    "robustness",
    "rules",
    "run",
    "save",
    "scenarios",
    "schema",
    "search",
    "signposts",
    "story",
    "threshold",
    "trace",
    "variables",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata

        return metadata.version("hedgesim")
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), _OTHER_NAMES.get(name, name))


def __dir__() -> list[str]:
    return sorted(__all__)
