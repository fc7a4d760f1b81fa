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
        Those that the box allows. A uniform distribution stays one between the limits; of another, `VALUES`
        equally likely values within them are taken.

    Raises
    ------
    InputError
        If the box limits what is drawn from a posterior: other columns would have to follow.
    """
    check(found)
    _, draws = drawn.of(runs, scenarios)
    limits = box_of(found, box)
    allowed = limits.get(SCENARIO)
    made = []
    for scenario in draws.scenarios:
        if allowed is not None and allowed.among is not None and scenario.name not in allowed.among:
            continue
        confined = {
            name: differences.table(_confined(scenario.parameters[name], limit))
            for name, limit in limits.items()
            if name != SCENARIO and scenario.parameters[name].distribution is not None
        }
        name = f"{scenario.name} in the box"
        made.append(scenario.override(confined, name=name) if confined else scenario)
    return made


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
        is_allowed = [
            limit.holds(np.array([f"{each:g}"]))[0] if limit.among is not None else low <= each <= high
            for each in shape.values
        ]
        values = tuple(each for each, is_in in zip(shape.values, is_allowed, strict=True) if is_in)
    else:
        steps = (np.arange(VALUES) + 0.5) / VALUES
        values = tuple(sorted({float(f"{each:.8g}") for each in shape.quantile(steps, (low, high))}))
    if len(values) == 1:
        return replace(element, value=values[0], distribution=None)
    return replace(element, value=values[len(values) // 2], distribution=Choice(values))
