"""Options that commands share, so that one name means one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from sim.vocabulary import arguments
from sim.vocabulary.arguments import FIRST_YEAR, LAST, LAST_YEAR, MOST_TRIALS, SEED, TRIALS

Command = TypeVar("Command", bound=Callable[..., Any] | click.Command)


class _Path(click.Path):
    """A path; ``~`` is the home folder, also where no shell has replaced it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path."""
        name = (param and param.name) or "path"
        return arguments.path(super().convert(arguments.path(value, name), param, ctx), name)


PATH = _Path(path_type=Path)


class _Number(click.types.FloatParamType):
    """A finite number."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number: what is none is refused before anything is run."""
        return arguments.number(super().convert(value, param, ctx), (param and param.name) or "number")


NUMBER = _Number()


def names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Split names at the commas."""
    if value is None:
        return None
    names = tuple(part.strip() for part in value.split(",") if part.strip())
    if not names:
        raise click.BadParameter("no name given")
    return names


def _years(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Split years at the commas."""
    try:
        return None if value is None else tuple(int(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a list of years; write 2030,2040") from None


class Whole(click.types.IntParamType):
    """A whole number from the least to the most; bounds are said where they are broken, not in the help."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        name = param.opts[0] if param else "number"
        return arguments.whole(super().convert(value, param, ctx), name, self.least, self.most)


def count(least: int) -> Whole:
    """Return the type of a number of trials, or of what takes as long as one."""
    return Whole(least, MOST_TRIALS)


#: A year of the calendar.
YEAR = Whole(FIRST_YEAR, LAST_YEAR)

#: The number of a trial.
TRIAL = Whole(0, MOST_TRIALS - 1)


def _completed(names: Callable[[], Iterable[str]], is_list: bool = False) -> Callable[..., Any]:
    """Return what a shell offers for names; in a list, for the last of them."""

    def offered(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
        before, comma, last = begun.rpartition(",") if is_list else ("", "", begun)
        known = [f"{before}{comma}{name}" for name in names() if name.startswith(last)]
        files = [] if is_list or known else [CompletionItem(begun, type="file")]
        return [*map(CompletionItem, known), *files]

    return offered


def _scenarios() -> Iterable[str]:
    from sim.scenario import files

    return files.shipped()


def _variables() -> Iterable[str]:
    from sim.vocabulary.variables import GLOSSARY

    return (each.name for each in GLOSSARY.values() if each.recorded != "never")


def _names() -> Iterable[str]:
    from sim.scenario.catalogue import parameters

    return (*_variables(), *dict.fromkeys(f"{each.mechanism}.{each.name}" for each in parameters()))


complete_scenario = _completed(_scenarios)
complete_name = _completed(_names)
complete_variable = _completed(_variables)
complete_variables = _completed(_variables, is_list=True)
scenarios = click.argument(
    "names", metavar="SCENARIO...", nargs=-1, required=True, shell_complete=complete_scenario
)
trials = click.option(
    "--trials",
    type=count(1),
    default=TRIALS,
    show_default=True,
    metavar="N",
    help="Trials per scenario.",
)
seed = click.option(
    "--seed",
    type=Whole(0, LAST),
    default=SEED,
    show_default=True,
    metavar="S",
    help="Same seed, same random draws.",
)
reference = click.option(
    "--reference", metavar="NAME", help="Scenario to compare with.  [default: the first]"
)
years = click.option(
    "--years",
    callback=_years,
    metavar="2030,2040",
    help="Years in the table.  [default: full decades and the last year]",
)
quarters = click.option(
    "--quarters",
    metavar="FROM:TO:EVERY",
    help="Quarters to record; 2025-Q4::4 is every fourth from then on.  [default: all]",
)
end = click.option(
    "--end",
    metavar="2030-Q4",
    help="Last quarter of the run; later events are left out.  [default: the scenarios' own]",
)
sampling = click.option(
    "--sampling",
    type=click.Choice(["independent", "latin_hypercube", "sobol"]),
    default="independent",
    show_default=True,
    help="How uncertain parameters are drawn.",
)
replicates = click.option(
    "--replicates",
    type=count(1),
    default=1,
    show_default=True,
    metavar="R",
    help="Trials that share a sample of the parameters and differ by their shocks.",
)
antithetic = click.option("--antithetic", is_flag=True, help="Mirror the shocks of every second trial.")
workers = click.option(
    "--workers",
    type=count(1),
    metavar="N",
    help="Processes.  [default: all cores, if it pays]",
)
engine = click.option(
    "--engine",
    type=click.Choice(["auto", "numpy", "compiled"]),
    default="auto",
    show_default=True,
    help="What runs it; the numbers are the same. auto compiles large runs.",
)
force = click.option("--force", is_flag=True, help="Replace what an earlier run has written to --out.")
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON to standard output instead of tables."
)


def _dark(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Let the command draw on dark paper."""
    if wanted and not context.resilient_parsing:
        from sim.plots import theme

        context.with_resource(theme("dark"))


dark = click.option(
    "--dark", is_flag=True, expose_value=False, callback=_dark, help="Draw figures on dark paper."
)
figures = click.option(
    "--figures",
    type=click.Choice(["none", "main", "all"]),
    default="main",
    show_default=True,
    help="Which figures are drawn: the first measure, its differences and the composition, or all.",
)


def base(help: str) -> Callable[[Command], Command]:
    """Return the option --scenario."""
    return click.option(
        "--scenario",
        default="baseline",
        show_default=True,
        shell_complete=complete_scenario,
        metavar="SCENARIO",
        help=help,
    )


def out(metavar: str, help: str) -> Callable[[Command], Command]:
    """Return the option --out."""
    return click.option("--out", type=PATH, metavar=metavar, help=help)


def keep(help: str) -> Callable[[Command], Command]:
    """Return the option --keep."""
    return click.option(
        "--keep", callback=names, metavar="a,b|all", shell_complete=complete_variables, help=help
    )


def variables(help: str) -> Callable[[Command], Command]:
    """Return the option --variables, of a stored run."""
    return click.option(
        "--variables", callback=names, metavar="a,b", shell_complete=complete_variables, help=help
    )
