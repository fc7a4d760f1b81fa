"""Running what is missing of a batch, in memory or in a store, in rounds where a precision is asked for."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.runs import dataset as results
from sim.runs import precision, saved
from sim.runs import run_summary as summarised
from sim.runs.batch import Batch
from sim.runs.store import Store
from sim.vocabulary.axes import Array

if TYPE_CHECKING:
    import xarray as xr


def run_rounds(batch: Batch, store: Store | None) -> xr.Dataset:
    """Run what is missing, in rounds where a precision is asked for, and return the result."""
    if batch.spec.is_summary:
        return summarised.run(batch, store)
    grow = _InMemory() if store is None else _OnDisk(store)
    stopping_rule, spec = batch.stopping_rule, batch.spec
    while True:
        runs = grow(batch)
        if stopping_rule is None:
            return runs
        assessment = precision.assessment(stopping_rule, spec.until or "", runs)
        done = batch.spec.trials
        if assessment["is_reached"] or done >= spec.most or not results.completeness(runs).any():
            return grow.result(batch, assessment)
        trials = precision.next_trials(
            done, assessment["half_width"] or math.inf, stopping_rule, spec.block, spec.most
        )
        batch = replace(batch, spec=replace(batch.spec, trials=trials))
        batch.check(done * len(batch.scenarios), store.path if store else None)


class _InMemory:
    """Trials in arrays that grow."""

    def __init__(self) -> None:
        self.kept: dict[str, Array] = {}
        self.failures: list[dict[str, Any]] = []
        self.done = 0

    def __call__(self, batch: Batch) -> xr.Dataset:
        """Run the blocks that are not there and return all."""
        spec, done = batch.spec, self.done
        for name in spec.keep:
            array = np.empty((*batch.shape(name), spec.trials), np.float32)
            if done:
                array[..., :done] = self.kept[name]
            self.kept[name] = array
        missing = (job for job in batch.jobs() if job[2] - spec.first_trial >= done)
        n_missing = batch.n_blocks - len(batch.scenarios) * (done // spec.block)
        for scenario, _, finished in batch.work(missing, n_missing, "arrays"):
            start = finished.first_trial - spec.first_trial
            for name, values in finished.kept.items():
                self.kept[name][scenario, ..., start : start + finished.n_trials] = values
            self.failures += [each._asdict() for each in finished.failures]
        self.done = spec.trials
        return batch.label(self.kept, self.failures)

    def result(self, batch: Batch, assessment: dict[str, Any]) -> xr.Dataset:
        """Return the result with the precision reached in its manifest."""
        return batch.label(self.kept, self.failures).assign_attrs(
            batch.attributes(self.failures, precision=assessment)
        )


class _OnDisk:
    """Trials in a store that grows."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __call__(self, batch: Batch) -> xr.Dataset:
        """Run the blocks that are not there, or are damaged, and return all, opened lazily."""
        store = self.store
        if batch.spec != store.spec:
            store.renew(batch.spec, template(batch))
        there = store.finished()
        missing = (job for job in batch.jobs() if job[:2] not in there)
        n_missing = batch.n_blocks - len(there)
        for scenario, block, done in batch.work(missing, n_missing, "chunks"):
            store.write(scenario, block, done)
        return self.result(batch, None)

    def result(self, batch: Batch, assessment: dict[str, Any] | None) -> xr.Dataset:
        """Write the manifest, with the precision reached in it."""
        more = {} if assessment is None else {"precision": assessment}
        self.store.describe(batch.attributes(self.store.failures(), self.store.ledger.ran(), **more))
        return saved.open_run(self.store.path, is_going_on=True)


def template(batch: Batch) -> xr.Dataset | None:
    """Return what a store is laid out by before it has blocks."""
    return None if batch.spec.is_summary else batch.template()
