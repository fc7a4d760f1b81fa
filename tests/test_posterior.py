"""A posterior as the source of parameters: strict to read, joint and paired to draw."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sim
from sim.cli import sim as program
from sim.design import plan as design
from sim.parameter import posterior
from sim.runs import dataset as results
from sim.scenario.scenario import Scenario
from sim.vocabulary.errors import InputError
from workshop import Workshop, says

TOY = Path(__file__).parent / "cases" / "archipelago"


def drawn(scenario: Scenario, first: int = 0, trials: int = 1200, seed: int = 3) -> dict[str, np.ndarray]:
    return design.draw_parameters(design.plan(scenario, seed), first, trials)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, Scenario]:
    """A scenario of the toy case, and the same with a posterior in which two numbers go together."""
    folder = tmp_path_factory.mktemp("toy")
    head = f'title = "Calm"\ncase = "{TOY}"\nstart = "2020-Q1"\nend = "2021-Q4"\n'
    (folder / "calm.toml").write_text(head, encoding="utf-8")
    u = (np.arange(7) + 0.5) / 7
    columns = {"demand.dispersion": 0.2 + u, "demand.caution": 0.6 - 0.5 * u}
    (folder / "learned").mkdir()
    posterior.write(folder / "learned" / "p.csv", columns)
    text = 'title = "Learned"\nextends = "calm.toml"\nposterior = "learned/p.csv"\n'
    (folder / "learned.toml").write_text(text, encoding="utf-8")
    return sim.load(str(folder / "calm.toml")), sim.load(str(folder / "learned.toml"))


def test_a_trial_has_one_row_and_all_else_keeps_its_bits(toy: tuple[Scenario, Scenario]) -> None:
    calm, learned = map(drawn, toy)
    u = (learned["dispersion"] - 0.2).round(9)
    assert learned["caution"] == pytest.approx(0.6 - 0.5 * u, abs=1e-5)
    # Seven rows, equally likely: a chi-square of 22.5 has a chance of one in a thousand.
    counts = np.unique(u, return_counts=True)[1]
    assert len(counts) == 7 and ((counts - 1200 / 7) ** 2 / (1200 / 7)).sum() < 22.5
    for name in calm:
        assert np.array_equal(calm[name], learned[name]) == (name not in ("dispersion", "caution"))


def test_rows_are_keyed_by_trial(toy: tuple[Scenario, Scenario]) -> None:
    whole, part = drawn(toy[1])["dispersion"], drawn(toy[1], 700, 10)["dispersion"]
    assert np.array_equal(whole[700:710], part)
    other = toy[1].override({"demand.gap_tilt": 0.5}, name="other")
    assert np.array_equal(whole, drawn(other)["dispersion"])


def test_what_a_scenario_sets_itself_wins(toy: tuple[Scenario, Scenario]) -> None:
    fixed = toy[1].override({"demand.caution": 0.3})
    assert set(drawn(fixed)["caution"]) == {0.3}
    assert np.array_equal(drawn(fixed)["dispersion"], drawn(toy[1])["dispersion"])


def test_digest_and_manifest_name_the_posterior(toy: tuple[Scenario, Scenario], tmp_path: Path) -> None:
    calm, learned = toy
    assert learned.digest != calm.digest and learned.posterior is not None
    reversed_rows = {key: np.array(values[::-1]) for key, values in learned.posterior.columns.items()}
    again = calm.with_posterior(posterior.write(tmp_path / "q.csv", reversed_rows))
    assert again.digest != learned.digest
    recorded = results.manifest(sim.run(learned, trials=2))["scenarios"]["learned"]["posterior"]
    assert recorded == json.loads(json.dumps(learned.posterior.summary()))
    assert recorded["rows"] == 7 and len(recorded["digest"]) == 64


def test_writing_and_reading_give_the_same_numbers(toy: tuple[Scenario, Scenario], tmp_path: Path) -> None:
    values = np.array([0.123456789, 0.2, 0.5])
    path = posterior.write(tmp_path / "p.csv", {"demand.caution": values})
    assert posterior.read(path, toy[0].parameters).columns["demand.caution"] == pytest.approx(
        values, rel=1e-5
    )


def test_a_column_describes_itself(toy: tuple[Scenario, Scenario]) -> None:
    element = toy[1].parameters["demand.dispersion"]
    assert element.value == pytest.approx(0.7)
    assert element.text() == "0.7 (posterior, 90 % from 0.3143 to 1.086)"
    assert element.file.endswith("learned/p.csv")
    assert element.distribution is not None
    assert element.distribution.cdf(0.7) == pytest.approx(4 / 7)


def test_trace_shows_the_posterior(toy: tuple[Scenario, Scenario], tmp_path: Path) -> None:
    path = str(Path(toy[1].posterior.file).parents[1] / "learned.toml") if toy[1].posterior else ""
    shown = CliRunner().invoke(program, ["trace", "demand.dispersion", "--scenario", path])
    assert shown.exit_code == 0 and "p.csv" in shown.output and "posterior, 90 %" in shown.output


def refused(workshop: Workshop, text: str) -> InputError:
    workshop.write("p.csv", text)
    with pytest.raises(InputError) as caught:
        workshop.scenario('posterior = "p.csv"\n')
    return caught.value


def test_an_unknown_parameter_is_one_line(workshop: Workshop) -> None:
    error = refused(workshop, "grants.budget_grwth\n0.1\n")
    says(error, "p.csv", "row 1: grants.budget_grwth", "Did you mean grants.budget_growth?")


def test_a_column_for_several_numbers_is_one_line(workshop: Workshop) -> None:
    error = refused(workshop, "border.crisis_rate\n0.1\n")
    says(error, "p.csv", "row 1: border.crisis_rate", "Name one element, such as border.crisis_rate.")


def test_a_doubled_column_is_one_line(workshop: Workshop) -> None:
    error = refused(workshop, "grants.handover,grants.handover\n1,2\n")
    says(error, "p.csv", "row 1: grants.handover", "Keep one of the two columns.")


def test_a_value_out_of_bounds_is_one_line(workshop: Workshop) -> None:
    error = refused(workshop, "grants.handover,grants.budget_growth\n1,0.1\n11,0.1\n")
    says(error, "p.csv", "row 3, column grants.handover", "Keep it between 0 and 10 (years).", 11.0)


@pytest.mark.parametrize("cell", ["", "nan", "much"])
def test_a_value_that_is_no_number_is_one_line(workshop: Workshop, cell: str) -> None:
    error = refused(workshop, f"grants.handover,grants.budget_growth\n{cell},0.1\n")
    says(error, "p.csv", "row 2, column grants.handover", "", cell or None)


def test_an_empty_or_missing_table_is_one_line(workshop: Workshop) -> None:
    says(refused(workshop, "grants.handover\n"), "p.csv", "", "Give one row or more")
    with pytest.raises(InputError) as caught:
        workshop.scenario('posterior = "q.csv"\n')
    says(caught.value, "mine.toml", "posterior", "relative to the scenario's file", "q.csv")


@pytest.mark.parametrize("content", [b"\n\ndemand.caution\n0.3\n", "demand.caution\n0.3\n".encode("utf-16")])
def test_a_posterior_may_begin_with_empty_lines_or_be_utf_16(
    tmp_path: Path, toy: tuple[Scenario, Scenario], content: bytes
) -> None:
    (tmp_path / "p.csv").write_bytes(content)
    found = posterior.read(tmp_path / "p.csv", toy[0].parameters)
    assert dict(found.columns) == {"demand.caution": (0.3,)}
