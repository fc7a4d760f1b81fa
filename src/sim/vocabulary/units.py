"""The closed list of units. A unit is never part of a name; it stands beside the number."""

from __future__ import annotations

import csv
from pathlib import Path

from sim.vocabulary.errors import UnknownUnit, nearest

#: Currencies in which parties other than the recipient count: code and name.
CURRENCIES = Path(__file__).parent.parent / "data" / "currencies.csv"

#: unit -> what it means
UNITS: dict[str, str] = {
    # pure numbers
    "share": "part of a whole, 0 to 1",
    "probability": "chance, 0 to 1",
    "ratio": "one quantity over another of the same kind",
    "index": "a made-up scale, with the range that its label states",
    "count": "a number of things",
    "orders": "a number of platform orders",
    "0/1": "no or yes",
    "sign": "-1, 0 or +1",
    "label": "position in a list of labels",
    "level": "step on an ordered scale",
    "rung": "rung of the ladder of agreements",
    "s.d.": "standard deviations",
    "log": "natural logarithm of a ratio",
    "exponent": "power to which a quantity is raised; elasticity",
    "shape": "shape parameter of a distribution",
    "uniform": "uniform random number in (0, 1)",
    "scale units": "units of the scale of UN ideal points",
    # time
    "years": "years",
    "quarters": "quarters of a year",
    "months": "months",
    "1/year": "rate per year",
    "1/quarter": "rate per quarter",
    "share/year": "part of a whole, per year",
    "index/year": "index points per year",
    "index/year^0.5": "index points per square root of a year",
    "log/year": "change of a logarithm per year",
    "log/year^0.5": "change of a logarithm per square root of a year",
    "count/year": "a number of things per year",
    "count/quarter": "a number of things per quarter",
    "rung/year": "rungs per year",
    # length
    "km": "kilometres",
    # arms and money; dollars are constant dollars of the case's base year
    "TIV m": "million SIPRI trend-indicator values: volume, not money",
    "TIV m/year": "million trend-indicator values per year",
    "TIV m/count": "million trend-indicator values each",
    "TIV m/US$ m": "trend-indicator values that a dollar becomes",
    "US$ m": "million US dollars, constant",
    "US$ m/year": "million US dollars per year, constant",
    "US$ m/TIV m": "price of a trend-indicator value",
    "donor m": "million in the donor's currency",
    # utility
    "logit": "utility, in units of the logistic scale",
    "logit/year": "utility per year",
    "logit/index": "utility per index point",
    "logit/share": "utility per whole share",
    "logit/log": "utility per unit of a natural logarithm",
    "logit/scale unit": "utility per unit of UN ideal-point distance",
    "logit/rung": "utility per rung",
    "1/logit": "precision of a quantal response",
    "index/rung": "index points per rung",
    "index/count": "index points each",
    "index/US$ m": "index points per million US dollars",
    "index/TIV m": "index points per million trend-indicator values",
}


def _of_currency(code: str, name: str) -> dict[str, str]:
    return {
        f"{code} m": f"million {name}",
        f"{code} bn": f"billion {name}",
        f"{code} bn/year": f"billion {name} per year",
        f"{code}/US$": f"{name} per US dollar",
    }


with CURRENCIES.open(encoding="utf-8", newline="") as _rows:
    for _row in csv.DictReader(_rows):
        UNITS |= _of_currency(**_row)


def check(unit: str, file: str, place: str) -> str:
    """Return `unit` if it is known, else raise `UnknownUnit`."""
    if unit not in UNITS:
        raise UnknownUnit(file, place, "no such unit", nearest(unit, UNITS, "units"), unit)
    return unit
