"""A case is data: the code names no state, currency, programme or category of the shipped one."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim
from sim.case import case as cases
from sim.sources import table as evidence
from sim.vocabulary import units

SOURCE = Path(sim.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))

#: Programmes and amounts as the shipped case's sources call them; no record of the case holds them.
PROGRAMMES = ("osa", "oda", "foip", "jica", "crore", "taka")

#: Ids of the case that name nobody.
NOBODY = ("unaligned",)

#: Words of our own, for shocks or random draws, zero, decay, deferral, and what is prescribed or documented.
RETIRED = re.compile(r"luck|nought|fading|(?<![^\W_])(put[ _]off|told)(?![^\W_])", re.IGNORECASE)

#: The one name that stays: random draws are keyed by the names of parameters.
KEYED = "experience_fading"

#: File and word -> why it may stay.
ALLOWED = {
    ("model/mechanisms/grants.py", "osa"): "the budget's growth is drawn by the name of its parameter",
    ("scenario/when_read.py", "osa"): "the names of the same parameters",
    ("cli/program.py", "china"): "the first command that help shows, in full",
}


def of_the_case() -> set[str]:
    """Return names of states, camps, fronts, laws, capitals and currencies, in lower case."""
    record = cases.load("bangladesh").record
    names = {*record.camps, *record.fronts, *record.regimes, *PROGRAMMES}
    for name, state in record.states.items():
        names |= {name, state.label, state.votes_as or name, *state.register_names}
        names |= {state.capital.name} if state.capital else set()
    with units.CURRENCIES.open(encoding="utf-8", newline="") as rows:
        names |= {text for row in csv.DictReader(rows) for text in row.values()}
    names -= {record.residual_supplier, record.states[record.residual_supplier].label, *NOBODY}
    return {name.replace("_", " ").casefold() for name in names}


def named(text: str, names: set[str]) -> Iterator[str]:
    """Yield the names that a text holds as words, also as parts of other names; citations do not count."""
    cited = evidence.load().keys()
    words = [word for word in re.findall(r"\w+", text.casefold()) if word not in cited]
    plain = f" {' '.join(words).replace('_', ' ')} "
    return (name for name in sorted(names) if f" {name} " in plain)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sold by China.", ["china"]),
        ("def fall_out_with_india() -> None:", ["india"]),
        ("the United States", ["united states"]),
        ("a machine, an indiarubber", []),
        ("(evidence: osa_counter_china)", []),
        ("million yen", ["yen"]),
        ("osa_budget", ["osa"]),
    ],
)
def test_a_name_is_found_wherever_it_stands(text: str, found: list[str]) -> None:
    assert list(named(text, of_the_case())) == found


def test_the_code_names_nobody() -> None:
    names = of_the_case()
    found = {
        (str(path.relative_to(SOURCE).as_posix()), name)
        for path in FILES
        for name in named(path.read_text("utf-8"), names)
    }
    assert len(FILES) > 100
    assert not found - ALLOWED.keys(), "data of a case in the code"
    assert not ALLOWED.keys() - found, "allowed and no longer there"


def test_no_text_in_the_code_is_a_state_or_a_category() -> None:
    case = cases.load("bangladesh")
    ids = {case.recipient, *case.suppliers, *case.categories} - {case.record.residual_supplier}
    for path in FILES:
        constants = {
            node.value
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant)
        }
        assert not {value for value in constants if isinstance(value, str)} & ids, path.name


@pytest.mark.parametrize("text", ["lucks", "nought", "put_off", "put off", "is_told", "Told", "fading"])
def test_a_retired_word_is_found_wherever_it_stands(text: str) -> None:
    assert RETIRED.search(text)


def test_the_code_uses_the_standard_terms() -> None:
    assert not RETIRED.search("retold, an untoldable input off")
    found = {
        (path.relative_to(SOURCE).as_posix(), match.group())
        for path in FILES
        for match in RETIRED.finditer(path.read_text("utf-8").replace(KEYED, ""))
    }
    assert not found
