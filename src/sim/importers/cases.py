"""Making a case from a register alone: a folder that can be run as it is, read and bettered.

What a register does not say is neutral and says so: relations of zero, no offers, no grants, no votes, one
quiet border, an open market. What it does say, how often and how much is bought and with what money, is
read as known at the date (`sim.importers.rates`).
"""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

from sim.case import case
from sim.case.case import Case
from sim.files import tables
from sim.files.records import read_toml, readable
from sim.importers import categories, rates
from sim.importers.categories import DATA, identifier
from sim.importers.method import choices
from sim.importers.registers import Deal, Register
from sim.parameter.parameter_set import ParameterSet
from sim.vocabulary.errors import InputError, OutsideHorizon

_POOL = "other"

#: Years of which the world's suppliers are kept.
_YEARS_KEPT = 64

#: How registers call a supplier that they do not know.
_NOBODY = "unknown"
_UNKNOWN = "Not in a register; neutral."
_NO_CAP = "No register says what may be owed: what was ordered was paid for, so nothing is held back."


def make(known: Register, year: int, folder: Path) -> Case:
    """Write a case folder from what was known before the beginning of a year, and load it.

    Parameters
    ----------
    known : Register
        Only what is in it is used; see `Register.known_before`.
    year : int
        The year in which runs begin.
    folder : Path
        A new folder; its name becomes the case's.

    Raises
    ------
    InputError
        If the folder exists, or too little is known.
    """
    with readable(folder):
        is_there = folder.exists()
    if is_there:
        raise InputError(str(folder), "", "already exists", "Choose another folder or remove it first.")
    if not known.deals:
        remedy = "Choose a later origin."
        raise OutsideHorizon("", "origin", f"no deal of {known.recipient} is known before it", remedy, year)
    named = _named(known.deals, year)
    made: dict[str, Any] = _case(known, named, year)
    (folder / "data").mkdir(parents=True)
    try:
        _write_tables(known, folder / "data")
        _write_toml(folder / "case.toml", made)
        (folder / "parameters").mkdir()
        loaded = case.load(folder)
        _write_parameters(loaded, year, folder / "parameters")
        return case.load(folder)
    except BaseException:
        shutil.rmtree(folder)
        raise


def notes(known: Register, year: int) -> list[str]:
    """Return what was assumed or left out in reading a register and making a case of it, a line each."""
    named = _named([deal for deal in known.deals if deal.year < year], year)
    labels = [spellings[0] for spellings in named.values()]
    lost = [state for state in labels if state not in categories.capitals()]
    distance = f"{choices()['unknown_distance']:g} km"
    found = list(known.notes)
    if year > known.last_year + 1:
        found.append(
            f"The register names no year after {known.last_year}: those before {year} count as years "
            f"without orders. Unless they were, begin in {known.last_year + 1}."
        )
    if known.recipient not in categories.capitals():
        found.append(
            f"No capital is known for {known.recipient}: all suppliers at {distance}, without effect."
        )
    elif lost:
        found.append(f"No capital is known for {', '.join(lost)}: at {distance}.")
    return found


def _named(deals: Iterable[Deal], year: int) -> dict[str, tuple[str, ...]]:
    """Return the spellings of each supplier with an entry of its own, those that sold most of late first."""
    method, world = choices(), _world_suppliers(year)
    volume: dict[str, float] = defaultdict(float)
    spellings: dict[str, set[str]] = defaultdict(set)
    for deal in deals:
        name = identifier(deal.supplier)
        spellings[name].add(deal.supplier)
        if deal.year >= year - method["remembered_years"] and not name.startswith(_NOBODY) and name != _POOL:
            volume[name] += deal.tiv
    ranked = sorted(volume, key=lambda name: (-volume[name], name))
    outside = [name for name in ranked if name not in world][: int(method["named_suppliers"])]
    names = [name for name in ranked if name in world or name in outside]
    names += [name for name in world if name not in ranked]
    # The world's spelling comes first and becomes the label.
    return {
        name: tuple(dict.fromkeys([*([world[name][0]] if name in world else []), *sorted(spellings[name])]))
        for name in names
    }


