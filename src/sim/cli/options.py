"""Options that commands share, so that one name means one thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class Names(click.ParamType):
    """Names with commas between them."""

    name = "a,b"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split at the commas."""
        if isinstance(value, tuple):
            return value
        names = tuple(part.strip() for part in value.split(",") if part.strip())
        return names or self.fail("no name given", param, ctx)


class Years(click.ParamType):
    """Years with commas between them."""

    name = "2030,2040"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Split at the commas."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of years; write 2030,2040", param, ctx)


scenarios = click.argument("names", metavar="SCENARIO...", nargs=-1, required=True)
trials = click.option(
    "--trials", type=click.IntRange(min=1), default=1000, show_default=True, metavar="N", help="Trials per scenario."
)
seed = click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="S", help="Same seed, same luck."
)
years = click.option(
    "--years", type=Years(), help="Years in the table.  [default: full decades and the last year]"
)
force = click.option("--force", is_flag=True, help="Replace what an earlier run has written to --out.")
as_json = click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output instead of tables.")
base = click.option(
    "--scenario", "scenario", default="baseline", show_default=True, help="Scenario whose numbers are shown."
)


def out(metavar: str, help: str) -> Any:
    """Return the option --out."""
    return click.option("--out", type=click.Path(path_type=Path), metavar=metavar, help=help)


def keep(help: str) -> Any:
    """Return the option --keep."""
    return click.option("--keep", type=Names(), metavar="a,b|all", help=help)
