"""The Sobol study of docs/sensitivity.md: all uncertain parameters and the shocks, over all quarters.

``python -m renew_sensitivity`` runs it and writes its table, its cost and the line that says with which
numbers; `make sensitivity` calls it.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
import xarray as xr

import sim
from sim.analysis.describe import stamp

PAGE = Path(__file__).parents[1] / "docs" / "sensitivity.md"

#: What the page says is run.
SCENARIO, MEASURE, TRIALS, YEARS = "baseline", "supplier_share[china]", 256, (2027, 2030, 2035, 2040)

_SHOWN, _WIDTH = 8, 130
_BLOCK = re.compile(r"(?<=<!-- study -->\n).*?(?=<!-- /study -->)", re.DOTALL)


def table(found: xr.Dataset) -> str:
    """Return the total indices of the largest inputs at the end of some years, as Markdown."""
    quarters = [str(each) for each in found["quarter"].values]
    at = [quarters.index(f"{year}-Q4") for year in YEARS]
    order = np.argsort(-found["total"].isel(time=at).mean("time").values)[:_SHOWN]
    lines = ["| input | " + " | ".join(map(str, YEARS)) + " |", "|---|" + "---:|" * len(YEARS)]
    for k in order:
        each = found.isel(input=int(k))
        cells = [
            "{:.0f} ({:.0f} to {:.0f})".format(
                *(100 * float(each[name].isel(time=t)) for name in ("total", "total_low", "total_high"))
            )
            for t in at
        ]
        lines.append(f"| {each['input'].item()} | {' | '.join(cells)} |")
    return "\n".join(lines)


def study() -> str:
    """Run the study, and return what the page says of it."""
    found = sim.sensitivity(SCENARIO, MEASURE, trials=TRIALS, workers=1)
    n_inputs = found.sizes["input"]
    about = (
        f"Total indices in per cent of the variance, with 95 % bootstrap intervals, of the {_SHOWN} largest "
        f"of {n_inputs} inputs: {TRIALS * (n_inputs + 2):,} trials of {found.sizes['time']} quarters, "
        "some ten seconds of processor time."
    )
    numbers = stamp.line(stamp.numbers(sim.load(SCENARIO)))
    return f"{numbers}\n\n{table(found)}\n\n{textwrap.fill(about, _WIDTH)}\n"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    made = study()
    PAGE.write_text(_BLOCK.sub(lambda _: made, text), encoding="utf-8")