def _world_suppliers(year: int) -> dict[str, tuple[str, set[str]]]:
    """Return name and categories sold of each supplier on the world's market before a year."""
    return _suppliers_in(DATA / "world_orders.csv", year)


@lru_cache(_YEARS_KEPT)
def _suppliers_in(table: Path, year: int) -> dict[str, tuple[str, set[str]]]:
    """Return the same of a table; a panel makes the cases of many recipients in the same years."""
    rows = tables.read(table, ("window", "category", "supplier", "deals"))
    first = min(row.window("window")[1] for row in rows)
    if year <= first:
        remedy = f"Choose {first + 1} or later."
        message = f"the world's orders are known from the end of {first} on"
        raise OutsideHorizon("", "origin", message, remedy, year)
    sold: dict[str, tuple[str, set[str]]] = {}
    for row in rows:
        if row.window("window")[1] < year and row.number_in("deals") > 0:
            name = row.text("supplier")
            sold.setdefault(identifier(name), (name, set()))[1].add(row.text("category"))
    return dict(sorted(sold.items()))


def _case(known: Register, named: Mapping[str, tuple[str, ...]], year: int) -> dict[str, Any]:
    """Return the content of case.toml."""
    home = identifier(known.recipient)
    named = {name: spellings for name, spellings in named.items() if name != home}
    partners = list(named)[: int(choices()["partners"])]
    assumed, template = {"assumption": _UNKNOWN}, _template()
    neutral = {"value": 0.0, **assumed}
    return {
        "title": f"{known.recipient} as its register of arms imports shows it",
        "notes": " ".join(
            [f"Made from the register alone, as known at the beginning of {year}.", *notes(known, year)]
        ),
        "as_of": year,
        "recipient": home,
        "partners": partners,
        "residual_supplier": _POOL,
        "sources": [f"{known.source}, {known.vintage}", "GeoNames (capitals), CC BY 4.0"],
        "fiscal_year": {"recipient": 1, "donor": 1, **assumed},
        "deal_register": {
            "deals": "data/deals.csv",
            "deliveries": "data/deliveries.csv",
            "categories": "data/register_categories.csv",
            "first_year": min(known.first_year, year - 1),
            "last_year": year - 1,
            "not_platforms": template["not_platforms"],
            "source": known.vintage,
        },
        "world_orders": {
            "file": "data/world_orders.csv",
            "floor": 0.5,
            "assumption": "Half of the smallest count that can be observed, so that the logarithm is finite.",
        },
        "states": _states(known, named, year),
        "camps": {"unaligned": {"label": "No camp", "sign": 0, **assumed}},
        "categories": template["categories"],
        "domains": template["domains"],
        "fronts": {"border": {"label": "Border", **assumed}},
        "channels": {"aid": {"label": "Aid", **assumed}},
        "regimes": {
            "open": {
                "label": "Open",
                "since": 1900,
                "permits": list(template["categories"]),
                "reviews": [],
                **assumed,
            }
        },
        "held": {
            "relation": _relations([home, *partners], neutral),
            "alignment": {name: {"value": choices()["neutral_alignment"], **assumed} for name in partners},
            "agreement_rung": {name: {"value": 1, **assumed} for name in partners},
            "posture": {name: {"value": 1, **assumed} for name in partners},
            "export_regime": {"value": 0, **assumed},
        },
    }


def _template() -> dict[str, Any]:
    """Return what every made case has in common."""
    return read_toml(DATA / "template.toml")


