"""Every argument of every public function, given values of all kinds: it is taken, or refused in one line."""

from __future__ import annotations

import inspect
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import plans
import sim
from sim.analysis.explain.picks import NEEDED
from sim.analysis.validate.backtest import panel
from sim.case.case import POLICIES
from sim.runs.trials import Execution
from sim.scenario import changes as differences
from synthetic import futures, neighbours
from test_backtest import LONG
from test_map import places
from test_panel import invented, invented_cell
from test_registers import as_deals

ODD: dict[str, Any] = {
    "none": None,
    "true": True,
    "zero": 0,
    "negative": -1,
    "huge": 10**30,
    "half": 0.5,
    "nan": float("nan"),
    "empty text": "",
    "word": "nope",
    "long text": "x" * 5000,
    "control": "a\0b",
    "bytes": b"x",
    "empty list": [],
    "list of none": [None],
    "list of words": ["nope"],
    "empty mapping": {},
    "mapping": {"nope": 1},
    "mapping of numbers": {1: 2},
    "numpy integer": np.int64(1),
    "numpy nan": np.float64("nan"),
    "numpy array": np.eye(2),
    "table": pd.DataFrame({"nope": [1]}),
    "function": lambda *_: None,
    "class": str,
    "object": object(),
    "path": Path("nope"),
    "complex": 1j,
}

# What each kind of argument takes of these; all else is refused.
COUNT = {"numpy integer"}
INDEX = {*COUNT, "zero"}
NUMBER = {*INDEX, "negative", "huge", "half"}
NONE = {"none"}
TITLE = {*NONE, "empty text", "word", "long text"}
CALLED = {*NONE, "function", "class"}
RULES = {*NONE, "empty mapping"}
NOTHING: set[str] = set()

BASE = plans.scenario("archipelago", n_steps=2)
OTHER = plans.scenario("archipelago", n_steps=2, name="other")
PARTNER = BASE.case.partners[0]
LEVER = "demand.caution"
LENDING = """
measure = "hhi@2020-Q2"
aim = "minimise"
futures = ["baseline"]
[policies.loans]
title = "Lend"
by = "borveil"
source = "Invented."
levels.soft.what = "soft credit"
levels.soft.events = [{ at = "2020-Q2", what = "set", name = "attraction.finance_offer.borveil", to = 0.9 }]
"""
PRIOR = differences.table(BASE.parameters[LEVER])


def unrun_panel(**arguments: Any) -> Any:
    """A panel that is checked and read, and not run."""
    with mock.patch.object(panel, "_run", invented_cell):
        return sim.backtest_panel(**arguments)


def drawn_in(name: Any) -> None:
    """Enter and leave a theme."""
    with sim.plots.theme(name):
        pass


#: Function -> its arguments: a good one, and the odd ones that are taken. A text names what `given` makes.
Arguments = dict[str, tuple[Any, set[str]]]
RUN: Arguments = {
    "scenarios": (BASE, NOTHING),
    "trials": (1, {*COUNT, *NONE}),
    "seed": (1, INDEX),
    "first_trial": (0, INDEX),
    "sampling": (None, NONE),
    "rules": (None, RULES),
    "until": (None, NONE),
    "keep": ("hhi", NONE),
    "quarters": (None, NONE),
    "summary": (False, {"true"}),
    "out": (None, {*NONE, "word"}),  # a path that is the same is there by then
    "executor": (None, NONE),
    "workers": (1, {*COUNT, *NONE}),
    "progress": (None, {*CALLED, "true"}),
    "announce": (None, CALLED),
    "engine": ("numpy", NOTHING),
    "block": (1000, COUNT),
}
STORED: Arguments = {"out": ("$store", NOTHING), "rules": (None, RULES)}
HOW = {name: RUN[name] for name in ("executor", "workers", "progress", "announce")}
PAIRED: Arguments = {
    "runs": ("$runs", NOTHING),
    "reference": (None, NONE),
    "variables": (None, NONE),
}
FIGURE: Arguments = {"runs": ("$runs", NOTHING), "title": (None, TITLE)}
EVENT: Arguments = {
    "runs": ("$varied", NOTHING),
    "event": ("military_budget@2020-Q2 > 1000", NOTHING),
    "scenarios": (BASE, NONE),
    "parameters": ("economy", NONE),
    "mass": (0.1, {"half"}),
    "held_out": (0.5, {"half"}),
    "seed": (1, INDEX),
}
DRAWING: Arguments = {"ax": (None, NONE), "title": (None, TITLE)}
HISTORY: Arguments = {"history": (None, NONE)}
DRAWN: Arguments = {"variable": ("hhi", NOTHING), "sel": (None, RULES), "total": ((), {"empty list"})}


