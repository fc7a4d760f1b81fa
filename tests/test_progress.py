"""How far a run is, is shown where a person watches and nowhere else."""

from __future__ import annotations

import io
import sys
import threading
from typing import Any

import pytest

import plans
import sim
from sim.runs import progress


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        return True


def watch(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Let standard error be a terminal, in the test itself: the capture takes a fixture's back."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    return stream


def run(**more: Any) -> None:
    sim.run(plans.scenario("archipelago", n_steps=1), trials=6, block=2, keep="hhi", workers=1, **more)


def test_in_a_pipe_nothing_is_shown(capfd: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(progress, "LATE", 0.0)
    for asked in (None, True, False):
        run(progress=asked)
    assert capfd.readouterr() == ("", "")


def test_a_bar_appears_when_a_run_is_long_or_when_asked_for(monkeypatch: Any) -> None:
    terminal = watch(monkeypatch)
    run()
    run(progress=False)
    assert terminal.getvalue() == ""
    run(progress=True)
    assert "6/6" in terminal.getvalue()
    terminal.truncate(0)
    # A run that takes longer than it may in silence; and an analysis, by the same way.
    monkeypatch.setattr(progress, "LATE", 1e-9)
    run()
    assert "/6" in terminal.getvalue()
    terminal.truncate(0)
    base = plans.scenario("archipelago", n_steps=2)
    sim.pawn(base, "hhi@2020-Q2", trials=20, slices=2, resamples=2, progress=True)
    assert "/20" in terminal.getvalue()


def test_a_thread_shows_nothing(monkeypatch: Any) -> None:
    terminal = watch(monkeypatch)
    monkeypatch.setattr(progress, "LATE", 1e-9)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert terminal.getvalue() == ""
    assert progress.is_watched() and not thread.is_alive()


def test_a_function_is_called_as_before(monkeypatch: Any) -> None:
    terminal = watch(monkeypatch)
    counted: list[int] = []
    run(progress=counted.append)
    assert counted == [2, 2, 2] and terminal.getvalue() == ""
    with pytest.raises(sim.InputError, match="progress"):
        run(progress="bar")
