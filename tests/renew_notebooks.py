"""Notebooks, executed in place: the same code and numbers give the same file.

``python -m renew_notebooks`` renews all of them, or those whose names are given; `make notebooks` calls it.
"""

from __future__ import annotations

import os
import re
import sys
import uuid
from pathlib import Path

import nbformat
from nbclient import NotebookClient

import sim
from sim.analysis.describe import stamp

ROOT = Path(__file__).parents[1]
NOTEBOOKS = [*sorted((ROOT / "notebooks").glob("*.ipynb")), *sorted((ROOT / "docs/studies").glob("*.ipynb"))]

#: What a library says of the place in which it runs, which is nothing about the notebook.
_NOT_SAID = {"PYTHONWARNINGS": "ignore:IProgress not found"}

_IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run all cells in a kernel of their own; the outputs replace those that were there."""
    NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": folder}},
    ).execute(env=os.environ | _NOT_SAID)


def settle(notebook: nbformat.NotebookNode) -> None:
    """Take out of the outputs what differs from one execution to the next."""
    notebook.metadata.language_info = {"name": "python"}
    known: dict[str, str] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            html = output.get("data", {}).get("text/html")
            if html:  # xarray gives each table identifiers of its own
                output["data"]["text/html"] = _IDENTIFIER.sub(
                    lambda found: known.setdefault(found[0], str(uuid.UUID(int=len(known)))), html
                )


def renew(path: Path, numbers: str) -> None:
    """Execute a notebook and write it where it was, with the numbers of the model that it shows."""
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, path.parent)
    settle(notebook)
    notebook.metadata.numbers = numbers
    nbformat.write(notebook, path)


if __name__ == "__main__":
    chosen = [path for path in NOTEBOOKS if not sys.argv[1:] or path.stem in sys.argv[1:]]
    if missing := set(sys.argv[1:]) - {path.stem for path in chosen}:
        sys.exit(f"no such notebook: {', '.join(sorted(missing))}; there are "
                 f"{', '.join(path.stem for path in NOTEBOOKS)}")  # fmt: skip
    present = stamp.numbers(sim.load("baseline"))
    for each in chosen:
        print(each.relative_to(ROOT), flush=True)
        renew(each, present)
