"""The command that estimates from recorded deals: choice of supplier, sizes of orders, how many a year."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options
from sim.vocabulary import amounts

if TYPE_CHECKING:
    from sim.analysis.calibrate.choice_data import Choices
    from sim.analysis.calibrate.choice_logit import Recovery, Report
    from sim.case.case import Case
    from sim.scenario.scenario import Scenario

#: First year of the orders whose sizes are estimated, unless another is given (evidence: x_deal_size).
FIRST_SIZED = 2006


@click.command()
@click.argument("deals", required=False, metavar="[DEALS]", type=options.PATH)
@options.base("Scenario whose case and priors are used.")
@click.option("--dyads", type=options.PATH, metavar="FILE", help="Distances between pairs of states.")
@click.option(
    "--from", "first_year", type=options.YEAR, metavar="YEAR", help="First order year.  [default: all]"
)
@click.option("--to", "last_year", type=options.YEAR, metavar="YEAR", help="Last order year.  [default: all]")
@click.option(
    "--simulate",
    "replicates",
    type=options.count(2),
    metavar="N",
    help="Also check the estimator on N sets of choices simulated with the priors' means.",
)
@click.option("--sizes", is_flag=True, help="Estimate sizes of orders instead of the choice of supplier.")
@click.option("--waves", is_flag=True, help="Estimate how often orders are placed instead.")
@options.seed
@options.as_json
def estimate(
    deals: Path | None,
    scenario: str,
    dyads: Path | None,
    first_year: int | None,
    last_year: int | None,
    replicates: int | None,
    sizes: bool,
    waves: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Estimate the choice of supplier from recorded deals, beside a pooled estimate over importers.

    A conditional logit by maximum likelihood, with errors clustered by recipient (by year where there is one
    recipient), and a hierarchical one: weights shrunk towards the pooled ones, pair effects towards zero.
    Instead, --sizes estimates the sizes of a case's orders by category and supplier, and --waves how often it
    orders in the long run and how far from that it is at its start; both beside what importers share.

    DEALS is a table with the columns recipient, supplier, category, order_year, tiv_total_order and
    delivery_years; without it, the register of the scenario's case is used. FILE has the columns recipient,
    supplier, ideal_point_distance and distance (km).
    """
    from sim.scenario import loading

    other = "--sizes" if sizes else "--waves" if waves else ""
    years = first_year, last_year
    if other:
        _check_reads_register(other, sizes and waves, deals, replicates, years)
    if dyads is not None and deals is None:
        raise click.UsageError("--dyads are those of DEALS; name these too, or leave it out.")
    chosen = loading.load(scenario)
    if sizes:
        _sizes(chosen.case, *years, as_json)
    elif waves:
        _rate(chosen, as_json)
    else:
        _choices(chosen, deals, dyads, years, replicates or 0, seed, as_json)


def _check_reads_register(
    option: str,
    is_both: bool,
    deals: Path | None,
    replicates: int | None,
    years: tuple[int | None, int | None],
) -> None:
    """Refuse what does not go with an estimate from the register of the scenario's case."""
    if is_both:
        raise click.UsageError("--sizes and --waves are two estimates; ask for one at a time.")
    if replicates is not None:
        raise click.UsageError(
            f"--simulate tries the choice of supplier, not {option}; leave one of them out."
        )
    if deals is not None:
        raise click.UsageError(f"{option} reads the register of the scenario's case; leave DEALS out.")
    if option == "--waves" and years != (None, None):
        raise click.UsageError(
            "--waves reads all years before the scenario's start; leave --from and --to out."
        )


