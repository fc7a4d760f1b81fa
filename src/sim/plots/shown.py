"""Figures that a notebook shows by themselves, without pyplot and without a magic command."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.figure import Figure


class Shown(Figure):
    """A figure whose value in a notebook is its picture."""

    def _repr_png_(self) -> bytes:
        from sim.plots import style

        picture = io.BytesIO()
        with style.context():
            self.savefig(picture, format="png")
        return picture.getvalue()


def with_picture(axes: Any) -> Any:
    """Return axes of a figure of their own whose value in a notebook is that figure's picture."""
    axes._repr_png_ = axes.figure._repr_png_
    return axes
