"""From a graph to LLVM's language: one loop after another, each over the trials of a block or over a list.

Loops over trials take eight at a time (`LANES`), so that the processor's vectors are used whatever their
size. Effects stand in the order in which they were noted; neighbours along the same axis share a loop. What
a later loop needs again is kept in rows of the kernel's own.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.engine.compiled.emit_effects import Emitter
from sim.engine.compiled.graph import Axis, Effect, Node, Trace
from sim.engine.compiled.loops import PRELUDE
from sim.engine.compiled.places import Places

#: Trials taken at a time; the number in a block has to be a multiple of it.
LANES = 8

#: Effects that are loops of their own.
_ALONE = ("find", "withdraw", "postpone")


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
    places : Places
    """

    def __init__(self, name: str, trace: Trace, trials: Axis, n_trials: int, n_outputs: int) -> None:
        self.trace, self.trials, self.n_trials = trace, trials, n_trials
        self.places = Places(trace, trials, n_trials, n_outputs)
        regions = self._regions()
        self._keep_what_is_needed_again(regions)
        body: list[str] = []
        for number, region in enumerate(regions):
            body += self._alone(region[0], number) if region[0].what in _ALONE else self._loop(region, number)
        lines = [
            *self.places.heading(),
            *self.places.entry,
            "  br label %begin0",
            *body,
            f"begin{len(regions)}:",
            *self.places.ending(),
            "}",
        ]
        self.text = "\n".join(
            [
                PRELUDE,
                *self.places.tables.values(),
                f"define void @{name}(ptr noalias %table) {{",
                "entry:",
                *lines,
                "",
            ]
        )

    # ------------------------------------------------------------------ loops

    def _regions(self) -> list[list[Effect]]:
        """Group effects that can share a loop."""
        regions: list[list[Effect]] = []
        for effect in self.trace.effects:
            last = regions[-1] if regions else []
            in_turn = last and effect.shared is not None and effect.shared == last[-1].shared
            if in_turn or (last and self._can_share(last, effect)):
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
                    self.places.keep(node, where[node])
                    continue
                waiting.extend(node.args)

    def _loop(self, region: list[Effect], number: int) -> list[str]:
        axis = region[0].axis
        assert axis is not None
        lanes = LANES if axis is self.trials else 1
        emitter = Emitter(self.places, axis, lanes, number)
        for effect in region:
            emitter.effect(effect)
        for node, memory in self.places.made_in(number):
            if node in emitter.names:
                emitter.store(memory, 0, emitter.names[node], node.kind)
        bound = str(self.n_trials) if lanes > 1 else f"%n{number}"
        before = [] if lanes > 1 else [f"  %n{number} = load i64, ptr {self.places.length(axis)}"]
        counters = [f"  store i64 0, ptr {self.places.length(made)}" for made in emitter.counters]
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

    def _alone(self, effect: Effect, number: int) -> list[str]:
        """Call a loop that is written out in `loops`."""
        memory, places = effect.memory, self.places
        assert memory is not None
        emitter = Emitter(places, self.trials, 1, number)
        if effect.what == "find":
            made, rows, entries = effect.detail
            flags, row, entry = (places.base(each) for each in (memory, rows, entries))
            found = emitter.write(
                f"call i64 @find(ptr {flags}, i64 {memory.n_rows}, i64 {self.n_trials}, "
                f"ptr {row}, ptr {entry}, i64 %capacity)"
            )
            count = emitter.within(found, "%longest")
            lines = [*emitter.lines, f"  store i64 {count}, ptr {places.length(made)}"]
        elif effect.what == "postpone":
            shares, first, n_rows, n_due, width = effect.detail
            quarter = emitter.within(emitter.operand(effect.nodes[0], 1), str(n_due))
            lines = [
                *emitter.lines,
                f"  call void @postpone(ptr {places.base(memory)}, i64 {quarter}, "
                f"i64 {n_rows}, i64 {width}, i64 {self.n_trials}, "
                f"ptr {places.base(shares)}, i64 {first})",
            ]
            places.changed(memory)
        else:
            shares, first, taken, n_due, width = effect.detail
            since = emitter.within(emitter.operand(effect.nodes[0], 1), str(n_due))
            lines = [
                *emitter.lines,
                f"  call void @withdraw(ptr {places.base(memory)}, i64 {since}, i64 {n_due}, "
                f"i64 {taken.n_rows}, i64 {width}, i64 {self.n_trials}, "
                f"ptr {places.base(shares)}, i64 {first}, ptr {places.base(taken)})",
            ]
            places.changed(memory)
        return [f"begin{number}:", *lines, f"  br label %begin{number + 1}"]
