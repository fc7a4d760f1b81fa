"""The command that says when something happens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options
from sim.cli.results import with_scenarios
from sim.cli.stored import store
from sim.vocabulary import amounts
from sim.vocabulary.arguments import MASS, PEEL

if TYPE_CHECKING:
    import xarray as xr

    from sim.analysis.discovery.prim import Box

event = click.option("--event", required=True, metavar="TEXT", help="Such as 'hhi@2035 > 0.5'.")


@click.command()
@store
@event
@click.option(
    "--parameters",
    callback=options.names,
    metavar="a,b",
    help="Parameters to look at, or beginnings of names.  [default: all]",
)
@click.option(
    "--box",
    type=options.count(0),
    metavar="N",
    help="Which box of the sequence.  [default: the best mean of coverage and density]",
)
@click.option(
    "--peel",
    type=options.NUMBER,
    default=PEEL,
    show_default=True,
    metavar="PART",
    help="Part of the box that a peel takes off.",
)
@click.option(
    "--mass",
    type=options.NUMBER,
    default=MASS,
    show_default=True,
    metavar="PART",
    help="Least part of the trials that a box holds.",
)
@click.option(
    "--resamples",
    type=options.count(0),
    default=50,
    show_default=True,
    metavar="N",
    help="Resamples that show how often a limit is found again.",
)
@options.seed
@click.option("--tree", is_flag=True, help="A classification tree as a cross-check; needs scikit-learn.")
@options.out("DIR", "A new folder for figures, answer.json, and the box as scenario files.")
@options.dark
@options.as_json
def discover(
    path: Path,
    event: str,
    parameters: tuple[str, ...] | None,
    box: int | None,
    peel: float,
    mass: float,
    resamples: int,
    seed: int,
    tree: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show when something happens: a box of the parameters in which it is frequent.

    STORE is a finished run. Boxes are found on half of its trials (PRIM) and judged on the other half. With
    --out the box is written as a scenario file that can be run.
    """
    from sim import plots
    from sim.analysis.discovery import discovery
    from sim.analysis.discovery.box_scenarios import box_scenarios
    from sim.analysis.discovery.tree import classification_tree
    from sim.cli import findings

    findings.check(out)
    runs, scenarios = with_scenarios(path)
    found = discovery.discover(
        runs,
        event,
        scenarios=scenarios,
        parameters=parameters,
        box=box,
        peel=peel,
        mass=mass,
        resamples=resamples,
        seed=seed,
    )
    grown = (
        classification_tree(runs, event, scenarios=scenarios, parameters=parameters, seed=seed)
        if tree
        else None
    )
    limits = discovery.box_of(found)
    record = _record(found, limits, grown)
    figures = [
        ("trade_off", lambda: plots.trade_off(found)),
        ("box", lambda: plots.box_limits(found)),
    ]
    made = box_scenarios(found, runs, scenarios=scenarios) if out is not None and limits else []
    texts = dict(zip(_files([each.name for each in made]), (each.to_toml() for each in made), strict=True))
    findings.write(record, figures, out, as_json, lambda: _show(record), texts)


def _record(found: xr.Dataset, limits: Box, grown: xr.Dataset | None) -> dict[str, Any]:
    """Return what was found as plain data: the answer, the limits of the box looked at, all boxes, a tree."""
    from sim.analysis.discovery.discovery import answer
    from sim.cli import findings

    here = found.sel(box=found.attrs["box"])
    return {
        "answers": [answer(found)],
        "event": found.attrs["event"],
        "limits": [
            {
                "parameter": name,
                "side": side,
                "limit": getattr(limit, side) if side != "among" else sorted(limit.among or ()),
                "frequency": findings.plain(here["frequency"].sel(parameter=name, side=side).item()),
                "quasi_p": findings.plain(here["quasi_p"].sel(parameter=name, side=side).item()),
            }
            for name, limit in limits.items()
            for side in limit.sides
        ],
        "box": found.attrs["box"],
        "boxes": findings.records(found, [*_FITS, "n_limits"]),
        "tree": [] if grown is None else findings.records(grown, ["rule", "density", "coverage", "mass"]),
    }


def _show(record: dict[str, Any]) -> None:
    """Write the answer and the tables."""
    from sim.cli.terminal import say, write_table

    say(*record["answers"])
    limits = [
        (each["parameter"], each["side"], *(_text(each[k]) for k in ("limit", "frequency", "quasi_p")))
        for each in record["limits"]
    ]
    if limits:
        headings = ("Parameter", "End", "Limit", "Found again", "Quasi-p")
        write_table(headings, limits, right=("Found again", "Quasi-p"))
    names = ("coverage", "density", "mass")
    held = [
        (
            f"{each['box']}{' *' if each['box'] == record['box'] else ''}",
            f"{each['n_limits']}",
            *(_text(each[name]) for name in names),
        )
        for each in record["boxes"]
    ]
    shown = ("Box", "Limits", *(name.capitalize() for name in names))
    write_table(shown, held, "On the trials held out", right=shown)
    if record["tree"]:
        rules = [(each["rule"], _text(each["density"]), _text(each["coverage"])) for each in record["tree"]]
        write_table(("Leaf of the tree", "Density", "Coverage"), rules, right=("Density", "Coverage"))


_FITS = ("coverage", "coverage_low", "coverage_high", "density", "density_low", "density_high", "mass")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " or ".join(value)
    return "–" if value is None else amounts.number(value)


#: Letters of a name that are left in that of its file.
_MOST_LETTERS = 60


def _files(names: list[str]) -> list[str]:
    """Return names of files for scenarios, a number behind those that another has already."""
    found: list[str] = []
    for name in names:
        stem = "".join(each if each.isalnum() or each in "-_" else "_" for each in name)[:_MOST_LETTERS]
        again = (f"{stem}_{k}.toml" for k in range(2, len(names) + 2))
        found.append(next(each for each in (f"{stem}.toml", *again) if each not in found))
    return found
