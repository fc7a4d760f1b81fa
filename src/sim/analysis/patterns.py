"""Does the model show the patterns of the record? A report with pass or miss, and the rule behind it.

The values on record and the rules stand in the case's patterns.toml; here is how each statistic is
taken from trials. Runs the engine. A miss is a result: it is reported, never tuned away.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim import design, engine, register
from sim.axes import QUARTERS, WINDOW, Array
from sim.dates import Quarter
from sim.scenario import Scenario

FILE = "patterns.toml"


@dataclass(frozen=True)
class Result:
    """One line of the report.

    Parameters
    ----------
    pattern, label, unit : str
        What was looked at.
    recorded : float
        The value on record.
    mean, standard_error : float
        Over trials, and its Monte Carlo standard error.
    low, high : float
        Central 90 % of single trials; for a rule of nearness the 95 % interval of the mean; for "bracket"
        the two ends of what the model can say.
    rule : str
        How the verdict was reached.
    verdict : {"pass", "miss", "open"}
        Open where the model cannot be held to the record, but does not contradict it either.
    evidence : tuple of str
        Ids behind the recorded value.
    note : str
        Remarks.
    """

    pattern: str
    label: str
    unit: str
    recorded: float
    mean: float
    standard_error: float
    low: float
    high: float
    rule: str
    verdict: str
    evidence: tuple[str, ...]
    note: str = ""


def report(scenario: Scenario, trials: int = 2000, seed: int = 0) -> list[Result]:
    """Run the scenario, and earlier windows of its case, and judge every pattern.

    Parameters
    ----------
    scenario : Scenario
        Whose case and futures are looked at.
    trials, seed : int
        As in `sim.run`.

    Returns
    -------
    list of Result
        In the order of the case's patterns.toml; empty if it has none.
    """
    path = scenario.case.folder / FILE
    if not path.is_file():
        return []
    results = []
    for pattern, record in tomllib.loads(path.read_text(encoding="utf-8")).items():
        samples = _STATISTICS[record["statistic"]](scenario, record["targets"], trials, seed)
        for target, sample in zip(record["targets"], samples, strict=True):
            results.append(_judge(pattern, record, target, sample))
    return results


def _judge(pattern: str, record: dict[str, Any], target: dict[str, Any], sample: Array) -> Result:
    """Compare a sample of the statistic, one value per trial or per bootstrap resample, with the record."""
    value, rule = float(target["value"]), target["rule"]
    low, high = np.quantile(sample, [0.05, 0.95])
    mean = float(sample.mean())
    error = float(sample.std(ddof=1) / np.sqrt(sample.size))
    met = "pass"
    if rule == "near":
        # These samples are resamples of one statistic of the whole ensemble: their spread is its error.
        error = float(sample.std(ddof=1))
        low, high = np.quantile(sample, [0.025, 0.975])
        rule = f"within {target['tolerance']:g}"
        is_met = abs(mean - value) <= target["tolerance"]
    elif rule == "bracket":
        low, high, met = sample.min(), sample.max(), "open"
        is_met = bool(low <= value <= high)
    else:
        is_met = bool(low <= value <= high)
    return Result(
        pattern=pattern,
        label=f"{record['title']}: {target['label']}",
        unit=target["unit"],
        recorded=value,
        mean=mean,
        standard_error=error,
        low=float(low),
        high=float(high),
        rule=rule,
        verdict=met if is_met else "miss",
        evidence=tuple(record["evidence"]),
        note=target.get("note", ""),
    )


def _run(scenario: Scenario, keep: tuple[str, ...], trials: int, seed: int) -> dict[str, Array]:
    plan = design.plan(scenario, seed)
    blocks = [
        engine.run_block(plan, first, min(engine.BLOCK, trials - first), keep)
        for first in range(0, trials, engine.BLOCK)
    ]
    return {name: np.concatenate([block[name] for block in blocks], axis=-1) for name in keep}


def _yearly(quarterly: Array) -> Array:
    """Sum quarters to years, over axis 0."""
    n_years = len(quarterly) // QUARTERS
    yearly: Array = (
        quarterly[: n_years * QUARTERS].reshape(n_years, QUARTERS, *quarterly.shape[1:]).sum(axis=1)
    )
    return yearly


def _window_share(scenario: Scenario, targets: list[dict[str, Any]], trials: int, seed: int) -> list[Array]:
    """Share of the supplier that leads today, at the end of five years from each earlier start."""
    leader = int(np.argmax(register.initial(scenario.case, scenario.start).delivery_history.sum(axis=0)))
    samples = []
    for target in targets:
        start = Quarter(target["year"], 1)
        earlier = dataclasses.replace(scenario, start=start, end=start + (WINDOW - 1), events=())
        samples.append(_run(earlier, ("supplier_share",), trials, seed)["supplier_share"][-1, leader])
    return samples


def _lumpiness(scenario: Scenario, targets: list[dict[str, Any]], trials: int, seed: int) -> list[Array]:
    volume = _yearly(_run(scenario, ("deliveries",), trials, seed)["deliveries"].sum(axis=1))
    mean, spread = volume.mean(axis=0), volume.std(axis=0, ddof=1)
    centred = volume - mean
    lagged = (centred[1:] * centred[:-1]).sum(axis=0) / (centred**2).sum(axis=0)
    return [spread / mean, lagged, mean]


def _deals(scenario: Scenario, targets: list[dict[str, Any]], trials: int, seed: int) -> list[Array]:
    by_supplier = _yearly(_run(scenario, ("order_count",), trials, seed)["order_count"])
    yearly = by_supplier.sum(axis=1)
    mean = _resampled(yearly, lambda years: years.mean())
    # Within trials, so that differences of the parameters between trials do not count as luck.
    ratio = _resampled(
        yearly, lambda years: (years.var(axis=0, ddof=1) / years.mean(axis=0).clip(0.1)).mean()
    )
    pool = scenario.case.record.residual_supplier
    named = [i for i, name in enumerate(scenario.case.suppliers) if name != pool]
    known = register.initial(scenario.case, scenario.start).quarters_since_order[named]
    ever = np.cumsum(by_supplier[:, named] > 0, axis=0) > 0
    first = ever & ~np.concatenate([np.zeros_like(ever[:1]), ever[:-1]])
    is_new = (first & (known == register.NEVER)[None, :, None]).any(axis=1)
    pooled = np.delete(by_supplier, named, axis=1).sum(axis=1) > 0
    return [mean, ratio, np.array([is_new.mean(), (is_new | pooled).mean()])]


def _regression(scenario: Scenario, targets: list[dict[str, Any]], trials: int, seed: int) -> list[Array]:
    share = _run(scenario, ("supplier_share",), trials, seed)["supplier_share"]
    ends = np.arange(WINDOW - 1, len(share), WINDOW)[-2:]
    now = share[ends[0]].max(axis=0)
    leader = share[ends[0]].argmax(axis=0)
    later = np.take_along_axis(share[ends[1]], leader[None], axis=0)[0]

    def fit(pairs: Array) -> Array:
        slope, intercept = np.polyfit(pairs[0], pairs[1], 1)
        return np.array([slope, intercept, (pairs[1] - intercept - slope * pairs[0]).std(ddof=2)])

    return list(_resampled(np.stack([now, later]), fit).T)


def _resampled(values: Array, statistic: Callable[[Array], Any], resamples: int = 200) -> Array:
    """Return a statistic of bootstrap resamples of the trials (the last axis)."""
    random = np.random.Generator(np.random.Philox(key=0))
    n_trials = values.shape[-1]
    return np.array(
        [statistic(values[..., random.integers(n_trials, size=n_trials)]) for _ in range(resamples)]
    )


_STATISTICS: dict[str, Callable[[Scenario, list[dict[str, Any]], int, int], list[Array]]] = {
    "window_share": _window_share,
    "lumpiness": _lumpiness,
    "deals": _deals,
    "regression": _regression,
}
