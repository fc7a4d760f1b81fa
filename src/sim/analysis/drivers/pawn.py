"""PAWN (Pianosi and Wagener 2015, 2018): how far fixing an input moves the whole distribution of a number.

For each slice of an input, equally likely, the Kolmogorov-Smirnov distance between the distribution within
the slice and that over all trials; of these the median and the maximum. Needs nothing but finished trials.
Distances between samples are larger than between distributions, and never zero: intervals are about the
distance in the sample, and the floor is what inputs give that were shuffled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.drivers import inputs, subject
from sim.analysis.drivers.inputs import PARAMETERS, Input
from sim.analysis.drivers.sensitivity import MEASURE, labelled
from sim.analysis.drivers.variance_shares import check_room, resampled
from sim.numerics.elementary import Z95
from sim.runs import dataset as results
from sim.runs.experiment import Execution, Progress
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, WrongType

if TYPE_CHECKING:
    import xarray as xr

#: Slices of an input, trials, and resamples of the bootstrap, unless others are asked for.
SLICES, TRIALS, RESAMPLES = 10, 2048, 100

#: Shuffled inputs behind the floor, and the quantile of theirs that it is.
_DUMMIES, _FLOOR = 40, 0.95


@dataclass(frozen=True)
class Distances:
    """Kolmogorov-Smirnov distances, shape (input,), with 95 % bootstrap intervals, and the floors.

    Parameters
    ----------
    median, median_low, median_high, maximum, maximum_low, maximum_high : ndarray, shape (input,)
    median_floor, maximum_floor : float
        What one in twenty shuffled inputs exceeds.
    """

    median: Array
    median_low: Array
    median_high: Array
    maximum: Array
    maximum_low: Array
    maximum_high: Array
    median_floor: float
    maximum_floor: float


def of_sample(
    sample: Array,
    outcome: Array,
    slices: int = SLICES,
    weights: Array | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Distances:
    """Return the distances of inputs.

    Parameters
    ----------
    sample : ndarray, shape (trial, input)
        May be correlated; inputs with few values have a slice for each.
    outcome : ndarray, shape (trial,)
        Trials in which it is not finite are left out.
    slices : int
    weights : ndarray, shape (trial,), optional
        How much each trial counts; by default all the same.
    resamples, seed : int
        Of the bootstrap, behind the intervals.
    """
    sample, outcome = np.asarray(sample, dtype=float), np.asarray(outcome, dtype=float)
    slices = arguments.whole(slices, "slices", 2)
    if sample.ndim != 2 or outcome.shape != sample.shape[:1]:
        problem = f"has the shape {sample.shape}, and outcome {outcome.shape}"
        raise WrongType("", "sample", problem, "Give (trial, input) and (trial,).")
    weight = np.ones(len(outcome)) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != outcome.shape:
        problem = f"has the shape {weight.shape}, and outcome {outcome.shape}"
        raise WrongType("", "weights", problem, "Give one for each trial.")
    is_known = np.isfinite(outcome) & (weight > 0)
    if is_known.sum() < 2 * slices:
        raise InputError("", "outcome", f"{is_known.sum()} trials are too few", f"Give {2 * slices} or more.")
    order = np.flatnonzero(is_known)[np.argsort(outcome[is_known], kind="stable")]
    outcome, sample, weight = outcome[order], sample[order], weight[order]
    generator = np.random.default_rng(arguments.seed(seed))
    # Distances are read where the sorted outcome is about to change.
    is_end = np.append(np.diff(outcome) > 0, True)
    cut = [_slices(column, weight, slices) for column in sample.T]
    counts = resampled(len(weight), arguments.whole(resamples, "resamples", 0), seed)
    found = np.stack(
        [[_statistics(each, one, is_end) for each in cut] for one in (weight, *(weight * counts))]
    )
    shuffled = _slices(generator.random(len(weight)), weight, slices)
    dummies = [_statistics(generator.permutation(shuffled), weight, is_end) for _ in range(_DUMMIES)]
    floors = np.quantile(dummies, _FLOOR, axis=0)
    # Resamples repeat trials, and so have larger distances than the sample: only their spread is used.
    error = found[1:].std(axis=0) if resamples else np.full(found.shape[1:], np.nan)
    ends = (np.maximum(found[0] - Z95 * error, 0.0), np.minimum(found[0] + Z95 * error, 1.0))
    medians, maxima = ([each[:, k] for each in (found[0], *ends)] for k in (0, 1))
    return Distances(*medians, *maxima, *map(float, floors))


def pawn(
    scenario: Scenario | str,
    measure: str = MEASURE,
    *,
    against: Scenario | str | None = None,
    slices: int = SLICES,
    trials: int = TRIALS,
    seed: int = SEED,
    resamples: int = RESAMPLES,
    workers: int | None = None,
    engine: str = results.AUTO,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return how far fixing each uncertain parameter moves the distribution of a number, from a plain run.

    Parameters
    ----------
    scenario, measure, against, seed, workers, engine, progress
        As for `sim.sensitivity`; without a date, the last quarter.
    slices : int
        Equally likely slices of each parameter.
    trials : int
        Of a plain run; each slice has as many as there are for one.
    resamples : int
        Of the bootstrap, behind the intervals.

    Returns
    -------
    xarray.Dataset
        Dims input, time: `median` and `maximum` over slices of the Kolmogorov-Smirnov distance, with 95 %
        bootstrap intervals; `median_floor` and `maximum_floor`, which one in twenty shuffled inputs exceeds.

    Raises
    ------
    InputError
        If there is no such scenario or measure, or there are too few trials for the slices.

    Examples
    --------
    >>> found = sim.pawn("baseline", "hhi@2035", trials=256, resamples=20)
    >>> sim.plots.pawn(found)
    """
    seen = subject.read(scenario, measure, against, at=True)
    slices = arguments.whole(slices, "slices", 2)
    trials = arguments.whole(trials, "trials", 2 * slices)
    seed, resamples = arguments.seed(seed), arguments.whole(resamples, "resamples", 0)
    check_room(trials, resamples)
    drawn = inputs.drawn(seen.scenarios, trials, seed)
    execution = Execution(workers=workers, engine=engine, progress=progress)
    (outcome,) = seen.run(trials, seed, execution=execution)
    found = vars(of_sample(np.stack(list(drawn.values()), axis=1), outcome, slices, None, resamples, seed))
    listed = [Input(each, PARAMETERS, frozenset([each])) for each in drawn]
    variables: dict[str, Any] = {
        name: ("time", [each]) if name.endswith("floor") else (("input", "time"), each[:, None])
        for name, each in found.items()
    }
    return labelled(seen, listed, variables, trials, seed, "PAWN distances")


