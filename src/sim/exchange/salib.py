"""The uncertain parameters as a problem of SALib, in probabilities of their priors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.analysis.drivers import inputs
from sim.analysis.drivers.inputs import ELEMENT, PARAMETERS
from sim.parameter.posterior import Column
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario


def salib_problem(scenario: Scenario | str, groups: str | Mapping[str, Any] = ELEMENT) -> dict[str, Any]:
    """Return the problem that SALib's samplers and analyses take.

    Every prior, whatever its shape, is the probability that its value lies at: a number between 0 and 1. What
    is sampled goes to ``sim.exchange.outcomes_at(scenario, dict(zip(problem["names"], sample.T)), measures,
    are_probabilities=True)``. What is drawn from a posterior is left out, since its columns are not
    independent.

    Parameters
    ----------
    scenario : Scenario or str
        A name or path is loaded.
    groups : str or mapping
        As for `sim.sensitivity`; by default each element is alone. Shocks are no input of SALib's.

    Returns
    -------
    dict
        `num_vars`, `names`, `bounds` (0 to 1 each) and, where groups are asked for, `groups`.

    Raises
    ------
    InputError
        If there is no such scenario or group.
    """
    base = one(scenario)
    found = [each for each in inputs.grouped([base], groups) if each.kind == PARAMETERS]
    of_stream = {stream: each.name for each in found for stream in each.streams}
    names = [
        element.key
        for element in base.parameters.values()
        if element.distribution is not None
        and not isinstance(element.distribution, Column)
        and element.stream in of_stream
    ]
    problem: dict[str, Any] = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    if groups != ELEMENT:
        problem["groups"] = [of_stream[name] for name in names]
    return problem
