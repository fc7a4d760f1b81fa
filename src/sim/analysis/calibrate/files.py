"""A calibration on disk: the posterior's rows, a manifest for people and programs, and data for ArviZ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.calibrate import waves as calibrate
from sim.analysis.calibrate.checks import Check
from sim.analysis.calibrate.rank_checks import Verdict
from sim.analysis.calibrate.targets import data_vintage
from sim.analysis.calibrate.waves import Calibration
from sim.parameter import posterior
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import MissingFile

#: What a calibration writes into its folder.
ROWS, MANIFEST, DATA = "posterior.csv", "manifest.json", "posterior.zarr"


def write(
    folder: Path,
    found: Calibration,
    columns: dict[str, Array],
    checks: Sequence[Check] = (),
    verdicts: Sequence[Verdict] = (),
) -> list[Path]:
    """Write manifest and rows into an existing folder; no rows where no parameter is informed."""
    rows = [posterior.write(folder / ROWS, columns)] if columns else []
    content = json.dumps(manifest(found, columns, checks, verdicts), ensure_ascii=False, indent=1)
    page = folder / MANIFEST
    page.write_text(content + "\n", encoding="utf-8")
    return [*rows, page]


def manifest(
    found: Calibration,
    columns: dict[str, Array],
    checks: Sequence[Check] = (),
    verdicts: Sequence[Verdict] = (),
) -> dict[str, Any]:
    """Return how a posterior was made, what it was held against, and how well it did."""
    targets = found.targets
    return {
        "software": "hedgesim",
        "version": metadata.version("hedgesim"),
        "seed": found.seed,
        "case": targets.case.name,
        "case_digest": targets.case.digest,
        "data": data_vintage(targets.case),
        "last_year": targets.table.last_year,
        "windows": [
            {
                "scenario": table.scenario,
                "start": str(window.start),
                "end": str(window.end),
                "digest": window.digest,
            }
            for table, window in zip(targets.table.windows, targets.windows, strict=True)
        ],
        "revision": targets.table.revision.model_dump(exclude_none=True),
        "targets": {
            name: round(float(value), 4) for name, value in zip(targets.names(), found.observed, strict=True)
        },
        "not_targets": targets.table.checks,
        "method": {
            "implausibility_cut": calibrate.CUT,
            "kept": calibrate.KEPT,
            "least_correlation": calibrate.LEAST_CORRELATION,
            "widening": calibrate.WIDENING,
        },
        "waves": [
            {
                "trials": wave.trials,
                "proposed": len(wave.proposal.chosen) if wave.proposal else 0,
                "plausible": round(wave.plausible, 4),
                "summaries": len(wave.projection.correlations),
                "kept": len(wave.sample.weights),
                "tolerance": round(wave.sample.tolerance, 3),
                "effective_sample_size": round(wave.sample.effective_size, 1),
            }
            for wave in found.waves
        ],
        "rows": len(next(iter(columns.values()), ())),
        "informed": [asdict(each) for each in found.learned if each.is_informed],
        "not_informed": [asdict(each) for each in found.learned if not each.is_informed],
        "predictions": [asdict(each) for each in checks],
        "ranks": [asdict(each) for each in verdicts],
    }


def check_arviz() -> None:
    """Say so before a long run, if ArviZ is not installed.

    Raises
    ------
    MissingFile
    """
    from importlib.util import find_spec

    if find_spec("arviz_base") is None:
        remedy = "Install it: pip install 'hedgesim[calibrate]'."
        raise MissingFile("", "--arviz", "arviz-base is not installed", remedy)


def for_arviz(found: Calibration, columns: dict[str, Array], predicted: Array) -> Any:
    """Return the posterior, its predictions and the record as the DataTree that ArviZ reads."""
    from arviz_base import from_dict

    from sim.analysis.calibrate.targets import from_normal

    targets = found.targets
    names = list(targets.names())
    prior = {
        element.key: from_normal(element, scores)[None]
        for element, scores in zip(targets.elements, found.prior_scores, strict=True)
    }
    tree = from_dict(
        {
            "posterior": {key: values[None] for key, values in columns.items()},
            "prior": prior,
            "posterior_predictive": {"statistics": predicted.T[None]},
            "prior_predictive": {"statistics": found.prior_statistics.T[None]},
            "observed_data": {"statistics": found.observed},
        },
        # Texts of any length: those of fixed length have no stable form in zarr.
        coords={"statistic": np.array(names, dtype=object)},
        dims={"statistics": ["statistic"]},
        attrs={"posterior": {"title": "hedgesim calibration", "seed": found.seed}},
    )
    return tree
