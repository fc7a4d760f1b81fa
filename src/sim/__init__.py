"""hedgesim: strategic scenario simulation of arms procurement and alignment.

The public names, nothing else. They are loaded when first used, so that ``import sim`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str

    from sim import abm, exchange, plots
    from sim.abm import World
    from sim.abm.replay import replay
    from sim.analysis.compare.answer import answers
    from sim.analysis.compare.effects import effects
    from sim.analysis.compare.first_passage import first_passage, passages
    from sim.analysis.compare.history import of as history
    from sim.analysis.compare.long_table import long_table
    from sim.analysis.compare.paired import compare
    from sim.analysis.compare.ranking import ranking
    from sim.analysis.discovery.box_scenarios import box_scenarios
    from sim.analysis.discovery.discovery import discover
    from sim.analysis.discovery.odds import odds
    from sim.analysis.discovery.signposts import signposts
    from sim.analysis.discovery.threshold import threshold
    from sim.analysis.drivers.morris import morris
    from sim.analysis.drivers.pawn import pawn
    from sim.analysis.drivers.sensitivity import sensitivity, spread
    from sim.analysis.drivers.shapley import shapley
    from sim.analysis.drivers.tornado import tornado
    from sim.analysis.drivers.worth import worth
    from sim.analysis.explain.decisions import explain
    from sim.analysis.explain.picks import picks
    from sim.analysis.explain.provenance import trace
    from sim.analysis.explain.story import contrast, story
    from sim.analysis.robustness.outcomes import policy_outcomes
    from sim.analysis.robustness.policy_search import search
    from sim.analysis.robustness.robustness import robustness
    from sim.analysis.validate.backtest.panel import of_files as backtest_panel
    from sim.analysis.validate.backtest.panel_scores import compare as compare_panels
    from sim.design.sampling import Sampling
    from sim.model import rules
    from sim.report.page import write_report
    from sim.runs.dataset import manifest, scenarios_of
    from sim.runs.run import extend, resume, run
    from sim.runs.saved import open_result as open
    from sim.runs.saved import save
    from sim.scenario.catalogue import evidence, parameters, scenarios, variables
    from sim.scenario.factorial import design_table, factorial
    from sim.scenario.loading import combine, diff, load
    from sim.scenario.scenario import Scenario
    from sim.scenario.schema import schema
    from sim.vocabulary.errors import IneffectiveChange, InputError, SimError

_HOMES = {
    "IneffectiveChange": "sim.vocabulary.errors",
    "InputError": "sim.vocabulary.errors",
    "Sampling": "sim.design.sampling",
    "Scenario": "sim.scenario.scenario",
    "SimError": "sim.vocabulary.errors",
    "World": "sim.abm",
    "answers": "sim.analysis.compare.answer",
    "backtest_panel": "sim.analysis.validate.backtest.panel",
    "box_scenarios": "sim.analysis.discovery.box_scenarios",
    "combine": "sim.scenario.loading",
    "compare": "sim.analysis.compare.paired",
    "compare_panels": "sim.analysis.validate.backtest.panel_scores",
    "contrast": "sim.analysis.explain.story",
    "design_table": "sim.scenario.factorial",
    "diff": "sim.scenario.loading",
    "discover": "sim.analysis.discovery.discovery",
    "effects": "sim.analysis.compare.effects",
    "evidence": "sim.scenario.catalogue",
    "explain": "sim.analysis.explain.decisions",
    "extend": "sim.runs.run",
    "factorial": "sim.scenario.factorial",
    "first_passage": "sim.analysis.compare.first_passage",
    "history": "sim.analysis.compare.history",
    "load": "sim.scenario.loading",
    "long_table": "sim.analysis.compare.long_table",
    "manifest": "sim.runs.dataset",
    "morris": "sim.analysis.drivers.morris",
    "odds": "sim.analysis.discovery.odds",
    "open": "sim.runs.saved",
    "parameters": "sim.scenario.catalogue",
    "passages": "sim.analysis.compare.first_passage",
    "pawn": "sim.analysis.drivers.pawn",
    "picks": "sim.analysis.explain.picks",
    "policy_outcomes": "sim.analysis.robustness.outcomes",
    "ranking": "sim.analysis.compare.ranking",
    "replay": "sim.abm.replay",
    "resume": "sim.runs.run",
    "robustness": "sim.analysis.robustness.robustness",
    "run": "sim.runs.run",
    "save": "sim.runs.saved",
    "scenarios": "sim.scenario.catalogue",
    "scenarios_of": "sim.runs.dataset",
    "schema": "sim.scenario.schema",
    "search": "sim.analysis.robustness.policy_search",
    "sensitivity": "sim.analysis.drivers.sensitivity",
    "shapley": "sim.analysis.drivers.shapley",
    "signposts": "sim.analysis.discovery.signposts",
    "spread": "sim.analysis.drivers.sensitivity",
    "story": "sim.analysis.explain.story",
    "threshold": "sim.analysis.discovery.threshold",
    "tornado": "sim.analysis.drivers.tornado",
    "trace": "sim.analysis.explain.provenance",
    "variables": "sim.scenario.catalogue",
    "worth": "sim.analysis.drivers.worth",
    "write_report": "sim.report.page",
}
_OTHER_NAMES = {
    "backtest_panel": "of_files",
    "compare_panels": "compare",
    "history": "of",
    "open": "open_result",
}
_MODULES = {"abm": "sim.abm", "exchange": "sim.exchange", "plots": "sim.plots", "rules": "sim.model.rules"}

__all__ = [
    "IneffectiveChange",
    "InputError",
    "Sampling",
    "Scenario",
    "SimError",
    "World",
    "__version__",
    "abm",
    "answers",
    "backtest_panel",
    "box_scenarios",
    "combine",
    "compare",
    "compare_panels",
    "contrast",
    "design_table",
    "diff",
    "discover",
    "effects",
    "evidence",
    "exchange",
    "explain",
    "extend",
    "factorial",
    "first_passage",
    "history",
    "load",
    "long_table",
    "manifest",
    "morris",
    "odds",
    "open",
    "parameters",
    "passages",
    "pawn",
    "picks",
    "plots",
    "policy_outcomes",
    "ranking",
    "replay",
    "resume",
    "robustness",
    "rules",
    "run",
    "save",
    "scenarios",
    "scenarios_of",
    "schema",
    "search",
    "sensitivity",
    "shapley",
    "signposts",
    "spread",
    "story",
    "threshold",
    "tornado",
    "trace",
    "variables",
    "worth",
    "write_report",
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
