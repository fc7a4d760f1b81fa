"""Colours on light and on dark paper, what is readable of them, and which of the two is meant just now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import matplotlib

from sim.vocabulary import arguments

#: Contrast that small text needs, and what a line needs (WCAG 2.1, success criteria 1.4.3 and 1.4.11).
TEXT_CONTRAST, LINE_CONTRAST = 4.5, 3.0

#: Part of the way to the ink in which a colour is moved until it can be read.
_STEP = 0.1

#: Lightening of further rounds of a palette, so that no two of its colours are the same.
_FADE = 0.45


@dataclass(frozen=True)
class Theme:
    """Colours of figures.

    Parameters
    ----------
    paper, ink : str
        Background; text and the lines that matter.
    note : str
        Axes, ticks, small text.
    middle, rest, grid : str
        Greys: what stands for any scenario; what has no colour of its own; lines of the grid.
    scenarios, suppliers : tuple of str
        None of them twice.
    """

    paper: str
    ink: str
    note: str
    middle: str
    rest: str
    grid: str
    scenarios: tuple[str, ...]
    suppliers: tuple[str, ...]

    def rc(self) -> Any:
        """Return the colours as settings of matplotlib."""
        return {
            **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), self.paper),
            **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor"), self.ink),
            **dict.fromkeys(("xtick.labelcolor", "ytick.labelcolor", "patch.edgecolor"), self.ink),
            **dict.fromkeys(("xtick.color", "ytick.color", "axes.edgecolor"), self.note),
            "grid.color": self.grid,
            "legend.facecolor": self.paper,
        }

    def readable(self, colour: str) -> str:
        """Return a colour, moved towards the ink as far as small text on the paper needs."""
        part = 0.0
        while part < 1.0 and contrast(mixed(colour, self.ink, part), self.paper) < TEXT_CONTRAST:
            part += _STEP
        return mixed(colour, self.ink, min(part, 1.0))


#: Scenarios from Okabe and Ito, which the colour-blind can distinguish; suppliers from Paul Tol's "muted"
#: scheme, in which neighbours in a stack differ in lightness.
LIGHT = Theme(
    paper="#FFFFFF",
    ink="#000000",
    note="#555555",
    middle="#777777",
    rest="#BBBBBB",
    grid="#DDDDDD",
    scenarios=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"),
    suppliers=("#CC6677", "#332288", "#DDCC77", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933"),
)

#: The same hues, lighter; suppliers from Paul Tol's "light" scheme.
DARK = Theme(
    paper="#16181D",
    ink="#F2F2F2",
    note="#B4B8C0",
    middle="#A0A4AC",
    rest="#6F7580",
    grid="#343842",
    scenarios=("#4DB3FF", "#FF8C4D", "#2FC79E", "#E69FCB", "#F5C242", "#B9A6FF"),
    suppliers=("#EE8866", "#77AADD", "#EEDD88", "#44BB99", "#FFAABB", "#99DDFF", "#BBCC33", "#AAAA00"),
)

THEMES: Mapping[str, Theme] = {"light": LIGHT, "dark": DARK}

_NOW: ContextVar[Theme] = ContextVar("theme", default=LIGHT)


def now() -> Theme:
    """Return the theme in which figures are drawn just now."""
    return _NOW.get()


@contextmanager
def theme(name: str = "light") -> Iterator[None]:
    """Draw figures on light or on dark paper for a while; a figure keeps its own when it is saved later.

    Parameters
    ----------
    name : {"light", "dark"}
        Figures that are made with matplotlib meanwhile have the same colours.

    Examples
    --------
    >>> with sim.plots.theme("dark"):
    ...     sim.plots.save(sim.plots.overlay(runs, "hhi"), "hhi")

    Yields
    ------
    None
        The theme holds within the block.
    """
    meant = THEMES[arguments.chosen(name, "name", tuple(THEMES))]
    with within(meant), matplotlib.rc_context():
        matplotlib.rcParams.update(meant.rc())
        yield


@contextmanager
def within(meant: Theme) -> Iterator[None]:
    """Draw in a theme for a while."""
    before = _NOW.set(meant)
    try:
        yield
    finally:
        _NOW.reset(before)


def readable_on(place: Any) -> Theme:
    """Return the theme that suits a user's own axes, figure or list of axes; else that of the moment."""
    from matplotlib.colors import to_rgba

    for each in place if isinstance(place, list | tuple) else getattr(place, "flat", [place]):
        while hasattr(each, "get_facecolor"):
            if to_rgba(each.get_facecolor())[3] > 0.0:
                return DARK if luminance(each.get_facecolor()) < luminance(LIGHT.middle) else LIGHT
            # What can be seen through shows what is behind it.
            each = each.figure if each.figure is not each else None
    return now()


def palette(colours: tuple[str, ...], count: int) -> list[str]:
    """Return so many colours, none twice: the second round is lighter than the first, and so on."""
    rounds = (mixed(colours[k % len(colours)], now().paper, _faded(k // len(colours))) for k in range(count))
    return list(rounds)


def _faded(round: int) -> float:
    return 1.0 - (1.0 - _FADE) ** round


def mixed(one: str, other: str, part: float) -> str:
    """Return a colour between two; of the other it has so large a part."""
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = ((1.0 - part) * a + part * b for a, b in zip(to_rgb(one), to_rgb(other), strict=True))
    return str(to_hex((red, green, blue)))


def contrast(one: Any, other: Any) -> float:
    """Return the ratio of the lighter to the darker of two colours (WCAG 2.1)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Any) -> float:
    """Return the relative luminance of a colour, from 0 for black to 1 for white (WCAG 2.1)."""
    from matplotlib.colors import to_rgb

    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
