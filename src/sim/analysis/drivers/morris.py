"""Screening by elementary effects (Morris 1991): which of many inputs matter at all, for few runs.

An effect is the change of the outcome by a step of one input, over the length of the step, in the unit cube.
mu* is the mean of absolute effects (Campolongo, Cariboni and Saltelli 2007), mu that of effects, sigma their
standard deviation: large beside mu* where the input acts by interactions or not in proportion. The floor is
what a dummy gives, which the outcome does not depend on: zero for a function, and for trials what other
shocks alone do.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.drivers import inputs, subject
from sim.analysis.drivers.inputs import PARAMETER, SHOCKS, Input
from sim.analysis.drivers.sensitivity import MEASURE, labelled
from sim.design.pick_freeze import Trajectories
from sim.numerics.elementary import Z95
from sim.runs import dataset as results
from sim.runs.experiment import Execution, Progress
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import OutOfBounds

if TYPE_CHECKING:
    import xarray as xr

#: Trajectories of a study, and levels of each input, unless others are asked for.
TRAJECTORIES, LEVELS = 64, 4

#: Part of the probability of a prior that the levels span, from its middle: its ends may be far out.
SPANNED = 0.95

#: What the floor is called.
DUMMY = "other shocks"

#: Points of a grid that are enumerated without being asked twice.
_MOST_POINTS = 10_000_000


@dataclass(frozen=True)
class Effects:
    """Statistics of elementary effects, each of shape (input, ...), with the 95 % interval of mu*."""

    mu_star: Array
    mu_star_low: Array
    mu_star_high: Array
    mu: Array
    sigma: Array


def from_effects(effects: Array, is_all: bool = False) -> Effects:
    """Return the statistics of effects, shape (input, trajectory, ...), of those that are finite.

    Parameters
    ----------
    effects : ndarray
    is_all : bool
        Whether there are no others: then nothing is estimated, and the interval has no width.
    """
    effects = np.where(np.isfinite(effects), effects, np.nan)
    count = np.isfinite(effects).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.nansum(effects, axis=1)
        mu, mu_star = total / count, np.nansum(np.abs(effects), axis=1) / count
        freedom = count if is_all else count - 1
        sigma, star = (
            np.sqrt(np.nansum((values - np.expand_dims(middle, 1)) ** 2, axis=1) / np.maximum(freedom, 0))
            for values, middle in ((effects, mu), (np.abs(effects), mu_star))
        )
        margin = np.zeros_like(star) if is_all else Z95 * star / np.sqrt(count)
    return Effects(mu_star, mu_star - margin, mu_star + margin, mu, sigma)


def of_function(
    function: Callable[[Array], Array],
    n_inputs: int,
    trajectories: int = TRAJECTORIES,
    levels: int = LEVELS,
    seed: int = SEED,
) -> Effects:
    """Return the statistics of elementary effects of a function, along random trajectories.

    Parameters
    ----------
    function : callable
        Takes points of the unit cube, shape (point, input), and returns outcomes, shape (point, ...).
    n_inputs : int
    trajectories, levels : int
        Of each input an effect per trajectory; the levels are an even number.
    seed : int

    Returns
    -------
    Effects
        The last input is a dummy: the function once more at the beginning of each trajectory.
    """
    n_inputs, trajectories = (
        arguments.whole(n_inputs, "n_inputs", 1),
        arguments.whole(trajectories, "trajectories", 2),
    )
    walk = _walk(n_inputs, trajectories, levels, seed)
    moved = np.arange(n_inputs + 1)[:, None, None] > walk.position[None]
    points = np.where(moved, walk.moved, walk.base)
    points = np.concatenate([points, points[:1]])
    shape = points.shape[:2]
    outcomes = np.asarray(function(points.reshape(-1, n_inputs)), dtype=float)
    return from_effects(_effects(outcomes.reshape(*shape, *outcomes.shape[1:]), walk))


def enumerated(function: Callable[[Array], Array], n_inputs: int, levels: int = LEVELS) -> Effects:
    """Return the statistics over all elementary effects on the grid: no sampling, for few inputs."""
    n_inputs, step = arguments.whole(n_inputs, "n_inputs", 1), _step(levels)
    if levels**n_inputs > _MOST_POINTS:
        raise OutOfBounds("", "n_inputs", f"{levels}^{n_inputs} points are too many", "Take of_function.")
    grid = np.array(list(itertools.product(np.arange(levels) / (levels - 1), repeat=n_inputs)))
    effects = []
    for k in range(n_inputs):
        start = grid[np.round(grid[:, k] * (levels - 1)) < levels // 2]
        end = start + step * (np.arange(n_inputs) == k)
        effects.append((np.asarray(function(end), float) - np.asarray(function(start), float)) / step)
    return from_effects(np.stack(effects), is_all=True)


def morris(
    scenario: Scenario | str,
    measure: str = MEASURE,
    *,
    against: Scenario | str | None = None,
    groups: str | Mapping[str, Any] = PARAMETER,
    trials: int = TRAJECTORIES,
    levels: int = LEVELS,
    seed: int = SEED,
    workers: int | None = None,
    engine: str = results.AUTO,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return elementary effects of the uncertain parameters on a number: a screening for few trials.

    Parameters
    ----------
    scenario, measure, against, seed, workers, engine, progress
        As for `sim.sensitivity`.
    groups : str or mapping
        As there; the elements of a group move together, each up or down, and of groups mu means nothing.
    trials : int
        Trajectories; each is inputs + 2 trials with the same shocks.
    levels : int
        An even number of levels of each input, evenly spread over the middle 95 % of its prior.

    Returns
    -------
    xarray.Dataset
        Dims input, time: `mu_star` with its 95 % interval, `mu`, `sigma`, in the unit of the measure for a
        move over the whole of the levels. The input "other shocks" is the floor.

    Raises
    ------
    InputError
        If there is no such scenario, measure or group, or the levels are odd.

    Examples
    --------
    >>> found = sim.morris("baseline", "hhi@2035", groups="mechanism", trials=16)
    >>> sim.plots.morris(found)
    """
    seen = subject.read(scenario, measure, against)
    trials, seed = arguments.whole(trials, "trials", 2), arguments.seed(seed)
    _step(levels)
    found = [each for each in inputs.grouped(seen.scenarios, groups) if each.kind != SHOCKS]
    walk = _walk(len(found), trials, levels, seed)
    generator = np.random.default_rng([seed, 1])
    levels_of: dict[str, tuple[Array, Array, Array]] = {}
    for k, each in enumerate(found):
        for stream in sorted(each.streams):
            alone = len(each.streams) == 1
            own = walk if alone else _walk(1, trials, levels, int(generator.integers(2**31)))
            column = k if alone else 0
            ends = (_probability(own.base[:, column]), _probability(own.moved[:, column]))
            levels_of[stream] = (walk.position[:, k], *ends)
    design = Trajectories(size=trials, steps=len(found), levels=levels_of)
    execution = Execution(workers=workers, engine=engine, progress=progress)
    values = seen.run(design.trials, seed, sampling=design, execution=execution)
    outcomes = np.moveaxis(values.reshape(len(values), -1, trials), 0, -1)
    effects = from_effects(_effects(outcomes, walk))
    listed = [*found, Input(DUMMY, SHOCKS, frozenset())]
    variables = {name: (("input", "time"), each) for name, each in vars(effects).items()}
    return labelled(seen, listed, variables, trials, seed, "elementary effects")


