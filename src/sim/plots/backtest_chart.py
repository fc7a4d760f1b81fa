"""How forecasts from the past fared: the leader's share with the record, calibration, and skill."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.plots import style, themes
from sim.plots.shown import Shown

if TYPE_CHECKING:
    from sim.analysis.validate.backtest.card import PairedTest, Skill

#: Years of the record shown before an origin.
_BEFORE = 10

#: Bars of the histogram.
_BINS = 10

#: Room under the panels for legend and footer, inches.
_FOOT = 0.42


@style.styled
def leader_fans(tests: Sequence[PairedTest], trials: int, seed: int) -> Figure:
    """Draw the share of the supplier that led at each origin: forecast, and what came."""
    columns = min(2, len(tests))
    rows = -(-len(tests) // columns)
    title = f"Share of the supplier that led at the origin, {tests[0].years}-year window"
    figure = _frame(2.1 * rows + 0.9, title, tests, trials, seed, style.WIDTH)
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axis in axes.flat[len(tests) :]:
        axis.remove()
    for test, axis in zip(tests, axes.flat, strict=False):
        shown = test.fan.years >= test.origin - _BEFORE
        years, (low, middle, high) = test.fan.years[shown], test.fan.quantiles[:, shown]
        axis.fill_between(years, low, high, color=_model(), alpha=0.25, linewidth=0)
        axis.plot(years, middle, color=_model())
        axis.plot(
            years, test.fan.record[shown], color=themes.now().ink, linewidth=1.0, marker="o", markersize=2
        )
        style.mark_start(axis, test.origin - 0.5)
        style.panel_title(axis, f"Origin {test.origin}: {test.leader_name}")
        axis.set_ylim(0, 1)
        axis.xaxis.get_major_locator().set_params(integer=True)
    for row in axes:
        row[0].set_ylabel("Share")
    handles = [
        Line2D([], [], color=themes.now().ink, linewidth=1.0, marker="o", markersize=2, label="Record"),
        Line2D([], [], color=_model(), label="Forecast, median"),
        Patch(color=_model(), alpha=0.25, linewidth=0, label="Forecast, 5 to 95 %"),
    ]
    place = (0.012, 0.2 / figure.get_figheight())
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=place, ncols=3, borderaxespad=0.0)
    return figure


@style.styled
def calibration(tests: Sequence[PairedTest], trials: int, seed: int) -> Figure:
    """Draw the histogram of probability integral transforms: flat if the spread of forecasts is right."""
    pit = np.array([each.pit_range for test in tests for each in test.of("model")])
    figure = _frame(3.0, "Calibration of the forecasts", tests, trials, seed, 4.5)
    axis = figure.subplots()
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    # Where many trials equal the record, the mass between them is spread evenly (Czado et al. 2009).
    below = np.clip((edges - pit[:, :1]) / np.maximum(pit[:, 1:] - pit[:, :1], 1e-9), 0.0, 1.0)
    # What lies above every trial belongs to the last bar.
    below[:, -1] = 1.0
    axis.bar(
        edges[:-1],
        np.diff(below.sum(axis=0)),
        1.0 / _BINS,
        align="edge",
        color=_model(),
        edgecolor=themes.now().paper,
    )
    axis.axhline(len(pit) / _BINS, color=themes.now().ink, linewidth=0.8, linestyle=(0, (4, 2)))
    axis.set_xlabel("Share of trials below the record (PIT)")
    axis.set_ylabel(f"Targets ({len(pit)} in all)")
    return figure


@style.styled
def skill_bars(skills: Sequence[Skill], tests: Sequence[PairedTest], trials: int, seed: int) -> Figure:
    """Draw skill against each baseline with its bootstrap interval."""
    figure = _frame(
        0.32 * len(skills) + 1.4, "Skill on the shares of all suppliers", tests, trials, seed, 5.5
    )
    axis = figure.subplots()
    rows = np.arange(len(skills))
    values = np.array([each.shares for each in skills])
    ends = np.array([[each.low, each.high] for each in skills])
    axis.barh(rows, values, color=_model(), height=0.6)
    axis.hlines(rows, ends[:, 0], ends[:, 1], color=themes.now().ink, linewidth=1.0)
    axis.axvline(0.0, color=themes.now().ink, linewidth=0.8)
    axis.set_yticks(rows, [f"against {each.baseline.replace('_', ' ')}" for each in skills])
    axis.invert_yaxis()
    axis.grid(axis="x")
    axis.grid(visible=False, axis="y")
    axis.set_xlabel("1 - CRPS of model / CRPS of baseline, with 95 % bootstrap interval")
    return figure


def _model() -> str:
    return themes.now().scenarios[0]


def _frame(
    height: float, title: str, tests: Sequence[PairedTest], trials: int, seed: int, width: float
) -> Figure:
    """Return a figure with a title, room for a legend, and a line that says from what it is."""
    figure = Shown(figsize=(width, height), layout="constrained")
    foot, head = _FOOT / height, 0.3 / height
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, foot, 1, 1 - foot - head), w_pad=0.08)
    figure.text(0.012, 1 - 0.08 / height, title, size=10, weight="bold", va="top")
    about = f"n = {trials:,} trials, seed {seed}. Record: {tests[0].data_vintage}; own calculations."
    text = "\n".join(textwrap.wrap(about, int(width * 19)))
    figure.text(0.012, 0.06 / height, text, size=6.2, color=themes.now().note, va="bottom")
    return figure
