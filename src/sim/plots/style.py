"""What all figures share: fonts, colours, panels, the footer that says where a figure is from, saving."""

from __future__ import annotations

import math
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from sim.files.records import reason, shown
from sim.plots.shown import Shown
from sim.runs.dataset import completeness, manifest
from sim.vocabulary import arguments
from sim.vocabulary.axes import Array
from sim.vocabulary.errors import InputError, MissingGlyphs

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

#: Laid over matplotlib's defaults, whatever the user's own settings are; `context` adds the user's fonts.
STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#555555",
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
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "butt",
    "savefig.dpi": 200,
    "svg.fonttype": "none",
    "svg.hashsalt": "hedgesim",
    "text.parse_math": False,  # what stands between two dollars is a sum of money
    "xtick.color": "#555555",
    "xtick.labelcolor": "black",
    "xtick.labelsize": 7.5,
    "ytick.color": "#555555",
    "ytick.labelcolor": "black",
    "ytick.labelsize": 7.5,
}

#: The font of all figures; it comes with matplotlib.
FONT = "DejaVu Sans"

#: What matplotlib says where no font has a sign.
_NO_GLYPH = re.compile(r"Glyph (\d+) .* missing from font")

#: Colours of scenarios, from Okabe and Ito, which the colour-blind can distinguish.
SCENARIO_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

#: Colours of suppliers, from Paul Tol's "muted" scheme; neighbours in a stack differ in lightness.
SUPPLIER_COLOURS = ("#CC6677", "#332288", "#DDCC77", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933")
REST_COLOUR = "#BBBBBB"

#: Width of a figure and of its margins, in inches: the text width of an A4 page.
WIDTH = 7.0
_LINE = 0.125
_FOOTER_SIZE = 6.2
_GREY = "#555555"
_LEFT = 0.012
_FOOTER_CHARACTERS = 135

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def context() -> Iterator[None]:
    """Apply the style for a while; the user's settings come back afterwards.

    Of these, the fonts in ``font.family`` and ``font.sans-serif`` stand in where the style's has no sign.
    """
    fonts = [FONT, *_fonts_of_user()]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(cast(Any, {**STYLE, "font.family": fonts}))
        yield


def _fonts_of_user() -> list[str]:
    """Return the fonts that the user's settings name beyond matplotlib's own, as far as they are there."""
    from matplotlib.font_manager import fontManager

    named = [name for key in ("font.family", "font.sans-serif") for name in matplotlib.rcParams[key]]
    usual = {FONT, *matplotlib.rcParamsDefault["font.family"], *matplotlib.rcParamsDefault["font.sans-serif"]}
    known = set(fontManager.get_font_names())
    return [name for name in dict.fromkeys(named) if name in known and name not in usual]


def styled(function: Callable[P, T]) -> Callable[P, T]:
    """Run a function within the style."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        with context():
            return function(*args, **kwargs)

    return wrapper


@styled
def save(figure: Figure, path: str | Path) -> tuple[Path, Path]:
    """Write a figure as PNG, 200 dots per inch, and as SVG with its text as text.

    Parameters
    ----------
    figure : Figure
        From one of the functions of this package.
    path : str or path
        Where to, without a suffix.

    Returns
    -------
    tuple of Path
        The two files; the same figure gives the same bytes.

    Warns
    -----
    MissingGlyphs
        Once, if no font has the signs of a text.
    """
    arguments.instance(figure, Figure, "figure", "a figure", "Give what a function of sim.plots returns.")
    base = arguments.path(path, "path")
    if not base.name:
        raise InputError("", "path", "not the name of a file", "Such as figures/shares.", str(path))
    png, svg = base.with_name(f"{base.name}.png"), base.with_name(f"{base.name}.svg")
    with _one_warning():
        engine = figure.get_layout_engine()
        if engine is not None:
            # Laid out once, both files look the same, and it takes half the time.
            engine.execute(figure)
            figure.set_layout_engine("none")
        try:
            figure.savefig(png)
            figure.savefig(svg, metadata={"Date": None})
        except OSError as error:
            problem = f"cannot be written: {reason(error)}"
            raise InputError(shown(base), "", problem, "Choose another path.") from None
    return png, svg


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


def panels(
    count: int,
    title: str,
    runs: xr.Dataset,
    *,
    handles: Sequence[Artist],
    has_history: bool = False,
    notes: Sequence[str] = (),
    is_beside: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with title, legend and footer, and `count` panels that share their axes.

    Parameters
    ----------
    count : int
        Number of panels.
    title : str
        What is shown, in a few words.
    runs : xarray.Dataset
        The result shown; its manifest goes into the footer.
    handles : sequence of Artist
        Entries of the legend.
    has_history : bool
        Whether recorded data are shown.
    notes : sequence of str
        What the reader has to know, before the footer's own lines.
    is_beside : bool
        Whether the legend stands to the right of the panels instead of below them.
    """
    columns = count if count <= 3 else 2 if count == 4 else 3
    rows = math.ceil(count / columns)
    lines = [line for note in notes for line in textwrap.wrap(note, _FOOTER_CHARACTERS)]
    lines += footer(runs, has_history)
    legend_columns = 1 if is_beside else _columns(handles)
    legend = 0.0 if is_beside else 0.22 + 0.17 * (math.ceil(len(handles) / legend_columns) - 1)
    right = 1.35 if is_beside else 0.0
    foot, head = _LINE * (len(lines) + 0.7), 0.3
    height = rows * {1: 3.0, 2: 2.5}.get(columns, 2.2) + head + foot + legend + 0.2
    figure = Shown(figsize=(WIDTH, height), layout="constrained")
    bottom = (foot + legend) / height
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, bottom, 1 - right / WIDTH, 1 - bottom - head / height), w_pad=0.06, h_pad=0.06)
    inscribe(figure, title, lines)
    place = (1 - right / WIDTH, 1 - head / height) if is_beside else (_LEFT, foot / height)
    for handle in handles:
        handle.set_label(legible(str(handle.get_label())))
    figure.legend(
        handles=list(handles),
        loc="upper left" if is_beside else "lower left",
        bbox_to_anchor=place,
        ncols=legend_columns,
        borderaxespad=0.4 if is_beside else 0.0,
        borderpad=0.0,
        handlelength=1.1 if is_beside else 1.8,
        handleheight=1.1 if is_beside else 0.7,
    )
    grid = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for unused in grid[count:]:
        unused.remove()
    axes = grid[:count]
    for axis in axes[max(0, count - columns) :]:
        # A panel with nothing below it carries its own years.
        axis.tick_params(labelbottom=True)
        axis.set_xlabel("Year")
    return figure, axes


