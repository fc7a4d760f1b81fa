"""What stands in the folder of a case beside what every run reads."""

from __future__ import annotations

from collections.abc import Callable

from sim.analysis.calibrate import targets
from sim.analysis.robustness import policies
from sim.analysis.validate import direction_files, lever_files, pattern_files
from sim.case.case import POLICIES, SLIDERS, Case
from sim.case.file import FILE
from sim.explorer import sliders
from sim.files.records import shown
from sim.parameter.parameter_set import ParameterSet
from sim.scenario.scenario import Scenario
from sim.vocabulary.arguments import LAST_YEAR
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import nearest


def _policies(scenario: Scenario) -> None:
    declared = policies.read(scenario.case)
    for each in declared.all if declared is not None else ():
        each.on(scenario)


#: File that some analyses read -> how it is read on top of a scenario of its case.
_READERS: dict[str, Callable[[Scenario], object]] = {
    POLICIES: _policies,
    SLIDERS: sliders.read,
    direction_files.FILE: direction_files.read,
    lever_files.FILE: lever_files.read,
    pattern_files.FILE: lambda scenario: pattern_files.read(scenario.case),
    targets.FILE: targets.load,
}


def check(case: Case, parameters: ParameterSet) -> list[str]:
    """Read the files of a case that only some analyses read; return a line for each that nothing reads.

    Raises
    ------
    InputError
        One line that names what is wrong in a file and where.
    """
    scenario = Scenario(
        name=case.name,
        title=case.title,
        story="",
        evidence=(),
        case=case,
        start=Quarter(case.as_of, 1),
        end=Quarter(LAST_YEAR, 4),
        parameters=parameters,
        events=(),
        variant=(),
        look_at=(),
        overrides=(),
        extends=None,
    )
    found = sorted(path for path in case.folder.glob("*.toml") if path.name != FILE)
    for path in found:
        if path.name in _READERS:
            _READERS[path.name](scenario)
    return [
        f"{shown(path)}: no effect: nothing reads a file of this name. "
        f"{nearest(path.name, _READERS, 'files')}"
        for path in found
        if path.name not in _READERS
    ]
