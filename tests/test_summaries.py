"""Summaries instead of trials, and running until a number is known well enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import plans
import sim
from sim.runs import precision
from sim.runs.counts import RELATIVE_ERROR, STATISTICS, Counted, Summary
from sim.runs.precision import StoppingRule, half_width
from sim.runs.store import Store
from sim.vocabulary.errors import InputError

SCENARIO = plans.scenario("archipelago", n_steps=4, name="base")
KEEP = ["hhi", "supplier_share", "government"]
WHAT: dict[str, Any] = {"seed": 5, "block": 8, "workers": 1, "keep": KEEP, "summary": True}
SHARES = {"q01": 0.01, "q25": 0.25, "median": 0.5, "q95": 0.95}

SAMPLES = arrays(
    np.float32, (2, 40), elements=st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)
)


def shown(counted: Counted) -> dict[str, Any]:
    return dict(zip(STATISTICS, counted.statistics(), strict=True))


@given(SAMPLES)
def test_quantiles_are_the_exact_ones_within_the_stated_error(values: Any) -> None:
    found = shown(Counted.of(values))
    for name, share in SHARES.items():
        exact = np.quantile(values.astype(float), share, axis=-1, method="inverted_cdf")
        assert (np.abs(found[name] - exact) <= RELATIVE_ERROR * np.abs(exact)).all()
    np.testing.assert_array_equal(found["min"], values.min(axis=-1))
    np.testing.assert_array_equal(found["max"], values.max(axis=-1))
    np.testing.assert_allclose(found["mean"], values.mean(axis=-1, dtype=float), rtol=1e-12, atol=1e-9)


@given(SAMPLES, st.integers(1, 39), st.integers(1, 39))
def test_however_trials_are_cut_the_counts_are_the_same(values: Any, one: int, other: int) -> None:
    whole = Counted.of(values)
    parts = [Counted.of(part) for part in np.split(values, sorted((one, other)), axis=-1)]
    for order in (parts, parts[::-1]):
        merged = order[0].merge(order[1:])
        for field in ("key", "times", "count", "low", "high"):
            np.testing.assert_array_equal(getattr(merged, field), getattr(whole, field))


def test_whole_numbers_are_exact_and_zero_is_one_number() -> None:
    values = np.array([[-1024, -3, -0.0, 0.0, 1, 511, 1024, 0.0]], dtype=np.float32)
    counted = Counted.of(values)
    assert len(counted.key) == 6
    assert [float(counted.quantile(share)[0]) for share in (0.1, 0.25, 0.5, 0.75, 0.8, 1)] == [
        -1024, -3, 0, 1, 511, 1024,
    ]  # fmt: skip


def test_a_summary_is_that_of_the_trials(tmp_path: Path) -> None:
    found = sim.run(SCENARIO, trials=30, **WHAT)
    trials = sim.run(SCENARIO, trials=30, **WHAT | {"summary": False}).astype(float)
    for name in KEEP:
        np.testing.assert_allclose(found[name].sel(statistic="mean"), trials[name].mean("trial"), rtol=1e-12)
        np.testing.assert_allclose(
            found[name].sel(statistic="sd"), trials[name].std("trial", ddof=1), rtol=1e-9
        )
        median = trials[name].quantile(0.5, "trial", method="inverted_cdf")
        np.testing.assert_allclose(found[name].sel(statistic="median"), median, rtol=RELATIVE_ERROR)
    assert (found["hhi"].sel(statistic="count") == 30).all()


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
def test_a_stored_summary_is_that_in_memory_and_can_be_extended(tmp_path: Path, workers: int) -> None:
    out = tmp_path / "runs.zarr"
    stored = sim.run(SCENARIO, trials=27, **WHAT | {"workers": workers}, out=out)
    xr.testing.assert_identical(stored.load(), sim.run(SCENARIO, trials=27, **WHAT))
    longer = sim.extend(out, 44, workers=workers)
    xr.testing.assert_identical(longer.load(), sim.run(SCENARIO, trials=44, **WHAT))


def stopper(blocks: int) -> Callable[[int], None]:
    """Return a report of progress that interrupts the run after so many blocks."""
    finished: list[int] = []

    def stop(count: int) -> None:
        finished.append(count)
        if len(finished) == blocks:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_stopped_summary_is_gone_on_with(
    tmp_path: Path, is_damaged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, short = tmp_path / "runs.zarr", plans.scenario("archipelago", n_steps=2, name="base")
    with monkeypatch.context() as patch:
        patch.setattr("sim.runs.run_summary.CHECKPOINT", 0.0)
        with pytest.raises(KeyboardInterrupt):
            sim.run(short, trials=44, **WHAT, out=out, progress=stopper(4))
    with pytest.raises(InputError, match="the run is not finished"):
        sim.open(out)
    if is_damaged:
        checkpoint = out / "run" / "summary.0"
        checkpoint.write_bytes(checkpoint.read_bytes()[:-5])
    again: list[int] = []
    resumed = sim.resume(out, progress=again.append)
    assert sum(again) == (44 if is_damaged else 44 - 32)
    xr.testing.assert_identical(resumed.load(), sim.run(short, trials=44, **WHAT))


def test_a_summary_is_small_however_many_blocks_wait() -> None:
    random = np.random.default_rng(1)
    blocks = [Summary.of({"x": random.integers(0, 50, (3, 100)).astype(np.float32)}) for _ in range(30)]
    summary = blocks[0]
    for each in blocks[1:]:
        summary.add(each)
        assert sum(each.size for each in summary.waiting) <= summary.size
    assert summary.with_last(None).size <= 150


# ---------------------------------------------------------------------- until it is known well enough


@pytest.mark.parametrize("share", [None, 0.05, 0.5, 0.9])
def test_intervals_hold_what_they_should_as_often_as_they_say(share: float | None) -> None:
    random = np.random.default_rng(3)
    truth = 1.0 if share is None else -np.log(1 - share)
    held = []
    for _ in range(400):
        values = random.exponential(size=500)
        estimate = values.mean() if share is None else np.quantile(values, share)
        held.append(abs(estimate - truth) <= half_width(values, share))
    assert 0.9 < np.mean(held) < 0.99


def test_a_quantile_of_too_few_trials_has_no_interval() -> None:
    assert half_width(np.arange(10.0), 0.99) == np.inf
    assert half_width(np.array([1.0]), None) == np.inf


@pytest.mark.long
def test_a_run_goes_on_until_it_is_precise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "FIRST", 16)
    what = {**WHAT, "summary": False, "until": "hhi@2020 mean ±0.004"}
    runs = sim.run(SCENARIO, **what)
    stated = sim.manifest(runs)["precision"]
    used = runs.sizes["trial"]
    assert stated["is_reached"]
    assert stated["trials"] == used
    assert stated["half_width"] <= 0.004
    assert stated["half_width"] == half_width(runs["hhi"][0, -1].to_numpy(), None)
    fewer = sim.run(SCENARIO, **what | {"until": None}, trials=used // 4)
    assert half_width(fewer["hhi"][0, -1].to_numpy(), None) > 0.004, "it stops when it may"
    stored = sim.run(SCENARIO, **what, out=tmp_path / "runs.zarr")
    xr.testing.assert_identical(stored.load(), runs)
    xr.testing.assert_identical(sim.resume(tmp_path / "runs.zarr").load(), runs)
    most = sim.run(SCENARIO, **what, trials=24)
    assert sim.manifest(most)["precision"] | {"half_width": 0} == {
        "until": "hhi@2020 mean ±0.004", "half_width": 0, "is_reached": False, "trials": 24,
    }  # fmt: skip


@pytest.mark.long
def test_a_stopped_round_is_gone_on_with_to_the_same_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "FIRST", 16)
    what = {**WHAT, "summary": False, "until": "hhi@2020 mean +-0.004"}
    out = tmp_path / "runs.zarr"
    with pytest.raises(KeyboardInterrupt):
        sim.run(SCENARIO, **what, out=out, progress=stopper(4))
    assert Store.open(out).spec.trials > 16, "the second round had begun"
    xr.testing.assert_identical(sim.resume(out).load(), sim.run(SCENARIO, **what))


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("hhi@2020 mean ±0.1", StoppingRule("hhi", (), plans.Quarter(2020, 4), None, 0.1)),
        ("hhi @ 2020-Q2 median +-1e-3", StoppingRule("hhi", (), plans.Quarter(2020, 2), 0.5, 0.001)),
        (
            "supplier_share[bryn]@2020 p97.5 +/- .02",
            StoppingRule("supplier_share", ("bryn",), plans.Quarter(2020, 4), 0.975, 0.02),
        ),
    ],
)
def test_goals_are_read(text: str, goal: StoppingRule) -> None:
    found = precision.read(text.replace("bryn", SCENARIO.case.suppliers[0]), SCENARIO, tuple(KEEP), QUARTERS)
    assert found == StoppingRule(
        goal.variable, tuple(SCENARIO.case.suppliers[0] for _ in goal.labels), *list(vars(goal).values())[2:]
    )


QUARTERS = ("2020-Q1", "2020-Q2", "2020-Q3", "2020-Q4")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hhi", "cannot be read"),
        ("hhi@2020 p50", "cannot be read"),
        ("hhy@2020 p50 ±1", "Did you mean hhi"),
        ("hhi@2031 p50 ±1", "2031-Q4 is not kept"),
        ("supplier_share@2020 p50 ±1", "needs 1 labels"),
        ("supplier_share[nobody]@2020 p50 ±1", "no such supplier"),
        ("hhi@2020 p100 ±1", "between 0 and 100"),
        ("hhi@2020 mean ±0", "above 0"),
    ],
)
def test_goals_that_make_no_sense_are_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        sim.run(SCENARIO, keep=KEEP, until=text)


def test_goals_need_independent_trials_that_are_kept() -> None:
    with pytest.raises(InputError, match="needs the trials"):
        sim.run(SCENARIO, until="hhi@2020 mean ±1", summary=True)
    with pytest.raises(InputError, match="rests on independent trials"):
        sim.run(SCENARIO, until="hhi@2020 mean ±1", sampling="sobol")
