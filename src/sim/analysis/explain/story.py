"""The story of one trial in dated sentences; of two scenarios with the same random draws, where they part.

A story is read off the trial, quarter by quarter, by rule; nothing in it is invented, and the same trial
gives the same bytes. Numbers are those of the dataset, rounded. It tells what changed: governments, crises,
postures, agreements, orders with what spoke for them, grants, cancellations, and where things stand at each
year's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.explain.decisions import source_of
from sim.case.case import Case
from sim.design import plan as design
from sim.engine.block import Block
from sim.scenario.events import Event
from sim.scenario.loading import loaded
from sim.scenario.scenario import Scenario
from sim.vocabulary import amounts, arguments
from sim.vocabulary.axes import DOMESTIC, GRANT_STATES, LEVELS, QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction

if TYPE_CHECKING:
    import xarray as xr

#: What is compared from one quarter to the next.
_STATES = (
    "government",
    "is_crisis",
    "posture",
    "agreement_rung",
    "export_regime",
    "grants",
)


@dataclass(frozen=True)
class Sentence:
    """Something that happened.

    Parameters
    ----------
    at : Quarter
    kind : str
        Such as "order" or "posture".
    text : str
    """

    at: Quarter
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.at}  {self.text}"


@dataclass(frozen=True)
class Story:
    """What happened in one trial of a scenario.

    Parameters
    ----------
    scenario, title : str
    trial, seed : int
    sentences : tuple of Sentence
        In order of time.
    """

    scenario: str
    title: str
    trial: int
    seed: int
    sentences: tuple[Sentence, ...]

    def __str__(self) -> str:
        heading = f"{self.title} ({self.scenario}), trial {self.trial}, seed {self.seed}"
        return "\n".join([heading, *map(str, self.sentences)])


@dataclass(frozen=True)
class Contrast:
    """Two scenarios with the same random draws: the same until they part, then side by side.

    Parameters
    ----------
    one, other : Story
    parted : Quarter or None
        The first quarter whose sentences differ; None where none does.
    """

    one: Story
    other: Story
    parted: Quarter | None

    def __str__(self) -> str:
        names = f"“{self.one.title}” and “{self.other.title}”"
        heading = f"{names}, trial {self.one.trial}, seed {self.one.seed}"
        if self.parted is None:
            return f"{heading}\nThey do not part: every sentence is the same."
        lines = [heading, f"They part in {self.parted}; until then every sentence is the same."]
        stories = {f"[{story.scenario}]": _lines(story, self.parted) for story in (self.one, self.other)}
        shared = set.intersection(*(set(each) for each in stories.values()))
        apart: list[tuple[Quarter, str]] = []
        for tag, own in stories.items():
            apart += [(at, f"{at}  {tag} {text}") for at, text in own if (at, text) not in shared]
        return "\n".join([*lines, *(text for _, text in sorted(apart, key=lambda each: each[0].ordinal))])


def story(
    source: xr.Dataset | Scenario | str,
    *,
    trial: int,
    scenario: str | None = None,
    seed: int | None = None,
) -> Story:
    """Return what happened in a trial, in dated sentences.

    Parameters
    ----------
    source : Dataset, Scenario or str
        A result, or what to run.
    trial : int
        Which trial.
    scenario : str, optional
        Which scenario of a result; the first by default.
    seed : int, optional
        Of the run; taken from a result, otherwise 1, as for `sim.run`.

    Returns
    -------
    Story
        Prints as dated lines; `sentences` has them one by one.

    Raises
    ------
    InputError
        If there is no such trial or scenario, or what a result was run with has changed since.

    Examples
    --------
    >>> print(sim.story("baseline", trial=17))
    """
    trial = arguments.trial(trial)
    chosen, drawn_with, sampling = source_of(source, scenario, seed)
    block = Block(design.plan(chosen, drawn_with, sampling), trial, 1)
    own = _own_events(chosen)
    sentences: list[Sentence] = []
    before: dict[str, Array] | None = None
    for step in range(chosen.n_steps):
        block.advance()
        at = chosen.start + step
        said = [("scenario", f"As the scenario has it: {event.text()}") for event in own if event.at == at]
        said += _happened(block.values, before, chosen.case, at)
        sentences += [Sentence(at, kind, text) for kind, text in said]
        before = {name: np.array(block.values[name][..., 0]) for name in _STATES}
    return Story(chosen.name, chosen.title, trial, drawn_with, tuple(sentences))


def contrast(one: Scenario | str, other: Scenario | str, *, trial: int, seed: int | None = None) -> Contrast:
    """Return the stories of a trial in two scenarios, with the same random draws, and where they part.

    Parameters
    ----------
    one, other : Scenario or str
        Of the same case and start.
    trial, seed : int
        As in `story`.

    Returns
    -------
    Contrast
        Prints what both have in common and, from where they part, each in turn.

    Raises
    ------
    InputError
        If they differ in case or start.

    Examples
    --------
    >>> print(sim.contrast("baseline", "fiscal_squeeze", trial=17))
    """
    first, second = loaded([one, other])
    if (first.case, first.start) != (second.case, second.start):
        remedy = "Choose two of the same case and start."
        raise Contradiction("", "scenarios", "have another case or start", remedy)
    stories = [story(each, trial=trial, seed=seed) for each in (first, second)]
    steps = min(first.n_steps, second.n_steps)
    by_quarter = [
        [[each.text for each in one_of.sentences if each.at == first.start + step] for step in range(steps)]
        for one_of in stories
    ]
    parted = next((step for step in range(steps) if by_quarter[0][step] != by_quarter[1][step]), None)
    return Contrast(stories[0], stories[1], None if parted is None else first.start + parted)


def _lines(story: Story, since: Quarter) -> list[tuple[Quarter, str]]:
    return [(each.at, each.text) for each in story.sentences if each.at >= since]


def _own_events(scenario: Scenario) -> list[Event]:
    """Return the events that a scenario adds to its base; of one that extends nothing, none."""
    inherited = scenario.events if scenario.base is None else scenario.base.events
    return [event for event in scenario.events if event not in inherited]


def _happened(
    values: dict[str, Any], before: dict[str, Array] | None, case: Case, at: Quarter
) -> Iterator[tuple[str, str]]:
    """Yield what happened in a quarter, as kind and text."""
    if before is not None:
        yield from _changes(values, before, case)
    if values["disaster"][0] > 0:
        yield "disaster", "A disaster calls for military relief."
    yield from _deals(values, case)
    for s, share in enumerate(np.asarray(values["cancellation"][..., 0])):
        if share > 0.0 and values["cancellations"][s, 0] > 0.0:
            lost = f"{_whole(values['cancellations'][s, 0])} TIV m"
            yield "cancellation", f"Open orders from {_of(case, 'supplier', s)} are cancelled: {lost}."
    if at.quarter == QUARTERS:
        yield "year", _standing(values, case)


def _changes(values: dict[str, Any], before: dict[str, Array], case: Case) -> Iterator[tuple[str, str]]:
    """Yield how states differ from the quarter before."""
    now = {name: np.asarray(values[name][..., 0]) for name in _STATES}
    recipient = case.display("actor", case.recipient)
    if now["government"] > before["government"]:
        yield "government", f"{recipient} has a new government."
    if now["export_regime"] != before["export_regime"]:
        label = case.axis("regime")[int(now["export_regime"])]
        yield "export rules", f"The export regime becomes {case.display('regime', label)}."
    for k in range(case.size("front")):
        if now["is_crisis"][k] != before["is_crisis"][k]:
            turn = "falls into crisis" if now["is_crisis"][k] else "is calm again"
            yield "border", f"{_of(case, 'front', k)} {turn}."
    for k in range(case.size("partner")):
        name = _of(case, "partner", k)
        if now["posture"][k] != before["posture"][k]:
            level = LEVELS[int(now["posture"][k]) + 1].replace("_", " ")
            yield "posture", f"{name} turns to: {level}."
        rung, last = int(now["agreement_rung"][k]), int(before["agreement_rung"][k])
        if rung != last:
            verb = "reach" if rung > last else "fall back to"
            yield "agreement", f"Agreements with {name} {verb} rung {rung}."
    for k, state in enumerate(GRANT_STATES):
        more = float(now["grants"][k] - before["grants"][k])
        if more > 0.0:
            yield "grant", f"A security grant is {state}: US$ {more:.1f} m."


def _deals(values: dict[str, Any], case: Case) -> Iterator[tuple[str, str]]:
    """Yield the contracts of the quarter, those of openings with what spoke for them."""
    suppliers = iter(
        (k, int(s)) for k, s in enumerate(np.asarray(values["deal_supplier"], dtype=int)) if s >= 0
    )
    contracts = zip(
        *(np.asarray(values[f"contract_{name}"]) for name in ("supplier", "category", "tiv", "value")),
        strict=True,
    )
    for supplier, category, tiv, value in contracts:
        opening = next(suppliers, None)
        what = f"{_of(case, 'category', int(category))} from {_of(case, 'supplier', int(supplier))}"
        size = f"{_whole(tiv)} TIV m for US$ {_whole(value)} m" if tiv else f"US$ {_whole(value)} m"
        why = "; documented" if opening is None else _reason(values, opening[0], int(supplier))
        yield "order", f"Ordered: {what}, {size}{why}."
    for k, chosen in enumerate(np.asarray(values["deal_supplier"], dtype=int)):
        if chosen == DOMESTIC:
            yield "home", f"To be made at home: {_of(case, 'category', int(values['deal_category'][k]))}."


def _reason(values: dict[str, Any], k: int, supplier: int) -> str:
    """Return the chance of the supplier, and the term by which it was most ahead of the likeliest other."""
    weight = np.asarray(values["deal_options"][:, k])
    n_suppliers = len(values["deal_weight"])
    others = np.where(np.arange(n_suppliers) == supplier, -1.0, weight[:n_suppliers])
    rival = int(np.argmax(others))
    chance = f" (chance {amounts.percent(weight[supplier] / weight.sum())}"
    if others[rival] <= 0.0:
        return f"{chance}, nobody else sells it)"
    terms = {name: term[:, 0] for name, term in values["supplier_terms"].items()}
    terms |= {name: term[:, k] for name, term in values["deal_terms"].items()}
    ahead = {name: float(term[supplier] - term[rival]) for name, term in terms.items()}
    most = max(ahead, key=lambda name: ahead[name])
    return f"{chance}, ahead most by {most})" if ahead[most] > 0.0 else f"{chance}, by the draw)"


def _standing(values: dict[str, Any], case: Case) -> str:
    """Return where things stand."""
    share = np.asarray(values["supplier_share"][:, 0])
    leader = int(np.argmax(share))
    return (
        f"Standing: {_of(case, 'supplier', leader)} has {amounts.percent(share[leader])} of "
        f"five years' deliveries, concentration is {float(values['hhi'][0]):.2f}, "
        f"capability {_whole(values['capability'].sum())} TIV m, autonomy {float(values['autonomy'][0]):.2f}."
    )


def _of(case: Case, axis: str, k: int) -> str:
    return case.display(axis, case.axis(axis)[k])


def _whole(value: Any) -> str:
    return f"{float(value):,.0f}"
