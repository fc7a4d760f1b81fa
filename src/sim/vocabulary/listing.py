"""Lists of records that print as a table, in a terminal and in a notebook."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

Row = TypeVar("Row")

#: Columns of a terminal, and the space between two columns of a table.
_WIDTH, _GAP = 80, 2

#: Rows that are printed; the rest are counted.
_SHOWN = 60


class Listing(list[Row]):
    """A list whose text is a table.

    Parameters
    ----------
    rows : iterable
        Its members.
    columns : mapping of str to callable
        Heading -> what of a member stands under it, as a text. The last column is cut to the terminal.
    """

    def __init__(self, rows: Iterable[Row], columns: Mapping[str, Callable[[Row], str]]) -> None:
        super().__init__(rows)
        self._columns = dict(columns)

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)  # the columns are functions, which do not travel

    def __repr__(self) -> str:
        table = [list(self._columns), *self._cells()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = []
        for row in table:
            text = (
                (" " * _GAP).join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            )
            lines.append(text if len(text) <= _WIDTH else text[: _WIDTH - 3].rstrip() + "...")
        return "\n".join([*lines, *self._more()])

    def _repr_html_(self) -> str:
        top = "".join(f'<th scope="col">{html.escape(each)}</th>' for each in self._columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in self._cells()
        )
        more = "".join(f"<caption>{html.escape(each)}</caption>" for each in self._more())
        return f"<table>{more}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"

    def _cells(self) -> list[list[str]]:
        rows = list(self)[:_SHOWN]
        return [[" ".join(text(row).split()) for text in self._columns.values()] for row in rows]

    def _more(self) -> list[str]:
        return [f"and {len(self) - _SHOWN} more"] if len(self) > _SHOWN else []
