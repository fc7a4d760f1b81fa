"""One trial as a Mesa model: the engine's block of that trial, with the decisions taken by agents.

Each quarter runs the stages of `sim.model.schedule` on arrays of one trial. Where a stage decides for a
country, its mechanism is called and then the agents are asked; by default they answer as the mechanism did.
So a world has the bits of its trial in any run of the engine. Mesa's own random numbers are there for rules
of the user's; the model does not draw from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from sim.abm.agents import DEFERRAL, HOME, Country, Opening, Partner, Recipient
from sim.case.case import Case
from sim.design import plan as design
from sim.design.sampling import INDEPENDENT, Sampling
from sim.design.sampling import read as read_sampling
from sim.engine.block import Block
from sim.model import rules
from sim.model.mechanisms import alignment, attention, partner_alignment, posture, supplier_choice
from sim.model.schedule import USUAL, Rules, Stage
from sim.runs import blocks
from sim.runs import dataset as results
from sim.scenario.loading import one
from sim.scenario.scenario import Scenario
from sim.vocabulary import arguments, axes
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import DOMESTIC, Array
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import Contradiction, InputError, OutsideHorizon, UnknownName, WrongType, nearest
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr

#: What a world's data collector keeps of the model, and of each agent that has it.
MODEL_REPORTERS = ("hhi", "dependence", "tilt", "autonomy", "military_budget", "commitments", "government")
AGENT_REPORTERS = ("name", "payoff", "posture", "relation", "alignment", "agreement_rung", "share")

_VISIBLE = results.kept_names("all")

Answer = Callable[[Any], Any]


class World(mesa.Model):  # type: ignore[misc]
    """One trial, quarter by quarter, as agents.

    Parameters
    ----------
    scenario : Scenario or str
        What to run; a name or path is loaded.
    seed, trial : int
        As in `sim.run`: world and run have the same random draws, bit for bit.
    partner_class : type, or mapping of partner id to type, optional
        Subclass of `Partner`, for all partners or for those named.
    recipient_class : type, optional
        Subclass of `Recipient`.
    rules : mapping of str to callable, optional
        Stages to replace, as in `sim.run`.
    keep : iterable of str, or "all", optional
        Glossary variables to record, as in `sim.run`.
    sampling : Sampling, optional
        As of the run, with all that it depends on (`sim.design.sampling.Sampling.of`).

    Attributes
    ----------
    recipient : Recipient
    partners : AgentSet
        In the order of the case.
    datacollector : mesa.DataCollector
        Collects at the end of each quarter; replace it before the first step to collect something else.
    running : bool
        False once the scenario has ended.
    plan, block : Plan, Block
        The engine's: what is run, and where it stands.
    usual : dict of str to dataclass
        By stage, what the model itself last decided.
    """

    running: bool

    def __init__(
        self,
        scenario: Scenario | str,
        seed: int = SEED,
        trial: int = 0,
        *,
        partner_class: type[Partner] | Mapping[str, type[Partner]] = Partner,
        recipient_class: type[Recipient] = Recipient,
        rules: Rules | None = None,
        keep: Iterable[str] | str | None = None,
        sampling: Sampling = INDEPENDENT,
    ) -> None:
        seed, trial = arguments.seed(seed), arguments.trial(trial)
        super().__init__(rng=[seed, trial])
        sampling = read_sampling(sampling)
        if not sampling.is_complete:
            remedy = "Give that of the run: sim.Sampling(...).of(scenarios, trials, first_trial)."
            raise Contradiction("", "sampling", f"{sampling.method} depends on all trials of a run", remedy)
        self.plan = _plan(one(scenario), seed, sampling)
        self.trial = trial
        _subclass(recipient_class, Recipient, "recipient_class")
        self.recipient = recipient_class(self, self.case.recipient)
        classes = _classes(partner_class, self.case)
        for name in self.case.partners:
            classes[name](self, name)
        self.partners = self.agents.select(agent_type=Partner)
        self.usual: dict[str, Any] = {}

        schedule = USUAL.replace(rules)
        self._rules = schedule.rules | self._own_decisions()
        answers: dict[str, Answer] = {
            "attention.step": self._attentions,
            "posture.step": self._postures,
            "alignment.step": self._alignments,
            "partner_alignment.step": self._bonds,
            "supplier_choice.step": self._purchases,
        }
        asking = {
            each.name: self._asking(each, answers[each.name])
            for each in schedule.quarter
            if each.name in answers
        }
        self.block = Block(self.plan, trial, 1, schedule.replace(asking))
        self._keep = results.kept_names(keep)
        self._recorded: dict[str, Array] = {}
        self.datacollector = mesa.DataCollector(
            model_reporters={name: [self.value, [name]] for name in MODEL_REPORTERS},
            agent_reporters={name: [getattr, [name, None]] for name in AGENT_REPORTERS},
        )

    @property
    def case(self) -> Case:
        """The case of the scenario."""
        return self.plan.scenario.case

    @property
    def date(self) -> Quarter:
        """The quarter that runs or, between steps, has run; the first one before any has."""
        return self.plan.scenario.start + int(self.block.values["step"])

    def partner(self, name: str) -> Partner:
        """Return the partner with this id.

        Parameters
        ----------
        name : str
            Its id in the case.

        Returns
        -------
        Partner

        Raises
        ------
        UnknownName
            With the nearest id.
        """
        found: dict[str, Partner] = {each.name: each for each in self.partners}
        name = arguments.text(name, "partner")
        if name not in found:
            raise UnknownName(
                "", "partner", "no such partner: {value}", nearest(name, found, "partners"), name
            )
        return found[name]

    def value(self, name: str, *labels: str) -> Any:
        """Return what a variable of the glossary is now.

        Parameters
        ----------
        name : str
            Such as ``"supplier_share"``. A variable that no quarter has reached yet is NaN.
        *labels : str
            Of its axes, first to last; for those left out there is a dict by label.

        Returns
        -------
        float, or dict of str to float

        Raises
        ------
        InputError
            If there is no such variable or label, or more labels than axes.

        Examples
        --------
        >>> world.value("hhi")
        """
        name = arguments.text(name, "value")
        if name not in _VISIBLE:
            raise UnknownName("", "value", "no such variable: {value}", nearest(name, _VISIBLE), name)
        axes = [self.case.axis(dim) for dim in GLOSSARY[name].dims]
        if len(labels) > len(axes):
            problem, known = "more labels than axes", ", ".join(GLOSSARY[name].dims) or "none"
            raise InputError("", f"value.{name}", problem, f"Its axes: {known}.")
        cells = self.block.values.get(name)
        if cells is None:
            cells = np.full((*map(len, axes), 1), np.nan)
        for axis, label in zip(axes, labels, strict=False):
            if arguments.text(label, f"value.{name}") not in axis:
                raise UnknownName(
                    "", f"value.{name}", "no such label: {value}", nearest(label, axis, "labels"), label
                )
            cells = cells[axis.index(label)]
        return _by_label(cells, axes[len(labels) :])

    def step(self) -> None:
        """Run one quarter.

        Raises
        ------
        OutsideHorizon
            If the scenario has ended.
        """
        if not self.running:
            remedy = "Make a new world, or a scenario that ends later."
            raise OutsideHorizon("", "step", "the world has ended", remedy, str(self.date))
        self.block.advance()
        self._record()
        self.running = self.block.step < self.plan.n_steps
        self.datacollector.collect(self)

    def first_problem(self) -> str | None:
        """Run to the end or to the first thing that goes wrong.

        Returns
        -------
        str or None
            What went wrong and when; None if nothing did.
        """
        while self.running:
            try:
                self.step()
            except Exception as error:
                return f"{type(error).__name__}: {error}"
            for name in self._keep:
                if not np.isfinite(np.float32(self.block.values[name])).all():
                    return f"{name} is not finite in {self.date}"
        return None

    def uncertain(self) -> dict[str, float]:
        """Return the uncertain parameters of the trial.

        Returns
        -------
        dict of str to float
            Key of an element -> what was drawn.
        """
        return blocks.parameters(self.plan, self.trial)

    def results(self, dtype: Any = np.float32) -> xr.Dataset:
        """Return the quarters so far, as `sim.run` would for this trial alone.

        Parameters
        ----------
        dtype : numpy dtype, optional
            The engine computes in float64; a run keeps float32.

        Returns
        -------
        xarray.Dataset
            Dims scenario, time, those of each variable, trial.

        Raises
        ------
        InputError
            If no quarter has been run.
        """
        try:
            is_named = isinstance(dtype, str | type | np.dtype)
            is_float = is_named and np.dtype(dtype).kind == "f"
        except TypeError:
            is_float = False
        if not is_float:
            raise WrongType("", "dtype", f"{arguments.shown(dtype)} is no dtype of floats", "Give float.")
        if not self._recorded:
            raise InputError("", "results", "no quarter has been run", "Call step() first.")
        kept = {name: each[None, : self.block.step].astype(dtype) for name, each in self._recorded.items()}
        plan = self.plan
        return results.label(
            [plan.scenario], kept, self.trial, plan.seed, self._rules, sampling=plan.sampling
        )

    def _record(self) -> None:
        for name in self._keep:
            value = self.block.values[name]
            if name not in self._recorded:
                self._recorded[name] = np.empty((self.plan.n_steps, *value.shape))
            self._recorded[name][self.block.step - 1] = value

    # ------------------------------------------------------------------ decisions

    def _asking(self, stage: Stage, answer: Answer) -> Callable[..., Any]:
        """Return a rule that calls a stage and then asks the agents."""

        def asked(**read: Any) -> Any:
            self.usual[stage.name] = stage.function(**read)
            return answer(self.usual[stage.name])

        return asked

    def _postures(self, usual: posture.Update) -> posture.Update:
        """Ask each partner for its posture."""
        level = np.array([[each.decide_posture()] for each in self.partners])
        if any(_is_own(each, "decide_posture") for each in self.partners):
            return rules.postures(level, **self.block.values)
        return replace(usual, posture=level)

    def _alignments(self, usual: alignment.Update) -> alignment.Update:
        """Ask the recipient for its step with each partner."""
        taken = np.array([[self.recipient.decide_alignment(each)] for each in self.partners])
        if _is_own(self.recipient, "decide_alignment"):
            return rules.alignments(taken, **self.block.values)
        return replace(usual, alignment_step_taken=taken)

    def _attentions(self, usual: attention.Update) -> attention.Update:
        """Ask each partner how hard it courts each other one."""
        level = self._among_partners("decide_attention")
        if any(_is_own(each, "decide_attention") for each in self.partners):
            return rules.attentions(level, **self.block.values)
        return replace(usual, attention_between=level)

    def _bonds(self, usual: partner_alignment.Update) -> partner_alignment.Update:
        """Ask each partner for its step with each other one."""
        taken = self._among_partners("decide_alignment")
        if any(_is_own(each, "decide_alignment") for each in self.partners):
            return rules.bonds(taken, **self.block.values)
        return replace(usual, bond_step_taken=taken)

    def _among_partners(self, method: str) -> Array:
        """Return what each partner decides on each other one, by actor and partner."""
        decided = np.zeros((len(self.case.actors), len(self.case.partners), 1))
        for agent in self.partners:
            for other in self.partners:
                if agent is not other:
                    decided[axes.RECIPIENT + 1 + agent.place, other.place] = getattr(agent, method)(other)
        return decided

    def _purchases(self, usual: supplier_choice.Update) -> supplier_choice.Update:
        """Ask the recipient whom to buy from, opening by opening."""
        codes = dict(zip(self.case.suppliers, range(len(self.case.suppliers)), strict=True))
        names = (*codes, HOME, DEFERRAL)
        codes |= {HOME: DOMESTIC, DEFERRAL: axes.DEFERRAL}
        by_code = {code: name for name, code in codes.items()}
        chosen = np.array(usual.deal_supplier)
        for k, category in enumerate(self.block.values["deal_category"]):
            weight = usual.deal_options[:, k]
            chances = dict(zip(names, map(float, weight / weight.sum()), strict=True))
            opening = Opening(self.case.categories[int(category)], chances, by_code[int(chosen[k])])
            name = self.recipient.decide_purchase(opening)
            if name not in codes:
                remedy = nearest(name, codes, "options", shown=len(codes))
                raise UnknownName("", "decide_purchase", "no such option: {value}", remedy, name)
            if not chances[name]:
                remedy = f"Open are: {', '.join(each for each in names if chances[each])}."
                raise Contradiction(
                    "", "decide_purchase", f"{name} is not open for {opening.category}", remedy
                )
            chosen[k] = codes[name]
        return replace(usual, deal_supplier=chosen)

    def _own_decisions(self) -> dict[str, str]:
        """Return what the agents decide by rules of their own, and by which."""
        methods = (
            ("decide_attention", "attention.step", tuple(self.partners)),
            ("decide_posture", "posture.step", tuple(self.partners)),
            ("decide_alignment", "partner_alignment.step", tuple(self.partners)),
            ("decide_alignment", "alignment.step", (self.recipient,)),
            ("decide_purchase", "supplier_choice.step", (self.recipient,)),
        )
        return {
            f"{stage} of {agent.name}": f"{type(agent).__module__}.{type(agent).__qualname__}.{method}"
            for method, stage, agents in methods
            for agent in agents
            if _is_own(agent, method)
        }


@lru_cache(maxsize=8)
def _plan(scenario: Scenario, seed: int, sampling: Sampling) -> design.Plan:
    """Return the plan that all worlds of a scenario and seed share."""
    return design.plan(scenario, seed, sampling)


def _is_own(agent: Country, method: str) -> bool:
    """Whether an agent's class overrides a method of `Partner` or `Recipient`."""
    base = Partner if isinstance(agent, Partner) else Recipient
    return getattr(type(agent), method) is not getattr(base, method)


def _classes(given: type[Partner] | Mapping[str, type[Partner]], case: Case) -> dict[str, type[Partner]]:
    """Return the class of each partner."""
    if not isinstance(given, Mapping):
        _subclass(given, Partner, "partner_class")
        return dict.fromkeys(case.partners, given)
    for name, each in given.items():
        _subclass(each, Partner, f"partner_class.{name}")
        if name not in case.partners:
            remedy = nearest(name, case.partners, "partners")
            raise UnknownName("", f"partner_class.{name}", "no such partner", remedy)
    return {name: given.get(name, Partner) for name in case.partners}


def _subclass(given: Any, base: type, name: str) -> None:
    """Refuse what is no class of such agents."""
    if not (isinstance(given, type) and issubclass(given, base)):
        remedy = f"Give the class, not an agent: class Mine(sim.abm.{base.__name__})."
        raise WrongType("", name, f"{arguments.shown(given)} is no subclass of {base.__name__}", remedy)


def _by_label(cells: Array, axes: list[tuple[str, ...]]) -> Any:
    """Return a number, or numbers by label and label."""
    if not axes:
        return float(cells[0])
    return {label: _by_label(part, axes[1:]) for label, part in zip(axes[0], cells, strict=True)}
