"""What to watch: which observable, by when, tells two futures apart, or an event from its absence.

    AUC = P(value in a trial of the first kind > value in one of the second) + P(equal) / 2

One half is a coin, 1 and 0 are certain. It is looked at quarter by quarter, for every label of every
variable, with DeLong's interval; trials that two futures share count once. The threshold that tells best, and
how often it is right, come from different trials. Of many observables the best looks a little better than it
is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.compare import question
from sim.analysis.compare.measure import Measure, display_name, label_combinations
from sim.analysis.compare.paired import chosen
from sim.analysis.discovery import discovery, prim
from sim.analysis.discovery import draws as drawn
from sim.analysis.discovery.cases import SCENARIO
from sim.numerics.elementary import Z95
from sim.runs.dataset import checked, complete_trials, manifest, scenario_of
from sim.runs.form import COMMON
from sim.vocabulary import arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, InputError, OutOfBounds

if TYPE_CHECKING:
    import xarray as xr

#: From which AUC on something is worth watching.
LEVEL = 0.75

#: Fewer trials of a kind tell nothing.
_FEWEST = 10

#: The AUC of what tells nothing.
_COIN = 0.5


def auc(values: Array, is_first: Array) -> tuple[Array, Array, Array]:
    """Return how well values tell two kinds of trials apart, with its 95 % interval.

    That of DeLong and others (1988), with one trial more of each kind that tells nothing.

    Parameters
    ----------
    values : ndarray, shape (..., trial)
    is_first : ndarray of bool, shape (trial,)
        Which trials are of the first kind; there are some of both.

    Returns
    -------
    auc, low, high : ndarray, shape (...)
        Above one half where the first kind has the larger values; the interval is cut off at 0 and 1, and not
        a number where a kind has one trial.
    """
    is_first = np.asarray(is_first, bool)
    values = np.asarray(values, float)
    first, second = _placements(values[..., is_first], values[..., ~is_first])
    (one, error), (other, error_of_other) = _shrunk(first), _shrunk(second)
    return _interval(first.mean(axis=-1), (one + other) / 2.0, np.hypot(error, error_of_other))


def paired_auc(first: Array, second: Array) -> tuple[Array, Array, Array]:
    """Return the same for the values of the same trials in two futures.

    Parameters
    ----------
    first, second : ndarray, shape (..., trial)
        A trial is compared with all others, not with itself: only one of the two futures will come.
    """
    count = first.shape[-1]
    if count < 2:
        return auc(np.concatenate([first, second], axis=-1), np.repeat([True, False], count))
    one, two = _placements(np.asarray(first), np.asarray(second))
    itself = ((first > second) + 0.5 * (first == second)).mean(axis=-1)
    mean = (one.mean(axis=-1) * count - itself) / (count - 1)
    _, error = _shrunk((one + two) / 2.0)
    return _interval(mean, (mean * count + _COIN) / (count + 1), 2.0 * error)


def _placements(first: Array, second: Array) -> tuple[Array, Array]:
    """Return the part of the other kind that each value of the first is above, and of the second below.

    Both from one ordering: what is lower is counted along it, and ties count half.
    """
    m, n = first.shape[-1], second.shape[-1]
    values = np.concatenate([first, second], axis=-1)
    order = np.argsort(values, axis=-1)
    firsts = _count(order < m)
    start, end = _groups(np.take_along_axis(values, order, axis=-1))
    below, up_to = (np.take_along_axis(firsts, each, axis=-1) for each in (start, end))
    lower = np.empty(values.shape)
    np.put_along_axis(lower, order, (start + end - below - up_to) / (2 * n), axis=-1)  # of the second kind
    above = lower[..., :m].copy()
    np.put_along_axis(lower, order, (below + up_to) / (2 * m), axis=-1)  # of the first kind
    unknown = np.isnan(values).any(axis=-1, keepdims=True)
    return np.where(unknown, np.nan, above), np.where(unknown, np.nan, 1.0 - lower[..., m:])


def _count(marks: Array) -> Array:
    """Return how many are marked before each position, and in all at the end."""
    counted: Array = np.zeros((*marks.shape[:-1], marks.shape[-1] + 1), np.intp)
    np.cumsum(marks, axis=-1, out=counted[..., 1:])
    return counted


def _groups(ordered: Array) -> tuple[Array, Array]:
    """Return, of ordered values, where the group of equal ones that each is in begins and ends."""
    at = np.arange(ordered.shape[-1])
    is_new = np.ones(ordered.shape, bool)
    is_new[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    start = np.maximum.accumulate(np.where(is_new, at, 0), axis=-1)
    is_last = np.ones(ordered.shape, bool)
    is_last[..., :-1] = is_new[..., 1:]
    end = np.minimum.accumulate(np.where(is_last, at + 1, len(at))[..., ::-1], axis=-1)[..., ::-1]
    return start, end


def _shrunk(placements: Array) -> tuple[Array, Array]:
    """Return mean and standard error with one trial more, which tells nothing; not a number of one trial.

    Without it, few trials among which there is no mistake would make it certain that there never is one: of
    ten of a kind, an interval near 1 covers every other time. (As Agresti and Coull 1998 for a share.)
    """
    count = placements.shape[-1]
    mean = (placements.sum(axis=-1) + _COIN) / (count + 1)
    squares = ((placements - mean[..., None]) ** 2).sum(axis=-1) + (_COIN - mean) ** 2
    error = np.sqrt(squares / count / (count + 1))
    return mean, error if count > 1 else np.full_like(error, np.nan)


def _interval(found: Array, middle: Array, error: Array) -> tuple[Array, Array, Array]:
    margin = Z95 * error
    low, high = np.maximum(middle - margin, 0.0), np.minimum(middle + margin, 1.0)
    return found, np.minimum(low, found), np.maximum(high, found)


def best_threshold(values: Array, is_first: Array) -> tuple[Array, Array]:
    """Return the values that tell two kinds apart best, and whether the first kind is above them.

    The largest sum of the parts of both kinds that are recognised (Youden 1950), of the first kind "above" or
    "at or below"; half-way between two values.

    Parameters
    ----------
    values : ndarray, shape (..., case)
    is_first : ndarray, shape (case,)
        Of which kind each case is.
    """
    values, is_first = np.asarray(values), np.asarray(is_first, bool)
    many = int(is_first.sum())
    if many in (0, len(is_first)):
        return values[..., 0].astype(float), np.ones(values.shape[:-1], bool)
    order = np.argsort(values, axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1).astype(float)
    firsts = _count(is_first[order])[..., 1:-1]
    seconds = np.arange(1, len(is_first)) - firsts
    gain = (1.0 - firsts / many) - (1.0 - seconds / (len(is_first) - many))
    is_cut = ordered[..., 1:] != ordered[..., :-1]
    k = np.where(is_cut, np.abs(gain), -1.0).argmax(axis=-1)[..., None]
    best, low, high = (
        np.take_along_axis(each, k, axis=-1)[..., 0] for each in (gain, ordered[..., :-1], ordered[..., 1:])
    )
    has_cut = is_cut.any(axis=-1)
    return np.where(has_cut, (low + high) / 2.0, ordered[..., 0]), (best >= 0.0) | ~has_cut


def signposts(
    runs: xr.Dataset,
    *,
    between: Sequence[str] | None = None,
    event: str | None = None,
    box: xr.Dataset | None = None,
    scenario: str | None = None,
    scenarios: Any = None,
    variables: str | Iterable[str] | None = None,
    level: float = LEVEL,
    seed: int = SEED,
) -> xr.Dataset:
    """Return how well each observable tells, quarter by quarter, what is coming.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    between : pair of str, optional
        Two scenarios of the run: which of them is it?
    event : str, optional
        Such as ``"hhi@2035 > 0.5"``: will it happen? Observables are looked at up to then.
    box : xarray.Dataset, optional
        From `sim.discover` on the same run: what tells trials in the box from others?
    scenario : str, optional
        For an event or a box, of which scenario the trials are taken; the first by default.
    scenarios
        For a box, as for `sim.discover`.
    variables : str or iterable of str, optional
        Which; by default all of the result.
    level : float
        From which AUC on, certain to 95 %, an observable is worth watching; for its lead time.
    seed : int
        Of which trials the threshold is chosen on, and on which judged.

    Returns
    -------
    xarray.Dataset
        Dims measure, time: `auc` with its interval (`auc_low`, `auc_high`), above one half where the first
        kind (the first scenario, the event, the box) has larger values; `threshold`, and the parts of the
        first and of the second kind that it tells right (`sensitivity`, `specificity`). By measure `lead`,
        the years from when it tells at the level, to the end without a break, until the date of the event
        or the last quarter; NaN where it never does; and `since`, the position of that first
        quarter. Measures that tell earliest, then best, come first.

    Raises
    ------
    InputError
        If not exactly one of `between`, `event` and `box` is given, or there are too few trials of a kind.

    Examples
    --------
    >>> found = sim.signposts(runs, between=["fiscal_squeeze", "baseline"])
    >>> sim.plots.signposts(found)
    """
    import xarray as xr

    given = [
        name for name, each in (("between", between), ("event", event), ("box", box)) if each is not None
    ]
    if len(given) != 1:
        problem = f"{' and '.join(given) or 'nothing'} to tell apart"
        raise Contradiction("", "signposts", problem, "Give one of between, event and box.")
    if scenario is not None and between is not None:
        raise Contradiction("", "scenario", "goes with event or box", "Leave it out.")
    if scenarios is not None and box is None:
        raise Contradiction("", "scenarios", "goes with box", "Leave it out.")
    manifest(runs)
    runs = complete_trials(checked(runs, "scenario", "time", "trial"))
    names = chosen(runs, variables)
    mark = arguments.number(level, "level")
    if not 0.5 <= mark < 1.0:
        raise OutOfBounds("", "level", "out of range", "Give a number from 0.5 to below 1.", mark)
    seed = arguments.seed(seed)
    last = runs.sizes["time"]
    if between is not None:
        first, second = _two(runs, between)
        titles = [f"“{display_name(runs, 'scenario', each)}”" for each in (first, second)]
        kinds, about = None, " from ".join(titles)
        part = runs.sel(scenario=[first, second])
    else:
        name = scenario_of(runs, scenario)
        part = runs.sel(scenario=[name])
        if event is not None:
            asked = question.read(event, "event", with_mark=True)
            kinds, about = asked.is_met(asked.of(part).values[0]), f"{asked} from its absence"
            last = [str(each) for each in runs["quarter"].values].index(str(asked.quarter)) + 1
        else:
            kinds, about = _in_box(runs, box, name, scenarios), "the box from the rest"
        _check_kinds(kinds)
    part = part.isel(time=slice(0, last))
    measures = [Measure(each, where) for each in names for where in label_combinations(runs, each)]
    n_trials = part.sizes["trial"]
    is_chosen_on = np.random.default_rng(seed).permutation(n_trials) * 2 < n_trials
    rows, held = [], part[[]]
    for each in measures:
        if each.variable not in held:
            held = part[[each.variable]].compute()  # one at a time, and once
        rows.append(_one(each, held, kinds, is_chosen_on))
    grid = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    quarters = [str(each) for each in part["quarter"].values]
    since = _since(grid["auc_low"], grid["auc_high"], mark)
    lead = _years(quarters, since)
    strength = np.abs(grid["auc"][:, -1] - 0.5)
    order = np.lexsort([-strength, -np.nan_to_num(lead, nan=-1.0)])
    return xr.Dataset(
        {name: (("measure", "time"), values[order]) for name, values in grid.items()}
        | {"lead": ("measure", lead[order]), "since": ("measure", since[order])},
        {
            "measure": [measures[k].key for k in order],
            "text": ("measure", [measures[k].text(runs) for k in order]),
            "unit": ("measure", [measures[k].unit for k in order]),
            "time": part["time"].values,
            "quarter": ("time", quarters),
        },
        {**runs.attrs, "title": "signposts", "about": about, "level": mark, "measures": len(measures)},
    )


def _two(runs: xr.Dataset, between: Any) -> tuple[str, str]:
    remedy = "Give two scenarios of the run."
    pair = arguments.texts(between, "between", remedy)
    if len(pair) != 2 or pair[0] == pair[1]:
        raise InputError("", "between", "not two scenarios", remedy)
    return scenario_of(runs, pair[0], "between"), scenario_of(runs, pair[1], "between")


def _in_box(runs: xr.Dataset, box: Any, scenario: str, scenarios: Any) -> Array:
    """Return which trials of a scenario lie in a box."""
    checked(box, "box", "parameter", "side", name="box", remedy="Give what sim.discover returns.")
    limits = {name: each for name, each in discovery.box_of(box).items() if name != SCENARIO}
    _, draws = drawn.of(runs, scenarios)
    at = [each.name for each in draws.scenarios].index(scenario)
    columns = {name: draws.columns[name][at] for name in limits if name in draws.columns}
    if len(columns) < len(limits) or not limits:
        problem = "limits nothing that is uncertain in the run"
        raise InputError("", "box", problem, "Discover it in this run.")
    return prim.inside(limits, columns)


def _check_kinds(kinds: Array) -> None:
    rare = min(int(kinds.sum()), int((~kinds).sum()))
    if rare < _FEWEST:
        problem = f"one of the two kinds has {rare} of {len(kinds):,} trials"
        raise InputError("", "signposts", problem, "Choose another mark, or run more trials.")


def _one(measure: Measure, part: xr.Dataset, kinds: Array | None, is_chosen_on: Array) -> dict[str, Array]:
    """Return what is known of one observable, shape (time,) each."""
    values = part[measure.variable].sel(dict(measure.where)).transpose(*COMMON).values.astype(float)
    if kinds is None:
        found = paired_auc(values[0], values[1])
        flat, is_first = (
            np.concatenate([values[0], values[1]], axis=-1),
            np.repeat([True, False], values.shape[2]),
        )
        search = np.tile(is_chosen_on, 2)
    else:
        found, flat, is_first, search = auc(values[0], kinds), values[0], kinds, is_chosen_on
    cuts, is_above = best_threshold(flat[:, search], is_first[search])
    says_first = (flat[:, ~search] > cuts[:, None]) == is_above[:, None]
    truth = is_first[~search]
    return {
        "auc": found[0],
        "auc_low": found[1],
        "auc_high": found[2],
        "threshold": cuts,
        "sensitivity": _mean(says_first[:, truth]),
        "specificity": _mean(~says_first[:, ~truth]),
    }


def _mean(values: Array) -> Array:
    found: Array = values.mean(axis=-1) if values.shape[-1] else np.full(values.shape[:-1], np.nan)
    return found


def _since(low: Array, high: Array, level: float) -> Array:
    """Return from which of the quarters on an observable tells without a break; their number if from none."""
    tells = (low >= level) | (high <= 1.0 - level)
    without_break: Array = np.logical_and.accumulate(tells[:, ::-1], axis=1).sum(axis=1)
    found: Array = tells.shape[1] - without_break
    return found


def _years(quarters: Sequence[str], since: Array) -> Array:
    """Return the years from quarters to the last; not a number from none."""
    ordinals = np.array([Quarter.parse(each).ordinal for each in quarters])
    left = (ordinals[-1] - ordinals) / QUARTERS
    return np.where(since < len(left), left[np.minimum(since, len(left) - 1)], np.nan)


def answer(found: xr.Dataset) -> str:
    """Return what to watch, in a sentence with its error."""
    checked(found, "measure", "time", name="found", remedy="Give what sim.signposts returns.")
    about, top = found.attrs, found.isel(measure=0)
    many, level = about["measures"], about["level"]
    lead = float(top["lead"])
    if not np.isfinite(lead):
        at = top.isel(time=-1)
        return (
            f"None of {many} observables tells {about['about']} with an AUC that is surely above {level:g}; "
            f"the best at the end is {top['text'].item()!s} ({_auc(at)}; 0.5 is chance)."
        )
    at = top.isel(time=int(top["since"]))
    side = "Above" if float(at["auc"]) > 0.5 else "Below"
    right, left = (f"{100 * float(at[name]):.0f} of 100" for name in ("sensitivity", "specificity"))
    cut = f"{side} {in_digits(float(at['threshold']))} {at['unit'].item()}"
    return (
        f"Watch {top['text'].item()!s}: from {at['quarter'].item()} on, {lead:g} years before, it tells "
        f"{about['about']} ({_auc(at)}). {cut} it is the first, which is right in {right} trials of the "
        f"first kind and in {left} of the second. Best of {many} observables."
    )


def _auc(at: xr.Dataset) -> str:
    middle, low, high = (float(at[name]) for name in ("auc", "auc_low", "auc_high"))
    if middle < 0.5:
        middle, low, high = 1 - middle, 1 - high, 1 - low
    return f"AUC {middle:.2f}, {low:.2f} to {high:.2f}"
