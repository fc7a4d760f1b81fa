"""What the page asks of the library: fans that are refined, one world, assumptions, a scenario as a file.

A fan of 4,096 trials holds the 256 that were shown first, so it is refined and does not jump.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from sim.analysis.compare.measure import Measure
from sim.analysis.compare.sentences import sentence
from sim.analysis.compare.summary import row_of
from sim.analysis.explain.decisions import explain
from sim.explorer import sliders
from sim.explorer.trials import ON_CREDIT, Superseded, Trials
from sim.runs.dataset import AUTO, COMPILED, NUMPY, chosen_engine, complete_trials, may_compile
from sim.runs.run import run
from sim.scenario import files
from sim.scenario.loading import load
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, UnknownName, nearest

#: Trials of the first fan, and of those that refine it. Without machine code the first is smaller.
ROUNDS = (ON_CREDIT, 1024, 4096)
FIRST_WITHOUT_MACHINE_CODE = 64

#: Quantiles of a fan: 90 % band, 50 % band, median.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

#: Moved scenarios that are kept, for the rounds of a fan and the file that is saved.
_REMEMBERED = 16

#: What is shown of one world.
_WORLD = ("relation", "alignment", "agreement_rung", "posture", "order_book", "supplier_share", "orders")


@dataclass(frozen=True)
class Moved:
    """A scenario and where its sliders are.

    Parameters
    ----------
    scenario : str
        Name of a shipped scenario.
    values : mapping of str to number
        By slider; what is not named is where nothing is changed.
    """

    scenario: str
    values: Mapping[str, Any]


class Workbench:
    """All scenarios of a base's case that the page can show, and their trials.

    Parameters
    ----------
    base : Scenario
        What everything is compared with.
    seed : int
    engine : str
        As for `sim.run`; by default machine code where it can be made.
    """

    def __init__(self, base: Scenario, seed: int, engine: str = AUTO) -> None:
        self.base, self.seed = base, seed
        engine = (COMPILED if may_compile() else NUMPY) if engine == AUTO else engine
        engine = chosen_engine(engine, 1, False)  # refuses what cannot run
        self.sliders = sliders.read(base)
        self.measures = {each.key: each for each in _measures(base, seed)}
        self.rounds = ROUNDS if engine == COMPILED else (FIRST_WITHOUT_MACHINE_CODE, *ROUNDS)
        self.trials = Trials(list(self.measures.values()), seed, engine, sliders.begin(self.sliders))
        self._scenarios = _like(base)
        self._moved = lru_cache(_REMEMBERED)(self._made)

    def warm_up(self) -> None:
        """Run what the page shows first, so that code is made and the base is there when it asks."""
        self.trials([self.base], next(iter(self.measures)), self.rounds[0], lambda: True)

    def start(self) -> dict[str, Any]:
        """Return what the page begins with."""
        case = self.base.case
        return {
            "title": case.title,
            "base": self.base.name,
            "scenarios": [{"name": each.name, "title": each.title} for each in self._scenarios.values()],
            "sliders": [
                {
                    "name": each.name,
                    "title": each.title,
                    "unit": each.unit,
                    "low": each.low,
                    "high": each.high,
                    "step": each.step,
                    "usual": each.usual,
                    "source": each.source,
                    "evidence": list(each.evidence),
                }
                for each in self.sliders.values()
            ],
            "measures": [{"key": each.key, "text": self._text(each)} for each in self.measures.values()],
            "rounds": list(self.rounds),
            "quarters": [str(self.base.start + step) for step in range(self.base.n_steps)],
            "seed": self.seed,
        }

    def scenario(self, name: str) -> Scenario:
        """Return a scenario by its name."""
        if name not in self._scenarios:
            remedy = nearest(name, self._scenarios, "scenarios")
            raise UnknownName("", "scenario", "no such scenario: {value}", remedy, name)
        return self._scenarios[name]

    def moved(self, asked: Moved) -> Scenario:
        """Return the scenario that the page shows."""
        return self._moved(asked.scenario, json.dumps(asked.values, sort_keys=True))

    def fan(
        self, asked: Moved, measure: str, trials: int, is_wanted: Callable[[], bool] = lambda: True
    ) -> dict[str, Any]:
        """Return the fans of the scenario, the base and their difference, and the answer in a sentence.

        Parameters
        ----------
        asked : Moved
        measure : str
            Key of a measure.
        trials : int
            One of `rounds`.
        is_wanted : callable
            Whether the page still wants it; asked after every quarter of a few trials.

        Raises
        ------
        Superseded
            If it does not.
        InputError
        """
        chosen = self._measure(measure)
        trials = arguments.whole(trials, "trials")
        if trials not in self.rounds:
            raise InputError("", "trials", "not a round of the page", f"One of {self.rounds}.", str(trials))
        if not is_wanted():
            raise Superseded
        mine = self.moved(asked)
        values, standard = self.trials((mine, self.base), measure, trials, is_wanted)
        quarter = str(self.base.end)
        row = row_of(chosen, self._text(chosen), quarter, mine, values[-1], standard[-1], self.base.name)
        return {
            "trials": trials,
            "is_last": trials == self.rounds[-1],
            "unit": chosen.unit,
            "text": self._text(chosen),
            "sentence": sentence(row, self.base.title),
            "mine": _bands(values),
            "base": _bands(standard),
            "difference": _bands(values - standard),
            "mean_difference": float(np.mean(values[-1] - standard[-1])),
            "is_base": mine.digest == self.base.digest,
            "remarks": self._remarks(mine, self.scenario(asked.scenario)),
            "digest": mine.digest[:16],
        }

    def world(self, asked: Moved, trial: int) -> dict[str, Any]:
        """Return one world, quarter by quarter: relations, alignment, ladder, postures, orders."""
        mine, case = self.moved(asked), self.base.case
        first, seed = arguments.trial(trial), self.seed
        runs = run(mine, trials=1, first_trial=first, seed=seed, keep=_WORLD, engine=NUMPY, workers=1)
        one = complete_trials(runs).isel(scenario=0, trial=0)
        values = {name: one[name].transpose("time", ...).values.astype(float) for name in _WORLD}
        return {
            "trial": trial,
            "actors": [case.display("actor", each) for each in case.actors],
            "partners": [case.display("partner", each) for each in case.partners],
            "suppliers": [case.display("supplier", each) for each in case.suppliers],
            **{name: np.round(each, 4).tolist() for name, each in values.items()},
        }

    def why(self, asked: Moved, trial: int, at: str) -> str:
        """Return why they decided as they did, in one quarter of one world."""
        return str(explain(self.moved(asked), trial=arguments.trial(trial), at=at, seed=self.seed))

    def assumptions(self, asked: Moved) -> list[dict[str, Any]]:
        """Return the uncertain numbers, those that rest on judgement alone first."""
        found = [each for each in self.moved(asked).parameters.values() if each.distribution is not None]
        found.sort(key=lambda each: (bool(each.evidence), not each.assumption))
        return [
            {
                "key": each.key,
                "value": each.text(),
                "unit": each.unit,
                "what": each.description,
                "why": each.assumption or "",
                "evidence": ", ".join(each.evidence),
                "grade": each.rests_on,
            }
            for each in found
        ]

    def text(self, asked: Moved) -> str:
        """Return the scenario as a file."""
        return self.moved(asked).to_toml()

    def _measure(self, key: str) -> Measure:
        if key not in self.measures:
            remedy = nearest(str(key), self.measures, "measures")
            raise UnknownName("", "measure", "no such measure: {value}", remedy, key)
        return self.measures[key]

    def _text(self, measure: Measure) -> str:
        return measure.text_in(self.base.case)

    def _made(self, scenario: str, values: str) -> Scenario:
        """Return a scenario with its sliders where a text says."""
        return sliders.moved(self.scenario(scenario), self.sliders, json.loads(values))

    def _remarks(self, mine: Scenario, unmoved: Scenario) -> list[str]:
        """Return what should be known of an answer: levers without effect, and an engine that is not used."""
        known = {each.key for each in unmoved.ineffective}
        lost = [f"{each.key}: {each.said}." for each in mine.ineffective if each.key not in known]
        return [*lost, *filter(None, [self.trials.problem])]


def _like(base: Scenario) -> dict[str, Scenario]:
    """Return the base, and the shipped scenarios of its case that have its horizon."""
    found = {base.name: base}
    for name in files.shipped():
        each = base if name == base.name else load(name)
        if (each.case, each.start, each.end) == (base.case, base.start, base.end):
            found.setdefault(name, each)
    return found


def _measures(base: Scenario, seed: int) -> list[Measure]:
    """Return what the page can show; first the share of the largest partner at the start."""
    partners = base.case.partners
    first = run(
        base, trials=1, seed=seed, keep="supplier_share", quarters=[base.start], engine=NUMPY, workers=1
    )
    share = first["supplier_share"].isel(scenario=0, time=0, trial=0)
    by_size = sorted(partners, key=lambda each: -float(share.sel(supplier=each)))
    return [
        *(Measure("supplier_share", (("supplier", each),)) for each in by_size),
        Measure("effective_suppliers"),
        Measure("hhi"),
        *(Measure("alignment", (("partner", each),)) for each in partners),
        Measure("capability", (), ("domain",)),
        Measure("grants", (("state", "delivered"),)),
        Measure("autonomy"),
    ]


def _bands(values: Array) -> list[list[float]]:
    """Return the quantiles over trials, a list for each, rounded to what a screen shows."""
    return [[float(f"{x:.5g}") for x in band] for band in np.quantile(values, QUANTILES, axis=1)]
