"""What people see: tables, JSON, progress."""

from __future__ import annotations

import json
import math
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    from rich.console import Console

    from sim.runs.resources import Needs

#: Width of tables that do not go to a terminal.
_WIDE = 120

#: Between two columns of a table, and around it.
_BETWEEN = 3

#: Columns of the usual terminal.
_NARROW = 80


def say(*paragraphs: str, after: bool = False, indent: int = 0) -> None:
    """Write sentences to standard output, a paragraph each, broken between words where a line is full.

    A line is as wide as the terminal, and 80 columns where there is none. With `after`, an empty line follows
    each; `indent` is that of all lines but the first.
    """
    width = shutil.get_terminal_size((_NARROW, 0)).columns
    for paragraph in paragraphs:
        text = printable(paragraph)
        # A word is never torn apart: a path, or the name of a parameter, is there to be copied.
        lines = textwrap.wrap(
            text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
        )
        click.echo("\n".join(lines))
        if after:
            click.echo()


def write_json(content: Any, files: Iterable[Path] = ()) -> None:
    """Write JSON to standard output; where files were written, an object names them too."""
    named = [str(file) for file in files]
    click.echo(_json({**content, "files": named} if named else content))


def name_files(files: Sequence[Path], as_json: bool) -> None:
    """Write where files are to standard output."""
    if as_json:
        write_json({"files": [str(file) for file in files]})
        return
    for file in files:
        click.echo(printable(str(file)))


def save_json(path: Path, content: Any) -> None:
    """Write JSON to a file."""
    path.write_text(_json(content) + "\n", encoding="utf-8")


def check_page(out: Path) -> None:
    """Refuse a path at which `write_page` could write nothing: before a long run, not after it.

    Raises
    ------
    InputError
    """
    with _writable(out):
        is_new = not out.exists()
        out.open("a", encoding="utf-8").close()
        if is_new:
            out.unlink()


def write_page(text: str, out: Path | None) -> None:
    """Write a page to a file, or to standard output."""
    if out is None:
        click.echo(text, nl=False)
        return
    with _writable(out):
        out.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _writable(out: Path) -> Iterator[None]:
    """Turn what the system has against a file into one line."""
    from sim.files.records import reason
    from sim.vocabulary.errors import InputError

    try:
        yield
    except OSError as error:
        problem = f"cannot be written: {reason(error)}"
        raise InputError(str(out), "", problem, "Choose another --out.") from None


def write_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str = "",
    right: Sequence[str] = (),
    narrow: bool = False,
) -> None:
    """Write a table to standard output; the columns named in `right` are aligned to the right.

    A narrow one fits a terminal of 80 columns, wherever it goes.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        side: Literal["left", "right"] = "right" if heading in right else "left"
        table.add_column(printable(heading, allowed="\n"), justify=side, overflow="fold")
    for row in rows:
        table.add_row(*(printable(cell, allowed="\n") for cell in row))
    target = console()
    if title:
        target.print(printable(title), style="bold")
    target.print(table, width=_NARROW if narrow else None)


def fits(lines: Iterable[Sequence[str]]) -> bool:
    """Return whether a table with these lines, its headings the first, has none of them broken."""
    widths = [max(map(len, column)) + _BETWEEN for column in zip(*lines, strict=True)]
    return sum(widths) <= console().width


def write_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Write names and texts, a line or a paragraph each; empty texts are left out."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in fields:
        if text:
            table.add_row(name, printable(text, allowed="\n"))
    console().print(table)


def console() -> Console:
    """Return standard output as a console: no markup, and a fixed width if it is no terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _WIDE
    return Console(file=sys.stdout, width=width, markup=False, emoji=False, highlight=False)


def write_needs(needs: Needs) -> None:
    """Write what a run takes to stderr."""
    click.echo(f"This takes {needs}.", err=True)


@contextmanager
def progress(total: int, block: int = 0) -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number of trials just done; silent where stderr is no terminal.

    Parameters
    ----------
    total, block : int
        Trials in all, and of a block; without blocks, 0.
    """
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from sim.runs.progress import bar

    with bar(total, block) as done:
        yield done


@contextmanager
def counter() -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number of trials just done, whose total is not known beforehand.

    Silent where stderr is no terminal.
    """
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console

    done = 0
    with Console(stderr=True).status("0 trials") as status:

        def add(count: int) -> None:
            nonlocal done
            done += count
            status.update(f"{done:,} trials")

        yield add


def _json(content: Any) -> str:
    return json.dumps(_finite(content), ensure_ascii=False, indent=2, allow_nan=False)


def _finite(content: Any) -> Any:
    """Return content as JSON has it: a number that is not finite is null."""
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
