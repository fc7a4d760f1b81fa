"""Trials as a long table: one row per scenario, quarter, trial, variable and label."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare.measure import label_combinations
from sim.analysis.compare.paired import chosen
from sim.analysis.compare.summary import check_years, listed_years
from sim.runs.dataset import checked, complete_trials
from sim.runs.form import COMMON
from sim.vocabulary import arguments
from sim.vocabulary.axes import QUARTERS
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: Rows that are made without being asked twice: two or three GiB in memory.
MOST = 20_000_000


def long_table(
    runs: xr.Dataset,
    variables: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    *,
    most: int = MOST,
) -> pd.DataFrame:
    """Return trials as a table that every other program reads.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run` or `sim.open`.
    variables : iterable of str, optional
        Which variables; all by default.
    years : iterable of int, optional
        The last quarter of each; the last quarter of the run by default.
    most : int
        Refuse more rows than these.

    Returns
    -------
    pandas.DataFrame
        Columns scenario, quarter, trial, variable, label, value; the label is empty for a variable without
        axes of its own, and of several joined by dots. Trials that failed or are missing are left out.
        ``polars.from_pandas`` and ``pyarrow.Table.from_pandas`` take it as it is.

    Raises
    ------
    InputError
        If a variable is not in the result, a year is not kept, or the table would be longer.

    Examples
    --------
    >>> sim.long_table(runs, ["hhi", "grants"], years=[2030, 2035]).to_csv("trials.csv", index=False)
    """
    import pandas as pd

    runs = complete_trials(checked(runs, *COMMON))
    names = list(chosen(runs, variables))
    most = arguments.whole(most, "most")
    quarters = [str(each) for each in runs["quarter"].values]
    if years is None:
        steps = [len(quarters) - 1]
    else:
        wanted = check_years(listed_years(years), quarters)
        steps = [quarters.index(f"{year}-Q{QUARTERS}") for year in wanted]
    picked = runs.isel(time=steps)[names]
    rows = sum(int(np.prod([picked.sizes[dim] for dim in picked[name].dims])) for name in names)
    if rows > most:
        remedy = f"Choose variables or years, or give most={rows}."
        raise InputError("", "runs", f"would make {rows:,} rows, more than {most:,}", remedy)
    return pd.concat([_rows(picked, name) for name in names], ignore_index=True)


def _rows(picked: xr.Dataset, name: str) -> pd.DataFrame:
    """Return the rows of one variable."""
    import pandas as pd

    array = picked[name].transpose("scenario", "time", ..., "trial")
    labels = [".".join(label for _, label in where) for where in label_combinations(picked, name)]
    values = np.asarray(array.values).reshape(array.sizes["scenario"], array.sizes["time"], len(labels), -1)
    index = pd.MultiIndex.from_product(
        [
            [str(each) for each in array["scenario"].values],
            [str(each) for each in picked["quarter"].values],
            labels,
            array["trial"].values,
        ],
        names=["scenario", "quarter", "label", "trial"],
    )
    frame = pd.DataFrame({"value": values.ravel()}, index=index).reset_index()
    frame.insert(3, "variable", name)
    return frame[["scenario", "quarter", "trial", "variable", "label", "value"]]
