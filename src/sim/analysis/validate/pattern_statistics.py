"""How each statistic of a pattern is taken from trials.

A statistic takes a scenario, the targets of a pattern and how to run trials, and returns for each target a
sample: one value per trial, or per bootstrap resample of the trials where it belongs to the ensemble.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis.validate import directions
from sim.case import register
from sim.runs import trials as loop
from sim.runs.trials import Execution
from sim.scenario import events
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import GRANT_STATES, QUARTERS, WINDOW, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import OutsideHorizon

Targets = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Trials:
    """How many trials are run of whatever a statistic looks at, and how.

    Parameters
    ----------
    number, seed : int
        As in `sim.run`.
    execution : Execution
        Workers and engine.
    """

    number: int
    seed: int
    execution: Execution

    def record(self, scenario: Scenario, *keep: str) -> dict[str, Array]:
        """Return variables of all trials, shape (time, *dims, trial)."""
        return loop.record(scenario, keep, self.number, self.seed, execution=self.execution)


def _yearly(quarterly: Array) -> Array:
    """Sum quarters to years, over axis 0."""
    n_years = len(quarterly) // QUARTERS
    yearly: Array = (
        quarterly[: n_years * QUARTERS].reshape(n_years, QUARTERS, *quarterly.shape[1:]).sum(axis=1)
    )
    return yearly


def _window_share(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    """Share of the supplier that leads today, at the end of five years from each earlier start."""
    leader = int(np.argmax(register.initial(scenario.case, scenario.start).delivery_history.sum(axis=0)))
    samples = []
    for target in targets:
        start = Quarter(target["year"], 1)
        earlier = dataclasses.replace(scenario, start=start, end=start + (WINDOW - 1), events=())
        samples.append(trials.record(earlier, "supplier_share")["supplier_share"][-1, leader])
    return samples


def _leader_later(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    """Share of the supplier that leads at the start, over the five years that end so many years later."""
    leader = int(np.argmax(register.initial(scenario.case, scenario.start).delivery_history.sum(axis=0)))
    last = max(target["ahead"] for target in targets)
    if scenario.n_steps < QUARTERS * last:
        remedy = f"Let it run to {scenario.start.year + last}, or leave the pattern out."
        raise OutsideHorizon("", "end", f"the scenario ends before {last} years are over", remedy)
    share = trials.record(scenario, "supplier_share")["supplier_share"][:, leader]
    return [resampled(share[QUARTERS * target["ahead"] - 1], np.mean) for target in targets]


def _lumpiness(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    volume = _yearly(trials.record(scenario, "deliveries")["deliveries"].sum(axis=1))
    mean, spread = volume.mean(axis=0), volume.std(axis=0, ddof=1)
    centred = volume - mean
    lagged = (centred[1:] * centred[:-1]).sum(axis=0) / (centred**2).sum(axis=0)
    return [spread / mean, lagged, mean]


def _deals(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    by_supplier = _yearly(trials.record(scenario, "order_count")["order_count"])
    yearly = by_supplier.sum(axis=1)
    mean = resampled(yearly, lambda years: years.mean())
    # Within trials, so that differences of the parameters between trials do not count as shocks.
    ratio = resampled(yearly, lambda years: (years.var(axis=0, ddof=1) / years.mean(axis=0).clip(0.1)).mean())
    pool = scenario.case.record.residual_supplier
    named = [i for i, name in enumerate(scenario.case.suppliers) if name != pool]
    known = register.initial(scenario.case, scenario.start).quarters_since_order[named]
    ever = np.cumsum(by_supplier[:, named] > 0, axis=0) > 0
    first = ever & ~np.concatenate([np.zeros_like(ever[:1]), ever[:-1]])
    is_new = (first & (known == register.NEVER)[None, :, None]).any(axis=1)
    pooled = np.delete(by_supplier, named, axis=1).sum(axis=1) > 0
    return [mean, ratio, np.array([is_new.mean(), (is_new | pooled).mean()])]


def _regression(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    share = trials.record(scenario, "supplier_share")["supplier_share"]
    ends = np.arange(WINDOW - 1, len(share), WINDOW)[-2:]
    now = share[ends[0]].max(axis=0)
    leader = share[ends[0]].argmax(axis=0)
    later = np.take_along_axis(share[ends[1]], leader[None], axis=0)[0]

    def fit(pairs: Array) -> Array:
        slope, intercept = np.polyfit(pairs[0], pairs[1], 1)
        return np.array([slope, intercept, (pairs[1] - intercept - slope * pairs[0]).std(ddof=2)])

    return list(resampled(np.stack([now, later]), fit).T)


def resampled(values: Array, statistic: Callable[[Array], Any], resamples: int = 200) -> Array:
    """Return a statistic of bootstrap resamples of the trials (the last axis)."""
    random = np.random.Generator(np.random.Philox(key=0))
    n_trials = values.shape[-1]
    return np.array(
        [statistic(values[..., random.integers(n_trials, size=n_trials)]) for _ in range(resamples)]
    )


def _without(scenario: Scenario, *names: str) -> Scenario:
    """Return the scenario without what its events say of some states."""
    left = tuple(e for e in scenario.events if e.target is None or e.target.variable not in names)
    return dataclasses.replace(scenario, events=left)


def _talks(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    """Years until a rung is reached with a partner, left to itself; the horizon where it never is."""
    rungs = trials.record(_without(scenario, "agreement_rung"), "agreement_rung")["agreement_rung"]
    samples = []
    for target in targets:
        reached = rungs[:, scenario.case.partners.index(target["partner"])] >= target["rung"]
        first = np.where(reached.any(axis=0), reached.argmax(axis=0), len(reached))
        samples.append((first + 1) / QUARTERS)
    return samples


def _grant_stages(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    """Mean years from the notes to the handover of the first grant of each trial that is not documented."""
    grants = trials.record(scenario, "grants")["grants"]
    noted, delivered = (grants[:, GRANT_STATES.index(state)] for state in ("noted", "delivered"))
    documented = max(
        (e.at.ordinal - scenario.start.ordinal for e in scenario.events if e.what == "grant"), default=-1
    )
    rises = np.diff(noted, axis=0)[documented + 1 :] > 0
    arrives = np.diff(delivered, axis=0)[documented + 1 :] > 0
    first = rises.argmax(axis=0)
    later = arrives & (np.arange(len(arrives))[:, None] > first)
    is_known = rises.any(axis=0) & later.any(axis=0)
    lag = (later.argmax(axis=0) - first)[is_known] / QUARTERS
    return [resampled(lag, np.mean)]


def _competition(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    """Part of all orders that a supplier wins while its export regime stays as it is at the start."""
    frozen = _without(scenario, "export_regime")
    rates = {"export_regime.opening_rate": 0, "export_regime.tightening_rate": 0}
    orders = trials.record(frozen.override(rates), "order_count")["order_count"].sum(axis=0)
    samples = []
    for target in targets:
        supplier = scenario.case.suppliers.index(target["supplier"])
        won = np.stack([orders[supplier], orders.sum(axis=0)])
        samples.append(resampled(won, lambda some: some[0].sum() / some[1].sum()))
    return samples


def _offers(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    """Part of the years in which a partner courts that bring no new rung with it."""
    run = trials.record(scenario, "posture", "agreement_rung")
    samples = []
    for target in targets:
        partner = scenario.case.partners.index(target["partner"])
        posture, rung = run["posture"][:, partner], run["agreement_rung"][:, partner]
        courts = posture[QUARTERS::QUARTERS] >= target["posture"]
        climbs = (rung[2 * QUARTERS - 1 :: QUARTERS] > rung[QUARTERS - 1 : -QUARTERS : QUARTERS])[
            : len(courts)
        ]
        samples.append(
            resampled(
                np.stack([courts & ~climbs, courts]), lambda some: some[0].sum() / max(1, some[1].sum())
            )
        )
    return samples


def _experiments(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    """Sign with which experiments come out: 1 as the evidence has it, -1 the other way, 0 open."""
    found = directions.report(
        scenario, trials.number, trials.seed, [target["id"] for target in targets], trials.execution
    )
    verdicts = {result.id: result.verdict for result in found.results}
    value = {"shown": 1.0, "unclear": 0.0, "missed": -1.0}
    return [np.full(2, value[verdicts[target["id"]]]) for target in targets]


def _certainty(scenario: Scenario, targets: Targets, trials: Trials) -> list[Array]:
    """Difference that certainty makes: postures held at one level, or doubt about them taken away."""
    samples = []
    for target in targets:
        at = Quarter.parse(target["at"])
        events.check_date(at, scenario.start, scenario.end, "", "")
        tables = [
            {"at": str(at), "what": "hold", "name": f"posture.{partner}", "to": level, "for_quarters": 400}
            for partner, level in target.get("postures", {}).items()
        ]
        read = [
            events.read(
                table,
                "",
                "",
                case=scenario.case,
                parameters=scenario.parameters,
                start=scenario.start,
                end=scenario.end,
            )
            for table in tables
        ]
        prescribed = tuple(sorted((*scenario.events, *read), key=lambda event: event.at))
        certain = dataclasses.replace(scenario.override(target.get("changes")), events=prescribed)
        first, name = at.ordinal - scenario.start.ordinal, target["variable"]
        free, held = (trials.record(each, name)[name][first:] for each in (scenario, certain))
        samples.append((held - free).mean(axis=0))
    return samples


STATISTICS: dict[str, Callable[[Scenario, Targets, Trials], list[Array]]] = {
    "window_share": _window_share,
    "leader_later": _leader_later,
    "lumpiness": _lumpiness,
    "deals": _deals,
    "regression": _regression,
    "talks": _talks,
    "grant_stages": _grant_stages,
    "competition": _competition,
    "offers": _offers,
    "experiments": _experiments,
    "certainty": _certainty,
}
