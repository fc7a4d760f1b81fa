"""What ran the blocks of a run, and what the user should know of it."""

from __future__ import annotations

import warnings
from typing import Any

from sim.runs import dataset as results
from sim.runs.blocks import Engine
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
        self.blocks = self.compiled = self.repeated = 0
        self.remarks: list[str] = []

    def add(self, used: Engine) -> None:
        """Count a block; say each remark once."""
        self.blocks += 1
        self.compiled += used.is_compiled
        self.repeated += used.is_repeated
        for remark in used.remarks:
            if remark not in self.remarks:
                self.remarks.append(remark)
                warnings.warn(remark, SimWarning, stacklevel=2)

    def end(self) -> None:
        """Say how many blocks were run again."""
        if self.repeated:
            problem = f"{self.repeated:,} of {self.blocks:,} blocks were run again in NumPy"
            reason = "a trial failed, or a number was out of range for machine code"
            warnings.warn(f"{problem}: {reason}. The numbers are those of NumPy.", SimWarning, stacklevel=2)

    def about(self) -> dict[str, Any]:
        """Return the part of a manifest that says what ran."""
        if self.chosen != results.COMPILED or not self.blocks:
            return {"engine": self.chosen}
        return {
            "engine": results.COMPILED if self.compiled else results.NUMPY,
            "machine_code": {
                "blocks": self.compiled,
                "blocks_run_again_in_numpy": self.repeated,
                "remarks": self.remarks,
            },
        }