def _relations(actors: list[str], value: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    relations: dict[str, dict[str, Any]] = defaultdict(dict)
    for one, other in combinations(actors, 2):
        relations[one][other] = dict(value)
    return dict(relations)


def _states(known: Register, named: Mapping[str, tuple[str, ...]], year: int) -> dict[str, Any]:
    """Return the recipient, its suppliers and the pool of the rest."""
    capitals = categories.capitals()
    far = {
        "distance": {"km": choices()["unknown_distance"], "assumption": "Its capital is not in the table."}
    }

    def place(name: str) -> dict[str, Any]:
        if known.recipient not in capitals or name not in capitals:
            return far
        capital, latitude, longitude = capitals[name]
        return {"capital": {"name": capital, "latitude": latitude, "longitude": longitude}}

    bought: dict[str, set[str]] = defaultdict(set)
    for deal in known.deals:
        bought[identifier(deal.supplier)].add(categories.becomes(deal.kind, deal.description))
    world, sellable = _world_suppliers(year), _template()["categories"]
    states: dict[str, Any] = {
        identifier(known.recipient): {
            "label": known.recipient,
            **(place(known.recipient) if known.recipient in capitals else {}),
        }
    }
    for name, spellings in named.items():
        sold = world[name][1] if name in world else set()
        sells = [
            category
            for category, known in sellable.items()
            if category in bought[name] or sold.intersection(known["world_orders"])
        ]
        reason = "What it sold to the recipient or, by kind of weapon, to the world."
        states[name] = {
            "label": spellings[0],
            "register_names": list(spellings),
            "camp": "unaligned",
            "catalogue": {"categories": sells, "source": reason},
            **place(spellings[0]),
        }
    states[_POOL] = {
        "label": "Other suppliers",
        "camp": "unaligned",
        "catalogue": {
            "categories": list(sellable),
            "assumption": "Between them they make everything.",
        },
        **far,
    }
    return states


def _write_tables(known: Register, folder: Path) -> None:
    """Write the register in the form that cases have, and the tables of the market."""
    shutil.copyfile(DATA / "world_orders.csv", folder / "world_orders.csv")
    kinds = sorted({(deal.kind, deal.description) for deal in known.deals})
    _write_csv(
        folder / "register_categories.csv",
        ("category", "description", "becomes", "reason"),
        ((kind, text, categories.becomes(kind, text), "By its description") for kind, text in kinds),
    )
    _write_csv(
        folder / "deals.csv",
        (
            "supplier",
            "order_year",
            "designation",
            "description",
            "delivery_years",
            "tiv_total_order",
            "tiv_delivered",
            "category",
        ),
        (
            (
                deal.supplier,
                deal.year,
                deal.item,
                deal.description,
                "; ".join(str(each.year) for each in deal.deliveries),
                deal.tiv,
                "" if deal.is_running else deal.delivered,
                deal.kind,
            )
            for deal in known.deals
        ),
    )
    _write_csv(
        folder / "deliveries.csv",
        ("supplier", "year", "tiv", "description", "designation", "category"),
        (
            (deal.supplier, each.year, each.tiv, deal.description, deal.item, deal.kind)
            for deal in known.deals
            for each in deal.deliveries
        ),
    )


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_parameters(made: Case, year: int, folder: Path) -> None:
    """Write rates, sizes and the budget that paid for them."""
    parameters = ParameterSet.load(made)
    price, share = (
        rates.general_value("contracts", "price_level"),
        rates.general_value("budget", "procurement_share"),
    )
    budget = rates.yearly_volume(made, rates.remembered(made, year), year) * price / share
    why = f"Own calculation from the register as known before {year}; see the method in sim/importers."
    low, high = parameters["economy.initial_military_budget"].bounds
    boundless = parameters["budget.commitment_ceiling"].bounds[1]
    files: dict[str, dict[str, Any]] = {
        "economy": {"initial_military_budget": {"value": min(max(budget, low), high), "assumption": why}},
        "budget": {"commitment_ceiling": {"value": boundless, "assumption": _NO_CAP}},
    }
    for key, change in rates.known(made, year, parameters).items():
        mechanism, name, *labels = key.split(".")
        if name != "price_level":
            table = files.setdefault(mechanism, {}).setdefault(name, {})
            for label in ("at", *labels) if labels else ():
                table = table.setdefault(label, {})
            table |= {**change, "assumption": why}
    for mechanism, content in files.items():
        _write_toml(folder / f"{mechanism}.toml", content)


def _write_toml(path: Path, content: Mapping[str, Any]) -> None:
    import tomli_w

    path.write_text(tomli_w.dumps(content), encoding="utf-8")
