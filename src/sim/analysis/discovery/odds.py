"""Your own odds: what finished trials say under another expert's prior, by importance weights.

    weight of a trial = product over parameters of (expert's density / density it was drawn from)

No trial is run. The more an expert differs, the fewer trials carry the weight; their effective number,
(sum w)^2 / sum w^2 (Kong 1992), is shown, and where it is small nothing is said. Values that no trial could
have had get no weight: what an expert holds possible beyond them is reported, and too much of it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from sim.analysis.compare import question, shares
from sim.analysis.discovery import draws as drawn
from sim.analysis.discovery.draws import Draws
from sim.files.records import Record, check, read_toml, shown
from sim.numerics.elementary import Z95
from sim.parameter.distributions import (
    Beta,
    Choice,
    Distribution,
    Lognormal,
    Normal,
    Triangular,
    Uniform,
)
from sim.parameter.elements import Element
from sim.runs.dataset import checked
from sim.scenario.scenario import Scenario
from sim.vocabulary import amounts, arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, InputError, MissingField, WrongType

if TYPE_CHECKING:
    import xarray as xr

#: Who the trials were run for.
AS_RUN = "as run"

#: Effective trials from which on something is said; what an expert may hold possible beyond the trials.
LEAST, BEYOND = 100, 0.05

_QUANTILES = (0.05, 0.5, 0.95)


class _File(Record):
    title: str
    source: str = ""
    set: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Prior:
    """What an expert holds of some parameters.

    Parameters
    ----------
    name, title : str
        In datasets; one line.
    changes : mapping
        Parameter or element -> a table with a distribution, as in ``[set]`` of a scenario file.
    file : str
        Where it is from.
    """

    name: str
    title: str
    changes: Mapping[str, Any]
    file: str = ""


def read(given: Any, name: str = "") -> Prior:
    """Return a prior from the path of its file, or from a mapping of changes.

    Raises
    ------
    InputError
        One line that names what is wrong and where.
    """
    if isinstance(given, Mapping):
        changes = arguments.table(given, "priors")
        made = Prior(name or "prior", name or "prior", changes)
    else:
        path = arguments.path(given, "priors", "Give the path of a .toml file, or a mapping.")
        file = shown(path)
        record = check(_File, read_toml(path), file)
        made = Prior(name or path.stem, record.title, record.set, file)
    if not made.changes:
        raise MissingField(made.file, "set", "names no parameter", "Give one with a distribution.")
    return made


def density(shape: Distribution, values: Array, bounds: tuple[float, float]) -> Array:
    """Return the density of a distribution cut off at bounds; the probability for a choice.

    Parameters
    ----------
    shape : Distribution
    values : ndarray
    bounds : pair of float

    Returns
    -------
    ndarray
    """
    x = np.asarray(values, float)
    if isinstance(shape, Choice):
        allowed = [each for each in shape.values if bounds[0] <= each <= bounds[1]]
        return np.isin(x, allowed) / len(allowed)
    inside = (x >= max(bounds[0], shape.support[0])) & (x <= min(bounds[1], shape.support[1]))
    below, upto = (float(shape.cdf(each)) for each in bounds)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = _density(shape, x) / (upto - below)
    return np.where(inside, found, 0.0)


def _density(shape: Distribution, x: Array) -> Array:
    """Return the density without bounds, right where the value is in the support."""
    if isinstance(shape, Uniform):
        return np.full_like(x, 1.0 / (shape.high - shape.low))
    if isinstance(shape, Normal):
        return _bell((x - shape.mean) / shape.sd) / shape.sd
    if isinstance(shape, Lognormal):
        return _bell(np.log(x / shape.median) / shape.log_sd) / (shape.log_sd * x)
    if isinstance(shape, Triangular):
        width, up, down = shape.high - shape.low, shape.mode - shape.low, shape.high - shape.mode
        rising = 2.0 * (x - shape.low) / (width * up) if up > 0 else np.full_like(x, 2.0 / width)
        falling = 2.0 * (shape.high - x) / (width * down) if down > 0 else np.full_like(x, 2.0 / width)
        return np.where(x < shape.mode, rising, falling)
    if isinstance(shape, Beta):
        from scipy.stats import beta

        width = shape.high - shape.low
        found: Array = beta.pdf((x - shape.low) / width, shape.a, shape.b) / width
        return found
    raise InputError("", shape.kind, "has no density", "Name parameters that are drawn alone.")


def _bell(z: Array) -> Array:
    found: Array = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    return found


def effective(weights: Array) -> float:
    """Return how many equal trials weighted ones are worth; 0 if none has weight."""
    total = float((weights**2).sum())
    return float(weights.sum()) ** 2 / total if total > 0 else 0.0


def weighted(values: Array, weights: Array) -> tuple[float, float]:
    """Return the weighted mean of trials and its standard error (self-normalised importance sampling)."""
    share = weights / weights.sum()
    mean = float((share * values).sum())
    return mean, float(np.sqrt((share**2 * (values - mean) ** 2).sum()))


def weighted_quantile(values: Array, weights: Array, share: float) -> float:
    """Return the smallest value up to which a share of the weight lies."""
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weights[order])
    at = int(np.searchsorted(upto, share * upto[-1] * (1 - 1e-12), side="left"))
    return float(values[order][min(at, len(values) - 1)])


def odds(
    runs: xr.Dataset,
    ask: str,
    priors: Mapping[str, Any] | str | Path,
    *,
    scenarios: Any = None,
    least: int = LEAST,
) -> xr.Dataset:
    """Return what a run says under the priors of other experts.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    ask : str
        A number, such as ``"hhi@2035"``, or an event, such as ``"hhi@2035 > 0.5"``: then the mean is its
        chance.
    priors : path or mapping
        The path of a prior's file; or several by name: name -> path, or a mapping of parameters to tables
        with a distribution, such as ``{"ann": {"demand.caution": {"normal": [0.5, 0.05]}}}``.
    scenarios : scenario or sequence of them, optional
        Those that were run, where they are not known by name.
    least : int
        Effective trials below which an expert's odds are refused.

    Returns
    -------
    xarray.Dataset
        Dims expert (`AS_RUN` first), scenario: `mean` with its 95 % interval (`low`, `high`), `shift` against
        the trials as they were run with its own interval (`shift_low`, `shift_high`; the trials are the
        same), `q05`, `q50`, `q95`, `effective` (trials), `beyond` (what the expert holds possible and no
        trial has). Where `is_refused`, numbers are NaN.

    Raises
    ------
    InputError
        If a parameter is certain in the run or drawn from a posterior, a prior has no density, or all are
        refused.

    Examples
    --------
    >>> priors = {"Ann": {"attraction.installed_weight": {"normal": [0.9, 0.3]}}}
    >>> found = sim.odds(varied, "hhi@2035 > 0.5", priors)
    >>> sim.plots.experts(found)
    """
    import xarray as xr

    text = arguments.text(ask, "ask")
    asked = question.read(text, "ask", with_mark=any(each in text for each in "<>≤≥"))
    least = arguments.whole(least, "least", 1)
    experts = _experts(priors)
    runs, draws = drawn.of(runs, scenarios)
    values = asked.of(runs).transpose("scenario", "trial").values
    values = asked.is_met(values).astype(float) if asked.mark is not None else values
    names = [AS_RUN, *(each.name for each in experts)]
    shape = (len(names), len(draws.scenarios))
    fields = ("mean", "low", "high", "shift", "shift_low", "shift_high", "q05", "q50", "q95")
    found = {name: np.full(shape, np.nan) for name in (*fields, "effective", "beyond")}
    for k in range(shape[0]):
        for j, scenario in enumerate(draws.scenarios):
            weights, beyond = (
                (np.ones(values.shape[1]), 0.0) if k == 0 else _weights(experts[k - 1], scenario, draws, j)
            )
            many = effective(weights)
            found["effective"][k, j], found["beyond"][k, j] = many, beyond
            if k > 0 and (many < least or beyond > BEYOND):
                continue
            for name, each in _said(values[j], weights, asked.mark is not None).items():
                found[name][k, j] = each
    is_refused = np.isnan(found["mean"])
    if is_refused[1:].all():
        raise _refusal(experts, found, least, len(draws.trials))
    return xr.Dataset(
        {name: (("expert", "scenario"), each) for name, each in found.items()}
        | {"is_refused": (("expert", "scenario"), is_refused)},
        {
            "expert": names,
            "expert_title": ("expert", ["As run", *(each.title for each in experts)]),
            "scenario": [each.name for each in draws.scenarios],
            "scenario_title": ("scenario", [each.title or each.name for each in draws.scenarios]),
        },
        {
            **runs.attrs,
            "title": "odds of other experts",
            "ask": str(asked),
            "text": asked.text(draws.scenarios[0].case),
            "unit": "share" if asked.mark is not None else asked.measure.unit,
            "is_event": int(asked.mark is not None),
            "least": least,
            "trials_used": len(draws.trials),
        },
    )


def _experts(priors: Any) -> list[Prior]:
    if not isinstance(priors, Mapping):
        return [read(priors)]
    table = arguments.table(priors, "priors")
    if not table:
        raise MissingField("", "priors", "names no expert", 'Give {"name": prior}.')
    for name in table:
        if name == AS_RUN or not arguments.text(name, "priors"):
            raise Contradiction("", "priors", "{value} is no name for an expert", "Choose another.", name)
    return [read(each, name) for name, each in table.items()]


def _weights(expert: Prior, scenario: Scenario, draws: Draws, at: int) -> tuple[Array, float]:
    """Return the weights of the trials of a scenario, and what the expert holds possible beyond them."""
    place = "set" if expert.file else expert.name
    file = expert.file or "priors"
    changed = scenario.parameters.replace(expert.changes, file, place)
    logs, kept = np.zeros(len(draws.trials)), 1.0
    for name in expert.changes:
        for key in scenario.parameters.match(name, file, f"{place}.{name}"):
            before, after = scenario.parameters[key], changed[key]
            was, wanted = _shapes(before, after, file, f"{place}.{name}")
            x = draws.columns[key][at].astype(float)
            with np.errstate(divide="ignore"):
                logs += np.log(density(wanted, x, after.bounds)) - np.log(density(was, x, before.bounds))
            kept *= 1.0 - _beyond(was, wanted, after.bounds)
    if not np.isfinite(logs).any():
        return np.zeros_like(logs), 1.0 - kept
    return np.exp(logs - logs[np.isfinite(logs)].max()), 1.0 - kept


def _shapes(before: Element, after: Element, file: str, place: str) -> tuple[Distribution, Distribution]:
    was, wanted = before.distribution, after.distribution
    if was is None:
        problem = f"{before.key} is certain in the run, so no trial has another value"
        raise Contradiction(file, place, problem, "Leave it out, or run it with a distribution.")
    if was.stream:
        problem = f"{before.key} was drawn from a posterior, together with others"
        raise Contradiction(file, place, problem, "Leave it out.")
    if wanted is None:
        remedy = "Write a distribution, such as { uniform = [0.2, 0.4] }."
        raise WrongType(file, place, "a certain value has no density", remedy)
    if isinstance(was, Choice) != isinstance(wanted, Choice):
        remedy = "Write a choice for a choice, and a density for a density."
        raise WrongType(file, place, f"{wanted.kind} has no odds against {was.kind}", remedy)
    return was, wanted


def _beyond(was: Distribution, wanted: Distribution, bounds: tuple[float, float]) -> float:
    """Return the probability of values that no trial could have had."""
    if isinstance(wanted, Choice):
        return float(np.mean([each not in was.numbers for each in wanted.values]))
    low, high = max(bounds[0], was.support[0]), min(bounds[1], was.support[1])
    below, upto, first, last = (float(wanted.cdf(each)) for each in (*bounds, low, high))
    return 1.0 - max(0.0, last - first) / (upto - below)


def chance(values: Array, weights: Array) -> tuple[float, float, float]:
    """Return the weighted share of trials in which something happens, with Wilson's 95 % interval.

    Of so many trials as the weights are worth, or as the error of the mean says, whichever is less: where it
    happens in no trial, or in those of little weight alone, the error says too little.
    """
    mean, error = weighted(values, weights)
    many = effective(weights)
    worth = min(many, mean * (1.0 - mean) / error**2) if error > 0.0 else many
    low, high = shares.wilson(mean, worth)
    return mean, float(low), float(high)


def _said(values: Array, weights: Array, is_event: bool = False) -> dict[str, float]:
    mean, error = weighted(values, weights)
    low, high = chance(values, weights)[1:] if is_event else (mean - Z95 * error, mean + Z95 * error)
    share = weights / weights.sum()
    shift = mean - float(values.mean())
    # What each trial adds to the difference of the two means, to first order.
    influence = share * (values - mean) - (values - values.mean()) / len(values)
    spread = float(np.sqrt((influence**2).sum()))
    ends = shift - Z95 * spread, shift + Z95 * spread
    if is_event and spread == 0.0 and np.ptp(weights) > 0:
        # It happens in every trial or in none: the two chances are known as well as their intervals say.
        least, most = shares.wilson(values.mean(), len(values))
        ends = low - float(most), high - float(least)
    quantiles = {f"q{100 * each:02.0f}": weighted_quantile(values, weights, each) for each in _QUANTILES}
    return {
        "mean": mean,
        "low": low,
        "high": high,
        "shift": shift,
        "shift_low": ends[0],
        "shift_high": ends[1],
        **quantiles,
    }


def _refusal(experts: list[Prior], found: dict[str, Array], least: int, trials: int) -> InputError:
    first = experts[0]
    many, beyond = float(found["effective"][1].max()), float(found["beyond"][1].min())
    if beyond > BEYOND:
        problem = f"{first.name} holds {amounts.percent(beyond)} possible that no trial could have had"
    else:
        problem = f"under {first.name}, {trials:,} trials are worth {many:.0f}, fewer than {least}"
    return InputError(first.file, "priors", problem, "Run the scenario with this prior in [set] instead.")


def answers(found: xr.Dataset) -> list[str]:
    """Return what each expert's odds are, in sentences with their error."""
    checked(found, "expert", "scenario", name="found", remedy="Give what sim.odds returns.")
    about, said = found.attrs, []
    for name in (str(each) for each in found["expert"].values if each != AS_RUN):
        for scenario in (str(each) for each in found["scenario"].values):
            each = found.sel(expert=name, scenario=scenario)
            many = f"{about['trials_used']:,} trials are worth {float(each['effective']):,.0f}"
            if bool(each["is_refused"]):
                beyond = f"{amounts.percent(float(each['beyond']))} of what is held possible lies beyond them"
                said.append(f"{name}, {scenario}: refused; {many}, and {beyond}.")
                continue
            before = _shown(found.sel(expert=AS_RUN, scenario=scenario), "mean", about)
            level, low, high = (_shown(each, key, about) for key in ("mean", "low", "high"))
            shift = [_shown(each, key, about, "+") for key in ("shift", "shift_low", "shift_high")]
            verb = "has a chance of" if about["is_event"] else "is"
            said.append(
                f"{name}, {scenario}: {about['ask']} {verb} {level} ({low} to {high}), against {before} as "
                f"run: {shift[0]} ({shift[1]} to {shift[2]}). {many}."
            )
    return said


def _shown(each: xr.Dataset, key: str, about: Mapping[str, Any], sign: str = "") -> str:
    value = float(each[key])
    text = f"{100 * value:{sign}.1f} %" if about["is_event"] else f"{value:{sign}.3g}"
    return text.replace("-", "−")
