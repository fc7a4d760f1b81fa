"""Machine code as far as it can be relied on: what it cannot do, or does otherwise, NumPy does.

A number out of range raises the kernels' flag, and the strip goes on in NumPy. Other bits than NumPy's, or a
compiler that fails, end it for the rest of the run. A trial that fails is no such thing: it fails in NumPy
too, which then says why.

NumPy runs beside the first strip of every run. In a study of many scenarios it does so from the quarter in
which something first occurs that this process has not compared yet: a kernel, or a kind of event of the case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sim.engine.compiled.machine_code import CannotCompile
from sim.vocabulary.axes import QUARTERS, Array
from sim.vocabulary.variables import GLOSSARY

if TYPE_CHECKING:
    from sim.design.plan import Plan
    from sim.engine.compiled.runner import Runner

#: Trials that are compared with NumPy before machine code is relied on.
WITNESSED = 64


@dataclass
class Trust:
    """What a process knows of the machine code of one plan.

    Parameters
    ----------
    is_checked : bool
        Whether the first trials had the bits of NumPy, or need not be compared.
    only_new : bool
        Whether they need not be where they meet nothing but what this process has compared before.
    problem : str
        Why NumPy runs everything from now on; empty as long as it does not.
    """

    is_checked: bool = False
    only_new: bool = False
    problem: str = ""


class Advancing(Protocol):
    """Trials that go on quarter by quarter."""

    values: dict[str, Any]

    def advance(self) -> None:
        """Run one quarter."""


class Strip:
    """Trials advanced together by machine code, or by NumPy where that is not to be relied on.

    Parameters
    ----------
    plan : Plan
    count : int
        Trials that mean something.
    n_steps : int
        Quarters that will be run.
    runner : Runner
    compiled : callable
        Returns the trials as machine code runs them.
    in_numpy : callable of int
        Returns so many of them as NumPy runs them.
    trust : Trust

    Attributes
    ----------
    is_repeated : bool
        Whether NumPy took over on the way.
    """

    def __init__(
        self,
        plan: Plan,
        count: int,
        n_steps: int,
        runner: Runner,
        compiled: Callable[[], Advancing],
        in_numpy: Callable[[int], Advancing],
        trust: Trust,
    ) -> None:
        self._plan, self._count, self._runner, self._trust = plan, count, runner, trust
        self._in_numpy = in_numpy
        self._step = 0
        self._is_compiled, self.is_repeated = True, False
        self._witness: Advancing | None = None
        # After the last event, the four quarters of a year are all that there is.
        last_event = max((step for step, is_quiet in enumerate(plan.is_quiet) if not is_quiet), default=-1)
        self._last = min(n_steps, last_event + 1 + QUARTERS)
        try:
            self._block = compiled()
        except Exception as error:
            self._give_up(error)

    @property
    def values(self) -> dict[str, Any]:
        """Every variable and parameter by name."""
        return self._block.values

    def advance(self) -> None:
        """Run one quarter."""
        self._step += 1
        if not self._is_compiled:
            self._block.advance()
            return
        is_watched = not self._trust.is_checked
        try:
            self._block.advance()
            if is_watched:
                self._watch()
        except Exception as error:
            self._give_up(error)
            return
        if self._runner.is_flagged:
            self._repeat()
        elif is_watched:
            self._compare(self._witness)

    def _watch(self) -> None:
        """Let NumPy run the quarter too; in a study, from the beginning once something new is met."""
        if self._witness is not None:
            self._witness.advance()
        meets_new = self._runner.meets_new(_events(self._plan, self._step - 1))
        if self._witness is None and (meets_new or not self._trust.only_new):
            self._witness = witness = self._in_numpy(min(self._count, WITNESSED))
            for _ in range(self._step):
                witness.advance()

    def _give_up(self, error: Exception) -> None:
        if isinstance(error, MemoryError):
            raise error
        if isinstance(error, CannotCompile):
            self._trust.problem = str(error)
        self._repeat()

    def _repeat(self) -> None:
        """Go on in NumPy, which runs the quarters until now again: if a trial fails, it fails here."""
        self._is_compiled, self._witness, self.is_repeated = False, None, True
        self._block = self._in_numpy(self._count)
        for _ in range(self._step):
            self._block.advance()

    def _compare(self, witness: Advancing | None) -> None:
        """Compare all that machine code and NumPy have written in the quarter, bit for bit."""
        is_last = self._step == self._last
        for name in self._runner.written:
            if witness is None or (GLOSSARY[name].role == "ledger" and not is_last):
                continue
            one, other = self.values[name], witness.values[name]
            if not have_same_bits(one[..., : other.shape[-1]], other):
                quarter = self._plan.scenario.start + (self._step - 1)
                self._trust.problem = f"{name} has other bits than in NumPy in {quarter}"
                self._repeat()
                return
        if is_last:
            self._witness, self._trust.is_checked = None, True
            self._runner.has_compared()


def _events(plan: Plan, step: int) -> Iterator[tuple[str, ...]]:
    """Yield the kinds of the events of a quarter: what they change, and how."""
    yield from (("prescribed", each.name, str(each.is_held)) for each in plan.prescribed[step])
    yield from (("changed", name) for name in plan.changed[step])
    yield from (("pulse", name) for name, pulse in plan.pulses.items() if pulse[step].any())


def have_same_bits(one: Array, other: Array) -> bool:
    """Whether two arrays are equal bit for bit; what is not a number equals every other such thing."""
    if one.tobytes() == other.tobytes():
        return True
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    is_known = ~(np.isnan(one) & np.isnan(other))
    return one[is_known].tobytes() == other[is_known].tobytes()
