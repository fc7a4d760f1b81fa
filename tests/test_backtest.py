"""Back-tests: nothing known later is used, scores are right, and the card says what they say."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sim.analysis.validate.backtest import baselines, card, forecast, origins, outcome, scores
from sim.analysis.validate.backtest.forecast import Forecast
from sim.analysis.validate.backtest.outcome import Outcome
from sim.analysis.validate.backtest.targets import Window
from sim.case import case as cases
from sim.cli import sim
from sim.importers import cases as made_cases
from sim.importers import registers
from sim.plots import backtest_chart
from sim.runs.trials import Execution
from sim.vocabulary.errors import OutsideHorizon
from test_registers import as_deals, written

TRIALS = 60

#: Made so that there is a window to score from 2006 on.
LONG = tuple(
    (
        supplier,
        year,
        f"item {year} {supplier}",
        "tank",
        "Armoured vehicles",
        (year + 1,),
        10.0 + year % 7,
        10.0 + year % 7,
    )
    for year in range(1995, 2013)
    for supplier in ("China", "Atlantis")[: 1 + year % 2]
)


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw intervals of skill from few resamples: what is asked of them is where they lie."""
    monkeypatch.setattr(card, "_RESAMPLES", 200)


@pytest.fixture(scope="module")
def shipped() -> list[card.Test]:
    return card.of_case((2010, 2015), TRIALS)


def ensemble(delivered: np.ndarray, source: str = "model") -> Forecast:
    """Return a forecast of one year from deliveries [supplier, sample]."""
    window = Window(delivered[None], np.ones_like(delivered)[None], 0, np.array([True] * len(delivered)))
    names = tuple("abc"[: len(delivered)])
    return Forecast(source, 2010, names, window, np.full((len(delivered), 1), 1 / len(delivered)))


def record(*delivered: float) -> Outcome:
    return Outcome(ensemble(np.array(delivered)[:, None]).window, np.array([[0, 0]]))


def test_scores_have_known_answers() -> None:
    was = record(3.0, 1.0)
    sure = ensemble(np.array([[1.0], [1.0]]))
    by_target = {each.target: each for each in scores.targets(sure, was)}
    # A single sample: the score is the distance.
    assert by_target["share.a"].crps == pytest.approx(0.25)
    assert by_target["total_tiv"].crps == pytest.approx(2.0)
    assert scores.energy(sure, was) == pytest.approx(np.hypot(0.25, 0.25))
    assert scores.log_score(np.array([[0.2], [0.8]]), was) == pytest.approx(-np.log(0.2))
    # Two samples, 0 and 1, around the value 1/2: mean distance less half the mean distance between them.
    even = ensemble(np.array([[0.0, 1.0], [1.0, 0.0]]))
    half = {each.target: each for each in scores.targets(even, record(1.0, 1.0))}["share.a"]
    assert half.crps == pytest.approx(0.5 - 0.25)
    assert half.pit_range == (0.5, 0.5)
    assert half.covered == {"0.5": True, "0.9": True}
    assert half.coverage == {"0.5": 1.0, "0.9": 1.0}


def test_a_normal_ensemble_has_the_score_of_the_normal() -> None:
    from scipy.stats import norm

    samples = 100.0 + norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    said = ensemble(np.array([samples, np.zeros_like(samples)]))
    total = {each.target: each for each in scores.targets(said, record(101.0, 0.0))}["total_tiv"]
    exact = 1.0 * (2 * norm.cdf(1.0) - 1) + 2 * norm.pdf(1.0) - 1 / np.sqrt(np.pi)
    assert total.crps == pytest.approx(exact, abs=1e-3)
    assert total.pit == pytest.approx(norm.cdf(1.0), abs=1e-3)


