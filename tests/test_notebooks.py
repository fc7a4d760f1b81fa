"""Every notebook runs from top to bottom, and is committed with its outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


#: Trials of a run in a notebook, and those with which the suite runs it.
TRIALS, FEW = "trials=1000", "trials=300"


@pytest.mark.parametrize("trials", [FEW, pytest.param(TRIALS, marks=pytest.mark.long)])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_runs(path: Path, trials: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert any(TRIALS in cell.source for cell in notebook.cells)
    for cell in notebook.cells:
        cell.source = cell.source.replace(TRIALS, trials)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_has_its_outputs(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert sum(bool(cell.outputs) for cell in cells) >= len(cells) - 3
    assert any("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs)


def test_there_is_one() -> None:
    assert NOTEBOOKS