def settled(scenario: sim.Scenario) -> sim.Scenario:
    """Return a scenario in which one parameter is uncertain: a study of it takes little time."""
    certain = [replace(each, distribution=None) for each in scenario.parameters.values() if each.key != LEVER]
    return replace(scenario, parameters=scenario.parameters.with_elements(certain))


PLAIN, PLAIN_OTHER = settled(BASE), settled(OTHER)
STUDY: Arguments = {
    "scenario": (PLAIN, NOTHING),
    "measure": ("hhi", NOTHING),
    "against": (None, NONE),
    "trials": (2, NOTHING),
    "seed": (1, INDEX),
    **{name: RUN[name] for name in ("workers", "progress", "engine")},
}
RESAMPLED: Arguments = {"resamples": (2, NOTHING)}
FEW = {"some": ["demand"]}
DRAWN_ALONE: Arguments = {"title": (None, TITLE), "ax": (None, NONE)}

TABLE: dict[str, tuple[Callable[..., Any], Arguments]] = {
    "run": (sim.run, RUN),
    "resume": (sim.resume, {**STORED, **HOW}),
    "extend": (sim.extend, {**STORED, "trials": (2, NONE), **HOW}),
    "replay": (sim.replay, {**STORED, "trial": (0, INDEX), "scenario": (None, NONE)}),
    "open": (sim.open, {"path": ("$store", NOTHING)}),
    "save": (sim.save, {"runs": ("$runs", NOTHING), "path": ("saved.zarr", {"word"})}),
    "manifest": (sim.manifest, {"runs": ("$runs", NOTHING)}),
    "load": (sim.load, {"name_or_path": ("baseline", NOTHING), "case": (None, NONE)}),
    "diff": (sim.diff, {"a": (BASE, NOTHING), "b": (OTHER, NOTHING)}),
    "history": (sim.history, {"scenario": (BASE, NOTHING)}),
    "backtest_panel": (
        unrun_panel,
        {
            "files": ("$deals", NOTHING),
            "origins": ([2006], NOTHING),
            "years": (5, COUNT),
            "trials": (2, COUNT),
            "seed": (1, INDEX),
            "with_shipped": (False, {"true"}),
            **{name: RUN[name] for name in ("workers", "engine", "executor", "progress")},
        },
    ),
    "compare": (sim.compare, PAIRED),
    "compare_panels": (
        sim.compare_panels,
        {"before": ("$panel", NOTHING), "after": ("$panel", NOTHING), "source": ("model", NOTHING)},
    ),
    "effects": (sim.effects, PAIRED),
    "long_table": (
        sim.long_table,
        {
            "runs": ("$runs", NOTHING),
            "variables": (None, NONE),
            "years": (None, NONE),
            "most": (1000, NOTHING),
        },
    ),
    "first_passage": (
        sim.first_passage,
        {
            "runs": ("$runs", NOTHING),
            "variable": ("hhi", NOTHING),
            "where": (None, RULES),
            "above": (0.5, NUMBER),
            "below": (None, NONE),
        },
    ),
    "ranking": (
        sim.ranking,
        {
            "runs": ("$futures", NOTHING),
            "variable": ("hhi", NOTHING),
            "where": (None, RULES),
            "total": ((), {"empty list"}),
            "years": ([2024], NONE),
            "smallest_first": (False, {"true"}),
        },
    ),
    "passages": (sim.passages, {"runs": ("$runs", NOTHING)}),
    "explain": (
        sim.explain,
        {
            "source": (BASE, NOTHING),
            "trial": (0, INDEX),
            "at": ("2020-Q1", NOTHING),
            "scenario": (None, NONE),
            "seed": (1, {*INDEX, *NONE}),
        },
    ),
    "story": (
        sim.story,
        {
            "source": (BASE, NOTHING),
            "trial": (0, INDEX),
            "scenario": (None, NONE),
            "seed": (1, {*INDEX, *NONE}),
        },
    ),
    "contrast": (
        sim.contrast,
        {
            "one": (BASE, NOTHING),
            "other": (OTHER, NOTHING),
            "trial": (0, INDEX),
            "seed": (1, {*INDEX, *NONE}),
        },
    ),
    "policy_outcomes": (
        sim.policy_outcomes,
        {
            "policies": (OTHER, NOTHING),
            "futures": (BASE, NOTHING),
            "measure": ("hhi@2020-Q2", NOTHING),
            "case": (None, NONE),
            "trials": (1, COUNT),
            "seed": (1, INDEX),
            "first_trial": (0, INDEX),
            "execution": (Execution(workers=1), NOTHING),
        },
    ),
    "robustness": (
        sim.robustness,
        {
            "outcomes": ("$outcomes", NOTHING),
            "aim": (None, NONE),
            "criteria": (None, NONE),
            "mark": (None, {*NONE, *NUMBER}),
            "pessimism": (0.5, {*INDEX, "half"}),
            "percentile": (50.0, {*INDEX, "half"}),
            "tail": (0.5, {*COUNT, "half"}),
            "aversion": (1.0, {*INDEX, "half", "huge"}),
            "resamples": (2, INDEX),
            "seed": (1, INDEX),
        },
    ),
    "sensitivity": (
        sim.sensitivity,
        {**STUDY, **RESAMPLED, "groups": ("mechanism", NOTHING), "structure": (False, {"true"})},
    ),
    "spread": (sim.spread, {**STUDY, **RESAMPLED, "structure": (False, {"true"})}),
    "shapley": (
        sim.shapley,
        {**STUDY, **RESAMPLED, "groups": (None, NONE), "structure": (False, {"true"})},
    ),
    "morris": (sim.morris, {**STUDY, "groups": (FEW, NOTHING), "levels": (4, NOTHING)}),
    "tornado": (
        sim.tornado,
        {**STUDY, "groups": (FEW, NOTHING), "low": (0.05, {"half"}), "high": (0.95, {"half"})},
    ),
    "pawn": (
        sim.pawn,
        {**STUDY, "trials": (4, NOTHING), "slices": (2, NOTHING), "resamples": (2, INDEX)},
    ),
    "worth": (
        sim.worth,
        {
            **STUDY,
            "against": (PLAIN_OTHER, NOTHING),
            "lower_is_better": (False, {"true"}),
            "most": (1, COUNT),
            "samples": (2, NOTHING),
        },
    ),
    "discover": (
        sim.discover,
        {
            **EVENT,
            "box": (None, {*NONE, *INDEX}),
            "peel": (0.5, {"half"}),
            "resamples": (2, INDEX),
        },
    ),
    "box_scenarios": (
        sim.box_scenarios,
        {
            "found": ("$boxes", NOTHING),
            "runs": ("$varied", NOTHING),
            "box": (None, {*NONE, *INDEX}),
            "scenarios": (BASE, NONE),
        },
    ),
    "threshold": (
        sim.threshold,
        {
            "event": ("hhi@2020-Q2 > 0.5", NOTHING),
            "lever": (LEVER, NOTHING),
            "scenario": (BASE, NOTHING),
            "at": (None, NONE),
            "between": ([0.1, 0.5], NONE),
            "probability": (0.5, {"half"}),
            "grid": (2, NOTHING),
            "tolerance": (0.5, {"half"}),
            "trials": (1, COUNT),
            "seed": (1, INDEX),
            "execution": (Execution(workers=1), NOTHING),
        },
    ),
    "signposts": (
        sim.signposts,
        {
            "runs": ("$runs", NOTHING),
            "between": (["test", "other"], NOTHING),
            "event": (None, NONE),
            "box": (None, NONE),
            "scenario": (None, NONE),
            "scenarios": (None, NONE),
            "variables": (None, NONE),
            "level": (0.75, {"half"}),
            "seed": (1, INDEX),
        },
    ),
    "odds": (
        sim.odds,
        {
            "runs": ("$varied", NOTHING),
            "ask": ("military_budget@2020-Q2", NOTHING),
            "priors": ({"same": {LEVER: PRIOR}}, NOTHING),
            "scenarios": (BASE, NONE),
            "least": (1, COUNT),
        },
    ),
    "search": (
        sim.search,
        {
            "policies": (None, NONE),
            "futures": ("$calm", NOTHING),
            "measures": (None, NONE),
            "aims": (None, NONE),
            "by": (None, NONE),
            "together": (None, {*NONE, *COUNT}),
            "case": (None, NONE),
            "trials": (2, NOTHING),
            "rounds": (1, COUNT),
            "most": (10, NOTHING),
            "seed": (1, INDEX),
            "execution": (Execution(workers=1), NOTHING),
        },
    ),
    "picks": (sim.picks, {"runs": ("$worth", NOTHING), "scenario": (None, NONE)}),
    "factorial": (sim.factorial, {"bases": (BASE, NOTHING), "levers": ({LEVER: [0.1]}, {"empty mapping"})}),
    "design_table": (sim.design_table, {"bases": (BASE, NOTHING), "rows": ([{LEVER: 0.1}], NOTHING)}),
    "Sampling": (
        sim.Sampling,
        {
            "method": ("independent", NOTHING),
            "replicates": (1, COUNT),
            "antithetic": (False, {"true"}),
            "share_shocks": (False, {"true"}),
            "samples": (None, {*COUNT, *NONE}),
            "keys": ((), {"empty list", "list of words", "word", "empty text", "long text"}),
        },
    ),
    "World": (
        sim.World,
        {
            "scenario": (BASE, NOTHING),
            "seed": (1, INDEX),
            "trial": (0, INDEX),
            "partner_class": (sim.abm.Partner, {"empty mapping"}),
            "recipient_class": (sim.abm.Recipient, NOTHING),
            "rules": (None, RULES),
            "keep": (None, NONE),
            "sampling": (sim.Sampling(), NONE),
        },
    ),
    "World.value": (
        lambda self, name, label: self.value(name, label),
        {"self": ("$world", NOTHING), "name": ("relation", NOTHING), "label": (PARTNER, NOTHING)},
    ),
    "World.partner": (sim.World.partner, {"self": ("$world", NOTHING), "name": (PARTNER, NOTHING)}),
    "World.results": (sim.World.results, {"self": ("$world", NOTHING), "dtype": (float, NOTHING)}),
    "Scenario.override": (
        sim.Scenario.override,
        {
            "self": (BASE, NOTHING),
            "changes": ({LEVER: 0.1}, RULES),
            "name": (None, {*NONE, "empty text", "word", "long text"}),
            "variant": (None, RULES),
            "title": (None, TITLE),
            "story": ("", {"word", "empty text", "long text"}),
            "evidence": ((), {"empty list"}),
        },
    ),
    "Scenario.with_horizon": (
        sim.Scenario.with_horizon,
        {
            "self": (BASE, NOTHING),
            "end": ("2020-Q3", NONE),
            "name": (None, {*NONE, "empty text", "word", "long text"}),
            "start": (None, NONE),
            "title": (None, TITLE),
        },
    ),
    "Scenario.with_posterior": (
        sim.Scenario.with_posterior,
        {"self": (BASE, NOTHING), "path": ("$posterior", NOTHING), "name": (None, TITLE)},
    ),
    "combine": (
        lambda scenarios, **others: sim.combine(scenarios, OTHER, **others),
        {
            "scenarios": (BASE, NOTHING),
            "name": (None, {*NONE, "word", "empty text", "long text"}),
            "title": (None, TITLE),
            "story": (None, TITLE),
            "evidence": (None, {*NONE, "empty list"}),
            "look_at": (None, {*NONE, "empty list"}),
            "changes": (None, RULES),
            "events": ((), {"empty list"}),
            "drop": ((), {"empty list"}),
        },
    ),
    "scenarios": (sim.scenarios, {}),
    "scenarios_of": (sim.scenarios_of, {"runs": ("$runs", NOTHING)}),
    "schema": (sim.schema, {}),
    "variables": (sim.variables, {}),
    "parameters": (sim.parameters, {"name": (None, {*NONE, "empty text"}), "scenario": (BASE, NOTHING)}),
    "evidence": (sim.evidence, {"id": (None, NONE), "topic": (None, {*NONE, "empty text"})}),
    "trace": (sim.trace, {"name": ("hhi", NOTHING), "scenario": (BASE, NOTHING)}),
    "write_report": (
        sim.write_report,
        {
            "runs": ("$year", NOTHING),
            "path": ("$page", NOTHING),
            "reference": (None, NONE),
            "question": (None, {*NONE, "word", "long text", "empty text"}),
            "years": (None, NONE),
            "robustness": (None, NONE),
            "execution": (Execution(workers=1), NOTHING),
            "force": (True, {"true"}),
        },
    ),
    "answers": (
        sim.answers,
        {"runs": ("$futures", NOTHING), "measure": ("hhi@2024", NONE), "reference": (None, NONE)},
    ),
    "plots.fan": (
        sim.plots.fan,
        {
            **FIGURE,
            **DRAWING,
            **DRAWN,
            **HISTORY,
            "reference": (None, NONE),
            "years_before": (5, INDEX),
        },
    ),
    "plots.difference_fan": (
        sim.plots.difference_fan,
        {**FIGURE, **DRAWING, **DRAWN, "reference": (None, NONE)},
    ),
    "plots.composition": (
        sim.plots.composition,
        {
            **FIGURE,
            **DRAWING,
            **HISTORY,
            "scenario": (None, NONE),
            "variable": ("supplier_share", NOTHING),
            "years_before": (5, INDEX),
        },
    ),
    "plots.order_book": (
        sim.plots.order_book,
        {**FIGURE, **DRAWING, **HISTORY, "scenario": ("test", NONE), "reference": (None, NONE)},
    ),
    "plots.gallery": (
        lambda **given: next(sim.plots.gallery(**given)),
        {
            "runs": ("$runs", NOTHING),
            **HISTORY,
            "reference": (None, NONE),
            "which": ("main", NOTHING),
            "variables": (None, NONE),
        },
    ),
    "plots.decision": (
        sim.plots.decision,
        {"explanation": ("$explanation", NOTHING), "which": (0, INDEX), "most": (3, COUNT), **DRAWING},
    ),
    "plots.forest": (
        sim.plots.forest,
        {
            "effects": ("$effects", NOTHING),
            "measure": ("hhi", NOTHING),
            "in_deviations": (False, {"true"}),
            **DRAWING,
        },
    ),
    "plots.overlay": (sim.plots.overlay, {**FIGURE, **DRAWN, **DRAWING, "reference": (None, NONE)}),
    "plots.passage_curves": (
        sim.plots.passage_curves,
        {
            **FIGURE,
            **DRAWING,
            "variable": ("hhi", NOTHING),
            "where": (None, RULES),
            "above": (0.5, NUMBER),
            "below": (None, NONE),
            "reference": (None, NONE),
        },
    ),
    "plots.ranking": (
        sim.plots.ranking,
        {
            **FIGURE,
            **DRAWN,
            **DRAWING,
            "runs": ("$futures", NOTHING),
            "variable": ("supplier_share", NOTHING),
            "scenario": (None, NONE),
            "years": ([2024], NONE),
            "smallest_first": (False, {"true"}),
            "most": (3, COUNT),
            "reference": (None, NONE),
        },
    ),
    "plots.network": (
        sim.plots.network,
        {
            **FIGURE,
            **DRAWING,
            "runs": ("$neighbours", NOTHING),
            "scenario": (None, NONE),
            "years": ([2024], NONE),
        },
    ),
    "plots.supplier_map": (
        sim.plots.supplier_map,
        {
            **FIGURE,
            **DRAWING,
            "runs": ("$futures", NOTHING),
            "scenario": (None, NONE),
            "history": ("$places", NOTHING),
            "year": (2024, NONE),
        },
    ),
    "plots.alignment_triangle": (
        sim.plots.alignment_triangle,
        {
            **FIGURE,
            **DRAWING,
            "runs": ("$neighbours", NOTHING),
            "partners": (None, NONE),
            "reference": (None, NONE),
        },
    ),
    "plots.timeline": (
        sim.plots.timeline,
        {**FIGURE, **DRAWING, "variable": ("supplier_share", NOTHING), "scenario": (None, NONE)},
    ),
    "plots.trade_off": (sim.plots.trade_off, {"found": ("$boxes", NOTHING), **DRAWING}),
    "plots.box_limits": (sim.plots.box_limits, {"found": ("$boxes", NOTHING), **DRAWING}),
    "plots.response": (sim.plots.response, {"found": ("$threshold", NOTHING), **DRAWING}),
    "plots.signposts": (
        sim.plots.signposts,
        {"found": ("$signposts", NOTHING), "most": (3, COUNT), **DRAWING},
    ),
    "plots.experts": (sim.plots.experts, {"found": ("$odds", NOTHING), **DRAWING}),
    "plots.search": (sim.plots.search, {"found": ("$search", NOTHING), **DRAWING}),
    "plots.criteria_map": (
        sim.plots.criteria_map,
        {"robustness": ("$robustness", NOTHING), **DRAWING},
    ),
    "plots.sensitivity": (
        sim.plots.sensitivity,
        {"found": ("$shares", NOTHING), "at": (None, NONE), "most": (3, COUNT), **DRAWN_ALONE},
    ),
    "plots.spread": (sim.plots.spread, {"found": ("$shares", NOTHING), "most": (3, COUNT), **DRAWN_ALONE}),
    "plots.pit": (
        sim.plots.pit,
        {
            "panel": ("$panel", NOTHING),
            "target": ("hhi", NOTHING),
            "source": ("model", NOTHING),
            **DRAWING,
        },
    ),
    "plots.morris": (sim.plots.morris, {"found": ("$morris", NOTHING), "most": (3, COUNT), **DRAWN_ALONE}),
    "plots.pawn": (sim.plots.pawn, {"found": ("$pawn", NOTHING), "most": (3, COUNT), **DRAWN_ALONE}),
    "plots.shapley": (sim.plots.shapley, {"found": ("$shapley", NOTHING), **DRAWN_ALONE}),
    "plots.tornado": (sim.plots.tornado, {"found": ("$tornado", NOTHING), "most": (3, COUNT), **DRAWN_ALONE}),
    "plots.worth": (sim.plots.worth, {"found": ("$ranked", NOTHING), "most": (3, COUNT), **DRAWN_ALONE}),
    "plots.theme": (drawn_in, {"name": ("dark", NOTHING)}),
    "plots.save": (sim.plots.save, {"figure": (Figure(), NOTHING), "path": ("figure", {"word", "path"})}),
}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], Any]]:
    """What is made once for all functions."""
    folder = tmp_path_factory.mktemp("arguments")
    posterior = folder / "posterior.csv"
    posterior.write_text(f"{LEVER}\n0.1\n0.2\n")
    sim.run(BASE, trials=2, keep="hhi", out=folder / "runs.zarr", workers=1)
    world = sim.World(BASE)
    world.step()
    both = sim.run([BASE, OTHER], trials=2, keep=["hhi", "supplier_share", "order_book"], workers=1)
    shutil.copytree(BASE.case.folder, folder / "islands")
    (folder / "islands" / POLICIES).write_text(LENDING, "utf-8")
    calm = 'title = "Calm"\ncase = "./islands"\nstart = "2020-Q1"\nend = "2020-Q2"\n'
    (folder / "calm.toml").write_text(calm, "utf-8")
    calm = sim.load(folder / "calm.toml")
    varied, event = sim.run(BASE, trials=100, keep="military_budget", workers=1), EVENT["event"][0]
    outcomes = cache(lambda: sim.policy_outcomes(OTHER, BASE, "hhi@2020-Q2", trials=2))
    deals = folder / "deals.csv"
    deals.write_text(as_deals(LONG))
    made: dict[str, Callable[[], Any]] = {
        "$deals": lambda: deals,
        "$panel": lambda: invented(origins=range(2000, 2001)),
        "$shares": lambda: sim.spread(PLAIN, "hhi", trials=8, resamples=2, workers=1),
        "$morris": lambda: sim.morris(PLAIN, groups=FEW, trials=2, workers=1),
        "$pawn": lambda: sim.pawn(PLAIN, trials=8, slices=2, resamples=2, workers=1),
        "$shapley": lambda: sim.shapley(PLAIN, trials=2, resamples=2, workers=1),
        "$tornado": lambda: sim.tornado(PLAIN, groups=FEW, trials=2, workers=1),
        "$ranked": lambda: sim.worth(PLAIN, PLAIN_OTHER, trials=8, samples=2, most=2, workers=1),
        "$effects": lambda: sim.effects(both),
        "$neighbours": neighbours,
        "$futures": lambda: futures(n_steps=4, n_trials=4),
        "$places": places,
        "$varied": lambda: varied,
        "$boxes": lambda: sim.discover(varied, event, scenarios=BASE, parameters="economy", resamples=2),
        "$threshold": lambda: sim.threshold("hhi@2020-Q2 > 0.5", LEVER, BASE, grid=2, trials=2),
        "$signposts": lambda: sim.signposts(both, between=["test", "other"]),
        "$odds": lambda: sim.odds(
            varied, "military_budget@2020-Q2", {"same": {LEVER: PRIOR}}, scenarios=BASE
        ),
        "$calm": lambda: calm,
        "$search": lambda: sim.search(futures=calm, trials=2, rounds=1),
        "$outcomes": outcomes,
        "$robustness": lambda: sim.robustness(outcomes(), resamples=2),
        "$store": lambda: folder / "runs.zarr",
        "$runs": lambda: both,
        "$worth": lambda: sim.run(BASE, trials=2, keep=NEEDED, workers=1),
        "$year": lambda: sim.run(plans.scenario("archipelago", n_steps=4), trials=2, keep="hhi", workers=1),
        "$page": lambda: str(folder / "report.html"),
        "$explanation": lambda: sim.explain(BASE, trial=0, at="2020-Q1"),
        "$posterior": lambda: posterior,
        "$world": lambda: world,
    }
    # Only what a test asks for is made, and once.
    return {name: cache(each) for name, each in made.items()}


