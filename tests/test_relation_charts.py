"""Networks and triangles show the numbers of the run, and are told apart without colours."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import sim
import synthetic
from sim.vocabulary.errors import InputError
from synthetic import neighbours


def edges(axis: Axes) -> dict[str, list[tuple[float, str]]]:
    """Width and style of the edges, by the colour that they have."""
    found: dict[str, list[tuple[float, str]]] = {}
    for line in axis.lines:
        if len(line.get_xdata()) == 2:
            found.setdefault(str(line.get_color()), []).append(
                (line.get_linewidth(), str(line.get_linestyle()))
            )
    return found


def test_a_network_has_an_edge_for_every_pair_in_every_year() -> None:
    drawn = sim.plots.network(neighbours())
    assert [axis.get_title(loc="left") for axis in drawn] == ["2024", "2025"]
    friends, enemies = list(sim.plots.themes.LIGHT.scenarios[:2])
    before, after = (edges(axis) for axis in drawn)
    assert sum(map(len, before.values())) == sum(map(len, after.values())) == 6
    assert enemies not in before and len(after[enemies]) == 1
    thin, thick = min(after[friends])[0], max(after[friends])[0]
    ((width, style),) = after[enemies]
    # Half as hostile as home and north are friends, and dashed.
    assert width - thin == pytest.approx((thick - thin) / 2) and style == "--"
    said = [text.get_text() for text in drawn[1].texts]
    assert said == ["Home", "North\n0.25", "South\n0.25", "East\n0.50"]


def test_years_of_a_network_are_chosen_or_refused() -> None:
    runs = neighbours()
    axis = Figure().subplots()
    assert sim.plots.network(runs, "other", years=[2025], ax=axis, title="Here") is axis
    assert axis.get_title(loc="left") == "Here"
    alone = sim.plots.network(runs[["relation"]], years=[2025])
    assert [text.get_text() for text in alone.texts] == ["Home", "North", "South", "East"]
    for years, says in (([2030], "its last quarter is outside the run"), (["x"], "years"), ("2025", "years")):
        with pytest.raises(InputError, match=says):
            sim.plots.network(runs, years=years)
    with pytest.raises(InputError, match="keep="):
        sim.plots.network(runs[["alignment"]])


def test_a_triangle_shows_parts_of_the_whole() -> None:
    runs = neighbours()
    axis = sim.plots.alignment_triangle(runs, ["east", "north", "south"])
    paths = [line for line in axis.lines if len(line.get_xdata()) == runs.sizes["time"]]
    assert len(paths) == 2
    for path in paths:
        # From the middle straight up: half of the alignment is with the partner above. A trial without any
        # alignment is nowhere.
        x, y = path.get_xdata(), path.get_ydata()
        assert np.allclose([x[0], y[0]], [0.5, np.sqrt(0.75) / 3])
        assert np.allclose([x[-1], y[-1]], [0.5, np.sqrt(0.75) / 2])
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["Baseline", "Other"]
    assert not axis.texts  # of the names of corners: a part of the triangle is shown
    # A trial that ends in a corner needs the whole.
    runs["alignment"].loc[{"trial": 1, "partner": ["north", "south"]}] = 0.0
    whole = sim.plots.alignment_triangle(runs, ["east", "north", "south"])
    assert [text.get_text() for text in whole.texts] == ["0.25", "0.5", "0.75", "East", "North", "South"]


def test_of_a_triangle_the_occupied_part_is_shown_with_its_place_in_the_whole() -> None:
    runs = neighbours(tuple(f"future {number}" for number in range(4)))
    axis = sim.plots.alignment_triangle(runs, ["east", "north", "south"])
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    top, whole = axis.child_axes
    (frame,) = whole.patches
    assert np.allclose(frame.get_bbox().extents, [left, low, right, high])
    assert [text.get_text() for text in whole.texts] == ["East", "North", "South"]
    # From the middle straight up: a third to a half is with the one above; what it loses, both lose alike.
    parts = [float(text.get_text()) for text in axis.get_yticklabels()]
    assert np.allclose(parts, [0.35, 0.4, 0.45, 0.5])
    assert np.allclose(axis.get_yticks(), np.array(parts) * np.sqrt(0.75))
    bottom, above = low / np.sqrt(0.75), high / np.sqrt(0.75)
    for place, text in zip(axis.get_xticks(), axis.get_xticklabels(), strict=True):
        assert place == pytest.approx(float(text.get_text()) + bottom / 2)
    for place, text in zip(top.get_xticks(), top.get_xticklabels(), strict=True):
        assert place == pytest.approx(1 - float(text.get_text()) - above / 2)


def test_a_triangle_of_many_futures_names_those_with_a_colour() -> None:
    runs = neighbours(tuple(f"future {number}" for number in range(10)))
    axis = sim.plots.alignment_triangle(runs, reference="future 3", ax=Figure().subplots())
    said = [text.get_text() for text in axis.get_legend().get_texts()]
    assert said[0] == "Future 3" and said[-1] == "3 others" and len(said) == 8
    for partners in (["north", "south"], ["north", "south", "south"]):
        with pytest.raises(InputError, match="2 for the three corners"):
            sim.plots.alignment_triangle(runs, partners)


def test_no_name_in_a_network_touches_a_node_or_an_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    partners = ("north", "south", "east", "west")
    monkeypatch.setitem(synthetic.AXES, "partner", partners)
    monkeypatch.setitem(synthetic.AXES, "actor", ("home", *partners))
    relation, alignment = np.full((1, 8, 5, 4, 2), -0.8), np.full((1, 8, 4, 2), 0.9)
    runs = synthetic.result({"relation": relation, "alignment": alignment}, ("baseline",))
    drawn = sim.plots.network(runs)
    drawn.figure.draw_without_rendering()
    for axis in drawn:
        nodes = [line for line in axis.lines if len(line.get_xdata()) == 1]
        ends = [line.get_transform().transform(line.get_xydata()) for line in axis.lines]
        for text in axis.texts:
            box = text.get_window_extent()
            for line, points in zip(axis.lines, ends, strict=True):
                radius = line.get_markersize() / 2 * axis.figure.dpi / 72 if line in nodes else 0.0
                along = np.linspace(points[0], points[-1], 50)
                gaps = np.maximum(np.maximum(box.min - along, along - box.max), 0.0)
                assert np.hypot(*gaps.T).min() > radius, text.get_text()


def test_years_are_whole_below_a_figure() -> None:
    axis = Figure(figsize=(7, 3)).subplots()
    axis.set_xlim(2024, 2041)
    sim.plots.style.label_years(axis)
    axis.set_xlim(2024.2, 2029.8)
    assert all(float(each).is_integer() for each in axis.get_xticks())
