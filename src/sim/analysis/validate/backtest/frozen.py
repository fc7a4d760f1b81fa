"""A forecast of windows that are not over, registered so that it can be scored when they are.

Runs trials. A window may begin before the run: its first years are then those of the register.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.analysis.validate.backtest import baselines, forecast
from sim.analysis.validate.backtest.origins import Origin
from sim.analysis.validate.backtest.stacking import AMOUNTS, SHARES
from sim.analysis.validate.backtest.targets import Window
from sim.case import register
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.errors import OutsideHorizon

#: First and last year of a window.
Span = tuple[int, int]


def windows(
    scenario: Scenario,
    spans: Sequence[Span],
    years: Sequence[int],
    trials: int,
    seed: int,
    command: str = "",
    execution: Execution = USUAL_EXECUTION,
    stack: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a scenario says of windows and years, as it is registered.

    Parameters
    ----------
    scenario : Scenario
    spans : sequence of (int, int)
        Windows: shares of every supplier, HHI, largest share and total volume.
    years : sequence of int
        Years: volume.
    trials, seed : int
    command : str
        What made it.
    execution : Execution, optional
        Workers, engine and progress.
    stack : mapping, optional
        Weights of the model and simple rules, as `stacking.read` returns them. What the pools say stands
        beside what the model says alone, as ``stacked`` and, without the model, ``stacked_rules``.

    Raises
    ------
    OutsideHorizon
        If a year is before the register or after the scenario's end, or a window is over at its start.
    """
    trials, seed = arguments.whole(trials, "trials", 1), arguments.seed(seed)
    if stack is not None and stack["known_before"] > scenario.start.year:
        message = f"learned on windows to {stack['known_before'] - 1}, later than the forecast's origin"
        raise OutsideHorizon("", "stack", message, "Make a panel of earlier --origins.", scenario.start.year)
    first, last = scenario.start.year, max([*years, *(end for _, end in spans)])
    past_years, past = register.history(scenario.case, scenario.start)
    horizon = (int(past_years[0]), scenario.end.year)
    for year in (*years, *(each for span in spans for each in span)):
        if not horizon[0] <= year <= horizon[1]:
            remedy = f"Give {horizon[0]} to {horizon[1]}."
            raise OutsideHorizon("", "year", "neither in the register nor in the run", remedy, year)
    for begin, end in (*spans, *zip(years, years, strict=True)):
        if end < first:
            remedy = f"Let it end in {first} or later."
            raise OutsideHorizon("", "window", "is over when the run begins", remedy, f"{begin}-{end}")
    if scenario.start.quarter != 1 or scenario.n_steps < QUARTERS * (last - first + 1):
        raise OutsideHorizon("", "scenario", "does not run in whole years", "Start in the first quarter.")
    origin = Origin(first, last - first + 1, scenario)
    said = forecast.simulate(origin, trials, seed, execution)
    recorded = np.repeat(past[..., None], trials, axis=-1)
    delivered = np.concatenate([recorded, said.window.delivered])
    targets: dict[str, Any] = {}
    pools = {} if stack is None else _pools(origin, past, stack, trials, seed, delivered)
    for begin, end in spans:
        years_of = slice(begin - horizon[0], end - horizon[0] + 1)
        span = delivered[years_of]
        samples = _samples(said, span)
        targets |= {f"{begin}-{end}.{name}": forecast.stated(name, each) for name, each in samples.items()}
        for pool, members in pools.items():
            parts = [_samples(said, each.delivered[years_of]) for each in members]
            for name in samples:
                weights = [each.weight(name) for each in members]
                stated = forecast.stated(name, *_mixed([part[name] for part in parts], weights))
                targets[f"{begin}-{end}.{pool}.{name}"] = stated
    for year in years:
        volume = delivered[year - horizon[0]].sum(axis=0)
        targets[f"{year}.total_tiv"] = forecast.stated("total_tiv", volume)
        for pool, members in pools.items():
            volumes = [each.delivered[year - horizon[0]].sum(axis=0) for each in members]
            weights = [each.weight("total_tiv") for each in members]
            targets[f"{year}.{pool}.total_tiv"] = forecast.stated("total_tiv", *_mixed(volumes, weights))
    vintage = f"register to the end of {first - 1}, case {scenario.case.digest[:12]}"
    return forecast.registered(targets, origin, trials, seed, vintage, command, stack)


@dataclass(frozen=True)
class _Member:
    """A forecast in a pool: volume by year, supplier and sample, and its weights by group."""

    delivered: Array
    weights: Mapping[str, float]

    def weight(self, target: str) -> float:
        """Return the weight with which it counts for a target."""
        return self.weights.get(AMOUNTS if target == "total_tiv" else SHARES, 0.0)


def _pools(
    origin: Origin, past: Array, stack: Mapping[str, Any], trials: int, seed: int, model: Array
) -> dict[str, list[_Member]]:
    """Return the forecasts of each pool, from the register's first year to the end of the run."""
    length = int(min(stack["weights"], key=int))
    n_windows = -(-origin.years // length)
    short = replace(origin, years=length)
    windows = [baselines.all_of(short, trials, seed, index) for index in range(n_windows)]
    drawn = {"model": model}
    for each in zip(*windows, strict=True):
        ahead = np.concatenate([its.window.delivered for its in each])[: origin.years]
        before = np.repeat(past[..., None], ahead.shape[-1], axis=-1)
        drawn[each[0].source] = np.concatenate([before, ahead])
    return {
        pool: [
            _Member(values, {group: by_name.get(name, 0.0) for group, by_name in groups.items()})
            for name, values in drawn.items()
            if any(name in by_name for by_name in groups.values())
        ]
        for pool, groups in stack["weights"][str(length)].items()
    }


def _samples(said: forecast.Forecast, span: Array) -> dict[str, Array]:
    """Return samples of every target of a window."""
    window = Window(span, np.zeros_like(span), said.window.leader, said.window.is_old)
    scalars = window.scalars()
    return {
        **{f"share.{name}": row for name, row in zip(said.suppliers, window.shares, strict=True)},
        **{name: scalars[name] for name in ("hhi", "top_share", "total_tiv")},
    }


def _mixed(samples: Sequence[Array], weights: Sequence[float]) -> tuple[Array, Array]:
    """Return the samples of a pool and the weight of each."""
    each = [
        np.full(values.size, weight / values.size) for values, weight in zip(samples, weights, strict=True)
    ]
    return np.concatenate(samples), np.concatenate(each)