#: Functions that run for long each time that an argument is taken.
STUDIES = {
    *("discover", "morris", "odds", "pawn", "policy_outcomes", "search", "sensitivity", "shapley", "spread"),
    *("threshold", "tornado", "worth", "write_report", "backtest_panel"),
}


def in_turn() -> dict[tuple[str, str], list[str]]:
    """Return what each argument of what runs for little time is given in the suite, by function and argument.

    All kinds where an argument is the first of its name that takes such; later, since what checks it is the
    same, every fourth, each time another fourth. In each are numbers, texts, and what has no hash.
    """
    found: dict[tuple[str, str], list[str]] = {}
    times: Counter[tuple[str, frozenset[str]]] = Counter()
    for name in TABLE:
        for argument, (_, taken) in TABLE[name][1].items() if name not in STUDIES else ():
            time = times[argument, frozenset(taken)]
            found[name, argument] = list(ODD)[time % 4 :: 4] if time else list(ODD)
            times[argument, frozenset(taken)] += 1
    return found


IN_TURN = in_turn()


@pytest.mark.filterwarnings("ignore::sim.vocabulary.errors.IneffectiveChange")
@pytest.mark.parametrize("name", [name for name in TABLE if name not in STUDIES])
def test_an_argument_is_taken_or_refused_in_one_line(
    name: str, given: dict[str, Callable[[], Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = mistaken(name, given, lambda argument: IN_TURN[name, argument])
    assert not wrong, "\n".join(wrong)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::sim.vocabulary.errors.IneffectiveChange")
@pytest.mark.parametrize("name", TABLE)
def test_an_argument_of_every_kind_is_taken_or_refused_in_one_line(
    name: str, given: dict[str, Callable[[], Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = mistaken(name, given, lambda _: list(ODD))
    assert not wrong, "\n".join(wrong)


def mistaken(name: str, given: dict[str, Callable[[], Any]], kinds: Callable[[str], list[str]]) -> list[str]:
    """Return the arguments of a function that are taken, or refused, otherwise than they should be."""
    function, arguments = TABLE[name]
    good = {
        key: given[value]() if isinstance(value, str) and value in given else value
        for key, (value, _) in arguments.items()
    }
    function(**good)
    wrong = []
    for argument, (_, taken) in arguments.items():
        for kind in kinds(argument) if argument != "self" else ():
            try:
                function(**{**good, argument: ODD[kind]})
            except sim.InputError as error:
                said = str(error)
                is_right = kind not in taken and "\n" not in said and len(said) < 1100
            except Exception as error:
                said, is_right = f"{type(error).__name__}: {error}", False
            else:
                said, is_right = "taken", kind in taken
            if not is_right:
                wrong.append(f"{argument} = {kind}: {said[:200]}")
    return wrong


def test_no_public_function_and_no_argument_is_left_out() -> None:
    functions = {
        name: function
        for module, prefix in ((sim, ""), (sim.plots, "plots."))
        for name, function in ((prefix + each, getattr(module, each)) for each in module.__all__)
        if callable(function) and not (isinstance(function, type) and issubclass(function, Exception))
    }
    made_by_load = {"Scenario"}
    assert set(functions) - set(TABLE) == made_by_load
    for name in set(functions) - made_by_load:
        wanted = set(inspect.signature(functions[name]).parameters) - {"args", "kwargs"}
        assert not wanted or wanted == set(TABLE[name][1]), name
