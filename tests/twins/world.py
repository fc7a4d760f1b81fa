"""One trial of a plan, from the first quarter to the last."""

from __future__ import annotations

from types import SimpleNamespace

from sim.design import plan as design
from sim.vocabulary.variables import GLOSSARY
from twins import (
    agreements,
    alarm,
    alignment,
    attention,
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
    export_regime,
    grants,
    industry,
    measures,
    partner_alignment,
    payments,
    payoffs,
    politics,
    posture,
    rates,
    relations,
    standing,
    supplier_choice,
    terms,
)

QUARTER = (
    rates,
    border_pressure,
    economy,
    politics,
    disasters,
    alarm,
    attention,
    posture,
    terms,
    budget,
    export_regime,
    agreements,
    export_control,
    alignment,
    partner_alignment,
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
    relations,
    payoffs,
)

#: What an event may hold, and who writes it.
WRITER = {
    "relation": relations,
    "alignment": alignment,
    "agreement_rung": agreements,
    "posture": posture,
    "export_regime": export_regime,
}

RECORDED = tuple(v.name for v in GLOSSARY.values() if v.recorded != "never")


class World(SimpleNamespace):
    """The variables of one trial, by name.

    Parameters
    ----------
    plan : design.Plan
        What is run.
    drawn, shocks : dict
        The trial's parameters, and its shocks by quarter, as floats and lists.
    """

    def __init__(self, plan, drawn, shocks):
        super().__init__(**{name: array.tolist() for name, array in plan.constants.items()}, **drawn)
        self.plan, self.drawn, self.shocks = plan, drawn, dict(shocks)
        for axis in ("front", "partner", "supplier", "category"):
            plural = axis[:-1] + "ies" if axis.endswith("y") else axis + "s"
            setattr(self, plural, range(plan.scenario.case.size(axis)))
        for name in ("open_shock", "open_length_shock"):
            setattr(self, name, self.shocks.pop(name)[0])
        self.step = 0
        self._set_date()
        for name, value in plan.scenario.case.held.items():
            setattr(self, name, value.tolist())
        for mechanism in (
            border_pressure,
            economy,
            politics,
            disasters,
            posture,
            attention,
            partner_alignment,
        ):
            mechanism.start(self)
        for mechanism in (agreements, relations):
            mechanism.start(self)
        # Measures look at stock and history; the plan's targets and the first choice look at measures.
        for mechanism in (
            grants,
            deliveries,
            payments,
            experience,
            industry,
            measures,
            payoffs,
            alarm,
            demand,
        ):
            mechanism.start(self)
        export_control.step(self)
        rates.step(self)
        terms.step(self)
        attraction.start(self)
        standing.step(self)
        supplier_choice.start(self)

    def advance(self):
        """Run one quarter."""
        self._set_date()
        prescribed = self.plan.prescribed[self.step]
        for each in prescribed:
            self._obey(each)
        for mechanism in QUARTER:
            if mechanism not in (rates, standing) or self.is_changed:
                mechanism.step(self)
            # What is held stays, whatever its mechanism made of it.
            for each in prescribed:
                if each.is_held and WRITER[each.name] is mechanism:
                    self._obey(each)
        self.step += 1

    def _obey(self, prescribed):
        """Put what an event says of one cell of a state in its place."""
        *path, last = prescribed.index or (None,)
        cell = getattr(self, prescribed.name)
        if last is None:
            setattr(self, prescribed.name, prescribed.value)
            return
        for place in path:
            cell = cell[place]
        if prescribed.verb == "sign":
            cell[last] = max(cell[last], prescribed.value)
        elif prescribed.verb == "lapse":
            cell[last] = min(cell[last], prescribed.value)
        else:
            cell[last] = prescribed.value

    def _set_date(self):
        """Put the date, the scenario's values and the shocks of the quarter in place."""
        plan, case, step = self.plan, self.plan.scenario.case, self.step
        quarter = (plan.scenario.start.quarter - 1 + step) % 4 + 1
        self.calendar_quarter = quarter
        self.fiscal_quarter = (quarter - case.fiscal_year_start) % 4 + 1
        self.donor_quarter = (quarter - case.donor_fiscal_year_start) % 4 + 1
        for name, path in plan.pulses.items():
            setattr(self, name, path[step].tolist())
        for name, path in self.shocks.items():
            setattr(self, name, path[step])
        self.is_changed = False
        for name, change in plan.changes.items():
            terms = (change.scale[step], change.shift[step], change.low, change.high)
            value = _affine(self.drawn[name], *(term.tolist() for term in terms))
            self.is_changed = self.is_changed or value != getattr(self, name)
            setattr(self, name, value)


def _affine(drawn, scale, shift, low, high):
    if isinstance(drawn, list):
        return [_affine(*each) for each in zip(drawn, scale, shift, low, high, strict=True)]
    return min(high, max(low, scale * drawn + shift))


def worlds(plan, first_trial, n_trials):
    """Return the worlds of some trials, at their start."""
    draws = design.draw_parameters, design.draw_shocks
    drawn, shocks = (draw(plan, first_trial, n_trials) for draw in draws)
    return [World(plan, _of_trial(drawn, k), _of_trial(shocks, k)) for k in range(n_trials)]


def _of_trial(arrays, k):
    return {name: array[..., k].tolist() for name, array in arrays.items()}


def _copy(value):
    return [_copy(each) for each in value] if isinstance(value, list) else value


def run(world, names=RECORDED):
    """Run a world to the end; return name -> list by quarter."""
    recorded = {name: [] for name in names}
    for _ in range(world.plan.n_steps):
        world.advance()
        for name in names:
            recorded[name].append(_copy(getattr(world, name)))
    return recorded
