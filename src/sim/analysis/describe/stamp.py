"""Which numbers a page was made with: a line in the page, to be compared with what the model gives now.

A trial has the same bits alone or among ten thousand, so that some trials speak for all. They change when
the model or a number in it changes, and with nothing else.
"""

from __future__ import annotations

import hashlib
import re

from sim.design import plan as design
from sim.engine import block as engine
from sim.scenario.scenario import Scenario
from sim.vocabulary.variables import GLOSSARY

# All, with what choices are made of: a small change may turn no choice in few trials.
_RECORDED = tuple(each.name for each in GLOSSARY.values() if each.recorded != "never")
_TRIALS = 64
_SEED = 1
_DIGITS = 16

_NUMBERS = re.compile(rf"\bnumbers `([0-9a-f]{{{_DIGITS}}})`")


def numbers(scenario: Scenario, *others: Scenario) -> str:
    """Return a digest of what trials of a scenario show in all that a run can keep.

    Parameters
    ----------
    scenario : Scenario
        What is run.
    *others : Scenario
        Not run: their digests are counted in.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    shown = engine.run_block(design.plan(scenario, _SEED), 0, _TRIALS, _RECORDED)
    digest = hashlib.sha256()
    for name in sorted(shown):
        digest.update(name.encode() + shown[name].astype("<f8").tobytes())
    for each in others:
        digest.update(each.digest.encode())
    return digest.hexdigest()[:_DIGITS]


def line(found: str) -> str:
    """Return the line of a page that is made by a command."""
    meaning = "a digest of the model's results: a test fails once the model gives others"
    return f"Made with the numbers `{found}`, {meaning}."


def read(text: str) -> str | None:
    """Return the digest that stands in a page, None if there is none."""
    match = _NUMBERS.search(text)
    return match[1] if match else None
