"""Figures say what they show, in which unit, of how many trials; and the same data give the same files."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

import sim
from sim import plots
from sim.plots import panels, settings, themes
from sim.plots.shown import Drawn, Panels
from sim.vocabulary.errors import InputError, UnknownName
from synthetic import futures, past

Draw = Callable[..., Drawn]

FIGURES: dict[str, tuple[Draw, str]] = {
    "fan": (lambda runs, _, **more: plots.fan(runs, "hhi", **more), "(index)"),
    "fan of one label": (
        lambda runs, before, **more: plots.fan(
            runs, "supplier_share", {"supplier": "north"}, history=before, **more
        ),
        "(share)",
    ),
    "fan of a sum": (
        lambda runs, _, **more: plots.fan(runs, "capability", total=["domain"], **more),
        "(TIV m)",
    ),
    "difference": (
        lambda runs, _, **more: plots.difference_fan(runs, "capability", "other", total=["domain"], **more),
        "(TIV m)",
    ),
    "composition": (
        lambda runs, before, **more: plots.composition(runs, history=before, **more),
        "(share)",
    ),
    "composition of one": (lambda runs, before, **more: plots.composition(runs, "other", **more), "(share)"),
    "order book": (lambda runs, _, **more: plots.order_book(runs, **more), "(TIV m)"),
    "order book by supplier": (lambda runs, _, **more: plots.order_book(runs, "other", **more), "(TIV m)"),
}


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return futures(n_steps=24, n_trials=40)


@pytest.fixture(scope="module")
def one() -> xr.Dataset:
    """Return one future, of few trials: a single panel is drawn and written in a third of the time."""
    return futures(("baseline",), n_steps=8, n_trials=5)


@pytest.fixture(scope="module")
def figures(runs: xr.Dataset) -> dict[str, Figure]:
    """Return each of the figures, drawn once: they are looked at alone."""
    return {name: draw(runs, past()).figure for name, (draw, _) in FIGURES.items()}


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_labelled(name: str, figures: dict[str, Figure]) -> None:
    _, unit = FIGURES[name]
    figure = figures[name]
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
    figure = draw(runs, past()).figure
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
    assert f"<title>{figure.get_label()}</title>" in svg


def test_nothing_lies_outside_the_figure_or_on_the_footer(figures: dict[str, Figure]) -> None:
    for figure in figures.values():
        renderer = FigureCanvasAgg(figure).get_renderer()
        with settings.context():
            figure.get_layout_engine().execute(figure)
        page = figure.bbox
        footer = figure.texts[1].get_window_extent(renderer)
        legend = figure.legends[0].get_window_extent(renderer)
        assert legend.y0 >= footer.y1 - 1
        panels = [axis.get_tightbbox(renderer) for axis in figure.axes]
        for box in (footer, legend, *panels):
            assert page.x0 - 1 <= box.x0
            assert box.x1 <= page.x1 + 1
            assert box.y1 <= page.y1 + 1
        assert all(panel.y0 >= footer.y1 - 1 for panel in panels)


def test_the_style_stays_inside(one: xr.Dataset, tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    plots.save(plots.fan(one, "hhi"), tmp_path / "hhi")
    assert dict(matplotlib.rcParams) == before


def test_the_backend_is_the_users() -> None:
    with settings.context():
        pass
    usual = matplotlib.rcParams._get("backend")
    try:
        matplotlib.rcParams._set("backend", "svg")
        with settings.context():
            assert matplotlib.rcParams._get("backend") == "svg"
        assert matplotlib.rcParams._get("backend") == "svg"
    finally:
        matplotlib.rcParams._set("backend", usual)


def test_the_users_style_stays_outside(one: xr.Dataset, tmp_path: Path) -> None:
    plain = plots.save(plots.fan(one, "hhi"), tmp_path / "plain")
    with matplotlib.rc_context({"figure.facecolor": "black", "font.size": 30, "lines.linewidth": 9}):
        other = plots.save(plots.fan(one, "hhi"), tmp_path / "other")
    assert plain[0].read_bytes() == other[0].read_bytes()


def test_a_fan_shows_the_median_and_the_history(runs: xr.Dataset) -> None:
    before = past()
    figure = plots.fan(runs, "supplier_share", {"supplier": "north"}, history=before).figure
    lines = figure.axes[1].get_lines()
    median = runs["supplier_share"].sel(scenario="other", supplier="north").median("trial").values
    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in lines]
    assert any(len(y) == 25 and np.allclose(y[1:], median) for y in drawn)
    recorded = before["supplier_share"].sel(supplier="north").values
    recorded = recorded[np.isfinite(recorded)]
    assert any(len(y) == len(recorded) and np.allclose(y, recorded) for y in drawn)
    assert "Left of the vertical line: recorded" in texts(figure)


def test_a_share_runs_from_zero_to_one(runs: xr.Dataset) -> None:
    figure = plots.fan(runs, "supplier_share", {"supplier": "north"}).figure
    assert figure.axes[0].get_ylim() == (0, 1)


def test_small_suppliers_are_shown_as_one(runs: xr.Dataset) -> None:
    figure = plots.composition(runs).figure
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[0] == "All others"
    assert names[-1] == "North"
    assert len(names) == len(themes.LIGHT.suppliers) + 1


def test_partners_are_named_however_small_and_the_residual_is_not(runs: xr.Dataset) -> None:
    about = json.loads(runs.attrs["manifest"]) | {"partners": ["minor_7"], "residual_supplier": "south"}
    named = runs.assign_attrs(manifest=json.dumps(about))
    names = [t.get_text() for t in plots.order_book(named, "other").figure.legends[0].get_texts()]
    assert "Minor_7" in names
    assert "South" not in names


def test_a_stack_adds_up(runs: xr.Dataset) -> None:
    figure = plots.composition(runs, "baseline").figure
    top = max(path.vertices[:, 1].max() for each in figure.axes[0].collections for path in each.get_paths())
    assert top == pytest.approx(1.0, abs=1e-6)


def test_any_number_of_scenarios_fits() -> None:
    for count in (1, 2, 4, 5, 7):
        names = tuple(f"scenario_{number}" for number in range(count))
        figure = plots.fan(futures(names, n_steps=8, n_trials=5), "hhi").figure
        assert len(figure.axes) == count


def test_titles_of_many_panels_stay_within_them() -> None:
    names = tuple(f"a future with a name of some length {number}" for number in range(17))
    runs = futures(names, n_steps=8, n_trials=3)
    assert plots.fan(runs, "hhi").figure.get_figheight() < 12
    runs = runs.isel(scenario=slice(0, 10))
    for drawn in (plots.composition(runs),):
        figure = drawn.figure
        renderer = FigureCanvasAgg(figure).get_renderer()
        with settings.context():
            figure.get_layout_engine().execute(figure)
        right = {axis.get_position().x0: axis.get_window_extent(renderer).x1 for axis in drawn}
        for axis in drawn:
            # Not beyond the half of the gap to the next.
            title = axis._left_title.get_window_extent(renderer)
            assert title.x1 <= right[axis.get_position().x0] + 12
        assert {axis.get_ylabel() for axis in drawn[::3]} == {"share"}


def test_the_gallery_of_a_comparison(runs: xr.Dataset) -> None:
    names = [name for name, _ in plots.gallery(runs, past())]
    assert names[:2] == ["supplier_share.north", "supplier_share.north.difference"]
    assert {"supplier_share.composition", "order_book.total", "order_book.by_supplier"} <= set(names)
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_.0-9]+", name) for name in names)
    alone = [name for name, _ in plots.gallery(runs[["hhi", "order_book"]].isel(scenario=[0]))]
    assert alone == ["order_book.total", "order_book.by_supplier"]


def test_the_answer_titles_the_difference_of_a_pair(runs: xr.Dataset) -> None:
    pair = runs[["hhi"]].rename(hhi="effective_suppliers").isel(scenario=[0, 1])
    (said,) = sim.answers(pair)
    drawn = dict(plots.gallery(pair))
    assert drawn["effective_suppliers.difference"].get_label() == said


def test_the_title_of_passages_counts_the_trials_that_were_there(runs: xr.Dataset) -> None:
    mark = float(runs["hhi"].max("time").median())
    came = (runs["hhi"] > mark).any("time").mean("trial")
    first, *others = (f"in {100 * float(share):.0f}" for share in came)
    said = plots.passage_curves(runs, "hhi", above=mark).figure.get_label()
    assert said.startswith("By the end of 2029-Q4, Supplier concentration")
    assert f"at least once {first} of 100 trials (" in said
    assert all(other in said for other in others)
    assert said.index("“Baseline”") < min(said.index(f"“{name}”") for name in ("Other", "Third"))
    many = futures(("a", "b", "c", "d"), n_steps=24, n_trials=40)
    said = plots.passage_curves(many, "hhi", above=mark, reference="b").figure.get_label()
    assert " in “B”, of the others most often in “" in said and ", least often in “" in said
    inside = plots.passage_curves(runs, "hhi", above=mark, ax=Figure().subplots())
    assert "first above" in inside.get_title(loc="left")


def test_the_answer_titles_a_figure_of_its_own(runs: xr.Dataset) -> None:
    one, pair = runs[["hhi"]].isel(scenario=[0]), runs[["hhi"]].isel(scenario=[0, 1])
    for drawn in (plots.fan(one, "hhi"), plots.overlay(one, "hhi")):
        assert [drawn.figure.get_label()] == sim.answers(one)
    assert [plots.overlay(pair, "hhi").figure.get_label()] == sim.answers(pair)
    assert plots.overlay(runs, "hhi").figure.get_label().count("“") == 2  # the reference, and the farthest
    assert plots.fan(one, "hhi", title="Mine").figure.get_label() == "Mine"
    assert plots.overlay(one, "hhi", ax=Figure().subplots()).get_title(loc="left").startswith("Supplier conc")
    within = runs[["hhi"]].isel(time=slice(1, 3))  # no year ends
    assert plots.overlay(within, "hhi").figure.get_label().startswith("Supplier concentration")


def test_of_a_long_answer_the_first_sentences_are_written_and_all_is_said() -> None:
    first, second = "The first sentence. ", "And a second that goes on" + " and on" * 30 + "."
    figure = panels.frame(1.0, first + second, [])
    assert figure.texts[0].get_text() == first.strip() and figure.get_label() == first + second
    assert panels.frame(1.0, second, []).texts[0].get_text().count("\n") >= 2
    both = panels.frame(1.0, first + "A short one.", []).texts[0].get_text()
    assert both == first + "A short one."


def test_what_is_not_there_is_refused(runs: xr.Dataset) -> None:
    with pytest.raises(UnknownName, match="Did you mean other"):
        plots.composition(runs, "othr")
    with pytest.raises(UnknownName, match="Did you mean baseline"):
        plots.difference_fan(runs, "hhi", "baselin")
    with pytest.raises(InputError, match="nothing to compare"):
        plots.difference_fan(runs.isel(scenario=[0]), "hhi")


def places(count: int) -> dict[str, Any]:
    """Everything that figures can be drawn into, for so many panels."""
    return {
        "axes": Figure(layout="constrained").subplots(),
        "axes without a grid": Figure().add_axes((0.1, 0.1, 0.8, 0.8)),
        "a part of a figure": Figure(layout="constrained").subfigures(1, 2)[1],
        "a figure": Figure(),
        "a list of axes": list(Figure().subplots(1, count, squeeze=False).flat),
        "an array of axes": Figure().subplots(count, 1, squeeze=False),
    }


#: Of the figures, one for each way to lay them out.
LAYOUTS = ("fan of a sum", "difference", "composition of one")


@pytest.mark.parametrize(
    "name", [LAYOUTS[0], *(pytest.param(each, marks=pytest.mark.long) for each in LAYOUTS[1:])]
)
def test_a_figure_is_drawn_where_it_is_asked_for(name: str) -> None:
    draw, unit = FIGURES[name]
    runs = futures(n_steps=8, n_trials=5)
    alone = draw(runs, past())
    count = 1 if isinstance(alone, Axes) else alone.size
    for kind, place in places(count).items():
        drawn = draw(runs, past(), ax=place)
        axes = [drawn] if isinstance(drawn, Axes) else list(drawn)
        assert len(axes) == count and isinstance(drawn, Panels) == (count > 1), kind
        assert axes[0].get_ylabel().endswith(unit), kind
        assert all(axis.lines or axis.collections for axis in axes), kind
        assert {axis.get_ylim() for axis in axes} == {axes[0].get_ylim()}, kind
        whole = axes[0].get_figure(root=True)
        assert whole is (
            place[0] if isinstance(place, list) else getattr(place, "flat", [place])[0]
        ).get_figure(root=True)
        if kind == "axes":
            assert place.get_title(loc="left") and (count > 1 or drawn is place)
        if kind.startswith("axes"):
            outer = place.get_position()
            inner = [axis.get_position() for axis in axes]
            assert min(box.x0 for box in inner) >= outer.x0 - 1e-9
            assert max(box.y1 for box in inner) <= outer.y1 + 1e-9
        (legend,) = [axis.get_legend() for axis in axes if axis.get_legend()]
        assert len(legend.get_texts()) >= 3


def test_a_place_of_another_size_is_refused(runs: xr.Dataset) -> None:
    with pytest.raises(InputError, match="has 2 axes, for a figure of 3 panels"):
        plots.fan(runs, "hhi", ax=Figure().subplots(1, 2))


def test_what_is_drawn_can_be_saved_as_it_is(tmp_path: Path) -> None:
    runs = futures(("baseline", "other"), n_steps=8, n_trials=5)
    of_panels = plots.save(plots.fan(runs, "hhi"), tmp_path / "panels")
    of_figure = plots.save(plots.fan(runs, "hhi").figure, tmp_path / "figure.png")
    assert [each.name for each in of_figure] == ["figure.png", "figure.svg"]
    assert of_panels[1].read_bytes() == of_figure[1].read_bytes()
    assert plots.fan(runs, "hhi")._repr_png_().startswith(b"\x89PNG")
    for wrong in (np.eye(2), Panels.of([])):
        with pytest.raises(InputError, match="no figure"):
            plots.save(wrong, tmp_path / "wrong")


def drawn_colours(figure: Figure) -> dict[str, set[str]]:
    """The colours of the texts and of the lines in a figure."""
    texts = {
        to_hex(each.get_color()) for each in figure.findobj(Text) if each.get_text() and each.get_visible()
    }
    lines = {to_hex(each.get_color()) for each in figure.findobj(Line2D) if len(each.get_xdata()) > 1}
    return {"texts": texts, "lines": lines}


@pytest.mark.parametrize(
    ("name", "paper"),
    [
        *((name, "dark") for name in LAYOUTS),
        (LAYOUTS[0], "light"),
        *(pytest.param(name, "light", marks=pytest.mark.long) for name in LAYOUTS[1:]),
    ],
)
def test_a_figure_is_readable_on_its_paper(name: str, paper: str) -> None:
    runs = futures(("baseline", "other"), n_steps=8, n_trials=5)
    with plots.theme(paper):
        figure = FIGURES[name][0](runs, past()).figure
    # Drawn later, when the theme is another: ticks are made only then.
    with io.BytesIO() as nowhere:
        figure.savefig(nowhere, format="png", dpi=20)
    meant = themes.THEMES[paper]
    assert to_hex(figure.get_facecolor()) == meant.paper.lower()
    found = drawn_colours(figure)
    assert min(themes.contrast(each, meant.paper) for each in found["texts"]) >= themes.TEXT_CONTRAST
    for each in found["lines"] - {meant.grid.lower()}:
        assert themes.contrast(each, meant.paper) >= themes.LINE_CONTRAST


def test_a_users_dark_axes_get_light_ink(runs: xr.Dataset) -> None:
    figure = Figure(facecolor="black")
    axis = figure.subplots()
    axis.set_facecolor("none")
    plots.difference_fan(runs.isel(scenario=[0, 1]), "hhi", ax=axis)
    assert to_hex(axis.lines[0].get_color()) == themes.DARK.ink.lower()
    with plots.theme("dark"), pytest.raises(UnknownName, match="dark"):
        plots.theme("drak").__enter__()


@pytest.mark.parametrize("name", themes.THEMES)
def test_the_colours_of_a_theme_are_apart(name: str) -> None:
    meant = themes.THEMES[name]
    with themes.within(meant):
        many = themes.palette(meant.suppliers, 40)
    assert len(set(many)) == 40 and many[:8] == [themes.mixed(each, each, 0.0) for each in meant.suppliers]
    assert len({*meant.scenarios}) == 6 and len({*meant.suppliers}) == 8
    for colour in (*meant.scenarios, *meant.suppliers, meant.rest):
        assert themes.contrast(meant.readable(colour), meant.paper) >= themes.TEXT_CONTRAST
    assert themes.contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_rows_of_small_differences_are_enlarged_and_say_so() -> None:
    sizes = {"tiny": 0.01, "large": 1.0, "same": 0.0, "half": 0.5, "small": 0.1, "less": 0.04, "least": 0.001}
    runs = futures(("baseline", *sizes), n_steps=8, n_trials=5)[["hhi"]]
    runs["hhi"][1:] = runs["hhi"][0].values + np.array([*sizes.values()])[:, None, None]
    drawn = plots.difference_fan(runs, "hhi")
    titles = [axis.get_title(loc="left") for axis in drawn]
    assert titles == ["Large", "Half", "Small", "Less", "Tiny", "Least"]
    assert "No trial differs from the reference in: Same." in texts(drawn.figure)
    said = [[text.get_text() for text in axis.texts if text.get_text()[0] == "×"] for axis in drawn]
    assert said == [[], [], [], ["× 20"], ["× 20"], ["× 20"]]
    spans = [float(np.diff(axis.get_ylim())[0]) for axis in drawn]
    assert np.allclose(np.divide(spans[0], spans), [1, 1, 1, 20, 20, 20])
    # In axes of a user's own there are neither notes nor known rows: a panel for each, in order.
    own = plots.difference_fan(runs, "hhi", ax=list(Figure().subplots(7, 1)))
    assert len({axis.get_ylim() for axis in own}) == 1 and own[2].texts[-1].get_text() == "no trial differs"
    assert [axis.get_title(loc="left") for axis in own] == [name.capitalize() for name in sizes]
    one = plots.difference_fan(runs.isel(scenario=[0, 1, 2]), "hhi")
    assert one[0].get_ylim() == one[1].get_ylim()


def test_no_colour_stands_for_two_scenarios() -> None:
    names = tuple(f"scenario_{number}" for number in range(7))
    for count in (3, 7):
        drawn = plots.fan(futures(names[:count], n_steps=8, n_trials=5), "hhi")
        colours = [to_hex(axis.lines[0].get_color()) for axis in drawn]
        assert len(set(colours)) == (count if count <= 6 else 1)
