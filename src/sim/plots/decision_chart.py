"""Why a choice was made: the terms of each option's utility, stacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sim.analysis.explain.decisions import Explanation
from sim.plots import style
from sim.plots.shown import Shown
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    from sim.analysis.explain.decisions import Decision

#: Colours of the terms; the last serves all that are small everywhere.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
_HEAD, _ROW, _FOOT = 0.55, 0.3, 0.75


@style.styled
def decision(explanation: Explanation, which: int = 0, *, most: int = 6) -> Figure:
    """Draw one decision: what each term added to or took from the utility of the likeliest options.

    Parameters
    ----------
    explanation : Explanation
        From `sim.explain`.
    which : int
        Position of the decision in it.
    most : int
        Options shown: the choice, and the likeliest of the others.
    """
    remedy = "Give what sim.explain returns."
    arguments.instance(explanation, Explanation, "explanation", "an explanation", remedy)
    if not explanation.decisions:
        problem = f"nothing was decided in {explanation.at}"
        raise InputError("", "explanation", problem, "Most is decided in the first quarter of a year.")
    each = explanation.decisions[arguments.whole(which, "which", 0, len(explanation) - 1)]
    most = arguments.whole(most, "most", 1)
    others = sorted(set(range(len(each.options))) - {each.chosen}, key=lambda i: -each.probability[i])
    shown = [each.chosen, *others[: most - 1]]
    terms = _leading(each, shown)
    height = _HEAD + _ROW * len(shown) + _FOOT + 0.17 * ((len(terms) + 3) // 4)
    figure = Shown(figsize=(style.WIDTH, height))
    axis = figure.add_axes(
        (0.2, (height - _HEAD - _ROW * len(shown)) / height, 0.68, _ROW * len(shown) / height)
    )
    rows = np.arange(len(shown))
    above, below = np.zeros(len(shown)), np.zeros(len(shown))
    for (_, values), colour in zip(terms, _COLOURS, strict=False):
        start = np.where(values >= 0, above, below)
        axis.barh(rows, values, left=start, color=colour, height=0.65, linewidth=0.4, edgecolor="white")
        above, below = above + np.maximum(0, values), below + np.minimum(0, values)
    sums = np.array([sum(values[k] for _, values in terms) for k in range(len(shown))])
    axis.plot(sums, rows, "D", color="white", markeredgecolor="black", markersize=4)
    for row, option in enumerate(shown):
        axis.annotate(
            f"{each.probability[option]:.0%}",
            (1.02, row),
            xycoords=("axes fraction", "data"),
            va="center",
            size=7.5,
        )
    names = [explanation.labels.get(each.options[i], each.options[i]) for i in shown]
    names[0] += " (chosen)"
    axis.set_yticks(rows, names)
    axis.invert_yaxis()
    axis.axvline(0, color="black", linewidth=0.6)
    axis.grid(axis="x")
    axis.set_xlabel(
        "Contribution to utility, less the mean of these options (logits); diamond: sum; right: probability"
    )
    figure.text(0.012, 1 - 0.08 / height, _title(explanation, each), size=10, weight="bold", va="top")
    handles = [Patch(color=colour, label=name) for (name, _), colour in zip(terms, _COLOURS, strict=False)]
    figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.012, 0.19 / height), ncols=4, borderaxespad=0
    )
    about = f"{explanation.scenario}, trial {explanation.trial}, seed {explanation.seed}. {each.flip}"
    figure.text(0.012, 0.05 / height, about, size=6.2, color="#555555", va="bottom")
    return figure


def _leading(each: Decision, shown: list[int]) -> list[tuple[str, np.ndarray]]:
    """Return the terms that differ most between the options shown, and the rest as one."""
    arrays = {name: np.array([values[i] for i in shown]) for name, values in each.terms.items()}
    # What is the same for all options explains nothing; only differences from the mean are drawn.
    arrays = {name: values - values.mean() for name, values in arrays.items()}
    by_size = sorted(
        (name for name in arrays if np.ptp(arrays[name]) > 0), key=lambda name: -np.ptp(arrays[name])
    )
    leading = [(name, arrays[name]) for name in by_size[: len(_COLOURS) - 1]]
    rest = by_size[len(_COLOURS) - 1 :]
    return leading + ([("all else", np.sum([arrays[name] for name in rest], axis=0))] if rest else [])


def _title(explanation: Explanation, each: Decision) -> str:
    def name(label: str) -> str:
        return explanation.labels.get(label, label)

    return f"{explanation.at}: {name(each.actor)}, {each.kind}, {name(each.subject)}"
