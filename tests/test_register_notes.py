"""What a register says twice, or cannot mean, is said: the numbers of the rows stand in a note."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from sim.cli import sim as program
from sim.importers import registers
from test_registers import DEALS, as_deals, as_deliveries, written


def notes_of(folder: Path, text: str) -> tuple[str, ...]:
    return tuple(each.partition(": ")[2] for each in registers.read(written(folder, text), "Utopia").notes)


def test_rows_that_stand_there_again_are_named(tmp_path: Path) -> None:
    for text in (as_deals(), as_deliveries()):
        lines = text.splitlines()
        assert notes_of(tmp_path, text) == ()
        again = f"row {len(lines) + 1}, {len(lines) + 2}."
        twice = "\n".join([*lines, *lines[-2:]])
        assert notes_of(tmp_path, twice) == (f"the same as a row above, and counted again: {again}",)
    header, first, *_ = as_deals().splitlines()
    many = notes_of(tmp_path, "\n".join([header, *[first] * 13]))
    assert many[0].endswith("row 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more.")


def test_what_arrived_before_it_was_ordered_is_named(tmp_path: Path) -> None:
    first, second, *rest = DEALS
    early = (*second[:1], 2004, *second[2:])
    found = notes_of(tmp_path, as_deals((first, early, *rest)))
    assert found == ("delivered before it was ordered, and dated by the delivery: row 3.",)


def test_years_that_no_row_names_are_said_to_be_empty(tmp_path: Path) -> None:
    path = written(tmp_path, as_deals())
    for year, is_said in ((2013, False), (2016, True)):
        given = ["--deals", str(path), "--as-of", str(year), "--out", str(tmp_path / f"made{year}")]
        made = CliRunner().invoke(program, ["new-case", *given])
        assert made.exit_code == 0, made.output
        says = (
            "The register names no year after 2012: those before 2016 count as years without orders. Unless "
            "they were, begin in 2013."
        )
        assert (says in made.stderr) == is_said
        assert (says in (tmp_path / f"made{year}" / "case.toml").read_text("utf-8")) == is_said
