"""The Mesa interface: one trial as a world of agents. A view of the engine, which can do without it."""

from __future__ import annotations

from sim.abm.agents import DEFERRAL, HOME, Country, Opening, Partner, Recipient
from sim.abm.world import World

__all__ = ["DEFERRAL", "HOME", "Country", "Opening", "Partner", "Recipient", "World"]
