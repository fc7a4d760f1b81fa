"""Fixtures shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from sim.parameter import files as parameter_files
from sim.parameter import variants
from sim.runs import pool
from sim.scenario import files as scenario_files
from workshop import VARIANTS, Workshop

# The suite gives the same answer each time; `pytest --hypothesis-profile search` looks for counterexamples.
settings.register_profile("suite", derandomize=True, max_examples=30, deadline=None)
settings.register_profile("search", max_examples=2000, deadline=None)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in this process what does not ask for others: starting them takes longer than the test."""
    monkeypatch.setattr(pool, "ENOUGH_WORK", float("inf"))


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """Return a furnished folder that is the working directory, with its own generic files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parameter_files, "DIRECTORY", Path("generic"))
    monkeypatch.setattr(scenario_files, "directory", lambda: Path("scenarios"))
    monkeypatch.setattr(variants, "known", lambda: VARIANTS)
    return Workshop.new(tmp_path)
