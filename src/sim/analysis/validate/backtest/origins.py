"""Which case and scenario stand for an origin, so that nothing known later is used.

A shipped case has a scenario for some origins (money, laws and relations as they were); for any other
importer or origin a case is made from the register as known then. Rates, sizes and prices always come from
the register before the origin. What remains of later knowledge is named in `LATER`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sim.case.case import Case
from sim.importers import cases, rates
from sim.importers.categories import identifier
from sim.importers.registers import Register
from sim.parameter.parameter_set import ParameterSet
from sim.scenario import files as scenario_files
from sim.scenario import loading
from sim.scenario.scenario import Scenario
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import OutsideHorizon

#: Later knowledge that a forecast cannot be freed of.
LATER = (
    "the weights of the choice model and the lead times were estimated on orders of 1995-2024 worldwide",
    "the general size of orders and the dispersion of their numbers were estimated on one importer's to 2025",
    "the regression over importers, a baseline, was estimated on all of their windows",
    "volumes of orders are those of the register's present release",
    "orders that were cancelled later are missing from the register",
)


@dataclass(frozen=True)
class Origin:
    """What a forecast starts from.

    Parameters
    ----------
    year : int
        The window begins with it.
    years : int
        Length of the window.
    scenario : Scenario
        A run over the window.
    """

    year: int
    years: int
    scenario: Scenario


def has_scenario(year: int) -> bool:
    """Whether the shipped case has a scenario that starts then."""
    return f"origin_{year}" in scenario_files.shipped()


def shipped(year: int, years: int, case: Case | None = None) -> Origin:
    """Return an origin of the shipped case, or of another version of it; there is a scenario for each.

    Raises
    ------
    OutsideHorizon
        If the scenario ends too early.
    """
    name = f"origin_{year}"
    scenario = loading.load(name, case)
    if scenario.n_steps < 4 * years:
        raise OutsideHorizon("", "years", f"{name} ends {scenario.end}", "Give fewer years.", years)
    stated = {**rates.as_pooled(), **rates.known(scenario.case, year, scenario.parameters)}
    parameters = scenario.parameters
    # Only what is not so already, which a user who changes nothing need not hear of.
    changes = {key: change for key, change in stated.items() if parameters.is_changed_by({key: change})}
    return Origin(year, years, scenario.override(changes, name=name))


@contextmanager
def from_register(register: Register, year: int, years: int) -> Iterator[Origin]:
    """Yield an origin whose case is made from what a register shows before it."""
    with tempfile.TemporaryDirectory() as folder:
        made = cases.make(register.known_before(year), year, Path(folder) / identifier(register.recipient))
        yield Origin(year, years, _scenario(made, year, years))


def _scenario(case: Case, year: int, years: int) -> Scenario:
    start = Quarter(year, 1)
    return Scenario(
        name=f"origin_{year}",
        title=f"From the register at the beginning of {year}",
        story="Only the register, as known then.",
        evidence=(),
        case=case,
        start=start,
        end=start + (4 * years - 1),
        parameters=ParameterSet.load(case),
        events=(),
        variant=(),
        look_at=("supplier_share",),
        overrides=(),
        extends=None,
    )
