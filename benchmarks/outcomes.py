"""What the baseline makes of the record, a table for docs/validation.md: ``python -m benchmarks.outcomes``.

Shares and sizes of orders by supplier against the register's, capability outside the register, money
returned, what a new government does to relations, and payoffs by posture. Each line says what is counted,
what is on record where anything is, and what the model has. The record is one history of eighteen years: its
sampling error is by a bootstrap of blocks of its years.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import numpy as np

import sim
from sim.case import register
from sim.numerics.elementary import Z95
from sim.vocabulary import amounts
from sim.vocabulary.arguments import SEED
from sim.vocabulary.axes import QUARTERS

KEEP = (
    "orders",
    "order_count",
    "deliveries",
    "capability",
    "returned",
    "procurement_budget",
    "relation_jump",
    "posture",
    "payoff",
)

#: First and last year of the record that is compared.
SINCE, UNTIL = 2006, 2023
#: The first quarter that no document speaks of.
OPEN = "2026-07-01"
#: A jump of a relation that counts as large: the change of government of 2024 did more, both ways.
LARGE = 0.25
#: Suppliers with at least so many orders on record have a line of their own.
ENOUGH = 5

#: Years of the record that are drawn together, for waves of demand and large deliveries last; and how often.
BLOCK, RESAMPLES = 3, 4000

Line = tuple[str, str, str]


def with_error(values: Any) -> str:
    """Return a mean over trials and the half width of its 95 % interval."""
    return f"{values.mean():.3g} ± {Z95 * values.std(ddof=1) / np.sqrt(len(values)):.1g}"


def of_ratio(over: Any, under: Any) -> str:
    """Return a quotient of sums over trials and the half width of its interval, by the delta method."""
    ratio = over.sum() / under.sum()
    return f"{ratio:.3g} ± {Z95 * (over - ratio * under).std(ddof=1) / under.mean() / np.sqrt(len(over)):.1g}"


def resampled(seed: int) -> Any:
    """Return how often each year of the record is drawn in each resample, shape (resample, year).

    Blocks of years begin anywhere, and go on with the first year after the last (Politis and Romano 1992).
    """
    years = UNTIL + 1 - SINCE
    first = np.random.default_rng(seed).integers(years, size=(RESAMPLES, -(-years // BLOCK)))
    drawn = ((first[..., None] + np.arange(BLOCK)) % years).reshape(RESAMPLES, -1)[:, :years]
    return np.array([np.bincount(row, minlength=years) for row in drawn])


def of_record(over: Any, under: Any, weights: Any) -> str:
    """Return a quotient of sums over years and the half width of the interval of its sampling error."""
    below = weights @ under
    ratios = (weights @ over)[below > 0] / below[below > 0]
    return f"{over.sum() / under.sum():.3g} ± {float(f'{Z95 * ratios.std(ddof=1):.2g}'):g}"


def by_supplier(base: sim.Scenario, runs: Any, seed: int) -> Iterator[Line]:
    """Yield shares of orders and of their volume, and mean sizes."""
    # Missiles and engines come with platforms: they count by their volume, and are no orders of their own.
    deals = [deal for deal in register.read(base.case)[0] if SINCE <= deal.year <= UNTIL]
    shape = base.case.size("supplier"), UNTIL + 1 - SINCE
    placed, ordered = np.zeros((2, *shape))
    for deal in deals:
        ordered[deal.supplier, deal.year - SINCE] += deal.tiv
        placed[deal.supplier, deal.year - SINCE] += deal.is_platform
    weights = resampled(seed)
    volume, number = (runs[name].sum("time") for name in ("orders", "order_count"))
    for k, supplier in enumerate(base.case.suppliers):
        if placed[k].sum() < ENOUGH:
            continue
        tiv, orders = (each.sel(supplier=supplier).values for each in (volume, number))
        title = base.case.display("supplier", supplier)
        yield (
            f"{title}: share of orders",
            of_record(placed[k], placed.sum(axis=0), weights),
            of_ratio(orders, number.sum("supplier").values),
        )
        yield (
            f"{title}: share of their volume",
            of_record(ordered[k], ordered.sum(axis=0), weights),
            of_ratio(tiv, volume.sum("supplier").values),
        )
        yield (
            f"{title}: mean order, TIV m",
            of_record(ordered[k], placed[k], weights),
            of_ratio(tiv, orders),
        )
    delivered = np.zeros(shape[1])
    for each in register.read(base.case)[1]:
        if SINCE <= each.year <= UNTIL:
            delivered[each.year - SINCE] += each.tiv
    yearly = runs["deliveries"].sum(("supplier", "time")).values / (runs.sizes["time"] / QUARTERS)
    yield (
        "Deliveries a year, TIV m",
        of_record(delivered, np.ones(shape[1]), weights),
        with_error(yearly),
    )


def others(base: sim.Scenario, runs: Any) -> Iterator[Line]:
    """Yield capability, money, governments and payoffs."""
    for year in (base.start.year, base.end.year):
        end = runs["capability"].sel(time=f"{year}-10-01", domain="support").values
        yield f"Support capability at the end of {year}, TIV m", "", with_error(end)
    returned, money = (runs[name].sum("time").values for name in ("returned", "procurement_budget"))
    yield "Part of procurement money that is returned", "", of_ratio(returned, money)
    jump = runs["relation_jump"].sel(time=slice(OPEN, None))
    changed = (jump != 0).any("partner")
    apart = (jump.sel(partner="india") <= -LARGE) & (jump.sel(partner="pakistan") >= LARGE)
    against = (jump.sel(partner="india") >= LARGE) & (jump.sel(partner="pakistan") <= -LARGE)
    count = changed.sum("time").values
    yield (
        "A new government: India down and Pakistan up, both by 0.25",
        "",
        of_ratio(apart.sum("time").values, count),
    )
    yield (
        "A new government: India up and Pakistan down, both by 0.25",
        "",
        of_ratio(against.sum("time").values, count),
    )
    for partner in base.case.partners:
        level = runs["posture"].sel(partner=partner, time=slice(OPEN, None)).values.ravel()
        worth = runs["payoff"].sel(actor=partner, time=slice(OPEN, None)).values.ravel()
        means = [
            f"{each:+.0f}: {worth[level == each].mean():.2f} ({amounts.percent(np.mean(level == each))})"
            for each in np.unique(level)
        ]
        yield (
            f"{base.case.display('actor', partner)}: payoff by posture (part of quarters)",
            "",
            ", ".join(means),
        )


@click.command()
@click.option("--trials", default=2000, show_default=True)
@click.option("--seed", default=SEED, show_default=True)
def main(trials: int, seed: int) -> None:
    """Print the table as Markdown."""
    base = sim.load("baseline")
    runs = sim.run(base, trials=trials, seed=seed, keep=KEEP).isel(scenario=0)
    print(f"| {trials:,} trials, seed {seed} | record {SINCE}-{UNTIL} | model |\n| --- | ---: | --- |")
    for line in (*by_supplier(base, runs, seed), *others(base, runs)):
        print(f"| {' | '.join(line)} |")


if __name__ == "__main__":
    main()
