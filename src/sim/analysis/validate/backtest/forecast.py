"""Predictive samples of a window, and their registration before anything is scored. Runs trials."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from sim.analysis.validate.backtest.origins import Origin
from sim.analysis.validate.backtest.targets import SCALARS, Window
from sim.case import register
from sim.runs import trials as loop
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import QUARTERS, WINDOW, Array

#: Quantiles that a registered forecast states.
LEVELS = tuple(step / 20 for step in range(1, 20))

#: Digits of a registered number: enough to score, few enough to read.
_DIGITS = 6

#: Orders credited to each supplier of a category before the first trial, so that no chance is zero.
_SMOOTHING = 0.5


@dataclass(frozen=True)
class Forecast:
    """What is said of a window.

    Parameters
    ----------
    source : str
        The model, or the baseline.
    origin : int
        First year of the window.
    suppliers : tuple of str
    window : Window
        Predictive samples.
    chance : ndarray or None, shape (supplier, category)
        Chance that an order in the category goes to the supplier.
    """

    source: str
    origin: int
    suppliers: tuple[str, ...]
    window: Window
    chance: Array | None = None

    def stated(self) -> dict[str, Any]:
        """Return quantiles of every target, as they are registered."""
        annual = self.window.annual()
        samples: dict[str, Array] = {
            **{f"share.{name}": row for name, row in zip(self.suppliers, self.window.shares, strict=True)},
            **self.window.scalars(),
            **{f"tiv.{self.origin + year}": row for year, row in enumerate(annual)},
        }
        return {name: stated(name, values) for name, values in samples.items()}


def stated(target: str, samples: Array, weights: Array | None = None) -> dict[str, Any]:
    """Return unit, mean and quantiles of a target, as they are registered; samples may have weights."""
    if weights is None:
        quantiles = np.quantile(samples, LEVELS)
    else:
        quantiles = np.quantile(samples, LEVELS, weights=weights, method="inverted_cdf")
    return {
        "unit": SCALARS.get(target, "TIV m" if target.startswith("tiv") else "share"),
        "mean": _rounded(np.average(samples, weights=weights)),
        "quantiles": {f"{level:g}": _rounded(value) for level, value in zip(LEVELS, quantiles, strict=True)},
    }


def _rounded(value: Any) -> float:
    return float(f"{float(value):.{_DIGITS}g}")


def simulate(origin: Origin, trials: int, seed: int, execution: Execution = USUAL_EXECUTION) -> Forecast:
    """Return what the model says of the window.

    Parameters
    ----------
    origin : Origin
    trials, seed : int
        As in `sim.run`.
    execution : Execution, optional
        Workers, engine and progress.
    """
    return in_windows(origin, origin.years, trials, seed, execution)[0]


def in_windows(
    origin: Origin, length: int, trials: int, seed: int, execution: Execution = USUAL_EXECUTION
) -> list[Forecast]:
    """Return what the model says of windows of so many years that follow each other, from the same trials.

    Leader and old suppliers are those at the origin in all of them. The other parameters are those of
    `simulate`; what is left of the years beyond the last full window is left out.
    """
    (blocks,) = loop.reduce(
        [origin.scenario],
        partial(_Years, origin.years),
        trials,
        seed,
        n_steps=origin.years * QUARTERS,
        execution=execution,
    )
    delivered, ordered = (np.concatenate([block[i] for block in blocks], axis=-1) for i in (0, 1))
    chosen = np.sum([block[2] for block in blocks], axis=0)
    suppliers, known = origin.scenario.case.suppliers, before(origin.scenario)
    found = []
    for first in range(0, origin.years - length + 1, length):
        years = slice(first, first + length)
        counts = chosen[years].sum(axis=0) + _SMOOTHING
        window = Window(delivered[years], ordered[years], *known)
        found.append(Forecast("model", origin.year + first, suppliers, window, counts / counts.sum(axis=0)))
    return found


class _Years:
    """Deliveries and orders by year, supplier and trial, and orders by year, supplier and category."""

    reads = ("deliveries", "order_count", "contract_supplier", "contract_category")

    def __init__(self, years: int, scenario: Scenario, n_trials: int) -> None:
        shape = scenario.case.size("supplier"), scenario.case.size("category")
        self.delivered, self.ordered = np.zeros((2, years, shape[0], n_trials))
        self.chosen = np.zeros((years, *shape))

    def add(self, step: int, trials: slice, values: Mapping[str, Array]) -> None:
        """Add a quarter to its year."""
        year = step // QUARTERS
        self.delivered[year][..., trials] += values["deliveries"]
        self.ordered[year][..., trials] += values["order_count"]
        np.add.at(self.chosen[year], (values["contract_supplier"], values["contract_category"]), 1.0)

    def result(self) -> tuple[Array, Array, Array]:
        """Return the three."""
        return self.delivered, self.ordered, self.chosen


def before(scenario: Scenario) -> tuple[int, Array]:
    """Return the leading supplier of the window before the start, and who had had an order."""
    case = scenario.case
    state = register.initial(case, scenario.start)
    leader = int(np.argmax(state.delivery_history[-WINDOW:].sum(axis=0)))
    is_pool = np.array([name == case.record.residual_supplier for name in case.suppliers])
    return leader, (state.quarters_since_order < register.NEVER) | is_pool


def registered(
    targets: Mapping[str, Any],
    origin: Origin,
    trials: int,
    seed: int,
    vintage: str,
    command: str,
    stack: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a forecast as it is registered: what it says, from what, and the digest of both.

    The digest leaves out the date and the command, so that the same forecast has the same digest. Weights of
    pools, if there are any, are part of it.
    """
    content = {
        "origin": origin.year,
        "years": origin.years,
        "recipient": origin.scenario.case.recipient,
        "scenario": origin.scenario.name,
        "scenario_digest": origin.scenario.digest,
        "trials": trials,
        "seed": seed,
        "data_vintage": vintage,
        "targets": dict(targets),
    }
    if stack is not None:
        content["stack"] = dict(stack)
    return {
        **content,
        "sha256": digest(content),
        "registered": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": command,
    }


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a registered content."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def quantile_rows(stated: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield a row per target: name, unit, mean, quantiles."""
    for name, target in stated.items():
        values = (f"{value:g}" for value in target["quantiles"].values())
        yield name, target["unit"], f"{target['mean']:g}", *values
