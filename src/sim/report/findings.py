"""What finished trials say beyond the comparison: which parameters a number hangs on, and what to watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.compare.measure import Measure
from sim.analysis.discovery import draws
from sim.analysis.discovery import signposts as watching
from sim.analysis.drivers import pawn
from sim.report.parts import Picture, Table, picture
from sim.runs.dataset import complete_trials
from sim.scenario.scenario import Scenario
from sim.vocabulary import amounts

if TYPE_CHECKING:
    import xarray as xr

#: Trials from which the samples in the slices of a parameter say something.
_ENOUGH = 500

#: Rows of a table, and bootstrap resamples.
_LISTED, _RESAMPLES = 10, 200

#: Trials that tell futures apart: more move an AUC by less than the last digit that is shown.
_WATCHED = 2_000


@dataclass(frozen=True)
class Finding:
    """A section of the page."""

    id: str
    title: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()


def of_run(
    runs: xr.Dataset, scenarios: Mapping[str, Scenario], reference: str, measure: Measure
) -> list[Finding]:
    """Return the findings that the trials of a run allow, or why they do not."""
    return [
        _drivers(runs, scenarios, reference, measure),
        *([_watch(runs, scenarios, reference)] if len(scenarios) > 1 else []),
    ]


def _drivers(
    runs: xr.Dataset, scenarios: Mapping[str, Scenario], reference: str, measure: Measure
) -> Finding:
    """Return how far each parameter moves the distribution of the first measure at the end."""
    scenario = scenarios[reference]
    about = f"{measure.text(runs)}, {runs['quarter'].values[-1]}, “{scenario.title}”"
    title, method = "What it hangs on", "sim sensitivity"
    trials = complete_trials(runs).sizes["trial"]
    if trials < _ENOUGH:
        few = f"{trials:,} trials are too few to say which parameters {about} hangs on; {_ENOUGH} would do."
        return Finding("drivers", title, (few,))
    _, drawn = draws.of(runs, list(scenarios.values()))
    names = [key for key in drawn.columns if scenario.parameters[key].distribution is not None]
    row = [each.name for each in drawn.scenarios].index(scenario.name)
    sample = np.stack([drawn.columns[key][row].astype(float) for key in names], axis=1)
    outcome = measure.take(runs).sel(scenario=scenario.name).isel(time=-1).values
    found = pawn.of_sample(sample, outcome, resamples=0)
    median, floor = found.median, found.median_floor
    order = np.argsort(-median)[:_LISTED]
    above = int((median > floor).sum())
    # Of all of them intervals would take a minute, and only these are shown.
    shown = pawn.of_sample(sample[:, order], outcome, resamples=_RESAMPLES)
    rows = tuple(
        (
            names[k],
            scenario.parameters[names[k]].description,
            amounts.fixed(median[k], 2),
            f"{amounts.fixed(low, 2)} to {amounts.fixed(high, 2)}",
            "yes" if median[k] > floor else "no",
            scenario.parameters[names[k]].rests_on,
        )
        for k, low, high in zip(order, shown.median_low, shown.median_high, strict=True)
    )
    table = Table(
        f"How far fixing a parameter moves the distribution of {about}",
        ("Parameter", "What it is", "Distance", "95 % interval", "Above the floor", "Rests on"),
        rows,
        frozenset({2, 3}),
    )
    said = (
        f"{above} of {len(names)} uncertain parameters move the distribution of {about} by more than one in "
        f"twenty shuffled ones does ({floor:.2f}, the Kolmogorov-Smirnov distance of PAWN); first "
        f"{names[order[0]]}, {median[order[0]]:.2f}."
    )
    more = (
        f"Shares of the variance, with the shocks beside the parameters, are a study of their own: {method}."
    )
    return Finding("drivers", title, (said, more), (table,))


def _watch(runs: xr.Dataset, scenarios: Mapping[str, Scenario], reference: str) -> Finding:
    """Return which observable tells each scenario from the reference, and from when on."""
    from sim.plots import signposts as drawing

    sentences, found_tables, pictures = [], [], []
    if runs.sizes["trial"] > _WATCHED:
        runs = runs.isel(trial=slice(_WATCHED))
        sentences.append(f"Seen on the first {_WATCHED:,} trials.")
    for name in scenarios:
        if name == reference:
            continue
        found = watching.signposts(runs, between=[name, reference])
        sentences.append(f"“{scenarios[name].title}”: {watching.answer(found)}")
        top = found.isel(measure=slice(0, _LISTED))
        rows = []
        for k in range(top.sizes["measure"]):
            lead = float(top["lead"].values[k])
            if not np.isfinite(lead):
                continue
            at = top.isel(measure=k, time=int(top["since"].values[k]))
            rows.append(
                (
                    str(at["text"].item()),
                    str(at["quarter"].item()),
                    f"{lead:g}",
                    f"{float(at['auc']):.2f}",
                    f"{float(at['auc_low']):.2f} to {float(at['auc_high']):.2f}",
                    f"{amounts.number(float(at['threshold']))} {at['unit'].item()}",
                )
            )
        if rows:
            columns = ("What to watch", "From", "Years before", "AUC", "95 % interval", "Threshold")
            caption = f"What tells “{scenarios[name].title}” from “{scenarios[reference].title}”"
            found_tables.append(Table(caption, columns, tuple(rows), frozenset({2, 3, 4})))
            figure: Any = drawing(found, most=5).figure
            pictures.append(picture(figure, f"watch.{name}", sentences[-1]))
    return Finding("watch", "What to watch", tuple(sentences), tuple(found_tables), tuple(pictures))
