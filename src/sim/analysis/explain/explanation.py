"""A decision as it was weighed, and all decisions of one trial in one quarter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sim.analysis.explain.counterfactual import Change
from sim.vocabulary import amounts
from sim.vocabulary.dates import Quarter


@dataclass(frozen=True)
class Decision:
    """One decision, as it was weighed.

    Parameters
    ----------
    kind : {"deal", "posture", "attention", "alignment", "agreement"}
        What was decided.
    actor, subject : str
        Who decided, and about what (a category or a partner).
    options : tuple of str
        What was open, in the model's order.
    terms : dict of str to tuple of float
        Contribution of each term to each option's utility, in logits.
    probability : tuple of float
        Of each option.
    chosen : int
        Position of the choice.
    turn : Change or None
        The smallest change of one input, as part of its range, that leads to another choice;
        None where the draw decided, or no single change does.
    since : Change or None
        What has changed in a year and speaks most for or against the choice.
    """

    kind: str
    actor: str
    subject: str
    options: tuple[str, ...]
    terms: dict[str, tuple[float, ...]]
    probability: tuple[float, ...]
    chosen: int
    turn: Change | None = None
    since: Change | None = None

    @property
    def utility(self) -> tuple[float, ...]:
        """Sum of the terms, by option."""
        return tuple(sum(term[i] for term in self.terms.values()) for i in range(len(self.options)))

    @property
    def rejected(self) -> int | None:
        """Position of the likeliest option that was not chosen; None where there was no other."""
        others = [i for i in range(len(self.options)) if i != self.chosen]
        return max(others, key=lambda i: self.probability[i]) if others else None

    @property
    def margin(self) -> float:
        """Logits by which the choice was likelier than the best rejected; below zero if less likely."""
        if self.rejected is None or self.probability[self.rejected] == 0.0:
            return math.inf
        return math.log(self.probability[self.chosen] / self.probability[self.rejected])

    @property
    def flip(self) -> str:
        """What would have flipped the choice, in a sentence."""
        if self.rejected is None or self.margin == math.inf:
            return "Nothing else was open."
        other = self.options[self.rejected]
        if self.margin < 0:
            return f"The draw decided: {other} was likelier by {-self.margin:.2f} logits."
        if self.turn is not None:
            return str(self.turn)
        return f"No single change in the world: {other} was {self.margin:.2f} logits behind."


@dataclass(frozen=True)
class Explanation:
    """All decisions of one trial in one quarter.

    Parameters
    ----------
    scenario, trial, seed, at : str, int, int, Quarter
        Which trial and quarter.
    decisions : tuple of Decision
    labels : dict of str to str
        Id -> display name.
    """

    scenario: str
    trial: int
    seed: int
    at: Quarter
    decisions: tuple[Decision, ...]
    labels: dict[str, str]

    def __iter__(self) -> Any:
        return iter(self.decisions)

    def __len__(self) -> int:
        return len(self.decisions)

    def __str__(self) -> str:
        lines = [f"{self.scenario}, trial {self.trial}, seed {self.seed}, {self.at}"]
        for each in self.decisions:
            share = each.probability[each.chosen]
            lines.append(
                f"{each.kind}: {self._name(each.actor)} on {self._name(each.subject)}: "
                f"{self._name(each.options[each.chosen])} ({amounts.percent(share)}). {each.flip}"
                + (f" In a year, {each.since}." if each.since else "")
            )
        return "\n".join(lines)

    def _name(self, label: str) -> str:
        return self.labels.get(label, label)
