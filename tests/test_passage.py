"""First passages and structural variants, on answers that are known."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import plans
import sim
from sim.analysis.compare.first_passage import first_passage, passages
from sim.analysis.drivers.structure import Conclusion, _verdict, answers
from sim.parameter import variants
from sim.vocabulary.dates import Quarter


@pytest.fixture
def ramp() -> xr.Dataset:
    times = np.array(["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"], dtype="datetime64[ns]")
    values = np.array([[[0.7, 0.9], [0.6, 0.9], [0.4, 0.9], [0.6, 0.9]]])
    quarters = ("time", [f"2024-Q{k}" for k in range(1, 5)])
    labels = {"scenario": ["a"], "time": times, "quarter": quarters, "trial": [0, 1]}
    return xr.Dataset({"hhi": (("scenario", "time", "trial"), values)}, labels)


def test_the_first_time_counts_even_if_it_is_left_again(ramp: xr.Dataset) -> None:
    assert first_passage(ramp, "hhi", below=0.5).values.tolist()[0][0] == 2024.75
    assert first_passage(ramp, "hhi", above=0.65).values.tolist()[0] == [2024.25, 2024.25]


def test_never_is_not_a_number(ramp: xr.Dataset) -> None:
    assert np.isnan(first_passage(ramp, "hhi", below=0.5).values[0, 1])
    assert float(first_passage(ramp, "hhi", below=0.5).notnull().mean()) == 0.5


def test_one_mark_is_given(ramp: xr.Dataset) -> None:
    for marks in ({}, {"above": 0.1, "below": 0.2}):
        with pytest.raises(sim.InputError, match="give one of the two"):
            first_passage(ramp, "hhi", **marks)


def test_the_passages_of_a_run() -> None:
    until = replace(sim.load("baseline"), end=Quarter.parse("2030-Q4"))
    runs = sim.run(until, trials=40, seed=2, keep=["supplier_share", "order_count", "agreement_rung"])
    found = passages(runs)
    assert found["first_order"].dims == ("supplier", "scenario", "trial")
    # The transfer agreement of 2026 is documented, so the fourth rung comes after it.
    assert not (found["joint_project"].sel(partner="japan") < 2026).any()
    orders = runs["order_count"].sel(supplier="china").sum("time") > 0
    assert (found["first_order"].sel(supplier="china").notnull().values == orders.values).all()


@pytest.mark.parametrize(
    ("default", "varied", "verdict"),
    [
        ((1, 0.5, 1.5), (2, 1, 3), "kept"),
        ((1, 0.5, 1.5), (0, -1, 1), "lost"),
        ((1, 0.5, 1.5), (-2, -3, -1), "flipped"),
        ((0, -1, 1), (2, 1, 3), "new"),
        ((0, -1, 1), (0, -1, 1), "none"),
    ],
)
def test_verdicts(default: tuple[float, ...], varied: tuple[float, ...], verdict: str) -> None:
    assert _verdict(default, varied) == verdict  # type: ignore[arg-type]


def test_what_hangs_on_the_structure_is_said_in_sentences() -> None:
    sure, unsure = (0.2, 0.1, 0.3), (0.1, -0.1, 0.3)
    found = [
        Conclusion("tense", measure, variant, default, varied, _verdict(default, varied))
        for measure, default, by_variant in (
            ("hhi", sure, (sure, sure)),
            ("autonomy", sure, (unsure, (-0.2, -0.3, -0.1))),
            ("orders", unsure, (unsure, sure)),
        )
        for variant, varied in zip(("balance: off", "rationality: 2"), by_variant, strict=True)
    ]
    first, turned, lost, chance = answers(found, 16)
    assert first.startswith("Of 3 differences at the end 2 are conclusions") and "; 1 of these hold" in first
    assert turned == "Turned round under some: tense: autonomy (rationality: 2)."
    assert lost == "Lost under some: tense: autonomy (balance: off)."
    assert chance.startswith("1 is a conclusion only") and "of 6 comparisons" in chance


@pytest.mark.parametrize(("name", "option"), [(n, o) for n, v in variants.known().items() for o in v.options])
def test_every_variant_runs_and_the_defaults_change_nothing(name: str, option: str) -> None:
    base = plans.scenario(n_steps=5)  # decisions of two years
    is_default = option == next(iter(variants.known()[name].options))
    said = pytest.warns(sim.IneffectiveChange, match="it is the default") if is_default else nullcontext()
    with said:
        varied = base.override(variant={name: option}, name="varied")
    assert (varied.parameters.digest() == base.parameters.digest()) == is_default
    runs = sim.run(varied, trials=20, keep=["hhi", "relation", "supplier_share"])
    assert all(np.isfinite(runs[each].values).all() for each in runs.data_vars)


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(sim.InputError, match=r"variant\.balance: no such option"):
        sim.load("baseline").override(variant={"balance": "of"})
