"""Commands that learn numbers from the record."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli import options

if TYPE_CHECKING:
    from sim.analysis.choice_data import Choices
    from sim.analysis.estimate import Recovery, Report


@click.command()
@click.argument("deals", required=False, metavar="[DEALS]", type=click.Path(path_type=Path))
@options.base
@click.option(
    "--dyads", type=click.Path(path_type=Path), metavar="FILE", help="Distances between pairs of states."
)
@click.option("--from", "first_year", type=int, metavar="YEAR", help="First order year.  [default: all]")
@click.option("--to", "last_year", type=int, metavar="YEAR", help="Last order year.  [default: all]")
@click.option(
    "--simulate",
    "replicates",
    type=click.IntRange(min=2),
    metavar="N",
    help="Also plant the priors' means, simulate N sets of choices and estimate those.",
)
@options.seed
@options.as_json
def estimate(
    deals: Path | None,
    scenario: str,
    dyads: Path | None,
    first_year: int | None,
    last_year: int | None,
    replicates: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Estimate the choice of supplier from recorded deals, beside the priors.

    A conditional logit by maximum likelihood, and penalised by the priors, with errors clustered by recipient
    (by year where there is one recipient).

    DEALS is a table with the columns recipient, supplier, category, order_year, tiv_total_order and
    delivery_years; without it, the register of the scenario's case is used. FILE has the columns recipient,
    supplier, ideal_point_distance and distance (km).
    """
    from dataclasses import asdict

    import numpy as np

    from sim import scenario as scenarios
    from sim.analysis import choice_data
    from sim.analysis import estimate as logit
    from sim.cli.terminal import write_json

    chosen = scenarios.load(scenario)
    if deals is None:
        choices = choice_data.of_case(chosen, first_year, last_year)
    else:
        choices = choice_data.of_table(deals, chosen, dyads, first_year, last_year)
    found = logit.report(choices, chosen.parameters)
    planted = np.array([row.prior for row in found.rows])
    recovered, separated = logit.recovery(choices, planted, replicates, seed) if replicates else ([], 0)
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
    from sim.analysis.choice_data import TERMS, WITHOUT_DATA
    from sim.cli.terminal import write_table

    first, last = found.years
    click.echo(
        f"{found.n_choices} choices, {first}-{last}, in {found.n_clusters} clusters by {found.clustered_by}; "
        f"log likelihood {found.log_likelihood:.1f}, {found.null:.1f} with equal chances."
    )
    if found.dropped:
        click.echo(
            f"{found.dropped} orders left out: the supplier was not in the running by the case's lists."
        )
    if found.is_separated:
        click.echo(
            "The choices separate: plain maximum likelihood has no maximum; only that with priors is shown."
        )
    rows = [
        (
            row.term,
            f"{row.estimate:.2f}",
            f"{row.error:.2f}",
            f"{row.clustered_error:.2f}",
            f"{row.prior:.2f} ± {row.prior_spread:.2f}",
            f"{row.distance:+.1f}",
            f"{row.mode:.2f} ± {row.mode_spread:.2f}",
            f"{row.information:.0%}",
            row.verdict,
        )
        for row in found.rows
    ]
    headings = ("Parameter", "ML", "s.e.", "Clustered", "Prior", "Apart", "With prior", "Learned", "Informed")
    write_table(headings, rows, right=headings[1:8])
    click.echo(
        "Apart: distance to the prior in joint standard errors. Learned: part of the prior's variance taken\n"
        "away; informed from one half, hardly from a tenth."
    )
    left = [(term, "not in this table") for term in TERMS if term not in choices.terms]
    write_table(("Without data", "Why"), [*left, *WITHOUT_DATA.items()])


def _show_recovery(recovered: list[Recovery], replicates: int, separated: int) -> None:
    from sim.cli.terminal import write_table

    rows = [
        (
            row.term,
            f"{row.planted:.2f}",
            f"{row.mean:.2f}",
            f"{row.spread:.2f}",
            f"{row.mean_error:.2f}",
            f"{row.coverage:.0%}",
        )
        for row in recovered
    ]
    headings = ("Parameter", "Planted", "Mean", "Spread", "Mean s.e.", "95 % intervals that hold")
    title = f"{replicates} simulated sets of choices, {separated} of them separated"
    write_table(headings, rows, title, right=headings[1:])
