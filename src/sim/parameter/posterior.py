"""Parameters drawn together: a table whose columns are elements and whose rows are equally likely.

A scenario names the file (``posterior = "posteriors/2018.csv"``, relative to itself). A trial picks one row,
by a stream of draws that all columns share, so that what was learned jointly stays joint, and trial k of two
scenarios with the same file has the same row. Elements without a column keep their priors, and their draws.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sim.files import tables
from sim.files.records import shown
from sim.parameter.distributions import UNBOUNDED, Bounds, Distribution
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, DuplicateKey, OutOfBounds

if TYPE_CHECKING:
    from sim.parameter.parameter_set import ParameterSet

#: Digits of a value in a file; more than any parameter is known to.
_DIGITS = 6


@dataclass(frozen=True)
class Column(Distribution):
    """One column of a posterior, its values in the order of the rows."""

    values: tuple[float, ...]
    kind: ClassVar[str] = "posterior"
    fields: ClassVar[tuple[str, ...]] = ()
    stream: ClassVar[str] = "posterior"

    @property
    def numbers(self) -> tuple[float, ...]:
        """The values, in the order of the rows."""
        return self.values

    @property
    def support(self) -> Bounds:
        """Least and greatest value that can occur."""
        return min(self.values), max(self.values)

    def cdf(self, x: Any) -> Array:
        """Part of the rows with a value up to `x`."""
        upto = np.searchsorted(np.sort(self.values), np.asarray(x, dtype=float), side="right")
        return np.asarray(upto / len(self.values))

    def inverse(self, probability: Array) -> Array:
        """Value of the row at `probability` of the way down the table: not a quantile."""
        row = np.minimum(np.asarray(probability) * len(self.values), len(self.values) - 1).astype(int)
        return np.asarray(np.array(self.values)[row])

    def quantile(self, u: Any, bounds: Bounds = UNBOUNDED) -> Array:
        """Return the values of rows; the file was checked against the bounds."""
        return self.inverse(np.asarray(u, dtype=float))

    def middle(self) -> float:
        """Return the median."""
        return float(np.median(self.values))

    def plausible(self, bounds: Bounds = UNBOUNDED) -> Bounds:
        """Return the 5 % and 95 % quantiles."""
        low, high = np.quantile(self.values, [0.05, 0.95])
        return float(low), float(high)

    def describe(self) -> str:
        """Say it in a few words."""
        low, high = self.plausible()
        return f"posterior, 90 % from {low:.4g} to {high:.4g}"


@dataclass(frozen=True)
class Posterior:
    """A posterior as read.

    Parameters
    ----------
    file : str
        As the user would open it.
    digest : str
        SHA-256 of its content; line ends do not count.
    columns : dict of str to tuple of float
        Element key -> values, one per row.
    """

    file: str
    digest: str
    columns: dict[str, tuple[float, ...]] = field(repr=False)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    def apply(self, parameters: ParameterSet) -> ParameterSet:
        """Return parameters in which the elements with a column are drawn from it."""
        return parameters.with_elements(
            dataclasses.replace(
                parameters[key],
                value=Column(values).middle(),
                distribution=Column(values),
                file=self.file,
                note=f"Drawn jointly with {len(self.columns) - 1} others from the rows of {self.file}.",
            )
            for key, values in self.columns.items()
        )

    def summary(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        return {"file": self.file, "digest": self.digest, "rows": self.n_rows, "elements": list(self.columns)}


def read(path: Path | str, parameters: ParameterSet) -> Posterior:
    """Read a posterior and check it against the parameters.

    Raises
    ------
    InputError
        With file, row and column: an unknown or doubled element, a value that is no number or out of bounds.
    """
    path = Path(path)
    rows, file = tables.read(path, ()), shown(path)
    if not rows:
        raise Contradiction(file, "", "no rows to draw from", "Give one row or more under the header.")
    keys = list(rows[0].cells)
    for key in keys:
        _check_name(key, keys, file, parameters)
    bounds = {key: parameters[key].bounds for key in keys}
    values: dict[str, list[float]] = {key: [] for key in keys}
    for row in rows:
        for key in keys:
            value, (low, high) = row.number_in(key), bounds[key]
            if not low <= value <= high:
                remedy = f"Keep it between {low:g} and {high:g} ({parameters[key].unit})."
                raise OutOfBounds(file, row.place(key), "outside the bounds", remedy, value)
            values[key].append(value)
    digest = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    return Posterior(file, digest, {key: tuple(column) for key, column in values.items()})


def write(path: Path, columns: Mapping[str, Array]) -> Path:
    """Write a posterior, replacing what is there.

    Parameters
    ----------
    path : Path
        A .csv file.
    columns : mapping of str to ndarray
        Element key -> values, one per row.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            table.writerow(f"{value:.{_DIGITS}g}" for value in row)
    return path


def _check_name(key: str, keys: list[str], file: str, parameters: ParameterSet) -> None:
    if keys.count(key) > 1:
        raise DuplicateKey(file, f"row 1: {key}", "given twice", "Keep one of the two columns.")
    matched = parameters.match(key, file, f"row 1: {key}")
    if matched != (key,):
        remedy = f"Name one element, such as {matched[0]}."
        raise Contradiction(file, f"row 1: {key}", "a column for several numbers", remedy)
