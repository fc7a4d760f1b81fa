"""The model and simple rules pooled, with weights learned on what was known at each origin.

    F = sum_k w_k F_k,      w_k >= 0, sum_k w_k = 1

The weights minimise the mean CRPS, or the log score of orders, over all importers' windows that were over at
the origin. Shares, amounts, newcomers and orders have weights of their own. The CRPS of a linear pool is a
quadratic form of the distances that a panel holds, so nothing is run again. Pooled without the model, the
rules show what the model adds.

Until enough windows are over, the model has half and the bootstrap of past orders the other half (of orders,
past shares); without the model the bootstrap has all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from sim.analysis.validate.backtest.panel_form import WINDOW_YEARS, about
from sim.files.records import Number, Record, Texts, Year, Years, check, key_path, read_toml, shown
from sim.vocabulary.arguments import FIRST_YEAR, LAST_YEAR
from sim.vocabulary.axes import Array, BoolArray
from sim.vocabulary.errors import MissingField, OutOfBounds, UnknownName, nearest

if TYPE_CHECKING:
    import xarray as xr

SHARES, AMOUNTS, ORDERS = "shares", "amounts", "orders"

#: Targets on which the weights of a group are learned, and the others that follow them.
GROUPS = {
    SHARES: (
        ("leader_share", "top_share", "hhi", "share"),
        ("composition", "leader_leads", "leader_half", "top_half"),
    ),
    AMOUNTS: (("log_tiv", "log_deals", "log_annual_tiv"), ("total_tiv", "n_deals", "annual_tiv", "more_tiv")),
    "newcomers": (("n_new_suppliers",), ("any_new",)),
    ORDERS: (("supplier_of_order",), ()),
}

#: Pools by name, and the forecasts that are in them.
_RULES = ("no_change", "pooled_law", "bootstrap", "last_poisson", "order_book")
POOLS = {"stacked": ("model", *_RULES), "stacked_rules": _RULES}

#: Forecasts that give suppliers of orders a chance; no change has past shares.
_OF_ORDERS = ("model", "no_change")

#: Importers and origins below which weights are not learned.
_FEWEST = 10

#: Steps of the search for the weights of orders, each of which raises the likelihood.
_STEPS = 300

#: Digits of a weight: more than the record can tell, so that machines agree.
_DIGITS = 4


def add(panel: xr.Dataset) -> xr.Dataset:
    """Return a panel with its pools among the sources, and their weights.

    Parameters
    ----------
    panel : xarray.Dataset
        With the model and the rules.

    Returns
    -------
    xarray.Dataset
        With sources `POOLS`, and ``weight``, dims pool, row and component: those with which a row is pooled.
    """
    import xarray as xr

    sources = [str(name) for name in panel["source"].values]
    n_rows, n_sources = panel.sizes["row"], len(sources)
    weights = np.zeros((len(POOLS), n_rows, n_sources))
    for pool, name in enumerate(POOLS):
        for group in GROUPS:
            learned, followers = GROUPS[group]
            for ahead in set(panel["ahead"].values):
                is_here = np.isin(panel["target"], [*learned, *followers]) & (panel["ahead"].values == ahead)
                for year in set(panel["origin"].values[is_here]):
                    rows = is_here & (panel["origin"].values == year)
                    weights[pool, rows] = of(panel, name, group, int(ahead), int(year))
    arrays: dict[str, Any] = {"value": panel["value"]}
    for name in ("chance", "to_record", "below", "upto"):
        pooled = np.einsum("prs,rs->rp", weights, np.nan_to_num(panel[name].values))
        pooled[~_is_said(panel[name].values, weights)] = np.nan
        arrays[name] = (("row", "source"), np.concatenate([panel[name].values, pooled], axis=1))
    arrays["quantiles"] = (
        panel["quantiles"].dims,
        np.concatenate(
            [panel["quantiles"].values, np.full((n_rows, len(POOLS), panel.sizes["level"]), np.nan)], axis=1
        ),
    )
    arrays["between"] = (panel["between"].dims, _between(panel["between"].values, weights))
    arrays["weight"] = (("pool", "row", "component"), weights)
    names = [*sources, *POOLS]
    kept = {name: each for name, each in panel.coords.items() if name not in ("source", "other")}
    coords = {**kept, "source": names, "other": names, "pool": list(POOLS), "component": sources}
    return xr.Dataset(arrays, coords, panel.attrs)


def _is_said(values: Array, weights: Array) -> BoolArray:
    """Return where every forecast with a weight says something, shape (row, pool)."""
    is_silent = ((weights > 0.0) & ~np.isfinite(values)).any(axis=-1)
    is_said: BoolArray = ~is_silent & (weights.sum(axis=-1) > 0.0)
    return is_said.T


def _between(between: Array, weights: Array) -> Array:
    """Return the distances between all sources and pools, shape (row, source, source)."""
    known = np.nan_to_num(between)
    across = np.einsum("rst,prt->rsp", known, weights)
    within = np.einsum("prs,rsq->rpq", weights, across)
    n = between.shape[1]
    found = np.full((len(between), n + len(weights), n + len(weights)), np.nan)
    found[:, :n, :n] = between
    is_known = np.isfinite(between[:, :1, :1])
    found[:, :n, n:] = np.where(is_known, across, np.nan)
    found[:, n:, :n] = np.moveaxis(found[:, :n, n:], 1, 2)
    found[:, n:, n:] = np.where(is_known, within, np.nan)
    return found


def of(panel: xr.Dataset, pool: str, group: str, ahead: int, year: int) -> Array:
    """Return the weights of a pool at an origin, learned on windows that were over then, shape (source,)."""
    sources = [str(name) for name in panel["source"].values]
    members = [sources.index(name) for name in POOLS[pool]]
    targets = panel["target"].values
    is_over = (panel["ahead"].values == ahead) & (panel["origin"].values + ahead <= year)
    learned = GROUPS[group][0]
    rows = is_over & np.isin(targets, learned)
    cells = set(zip(panel["importer"].values[rows], panel["origin"].values[rows], strict=True))
    found = np.zeros(len(sources))
    if group == ORDERS:
        members = [index for index in members if sources[index] in _OF_ORDERS]
        if len(cells) < _FEWEST:
            found[members] = _usual([sources[index] for index in members], "no_change")
        else:
            found[members] = _most_likely(panel["chance"].values[np.ix_(rows, members)])
        return found
    if len(cells) < _FEWEST:
        found[members] = _usual(POOLS[pool], "bootstrap")
        return found
    means = [is_over & (targets == name) for name in learned]
    linear = sum(panel["to_record"].values[np.ix_(its, members)].mean(axis=0) for its in means)
    square = sum(panel["between"].values[np.ix_(its, members, members)].mean(axis=0) for its in means)
    found[members] = _least(np.asarray(linear), np.asarray(square))
    return found


def _usual(members: Sequence[str], rule: str) -> Array:
    """Return half for the model, if it is there, and the rest for one rule."""
    half = 0.5 if "model" in members else 0.0
    return np.array([half if name == "model" else 1.0 - half if name == rule else 0.0 for name in members])


def _least(linear: Array, square: Array) -> Array:
    """Return the weights w that minimise linear.w - w'square w / 2, on the simplex; the problem is convex."""
    from scipy.optimize import minimize

    n, scale = len(linear), float(linear.min()) or 1.0
    found = minimize(
        lambda w: (linear @ w - w @ square @ w / 2.0) / scale,
        np.full(n, 1.0 / n),
        jac=lambda w: (linear - square @ w) / scale,
        bounds=[(0.0, 1.0)] * n,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0, "jac": lambda w: np.ones(n)},
        method="SLSQP",
        options={"ftol": 1e-10, "maxiter": 500},
    ).x
    return _rounded(np.clip(found, 0.0, None))


