"""How far conclusions depend on structure: every scenario under every structural variant, compared.

A conclusion is the sign of the mean paired difference of a scenario to the reference. It is kept under a
variant where the 95 % interval lies on the same side of zero, lost where the interval contains zero,
flipped where it lies on the other side. Runs the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sim.analysis.compare.measure import standard_measures
from sim.analysis.compare.paired import compare
from sim.parameter import variants
from sim.runs import dataset as results
from sim.runs.experiment import Execution, Progress
from sim.runs.run import run
from sim.scenario.scenario import Scenario
from sim.vocabulary.arguments import SEED, TRIALS

if TYPE_CHECKING:
    import xarray as xr

#: A mean and the ends of its 95 % interval.
Interval = tuple[float, float, float]

#: The rationality that is always tried beside the variants (model: quantal response).
RATIONALITY = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Conclusion:
    """One conclusion under one variant.

    Parameters
    ----------
    scenario, measure, variant : str
        About what, and under which variant.
    default : tuple of float
        Mean difference and interval under the default structure.
    varied : tuple of float
        The same under the variant.
    verdict : {"kept", "lost", "flipped", "none", "new"}
        None where there is no conclusion under either; new where there is one only under the variant.
    """

    scenario: str
    measure: str
    variant: str
    default: Interval
    varied: Interval
    verdict: str


def structural_variants() -> dict[str, dict[str, Any]]:
    """Return the structures tried, by name, as keywords of `Scenario.override`."""
    tried: dict[str, dict[str, Any]] = {"default": {}}
    for name, variant in variants.known().items():
        for option in list(variant.options)[1:]:
            tried[f"{name}: {option}"] = {"variant": {name: option}}
    for value in RATIONALITY:
        tried[f"rationality: {value:g}"] = {"changes": {"posture.rationality": value}}
    return tried


def variants_of(scenario: Scenario) -> list[Scenario]:
    """Return a scenario under every structure but the default, each named after what it assumes."""
    return [
        scenario.override(name=f"{scenario.name}, {name}", **changes)
        for name, changes in structural_variants().items()
        if changes
    ]


def report(
    scenarios: Sequence[Scenario],
    trials: int = TRIALS,
    seed: int = SEED,
    progress: Progress | None = None,
    workers: int | None = None,
    engine: str = results.AUTO,
) -> list[Conclusion]:
    """Compare every scenario with the first, under every structure.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The reference first.
    trials, seed : int
        As in `sim.run`.
    progress : callable or bool, optional
        Called with the number of trials finished since the last call.
    workers, engine
        As in `sim.run`; no number depends on them.
    """
    tried = structural_variants()
    execution = Execution(engine=engine).for_study(len(tried) * len(scenarios), trials)
    last = str(scenarios[0].end)
    once = partial(run, quarters=[last], workers=workers, engine=execution.engine, progress=progress)
    found: dict[str, dict[tuple[str, str], Interval]] = {}
    for name, changes in tried.items():
        varied = [each.override(name=each.name, **changes) if changes else each for each in scenarios]
        found[name] = _differences(once(varied, trials=trials, seed=seed))
    default = found.pop("default")
    return [
        Conclusion(
            scenario,
            measure,
            name,
            default[scenario, measure],
            value,
            _verdict(default[scenario, measure], value),
        )
        for name, values in found.items()
        for (scenario, measure), value in values.items()
    ]


def answers(found: Sequence[Conclusion], trials: int) -> list[str]:
    """Return how many conclusions hold under every structure, and which do not, in sentences.

    Parameters
    ----------
    found : sequence of Conclusion
        From `report`.
    trials : int
        That it was made with.
    """
    by_key: dict[str, list[Conclusion]] = {}
    for each in found:
        by_key.setdefault(f"{each.scenario}: {each.measure}", []).append(each)
    n_variants = len({each.variant for each in found})
    drawn = {key: here for key, here in by_key.items() if _side(here[0].default)}
    held = sum(all(each.verdict == "kept" for each in here) for here in drawn.values())
    said = [
        f"Of {len(by_key)} differences at the end {len(drawn)} are conclusions under the default structure "
        f"(the 95 % interval of the mean leaves out zero, {trials:,} trials); {held} of these hold under all "
        f"{n_variants} other structures."
    ]
    for verdict, text in (("flipped", "Turned round"), ("lost", "Lost")):
        changed = [
            f"{key} ({', '.join(each.variant for each in here if each.verdict == verdict)})"
            for key, here in drawn.items()
            if any(each.verdict == verdict for each in here)
        ]
        if changed:
            said.append(f"{text} under some: {'; '.join(changed)}.")
    new = sum(any(each.verdict == "new" for each in here) for here in by_key.values())
    verb = "is a conclusion" if new == 1 else "are conclusions"
    said.append(
        f"{new} {verb} only under another structure. One interval in twenty misses its mean, so that of "
        f"{len(found)} comparisons some change by chance."
    )
    return said


def _differences(runs: xr.Dataset) -> dict[tuple[str, str], Interval]:
    """Return the mean difference at the end of the run and its interval, by scenario and measure."""
    measures = standard_measures(runs)
    last = runs.isel(time=[-1])
    flat = last.drop_vars(list(last.data_vars)).assign(
        {measure.key: measure.take(last).transpose("scenario", "time", "trial") for measure in measures}
    )
    difference = compare(flat).isel(time=0)
    found: dict[tuple[str, str], Interval] = {}
    for scenario in difference["scenario"].values:
        for measure in measures:
            value = difference[measure.key].sel(scenario=scenario)
            mean, low, high = (float(value.sel(statistic=each)) for each in ("mean", "mean_low", "mean_high"))
            found[str(scenario), measure.key] = (mean, low, high)
    return found


def _side(value: Interval) -> int:
    return 1 if value[1] > 0 else -1 if value[2] < 0 else 0


def _verdict(default: Interval, varied: Interval) -> str:
    before, after = _side(default), _side(varied)
    if before == 0:
        return "new" if after else "none"
    return {before: "kept", 0: "lost"}.get(after, "flipped")
