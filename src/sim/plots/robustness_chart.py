"""Where criteria of robustness disagree: policies by criteria, the rank in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.robustness.robustness import answers
from sim.plots import own_axes, style, themes
from sim.vocabulary import amounts

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_ROW = 0.3


@style.styled
def criteria_map(robustness: xr.Dataset, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw the rank of every policy by every criterion; a column of another pattern is a disagreement.

    Parameters
    ----------
    robustness : xarray.Dataset
        From `sim.robustness`.
    ax : Axes, optional
        Where to draw; by default a figure of its own (``ax.figure``).
    title : str, optional
        Instead of the usual one.

    Returns
    -------
    Axes
        Where it is drawn.
    """
    found = own_axes.known(
        robustness, "criterion", "policy", "place", name="robustness", made_by="sim.robustness"
    )
    names = "policy_title" if "policy_title" in found.coords else "policy"
    policies = (
        [str(each) for each in found[names].values]
        if names in found.coords
        else [str(k + 1) for k in range(found.sizes["policy"])]
    )
    # The best at the top: by the mean of its ranks.
    ranks = found["rank"].transpose("policy", "criterion").values
    first = found["p_first"].transpose("policy", "criterion").values
    known = np.where(np.isnan(ranks), len(policies), ranks)
    order = np.argsort(known.mean(axis=1), kind="stable")
    resamples = int(found.attrs.get("resamples", 0))
    chance = (
        f" In brackets the share of {resamples:,} resamples of the trials in which it is first."
        if (resamples)
        else ""
    )
    notes = [
        f"The number is the rank by the criterion, dark for the best; those level share theirs.{chance}",
        "A column that is dark in another row than its neighbours disagrees with them.",
    ]
    text = str(found.attrs.get("text", "outcome"))
    wanted = {"maximise": "more", "minimise": "less"}[str(found.attrs.get("aim", "maximise"))]
    usual = f"{text}: {wanted} is better, by criterion"
    axis = own_axes.axes(
        ax, title, usual, _ROW * len(policies) + 1.3, notes, said=lambda: " ".join(answers(found))
    )
    axis.imshow(
        known[order],
        cmap=style.shades(),
        aspect="auto",
        vmin=1,
        vmax=max(2, len(policies)),
    )
    for row, k in enumerate(order):
        for column in range(known.shape[1]):
            here = ranks[k, column]
            often = first[k, column]
            said = "–" if np.isnan(here) else f"{here:g}"
            said += f"\n({amounts.percent(often)})" if often >= 0.005 else ""
            is_dark = known[k, column] <= 0.45 * (len(policies) + 1)
            axis.text(
                column,
                row,
                said,
                ha="center",
                va="center",
                size=6,
                color=themes.now().paper if is_dark else themes.now().ink,
            )
    axis.set_yticks(range(len(order)), [style.in_lines(policies[k], 44) for k in order], size=6.5)
    columns = [str(each) for each in found["criterion_text"].values]
    axis.set_xticks(range(len(columns)), [style.in_lines(each, 14) for each in columns])
    axis.tick_params(axis="x", labelrotation=90, labelsize=6.5, length=0)
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=False)
    for side in axis.spines.values():
        side.set_visible(False)
    return axis
