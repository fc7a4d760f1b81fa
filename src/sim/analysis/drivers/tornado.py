"""Tornado: how far a number moves when one input goes from a low to a high quantile of its prior.

All else is drawn as it is, with the same draws on both sides: the difference is paired, and has an interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.drivers import inputs, subject
from sim.analysis.drivers.inputs import PARAMETER, PARAMETERS, Input
from sim.analysis.drivers.sensitivity import MEASURE, labelled
from sim.design.pick_freeze import AtLevels
from sim.numerics.elementary import Z95
from sim.parameter.posterior import Column
from sim.runs import dataset as results
from sim.runs.experiment import Execution, Progress
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, OutOfBounds

if TYPE_CHECKING:
    import xarray as xr

#: Trials on each side, and the quantiles between which inputs are moved, unless others are asked for.
TRIALS, LOW, HIGH = 64, 0.05, 0.95


@dataclass(frozen=True)
class Bars:
    """Mean outcome at the low and at the high end, and the paired difference with its 95 % interval.

    Each has the shape (input, ...); trials in which one side is not finite are left out.
    """

    low: Array
    high: Array
    difference: Array
    difference_low: Array
    difference_high: Array


def from_outcomes(low: Array, high: Array) -> Bars:
    """Return the bars of outcomes at both ends, each of shape (input, trial, ...), paired by trial."""
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    is_known = np.isfinite(low) & np.isfinite(high)
    count = is_known.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        at_low, at_high, middle = (
            np.where(is_known, each, 0.0).sum(axis=1) / count for each in (low, high, high - low)
        )
        apart = np.where(is_known, high - low - np.expand_dims(middle, 1), 0.0)
        error = np.sqrt((apart**2).sum(axis=1) / np.where(count > 1, count - 1, np.nan) / count)
    return Bars(at_low, at_high, middle, middle - Z95 * error, middle + Z95 * error)


def of_function(
    function: Callable[[Array], Array],
    draw: Callable[[np.random.Generator, int], Array],
    low: Sequence[float],
    high: Sequence[float],
    trials: int = 1024,
    seed: int = SEED,
) -> Bars:
    """Return the bars of the inputs of a function.

    Parameters
    ----------
    function : callable
        Takes inputs, shape (trial, input), and returns outcomes, shape (trial, ...).
    draw : callable
        ``draw(generator, n)`` returns a sample of the inputs, shape (n, input).
    low, high : sequence of float
        Between which values each input is moved.
    trials, seed : int
    """
    generator = np.random.default_rng(arguments.seed(seed))
    sample = np.asarray(draw(generator, arguments.whole(trials, "trials", 2)), dtype=float)
    sides = []
    for ends in (low, high):
        outcomes = []
        for k, end in enumerate(ends):
            moved = sample.copy()
            moved[:, k] = end
            outcomes.append(np.asarray(function(moved), dtype=float))
        sides.append(np.stack(outcomes))
    return from_outcomes(*sides)


def tornado(
    scenario: Scenario | str,
    measure: str = MEASURE,
    *,
    against: Scenario | str | None = None,
    groups: str | Mapping[str, Any] = PARAMETER,
    low: float = LOW,
    high: float = HIGH,
    trials: int = TRIALS,
    seed: int = SEED,
    workers: int | None = None,
    engine: str = results.AUTO,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return how far a number moves with each uncertain parameter, between two quantiles of its prior.

    Parameters
    ----------
    scenario, measure, against, seed, workers, engine, progress
        As for `sim.sensitivity`; without a date, the last quarter.
    groups : str or mapping
        As there; the elements of a group go to the same quantile together.
    low, high : float
        Quantiles, between 0 and 1.
    trials : int
        On each side.

    Returns
    -------
    xarray.Dataset
        Dims input, time: `low` and `high`, the means at both ends; `difference`, with its 95 % Monte Carlo
        interval; by time, `mean`, of a plain run. The input with the largest difference comes first. What is
        drawn from a posterior has no quantiles of its own and is left out.

    Raises
    ------
    InputError
        If there is no such scenario, measure or group, or the quantiles are not in order.

    Examples
    --------
    >>> found = sim.tornado("baseline", "hhi@2035", groups="mechanism", trials=16)
    >>> sim.plots.tornado(found)
    """
    seen = subject.read(scenario, measure, against, at=True)
    trials, seed = arguments.whole(trials, "trials", 2), arguments.seed(seed)
    low, high = arguments.number(low, "low"), arguments.number(high, "high")
    if not 0.0 < low < high < 1.0:
        raise OutOfBounds("", "low", f"{low:g} and {high:g} are no two quantiles", "Such as 0.05 and 0.95.")
    found = _with_quantiles(inputs.grouped(seen.scenarios, groups), seen.scenarios)
    levels = tuple(dict.fromkeys(each.streams, end) for end in (low, high) for each in found)
    design = AtLevels(size=trials, levels=({}, *levels))
    execution = Execution(workers=workers, engine=engine, progress=progress)
    values = seen.run(design.trials, seed, sampling=design, execution=execution)
    plain, *moved = np.moveaxis(values.reshape(len(values), -1, trials), 0, -1)
    bars = vars(from_outcomes(np.stack(moved[: len(found)]), np.stack(moved[len(found) :])))
    variables: dict[str, Any] = {name: (("input", "time"), each) for name, each in bars.items()}
    variables["mean"] = ("time", plain.mean(axis=0))
    made = labelled(seen, found, variables, trials, seed, "tornado", low=low, high=high)
    order = np.argsort(-np.nan_to_num(np.abs(made["difference"].values[:, -1])), kind="stable")
    return made.isel(input=order)


def _with_quantiles(found: Sequence[Input], scenarios: Sequence[Scenario]) -> list[Input]:
    """Return the inputs that have quantiles: parameters with priors of their own."""
    priors = inputs.uncertain(scenarios)
    kept = [
        each
        for each in found
        if each.kind == PARAMETERS
        and not any(isinstance(priors[stream].distribution, Column) for stream in each.streams)
    ]
    if not kept:
        problem = "no group consists of parameters with priors of their own"
        raise InputError("", "groups", problem, 'Use "parameter", or name other groups.')
    return kept


def answer(found: xr.Dataset, at: int = -1) -> str:
    """Return in one sentence what the longest bar is."""
    here = found.isel(time=at)
    first = here.isel(input=0)
    middle, low, high = (
        in_digits(float(first[f"difference{end}"]), is_signed=True) for end in ("", "_low", "_high")
    )
    clear = int(((here["difference_low"] > 0) | (here["difference_high"] < 0)).sum())
    by = f"{middle} ({low} to {high})"
    return (
        f"{found.attrs['text']}, {here['quarter'].values}: from its {found.attrs['low'] * 100:.0f} % to its "
        f"{found.attrs['high'] * 100:.0f} % quantile {first['input'].values} moves the mean most, by {by}; "
        f"{clear} of {here.sizes['input']} inputs move it one way beyond "
        "the Monte Carlo error."
    )