@dataclass(frozen=True)
class _Walk:
    """Trajectories: where each input begins and ends, and the turn at which it moves, (trajectory, input)."""

    base: Array
    moved: Array
    position: Array
    step: float


def _walk(n_inputs: int, trajectories: int, levels: int, seed: int) -> _Walk:
    step = _step(levels)
    generator = np.random.default_rng(arguments.seed(seed))
    shape = (trajectories, n_inputs)
    low = generator.integers(levels // 2, size=shape) / (levels - 1)
    is_upward = generator.random(shape) < 0.5
    position = np.argsort(generator.random(shape), axis=1)
    return _Walk(np.where(is_upward, low, low + step), np.where(is_upward, low + step, low), position, step)


def _step(levels: int) -> float:
    """Return the step that makes all levels equally likely."""
    levels = arguments.whole(levels, "levels", 2)
    if levels % 2:
        raise OutOfBounds("", "levels", f"{levels} is odd", "Give an even number, such as 4.")
    return levels / (2 * (levels - 1))


def _effects(outcomes: Array, walk: _Walk) -> Array:
    """Return effects, shape (input or dummy, trajectory, ...), of outcomes (inputs + 2, trajectory, ...)."""
    n_inputs = walk.base.shape[1]
    rows = np.arange(len(walk.base))
    found = []
    for k in range(n_inputs):
        turn = walk.position[:, k]
        change = outcomes[turn + 1, rows] - outcomes[turn, rows]
        length = walk.moved[:, k] - walk.base[:, k]
        found.append(change / length.reshape(-1, *[1] * (change.ndim - 1)))
    found.append((outcomes[n_inputs + 1] - outcomes[0]) / walk.step)
    return np.stack(found)


def _probability(level: Array) -> Array:
    """Return the probability of a prior at levels of the unit interval."""
    return (1.0 - SPANNED) / 2.0 + SPANNED * level


def answer(found: xr.Dataset, at: int = -1) -> str:
    """Return in one sentence which input moves the measure most, and how many do more than other shocks."""
    here = found.isel(time=at)
    names = [str(each) for each in here["input"].values]
    star = here["mu_star"].values
    floor = here.sel(input=DUMMY)
    about = f"{found.attrs['text']}, {found['quarter'].values[at]}:"
    first = int(np.nanargmax(star[:-1])) if np.isfinite(star[:-1]).any() else 0
    low, high = (float(here[f"mu_star_{end}"].values[first]) for end in ("low", "high"))
    above = int((here["mu_star_low"].values[:-1] > float(floor["mu_star_high"])).sum())
    ends = f"({in_digits(low)} to {in_digits(high)})"
    size = f"{in_digits(star[first])} {ends} on average over the middle of its prior"
    noise = in_digits(float(floor["mu_star"]))
    if not above:
        return (
            f"{about} none of {len(names) - 1} inputs surely moves it more than other shocks alone do "
            f"({noise}), so their order says nothing; the largest is {names[first]}, {size}."
        )
    return (
        f"{about} {names[first]} moves it most, by {size}; {above} of {len(names) - 1} inputs move it more "
        f"than other shocks alone do ({noise})."
    )
