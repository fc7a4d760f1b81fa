"""Results as people hand them over: cut, sorted, joined, renamed, cast, read lazily."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

import plans
import sim
from sim.scenario import changes

BASE = plans.scenario("archipelago", n_steps=8, name="one")
OTHER = BASE.override({"demand.money_response": 0.9}, name="other")
KEEP = ["hhi", "supplier_share", "order_count", "agreement_rung"]
TRIALS = 64
EVENT = "supplier_share[borveil]@2021 > 0.5"
PRIOR = {"as it was": {"demand.caution": changes.table(BASE.parameters["demand.caution"])}}


def run(seed: int = 1, **more: Any) -> xr.Dataset:
    return sim.run([BASE, OTHER], trials=TRIALS, seed=seed, keep=KEEP, workers=1, **more)


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return run()


@pytest.fixture(scope="module")
def known(runs: xr.Dataset) -> dict[str, Any]:
    return {name: read(runs) for name, read in READERS.items() if name not in DRAWING}


READERS: dict[str, Callable[[xr.Dataset], Any]] = {
    "compare": sim.compare,
    "effects": sim.effects,
    "answers": lambda runs: sim.answers(runs, "hhi@2021"),
    "long_table": sim.long_table,
    "first_passage": lambda runs: sim.first_passage(runs, "hhi", above=0.6),
    "passages": sim.passages,
    "explain": lambda runs: str(sim.explain(runs, trial=3, at="2020-Q2")),
    "discover": lambda runs: sim.discover(runs, EVENT, parameters="demand", resamples=1),
    "odds": lambda runs: sim.odds(runs, "hhi@2021", PRIOR, least=1),
    "signposts": lambda runs: sim.signposts(runs, between=["one", "other"], variables="hhi"),
}
#: Of these, what reads neither quarters nor trials of the result, only how it was made.
BY_MANIFEST = {"explain"}
#: What draws the parameters of the trials again, which takes its time.
DRAWING = {"explain", "discover", "odds"}


def with_manifest(runs: xr.Dataset, **fields: Any) -> xr.Dataset:
    return runs.assign_attrs(manifest=json.dumps({**sim.manifest(runs), **fields}))


#: What loses nothing: the same answers.
SAME: dict[str, Callable[[xr.Dataset], xr.Dataset]] = {
    "turned": lambda runs: runs.transpose(*reversed(list(runs.dims))),
    "in pieces": lambda runs: runs.chunk(trial=25, time=3),
    "in double precision": lambda runs: runs.astype(float),
}

#: What is no result any more: how it is made -> a word of the line that says so.
REFUSED: dict[str, tuple[Callable[[xr.Dataset], Any], str]] = {
    "quarters backwards": (lambda runs: runs.isel(time=slice(None, None, -1)), "out of order"),
    "a quarter twice": (lambda runs: runs.isel(time=[0, 0, 1]), "two times"),
    "no quarter": (lambda runs: runs.isel(time=[]), "no time left"),
    "no trial": (lambda runs: runs.isel(trial=[]), "no trial left"),
    "a trial twice": (lambda runs: runs.isel(trial=[0, 0, 1]), "two trials"),
    "another seed": (lambda runs: xr.concat([runs, run(2)], "trial"), "two trials"),
    "trials of no number": (lambda runs: runs.assign_coords(trial=runs["trial"] + 0.5), "no numbers"),
    "quarters of no date": (lambda runs: runs.assign_coords(time=np.arange(8)), "no dates"),
    "quarters of no name": (lambda runs: runs.drop_vars("quarter"), "quarter"),
    "trials of no label": (lambda runs: runs.drop_vars("trial"), "labels of its trials"),
    "a manifest of somebody else": (lambda runs: with_manifest(runs, failures=[1]), "manifest"),
    "a manifest that is no record": (lambda runs: runs.assign_attrs(manifest="{"), "manifest"),
}


@pytest.mark.parametrize("change", SAME)
def test_what_loses_nothing_gives_the_same_answers(
    change: str, runs: xr.Dataset, known: dict[str, Any]
) -> None:
    for name, before in known.items():
        after = READERS[name](SAME[change](runs))
        if isinstance(before, xr.Dataset | xr.DataArray):
            xr.testing.assert_allclose(after, before, rtol=1e-6)
        else:
            assert str(after) == str(before), name


@pytest.mark.parametrize("change", REFUSED)
def test_what_is_no_result_any_more_is_refused_in_one_line(change: str, runs: xr.Dataset) -> None:
    make, word = REFUSED[change]
    changed = make(runs)
    by_manifest = BY_MANIFEST if "manifest" not in word else {"long_table"}
    for name in READERS.keys() - by_manifest:
        with pytest.raises(sim.InputError, match=word) as refused:
            READERS[name](changed)
        assert "\n" not in str(refused.value)


def test_what_was_renamed_is_asked_for_by_the_name_it_was_run_under(runs: xr.Dataset) -> None:
    renamed = runs.assign_coords(scenario=["A", "B"])
    assert sim.compare(renamed)["scenario"].values.tolist() == ["B"]
    for name in ("explain", "discover", "odds"):
        with pytest.raises(sim.InputError, match="is not what was run"):
            READERS[name](renamed)


def test_a_failed_trial_is_left_out_under_whatever_name(runs: xr.Dataset) -> None:
    failed = {"scenario": "other", "trial": 3, "problem": "invented"}
    part = with_manifest(runs, failures=[failed])
    assert 3 not in sim.first_passage(part, "hhi", above=0.6)["trial"]
    assert 3 not in sim.first_passage(part.assign_coords(scenario=["A", "B"]), "hhi", above=0.6)["trial"]
    assert 3 in sim.first_passage(part.sel(scenario=["one"]), "hhi", above=0.6)["trial"]


def test_one_scenario_or_supplier_of_a_result_is_still_read(runs: xr.Dataset) -> None:
    assert sim.explain(runs.sel(scenario="other"), trial=3, at="2020-Q2").scenario == "other"
    assert set(sim.passages(runs.sel(supplier="borveil"))) == {"joint_project"}


def test_no_parameters_are_drawn_for_trials_of_another_run(runs: xr.Dataset) -> None:
    longer = xr.concat([runs, run(2, first_trial=TRIALS)], "trial")
    for name in ("discover", "odds"):
        with pytest.raises(sim.InputError, match="the trial 64, and its manifest names 0 to 63"):
            READERS[name](longer)


def test_what_is_no_number_is_in_no_share(runs: xr.Dataset) -> None:
    holed = runs.where(runs["trial"] != 3)
    assert np.isnan(sim.compare(holed)["hhi"].sel(statistic="p_greater")).all()
    with pytest.raises(sim.InputError, match="not a number in every trial"):
        sim.first_passage(holed, "hhi", above=0.6)


@pytest.mark.parametrize(
    ("added", "word"),
    [(1.0, "no dimension scenario"), (("scenario", ["a", "b"]), "no dimension time")],
    ids=["a number", "texts"],
)
def test_what_was_added_is_no_variable_of_a_result(added: Any, word: str, runs: xr.Dataset) -> None:
    for name in ("compare", "long_table"):
        with pytest.raises(sim.InputError, match=word):
            READERS[name](runs.assign(mine=added))


def test_a_sampling_of_another_version_is_said(runs: xr.Dataset) -> None:
    with pytest.raises(sim.InputError, match="not a sampling of this version"):
        sim.compare(with_manifest(runs, sampling={"method": "independent", "moons": 3, "keys": []}))
