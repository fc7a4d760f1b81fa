"""Reading a case.toml: each table against its shape, then the tables against each other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from sim.case import schema as shape
from sim.case.schema import CaseFile, Grounded
from sim.files.records import Record, check, key_path, read_toml, shown
from sim.sources import table as evidence
from sim.vocabulary.errors import (
    Contradiction,
    InputError,
    MissingEvidence,
    MissingField,
    OutOfBounds,
    UnknownName,
    nearest,
)

FILE = "case.toml"

_Tables = tuple[tuple[str, type[Record]], ...]

#: Where the inner tables stand, innermost first: an unknown key is then compared with its own table's keys.
_INNER: _Tables = (
    ("states.*.catalogue", shape.Categories),
    ("states.*.capital", shape.Capital),
    ("states.*.distance", shape.Distance),
    ("states.*.votes_like", shape.VotesLike),
    ("states.*", shape.State),
    ("fiscal_year", shape.FiscalYear),
    ("deal_register", shape.RegisterFiles),
    ("world_orders", shape.WorldOrders),
    ("ideal_points", shape.IdealPoints),
    ("camps.*", shape.Camp),
    ("categories.*", shape.Category),
    ("domains.*", shape.Domain),
    ("fronts.*", shape.Front),
    ("channels.*", shape.Channel),
    ("regimes.*", shape.Regime),
    ("grants", shape.Grants),
    ("held.relation.*.*", shape.Index),
    ("held.alignment.*", shape.Share),
    ("held.agreement_rung.*", shape.Rung),
    ("held.posture.*", shape.Level),
    ("held.export_regime", shape.RegimeIndex),
    ("held", shape.Held),
)


def read(folder: Path) -> CaseFile:
    """Return the checked case.toml of a folder."""
    path = folder / FILE
    file = shown(path)
    data = read_toml(path)
    for pattern, model in _INNER:
        for place, table in _tables(data, pattern.split(".")):
            record = check(model, table, file, place)
            if isinstance(record, Grounded):
                _grounded(record, file, place)
    record = check(CaseFile, data, file)
    _fit(record, file)
    return record


def _tables(data: Any, keys: list[str], place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the tables that a pattern such as ``states.*.capital`` names, with their places."""
    if not keys:
        yield place, data
    elif isinstance(data, dict):
        for key in data if keys[0] == "*" else [keys[0]] if keys[0] in data else []:
            yield from _tables(data[key], keys[1:], key_path(place, key))


def _grounded(record: Grounded, file: str, place: str) -> None:
    evidence.check(record.evidence, file, key_path(place, "evidence"))
    if not (record.evidence or record.source or record.assumption):
        remedy = 'Add evidence = ["id"], source = "..." or assumption = "why".'
        raise MissingEvidence(file, place, "does not say where it comes from", remedy)


class _Check:
    """Checks of names against names, all with the same file in their errors."""

    def __init__(self, file: str) -> None:
        self.file = file

    def known(self, names: Iterable[str], choices: Iterable[str], place: str, what: str) -> None:
        """Raise if one of `names` is not among `choices`."""
        choices = tuple(choices)
        for name in names:
            if name not in choices:
                remedy = nearest(name, choices, what)
                raise UnknownName(self.file, place, "no such name: {value}", remedy, name)

    def complete(self, names: Iterable[str], wanted: Iterable[str], place: str) -> None:
        """Raise if one of `wanted` is not among `names`, or the other way round."""
        names, wanted = tuple(names), tuple(wanted)
        self.known(names, wanted, place, "names")
        for name in wanted:
            if name not in names:
                raise MissingField(self.file, key_path(place, name), "must be given", "Add the table.")


def _fit(record: CaseFile, file: str) -> None:
    """Check what one table says against the names in another."""
    check_names = _Check(file)
    _fit_names(record, file, check_names)
    _fit_states(record, file, check_names)
    _fit_categories(record, file, check_names)
    _fit_held(record, file, check_names)
    _fit_relations(record, file, check_names)


def _fit_names(record: CaseFile, file: str, check_names: _Check) -> None:
    """Check the ids, and that the partners come first."""
    for table in ("states", "camps", "categories", "domains", "fronts", "channels", "regimes"):
        if not getattr(record, table):
            raise MissingField(file, table, "empty table", "Give at least one entry.")
        for name in getattr(record, table):
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                remedy = "Use small letters, digits and underscores; the label may be anything."
                raise InputError(file, table, "not a name: {value}", remedy, name)
    check_names.known([record.recipient], record.states, "recipient", "states")
    check_names.known(record.partners, record.suppliers, "partners", "suppliers")
    if record.suppliers[: len(record.partners)] != record.partners:
        remedy = f"Put the tables in this order: {', '.join(record.partners)}, then the others."
        raise Contradiction(file, "states", "the partners are not the first suppliers", remedy)
    residual = [record.residual_supplier] if record.residual_supplier else []
    check_names.known(residual, record.suppliers, "residual_supplier", "suppliers")
    if record.deal_register.last_year < record.deal_register.first_year:
        remedy = "Exchange first_year and last_year."
        raise Contradiction(file, "deal_register", "ends before it begins", remedy)


