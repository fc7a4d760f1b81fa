"""Why did they choose that? Every decision of a trial and quarter, term by term, recomputed on demand.

The trial is run again up to the quarter, with the same bits, and its decisions are read off: deals, postures,
steps of alignment, talks, and what partners decide about each other. For each there are the terms of the
utility of every option, the probabilities, the choice, the best rejected option, the smallest
change of one input that would have led to another choice, and what has changed in a year that speaks most for
or against.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.explain.counterfactual import Scene, Values
from sim.analysis.explain.explanation import Decision, Explanation
from sim.case.case import Case
from sim.design import plan as design
from sim.design.sampling import INDEPENDENT, Sampling, restore
from sim.engine.block import Block
from sim.model.mechanisms import attention, posture
from sim.model.schedule import Stage
from sim.numerics.choice import choose
from sim.scenario import given
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import DEFERRAL, DOMESTIC, LEVELS, OPTIONS, QUARTERS, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, InputError, OutsideHorizon, UnknownName, nearest

if TYPE_CHECKING:
    import xarray as xr

_TALKS = ("no advance", "advance")

#: What partners decide about each other, by the beginning of the variables' names.
_KINDS = {"attention": "attention", "bond": "alignment"}

#: The stages behind a posture.
_COURTING = ("alarm.step", "posture.motives", "posture.step")


def explain(
    source: xr.Dataset | Scenario | str,
    *,
    trial: int,
    at: str | Quarter,
    scenario: str | None = None,
    seed: int | None = None,
) -> Explanation:
    """Return the decisions of one trial in one quarter, as they were weighed.

    Parameters
    ----------
    source : Dataset, Scenario or str
        A result, or what to run.
    trial : int
        Which trial.
    at : str or Quarter
        Such as ``"2029-Q3"``. Postures and alignment are decided in the first quarter of a year.
    scenario : str, optional
        Which scenario of a result; the first by default.
    seed : int, optional
        Of the run; taken from a result, otherwise 1, as for `sim.run`.

    Returns
    -------
    Explanation
        A sequence of `Decision`; prints a line for each.

    Raises
    ------
    InputError
        If the quarter is outside the horizon, or what a result was run with has changed since.

    Examples
    --------
    >>> print(sim.explain("baseline", trial=17, at="2029-Q1"))
    """
    trial = arguments.trial(trial)
    chosen, drawn_with, sampling = source_of(source, scenario, seed)
    quarter = given.quarter(at, "at")
    if not chosen.start <= quarter <= chosen.end:
        remedy = f"Choose a quarter from {chosen.start} to {chosen.end}."
        raise OutsideHorizon("", "at", "outside the horizon", remedy, str(quarter))
    block = _Watched(design.plan(chosen, drawn_with, sampling), trial, 1)
    for _ in range(quarter.ordinal - chosen.start.ordinal + 1):
        block.advance()
    case = chosen.case
    decisions = (
        *_postures(block, case),
        *_among_partners(block, case),
        *_alignments(block, case),
        *_talks(block, case),
        *_deals(block, case),
    )
    return Explanation(chosen.name, int(trial), drawn_with, quarter, decisions, case.labels)


class _Watched(Block):
    """A block that remembers what each stage last read, and what it read in the quarters of a year."""

    def __init__(self, plan: design.Plan, first_trial: int, n_trials: int) -> None:
        self.read: dict[str, dict[str, Any]] = {}
        self._past: list[dict[str, dict[str, Any]]] = []
        super().__init__(plan, first_trial, n_trials)

    def advance(self) -> None:
        if self.step:
            self._past = [*self._past, dict(self.read)][-QUARTERS:]
        super().advance()

    def run_stage(self, stage: Stage) -> None:
        self.read[stage.name] = {name: self.values[name] for name in stage.reads}
        super().run_stage(stage)

    def viewed(
        self,
        case: Case,
        decision: Decision,
        names: tuple[str, ...],
        probability: Callable[[Values], Array],
        decided: Callable[[Values], int] | None = None,
        own: tuple[str, tuple[int, ...]] | None = None,
    ) -> Decision:
        """Return a decision with the change that would have turned it, and what has changed in a year.

        Parameters
        ----------
        names : tuple of str
            The stages behind it.
        probability : callable
            From the values after the stages to the chance of each option.
        decided : callable, optional
            From these values to the decision; by default the likeliest option.
        own : (str, tuple of int), optional
            Name and position of what is decided, where the last decision has a say.
        """
        stages = tuple(each for each in self.schedule.quarter if each.name in names)
        scene = Scene(stages, self.read, case, own)
        options = tuple(case.labels.get(each, each) for each in decision.options)
        settled = decided or (lambda values: int(np.argmax(probability(values))))
        turn = since = None
        if settled(scene.played({})) == decision.chosen:
            turn = scene.turning(decision.chosen, options, settled)
        if len(self._past) == QUARTERS and decision.rejected is not None:
            chosen = decision.chosen
            since = scene.moved(self._past[0], chosen, decision.rejected, options[chosen], probability)
        return replace(decision, turn=turn, since=since)


def _postures(block: _Watched, case: Case) -> Iterable[Decision]:
    values = block.values
    terms = dict(values["posture_terms"])
    if terms:
        courting = np.maximum(0.0, np.array(posture.LEVELS))[:, None, None]
        del terms[posture.DRIVE]
        terms = {name: courting * each for name, each in values["drive_terms"].items()} | terms
    weight = _scaled(terms, block.read["posture.step"]["rationality"])
    for j, partner in enumerate(case.partners if weight else ()):
        chosen = posture.LEVELS.index(float(values["posture"][j, 0]))
        made = _decision(
            "posture", partner, case.recipient, LEVELS, weight, values["posture_probability"], j, chosen
        )
        yield block.viewed(
            case,
            made,
            _COURTING,
            partial(_cells, "posture_probability", np.s_[:, j, 0]),
            own=("posture", (j,)),
        )


def _cells(name: str, where: Any, found: Values) -> Array:
    """Return the chances of a decision's options, where they stand in a variable."""
    chances: Array = found[name][where]
    return chances


