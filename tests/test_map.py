"""The map of suppliers shows the shares of the run, where the suppliers are, and no country that is none."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import xarray as xr
from matplotlib.patches import PathPatch

import sim
from sim.case import case as cases
from sim.importers.categories import capitals
from sim.plots import outlines
from sim.vocabulary.errors import InputError
from synthetic import SUPPLIERS, futures

#: Where suppliers of a made-up case are: two within countries, one at sea; the others have no capital.
PLACES = {"north": (55.76, 37.62), "south": (-15.79, -47.88), "east": (0.0, -30.0)}


@pytest.fixture(scope="module")
def history() -> xr.Dataset:
    return places()


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return futures(n_steps=8, n_trials=20)


def places() -> xr.Dataset:
    """Return a history that says where suppliers are, and nothing else."""
    found = np.array([PLACES.get(name, (np.nan, np.nan)) for name in SUPPLIERS])
    coordinates = {
        "year": [2023],
        "supplier": list(SUPPLIERS),
        "latitude": ("supplier", found[:, 0]),
        "longitude": ("supplier", found[:, 1]),
    }
    about = {"recipient": "Home", "recipient_place": [9.03, 38.74]}
    return xr.Dataset({}, coordinates, about)


def test_the_file_is_the_one_whose_terms_are_kept() -> None:
    notice = (outlines._FILE.parent / "NOTICE.md").read_text(encoding="utf-8")
    assert hashlib.sha256(outlines._FILE.read_bytes()).hexdigest() in notice


def test_the_projection_is_equal_earth() -> None:
    # The ends of the map as its authors give them, for a sphere of radius 1.
    assert outlines.project(outlines._MIDDLE + 180.0, 0.0) == pytest.approx([2.70662993, 0.0])
    assert outlines.project(outlines._MIDDLE, 90.0) == pytest.approx([0.0, 1.31732702], abs=1e-4)


def test_outlines_are_closed_and_cross_no_date_line() -> None:
    for each in [*outlines.countries(), outlines.land()]:
        for ring in each.rings:
            if ring[:, 1].min() > -60.0:
                assert np.abs(np.diff(ring, axis=0)).max() < 90.0, each.name
                assert ring[0] == pytest.approx(ring[-1], abs=1e-9), each.name


def test_every_supplier_of_the_shipped_case_is_its_own_country() -> None:
    history = sim.history("baseline")
    record = cases.load("bangladesh").record
    found = {
        str(label): outlines.country(str(label), float(north), float(east))
        for label, north, east in zip(
            history["supplier_name"].values,
            history["latitude"].values,
            history["longitude"].values,
            strict=True,
        )
        if np.isfinite(north)
    }
    assert len(found) == len(record.suppliers) - 1
    other = {"Türkiye": "Turkey", "United States": "United States of America"}
    assert {label: each and each.name for label, each in found.items()} == {
        label: other.get(label, label) for label in found
    }
    assert history.attrs["recipient_place"] == [23.81, 90.41]


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("Israel", "Israel"),
        ("Cyprus", "Cyprus"),
        ("Niger", "Niger"),
        ("Viet Nam", "Vietnam"),
        # On no map so coarse, or across a river from another capital: a dot rather than the neighbour.
        ("Singapore", None),
        ("Bahrain", None),
        ("Malta", None),
        ("Republic of the Congo", None),
    ],
)
def test_no_country_stands_for_another(state: str, name: str | None) -> None:
    _, north, east = capitals()[state]
    found = outlines.country(state, north, east)
    assert (found and found.name) == name


def test_the_map_shows_mean_shares_with_their_errors(runs: xr.Dataset, history: xr.Dataset) -> None:
    axis = sim.plots.supplier_map(runs, "other", history=history, year=2025)
    values = runs["supplier_share"].sel(scenario="other", supplier="north").isel(time=7).values.astype(float)
    margin = 1.96 * values.std(ddof=1) / np.sqrt(values.size)
    said = [text.get_text() for text in axis.figure.legends[0].get_texts()]
    assert f"North {values.mean():.3f} ± {margin:.3f}" in said and len(said) == len(SUPPLIERS)
    land, south, north, home = (each for each in axis.patches if isinstance(each, PathPatch))
    # The larger share is darker; the recipient has the paper's colour and the thickest line.
    assert sum(north.get_facecolor()[:3]) < sum(south.get_facecolor()[:3]) < sum(land.get_facecolor()[:3])
    assert home.get_linewidth() > north.get_linewidth() and home.get_facecolor()[:3] == (1.0, 1.0, 1.0)
    (dot,) = axis.lines
    assert [*dot.get_xdata(), *dot.get_ydata()] == pytest.approx([*outlines.project(-30.0, 0.0)])
    assert [text.get_text() for text in axis.texts] == ["Home"]
    assert "end of 2025, Other" in axis.figure.texts[0].get_text()


def test_a_map_is_composed_or_refused(runs: xr.Dataset, history: xr.Dataset) -> None:
    from matplotlib.figure import Figure

    axis = Figure().subplots()
    bare = history.assign_attrs(recipient_place=[])
    assert sim.plots.supplier_map(runs, history=bare, ax=axis, title="Here") is axis
    assert axis.get_title(loc="left") == "Here" and not axis.texts
    with pytest.raises(InputError, match=r"sim\.history"):
        sim.plots.supplier_map(runs, history=history.drop_vars("latitude"))
    with pytest.raises(InputError, match="outside the run"):
        sim.plots.supplier_map(runs, history=history, year=2050)
    with pytest.raises(InputError, match="no year ends"):
        sim.plots.supplier_map(runs.isel(time=slice(0, 3)), history=history)
