"""From a graph to LLVM's language: one loop after another, each over the trials of a block or over a list.

Loops over trials take eight at a time (`LANES`), so that the processor's vectors are used whatever their
size. Effects stand in the order in which they were noted; neighbours along the same axis share a loop. What
a later loop needs again is kept in rows of the kernel's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sim.engine.compiled.emit_effects import Emitter
from sim.engine.compiled.emit_nodes import memory_type
from sim.engine.compiled.graph import Axis, Effect, Memory, Node, Trace
from sim.engine.compiled.loops import PRELUDE

#: Trials taken at a time; the number in a block has to be a multiple of it.
LANES = 8

#: A kernel's table of arguments says where to find: the address of room of its own, the capacity of lists and
#: the quarter; then the length of each axis; then each input and output, its address and, in the next place,
#: the bytes from one of its rows to the next. So a table stays as it is when something moves.
ROOM, CAPACITY, STEP, FIRST = 0, 1, 2, 3

#: Effects that are loops of their own.
_ALONE = ("find", "withdraw")


class Kernel:
    """A traced stage as text in LLVM's language.

    Parameters
    ----------
    name : str
    trace : Trace
    trials : Axis
    n_trials : int
        Trials in a block, a multiple of LANES.
    n_outputs : int

    Attributes
    ----------
    text : str
    fixed_size, list_rows : int
        Bytes of room that the kernel needs, and rows of lists besides, each of the capacity of a list.
    """

    def __init__(self, name: str, trace: Trace, trials: Axis, n_trials: int, n_outputs: int) -> None:
        self.trace, self.trials, self.n_trials = trace, trials, n_trials
        self.inputs = list(trace.inputs.values())
        self.fixed_size = self.list_rows = 0
        self._places: dict[Memory, tuple[str, int]] = {}
        self.first_memory = FIRST + len(trace.axes)
        self.n_arguments = self.first_memory + len(self.inputs) + n_outputs
        self.entry: list[str] = []
        self._names = 0
        self.uniform: dict[tuple[Node, int], str] = {}
        self._kept: dict[Node, tuple[Memory, int]] = {}
        self.tables: dict[tuple[Any, ...], str] = {}
        self._versions: dict[Memory, int] = {}
        regions = self._regions()
        self._keep_what_is_needed_again(regions)
        body: list[str] = []
        for number, region in enumerate(regions):
            body += self._alone(region[0], number) if region[0].what in _ALONE else self._loop(region, number)
        lines = [
            *self._heading(),
            *self.entry,
            "  br label %begin0",
            *body,
            f"begin{len(regions)}:",
            "  ret void",
            "}",
        ]
        self.text = "\n".join(
            [
                PRELUDE,
                *self.tables.values(),
                f"define void @{name}(ptr noalias %table) {{",
                "entry:",
                *lines,
                "",
            ]
        )

    # ------------------------------------------------------------------ names and places

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
                f"  %r{number} = mul i64 %capacity, {8 * row}",
                f"  %m{number} = getelementptr i8, ptr %lists, i64 %r{number}",
                f"  %s{number} = mul i64 %capacity, 8",
            ]

    def _quarter(self, memory: Memory) -> int:
        """Return the bytes from the rows of one quarter to those of the next."""
        return memory.n_rows * self.n_trials * memory_type(memory.kind)[1] if memory.is_dated else 0

    def _heading(self) -> list[str]:
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
            f"  %lists = getelementptr i8, ptr %room, i64 {self.fixed_size}",
        ]

    # ------------------------------------------------------------------ loops

    def _regions(self) -> list[list[Effect]]:
        """Group effects that can share a loop."""
        regions: list[list[Effect]] = []
        for effect in self.trace.effects:
            last = regions[-1] if regions else []
            if last and self._can_share(last, effect):
                last.append(effect)
            else:
                regions.append([effect])
        return regions

    def _can_share(self, region: list[Effect], effect: Effect) -> bool:
        if effect.axis is not region[0].axis or any(e.what in _ALONE for e in (effect, region[0])):
            return False
        # Entries at other places, and sums in order of the list, need the loop before to be over.
        changed = {e.memory for e in region if e.memory is not None and e.what not in ("read",)}
        if effect.what in ("scatter", "spread") and effect.memory in changed:
            return False
        scattered = {e.memory for e in region if e.what in ("scatter", "spread")}
        selected = {e.detail for e in region if e.what == "select"}
        for node in self._reached(effect.nodes):
            memory = node.detail[0] if node.op in ("load", "fetch", "read") else None
            if memory in scattered or (node.op == "fetch" and memory in changed):
                return False
            if node.axis in selected:
                return False
        return effect.what not in ("read", "write") or effect.memory not in scattered

    def _reached(self, nodes: Iterable[Node]) -> set[Node]:
        found: set[Node] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting.extend(node.args)
        return found

    def _keep_what_is_needed_again(self, regions: list[list[Effect]]) -> None:
        """Find nodes that are computed in one loop and needed in a later one; rows are made for them."""
        where: dict[Node, int] = {}
        for number, region in enumerate(regions):
            waiting = [node for effect in region for node in effect.nodes]
            seen: set[Node] = set()
            while waiting:
                node = waiting.pop()
                if node in seen or node.axis is None or node.op in ("load", "position", "constant"):
                    continue
                seen.add(node)
                if where.setdefault(node, number) != number:
                    if node not in self._kept:
                        memory = Memory(node.kind, 1, node.axis)
                        self._kept[node] = (memory, where[node])
                    continue
                waiting.extend(node.args)

    def _loop(self, region: list[Effect], number: int) -> list[str]:
        axis = region[0].axis
        assert axis is not None
        lanes = LANES if axis is self.trials else 1
        emitter = Emitter(self, axis, lanes, number)
        for effect in region:
            emitter.effect(effect)
        for node, (memory, made_in) in self._kept.items():
            if made_in == number and node in emitter.names:
                emitter.store(memory, 0, emitter.names[node], node.kind)
        bound = str(self.n_trials) if lanes > 1 else f"%n{number}"
        before = [] if lanes > 1 else [f"  %n{number} = load i64, ptr {self.length(axis)}"]
        counters = [f"  store i64 0, ptr {self.length(made)}" for made in emitter.counters]
        return [
            f"begin{number}:",
            *before,
            *counters,
            f"  br label %head{number}",
            f"head{number}:",
            f"  %t{number} = phi i64 [ 0, %begin{number} ], [ %next{number}, %body{number} ]",
            f"  %go{number} = icmp slt i64 %t{number}, {bound}",
            f"  br i1 %go{number}, label %body{number}, label %begin{number + 1}",
            f"body{number}:",
            *emitter.lines,
            f"  %next{number} = add i64 %t{number}, {lanes}",
            f"  br label %head{number}",
        ]

    def kept(self, node: Node, number: int) -> Memory | None:
        """Return the row in which a node was kept by an earlier loop than `number`."""
        memory, made_in = self._kept.get(node, (None, number))
        return memory if made_in < number else None

    def current(self, memory: Memory, version: int) -> None:
        """Make sure that what is loaded is what it was when the mechanism read it."""
        assert self._versions.get(memory, 0) == version, "memory was changed before it was read"

    def changed(self, memory: Memory) -> None:
        """Note a change of memory."""
        self._versions[memory] = self._versions.get(memory, 0) + 1

    def _alone(self, effect: Effect, number: int) -> list[str]:
        """Call a loop that is written out in `snippets`."""
        memory = effect.memory
        assert memory is not None
        lines = [f"begin{number}:"]
        if effect.what == "find":
            made, rows, entries = effect.detail
            places = [self.base(each) for each in (memory, rows, entries)]
            count = self.fresh()
            lines += [
                f"  {count} = call i64 @find(ptr {places[0]}, i64 {memory.n_rows}, i64 {self.n_trials}, "
                f"ptr {places[1]}, ptr {places[2]})",
                f"  store i64 {count}, ptr {self.length(made)}",
            ]
        else:
            shares, first, taken, n_due, width = effect.detail
            since = Emitter(self, self.trials, 1, number).operand(effect.nodes[0], 1)
            lines.append(
                f"  call void @withdraw(ptr {self.base(memory)}, i64 {since}, i64 {n_due}, "
                f"i64 {taken.n_rows}, i64 {width}, i64 {self.n_trials}, "
                f"ptr {self.base(shares)}, i64 {first}, ptr {self.base(taken)})"
            )
            self.changed(memory)
        return [*lines, f"  br label %begin{number + 1}"]
