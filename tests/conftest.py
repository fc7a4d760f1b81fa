"""Fixtures shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from sim import parameter_files, scenario_files, variants
from workshop import VARIANTS, Workshop

# The suite gives the same answer each time; `pytest --hypothesis-profile search` looks for counterexamples.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=2000, deadline=None)
settings.load_profile("suite")


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """Return a furnished folder that is the working directory, with its own generic files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parameter_files, "DIRECTORY", Path("generic"))
    monkeypatch.setattr(scenario_files, "directory", lambda: Path("scenarios"))
    monkeypatch.setattr(variants, "known", lambda: VARIANTS)
    return Workshop.new(tmp_path)
