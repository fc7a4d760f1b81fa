"""Fixtures shared by the tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from sim.engine import block as engine
from sim.engine.compiled import machine_code
from sim.parameter import files as parameter_files
from sim.parameter import variants
from sim.plots import settings as plot_settings
from sim.runs import pool
from sim.scenario import files as scenario_files
from workshop import VARIANTS, Workshop

# The suite gives the same answer each time; `pytest --hypothesis-profile search` looks for counterexamples.
settings.register_profile("suite", derandomize=True, max_examples=12, deadline=None)
settings.register_profile("long", derandomize=True, max_examples=60, deadline=None)
settings.register_profile("search", max_examples=2000, deadline=None)
settings.load_profile("suite")

SHIPPED_STRIP, SHIPPED_LEVEL = engine.STRIP, machine_code.SPEED_LEVEL


def pytest_configure() -> None:
    """Search for no garbage while all that is made is there for good: modules and thousands of tests."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Leave what is there for good out of each search for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def kept_code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep machine code in one folder of the tests', for all of pytest's workers and their processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGESIM_CACHE", str(shared / "machine-code"))
        yield


@pytest.fixture(scope="session", autouse=True)
def small_figures() -> Iterator[None]:
    """Draw figures coarsely: what the tests look at does not depend on it, and saving takes time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(plot_settings.STYLE, "savefig.dpi", 40)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_code(pytestconfig: pytest.Config) -> Iterator[None]:
    """Make machine code for few trials, the same everywhere, and in little time; long tests take theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "STRIP", 64)
        if pytestconfig.option.markexpr != "long":
            patch.setattr(machine_code, "SPEED_LEVEL", 0)
        yield


@pytest.fixture
def shipped_strip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make machine code for as many trials as are taken at a time where it is shipped."""
    monkeypatch.setattr(engine, "STRIP", SHIPPED_STRIP)


@pytest.fixture
def shipped_code(shipped_strip: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make machine code as it is shipped."""
    monkeypatch.setattr(machine_code, "SPEED_LEVEL", SHIPPED_LEVEL)


@pytest.fixture(scope="session", autouse=True)
def few_processes() -> Iterator[None]:
    """Run in this process what asks for no others, and keep those that a test has started for the next ones.

    To start them takes longer than most tests: each imports the library anew.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "ENOUGH_WORK", float("inf"))
        patch.setattr(pool, "IDLE", 600)
        yield


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """Return a furnished folder that is the working directory, with its own generic files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parameter_files, "DIRECTORY", Path("generic"))
    monkeypatch.setattr(scenario_files, "directory", lambda: Path("scenarios"))
    monkeypatch.setattr(variants, "known", lambda: VARIANTS)
    return Workshop.new(tmp_path)