def _choices(
    chosen: Scenario,
    deals: Path | None,
    dyads: Path | None,
    years: tuple[int | None, int | None],
    replicates: int,
    seed: int,
    as_json: bool,
) -> None:
    """Estimate the choice of supplier from a table of deals, or from the register of the case."""
    from dataclasses import asdict

    import numpy as np

    from sim.analysis.calibrate import choice_data
    from sim.analysis.calibrate import choice_logit as logit
    from sim.cli.terminal import write_json

    if deals is None:
        choices = choice_data.of_case(chosen, *years)
    else:
        choices = choice_data.of_table(deals, chosen, dyads, *years)
    found = logit.report(choices)
    truths = np.array([row.prior for row in found.rows])
    recovered, separated = logit.recovery(choices, truths, replicates, seed) if replicates else ([], 0)
    if as_json:
        content = asdict(found) | {"without_data": choice_data.WITHOUT_DATA}
        for row in content["rows"]:
            row |= {key: None for key, value in row.items() if isinstance(value, float) and math.isnan(value)}
        if replicates:
            content["simulated"] = {
                "replicates": replicates,
                "separated": separated,
                "rows": [asdict(row) for row in recovered],
            }
        write_json(content)
        return
    _show(found, choices)
    if replicates:
        _show_recovery(recovered, replicates, separated)


def _show(found: Report, choices: Choices) -> None:
    from sim.analysis.calibrate import sentences
    from sim.analysis.calibrate.choice_data import TERMS, WITHOUT_DATA
    from sim.cli.terminal import say, write_table

    say(sentences.of_choices(found))
    first, last = found.years
    say(
        f"{found.n_choices} choices, {first}-{last}, in {found.n_clusters} clusters by {found.clustered_by}; "
        f"log likelihood {amounts.fixed(found.log_likelihood, 1)}, {amounts.fixed(found.null, 1)} with equal "
        "chances."
    )
    if found.dropped:
        say(f"{found.dropped} orders left out: the supplier was not in the running by the case's lists.")
    if found.is_separated:
        say("The choices separate: plain maximum likelihood has no maximum; only that with priors is shown.")
    rows = [
        (
            row.term,
            amounts.fixed(row.estimate, 2),
            f"{row.error:.2f}",
            f"{row.clustered_error:.2f}",
            f"{amounts.fixed(row.prior, 2)} ± {row.prior_spread:.2f}",
            amounts.fixed(row.distance, 1, is_signed=True),
            f"{amounts.fixed(row.mode, 2)} ± {row.mode_spread:.2f}",
            amounts.percent(row.information),
            row.verdict,
        )
        for row in found.rows
    ]
    headings = (
        "Parameter",
        "ML",
        "s.e.",
        "Clustered",
        "Pooled",
        "Apart",
        "Hierarchical",
        "Learned",
        "Informed",
    )
    write_table(headings, rows, right=headings[1:8])
    say(
        "Pooled: what all importers say of one, its error and the spread between importers. Apart: distance "
        "to it in joint standard errors. Learned: part of its variance taken away; informed from one half, "
        "hardly from a tenth."
    )
    if found.pairs:
        pairs = [
            (p.supplier, f"{amounts.fixed(p.effect, 2, is_signed=True)} ± {p.error:.2f}", str(p.orders))
            for p in found.pairs
        ]
        write_table(("Supplier", "Pair effect", "Orders"), pairs, right=("Pair effect", "Orders"))
    left = [(term, "not in this table") for term in TERMS if term not in choices.terms]
    write_table(("Without data", "Why"), [*left, *WITHOUT_DATA.items()])


def _rate(chosen: Scenario, as_json: bool) -> None:
    """Estimate how often the importer of a case orders, and on what wave it is at the start."""
    from dataclasses import asdict

    from sim.cli.terminal import say, write_json
    from sim.importers import rates, waves

    year = chosen.start.year
    counts = rates.orders_by_year(chosen.case, year)
    found = waves.known(counts, rates.growth(chosen.parameters))
    if as_json:
        write_json({"first_year": year - len(counts), "orders": counts, **asdict(found)})
        return
    say(
        f"{sum(counts)} platform orders, {year - len(counts)}-{year - 1}: {found.mean:.2f} a year in the "
        f"long run (s.e. of the log {found.error:.2f}). At the end the log of the rate is "
        f"{amounts.fixed(found.at_end, 2, is_signed=True)} from that, s.d. {found.spread:.2f}."
    )


