"""The engine under observation: what each stage was given, and what it made of it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sim.case.case import Case
from sim.design.plan import Plan
from sim.engine import block as engine
from sim.model.mechanisms import alignment, attention, partner_alignment, posture
from sim.model.schedule import Stage, base_name
from sim.vocabulary.axes import GRANT_STATES, SLOTS, WINDOW
from sim.vocabulary.variables import GLOSSARY

#: Roles whose variables have a trial axis; those of role deal have an axis of their own.
BY_TRIAL = ("state", "ledger", "flow", "shock")

#: Variables that are a dict: name of a term -> array.
BY_TERM = (
    "drive_terms",
    "attention_terms",
    "posture_terms",
    "bond_terms",
    "alignment_terms",
    "negotiation_terms",
    "supplier_terms",
    "deal_terms",
)


def clone(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the values that shares no memory with them."""
    return {name: np.array(each) if isinstance(each, np.ndarray) else each for name, each in values.items()}


@dataclass
class Call:
    """One call of a stage in a running block.

    Parameters
    ----------
    stage : Stage
        The stage.
    when : str
        "start" or the step.
    case : Case
        The case.
    n_trials, n_steps : int
        Size of the block.
    before, after : dict
        Copies of what it read, before and after the call; empty if only the outputs are kept.
    written : dict
        What it wrote.
    deal_trial, contract_trial : ndarray
        Whose the deals and contracts are that it reads or writes.
    """

    stage: Stage
    when: str
    case: Case
    n_trials: int
    n_steps: int
    before: dict[str, Any]
    after: dict[str, Any]
    written: dict[str, Any]
    deal_trial: Any
    contract_trial: Any

    def again(self, **other: Any) -> dict[str, Any]:
        """Call the stage with the same inputs, or with some others; return what it writes."""
        return vars(self.stage.function(**clone({**self.before, **other})))

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Lengths of all axes."""
        axes = ("front", "actor", "partner", "supplier", "regime", "domain", "category", "channel")
        return {axis: self.case.size(axis) for axis in axes} | {
            "level": len(posture.LEVELS),
            "due": self.n_steps + 1,
            "lag": WINDOW,
            "option": self.case.size("supplier") + 2,
            "state": len(GRANT_STATES),
            "slot": SLOTS,
            "deal": len(self.deal_trial),
            "contract": len(self.contract_trial),
            "trial": self.n_trials,
        }

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape that the glossary gives a variable."""
        variable = GLOSSARY[name]
        dims = variable.dims if variable.role == "deal" else (*variable.dims, "trial")
        if name in BY_TERM and "deal" not in dims:
            dims = (*dims, "trial")
        sizes = self.sizes
        if name == "alignment_probability":
            sizes = {**sizes, "option": len(alignment.STEPS)}
        options = {
            "attention_terms": len(attention.LEVELS),
            "posture_terms": len(posture.LEVELS),
            "bond_terms": len(partner_alignment.STEPS),
            "alignment_terms": len(alignment.STEPS),
        }
        first = (options[name],) if name in options else ()
        return *first, *(sizes[dim] for dim in dims)

    def of_trial(self, name: str, value: Any, k: int) -> Any:
        """Return the part of a variable or parameter that belongs to one trial, as a block of one."""
        name = base_name(name)
        if name in GLOSSARY and GLOSSARY[name].role not in (*BY_TRIAL, "deal"):
            return value
        if name in BY_TERM:
            mine = self.deal_trial == k if name == "deal_terms" else slice(k, k + 1)
            return {term: each[..., mine] for term, each in value.items()}
        dims = GLOSSARY[name].dims if name in GLOSSARY else ()
        for axis, owner in (("deal", self.deal_trial), ("contract", self.contract_trial)):
            if axis in dims:
                mine = value[..., owner == k]
                return np.zeros_like(mine) if name == f"{axis}_trial" else mine
        return value[..., k : k + 1]


class Observed(engine.Block):
    """A block that keeps a record of its calls, in all quarters or in some."""

    def __init__(self, *args: Any, with_inputs: bool, steps: Container[int] | None) -> None:
        self.calls: list[Call] = []
        self._with_inputs = with_inputs
        self._steps = steps
        self._is_ready = False
        super().__init__(*args)
        self._is_ready = True

    def run_stage(self, stage: Stage) -> None:
        """Call a stage and keep a record of it."""
        if self._is_ready and self._steps is not None and self.step not in self._steps:
            super().run_stage(stage)
            return
        read = {name: self.values[name] for name in stage.reads if self._with_inputs}
        before = clone(read)
        super().run_stage(stage)
        nobody = np.zeros(0, dtype=int)
        self.calls.append(
            Call(
                stage=stage,
                when=f"step {self.step}" if self._is_ready else "start",
                case=self.plan.scenario.case,
                n_trials=self.n_trials,
                n_steps=self.plan.n_steps,
                before=before,
                after=clone(read),
                written={name: self.values[name] for name in stage.writes},
                deal_trial=self.values.get("deal_trial", nobody),
                contract_trial=self.values.get("contract_trial", nobody),
            )
        )


def observe(
    plan: Plan,
    n_trials: int,
    first_trial: int = 0,
    with_inputs: bool = True,
    steps: Container[int] | None = None,
) -> list[Call]:
    """Run a block over the whole horizon and return its calls at the start and in these quarters."""
    block = Observed(plan, first_trial, n_trials, with_inputs=with_inputs, steps=steps)
    for _ in range(plan.n_steps):
        block.advance()
    return block.calls