def _of_pair(chances: Callable[[Values], Array], j: int, k: int, found: Values) -> Array:
    return chances(found)[:, j, k, 0]


def _among_partners(block: _Watched, case: Case) -> Iterable[Decision]:
    """Yield what partners decide about each other: how hard to court, and whether to come closer."""
    values = block.values
    for kind, stage, shock, options in (
        ("attention", "attention.step", "attention_shock", LEVELS[1:]),
        ("bond", "partner_alignment.step", "partner_alignment_shock", OPTIONS),
    ):
        read = block.read[stage]
        if not values[f"{kind}_terms"]:
            continue

        def chances(found: Values, kind: str = kind, read: Values = read, shock: str = shock) -> Array:
            """Return the chance of each option, by partner and partner."""
            utility = read["rationality"] * sum(found[f"{kind}_terms"].values())
            rule = (read[name] for name in ("decision_rule", "aspiration", "error_rate"))
            return choose(utility, read[shock][1:], *rule)[1]

        terms, probability = _scaled(values[f"{kind}_terms"], read["rationality"]), chances(values)
        for (j, actor), (k, other) in permutations(enumerate(case.partners), 2):
            by_option = {name: tuple(float(x) for x in term[:, j, k, 0]) for name, term in terms.items()}
            chances_of_pair = tuple(map(float, probability[:, j, k, 0]))
            if kind == "attention":
                chosen = attention.LEVELS.index(float(values["attention_between"][1 + j, k, 0]))
                own = ("attention_between", (1 + j, k))
            else:
                chosen, own = int(values["bond_step_taken"][1 + j, k, 0]) + 1, None
            made = Decision(_KINDS[kind], actor, other, tuple(options), by_option, chances_of_pair, chosen)
            yield block.viewed(case, made, (stage,), partial(_of_pair, chances, j, k), own=own)


def _alignments(block: _Watched, case: Case) -> Iterable[Decision]:
    values = block.values
    weight = _scaled(values["alignment_terms"], block.read["alignment.step"]["rationality"])
    for j, partner in enumerate(case.partners if weight else ()):
        chosen = int(values["alignment_step_taken"][j, 0]) + 1
        made = _decision(
            "alignment", case.recipient, partner, OPTIONS, weight, values["alignment_probability"], j, chosen
        )
        stages = ("terms.step", "alignment.step")
        yield block.viewed(case, made, stages, partial(_cells, "alignment_probability", np.s_[:, j, 0]))


def _talks(block: _Watched, case: Case) -> Iterable[Decision]:
    values, read = block.values, block.read["agreements.step"]
    for j, partner in enumerate(case.partners):
        chance = float(values["negotiation_chance"][j, 0])
        if chance > 0.0:
            terms: dict[str, tuple[float, ...]] = {
                name: (0.0, float(term[j, 0])) for name, term in values["negotiation_terms"].items()
            }
            # What no term explains: the usual length of talks, and that a stage ends within one quarter.
            usual = math.log(chance / (1.0 - chance)) - sum(each[1] for each in terms.values())
            advances = bool(read["negotiation_shock"][j, 0] < chance)
            terms = {"usual pace": (0.0, usual), **terms}
            made = Decision(
                "agreement", case.recipient, partner, _TALKS, terms, (1.0 - chance, chance), int(advances)
            )
            shock = float(read["negotiation_shock"][j, 0])

            def odds(found: Values, j: int = j) -> Array:
                advance = found["negotiation_chance"][j, 0]
                return np.array([1.0 - advance, advance])

            def decided(found: Values, odds: Callable[[Values], Array] = odds, shock: float = shock) -> int:
                return int(shock < odds(found)[1])

            yield block.viewed(case, made, ("agreements.step",), odds, decided)


