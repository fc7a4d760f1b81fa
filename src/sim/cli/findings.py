"""What commands that explore write: the answer first, then a table, and into a folder the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.drawing import draw, failed
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


#: The file beside the figures that has everything as JSON.
ANSWER = "answer.json"

#: Something that can be drawn: its name, and what draws it.
Drawn = tuple[str, Callable[[], "Axes"]]


def check(out: Path | None) -> None:
    """Refuse a folder that could not be made: before a long run, not after it.

    Raises
    ------
    InputError
    """
    from sim.files.staging import check_free, target_of

    if out is not None:
        check_free(target_of(out), None, lambda _: False)


def plain(value: Any) -> Any:
    """Return a number, text or array as JSON has it; what is not finite is None."""
    import numpy as np

    if isinstance(value, np.ndarray | list | tuple):
        return [plain(each) for each in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not np.isfinite(value) else value


def records(found: xr.Dataset, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the variables of a dataset that share all dims as flat mappings, labels first."""
    rows = found[list(names)].to_dataframe().reset_index()
    return [{str(key): plain(value) for key, value in row.items()} for row in rows.to_dict("records")]


def write(
    record: dict[str, Any],
    figures: Iterable[Drawn],
    out: Path | None,
    as_json: bool,
    show: Callable[[], None],
    texts: Mapping[str, str] | None = None,
) -> None:
    """Write what was found: to a folder if there is one, and to standard output.

    Parameters
    ----------
    record : dict
        Everything, fit for JSON.
    figures : iterable of (str, callable)
        Drawn only where there is a folder.
    out : Path, optional
        A new folder.
    as_json : bool
        Whether standard output gets the record, or what `show` writes.
    show : callable
        Writes sentences and tables.
    texts : mapping of str to str, optional
        More files for the folder, by name.
    """
    from sim.cli.terminal import save_json, write_json
    from sim.files.staging import staged
    from sim.plots.shown import whole_figure

    written: list[Path] = []
    fault = ""
    if out is not None:
        with staged(out, force=None) as place:
            place.mkdir()
            save_json(place / ANSWER, record)
            for name, text in (texts or {}).items():
                (place / name).write_text(text, encoding="utf-8", newline="\n")
            drawn, fault = draw(((name, whole_figure(make())) for name, make in figures), place)
            written = [out / name for name in (ANSWER, *(texts or {}), *(each.name for each in drawn))]
    if as_json:
        write_json(record, written)
    else:
        show()
        for path in written:
            click.echo(printable(str(path)))
    failed(fault)
