"""Figures say what they show, in which unit, of how many trials; and the same data give the same files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim import plots
from sim.plots import style
from sim.vocabulary.errors import InputError, UnknownName
from synthetic import futures, past

Draw = Callable[[xr.Dataset, xr.Dataset], Figure]

FIGURES: dict[str, tuple[Draw, str]] = {
    "fan": (lambda runs, _: plots.fan(runs, "hhi"), "(index)"),
    "fan of one label": (
        lambda runs, before: plots.fan(runs, "supplier_share", {"supplier": "north"}, history=before),
        "(share)",
    ),
    "fan of a sum": (lambda runs, _: plots.fan(runs, "capability", total=["domain"]), "(TIV m)"),
    "difference": (
        lambda runs, _: plots.difference_fan(runs, "capability", "other", total=["domain"]),
        "(TIV m)",
    ),
    "composition": (lambda runs, before: plots.composition(runs, history=before), "(share)"),
    "composition of one": (lambda runs, before: plots.composition(runs, "other"), "(share)"),
    "order book": (lambda runs, _: plots.order_book(runs), "(TIV m)"),
    "order book by supplier": (lambda runs, _: plots.order_book(runs, "other"), "(TIV m)"),
}


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return futures(n_steps=24, n_trials=40)


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_labelled(name: str, runs: xr.Dataset) -> None:
    draw, unit = FIGURES[name]
    figure = draw(runs, past())
    first = figure.axes[0]
    assert first.get_ylabel().endswith(unit)
    assert all(axis.get_xlabel() == "Year" for axis in figure.axes[-1:])
    said = texts(figure)
    assert "n = 40 trials per scenario" in said
    assert "seed 42" in said
    assert "hedgesim 9.8.7" in said
    assert "own calculations" in said
    (legend,) = figure.legends
    assert len(legend.get_texts()) >= 3
    if len(figure.axes) > 1:
        assert all(axis.get_title(loc="left") for axis in figure.axes)


@pytest.mark.long
@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_gives_the_same_files(name: str, runs: xr.Dataset, tmp_path: Path) -> None:
    draw, _ = FIGURES[name]
    figure = draw(runs, past())
    first = plots.save(figure, tmp_path / "first.of.its.kind")
    again = plots.save(figure, tmp_path / "again")
    anew = plots.save(draw(runs, past()), tmp_path / "anew")
    assert [path.name for path in first] == ["first.of.its.kind.png", "first.of.its.kind.svg"]
    for one, two, three in zip(first, again, anew, strict=True):
        assert one.read_bytes() == two.read_bytes() == three.read_bytes()
        assert one.stat().st_size > 1000
    svg = first[1].read_text(encoding="utf-8")
    assert "n = 40 trials per scenario" in svg
    assert "<dc:date>" not in svg


def test_nothing_lies_outside_the_figure_or_on_the_footer(runs: xr.Dataset, tmp_path: Path) -> None:
    for draw, _ in FIGURES.values():
        figure = draw(runs, past())
        plots.save(figure, tmp_path / "figure")
        renderer = FigureCanvasAgg(figure).get_renderer()
        page = figure.bbox
        footer = figure.texts[1].get_window_extent(renderer)
        legend = figure.legends[0].get_window_extent(renderer)
        assert legend.y0 >= footer.y1 - 1
        for box in (footer, legend, *(axis.get_tightbbox(renderer) for axis in figure.axes)):
            assert page.x0 - 1 <= box.x0
            assert box.x1 <= page.x1 + 1
            assert box.y1 <= page.y1 + 1
        assert all(axis.get_tightbbox(renderer).y0 >= footer.y1 - 1 for axis in figure.axes)


def test_the_style_stays_inside(runs: xr.Dataset, tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    plots.save(plots.fan(runs, "hhi"), tmp_path / "hhi")
    assert dict(matplotlib.rcParams) == before


def test_the_users_style_stays_outside(runs: xr.Dataset, tmp_path: Path) -> None:
    plain = plots.save(plots.fan(runs, "hhi"), tmp_path / "plain")
    with matplotlib.rc_context({"figure.facecolor": "black", "font.size": 30, "lines.linewidth": 9}):
        other = plots.save(plots.fan(runs, "hhi"), tmp_path / "other")
    assert plain[0].read_bytes() == other[0].read_bytes()


def test_a_fan_shows_the_median_and_the_history(runs: xr.Dataset) -> None:
    before = past()
    figure = plots.fan(runs, "supplier_share", {"supplier": "north"}, history=before)
    lines = figure.axes[1].get_lines()
    median = runs["supplier_share"].sel(scenario="other", supplier="north").median("trial").values
    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in lines]
    assert any(len(y) == 25 and np.allclose(y[1:], median) for y in drawn)
    recorded = before["supplier_share"].sel(supplier="north").values
    recorded = recorded[np.isfinite(recorded)]
    assert any(len(y) == len(recorded) and np.allclose(y, recorded) for y in drawn)
    assert "Left of the vertical line: recorded" in texts(figure)


def test_a_share_runs_from_zero_to_one(runs: xr.Dataset) -> None:
    figure = plots.fan(runs, "supplier_share", {"supplier": "north"})
    assert figure.axes[0].get_ylim() == (0, 1)


def test_small_suppliers_are_shown_as_one(runs: xr.Dataset) -> None:
    figure = plots.composition(runs)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[0] == "All others"
    assert names[-1] == "North"
    assert len(names) == len(style.SUPPLIER_COLOURS) + 1


def test_partners_are_named_however_small_and_the_residual_is_not(runs: xr.Dataset) -> None:
    before = past()
    before.attrs |= {"partners": ["minor_7"], "residual_supplier": "south"}
    names = [t.get_text() for t in plots.composition(runs, history=before).legends[0].get_texts()]
    assert "Minor_7" in names
    assert "South" not in names


def test_a_stack_adds_up(runs: xr.Dataset) -> None:
    figure = plots.composition(runs, "baseline")
    top = max(path.vertices[:, 1].max() for each in figure.axes[0].collections for path in each.get_paths())
    assert top == pytest.approx(1.0, abs=1e-6)


def test_any_number_of_scenarios_fits() -> None:
    for count in (1, 2, 4, 5, 7):
        names = tuple(f"scenario_{number}" for number in range(count))
        figure = plots.fan(futures(names, n_steps=8, n_trials=5), "hhi")
        assert len(figure.axes) == count


def test_the_gallery_of_a_comparison(runs: xr.Dataset) -> None:
    names = [name for name, _ in plots.gallery(runs, past())]
    assert names[:2] == ["supplier_share.north", "supplier_share.north.difference"]
    assert {"supplier_share.composition", "order_book.total", "order_book.by_supplier"} <= set(names)
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_.0-9]+", name) for name in names)
    alone = [name for name, _ in plots.gallery(runs[["hhi", "order_book"]].isel(scenario=[0]))]
    assert alone == ["order_book.total", "order_book.by_supplier"]


def test_what_is_not_there_is_refused(runs: xr.Dataset) -> None:
    with pytest.raises(UnknownName, match="Did you mean other"):
        plots.composition(runs, "othr")
    with pytest.raises(UnknownName, match="Did you mean baseline"):
        plots.difference_fan(runs, "hhi", "baselin")
    with pytest.raises(InputError, match="nothing to compare"):
        plots.difference_fan(runs.isel(scenario=[0]), "hhi")
