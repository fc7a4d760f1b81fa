"""A run as a long table: one row per scenario, quarter, trial, variable and label."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sim.analysis.compare.long_table import MOST, long_table
from sim.exchange.packages import needed

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def to_pandas(
    runs: xr.Dataset,
    variables: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    *,
    most: int = MOST,
) -> pd.DataFrame:
    """Return a run as a long table of pandas; the same as `sim.long_table`.

    Parameters
    ----------
    runs, variables, years, most
        As for `sim.long_table`.

    Returns
    -------
    pandas.DataFrame
        Columns scenario, quarter, trial, variable, label, value.

    Raises
    ------
    InputError
        As for `sim.long_table`.
    """
    return long_table(runs, variables, years, most=most)


def to_polars(
    runs: xr.Dataset,
    variables: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    *,
    most: int = MOST,
) -> Any:
    """Return a run as a long table of polars.

    Parameters
    ----------
    runs, variables, years, most
        As for `sim.long_table`.

    Returns
    -------
    polars.DataFrame
        Columns scenario, quarter, trial, variable, label, value.

    Raises
    ------
    MissingFile
        If polars is not installed.
    """
    polars = needed("polars", "polars", "tables")
    frame = long_table(runs, variables, years, most=most)
    return polars.DataFrame({name: frame[name].to_numpy() for name in frame.columns})


def to_arrow(
    runs: xr.Dataset,
    variables: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    *,
    most: int = MOST,
) -> Any:
    """Return a run as an Arrow table.

    Parameters
    ----------
    runs, variables, years, most
        As for `sim.long_table`.

    Returns
    -------
    pyarrow.Table
        Columns scenario, quarter, trial, variable, label, value.

    Raises
    ------
    MissingFile
        If pyarrow is not installed.
    """
    arrow = needed("pyarrow", "pyarrow", "tables")
    frame = long_table(runs, variables, years, most=most)
    return arrow.table({name: frame[name].to_numpy() for name in frame.columns})
