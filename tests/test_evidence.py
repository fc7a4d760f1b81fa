"""The evidence table and the list of units."""

from __future__ import annotations

import pytest

from sim.sources import table as evidence
from sim.vocabulary import units
from sim.vocabulary.errors import UnknownName, UnknownUnit
from sim.vocabulary.variables import GLOSSARY


def test_every_row_says_what_and_where() -> None:
    table = evidence.load()
    assert len(table) > 200
    for row in table.values():
        assert row.id and row.claim and row.where
        assert row.origin in {"document", "external", "computed", "external+computed"}


def test_rows_of_the_documents_name_their_document() -> None:
    documented = [row for row in evidence.load().values() if row.origin == "document"]
    assert len(documented) == 168
    assert all(row.document is not None for row in documented)
    assert evidence.load()["x_osa_budget"].document is None


def test_ids_from_outside_are_marked() -> None:
    for row in evidence.load().values():
        assert row.id.startswith("x_") == (row.origin != "document")


def test_unknown_id() -> None:
    assert evidence.check(["cn_share_74"], "a.toml", "x") == ("cn_share_74",)
    with pytest.raises(UnknownName) as caught:
        evidence.check(["cn_shar_74"], "a.toml", "x.evidence")
    assert (
        str(caught.value) == 'a.toml: x.evidence: no such evidence: "cn_shar_74". Did you mean cn_share_74?'
    )


def test_every_unit_of_the_glossary_is_known() -> None:
    assert {variable.unit for variable in GLOSSARY.values()} <= set(units.UNITS)


def test_unknown_unit() -> None:
    with pytest.raises(UnknownUnit) as caught:
        units.check("yaers", "a.toml", "x.unit")
    assert str(caught.value) == 'a.toml: x.unit = "yaers": no such unit. Did you mean years?'
