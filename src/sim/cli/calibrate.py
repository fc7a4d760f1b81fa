"""Commands that learn numbers from the record."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli import options
from sim.cli.program import FAILED
from sim.vocabulary import amounts
from sim.vocabulary.arguments import TRIALS_OF_WAVE
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.analysis.calibrate.checks import Check
    from sim.analysis.calibrate.choice_data import Choices
    from sim.analysis.calibrate.choice_logit import Recovery, Report
    from sim.analysis.calibrate.rank_checks import Verdict
    from sim.analysis.calibrate.waves import Calibration
    from sim.analysis.validate.patterns import Result
    from sim.runs.trials import Execution
    from sim.scenario.scenario import Scenario

#: First year of the orders whose sizes are estimated, unless another is given (evidence: x_deal_size).
FIRST_SIZED = 2006

#: Chance of calling ranks uneven, over all elements, when none is.
SIGNIFICANCE = 0.05

#: Trials in which the record is looked for after calibration.
PREDICTED_TRIALS = 5000

#: Trials of the patterns that are looked at before and after.
PATTERN_TRIALS = 1000


@click.command()
@click.argument("deals", required=False, metavar="[DEALS]", type=options.PATH)
@options.base
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
    help="Also plant the priors' means, simulate N sets of choices and estimate those.",
)
@click.option("--sizes", is_flag=True, help="Estimate sizes of orders instead of the choice of supplier.")
@click.option("--waves", is_flag=True, help="Estimate how often orders are placed, and on what wave.")
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
    """Estimate the choice of supplier from recorded deals, beside what all importers say.

    A conditional logit by maximum likelihood, with errors clustered by recipient (by year where there is one
    recipient), and a hierarchical one: weights about the pooled ones, pair effects about zero. --sizes
    estimates the sizes of a case's orders by category and supplier instead, and --waves how often it orders
    in the long run and how far from that it is at its start, both beside what importers have in common.

    DEALS is a table with the columns recipient, supplier, category, order_year, tiv_total_order and
    delivery_years; without it, the register of the scenario's case is used. FILE has the columns recipient,
    supplier, ideal_point_distance and distance (km).
    """
    from dataclasses import asdict

    import numpy as np

    from sim.analysis.calibrate import choice_data
    from sim.analysis.calibrate import choice_logit as logit
    from sim.cli.terminal import write_json
    from sim.scenario import loading

    if sizes and waves:
        raise click.UsageError("--sizes and --waves are two estimates; ask for one at a time.")
    other = "--sizes" if sizes else "--waves" if waves else None
    if other and replicates is not None:
        raise click.UsageError(
            f"--simulate tries the choice of supplier, not {other}; leave one of them out."
        )
    if other and deals is not None:
        raise click.UsageError(f"{other} reads the register of the scenario's case; leave DEALS out.")
    if waves and (first_year, last_year) != (None, None):
        raise click.UsageError(
            "--waves reads all years before the scenario's start; leave --from and --to out."
        )
    if dyads is not None and deals is None:
        raise click.UsageError("--dyads are those of DEALS; name these too, or leave it out.")
    chosen = loading.load(scenario)
    if sizes:
        _show_sizes(chosen, first_year, last_year, as_json)
        return
    if waves:
        _show_rate(chosen, as_json)
        return
    if deals is None:
        choices = choice_data.of_case(chosen, first_year, last_year)
    else:
        choices = choice_data.of_table(deals, chosen, dyads, first_year, last_year)
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
        pairs = [(p.supplier, f"{p.effect:+.2f} ± {p.error:.2f}", str(p.orders)) for p in found.pairs]
        write_table(("Supplier", "Pair effect", "Orders"), pairs, right=("Pair effect", "Orders"))
    left = [(term, "not in this table") for term in TERMS if term not in choices.terms]
    write_table(("Without data", "Why"), [*left, *WITHOUT_DATA.items()])


def _show_rate(chosen: Scenario, as_json: bool) -> None:
    """Show how often the importer of a case orders, and on what wave it is at the start."""
    from dataclasses import asdict

    from sim.cli.terminal import say, write_json
    from sim.importers import rates, waves

    year = chosen.start.year
    counts = rates.orders_by_year(chosen.case, year)
    found = waves.known(counts)
    if as_json:
        write_json({"first_year": year - len(counts), "orders": counts, **asdict(found)})
        return
    say(
        f"{sum(counts)} platform orders, {year - len(counts)}-{year - 1}: {found.mean:.2f} a year in the "
        f"long run (s.e. of the log {found.error:.2f}). At the end the log of the rate is "
        f"{found.at_end:+.2f} from that, s.d. {found.spread:.2f}."
    )


def _show_sizes(chosen: Scenario, first_year: int | None, last_year: int | None, as_json: bool) -> None:
    """Show how large the orders of a case's register are by category and supplier."""
    import numpy as np

    from sim.case import register
    from sim.cli.terminal import say, write_json, write_table
    from sim.importers.rates import extra, supplier_effects
    from sim.vocabulary.errors import InputError

    case = chosen.case
    low, high = first_year or FIRST_SIZED, last_year or case.record.deal_register.last_year
    listed = [deal for deal in register.read(case)[0] if low <= deal.year <= high]
    sized = [deal for deal in listed if deal.is_platform and deal.tiv > 0]
    if not sized:
        source = f"the register of {case.name}, {low}-{high}"
        raise InputError(source, "", "no orders to estimate from", "Give other years.")
    found, extras = supplier_effects(case, listed), extra(listed)
    categories = [
        (
            name,
            float(np.exp(found.mean[i])) * extras,
            float(found.mean_error[i]),
            sum(d.category == i for d in sized),
        )
        for i, name in enumerate(case.categories)
        if case.record.categories[name].in_register
    ]
    suppliers = [
        (
            name,
            float(np.exp(found.effect[i])),
            float(found.effect_error[i]),
            sum(d.supplier == i for d in sized),
        )
        for i, name in enumerate(case.suppliers)
    ]
    specialties = [
        (
            f"{supplier}.{name}",
            float(np.exp(found.specialty[s, c])),
            sum((d.supplier, d.category) == (s, c) for d in sized),
        )
        for s, supplier in enumerate(case.suppliers)
        for c, name in enumerate(case.categories)
        if found.specialty[s, c]
    ]
    spread = dict(zip(case.categories, map(float, found.spread), strict=True))
    if as_json:
        keys = ("name", "value", "error", "orders")
        write_json(
            {
                "level_error": found.level_error,
                "extras": extras - 1.0,
                "spread": {name: spread[name] for name, *_ in categories},
                "categories": [dict(zip(keys, row, strict=True)) for row in categories],
                "suppliers": [dict(zip(keys, row, strict=True)) for row in suppliers],
                "specialties": [dict(zip(keys[:2] + keys[3:], row, strict=True)) for row in specialties],
            }
        )
        return
    say(
        f"{len(sized)} platform orders with a volume, {low}-{high}, beside what importers have in common. "
        f"What all sizes share is known to {found.level_error:.2f} on the log scale. Missiles, engines and "
        f"naval weapons add {extras - 1.0:.0%} to the volume of platforms; medians are with these."
    )
    for heading, unit, rows in (("Category", "Median, TIV m", categories), ("Supplier", "Factor", suppliers)):
        shown = [(name, amounts.number(value), f"{error:.2f}", str(n)) for name, value, error, n in rows]
        headings = (heading, unit, "s.e. of the log", "Orders")
        write_table(headings, shown, right=headings[1:])
    spreads = [(name, f"{spread[name]:.2f}") for name, *_ in categories]
    write_table(("Category", "S.d. of the log size"), spreads, right=("S.d. of the log size",))
    pairs = [(name, f"{value:.2f}", str(n)) for name, value, n in specialties]
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
            f"{row.coverage:.0%}",
        )
        for row in recovered
    ]
    headings = ("Parameter", "Simulated", "Mean", "Spread", "Mean s.e.", "95 % intervals that hold")
    title = f"{replicates} simulated sets of choices, {separated} of them separated"
    write_table(headings, rows, title, right=headings[1:])


