"""The sections of a page, each from what the library knows already."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis.compare import tables
from sim.analysis.compare.effects import Effect, effects, prescribed, ranked
from sim.analysis.compare.sentences import level, sentence, together
from sim.analysis.compare.summary import Row
from sim.parameter.elements import Element
from sim.report.parts import Picture, Table, picture
from sim.scenario.loading import diff
from sim.scenario.scenario import Scenario
from sim.sources import table as sources
from sim.vocabulary import amounts
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    import xarray as xr

_DATA = Path(__file__).parent.parent / "data"

#: What the method cannot do, and known weaknesses of cases; what forecasts of the past came to.
LIMITS, TRACK_RECORD = _DATA / "limits.toml", _DATA / "track_record.toml"

#: Effects of a scenario that are listed.
_LISTED = 6


@dataclass(frozen=True)
class Future:
    """A scenario, as the page presents it."""

    name: str
    title: str
    story: str
    changes: Table | None
    moves: Table | None


@dataclass(frozen=True)
class Statement:
    """Something the reader should know before concluding."""

    title: str
    text: str


def question(titles: Sequence[str], reference: str, year: int) -> str:
    """Return what the page asks, unless the user says so."""
    others = [f"“{title}”" for title in titles if title != reference]
    if not others:
        return f"Where does “{reference}” lead by {year}?"
    if len(others) > 3:
        return f"How do {len(others)} futures differ from “{reference}” by {year}?"
    named = others[0] if len(others) == 1 else f"{', '.join(others[:-1])} and {others[-1]}"
    return f"{named}: what would be different from “{reference}” by {year}?"


def answers(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """Return a sentence for every scenario: on the first measure, and on the other headline measures.

    Of a single scenario, where it ends.
    """
    last = [row for row in rows if row.is_headline and row.year == rows[-1].year]
    is_paired = any(row.difference for row in last)
    said = [
        (row.measure == rows[0].measure, sentence(row, _reference(rows, row)) if is_paired else level(row))
        for row in last
        if row.difference or not is_paired
    ]
    return [text for is_first, text in said if is_first], [text for is_first, text in said if not is_first]


def _reference(rows: Sequence[Row], row: Row) -> str:
    """Return the title of what a row is compared with."""
    name = row.difference.reference if row.difference else row.scenario
    return next(each.title for each in rows if each.scenario == name)


def results(rows: Sequence[Row]) -> list[Table]:
    """Return the table of a comparison, one for each measure."""
    columns = tables.COLUMNS if any(row.difference for row in rows) else tables.COLUMNS[: tables.LEVELS]
    numbers = frozenset({0, *range(2, len(columns))})
    return [
        Table(heading, columns, tuple(tuple(line[: len(columns)]) for line in lines), numbers)
        for heading, lines in tables.grids(rows)
    ]


def futures(runs: xr.Dataset, scenarios: Mapping[str, Scenario], reference: str) -> list[Future]:
    """Return the scenarios: what each tells, assumes otherwise than the reference, and moves most."""
    found = effects(runs, reference) if len(scenarios) > 1 else None
    return [
        Future(
            name,
            each.title,
            each.story.strip(),
            None if name == reference else _changes(scenarios[reference], each),
            None if name == reference or found is None else _moves(found, scenarios[reference], each),
        )
        for name, each in scenarios.items()
    ]


def _changes(reference: Scenario, other: Scenario) -> Table:
    caption = f"What “{other.title}” assumes otherwise than “{reference.title}”"
    found = diff(reference, other)
    columns = ["Kind", "What", reference.title, other.title, "Unit", "Note"]
    rows = [
        (each.kind, "" if each.kind == "event" else each.key, each.a, each.b, each.unit, each.note)
        for each in found
    ]
    return _filled(caption, columns, rows)


def _filled(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a table without the columns that are empty in every row."""
    kept = [k for k in range(len(columns)) if any(row[k] for row in rows)]
    return Table(caption, tuple(columns[k] for k in kept), tuple(tuple(row[k] for k in kept) for row in rows))


def _moves(found: xr.Dataset, reference: Scenario, other: Scenario) -> Table:
    own = prescribed(other, reference)
    rows = [_move(each) for each in ranked(found, other.name, own) if each.moved > 0.0][:_LISTED]
    caption = (
        f"What “{other.title}” moves most, in standard deviations over the trials of “{reference.title}”; "
        "what it prescribes itself is left out"
    )
    columns = (
        "Measure",
        "Mean difference",
        "95 % interval",
        "Unit",
        "Standard deviations",
        "Trials that differ",
    )
    return Table(caption, columns, tuple(rows), frozenset({1, 2, 4, 5}))