def poisoned(folder: Path, year: int) -> Path:
    """Copy the shipped case, with what its register says of `year` and later beyond recognition."""
    copy = folder / "bangladesh"
    shutil.copytree(cases.DIRECTORY / "bangladesh", copy)
    for name, dated in (("deals.csv", "order_year"), ("deliveries.csv", "year")):
        path = copy / "data" / name
        with path.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        for row in rows:
            if int(row[dated]) >= year:
                row["supplier"] = "Japan"
                for volume in ("tiv", "tiv_total_order", "tiv_delivered"):
                    if row.get(volume):
                        row[volume] = "999"
            elif "delivery_years" in row:
                later = [each for each in row["delivery_years"].split("; ") if each and int(each) >= year]
                if later:
                    past = [each for each in row["delivery_years"].split("; ") if each not in later]
                    row["delivery_years"] = "; ".join([*past, "2023"])
                    row["tiv_delivered"] = ""
        with path.open("w", newline="") as lines:
            writer = csv.DictWriter(lines, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return copy


@pytest.mark.parametrize("year", [2005, pytest.param(2018, marks=pytest.mark.long)])
def test_nothing_later_than_the_origin_is_used(tmp_path: Path, year: int) -> None:
    true = origins.shipped(year, 5)
    false = origins.shipped(year, 5, cases.load(poisoned(tmp_path, year)))
    assert outcome.of_case(false).window.shares[0, 0] > 0.99, "the poison works: everything came from Japan"
    said, repeated = (forecast.simulate(origin, TRIALS, 1) for origin in (true, false))
    assert said.stated() == repeated.stated()
    for one, other in zip(baselines.all_of(true, TRIALS, 1), baselines.all_of(false, TRIALS, 1), strict=True):
        assert one.stated() == other.stated(), one.source


def said_in_2006(whole: registers.Register) -> list[Forecast]:
    with origins.from_register(whole, 2006, 5) as origin:
        return [forecast.simulate(origin, TRIALS, 1), *baselines.all_of(origin, TRIALS, 1)]


def recorded_otherwise(deal: registers.Deal) -> registers.Deal:
    """Return a deal with all that came in 2006 and later beyond recognition."""
    if deal.year >= 2006:
        return dataclasses.replace(deal, supplier="Lemuria", kind="Ships", tiv=99.0)
    later = registers.Delivery(2010, 0.1)
    deliveries = tuple(each if each.year < 2006 else later for each in deal.deliveries)
    return dataclasses.replace(deal, deliveries=deliveries)


def test_a_made_case_sees_nothing_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = registers.read(written(tmp_path, as_deals(LONG)))
    said = said_in_2006(whole)
    false = dataclasses.replace(whole, deals=tuple(map(recorded_otherwise, whole.deals)))
    assert false.deliveries() != whole.deliveries()
    # The world's market after the origin is changed too: who sold what, and who sold at all.
    data = tmp_path / "data"
    shutil.copytree(made_cases.DATA, data)
    lines = (data / "world_orders.csv").read_text().splitlines()
    past = [lines[0], *(line for line in lines[1:] if int(line[5:9]) < 2006)]
    assert len(past) < len(lines)
    later = [f"2002-2006,{kind},{name},9,9" for kind in ("Ships", "Sensors") for name in ("China", "Lemuria")]
    (data / "world_orders.csv").write_text("\n".join([*past, *later]) + "\n")
    monkeypatch.setattr(made_cases, "DATA", data)
    for one, other in zip(said, said_in_2006(false), strict=True):
        assert one.stated() == other.stated(), one.source
        assert one.suppliers == other.suppliers


def test_a_forecast_is_registered_with_its_digest(shipped: list[card.Test]) -> None:
    again = card.of_case((2010,), TRIALS, command="another")[0].registered
    first = shipped[0].registered
    assert again["sha256"] == first["sha256"]
    content = {key: value for key, value in first.items() if key not in ("sha256", "registered", "command")}
    assert forecast.digest(content) == first["sha256"]
    other = card.of_case((2010,), TRIALS, seed=2)[0].registered
    assert other["sha256"] != first["sha256"]


def test_the_record_is_that_of_the_register(shipped: list[card.Test]) -> None:
    share = {each.target: each.value for each in shipped[1].of("model")}
    # From data/deliveries.csv: China delivered 72 % of 2,301 TIV m in 2015-19.
    assert share["share.china"] == pytest.approx(0.72, abs=0.005)
    assert share["total_tiv"] == pytest.approx(2300.7, abs=0.1)


def test_no_change_repeats_the_window_before(shipped: list[card.Test]) -> None:
    said = {each.target: each for each in shipped[1].of("no_change")}
    before = {each.target: each.value for each in shipped[0].of("model")}
    for target in ("share.china", "total_tiv", "n_deals"):
        assert said[target].median == pytest.approx(before[target])


def with_twin(test: card.Test, loss: float = 1.0) -> card.Test:
    """Return a test whose only rival says what the model does, at so much of its loss."""
    model = test.of("model")
    twins = (dataclasses.replace(each, source="twin", crps=loss * each.crps) for each in model)
    return dataclasses.replace(test, scored=(*model, *twins))


def test_skill_is_one_minus_the_ratio_of_scores(shipped: list[card.Test]) -> None:
    for each in card.skill(shipped):
        assert each.low <= each.shares <= each.high
        assert each.headline == pytest.approx(
            1 - card.crps(shipped, "model") / card.crps(shipped, each.baseline)
        )
    # A rival that says the same has skill zero; one that is sure of the record cannot be beaten.
    (twin,) = card.skill([with_twin(test) for test in shipped])
    assert (twin.shares, twin.low, twin.high) == (0.0, 0.0, 0.0)
    assert twin.sentence.startswith("No skill shown")
    sure = [with_twin(test, loss=0.5) for test in shipped]
    assert card.skill(sure)[0].sentence.startswith("Worse than")


def scored_as(tests: list[card.Test], score: float | None, rival: float | None) -> list[card.Test]:
    """Return tests of model and one rival with every score replaced, or left where None is given."""
    return [
        dataclasses.replace(
            test,
            scored=tuple(
                dataclasses.replace(each, source=name, crps=each.crps if value is None else value)
                for name, value in (("model", score), ("rival", rival))
                for each in test.of("model")
            ),
        )
        for test in tests
    ]


def test_skill_against_one_that_is_exactly_right_is_a_plain_number(shipped: list[card.Test]) -> None:
    (worse,) = card.skill(scored_as(shipped, None, 0.0))
    assert (worse.headline, worse.shares, worse.low, worse.high) == (-10.0, -10.0, -10.0, -10.0)
    assert worse.sentence.startswith("Worse than rival")
    (same,) = card.skill(scored_as(shipped, 0.0, 0.0))
    assert (same.headline, same.shares) == (0.0, 0.0)
    assert same.sentence.startswith("No skill shown")


def test_coverage_is_distinguished_by_kind_of_target(shipped: list[card.Test]) -> None:
    years = [each for test in shipped for each in test.of("model") if each.target.startswith("tiv.")]
    groups = card.coverage_by_group(shipped, "0.9")
    assert set(groups) == {"scalars", "shares", "annual volumes"}
    assert len(years) == 10
    assert groups["annual volumes"] == pytest.approx(np.mean([each.coverage["0.9"] for each in years]))
    # A supplier that sells nothing in most trials, and sold nothing: the part of these trials that is inside.
    one = next(e for e in shipped[0].of("model") if e.value == 0.0 and 0.9 < e.pit_range[1] < 0.95)
    assert one.covered["0.9"] and one.coverage["0.9"] == pytest.approx(1.0 - 0.05 / one.pit_range[1])


def test_every_target_is_in_the_histogram(shipped: list[card.Test]) -> None:
    # Records below, between and above all trials.
    ranges = ((0.0, 0.0), (0.25, 0.75), (1.0, 1.0))
    scored = tuple(
        dataclasses.replace(each, pit_range=span)
        for each, span in zip(shipped[0].of("model"), ranges, strict=False)
    )
    figure = backtest_chart.calibration([dataclasses.replace(shipped[0], scored=scored)], TRIALS, 1)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert sum(heights) == pytest.approx(3.0)
    assert heights[0] == pytest.approx(1.0)
    assert heights[-1] == pytest.approx(1.0)


def test_a_young_register_has_a_bootstrap_at_its_own_rate(tmp_path: Path) -> None:
    young = tuple(row for row in LONG if int(str(row[1])) >= 2004)
    whole = registers.read(written(tmp_path, as_deals(young)))
    with origins.from_register(whole, 2006, 5) as origin:
        said = {each.source: each for each in baselines.all_of(origin, 4000, 1)}["bootstrap"]
    # Three orders in the two years on record.
    assert said.window.scalars()["n_deals"].mean() == pytest.approx(7.5, abs=0.2)


def test_only_platforms_are_counted(tmp_path: Path) -> None:
    missile = ("China", 2005, "Dart", "anti-ship missile", "Missiles", (2006,), 1.0, 1.0)
    plain, more = (
        card.of_register(registers.read(written(tmp_path, as_deals(rows))), (2006,), TRIALS)[0]
        for rows in (LONG, (*LONG, missile, (missile[0], 2007, *missile[2:])))
    )
    assert (more.n_deals_known, more.n_deals_scored) == (plain.n_deals_known, plain.n_deals_scored)


def test_a_window_that_is_not_over_cannot_be_scored(tmp_path: Path) -> None:
    whole = registers.read(written(tmp_path, as_deals(LONG)))
    ran: list[int] = []
    with pytest.raises(OutsideHorizon, match="Choose an origin up to 2009"):
        card.of_register(whole, (2006, 2010), TRIALS, execution=Execution(progress=ran.append))
    assert not ran, "refused before anything is run"


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(sim, arguments)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.long
def test_any_importer_in_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(written(tmp_path, as_deals(LONG)))
    given = ("backtest", "--deals", path, "--recipient", "Utopia", "--origin", "2006", "--trials", "50")
    code, text, _ = run(*given, "--json")
    found = json.loads(text)
    assert code == 0
    assert set(found["skill"]) == {"no_change", "pooled_law", "bootstrap", "last_poisson", "order_book"}
    assert 0 <= found["coverage_90"] <= 1
    assert found["crps_leader_share"] >= 0
    assert found["energy_score"] >= 0
    # Orders of 2006-10: one in even years, two in odd ones.
    assert found["n_deals"] == 7
    assert "file" in found["data_vintage"]
    code, text, _ = run(*given, "--out", str(tmp_path / "card"))
    assert code == 0
    for name in ("card.json", "scores.csv", "forecasts/utopia_2006.json", "figures/skill.png"):
        assert (tmp_path / "card" / name).stat().st_size > 0
    # Refused before anything is run.
    monkeypatch.setattr(card, "of_register", lambda *_: pytest.fail("ran"))
    assert run(*given, "--out", str(tmp_path / "card"))[0] == 2


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, as_deals(LONG).replace("1995,2,", "never,2,", 1))
    out = tmp_path / "card"
    code, text, error = run("backtest", "--deals", str(path), "--origin", "2006", "--out", str(out))
    assert (code, text) == (2, "")
    assert error.count("\n") == 1
    assert "row 2, column order_year" in error
    assert not out.exists()
    assert run("backtest", "--origin", "2021")[0] == 2
    assert run("backtest", "--recipient", "Utopia")[0] == 2


