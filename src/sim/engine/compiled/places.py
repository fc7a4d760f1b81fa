"""Where a kernel finds what it reads and writes: names, addresses, rows of its own, and its flag.

What is written here goes to the entry of the kernel, before its loops.
"""

from __future__ import annotations

from typing import Any

from sim.engine.compiled.graph import Axis, Memory, Node, Trace
from sim.engine.compiled.llvm_text import memory_type

#: A kernel's table of arguments says where to find: the address of room of its own, the capacity of lists,
#: the quarter and the flag; then the length of each axis; then each input and output, its address and, in the
#: next place, the bytes from one of its rows to the next. So a table stays as it is when something moves.
ROOM, CAPACITY, STEP, FLAG, FIRST = 0, 1, 2, 3, 4


class Places:
    """Names and places of one kernel.

    Parameters
    ----------
    trace : Trace
    trials : Axis
    n_trials : int
    n_outputs : int

    Attributes
    ----------
    entry : list of str
        What is done before the loops.
    uniform : dict
        Names of numbers that are the same for all, by node and how many are taken at a time.
    inside : dict
        Names of rows of a ledger that have been checked, by node and ledger.
    tables : dict
        Known arrays that are indexed by what was computed, by content.
    fixed_size, list_rows : int
        Bytes of room that the kernel needs, and rows of lists besides, each of the stride of a list.
    """

    def __init__(self, trace: Trace, trials: Axis, n_trials: int, n_outputs: int) -> None:
        self.trials, self.n_trials = trials, n_trials
        self.inputs = list(trace.inputs.values())
        self.first_memory = FIRST + len(trace.axes)
        self.n_arguments = self.first_memory + len(self.inputs) + n_outputs
        self.entry: list[str] = []
        self.uniform: dict[tuple[Node, int], str] = {}
        self.inside: dict[tuple[Node, Memory], str] = {}
        self.tables: dict[tuple[Any, ...], str] = {}
        self.fixed_size = self.list_rows = 0
        self._names = 0
        self._places: dict[Memory, tuple[str, int]] = {}
        self._kept: dict[Node, tuple[Memory, int]] = {}
        self._versions: dict[Memory, int] = {}

    # ------------------------------------------------------------------ names

    def fresh(self) -> str:
        """Return a new name."""
        self._names += 1
        return f"%v{self._names}"

    def length(self, axis: Axis) -> str:
        """Return the name of the address of the length of an axis."""
        return f"%in{FIRST + axis.number}"

    def base(self, memory: Memory) -> str:
        """Return the name of the address of memory."""
        return f"%m{self._number(memory)}"

    def stride(self, memory: Memory) -> str:
        """Return the bytes from one row of memory to the next, as a number or a name."""
        if memory.axis is self.trials:
            return str(self.n_trials * memory_type(memory.kind)[1])
        return f"%s{self._number(memory)}"

    def _number(self, memory: Memory) -> int:
        if memory not in self._places:
            number = len(self._places)
            self._places[memory] = (str(number), number)
            self._place(memory, number)
        return self._places[memory][1]

    def _place(self, memory: Memory, number: int) -> None:
        """Say in the entry where memory is."""
        if memory.source or memory.output is not None:
            at = self.inputs.index(memory) if memory.source else len(self.inputs) + (memory.output or 0)
            found = f"%in{self.first_memory + at}"
            self.entry += [
                f"  %f{number} = load ptr, ptr {found}",
                f"  %n{number}s = getelementptr i64, ptr {found}, i64 1",
                f"  %s{number} = load i64, ptr %n{number}s",
                f"  %d{number} = mul i64 %step, {self._quarter(memory)}",
                f"  %m{number} = getelementptr i8, ptr %f{number}, i64 %d{number}",
            ]
        elif memory.axis is self.trials:
            self.entry.append(f"  %m{number} = getelementptr i8, ptr %room, i64 {self.fixed_size}")
            self.fixed_size += self.n_trials * memory_type(memory.kind)[1] * memory.n_rows
            self.fixed_size += -self.fixed_size % 64
        else:
            # Rows of lists come last, one after another, each of the capacity of a list.
            row = self.list_rows
            self.list_rows += memory.n_rows
            self.entry += [
                # One entry more than there may be: it is written before it is counted.
                f"  %s{number} = mul i64 %longest, 8",
                f"  %r{number} = mul i64 %s{number}, {row}",
                f"  %m{number} = getelementptr i8, ptr %lists, i64 %r{number}",
            ]

    def _quarter(self, memory: Memory) -> int:
        """Return the bytes from the rows of one quarter to those of the next."""
        return memory.n_rows * self.n_trials * memory_type(memory.kind)[1] if memory.is_dated else 0

    def limit(self, axis: Axis) -> str | None:
        """Return how many entries an axis has, where that is known."""
        return str(self.n_trials) if axis is self.trials else None

    def heading(self) -> list[str]:
        """Return how the table of arguments is read, and the flag lowered."""
        found = [
            line
            for place in range(self.n_arguments)
            for line in (
                f"  %at{place} = getelementptr i64, ptr %table, i64 {place}",
                f"  %in{place} = load ptr, ptr %at{place}, !invariant.load !0",
            )
        ]
        return [
            *found,
            f"  %room = load ptr, ptr %in{ROOM}",
            f"  %capacity = load i64, ptr %in{CAPACITY}",
            f"  %step = load i64, ptr %in{STEP}",
            "  %longest = add i64 %capacity, 1",
            f"  %lists = getelementptr i8, ptr %room, i64 {self.fixed_size}",
            "  %odd = alloca i8",
            "  store i8 0, ptr %odd",
        ]

    @staticmethod
    def ending() -> list[str]:
        """Return how the flag is handed over: it stays raised until somebody lowers it."""
        return [
            "  %odd_here = load i8, ptr %odd",
            "  %odd_word = zext i8 %odd_here to i64",
            f"  %odd_before = load i64, ptr %in{FLAG}",
            "  %odd_after = or i64 %odd_before, %odd_word",
            f"  store i64 %odd_after, ptr %in{FLAG}",
            "  ret void",
        ]

    # ------------------------------------------------------------------ what a later loop needs again

    def keep(self, node: Node, made_in: int) -> None:
        """Make a row for a node of a loop, for later ones."""
        if node not in self._kept:
            self._kept[node] = Memory(node.kind, 1, node.axis), made_in

    def made_in(self, number: int) -> list[tuple[Node, Memory]]:
        """Return the nodes that a loop has to keep, and where."""
        return [(node, memory) for node, (memory, made_in) in self._kept.items() if made_in == number]

    def kept(self, node: Node, number: int) -> Memory | None:
        """Return the row in which a node was kept by an earlier loop than `number`."""
        memory, made_in = self._kept.get(node, (None, number))
        return memory if made_in < number else None

    def current(self, memory: Memory, version: int) -> None:
        """Make sure that what is loaded is what it was when the mechanism read it."""
        if self._versions.get(memory, 0) != version:
            raise RuntimeError("memory was changed before it was read")

    def changed(self, memory: Memory) -> None:
        """Note a change of memory."""
        self._versions[memory] = self._versions.get(memory, 0) + 1