def _fit_states(record: CaseFile, file: str, check_names: _Check) -> None:
    """Check that each supplier can be placed: its camp, catalogue, distance and votes."""
    home, has_votes = record.states[record.recipient], record.ideal_points is not None
    others = [record.states[name] for name in record.suppliers]
    if (home.capital is None and not all(state.distance for state in others)) or (
        home.votes_as is None and has_votes
    ):
        remedy = "Distances are measured from its capital and its votes."
        raise MissingField(file, f"states.{record.recipient}", "needs capital and votes_as", remedy)
    voters = [name for name in record.suppliers if record.states[name].votes_as]
    spellings: dict[str, str] = {}
    for name in record.suppliers:
        state, place = record.states[name], f"states.{name}"
        for field, given in (
            ("camp", state.camp),
            ("catalogue", state.catalogue),
            ("capital (or distance)", state.capital or state.distance),
            ("votes_as (or votes_like)", state.votes_as or state.votes_like or not has_votes),
        ):
            if given in (None, False):
                raise MissingField(file, place, f"needs {field}", "Add it.")
        catalogue = state.catalogue.categories if state.catalogue else ()
        like = state.votes_like.states if state.votes_like else ()
        check_names.known([state.camp or ""], record.camps, f"{place}.camp", "camps")
        check_names.known(catalogue, record.categories, f"{place}.catalogue.categories", "categories")
        check_names.known(like, voters, f"{place}.votes_like.states", "states that vote")
        for spelling in state.register_names:
            if spelling in spellings:
                message = f"{{value}} belongs to {spellings[spelling]} too"
                raise Contradiction(file, f"{place}.register_names", message, "Keep one.", spelling)
            spellings[spelling] = name


def _fit_categories(record: CaseFile, file: str, check_names: _Check) -> None:
    """Check what is said about categories: markets, domains, fronts, regimes and grants."""
    categories = tuple(record.categories)
    for name, category in record.categories.items():
        if not category.world_orders:
            place = f"categories.{name}.world_orders"
            raise MissingField(file, place, "empty list", "Name the categories to pool.")
    for name, domain in record.domains.items():
        check_names.known(domain.categories, categories, f"domains.{name}.categories", "categories")
    for name, front in record.fronts.items():
        neighbours = [front.neighbour] if front.neighbour else []
        check_names.known(neighbours, record.partners, f"fronts.{name}.neighbour", "partners")
    for name, regime in record.regimes.items():
        place = f"regimes.{name}"
        check_names.known((*regime.permits, *regime.reviews), categories, place, "categories")
        for both in regime.permits:
            if both in regime.reviews:
                raise Contradiction(file, place, "both permitted and reviewed: {value}", "Choose one.", both)
    if record.grants is not None:
        total = sum(record.grants.basket.values())
        check_names.known([record.grants.donor], record.suppliers, "grants.donor", "suppliers")
        check_names.known(record.grants.basket, categories, "grants.basket", "categories")
        if not math.isclose(total, 1.0):
            raise OutOfBounds(file, "grants.basket", "shares sum to {value}, not 1", "Correct one.", total)
        if sum(channel.carries_grants for channel in record.channels.values()) != 1:
            remedy = "Write carries_grants = true in one of them."
            raise Contradiction(file, "channels", "not exactly one carries the grants", remedy)


def _fit_held(record: CaseFile, file: str, check_names: _Check) -> None:
    """Check that each partner has its values, and that the regime exists."""
    held = record.held
    check_names.complete(held.alignment, record.partners, "held.alignment")
    check_names.complete(held.agreement_rung, record.partners, "held.agreement_rung")
    check_names.complete(held.posture, record.partners, "held.posture")
    if held.export_regime.value >= len(record.regimes):
        place, remedy = "held.export_regime.value", f"Give 0 to {len(record.regimes) - 1}."
        raise OutOfBounds(file, place, "there are fewer regimes", remedy, held.export_regime.value)


def _fit_relations(record: CaseFile, file: str, check_names: _Check) -> None:
    """Check that each pair of the recipient and its partners has one relation."""
    actors = (record.recipient, *record.partners)
    pairs = {frozenset(pair): pair for pair in combinations(actors, 2)}
    given = set()
    for actor, others in record.held.relation.items():
        check_names.known([actor, *others], actors, f"held.relation.{actor}", "actors")
        for other in others:
            pair = frozenset((actor, other))
            if actor == other or pair in given:
                place, remedy = f"held.relation.{actor}.{other}", "Give each pair once, in either order."
                raise Contradiction(file, place, "a pair given twice, or a state with itself", remedy)
            given.add(pair)
    for pair, names in pairs.items():
        if pair not in given:
            place = key_path("held.relation", *names)
            raise MissingField(file, place, "must be given", "Add the table, in either order of the two.")
