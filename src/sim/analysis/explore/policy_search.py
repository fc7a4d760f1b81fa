"""Which of many policies: screen all, drop what is dominated, double the trials, confirm on fresh ones.

All policies meet the same trials. After each round a policy goes if another dominates it (is as good in every
objective and better in one) in more than 95 of 100 resamples; those that are left meet as many trials again.
The winner of a search looks better than it is, because it was chosen for it: those left at the end are run on
trials that none of them has met, and the difference is reported as the optimism of the winner.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.explore import policies as declared
from sim.analysis.explore import robustness as over
from sim.analysis.explore.policies import AIMS, NOTHING, Policy
from sim.numerics.elementary import Z95
from sim.runs.dataset import checked
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.vocabulary import arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, MissingField, OutOfBounds, UnknownName, WrongType, nearest

if TYPE_CHECKING:
    import xarray as xr

#: Trials of the first round, rounds, policies at most, resamples, and the chance from which one is dominated.
TRIALS_OF_SCREEN, ROUNDS, MOST, RESAMPLES, SURE = 256, 3, 512, 200, 0.95

#: Gives policies, by number, some trials: first trial and how many -> shape (policy, objective, trial).
Evaluate = Callable[[Sequence[int], int, int], Array]


def front(points: Array, maximise: Sequence[bool]) -> Array:
    """Return which points no other dominates; those that are alike stay together.

    Parameters
    ----------
    points : ndarray, shape (point, objective)
        A point that is not a number somewhere is never in the front.
    maximise : sequence of bool, one for each objective
        Whether more of it is better.

    Returns
    -------
    ndarray of bool, shape (point,)
    """
    good = _good(points, maximise)
    known = np.asarray(~np.isnan(good).any(axis=1))
    is_front: Array = known.copy()
    for k in np.flatnonzero(known):
        is_front[k] = not bool((known & dominates(good, good[k])).any())
    return is_front


def dominates(one_side: Array, other: Array) -> Array:
    """Return whether points are as good in every objective and better in one; more is better."""
    found = (one_side >= other).all(axis=-1) & (one_side > other).any(axis=-1)
    return np.asarray(found)


def hypervolume(points: Array, reference: Sequence[float], maximise: Sequence[bool] | None = None) -> float:
    """Return the volume between points and a reference that they are better than.

    Parameters
    ----------
    points : ndarray, shape (point, objective)
        What is not better than the reference in every objective adds nothing.
    reference : sequence of float
        One number for each objective.
    maximise : sequence of bool, optional
        Whether more is better; less is, by default.
    """
    table = np.asarray(points, float).reshape(-1, len(reference))
    sides = np.where([False] * len(reference) if maximise is None else list(maximise), -1.0, 1.0)
    below = (np.asarray(reference, float) - table) * sides
    inside = below[(below > 0.0).all(axis=1)]
    return _volume(inside) if len(inside) else 0.0


def _volume(sizes: Array) -> float:
    """Return the volume of the union of boxes from the origin, by slices along the last axis."""
    if sizes.shape[1] == 1:
        return float(sizes.max())
    ordered = sizes[np.argsort(-sizes[:, -1], kind="stable")]
    depth = ordered[:, -1] - np.append(ordered[1:, -1], 0.0)
    if sizes.shape[1] == 2:
        return float((np.maximum.accumulate(ordered[:, 0]) * depth).sum())
    return float(sum(_volume(ordered[: k + 1, :-1]) * each for k, each in enumerate(depth) if each > 0.0))


@dataclass(frozen=True)
class Winner:
    """The best of a search in one objective, and how it does on fresh trials.

    Parameters
    ----------
    policy : int
        Its number; the first of those that are level.
    searched, fresh : float
        Its mean on the trials of the search and on fresh ones.
    optimism, error : float
        By how much the search made it look better than it is, and the standard error.
    """

    policy: int
    searched: float
    fresh: float
    optimism: float
    error: float


def winner(searched: Array, fresh: Array, maximise: bool = True) -> Winner:
    """Return the best of a search, and the optimism that comes of having chosen it.

    Parameters
    ----------
    searched, fresh : ndarray, shape (policy, trial)
        Different trials.
    maximise : bool
        Whether more is better.
    """
    means = searched.mean(axis=1) * (1.0 if maximise else -1.0)
    best = int(np.where(np.isnan(means), -np.inf, means).argmax())
    first, second = float(searched[best].mean()), float(fresh[best].mean())
    error = math.sqrt(_variance_of_mean(searched[best]) + _variance_of_mean(fresh[best]))
    return Winner(best, first, second, (first - second) * (1.0 if maximise else -1.0), error)


def _variance_of_mean(values: Array) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else np.nan


@dataclass(frozen=True)
class Race:
    """How a search went.

    Parameters
    ----------
    left : tuple of int
        Policies that were not dropped.
    dropped : ndarray of int, shape (policy,)
        The round after which each was dropped, counted from 1; 0 for those left.
    means, errors : ndarray, shape (policy, objective)
        On all trials of the search that each met.
    searched, fresh : ndarray, shape (policy left, objective, trial)
        What those left came to, in the search and on fresh trials.
    trials : int
        Trials that those left met in the search.
    """

    left: tuple[int, ...]
    dropped: Array
    means: Array
    errors: Array
    searched: Array
    fresh: Array
    trials: int


def race(
    evaluate: Evaluate,
    policies: int,
    maximise: Sequence[bool],
    trials: int = TRIALS_OF_SCREEN,
    rounds: int = ROUNDS,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> Race:
    """Search: screen, drop what is dominated, double, confirm.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(numbers, first_trial, trials)`` of policies, shape (policy, objective, trial); trial k is
        the same for all of them.
    policies : int
        How many there are.
    maximise : sequence of bool
        Whether more is better, by objective.
    trials : int
        Of the first round; there are twice as many after each.
    rounds, seed, resamples : int
        How often; of the resamples, and how many.
    """
    left = list(range(policies))
    dropped = np.zeros(policies, int)
    means = np.full((policies, len(maximise)), np.nan)
    errors = means.copy()
    values = np.asarray(evaluate(left, 0, trials), float)
    draw = np.random.default_rng(seed)
    for turn in range(1, rounds + 1):
        means[left] = values.mean(axis=-1)
        errors[left] = values.std(axis=-1, ddof=1) / math.sqrt(values.shape[-1])
        is_left = ~dominated(values, maximise, draw, resamples)
        dropped[[k for k, stays in zip(left, is_left, strict=True) if not stays]] = turn
        left = [k for k, stays in zip(left, is_left, strict=True) if stays]
        values = values[is_left]
        if turn < rounds and len(left) > 1:
            done = values.shape[-1]
            more = np.asarray(evaluate(left, done, done), float)
            values = np.concatenate([values, more], axis=-1)
        elif len(left) == 1:
            break
    done = values.shape[-1]
    fresh = np.asarray(evaluate(left, done, done), float)
    return Race(tuple(left), dropped, means, errors, values, fresh, done)


def dominated(
    values: Array, maximise: Sequence[bool], draw: np.random.Generator, resamples: int = RESAMPLES
) -> Array:
    """Return which policies another dominates in more than `SURE` of the resamples of the trials.

    Parameters
    ----------
    values : ndarray, shape (policy, objective, trial)
    maximise : sequence of bool
    draw : Generator
    resamples : int

    Returns
    -------
    ndarray of bool, shape (policy,)
    """
    again = _resampled(values, maximise, draw, resamples)
    found = np.zeros(len(values), bool)
    for k in np.flatnonzero(front(values.mean(axis=-1), maximise)):
        found |= dominates(again[:, k : k + 1], again).mean(axis=0) > SURE
    return found


def _resampled(values: Array, maximise: Sequence[bool], draw: np.random.Generator, resamples: int) -> Array:
    """Return means of resampled trials, the same for all policies; more is better."""
    count = values.shape[-1]
    weights = draw.multinomial(count, np.full(count, 1.0 / count), size=resamples) / count
    again = np.einsum("pot,rt->rpo", values, weights)
    return _good(again, maximise)


def _good(values: Array, maximise: Sequence[bool]) -> Array:
    return np.asarray(values, float) * np.where(list(maximise), 1.0, -1.0)


def combinations(
    policies: Iterable[Sequence[Policy]], most: int = MOST, together: int | None = None
) -> list[Policy]:
    """Return every choice of a level, or of none, of each policy.

    Parameters
    ----------
    policies : iterable of sequence of Policy
        The levels of each.
    most : int
        How many there may be.
    together : int, optional
        How many policies are pursued at a time, at most.

    Raises
    ------
    OutOfBounds
        If there are more.
    """
    levels = [(None, *each) for each in policies]
    found: list[Policy] = []
    for choice in itertools.product(*levels):
        chosen = [each for each in choice if each is not None]
        if together is None or len(chosen) <= together:
            found.append(declared.together(chosen) if chosen else NOTHING)
        if len(found) > most:
            problem = f"more than {most:,} combinations"
            raise OutOfBounds("", "policies", problem, "Name fewer, or say how many go together.")
    return found


def search(
    policies: str | Iterable[str] | None = None,
    futures: Any = None,
    measures: str | Sequence[str] | None = None,
    aims: str | Sequence[str] | None = None,
    *,
    by: str | None = None,
    together: int | None = None,
    case: Any = None,
    trials: int = TRIALS_OF_SCREEN,
    rounds: int = ROUNDS,
    most: int = MOST,
    seed: int = SEED,
    execution: Execution = USUAL_EXECUTION,
) -> xr.Dataset:
    """Search the combinations of a case's policies for those that no other dominates.

    Parameters
    ----------
    policies : str or iterable of str, optional
        Of the case's policies.toml; all by default. Each adds none or one of its levels to a combination.
    futures : scenario, name, path or sequence of them, optional
        Outcomes are the mean over these; by default the first of the file.
    measures, aims : str or sequence of str, optional
        What is looked at and which way it is wanted, such as ``["hhi@2035"]``, ``["minimise"]``; by default
        those of the file. With several a front is looked for.
    by : str, optional
        Only policies of this state.
    together : int, optional
        How many policies are pursued at a time, at most.
    case : scenario, name or path, optional
        Whose case's file is read, where no futures are given; the baseline's by default.
    trials, rounds, most : int
        Trials of the first round, doubled after each; rounds; combinations at most.
    seed, execution
        As for `policy_outcomes`.

    Returns
    -------
    xarray.Dataset
        By policy: `dropped`, the round after which it went (0 if it is left); by policy and objective
        `searched` and its standard error `searched_error`, and for those left `fresh` with its 95 % interval
        (`fresh_low`, `fresh_high`) on trials that none had met. `is_front` and `p_front`, the share of
        resamples in which it is in the front, on fresh trials. By objective `winner`, and its `optimism` (in
        the unit, positive if it looked better than it is) with its interval. Attributes: the hypervolume of
        the front, search and fresh, from the worst mean of the search.

    Raises
    ------
    InputError
        If the case has no policies, a name is unknown, or there are too many combinations.
    """
    import xarray as xr

    trials, rounds = arguments.whole(trials, "trials", 2), arguments.whole(rounds, "rounds", 1, 16)
    most, seed = arguments.whole(most, "most", 2), arguments.seed(seed)
    together = None if together is None else arguments.whole(together, "together", 1)
    arguments.instance(execution, Execution, "execution", "an Execution", "Give a sim.runs.trials.Execution.")
    start = declared.case_of(case, futures)
    named = declared.declared(start) if start is not None else None
    world = declared.over(futures if named is None else named.futures[0], start)
    known = declared.declared(world[0].case)
    levels = _levels(policies, by, world[0].case)
    names, ways = _objectives(measures, aims, known)
    questions = [over.question_of(each, world[0], "measures") for each in names]
    maximise = [each == AIMS[0] for each in ways]
    declared.grid([each for own in levels for each in own], world)  # says what has no effect
    tried = combinations(levels, most, together)
    if len(tried) < 2:
        raise MissingField("", "policies", "nothing to choose from", "Name more.")

    # Most of them run twice at least: in the first round, and in a later one or on fresh trials.
    execution = execution.for_study(2 * len(tried) * len(world), trials)

    def evaluate(numbers: Sequence[int], first: int, count: int) -> Array:
        arms = [tried[k] for k in numbers]
        values = over.outcomes(arms, world, questions, count, seed, first, execution, is_checked=True)
        mean: Array = values.mean(axis=1)
        return mean

    found = race(evaluate, len(tried), maximise, trials, rounds, seed)
    left = list(found.left)
    table = {name: np.full((len(tried), len(names)), np.nan) for name in ("fresh", "fresh_low", "fresh_high")}
    mean = found.fresh.mean(axis=-1)
    margin = Z95 * found.fresh.std(axis=-1, ddof=1) / math.sqrt(found.trials)
    for name, each in (("fresh", mean), ("fresh_low", mean - margin), ("fresh_high", mean + margin)):
        table[name][left] = each
    is_front, p_front = np.zeros(len(tried), bool), np.zeros(len(tried))
    is_front[left] = front(mean, maximise)
    again = _resampled(found.fresh, maximise, np.random.default_rng(seed), RESAMPLES)
    p_front[left] = np.mean([front(each, [True] * len(names)) for each in again], axis=0)
    best = [winner(found.searched[:, k], found.fresh[:, k], each) for k, each in enumerate(maximise)]
    reference = np.where(maximise, found.means.min(axis=0), found.means.max(axis=0))
    both = ("policy", "objective")
    return xr.Dataset(
        {
            "dropped": ("policy", found.dropped),
            "searched": (both, found.means),
            "searched_error": (both, found.errors),
            **{name: (both, each) for name, each in table.items()},
            "is_front": ("policy", is_front),
            "p_front": ("policy", p_front),
            "winner": ("objective", [tried[left[each.policy]].name for each in best]),
            "optimism": ("objective", [each.optimism for each in best]),
            "optimism_low": ("objective", [each.optimism - Z95 * each.error for each in best]),
            "optimism_high": ("objective", [each.optimism + Z95 * each.error for each in best]),
        },
        {
            "policy": [each.name for each in tried],
            "policy_title": ("policy", [each.title for each in tried]),
            "objective": [each.key for each in questions],
            "aim": ("objective", list(ways)),
            "unit": ("objective", [each.measure.unit for each in questions]),
            "text": ("objective", [each.text(world[0].case) for each in questions]),
        },
        {
            "title": "search for policies",
            "futures": ", ".join(each.name for each in world),
            "trials": found.trials,
            "screened": trials,
            "rounds": int(max(found.dropped.max(), 1)),
            "seed": seed,
            "hypervolume": hypervolume(mean, reference, maximise),
            "hypervolume_searched": hypervolume(found.means[left], reference, maximise),
        },
    )


def _levels(names: Any, by: Any, case: Any) -> list[tuple[Policy, ...]]:
    known = declared.declared(case)
    if known is None or not known.policies:
        problem = f"the case {case.name} declares none"
        raise MissingField("", "policies", problem, "Add policies.toml to its folder.")
    wanted = (
        list(known.policies)
        if names is None
        else list(arguments.texts(names, "policies", "Give names of policies."))
    )
    found = []
    for name in wanted:
        levels = known.named(name)
        if not levels:
            remedy = nearest(name, [*known.policies, *(each.name for each in known.all)], "policies")
            raise UnknownName("", "policies", "no such policy: {value}", remedy, name)
        found.append(levels)
    if by is not None:
        state = arguments.text(by, "by")
        states = list(dict.fromkeys(each.by[0] for each in known.all))
        if state not in states:
            raise UnknownName("", "by", "has no policies: {value}", nearest(state, states, "states"), state)
        found = [each for each in found if state in each[0].by]
    if not found:
        raise MissingField("", "policies", "none is left to choose from", "Name more.")
    return found


def _objectives(measures: Any, aims: Any, known: Any) -> tuple[list[str], list[str]]:
    if measures is None and known is None:
        raise MissingField("", "measures", "none is named, and the case declares none", 'Such as "hhi@2035".')
    example = 'Give texts, such as ["hhi@2035"].'
    names = [known.measure] if measures is None else list(arguments.texts(measures, "measures", example))
    if not names:
        raise MissingField("", "measures", "none is named", example)
    if len(set(names)) < len(names):
        raise Contradiction("", "measures", "one is named twice", "Name each once.")
    if aims is None:
        return names, [known.aim if known is not None else AIMS[0]] * len(names)
    given = arguments.texts(aims, "aims", "Give one for each measure.")
    ways = [arguments.chosen(each, "aims", AIMS) for each in given]
    if len(ways) != len(names):
        raise WrongType("", "aims", f"{len(ways)} aims for {len(names)} measures", "Give one for each.")
    return names, ways


def answers(found: xr.Dataset) -> list[str]:
    """Return what was found, in sentences with their error."""
    checked(found, "policy", "objective", name="found", remedy="Give what sim.search returns.")
    about, many = found.attrs, found.sizes["policy"]
    left = int((found["dropped"] == 0).sum())
    inside = [
        f"{name} ({100 * share:.0f} %)"
        for name, share, is_in in zip(
            found["policy"].values, found["p_front"].values, found["is_front"].values, strict=True
        )
        if is_in
    ]
    said = [
        f"Of {many} policies {left} are left after {about['trials']:,} trials; on as many fresh ones "
        f"{', '.join(inside)} {'is not' if len(inside) == 1 else 'are not'} dominated (in brackets in which "
        "share of resamples)."
    ]
    for k, name in enumerate(str(each) for each in found["objective"].values):
        here = found.isel(objective=k)
        best = here.sel(policy=str(here["winner"].item()))
        level, low, high = (in_digits(float(best[each])) for each in ("fresh", "fresh_low", "fresh_high"))
        optimism = [
            in_digits(float(here[each]), is_signed=True).replace("-", "−")
            for each in ("optimism", "optimism_low", "optimism_high")
        ]
        said.append(
            f"{name}: the best of the search, {best['policy'].item()}, comes to {level} ({low} to {high}) "
            f"on fresh trials; the search made it look better by {optimism[0]} ({optimism[1]} to "
            f"{optimism[2]})."
        )
    return said
