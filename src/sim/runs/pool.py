"""Where blocks are run: in this process, in local processes, or by an executor of the caller's.

Results come back in the order of the jobs, and only a few are on their way at a time, so memory does not
grow with the number of blocks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sim.files.records import reason
from sim.vocabulary.errors import InputError

Result = TypeVar("Result")

#: Jobs on their way per worker: one that runs, one that waits, one whose result waits for its turn.
AHEAD = 3

#: Workers assumed of an executor that does not state them.
UNKNOWN_WORKERS = 16

#: Seconds between two looks at local processes while a result is waited for.
LOOK = 5

#: Seconds after which idle local processes end.
IDLE = 10

#: Trials times quarters below which starting processes costs more than it saves.
ENOUGH_WORK = 250_000

#: What asks a program to end; the parent does, and ends its workers.
_REQUESTS = {signal.SIGINT, signal.SIGTERM}

#: Whether signals can be blocked; not on Windows.
_CAN_BLOCK = hasattr(signal, "pthread_sigmask")


def usable_cores() -> int:
    """Return the cores that this process may use."""
    import loky

    return int(loky.cpu_count())


def obstacle() -> str | None:
    """Return why this process cannot start others; None if it can."""
    import multiprocessing

    if multiprocessing.current_process().daemon:
        return "a worker of another pool may not start processes"
    try:
        Path.cwd()
    except OSError:
        return "the working directory is gone, and processes begin in it"
    try:
        _try_semaphore()
    except (ImportError, OSError) as error:
        return f"processes need shared memory for semaphores, and there is none ({error})"
    return None


@cache
def _try_semaphore() -> None:
    """Make one of the semaphores that processes share; raise where the system has none to give."""
    import loky.backend.context

    loky.backend.context.get_context().Lock()


def in_order(
    function: Callable[..., Result],
    jobs: Iterable[tuple[Any, ...]],
    executor: Executor | None = None,
    workers: int = 1,
) -> Generator[Result, None, None]:
    """Yield `function(*job)` for each job, in order.

    Parameters
    ----------
    function, jobs : callable, iterable of tuple
        What to do; with processes, both must be picklable.
    executor : concurrent.futures.Executor, optional
        Where to do it; it stays the caller's.
    workers : int
        Local processes, or, of an executor, how many jobs it does at a time. 1 without an executor is here.
    """
    if executor is None and workers == 1:
        for job in jobs:
            yield function(*job)
        return
    own: Any = None
    pending: deque[Future[Result]] = deque()
    is_done = False
    try:
        if executor is None:
            _start_trackers()
            with _interrupts_blocked():
                own = _local(workers)
        target: Any = executor or own
        for job in jobs:
            with _interrupts_blocked() if own else contextlib.nullcontext():
                pending.append(_submit(target, function, job))
            if len(pending) == AHEAD * workers:
                yield _result(pending.popleft(), own)
        while pending:
            yield _result(pending.popleft(), own)
        is_done = True
    except BrokenExecutor:
        problem = "a worker process ended before its work was done"
        raise InputError(
            "", "run", problem, "Was it killed, or out of memory? Try fewer workers or a smaller block."
        ) from None
    except CancelledError:
        problem, remedy = "a block was cancelled before its work was done", "Let the executor finish."
        raise InputError("", "executor", problem, remedy) from None
    finally:
        if own is None:
            for each in pending:
                each.cancel()
        elif not is_done:
            _end(own)


def _result(future: Future[Result], own: Any) -> Result:
    """Return a result; look from time to time whether a local process has ended while it sent one.

    What is half sent is waited for without end by loky's thread, which then does not see that its sender is
    gone.
    """
    ended: set[int] = set()
    while own is not None:
        try:
            return future.result(timeout=LOOK)
        except TimeoutError:
            if future.done():
                break  # it is the job's own
            before, ended = ended, _ended(own)
            if before & ended:
                raise BrokenExecutor from None
    return future.result()


def _ended(own: Any) -> set[int]:
    """Return the numbers of local processes that have ended, and that loky has not yet let go."""
    from multiprocessing.connection import wait

    sentinels = {each.sentinel: pid for pid, each in list(own._processes.items())}
    return {sentinels[each] for each in wait(list(sentinels), timeout=0)}


def _end(own: Any) -> None:
    """End local processes, also where one of them has sent half a result.

    The other half is waited for as long as anybody could send it: the others, and this process itself.
    """
    import psutil

    for pid in list(own._processes):
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).kill()
    own._result_queue._writer.close()
    own.shutdown(wait=True, kill_workers=True)


def _submit(target: Any, function: Callable[..., Result], job: tuple[Any, ...]) -> Future[Result]:
    """Submit a job, which may start a process."""
    try:
        submitted: Future[Result] = target.submit(function, *job)
    except OSError as error:
        problem = f"a worker process could not be started: {reason(error)}"
        raise InputError("", "run", problem, "Give workers 1, or fewer.") from None
    except BrokenExecutor:
        raise
    except RuntimeError as error:  # as those of the standard library say that they were shut down
        raise InputError("", "executor", f"takes no block: {error}", "Give one that is open.") from error
    return submitted


def size_of(executor: Executor) -> int:
    """Return how many jobs an executor does at a time, as far as it states that."""
    stated = getattr(executor, "_max_workers", None)
    return int(stated) if stated else UNKNOWN_WORKERS


def _local(workers: int) -> Any:
    """Return local processes: fresh interpreters that do not import the caller's script."""
    import loky

    return loky.get_reusable_executor(
        max_workers=workers, timeout=IDLE, initializer=_begin, initargs=(os.getpid(),)
    )


def _start_trackers() -> None:
    """Start the helpers of the first worker, which would unblock Ctrl-C if they were started while it is."""
    if _CAN_BLOCK:
        import multiprocessing.resource_tracker

        import loky.backend.resource_tracker

        multiprocessing.resource_tracker.ensure_running()
        loky.backend.resource_tracker.ensure_running()


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block what asks to end while workers start: what starts meanwhile never receives it."""
    if not _CAN_BLOCK:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _REQUESTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(parent: int) -> None:
    """Make a worker leave Ctrl-C and SIGTERM to its parent, and end when that ends, however it ends."""
    for request in _REQUESTS:
        signal.signal(request, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(parent).wait()
    os._exit(1)