def _move(each: Effect) -> tuple[str, ...]:
    decimals = amounts.decimals_for(each.mean, (each.mean_high - each.mean_low) / 2)
    mean, low, high = (
        amounts.fixed(value, decimals, is_signed=True) for value in (each.mean, each.mean_low, each.mean_high)
    )
    deviations = amounts.fixed(each.size, 2, is_signed=True) if isfinite(each.size) else "–"
    return each.text, mean, f"{low} to {high}", each.unit, deviations, amounts.percent(each.moved)


def pictures(
    runs: xr.Dataset, history: xr.Dataset | None, reference: str, rows: Sequence[Row]
) -> list[Picture]:
    """Return the figures, each with what its measure says in a sentence."""
    from sim.plots import gallery

    last: dict[str, list[Row]] = {}
    for row in rows:
        if row.year == rows[-1].year:
            last.setdefault(row.measure, []).append(row)
    found = []
    for key, figure in gallery(runs, history, reference):
        heading = f"{str(figure.get_label() or key).removesuffix('.')}."
        its = last.get(key.removesuffix(".difference"))
        said = [heading, *([together(its)] if its else [])]
        found.append(picture(figure, key, " ".join(dict.fromkeys(said))))
    return found


def assumptions(scenario: Scenario) -> list[Table]:
    """Return the uncertain numbers: those that rest on judgement alone, partly, and on evidence alone."""
    uncertain = [each for each in scenario.parameters.values() if each.distribution is not None]
    judged = [each for each in uncertain if each.assumption and not each.evidence]
    partly = [each for each in uncertain if each.assumption and each.evidence]
    kinds = {
        "Judgement alone: no source settles the number": judged,
        "A source gives the sign or the order, judgement the number": partly,
        "A source or an estimate gives the number": [each for each in uncertain if not each.assumption],
    }
    columns = ("Parameter", "Value and uncertainty", "Unit", "What it is", "Why this number", "Evidence")
    return [
        _filled(f"{caption} ({len(found)})", columns, [*map(_assumption, found)])
        for caption, found in kinds.items()
        if found
    ]


def _assumption(each: Element) -> tuple[str, ...]:
    why = each.assumption or each.note
    return each.key, each.text(), each.unit, each.description, why, ", ".join(each.evidence)


def evidence(scenarios: Iterable[Scenario]) -> Table:
    """Return the rows of evidence that the scenarios and their events cite."""
    cited = {
        id
        for scenario in scenarios
        for id in (*scenario.evidence, *(id for event in scenario.events for id in event.evidence))
    }
    rows = tuple(
        (row.id, row.claim, row.document or row.where, row.where if row.document else "", row.confidence)
        for row in sources.load().values()
        if row.id in cited
    )
    return Table("What the futures cite", ("Id", "Claim", "Source", "Place", "Confidence"), rows)


def statements(file: Path, case: str) -> list[Statement]:
    """Return what a file says of the method, and of a case."""
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    return [Statement(**each) for each in (*said["method"], *said["cases"].get(case, ()))]


def about(made: Mapping[str, Any]) -> Table:
    """Return how the run was made."""
    rows = [
        ("Trials per scenario", f"{made['trials']:,}"),
        ("Seed", str(made["seed"])),
        ("Software", f"{made['software']} {made['version']}, Python {made['python']}"),
        ("Libraries", ", ".join(f"{name} {version}" for name, version in made["packages"].items())),
        ("Case", f"{made['case']}, digest {made['case_digest'][:16]}"),
        *(
            (f"Scenario {name}", f"digest {each['digest'][:16]}, {each['start']} to {each['end']}")
            for name, each in made["scenarios"].items()
        ),
        ("Sampling", made["sampling"]["method"]),
        ("Failed trials", str(len(made["failures"]))),
        ("Missing trials", f"{sum(each['trials'] for each in made.get('missing', ())):,}"),
        ("Data", "; ".join(made["sources"])),
    ]
    return Table("How it was made", ("What", "Value"), tuple(rows))


def glossary(runs: xr.Dataset) -> Table:
    """Return what the variables of the run mean."""
    rows = tuple((str(name), GLOSSARY[str(name)].label, GLOSSARY[str(name)].unit) for name in runs.data_vars)
    return Table("Variables that were kept", ("Name", "What it is", "Unit"), rows)
