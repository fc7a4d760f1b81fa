"""`sim.numerics.streams` as machine code: the same numbers, drawn for the trials that are asked for.

Philox 4x64 with ten rounds (Salmon, Moraes, Dror and Shaw 2011), which is NumPy's; a test compares.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from sim.engine.compiled import machine_code as machine
from sim.engine.compiled.graph import FLOAT
from sim.engine.compiled.llvm_text import literal
from sim.numerics.streams import GRANULE, SMALLEST, WORDS_PER_COUNTER, Streams, key
from sim.vocabulary.axes import Array

_ROUNDS = 10
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_STEPS_OF_KEY = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_BITS_DROPPED = 11
_UNIT = 2.0**-53


def _rounds() -> list[str]:
    """Return the ten rounds: from %x0 to %x3 to the words of the last."""
    lines, x, k = [], [f"%x{j}" for j in range(WORDS_PER_COUNTER)], ["%key0", "%key1"]
    for number in range(_ROUNDS):
        if number:
            lines += [f"  %k{j}r{number} = add i64 {k[j]}, {_STEPS_OF_KEY[j]}" for j in (0, 1)]
            k = [f"%k{j}r{number}" for j in (0, 1)]
        for j, multiplier in enumerate(_MULTIPLIERS):
            at = f"{j}r{number}"
            lines += [
                f"  %w{at} = zext i64 {x[2 * j]} to i128",
                f"  %p{at} = mul i128 %w{at}, {multiplier}",
                f"  %l{at} = trunc i128 %p{at} to i64",
                f"  %s{at} = lshr i128 %p{at}, 64",
                f"  %h{at} = trunc i128 %s{at} to i64",
            ]
        for j in (0, 1):
            at = f"{j}r{number}"
            lines += [
                f"  %a{at} = xor i64 %h{1 - j}r{number}, {x[2 * j + 1]}",
                f"  %b{at} = xor i64 %a{at}, {k[j]}",
            ]
        x = [f"%b0r{number}", f"%l1r{number}", f"%b1r{number}", f"%l0r{number}"]
    return lines + [f"  %y{j} = add i64 {word}, 0" for j, word in enumerate(x)]


def _number(j: int) -> list[str]:
    """Return how one word becomes a number in (0, 1), and is stored."""
    return [
        f"  %high{j} = lshr i64 %y{j}, {_BITS_DROPPED}",
        f"  %whole{j} = sitofp i64 %high{j} to double",
        f"  %part{j} = fmul double %whole{j}, {literal(FLOAT, _UNIT)}",
        f"  %is_zero{j} = fcmp olt double %part{j}, {literal(FLOAT, SMALLEST)}",
        f"  %u{j} = select i1 %is_zero{j}, double {literal(FLOAT, SMALLEST)}, double %part{j}",
        f"  %place{j} = getelementptr double, ptr %at, i64 {j}",
        f"  store double %u{j}, ptr %place{j}",
    ]


_ARGUMENTS = ("out", "key0", "key1", "granule", "first", "rows", "counters", "width")


@cache
def _text() -> str:
    """Return the function: `counters` times four numbers of each row, `width` bytes apart."""
    loads = [
        line
        for place, name in enumerate(_ARGUMENTS)
        for line in (
            f"  %in_{name} = getelementptr i64, ptr %table, i64 {place}",
            f"  %{name} = load i64, ptr %in_{name}",
        )
    ]
    lines = [
        "define void @uniforms(ptr noalias %table) {",
        "start:",
        *loads,
        "  br label %row",
        "row:",
        "  %r = phi i64 [ 0, %start ], [ %r_next, %row_done ]",
        "  %r_go = icmp slt i64 %r, %rows",
        "  br i1 %r_go, label %begin, label %done",
        "begin:",
        "  %r_offset = mul i64 %r, %width",
        "  %r_at = add i64 %out, %r_offset",
        "  %r_ahead = mul i64 %r, " + str(GRANULE // WORDS_PER_COUNTER),
        "  %r_first = add i64 %first, %r_ahead",
        "  br label %head",
        "head:",
        "  %c = phi i64 [ 0, %begin ], [ %c_next, %body ]",
        "  %c_go = icmp slt i64 %c, %counters",
        "  br i1 %c_go, label %body, label %row_done",
        "body:",
        "  %x0 = add i64 %r_first, %c",
        "  %x1 = add i64 0, 0",
        "  %x2 = add i64 0, 0",
        "  %x3 = add i64 %granule, 0",
        f"  %c_offset = mul i64 %c, {8 * WORDS_PER_COUNTER}",
        "  %c_at = add i64 %r_at, %c_offset",
        "  %at = inttoptr i64 %c_at to ptr",
        *_rounds(),
        *(line for j in range(WORDS_PER_COUNTER) for line in _number(j)),
        "  %c_next = add i64 %c, 1",
        "  br label %head",
        "row_done:",
        "  %r_next = add i64 %r, 1",
        "  br label %row",
        "done:",
        "  ret void",
        "}",
        "",
    ]
    return "\n".join(lines)


class CompiledStreams(Streams):
    """The random numbers of one seed; see `sim.numerics.streams.Streams`."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._uniforms = machine.function(_text(), "uniforms")

    def uniform(
        self,
        name: str,
        first_trial: int,
        n_trials: int,
        width: int = 1,
        first_quarter: int = 0,
        n_quarters: int = 1,
    ) -> Array:
        """Return uniforms in (0, 1), shape (n_quarters, width, n_trials)."""
        last_trial = first_trial + n_trials
        # Whole counters, which give four numbers each.
        first, last = first_trial // WORDS_PER_COUNTER, -(-last_trial // WORDS_PER_COUNTER)
        result = np.empty((n_quarters, width, WORDS_PER_COUNTER * (last - first)))
        address, words = result.ctypes.data, key(self.seed, name)
        per_granule = GRANULE // WORDS_PER_COUNTER
        for granule in range(first // per_granule, -(-last // per_granule)):
            low, high = max(first, granule * per_granule), min(last, (granule + 1) * per_granule)
            # A generator counts on before it draws.
            counter = 1 + first_quarter * width * per_granule + low - granule * per_granule
            out = address + result.itemsize * WORDS_PER_COUNTER * (low - first)
            table = np.array(
                [
                    out,
                    *words.view(np.int64),
                    granule,
                    counter,
                    n_quarters * width,
                    high - low,
                    result.strides[1],
                ],
                dtype=np.int64,
            )
            self._uniforms(table.ctypes.data)
        start = first_trial - first * WORDS_PER_COUNTER
        return result[..., start : start + n_trials]
