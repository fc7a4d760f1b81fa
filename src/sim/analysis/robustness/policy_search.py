"""Which of many policies: screen all, drop what is dominated, double the trials, confirm on fresh ones.

`sim.analysis.robustness.race` has the method, on arrays.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.robustness import outcomes as over
from sim.analysis.robustness import policies as declared
from sim.analysis.robustness.pareto import front, hypervolume
from sim.analysis.robustness.policies import AIMS, NOTHING, Policy
from sim.analysis.robustness.race import (
    RESAMPLES,
    ROUNDS,
    TRIALS_OF_SCREEN,
    Race,
    race,
    resampled,
    winner,
)
from sim.numerics.elementary import Z95
from sim.runs.dataset import checked
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.vocabulary import amounts, arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, MissingField, OutOfBounds, UnknownName, WrongType, nearest

if TYPE_CHECKING:
    import xarray as xr

#: Combinations of policies, at most.
MOST = 512


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
        those of the file. With several, the Pareto front is looked for.
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

    Examples
    --------
    >>> found = sim.search(["mandate", "finance"], "baseline", "hhi@2035", "minimise", trials=16, rounds=1)
    >>> sim.plots.search(found)
    """
    import xarray as xr

    trials, rounds = arguments.whole(trials, "trials", 2), arguments.whole(rounds, "rounds", 1, 16)
    most, seed = arguments.whole(most, "most", 2), arguments.seed(seed)
    together = None if together is None else arguments.whole(together, "together", 1)
    arguments.instance(execution, Execution, "execution", "an Execution", "Give a sim.runs.trials.Execution.")
    start = declared.case_of(case, futures)
    named = declared.read(start) if start is not None else None
    loaded = declared.futures_of(futures if named is None else named.futures[0], start)
    known = declared.read(loaded[0].case)
    levels = _levels(policies, by, loaded[0].case)
    names, ways = _objectives(measures, aims, known)
    questions = [over.question_of(each, loaded[0], "measures") for each in names]
    maximise = [each == AIMS[0] for each in ways]
    declared.in_futures([each for own in levels for each in own], loaded)  # says what has no effect
    tried = combinations(levels, most, together)
    if len(tried) < 2:
        raise MissingField("", "policies", "nothing to choose from", "Name more.")

    # Most of them run twice at least: in the first round, and in a later one or on fresh trials.
    execution = execution.for_study(2 * len(tried) * len(loaded), trials)

    def evaluate(numbers: Sequence[int], first: int, count: int) -> Array:
        arms = [tried[k] for k in numbers]
        values = over.outcomes(arms, loaded, questions, count, seed, first, execution, is_checked=True)
        mean: Array = values.mean(axis=1)
        return mean

    found = race(evaluate, len(tried), maximise, trials, rounds, seed)
    mean, left = found.fresh.mean(axis=-1), list(found.left)
    reference = np.where(maximise, found.means.min(axis=0), found.means.max(axis=0))
    return xr.Dataset(
        {
            "dropped": ("policy", found.dropped),
            "searched": (("policy", "objective"), found.means),
            "searched_error": (("policy", "objective"), found.errors),
            **_fresh(found, maximise, seed),
            **_winners(found, maximise, [each.name for each in tried]),
        },
        {
            "policy": [each.name for each in tried],
            "policy_title": ("policy", [each.title for each in tried]),
            "objective": [each.key for each in questions],
            "aim": ("objective", list(ways)),
            "unit": ("objective", [each.measure.unit for each in questions]),
            "text": ("objective", [each.text(loaded[0].case) for each in questions]),
        },
        {
            "title": "search for policies",
            "futures": ", ".join(each.name for each in loaded),
            "trials": found.trials,
            "screened": trials,
            "rounds": int(max(found.dropped.max(), 1)),
            "seed": seed,
            "hypervolume": hypervolume(mean, reference, maximise),
            "hypervolume_searched": hypervolume(found.means[left], reference, maximise),
        },
    )


def _fresh(found: Race, maximise: Sequence[bool], seed: int) -> dict[str, Any]:
    """Return what the policies that are left came to on fresh trials, and which are in the front there."""
    many, left = len(found.dropped), list(found.left)
    mean = found.fresh.mean(axis=-1)
    margin = Z95 * found.fresh.std(axis=-1, ddof=1) / math.sqrt(found.trials)
    table = {}
    for name, values in (("fresh", mean), ("fresh_low", mean - margin), ("fresh_high", mean + margin)):
        table[name] = np.full((many, len(maximise)), np.nan)
        table[name][left] = values
    is_front, p_front = np.zeros(many, bool), np.zeros(many)
    is_front[left] = front(mean, maximise)
    again = resampled(found.fresh, maximise, np.random.default_rng(seed), RESAMPLES)
    p_front[left] = np.mean([front(each, [True] * len(maximise)) for each in again], axis=0)
    return {
        **{name: (("policy", "objective"), values) for name, values in table.items()},
        "is_front": ("policy", is_front),
        "p_front": ("policy", p_front),
    }


def _winners(found: Race, maximise: Sequence[bool], names: Sequence[str]) -> dict[str, Any]:
    """Return the best of the search in each objective, and its optimism with an interval."""
    best = [winner(found.searched[:, k], found.fresh[:, k], each) for k, each in enumerate(maximise)]
    optimism = np.array([each.optimism for each in best])
    margin = Z95 * np.array([each.error for each in best])
    return {
        "winner": ("objective", [names[found.left[each.policy]] for each in best]),
        "optimism": ("objective", optimism),
        "optimism_low": ("objective", optimism - margin),
        "optimism_high": ("objective", optimism + margin),
    }


def _levels(names: Any, by: Any, case: Any) -> list[tuple[Policy, ...]]:
    known = declared.read(case)
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
        f"{name} ({amounts.percent(share)})"
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
