"""Shapley effects: shares of the variance that add up to one, also where inputs are correlated.

An input's effect is what it adds to the explained variance, averaged over all orders in which inputs may be
made known (Owen 2014; Song, Nelson and Staum 2016). All orders are taken, so it is for few inputs, or groups.
With c(u) = E(V(Y | all but u)) / V(Y), by pairs that share all but u:

    effect_i = sum over u without i of |u|! (d - |u| - 1)! / d! (c(u + i) - c(u))
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.drivers import inputs, subject
from sim.analysis.drivers.inputs import PARAMETERS, SHOCKS, STRUCTURE
from sim.analysis.drivers.sensitivity import MEASURE, labelled
from sim.analysis.drivers.variance_shares import RESAMPLES, check_room, columns_of, with_ends, with_sample
from sim.design.pick_freeze import FIRST_GROUP, OTHER, OWN, PickFreeze
from sim.runs import dataset as results
from sim.runs.experiment import Execution, Progress
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, InputError, OutOfBounds, WrongType

if TYPE_CHECKING:
    import xarray as xr

#: Inputs, of which all subsets are run; base samples unless others are asked for.
MOST_INPUTS, SAMPLES = 7, 512

#: Neighbours of a trial among which a conditional variance is taken, itself included.
NEIGHBOURS = 3

Subset = tuple[int, ...]


@dataclass(frozen=True)
class Effects:
    """Shapley effects, shape (input, ...), with 95 % bootstrap intervals; they sum to one over inputs.

    Beside them the first and total indices, which need no independence either: what is gone once an input is
    known, and what is left once all others are. With correlated inputs the total may be the smaller.
    """

    effect: Array
    effect_low: Array
    effect_high: Array
    first: Array
    first_low: Array
    first_high: Array
    total: Array
    total_low: Array
    total_high: Array
    variance: Array


def subsets(n_inputs: int) -> list[Subset]:
    """Return all subsets of inputs but the empty one; the last is all of them."""
    if n_inputs > MOST_INPUTS:
        problem = f"{n_inputs} inputs have {2**n_inputs:,} subsets"
        raise OutOfBounds("", "groups", problem, f"Name {MOST_INPUTS} groups or fewer.")
    return [u for size in range(1, n_inputs + 1) for u in itertools.combinations(range(n_inputs), size)]


def from_pairs(squares: Array, n_inputs: int, resamples: int = RESAMPLES, seed: int = SEED) -> Effects:
    """Return the effects from half the squared differences of pairs that share all but a subset.

    Parameters
    ----------
    squares : ndarray, shape (subset, sample, ...)
        In the order of `subsets`; samples of which one is not finite are left out.
    n_inputs : int
    resamples, seed : int
        Of the bootstrap, behind the intervals.
    """
    resamples, seed = arguments.whole(resamples, "resamples"), arguments.seed(seed)
    places = {u: k for k, u in enumerate(subsets(n_inputs))}
    shape, count = squares.shape[2:], squares.shape[1]
    flat = squares.reshape(len(squares), count, -1)
    is_known = np.isfinite(flat).all(axis=0)
    weights = with_sample(count, resamples, seed)
    known = weights @ is_known
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = [(weights @ np.where(is_known, each, 0.0)) / known for each in flat]
        variance = cost[-1]
        divisor = np.where(variance > 0, variance, np.nan)
        effects, firsts, totals = [], [], []
        for k in range(n_inputs):
            others = [j for j in range(n_inputs) if j != k]
            without = cost[places[tuple(others)]] if others else np.zeros_like(variance)
            firsts.append(with_ends(1.0 - without / divisor))
            totals.append(with_ends(cost[places[k,]] / divisor))
            effect = np.zeros_like(variance)
            for size in range(n_inputs):
                weight = factorial(size) * factorial(n_inputs - size - 1) / factorial(n_inputs)
                for u in itertools.combinations(others, size):
                    before = cost[places[u]] if u else 0.0
                    effect += weight * (cost[places[tuple(sorted((*u, k)))]] - before)
            effects.append(with_ends(effect / divisor))
    numbers = {"variance": variance[0].reshape(shape)}
    for name, each in (("effect", effects), ("first", firsts), ("total", totals)):
        for end, values in zip(("", "_low", "_high"), np.stack(each, axis=1), strict=True):
            numbers[name + end] = values.reshape(n_inputs, *shape)
    return Effects(**numbers)


def of_function(
    function: Callable[[Array], Array],
    draw: Callable[[np.random.Generator, int], Array],
    conditional: Callable[[np.random.Generator, list[int], Array], Array] | None = None,
    groups: Sequence[Sequence[int]] | None = None,
    samples: int = 4096,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Effects:
    """Return the Shapley effects of the inputs of a function.

    Parameters
    ----------
    function : callable
        Takes inputs, shape (sample, input), and returns outcomes, shape (sample, ...).
    draw : callable
        ``draw(generator, n)`` returns a sample of the inputs, shape (n, input).
    conditional : callable, optional
        ``conditional(generator, known, sample)`` returns inputs of which the columns `known` are those of the
        sample, and the others are drawn given these. By default groups are independent of each other.
    groups : sequence of sequence of int, optional
        Columns that are one input; by default each is alone.
    samples, resamples, seed : int
        Base samples, of which one pair for each subset; resamples of the bootstrap.
    """
    generator = np.random.default_rng(arguments.seed(seed))
    samples = arguments.whole(samples, "samples", 2)
    base, other = (np.asarray(draw(generator, samples), dtype=float) for _ in range(2))
    columns = columns_of(groups, base.shape[1])
    if sum(map(len, columns)) < base.shape[1]:
        raise Contradiction("", "groups", "a column is in no group", "Effects add up over all of them.")
    known = np.asarray(function(base), dtype=float)
    squares = []
    for u in subsets(len(columns)):
        moved = [column for k in u for column in columns[k]]
        kept = [column for column in range(base.shape[1]) if column not in moved]
        if conditional is None or not kept:
            mixed = other.copy()
            mixed[:, kept] = base[:, kept]
        else:
            mixed = np.asarray(conditional(generator, kept, base), dtype=float)
        squares.append((known - np.asarray(function(mixed), dtype=float)) ** 2 / 2)
    return from_pairs(np.stack(squares), len(columns), resamples, seed)


def of_sample(
    sample: Array,
    outcome: Array,
    groups: Sequence[Sequence[int]] | None = None,
    neighbours: int = NEIGHBOURS,
) -> Array:
    """Return Shapley effects, shape (input,), from finished trials alone, whatever their inputs' correlation.

    The variance given some inputs is taken among the nearest neighbours in them (Broto, Bachoc and Depecker
    2020), in ranks. Neighbours are not equal, so what is left unexplained is too large with few trials or
    many inputs; use it where nothing can be run.

    Parameters
    ----------
    sample : ndarray, shape (trial, input)
    outcome : ndarray, shape (trial,)
    groups : sequence of sequence of int, optional
        Columns that are one input.
    neighbours : int
    """
    from scipy.spatial import cKDTree
    from scipy.stats import rankdata

    sample, outcome = np.asarray(sample, dtype=float), np.asarray(outcome, dtype=float)
    if sample.ndim != 2 or outcome.shape != sample.shape[:1]:
        problem = f"has the shape {sample.shape}, and outcome {outcome.shape}"
        raise WrongType("", "sample", problem, "Give (trial, input) and (trial,).")
    is_known = np.isfinite(outcome)
    sample, outcome = sample[is_known], outcome[is_known]
    columns = columns_of(groups, sample.shape[1])
    neighbours = arguments.whole(neighbours, "neighbours", 2)
    if len(sample) < neighbours:
        problem = f"{len(sample)} trials are too few for {neighbours} neighbours"
        raise InputError("", "outcome", problem, "Give more trials.")
    ranks = rankdata(sample, axis=0) / len(sample)
    costs = []
    for u in subsets(len(columns)):
        kept = [column for k, group in enumerate(columns) if k not in u for column in group]
        if not kept:
            costs.append(outcome.var(ddof=1))
            continue
        _, near = cKDTree(ranks[:, kept]).query(ranks[:, kept], k=neighbours)
        costs.append(outcome[near].var(axis=1, ddof=1).mean())
    return from_pairs(np.array(costs)[:, None], len(columns), 0).effect


def shapley(
    scenario: Scenario | str,
    measure: str = MEASURE,
    *,
    against: Scenario | str | None = None,
    groups: Mapping[str, Any] | None = None,
    structure: bool = False,
    trials: int = SAMPLES,
    seed: int = SEED,
    resamples: int = RESAMPLES,
    workers: int | None = None,
    engine: str = results.AUTO,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return shares of the variance of a number that add up to one, interactions divided among inputs.

    Parameters
    ----------
    scenario, measure, against, structure, seed, resamples, workers, engine, progress
        As for `sim.sensitivity`.
    groups : mapping, optional
        As there, up to seven of them, the rest included; what is drawn jointly belongs to one. By default
        parameters, shocks, and structure.
    trials : int
        Base samples N; N times two to the power of the number of groups are run.

    Returns
    -------
    xarray.Dataset
        Dims input, time: `effect`, and beside it the indices `first` and `total`, each with its 95 %
        bootstrap interval (`_low`, `_high`); by time, `variance`.

    Raises
    ------
    InputError
        If there is no such scenario, measure or group, or too many groups.

    Examples
    --------
    >>> groups = {"demand": ["demand"], "choice": ["attraction", "standing"]}
    >>> sim.shapley("baseline", "hhi@2035", groups=groups, trials=16, resamples=100)
    """
    seen = subject.read(scenario, measure, against)
    structure = arguments.truth(structure, "structure")
    trials, seed = arguments.whole(trials, "trials", 2), arguments.seed(seed)
    resamples = arguments.whole(resamples, "resamples", 2)
    check_room(trials, resamples)
    chosen = inputs.structural_choices(seen.scenarios) if structure else ()
    usual = {kind: kind for kind in (PARAMETERS, SHOCKS, *[STRUCTURE] * structure)}
    given = usual if groups is None else arguments.table(groups, "groups")
    found = inputs.grouped(seen.scenarios, given, chosen)
    *some, _ = subsets(len(found))
    taken = tuple(frozenset().union(*(found[k].streams for k in u)) for u in some)
    design = PickFreeze(size=trials, taken=taken)
    execution = Execution(workers=workers, engine=engine, progress=progress)
    values = seen.run(design.trials, seed, sampling=design, structure=chosen, execution=execution)
    rows = np.moveaxis(values.reshape(len(values), -1, trials), 0, -1)
    pairs = np.concatenate([rows[FIRST_GROUP:], rows[OTHER : OTHER + 1]])
    effects = vars(from_pairs((rows[OWN] - pairs) ** 2 / 2, len(found), resamples, seed))
    variables = {
        name: ("time" if name == "variance" else ("input", "time"), each) for name, each in effects.items()
    }
    return labelled(seen, found, variables, trials, seed, "Shapley effects")


def answer(found: xr.Dataset, at: int = -1) -> str:
    """Return the effects at a date in one sentence, the largest first."""
    here = found.isel(time=at)
    order = np.argsort(-here["effect"].values, kind="stable")
    parts = []
    for k in order:
        ends = (float(here[name].values[k]) for name in ("effect", "effect_low", "effect_high"))
        said = "{:.0f} % ({:.0f} to {:.0f})".format(*(100 * each for each in ends)).replace("-", "−")
        parts.append(f"{here['input'].values[k]} {said}")
    when = found["quarter"].values[at]
    return f"{found.attrs['text']}, {when}: of the variance, interactions divided, {', '.join(parts)}."
