"""Which trials are worth a look: the typical, the best, the worst and the most surprising, by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare.measure import largest_supplier
from sim.runs.dataset import checked, complete_trials, manifest, scenario_of
from sim.runs.form import COMMON
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import UnknownName

if TYPE_CHECKING:
    import xarray as xr

#: What is needed of a result.
NEEDED = ("supplier_share", "hhi", "capability", "autonomy", "military_budget", "payoff")


def picks(runs: xr.Dataset, scenario: str | None = None) -> dict[str, int]:
    """Return the number of a trial for each rule.

    Where a trial ends is its last share of the supplier that is largest at the start, concentration,
    capability, autonomy and military budget, each in standard deviations from the median over the trials.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`, with the variables of `NEEDED`.
    scenario : str, optional
        Which scenario; the first by default.

    Returns
    -------
    dict
        ``typical``: ends nearest to the medians; ``surprising``: farthest from them; ``best`` and ``worst``:
        the recipient's mean payoff is greatest, and least. Of equals the first.

    Raises
    ------
    InputError
        If there is no such scenario, no complete trial, or the result lacks a variable.

    Examples
    --------
    >>> trial = sim.picks(runs, "baseline")["typical"]
    >>> print(sim.story(runs, trial=trial))
    """
    manifest(runs)  # refuses what is no result
    runs = complete_trials(checked(runs, *COMMON))
    scenario = scenario_of(runs, scenario)
    for name in NEEDED:
        if name not in runs:
            remedy = f"Keep {', '.join(NEEDED)}."
            raise UnknownName("", "runs", "has no {value}, which the choice of a trial needs", remedy, name)
    one = runs.sel(scenario=scenario)
    last = one.isel(time=-1)
    ends = np.stack(
        [
            last["supplier_share"].sel(supplier=largest_supplier(runs)).values,
            last["hhi"].values,
            last["capability"].sum("domain").values,
            last["autonomy"].values,
            last["military_budget"].values,
        ]
    ).astype(float)
    distance = _distance(ends)
    worth = one["payoff"].isel(actor=0).mean("time").values
    found = {
        "typical": int(np.argmin(distance)),
        "best": int(np.argmax(worth)),
        "worst": int(np.argmin(worth)),
        "surprising": int(np.argmax(distance)),
    }
    return {rule: int(runs["trial"].values[k]) for rule, k in found.items()}


def _distance(ends: Array) -> Array:
    """Return how far trials are from the medians, in standard deviations, by all ends that vary."""
    spread = ends.std(axis=1, keepdims=True)
    varies = spread[:, 0] > 0.0
    apart = ends - np.median(ends, axis=1, keepdims=True)
    squared: Array = ((apart[varies] / spread[varies]) ** 2).sum(axis=0)
    return squared