def _most_likely(chance: Array) -> Array:
    """Return the weights that make a mixture of chances, shape (order, source), likeliest."""
    weights = np.full(chance.shape[1], 1.0 / chance.shape[1])
    for _ in range(_STEPS):
        part = chance * weights
        weights = (part / part.sum(axis=1, keepdims=True)).mean(axis=0)
    return _rounded(weights)


def _rounded(weights: Array) -> Array:
    rounded = np.round(weights / weights.sum(), _DIGITS)
    rounded[rounded.argmax()] += 1.0 - rounded.sum()
    found: Array = np.round(rounded, _DIGITS)
    return found


def latest(panel: xr.Dataset) -> dict[str, Any]:
    """Return the weights learned on every window of a panel, as they are written for a forecast.

    Returns
    -------
    dict
        ``known_before``, the first year that none of the windows reaches; ``learned_on``, importers, origins
        and what the panel was made of; ``weights`` by years ahead, pool, group and forecast.
    """
    ahead = sorted({int(each) for each in panel["ahead"].values})
    year = int((panel["origin"].values + panel["ahead"].values).max())
    sources = [str(name) for name in panel["source"].values]
    weights = {
        str(years): {
            pool: {
                group: {
                    name: float(weight)
                    for name, weight in zip(sources, of(panel, pool, group, years, year), strict=True)
                    if weight > 0.0
                }
                for group in GROUPS
            }
            for pool in POOLS
        }
        for years in ahead
    }
    made = about(panel)
    learned_on: Mapping[str, Any] = {
        "importers": sorted({str(each) for each in panel["importer"].values}),
        "origins": sorted({int(each) for each in panel["origin"].values}),
        **{name: made[name] for name in ("trials", "seed", "version", "code", "registers")},
    }
    return {"known_before": year, "learned_on": dict(learned_on), "weights": weights}


