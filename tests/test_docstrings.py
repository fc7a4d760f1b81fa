"""Every public function says what it takes, and what it gives back."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib.pyplot as plt
import pytest

import sim


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions of `sim`, its figures and exchange, and the methods of the classes among them."""
    for module in (sim, sim.exchange, sim.plots):
        for name in module.__all__:
            found = getattr(module, name)
            if inspect.isfunction(found):
                yield f"{module.__name__}.{name}", found
            elif inspect.isclass(found) and not issubclass(found, Exception | Warning):
                members = inspect.getmembers(found, inspect.isfunction)
                yield from (
                    (f"{module.__name__}.{name}.{key}", each)
                    for key, each in members
                    if not key.startswith("_") and each.__module__.startswith("sim.")
                )


FUNCTIONS = dict(public())


def documented(text: str) -> set[str]:
    """Return the parameters that a docstring has lines for."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", text, re.DOTALL | re.MULTILINE)
    lines = (section[1] if section else "").splitlines()
    heads = [line.split(" : ")[0] for line in lines if line and not line.startswith(" ")]
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_takes_and_returns_is_documented(name: str) -> None:
    function = FUNCTIONS[name]
    text, signature = inspect.getdoc(function) or "", inspect.signature(function)
    assert documented(text) == {each for each in signature.parameters if each not in ("self", "cls")}
    is_silent = signature.return_annotation in (None, "None")
    assert is_silent or re.search(r"^(Returns|Yields)\n-", text, re.MULTILINE)


def example(name: str) -> str:
    """Return the lines of the example that a function has, or ""."""
    lines = doctest.DocTestParser().get_examples(inspect.getdoc(FUNCTIONS[name]) or "")
    return "".join(each.source for each in lines)


def test_every_function_has_an_example() -> None:
    assert not [name for name in FUNCTIONS if name.count(".") == 1 and not example(name)]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the examples begin with."""
    folder = tmp_path_factory.mktemp("examples")
    base = sim.load("baseline")
    names, out = ["baseline", "fiscal_squeeze"], folder / "runs.zarr"
    runs = sim.run(names, trials=8, seed=1, out=out, workers=1).load()  # an example extends the store
    varied = sim.run(base, trials=512, seed=1, keep=["hhi"], quarters=["2035-Q4"], workers=1)
    (folder / "mine").mkdir()
    base.override({"demand.caution": 0.3}, name="wetter").write(folder / "mine" / "wetter.toml")
    return {"folder": folder, "sim": sim, "base": base, "runs": runs, "varied": varied}


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if example(name)])
def test_an_example_runs(name: str, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(given["folder"])
    world = sim.World(given["base"], seed=1, trial=3)
    exec(example(name), {**given, "world": world})
    plt.close("all")
