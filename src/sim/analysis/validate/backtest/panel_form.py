"""The form of a panel: the names of its targets, what a row is known by, and how it was made."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sim.runs.dataset import checked
from sim.vocabulary.errors import Contradiction, WrongType

if TYPE_CHECKING:
    import xarray as xr

#: Targets with a row per supplier, with one for all suppliers together, and with one per order.
SHARE, COMPOSITION, ORDER = "share", "composition", "supplier_of_order"

#: Length of a window.
WINDOW_YEARS = 5

#: What a row is known by.
KEY = ("importer", "origin", "ahead", "target", "part")

#: What is known of a row.
_NUMBERS = ("value", "chance", "to_record", "between", "below", "upto", "quantiles")

_A_PANEL = "Give what sim.backtest_panel returns, or sim.open of what it was saved to."


def about(panel: xr.Dataset) -> dict[str, Any]:
    """Return how a panel was made."""
    return dict(json.loads(panel.attrs["panel"]))


def checked_panel(panel: xr.Dataset, name: str = "panel") -> xr.Dataset:
    """Return an argument that is a panel.

    Raises
    ------
    InputError
        If it is none, or has a number twice: two panels are no one panel.
    """
    panel = checked(panel, "row", "source", "other", name=name, remedy=_A_PANEL)
    if (
        "panel" not in panel.attrs
        or not set(KEY) <= set(panel.coords)
        or not set(_NUMBERS) <= set(panel.data_vars)
    ):
        raise WrongType("", name, "not a panel of back-tests", _A_PANEL)
    rows = Counter(zip(*(panel[key].values.tolist() for key in KEY), strict=True))
    row, count = next(iter(rows.most_common(1)), ((), 0))
    if count > 1:
        problem = f"has a number twice: {', '.join(str(each) for each in row if each != '')}"
        raise Contradiction("", name, problem, "Give one panel; those of several files are made together.")
    return panel.load()
