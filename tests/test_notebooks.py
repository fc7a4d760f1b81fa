"""Every notebook runs from top to bottom, and is committed with its outputs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest

import renew_notebooks
from sim.scenario import files

NOTEBOOKS = renew_notebooks.NOTEBOOKS
STUDY = "four-barriers"

#: Whose code takes long with few trials too.
SLOW = {STUDY, "07_sensitivity_and_judgement", "08_robustness_and_discovery"}

#: What the suite sets these constants of a notebook to. The long tests leave them as they are.
FEW = {
    "TRIALS": "40",
    "SAMPLES": "4",
    "GRID": "2",
    "TOLERANCE": "0.5",
    "RESAMPLES": "20",
    "FUTURES": '["baseline", "china_coercion"]',
    "POLICIES": '["mandate.half"]',
}

#: In the suite the futures end ten years earlier, and what is asked of 2035 is asked of 2030.
YEARS = {"2040-Q4": "2030-Q4", "2035": "2030"}

_CONSTANT = re.compile(rf"^({'|'.join(FEW)}) = .*$", re.MULTILINE)


def code_of(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def few(source: str) -> str:
    """Return the code of a cell with few trials, and without what is the notebook's alone."""
    source = _CONSTANT.sub(lambda found: f"{found[1]} = {FEW[found[1]]}", source)
    for year, earlier in YEARS.items():
        source = source.replace(year, earlier)
    return "\n".join(line for line in source.splitlines() if not line.startswith("%"))


@pytest.fixture(scope="module")
def short_futures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shipped scenarios with an earlier end."""
    folder = tmp_path_factory.mktemp("shipped") / "scenarios"
    shutil.copytree(files.directory(), folder)
    for path in folder.glob("*.toml"):
        text = path.read_text(encoding="utf-8").replace('end = "2040-Q4"', 'end = "2030-Q4"')
        path.write_text(text, encoding="utf-8")
    return folder


def named(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.long] if path.stem in SLOW else [], id=path.stem)
        for path in NOTEBOOKS
    ],
)
def test_code_runs_with_few_trials(
    path: Path,
    short_futures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(files, "directory", lambda: short_futures)
    known: dict[str, object] = {"__name__": "__main__", "display": str}
    cells = code_of(path)
    assert sum(cell.source.count("\nTRIALS = ") for cell in cells) == 1
    for cell in cells:
        exec(compile(few(cell.source), f"{path.name}, {cell.id}", "exec"), known)
    assert capsys.readouterr().err == ""


@pytest.mark.long
@named(NOTEBOOKS)
def test_runs_as_it_is(path: Path) -> None:
    renew_notebooks.execute(nbformat.read(path, as_version=4), path.parent)


@named(NOTEBOOKS)
def test_has_its_outputs(path: Path) -> None:
    cells = code_of(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert cells[-1].source.startswith(("assert ", "# ")) and "assert " in cells[-1].source
    outputs = [output for cell in cells for output in cell.outputs]
    assert not any(output.get("name") == "stderr" or output.output_type == "error" for output in outputs)
    assert any("image/png" in output.get("data", {}) for output in outputs)
    texts = [
        str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", "")) for output in outputs
    ]
    assert not any(re.search(r"\bat 0x[0-9a-f]+|/home/|/tmp/|site-packages", text) for text in texts)


def test_what_differs_between_executions_is_settled() -> None:
    def table(identifier: str) -> nbformat.NotebookNode:
        html = f'<input id="section-{identifier}"><label for="section-{identifier}">'
        output = nbformat.v4.new_output("display_data", data={"text/html": html})
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("runs", id="a", outputs=[output])])

    one, other = table("0f8fad5b-d9cb-469f-a165-70867728950e"), table("7c9e6679-7425-40de-944b-e07fc1f90ae7")
    assert one != other
    renew_notebooks.settle(one)
    renew_notebooks.settle(other)
    assert one == other


def test_they_are_in_reading_order() -> None:
    numbers = [path.stem.partition("_")[0] for path in NOTEBOOKS if path.stem != STUDY]
    assert numbers == [f"{number:02d}" for number in range(1, len(numbers) + 1)] and numbers
