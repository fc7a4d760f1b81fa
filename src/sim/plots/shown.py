"""Figures that a notebook shows by themselves, without pyplot and without a magic command."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, cast

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from sim.plots import themes
from sim.plots.settings import context
from sim.vocabulary.errors import WrongType


class Shown(Figure):
    """A figure whose value in a notebook is its picture; it is drawn in the theme in which it was made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.theme = themes.now()

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """Save the figure; what matplotlib adds only now, such as ticks, has its colours too."""
        with matplotlib.rc_context():
            matplotlib.rcParams.update(self.theme.rc())
            super().savefig(*args, **kwargs)

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        with context():
            self.savefig(picture, format="png")
        return picture.getvalue()


class Panels(np.ndarray):
    """The axes of a figure with several panels, in order; in a notebook, the picture of the whole."""

    @staticmethod
    def of(axes: list[Axes]) -> Panels:
        """Return axes as panels."""
        made = np.empty(len(axes), dtype=object)
        made[:] = axes
        return made.view(Panels)

    @property
    def figure(self) -> Figure:
        """The whole figure that they are a part of."""
        return cast(Figure, self.flat[0].get_figure(root=True))

    def __repr__(self) -> str:
        return f"<{self.size} panels>"

    def _repr_png_(self) -> bytes | None:
        return self.figure._repr_png_() if isinstance(self.figure, Shown) else None


#: What a function that draws returns: axes, or several for several panels.
Drawn = Axes | Panels

#: Where figures with several panels can be drawn.
Place = Axes | Sequence[Axes] | np.ndarray | FigureBase | None


def with_picture(axes: Any) -> Any:
    """Return axes of a figure of their own whose value in a notebook is that figure's picture."""
    axes._repr_png_ = axes.figure._repr_png_
    return axes


def whole_figure(drawn: Any) -> Figure:
    """Return the figure that axes or panels are a part of; a figure is its own."""
    if isinstance(drawn, Figure):
        return drawn
    root = drawn.figure if isinstance(drawn, Panels) and drawn.size else None
    if isinstance(drawn, Axes):
        root = drawn.get_figure(root=True)
    if root is None:
        remedy = "Give what a function of sim.plots returns."
        raise WrongType("", "figure", f"{type(drawn).__name__} is no figure, and no axes of one", remedy)
    return root