def _sizes(case: Case, first_year: int | None, last_year: int | None, as_json: bool) -> None:
    """Estimate how large the orders of a case's register are by category and supplier."""
    import numpy as np

    from sim.case import register
    from sim.cli.terminal import say, write_json
    from sim.importers.rates import extra, supplier_effects
    from sim.vocabulary.errors import InputError

    low, high = first_year or FIRST_SIZED, last_year or case.record.deal_register.last_year
    listed = [deal for deal in register.read(case)[0] if low <= deal.year <= high]
    sized = [deal for deal in listed if deal.is_platform and deal.tiv > 0]
    if not sized:
        source = f"the register of {case.name}, {low}-{high}"
        raise InputError(source, "", "no orders to estimate from", "Give other years.")
    found, extras = supplier_effects(case, listed), extra(listed)
    categories = [
        (c, name) for c, name in enumerate(case.categories) if case.record.categories[name].in_register
    ]
    content = {
        "level_error": found.level_error,
        "extras": extras - 1.0,
        "spread": {name: float(found.spread[c]) for c, name in categories},
        "categories": [
            {
                "name": name,
                "value": float(np.exp(found.mean[c])) * extras,
                "error": float(found.mean_error[c]),
                "orders": sum(deal.category == c for deal in sized),
            }
            for c, name in categories
        ],
        "suppliers": [
            {
                "name": name,
                "value": float(np.exp(found.effect[s])),
                "error": float(found.effect_error[s]),
                "orders": sum(deal.supplier == s for deal in sized),
            }
            for s, name in enumerate(case.suppliers)
        ],
        "specialties": [
            {
                "name": f"{supplier}.{name}",
                "value": float(np.exp(found.specialty[s, c])),
                "orders": sum((deal.supplier, deal.category) == (s, c) for deal in sized),
            }
            for s, supplier in enumerate(case.suppliers)
            for c, name in enumerate(case.categories)
            if found.specialty[s, c]
        ],
    }
    if as_json:
        write_json(content)
        return
    say(
        f"{len(sized)} platform orders with a volume, {low}-{high}, beside what importers have in common. "
        f"What all sizes share is known to {found.level_error:.2f} on the log scale. Missiles, engines and "
        f"naval weapons add {amounts.percent(extras - 1.0)} to the volume of platforms; medians are with "
        "these."
    )
    _show_sizes(content)


def _show_sizes(content: dict[str, Any]) -> None:
    from sim.cli.terminal import write_table

    def cells(rows: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
        return [
            (row["name"], amounts.number(row["value"]), f"{row['error']:.2f}", str(row["orders"]))
            for row in rows
        ]

    for key, heading, unit in (
        ("categories", "Category", "Median, TIV m"),
        ("suppliers", "Supplier", "Factor"),
    ):
        headings = (heading, unit, "s.e. of the log", "Orders")
        write_table(headings, cells(content[key]), right=headings[1:])
    spreads = [(name, f"{value:.2f}") for name, value in content["spread"].items()]
    write_table(("Category", "S.d. of the log size"), spreads, right=("S.d. of the log size",))
    pairs = [(row["name"], f"{row['value']:.2f}", str(row["orders"])) for row in content["specialties"]]
    write_table(("Supplier and category", "Factor", "Orders"), pairs, right=("Factor", "Orders"))


def _show_recovery(recovered: list[Recovery], replicates: int, separated: int) -> None:
    from sim.cli.terminal import write_table

    rows = [
        (
            row.term,
            f"{row.truth:.2f}",
            f"{row.mean:.2f}",
            f"{row.spread:.2f}",
            f"{row.mean_error:.2f}",
            amounts.percent(row.coverage),
        )
        for row in recovered
    ]
    headings = ("Parameter", "Simulated", "Mean", "Spread", "Mean s.e.", "95 % intervals that hold")
    title = f"{replicates} simulated sets of choices, {separated} of them separated"
    write_table(headings, rows, title, right=headings[1:])
