"""How far a run is, on the terminal: a bar on standard error, which leaves nothing behind.

Nothing is shown unless a person watches: not in a pipe, a file, another process or a thread, and not in a
notebook unasked, where it would stay among the outputs.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sim.runs.resources import in_use

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Task
    from rich.text import Text

#: Called with the number of trials just finished.
Done = Callable[[int], None]

#: What a user asks for: a function of their own, a bar or none; with None a bar where a run is long.
Progress = Done | bool

#: Seconds after which a run that nobody has asked about shows how far it is.
LATE = 2.0


@contextmanager
def showing(progress: Progress | None, total: int) -> Iterator[Done | None]:
    """Yield what is called with the number of trials just finished, if anything is.

    Parameters
    ----------
    progress : callable or bool, optional
        A function of the user's own; True for a bar in a terminal or a notebook, at once; False for none. By
        default a bar in a terminal, as soon as a run takes longer than two seconds.
    total : int
        Trials in all.
    """
    if callable(progress):
        yield progress
    elif progress is False or not is_watched(in_notebooks=bool(progress)):
        yield None
    else:
        with ExitStack() as stack:
            yield _Bar(stack, total, 0.0 if progress else LATE)


def is_watched(*, in_notebooks: bool = False) -> bool:
    """Return whether standard error goes to a terminal, and this is the program that a person has started."""
    if multiprocessing.parent_process() or threading.current_thread() is not threading.main_thread():
        return False
    return sys.stderr.isatty() or (in_notebooks and _console().is_jupyter)


class _Bar:
    """A bar that appears when a run turns out to be long."""

    def __init__(self, stack: ExitStack, total: int, after: float) -> None:
        self._stack, self._total, self._after = stack, total, after
        self._begin, self._done = time.monotonic(), 0
        self._advance: Done | None = None
        if not after:
            self._open()

    def __call__(self, count: int) -> None:
        self._done += count
        if self._advance is not None:
            self._advance(count)
        elif time.monotonic() - self._begin > self._after and self._done < self._total:
            self._open()

    def _open(self) -> None:
        self._advance = self._stack.enter_context(bar(self._total, is_left=False))
        self._advance(self._done)


@contextmanager
def bar(total: int, block: int = 0, *, is_left: bool = True) -> Iterator[Done]:
    """Yield a function to call with the number of trials just done, which moves a bar on standard error.

    Parameters
    ----------
    total, block : int
        Trials in all, and of a block; without blocks, 0.
    is_left : bool
        Whether the bar stays when all is done.
    """
    from rich import progress as bars
    from rich.text import Text

    class Blocks(bars.ProgressColumn):
        """Blocks done, trials per second, memory."""

        def render(self, task: Task) -> Text:
            elapsed = task.finished_time or task.elapsed
            speed = f"{task.completed / elapsed:,.0f} trials/s" if elapsed and task.completed else ""
            done, of = (-(-int(trials) // block) if block else 0 for trials in (task.completed, total))
            blocks = f"block {done:,}/{of:,}  " if block else ""
            return Text(f"{blocks}{speed}  {in_use() / 2**20:,.0f} MiB")

    columns = (
        bars.TextColumn("trials"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        Blocks(),
        bars.TimeRemainingColumn(elapsed_when_finished=True),
    )
    with bars.Progress(*columns, console=_console(), refresh_per_second=2, transient=not is_left) as made:
        task = made.add_task("trials", total=total)
        yield lambda count: made.advance(task, count)


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True)