def _slices(column: Array, weight: Array, slices: int) -> Array:
    """Return the slice of each trial: equally likely ones, or one for each of a few values."""
    values, of_value = np.unique(column, return_inverse=True)
    if len(values) <= slices:
        return of_value.astype(int)
    order = np.argsort(column, kind="stable")
    upto = np.cumsum(weight[order])
    found = np.empty(len(column), dtype=int)
    found[order] = np.minimum((upto - weight[order] / 2) / upto[-1] * slices, slices - 1).astype(int)
    # Equal values are not torn apart.
    return np.asarray(np.maximum.reduceat(found[order], np.searchsorted(column[order], values))[of_value])


def _statistics(of_slice: Array, weight: Array, is_end: Array) -> tuple[float, float]:
    """Return median and maximum over slices of the distance, of trials in the order of their outcomes."""
    within = np.zeros((len(weight), int(of_slice.max()) + 1))
    within[np.arange(len(weight)), of_slice] = weight
    upto = np.cumsum(within, axis=0)
    total = upto[-1]
    share = upto[is_end][:, total > 0] / total[total > 0]
    distance = np.abs(share - (upto[is_end].sum(axis=1) / total.sum())[:, None]).max(axis=0)
    return float(np.median(distance)), float(distance.max())


def answer(found: xr.Dataset, at: int = -1) -> str:
    """Return in one sentence which input moves the distribution most, and how many are above the floor."""
    here = found.isel(time=at)
    names = [str(each) for each in here["input"].values]
    median = here["median"].values
    k = int(np.argmax(median))
    low, high = (float(here[f"median_{end}"].values[k]) for end in ("low", "high"))
    floor = float(here["median_floor"])
    above = int((median > floor).sum())
    about = f"{found.attrs['text']}, {found['quarter'].values[at]}"
    chance = len(names) / 20
    rest = (
        f"{above} of {len(names)} parameters are above what one in twenty shuffled ones exceeds "
        f"({floor:.2f}), {chance:.0f} would be by chance."
    )
    largest = f"{median[k]:.2f} ({low:.2f} to {high:.2f})"
    if above <= chance:
        return f"{about}: no parameter stands out; {names[k]} has the largest distance, {largest}, but {rest}"
    return f"{about}: {names[k]} moves the distribution most, a distance of {largest}; {rest}"
