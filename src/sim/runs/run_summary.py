"""Runs of which summaries are kept instead of trials."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.runs import dataset as results
from sim.runs.batch import Batch, Execution
from sim.runs.counts import RELATIVE_ERROR, STATISTICS, Summary
from sim.runs.store import Store

if TYPE_CHECKING:
    import xarray as xr

#: Seconds between two checkpoints; what a stop costs at most.
CHECKPOINT = 30.0


@dataclass
class _Known:
    """What is known of a scenario: its first blocks, and the trials of them that failed."""

    blocks: int = 0
    failures: tuple[dict[str, Any], ...] = ()
    summary: Summary | None = None


def run(batch: Batch, execution: Execution, store: Store | None) -> xr.Dataset:
    """Run the blocks that a summary lacks, and return it.

    Full blocks are added in their order and written down now and then. The last, shorter one is left out of
    what is written down: when the run is extended, it is full.
    """
    full = batch.spec.trials // batch.spec.block
    known = {scenario: _begun(store, scenario) for scenario in range(len(batch.scenarios))}
    last: dict[int, Any] = {}
    written = time.monotonic()
    missing = batch.jobs(skip=lambda scenario: known[scenario].blocks)
    n_missing = batch.n_blocks - sum(each.blocks for each in known.values())
    for scenario, block, done in batch.work(missing, n_missing, "summary", execution):
        if block == full:
            last[scenario] = done
            if store is not None:
                store.write(scenario, block, done.n_trials, {}, done.failures)
            continue
        one = known[scenario]
        one.blocks, one.failures = block + 1, (*one.failures, *(each._asdict() for each in done.failures))
        if one.summary is None:
            one.summary = done.kept
        else:
            one.summary.add(done.kept)
        if store is not None and (one.blocks == full or time.monotonic() - written > CHECKPOINT):
            store.write_summary(scenario, one.blocks, one.failures, one.summary)
            written = time.monotonic()
    result = _label(batch, known, last)
    if store is not None:
        store.lay_out(result)
    return result


def _begun(store: Store | None, scenario: int) -> _Known:
    found = store.summary(scenario) if store is not None else None
    return _Known() if found is None else _Known(found[0], tuple(found[1]), found[2])


def _label(batch: Batch, known: dict[int, _Known], last: dict[int, Any]) -> xr.Dataset:
    import numpy as np
    import xarray as xr

    from sim.vocabulary.variables import GLOSSARY

    statistics, failures = [], []
    for scenario, one in known.items():
        rest = last.get(scenario)
        tail = None if rest is None else rest.kept
        whole = tail if one.summary is None else one.summary.with_last(tail)
        assert whole is not None, "a run has a trial"
        statistics.append(whole.statistics())
        failures += [*one.failures, *(each._asdict() for each in (rest.failures if rest else ()))]
    variables = {
        name: (
            ("scenario", "statistic", "time", *GLOSSARY[name].dims),
            np.stack([each[name] for each in statistics]),
            results.describe(name),
        )
        for name in batch.spec.keep
    }
    axes = results.coordinates(batch.scenarios, batch.spec.keep, batch.steps)
    about = batch.attributes(failures, summary={"relative_error_of_quantiles": RELATIVE_ERROR})
    return xr.Dataset(variables, {**axes, "statistic": list(STATISTICS)}, about)
