"""Outcomes at points that another program has chosen, all in one run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from sim.analysis.drivers import subject
from sim.design.points import AtPoints
from sim.parameter.elements import Element
from sim.parameter.posterior import Column
from sim.runs import dataset as results
from sim.runs.experiment import Execution, Progress
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, OutOfBounds, UnknownName, WrongType, nearest


@dataclasses.dataclass(frozen=True)
class _Given(Column):
    """Values that another program has chosen, in order."""

    stream: ClassVar[str] = "given"


def outcomes_at(
    scenario: Scenario | str,
    points: Any,
    measures: Iterable[str] | str,
    *,
    are_probabilities: bool = False,
    replicates: int = 1,
    share_shocks: bool = False,
    seed: int = SEED,
    workers: int | None = None,
    engine: str = results.AUTO,
    progress: Progress | None = None,
) -> dict[str, Array]:
    """Return outcomes at points of the parameters.

    Parameters
    ----------
    scenario : Scenario or str
    points : mapping or pandas.DataFrame
        Key of an element -> its value at each point. Other uncertain elements are drawn as ever.
    measures : iterable of str
        What is looked at, as for `sim.sensitivity`: with a date one number, without every quarter.
    are_probabilities : bool
        Whether the points are probabilities of the priors, in (0, 1), instead of values.
    replicates : int
        Trials at each point, which differ by their shocks.
    share_shocks : bool
        Whether all points meet the same shocks, so that they are paired.
    seed, workers, engine, progress
        As for `sim.run`.

    Returns
    -------
    dict of str to ndarray
        By measure, shape (point,) or (point, time): the mean over replicates.

    Raises
    ------
    InputError
        If there is no such element, or a value is outside its bounds.
    """
    base = one(scenario)
    listed = arguments.texts(measures, "measures", 'Give them as a list, such as ["hhi@2035"].')
    seen = {each: subject.read(base, each) for each in listed}
    if not seen:
        raise WrongType("", "measures", "nothing to look at", 'Such as ["hhi@2035"].')
    replicates = arguments.whole(replicates, "replicates", 1)
    is_probability = arguments.truth(are_probabilities, "are_probabilities")
    columns, count = _columns(points, base, is_probability)
    if is_probability:
        levels = {base.parameters[key].stream: values for key, values in columns.items()}
    else:
        elements = [_given(base.parameters[key], values) for key, values in columns.items()]
        base = dataclasses.replace(base, parameters=base.parameters.with_elements(elements))
        levels = {_Given.stream: (np.arange(count) + 0.5) / count}
    design = AtPoints(
        replicates=replicates, share_shocks=arguments.truth(share_shocks, "share_shocks"), levels=levels
    )
    execution = Execution(workers=workers, engine=engine, progress=progress)
    asked = [dataclasses.replace(each, scenario=base) for each in seen.values()]
    series = subject.run(
        asked, count * replicates, arguments.seed(seed), sampling=design, execution=execution
    )
    found = {}
    for name, values in zip(seen, series, strict=True):
        mean = values.reshape(len(values), count, replicates).mean(axis=-1).T
        found[name] = mean[:, 0] if "@" in name else mean
    return found


def _columns(points: Any, base: Scenario, is_probability: bool) -> tuple[dict[str, Array], int]:
    """Return the points by key of the element, and how many there are."""
    remedy = 'Give a table, or {"demand.caution": [...]}.'
    if not (isinstance(points, Mapping) or arguments.is_frame(points)):
        raise WrongType("", "points", f"{arguments.shown(points)} is no table", remedy)
    columns: dict[str, Array] = {}
    for key in points if isinstance(points, Mapping) else points.columns:
        if key not in base.parameters:
            raise UnknownName(
                "", "points", "no such element: {value}", nearest(str(key), base.parameters), str(key)
            )
        if is_probability and base.parameters[key].distribution is None:
            raise InputError("", f"points.{key}", "is certain, and has no prior", "Leave it out.")
        try:
            columns[key] = np.asarray(points[key], dtype=float)
        except (TypeError, ValueError):
            raise WrongType("", f"points.{key}", "is no list of numbers", remedy) from None
        if columns[key].ndim != 1 or not np.isfinite(columns[key]).all():
            raise WrongType("", f"points.{key}", "is no list of finite numbers", remedy)
        low, high = (0.0, 1.0) if is_probability else base.parameters[key].bounds
        outside = columns[key][(columns[key] < low) | (columns[key] > high)]
        if len(outside):
            remedy = f"Keep it between {low:g} and {high:g}."
            raise OutOfBounds("", f"points.{key}", "outside the bounds", remedy, float(outside[0]))
    sizes = {len(values) for values in columns.values()}
    if len(sizes) != 1 or 0 in sizes:
        raise WrongType("", "points", f"has columns of {sorted(sizes)} numbers", remedy)
    if is_probability:
        # No prior is read at its very ends, which may be infinite.
        columns = {key: np.clip(values, 2.0**-54, 1 - 2.0**-53) for key, values in columns.items()}
    return columns, sizes.pop()


def _given(element: Element, values: Array) -> Element:
    """Return an element that has a given value at each point."""
    return dataclasses.replace(
        element, value=float(np.median(values)), distribution=_Given(tuple(values.tolist()))
    )