#: How many years ahead a panel looks: one window, or several of the usual length.
_AHEAD = tuple(
    map(str, (*range(1, WINDOW_YEARS), *range(WINDOW_YEARS, LAST_YEAR - FIRST_YEAR, WINDOW_YEARS)))
)

_A_FILE = "Give the weights.toml that sim backtest --panel has written."


#: A weight; those of a group add up to one.
_Weight = Annotated[Number, Field(ge=0, le=1)]


class _Pool(Record):
    """Weights of a pool, by forecast, of each group."""

    shares: dict[str, _Weight]
    amounts: dict[str, _Weight]
    newcomers: dict[str, _Weight]
    orders: dict[str, _Weight]


class _Pools(Record):
    """Weights of each pool, as `POOLS` names them."""

    stacked: _Pool
    stacked_rules: _Pool


class _LearnedOn(Record):
    """What the panel was made of."""

    importers: Texts
    origins: Years
    trials: int
    seed: int
    version: str
    code: str
    registers: dict[str, str]


class _Weights(Record):
    """A file of weights."""

    known_before: Year
    learned_on: _LearnedOn
    weights: dict[str, _Pools]


def read(path: Path) -> dict[str, Any]:
    """Read weights, as `latest` has them, from the file that a panel has written.

    Raises
    ------
    InputError
        If there is no such file, or it holds something else: years ahead that no panel has, forecasts that
        are in no such pool, weights that do not add up to one.
    """
    content, file = read_toml(path), shown(path)
    found = check(_Weights, content, file)
    if not found.weights:
        raise MissingField(file, "weights", "there are none", _A_FILE)
    for ahead, pools in found.weights.items():
        if ahead not in _AHEAD:
            raise UnknownName(file, f"weights.{ahead}", "no years ahead of a panel: {value}", _A_FILE, ahead)
        for pool, members in POOLS.items():
            for group in GROUPS:
                place = key_path("weights", ahead, pool, group)
                names = [name for name in members if group != ORDERS or name in _OF_ORDERS]
                _check_weights(getattr(getattr(pools, pool), group), names, file, place)
    return content


def _check_weights(weights: Mapping[str, float], known: Sequence[str], file: str, place: str) -> None:
    """Refuse weights of forecasts that are not in the pool, and those that do not add up to one."""
    for name in weights:
        if name not in known:
            message = "no forecast of this pool: {value}"
            raise UnknownName(file, key_path(place, name), message, nearest(name, known, "forecasts"), name)
    total = math.fsum(weights.values())
    if abs(total - 1.0) > 0.5 * 10.0**-_DIGITS:
        raise OutOfBounds(file, place, "weights add up to {value}, not to 1", _A_FILE, total)
