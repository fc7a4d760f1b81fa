"""What a page is made of: tables and pictures."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from sim.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What matplotlib writes about itself, and the size on paper: the page scales a picture to its column.
_ABOUT = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_SIZE = re.compile(r' (?:width|height)="[^"]*pt"')
_ID = re.compile(r'\bid="([^"]+)"')
_LINK = re.compile(r'(xlink:href="#|url\(#)')


@dataclass(frozen=True)
class Table:
    """A table with its caption.

    Parameters
    ----------
    caption : str
    columns : tuple of str
    rows : tuple of tuple of str
        The first cell names the row.
    numbers : frozenset of int
        Positions of the columns that hold numbers.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Picture:
    """A drawing, and the sentence that says what it shows to who cannot see it."""

    sentence: str
    svg: str


@style.styled
def picture(figure: Figure, key: str, sentence: str) -> Picture:
    """Return a figure as SVG for a page.

    Parameters
    ----------
    figure : Figure
    key : str
        Its name on the page; ids within the drawing begin with it, so that no two are alike.
    sentence : str
        What it shows.
    """
    written = io.StringIO()
    style.lay_out(figure)
    figure.savefig(written, format="svg", metadata={"Date": None})
    text = written.getvalue()
    text = _ABOUT.sub("", text[text.index("<svg") :])
    head, rest = text.split(">", 1)
    head = _SIZE.sub("", head) + f' role="img" aria-label="{escape(sentence)}"'
    prefix = re.sub(r"\W", "-", key)
    text = _ID.sub(rf'id="{prefix}-\1"', f"{head}>{rest}")
    return Picture(sentence, _LINK.sub(rf"\1{prefix}-", text))
