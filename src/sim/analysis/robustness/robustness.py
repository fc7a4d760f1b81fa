"""Which policy holds up when it is not known which future comes.

What policies come to (`sim.analysis.robustness.outcomes`) is judged by the criteria of
`sim.analysis.robustness.criteria`, each with an interval by bootstrap and the probability of every rank. A
resample draws trials with all their policies and futures, so that what is common to them cancels in
differences, as in the run itself. The error is that of the trials: the futures are not a sample of anything,
and which of them are in the list decides as much as any criterion does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.robustness import policies as declared
from sim.analysis.robustness.criteria import (
    AVERSION,
    CRITERIA,
    PERCENTILE,
    PESSIMISM,
    TAIL,
    Criterion,
    ranks,
)
from sim.analysis.robustness.policies import AIMS
from sim.runs.dataset import checked
from sim.vocabulary import amounts, arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import MissingField, OutOfBounds, WrongType

if TYPE_CHECKING:
    import xarray as xr

#: Resamples of the trials, and the quantiles that end a 95 % interval.
RESAMPLES, ENDS = 500, (0.025, 0.975)

#: The criteria of which amounts are said: a mean over futures, and how much is lost at most.
LEVEL, REGRET = "laplace", "minimax_regret"

#: How errors say what is wanted.
_OUTCOMES = "Give what sim.policy_outcomes returns, or a dataset with outcome(policy, future, trial)."


def robustness(
    outcomes: xr.Dataset,
    aim: str | None = None,
    *,
    criteria: Iterable[str] | str | None = None,
    mark: float | None = None,
    pessimism: float = PESSIMISM,
    percentile: float = PERCENTILE,
    tail: float = TAIL,
    aversion: float = AVERSION,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> xr.Dataset:
    """Judge policies by criteria of robustness.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From `policy_outcomes`, or of your own: `outcome` with dims policy, future, trial.
    aim : {"maximise", "minimise"}, optional
        Which way the outcome is wanted; by default what the dataset says in its attribute `aim`, else
        "maximise".
    criteria : str or iterable of str, optional
        Which; by default all, the domain criterion if there is a `mark`.
    mark : float, optional
        Value to be met, for the domain criterion.
    pessimism, percentile, tail, aversion : float
        Weight of the worst future (Hurwicz); percentile of the regret; part of the outcomes that is the
        tail; price of a standard deviation.
    resamples : int
        Of the bootstrap, behind the intervals; 0 for none.
    seed : int
        Of the resamples.

    Returns
    -------
    xarray.Dataset
        Dims criterion, policy: `value` in the unit of the outcome (skew, peakedness and domain have none)
        with its 95 % interval (`low`, `high`); `rank`, the mean of those shared; `p_first`, the share of
        resamples in which the policy is first (those that are level share it); `behind`, by how much it is
        behind the best, with its interval. `p_rank`, with dim place, beside. `formula`, `is_more_better` by
        criterion. Without trials to resample (one, or `resamples` 0) intervals and probabilities are NaN.

    Raises
    ------
    InputError
        If there is no such outcome, criterion or weight.

    Examples
    --------
    >>> outcomes = sim.policy_outcomes(["mandate", "finance"], ["baseline"], "hhi@2035", trials=64)
    >>> found = sim.robustness(outcomes, "minimise", mark=0.4)
    >>> sim.plots.criteria_map(found)
    """
    import xarray as xr

    values, said = _values(outcomes)
    maximise = arguments.chosen(said if aim is None else aim, "aim", AIMS) == AIMS[0]
    settings = {
        "pessimism": _within(pessimism, "pessimism", 0.0, 1.0),
        "percentile": _within(percentile, "percentile", 0.0, 100.0),
        "tail": _within(tail, "tail", 0.0, 1.0, is_open=True),
        "aversion": _within(aversion, "aversion", 0.0, np.inf),
        "mark": None if mark is None else arguments.number(mark, "mark"),
    }
    chosen = _chosen(criteria, settings)
    resamples, seed = arguments.whole(resamples, "resamples"), arguments.seed(seed)
    found = evaluate(values, chosen, maximise, settings)
    again = bootstrap(values, chosen, maximise, settings, resamples, seed)
    sign = np.array([1.0 if each.more_is_better(maximise) else -1.0 for each in chosen])[:, None]
    better = found * sign
    first = np.where(np.isnan(better), -np.inf, better).argmax(axis=1)
    behind = _gap(better, first)
    shape = ("criterion", "policy")
    with np.errstate(invalid="ignore"):
        low, high = _ends(again)
        gap_low, gap_high = _ends(_gap(again * sign, first))
        p_rank = ranks(again * sign).sum(axis=0) / (len(again) or np.nan)
    places = ranks(better)
    rank = (places * np.arange(1, better.shape[1] + 1)).sum(axis=-1)
    return xr.Dataset(
        {
            "value": (shape, found),
            "low": (shape, low),
            "high": (shape, high),
            "rank": (shape, np.where(np.isnan(better), np.nan, rank)),
            "p_first": (shape, p_rank[..., 0]),
            "behind": (shape, behind),
            "behind_low": (shape, gap_low),
            "behind_high": (shape, gap_high),
            "p_rank": ((*shape, "place"), p_rank),
        },
        {
            "criterion": [each.name for each in chosen],
            "criterion_text": ("criterion", [each.text for each in chosen]),
            "formula": ("criterion", [each.said(settings, maximise) for each in chosen]),
            "is_more_better": ("criterion", [each.more_is_better(maximise) for each in chosen]),
            "place": np.arange(1, better.shape[1] + 1),
            **{name: each for name, each in outcomes.coords.items() if each.dims == ("policy",)},
        },
        {
            **outcomes.attrs,
            "title": "robustness of policies",
            "aim": AIMS[0] if maximise else AIMS[1],
            "futures": values.shape[1],
            "trials": values.shape[2],
            "resamples": len(again),
        },
    )


def evaluate(values: Array, criteria: Sequence[Criterion], maximise: bool, settings: dict[str, Any]) -> Array:
    """Return the criteria of policies.

    Parameters
    ----------
    values : ndarray, shape (policy, future, trial)
    criteria : sequence of Criterion
    maximise : bool
    settings : dict
        What the criteria take beside, by name.

    Returns
    -------
    ndarray, shape (criterion, policy)
    """
    means, every = values.mean(axis=-1), values.reshape(len(values), -1)
    return np.stack(
        [
            each.function(
                every if each.is_of_trials else means,
                maximise,
                **{name: settings[name] for name in each.settings},
            )
            for each in criteria
        ]
    )


def bootstrap(
    values: Array,
    criteria: Sequence[Criterion],
    maximise: bool,
    settings: dict[str, Any],
    resamples: int,
    seed: int,
) -> Array:
    """Return the criteria of resampled trials, the same trials for all policies and futures.

    Returns
    -------
    ndarray, shape (resample, criterion, policy)
        Without any resample where there is one trial.
    """
    n_trials = values.shape[-1]
    if n_trials < 2:
        resamples = 0
    draw = np.random.default_rng(seed)
    found = [
        evaluate(values[..., draw.integers(0, n_trials, n_trials)], criteria, maximise, settings)
        for _ in range(resamples)
    ]
    return np.stack(found) if found else np.empty((0, len(criteria), len(values)))


def _values(outcomes: Any) -> tuple[Array, str]:
    """Return the outcomes of a dataset, shape (policy, future, trial), and which way they are wanted."""
    data = checked(outcomes, "policy", "future", name="outcomes", remedy=_OUTCOMES)
    if "outcome" not in data or set(data["outcome"].dims) - {"policy", "future", "trial"}:
        raise WrongType("", "outcomes", "has no outcome of policies, futures and trials", _OUTCOMES)
    array = data["outcome"]
    array = array if "trial" in array.dims else array.expand_dims("trial")
    values = array.transpose("policy", "future", "trial").values
    if values.dtype.kind not in "fiub" or not values.size:
        raise WrongType("", "outcomes", "holds no numbers", _OUTCOMES)
    return values.astype(float), str(data.attrs.get("aim", AIMS[0]))


def _chosen(names: Iterable[str] | str | None, settings: dict[str, Any]) -> list[Criterion]:
    known = {each.name: each for each in CRITERIA}
    without = settings["mark"] is None
    if names is None:
        return [each for each in CRITERIA if not (without and "mark" in each.settings)]
    remedy = f"Give some of: {', '.join(known)}."
    wanted = arguments.texts(names, "criteria", remedy)
    if not wanted:
        raise MissingField("", "criteria", "none is named", remedy)
    found = [known[arguments.chosen(name, "criteria", tuple(known))] for name in dict.fromkeys(wanted)]
    if without and any("mark" in each.settings for each in found):
        raise MissingField("", "mark", "the domain criterion needs it", "Give the number to be met.")
    return found


def _within(value: Any, name: str, low: float, high: float, is_open: bool = False) -> float:
    number = arguments.number(value, name)
    if not low <= number <= high or (is_open and number == low):
        upto = f" and at most {high:g}" if np.isfinite(high) else ""
        least = "above" if is_open else "at least"
        raise OutOfBounds("", name, "out of range", f"Give a number {least} {low:g}{upto}.", number)
    return number


def _gap(better: Array, first: Array) -> Array:
    """Return by how much each policy is behind one, by criterion."""
    ahead = better[..., np.arange(len(first)), first]
    with np.errstate(invalid="ignore"):
        gap: Array = ahead[..., None] - better
    # What is as good, also where that is without end, is behind by nothing.
    return np.where(ahead[..., None] == better, 0.0, gap)


def _ends(again: Array) -> tuple[Array, Array]:
    """Return the ends of the 95 % intervals."""
    if not len(again):
        blank = np.full(again.shape[1:], np.nan)
        return blank, blank
    low, high = np.quantile(again, ENDS, axis=0)
    return low, high


def answers(found: xr.Dataset) -> list[str]:
    """Return what robustness says, in sentences with their error.

    Parameters
    ----------
    found : xarray.Dataset
        From `robustness`.
    """
    checked(found, "criterion", "policy", name="found", remedy="Give what sim.robustness returns.")
    policies = [str(each) for each in found["policy"].values]
    shown = found["policy_title"].values if "policy_title" in found.coords else policies
    titles = dict(zip(policies, map(str, shown), strict=True))
    texts, rank = found["criterion_text"].values, found["rank"].values
    by_first: dict[tuple[str, ...], list[int]] = {}
    for k, row in enumerate(rank):
        if leaders := tuple(policies[number] for number in _leaders(row)):
            by_first.setdefault(leaders, []).append(k)
    said = []
    for leaders, rows in sorted(by_first.items(), key=lambda pair: -len(pair[1])):
        names = " and ".join(f"“{titles[name]}”" for name in leaders)
        columns = [policies.index(name) for name in leaders]
        chances = found["p_first"].values[rows][:, columns].sum(axis=1)
        named, each_time = _named([str(texts[k]) for k in rows], chances)
        verb = "is" if len(leaders) == 1 else "are level and"
        said.append(f"{names} {verb} first by {len(rows)} of {len(rank)} criteria{each_time}: {named}.")
    return [*said, *_levels(found, titles), *_regrets(found, titles)]


def value_text(criterion: str, value: float, low: float, high: float) -> str:
    """Return what a criterion says of a policy with its 95 % interval; of what is never behind, in words."""
    if criterion == REGRET and value == 0.0:
        rest = f"; up to {amounts.number(high)} at 95 %" if high > 0.0 else ""
        return f"none: never beaten in any future{rest}"
    return with_ends(value, low, high)


def with_ends(value: float, low: float, high: float) -> str:
    """Return a number with its interval, where there is one."""
    ends = f" ({amounts.number(low)} to {amounts.number(high)})" if np.isfinite(low) else ""
    return f"{amounts.number(value)}{ends}"


def _named(criteria: Sequence[str], chances: Array) -> tuple[str, str]:
    """Return the criteria, with the share of resamples, and what holds for all of them."""
    if not np.isfinite(chances).all():
        return ", ".join(criteria), ""
    shares = [amounts.percent(each) for each in chances]
    if len(criteria) > 1 and len(set(shares)) == 1:
        return ", ".join(criteria), f", each in {shares[0]} of resamples"
    shares[0] = f"in {shares[0]} of resamples"
    return ", ".join(f"{name} ({each})" for name, each in zip(criteria, shares, strict=True)), ""


def _first(found: xr.Dataset, criterion: str) -> xr.Dataset | None:
    """Return what a criterion says of its first policy, if there is one alone."""
    if criterion not in found["criterion"].values:
        return None
    here = found.sel(criterion=criterion)
    leaders = _leaders(here["rank"].values)
    return here.isel(policy=leaders[0]) if len(leaders) == 1 else None


def _leaders(rank: Array) -> list[int]:
    """Return the numbers of the policies of the least rank; of none that have no rank."""
    known = np.where(np.isfinite(rank), rank, np.inf)
    return [int(k) for k in np.flatnonzero(np.isfinite(rank) & (known == known.min()))]


def _levels(found: xr.Dataset, titles: dict[str, str]) -> list[str]:
    """Return what the policy that is first on average comes to, and how much is gained by it."""
    first = _first(found, LEVEL)
    if first is None:
        return []
    name, attrs = str(first["policy"].item()), found.attrs
    what = f"{attrs['text']}, {attrs['measure'].partition('@')[2]}" if "text" in attrs else "Outcome"
    about = f"{what}: {_ends_of(first, 'value')} on average over the futures with “{titles[name]}”"
    if name == declared.UNCHANGED or declared.UNCHANGED not in titles:
        return [f"{about}."]
    other = found.sel(criterion=LEVEL, policy=declared.UNCHANGED)
    word = "more" if bool(first["is_more_better"]) else "less"
    return [f"{about}, {_ends_of(other, 'behind')} {word} than with no change."]


def _regrets(found: xr.Dataset, titles: dict[str, str]) -> list[str]:
    """Return by how much the policy of the least regret is behind the best at most."""
    first = _first(found, REGRET)
    if first is None:
        return []
    title = titles[str(first["policy"].item())]
    value, low, high = (float(first[each]) for each in ("value", "low", "high"))
    if value == 0.0:
        rest = f"; at 95 % it may be behind by up to {amounts.number(high)}" if high > 0.0 else ""
        return [f"“{title}” is never beaten in any future{rest}."]
    return [f"“{title}” is behind the best by {with_ends(value, low, high)} at most, whichever future comes."]


def _ends_of(of: xr.Dataset, name: str) -> str:
    ends = ("low", "high") if name == "value" else (f"{name}_low", f"{name}_high")
    return with_ends(float(of[name]), *(float(of[each]) for each in ends))
