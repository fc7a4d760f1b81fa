"""The settings of matplotlib within which every figure is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import matplotlib

from sim.plots import themes

#: Laid over matplotlib's defaults, whatever the user's own settings are; `context` adds the user's fonts and
#: the theme's colours.
STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 8.5,
    "figure.dpi": 100,
    "font.size": 8,
    "grid.linewidth": 0.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "butt",
    "savefig.dpi": 200,
    "svg.fonttype": "none",
    "svg.hashsalt": "hedgesim",
    "text.parse_math": False,  # what stands between two dollars is a sum of money
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
}

#: The font of all figures; it comes with matplotlib.
FONT = "DejaVu Sans"

#: Settings that are kept, once checked: those of a few themes.
_KEPT = 8


@contextmanager
def context() -> Iterator[None]:
    """Apply the style for a while, in the theme of the moment; the user's settings come back afterwards.

    Of these, the fonts in ``font.family`` and ``font.sans-serif`` stand in where the style's has no sign.
    """
    settings = {**STYLE, **themes.now().rc(), "font.family": (FONT, *_fonts_of_user())}
    style, now = _checked(tuple(settings.items())), cast(dict[str, Any], matplotlib.rcParams)
    before = dict.copy(now)  # as it stands: what matplotlib checks once more, or resolves, takes long
    del before["backend"]
    try:
        dict.update(now, style)
        yield
    finally:
        dict.update(now, before)


@lru_cache(_KEPT)
def _checked(settings: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """Return all settings but the backend, these over matplotlib's defaults: to check them takes long."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(cast(Any, dict(settings)))
        return {name: matplotlib.rcParams._get(name) for name in matplotlib.rcParams if name != "backend"}


def _fonts_of_user() -> list[str]:
    """Return the fonts that the user's settings name beyond matplotlib's own, as far as they are there."""
    from matplotlib.font_manager import fontManager

    usual = {FONT, *matplotlib.rcParamsDefault["font.family"], *matplotlib.rcParamsDefault["font.sans-serif"]}
    named = [name for key in ("font.family", "font.sans-serif") for name in matplotlib.rcParams[key]]
    beyond = [name for name in dict.fromkeys(named) if name not in usual]
    known = set(fontManager.get_font_names()) if beyond else set()
    return [name for name in beyond if name in known]
