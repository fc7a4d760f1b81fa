"""What all figures share: panels, the footer that says where a figure is from, saving."""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.files.records import reason, shown
from sim.plots import themes
from sim.plots.settings import context
from sim.plots.shown import Drawn, Shown, whole_figure
from sim.runs.dataset import counted, manifest
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, MissingGlyphs

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

#: What matplotlib says where no font has a sign.
_NO_GLYPH = re.compile(r"Glyph (\d+) .* missing from font")

#: Width of a figure and of its margins, in inches: the text width of an A4 page.
WIDTH = 7.0
LINE = 0.125
_FOOTER_SIZE = 6.2
LEFT = 0.012
LETTERS = 135

#: Digits of a digest that a footer names.
DIGEST = 8

#: Panels up to which each row says what is shown.
_MANY = 9

P = ParamSpec("P")
T = TypeVar("T")


def styled(function: Callable[P, T]) -> Callable[P, T]:
    """Run a function within the style; into axes of the user's own, in the theme that is readable there."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        with themes.within(themes.readable_on(kwargs.get("ax"))), context():
            return function(*args, **kwargs)

    return wrapper


def save(figure: Figure | Drawn, path: str | Path) -> tuple[Path, Path]:
    """Write a figure as PNG, 200 dots per inch, and as SVG with its text as text.

    Parameters
    ----------
    figure : Figure, Axes or Panels
        What one of the functions of this package has returned, or any figure.
    path : str or path
        Where to; a suffix .png or .svg is left out.

    Returns
    -------
    tuple of Path
        The two files; the same figure gives the same bytes.

    Warns
    -----
    MissingGlyphs
        Once, if no font has the signs of a text.
    """
    whole = whole_figure(figure)
    base = arguments.path(path, "path")
    if not base.name:
        raise InputError("", "path", "not the name of a file", "Such as figures/shares.", str(path))
    name = base.stem if base.suffix.lower() in (".png", ".svg") else base.name
    png, svg = base.with_name(f"{name}.png"), base.with_name(f"{name}.svg")
    with themes.within(whole.theme if isinstance(whole, Shown) else themes.now()), context(), _one_warning():
        lay_out(whole)
        try:
            whole.savefig(png)
            title = {"Title": str(whole.get_label())} if whole.get_label() else {}
            whole.savefig(svg, metadata={"Date": None, **title})
        except OSError as error:
            problem = f"cannot be written: {reason(error)}"
            raise InputError(shown(base), "", problem, "Choose another path.") from None
    return png, svg


def lay_out(figure: Figure) -> None:
    """Lay a figure out for good: every file of it looks the same, and takes half the time."""
    engine = figure.get_layout_engine()
    if engine is not None:
        with _as_finely_as_saved(figure):
            engine.execute(figure)
        figure.set_layout_engine(None)  # not "none", with which all is drawn twice each time it is saved


@contextmanager
def _as_finely_as_saved(figure: Figure) -> Iterator[None]:
    """Measure texts at the size at which they are drawn: of few dots each letter is another width."""
    usual = figure.dpi
    figure.dpi = max(usual, float(matplotlib.rcParams["savefig.dpi"]))
    try:
        yield
    finally:
        figure.dpi = usual


@contextmanager
def _one_warning() -> Iterator[None]:
    """Say once, not for every sign and figure, that signs are missing."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    others = [each for each in caught if not _NO_GLYPH.match(str(each.message))]
    for each in others:
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    if len(others) < len(caught):
        remedy = (
            'Name a font that has them: matplotlib.rcParams["font.sans-serif"] = [...], or in a matplotlibrc.'
        )
        warnings.warn(
            f"No font has some signs of the texts in the figures. {remedy}", MissingGlyphs, stacklevel=4
        )


def legible(label: str) -> str:
    """Return a label for a legend, which leaves out those that begin with an underscore."""
    return f" {label}" if label.startswith("_") else label


