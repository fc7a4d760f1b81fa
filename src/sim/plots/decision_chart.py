"""Why a choice was made: the terms of each option's utility, stacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch

from sim.analysis.explain.explanation import Explanation
from sim.plots import own_axes, style, themes
from sim.vocabulary import amounts, arguments
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.analysis.explain.explanation import Decision

#: Terms drawn; the last of them may be all that are small everywhere.
_TERMS = len(themes.LIGHT.scenarios) + 2

#: Height of a row and of what is below the rows, in inches.
_ROW, _BELOW = 0.3, 0.45

_MARKS = "Diamond: their sum. At the right: the probability of the choice."


@style.styled
def decision(
    explanation: Explanation,
    which: int = 0,
    *,
    most: int = 6,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw one decision: what each term added to or took from the utility of the likeliest options.

    Parameters
    ----------
    explanation : Explanation
        From `sim.explain`.
    which : int
        Position of the decision in it.
    most : int
        Options shown: the choice, and the likeliest of the others.
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    title : str, optional
        By default when who decided what.

    Returns
    -------
    Axes
        Where it is drawn.
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
    colours = _colours()
    handles = [Patch(color=colour, label=name) for (name, _), colour in zip(terms, colours, strict=False)]
    about = f"{explanation.scenario}, trial {explanation.trial}, seed {explanation.seed}. {each.flip}"
    notes = [f"Contributions are less the mean of these options. {_MARKS}", about]
    axis = own_axes.axes(ax, title, _title(explanation, each), _ROW * len(shown) + _BELOW, notes, handles)
    rows = np.arange(len(shown))
    above, below = np.zeros(len(shown)), np.zeros(len(shown))
    for (_, values), colour in zip(terms, colours, strict=False):
        start = np.where(values >= 0, above, below)
        axis.barh(
            rows, values, left=start, color=colour, height=0.65, linewidth=0.4, edgecolor=themes.now().paper
        )
        above, below = above + np.maximum(0, values), below + np.minimum(0, values)
    sums = np.array([sum(values[k] for _, values in terms) for k in range(len(shown))])
    axis.plot(sums, rows, "D", color=themes.now().paper, markeredgecolor=themes.now().ink, markersize=4)
    for row, option in enumerate(shown):
        axis.annotate(
            amounts.percent(each.probability[option]),
            (1.02, row),
            xycoords=("axes fraction", "data"),
            va="center",
            size=7.5,
        )
    names = [explanation.labels.get(each.options[i], each.options[i]) for i in shown]
    names[0] += " (chosen)"
    axis.set_yticks(rows, names)
    axis.invert_yaxis()
    axis.axvline(0, color=themes.now().ink, linewidth=0.6)
    axis.grid(axis="x")
    axis.set_xlabel("Contribution to utility (logits)")
    return axis


def _colours() -> tuple[str, ...]:
    """Return colours of terms; the last serves all that are small everywhere."""
    return (*themes.now().scenarios, themes.now().middle, themes.now().rest)


def _leading(each: Decision, shown: list[int]) -> list[tuple[str, np.ndarray]]:
    """Return the terms that differ most between the options shown, and the rest as one."""
    arrays = {name: np.array([values[i] for i in shown]) for name, values in each.terms.items()}
    # What is the same for all options explains nothing; only differences from the mean are drawn.
    arrays = {name: values - values.mean() for name, values in arrays.items()}
    by_size = sorted(
        (name for name in arrays if np.ptp(arrays[name]) > 0), key=lambda name: -np.ptp(arrays[name])
    )
    leading = [(name, arrays[name]) for name in by_size[: _TERMS - 1]]
    rest = by_size[_TERMS - 1 :]
    return leading + ([("all else", np.sum([arrays[name] for name in rest], axis=0))] if rest else [])


def _title(explanation: Explanation, each: Decision) -> str:
    def name(label: str) -> str:
        return explanation.labels.get(label, label)

    return f"{explanation.at}: {name(each.actor)}, {each.kind}, {name(each.subject)}"
