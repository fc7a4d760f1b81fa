"""One trial of a plan, from the first quarter to the last."""

from __future__ import annotations

from types import SimpleNamespace

from sim import design
from sim.variables import GLOSSARY
from twins import (
    attraction,
    availability,
    border_pressure,
    budget,
    contracts,
    deliveries,
    demand,
    disasters,
    economy,
    experience,
    export_control,
    grants,
    industry,
    measures,
    payments,
    rates,
    standing,
    supplier_choice,
)

QUARTER = (
    rates,
    border_pressure,
    economy,
    disasters,
    budget,
    export_control,
    standing,
    demand,
    attraction,
    availability,
    supplier_choice,
    contracts,
    payments,
    grants,
    deliveries,
    experience,
    industry,
    measures,
)

RECORDED = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")


class World(SimpleNamespace):
    """The variables of one trial, by name.

    Parameters
    ----------
    plan : design.Plan
        What is run.
    trial : int
        Which trial.
    """

    def __init__(self, plan, trial):
        super().__init__(**{name: array.tolist() for name, array in plan.constants.items()})
        self.plan = plan
        for axis in ("front", "partner", "supplier", "category"):
            plural = axis[:-1] + "ies" if axis.endswith("y") else axis + "s"
            setattr(self, plural, range(plan.scenario.case.size(axis)))
        self.drawn = {k: v[..., 0].tolist() for k, v in design.draw_parameters(plan, trial, 1).items()}
        self.shocks = {k: v[..., 0].tolist() for k, v in design.draw_shocks(plan, trial, 1).items()}
        self.open_shock = self.shocks.pop("open_shock")[0]
        self.step = 0
        self._set_date()
        # Measures look at stock and history; the plan's targets and the first choice look at measures.
        for mechanism in (border_pressure, economy, disasters, grants, deliveries, payments, experience):
            mechanism.start(self)
        for mechanism in (industry, measures, demand):
            mechanism.start(self)
        export_control.step(self)
        rates.step(self)
        standing.step(self)
        supplier_choice.start(self)

    def advance(self):
        """Run one quarter."""
        self._set_date()
        for mechanism in QUARTER:
            mechanism.step(self)
        self.step += 1

    def _set_date(self):
        """Put the date, the scenario's values and the luck of the quarter in place."""
        plan, case, step = self.plan, self.plan.scenario.case, self.step
        quarter = (plan.scenario.start.quarter - 1 + step) % 4 + 1
        self.fiscal_quarter = (quarter - case.fiscal_year_start) % 4 + 1
        self.donor_quarter = (quarter - case.donor_fiscal_year_start) % 4 + 1
        for name, path in plan.held.items():
            setattr(self, name, path[step].tolist())
        for name, path in plan.pulses.items():
            setattr(self, name, path[step].tolist())
        for name, path in self.shocks.items():
            setattr(self, name, path[step])
        for name, drawn in self.drawn.items():
            setattr(self, name, self._now(name, drawn))

    def _now(self, name, drawn):
        """Return a parameter at the date, given what was drawn."""
        if name not in self.plan.changes:
            return drawn
        change = self.plan.changes[name]
        terms = (change.scale[self.step], change.shift[self.step], change.low, change.high)
        return _affine(drawn, *(term.tolist() for term in terms))


def _affine(drawn, scale, shift, low, high):
    if isinstance(drawn, list):
        return [_affine(*each) for each in zip(drawn, scale, shift, low, high, strict=True)]
    return min(high, max(low, scale * drawn + shift))


def _copy(value):
    return [_copy(each) for each in value] if isinstance(value, list) else value


def run(plan, trial, names=RECORDED):
    """Return name -> list by quarter, for the variables that a run can record."""
    world = World(plan, trial)
    recorded = {name: [] for name in names}
    for _ in range(plan.n_steps):
        world.advance()
        for name in names:
            recorded[name].append(_copy(getattr(world, name)))
    return recorded
