"""The recipient and its partners, each a readable view of one country in one trial.

An agent holds nothing of its own: what it shows stands in the world's arrays, and what it decides goes back
there. By default it decides as the mechanism does; a subclass that overrides a ``decide_`` method decides by
a rule of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import mesa

from sim.case.case import Case
from sim.vocabulary.axes import RECIPIENT

#: What an opening can end in, besides a supplier.
HOME, DEFERRAL = "home", "deferral"


class Surroundings(Protocol):
    """What an agent sees of its world, a `sim.World`."""

    usual: dict[str, Any]

    @property
    def case(self) -> Case:
        """Who is in the case."""

    def value(self, name: str, *labels: str) -> Any:
        """Return what a variable of the glossary is now."""


class Country(mesa.Agent):  # type: ignore[misc]
    """A state in the world.

    Parameters
    ----------
    world : sim.World
        Also ``agent.model``, as Mesa has it.
    name : str
        Its id in the case.
    """

    def __init__(self, world: Surroundings, name: str) -> None:
        super().__init__(world)
        self.world = world
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def title(self) -> str:
        """How its name is written."""
        return self.world.case.display("actor", self.name)

    @property
    def payoff(self) -> float:
        """What the quarter was worth to it."""
        return self._number("payoff", self.name)

    def _number(self, name: str, *labels: str) -> float:
        found = self.world.value(name, *labels)
        assert isinstance(found, float)
        return found


class Partner(Country):
    """A partner, which courts or presses the recipient, and courts and aligns with the other partners."""

    @property
    def place(self) -> int:
        """Its position on the axis of partners, and of suppliers."""
        return self.world.case.partners.index(self.name)

    @property
    def posture(self) -> float:
        """From -1, pressing, to 3, courting hard."""
        return self._number("posture", self.name)

    @property
    def relation(self) -> float:
        """Relation with the recipient, -1 to 1."""
        return self._number("relation", self.world.case.recipient, self.name)

    @property
    def relations(self) -> dict[str, float]:
        """Relations with the other partners."""
        return self._towards("relation")

    @property
    def alignment(self) -> float:
        """The recipient's alignment with it, 0 to 1."""
        return self._number("alignment", self.name)

    @property
    def agreement_rung(self) -> float:
        """Rung on the ladder of agreements, 0 to 5."""
        return self._number("agreement_rung", self.name)

    @property
    def goodwill(self) -> float:
        """Goodwill that its aid has left."""
        return self._number("goodwill", self.name)

    @property
    def share(self) -> float:
        """Its share of the recipient's arms deliveries over five years."""
        return self._number("supplier_share", self.name)

    @property
    def order_share(self) -> float:
        """Its share of the recipient's arms orders over five years."""
        return self._number("order_share", self.name)

    @property
    def order_book(self) -> float:
        """Ordered from it and not yet delivered, TIV m."""
        return self._number("order_book", self.name)

    @property
    def attention(self) -> dict[str, float]:
        """How hard it courts the other partners, 0 to 3."""
        return self._towards("attention_between")

    @property
    def alignments(self) -> dict[str, float]:
        """Its alignment with the other partners, 0 to 1."""
        return self._towards("alignment_between")

    def _towards(self, name: str) -> dict[str, float]:
        """Return what it has towards each other partner."""
        others = (other for other in self.world.case.partners if other != self.name)
        return {other: self._number(name, self.name, other) for other in others}

    def decide_posture(self) -> float:
        """Return the posture of the quarter; the model's own moves once a year."""
        return float(self.world.usual["posture.step"].posture[self.place, 0])

    def decide_attention(self, other: Partner) -> float:
        """Return how hard to court another partner: 0, passive, to 3; the model's own moves once a year."""
        levels = self.world.usual["attention.step"].attention_between
        return float(levels[RECIPIENT + 1 + self.place, other.place, 0])

    def decide_alignment(self, other: Partner) -> float:
        """Return the step of alignment with another partner: -1 to pull back, 0 to hold, 1 to deepen."""
        steps = self.world.usual["partner_alignment.step"].bond_step_taken
        return float(steps[RECIPIENT + 1 + self.place, other.place, 0])


@dataclass(frozen=True)
class Opening:
    """A procurement opening that the recipient has to decide on.

    Parameters
    ----------
    category : str
        What is wanted.
    chances : dict of str to float
        Chance that the model gives each option: suppliers, `HOME` and `DEFERRAL`; zero for what is not open.
    usual : str
        What the model chooses.
    """

    category: str
    chances: Mapping[str, float]
    usual: str


class Recipient(Country):
    """The state that buys, aligns itself and hedges."""

    @property
    def capability(self) -> dict[str, float]:
        """Capability by domain, TIV m."""
        return self._table("capability")

    @property
    def stock(self) -> dict[str, float]:
        """Installed stock by category, TIV m."""
        return self._table("category_stock")

    @property
    def border_pressure(self) -> dict[str, float]:
        """Pressure by front, 0 to 1."""
        return self._table("border_pressure")

    @property
    def alignment(self) -> dict[str, float]:
        """Alignment by partner, 0 to 1."""
        return self._table("alignment")

    @property
    def supplier_share(self) -> dict[str, float]:
        """Share of arms deliveries over five years, by supplier."""
        return self._table("supplier_share")

    @property
    def order_book(self) -> dict[str, float]:
        """Ordered and not yet delivered, by supplier, TIV m."""
        return self._table("order_book")

    @property
    def grants(self) -> dict[str, float]:
        """Security grants by stage, US$ m."""
        return self._table("grants")

    @property
    def commitments(self) -> float:
        """Contract value signed and not yet paid, US$ m."""
        return self._number("commitments")

    @property
    def military_budget(self) -> float:
        """US$ m a year."""
        return self._number("military_budget")

    @property
    def government(self) -> int:
        """Changes of government since the start."""
        return int(self._number("government"))

    @property
    def dependence(self) -> float:
        """Largest supplier's share of deliveries."""
        return self._number("dependence")

    @property
    def tilt(self) -> float:
        """Tilt between the camps, -1 to 1."""
        return self._number("tilt")

    @property
    def autonomy(self) -> float:
        """Autonomy, 0 to 1."""
        return self._number("autonomy")

    def decide_alignment(self, partner: Partner) -> float:
        """Return the step of alignment with a partner: -1 to pull back, 0 to hold, 1 to deepen."""
        return float(self.world.usual["alignment.step"].alignment_step_taken[partner.place, 0])

    def decide_purchase(self, opening: Opening) -> str:
        """Return the supplier of an opening, or `HOME` or `DEFERRAL`."""
        return opening.usual

    def _table(self, name: str) -> dict[str, Any]:
        found = self.world.value(name)
        assert isinstance(found, dict)
        return found
