"""A small workshop for tests of parameter and scenario files: three invented states, two mechanisms."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from sim.case import case
from sim.parameter import variants
from sim.parameter.parameter_set import ParameterSet
from sim.scenario import loading
from sim.scenario.scenario import Scenario
from sim.vocabulary.errors import InputError, quoted

ARCHIPELAGO = Path(__file__).parent / "cases" / "archipelago"

GRANTS = """
[budget_growth]
description  = "Growth of the grant budget."
unit         = "1/year"
value        = 0.1
distribution = { uniform = [0.0, 0.2] }
bounds       = [-1, 1]
evidence     = ["x_osa_budget"]

[handover]
description = "Years from notes to handover."
unit        = "years"
value       = 2.0
bounds      = [0, 10]
assumption  = "Round."
"""

BORDER = """
[crisis_rate]
description  = "Onset of a border crisis while the front is calm."
unit         = "1/year"
dims         = ["front"]
value        = 0.15
distribution = { lognormal = [0.15, 0.4] }
bounds       = [0, 12]
evidence     = ["mm_spillover"]

[taste]
description  = "Lasting preference."
unit         = "logit"
dims         = ["supplier", "category"]
value        = 0.0
distribution = { normal = [0.0, 0.6] }
bounds       = [-3, 3]
assumption   = "Invented."
"""

CHOICE = {
    "description": "How an option is chosen.",
    "options": {"logit": {}, "satisficing": {"grants.handover": 3}},
}
VARIANTS = {"choice": variants.Variant.model_validate(CHOICE)}

BASE = """
title = "Base"
case  = "./archipelago"
start = "2020-Q1"
end   = "2029-Q4"
"""


@dataclass
class Workshop:
    """A folder in which a test writes files and loads them by the names that a user would give."""

    folder: Path

    def write(self, name: str, text: str | bytes) -> str:
        """Write a file and return its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return name

    def parameters(self) -> ParameterSet:
        """Load the parameters."""
        return ParameterSet.load(case.load("./archipelago"))

    def scenario(self, text: str, name: str = "mine.toml") -> Scenario:
        """Write a scenario that extends the base, and load it."""
        self.write(name, 'title = "Mine"\nextends = "./base.toml"\n' + text)
        return loading.load(name)

    @staticmethod
    def new(folder: Path) -> Workshop:
        """Furnish an empty folder."""
        workshop = Workshop(folder)
        shutil.copytree(
            ARCHIPELAGO, folder / "archipelago", ignore=shutil.ignore_patterns("parameters", "sliders.toml")
        )
        workshop.write("generic/grants.toml", GRANTS)
        workshop.write("generic/border.toml", BORDER)
        workshop.write("base.toml", BASE)
        return workshop


def says(error: InputError, file: str, place: str, remedy: str, value: object = None) -> None:
    """Assert that the one line names the file, the place, the value and the remedy."""
    line = str(error)
    assert "\n" not in line
    assert line.startswith(f"{file}: {place}" if place else f"{file}: "), line
    assert remedy in line
    assert value is None or quoted(value) in line, line
    assert (error.file, error.place) == (file, place)
