"""The form of a panel: the names of its targets, what a row is known by, and how it was made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sim.runs.dataset import checked
from sim.vocabulary.errors import WrongType

if TYPE_CHECKING:
    import xarray as xr

#: Targets with a row per supplier, with one for all suppliers together, and with one per order.
SHARE, COMPOSITION, ORDER = "share", "composition", "supplier_of_order"

#: What a row is known by.
KEY = ("importer", "origin", "ahead", "target", "part")

_A_PANEL = "Give what sim.backtest_panel returns, or sim.open of what it was saved to."


def about(panel: xr.Dataset) -> dict[str, Any]:
    """Return how a panel was made."""
    return dict(json.loads(panel.attrs["panel"]))


def checked_panel(panel: xr.Dataset, name: str = "panel") -> xr.Dataset:
    """Return an argument that is a panel.

    Raises
    ------
    InputError
        If it is none.
    """
    panel = checked(panel, "row", "source", "other", name=name, remedy=_A_PANEL)
    if "panel" not in panel.attrs or not set(KEY) <= set(panel.coords):
        raise WrongType("", name, "not a panel of back-tests", _A_PANEL)
    return panel.load()
