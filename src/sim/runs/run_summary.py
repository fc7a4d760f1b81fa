"""Runs of which summaries are kept instead of trials."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sim.runs import dataset as results
from sim.runs.batch import Batch
from sim.runs.blocks import NOTHING_RAN, Finished
from sim.runs.counts import RELATIVE_ERROR, STATISTICS
from sim.runs.store import Checkpoint, Store

if TYPE_CHECKING:
    import xarray as xr

#: Seconds between two checkpoints; what a stop costs at most.
CHECKPOINT = 30.0


def run(batch: Batch, store: Store | None) -> xr.Dataset:
    """Run the blocks that a summary lacks, and return it.

    Full blocks are added in their order and written down now and then. The last, shorter one is left out of
    what is written down: when the run is extended, it is full.
    """
    full = batch.spec.trials // batch.spec.block
    scenarios = range(len(batch.scenarios))
    known = [Checkpoint() if store is None else store.summary(scenario) for scenario in scenarios]
    last: dict[int, Finished] = {}
    written = time.monotonic()
    missing = batch.jobs(skip=lambda scenario: known[scenario].blocks)
    n_missing = batch.n_blocks - sum(each.blocks for each in known)
    for scenario, block, done in batch.work(missing, n_missing, "summary"):
        if block == full:
            last[scenario] = done
            if store is not None:
                store.write(scenario, block, done)
            continue
        one = known[scenario] = _with(known[scenario], done)
        if store is not None and (one.blocks == full or time.monotonic() - written > CHECKPOINT):
            store.write_summary(scenario, one)
            written = time.monotonic()
    result = _label(batch, known, last)
    if store is not None:
        store.lay_out(result)
    return result


def _with(known: Checkpoint, done: Finished) -> Checkpoint:
    """Return what is known with one more block; the summary is changed in place."""
    summary = known.summary
    if summary is None:
        summary = done.kept
    else:
        summary.add(done.kept)
    failures = (*known.failures, *(each._asdict() for each in done.failures))
    return Checkpoint(known.blocks + 1, failures, known.ran.plus(done.ran), summary)


def _label(batch: Batch, known: Sequence[Checkpoint], last: Mapping[int, Finished]) -> xr.Dataset:
    import numpy as np
    import xarray as xr

    from sim.vocabulary.variables import GLOSSARY

    statistics, failures, ran = [], [], NOTHING_RAN
    for scenario, one in enumerate(known):
        rest = last.get(scenario)
        tail = None if rest is None else rest.kept
        whole = tail if one.summary is None else one.summary.with_last(tail)
        assert whole is not None, "a run has a trial"
        statistics.append(whole.statistics())
        failures += [*one.failures, *(each._asdict() for each in (rest.failures if rest else ()))]
        ran = ran.plus(one.ran).plus(rest.ran if rest else NOTHING_RAN)
    variables = {
        name: (
            ("scenario", "statistic", "time", *GLOSSARY[name].dims),
            np.stack([each[name] for each in statistics]),
            results.describe(name),
        )
        for name in batch.spec.keep
    }
    axes = results.coordinates(batch.scenarios, batch.spec.keep, batch.steps)
    about = batch.attributes(failures, ran, summary={"relative_error_of_quantiles": RELATIVE_ERROR})
    return xr.Dataset(variables, {**axes, "statistic": list(STATISTICS)}, about)
