"""The answer of a run in sentences, each with its error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.compare import question, sentences
from sim.analysis.compare.measure import standard_measures
from sim.analysis.compare.summary import summarise
from sim.runs.dataset import checked
from sim.vocabulary.axes import QUARTERS
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def answers(runs: xr.Dataset, measure: str | None = None, *, reference: str | None = None) -> list[str]:
    """Return a sentence for each scenario but the reference: how it differs, how often, and how surely.

    Of a single scenario, where it stands.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run`.
    measure : str, optional
        A number at the end of a year, such as ``"supplier_share[x]@2035"`` or ``"hhi@2035"``. By default the
        first of the table that the command line shows, at the end of the last year.
    reference : str, optional
        Scenario to compare with; the first by default.

    Returns
    -------
    list of str
        In brackets in each the 95 % Monte Carlo interval of the mean: of the paired differences, where there
        are several scenarios.

    Raises
    ------
    InputError
        If the number is not in the result.

    Examples
    --------
    >>> print(*sim.answers(runs, "hhi@2035"))
    """
    checked(runs, "scenario", "time", "trial")
    if measure is None:
        rows = summarise(runs, standard_measures(runs)[:1], reference=reference)
    else:
        asked = question.read(measure)
        if asked.quarter.quarter != QUARTERS:
            remedy = f"Write @{asked.quarter.year}."
            raise InputError("", "measure", "is not at the end of a year", remedy, measure)
        rows = summarise(runs, [asked.measure], [asked.quarter.year], reference)
    if not rows:
        raise InputError(
            "", "measure", "none to look at in the result", 'Such as "hhi@2035", if it was kept.'
        )
    return sentences.answers(rows)
