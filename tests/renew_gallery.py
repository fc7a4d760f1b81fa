"""The gallery: runs the lines of docs/gallery.md and writes their pictures.

``python -m renew_gallery`` renews all and the line that says with which numbers; `make gallery` calls it.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import sim
from sim.analysis.describe import stamp

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "gallery.md"
PICTURES = DOCS / "figures" / "gallery"

_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^Made with the numbers .*$", re.MULTILINE)


def pictures(text: str) -> Iterator[tuple[str, Any]]:
    """Run the blocks of a page, and yield the name and the result of each that ends with a figure."""
    known: dict[str, Any] = {}
    for block in _BLOCK.findall(text):
        *before, last = ast.parse(block).body
        name = _figure(last)
        rest = before if name else [*before, last]
        exec(compile(ast.Module(rest, []), PAGE.name, "exec"), known)
        if name and isinstance(last, ast.Expr):
            yield name, eval(compile(ast.Expression(last.value), PAGE.name, "eval"), known)


def _figure(line: ast.stmt) -> str | None:
    """Return which figure a line draws, if it is one."""
    if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call):
        called = ast.unparse(line.value.func)
        if called.startswith("sim.plots.") and called != "sim.plots.save":
            return called.removeprefix("sim.plots.")
    return None


def renew() -> None:
    """Write the pictures that the page shows, and no others."""
    text = PAGE.read_text(encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    for path in PICTURES.iterdir():
        path.unlink()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for name, drawn in pictures(text):
            print(name, flush=True)
            _, picture = sim.plots.save(drawn, name)
            (PICTURES / picture.name).write_bytes(picture.read_bytes())
    now = stamp.line(stamp.numbers(sim.load("baseline")))
    PAGE.write_text(_LINE.sub(now, text), encoding="utf-8")


if __name__ == "__main__":
    renew()