def test_an_origin_without_a_scenario_starts_from_the_register() -> None:
    code, text, _ = run("backtest", "--origin", "2012", "--trials", "20", "--json")
    assert code == 0
    assert json.loads(text)["leader"] == ["china"]


def test_a_new_case_can_be_loaded(tmp_path: Path) -> None:
    path = str(written(tmp_path, as_deals(LONG)))
    code, text, _ = run("new-case", "--deals", path, "--as-of", "2010", "--out", str(tmp_path / "utopia"))
    assert code == 0
    assert "Utopia" in text
    made = cases.load(tmp_path / "utopia")
    assert (made.name, made.as_of) == ("utopia", 2010)
    (tmp_path / "file").touch()
    for out, problem in (
        ("utopia", "already exists. Choose another --out."),
        ("file/case", "cannot be written"),
    ):
        code, _, error = run("new-case", "--deals", path, "--as-of", "2010", "--out", str(tmp_path / out))
        assert code == 2
        assert problem in error
        assert error.endswith("Choose another --out.\n")


def test_a_forecast_of_an_open_window_is_frozen(tmp_path: Path) -> None:
    out = tmp_path / "frozen"
    given = ("forecast", "baseline", "--window", "2020-2024", "--year", "2024", "--trials", "50")
    assert run(*given, "--out", str(out))[0] == 0
    found = json.loads((out / "forecast.json").read_text())
    content = {key: value for key, value in found.items() if key not in ("sha256", "registered", "command")}
    assert forecast.digest(content) == found["sha256"]
    targets = found["targets"]
    assert targets["2020-2024.share.china"]["unit"] == "share"
    quantiles = list(targets["2024.total_tiv"]["quantiles"].values())
    assert quantiles == sorted(quantiles)
    assert len(quantiles) == 19
    # The window has four recorded years, so its volume is theirs and that of 2024.
    recorded = targets["2020-2024.total_tiv"]["mean"] - targets["2024.total_tiv"]["mean"]
    assert recorded == pytest.approx(535.1, abs=0.1)
    with (out / "forecast.csv").open() as lines:
        assert {row["target"] for row in csv.DictReader(lines)} == set(targets)
    assert run(*given, "--out", str(out))[0] == 2, "a registered forecast is never replaced"
    assert run("forecast", "baseline", "--window", "1950-1955", "--out", str(tmp_path / "x"))[0] == 2
    assert run("forecast", "baseline", "--window", "soon", "--out", str(tmp_path / "x"))[0] == 2
