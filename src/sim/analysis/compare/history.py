"""The recorded past in the terms of a result, for the years before a run starts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.case import register
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.vocabulary.axes import QUARTERS, WINDOW, Array
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr

    from sim.case.case import Case
    from sim.case.register import Date

#: Years in the window of the rolling shares.
YEARS = WINDOW // QUARTERS


def rolling_shares(tiv: Array, window: int = YEARS) -> Array:
    """Return each supplier's share of the deliveries in the window that ends with each year.

    Parameters
    ----------
    tiv : ndarray, shape (year, supplier)
        Delivered in each of consecutive years.
    window : int
        SymbolicLength in years.

    Returns
    -------
    ndarray, shape (year, supplier)
        Zero where nothing was delivered in the window; NaN before the first full window.
    """
    summed = np.cumsum(np.vstack([np.zeros((1, tiv.shape[1])), tiv]), axis=0)
    shares = np.full(tiv.shape, np.nan)
    in_window = summed[window:] - summed[:-window]
    total = in_window.sum(axis=1, keepdims=True)
    shares[window - 1 :] = np.divide(in_window, total, out=np.zeros_like(in_window), where=total > 0)
    return shares


def dataset(case: Case, start: Date) -> xr.Dataset:
    """Return what is recorded for the years before `start`.

    Returns
    -------
    xarray.Dataset
        `delivered` (year, supplier), and by year's end, under their glossary names, the measures that follow
        from deliveries: supplier_share (year, supplier), hhi, effective_suppliers and dependence (year). The
        attributes name the source, the case's recipient and, if it has one, the place of its capital, the
        partners, and the supplier that stands for all without a name. Suppliers have the latitude and the
        longitude of their capitals, degrees north and east, NaN for those without.
    """
    import xarray as xr

    years, tiv = register.history(case, start)
    share = rolling_shares(tiv)
    hhi = (share**2).sum(axis=1)
    values = {
        "supplier_share": share,
        "hhi": hhi,
        "effective_suppliers": np.divide(1.0, hhi, out=np.zeros_like(hhi), where=hhi > 0),
        "dependence": share.max(axis=1),
    }
    # A sum or a division that skips NaN would turn "not known yet" into zero.
    values["effective_suppliers"][np.isnan(hhi)] = np.nan
    variables = {
        name: (("year", "supplier")[: value.ndim], value, _attributes(name)) for name, value in values.items()
    }
    delivered = (("year", "supplier"), tiv, {"units": "TIV m/year", "long_name": "Deliveries"})
    capitals = [_capital(case, name) for name in case.suppliers]
    coordinates = {
        "year": years,
        "supplier": list(case.suppliers),
        "supplier_name": ("supplier", [case.labels.get(name, name) for name in case.suppliers]),
        "latitude": ("supplier", [north for north, _ in capitals]),
        "longitude": ("supplier", [east for _, east in capitals]),
    }
    # The first source of a case is its deal register.
    source = case.sources[0].split(",")[0] if case.sources else ""
    attributes = {
        "source": source,
        "recipient": case.labels.get(case.recipient, case.recipient),
        "recipient_place": [each for each in _capital(case, case.recipient) if math.isfinite(each)],
        "partners": list(case.partners),
        "residual_supplier": case.record.residual_supplier or "",
    }
    return xr.Dataset({"delivered": delivered, **variables}, coordinates, attributes)


def of(scenario: Scenario | str) -> xr.Dataset:
    """Return what is recorded of the years before a scenario begins.

    Parameters
    ----------
    scenario : Scenario, str or path
        Names and paths are loaded.

    Returns
    -------
    xarray.Dataset
        Deliveries (`delivered`, dims year, supplier) and the measures that follow from them, under the names
        of a result.

    Raises
    ------
    InputError
        If it cannot be loaded.

    Examples
    --------
    >>> sim.history("baseline").hhi.to_series()
    """
    scenario = one(scenario)
    return dataset(scenario.case, scenario.start)


def _capital(case: Case, state: str) -> tuple[float, float]:
    """Return degrees north and east of a capital."""
    capital = case.record.states[state].capital
    return (capital.latitude, capital.longitude) if capital else (math.nan, math.nan)


def _attributes(name: str) -> dict[str, str]:
    return {"units": GLOSSARY[name].unit, "long_name": GLOSSARY[name].label}
