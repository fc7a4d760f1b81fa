"""When does it happen: boxes of the parameters in which an event is frequent, and how much of it they hold.

The event is a number beyond a mark in a trial of a finished run. Boxes are peeled on some of the trials
(`sim.analysis.explore.prim`) and judged on the others, which were not used to find them: coverage and density
on the trials of the search are too good. Scenarios of the run, structural variants among them, are the
categories of one more variable. What the shocks do in a trial is in no box: density is bounded by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.explore import draws as drawn
from sim.analysis.explore import prim, question, shares
from sim.analysis.explore.draws import Draws
from sim.analysis.explore.prim import MASS, PEEL, Box, Limit
from sim.analysis.explore.question import Question
from sim.parameter.distributions import Choice, Uniform
from sim.parameter.elements import Element
from sim.parameter.posterior import Column
from sim.runs.dataset import checked
from sim.scenario import changes as differences
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, InputError, OutOfBounds

if TYPE_CHECKING:
    import xarray as xr

#: The variable whose categories are the scenarios of the run.
SCENARIO = "scenario"

#: Part of the trials on which boxes are judged, resamples for how often a limit is found, values of a
#: distribution that is cut off.
HELD_OUT, RESAMPLES, VALUES = 0.5, 50, 20

#: Fewer trials of the event than this cannot be divided.
_FEWEST = 10


def discover(
    runs: xr.Dataset,
    event: str,
    *,
    scenarios: Scenario | str | Iterable[Scenario | str] | None = None,
    parameters: str | Iterable[str] | None = None,
    box: int | None = None,
    peel: float = PEEL,
    mass: float = MASS,
    held_out: float = HELD_OUT,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> xr.Dataset:
    """Return the boxes in which an event is frequent.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    event : str
        Such as ``"hhi@2035 > 0.5"``.
    scenarios : scenario or sequence of them, optional
        Those that were run, where they are not known by name.
    parameters : str or iterable of str, optional
        Which parameters, or beginnings of their names; all that are uncertain by default.
    box : int, optional
        Which box of the trajectory is looked at, 0 for all trials. By default the one with the largest
        harmonic mean of coverage and density on the trials of the search, without the limits that fewer than
        half of the resamples find; it is the last in the result.
    peel, mass : float
        Part of the box that a peel takes off, and the least part of the trials that a box holds.
    held_out : float
        Part of the trials on which boxes are judged; these are drawn at random.
    resamples : int
        For how often each limit is found.
    seed : int
        Of what is held out, and of the resamples.

    Returns
    -------
    xarray.Dataset
        By box of the trajectory: `coverage`, `density`, `mass` on the trials held out, with 95 % intervals
        (`coverage_low`, ...; Wilson's, a trial of several scenarios counting once), and on those of the
        search (`coverage_search`, ...); `n_limits`. By box and parameter `low`, `high` (infinite where there
        is no limit) and `among`, the categories. Of the box looked at (attribute `box`) by parameter and
        side: `quasi_p` and `frequency`, the share of resamples in which that end is limited.

    Raises
    ------
    InputError
        If the event is too rare or too frequent, or a parameter is not uncertain in the run.
    """
    import xarray as xr

    asked = question.read(event, "event", with_mark=True)
    peel, mass = share(peel, "peel"), share(mass, "mass")
    held_out = share(held_out, "held_out")
    resamples, seed = arguments.whole(resamples, "resamples"), arguments.seed(seed)
    runs, draws = drawn.of(runs, scenarios)
    names = drawn.names_of(parameters, draws)
    cases = divided(runs, draws, asked, names, held_out, seed)
    search, wanted, rest = cases.search, cases.is_wanted_search, cases.rest
    boxes = prim.trajectory(search, wanted, peel, mass)
    before = [prim.fit(each, search, wanted) for each in boxes]
    chosen = _best(before) if box is None else arguments.whole(box, "box", 0, len(boxes) - 1)
    often = (
        prim.frequencies(boxes[chosen], search, wanted, resamples, seed, peel, mass, cases.trial)
        if resamples
        else {}
    )
    if box is None and resamples:
        # What most resamples do not find is dropped: it would be another in another run.
        boxes.append(prim.pruned(boxes[chosen], often))
        before.append(prim.fit(boxes[-1], search, wanted))
        chosen = len(boxes) - 1
    after = [prim.fit(each, rest, cases.is_wanted_rest) for each in boxes]
    limited = list(dict.fromkeys(name for each in boxes for name in each))
    sides = ["low", "high", "among"]
    quasi = prim.quasi_p(boxes[chosen], search, wanted)
    grid = [[_known(each, name) for name in limited] for each in boxes]
    spread = [_range(search[name], rest[name]) for name in limited]
    ends = {
        "coverage": np.array([_wilson(each.found, each.wanted, cases.judged) for each in after]),
        "density": np.array([_wilson(each.found, each.held, cases.judged) for each in after]),
    }
    by_box, by_both = ("box",), ("box", "parameter")
    return xr.Dataset(
        {
            **{
                f"{name}{suffix}": (by_box, np.array([getattr(each, name) for each in fits]))
                for suffix, fits in (("", after), ("_search", before))
                for name in ("coverage", "density", "mass")
            },
            **{f"{name}_low": (by_box, values[:, 0]) for name, values in ends.items()},
            **{f"{name}_high": (by_box, values[:, 1]) for name, values in ends.items()},
            "n_limits": (by_box, [len(each) for each in boxes]),
            "low": (by_both, np.array([[each.low for each in row] for row in grid]).reshape(len(boxes), -1)),
            "high": (
                by_both,
                np.array([[each.high for each in row] for row in grid]).reshape(len(boxes), -1),
            ),
            "among": (
                by_both,
                np.array(
                    [["; ".join(sorted(each.among or ())) for each in row] for row in grid], dtype=object
                ).reshape(len(boxes), -1),
            ),
            "least": ("parameter", np.array([each[0] for each in spread], float)),
            "most": ("parameter", np.array([each[1] for each in spread], float)),
            "quasi_p": (("parameter", "side"), _by_side(quasi, limited, sides, np.nan)),
            "frequency": (
                ("parameter", "side"),
                _by_side(often, limited, sides, 0.0 if resamples else np.nan),
            ),
        },
        {
            "box": np.arange(len(boxes)),
            "parameter": limited,
            "side": sides,
            "unit": ("parameter", [_unit(name, draws) for name in limited]),
        },
        {
            **runs.attrs,
            "title": "scenario discovery",
            "event": str(asked),
            "text": asked.text(draws.scenarios[0].case),
            "box": int(chosen),
            "base_rate": float(cases.is_wanted_rest.mean()),
            "searched": cases.searched,
            "held_out": cases.judged,
            "resamples": resamples,
        },
    )


def box_of(found: xr.Dataset, box: int | None = None) -> Box:
    """Return a box of `discover` as limits by parameter; by default the one looked at."""
    here = found.sel(box=_number(found, box))
    limits = {}
    for name in (str(each) for each in found["parameter"].values):
        own = here.sel(parameter=name)
        among = frozenset(each for each in str(own["among"].item()).split("; ") if each)
        limit = Limit(float(own["low"]), float(own["high"]), among or None)
        if limit.sides:
            limits[name] = limit
    return limits


def box_scenarios(
    found: xr.Dataset, runs: xr.Dataset, *, box: int | None = None, scenarios: Any = None
) -> list[Scenario]:
    """Return the scenarios of a run, confined to a box; `Scenario.write` makes files of them.

    Parameters
    ----------
    found : xarray.Dataset
        From `discover`.
    runs : xarray.Dataset
        The run in which it was found.
    box : int, optional
        Which; by default the one looked at.
    scenarios
        As for `discover`.

    Returns
    -------
    list of Scenario
        Those that the box allows. A uniform distribution stays one between the limits; of another, `VALUES`
        equally likely values within them are taken.

    Raises
    ------
    InputError
        If the box limits what is drawn from a posterior: other columns would have to follow.
    """
    _checked(found)
    _, draws = drawn.of(runs, scenarios)
    limits = box_of(found, box)
    allowed = limits.get(SCENARIO)
    made = []
    for scenario in draws.scenarios:
        if allowed is not None and allowed.among is not None and scenario.name not in allowed.among:
            continue
        confined = {
            name: differences.table(_confined(scenario.parameters[name], limit))
            for name, limit in limits.items()
            if name != SCENARIO and scenario.parameters[name].distribution is not None
        }
        name = f"{scenario.name} in the box"
        made.append(scenario.override(confined, name=name) if confined else scenario)
    return made


def _confined(element: Element, limit: Limit) -> Element:
    """Return an element whose distribution is cut off at the limits."""
    shape = element.distribution
    if isinstance(shape, Column):
        problem = "is drawn from a posterior together with others, and cannot be cut off alone"
        raise Contradiction("", element.key, problem, "Name other parameters=[...] to discover.")
    assert shape is not None, "what is certain is not confined"
    low, high = max(limit.low, element.bounds[0]), min(limit.high, element.bounds[1])
    if isinstance(shape, Uniform):
        cut: Any = Uniform(max(shape.low, low), min(shape.high, high))
        return replace(element, value=cut.middle(), distribution=cut)
    if isinstance(shape, Choice):
        is_allowed = [
            limit.holds(np.array([f"{each:g}"]))[0] if limit.among is not None else low <= each <= high
            for each in shape.values
        ]
        values = tuple(each for each, is_in in zip(shape.values, is_allowed, strict=True) if is_in)
    else:
        steps = (np.arange(VALUES) + 0.5) / VALUES
        values = tuple(sorted({float(f"{each:.8g}") for each in shape.quantile(steps, (low, high))}))
    if len(values) == 1:
        return replace(element, value=values[0], distribution=None)
    return replace(element, value=values[len(values) // 2], distribution=Choice(values))


def answer(found: xr.Dataset) -> str:
    """Return what was found, in a sentence with its error."""
    _checked(found)
    here, attrs = found.sel(box=found.attrs["box"]), found.attrs
    limits = box_of(found)
    if not limits:
        return (
            f"No box: no limit on what is uncertain that would make {attrs['event']} more frequent "
            f"is found in half of the resamples of {attrs['searched']:,} trials."
        )
    density, coverage = (_hundred(here, name) for name in ("density", "coverage"))
    # Where the interval holds what is true of all, the box may be a chance find.
    is_sure = float(here["density_low"]) > attrs["base_rate"]
    doubt = "" if is_sure else " That it is more frequent there than elsewhere is not sure."
    return (
        f"Where {rule(limits)}: {attrs['event']} in {density} of 100 trials, against "
        f"{100 * attrs['base_rate']:.0f} of all; that holds {coverage} of 100 trials in which it happens. "
        f"Judged on {attrs['held_out']:,} trials that were not used to find it.{doubt}"
    )


def _hundred(here: xr.Dataset, name: str) -> str:
    middle, low, high = (100 * float(here[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"


def rule(box: Box) -> str:
    """Return a box in words."""
    return ", ".join(_said(name, limit) for name, limit in box.items())


def _said(name: str, limit: Limit) -> str:
    if limit.among is not None:
        listed = sorted(limit.among)
        few = len(listed) < 3
        return f"{name} is {' or '.join(listed)}" if few else f"{name} is one of {', '.join(listed)}"
    if limit.low == -inf:
        return f"{name} is at most {in_digits(limit.high)}"
    if limit.high == inf:
        return f"{name} is at least {in_digits(limit.low)}"
    return f"{name} is from {in_digits(limit.low)} to {in_digits(limit.high)}"


def _checked(found: Any) -> None:
    checked(found, "box", "parameter", "side", name="found", remedy="Give what sim.discover returns.")


def _number(found: xr.Dataset, box: int | None) -> int:
    last = found.sizes["box"] - 1
    return int(found.attrs["box"]) if box is None else arguments.whole(box, "box", 0, last)


@dataclass(frozen=True)
class Cases:
    """The cases of a run, divided into those of the search and those on which boxes are judged.

    Parameters
    ----------
    search, rest : dict of str to ndarray, shape (case,)
        What was uncertain, by name.
    is_wanted_search, is_wanted_rest : ndarray of bool, shape (case,)
        Where the event happened.
    trial : ndarray of int, shape (case,)
        The trial of each case of the search.
    searched, judged : int
        Trials of both.
    """

    search: dict[str, Array]
    rest: dict[str, Array]
    is_wanted_search: Array
    is_wanted_rest: Array
    trial: Array
    searched: int
    judged: int


def divided(
    runs: xr.Dataset, draws: Draws, asked: Question, names: Iterable[str], held_out: float, seed: int
) -> Cases:
    """Divide the trials of a run at random, each with all its scenarios.

    Raises
    ------
    InputError
        If the event is too rare or too frequent, or nothing is uncertain.
    """
    columns = {name: draws.columns[name].ravel() for name in names}
    n_trials, n_scenarios = len(draws.trials), len(draws.scenarios)
    if n_scenarios > 1:
        columns[SCENARIO] = np.repeat(np.array([each.name for each in draws.scenarios]), n_trials)
    if not columns:
        raise InputError("", "runs", "nothing is uncertain in the run", "Run a scenario with distributions.")
    is_wanted = asked.is_met(asked.of(runs).transpose("scenario", "trial").values).ravel()
    is_held = np.random.default_rng(seed).permutation(n_trials) < held_out * n_trials
    held = np.tile(is_held, n_scenarios)
    _check_counts(is_wanted[~held], is_wanted[held], str(asked))
    return Cases(
        {name: values[~held] for name, values in columns.items()},
        {name: values[held] for name, values in columns.items()},
        is_wanted[~held],
        is_wanted[held],
        np.tile(np.arange(n_trials), n_scenarios)[~held],
        int((~is_held).sum()),
        int(is_held.sum()),
    )


def _check_counts(searched: Array, judged: Array, event: str) -> None:
    for part in (searched, judged):
        rare = min(int(part.sum()), int((~part).sum()))
        if rare < _FEWEST:
            share = float(np.concatenate([searched, judged]).mean())
            met = f"{event} is met in {in_digits(100 * share)} % of the trials"
            problem = f"{met}, which leaves too few to divide"
            raise InputError("", "event", problem, "Choose another mark, or run more trials.")


def _best(fits: Iterable[prim.Fit]) -> int:
    scores = [
        2.0 * each.coverage * each.density / (each.coverage + each.density) if each.found else 0.0
        for each in fits
    ]
    return int(np.argmax(scores))


def _known(box: Box, name: str) -> Limit:
    return box.get(name, Limit())


def _by_side(
    values: Mapping[tuple[str, str], float], names: list[str], sides: list[str], otherwise: float
) -> Array:
    return np.array([[values.get((name, side), otherwise) for side in sides] for name in names]).reshape(
        len(names), len(sides)
    )


def _range(*parts: Array) -> tuple[float, float]:
    values = np.concatenate(parts)
    if values.dtype.kind in "OUS":
        return np.nan, np.nan
    return float(values.min()), float(values.max())


def _unit(name: str, draws: Draws) -> str:
    return "" if name == SCENARIO else draws.elements[name][0].unit


def _wilson(count: int, of: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; cases beyond the number of trials add nothing."""
    if of == 0:
        return np.nan, np.nan
    low, high = shares.wilson(count / of, min(of, trials))
    return float(low), float(high)


def share(value: Any, name: str) -> float:
    """Return a number between 0 and 1."""
    number = arguments.number(value, name)
    if not 0.0 < number < 1.0:
        raise OutOfBounds("", name, "out of range", "Give a number between 0 and 1.", number)
    return number
