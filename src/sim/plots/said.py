"""What a figure of a run says, in a sentence with its error: its title, where it is a figure of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.compare import sentences
from sim.analysis.compare.measure import Measure
from sim.analysis.compare.summary import summarise, year_ends

if TYPE_CHECKING:
    import xarray as xr


def of(runs: xr.Dataset, measure: Measure, reference: str) -> str:
    """Return where the only scenario stands at the end of the last year, or how the others differ.

    Returns
    -------
    str
        Empty where no year ends within the run.
    """
    ends = year_ends([str(each) for each in runs["quarter"].values])
    return sentences.together(summarise(runs, [measure], ends[-1:], reference)) if ends else ""
