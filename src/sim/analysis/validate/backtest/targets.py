"""What is forecast and scored: numbers that follow from who delivered what in each year of a window.

The same functions serve predictive samples and the record: arrays carry the sample on their last axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.vocabulary.axes import Array

#: Scalar targets, with their units.
SCALARS = {
    "leader_share": "share",
    "top_share": "share",
    "hhi": "index",
    "total_tiv": "TIV m",
    "n_deals": "count",
    "n_new_suppliers": "count",
}

#: Targets that are scored on the log scale too, log(1 + x): so that a large importer counts as a small one.
LOGARITHMS = {"total_tiv": "log_tiv", "n_deals": "log_deals"}

#: Volume of a year of the window, plain and on the log scale.
ANNUAL, LOG_ANNUAL = "annual_tiv", "log_annual_tiv"

#: What targets are called in a table.
LABELS = {
    "leader_share": "share of the leader at the origin",
    "top_share": "largest share, whoever has it",
    "hhi": "HHI",
    "total_tiv": "volume of the window, TIV m",
    "n_deals": "platform orders",
    "n_new_suppliers": "new suppliers",
    "log_tiv": "volume, log(1 + x)",
    "log_deals": "platform orders, log(1 + x)",
    ANNUAL: "volume of a year, TIV m",
    LOG_ANNUAL: "volume of a year, log(1 + x)",
    "share": "share of each supplier",
    "composition": "all shares (energy score)",
    "supplier_of_order": "supplier of an order (log score)",
}

#: Events, whose chance is scored: what each says of the window.
EVENTS = {
    "leader_leads": "who led at the origin leads",
    "leader_half": "who led at the origin has more than half",
    "top_half": "somebody has more than half",
    "more_tiv": "more is delivered than in the window before the origin",
    "any_new": "somebody new has an order",
}


@dataclass(frozen=True)
class Window:
    """Deliveries and orders in the years of a window.

    Parameters
    ----------
    delivered : ndarray, shape (year, supplier, sample)
        TIV m.
    ordered : ndarray, shape (year, supplier, sample)
        Number of platform orders.
    leader : int
        The supplier that delivered most in the window before.
    is_old : ndarray of bool, shape (supplier,)
        Suppliers that had an order before, and the pool of the rest, which counts as no newcomer.
    """

    delivered: Array
    ordered: Array
    leader: int
    is_old: Array

    @property
    def shares(self) -> Array:
        """Share of each supplier in the deliveries, shape (supplier, sample); zero if there were none."""
        volume = self.delivered.sum(axis=0)
        total = volume.sum(axis=0)
        shares: Array = np.divide(volume, total, out=np.zeros_like(volume), where=total > 0)
        return shares

    def scalars(self) -> dict[str, Array]:
        """Return each scalar target, shape (sample,)."""
        shares = self.shares
        ever = self.ordered.sum(axis=0) > 0
        return {
            "leader_share": shares[self.leader],
            "top_share": shares.max(axis=0),
            "hhi": (shares**2).sum(axis=0),
            "total_tiv": self.delivered.sum(axis=(0, 1)),
            "n_deals": self.ordered.sum(axis=(0, 1)),
            "n_new_suppliers": (ever & ~self.is_old[:, None]).sum(axis=0).astype(float),
        }

    def annual(self) -> Array:
        """Return the volume delivered in each year, shape (year, sample)."""
        volume: Array = self.delivered.sum(axis=1)
        return volume

    def numbers(self) -> dict[tuple[str, str], Array]:
        """Return every number but shares by target and part, shape (sample,); the part is a year, from 1."""
        scalars = self.scalars()
        found = {(name, ""): values for name, values in scalars.items()}
        found |= {(name, ""): np.log1p(scalars[of]) for of, name in LOGARITHMS.items()}
        for index, volume in enumerate(self.annual()):
            found[ANNUAL, str(index + 1)] = volume
            found[LOG_ANNUAL, str(index + 1)] = np.log1p(volume)
        return found

    def events(self, before: float) -> dict[str, Array]:
        """Return whether each of `EVENTS` comes about, shape (sample,), given the volume before."""
        return events(self.scalars(), before)


def events(scalars: Mapping[str, Array], before: float) -> dict[str, Array]:
    """Return whether those of `EVENTS` that follow from some scalars come about, shape (sample,)."""
    found: dict[str, Array] = {}
    if {"leader_share", "top_share"} <= scalars.keys():
        leader, top = scalars["leader_share"], scalars["top_share"]
        found = {
            "leader_leads": (leader >= top) & (leader > 0.0),
            "leader_half": leader > 0.5,
            "top_half": top > 0.5,
        }
    if "total_tiv" in scalars:
        found["more_tiv"] = scalars["total_tiv"] > before
    if "n_new_suppliers" in scalars:
        found["any_new"] = scalars["n_new_suppliers"] > 0.0
    return found
