"""Where everything is that kernels read and write, and room for what is written.

Kernels find the addresses here, so that arrays may move without a word to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from sim.engine.compiled.kernels import LISTS, list_of
from sim.engine.compiled.lowering import LANES
from sim.model.schedule import PREVIOUS, base_name
from sim.vocabulary.axes import Array

_WORD = 8
#: Room begins where a line of the processor's cache begins.
_LINE = 64

#: What kernels find as a number: where they have room, how long lists may be and are, the quarter, and
#: whether anything was out of range.
_NUMBERS = ("room", "capacity", "step", "flag", *LISTS)


def address(array: Array) -> int:
    """Return where an array is."""
    return int(array.__array_interface__["data"][0])


class Directory:
    """Addresses by name, and the arrays they are of.

    Parameters
    ----------
    names : iterable of str
        Of variables and parameters.
    turning : iterable of str
        States that are written each quarter: there are two of each, the other is that of the quarter before.
    n_trials : int
    capacity : int
        Entries that lists have room for, to begin with.
    """

    def __init__(self, names: Iterable[str], turning: Iterable[str], n_trials: int, capacity: int) -> None:
        self.n_trials = n_trials
        self.turning = tuple(turning)
        places = dict.fromkeys((*names, *(name + PREVIOUS for name in self.turning)))
        self._at = {name: len(_NUMBERS) + 2 * k for k, name in enumerate(places)}
        self._at |= {name: k for k, name in enumerate(_NUMBERS)}
        #: For each number, the number; for each name, an address, and the bytes from a row to the next.
        self._words = np.zeros(len(_NUMBERS) + 2 * len(places), dtype=np.int64)
        now, before = (
            np.array([self._at[name + which] for name in self.turning], dtype=int)[:, None] + (0, 1)
            for which in ("", PREVIOUS)
        )
        self._now, self._before = now, before
        self._lists: dict[str, Array] = {}
        #: What is written, by name: states change from one side to the other every quarter.
        self._sides: tuple[dict[str, Array], dict[str, Array]] = ({}, {})
        self._side = 0
        self._inputs: dict[str, Array] = {}
        self._room = np.empty(0, dtype=np.uint8)
        self._fixed_size = self._list_rows = 0
        self._lengthen(capacity)

    # ------------------------------------------------------------------ addresses and numbers

    def cell(self, name: str) -> int:
        """Return the address at which kernels find a name; a state that no quarter writes is what it was."""
        return address(self._words) + _WORD * self._at[name if name in self._at else base_name(name)]

    def number(self, name: str) -> int:
        """Return a number."""
        return int(self._words[self._at[name]])

    def set(self, name: str, number: int) -> None:
        """Set a number."""
        self._words[self._at[name]] = number

    def _enter(self, name: str, array: Array, stride: int) -> None:
        at = self._at[name]
        self._words[at : at + 2] = address(array), stride

    # ------------------------------------------------------------------ arrays

    @property
    def arrays(self) -> dict[str, Array]:
        """What is written by name, as it is on this side; without lists."""
        return self._sides[self._side]

    def list(self, name: str) -> Array:
        """Return a list, as long as it is."""
        return self._lists[name][..., : self.number(list_of(name) or "")]

    def turn(self) -> None:
        """Let what states are become what they were."""
        self._side = 1 - self._side
        words, now, before = self._words, self._now, self._before
        words[now], words[before] = words[before], words[now]

    def take(self, name: str, value: Any) -> Array:
        """Enter where an input is, and return it."""
        array = self._inputs[name] = np.ascontiguousarray(value)
        self._enter(name, array, array.itemsize)
        return array

    def copy(self, name: str, value: Array, is_beginning: bool) -> Array:
        """Copy a variable to its own room and return it; at the beginning, what it is is what it was."""
        of_list = list_of(name)
        if of_list is not None:
            if value.shape[-1] > self.number("capacity"):
                self._lengthen(value.shape[-1])
            self.set(of_list, value.shape[-1])
        self.has_room(name, value.shape[:-1], value.dtype)
        array = self.arrays[name] if of_list is None else self.list(name)
        array[...] = value
        if is_beginning and name in self.turning:
            self.arrays[name + PREVIOUS][...] = value
        return array

    def has_room(self, name: str, shape: tuple[int, ...], dtype: Any) -> bool:
        """Give room to a variable; return False where it has room of another form."""
        is_list = list_of(name) is not None
        if is_list and name not in self._lists:
            self._hold_list(name, np.zeros((*shape, self._list_size), dtype))
        elif not is_list and name not in self.arrays:
            names = (name, name + PREVIOUS) if name in self.turning else (name,)
            given = [np.zeros((*shape, self.n_trials), dtype) for _ in names]
            for side, arrays in zip(self._sides, (given, given[::-1]), strict=True):
                side |= zip(names, arrays, strict=True)
            for each in names:
                self._enter(each, self.arrays[each], self.n_trials * self.arrays[each].itemsize)
        array = self._lists[name] if is_list else self.arrays[name]
        return array.shape[:-1] == shape and array.dtype == dtype

    # ------------------------------------------------------------------ room

    @property
    def _list_size(self) -> int:
        """Entries of a row of a list: one more than there may be, which is written before it is counted."""
        return self.number("capacity") + 1

    def make_room(self, fixed_size: int, list_rows: int) -> None:
        """Make room for what a kernel keeps for itself while it runs: bytes, and rows of lists."""
        self._fixed_size = max(self._fixed_size, fixed_size)
        self._list_rows = max(self._list_rows, list_rows)
        size = self._fixed_size + _WORD * self._list_rows * self._list_size + _LINE
        if size > self._room.size:
            self._room = np.empty(size, dtype=np.uint8)
        self.set("room", -(-address(self._room) // _LINE) * _LINE)

    def _lengthen(self, least: int) -> None:
        """Make lists so long, at least."""
        self.set("capacity", -(-least // LANES) * LANES)
        for name, held in [*self._lists.items()]:
            longer = np.zeros((*held.shape[:-1], self._list_size), held.dtype)
            longer[..., : held.shape[-1]] = held
            self._hold_list(name, longer)
        self.make_room(0, 0)

    def _hold_list(self, name: str, array: Array) -> None:
        self._lists[name] = array
        self._enter(name, array, array.shape[-1] * array.itemsize)
