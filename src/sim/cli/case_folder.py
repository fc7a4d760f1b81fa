"""What stands in the folder of a case beside what every run reads."""

from __future__ import annotations

from sim.analysis.calibrate import targets
from sim.analysis.robustness import policies
from sim.analysis.validate import direction_files, lever_files, pattern_files
from sim.case.case import POLICIES, SLIDERS, Case
from sim.case.file import FILE
from sim.explorer import sliders
from sim.files.records import shown
from sim.vocabulary.errors import nearest

#: File that some analyses read -> how it is read, as far as no scenario is needed.
_READERS = {
    POLICIES: policies.read,
    SLIDERS: sliders.read,
    direction_files.FILE: direction_files.table,
    lever_files.FILE: lever_files.table,
    pattern_files.FILE: pattern_files.read,
    targets.FILE: targets.table,
}


def check(case: Case) -> list[str]:
    """Read the files of a case that only some analyses read; return a line for each that nothing reads.

    Raises
    ------
    InputError
        One line that names what is wrong in a file and where.
    """
    found = sorted(path for path in case.folder.glob("*.toml") if path.name != FILE)
    for path in found:
        if path.name in _READERS:
            _READERS[path.name](case)
    return [
        f"{shown(path)}: no effect: nothing reads a file of this name. "
        f"{nearest(path.name, _READERS, 'files')}"
        for path in found
        if path.name not in _READERS
    ]
