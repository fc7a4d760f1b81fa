"""How each effect is written in LLVM's language."""

from __future__ import annotations

from sim.engine.compiled.emit_nodes import Operations
from sim.engine.compiled.graph import FLOAT, Axis, Effect

#: Quarters, and parts, of which sums stay whole numbers of 64 bits.
_FAR = str(2**31)


class Emitter(Operations):
    """The body of one loop: operations, and what is done to memory with them."""

    def effect(self, effect: Effect) -> None:
        """Write an effect, and first what it needs."""
        getattr(self, f"_do_{effect.what}")(effect)

    def _do_store(self, effect: Effect) -> None:
        assert effect.memory is not None
        for k, node in enumerate(effect.nodes):
            self.store(effect.memory, k, self.operand(node), node.kind)

    def _do_read(self, effect: Effect) -> None:
        for node in effect.nodes:
            self.operand(node)

    def _do_write(self, effect: Effect) -> None:
        first, *nodes = effect.nodes
        assert effect.memory is not None
        for k, node in enumerate(nodes):
            name = self.operand(node)
            self.store(effect.memory, self._further(first, effect.memory, k), name, node.kind)

    def _do_scatter(self, effect: Effect) -> None:
        memory = effect.memory
        assert memory is not None
        names = [self.operand(node) for node in effect.nodes]
        assert memory.axis is not None
        names[0] = self.position(names[0], memory.axis)
        if len(names) > 2:
            names[2] = self.within(names[2], str(memory.n_rows))
        width = self._width
        for lane in range(width):
            place, amount, *rows = (
                self._lane(name, node.kind, lane) for name, node in zip(names, effect.nodes, strict=True)
            )
            self._width = 1
            address = self.address(memory, rows[0] if rows else 0, place)
            old = self._loaded(address, FLOAT)
            new = self.write(f"fadd double {old}, {amount}")
            self._out.append(f"  store double {new}, ptr {address}, align 8")
            self._width = width
        self.places.changed(memory)

    def _do_spread(self, effect: Effect) -> None:
        memory = effect.memory
        assert memory is not None and self._width == 1
        every, n_due, width = effect.detail
        place, row, first, part, parts = (self.operand(node) for node in effect.nodes)
        assert memory.axis is not None
        place, row = self.position(place, memory.axis), self.within(row, str(width))
        first, parts = self.within(first, _FAR), self.within(parts, _FAR)
        at = self.address(memory, row, place)
        quarter = width * int(self.places.stride(memory))
        self._out.append(
            f"  call void @enter(ptr {at}, i64 {first}, i64 {every}, i64 {n_due - 1}, i64 {quarter}, "
            f"double {part}, i64 {parts})"
        )
        self.places.changed(memory)

    def _do_select(self, effect: Effect) -> None:
        assert effect.memory is not None
        axis: Axis = effect.detail
        self.counters.append(axis)
        mask = self.operand(effect.nodes[0])
        length = self.places.length(axis)
        count = self.write(f"load i64, ptr {length}")
        address = self.address(effect.memory, 0, count)
        self._out.append(f"  store i64 %t{self.number}, ptr {address}, align 8")
        one = self.write(f"zext i1 {mask} to i64")
        more = self.write(f"add i64 {count}, {one}")
        self._out.append(f"  store i64 {more}, ptr {length}")
