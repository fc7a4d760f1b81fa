"""A forecast of windows that are not over, registered so that it can be scored when they are.

Runs trials. A window may begin before the run: its first years are then those of the register.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.analysis.validate.backtest import forecast
from sim.analysis.validate.backtest.origins import Origin
from sim.analysis.validate.backtest.targets import Window
from sim.case import register
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.axes import QUARTERS
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

    Raises
    ------
    OutsideHorizon
        If a year is before the register or after the scenario's end.
    """
    trials, seed = arguments.whole(trials, "trials", 1), arguments.seed(seed)
    first, last = scenario.start.year, max([*years, *(end for _, end in spans)])
    past_years, past = register.history(scenario.case, scenario.start)
    horizon = (int(past_years[0]), scenario.end.year)
    for year in (*years, *(each for span in spans for each in span)):
        if not horizon[0] <= year <= horizon[1]:
            remedy = f"Give {horizon[0]} to {horizon[1]}."
            raise OutsideHorizon("", "year", "neither in the register nor in the run", remedy, year)
    if scenario.start.quarter != 1 or scenario.n_steps < QUARTERS * (last - first + 1):
        raise OutsideHorizon("", "scenario", "does not run in whole years", "Start in the first quarter.")
    origin = Origin(first, last - first + 1, scenario)
    said = forecast.simulate(origin, trials, seed, execution)
    recorded = np.repeat(past[..., None], trials, axis=-1)
    delivered = np.concatenate([recorded, said.window.delivered])
    targets: dict[str, Any] = {}
    for begin, end in spans:
        span = delivered[begin - horizon[0] : end - horizon[0] + 1]
        window = Window(span, np.zeros_like(span), said.window.leader, said.window.is_old)
        scalars = window.scalars()
        samples = {
            **{f"share.{name}": row for name, row in zip(said.suppliers, window.shares, strict=True)},
            **{name: scalars[name] for name in ("hhi", "top_share", "total_tiv")},
        }
        targets |= {f"{begin}-{end}.{name}": forecast.stated(name, each) for name, each in samples.items()}
    for year in years:
        volume = delivered[year - horizon[0]].sum(axis=0)
        targets[f"{year}.total_tiv"] = forecast.stated("total_tiv", volume)
    vintage = f"register to the end of {first - 1}, case {scenario.case.digest[:12]}"
    return forecast.registered(targets, origin, trials, seed, vintage, command)