def legible(label: str) -> str:
    """Return a label for a legend, which leaves out those that begin with an underscore."""
    return f" {label}" if label.startswith("_") else label


def inscribe(figure: Figure, title: str, lines: Sequence[str]) -> None:
    """Write a title above the panels of a figure, and a footer of some lines below them."""
    height = figure.get_figheight()
    figure.text(_LEFT, 1 - 0.08 / height, title, size=10, weight="bold", va="top")
    footer = "\n".join(lines)
    figure.text(_LEFT, 0.06 / height, footer, size=_FOOTER_SIZE, color=_GREY, va="bottom", linespacing=1.35)


def label_values(axes: Sequence[Axes], text: str, unit: str) -> None:
    """Name the quantity and its unit beside the leftmost panels."""
    # A unit of two words is not torn apart.
    joined = unit.replace(" ", "\u00a0")
    lines = textwrap.wrap(f"{text} ({joined})", 36)
    for axis in axes:
        place = axis.get_subplotspec()
        if place is not None and place.is_first_col():
            axis.set_ylabel("\n".join(lines).replace("\u00a0", " "))
    if max(abs(limit) for limit in axes[0].get_ylim()) >= 1000:
        axes[0].yaxis.set_major_formatter("{x:,.0f}")


def mark_start(axis: Axes, start: float) -> None:
    """Draw the line between what is recorded and what is simulated."""
    axis.axvline(start, color=_GREY, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1.5)


def scenario_colour(position: int) -> str:
    """Return the colour of a scenario by its position in the result."""
    return SCENARIO_COLOURS[position % len(SCENARIO_COLOURS)]


def shades() -> Any:
    """Return a scale of one colour, from the first scenario's to white."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shades", [SCENARIO_COLOURS[0], "#FFFFFF"])


def panel_title(axis: Axes, text: str, width: int = 34) -> None:
    """Set the title of a panel, on as many lines as it takes."""
    axis.set_title("\n".join(textwrap.wrap(text, width)))


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


def _columns(handles: Sequence[Artist]) -> int:
    """Return how many entries of a legend fit beside each other under the panels."""
    widest = max(len(str(handle.get_label())) for handle in handles)
    room = int(WIDTH / (0.45 + 0.062 * widest))
    together = sum(0.5 + 0.062 * len(str(handle.get_label())) for handle in handles)
    return len(handles) if together < WIDTH else max(1, min(room, math.ceil(len(handles) / 2)))


def _about(runs: xr.Dataset) -> str:
    about = manifest(runs)
    software = f"{about['software']} {about['version']}"
    trials = int(completeness(runs).sum()) if "trial" in runs.dims else about["trials"]
    return f"n = {trials:,} trials per scenario, seed {about['seed']}; {software}"


def _source(runs: xr.Dataset, has_history: bool) -> str:
    """Name the case's first source, which is its deal register, and the software."""
    about = manifest(runs)
    register = next(iter(about.get("sources", [])), "").split(",")[0]
    recorded = f"{register} ({'history' if has_history else 'data'}), " if register else ""
    return f"Source: {recorded}{about['software']} (futures); own calculations."
