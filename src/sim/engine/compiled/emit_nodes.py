"""How each operation is written in LLVM's language."""

from __future__ import annotations

from typing import Any

from sim.engine.compiled.graph import FLOAT, INTEGER, TRUTH, Axis, Memory, Node
from sim.engine.compiled.llvm_text import TYPES, literal, memory_type
from sim.engine.compiled.places import Places

_BINARY = {
    ("add", FLOAT): "fadd", ("sub", FLOAT): "fsub", ("mul", FLOAT): "fmul", ("div", FLOAT): "fdiv",
    ("add", INTEGER): "add", ("sub", INTEGER): "sub", ("mul", INTEGER): "mul",
    ("and", TRUTH): "and", ("or", TRUTH): "or",
}  # fmt: skip
_COMPARED = {"lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}
#: A table of so few entries is a chain of choices.
_SHORT = 6
_MANTISSA_BITS = 52
_BIAS = 1023
_SMALLEST_NORMAL = 2.0**-1022
_LIFT = 54
#: Whole numbers below this have a double each.
_EXACT = 2.0**53


class Operations:
    """The body of one loop; what is the same for all goes to the entry of the kernel.

    Parameters
    ----------
    places : Places
        Of the kernel.
    axis : Axis
        What the loop runs over.
    lanes : int
        How many entries it takes at a time.
    number : int
        Of the loop.
    """

    def __init__(self, places: Places, axis: Axis, lanes: int, number: int) -> None:
        self.places, self.axis, self.lanes, self.number = places, axis, lanes, number
        self.lines: list[str] = []
        self.names: dict[Node, str] = {}
        self.counters: list[Axis] = []
        self._out = self.lines
        self._width = lanes
        self._begun: dict[tuple[Memory, bool], str] = {}

    # ------------------------------------------------------------------ writing

    def type(self, kind: str, width: int | None = None) -> str:
        """Return the type of a number, or of as many as are taken at a time."""
        width = self._width if width is None else width
        return TYPES[kind] if width == 1 else f"<{width} x {TYPES[kind]}>"

    def write(self, text: str) -> str:
        """Write an instruction; return the name of its result."""
        name = self.places.fresh()
        self._out.append(f"  {name} = {text}")
        return name

    def number_of(self, kind: str, value: Any) -> str:
        """Return a known number, as many times as are taken at a time."""
        text = literal(kind, value)
        if self._width == 1:
            return text
        return f"<{', '.join([f'{TYPES[kind]} {text}'] * self._width)}>"

    def operand(self, node: Node, width: int | None = None) -> str:
        """Return the name of a node in the loop; what it needs is written first."""
        width = self._width if width is None else width
        if node.op == "constant":
            saved, self._width = self._width, width
            text = self.number_of(node.kind, node.detail)
            self._width = saved
            return text
        if node.axis is not None:
            if node not in self.names:
                self._write_all(node)
            return self.names[node]
        name = self.places.uniform.get((node, 1))
        if name is None:
            # In the entry: no loop, one number.
            saved_out, saved_width = self._out, self._width
            self._out, self._width = self.places.entry, 1
            self._write_all(node)
            self._out, self._width = saved_out, saved_width
            name = self.places.uniform[node, 1]
        return name if width == 1 else self._splat(node, name)

    def _splat(self, node: Node, name: str) -> str:
        known = self.places.uniform
        if (node, self.lanes) not in known:
            saved, self._out = self._out, self.places.entry
            kind, wide = TYPES[node.kind], f"<{self.lanes} x {TYPES[node.kind]}>"
            one = self.write(f"insertelement {wide} poison, {kind} {name}, i64 0")
            known[node, self.lanes] = self.write(
                f"shufflevector {wide} {one}, {wide} poison, <{self.lanes} x i32> zeroinitializer"
            )
            self._out = saved
        return known[node, self.lanes]

    def _write_all(self, node: Node) -> None:
        """Write a node after all that it needs; a stack, for chains may be long."""
        waiting = [node]
        while waiting:
            top = waiting[-1]
            missing = [arg for arg in top.args if not self._is_there(arg, top)]
            if missing and self.places.kept(top, self.number) is None:
                waiting.extend(missing)
                continue
            waiting.pop()
            if top.axis is None:
                if (top, 1) not in self.places.uniform:
                    self.places.uniform[top, 1] = self._written(top)
            elif top not in self.names:
                self.names[top] = self._written(top)

    def _is_there(self, arg: Node, user: Node) -> bool:
        if arg.op == "constant":
            return True
        if arg.axis is None:
            # Numbers that are the same for all are written to the entry when they are first needed.
            return user.axis is not None or (arg, 1) in self.places.uniform
        return arg in self.names

    def _written(self, node: Node) -> str:
        kept = self.places.kept(node, self.number)
        if kept is not None:
            return self.load(kept, 0)
        method = getattr(self, f"_{node.op.replace(' ', '_')}", None)
        if method is not None:
            name: str = method(node)
            return name
        args = [self.operand(arg) for arg in node.args]
        kind = node.args[0].kind
        if (node.op, node.kind) in _BINARY:
            return self.write(f"{_BINARY[node.op, node.kind]} {self.type(kind)} {args[0]}, {args[1]}")
        raise AssertionError(f"no way to write {node.op} of {node.kind}")

    # ------------------------------------------------------------------ what is out of range

    def demand(self, condition: str) -> None:
        """Raise the kernel's flag where a condition does not hold."""
        truth = self.type(TRUTH)
        fails = self.write(f"xor {truth} {condition}, {self.number_of(TRUTH, True)}")
        bits = fails if self._width == 1 else self.write(f"bitcast {truth} {fails} to i{self._width}")
        word = self.write(f"zext i1 {bits} to i8") if self._width == 1 else bits
        before = self.write("load i8, ptr %odd")
        after = self.write(f"or i8 {before}, {word}")
        self._out.append(f"  store i8 {after}, ptr %odd")

    def within(self, index: str, length: str) -> str:
        """Return an index that is at least zero and less than a length; else zero, and the flag is raised."""
        kind = self.type(INTEGER)
        if self._width > 1:
            length = f"<{', '.join([f'{TYPES[INTEGER]} {length}'] * self._width)}>"
        # Without sign, what is below zero is beyond every length.
        is_inside = self.write(f"icmp ult {kind} {index}, {length}")
        self.demand(is_inside)
        return self.write(
            f"select {self.type(TRUTH)} {is_inside}, {kind} {index}, {kind} {self.number_of(INTEGER, 0)}"
        )

    def position(self, index: str, axis: Axis) -> str:
        """Return a position along an axis, or the first and the flag raised."""
        length = self.places.limit(axis)
        if length is None:
            assert self._width == 1, "a list is read entry by entry"
            length = self.write(f"load i64, ptr {self.places.length(axis)}")
        return self.within(index, length)

    # ------------------------------------------------------------------ memory

    def address(self, memory: Memory, row: int | str, position: str | None = None) -> str:
        """Return the address of an entry of a row; of the loop's own place unless a position is given."""
        base, stride, size = self.places.base(memory), self.places.stride(memory), memory_type(memory.kind)[1]
        if memory.axis is not None:
            place = position or f"%t{self.number}"
            key = (memory, position is None)
            if position is None and key in self._begun:
                base = self._begun[key]
            else:
                offset = place if size == 1 else self.write(f"mul i64 {place}, {size}")
                base = self.write(f"getelementptr i8, ptr {base}, i64 {offset}")
                if position is None:
                    self._begun[key] = base
        if isinstance(row, int) and stride.isdigit():
            return base if row == 0 else self.write(f"getelementptr i8, ptr {base}, i64 {row * int(stride)}")
        if row == 0:
            return base
        offset = self.write(f"mul i64 {row}, {stride}")
        return self.write(f"getelementptr i8, ptr {base}, i64 {offset}")

    def _loaded(self, address: str, kind: str) -> str:
        in_memory, size = memory_type(kind)
        wide = in_memory if self._width == 1 else f"<{self._width} x {in_memory}>"
        name = self.write(f"load {wide}, ptr {address}, align {size}")
        return self.write(f"trunc {wide} {name} to {self.type(TRUTH)}") if kind == TRUTH else name

    def load(self, memory: Memory, row: int | str) -> str:
        """Load the loop's own place of a row."""
        return self._loaded(self.address(memory, row), memory.kind)

    def store(self, memory: Memory, row: int | str, name: str, kind: str) -> None:
        """Store at the loop's own place of a row."""
        assert kind == memory.kind
        address = self.address(memory, row)
        in_memory, size = memory_type(kind)
        wide = in_memory if self._width == 1 else f"<{self._width} x {in_memory}>"
        if kind == TRUTH:
            name = self.write(f"zext {self.type(TRUTH)} {name} to {wide}")
        self._out.append(f"  store {wide} {name}, ptr {address}, align {size}")

    def _lane(self, name: str, kind: str, lane: int) -> str:
        """Return one of those that are taken at a time."""
        if self._width == 1:
            return name
        return self.write(f"extractelement {self.type(kind)} {name}, i64 {lane}")

    def _gathered(self, kind: str, one: Any) -> str:
        """Put together what is loaded for each of those that are taken at a time."""
        width = self._width
        if width == 1:
            return str(one(0))
        result = "poison"
        for lane in range(width):
            self._width = width
            name = one(lane)
            result = self.write(f"insertelement {self.type(kind)} {result}, {TYPES[kind]} {name}, i64 {lane}")
        return result

    # ------------------------------------------------------------------ nodes

    def _load(self, node: Node) -> str:
        memory, row, version = node.detail
        if not memory.source:
            self.places.current(memory, version)
        return self.load(memory, row)

    def _fetch(self, node: Node) -> str:
        memory, first, version = node.detail
        if not memory.source:
            self.places.current(memory, version)
        args = [self.operand(arg) for arg in node.args]
        if memory.axis is not None:
            args[0] = self.position(args[0], memory.axis)
        if len(args) > 1:
            args[1] = self.within(args[1], str(memory.n_rows - first))

        def one(lane: int) -> str:
            place = self._lane(args[0], INTEGER, lane)
            row: int | str = first
            if len(args) > 1:
                row = self._lane(args[1], INTEGER, lane)
            width, self._width = self._width, 1
            if len(args) > 1 and first:
                row = self.write(f"add i64 {row}, {first}")
            name = self._loaded(self.address(memory, row, place), memory.kind)
            self._width = width
            return name

        return self._gathered(node.kind, one)

    def _read(self, node: Node) -> str:
        memory, k, _ = node.detail
        return self.load(memory, self._further(node.args[0], memory, k))

    def _further(self, first: Node, memory: Memory, k: int) -> str:
        """Return the number of the row k further on than a row that all share."""
        name = self._inside(first, memory)
        saved, self._out = self._out, self.places.entry
        row = self.write(f"add i64 {name}, {k}")
        self._out = saved
        return row

    def _inside(self, first: Node, memory: Memory) -> str:
        """Return the number of the first row of a quarter of a ledger, checked once."""
        known, name = self.places.inside, self.operand(first, 1)
        if (first, memory) not in known:
            saved, self._out, width, self._width = self._out, self.places.entry, self._width, 1
            known[first, memory] = self.within(name, str(memory.n_rows))
            self._out, self._width = saved, width
        return known[first, memory]

    def _table(self, node: Node) -> str:
        index = self.within(self.operand(node.args[0]), str(len(node.detail)))
        if len(node.detail) <= _SHORT:
            result = self.number_of(node.kind, node.detail[0])
            for k, value in enumerate(node.detail[1:], start=1):
                here = self.write(f"icmp eq {self.type(INTEGER)} {index}, {self.number_of(INTEGER, k)}")
                value = self.number_of(node.kind, value)
                kind = self.type(node.kind)
                result = self.write(f"select {self.type(TRUTH)} {here}, {kind} {value}, {kind} {result}")
            return result
        in_memory, _ = memory_type(node.kind)
        tables = self.places.tables
        key = (node.kind, *(literal(node.kind, value) for value in node.detail))
        if key not in tables:
            entries = ", ".join(f"{in_memory} {text}" for text in key[1:])
            tables[key] = (
                f"@table{len(tables)} = internal constant [{len(node.detail)} x {in_memory}] [{entries}]"
            )
        name = tables[key].split()[0]

        def one(lane: int) -> str:
            place = self._lane(index, INTEGER, lane)
            width, self._width = self._width, 1
            address = self.write(f"getelementptr {in_memory}, ptr {name}, i64 {place}")
            loaded = self._loaded(address, node.kind)
            self._width = width
            return loaded

        return self._gathered(node.kind, one)

    def _position(self, node: Node) -> str:
        place = f"%t{self.number}"
        if self._width == 1:
            return place
        wide = self.type(INTEGER)
        one = self.write(f"insertelement {wide} poison, i64 {place}, i64 0")
        every = self.write(
            f"shufflevector {wide} {one}, {wide} poison, <{self._width} x i32> zeroinitializer"
        )
        lanes = ", ".join(f"i64 {k}" for k in range(self._width))
        return self.write(f"add {wide} {every}, <{lanes}>")

    def _step(self, node: Node) -> str:
        return self.write("add i64 %step, 0")

    def _intrinsic(self, name: str, kind: str, *args: str, more: str = "") -> str:
        suffix = ("" if self._width == 1 else f"v{self._width}") + ("f64" if kind == FLOAT else "i64")
        wide = self.type(kind)
        return self.write(
            f"call {wide} @llvm.{name}.{suffix}({', '.join(f'{wide} {a}' for a in args)}{more})"
        )

    def _floor(self, node: Node) -> str:
        return self._intrinsic("floor", FLOAT, self.operand(node.args[0]))

    def _sqrt(self, node: Node) -> str:
        return self._intrinsic("sqrt", FLOAT, self.operand(node.args[0]))

    def _abs(self, node: Node) -> str:
        more = ", i1 false" if node.kind == INTEGER else ""
        return self._intrinsic(
            "fabs" if node.kind == FLOAT else "abs", node.kind, self.operand(node.args[0]), more=more
        )

    def _neg(self, node: Node) -> str:
        x = self.operand(node.args[0])
        if node.kind == FLOAT:
            return self.write(f"fneg {self.type(FLOAT)} {x}")
        return self.write(f"sub {self.type(INTEGER)} {self.number_of(INTEGER, 0)}, {x}")

    def _not(self, node: Node) -> str:
        return self.write(
            f"xor {self.type(TRUTH)} {self.operand(node.args[0])}, {self.number_of(TRUTH, True)}"
        )

    def _compared(self, node: Node) -> str:
        one, other = (self.operand(arg) for arg in node.args)
        kind = node.args[0].kind
        if node.op in ("eq", "ne"):
            relation = {"eq": "oeq", "ne": "une"}[node.op] if kind == FLOAT else node.op
        else:
            relation = ("o" if kind == FLOAT else "s") + node.op
        return self.write(
            f"{'fcmp' if kind == FLOAT else 'icmp'} {relation} {self.type(kind)} {one}, {other}"
        )

    _lt = _le = _gt = _ge = _eq = _ne = _compared

    def _extreme(self, node: Node) -> str:
        """As NumPy does: the second where both are equal (0.0 and -0.0 are), and not-a-number stays."""
        one, other = (self.operand(arg) for arg in node.args)
        kind, truth = self.type(node.kind), self.type(TRUTH)
        relation = "gt" if node.op == "max" else "lt"
        if node.kind == INTEGER:
            takes = self.write(f"icmp s{relation} {kind} {one}, {other}")
        else:
            beyond = self.write(f"fcmp o{relation} {kind} {one}, {other}")
            unknown = self.write(f"fcmp uno {kind} {one}, {one}")
            takes = self.write(f"or {truth} {beyond}, {unknown}")
        return self.write(f"select {truth} {takes}, {kind} {one}, {kind} {other}")

    _max = _min = _extreme

    def _select(self, node: Node) -> str:
        condition, one, other = (self.operand(arg) for arg in node.args)
        kind = self.type(node.kind)
        return self.write(f"select {self.type(TRUTH)} {condition}, {kind} {one}, {kind} {other}")

    def _to_f(self, node: Node) -> str:
        kind = node.args[0].kind
        convert = "uitofp" if kind == TRUTH else "sitofp"
        return self.write(f"{convert} {self.type(kind)} {self.operand(node.args[0])} to {self.type(FLOAT)}")

    def _to_i(self, node: Node) -> str:
        x, kind, whole = self.operand(node.args[0]), node.args[0].kind, self.type(INTEGER)
        if kind == TRUTH:
            return self.write(f"zext {self.type(TRUTH)} {x} to {whole}")
        size = self._intrinsic("fabs", FLOAT, x)
        has_one = self.write(f"fcmp olt {self.type(FLOAT)} {size}, {self.number_of(FLOAT, _EXACT)}")
        self.demand(has_one)
        safe = self.write(
            f"select {self.type(TRUTH)} {has_one}, {self.type(FLOAT)} {x}, "
            f"{self.type(FLOAT)} {self.number_of(FLOAT, 0.0)}"
        )
        return self.write(f"fptosi {self.type(FLOAT)} {safe} to {whole}")

    def _whole(self, node: Node) -> str:
        """As `sim.numerics.durations.whole` does; where that raises, the flag is raised."""
        x, real = self.operand(node.args[0]), self.type(FLOAT)
        self.demand(self.write(f"fcmp ord {real} {x}, {x}"))
        found = self._intrinsic("floor", FLOAT, x)
        for relation, limit in zip(("ogt", "olt"), node.detail, strict=True):
            end = self.number_of(FLOAT, float(limit))
            is_inside = self.write(f"fcmp {relation} {real} {found}, {end}")
            found = self.write(f"select {self.type(TRUTH)} {is_inside}, {real} {found}, {real} {end}")
        return self.write(f"fptosi {real} {found} to {self.type(INTEGER)}")

    def _small(self, node: Node) -> str:
        """Of what is not a number, any whole number: what is computed with it is not a number either."""
        half = "i32" if self._width == 1 else f"<{self._width} x i32>"
        found = self.write(f"fptosi {self.type(FLOAT)} {self.operand(node.args[0])} to {half}")
        name = self.write(f"freeze {half} {found}")
        return self.write(f"sext {half} {name} to {self.type(INTEGER)}")

    def _rem(self, node: Node) -> str:
        """As NumPy does: of the sign of the divisor."""
        one, other = (self.operand(arg) for arg in node.args)
        kind, truth, zero = self.type(INTEGER), self.type(TRUTH), self.number_of(INTEGER, 0)
        can_divide = self.write(f"icmp sgt {kind} {other}, {zero}")
        self.demand(can_divide)
        safe = self.write(f"select {truth} {can_divide}, {kind} {other}, {kind} {self.number_of(INTEGER, 1)}")
        rest = self.write(f"srem {kind} {one}, {safe}")
        is_below = self.write(f"icmp slt {kind} {rest}, {zero}")
        more = self.write(f"add {kind} {rest}, {safe}")
        return self.write(f"select {truth} {is_below}, {kind} {more}, {kind} {rest}")

    def _ldexp(self, node: Node) -> str:
        """Multiply by a power of two, which is put together from its bits: only for normal numbers."""
        x, k = (self.operand(arg) for arg in node.args)
        whole, real = self.type(INTEGER), self.type(FLOAT)
        biased = self.write(f"add {whole} {k}, {self.number_of(INTEGER, _BIAS)}")
        bits = self.write(f"shl {whole} {biased}, {self.number_of(INTEGER, _MANTISSA_BITS)}")
        power = self.write(f"bitcast {whole} {bits} to {real}")
        return self.write(f"fmul {real} {x}, {power}")

    def _parts(self, node: Node) -> tuple[str, str, str, str]:
        """Return x lifted out of the subnormal numbers, whether it was, whether it is zero, and its bits."""
        x = self.operand(node.args[0])
        whole, real, truth = self.type(INTEGER), self.type(FLOAT), self.type(TRUTH)
        size = self._intrinsic("fabs", FLOAT, x)
        is_low = self.write(f"fcmp olt {real} {size}, {self.number_of(FLOAT, _SMALLEST_NORMAL)}")
        is_zero = self.write(f"fcmp oeq {real} {x}, {self.number_of(FLOAT, 0.0)}")
        lifted = self.write(f"fmul {real} {x}, {self.number_of(FLOAT, 2.0**_LIFT)}")
        chosen = self.write(f"select {truth} {is_low}, {real} {lifted}, {real} {x}")
        return x, is_low, is_zero, self.write(f"bitcast {real} {chosen} to {whole}")

    def _mantissa(self, node: Node) -> str:
        x, _, is_zero, bits = self._parts(node)
        whole, real, truth = self.type(INTEGER), self.type(FLOAT), self.type(TRUTH)
        outside = ~(0x7FF << _MANTISSA_BITS)
        kept = self.write(f"and {whole} {bits}, {self.number_of(INTEGER, outside)}")
        half = self.write(f"or {whole} {kept}, {self.number_of(INTEGER, (_BIAS - 1) << _MANTISSA_BITS)}")
        found = self.write(f"bitcast {whole} {half} to {real}")
        endless = self._endless(x)
        is_odd = self.write(f"or {truth} {is_zero}, {endless}")
        return self.write(f"select {truth} {is_odd}, {real} {x}, {real} {found}")

    def _endless(self, x: str) -> str:
        size = self._intrinsic("fabs", FLOAT, x)
        return self.write(f"fcmp ueq {self.type(FLOAT)} {size}, {self.number_of(FLOAT, float('inf'))}")

    def _exponent(self, node: Node) -> str:
        x, is_low, is_zero, bits = self._parts(node)
        whole, truth = self.type(INTEGER), self.type(TRUTH)
        moved = self.write(f"lshr {whole} {bits}, {self.number_of(INTEGER, _MANTISSA_BITS)}")
        field = self.write(f"and {whole} {moved}, {self.number_of(INTEGER, 0x7FF)}")
        usual, low = (self.number_of(INTEGER, _BIAS - 1 + extra) for extra in (0, _LIFT))
        bias = self.write(f"select {truth} {is_low}, {whole} {low}, {whole} {usual}")
        found = self.write(f"sub {whole} {field}, {bias}")
        is_odd = self.write(f"or {truth} {is_zero}, {self._endless(x)}")
        return self.write(f"select {truth} {is_odd}, {whole} {self.number_of(INTEGER, 0)}, {whole} {found}")
