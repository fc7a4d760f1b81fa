"""When does it happen: boxes of the parameters in which an event is frequent, and how much of it they hold.

The event is a number beyond a mark in a trial of a finished run. Boxes are peeled on some of the trials
(`sim.analysis.discovery.prim`) and judged on the others, which were not used to find them: coverage and
density on the trials of the search are too good. Scenarios of the run, structural variants among them, are
the categories of one more variable. Shocks are in no box: what they decide bounds the density.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.compare import question, shares
from sim.analysis.discovery import draws as drawn
from sim.analysis.discovery import prim
from sim.analysis.discovery.cases import SCENARIO, Cases, divided
from sim.analysis.discovery.draws import Draws
from sim.analysis.discovery.prim import Box, Limit
from sim.runs.dataset import checked
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.amounts import number as in_digits
from sim.vocabulary.arguments import MASS, PEEL, SEED
from sim.vocabulary.axes import Array

if TYPE_CHECKING:
    import xarray as xr

#: The ends of a limit.
_SIDES = ("low", "high", "among")

#: What stands between categories: a line break, which no name holds.
BETWEEN = "\n"

#: Part of the trials on which boxes are judged, and resamples for how often a limit is found.
HELD_OUT, RESAMPLES = 0.5, 50


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
        is no limit) and `among`, the categories, each on a line. Of the box looked at (attribute `box`) by
        parameter and side: `quasi_p` and `frequency`, the share of resamples in which that end is limited.

    Raises
    ------
    InputError
        If the event is too rare or too frequent, or a parameter is not uncertain in the run.

    Examples
    --------
    >>> found = sim.discover(varied, "hhi@2035 > 0.5")
    >>> sim.plots.trade_off(found)
    """
    import xarray as xr

    asked = question.read(event, "event", with_mark=True)
    peel, mass = arguments.share(peel, "peel"), arguments.share(mass, "mass")
    held_out = arguments.share(held_out, "held_out")
    resamples, seed = arguments.whole(resamples, "resamples"), arguments.seed(seed)
    runs, draws = drawn.of(runs, scenarios)
    names = drawn.names_of(parameters, draws)
    cases = divided(runs, draws, asked, names, held_out, seed)
    boxes, chosen, often = _searched(cases, box, peel, mass, resamples, seed)
    limited = list(dict.fromkeys(name for each in boxes for name in each))
    quasi = prim.quasi_p(boxes[chosen], cases.search, cases.is_wanted_search)
    by_side = ("parameter", "side")
    return xr.Dataset(
        {
            **_fits(boxes, cases),
            **_limits(boxes, limited, cases),
            "quasi_p": (by_side, _by_side(quasi, limited, np.nan)),
            "frequency": (by_side, _by_side(often, limited, 0.0 if resamples else np.nan)),
        },
        {
            "box": np.arange(len(boxes)),
            "parameter": limited,
            "side": list(_SIDES),
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


def _searched(
    cases: Cases, box: int | None, peel: float, mass: float, resamples: int, seed: int
) -> tuple[list[Box], int, dict[tuple[str, str], float]]:
    """Return the boxes of the search, which of them is looked at, and how often its limits are found."""
    search, wanted = cases.search, cases.is_wanted_search
    boxes = prim.trajectory(search, wanted, peel, mass)
    if box is None:
        chosen = _best(prim.fit(each, search, wanted) for each in boxes)
    else:
        chosen = arguments.whole(box, "box", 0, len(boxes) - 1)
    if not resamples:
        return boxes, chosen, {}
    often = prim.frequencies(boxes[chosen], search, wanted, resamples, seed, peel, mass, cases.trial)
    if box is None:
        # What most resamples do not find is dropped: it would be another in another run.
        boxes.append(prim.pruned(boxes[chosen], often))
        chosen = len(boxes) - 1
    return boxes, chosen, often


def _fits(boxes: Sequence[Box], cases: Cases) -> dict[str, Any]:
    """Return how well boxes do on the trials held out, with intervals, and on those of the search."""
    before = [prim.fit(each, cases.search, cases.is_wanted_search) for each in boxes]
    after = [prim.fit(each, cases.rest, cases.is_wanted_rest) for each in boxes]
    ends = {
        "coverage": np.array([_wilson(each.found, each.wanted, cases.judged) for each in after]),
        "density": np.array([_wilson(each.found, each.held, cases.judged) for each in after]),
    }
    return {
        **{
            f"{name}{suffix}": ("box", np.array([getattr(each, name) for each in fits]))
            for suffix, fits in (("", after), ("_search", before))
            for name in ("coverage", "density", "mass")
        },
        **{f"{name}_low": ("box", values[:, 0]) for name, values in ends.items()},
        **{f"{name}_high": ("box", values[:, 1]) for name, values in ends.items()},
    }


def _limits(boxes: Sequence[Box], limited: Sequence[str], cases: Cases) -> dict[str, Any]:
    """Return the limits of boxes, and between what the parameters lie in all cases."""
    grid = [[each.get(name, Limit()) for name in limited] for each in boxes]
    spread = [_range(cases.search[name], cases.rest[name]) for name in limited]

    def by_both(values: list[list[Any]], dtype: Any = float) -> tuple[tuple[str, str], Array]:
        return ("box", "parameter"), np.array(values, dtype).reshape(len(boxes), -1)

    return {
        "n_limits": ("box", [len(each) for each in boxes]),
        "low": by_both([[each.low for each in row] for row in grid]),
        "high": by_both([[each.high for each in row] for row in grid]),
        "among": by_both([[BETWEEN.join(sorted(each.among or ())) for each in row] for row in grid], object),
        "least": ("parameter", np.array([low for low, _ in spread], float)),
        "most": ("parameter", np.array([high for _, high in spread], float)),
    }


def box_of(found: xr.Dataset, box: int | None = None) -> Box:
    """Return a box of `discover` as limits by parameter; by default the one looked at."""
    here = found.sel(box=_number(found, box))
    limits = {}
    for name in (str(each) for each in found["parameter"].values):
        own = here.sel(parameter=name)
        among = frozenset(each for each in str(own["among"].item()).split(BETWEEN) if each)
        limit = Limit(float(own["low"]), float(own["high"]), among or None)
        if limit.sides:
            limits[name] = limit
    return limits


def answer(found: xr.Dataset) -> str:
    """Return what was found, in a sentence with its error."""
    check(found)
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


def check(found: Any) -> None:
    """Refuse what does not come from `discover`."""
    checked(found, "box", "parameter", "side", name="found", remedy="Give what sim.discover returns.")


def _number(found: xr.Dataset, box: int | None) -> int:
    last = found.sizes["box"] - 1
    return int(found.attrs["box"]) if box is None else arguments.whole(box, "box", 0, last)


def _best(fits: Iterable[prim.Fit]) -> int:
    scores = [
        2.0 * each.coverage * each.density / (each.coverage + each.density) if each.found else 0.0
        for each in fits
    ]
    return int(np.argmax(scores))


def _by_side(values: Mapping[tuple[str, str], float], names: Sequence[str], otherwise: float) -> Array:
    found = [[values.get((name, side), otherwise) for side in _SIDES] for name in names]
    return np.array(found).reshape(len(names), len(_SIDES))


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