@click.command()
@options.base
@click.option(
    "--trials",
    type=options.count(500),
    default=TRIALS_OF_WAVE,
    show_default=True,
    metavar="N",
    help="Trials of each window in each wave.",
)
@options.seed
@click.option(
    "--rows",
    type=options.count(2),
    default=500,
    show_default=True,
    metavar="N",
    help="Rows of the posterior.",
)
@click.option(
    "--simulated",
    type=options.count(50),
    default=300,
    show_default=True,
    metavar="N",
    help="Simulated truths that the inversion is tested on (simulation-based calibration).",
)
@options.engine
@options.workers
@options.out("DIR", "Folder for posterior.csv and manifest.json; without it, only the tables are shown.")
@click.option("--arviz", "with_arviz", is_flag=True, help="Also write posterior.zarr, a data tree for ArviZ.")
@options.force
@options.as_json
def calibrate(
    scenario: str,
    trials: int,
    seed: int,
    rows: int,
    simulated: int,
    engine: str,
    workers: int | None,
    out: Path | None,
    with_arviz: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Learn parameters from the record, up to the last year that the case allows.

    Approximate Bayesian computation against the windows and statistics of the case's calibration.toml. Shows
    what was learned, and what the record cannot inform; tests the inversion on simulated truths; looks for
    the record among trials of the posterior; and shows, before and after, the patterns that were kept out.

    A scenario uses the result as its source of parameters: posterior = "DIR/posterior.csv".

    Exit code 1 if the ranks of a parameter's simulated truths are not even.
    """
    from contextlib import nullcontext

    from sim.analysis.calibrate import checks as calibration_checks
    from sim.analysis.calibrate import files as calibration_files
    from sim.analysis.calibrate import sentences
    from sim.analysis.calibrate import targets as calibration_targets
    from sim.analysis.calibrate import waves as method
    from sim.cli.terminal import progress, say, write_json
    from sim.files.staging import staged
    from sim.runs.trials import Execution
    from sim.scenario import loading
    from sim.vocabulary.errors import Contradiction

    chosen = loading.load(scenario)
    targets = calibration_targets.load(chosen)
    if with_arviz and out is None:
        raise Contradiction("", "--arviz", "nowhere to write to", "Add --out DIR.")
    if with_arviz:
        calibration_files.check_arviz()
    later = min(trials, PREDICTED_TRIALS)
    with staged(out, force=force, is_ours=_is_calibration) if out else nullcontext() as place:
        with progress((method.WAVES * trials + later) * len(targets.windows)) as advance:
            execution = Execution(None, workers, advance, engine=engine)
            found = method.run(targets, trials, seed, execution=execution)
            columns = found.columns(rows)
            checks, predicted = calibration_checks.check_predictions(found, columns, later, execution)
        verdicts, _ = calibration_checks.check_ranks(found, simulated)
        if place is not None:
            place.mkdir()
            calibration_files.write(place, found, columns, checks, verdicts)
            if with_arviz:
                tree = calibration_files.for_arviz(found, columns, predicted)
                tree.to_zarr(place / calibration_files.DATA, consolidated=False)
    if as_json:
        names = (calibration_files.ROWS, calibration_files.MANIFEST)
        written = [out / name for name in names] if out else []
        write_json(calibration_files.manifest(found, columns, checks, verdicts), written)
    else:
        say(sentences.of_calibration(found))
        _show_waves(found)
        _show_learned(found, verdicts)
        _show_predictions(checks)
        if out is not None:
            after = chosen.with_posterior(out / calibration_files.ROWS)
            _show_patterns(chosen, after, found, seed, Execution(workers=workers, engine=engine))
            click.echo(
                printable(f"Written: {out / calibration_files.ROWS}, {out / calibration_files.MANIFEST}")
            )
    if _uneven(verdicts):
        raise SystemExit(FAILED)


def _is_calibration(path: Path) -> bool:
    """Whether a folder holds an earlier calibration and nothing else."""
    from sim.analysis.calibrate.files import DATA, MANIFEST, ROWS

    found = {each.name for each in path.iterdir()} if path.is_dir() else set()
    return ROWS in found and not found - {ROWS, MANIFEST, DATA}


def _uneven(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the elements whose ranks are not even, at one in twenty over all of them."""
    return [each for each in verdicts if each.p_value < SIGNIFICANCE / len(verdicts)]


def _show_waves(found: Calibration) -> None:
    from sim.cli.terminal import write_table

    rows = [
        (
            str(number),
            "priors" if wave.proposal is None else f"{len(wave.proposal.chosen)} elements proposed",
            f"{wave.trials}",
            f"{wave.plausible:.0%}",
            str(len(wave.projection.correlations)),
            f"{wave.sample.tolerance:.2f}",
            f"{len(wave.sample.weights)}",
            f"{wave.sample.effective_size:.0f}",
        )
        for number, wave in enumerate(found.waves, 1)
    ]
    headings = ("Wave", "From", "Trials", "Plausible", "Summaries", "Tolerance", "Kept", "Effective size")
    write_table(headings, rows, right=headings[2:])


def _show_learned(found: Calibration, verdicts: Sequence[Verdict]) -> None:
    from sim.cli.terminal import say, write_table

    rows = [
        (
            each.key,
            each.prior,
            amounts.with_interval(each.mean, each.low, each.high),
            each.unit,
            f"{each.shift:+.2f}",
            f"{each.contraction:.0%}",
            f"{verdict.p_value:.2f}",
        )
        for each, verdict in zip(found.learned, verdicts, strict=True)
        if each.is_informed
    ]
    headings = ("Informed", "Prior", "Posterior, 90 %", "Unit", "Shift", "Learned", "Even ranks")
    write_table(headings, rows, right=("Shift", "Learned", "Even ranks"))
    left = [
        (each.key, each.prior, f"{each.shift:+.2f}", f"{each.contraction:.0%}", f"{each.ks_distance:.3f}")
        for each in found.learned
        if not each.is_informed
    ]
    band = found.learned[0].band
    columns = (
        "Not informed: keeps its prior",
        "Prior",
        "Shift",
        "Learned",
        f"KS distance (by chance: {band:.3f})",
    )
    write_table(columns, left, right=columns[2:])
    uneven = _uneven(verdicts)
    names = ": " + ", ".join(each.name for each in uneven) if uneven else ""
    say(f"Simulation-based calibration: ranks not even for {len(uneven)} of {len(verdicts)} elements{names}.")


def _show_predictions(checks: Sequence[Check]) -> None:
    from sim.cli.terminal import write_table

    rows = [
        (
            each.name,
            f"{each.recorded:.2f}",
            f"{each.prior_mean:.2f} ({each.prior_low:.2f} to {each.prior_high:.2f})",
            f"{each.mean:.2f} ({each.low:.2f} to {each.high:.2f})",
            f"{each.percentile:.0%}",
            "" if each.is_met else "miss",
        )
        for each in checks
    ]
    headings = ("Target", "Record", "Prior, 90 %", "Posterior, 90 %", "Record's place", "")
    write_table(headings, rows, right=("Record", "Record's place"))


def _show_patterns(
    before: Scenario, after: Scenario, found: Calibration, seed: int, execution: Execution
) -> None:
    from sim.analysis.validate import patterns
    from sim.cli.terminal import write_table

    reasons = found.targets.table.checks
    if not reasons:
        return

    def values(scenario: Scenario) -> list[Result]:
        return patterns.report(scenario, PATTERN_TRIALS, seed, only=tuple(reasons), execution=execution)

    rows = [
        (
            one.pattern,
            one.label.rpartition(": ")[2],
            f"{one.recorded:g}",
            f"{amounts.with_interval(one.mean, one.low, one.high)} {one.verdict}",
            f"{amounts.with_interval(other.mean, other.low, other.high)} {other.verdict}",
            reasons[one.pattern],
        )
        for one, other in zip(values(before), values(after), strict=True)
    ]
    write_table(("Kept out", "Pattern", "Record", "Before", "After", "Why it is no target"), rows)
