"""Pages written by hand whose figures come from runs: of which numbers they are.

``python -m stamps`` marks as of an earlier model the pages whose numbers the model no longer gives;
``python -m stamps validation`` says that the figures of that page are those of the present model.
`make stamps` calls it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import sim
from sim.analysis.describe import stamp

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {name: DOCS / f"{name}.md" for name in ("validation", "calibration", "track-record")}

_LINE = re.compile(r"^Figures on this page are .*$", re.MULTILINE)


def line(found: str, now: str) -> str:
    """Return the line of a page whose figures are of the numbers found, when the model gives those of now."""
    age = "those of the present model" if found == now else "of an earlier model"
    return f"Figures on this page are {age}: numbers `{found}`, a digest of its results."


def stamped(text: str, now: str, is_renewed: bool = False) -> str:
    """Return the text of a page with its line as it has to be now."""
    found = stamp.read(text)
    if found is None:
        raise SystemExit(f"the page has no line such as: {line(now, now)}")
    return _LINE.sub(line(now if is_renewed else found, now), text, count=1)


if __name__ == "__main__":
    if missing := set(sys.argv[1:]) - set(PAGES):
        sys.exit(f"no such page: {', '.join(sorted(missing))}; there are {', '.join(PAGES)}")
    present = stamp.numbers(sim.load("baseline"))
    for name, page in PAGES.items():
        text = page.read_text(encoding="utf-8")
        page.write_text(stamped(text, present, name in sys.argv[1:]), encoding="utf-8")