def inscribe(figure: Figure, title: str, lines: Sequence[str], whole: str = "") -> None:
    """Write a title above the panels of a figure, and a footer of some lines below them.

    `whole` is the title where only its beginning is written; a screen reader says all of it.
    """
    height = figure.get_figheight()
    figure.set_label(" ".join((whole or title).split()))
    figure.text(LEFT, 1 - 0.08 / height, title, size=10, weight="bold", va="top")
    footer = "\n".join(lines)
    figure.text(
        LEFT, 0.06 / height, footer, size=_FOOTER_SIZE, color=themes.now().note, va="bottom", linespacing=1.35
    )


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines; a word with a hyphen is not torn apart."""
    return textwrap.wrap(text, width, break_on_hyphens=False)


def in_lines(text: str, width: int) -> str:
    """Return a text with a break wherever a line of this width is full."""
    return "\n".join(wrapped(text, width))


def label_years(axis: Axes) -> None:
    """Name the axis of time, with marks at whole years."""
    axis.set_xlabel("Year")
    marks = axis.xaxis.get_major_locator()
    if isinstance(marks, MaxNLocator):  # a user's own marks stay
        marks.set_params(integer=True)


def label_values(axes: Sequence[Axes], text: str, unit: str) -> None:
    """Name the quantity and its unit beside the leftmost panels."""
    # A unit of two words is not torn apart.
    joined = unit.replace(" ", "\u00a0")
    # Of many rows each would say the same, which the figure's title says already.
    lines = [joined] if len(axes) > _MANY else wrapped(f"{text} ({joined})", 36)
    for axis in axes:
        place = axis.get_subplotspec()
        if len(axes) == 1 or place is None or place.is_first_col():
            axis.set_ylabel("\n".join(lines).replace("\u00a0", " "))
    for axis in axes:
        if max(abs(limit) for limit in axis.get_ylim()) >= 1000:
            axis.yaxis.set_major_formatter("{x:,.0f}")


def mark_start(axis: Axes, start: float) -> None:
    """Draw the line between what is recorded and what is simulated."""
    axis.axvline(start, color=themes.now().note, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1.5)


def scenario_colours(names: Sequence[str]) -> dict[str, str]:
    """Return the colours of scenarios by their position; one for all where there are too few."""
    colours = themes.now().scenarios
    if len(names) > len(colours):
        return dict.fromkeys(names, colours[0])
    return dict(zip(names, colours, strict=False))


def shades() -> Any:
    """Return a scale of one colour, from the first scenario's to the paper's."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shades", [themes.now().scenarios[0], themes.now().paper])


def panel_title(axis: Axes, text: str, width: int = 34) -> None:
    """Set the title of a panel, on as many lines as it takes, of about the same length."""
    lines = wrapped(text, width)
    longest = max(map(len, text.split()), default=width)
    narrower = next((w for w in range(longest, width) if len(wrapped(text, w)) == len(lines)), width)
    axis.set_title(in_lines(text, narrower))


def ends_of_quarters(runs: xr.Dataset) -> Array:
    """Return the end of each quarter as a decimal year, where its values belong."""
    quarters = [str(each) for each in runs["quarter"].values]
    return np.array([int(each[:4]) + int(each[-1]) / 4 for each in quarters])


def start_of(runs: xr.Dataset) -> float:
    """Return the start of the first quarter as a decimal year."""
    return float(ends_of_quarters(runs)[0] - 0.25)


def footer(runs: xr.Dataset, has_history: bool = False) -> list[str]:
    """Return the lines below a figure: how many trials, which software, and the source of the data."""
    return [_about(runs), _source(runs, has_history)]


def _about(runs: xr.Dataset) -> str:
    about = manifest(runs)
    software = f"{about['software']} {about['version']}"
    trials = counted(runs) if "trial" in runs.dims else f"{about['trials']:,}"
    return f"n = {trials} trials per scenario, seed {about['seed']}; {software}{_digests(runs, about)}"


def _digests(runs: xr.Dataset, about: Mapping[str, Any]) -> str:
    """Name the case, which holds the record, and the scenarios by the digests that a copied picture keeps."""
    shown = {str(each) for each in np.atleast_1d(runs["scenario"].values)} if "scenario" in runs else set()
    of = [each.get("digest", "") for name, each in about.get("scenarios", {}).items() if name in shown]
    named = {"case": [about.get("case_digest", "")], "scenario" if len(of) == 1 else "scenarios": of}
    return "".join(
        f"; {kind} {', '.join(each[:DIGEST] for each in digests)}"
        for kind, digests in named.items()
        if all(digests) and digests
    )


def _source(runs: xr.Dataset, has_history: bool) -> str:
    """Name the case's first source, which is its deal register, and the software."""
    about = manifest(runs)
    register = next(iter(about.get("sources", [])), "").split(",")[0]
    recorded = f"{register} ({'history' if has_history else 'data'}), " if register else ""
    return f"Source: {recorded}{about['software']} (futures); own calculations."
