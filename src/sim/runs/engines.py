"""What ran the blocks of a run, and what the user should know of it."""

from __future__ import annotations

import warnings
from typing import Any

from sim.runs import dataset as results
from sim.runs.blocks import NOTHING_RAN, Ran
from sim.vocabulary.errors import SimWarning


class Engines:
    """Counts what ran the blocks of a run.

    Parameters
    ----------
    chosen : str
        The engine that was chosen for the run.
    """

    def __init__(self, chosen: str) -> None:
        self.chosen = chosen
        self.ran = NOTHING_RAN

    def add(self, ran: Ran) -> None:
        """Count a block; say each remark once."""
        for remark in ran.remarks:
            if remark not in self.ran.remarks:
                warnings.warn(remark, SimWarning, stacklevel=2)
        self.ran = self.ran.plus(ran)

    def end(self) -> None:
        """Say how many blocks were run again."""
        if self.ran.repeated:
            problem = f"{self.ran.repeated:,} of {self.ran.blocks:,} blocks were run again in NumPy"
            reason = "a trial failed, or a number was out of range for machine code"
            warnings.warn(f"{problem}: {reason}. The numbers are those of NumPy.", SimWarning, stacklevel=2)

    def about(self, ran: Ran | None = None) -> dict[str, Any]:
        """Return the part of a manifest that says what ran its blocks, by default those that are counted."""
        ran = self.ran if ran is None else ran
        if self.chosen != results.COMPILED or not ran.blocks:
            return {"engine": self.chosen}
        return {
            "engine": results.COMPILED if ran.compiled else results.NUMPY,
            "machine_code": {
                "blocks": ran.compiled,
                "blocks_run_again_in_numpy": ran.repeated,
                "remarks": list(ran.remarks),
            },
        }