def _deals(block: _Watched, case: Case) -> Iterable[Decision]:
    values = block.values
    n_suppliers = len(case.suppliers)
    names = (*case.suppliers, "domestic production", "deferral")
    for k, category in enumerate(values["deal_category"]):
        weight = values["deal_options"][:, k]
        is_open = np.flatnonzero(weight > 0)
        supplied = [i for i in is_open if i < n_suppliers]
        terms = {name: term[:, 0] for name, term in values["supplier_terms"].items()}
        terms |= {name: term[:, k] for name, term in values["deal_terms"].items()}
        named = {
            name: tuple(float(term[i]) if i < n_suppliers else 0.0 for i in is_open)
            for name, term in (terms | _of_the_quarter(values, k)).items()
        }
        said = {i: sum(float(term[i]) for term in terms.values()) for i in supplied}
        # What the terms leave of the weight: availability, the nest of imports, the odds of not importing.
        named["availability"] = tuple(
            math.log(values["deal_weight"][i, k]) - said[i] if i < n_suppliers else 0.0 for i in is_open
        )
        named["import or not"] = tuple(
            math.log(weight[i]) - (_weighed(values, int(i), k) if i < n_suppliers else 0.0) for i in is_open
        )
        choice = int(values["deal_supplier"][k])
        position = {DOMESTIC: n_suppliers, DEFERRAL: n_suppliers + 1}.get(choice, choice)
        made = Decision(
            "deal",
            case.recipient,
            case.categories[int(category)],
            tuple(names[i] for i in is_open),
            named,
            tuple(float(p) for p in weight[is_open] / weight[is_open].sum()),
            is_open.tolist().index(position),
        )
        yield block.viewed(
            case,
            made,
            ("attraction.step", "availability.step", "supplier_choice.step"),
            partial(_cells, "deal_options", (is_open, k)),
        )


def _weighed(values: Values, i: int, k: int) -> float:
    """Return the logarithm of a supplier's weight, with what is known in the quarter alone."""
    added = sum(float(term[i]) for term in _of_the_quarter(values, k).values())
    return math.log(values["deal_weight"][i, k]) + added


def _of_the_quarter(values: Values, k: int) -> dict[str, Array]:
    """Return what the quarter's earlier purchases, and the size of an order, add to each supplier."""
    return {
        "bought this quarter": values["deal_news"][:, k],
        "size of the order": values["deal_pull"][:, k],
    }


def _scaled(terms: Mapping[str, Array], rationality: Array) -> dict[str, Array]:
    return {name: rationality * term for name, term in terms.items()}


def _decision(
    kind: str,
    actor: str,
    subject: str,
    options: tuple[str, ...],
    terms: Mapping[str, Array],
    probability: Array,
    partner: int,
    chosen: int,
) -> Decision:
    by_option = {name: tuple(float(x) for x in term[:, partner, 0]) for name, term in terms.items()}
    return Decision(
        kind, actor, subject, options, by_option, tuple(map(float, probability[:, partner, 0])), chosen
    )


def source_of(source: Any, name: str | None, seed: int | None) -> tuple[Scenario, int, Sampling]:
    """Return the scenario, seed and sampling that a result, a scenario or a name stands for."""
    if isinstance(source, Scenario | str | os.PathLike):
        if name is not None:
            remedy = "Leave it out; it chooses among those of a result."
            raise Contradiction("", "scenario", "given beside a source that is one scenario", remedy)
        return one(source, "source"), arguments.seed(SEED if seed is None else seed), INDEPENDENT
    from sim.runs.dataset import manifest, scenarios_of

    made = manifest(source)
    if made.get("rules"):
        remedy = "Only decisions by the model's own rules can be explained."
        raise Contradiction("", "source", "the result was run with rules of its own", remedy)
    scenarios = scenarios_of(source)
    names = list(scenarios)
    if not names:
        raise InputError("", "source", "has no scenario left", "Choose at least one.")
    name = names[0] if name is None else arguments.text(name, "scenario")
    if name not in names:
        raise UnknownName(
            "", "scenario", "not in the result: {value}", nearest(name, names, "scenarios"), name
        )
    drawn = restore(made["sampling"]) if "sampling" in made else INDEPENDENT
    own = arguments.seed(made["seed"])
    if seed is not None and arguments.seed(seed) != own:
        remedy = "Leave it out, or give the scenario in place of the result."
        raise Contradiction("", "seed", f"the result was run with {own}, not with {{value}}", remedy, seed)
    return scenarios[name], own, drawn
