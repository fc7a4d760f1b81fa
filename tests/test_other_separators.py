"""A table of ours whose cells are apart by something else than commas: the remedy says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.files import tables
from sim.vocabulary.errors import InputError


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_is_named_as_the_fault(separator: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(separator.join(["state", "year"]) + "\n")
    with pytest.raises(InputError, match=r"row 1: no column state\. Put commas between the cells\.$"):
        tables.read(file, ["state", "year"])
    file.write_text("stats,year\n")
    with pytest.raises(InputError, match=r"no column state\. Did you mean stats\?"):
        tables.read(file, ["state"])
