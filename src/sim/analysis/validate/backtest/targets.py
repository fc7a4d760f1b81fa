"""What is forecast and scored: numbers that follow from who delivered what in each year of a window.

The same functions serve predictive samples and the record: arrays carry the sample on their last axis.
"""

from __future__ import annotations

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
        Suppliers that had an order before, and the pool of the rest, which is nobody's first.
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
