"""What a number of a trial depends on, as groups of streams of draws: parameters, shocks, structure.

Every uncertain element of a parameter has a stream, those of a posterior one together, every shock one, and
every open question of structure one. Streams are independent, so groups of them are independent inputs,
whatever is drawn jointly within one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.design import plan as design
from sim.design.plan import StructuralChoice
from sim.design.sampling import INDEPENDENT, Sampling
from sim.model.schedule import USUAL
from sim.parameter import variants
from sim.parameter.elements import Element
from sim.parameter.posterior import Column
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import Contradiction, UnknownName, WrongType, nearest
from sim.vocabulary.variables import with_role

#: How inputs are grouped: parameters by mechanism, each parameter, each element of one, or all of a source.
MECHANISM, PARAMETER, ELEMENT, SOURCE = GROUPINGS = ("mechanism", "parameter", "element", "source")

#: Kinds of inputs, and the names of groups that hold all of a kind.
PARAMETERS, SHOCKS, STRUCTURE = KINDS = ("parameters", "shocks", "structure")

#: What is left over where groups are named.
REST = "all else"


@dataclass(frozen=True)
class Input:
    """One group of streams.

    Parameters
    ----------
    name : str
    kind : str
        One of `KINDS`; "mixed" where there are several.
    streams : frozenset of str
        Names of streams of draws.
    """

    name: str
    kind: str
    streams: frozenset[str]


def uncertain(scenarios: Sequence[Scenario]) -> dict[str, Element]:
    """Return what is uncertain in any of the scenarios, by its stream; of a posterior, one element."""
    return {
        element.stream: element
        for scenario in scenarios
        for element in scenario.parameters.values()
        if element.distribution is not None
    }


def shocks() -> dict[str, str]:
    """Return the shocks by name, each with the mechanism that reads it."""
    known = [each.name for each in with_role("shock")]
    return {
        name: stage.name.partition(".")[0]
        for stage in (*USUAL.start, *USUAL.quarter)
        for name in known
        if name in stage.reads
    }


def structural_choices(scenarios: Sequence[Scenario]) -> tuple[StructuralChoice, ...]:
    """Return the questions of structure that none of the scenarios answers itself.

    What an option sets is laid over the parameters of the first scenario.
    """
    decided = {name for scenario in scenarios for name, _ in scenario.variant}
    own = scenarios[0].parameters
    found = []
    for name, variant in variants.known().items():
        if name not in decided:
            laid = [variants.apply(own, {name: option}, "") for option in variant.options]
            changed = [tuple(new for key, new in each.items() if new is not own[key]) for each in laid]
            found.append(StructuralChoice(name, tuple(changed)))
    return tuple(found)


def grouped(
    scenarios: Sequence[Scenario], groups: Any, structure: Sequence[StructuralChoice] = ()
) -> tuple[Input, ...]:
    """Return the inputs of scenarios.

    Parameters
    ----------
    scenarios : sequence of Scenario
    groups : str or mapping
        One of `GROUPINGS`; all but "source" have the shocks as one input. Or a name for each group ->
        what is in it: mechanisms, parameters, elements, shocks, "parameters", "shocks", "structure", each
        once; what is not named is one more input, so that shares are of all variance.
    structure : sequence of StructuralChoice, optional
        What of the structure is drawn.
    """
    priors = uncertain(scenarios)
    choices = {each.stream for each in structure}
    # What an option draws, and nothing else does.
    choices |= {
        element.stream
        for choice in structure
        for option in choice.options
        for element in option
        if element.distribution is not None and element.stream not in priors
    }
    everything = {
        **dict.fromkeys(priors, PARAMETERS),
        **dict.fromkeys(shocks(), SHOCKS),
        **dict.fromkeys(sorted(choices), STRUCTURE),
    }
    if isinstance(groups, Mapping):
        return _named(groups, everything, priors)
    arguments.chosen(groups, "groups", GROUPINGS)
    by_name: dict[tuple[str, str], set[str]] = {}
    for stream, kind in everything.items():
        by_name.setdefault((kind, _group(stream, kind, groups, priors)), set()).add(stream)
    return tuple(Input(name, kind, frozenset(streams)) for (kind, name), streams in by_name.items())


def _group(stream: str, kind: str, grouping: str, priors: Mapping[str, Element]) -> str:
    """Return the name of the group of a stream."""
    if kind == SHOCKS and grouping == SOURCE:
        return f"{shocks()[stream]} shocks"
    if kind != PARAMETERS or grouping == SOURCE:
        return kind
    element = priors[stream]
    if isinstance(element.distribution, Column) or grouping == ELEMENT:
        return stream
    return element.mechanism if grouping == MECHANISM else f"{element.mechanism}.{element.name}"


def _named(
    groups: Mapping[Any, Any], everything: Mapping[str, str], priors: Mapping[str, Element]
) -> tuple[Input, ...]:
    """Return the groups that are named, and the rest."""
    left = dict(everything)
    found = []
    for name, listed in arguments.table(groups, "groups").items():
        members: set[str] = set()
        remedy = 'Give names, such as {"budget": ["economy", "growth_shock"]}.'
        for wanted in arguments.texts(listed, f"groups.{name}", remedy):
            matched = {each for each in everything if _is_in(each, wanted, everything[each], priors)}
            if not matched:
                known = [*KINDS, *everything, *{each.mechanism for each in priors.values()}]
                problem = "nothing uncertain is called so: {value}"
                raise UnknownName("", f"groups.{name}", problem, nearest(wanted, known), wanted)
            members |= matched
        if not members:
            raise WrongType("", f"groups.{name}", "an empty group", remedy)
        if twice := sorted(members - left.keys()):
            problem = f"{twice[0]} is in another group too"
            raise Contradiction("", f"groups.{name}", problem, "Name it once.")
        found.append(Input(name, _kind(members, everything), frozenset(members)))
        left = {stream: kind for stream, kind in left.items() if stream not in members}
    if not found:
        raise WrongType("", "groups", "no group is named", f"Use one of: {', '.join(GROUPINGS)}.")
    if left:
        found.append(Input(REST, _kind(set(left), everything), frozenset(left)))
    return tuple(found)


def _kind(streams: set[str], everything: Mapping[str, str]) -> str:
    kinds = {everything[each] for each in streams}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _is_in(stream: str, wanted: str, kind: str, priors: Mapping[str, Element]) -> bool:
    """Whether a name means a stream: its own, that of its kind, or the beginning of its key."""
    if wanted in (stream, kind) or stream.startswith(f"{wanted}."):
        return True
    if kind == PARAMETERS and not isinstance(priors[stream].distribution, Column):
        element = priors[stream]
        return wanted in (element.mechanism, f"{element.mechanism}.{element.name}")
    return kind == STRUCTURE and stream == f"structure:{wanted}"


def drawn(
    scenarios: Sequence[Scenario],
    trials: int,
    seed: int,
    first_trial: int = 0,
    sampling: Sampling = INDEPENDENT,
) -> dict[str, Array]:
    """Return what trials have drawn of each uncertain element, by key, shape (trial,), without running them.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Elements that differ between them are those of the first in which they are uncertain.
    trials, seed, first_trial, sampling
        Of a plain run; see `sim.run`. A sampling that knows its run stays as it is: a part of the run's
        scenarios or trials has the draws that it had there.
    """
    found: dict[str, Array] = {}
    how = sampling if sampling.is_complete else sampling.of(scenarios, trials, first_trial)
    for scenario in scenarios:
        plan = design.plan(scenario, seed, how)
        values = design.draw_parameters(plan, first_trial, trials)
        for fullname in scenario.parameters.names():
            elements = scenario.parameters.elements(fullname)
            rows = values[fullname.partition(".")[2]].reshape(len(elements), trials)
            for element, row in zip(elements, rows, strict=True):
                if element.distribution is not None:
                    found.setdefault(element.key, row)
    return found
