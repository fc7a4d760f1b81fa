"""The scenarios of a run, confined to a box that was found in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.discovery import draws as drawn
from sim.analysis.discovery.cases import SCENARIO
from sim.analysis.discovery.discovery import box_of, check
from sim.analysis.discovery.prim import Limit
from sim.parameter.distributions import Choice, Uniform
from sim.parameter.elements import Element
from sim.parameter.posterior import Column
from sim.scenario import changes as differences
from sim.scenario.scenario import Scenario
from sim.vocabulary.errors import Contradiction

if TYPE_CHECKING:
    import xarray as xr

#: How many values stand for a distribution that is cut off.
VALUES = 20


def box_scenarios(
    found: xr.Dataset, runs: xr.Dataset, *, box: int | None = None, scenarios: Any = None
) -> list[Scenario]:
    """Return the scenarios of a run, confined to a box; `Scenario.write` makes files of them.

    Parameters
    ----------
    found : xarray.Dataset
        From `discover`.
    runs : xarray.Dataset
        The run in which it was found.
    box : int, optional
        Which; by default the one looked at.
    scenarios
        As for `discover`.

    Returns
    -------
    list of Scenario
        Those that the box allows: of which something lies in it. A uniform distribution stays one between the
        limits; of another, `VALUES` equally likely values within them are taken.

    Raises
    ------
    InputError
        If the box limits what is drawn from a posterior: other columns would have to follow.

    Examples
    --------
    >>> found = sim.discover(varied, "hhi@2035 > 0.5", box=2)
    >>> [inside] = sim.box_scenarios(found, varied)
    >>> sim.run(inside, trials=100)
    """
    check(found)
    _, draws = drawn.of(runs, scenarios)
    limits = box_of(found, box)
    allowed = limits.get(SCENARIO)
    made = []
    for scenario in draws.scenarios:
        if allowed is not None and allowed.among is not None and scenario.name not in allowed.among:
            continue
        own = {name: limit for name, limit in limits.items() if name != SCENARIO}
        if not all(_reaches(scenario.parameters[name], limit) for name, limit in own.items()):
            continue
        confined = {
            name: differences.table(_confined(scenario.parameters[name], limit))
            for name, limit in own.items()
            if scenario.parameters[name].distribution is not None
        }
        name = f"{scenario.name} in the box"
        made.append(scenario.override(confined, name=name) if confined else scenario)
    return made


def _reaches(element: Element, limit: Limit) -> bool:
    """Whether any value of an element is within a limit."""
    shape = element.distribution
    if shape is None:
        return _holds(limit, element.value)
    if isinstance(shape, Choice):
        return any(_holds(limit, each) for each in shape.values)
    low, high = (
        f(one, other) for f, one, other in zip((max, min), shape.support, element.bounds, strict=True)
    )
    return max(low, limit.low) < min(high, limit.high)


def _holds(limit: Limit, value: float) -> bool:
    """Whether a limit allows a value; of labels, by their number in words."""
    if limit.among is not None:
        return f"{value:g}" in limit.among
    return limit.low <= value <= limit.high


def _confined(element: Element, limit: Limit) -> Element:
    """Return an element whose distribution is cut off at the limits."""
    shape = element.distribution
    if isinstance(shape, Column):
        problem = "is drawn from a posterior together with others, and cannot be cut off alone"
        raise Contradiction("", element.key, problem, "Name other parameters=[...] to discover.")
    assert shape is not None, "what is certain is not confined"
    low, high = max(limit.low, element.bounds[0]), min(limit.high, element.bounds[1])
    if isinstance(shape, Uniform):
        cut: Any = Uniform(max(shape.low, low), min(shape.high, high))
        return replace(element, value=cut.middle(), distribution=cut)
    if isinstance(shape, Choice):
        values = tuple(each for each in shape.values if _holds(limit, each))
    else:
        steps = (np.arange(VALUES) + 0.5) / VALUES
        values = tuple(sorted({float(f"{each:.8g}") for each in shape.quantile(steps, (low, high))}))
    if len(values) == 1:
        return replace(element, value=values[0], distribution=None)
    return replace(element, value=values[len(values) // 2], distribution=Choice(values))
