"""Many scenarios on one axis: every line is named, no colour is used twice, the numbers are the run's."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import plans
import sim
from sim.plots import settings, themes


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    base = plans.scenario("archipelago", n_steps=12, name="base")
    many = [base, *(base.override({"demand.caution": k / 10}, name=f"number {k}") for k in range(1, 10))]
    return sim.run(many, trials=6, keep=["hhi", "agreement_rung"], workers=1)


def test_every_scenario_is_named_and_no_colour_is_used_twice(runs: xr.Dataset) -> None:
    axis = sim.plots.overlay(runs, "hhi")
    assert sorted(each.get_text() for each in axis.texts) == sorted(runs["scenario"].values)
    colours = [to_hex(line.get_color()) for line in axis.lines]
    assert len(colours) == 10 and colours.count("#000000") == 1
    others = [each for each in colours if each != themes.LIGHT.rest.lower()]
    assert len(others) == len(set(others)) == 7
    places = sorted(each.xyann[1] for each in axis.texts)
    assert min(np.diff(places)) > 0.04 and places[-1] <= 1.0
    median = runs["hhi"].sel(scenario="base").median("trial").values
    black = next(line for line in axis.lines if to_hex(line.get_color()) == "#000000")
    assert np.allclose(black.get_ydata(), median)


def test_figures_compose(runs: xr.Dataset) -> None:
    left, right = Figure().subplots(1, 2)
    few = runs.isel(scenario=slice(0, 2))
    assert sim.plots.overlay(few, "hhi", ax=left) is left and len(left.collections) == 2
    assert (
        sim.plots.timeline(few, ax=right, title="Ladder") is right and right.get_title(loc="left") == "Ladder"
    )
    found = sim.effects(few, variables=["hhi"])
    assert sim.plots.forest(found, "hhi", ax=Figure().subplots()).get_xlabel().startswith("Mean difference")


def test_passages_are_counted_once(runs: xr.Dataset) -> None:
    axis = sim.plots.passage_curves(runs, "hhi", above=0.4)
    when = sim.first_passage(runs, "hhi", above=0.4).sel(scenario="base")
    black = next(line for line in axis.lines if to_hex(line.get_color()) == "#000000")
    assert black.get_ydata()[-1] == pytest.approx(float(when.notnull().mean()))
    assert (np.diff(black.get_ydata()) >= 0).all()


def test_a_timeline_has_a_row_for_each_label(runs: xr.Dataset) -> None:
    axis = sim.plots.timeline(runs, "agreement_rung", "number 3")
    means = runs["agreement_rung"].sel(scenario="number 3").mean("trial").transpose("partner", "time").values
    assert np.allclose(axis.images[0].get_array(), means)
    assert [each.get_text() for each in axis.texts] == [f"{value:.2f}" for value in means[:, -1]]
    with pytest.raises(sim.InputError, match="has not one axis of its own"):
        sim.plots.timeline(runs, "hhi")


def test_a_notebook_shows_figures_by_themselves(runs: xr.Dataset) -> None:
    for drawn in (sim.plots.overlay(runs, "hhi"), sim.plots.fan(runs.isel(scenario=[0]), "hhi")):
        assert drawn._repr_png_().startswith(b"\x89PNG")
    left = Figure().subplots()
    assert not hasattr(sim.plots.overlay(runs, "hhi", ax=left), "_repr_png_")


def test_long_titles_and_names_stay_within_the_picture(runs: xr.Dataset, tmp_path: Path) -> None:
    found = sim.effects(runs.isel(scenario=slice(0, 3)), variables=["hhi"])
    found = found.assign_coords(scenario=["India and Bangladesh make up", "other"])
    title = "Supplier concentration, five-year rolling, " + "one future less another, " * 4
    axis = sim.plots.forest(found, "hhi", title=title)
    figure = axis.get_figure()
    with settings.context(), mock.patch.dict(matplotlib.rcParams, {"savefig.dpi": 200}):
        sim.plots.save(axis, tmp_path / "forest")
        figure.dpi = 200
        renderer = figure._get_renderer()
        written = [*axis.get_yticklabels(), *figure.texts]
        places = [each.get_window_extent(renderer) for each in written]
    assert min(place.x0 for place in places) >= 0 and max(place.x1 for place in places) <= figure.bbox.width
    assert "\n" in figure.texts[0].get_text()
