"""Time and memory of runs over their number of trials, on logarithmic axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from sim.plots import style, themes

if TYPE_CHECKING:
    from benchmarks.scaling_study import Fit, Study

_MEASURED, _FITTED, _MEMORY = themes.now().scenarios[:3]
_HEIGHT, _HEAD, _FOOT = 5.0, 0.3, 0.85


@style.styled
def draw(study: Study, fit: Fit | None) -> Figure:
    """Draw every run, the fitted line, and the peak of memory beneath."""
    figure = Figure(figsize=(style.WIDTH, _HEIGHT), layout="constrained")
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, _FOOT / _HEIGHT, 1, 1 - (_FOOT + _HEAD) / _HEIGHT), w_pad=0.06, h_pad=0.06)
    style.inscribe(figure, "Cost of a run by its number of trials", _footer(study))
    time, memory = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    trials = np.array([row["trials"] for row in study.rows])
    time.loglog(trials, [row["seconds"] for row in study.rows], "o", color=_MEASURED, markersize=4, mew=0)
    handles = [Line2D([], [], color=_MEASURED, marker="o", markersize=4, linewidth=0, label="A run")]
    if fit is not None:
        ends = np.array([study.beyond, trials.max()])
        time.loglog(ends, fit.factor * ends**fit.exponent, color=_FITTED, zorder=1.5)
        line = f"Least squares from {study.beyond:,} trials on: {fit.text()}"
        handles.append(Line2D([], [], color=_FITTED, label=line))
    time.set_ylim(*_decades([row["seconds"] for row in study.rows]))
    time.set_xlim(*_decades(trials))
    time.set_ylabel("Time (s)")
    time.grid(axis="x")
    memory.plot(trials, [row["memory"] for row in study.rows], "o", color=_MEMORY, markersize=4, mew=0)
    memory.set_ylim(0, 1.2 * max(row["memory"] for row in study.rows))
    memory.set_ylabel("Peak memory (MiB)")
    memory.set_xlabel("Trials")
    memory.grid(axis="x")
    for axis in (time.xaxis, time.yaxis, memory.xaxis, memory.yaxis):
        axis.set_major_formatter("{x:,.10g}")
        axis.set_minor_formatter(NullFormatter())
    place = (0.012, 0.56 / _HEIGHT)
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=place, ncols=2, borderaxespad=0.0)
    return figure


def _decades(values: Any) -> tuple[float, float]:
    """Return the powers of ten around values."""
    low, high = np.log10(np.min(values)), np.log10(np.max(values))
    return float(10 ** np.floor(low) * 0.95), float(10 ** max(np.ceil(high), np.floor(low) + 1) * 1.05)


def _footer(study: Study) -> list[str]:
    about = study.about
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    what = "trials written to disk" if about["kept"] == "trials" else "summaries written to disk"
    return [
        f"{about['scenario']}, {', '.join(about['variables'])}; {what} by {about['workers']} processes, "
        f"started beforehand (memory: of all together).",
        f"Engine: {about['engine']}.",
        f"{about['machine']}; {versions}; own measurements.",
    ]
