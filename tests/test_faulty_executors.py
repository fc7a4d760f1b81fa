"""Executors that do not do the work: one that was shut down, one that cancels, one that was never made."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

import plans
import sim
from sim.vocabulary.errors import InputError

BASE = plans.scenario("archipelago", n_steps=2)


class Cancelling(Executor):
    """Takes a block and gives it up."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        given_up: Future[Any] = Future()
        given_up.cancel()
        return given_up


def shut() -> Executor:
    made = ThreadPoolExecutor(1)
    made.shutdown()
    return made


@pytest.mark.parametrize(
    ("executor", "says"),
    [
        (
            shut(),
            "executor: takes no block: cannot schedule new futures after shutdown. Give one that is open.",
        ),
        (Cancelling(), "executor: a block was cancelled before its work was done. Let the executor finish."),
        (ThreadPoolExecutor, "executor: a builtins.type is not an executor. Give one of concurrent.futures"),
    ],
    ids=["shut", "cancelling", "class"],
)
def test_an_executor_that_cannot_is_refused_in_one_line(executor: Any, says: str) -> None:
    with pytest.raises(InputError) as refused:
        sim.run(BASE, trials=2, keep="hhi", engine="numpy", executor=executor)
    assert str(refused.value).startswith(says)
