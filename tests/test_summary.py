"""The summary table on made-up results whose answers are known."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import sim
from sim.analysis.compare import history, summary
from sim.analysis.compare import tables as summary_tables
from sim.analysis.compare.measure import Measure, standard_measures, take
from sim.analysis.compare.sentences import sentence
from sim.case import case as cases
from sim.cli import terminal
from sim.cli.run import report
from sim.vocabulary.dates import Quarter
from sim.vocabulary.errors import InputError, OutsideHorizon, UnknownName
from synthetic import SUPPLIERS, futures, neighbours, result


def ramp(n_trials: int = 101) -> np.ndarray:
    """Two scenarios: the first is the number of the quarter, trial k of the second is k/100 above it."""
    first = np.broadcast_to(np.arange(12.0)[:, None], (12, n_trials))
    return np.stack([first, first + np.arange(n_trials) / 100])


def test_levels_and_differences_at_the_end_of_a_year() -> None:
    runs = result({"hhi": ramp()}, ("base", "other"))
    base, other = summary.summarise(runs, [Measure("hhi")], years=[2025])
    assert (base.quarter, base.scenario, base.difference) == ("2025-Q4", "base", None)
    assert (base.mean, base.median, base.q05, base.q95) == (7.0, 7.0, 7.0, 7.0)
    assert other.median == pytest.approx(7.5)
    assert (other.q05, other.q95) == (pytest.approx(7.05), pytest.approx(7.95))
    gap = other.difference
    assert gap is not None
    assert gap.reference == "base"
    assert gap.mean == pytest.approx(0.5)
    assert gap.p_greater == pytest.approx(100 / 101)
    assert gap.p_equal == pytest.approx(1 / 101)
    assert gap.mean_low < gap.mean < gap.mean_high


def test_the_reference_can_be_chosen() -> None:
    runs = result({"hhi": ramp()}, ("base", "other"))
    rows = summary.summarise(runs, [Measure("hhi")], years=[2025], reference="other")
    assert rows[1].difference is None
    assert rows[0].difference is not None
    assert rows[0].difference.mean == pytest.approx(-0.5)


def test_years_are_the_decades_and_the_last_or_those_asked_for() -> None:
    runs = futures(n_steps=68, n_trials=8)
    assert {row.year for row in summary.summarise(runs)} == {2030, 2040}
    assert {row.year for row in summary.summarise(runs, years=[2026, 2025])} == {2025, 2026}
    with pytest.raises(OutsideHorizon, match="2024 to 2040"):
        summary.summarise(runs, years=[2041])
    short = futures(n_steps=3, n_trials=8)
    with pytest.raises(OutsideHorizon, match="no last quarter"):
        summary.summarise(short)


def test_differences_are_given_at_every_years_end() -> None:
    rows = summary.differences(futures(n_steps=12, n_trials=8), [Measure("hhi")])
    assert [row.quarter for row in rows if row.scenario == "other"] == ["2024-Q4", "2025-Q4", "2026-Q4"]
    assert all(row.difference for row in rows)


def test_standard_measures_name_no_country() -> None:
    runs = futures(n_trials=8)
    keys = [measure.key for measure in standard_measures(runs)]
    assert keys[:5] == [
        "supplier_share.north",
        "hhi",
        "effective_suppliers",
        "grants.delivered",
        "capability.total",
    ]
    swapped = runs.assign_coords(supplier=list(reversed(SUPPLIERS)))
    assert standard_measures(swapped)[0].key == f"supplier_share.{SUPPLIERS[-1]}"


def test_scenarios_can_ask_for_more() -> None:
    runs = futures(n_trials=8)
    found = standard_measures(runs, ["border_pressure", "hhi", "autonomy", "order_book"])
    keys = [measure.key for measure in found]
    assert keys.count("hhi") == 1
    assert {"border_pressure.left", "border_pressure.right", "order_book.north"} <= set(keys)


def test_what_was_kept_is_shown_where_nothing_standard_was() -> None:
    runs = neighbours()
    found = standard_measures(runs)
    assert {each.variable for each in found} == {"relation", "alignment"}
    assert len(found) == runs.sizes["actor"] * runs.sizes["partner"] + runs.sizes["partner"]
    assert all(each.is_headline for each in found)
    assert standard_measures(runs[[]]) == ()


def test_capability_by_domain_is_in_the_files_only() -> None:
    rows = summary.summarise(futures(n_trials=8))
    by_domain = [row for row in rows if row.measure in ("capability.sea", "capability.land")]
    assert by_domain
    assert not any(row.is_headline for row in by_domain)
    assert not any("Sea" in heading for heading, _ in summary_tables.grids(rows))


def test_a_sum_is_taken_trial_by_trial() -> None:
    runs = futures(n_trials=8)
    total = Measure("capability", (), ("domain",)).take(runs)
    np.testing.assert_allclose(total.values, runs["capability"].astype(float).sum("domain").values)


def test_what_is_not_there_is_refused() -> None:
    runs = futures(n_trials=4)
    with pytest.raises(UnknownName, match="Did you mean hhi"):
        take(runs, "hh")
    with pytest.raises(UnknownName, match="Did you mean north"):
        take(runs, "supplier_share", {"supplier": "nort"})
    with pytest.raises(UnknownName, match="no axis"):
        take(runs, "hhi", {"supplier": "north"})
    with pytest.raises(InputError, match="sum over it"):
        take(runs, "supplier_share")


def test_csv_and_markdown(tmp_path: Path) -> None:
    rows = summary.summarise(futures(n_trials=20))
    file = summary_tables.write_csv(summary_tables.records(rows), tmp_path / "table.csv")
    with file.open(newline="") as lines:
        read = list(csv.DictReader(lines))
    assert len(read) == len(rows)
    assert {"measure", "unit", "quarter", "scenario", "median", "q05", "q95", "difference_mean"} <= set(
        read[0]
    )
    assert read[0]["difference_mean"] == ""
    assert float(read[1]["difference_p_greater"]) == rows[1].difference.p_greater  # type: ignore[union-attr]
    gaps = summary_tables.difference_records(rows)
    assert {"reference", "mean", "mean_low", "p_equal", "variance_ratio"} <= set(gaps[0])
    page = summary_tables.markdown(rows)
    assert "### North: share of arms deliveries, five-year rolling (share)" in page
    assert "Reference: baseline." in page
    widths = {line.count("|") for line in page.splitlines() if line.startswith("|")}
    assert widths == {len(summary_tables.COLUMNS) + 1}


def test_one_trial_and_one_scenario_have_a_table_too() -> None:
    one = summary.summarise(futures(("only",), n_trials=5))
    assert all(row.difference is None for row in one)
    single = summary.summarise(futures(("a", "b"), n_trials=1))
    assert summary_tables.records(single)[1]["difference_mean_low"] is None
    assert "± ?" in summary_tables.markdown(single)
    assert {row.measure.split(".")[0] for row in summary.summarise(futures(n_trials=2)[["order_book"]])} == {
        "order_book"
    }
    assert summary.summarise(futures(n_trials=2)[[]]) == []


def test_rolling_shares() -> None:
    tiv = np.array([[4.0, 0.0], [0.0, 4.0], [0.0, 4.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    found = history.rolling_shares(tiv, window=2)
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1:], [[0.5, 0.5], [0, 1], [0, 1], [0, 0], [0, 0]])


def test_the_history_of_the_shipped_case() -> None:
    past = history.dataset(cases.load("bangladesh"), Quarter(2024, 1))
    last = past.sel(year=2023)
    assert float(last["supplier_share"].sel(supplier="china")) == pytest.approx(0.7272, abs=5e-5)
    assert float(last["supplier_share"].sum()) == pytest.approx(1.0)
    assert float(last["effective_suppliers"] * last["hhi"]) == pytest.approx(1.0)
    assert np.isnan(past["effective_suppliers"].values[:4]).all()
    assert past.attrs["source"] == "SIPRI Arms Transfers Database"


@pytest.mark.parametrize("width", [80, 120])
def test_no_cell_of_the_table_is_broken(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "console", lambda: Console(width=width, markup=False, highlight=False))
    runs = futures(("baseline", "a_future_with_a_long_name"), n_steps=12, n_trials=8)
    rows = summary.summarise(runs, [Measure("capability", (), ("domain",))])
    report(runs, rows, [], as_json=False)
    shown = capsys.readouterr().out
    table = [line for line in shown.splitlines() if line.startswith((" ", "─"))]
    assert max(map(len, table)) <= width
    (cells,) = (line for _, lines in summary_tables.grids(rows) for line in lines if line[4])
    for cell in cells:
        assert cell in "\n".join(table), cell
    # In a wide one, ranges stand in columns of their own.
    assert sum("90 % range" in line for line in table) == 1
    assert any("Median" in line and "90 % range" in line for line in table) == (width > 80)


def test_answers_are_the_sentences_of_the_table() -> None:
    runs = futures(("baseline", "other"), n_steps=12, n_trials=40)
    rows = summary.summarise(runs, [Measure("hhi")], [2025])
    assert sim.answers(runs, "hhi@2025") == [sentence(rows[-1], "Baseline")]
    first = sim.answers(runs, reference="other")
    assert len(first) == 1 and first[0].startswith("At the end of 2026, North: share of arms deliveries")
    alone = runs.isel(scenario=[0])
    mean = alone["hhi"].isel(scenario=0, time=7).mean().item()
    (said,) = sim.answers(alone, "hhi@2025")
    assert said.startswith("At the end of 2025, supplier concentration (HHI)") and f": {mean:.3f} (" in said
    assert "Left: border pressure" in sim.answers(runs[["border_pressure"]])[0]
    with pytest.raises(InputError, match="end of a year"):
        sim.answers(runs, "hhi@2025-Q2")
