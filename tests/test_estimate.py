"""The logit of supplier choice: simulated coefficients come back, and the data say what they cannot."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sim
from sim.analysis.calibrate import choice_data
from sim.analysis.calibrate import choice_logit as estimate
from sim.analysis.calibrate.choice_data import Choices
from sim.case import register
from sim.cli import sim as program
from sim.importers import rates, sizes, waves
from sim.importers.method import estimate as estimate_of
from sim.scenario.scenario import Scenario
from sim.vocabulary.errors import BadSyntax, Contradiction, InputError, MissingField

TRUTHS = np.array([0.8, -0.5, 1.2])


def simulated(n_choices: int, seed: int = 1, n_suppliers: int = 6) -> Choices:
    """Choices by the logit itself, among suppliers of whom some are missing now and then."""
    random = np.random.default_rng(seed)
    available = random.random((n_choices, n_suppliers)) < 0.8
    available[:, :2] = True
    empty = Choices(
        terms=("attraction.installed_weight", "attraction.experience_weight", "attraction.recent_weight"),
        suppliers=tuple("abcdef"[:n_suppliers]),
        covariates=random.normal(size=(n_choices, n_suppliers, 3)),
        available=available,
        chosen=np.zeros(n_choices, dtype=int),
        year=np.arange(n_choices) % 20 + 2000,
        cluster=np.arange(n_choices) % 40,
        clustered_by="recipient",
    )
    return estimate.simulate(empty, TRUTHS, random)


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return sim.load("baseline")


@pytest.fixture(scope="module")
def recorded(baseline: Scenario) -> Choices:
    return choice_data.of_case(baseline)


def test_the_gradient_is_that_of_finite_differences() -> None:
    choices, at, step = simulated(50), np.array([0.3, 0.1, -0.4]), 1e-5
    along = np.eye(3) * step
    numeric = [
        (estimate.log_likelihood(at + d, choices) - estimate.log_likelihood(at - d, choices)) / (2 * step)
        for d in along
    ]
    assert estimate.scores(at, choices).sum(axis=0) == pytest.approx(numeric, abs=1e-6)
    bent = [
        (estimate.scores(at + d, choices) - estimate.scores(at - d, choices)).sum(axis=0) / (2 * step)
        for d in along
    ]
    assert estimate.hessian(at, choices) == pytest.approx(np.array(bent), abs=1e-5)


def test_simulated_coefficients_come_back() -> None:
    found = estimate.fit(simulated(3000))
    error = np.sqrt(np.diag(found.covariance))
    assert (np.abs(found.coefficients - TRUTHS) < 3 * error).all()
    assert (error < 0.06).all()
    # Independent errors: the sandwich agrees with the Hessian, up to the noise of forty clusters.
    assert np.sqrt(np.diag(found.clustered)) == pytest.approx(error, rel=0.5)


@pytest.mark.long
def test_intervals_of_simulated_choices_hold_the_truth() -> None:
    rows, separated = estimate.recovery(simulated(150), TRUTHS, replicates=60, seed=3)
    assert separated == 0
    for row in rows:
        assert 0.85 <= row.coverage <= 1.0  # 95 % less 3.5 standard errors of 60 replicates
        assert row.mean_error == pytest.approx(row.spread, rel=0.3)


def test_one_choice_counted_twice_in_a_cluster_widens_clustered_errors_only() -> None:
    once = simulated(400)
    once = replace(once, cluster=np.arange(400))
    twice = Choices(
        **{
            **{name: getattr(once, name) for name in ("terms", "suppliers", "clustered_by")},
            **{
                name: np.concatenate([getattr(once, name)] * 2)
                for name in ("covariates", "available", "chosen", "year", "cluster")
            },
        }
    )
    one, other = estimate.fit(once), estimate.fit(twice)
    assert other.covariance == pytest.approx(one.covariance / 2, rel=1e-4)
    assert other.clustered == pytest.approx(one.clustered, rel=1e-4)


def test_a_tight_prior_wins_and_a_flat_one_does_not_count() -> None:
    choices, mean = simulated(200), np.array([3.0, 3.0, 3.0])
    assert estimate.fit(choices, (mean, np.full(3, 1e-3))).coefficients == pytest.approx(mean, abs=1e-2)
    plain = estimate.fit(choices).coefficients
    assert estimate.fit(choices, (mean, np.full(3, 1e4))).coefficients == pytest.approx(plain, abs=1e-5)


def test_separation_is_found_and_reported() -> None:
    choices = simulated(60)
    best = np.where(choices.available, choices.covariates[..., 0], -np.inf).argmax(axis=1)
    assert estimate.separates(replace(choices, chosen=best))
    assert not estimate.separates(choices)
    report = estimate.report(replace(choices, chosen=best))
    assert report.is_separated
    assert all(np.isnan(row.estimate) and np.isfinite(row.mode) for row in report.rows)


def test_the_register_as_choices(recorded: Choices) -> None:
    assert recorded.terms == choice_data.TERMS
    assert (recorded.year.min(), recorded.year.max()) == (2000, 2023)
    assert recorded.clustered_by == "year" and recorded.dropped == 0
    share, known = recorded.covariates[..., 0], recorded.covariates[..., 1]
    assert share.min() >= 0 and share.sum(axis=1).max() <= 1 + 1e-12
    assert known.min() >= 0 and 0.8 < known.max() < 1
    # The pool is nobody's partner: it is neither known nor recent, and the only one with its own weight.
    pool = recorded.suppliers.index("other")
    assert not recorded.covariates[:, pool, :3].any()
    assert np.array_equal(recorded.covariates[0, :, -1], np.arange(len(recorded.suppliers)) == pool)
    assert set(np.unique(recorded.covariates[..., 2])) == {0.0, 1.0}
    # An export ban leaves the controlled supplier out until 2014.
    japan = recorded.suppliers.index("japan")
    assert not recorded.available[recorded.year < 2014, japan].any()
    assert recorded.available[recorded.year >= 2014, japan].any()


def test_covariates_know_nothing_of_their_own_year_or_later(baseline: Scenario, recorded: Choices) -> None:
    early = choice_data.of_case(baseline, last_year=2010)
    first = recorded.year <= 2010
    assert np.array_equal(early.covariates, recorded.covariates[first])
    same_year = recorded.covariates[recorded.year == 2011]
    # All choices of a year start from the same installed base.
    assert np.ptp(same_year[..., 0], axis=0).max() == 0


def test_the_report_says_what_the_data_cannot_inform(recorded: Choices) -> None:
    report = estimate.report(recorded)
    assert report.n_choices == 87 and not report.is_separated
    for row in report.rows:
        assert 0 <= row.information <= 1
        assert row.mode_spread <= row.prior_spread
        assert row.verdict == (
            "informed" if row.information >= 0.5 else "hardly" if row.information >= 0.1 else "no"
        )


def test_the_shipped_weights_and_pairs_are_those_of_the_estimate(
    recorded: Choices, baseline: Scenario
) -> None:
    report, shipped = estimate.report(recorded), baseline.parameters
    for row in report.rows:
        if row.term not in ("standing.ideal_point_weight", "standing.distance_weight"):
            assert shipped[row.term].distribution.numbers == pytest.approx(
                (row.mode, row.mode_spread), abs=0.006
            )
    for pair in report.pairs:
        if pair.supplier != "russia":  # sanctions since 2022 come on top
            numbers = shipped[f"standing.pair_effect.{pair.supplier}"].distribution.numbers
            assert numbers == pytest.approx((pair.effect, pair.error), abs=0.006), pair.supplier
    # With all that the model adds up in its standing part, prices among it, the orders on record come out.
    price = shipped.array("standing.price_elasticity") * np.log(shipped.array("standing.price_factor"))
    assert recorded.offset == pytest.approx(-price)
    expected = estimate.probabilities(
        np.array([*(row.mode for row in report.rows), *(pair.effect for pair in report.pairs)]),
        estimate.with_pairs(recorded),
    ).sum(axis=0)
    china = recorded.suppliers.index("china")
    assert expected[china] == pytest.approx(np.count_nonzero(recorded.chosen == china), abs=2)


def test_the_shipped_sizes_are_those_of_the_estimate(baseline: Scenario) -> None:
    deals = [deal for deal in register.read(baseline.case)[0] if deal.year >= 2006]
    found, shipped = rates.supplier_effects(baseline.case, deals), baseline.parameters
    for c, category in enumerate(baseline.case.categories):
        if baseline.case.record.categories[category].in_register:
            median = np.exp(found.mean[c]) * rates.extra(deals)
            assert shipped[f"contracts.size_median.{category}"].value == pytest.approx(median, rel=0.01)
    for i, supplier in enumerate(baseline.case.suppliers):
        if any(deal.supplier == i and deal.is_platform and deal.tiv > 0.05 for deal in deals):
            numbers = shipped[f"contracts.size_factor.{supplier}"].distribution.numbers
            assert numbers == pytest.approx((np.exp(found.effect[i]), found.effect_error[i]), rel=0.05), (
                supplier
            )


def test_what_was_owed_on_record_is_below_the_ceiling_of_commitments(baseline: Scenario) -> None:
    parameters = baseline.parameters
    price = parameters.array("contracts.price_level")
    factor = parameters.array("standing.price_factor")
    years = float(parameters.array("payments.payment_years"))
    share = float(parameters.array("budget.procurement_share"))
    rows = csv.DictReader(
        (baseline.case.folder / "data/military_spending.csv").read_text("utf-8").splitlines()
    )
    spent = {int(r["year"]): float(r["value"]) for r in rows if r["metric"] == "milex_constant_2023"}
    orders = [
        (deal.year, deal.tiv * price[deal.category] * factor[deal.supplier])
        for deal in register.read(baseline.case)[0]
    ]
    owed = {
        year: sum(value * max(0.0, 1 - (year - when) / years) for when, value in orders if when <= year)
        / (share * spent[year])
        for year in range(1996, 2024)
    }
    assert max(owed, key=owed.__getitem__) == 2013
    ceiling = parameters["budget.commitment_ceiling"].distribution
    assert ceiling.numbers == pytest.approx((owed[2013], 2 * owed[2013]), rel=0.02)


def test_simulated_sizes_come_back() -> None:
    random = np.random.default_rng(3)
    supplier, category = random.integers(0, 8, 1500), random.integers(0, 3, 1500)
    effect = np.array([0.9, -0.5, 0.2, 0.0, -0.2, 0.4, -0.6, -0.2])
    log_size = np.array([2.0, 3.0, 4.0])[category] + effect[supplier] + 1.1 * random.standard_normal(1500)
    found = sizes.estimate(
        log_size,
        category,
        supplier,
        np.zeros(1500, dtype=int),
        np.zeros(1500),
        np.array([2.5, 3.0, 3.5, 5.0]),
        np.full(4, 1.3),
        9,
    )
    by_pair = found.mean[:3] + found.effect[:8, None] + found.specialty[:8, :3]
    assert by_pair == pytest.approx(np.array([2.0, 3.0, 4.0]) + effect[:, None], abs=0.35)
    assert found.spread[:3] == pytest.approx(1.1, abs=0.08)
    gaps = found.effect[:8] - found.effect[:8].mean() - (effect - effect.mean())
    assert np.abs(gaps).max() < 0.3
    # Without an order there is no effect, and all the spread between suppliers; a category keeps the general
    # mean, but for what the others say of the level.
    assert (found.effect[8], found.specialty[8].any()) == (0.0, False)
    assert found.effect_error[8] == pytest.approx(estimate_of("sizes", "between_suppliers"), rel=1e-6)
    assert found.mean[3] == pytest.approx(5.0, abs=0.3)


def test_orders_that_went_to_the_base_are_large_for_that_reason() -> None:
    nobody = np.zeros(400, dtype=int)
    advantage = np.repeat([0.6, -0.2], 200)
    log_size = 3.0 + estimate_of("sizes", "base_pull") * 1.2 * advantage
    supplier = np.repeat([0, 1], 200)
    found = sizes.estimate(log_size, nobody, supplier, nobody, advantage, np.array([3.0]), np.array([1.2]), 2)
    assert found.effect == pytest.approx([0.0, 0.0], abs=1e-6)


def test_a_quiet_importer_on_a_high_wave() -> None:
    usual = waves.known([2, 2, 3, 2, 2, 2, 3, 2, 2, 2] * 3)
    risen = waves.known([2, 2, 3, 2, 2, 2, 3, 2, 2, 2] * 2 + [2, 2, 3, 2, 2, 2, 7, 8, 9, 8])
    assert usual.mean == pytest.approx(2.4, abs=0.4) and abs(usual.at_end) < 0.35
    # Part of it is taken for a wave, which passes, and part for a higher mean.
    assert risen.at_end > 0.6 and usual.mean < risen.mean < 5.0
    nothing = waves.known([])
    assert (nothing.mean, nothing.at_end) == pytest.approx((2.2, 0.0), rel=1e-6, abs=1e-6)
    # Of the mean, and of the wave on top of it.
    assert nothing.spread == pytest.approx(np.hypot(0.8, 0.49), rel=0.01)


def test_what_grows_with_the_budget_is_no_wave() -> None:
    risen = [round(4 * 1.04 ** (year - 40)) for year in range(40)]
    taken_for_wave, grown, level = waves.known(risen), waves.known(risen, 0.04), waves.known([4] * 40)
    assert abs(grown.at_end) < 0.1 < taken_for_wave.at_end
    assert taken_for_wave.mean < grown.mean == pytest.approx(level.mean, rel=0.1)
    assert np.isfinite(waves.known(risen, -0.6).mean)


TABLE = [
    ("recipient", "supplier", "category", "order_year", "tiv_total_order", "delivery_years"),
    ("avalon", "oz", "ships", "1999", "10", "2000; 2001"),
    ("avalon", "narnia", "ships", "2001", "20", "2004"),
    ("avalon", "oz", "ships", "2005", "1", ""),
    ("avalon", "narnia", "guns", "2006", "1", "2007"),
    ("lilliput", "oz", "guns", "2003", "5", "2003"),
    ("lilliput", "oz", "ships", "2006", "1", "2007"),
]


def table(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    path = folder / "deals.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_table_of_several_recipients(tmp_path: Path, baseline: Scenario) -> None:
    found = choice_data.of_table(table(tmp_path, TABLE), baseline)
    assert found.terms == choice_data.TERMS[:5]
    assert found.clustered_by == "recipient" and found.n_clusters == 2
    assert list(found.year) == [2005, 2006, 2006]
    oz, narnia = found.suppliers.index("oz"), found.suppliers.index("narnia")
    installed, known, recent, new, old = found.covariates[0].T
    # Avalon at the beginning of 2005: half of the ten of 2000 and 2001, worn, and the twenty of 2004.
    from_oz = 5 * 0.96**4 + 5 * 0.96**3
    assert installed[oz] == pytest.approx(from_oz / (from_oz + 20))
    assert known[oz] == pytest.approx(0.8**5 / (0.8**5 + 0.1))
    assert old == pytest.approx(known * (new + old - np.log(0.05)))
    assert (recent[oz], recent[narnia]) == (0, 1)
    assert np.exp(new + old) == pytest.approx([1, 0.5] if narnia == 0 else [0.5, 1])


def test_a_table_of_one_recipient_is_clustered_by_year(tmp_path: Path, baseline: Scenario) -> None:
    found = choice_data.of_table(table(tmp_path, TABLE[:5]), baseline, last_year=2005)
    assert found.clustered_by == "year" and found.terms == choice_data.TERMS[:3]


@pytest.mark.parametrize(
    ("row", "error", "says"),
    [
        (("avalon", "oz", "ships", "2005", "1", "soon"), BadSyntax, "row 8, column delivery_years"),
        (("avalon", "", "ships", "2005", "1", ""), MissingField, "row 8, column supplier"),
    ],
)
def test_a_bad_row_is_named(
    tmp_path: Path, baseline: Scenario, row: tuple[str, ...], error: type[InputError], says: str
) -> None:
    with pytest.raises(error, match=says):
        choice_data.of_table(table(tmp_path, [*TABLE, row]), baseline)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (TABLE[:1], "a header without deals"),
        ([], "empty file"),
        ([*TABLE, ("avalon", "oz", "ships", "1e308", "1", "")], "row 8, column order_year"),
        ([*TABLE, ("avalon", "oz", "ships", "9999", "1", "")], "row 8, column order_year = 9999: not in"),
        ([*TABLE, ("avalon", "oz", "ships", "2005.5", "1", "")], "row 8, column order_year"),
        ([*TABLE, ("avalon", "oz", "ships", "2005", "-1", "")], "row 8, column tiv_total_order"),
        ([*TABLE, ("avalon", "oz", "ships", "2005", "1e300", "")], "row 8, column tiv_total_order"),
        ([*TABLE, ("avalon", "oz", "ships", "2005", "inf", "2006")], "row 8, column tiv_total_order"),
        ([(*row, row[1]) for row in TABLE], "row 1: supplier: given twice"),
        ([row[:-1] for row in TABLE], "no column delivery_years"),
    ],
)
def test_a_table_out_of_bounds_is_one_line(
    tmp_path: Path, baseline: Scenario, rows: list[tuple[str, ...]], says: str
) -> None:
    with pytest.raises(InputError, match=says) as caught:
        choice_data.of_table(table(tmp_path, rows), baseline)
    assert "\n" not in str(caught.value)


def test_a_table_that_fits_no_memory_is_refused(
    tmp_path: Path, baseline: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice_data, "_LARGEST_TABLE", 63)
    with pytest.raises(Contradiction, match="2 recipients, 2 suppliers, 2 categories are too many"):
        choice_data.of_table(table(tmp_path, TABLE), baseline)


def test_distances_are_wanted_for_every_pair(tmp_path: Path, baseline: Scenario) -> None:
    dyads = tmp_path / "dyads.csv"
    dyads.write_text("recipient,supplier,ideal_point_distance,distance\navalon,oz,1,100\n", encoding="utf-8")
    with pytest.raises(MissingField, match="no row for avalon and narnia"):
        choice_data.of_table(table(tmp_path, TABLE), baseline, dyads)
    with dyads.open("a", encoding="utf-8") as file:
        file.write("avalon,narnia,2,200\nlilliput,oz,0,50\nlilliput,narnia,1,60\n")
    found = choice_data.of_table(table(tmp_path, TABLE), baseline, dyads)
    assert found.terms == choice_data.TERMS[:-1]
    assert found.covariates[0, found.suppliers.index("narnia"), 5:] == pytest.approx([-2, -np.log(200)])


def test_a_column_that_tells_nobody_apart_is_left_out(tmp_path: Path, baseline: Scenario) -> None:
    dyads = tmp_path / "dyads.csv"
    pairs = [
        f"{one},{other},1,{km}" for one in ("avalon", "lilliput") for other, km in (("oz", 9), ("narnia", 90))
    ]
    dyads.write_text(
        "\n".join(["recipient,supplier,ideal_point_distance,distance", *pairs]), encoding="utf-8"
    )
    found = choice_data.of_table(table(tmp_path, TABLE), baseline, dyads)
    assert found.terms == (*choice_data.TERMS[:5], "standing.distance_weight")
    assert found.covariates.shape == (3, 2, 6)


def test_no_choices_is_one_line(tmp_path: Path, baseline: Scenario) -> None:
    with pytest.raises(Contradiction, match="no choices to estimate from"):
        choice_data.of_table(table(tmp_path, TABLE[:2]), baseline)


def test_the_command_prints_and_writes_json() -> None:
    shown = CliRunner().invoke(program, ["estimate", "--simulate", "3"])
    assert shown.exit_code == 0, shown.output
    assert "87 choices, 2000-2023" in shown.output and "installed_weight" in shown.output
    assert "3 simulated sets of choices" in shown.output
    written = CliRunner().invoke(program, ["estimate", "--to", "2018", "--json"])
    content = json.loads(written.stdout)
    assert content["years"] == [2000, 2018] and len(content["rows"]) == 8
