"""The Mesa face: one trial as a world of agents. A view of the engine, which can do without it."""

from __future__ import annotations

from sim.abm.agents import HOME, PUT_OFF, Country, Opening, Partner, Recipient
from sim.abm.world import World

__all__ = ["HOME", "PUT_OFF", "Country", "Opening", "Partner", "Recipient", "World"]
