"""A scenario file to begin with: sound as it is, with what is still to be written as comments."""

from __future__ import annotations

from collections.abc import Sequence

from sim.scenario import writing
from sim.scenario.scenario import Scenario

#: What stands for a story until there is one.
STORY = "Say here what happens, why, and what there is to see."


def draft(
    title: str, extends: Sequence[str], story: str, evidence: Sequence[str], look_at: Sequence[str], at: str
) -> str:
    """Return the text of a scenario file without changes.

    Parameters
    ----------
    title, story : str
        One line, one paragraph; without a story a placeholder stands for it.
    extends, evidence, look_at : sequence of str
        What it is written against, ids of what it rests on, variables to look at.
    at : str
        The date of the example of an event.
    """
    base = extends[0] if len(extends) == 1 else extends
    lines = [
        f"title = {writing.value(title)}",
        f"extends = {writing.value(base)}",
        f"story = {writing.paragraph(story or STORY)}",
        f"evidence = {writing.value(evidence)}  # ids of rows that the story rests on: sim evidence",
        f"look_at = {writing.value(look_at)}  # variables to look at: sim variables",
        "",
        "# Numbers that are other from the start. Names and units: sim parameters",
        "[set]",
        '# "demand.caution" = 0.3',
        '# "demand.caution" = { value = 0.3, uniform = [0.2, 0.4] }',
        "",
        "# Dated events. Verbs and keys: docs/scenario-format.md",
        "# [[events]]",
        f'# at = "{at}"',
        '# what = "scale"',
        '# name = "demand.caution"',
        "# by = 1.5",
        '# note = "Why so much."',
    ]
    return "".join(f"{line}\n" for line in lines)


def missing(scenario: Scenario) -> list[str]:
    """Return what a scenario does not say yet, though readers will ask."""
    found = [field for field in ("evidence", "look_at") if not getattr(scenario, field)]
    found += ["story"] if scenario.story in ("", STORY) else []
    is_idle = scenario.base is not None and scenario.digest == scenario.base.digest
    return sorted(found) + (["a change"] if is_idle else [])
