"""The data of a page, in a ZIP archive with the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis.compare import tables
from sim.analysis.compare.long_table import long_table
from sim.analysis.compare.summary import Row
from sim.runs.dataset import manifest
from sim.scenario.scenario import Scenario
from sim.sources import table as sources
from sim.sources.table import Evidence
from sim.vocabulary.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

#: The first day that an archive can know.
_NO_DATE = (1980, 1, 1, 0, 0, 0)

#: Rows of single trials that are put into an archive; beyond it the reader is sent to the run itself.
_MOST_ROWS = 200_000

README = """# {question}

The data behind {page}.

| file | what it holds |
|---|---|
| table.csv | by measure, scenario and year: quantiles, the paired difference and its error |
| trials.csv | the trials themselves: the main variables at the end of the years shown |
| parameters.csv | every number of the reference, its uncertainty, and what it rests on |
| evidence.csv | the sources that the numbers and futures cite |
| scenarios/*.toml | the futures, each in full against its case; `sim check FILE` reads one |
| manifest.json | versions, seed, digests |

To repeat the run from here, with the same numbers:

    {command}

Calculations are our own. Terms of the data that the case is made of are in its NOTICE.md.
{note}"""


def write(
    path: Path,
    runs: xr.Dataset,
    rows: Sequence[Row],
    scenarios: Mapping[str, Scenario],
    reference: str,
    years: tuple[int, ...] | None,
    texts: Mapping[str, str],
) -> None:
    """Write the archive.

    Parameters
    ----------
    path : Path
    runs : xarray.Dataset
    rows : sequence of Row
        The table of the page.
    scenarios : mapping of str to Scenario
    reference : str
    years : tuple of int, optional
    texts : mapping of str to str
        `question`, `page` and `command`, for the README.
    """
    trials, note = _trials(runs, rows, years)
    content = {
        "README.md": README.format(**texts, note=note),
        "manifest.json": json.dumps(manifest(runs), indent=1, ensure_ascii=False) + "\n",
        "table.csv": _csv(tables.records(rows)),
        "parameters.csv": _csv(_parameters(scenarios[reference])),
        "evidence.csv": _csv(_evidence()),
        **{f"scenarios/{name}.toml": each.to_toml() for name, each in scenarios.items()},
        **({"trials.csv": trials} if trials else {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content[name])


def _trials(runs: xr.Dataset, rows: Sequence[Row], years: tuple[int, ...] | None) -> tuple[str, str]:
    """Return the trials as CSV, and what is said where there are too many."""
    names = list(dict.fromkeys(row.measure.split(".")[0] for row in rows if row.is_headline))
    shown = years or sorted({row.year for row in rows})
    try:
        return long_table(runs, names, shown, most=_MOST_ROWS).to_csv(index=False), ""
    except InputError as error:
        return "", f"\nThe trials are left out: {error}\n"


def _parameters(scenario: Scenario) -> list[dict[str, Any]]:
    return [
        {
            "parameter": each.key,
            "value": each.value,
            "distribution": each.distribution.describe() if each.distribution else "",
            "unit": each.unit,
            "low": each.bounds[0],
            "high": each.bounds[1],
            "description": each.description,
            "evidence": " ".join(each.evidence),
            "assumption": each.assumption or "",
            "note": each.note,
            "file": Path(each.file).name,
        }
        for each in scenario.parameters.values()
    ]


def _evidence() -> list[dict[str, Any]]:
    names = [field.name for field in fields(Evidence)]
    return [{name: getattr(row, name) for name in names} for row in sources.load().values()]


def _csv(records: Sequence[Mapping[str, Any]]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(records[0]) if records else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return written.getvalue()
