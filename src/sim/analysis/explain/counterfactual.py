"""Which change of one input would have led to another decision, and what in the last year led to this one.

The stages that make a decision are called again with one of their inputs changed: a relation, a share, an
alignment, a posture, a rung, pressure at a border. Nothing is approximated, and nothing else is moved along.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sim.case.case import Case
from sim.model.schedule import Stage, base_name
from sim.vocabulary import amounts
from sim.vocabulary.axes import RECIPIENT, TOP_RUNG, Array
from sim.vocabulary.variables import GLOSSARY, within_sentence

Values = Mapping[str, Any]

#: What is varied, and between which values; the export regime, between the first and the last.
RANGES: dict[str, tuple[float, float]] = {
    "relation": (-1.0, 1.0),
    "alignment": (0.0, 1.0),
    "alignment_between": (0.0, 1.0),
    "supplier_share": (0.0, 1.0),
    "order_share": (0.0, 1.0),
    "installed_share": (0.0, 1.0),
    "goodwill": (0.0, 1.0),
    "border_pressure": (0.0, 1.0),
    "finance_terms": (0.0, 1.0),
    "agreement_rung": (0.0, float(TOP_RUNG)),
    "posture": (-1.0, 3.0),
    "attention_between": (0.0, 3.0),
    "export_regime": (0.0, math.inf),
}

#: Halvings of the way to the value that just leads elsewhere.
_HALVINGS = 20
#: Units of what moves in whole steps.
_WHOLE = ("level", "rung")
#: What is too slight to mention: a change as part of its range, and what it does, in logits.
_SLIGHT, _SLIGHT_GAIN = 1e-3, 0.01


@dataclass(frozen=True)
class Change:
    """One input at another value.

    Parameters
    ----------
    what : str
        In words.
    before, after : float
        Its value, and the other one.
    option : str
        The decision that the other value leads to, or that the change has favoured.
    logits : float
        By how much it has favoured it; infinite where it decides.
    """

    what: str
    before: float
    after: float
    option: str
    logits: float = math.inf

    def __str__(self) -> str:
        if self.logits == math.inf:
            was = f"at {amounts.fixed(self.after, 2)}, not {amounts.fixed(self.before, 2)}"
            return f"With {self.what} {was}, it would have been {self.option}."
        return (
            f"{self.what} {amounts.fixed(self.before, 2)} to {amounts.fixed(self.after, 2)}: "
            f"{amounts.fixed(self.logits, 2, is_signed=True)} logits for {self.option}"
        )


@dataclass(frozen=True)
class Scene:
    """The stages behind a decision, and what they read.

    Parameters
    ----------
    stages : tuple of Stage
        In their order.
    read : mapping of str to mapping
        Stage -> name -> value, of one trial.
    case : Case
    own : (str, tuple of int), optional
        Name and position of the decision itself, whose last value is no input.
    """

    stages: tuple[Stage, ...]
    read: Mapping[str, Values]
    case: Case
    own: tuple[str, tuple[int, ...]] | None = None

    @cached_property
    def given(self) -> dict[str, Any]:
        """All that the stages read and did not write themselves."""
        given: dict[str, Any] = {}
        written: set[str] = set()
        for stage in self.stages:
            given |= {name: value for name, value in self.read[stage.name].items() if name not in written}
            written.update(stage.writes)
        return given

    def played(self, other: Values) -> dict[str, Any]:
        """Return all values after the stages, had some been other."""
        values = {**self.given, **other}
        for stage in self.stages:
            values |= vars(stage.function(**{name: values[name] for name in stage.reads}))
        return values

    def cells(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield what can be varied: names and positions; the relation of two partners once."""
        for name, value in self.given.items():
            base = base_name(name)
            if base in RANGES:
                for cell in np.ndindex(np.shape(value)[:-1]):
                    is_mirror = base == "relation" and len(cell) == 2 and cell[0] > cell[1]
                    is_self = len(cell) == 2 and cell[0] == cell[1] + 1
                    if not (is_mirror or is_self or (base, cell) == self.own):
                        yield name, cell

    def with_cell(self, name: str, cell: tuple[int, ...], value: float) -> dict[str, Array]:
        """Return an input with one cell changed, and its mirror where a relation has one."""
        changed = np.array(self.given[name])
        changed[cell] = value
        if base_name(name) == "relation" and cell[0] > RECIPIENT:
            changed[cell[1] + 1, cell[0] - 1] = value
        return {name: changed}

    def words(self, name: str, cell: tuple[int, ...]) -> str:
        """Return what a cell is, in words."""
        variable = GLOSSARY[base_name(name)]
        labels = (
            self.case.display(axis, self.case.axis(axis)[at])
            for axis, at in zip(variable.dims, cell, strict=True)
        )
        label, whose = within_sentence(variable.label).partition(",")[0], ", ".join(labels)
        return f"{label} ({whose})" if whose else label

    def range_of(self, name: str) -> tuple[float, float]:
        """Return the least and the greatest value of an input."""
        low, high = RANGES[base_name(name)]
        return low, min(high, float(self.case.size("regime") - 1)) if high == math.inf else high

    def turning(self, chosen: int, names: tuple[str, ...], decided: Callable[[Values], int]) -> Change | None:
        """Return the smallest change of one thing, as part of its range, that leads to another decision."""
        found, least = None, 1.0
        for name, cell in self.cells():
            low, high = self.range_of(name)
            now = float(self.given[name][cell][0])
            for end in (low, high):
                reach = now + math.copysign(min(abs(end - now), least * (high - low)), end - now)

                def is_other(value: float, name: str = name, cell: tuple[int, ...] = cell) -> bool:
                    return decided(self.played(self.with_cell(name, cell, value))) != chosen

                if reach == now or not is_other(reach):
                    continue
                turns = _nearest(now, reach, is_other, GLOSSARY[base_name(name)].unit in _WHOLE)
                if turns is not None:
                    least = abs(turns - now) / (high - low)
                    other = decided(self.played(self.with_cell(name, cell, turns)))
                    found = Change(self.words(name, cell), now, turns, names[other])
        return found

    def moved(
        self,
        earlier: Mapping[str, Values],
        chosen: int,
        rejected: int,
        option: str,
        probability: Callable[[Values], Array],
    ) -> Change | None:
        """Return what has changed since and speaks most for or against the choice, beside another option."""
        found = None
        then = replace(self, read=earlier).given
        now = _log_odds(probability(self.played({})), chosen, rejected)
        for name, cell in self.cells():
            low, high = self.range_of(name)
            before, after = float(then[name][cell][0]), float(self.given[name][cell][0])
            if abs(after - before) > _SLIGHT * (high - low):
                was = _log_odds(
                    probability(self.played(self.with_cell(name, cell, before))), chosen, rejected
                )
                gain = now - was
                if math.isfinite(gain) and abs(gain) > abs(found.logits if found else _SLIGHT_GAIN):
                    found = Change(self.words(name, cell), before, after, option, gain)
        return found


def _nearest(now: float, reach: float, is_other: Callable[[float], bool], is_whole: bool) -> float | None:
    """Return the value nearest to `now`, up to `reach`, that leads elsewhere."""
    if is_whole:
        step = math.copysign(1.0, reach - now)
        values = (now + step * number for number in range(1, int(abs(reach - now)) + 1))
        return next((value for value in values if is_other(value)), None)
    stays, turns = now, reach
    for _ in range(_HALVINGS):
        middle = (stays + turns) / 2.0
        stays, turns = (stays, middle) if is_other(middle) else (middle, turns)
    return turns


def _log_odds(probability: Array, one: int, other: int) -> float:
    """Return the logarithm of the odds of two options; not a number where neither is open."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.log(probability[one]) - np.log(probability[other]))
